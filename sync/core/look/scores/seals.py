"""Months closed and looked at again: what a seal is made of, how a sealed month reads today, and how seals come
back after the ledger was lost (plan 四·3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sync.core.duties.duties import day_of
from sync.core.look.follow import Followed
from sync.core.look.reading import Reading
from sync.core.look.rebuilding.rebuild import PastPoints
from sync.core.scores import facts
from sync.core.scores import seal as sealing
from sync.core.scores.facts import Deviation, Fields, Seen, TabFacts
from sync.core.scores.lines import APPEALED, BRANCH, DISTRICT, OF_REQUEST, STREET, UNIT, Group, Line, month_of
from sync.core.scores.seal import OPEN, REBUILT, SEALED, Fact, Seal
from sync.core.scores.standings import Standing
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, Row

PEOPLE = ("issues", "feedback", "duties", "requests")
GROUP_KINDS = (STREET, BRANCH, DISTRICT, UNIT)
MOST_DIFFERENCES = 3
Drift = Mapping[str, Sequence[Deviation]]


@dataclass(frozen=True)
class Sealing:
    """The seals of one look."""

    reading: Reading
    followed: Mapping[str, Followed]
    past: PastPoints

    # Making one
    def seal(self, month: str, lines: Sequence[Line], rows: Sequence[Standing]) -> Seal:
        """The seal of a month from its lines (after ceilings) and its rows of 月度考核."""
        rules = self.reading.rules
        days = sealing.calendar_days(rules.calendar, month)
        mine = tuple(sorted((line for line in lines if line.month == month), key=lambda line: (line.date, line.id)))
        here = tuple(sorted((row for row in rows if row.month == month), key=_place))
        parts = [*sealing.head(month, rules, days), *self._columns(), *self._rests_on(month, mine)]
        parts += [self._fact("lines", line.cells()) for line in mine]
        parts += [self._fact("scores", row.cells()) for row in here]
        digest = sealing.digest(parts)
        return Seal(month, self.reading.now, digest, mine, here, tuple(parts), rules.text, days)

    def _columns(self) -> list[Fact]:
        tabs = self.reading.tables.tabs
        return [facts.columns_fact(tabs[key], self._there(key)) for key in (*PEOPLE, "lines", "scores") if key in tabs]

    def _there(self, key: str) -> facts.Present:
        """The columns that the workbook has."""
        return self.reading.layouts[key].at if key in self.reading.layouts else None

    def _fact(self, key: str, cells: Mapping[str, object]) -> Fact:
        tab = self.reading.tables.tabs[key]

        def raw(name: str) -> Raw:
            return plan.to_raw(cells[name], self.reading.zone)

        return facts.fact(tab, facts.fields_by(tab, raw, self._there(key)))

    def _rests_on(self, month: str, lines: Iterable[Line]) -> Iterator[Fact]:
        """The rows of people that the month's lines and rates come from."""
        lines = list(lines)
        named = {line.issue for line in lines if line.issue}
        named |= {rid for rid, followed in self.followed.items() if _belongs(followed, month)}
        ids, returned = {line.id for line in lines}, {line.returns for line in lines if line.rule == APPEALED}
        tabs = self.reading.tables.tabs
        for key in PEOPLE:
            rows = self.reading.rows.get(key, [])
            rested = [row for row in rows if self._counts(key, row, month, named, ids, returned)]
            yield from sorted(facts.fact(tabs[key], self.fields(key, row)) for row in rested)

    def _counts(self, key: str, row: Row, month: str, named: set[str], lines: set[str], returned: set[str]) -> bool:
        cells = row.cells
        if key == "issues":
            return row.rid in named
        if key == "feedback":
            return cells.get("issue") in named
        if key == "duties":
            heard = self.reading.mark("duties", row.rid, "heard")
            return month_of(day_of(row, heard, self.reading.rules)) == month
        about = cells.get("issue") in named or cells.get("line") in returned
        booked = self.past.lines.get(Group(OF_REQUEST, row.rid), {})
        return cells.get("answer") == "同意" and (about or bool(lines & set(booked)))

    # Today
    def fields(self, key: str, row: Row) -> Fields:
        """A row's cells as text: people's as they stand, of an issue the stamps as they follow from it now."""
        followed = self.followed.get(row.rid) if key == "issues" else None
        cells = followed.cells if followed else None
        results = self.reading.memo.of(f"fields {key}")
        given = (self.reading.layouts[key], row.raw, cells)
        return results.result(row.rid, given, self._fields, key, row, cells)

    def _fields(self, key: str, row: Row, cells: Mapping[str, Any] | None) -> Fields:
        layout = self.reading.layouts[key]

        def of(name: str) -> Raw:
            if cells is not None and name in facts.STAMPS:
                return plan.to_raw(cells[name], self.reading.zone)
            return row.seen(layout, name)

        return facts.fields_by(layout.tab, of, layout.at)

    def present(self) -> dict[str, list[Seen]]:
        """The rows of people's tabs today, by title; tabs that can't be read are left out."""
        return {title: self._seen(key) for title, key in self._readable.items()}

    @property
    def _readable(self) -> dict[str, str]:
        """The keys of people's tabs that can be read, by title."""
        reading = self.reading
        keys = (key for key in PEOPLE if key in reading.rows and key not in reading.skipped)
        return {reading.tables.tabs[key].title: key for key in keys}

    def _seen(self, key: str) -> list[Seen]:
        return [Seen(row.number, self.fields(key, row)) for row in self.reading.rows[key]]

    def drift(self) -> Drift:
        """By sealed month every cell that says something else than was sealed."""
        known = {month: seal for month, seal in self.past.seals.items() if seal.facts}
        if not known:
            return {}
        memo, tabs = self.reading.memo, {title: self._content(key) for title, key in self._readable.items()}
        given = known, tabs, self.reading.memory.archived, self.reading.memory.left
        drift = memo.result("drift", given, self._drift, known, tabs)
        memo.of("facts held").keep((month, title) for month, seal in known.items() for title in _titles(seal))
        for key in PEOPLE:
            memo.of(f"fields {key}").keep(row.rid for row in self.reading.rows.get(key, []))
        return drift

    def _content(self, key: str) -> tuple[object, ...]:
        """All that the fields of a tab's rows come from."""
        rows = [(row.number, row.rid, row.parsed) for row in self.reading.rows[key]]
        cells = [followed.cells for followed in self.followed.values()] if key == "issues" else []
        return self.reading.layouts[key], rows, cells

    def _drift(self, known: Mapping[str, Seal], tabs: Mapping[str, object]) -> Drift:
        results, seen, by_month = self.reading.memo.of("facts held"), cache(self._seen), {}
        for month, seal in sorted(known.items()):
            by_month[month] = differences = list[Deviation]()
            for title, sealed in facts.by_tab(seal.facts).items():
                key = self._readable.get(title, "")
                left = self.reading.memory.left.get(key, "") if key in facts.LEAVING.values() else ""
                if key and month >= left:
                    given = seal, self._said_of(sealed) if key == "issues" else tabs[title]
                    differences += results.result((month, title), given, self._deviations, title, sealed, seen, key)
        return by_month

    def _said_of(self, sealed: TabFacts) -> object:
        """What the issues of a month's facts are today: their rows, and which stand in the archive. Other rows have no
        say in them: a fact and its row bear the same number."""
        names = {name for _, name, _ in sealed.facts}
        here = [row for row in self.reading.rows["issues"] if row.rid in names]
        rows = [(row.number, row.parsed, self.followed[row.rid].cells) for row in here]
        return self.reading.layouts["issues"], rows, names & self.reading.away.keys()

    def _deviations(
        self, title: str, sealed: TabFacts, seen: Callable[[str], Sequence[Seen]], key: str
    ) -> Sequence[Deviation]:
        """Every cell of a tab's rows of today that is not as it was sealed; ``seen``: the rows by the tab's key."""
        held = facts.compare_tab(title, sealed, seen(key), self.reading.away)
        return [difference for _, differences in held for difference in differences]


