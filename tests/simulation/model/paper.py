"""What people own, on paper: a tab's columns and rows in the places where they stand in the workbook, with each cell
as people last typed it.

Only people's acts change it. Rows and columns move here whenever they move there, so that each value stays with its
owner, and whatever the service writes into a cell of people shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

Value = str | float | int | bool

LOOK = "tick"  # the reader whose reads the ledger remembers
SERVICE, STAFF, OWN = "service", "staff", "own"  # of the service, of the template's staff columns, a bureau's own
_families = count(1)


@dataclass(eq=False)
class Column:
    """A column by its lasting ``name`` (the template's header, or a number of its own); ``header`` as it stands.
    ``read``, ``place``: its header as last read, and where it stood; ``is_lost``: it was covered, and nobody can tell
    it."""

    name: str
    header: str
    owner: str
    read: str | None = None
    place: int = -1
    is_lost: bool = False


@dataclass(frozen=True)
class Stamp:
    """Service cells of an issue, and the cells (``route``) by which it came to its chief and unit."""

    number: str
    deadline: Value
    chief: Value
    unit: Value
    state: Value
    route: tuple[Value, ...]
    verdicts: int


@dataclass(eq=False)
class Row:
    """``cells`` by column name, empty ones absent. ``also``: other values that a cell may hold, each by a rule that
    ``Paper`` names. ``family``: rows that nobody can tell apart, since one is a copy of the other."""

    cells: dict[str, Value] = field(default_factory=dict)
    also: dict[str, list[Value]] = field(default_factory=dict)
    family: int = field(default_factory=lambda: next(_families))
    number_touched: bool = False  # its number was typed over since it was last seen right
    was_edited: bool = False  # a cell by which it is known was edited since then
    tampered: bool = False  # both, so that nobody can know it again
    is_new: bool = False  # filled by one act and not edited since
    is_copied: bool = False  # it is a copy, or was copied
    is_judged: bool = False  # somebody typed a verdict on it
    verdicts: int = 0  # how often
    stamp: Stamp | None = None  # what the service had stamped when it was last seen at rest
    routes: set[tuple[Value, ...]] = field(default_factory=set)  # what looks remembered since then of ``ROUTE``

    @property
    def is_blank(self) -> bool:
        return not self.cells

    def twin(self) -> Row:
        """A copy of the row: nobody can tell the two apart."""
        also = {column: list(values) for column, values in self.also.items()}
        twin = Row(dict(self.cells), also, self.family, self.number_touched, self.was_edited, self.tampered)
        self.is_copied = twin.is_copied = True
        twin.is_judged = self.is_judged
        return twin

    def get(self, column: str) -> Value:
        return self.cells.get(column, "")

    def put(self, column: str, value: Value) -> None:
        self.also.pop(column, None)
        if value == "":
            self.cells.pop(column, None)
        else:
            self.cells[column] = value


ROUTE = ("街路", "类别", "来源")  # by which an issue has its chief and its unit
Unread = dict[tuple[Row, str], list[Value]]  # what a cell that was typed over since the last read may have held then


class Paper:
    """One tab. Indexes count from 0 and leave the header out."""

    def __init__(self, title: str, columns: Iterable[Column], identity: Sequence[str] = ()) -> None:
        self.title = title
        self.columns = list(columns)
        self.rows: list[Row] = []
        self.identity = identity  # the columns that make a row that row
        self.readers: dict[str, Unread] = {}  # by reader of the service
        self.unremembered: Unread = {}  # what cells held that were read since, but by a look that did not end
        self.was_in_order = True  # when a look read it last
        self.lost_unread = 0  # cells typed in the gap, never read, and covered: the only loss by design
        self.seen_literally = 0  # cells that people copied while something of ours stood there
        self.lines_above = 0  # rows that people put above the header

    # Looking
    def at(self, index: int) -> Row:
        while len(self.rows) <= index:
            self.rows.append(Row())
        return self.rows[index]

    def filled(self) -> Iterator[tuple[int, Row]]:
        return ((index, row) for index, row in enumerate(self.rows) if not row.is_blank)

    def column(self, name: str) -> int:
        """Where the column of that name stands; -1 where it is gone."""
        return next((index for index, column in enumerate(self.columns) if column.name == name), -1)

    @property
    def is_in_order(self) -> bool:
        """Whether the service reads the tab as people mean it: each of the template's headers stands in the first row,
        over its own column and no other."""
        names = {column.name for column in self.columns if column.owner != OWN}
        return not self.lines_above and all(
            column.header == column.name if column.owner != OWN else column.header not in names
            for column in self.columns
        )

    def staff(self, row: Row) -> list[str]:
        """The template's columns of people that are filled in the row."""
        owners = {column.name: column.owner for column in self.columns}
        return [name for name in row.cells if owners.get(name) == STAFF]

    # People
    def type(self, index: int, place: int, value: Value) -> None:
        """A person types into the cell at these coordinates."""
        row, column = self.at(index), self._column_at(place)
        if column.owner == SERVICE:
            if column.name == "编号":
                row.number_touched = True
        else:
            self.will_be_read(row, column.name)
            row.put(column.name, value)
            row.is_new = False
            if column.name in ("复核结果", "核实结果", "复核人", "执法依据"):
                row.is_judged, row.verdicts = True, row.verdicts + 1
            if column.name in self.identity:
                row.was_edited = True
        row.tampered |= row.number_touched and row.was_edited

    def literal(self, index: int, place: int, value: Value) -> None:
        """What a person saw in that cell and pasted is as right as what belongs there."""
        row, column = self.at(index), self._column_at(place)
        if column.owner != SERVICE and not same(row.get(column.name), value):
            row.also.setdefault(column.name, []).append(value)
            self.seen_literally += 1

    def _column_at(self, place: int) -> Column:
        while len(self.columns) <= place:
            self.columns.append(Column(f"第{len(self.columns) + 1}列", "", OWN))
        return self.columns[place]

    def will_be_read(self, row: Row, name: str) -> None:
        for unread in self.readers.values():
            unread.setdefault((row, name), [row.get(name), *row.also.get(name, ())])

    # The shape
    def insert_rows(self, index: int, number: int = 1) -> None:
        self.at(index)
        self.rows[index:index] = [Row() for _ in range(number)]

    def take_rows(self, index: int, number: int = 1) -> list[Row]:
        self.at(index + number - 1)
        taken = self.rows[index : index + number]
        del self.rows[index : index + number]
        return taken

    def put_row(self, index: int, row: Row) -> None:
        """A row that was cut, or a new one, in place of what stands there."""
        self.at(index)
        self.rows[index] = row
        for name in row.cells:
            for unread in self.readers.values():
                unread.setdefault((row, name), [""])

    def arrange(self, sequence: Sequence[int]) -> None:
        """The rows in another order: the old index of each row, from the top."""
        self.at(max(sequence, default=0))
        self.rows[: len(sequence)] = [self.rows[old] for old in sequence]

    def insert_column(self, place: int, column: Column) -> None:
        if place:
            self._column_at(place - 1)
        self.columns.insert(place, column)

    def take_column(self, place: int) -> Column:
        self._column_at(place)
        return self.columns.pop(place)

    # The service
    def read(self, reader: str) -> None:
        """A reader of the service sees all that stands there."""
        if reader == LOOK:
            self.unremembered = {**self.readers.get(reader, {}), **self.unremembered}
            self.was_in_order = self.is_in_order
        self.readers[reader] = {}
        for place, column in enumerate(self.columns):
            column.read, column.place = column.header, place

    def remembered(self) -> None:
        """What the look read entered the ledger, if its columns could be told."""
        if not self.was_in_order:
            return
        self.unremembered = {}
        unread = self.readers.get(LOOK, {})
        for _, row in self.filled():
            row.routes.add(tuple(unread.get((row, name), [row.get(name)])[0] for name in ROUTE))

    def unknown(self, row: Row) -> Iterator[tuple[str, list[Value]]]:
        """Cells of a row, by column, that the ledger may not know as they are, with what it may know: what stood there
        at the last read, and, until that look ends, what stood there before."""
        for unread in (self.readers.get(LOOK, {}), self.unremembered):
            yield from ((name, before) for (other, name), before in unread.items() if other is row)

    def cover_headers(self, places: Iterable[int]) -> None:
        """A write falls on these headers. One that was typed since the last read was never known; and with such a
        column among them nobody can tell which of the others is which, so they may stand empty until somebody types
        them."""
        covered = [self.columns[place] for place in places if place < len(self.columns)]
        unread = [column for column in covered if column.owner == OWN and column.read != column.header]
        for column in covered if unread and self.lines_above else unread:
            column.is_lost = True

    def cover(self, reader: str, index: int, place: int, value: Value) -> None:
        """A write falls on the cell at these coordinates. What was typed there since the read that it comes from, and
        never read, can't be had back: then what was there before is right too. Into a column of the bureau's own that
        bore the name of one of the service's, and that alone, the write was meant to go."""
        if index < 0 or index >= len(self.rows) or place >= len(self.columns):
            return
        row, column = self.rows[index], self.columns[place]
        if column.owner == OWN and column.place == place and self._was_named_ours(column):
            row.also.setdefault(column.name, []).append(value)
        before = self.readers.get(reader, {}).get((row, column.name))
        if column.owner != SERVICE and before is not None:
            row.also.setdefault(column.name, []).extend(before)
            self.lost_unread += 1

    def _was_named_ours(self, column: Column) -> bool:
        """Whether a column bore a name of the service's when it was last read, and no other bore it."""
        names = {other.name for other in self.columns if other.owner == SERVICE}
        return column.read in names and [other.read for other in self.columns].count(column.read) == 1


def same(left: Value | None, right: Value | None) -> bool:
    """Whether two raw cells say the same."""
    if left in ("", None) or right in ("", None):
        return left in ("", None) and right in ("", None)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) < 1e-7
    return left == right
