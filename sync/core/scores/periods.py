"""季度讲评 and 年度兑现: a quarter is the mean of its sealed months, a year the mean of its quarters (plan 四·3).

Scores are whole hundredths, means half up. Months that are not sealed do not count; as long as some are to come the
row says 暂定 and which are in. What a quarter or a year came to is kept with the seal of its last month, so that other
rules change no advice that was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sync.core.rules.rules import Rules
from sync.core.scores import holders, persons, ranking, standings
from sync.core.scores.lines import STREET, UNIT, first_day
from sync.core.scores.persons import PERSON, PersonMonth
from sync.core.scores.ranking import Merit
from sync.core.scores.standings import Key, Standing, Term

Rows = dict[tuple[str, ...], dict[str, Any]]
Words = Callable[[Sequence[str]], str]  # which months or quarters a row is made of, from its months


class Quarter(NamedTuple):
    """A quarter of a year; ``number`` from 1."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """As 季度讲评 shows it: 2026年第4季度."""
        return f"{self.year}年第{self.number}季度"

    @property
    def months(self) -> list[str]:
        return [f"{self.year}-{3 * self.number + n:02d}" for n in (-2, -1, 0)]


def quarter_of(month: str) -> Quarter:
    first = first_day(month)
    return Quarter(first.year, (first.month + 2) // 3)


def cells(term: Term, header: str) -> dict[str, Any]:
    """The row as 季度讲评 or 年度兑现 shows it; ``header``: the key of its first column."""
    return {
        header: term.name, "target": term.target, "kind": term.kind, "score": term.score / 100,
        "rank": standings.shown_rank(term), "advice": term.advice,
    }  # fmt: skip


def rows(terms: Iterable[Term], header: str) -> Rows:
    return {(term.name, term.target, term.kind): cells(term, header) for term in terms}


@dataclass
class Periods:
    """Quarters and years of sealed months. ``months``: the rows of each; ``frozen``: terms that stand since the seal of
    their last month, by name; ``persons``: each chief's month, by month."""

    months: Mapping[str, Sequence[Standing]]
    rules: Rules
    frozen: Mapping[str, Sequence[Term]] = field(default_factory=dict)
    persons: Mapping[str, Sequence[PersonMonth]] = field(default_factory=dict)

    @property
    def _quarters(self) -> list[Quarter]:
        return sorted({quarter_of(month) for month in self.months})

    def quarters(self) -> list[Term]:
        return [term for quarter in self._quarters for term in self._quarter(quarter)]

    def years(self) -> list[Term]:
        return [term for year in sorted({quarter.year for quarter in self._quarters}) for term in self._year(year)]

    def ending(self, month: str) -> tuple[Term, ...]:
        """The quarter and the year that end with this month."""
        quarter = quarter_of(month)
        if month != quarter.months[-1]:
            return ()
        return (*self._quarter(quarter), *(self._year(quarter.year) if quarter.number == 4 else ()))

    def _quarter(self, quarter: Quarter) -> Sequence[Term]:
        """A month before the first that was ever sealed is not missing: nobody kept score then."""
        sealed = [month for month in quarter.months if month in self.months]
        missing = [month for month in quarter.months if month not in sealed and month > min(self.months)]

        def words(months: Sequence[str]) -> str:
            named = f"含{_numbers(months)}月"
            return f"暂定：{named}，{_numbers(missing)}月未封存" if missing else named

        return self.frozen.get(quarter.name) or [
            *self._advised(self._terms(quarter.name, sealed), sealed, words, "建议讲评表扬"),
            *self._persons(quarter.name, sealed, words, self._mean_of_months),
        ]

    def _year(self, year: int) -> Sequence[Term]:
        quarters = [quarter for quarter in self._quarters if quarter.year == year]
        sealed = [month for quarter in quarters for month in quarter.months if month in self.months]
        scores: dict[Key, list[int]] = defaultdict(list)
        for quarter in quarters:
            for term in self._under_new_names(quarter):
                if term.unranked != standings.TOO_FEW_CASES:
                    scores[term.key].append(term.score)
        terms = [
            replace(term, score=standings.mean(scores[term.key] or [term.score]))
            for term in self._terms(f"{year}", sealed)
        ]

        def words(months: Sequence[str]) -> str:
            numbers = dict.fromkeys(quarter_of(month).number for month in months)
            named = f"含第{'、'.join(map(str, numbers))}季度"
            return named if f"{year}-12" in sealed else f"暂定：{named}，全年还没有封存完"

        def of_person(target: str, months: Sequence[PersonMonth]) -> int:
            return standings.mean(scores[target, PERSON] or [month.score for month in months])

        return self.frozen.get(f"{year}") or [
            *self._advised(terms, sealed, words, "建议年度表扬、兑现奖励"),
            *self._persons(f"{year}", sealed, words, of_person),
        ]

    @staticmethod
    def _mean_of_months(_: str, months: Sequence[PersonMonth]) -> int:
        return standings.mean([month.score for month in months])

    def _persons(
        self, name: str, months: Sequence[str], words: Words, score: Callable[[str, Sequence[PersonMonth]], int]
    ) -> list[Term]:
        """Each chief's row: his rank, and what is suggested for him."""
        known = [month for month in months if self.persons.get(month)]
        workdays = sum(self.persons[month][0].workdays for month in known)
        groups = persons.by_target(row for month in known for row in self.persons[month])
        terms = (persons.term(name, group, score(target, group), workdays) for target, group in sorted(groups.items()))
        return [
            replace(term, advice="；".join([
                words([row.month for row in groups[term.target]]), *persons.consequence(groups[term.target])
            ]))
            for term in persons.ranked(terms)
        ]  # fmt: skip

    def _under_new_names(self, quarter: Quarter) -> list[Term]:
        """The terms of a quarter, units that were renamed since as they are called now."""
        terms = self._quarter(quarter)
        renamed = {self.rules.unit_now(term.target) for term in terms if self._is_former(term)}
        months = [month for month in quarter.months if month in self.months]
        again = (term for term in self._terms(quarter.name, months) if term.kind == UNIT and term.target in renamed)
        dropped = {(name, UNIT) for name in renamed}
        return [*(term for term in terms if not self._is_former(term) and term.key not in dropped), *again]

    def _is_former(self, term: Term) -> bool:
        return term.kind == UNIT and self.rules.unit_now(term.target) != term.target

    def _rows(self, months: Iterable[str]) -> Mapping[Key, list[Standing]]:
        rows: dict[Key, list[Standing]] = defaultdict(list)
        for month in months:
            for row in self.months[month]:
                rows[row.key].append(row)
        return rows

    def _terms(self, name: str, months: Iterable[str]) -> list[Term]:
        """What each target came to, not ranked yet."""
        return [
            Term(name, last.target, last.kind, last.group, holders.most(_chiefs(group))[0] or last.chief,
                 standings.mean([row.score for row in _counted(group) or group]), None, unranked=_unranked(group))
            for group in self._rows(months).values()
            for last in group[-1:]
        ]  # fmt: skip

    def _advised(self, terms: Sequence[Term], months: Sequence[str], words: Words, praise: str) -> list[Term]:
        """The terms with rank and praise; what a chief has to answer for stands on his own row. ``words``: which months
        or quarters are in, of the months of a row."""
        by_key = self._rows(months)

        def takes_part(term: Term) -> bool:
            visits = [row.inspections or 0 for row in by_key[term.key]]
            if term.kind != STREET:
                return not term.unranked
            return sum(visits) >= self.rules.score.min_inspections * len(visits)

        ranked = ranking.rank(terms, takes_part)
        stable = {key for key, group in by_key.items() if holders.most(_chiefs(group))[1]}
        merits = [_merit(term, by_key[term.key], able=term.key in stable) for term in ranked]
        good = ranking.commended(merits, self.rules)

        def advice(term: Term) -> Iterator[str]:
            yield words([row.month for row in by_key[term.key]])
            yield from _left_out(by_key[term.key])
            yield from self._money(term)
            if term.key in good:
                yield praise

        return [replace(term, advice="；".join(advice(term)), praise=good.get(term.key)) for term in ranked]

    def _money(self, term: Term) -> Iterator[str]:
        fund = self.rules.score.fund
        if term.kind == UNIT and fund.enabled and term.unranked != standings.TOO_FEW_CASES:
            bands = sorted(fund.bands, key=lambda band: band.start, reverse=True)
            percent = next((band.percent for band in bands if term.score >= band.start), bands[-1].percent)
            yield f"建议拨付比例{percent}%"


