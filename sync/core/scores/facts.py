"""What a sealed month rests on, row by row as text; and where the rows of today say something else.

A fact is one row: the tab's title, what the row is called, its filled cells as ``列=值`` in the order of the tab. The
same text is made of a row as read from the live workbook and of a row of an exported file, so that both can be held
against the seal without the ledger.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from sync.core.issues import life as lives
from sync.core.scores.seal import FIELD, HEAD, Fact, Seal, calendar_digest
from sync.core.sheet.rows import Raw
from sync.core.sheet.tabs import Column, Tab
from sync.core.sheet.values import serials

ISSUES, LINES, SCORES, DUTIES = "问题台账", "扣分明细", "月度考核", "履职记录"
FEEDBACK, REQUESTS = "整改反馈", "申请审批"
NAMES: Mapping[str, tuple[str, ...]] = {  # the columns by which a row of a tab is called
    ISSUES: ("编号",),
    LINES: ("明细号",),
    SCORES: ("月份", "对象", "类别"),
    FEEDBACK: ("编号",),
    DUTIES: ("填报人", "街路"),
    REQUESTS: ("类型", "编号", "明细号", "对象"),
}
KEYED = (ISSUES, LINES, SCORES)  # a name belongs to one row alone
STAMPS = ("id", "state", "chief", "branch", "district", "unit", "deadline", "repeat", "closed_at")
SHOWN = (  # 月度考核 without what the seal writes itself
    "month", "target", "kind", "group", "chief", "inspections", "issues", "on_time", "rework_rate", "extend_rate",
    "score", "rank", "advice",
)  # fmt: skip
MONTHS, FACTS, RULES, CALENDARS = "封存月份", "封存依据", "封存规则", "封存日历"  # sheets of an exported file
DIGEST = "摘要值"
LEAVING = {DUTIES: "duties"}  # people's tabs whose rows leave a month at a time, with their keys
MOVED = "|".join((ISSUES, LINES, DUTIES, FEEDBACK, REQUESTS))
ARCHIVE = re.compile(f"({MOVED})20[0-9]{{2}}")  # the tabs of rows that moved out of the live ones
STATE = "状态"
COLUMNS = "列·"
GOES_ON = (STATE, "责任单位", "截止时间", "重复", "销号时间", "复核结果", "复核人", "复核时间", "复核意见", "执法依据")
ADOPTED = "台账丢失以后按表格收编，没有封存依据，摘要值不能重算；请用封存以后导出的文件核对（--file）。"
LONGEST = 30_000  # a cell of a spreadsheet file holds 32 767 characters

Present = Container[str] | None  # keys of the columns that a workbook has; None: all of the template
Fields = Mapping[str, str]
Texts = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]


@dataclass(frozen=True)
class Seen:
    """A row as it stands now: its sheet row, its filled cells by header as text."""

    number: int
    fields: Fields
    tab: str = ""  # where it stands, when that is not the tab that its fact names


@dataclass(frozen=True)
class Deviation:
    """A cell that is not what was sealed; ``column`` empty: the whole row. ``number``: its sheet row; not above 0 where
    it does not stand in the tab."""

    tab: str
    row: str
    number: int
    column: str
    sealed: str
    present: str

    def text(self) -> str:
        where = f"「{self.tab}」{self.row}" + (f"（第 {self.number} 行）" if self.number > 0 else "")
        if not self.column:
            return f"{where}：封存时有这一行，现在没有"
        return f"{where}「{self.column}」：封存时「{self.sealed}」，现在「{self.present}」"


# Cells as text
def words(value: Raw | date | datetime) -> str:
    """A cell's value as the sealed text writes it: days ``2026-11-24``, moments to the second, numbers as short as they
    are exact to ten digits."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0, tzinfo=None)
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | float):
        return f"{value:.10g}"
    return "" if value is None else _escaped(value)


def _escaped(text: str) -> str:
    text = text.strip().replace("\\", "\\\\").replace("|", "\\|")
    text = "".join(char if char >= " " and char != "\x7f" else f"\\x{ord(char):02x}" for char in text)
    return text if len(text) <= LONGEST else f"{text[:100]}…（共 {len(text)} 字）"


def cell(value: Raw, column: Column) -> str:
    """A raw cell of the workbook: what stands as a number under a date is a date."""
    if isinstance(value, bool | str) or value is None or column.type not in ("date", "datetime"):
        return words(value)
    if serials.LOWEST <= value < serials.HIGHEST:
        return words(serials.EPOCH + timedelta(seconds=round(value * serials.DAY)))
    return words(value)


