"""The figures of the rules that every bureau changes, as a form shows them, and what was typed as values of the file.

Ten kinds of figures, by the plan and the handbook; whatever else stands in the rules is changed in their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.core.rules.rewriting import toml_list, toml_text, with_values
from sync.core.rules.text import Document, Path, Problem
from sync.core.sheet.values.texts import narrow

UNITS = {"wh": "工作时", "wd": "工作日", "h": "小时", "d": "天"}
_LIMIT = re.compile(r"(>= )?([0-9]+)\s*(wh|wd|h|d)")
_NUMBER = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")
TIERS = (("minor", "轻微"), ("normal", "一般"), ("serious", "严重"))
COSTS = (("found", "发现"), ("overdue", "超期"), ("repeat", "重复"))


@dataclass(frozen=True)
class Figure:
    """A value of the file. ``kind``: limit, after (a limit that is exceeded), share, number, list or text. ``typed``:
    as a person types it, a limit without its ``unit``."""

    path: Path
    label: str
    kind: str
    typed: str
    unit: str = ""

    @property
    def name(self) -> str:
        """What the form calls it."""
        return ".".join(map(str, self.path))


@dataclass(frozen=True)
class FigureRow:
    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class FigureGroup:
    """Figures that are changed together. ``basis``: where they come from; ``headings`` over the figures of its rows."""

    title: str
    basis: str
    headings: tuple[str, ...]
    rows: tuple[FigureRow, ...]


def groups(text: str) -> tuple[FigureGroup, ...]:
    """The figures that a rules file has, in the order in which the plan thinks. Raises ``RulesError`` for no TOML."""
    data = Document(text, "rules.toml").data
    made = (
        FigureGroup("办公时间", "【默认】请按本局的核对。几段用顿号隔开", ("时间",), tuple(_seasons(data))),
        FigureGroup("整改时限", "限时整改【方案 五·3】，多久是【有来源】或【默认】；没有严重的按一般", ("一般", "严重"),
                    tuple(_categories(data))),
        FigureGroup("到期提醒", "【默认】时限用去百分之几还没有整改，提醒街路长", ("百分之",),
                    _rows(data, ("到期以前", ("clock", "warn_at"), "share"))),
        FigureGroup("返工", "【默认】退回以后至少还有多久，一件只给一次", ("多久",),
                    _rows(data, ("至少还有", ("clock", "rework"), "limit"))),
        FigureGroup("群众反映", "【默认】多久没有核实就催办", ("多久",),
                    _rows(data, ("核实", ("clock", "accept"), "limit"))),
        FigureGroup("逐级上报", "逐级报告【方案 五·2、五·3、六·1】，超期多久报哪一级是【默认】", ("超期",),
                    tuple(_steps(data))),
        FigureGroup("通知的时刻", "【默认】一般的通知合成一封。几个时刻用顿号隔开", ("时刻",),
                    _rows(data, ("每天", ("notices", "send_at"), "list"))),
        FigureGroup("任务分值", "九项任务【方案 二】，合起来 100 分【默认】", ("分值",), tuple(_tasks(data))),
        FigureGroup("扣分", "一个问题一共扣多少，不累加【默认】", tuple(word for _, word in COSTS),
                    tuple(_points(data))),
        FigureGroup("每月考核", "每月考核【方案 四·3】，哪一天、多久、多少是【默认】", ("现在",),
                    _rows(data, ("次月哪一天几点封存", ("score", "seal"), "text"),
                          ("月末以后可以申诉", ("score", "appeal"), "limit"),
                          ("至少督查几天才排名", ("score", "min_inspections"), "number"),
                          ("低于多少分才算末位", ("score", "last", "below"), "number"))),
    )  # fmt: skip
    return tuple(group for group in made if group.rows)


def figures(shown: Sequence[FigureGroup]) -> Iterator[Figure]:
    return (figure for group in shown for row in group.rows for figure in row.figures)


def _rows(data: Mapping[str, Any], *wanted: tuple[str, Path, str]) -> tuple[FigureRow, ...]:
    made = ((each[0], _figures(data, each)) for each in wanted)
    return tuple(FigureRow(label, row) for label, row in made if row)


def _seasons(data: Mapping[str, Any]) -> Iterator[FigureRow]:
    for at, season in enumerate(data.get("calendar", {}).get("season", ())):
        when = f"{season.get('from')} 到 {season.get('to')}"
        yield FigureRow(when, _figures(data, (when, ("calendar", "season", at, "hours"), "list")))


def _categories(data: Mapping[str, Any]) -> Iterator[FigureRow]:
    for at, category in enumerate(data.get("category", ())):
        path, name = ("category", at, "limit"), str(category.get("name"))
        wanted = [(f"{name}，{word}", (*path, tier), "limit") for tier, word in TIERS[1:]]
        yield FigureRow(name, _figures(data, *wanted))


def _steps(data: Mapping[str, Any]) -> Iterator[FigureRow]:
    for at, step in enumerate(data.get("escalation", ())):
        path = ("escalation", at, "when", "overdue")
        if made := _figures(data, (str(step.get("name")), path, "after")):
            yield FigureRow(str(step.get("name")), made)


def _tasks(data: Mapping[str, Any]) -> Iterator[FigureRow]:
    for at, task in enumerate(data.get("task", ())):
        name = str(task.get("name"))
        yield FigureRow(name, _figures(data, (name, ("task", at, "weight"), "number")))


def _points(data: Mapping[str, Any]) -> Iterator[FigureRow]:
    for tier, word in TIERS:
        wanted = [(f"{word}，{cost}", ("score", "case", tier, key), "number") for key, cost in COSTS]
        if made := _figures(data, *wanted):
            yield FigureRow(word, made)


def _figures(data: Mapping[str, Any], *wanted: tuple[str, Path, str]) -> tuple[Figure, ...]:
    """Those that the file has in a form that a field can show."""
    made = (_figure(label, path, kind, _at(data, path)) for label, path, kind in wanted)
    return tuple(figure for figure in made if figure)


def _at(data: Any, path: Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _figure(label: str, path: Path, kind: str, value: Any) -> Figure | None:
    if kind in ("limit", "after"):
        match = _LIMIT.fullmatch(value) if isinstance(value, str) else None
        shown = match and bool(match[1]) == (kind == "after")
        return Figure(path, label, kind, match[2], match[3]) if match and shown else None
    if kind == "list":
        return Figure(path, label, kind, "、".join(map(str, value))) if isinstance(value, tuple) else None
    return Figure(path, label, kind, str(value).removesuffix("%")) if value is not None else None


# What was typed
def _limit(figure: Figure, typed: str, unit: str) -> str:
    if not typed.isdecimal() or unit not in UNITS:
        raise ValueError("应当是整数，单位从后面选")
    return toml_text(f"{'>= ' if figure.kind == 'after' else ''}{int(typed)}{unit}")


def _share(figure: Figure, typed: str, unit: str) -> str:
    return toml_text(f"{typed.removesuffix('%')}%")


def _number(figure: Figure, typed: str, unit: str) -> str:
    if not _NUMBER.fullmatch(typed):
        raise ValueError("应当是数字，例如 0.2")
    return typed


def _listed(figure: Figure, typed: str, unit: str) -> str:
    return toml_list(part for part in re.split(r"[、，,;；\s]+", typed) if part)


WRITERS: Mapping[str, Callable[[Figure, str, str], str]] = {
    "limit": _limit, "after": _limit, "share": _share, "number": _number, "list": _listed,
    "text": lambda figure, typed, unit: toml_text(typed),
}  # fmt: skip


def with_figures(text: str, given: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The text with what was typed (by the figures' names, units by ``name.unit``), and by name a sentence on what is
    no value. What was not changed stays as it is written."""
    values, problems = dict[Path, str](), dict[str, str]()
    for figure in figures(groups(text)):
        typed, unit = narrow(given.get(figure.name, figure.typed)), given.get(f"{figure.name}.unit", figure.unit)
        if (typed, unit) == (narrow(figure.typed), figure.unit):
            continue
        try:
            values[figure.path] = WRITERS[figure.kind](figure, typed, unit)
        except ValueError as error:
            problems[figure.name] = f"填的是「{typed[:20]}」，{error}。"
    return with_values(text, values), problems


def _paths(figure: Figure) -> Iterator[Path]:
    """Where its value stands, and of a list each part."""
    yield figure.path
    if figure.kind == "list":
        yield from ((*figure.path, at) for at in range(len(figure.typed.split("、"))))


def by_figure(text: str, problems: Sequence[Problem]) -> tuple[dict[str, str], list[str]]:
    """The sentences of a text's problems by the figure at whose value they stand, and those of no figure."""
    document, left = Document(text, "rules.toml"), list[str]()
    places = {document.place(path): figure.name for figure in figures(groups(text)) for path in _paths(figure)}
    named = dict[str, str]()
    for problem in problems:
        name = places.get((problem.line, problem.column))
        if name:
            named[name] = named.get(name, "") + f"{problem.message}。"
        else:
            left.append(problem.message)
    return named, left