def _counted(group: Iterable[Standing]) -> list[Standing]:
    """Without the months in which a unit had too few cases."""
    return [row for row in group if row.unranked != standings.TOO_FEW_CASES]


def _unranked(group: Sequence[Standing]) -> str:
    """Why a unit is not ranked: it had too few cases in every month, or is the standards office now."""
    return group[-1].unranked if group[-1].unranked == standings.NOT_RANKED or not _counted(group) else ""


def _left_out(group: Sequence[Standing]) -> Iterator[str]:
    """Which months of a unit do not count."""
    months = [row.month for row in group if row not in _counted(group)]
    if months:
        yield f"{_numbers(months)}月到期案件不足，没有计入"


def _merit(term: Term, group: Sequence[Standing], *, able: bool) -> Merit:
    """What the term's months come to; one of before this was kept counts all its issues as due."""
    known = [(row.due, row.late) if row.due else _of_before(row) for row in group]
    due, late = (sum(counts) for counts in zip(*known, strict=True))
    visits = sum(row.inspections or 0 for row in group)
    return Merit(term.key, term.group, term.rank, term.score, due, late, visits, able)


def _of_before(row: Standing) -> tuple[int, int]:
    if row.on_time is None:
        return 0, 0
    return row.issues, row.issues - round(row.on_time * row.issues)


def _chiefs(group: Iterable[Standing]) -> list[str]:
    """Whose each month was; one that nobody held for more than half is nobody's."""
    return ["" if row.shared else row.chief for row in group]


def _numbers(months: Iterable[str]) -> str:
    return "、".join(f"{first_day(month).month}" for month in months)
