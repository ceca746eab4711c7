"""The promises of DESIGN section 12, held against the workbook after quiet.

Each broken one is told as (kind, sentence). What is right comes from the paper and from plain rules written here, never
from the service's own code.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.simulation.model import clerk
from tests.simulation.model.paper import ROUTE, SERVICE, Paper, Row, Stamp, Value, same

NUMBER = re.compile(r"\d{8}-\d{3,}")
Broken = tuple[str, str]
Values = Sequence[Sequence[Value]]


def cell(values: Values, index: int, place: int) -> Value:
    if index >= len(values) or place < 0 or place >= len(values[index]):
        return ""
    return values[index][place]


def letter(place: int) -> str:
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def peoples_cells(paper: Paper, values: Values) -> Iterator[Broken]:
    """Every cell of people says what its owner typed last, in its row; rows that people left empty are empty.
    ``values``: below the header."""
    for index in range(max(len(values), len(paper.rows))):
        row = paper.rows[index] if index < len(paper.rows) else Row()
        width = max(len(values[index]) if index < len(values) else 0, len(paper.columns))
        for place in range(width):
            column = paper.columns[place] if place < len(paper.columns) else None
            stands = cell(values, index, place)
            if column is not None and column.owner == SERVICE:
                if row.is_blank and stands != "":
                    where = f"{paper.title} 第{index + 2}行没有人填过，{letter(place)}列「{column.name}」"
                    yield "blank", f"{where}却是「{stands}」"
                continue
            name = column.name if column is not None else ""
            right = row.get(name)
            if not same(stands, right) and not any(same(stands, other) for other in row.also.get(name, ())):
                yield (
                    "value",
                    (
                        f"{paper.title} 第{index + 2}行（{row.get('问题描述')}）{letter(place)}列「{name}」"
                        f"应当是「{right}」，却是「{stands}」"
                    ),
                )


def headers(paper: Paper, header: Sequence[Value]) -> Iterator[Broken]:
    for place in range(max(len(header), len(paper.columns))):
        right = paper.columns[place].header if place < len(paper.columns) else ""
        stands = header[place] if place < len(header) else ""
        is_lost = place < len(paper.columns) and paper.columns[place].is_lost
        if not same(stands, right) and not (is_lost and stands == ""):
            yield "header", f"{paper.title} {letter(place)}1 表头应当是「{right}」，却是「{stands}」"


@dataclass
class Numbers:
    """The numbers that issues were seen with at rest: by family of rows that can't be told apart."""

    by_family: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    owner: dict[str, int] = field(default_factory=dict)

    def check(self, paper: Paper, values: Values) -> Iterator[Broken]:
        """Every issue has one number of its own, and keeps it."""
        place = paper.column("编号")
        shown: dict[str, int] = {}
        families: dict[int, set[str]] = defaultdict(set)
        rows: dict[int, list[tuple[Row, str]]] = defaultdict(list)
        for index, row in paper.filled():
            stands = str(cell(values, index, place))
            if not paper.staff(row):
                continue
            where = f"第{index + 2}行（{row.get('问题描述')}）"
            if not NUMBER.fullmatch(stands):
                yield "number", f"{where}的编号是「{stands}」"
                continue
            if stands in shown:
                yield "number", f"{where}和第{shown[stands] + 2}行的编号都是 {stands}"
            shown[stands] = index
            families[row.family].add(stands)
            rows[row.family].append((row, stands))
        for family, numbers in families.items():
            yield from self._kept(paper, family, numbers, rows[family])

    def _kept(self, paper: Paper, family: int, numbers: set[str], rows: list[tuple[Row, str]]) -> Iterator[Broken]:
        before = self.by_family[family]
        loose = any(row.tampered for row, _ in rows)
        if not loose and len(before & numbers) < min(len(before), len(numbers)):
            texts = "、".join(str(row.get("问题描述")) for row, _ in rows)
            yield "renumbered", f"{texts} 的编号原来是 {'、'.join(sorted(before))}，现在是 {'、'.join(sorted(numbers))}"
        for number in numbers:
            owner = self.owner.setdefault(number, family)
            if owner != family and not loose:
                yield "number", f"编号 {number} 到了另一个问题头上（{rows[0][0].get('问题描述')}）"
            self.owner[number] = family
        self.by_family[family] = (before | numbers) if len(rows) < len(before) else set(numbers)
        for row, _ in rows:
            row.number_touched = row.was_edited = row.tampered = False