def content(fields: Fields) -> str:
    return FIELD.join(f"{header}={value}" for header, value in fields.items())


def fields_of(text: str) -> dict[str, str]:
    """The cells of a fact's content, by header."""
    return dict(part.split("=", 1) for part in text.split(FIELD) if "=" in part)


def named(title: str, fields: Fields) -> str:
    return "·".join(fields[header] for header in NAMES[title] if fields.get(header))


# Facts
def wanted(tab: Tab, there: Present = None) -> list[Column]:
    """The columns of a tab that a fact holds: people's; of 问题台账 the stamps as well, of scores and lines what the
    month came to. ``there``: those that the workbook has; one that came later may be missing."""
    columns = _held_by_facts(tab)
    return [column for column in columns if there is None or not column.optional or column.key in there]


def _held_by_facts(tab: Tab) -> list[Column]:
    if tab.title == LINES:
        return list(tab.columns)
    if tab.title == SCORES:
        return [tab.by_key[key] for key in SHOWN]
    stamps = STAMPS if tab.title == ISSUES else ()
    return [column for column in tab.columns if column.owner == "staff" or column.key in stamps]


def columns_fact(tab: Tab, there: Present = None) -> Fact:
    """Which columns the facts of a tab speak of: an empty cell is no part of them."""
    return HEAD, COLUMNS + tab.title, "、".join(column.header for column in wanted(tab, there))


def fields_by(tab: Tab, of: Callable[[str], Raw], there: Present = None) -> dict[str, str]:
    """The cells that a fact holds, by header; ``of`` gives raw cells by column key."""
    fields = {column.header: cell(of(column.key), column) for column in wanted(tab, there)}
    return {header: value for header, value in fields.items() if value}


def fact(tab: Tab, fields: Fields, name: str = "") -> Fact:
    """The fact of a row. An issue that is still open is sealed without what will yet be filled in."""
    if tab.title == ISSUES and fields.get(STATE) not in lives.ENDED:
        fields = {header: value for header, value in fields.items() if header == STATE or header not in GOES_ON}
    return tab.title, name or named(tab.title, fields), content(fields)


def sheets(sealed: Iterable[Seal]) -> list[Texts]:
    """What an exported file carries of sealed months: (title, headers, rows of texts)."""
    ordered = sorted(sealed, key=lambda seal: seal.month)
    months = [
        (seal.month, f"{seal.sealed_at:%Y-%m-%d %H:%M:%S}", seal.digest, ADOPTED if seal.adopted else "")
        for seal in ordered
    ]
    facts = [(seal.month, *fact) for seal in ordered for fact in seal.facts]
    texts = {sha256(seal.rules.encode()).hexdigest(): seal.rules for seal in ordered if seal.facts}
    rules = [
        (name, f"{number}", line)
        for name, text in texts.items()
        for number, line in enumerate(text.split("\n"), start=1)
    ]
    days = {calendar_digest(seal.calendar): seal.calendar for seal in ordered if seal.facts}
    calendars = [(name, item, text) for name, entries in days.items() for item, text in entries]
    return [
        (MONTHS, ("月份", "封存时间", DIGEST, "说明"), months),
        (FACTS, ("月份", "表", "行", "内容"), facts),
        (RULES, ("规则摘要", "行号", "文字"), rules),
        (CALENDARS, ("日历摘要", "项目", "内容"), calendars),
    ]


# Today's rows
def compare(
    facts: Iterable[Fact], present: Mapping[str, Sequence[Seen]], apart: Container[str] = ()
) -> Iterator[tuple[Fact, list[Deviation]]]:
    """Each fact as the rows of today would have it, with what is different. Facts of tabs that are not in ``present``,
    and of issues that stand ``apart``, are taken as they are."""
    for title, group in by_tab(facts).items():
        yield from compare_tab(title, group, present.get(title), apart)


@dataclass(frozen=True)
class TabFacts:
    """The facts of one tab, and the headers of the columns that they speak of."""

    headers: Sequence[str]
    facts: Sequence[Fact]