def _titles(seal: Seal) -> set[str]:
    """The tabs that facts of a month are held against: not those of which all facts are in the ledger alone by now."""
    return {title for title, _, _ in seal.facts}


def _belongs(followed: Followed, month: str) -> bool:
    received = month_of(followed.stamps.received) if followed.stamps.street else ""
    return month in (received, followed.tally.month if followed.tally else "")


def _place(row: Standing) -> tuple[int, str]:
    """Rows in an order of their own: the digest must not hang on the order in which the ledger gives its lines."""
    return GROUP_KINDS.index(row.kind), row.target


def warning(month: str, differences: Sequence[Deviation]) -> str:
    """One sentence for 运行状态 about a sealed month whose rows were changed."""
    listed = "；".join(difference.text() for difference in differences[:MOST_DIFFERENCES])
    more = f"；等 {len(differences)} 处" if len(differences) > MOST_DIFFERENCES else ""
    return f"封存以后改过：{listed}{more}。得分不变；要看全部，运行 jielu verify {month}。"


def cells(row: Standing, seal: Seal | None, rebuilt: bool) -> dict[str, object]:
    """A row of 月度考核; ``seal``: its month's, None while that is open; ``rebuilt``: whether who was responsible in it
    was worked out again."""
    if seal is None:
        return {**row.cells(), "state": f"{OPEN}，{REBUILT}" if rebuilt else OPEN, "sealed_at": "", "digest": ""}
    return {**row.cells(), "state": SEALED, "sealed_at": seal.sealed_at, "digest": seal.digest}
