"""季度讲评 and 年度兑现: a quarter is the mean of its sealed months, a year the mean of its quarters (plan 四·3).

Scores are whole hundredths, means half up. Months that are not sealed do not count; as long as some are to come the
row says 暂定 and which are in. What a quarter or a year came to is kept with the seal of its last month, so that other
rules change no advice that was given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync.core.rules.rules import Rules
from sync.core.scores.lines import STREET, UNIT
from sync.core.scores.standings import TOO_FEW, Standing, Term, mean, most, times_last

MONTHS = {1: (1, 2, 3), 2: (4, 5, 6), 3: (7, 8, 9), 4: (10, 11, 12)}
Key = tuple[str, str]  # target and kind
Rows = dict[tuple[str, ...], dict[str, Any]]


def quarter_of(month: str) -> str:
    return f"{month[:4]}年第{(int(month[5:]) + 2) // 3}季度"


def cells(term: Term, header: str) -> dict[str, Any]:
    """The row as 季度讲评 or 年度兑现 shows it; ``header``: the key of its first column."""
    rank = TOO_FEW if term.rank is None and term.kind == STREET else term.rank
    return {
        header: term.name,
        "target": term.target,
        "kind": term.kind,
        "score": term.score / 100,
        "rank": rank,
        "advice": term.advice,
    }


def rows(terms: Iterable[Term], header: str) -> Rows:
    return {(term.name, term.target, term.kind): cells(term, header) for term in terms}


@dataclass
class Periods:
    """Quarters and years of sealed months. ``months``: the rows of each; ``frozen``: terms that stand since the seal of
    their last month, by name."""

    months: Mapping[str, Sequence[Standing]]
    rules: Rules
    frozen: Mapping[str, Sequence[Term]] = field(default_factory=dict)

    def quarters(self) -> list[Term]:
        names = sorted({quarter_of(month) for month in self.months})
        return [term for name in names for term in self.frozen.get(name) or self._quarter(name)]

    def years(self) -> list[Term]:
        names = sorted({month[:4] for month in self.months})
        return [term for name in names for term in self.frozen.get(name) or self._year(name)]

    def ending(self, month: str) -> tuple[Term, ...]:
        """The quarter and the year that end with this month."""
        quarter_terms = self._quarter(quarter_of(month)) if int(month[5:]) % 3 == 0 else []
        return (*quarter_terms, *(self._year(month[:4]) if month.endswith("-12") else []))

    def _quarter(self, name: str) -> list[Term]:
        year, number = name[:4], int(name[6])
        wanted = [f"{year}-{number:02d}" for number in MONTHS[number]]
        sealed = [month for month in wanted if month in self.months]
        rows: dict[Key, list[Standing]] = defaultdict(list)
        for month in sealed:
            for row in self.months[month]:
                rows[row.target, row.kind].append(row)
        terms = [self._term(name, group) for group in rows.values()]
        return self._advised(self._ranked(terms), self._months_in(wanted, sealed), "建议讲评表扬", rows)

    def _months_in(self, wanted: Sequence[str], sealed: Sequence[str]) -> str:
        """Which months are in. A month before the first that was ever sealed is not missing: nobody kept score then."""
        missing = [month for month in wanted if month not in sealed and month > min(self.months)]
        words = f"含{_numbers(sealed)}月"
        return f"暂定：{words}，{_numbers(missing)}月未封存" if missing else words

    def _term(self, name: str, group: Sequence[Standing]) -> Term:
        last = group[-1]
        chief, _ = most(_chiefs(group))
        looks = [row.inspections or 0 for row in group]
        enough = last.kind != STREET or sum(looks) >= self.rules.score.min_inspections * len(group)
        score = mean([row.score for row in group])
        return Term(name, last.target, last.kind, last.group, chief or last.chief, score, None if enough else 0)

    def _year(self, name: str) -> list[Term]:
        quarters: dict[Key, list[Term]] = defaultdict(list)
        for term in self.quarters():
            if term.name.startswith(name):
                quarters[term.target, term.kind].append(term)
        rows: dict[Key, list[Standing]] = defaultdict(list)
        for month in sorted(self.months):
            if month.startswith(name):
                for row in self.months[month]:
                    rows[row.target, row.kind].append(row)
        terms = [
            replace(self._term(name, rows[key]), score=mean([row.score for row in group]))
            for key, group in quarters.items()
        ]
        return self._advised(self._ranked(terms), self._quarters_in(name), "建议年度表扬、兑现奖励", rows)

    def _quarters_in(self, year: str) -> str:
        names = sorted({quarter_of(month) for month in self.months if month.startswith(year)})
        words = f"含第{'、'.join(name[6] for name in names)}季度"
        return words if f"{year}-12" in self.months else f"暂定：{words}，全年还没有封存完"

    def _ranked(self, terms: Sequence[Term]) -> list[Term]:
        """Rank within groups, ties sharing a rank; ``rank`` 0 marks those who do not take part."""
        scores: dict[tuple[str, str], list[int]] = defaultdict(list)
        for term in terms:
            if term.rank is None:
                scores[term.kind, term.group].append(term.score)
        return [
            replace(term, rank=None)
            if term.rank == 0
            else replace(term, rank=1 + sum(1 for score in scores[term.kind, term.group] if score > term.score))
            for term in terms
        ]

    def _advised(
        self, terms: Sequence[Term], months: str, praise: str, rows_by_key: Mapping[Key, Sequence[Standing]]
    ) -> list[Term]:
        last = times_last(row for group in rows_by_key.values() for row in group)
        stable = {key for key, group in rows_by_key.items() if most(_chiefs(group))[1]}
        return [
            replace(term, advice="；".join([months, *self._advice(term, terms, praise, last, stable)]))
            for term in terms
        ]

    def _advice(
        self, term: Term, terms: Sequence[Term], praise: str, last: Mapping[str, Sequence[str]], stable: Container[Key]
    ) -> Iterable[str]:
        score = self.rules.score
        if term.kind == UNIT and score.fund.enabled:
            yield f"建议拨付比例{self._percent(term.score)}%"
        if term.kind != STREET or term.rank is None or (term.target, term.kind) not in stable:
            return
        if term.rank <= score.good.top and term.score >= score.good.min_score:
            yield praise
        group = sorted(
            other.score for other in terms if other.kind == STREET and other.group == term.group and other.rank
        )
        if term.score <= group[min(score.last.last, len(group)) - 1] and term.score < score.last.below:
            times = len(last.get(term.chief, ()))
            results = [result.name for result in score.ladder if times >= result.in_12_months]
            what = f"，建议{results[-1]}" if results else "，建议表态"
            yield f"组内末位且低于{score.last.below / 100:g}分，街路长期内月度末位{times}次{what}（由局党组决定）"

    def _percent(self, points: int) -> int:
        bands = sorted(self.rules.score.fund.bands, key=lambda band: band.start, reverse=True)
        return next((band.percent for band in bands if points >= band.start), bands[-1].percent)


def _chiefs(group: Iterable[Standing]) -> list[str]:
    """Whose each month was; one that nobody held for more than half is nobody's."""
    return ["" if row.shared else row.chief for row in group]


def _numbers(months: Iterable[str]) -> str:
    return "、".join(str(int(month[5:])) for month in months)
