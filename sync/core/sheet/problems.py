"""What is wrong with a row or a file: a value for the code, sentences for whoever typed or chose it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.core.sheet.tabs import Layout


class Problem(NamedTuple):
    """One thing that is wrong with a row. ``column``: key of the column, empty where it concerns no single one;
    ``text``: what stands there and what to do, without the column's name."""

    column: str
    text: str


def place(layout: Layout, key: str) -> str:
    """A column as people see it: ``F列「街路」``."""
    return f"{layout.letter(key)}列「{layout.tab.by_key[key].header}」"


def sentence(layout: Layout, problems: Iterable[Problem]) -> str:
    """All that is wrong with a row as 校验 says it: each column named, nothing twice."""
    texts = (f"{place(layout, column)}{text}" if column else text for column, text in problems)
    return "".join(dict.fromkeys(texts))


def by_column(problems: Iterable[Problem]) -> Mapping[str, str]:
    """The same for a form that names its columns itself: a text by column key ("" for what concerns no single one)."""
    texts: dict[str, str] = {}
    for column, text in dict.fromkeys(problems):
        texts[column] = texts.get(column, "") + text
    return texts


class FileProblem(ValueError):
    """A file that can't be used: ``problems`` are sentences that say where and what to do."""

    MOST = 20

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        shown = list(self.problems[: self.MOST])
        if len(self.problems) > self.MOST:
            shown.append(f"……另有 {len(self.problems) - self.MOST} 处。")
        super().__init__("\n".join(shown))
