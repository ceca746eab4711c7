"""Months closed and looked at again: what a closing is made of, how a sealed month reads today, and how closings come
back after the ledger was lost (plan 四·3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import is_

from sync.core.look import adoption
from sync.core.look.follow import Followed
from sync.core.look.reading import Reading
from sync.core.scores import facts as evidence
from sync.core.scores import scores, seal
from sync.core.scores.facts import Difference, Fields, Seen
from sync.core.scores.scores import Line
from sync.core.scores.seal import OPEN, SEALED, Closing, Fact
from sync.core.scores.standings import Standing
from sync.core.sheet import plan
from sync.core.sheet.rows import Raw, Row, plain

PEOPLE = ("issues", "feedback", "duties", "requests")
KINDS = (scores.STREET, scores.BRANCH, scores.DISTRICT, scores.UNIT)
MOST_SAID = 3


@dataclass
class Seals:
    """The seals of one look."""

    reading: Reading
    followed: Mapping[str, Followed]

    def __post_init__(self) -> None:
        self.tabs, self.zone = self.reading.tables.tabs, self.reading.zone

    # Making one
    def close(self, month: str, lines: Sequence[Line], rows: Sequence[Standing]) -> Closing:
        """The closing of a month from its lines (after ceilings) and its rows of 月度考核."""
        rules = self.reading.rules
        days = seal.calendar_days(rules.calendar, month)
        mine = tuple(sorted((line for line in lines if line.month == month), key=lambda line: (line.date, line.id)))
        here = tuple(sorted((row for row in rows if row.month == month), key=_place))
        facts = [*seal.head(month, rules, days), *self._columns(), *self._rests_on(month, mine)]
        facts += [self._fact("lines", line.cells()) for line in mine]
        facts += [self._fact("scores", row.cells()) for row in here]
        digest = seal.digest(facts)
        return Closing(month, self.reading.now, digest, mine, here, tuple(facts), rules.text, days)

    def _columns(self) -> list[Fact]:
        return [evidence.columns_fact(self.tabs[key]) for key in (*PEOPLE, "lines", "scores") if key in self.tabs]

    def _fact(self, key: str, cells: Mapping[str, object]) -> Fact:
        tab = self.tabs[key]
        return evidence.fact(tab, evidence.fields_by(tab, lambda name: plan.to_raw(cells[name], self.zone)))

    def _rests_on(self, month: str, lines: Iterable[Line]) -> Iterator[Fact]:
        """The rows of people that the month's lines and rates come from."""
        named = {line.issue for line in lines if line.issue}
        named |= {rid for rid, followed in self.followed.items() if self._belongs(followed, month)}
        ids = {line.id for line in lines}
        for key in PEOPLE:
            rows = self.reading.rows.get(key, [])
            rested = [row for row in rows if self._counts(key, row, month, named, ids)]
            facts = [evidence.fact(self.tabs[key], self.fields(key, row)) for row in rested]
            yield from sorted(facts)

    def _belongs(self, followed: Followed, month: str) -> bool:
        received = scores.month_of(followed.stamps.received) if followed.stamps.street else ""
        return month in (received, followed.tally.month if followed.tally else "")

    def _counts(self, key: str, row: Row, month: str, named: set[str], lines: set[str]) -> bool:
        cells = row.cells
        if key == "issues":
            return row.rid in named
        if key == "feedback":
            return cells.get("issue") in named
        if key == "duties":
            day = cells.get("reported_at") or self.reading.mark("duties", row.rid, "heard")
            return scores.month_of(day) == month
        about = cells.get("issue") in named or f"{cells.get('line')}·{scores.APPEALED}" in lines
        booked = self.reading.booked.get(f"{scores.ASKED}{row.rid}", {})
        return cells.get("answer") == "同意" and (about or bool(lines & set(booked)))

    # Today
    def fields(self, key: str, row: Row) -> Fields:
        """A row's cells as text: people's as they stand, of an issue the stamps as they follow from it now."""
        memo_of_tab = self.reading.memory.memo.seen.setdefault(key, {})
        followed = self.followed.get(row.rid) if key == "issues" else None
        memo = memo_of_tab.get(row.rid)
        if memo is None or memo[0] is not row.parsed or memo[1] is not followed:
            memo = memo_of_tab[row.rid] = (row.parsed, followed, self._fields(key, row, followed))
        fields: Fields = memo[2]
        return fields

    def _fields(self, key: str, row: Row, followed: Followed | None) -> Fields:
        layout = self.reading.layouts[key]

        def of(name: str) -> Raw:
            if followed and name in evidence.STAMPS:
                return plan.to_raw(followed.cells[name], self.zone)
            return row.seen(layout, name)

        return evidence.fields_by(layout.tab, of)

    def present(self) -> dict[str, list[Seen]]:
        """The rows of people's tabs today, by title; tabs that can't be read are left out."""
        return {
            self.tabs[key].title: [Seen(row.number, self.fields(key, row)) for row in self.reading.rows[key]]
            for key in PEOPLE
            if key in self.reading.rows and key not in self.reading.skipped
        }

    def drift(self) -> dict[str, tuple[str, list[Difference]]]:
        """By sealed month: the digest as it would be now, and every cell that says something else than was sealed."""
        known = {month: closing for month, closing in self.reading.closings.items() if closing.facts}
        if not known:
            return {}
        rows = [row for key in PEOPLE for row in self.reading.rows.get(key, [])]
        given = (known, sorted(self.reading.skipped), [(row.number, row.rid) for row in rows], set(self.reading.away))
        parts = [*(row.parsed for row in rows), *self.followed.values()]
        memo = self.reading.memory.memo.drift
        if memo and memo[0] == given and len(memo[1]) == len(parts) and all(map(is_, memo[1], parts)):
            return memo[2]  # type: ignore[no-any-return]
        differences = self._drift(known)
        self.reading.memory.memo.drift = (given, parts, differences)
        return differences

    def _drift(self, known: Mapping[str, Closing]) -> dict[str, tuple[str, list[Difference]]]:
        present = self.present()
        by_month = {}
        for month, closing in sorted(known.items()):
            held = list(evidence.compare(closing.facts, present, self.reading.away))
            by_month[month] = (seal.digest(fact for fact, _ in held), [two for _, group in held for two in group])
        return by_month


