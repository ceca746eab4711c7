"""Cells as people typed them: read into values, or into a sentence that says what to do.

A cell that can't be read is a problem of its row and of no other row. What is wrong is a ``Problem``: the
column's key and a sentence; 校验 names the column as people see it (``F列「街路」``).
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sync.core.calendar.worktime import Limit, parse_limit
from sync.core.sheet.problems import Problem
from sync.core.sheet.tabs import Column, Layout, Tab, locate
from sync.core.sheet.values import readings, serials
from sync.core.sheet.values.places import Position, Unreadable, read_position
from sync.core.sheet.values.texts import clean, narrow, visible

log = logging.getLogger(__name__)

Raw = str | int | float | bool | None
Value = str | int | float | date | datetime | Limit | Position | None

MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LIMIT_WORDS = (
    ("个", ""), ("工作小时", "wh"), ("工作时", "wh"), ("工作日", "wd"), ("小时", "h"), ("时", "h"), ("天", "d"),
    ("日", "d"), (" ", ""),
)  # fmt: skip
ISSUE_NUMBER = re.compile(r"(?<!\d)(20\d{6})(?: ?- ?(?=\d{1,6}(?!\d))| ?(?=\d{3,6}(?!\d)))(\d+)")
LONGEST = 2000  # characters quoted back or kept from one cell in a message
LACKING = "没有填，请补上。"


@dataclass(frozen=True)
class Table:
    """One tab as read: header row, then rows as the API gave them (ragged, unformatted, dates as serials).

    ``first`` is the sheet row number of ``rows[0]`` (2 where nothing is left out).
    """

    tab: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Raw]]
    first: int = 2


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row's content: ``cells`` typed by key (staff columns that are filled), ``typed`` the same as raw
    values, ``print`` the fingerprint of the cells that make it that row, ``problems``: cells that
    can't be read or are missing. ``filled``: whether
    any cell holds anything, of whomever; ``key``: the key of a row that the service fills, as texts."""

    cells: Mapping[str, Any]
    typed: Mapping[str, Raw]
    print: str
    problems: tuple[Problem, ...]
    filled: bool
    key: tuple[str, ...]


NOTHING = Parsed({}, {}, "", (), False, ())


class Row(NamedTuple):
    """A row in its place: ``number`` as the sheet shows it (1-based), ``rid`` empty until its identity is known."""

    number: int
    raw: tuple[Raw, ...]
    parsed: Parsed
    rid: str = ""

    @property
    def cells(self) -> Mapping[str, Any]:
        return self.parsed.cells

    def seen(self, layout: Layout, key: str) -> Raw:
        """What stands in the column now; an empty cell, and a column that came later, is an empty text."""
        at = layout.at.get(key, NOWHERE)
        value = self.raw[at] if at < len(self.raw) else ""
        return "" if value is None else value


def column_texts(layout: Layout, rows: Iterable[Row], key: str) -> list[str]:
    """What stands in a column of each row now, as a text."""
    at = layout.at.get(key, NOWHERE)
    return [plain(raw[at]) if at < len(raw := row.raw) else "" for row in rows]


NOWHERE = 10**9  # of a column that a workbook of before does not have yet


@dataclass(frozen=True)
class TabRows:
    """A tab as read. ``rows``: those that hold anything at all, without ids; ``every``: with the empty ones, so that
    the next reading need not read again what stands where it stood."""

    layout: Layout
    every: Sequence[Row]
    rows: Sequence[Row]


def read(layout: Layout, table: Table, zone: ZoneInfo, before: TabRows | None = None) -> TabRows:
    """All rows of a tab. ``before``: the same tab as it was read before; it comes back where the tab stands as then."""
    before = before if before and before.layout == layout else None
    last = before.every if before and before.every and before.every[0].number == table.first else ()
    changed = [n for n, cells in enumerate(table.rows) if n >= len(last) or last[n].raw != tuple(cells)]
    if before and not changed and len(before.every) == len(table.rows):
        return before
    every = _rows(layout, table, zone, last, changed)
    return TabRows(layout, every, [row for row in every if row.parsed.filled])