JUDGED_BY = ("填报时间", "街路", "类别", "严重程度", "指定时限")
ENDED = ("已销号", "作废")


@dataclass
class Office:
    """What is in force: limits by category, chiefs and own units by street. A street whose chief changed since the last
    rest has both."""

    limits: Mapping[tuple[str, bool], str]
    chiefs: dict[str, set[str]]
    units: dict[str, set[str]]
    news: dict[str, str] = field(default_factory=dict)  # chiefs since the last rest, by street

    def settle(self) -> None:
        """What changed was seen by the service: from now on only the new chief counts."""


@dataclass
class Papers:
    """What was filed about issues, by number: ``named`` by any row of 整改反馈 or 申请审批 so far, ``mended`` by one
    plain feedback alone, ``transferred`` by a request for it, ``granted`` by a request that was agreed to."""

    named: set[str] = field(default_factory=set)
    mended: set[str] = field(default_factory=set)
    transferred: set[str] = field(default_factory=set)
    granted: set[str] = field(default_factory=set)

    def take_in(self, feedback: Paper, requests: Paper) -> None:
        """What stands in the two tabs now."""
        counts = Counter(str(row.get("编号")) for _, row in feedback.filled())
        before = set(self.named)
        self.named |= {str(row.get("编号")) for paper in (feedback, requests) for _, row in paper.filled()}
        self.transferred |= {str(row.get("编号")) for _, row in requests.filled() if row.get("类型") == "移交"}
        self.granted |= {str(row.get("编号")) for _, row in requests.filled() if row.get("批复") == "同意"}
        plain = {str(row.get("编号")) for _, row in feedback.filled() if row.is_new and row.get("处理情况") == "已整改"
                 and row.get("整改后照片")}  # fmt: skip
        asked = {str(row.get("编号")) for _, row in requests.filled()}
        self.mended = {number for number in plain if counts[number] == 1} - asked - (before - self.mended - plain)


def stamps(paper: Paper, values: Values, office: Office, papers: Papers, now: datetime) -> Iterator[Broken]:
    """Deadlines never move earlier, chiefs and units stay, first stamps are as a clerk works them out, states are
    plain. Notes what stands now for the next time."""
    for index, row in paper.filled():
        seen = {column.name: cell(values, index, place) for place, column in enumerate(paper.columns)}
        number = str(seen["编号"])
        if not NUMBER.fullmatch(number) or row.is_copied:
            row.stamp = None
            continue
        where = f"第{index + 2}行（{row.get('问题描述')}，{number}）"
        route = tuple(_standing(row, seen, ROUTE))
        stamp = Stamp(number, seen["截止时间"], seen["街路长"], seen["责任单位"], seen["状态"], route, row.verdicts)
        before = row.stamp if row.stamp and row.stamp.number == number else None
        if before is not None:
            is_moved = before.route != stamp.route or len(row.routes) > 1 or number in papers.transferred
            yield from _stays(where, before, stamp, is_moved=is_moved, is_faulty=seen["校验"] != "")
            if stamp.deadline == "":
                stamp = replace(stamp, deadline=before.deadline)
            if "没有采用" in str(seen["校验"]):  # it counts once nothing stands against it any more
                stamp = replace(stamp, route=before.route)
        elif _is_plain(row, number, papers) and seen["校验"] == "":
            cells = dict(zip(JUDGED_BY, _standing(row, seen, JUDGED_BY), strict=True))
            yield from _first(where, cells, stamp, office, now)
        if seen["校验"] == "":
            yield from _plain_state(where, row, stamp, papers)
        row.stamp, row.routes = stamp, set()


def _is_plain(row: Row, number: str, papers: Papers) -> bool:
    """Whether an issue that is seen at rest for the first time was stamped by its own cells alone."""
    return row.is_new and row.get("来源") == "督查" and number not in papers.transferred | papers.granted


