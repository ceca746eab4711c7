"""A tab as people work at it: each act goes to the workbook's API and onto paper, at the same coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from sync.workbook.server import Api, Request
from tests.simulation.model.paper import OWN, SERVICE, Column, Paper, Row, Value, same

Values = list[list[Value]]


class Workbook:
    """The workbook by its API, as its owner uses it."""

    def __init__(self, api: Api, file_id: str, sheets: Mapping[str, int], keys: Mapping[int, int]) -> None:
        self.api, self.file_id, self.sheets, self.keys = api, file_id, dict(sheets), dict(keys)

    def batch(self, *requests: dict[str, Any]) -> None:
        """Raises ``AssertionError`` where the workbook refuses: people's acts here are possible ones."""
        body = orjson.dumps({"requests": requests})
        answer = self.api.handle(Request("POST", f"/v4/spreadsheets/{self.file_id}:batchUpdate", body=body))
        assert answer.status == 200, answer.body.decode()

    def values(self, title: str) -> Values:
        """All rows as they stand, header first."""
        query = [("valueRenderOption", "UNFORMATTED_VALUE"), ("dateTimeRenderOption", "SERIAL_NUMBER")]
        answer = self.api.handle(Request("GET", f"/v4/spreadsheets/{self.file_id}/values/{title}", query))
        values: Values = orjson.loads(answer.body).get("values", [])
        return values

    def order(self, sheet: int) -> list[int]:
        """The workbook's own number of each row, from the top; 0: nothing was ever written there."""
        with self.api.store.read() as transaction:
            data = transaction.order(self.keys[sheet])
        return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]


