"""What a tab is: its columns, who owns them, and where they stand in a sheet as people left it.

A tab is described by one file of ``sheet_templates/`` (DESIGN section 4). Columns are found by their header,
never by position; a header that is missing or doubled makes the whole tab unreadable for this tick.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

TYPES = ("text", "choice", "datetime", "date", "number", "integer", "percent", "points", "limit", "mail", "position")
TAB_ORDER = (
    "issues", "feedback", "duties", "requests", "changes", "streets", "posts", "scores", "lines", "quarters", "years",
    "letters", "notices", "status", "records",
)  # fmt: skip
OWNERS = ("staff", "service")
LIVE_LISTS = ("streets", "categories", "units", "districts", "branches")
FORMATS = {
    "datetime": "yyyy-mm-dd hh:mm",
    "date": "yyyy-mm-dd",
    "percent": "0.0%",
    "points": "0.00",
    "integer": "0",
    "position": "@",
}


class TabError(ValueError):
    """A template that can't be used; the message says file, column and what to do, in Chinese."""


@dataclass(frozen=True)
class Column:
    """One column: ``values`` are fixed choices, ``choices`` names one of ``LIVE_LISTS``. ``hints``: what a form says
    under the question, by what was chosen for its kind; ``help`` is all of them if none is given."""

    key: str
    header: str
    type: str
    owner: str
    help: str = ""
    width: int = 100
    required: bool = False
    values: tuple[str, ...] = ()
    choices: str = ""
    verdict: bool = False  # a decision about that row alone: a copy of the row leaves it behind
    optional: bool = False  # a column that came later: a workbook of before goes on without it
    minimum: float | None = None
    maximum: float | None = None
    format: str = ""
    hints: Mapping[str, str] = field(default_factory=dict, hash=False)
    other_names: tuple[str, ...] = ()  # headers under which other people's files have it

    @property
    def number_format(self) -> str:
        return self.format or FORMATS.get(self.type, "")


@dataclass(frozen=True)
class Color:
    """A conditional colour: the rows whose ``column`` is one of ``when``, starts so, or is filled."""

    column: str
    color: str
    when: tuple[str, ...] = ()
    starts: str = ""
    filled: bool = False


@dataclass(frozen=True)
class Tab:
    """A tab of the workbook. ``identity``: cells that make a row that row. ``rows``: key of a service tab."""

    key: str
    title: str
    columns: tuple[Column, ...]
    identity: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    id: str = ""
    note: str = ""
    colors: tuple[Color, ...] = field(default=())
    hidden: bool = False  # nobody's but the service's

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @cached_property
    def staff(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.owner == "staff")

    @cached_property
    def listed(self) -> tuple[Column, ...]:
        """People's columns in which only what stands in a live list may stand."""
        return tuple(column for column in self.staff if column.choices)

    @cached_property
    def service(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.owner == "service")


def parse(text: str, name: str) -> Tab:
    """Read one template; ``name`` is the file's name for messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TabError(f"{name}：不是有效的 TOML：{error}") from error
    columns = tuple(_column(column, name) for column in raw.get("column", ()))
    tab = Tab(
        key=_text(raw, "key", name),
        title=_text(raw, "title", name),
        columns=columns,
        identity=tuple(raw.get("identity", ())),
        rows=tuple(raw.get("rows", ())),
        id=raw.get("id", ""),
        note=raw.get("note", ""),
        colors=tuple(_color(color, name) for color in raw.get("color", ())),
        hidden=bool(raw.get("hidden", False)),
    )
    _coherent(tab, name)
    return tab


def _text(raw: Mapping[str, Any], key: str, name: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise TabError(f"{name}：缺少 {key}")
    return value


def _column(raw: Mapping[str, Any], name: str) -> Column:
    header = raw.get("header", raw.get("key", "?"))
    unknown = set(raw) - set(Column.__dataclass_fields__)
    if unknown:
        raise TabError(f"{name}：列「{header}」里的 {'、'.join(sorted(unknown))} 不认识")
    try:
        column = Column(**{**raw, **{key: tuple(raw.get(key, ())) for key in ("values", "other_names")}})
        column = replace(column, help=column.help or _all_hints(column.hints) or raw["help"])
    except (TypeError, KeyError) as error:
        raise TabError(f"{name}：列「{header}」缺少 key、header、type、owner 或 help") from error
    allowed = (("type", TYPES), ("owner", OWNERS), ("choices", ("", *LIVE_LISTS)))
    for what, known in allowed:
        if getattr(column, what) not in known:
            raise TabError(f"{name}：列「{header}」的 {what} 只能是 {'、'.join(k for k in known if k)}")
    return column


def _all_hints(hints: Mapping[str, str]) -> str:
    """What is said of each kind, in one sentence for the sheet's header."""
    return "；".join(f"{kind}：{words}" for kind, words in hints.items()) + "。" if hints else ""