def _rows(layout: Layout, table: Table, zone: ZoneInfo, last: Sequence[Row], changed: Sequence[int]) -> list[Row]:
    """Every row. ``changed``: those that are others than the ``last`` in their place. One that stands elsewhere, or in
    which the service alone wrote, is not read again. Equal texts are held once: most cells say what others of their
    column say."""
    rows = table.rows
    typed = partial(_typed, [layout.at[key] for key in _read_from(layout.tab) if key in layout.at])
    gone = (last[n] for n in (*changed, *range(len(rows), len(last))) if n < len(last))
    earlier = {typed(row.raw): row.parsed for row in gone}
    every, texts = list(last[: len(rows)]), dict[str, str]()
    for n in changed:
        raw = tuple([texts.setdefault(cell, cell) if isinstance(cell, str) else cell for cell in rows[n]])
        known = earlier.get(typed(raw)) if earlier else None
        same = known is not None and known.filled == _is_filled(raw)
        parsed = known if known and same else parse(layout, raw, zone)
        every[n : n + 1] = [Row(table.first + n, raw, parsed)]
    return every


def _read_from(tab: Tab) -> Iterable[str]:
    """The columns that a row's content is read from: people's, and its key."""
    return dict.fromkeys([*(column.key for column in tab.staff), *tab.rows])


def _typed(places: Iterable[int], raw: tuple[Raw, ...]) -> tuple[Raw, ...]:
    width = len(raw)
    return tuple([raw[at] if at < width else "" for at in places])


def _is_filled(raw: Sequence[Raw]) -> bool:
    return any(cell not in ("", None) for cell in raw)


def layout_of(tab: Tab, table: Table | None) -> Layout | str:
    """Where the columns of a tab stand, as it was read; a sentence where it or its headers are not there."""
    return locate(tab, table.header) if table else f"工作簿里没有「{tab.title}」。"


def parse(layout: Layout, raw: tuple[Raw, ...], zone: ZoneInfo) -> Parsed:
    """The content of a row."""
    tab, at, width = layout.tab, layout.at, len(raw)
    typed: dict[str, Raw] = {}
    cells: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in tab.staff:
        key = column.key
        index = at.get(key, NOWHERE)
        value = raw[index] if index < width else ""
        if value in ("", None) or (isinstance(value, str) and not value.strip()):
            if column.required:
                problems.append(Problem(key, LACKING))
            continue
        typed[key] = value
        content, text = read_cell(value, column, zone)
        if text:
            problems.append(Problem(key, text))
        else:
            cells[key] = content
    names = tuple([_key_text(raw[at[name]] if at[name] < width else "") for name in tab.rows])
    if not typed:
        return Parsed({}, {}, _blank_print(len(tab.identity or tab.rows)), (), _is_filled(raw), names)
    return Parsed(cells, typed, fingerprint(tab, typed), tuple(problems), True, names)


def read_cell(raw: Raw, column: Column, zone: ZoneInfo, near: date | None = None) -> tuple[Value, str]:
    """A filled cell in the type of its column, or what is wrong with it. ``near``: as ``readings.wall_clock``."""
    try:
        return READERS[column.type](raw, column, zone, near)
    except Exception as error:  # one odd cell is a problem of its row, whatever it holds
        log.exception("cell of column %s: %.200r", column.key, raw)
        return None, f"填的是{quoted(raw)}，读不了（{type(error).__name__}），请重新填写。"


def fingerprint(tab: Tab, raw_cells: Mapping[str, Raw]) -> str:
    """Short digest of the cells that make a row that row; equal however a number was typed."""
    return _print_of([plain(raw_cells.get(key, "")) for key in tab.identity or tab.rows])


def _print_of(parts: Iterable[str]) -> str:
    # As json.dumps writes a list of texts, in a fifth of the time: every row is taken a print of.
    text = f"[{', '.join(map(encode_basestring_ascii, parts))}]"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:16]


@cache
def _blank_print(cells: int) -> str:
    """The fingerprint of a row in which nobody typed anything."""
    return _print_of([""] * cells)


def plain(value: Raw) -> str:
    """A raw value as the text that a person would say it is: 7.0 → 7."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def issue_number(raw: Raw) -> str:
    """The 编号 that a cell names, however it was typed; the cell's text where it names none, or more than one."""
    numbers = {f"{day}-{count.zfill(3)}" for day, count in ISSUE_NUMBER.findall(narrow(plain(raw)))}
    return numbers.pop() if len(numbers) == 1 else clean(plain(raw))


