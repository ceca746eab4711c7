"""The rows of 问题台账 that are a person's to see, filtered and sorted: for who has no grid (DESIGN section 12, 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.people.ordering import place_order
from sync.core.people.permissions import Area, Person, sees, sees_row
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Table, plain
from sync.core.sheet.tabs import Tab


@dataclass(frozen=True)
class Query:
    """What of the rows is wanted; empty: all. ``faulty``: those with which something is wrong; ``since``, ``until``:
    days of receipt, both included; ``text``: stands in the number, place or text."""

    state: str = ""
    unit: str = ""
    street: str = ""
    category: str = ""
    late: bool = False
    faulty: bool = False
    since: date | None = None
    until: date | None = None
    text: str = ""

    @property
    def count(self) -> int:
        """How many of these are set."""
        return sum(bool(value) for value in vars(self).values())


@dataclass(frozen=True)
class Choices:
    """What can be chosen, of the rows that are his."""

    state: tuple[str, ...]
    unit: tuple[str, ...]
    street: tuple[str, ...]
    category: tuple[str, ...]


SORTS = {
    "number": "编号",
    "street": "街路",
    "category": "类别",
    "state": "状态",
    "unit": "责任单位",
    "deadline": "截止时间",
}


def own(look: Look, person: Person) -> list[Followed]:
    """All rows that are his to see, the archived ones included."""
    return [each for each in look.followed.values() if is_his(look, person, each)]


def is_his(look: Look, person: Person, each: Followed) -> bool:
    """Whether an issue is his to see, or a row that is none yet since something is wrong with it."""
    if each.stamps.street:
        return sees(person, each.area)
    cells = each.issue.cells
    street = look.roster.street(plain(cells.get("street")), each.stamps.received.date())
    area = Area(street.name, street.branch, street.district) if street else Area()
    return sees_row(person, area, plain(cells.get("reporter")))


def faults(each: Followed, tab: Tab) -> str:
    """What is wrong with the row, each column by its name; empty: nothing is."""
    problems = dict.fromkeys(each.problems)
    return "".join(f"「{tab.by_key[column].header}」{text}" if column else text for column, text in problems)


def street_of(each: Followed) -> str:
    """The street that it was stamped with, else what stands in the row."""
    return each.stamps.street or plain(each.issue.cells.get("street"))


def choices(rows: Iterable[Followed]) -> Choices:
    """What stands in these rows, in the order of lists."""
    names = [(each.life.state, each.life.unit, street_of(each), each.issue.category) for each in rows]
    columns = zip(*names, strict=True) if names else ((), (), (), ())
    return Choices(*(tuple(sorted(filter(None, set(column)), key=place_order)) for column in columns))


def select(rows: Iterable[Followed], query: Query, look: Look) -> list[Followed]:
    """Those that are asked for."""
    return [each for each in rows if _fits(each, query, look)]


def _fits(each: Followed, query: Query, look: Look) -> bool:
    day = each.stamps.received.astimezone(look.reading.zone).date()
    stands = (each.life.state, each.life.unit, street_of(each), each.issue.category)
    wanted = (query.state, query.unit, query.street, query.category)
    return (
        all(not want or want == stand for want, stand in zip(wanted, stands, strict=True))
        and (not query.late or bool(each.lateness(look.rules, look.now)))
        and (not query.faulty or bool(each.problems))
        and (query.since is None or day >= query.since)
        and (query.until is None or day <= query.until)
        and (not query.text or _holds(each, query.text))
    )


def _holds(each: Followed, text: str) -> bool:
    cells = each.issue.cells
    return any(
        text in plain(value) for value in (each.issue.rid, cells.get("place"), cells.get("text"), each.stamps.chief)
    )


def ordered(rows: Iterable[Followed], sort: str, down: bool) -> list[Followed]:
    """By one of ``SORTS``, rows of the same value by number; without a value last."""
    by_number = sorted(rows, key=lambda each: each.issue.rid, reverse=down)
    there = [each for each in by_number if _value(each, sort) is not None]
    there.sort(key=lambda each: _value(each, sort), reverse=down)
    return there + [each for each in by_number if _value(each, sort) is None]


def _value(each: Followed, sort: str) -> Any:
    values: Mapping[str, Any] = {
        "number": each.issue.rid,
        "street": place_order(street_of(each)),
        "category": each.issue.category or None,
        "state": each.life.state or None,
        "unit": place_order(each.life.unit) if each.life.unit else None,
        "deadline": each.life.deadline,
    }
    return values[sort]


def table(rows: Sequence[Followed], tab: Tab, known: Mapping[str, Known]) -> Table:
    """These rows with all columns of the tab, as the last look left them, for an export."""
    header = tuple(column.header for column in tab.columns)
    cells = (
        {**known[rid].cells, **known[rid].shown, "id": rid} for rid in (each.issue.rid for each in rows) if rid in known
    )
    return Table(tab.title, header, [tuple(row.get(column.key, "") for column in tab.columns) for row in cells])
