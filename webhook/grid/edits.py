"""Edits of the grid: what a person typed, pasted, inserted, deleted, sorted or undoes, checked before it is done.

A cell of the service and a header of the contract are refused with a sentence; a text stays the text that was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.sheet.plan import to_raw
from sync.core.sheet.rows import read_cell
from sync.core.sheet.tabs import Column
from sync.core.sheet.values.texts import clean
from sync.ledger.visitors.cell_edits import CellEdit
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.edits import live
from sync.workbook.edits.dimensions.dimensions import insert, move_dimension
from webhook.grid.state import GridState, Head, Refused

MOST_INSERTED = 1000  # rows inserted at once
MOST_KEYS = 10  # columns that rows are sorted by
MOST_NUMBER = 1e300
EXACT = 2**53  # whole numbers below are numbers of a spreadsheet as they are
MOST_CELLS = 50_000  # cells in one edit
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?")
NOT_TEXT = {"datetime", "date", "number", "integer", "percent", "points", "limit"}


def listed(body: Any, key: str) -> list[dict[str, Any]]:
    items = body.get(key) if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items) or len(items) > MOST_CELLS:
        raise Refused("请求的格式不对。")
    return items


def whole(op: Mapping[str, Any], key: str, low: int = 0, high: int = 10_000_000) -> int:
    """A whole number of a request; 0 where there is none. Raises ``Refused``."""
    value = op.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Refused(f"请求的格式不对：{key}。")
    return value


def tests_of(body: Any) -> list[live.Test]:
    """The tests of a filter."""
    return [_test_of(item) for item in listed(body, "filters")]


def _test_of(item: Mapping[str, Any]) -> live.Test:
    allowed = item.get("allowed")
    if allowed is not None and not (isinstance(allowed, list) and all(isinstance(text, str) for text in allowed)):
        raise Refused("请求的格式不对：allowed。")
    return live.Test(
        whole(item, "column", -1),
        None if allowed is None else frozenset(allowed),
        str(item.get("words", "")).casefold(),
        _edge(item, "from"),
        _edge(item, "until"),
    )


def _edge(item: Mapping[str, Any], key: str) -> float | None:
    """A serial number that a filter begins or ends with; None for none."""
    value = item.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise Refused(f"请求的格式不对：{key}。")
    return value


def apply(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    """Do an op; its result, for ``told`` and ``written``."""
    kind = op.get("op")
    known = {
        "set": _set,
        "insert": _insert,
        "delete": _delete,
        "back": _back,
        "sort": _sort,
        "addColumn": _add_column,
        "dropColumn": _drop_column,
        "moveColumn": _move_column,
    }
    if not isinstance(kind, str) or kind not in known:
        raise Refused("请求的格式不对：op。")
    return known[kind](state, book, sheet, op)


def _set(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> list[Any]:
    """For each cell a ``Written`` or ``Refusal``, or what it is refused with before it was tried."""
    heads, zone = state.heads(sheet), state.service.rules().bureau.zone
    cells = listed(op, "cells")
    puts = [_put(heads, cell, zone) for cell in cells]
    reasons = [_forbidden(heads, put, sheet) for put in puts]
    done = live.put(book, sheet, [put for put, reason in zip(puts, reasons, strict=True) if not reason])
    left = iter(done)
    return [{"error": reason} if reason else next(left) for reason in reasons]


def told(result: Any) -> Any:
    """What the browser is told of an op."""
    return [_result(part) for part in result] if isinstance(result, list) else result


def _result(refusal: live.Refusal | live.Written | dict[str, Any]) -> Any:
    if isinstance(refusal, live.Written):
        return {"row": refusal.row}
    if isinstance(refusal, dict):
        return refusal
    if refusal.why == live.GONE:
        return {"error": "这一行已经被别人删除，没有写入。", "why": live.GONE}
    return {"error": "这一格后来被别人改过，没有写入。", "why": live.CHANGED, "now": refusal.now}


def written(heads: Sequence[Head], op: Mapping[str, Any], result: Any) -> Iterator[CellEdit]:
    """The cells that an op changed, under their headers."""
    if op.get("op") != "set":
        return
    for cell, done in zip(op["cells"], result, strict=True):
        if isinstance(done, live.Written) and done.before != done.after:
            yield CellEdit(done.row, heads[cell.get("column", 0)].header, done.before, done.after)


def told_to_others(heads: Sequence[Head], op: Mapping[str, Any]) -> str:
    """What other people are told of an op that moves what they look at, in words that follow the name."""
    if op.get("op") == "sort":
        keys = [op, *op.get("then", ())]
        names = [
            (heads[key.get("column", 0)].header, "降序" if key.get("down") else "升序") for key in keys[:MOST_KEYS]
        ]
        return f"按{'、'.join(f'「{name}」{way}' for name, way in names)}排了序。"
    return f"移动了「{heads[op.get('column', 0)].header}」这一列。" if op.get("op") == "moveColumn" else ""


def _put(heads: Sequence[Head], cell: Mapping[str, Any], zone: ZoneInfo) -> live.Put:
    column = whole(cell, "column", high=len(heads) - 1)
    was = cell.get("was", live.UNSEEN)
    to = _entered(heads[column], cell.get("to", ""), zone, typed=not cell.get("pasted"))
    return live.Put(whole(cell, "row", high=2**32 - 1), whole(cell, "at"), column, to, was)


def _entered(head: Head, given: Any, zone: ZoneInfo, *, typed: bool) -> dict[str, Any]:
    """What a person typed, pasted or undid, as an ExtendedValue. Only what is typed into a column of the bureau's own
    can be a formula."""
    if isinstance(given, bool):
        return {"boolValue": given}
    if isinstance(given, int | float):
        if not abs(given) < MOST_NUMBER:  # NaN neither
            raise Refused("这个数太大，没有写入。")
        return {"numberValue": given if abs(given) < EXACT else float(given)}
    if not isinstance(given, str):
        raise Refused("请求的格式不对：to。")
    given = clean(given)
    if not given.strip():
        return {}
    if head.column is None:
        if typed and given.startswith("=") and len(given) > 1:
            return {"formulaValue": given}
        return {"numberValue": float(given)} if NUMBER.fullmatch(given) else {"stringValue": given}
    return _typed(head.column, given, zone)


def _typed(column: Column, given: str, zone: ZoneInfo) -> dict[str, Any]:
    if column.type in NOT_TEXT:
        value, problem = read_cell(given, column, zone, near=datetime.now(zone).date())
        raw = to_raw(value, zone) if not problem else given
        if isinstance(raw, int | float):
            return {"numberValue": raw}
    return {"stringValue": given}


def _forbidden(heads: Sequence[Head], put: live.Put, sheet: Sheet) -> str:
    head = heads[put.column]
    if live.place(sheet, put.row) == 0 or (not put.row and put.at == 0):
        return f"表头「{head.header}」是约定好的，不能改。" if head.column else ""
    return f"「{head.header}」由系统填写，改了也会被还原。" if head.owned else ""


def _insert(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    place = live.place(sheet, whole(op, "row", high=2**32 - 1))
    at = whole(op, "at", 1, sheet.rows) if place is None else place
    at = max(1, min(at + (1 if op.get("after") else 0), sheet.rows))
    count = whole(op, "count", 1, MOST_INSERTED)
    live.insert_rows(book, sheet, at, count)
    return {"rows": sheet.grid.order[at : at + count].tolist()}


def _delete(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    ids = op.get("rows")
    if not isinstance(ids, list) or not all(isinstance(number, int) for number in ids) or len(ids) > MOST_CELLS:
        raise Refused("请求的格式不对：rows。")
    if op.get("empty"):
        ids = _empty(state.heads(sheet), sheet, ids)
    taken = live.take_rows(book, sheet, ids)
    return {"token": state.remember(taken), "count": taken.count}


def _empty(heads: Sequence[Head], sheet: Sheet, ids: Sequence[int]) -> list[int]:
    """Those of the rows in which people have nothing: what the service filled in does not count."""
    own = [at for at, head in enumerate(heads) if not head.owned]
    places = ((row, live.place(sheet, row)) for row in ids)
    rows = ((row, sheet.grid.peek(at)) for row, at in places if at)
    return [row for row, cells in rows if cells is None or not any(live.stands(cells, at) != "" for at in own)]


def _sort(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    keys = [op, *(listed(op, "then") if "then" in op else ())][:MOST_KEYS]
    columns = [(whole(key, "column", high=sheet.columns - 1), bool(key.get("down"))) for key in keys]
    before = live.sort(book, sheet, columns)
    return {"token": state.remember(before)}


def _back(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    token = str(op.get("token"))
    what = state.undo.get(token)
    if what is None:
        raise Refused("隔得太久，这一步已经不能撤销了。")
    if isinstance(what, live.Taken):
        live.put_back(book, sheet, what)
    elif isinstance(what, live.TakenColumn):
        live.put_column_back(book, sheet, what)
    elif not live.arrange(sheet, what):
        raise Refused("排序以后有人加过或删过行，不能恢复原来的顺序。")
    state.undo.pop(token, None)
    return {}


def _add_column(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    insert(book, sheet, "COLUMNS", whole(op, "column", 1, sheet.columns), 1, True)
    return {}


def _drop_column(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    at = whole(op, "column", high=sheet.columns - 1)
    head = state.heads(sheet)[at]
    if head.column is not None:
        raise Refused(f"「{head.header}」是约定好的一列，不能删。")
    if sheet.columns == 1:
        raise Refused("这是最后一列，不能删。")
    taken = live.take_column(book, sheet, at)
    if op.get("empty") and taken.cells:
        raise Refused("加的列里已经有内容，没有撤销。")
    return {"token": state.remember(taken)}


def _move_column(state: GridState, book: Book, sheet: Sheet, op: Mapping[str, Any]) -> Any:
    start = whole(op, "column", high=sheet.columns - 1)
    source = {"sheetId": sheet.id, "dimension": "COLUMNS", "startIndex": start, "endIndex": start + 1}
    move_dimension(book, {"source": source, "destinationIndex": whole(op, "to", high=sheet.columns)})
    return {}