def cell_text(value: Raw, kind: str, zone: ZoneInfo) -> str:
    """A raw cell as the sheet shows it: serials in columns of dates as dates; ``kind``: the column's type."""
    at = serials.moment(value, zone) if kind in ("date", "datetime", "limit") else None
    if at is None:
        return plain(value)
    return f"{at:%Y-%m-%d}" if kind == "date" else f"{at:%Y-%m-%d %H:%M}"


def _key_text(value: Raw) -> str:
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def quoted(value: Raw) -> str:
    text = visible(plain(value))
    return f"「{text[:40]}…」" if len(text) > 40 else f"「{text}」"


def nearest(value: str, known: Iterable[str], alike: float = 0.5) -> str:
    """A hint that ends a sentence: the known name that looks most alike, in ``alike`` of its signs at least, if any."""
    close = difflib.get_close_matches(value, list(known), n=1, cutoff=alike)
    return f"是不是「{close[0]}」？" if close else ""


def _read_choice(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    text = clean(plain(raw))
    if column.choices or text in column.values:
        return text, ""
    hint = nearest(text, column.values)
    return None, f"填的是{quoted(raw)}，只能选 {'、'.join(column.values)}。{hint}"


def _read_datetime(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    serial = _serial(raw, zone, near)
    if serial is None:
        return None, f"填的是{quoted(raw)}，看不出是什么时间，请写成 2026-11-24 09:30。"
    if not serials.LOWEST <= serial < serials.HIGHEST:
        return None, f"填的是{quoted(raw)}，不像今天前后的日期，请写成 2026-11-24 09:30。"
    return serials.to_datetime(serial, zone), ""


def _read_date(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    moment, problem = _read_datetime(raw, column, zone, near)
    if isinstance(moment, datetime):
        return moment.date(), ""
    return None, problem.replace(" 09:30", "").replace("什么时间", "什么日期")


def _serial(raw: Raw, zone: ZoneInfo, near: date | None) -> float | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float) and not 20000101 <= raw <= 20991231:  # 20261124 is a day, no serial
        return raw
    return readings.serial(plain(raw), zone, near)


def _read_number(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    number = raw if isinstance(raw, int | float) and not isinstance(raw, bool) else readings.number(plain(raw))
    if number is None:
        return None, f"填的是{quoted(raw)}，应当是数字。"
    low, high = column.minimum, column.maximum
    if math.isnan(number) or (low is not None and number < low) or (high is not None and number > high):
        return None, f"填的是{quoted(raw)}，应当在 {low:g} 到 {high:g} 之间。"
    return number, ""


def _read_limit(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    """A limit in words (4工作时, 2小时, 3wd), or a moment."""
    moment, problem = _read_datetime(raw, column, zone, near)
    if not problem:
        return moment, ""
    text = narrow(plain(raw))
    for word, unit in LIMIT_WORDS:
        text = text.replace(word, unit)
    try:
        return parse_limit(text), ""
    except ValueError:
        examples = "4工作时、2小时、1工作日、3天，或一个日期时间"
        return None, f"填的是{quoted(raw)}，看不出是多久，请写成 {examples}。"


def _read_mail(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    text = clean(plain(raw))
    if MAIL.fullmatch(text):
        return text, ""
    return None, f"填的是{quoted(raw)}，不是有效的邮箱，请写成 name@example.cn。"


def _read_position(raw: Raw, column: Column, zone: ZoneInfo, near: date | None) -> tuple[Value, str]:
    try:
        return read_position(plain(raw)), ""
    except Unreadable as error:
        return None, f"填的是{quoted(raw)}，{error}"


READERS: Mapping[str, Callable[[Raw, Column, ZoneInfo, date | None], tuple[Value, str]]] = {
    "text": lambda raw, column, zone, near: ((issue_number if column.key == "issue" else clean)(plain(raw)), ""),
    "choice": _read_choice,
    "datetime": _read_datetime,
    "date": _read_date,
    "number": _read_number,
    "integer": _read_number,
    "percent": _read_number,
    "points": _read_number,
    "limit": _read_limit,
    "mail": _read_mail,
    "position": _read_position,
}