class Sheet:
    """One tab in the workbook and on paper. Rows count from 0 below the header."""

    def __init__(self, workbook: Workbook, paper: Paper) -> None:
        self.workbook, self.paper = workbook, paper
        self.id = workbook.sheets[paper.title]
        self.own_columns = 0

    @property
    def top(self) -> int:
        """The sheet's row index of the first row below the header."""
        return 1 + self.paper.lines_above

    def values(self) -> Values:
        """The rows below the header, as people see them."""
        return self.workbook.values(self.paper.title)[self.top :]

    # Cells
    def type(self, row: int, cells: Mapping[int, Value], *, is_pasted: bool = False) -> None:
        """Type values into cells of a row, by the place of their columns. Pasted ones may be either what belongs there
        (the paper's, unless it is empty of it) or what was seen."""
        seen = self.values()[row : row + 1]
        self.workbook.batch(*(self._update(self.top + row, place, value) for place, value in cells.items()))
        for place, value in cells.items():
            if not is_pasted:
                self._typed(row, place, value, seen[0][place] if seen and place < len(seen[0]) else "")

    def _typed(self, index: int, place: int, value: Value, seen: Value) -> None:
        """Where what the service left there by mistake, or a copy of it, says the same, nobody can see that a person
        typed it."""
        row, column = self.paper.at(index), self.paper.columns[place] if place < len(self.paper.columns) else None
        truth = row.get(column.name) if column else None
        self.paper.type(index, place, value)
        if column and column.owner != SERVICE and same(seen, value) and not same(truth, value):
            row.also[column.name] = [truth]

    def _update(self, row: int, place: int, value: Value) -> dict[str, Any]:
        start = {"sheetId": self.id, "rowIndex": row, "columnIndex": place}
        return {"updateCells": {"start": start, "rows": [{"values": [_cell(value)]}], "fields": "userEnteredValue"}}

    def put(self, index: int, seen: Sequence[Value], row: Row, places: Sequence[Column]) -> None:
        """A whole row pasted over the one at that index: ``seen`` as it stood in the columns ``places``, ``row`` what
        belongs in it. Columns may have moved since it was cut: each cell goes where a person puts it, under its
        header."""
        by_name = {column.name: at for at, column in enumerate(places)}
        requests = []
        for place, column in enumerate(self.paper.columns):
            at = by_name.get(column.name, -1)
            value = seen[at] if 0 <= at < len(seen) else ""
            requests.append(self._update(self.top + index, place, value))
            if column.owner == "service":
                continue
            if not same(row.get(column.name), value):
                row.also.setdefault(column.name, []).append(value)
                self.paper.seen_literally += 1
        self.workbook.batch(*requests)
        names = {column.name for column in self.paper.columns}
        for name in [name for name in row.cells if name not in names]:  # of a column that is gone since
            row.put(name, "")
        self.paper.put_row(index, row)

    # Rows
    def insert_row(self, index: int) -> None:
        self.workbook.batch({"insertDimension": {"range": self._rows(index), "inheritFromBefore": False}})
        self.paper.insert_rows(index)

    def delete_row(self, index: int) -> Row:
        self.workbook.batch({"deleteDimension": {"range": self._rows(index)}})
        return self.paper.take_rows(index)[0]

    def _rows(self, index: int, number: int = 1) -> dict[str, Any]:
        return {"sheetId": self.id, "dimension": "ROWS", "startIndex": self.top + index,
                "endIndex": self.top + index + number}  # fmt: skip

    def sort(self, place: int, *, down: bool, first: int = 0, last: int | None = None) -> None:
        """All rows, or those from ``first`` to before ``last``, by a column."""
        box = {"sheetId": self.id, "startRowIndex": self.top + first}
        if last is not None:
            box["endRowIndex"] = self.top + last
        spec = {"dimensionIndex": place, "sortOrder": "DESCENDING" if down else "ASCENDING"}
        self.rearrange(lambda: self.workbook.batch({"sortRange": {"range": box, "sortSpecs": [spec]}}))

    def filter_sort(self, place: int, *, down: bool) -> None:
        """By the arrow of a filter."""
        box = {"sheetId": self.id, "startRowIndex": self.top - 1}
        spec = {"dimensionIndex": place, "sortOrder": "DESCENDING" if down else "ASCENDING"}
        made = {"setBasicFilter": {"filter": {"range": box, "sortSpecs": [spec]}}}
        self.rearrange(lambda: self.workbook.batch(made, {"clearBasicFilter": {"sheetId": self.id}}))

    def rearrange(self, act: Callable[[], None]) -> None:
        """Rows change their order: the paper's follow by the workbook's own numbers of rows."""
        before = self.workbook.order(self.id)[self.top :]
        act()
        after = self.workbook.order(self.id)[self.top :]
        places: dict[int, list[int]] = {}
        for index, number in enumerate(before):
            places.setdefault(number, []).append(index)
        self.paper.arrange([places[number].pop(0) for number in after])

    # Columns
    def insert_column(self, place: int, header: str) -> None:
        self.own_columns += 1
        self._dimension("insertDimension", place, {"inheritFromBefore": place > 0})
        self.paper.insert_column(place, Column(f"自加列{self.own_columns}", "", OWN))
        if header:
            self.rename(place, header)

    def delete_column(self, place: int) -> Column:
        self._dimension("deleteDimension", place, {})
        return self.paper.take_column(place)

    def move_column(self, place: int, target: int) -> None:
        """``target``: its place afterwards."""
        source = {"sheetId": self.id, "dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
        there = target + 1 if target > place else target
        self.workbook.batch({"moveDimension": {"source": source, "destinationIndex": there}})
        self.paper.insert_column(target, self.paper.take_column(place))

    def rename(self, place: int, header: str) -> None:
        self.workbook.batch(self._update(self.top - 1, place, header))
        self.paper.columns[place].header = header
        self.paper.columns[place].is_lost = False

    def _dimension(self, kind: str, place: int, more: Mapping[str, Any]) -> None:
        span = {"sheetId": self.id, "dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
        self.workbook.batch({kind: {"range": span, **more}})

    def line_above(self) -> None:
        """An empty row above the header."""
        span = {"sheetId": self.id, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        self.workbook.batch({"insertDimension": {"range": span, "inheritFromBefore": False}})
        self.paper.lines_above += 1

    def no_line_above(self) -> None:
        span = {"sheetId": self.id, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
        self.workbook.batch({"deleteDimension": {"range": span}})
        self.paper.lines_above -= 1


def _cell(value: Value) -> dict[str, Any]:
    if value == "":
        return {}
    if isinstance(value, str):
        return {"userEnteredValue": {"stringValue": value}}
    return {"userEnteredValue": {"numberValue": value}}