def by_tab(facts: Iterable[Fact]) -> dict[str, TabFacts]:
    """The facts of a month by the title of their tab, in their order."""
    groups: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact[0]].append(fact)
    headers = {row.removeprefix(COLUMNS): text.split("、") for _, row, text in groups.get(HEAD, ())}
    return {title: TabFacts(headers.get(title, []), group) for title, group in groups.items()}


def compare_tab(
    title: str, sealed: TabFacts, rows: Sequence[Seen] | None, apart: Container[str] = ()
) -> list[tuple[Fact, list[Deviation]]]:
    """As ``compare``, for one tab; ``rows``: of today, None where there are none to compare with."""
    if rows is None:
        return [(fact, []) for fact in sealed.facts]
    return list(_Tab(title, sealed.headers, rows, apart if title == ISSUES else ()).hold(sealed.facts))


def unseen(facts: Iterable[Fact], present: Container[str]) -> tuple[str, ...]:
    """A sentence for each tab that facts speak of and that could not be looked at."""
    missing = dict.fromkeys(tab for tab, _, _ in facts if tab != HEAD and tab not in present)
    return tuple(f"不能核对：「{tab}」没有或者读不到。" for tab in missing)


def added(facts: Iterable[Fact], present: Mapping[str, Sequence[Seen]], month: str) -> Iterator[Deviation]:
    """Lines of the sealed month that were not there when it was sealed."""
    sealed = {row for tab, row, _ in facts if tab == LINES}
    for row in present.get(LINES, ()):
        name = named(LINES, row.fields)
        if row.fields.get("月份") == month and name not in sealed:
            yield Deviation(LINES, name, row.number, "明细号", "", name)


@dataclass
class _Tab:
    """The rows of a tab today, to find sealed ones among them: by name, or by what they say where names are shared."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Seen]
    apart: Container[str] = ()

    def __post_init__(self) -> None:
        self.free = {(row.tab, row.number): row for row in self.rows}
        self.same: dict[str, list[Seen]] = defaultdict(list)
        for row in self.rows:
            self.same[self._key(row)].append(row)

    def _key(self, row: Seen) -> str:
        if self.title in KEYED:
            return named(self.title, row.fields)
        return content({header: row.fields[header] for header in self.headers if header in row.fields})

    def hold(self, facts: Sequence[Fact]) -> Iterator[tuple[Fact, list[Deviation]]]:
        matches = [self._exact(fact) for fact in facts]
        for fact, exact in zip(facts, matches, strict=True):
            sealed = fields_of(fact[2])
            row = exact or self._nearest(fact, sealed)
            if row is None and fact[1] in self.apart:
                yield fact, []
            elif row is None:
                yield (fact[0], fact[1], ""), [Deviation(fact[0], fact[1], 0, "", fact[2], "")]
            else:
                yield _held(fact, sealed, row, self.headers)

    def _exact(self, fact: Fact) -> Seen | None:
        for row in self.same.get(fact[1] if self.title in KEYED else fact[2], ()):
            if (row.tab, row.number) in self.free:
                return self.free.pop((row.tab, row.number))
        return None

    def _nearest(self, fact: Fact, sealed: Fields) -> Seen | None:
        if self.title in KEYED:
            return None
        best = max(self.free.values(), key=lambda row: _likeness(sealed, row), default=None)
        if best is None or _likeness(sealed, best)[0] * 2 <= len(sealed):
            return None
        return self.free.pop((best.tab, best.number))


def _likeness(sealed: Fields, row: Seen) -> tuple[int, int]:
    return sum(1 for header, value in sealed.items() if row.fields.get(header, "") == value), -row.number


def _held(fact: Fact, sealed: Fields, row: Seen, headers: Sequence[str]) -> tuple[Fact, list[Deviation]]:
    title, name, text = fact
    now = _comparable(title, sealed, row.fields, headers)
    differences = [
        Deviation(row.tab or title, name, row.number, header, sealed.get(header, ""), now.get(header, ""))
        for header in dict.fromkeys([*sealed, *now])
        if sealed.get(header, "") != now.get(header, "")
    ]
    return (title, name, content(now) if differences else text), differences


def _comparable(title: str, sealed: Fields, row: Fields, headers: Sequence[str]) -> dict[str, str]:
    """The cells of a row that the seal speaks of. An issue that was open then goes on: what was empty may be filled."""
    if title == ISSUES and sealed.get(STATE) not in lives.ENDED:
        return {header: sealed[STATE] if header == STATE else row.get(header, "") for header in sealed}
    return {header: row[header] for header in headers if header in row}
