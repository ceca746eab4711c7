"""Values of a rules file replaced in its text: every other character stays, comments and order among them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.core.rules.text import Document, Path

_WRITTEN = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_list(texts: Iterable[str]) -> str:
    """A TOML list of strings on one line."""
    return f"[{', '.join(map(toml_text, texts))}]"


def with_values(text: str, values: Mapping[Path, str]) -> str:
    """The text with each value (as TOML) at its path, the key added where the file leaves it out. Raises ``RulesError``
    for a text that is not TOML."""
    for path, value in values.items():
        text = _with_value(text, path, value)
    return text


def _with_value(text: str, path: Path, value: str) -> str:
    document = Document(text, "rules.toml")
    text = document.text
    if span := document.span(path):
        return text[: span[0]] + value + text[span[1] :]
    line = f"{_key(str(path[-1]))} = {value}"
    if outer := document.span(path[:-1]):  # { … } on one line
        inside = text[outer[0] + 1 : outer[1] - 1].strip()
        return f"{text[: outer[0]]}{{ {f'{inside}, ' if inside else ''}{line} }}{text[outer[1] :]}"
    at = document.header(path[:-1])
    if at is None:
        return f"{text.rstrip()}\n\n[{'.'.join(_key(str(name)) for name in path[:-1])}]\n{line}\n"
    end = text.find("\n", at)
    return f"{text}\n{line}\n" if end < 0 else f"{text[: end + 1]}{line}\n{text[end + 1 :]}"


def _key(name: str) -> str:
    return name if _WRITTEN.fullmatch(name) else toml_text(name)


def with_units(text: str, names: Mapping[str, str], more: Iterable[str] = ()) -> str:
    """The text with each unit of ``names`` under its new name, in the list and in every task and category that it
    answers for; two that get one name become one. ``more``: further units, behind them."""
    data = Document(text, "rules.toml").data
    units = [names.get(unit, unit) for unit in data["bureau"]["units"]]
    values: dict[Path, str] = {("bureau", "units"): toml_list(dict.fromkeys([*units, *more]))}
    for table in ("task", "category"):
        for index, row in enumerate(data.get(table, ())):
            if row.get("unit") in names:
                values[table, index, "unit"] = toml_text(names[row["unit"]])
    return with_values(text, values)


@dataclass(frozen=True)
class BureauAnswers:
    """What a person says of his bureau. ``names``: what the units of the rules are called there; ``hours``: of each
    season, in the order of the file, stretches like 08:00-12:00."""

    name: str
    letter_code: str
    names: Mapping[str, str]
    more_units: Sequence[str]
    districts: Sequence[str]
    branches: Sequence[str]
    hours: Sequence[Sequence[str]]


def with_bureau(text: str, answers: BureauAnswers) -> str:
    """The text with a bureau's name, units, districts, branches and office hours."""
    values: dict[Path, str] = {
        ("bureau", "name"): toml_text(answers.name),
        ("bureau", "letter_code"): toml_text(answers.letter_code),
        ("bureau", "districts"): toml_list(answers.districts),
        ("bureau", "branches"): toml_list(answers.branches),
    }
    values |= {("calendar", "season", at, "hours"): toml_list(hours) for at, hours in enumerate(answers.hours)}
    return with_values(with_units(text, answers.names, answers.more_units), values)