def _stays(where: str, before: Stamp, stamp: Stamp, *, is_moved: bool, is_faulty: bool) -> Iterator[Broken]:
    """``is_moved``: whether a look saw it on another street, of another category or source since, so that its chief and
    its unit were worked out anew."""
    if isinstance(before.deadline, int | float):
        if isinstance(stamp.deadline, int | float):
            if stamp.deadline < before.deadline - 1e-6:
                yield "deadline", f"{where}的截止时间从 {hour(before.deadline)} 提前到 {hour(stamp.deadline)}"
        elif not is_faulty and stamp.state not in ENDED:
            yield "deadline", f"{where}的截止时间原来是 {hour(before.deadline)}，现在是「{stamp.deadline}」"
    if before.chief and before.chief != stamp.chief and not is_moved and not is_faulty:
        yield "chief", f"{where}的街路长从 {before.chief} 变成「{stamp.chief}」"
    if before.unit and before.unit != stamp.unit and not is_moved and not is_faulty:
        yield "unit", f"{where}的责任单位从 {before.unit} 变成「{stamp.unit}」"
    is_retold = before.verdicts != stamp.verdicts
    if before.state in ENDED and stamp.state not in ENDED and not is_faulty and not is_retold:
        yield "state", f"{where}原来{before.state}，现在是「{stamp.state}」"


def _standing(row: Row, seen: Mapping[str, Value], names: Iterable[str]) -> Iterator[Value]:
    """The row's cells of these columns, as they stand where that is right too: of a cell that was typed in the gap and
    covered nobody ever read what it held."""
    for name in names:
        is_right = any(same(seen.get(name), also) for also in row.also.get(name, ()))
        yield seen[name] if is_right else row.get(name)


def _first(where: str, cells: Mapping[str, Value], stamp: Stamp, office: Office, now: datetime) -> Iterator[Broken]:
    """``now``: of this look. A row that was typed more than two hours ago may have been read first in between."""
    start = moment(cells["填报时间"], now)
    street, category = str(cells["街路"]), str(cells["类别"])
    due = clerk.deadline(start, category, str(cells["严重程度"]), str(cells["指定时限"]), office.limits)
    if now - start <= timedelta(hours=2) and not same(stamp.deadline, clerk.serial(due)):
        yield "first deadline", f"{where}的截止时间应当是 {due:%m-%d %H:%M}，却是 {hour(stamp.deadline)}"
    if stamp.chief not in office.chiefs[street]:
        yield "chief", f"{where}的街路长应当是 {'或'.join(sorted(office.chiefs[street]))}，却是「{stamp.chief}」"
    units = {clerk.unit(category, own) for own in office.units[street]}
    if stamp.unit not in units:
        yield "unit", f"{where}的责任单位应当是 {'或'.join(sorted(units))}，却是「{stamp.unit}」"


def _plain_state(where: str, row: Row, stamp: Stamp, papers: Papers) -> Iterator[Broken]:
    """The state of an issue about which nobody filed more than one plain feedback."""
    if row.is_judged or (stamp.number in papers.named and stamp.number not in papers.mended):
        return
    is_waiting = row.get("来源") == "群众反映"
    right = "待核实" if is_waiting else "待复核" if stamp.number in papers.mended else "待整改"
    if stamp.state != right and not (is_waiting and stamp.number in papers.mended):
        yield "state", f"{where}的状态应当是「{right}」，却是「{stamp.state}」"


def moment(serial: Value, like: datetime) -> datetime:
    """The hour of a spreadsheet's number, in the zone of ``like``; ``like`` where it is none."""
    if not isinstance(serial, int | float):
        return like
    return (datetime(1899, 12, 30) + timedelta(seconds=round(serial * 86400))).replace(tzinfo=like.tzinfo)  # noqa: DTZ001


def hour(serial: Value) -> str:
    if not isinstance(serial, int | float):
        return f"「{serial}」"
    return f"{datetime(1899, 12, 30) + timedelta(seconds=round(serial * 86400)):%m-%d %H:%M}"  # noqa: DTZ001