def _place(row: Standing) -> tuple[int, str]:
    """Rows in an order of their own: the digest must not hang on the order in which the ledger gives its lines."""
    return KINDS.index(row.kind), row.target


def warning(month: str, differences: Sequence[Difference]) -> str:
    """One sentence for 运行状态 about a sealed month whose rows were changed."""
    listed = "；".join(difference.text() for difference in differences[:MOST_SAID])
    more = f"；等 {len(differences)} 处" if len(differences) > MOST_SAID else ""
    return f"封存以后改过：{listed}{more}。得分不变；要看全部，运行 jielu verify {month}。"


def adopt(reading: Reading) -> dict[str, Closing]:
    """Closings read off 月度考核 and 扣分明细 after the ledger was lost: lines, rows and digest as they stand there."""
    layout = reading.layouts.get("scores")
    if layout is None or {"scores", "lines"} & set(reading.skipped):
        return {}
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in reading.rows.get("scores", []):
        if plain(row.seen(layout, "state")) == SEALED:
            rows[plain(row.seen(layout, "month"))].append(row)
    lines = [line for group in reading.booked.values() for line in group.values()]
    closings = {}
    for month, group in rows.items():
        standings = tuple(adoption.read_standing(layout, row) for row in group)
        digest = plain(group[0].seen(layout, "digest"))
        sealed = adoption.moment(group[0].seen(layout, "sealed_at"), reading.rules) or reading.now
        mine = tuple(sorted((line for line in lines if line.month == month), key=lambda line: (line.date, line.id)))
        closings[month] = Closing(month, sealed, digest, mine, standings, adopted=True)
    return closings


def sealed_cells(closing: Closing, row: Standing) -> dict[str, object]:
    """A row of 月度考核 of a sealed month."""
    return {**row.cells(), "state": SEALED, "sealed_at": closing.sealed_at, "digest": closing.digest}


def open_cells(row: Standing) -> dict[str, object]:
    return {**row.cells(), "state": OPEN, "sealed_at": "", "digest": ""}