def _color(raw: Mapping[str, Any], name: str) -> Color:
    try:
        return Color(**{**raw, "when": tuple(raw.get("when", ()))})
    except TypeError as error:
        raise TabError(f"{name}：[[color]] 要有 column 和 color") from error


def _coherent(tab: Tab, name: str) -> None:
    for what in ("key", "header"):
        seen = [getattr(column, what) for column in tab.columns]
        if double := sorted({key for key in seen if seen.count(key) > 1}):
            raise TabError(f"{name}：{what} 重复：{'、'.join(double)}")
    names = [name for column in tab.columns for name in (column.header, *column.other_names)]
    if double := sorted({other for other in names if names.count(other) > 1}):
        raise TabError(f"{name}：header 和 other_names 重复：{'、'.join(double)}")
    named = (*tab.identity, *tab.rows, *((tab.id,) if tab.id else ()), *(c.column for c in tab.colors))
    if missing := [key for key in named if key not in tab.by_key]:
        raise TabError(f"{name}：没有这样的列：{'、'.join(missing)}")


@dataclass(frozen=True)
class Layout:
    """Where the columns of a tab stand in a sheet: ``at`` is 0-based by column key; ``header`` as it stands."""

    tab: Tab
    header: tuple[str, ...]
    at: Mapping[str, int]

    def letter(self, key: str) -> str:
        """The column's letters as people see them, e.g. ``AB``."""
        return letters(self.at[key])


def template_layout(tab: Tab) -> Layout:
    """The columns as the template has them: for rows that stand in no sheet."""
    header = tuple(column.header for column in tab.columns)
    return Layout(tab, header, {column.key: at for at, column in enumerate(tab.columns)})


def letters(index: int) -> str:
    """0-based column index to letters: 0 → A, 26 → AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def locate(tab: Tab, header: Iterable[Any]) -> Layout | str:
    """Find each column of the tab in the header row; a sentence for staff where that can't be done."""
    cells = tuple(str(cell).strip() if cell is not None else "" for cell in header)
    at: dict[str, int] = {}
    missing: list[str] = []
    double: list[str] = []
    for column in tab.columns:
        count = cells.count(column.header)
        if count == 1:
            at[column.key] = cells.index(column.header)
        elif count or not column.optional:
            (double if count else missing).append(column.header)
    if not missing and not double:
        return Layout(tab, cells, at)
    return _misfit(tab, cells, missing, double)


def _misfit(tab: Tab, cells: tuple[str, ...], missing: list[str], double: list[str]) -> str:
    known = {column.header for column in tab.columns}
    strange = [f"{letters(i)}1「{cell}」" for i, cell in enumerate(cells) if cell and cell not in known]
    parts = [f"「{tab.title}」本轮跳过，其余各表照常。"]
    if missing:
        parts.append(f"第 1 行找不到表头：{'、'.join(missing)}。")
    if double:
        parts.append(f"表头出现了不止一次：{'、'.join(double)}。")
    if strange and missing:
        parts.append(f"第 1 行里不认识的表头：{'、'.join(strange)}。")
    parts.append("请把表头改回原样。")
    return "".join(parts)
