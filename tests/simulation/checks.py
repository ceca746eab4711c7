"""The promises of DESIGN section 12, held against the workbook after quiet.

Each broken one is told as (kind, sentence). What is right comes from the paper and from plain rules written here, never
from the service's own code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.simulation.paper import SERVICE, Paper, Row, Value, same

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
                yield "value", (
                    f"{paper.title} 第{index + 2}行（{row.get('问题描述')}）{letter(place)}列「{name}」"
                    f"应当是「{right}」，却是「{stands}」"
                )


def headers(paper: Paper, header: Sequence[Value]) -> Iterator[Broken]:
    for place in range(max(len(header), len(paper.columns))):
        right = paper.columns[place].header if place < len(paper.columns) else ""
        stands = header[place] if place < len(header) else ""
        if not same(stands, right):
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
