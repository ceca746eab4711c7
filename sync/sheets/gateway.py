"""Reads and writes the spreadsheet. Only this module imports gspread.

One read a tick, at most one write. Time-outs are always set. A read is tried again with back-off; a write only after
429, since any other failure leaves it unknown whether it was done, and the next tick looks (DESIGN section 3).
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import requests
import tenacity
from google.auth.exceptions import GoogleAuthError
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from gspread.urls import (
    DRIVE_FILES_API_V3_URL,
    SPREADSHEET_BATCH_UPDATE_URL,
    SPREADSHEET_URL,
    SPREADSHEET_VALUES_BATCH_URL,
)

from sync.core.sheet.plan import Plan, TabPlan
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Tab, letters
from sync.sheets import write_notes
from sync.sheets.quota import Busy, Quota, kind_of

CHANNELS_STOP_URL = "https://www.googleapis.com/drive/v3/channels/stop"
TIMEOUT = (10, 120)  # seconds to connect, to read: a large workbook takes Google some time
PASSING = (429, 500, 502, 503, 504)
NO_ANSWER = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # of half a body, or another page
NO_OBJECT: Mapping[str, Any] = {}  # an empty object of a reply
VALUES = frozenset(("effectiveValue", "stringValue", "numberValue", "boolValue"))  # hold one value and nothing else
ROWS_AT_ONCE = 500  # in one request of a write
MOST_RANGES = 40  # touched rows asked back one by one; beyond it one range over all of them
NOT_SHARED = "。请检查 JIELU_WORKBOOK，并把这个表格共享给服务账号（密钥文件里的 client_email），权限选「编辑者」"
JSON_CONTENT = {"Content-Type": "application/json"}
CELLS_MASK = (
    "replies,updatedSpreadsheet.sheets(properties(title),data(startRow,startColumn,rowData.values.effectiveValue))"
)


class Unreachable(RuntimeError):
    """The workbook could not be read; nothing was changed."""


class Unknown(RuntimeError):
    """A write was sent and no clear answer came: it may have been done. The next tick looks."""


class Refused(RuntimeError):
    """A write was refused as a whole: nothing of it was done. The next tick looks again."""


def _code(error: APIError) -> int:
    """The status of the answer; what stands in its body may be no JSON at all (a proxy's page)."""
    return int(error.response.status_code)


@contextmanager
def _reading() -> Iterator[None]:
    """A read that got no answer comes out as ``Unreachable``."""
    try:
        yield
    except APIError as error:
        hint = NOT_SHARED if _code(error) in (403, 404) else ""
        raise Unreachable(f"读取工作簿失败：{error}{hint}") from error
    except GoogleAuthError as error:
        raise Unreachable(f"Google 不认这个服务账号：{error}") from error
    except requests.RequestException as error:
        raise Unreachable(f"连接不上工作簿：{error}") from error
    except Busy as error:
        raise Unreachable(str(error)) from error
    except NO_ANSWER as error:
        raise Unreachable(f"工作簿的回答不完整：{error}") from error


@contextmanager
def _writing() -> Iterator[None]:
    """A write that got no good answer comes out as ``Refused`` (nothing done) or ``Unknown`` (perhaps done)."""
    try:
        yield
    except APIError as error:
        if _code(error) in (400, 401, 403, 404, 429):
            raise Refused(f"写入工作簿被拒绝：{error}") from error
        raise Unknown(f"写入工作簿没有得到确认：{error}") from error
    except GoogleAuthError as error:  # comes before anything is sent
        raise Refused(f"Google 不认这个服务账号：{error}") from error
    except Busy as error:  # it was not sent
        raise Refused(str(error)) from error
    except requests.RequestException as error:
        raise Unknown(f"写入工作簿没有得到确认：{error}") from error
    except NO_ANSWER as error:
        raise Unknown(f"写入工作簿以后，回答不完整：{error}") from error


def _passing(error: BaseException) -> bool:
    if isinstance(error, APIError):
        return _code(error) in PASSING or _slow_down(error)
    return isinstance(error, requests.ConnectionError | requests.Timeout)


def _slow_down(error: BaseException) -> bool:
    """Whether a request was refused as too many: Sheets answers 429, Drive 403 in the domain ``usageLimits``."""
    if not isinstance(error, APIError):
        return False
    limited = any(each.get("domain") == "usageLimits" for each in error.error.get("errors", ()))
    return _code(error) == 429 or (_code(error) == 403 and limited)


class Client(HTTPClient):
    """gspread's client with time-outs, with retries that can't send a write twice, and within a ``quota``: each try
    takes a token of it, and the retries last no longer than its patience. None: there is none to keep to."""

    waits: tenacity.wait.wait_base = tenacity.wait_exponential_jitter(initial=1, max=60)
    tries = 5

    def __init__(self, auth: Any, session: requests.Session | None = None, quota: Quota | None = None) -> None:
        super().__init__(auth, session)
        self.set_timeout(TIMEOUT)
        self.quota = quota
        self.calls = 0
        self.date = ""  # header of the last answer: its server's hour

    def request(self, method: str, *args: Any, **kwargs: Any) -> requests.Response:
        again = _passing if method.lower() == "get" else _slow_down
        patience = self.quota.rate.patience if self.quota else math.inf
        retry = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.tries) | tenacity.stop_before_delay(patience),
            wait=self.waits,
            retry=tenacity.retry_if_exception(again),
            reraise=True,
        )
        return retry(self._once, method, *args, **kwargs)

    def _once(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        kind = kind_of(method, endpoint)
        if self.quota and kind:
            self.quota.take(kind)
        self.calls += 1
        try:
            response = super().request(method, endpoint, *args, **kwargs)
        except APIError as error:
            if self.quota and kind and _slow_down(error):
                self.quota.exceeded(kind)
            raise
        self.date = response.headers.get("Date", "")
        return response


@dataclass
class Gateway:
    """One workbook. ``sheet_ids`` by tab key, ``titles`` of all sheets with their ids, and the sheet of ``notes``:
    learnt from the metadata."""

    client: Client
    workbook: str
    tabs: Mapping[str, Tab]
    sheet_ids: dict[str, int] = field(default_factory=dict)
    titles: dict[str, int] = field(default_factory=dict)
    notes: write_notes.Sheet = write_notes.UNKNOWN

    def version(self) -> str:
        """The file's version: changes with every change of it (Drive files.get). Raises ``Unreachable``."""
        address = f"{DRIVE_FILES_API_V3_URL}/{self.workbook}"
        with _reading():
            answer = self.client.request("get", address, params={"fields": "version", "supportsAllDrives": True})
            return str(answer.json().get("version", ""))

    def read(self, keys: Collection[str] = ()) -> dict[str, Table]:
        """All tabs that are there, or those of these ``keys``, by key; the notes of writes by theirs. Raises
        ``Unreachable`` with a sentence."""
        is_known = write_notes.KEY not in keys or self.notes.is_there
        if self.sheet_ids.keys() != self.tabs.keys() or not is_known:  # what was not there may be by now
            self.learn_sheets()
        with _reading():
            try:
                return self._batch_get(keys)
            except APIError as error:
                if _code(error) != 400:
                    raise
        return self._read_what_is_there(keys)

    def read_with_notes(self) -> dict[str, Table]:
        """All tabs that are there, and the notes of writes. Raises ``Unreachable``."""
        return self.read((*self.tabs, write_notes.KEY))

    def read_end(self, key: str, row: int, width: int) -> Table | None:
        """A tab's header, and its first ``width`` columns from a sheet row on; None where the tab or the row is not
        there. Raises ``Unreachable``."""
        if key not in self.sheet_ids:
            return None
        title = _quoted(self.tabs[key].title)
        with _reading():
            try:
                header, rows = self._values([f"{title}!1:1", f"{title}!A{row}:{letters(width - 1)}"])
            except APIError as error:
                if _code(error) != 400:
                    raise
                return None
        return replace(_table(key, [*(header or [[]]), *rows]), first=row)

    def _read_what_is_there(self, keys: Collection[str]) -> dict[str, Table]:
        """After one unknown tab name failed the whole call: look which tabs there are, and read those."""
        self.learn_sheets()
        with _reading():
            return self._batch_get(keys)

    def learn_sheets(self) -> None:
        """Learn which tabs there are. Raises ``Unreachable``."""
        self._learn_titles()
        self.sheet_ids = {key: self.titles[tab.title] for key, tab in self.tabs.items() if tab.title in self.titles}

    def _learn_titles(self) -> write_notes.Sheet:
        """Learn the sheets' titles, and return that of notes. Raises ``Unreachable``."""
        sheets = self.sheets()
        self.titles = {sheet["title"]: sheet.get("sheetId", 0) for sheet in sheets}
        self.notes = write_notes.sheet_of(sheets, [tab.title for tab in self.tabs.values()])
        return self.notes

    def sheets(self) -> list[dict[str, Any]]:
        """Title, sheetId and size of every sheet in the file, ours or not. Raises ``Unreachable``."""
        address, fields = SPREADSHEET_URL % self.workbook, "sheets.properties(sheetId,title,gridProperties)"
        with _reading():
            answer = self.client.request("get", address, params={"fields": fields})
            return [sheet["properties"] for sheet in answer.json()["sheets"]]

    def widths(self) -> dict[int, int]:
        """How many columns each sheet has, by sheetId. Raises ``Unreachable``."""
        sheets = self.sheets()
        return {sheet.get("sheetId", 0): sheet.get("gridProperties", {}).get("columnCount", 0) for sheet in sheets}

    def entered(self, titles: Sequence[str]) -> dict[str, int]:
        """Up to which column something is entered in each sheet, by title: also where a formula shows nothing. 0: the
        sheet is empty. Raises ``Unreachable``."""
        params = {
            "ranges": [_quoted(title) for title in titles],
            "fields": "sheets(properties.title,data.rowData.values(userEnteredValue,note))",
        }
        with _reading():
            answer = self.client.request("get", SPREADSHEET_URL % self.workbook, params=params).json()
        sheets = {sheet["properties"]["title"]: sheet.get("data", ()) for sheet in answer["sheets"]}
        return {title: _last_column(sheets.get(title, ())) for title in titles}

    def others(self, titles: Sequence[str]) -> dict[str, Table]:
        """Sheets that are no tab of the templates, by title. Raises ``Unreachable``."""
        with _reading():
            return self._get({title: title for title in titles})

    def _batch_get(self, keys: Collection[str]) -> dict[str, Table]:
        titles = {key: self.tabs[key].title for key in self.sheet_ids if key in keys or not keys}
        if write_notes.KEY in keys and self.notes.is_there:
            titles[write_notes.KEY] = self.notes.title
        return self._get(titles)

    def _get(self, titles: Mapping[str, str]) -> dict[str, Table]:
        keys = list(titles)
        if not keys:
            return {}
        tables = self._values([_quoted(titles[key]) for key in keys])
        return {key: _table(key, values) for key, values in zip(keys, tables, strict=True)}

    def _values(self, ranges: Sequence[str]) -> list[list[list[Raw]]]:
        """The cells of each range, in one call."""
        params = {
            "ranges": list(ranges),
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        answer = self.client.request("get", SPREADSHEET_VALUES_BATCH_URL % self.workbook, params=params)
        return [value_range.get("values", []) for value_range in orjson.loads(answer.content)["valueRanges"]]

    def fell(self, plan: Plan, seen: Mapping[str, Table]) -> dict[str, Table]:
        """Each tab with the header row under which an earlier write fell, by key; empty where it never arrived. A
        workbook that notes no writes is taken as it was ``seen`` just now. Raises ``Unreachable``."""
        if not plan.number or not write_notes.are_there(seen):
            return {key: replace(table, rows=()) for key, table in seen.items() if key in plan.tabs}
        return {key: _table(key, [header]) for key, header in write_notes.headers(plan, seen).items()}

    def write(self, plan: Plan) -> dict[str, Table]:
        """Send the plan in one atomic request; the touched rows as they stand after it.

        Raises ``Refused`` (nothing done) or ``Unknown`` (perhaps done).
        """
        with _writing():
            try:
                reply = self._sent(plan)
            except APIError as error:
                if _code(error) == 400:
                    self.sheet_ids, self.notes = {}, write_notes.UNKNOWN
                raise
            return self._landing(json.loads(reply, object_pairs_hook=_without_objects), plan)

    def _sent(self, plan: Plan) -> bytes:
        """Send the plan; the text of the reply, without all else that was held of the two."""
        address, content = SPREADSHEET_BATCH_UPDATE_URL % self.workbook, orjson.dumps(self._body(plan))
        answer = self.client.request("post", address, params={"fields": CELLS_MASK}, data=content, headers=JSON_CONTENT)
        return answer.content

    def _body(self, plan: Plan) -> dict[str, Any]:
        notes = self._notes(plan) if plan.number else []
        return {
            "requests": [*notes, *(request for key in plan.tabs for request in self._requests(plan, key))],
            "includeSpreadsheetInResponse": True,
            "responseRanges": [text for tab_plan in plan.tabs.values() for text in self._ranges(tab_plan)],
        }

    def _notes(self, plan: Plan) -> list[dict[str, Any]]:
        """Requests that note the write: first of all, under the headers that it meets. The first write makes the sheet
        for it."""
        sheet, tabs = self._sheet_of_notes(), list(self.tabs)
        notes = (write_notes.note(sheet.id, plan, key, self.sheet_ids[key], tabs) for key in plan.tabs)
        return [*sheet.made, *(request for each in notes for request in each)]

    def _sheet_of_notes(self) -> write_notes.Sheet:
        """Another process may have made it since the sheets were learnt. Raises ``Refused``."""
        if self.notes.is_there and not self.notes.made:
            return self.notes
        try:
            return self._learn_titles()
        except Unreachable as error:
            raise Refused(str(error)) from error

    def _requests(self, plan: Plan, key: str) -> list[dict[str, Any]]:
        tab_plan, sheet = plan.tabs[key], self.sheet_ids[key]
        requests = [_update(sheet, row, column, block) for row, column, block in _blocks(tab_plan)]
        for start in range(0, len(tab_plan.appends), ROWS_AT_ONCE):
            rows = _rows(tab_plan.appends[start : start + ROWS_AT_ONCE])
            requests.append({"appendCells": {"sheetId": sheet, "rows": rows, "fields": "userEnteredValue"}})
        return requests

    def _ranges(self, tab_plan: TabPlan) -> list[str]:
        title = _quoted(self.tabs[tab_plan.tab].title)
        touched = sorted({write.row for write in tab_plan.writes})
        if len(touched) > MOST_RANGES:
            touched_ranges = [f"{title}!{touched[0]}:{touched[-1]}"]
        else:
            touched_ranges = [f"{title}!{row}:{row}" for row in touched]
        return [f"{title}!1:2", *touched_ranges]  # a row inserted above it moves the header to the second

    def _landing(self, answer: Mapping[str, Any], plan: Plan) -> dict[str, Table]:
        by_title = {self.tabs[key].title: key for key in plan.tabs}
        tables = {}
        for sheet in answer.get("updatedSpreadsheet", {}).get("sheets", ()):
            key = by_title.get(sheet["properties"]["title"])
            if key is not None:
                tables[key] = _seen(key, sheet.get("data", []))
        return tables

    def move(self, source: int, rows: Sequence[int], target: int) -> None:
        """Whole rows from one sheet (by id) to below the header of another, in one atomic request: the server itself
        copies what stands there at that moment, so that whatever it removes it has copied. Raises as ``write``."""
        runs, top = _stretches(rows), 1
        inserted = {"sheetId": target, "dimension": "ROWS", "startIndex": 1, "endIndex": 1 + len(rows)}
        requests: list[dict[str, Any]] = [
            {"insertDimension": {"range": inserted, "inheritFromBefore": False}},
            {"appendDimension": {"sheetId": source, "dimension": "ROWS", "length": len(rows)}},  # it keeps its size
        ]
        for first, last in runs:
            here = {"sheetId": source, "startRowIndex": first - 1, "endRowIndex": last}
            there = {"sheetId": target, "startRowIndex": top, "endRowIndex": top + last - first + 1}
            columns = {"startColumnIndex": 0, "endColumnIndex": 1}  # it grows to the source's width
            copy = {"source": here, "destination": {**there, **columns}, "pasteType": "PASTE_VALUES"}
            requests.append({"copyPaste": copy})
            top += last - first + 1
        for first, last in reversed(runs):
            gone = {"sheetId": source, "dimension": "ROWS", "startIndex": first - 1, "endIndex": last}
            requests.append({"deleteDimension": {"range": gone}})
        self.send(requests)

    # Push: Drive tells an address of changes
    def watch(self, channel: Mapping[str, str]) -> dict[str, str]:
        """Have Drive tell of every change of the file (``files.watch``): the channel as Drive made it. Raises
        ``Refused`` or ``Unknown``."""
        address = f"{DRIVE_FILES_API_V3_URL}/{self.workbook}/watch"
        with _writing():
            answer = self.client.request("post", address, params={"supportsAllDrives": True}, json=dict(channel))
            made = answer.json()
            return {name: str(made[name]) for name in ("id", "resourceId", "expiration")}

    def stop_watching(self, channel: str, resource: str) -> None:
        """Have Drive tell nothing more (``channels.stop``). Raises ``Refused`` or ``Unknown``."""
        with _writing():
            self.client.request("post", CHANNELS_STOP_URL, json={"id": channel, "resourceId": resource})

    # Building and checking
    def send(self, batch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A batchUpdate that people asked for (``init``). Raises ``Refused`` or ``Unknown``."""
        address = SPREADSHEET_BATCH_UPDATE_URL % self.workbook
        with _writing():
            body: dict[str, Any] = self.client.request("post", address, json={"requests": list(batch)}).json()
            return body


def _last_column(data: Sequence[Mapping[str, Any]]) -> int:
    rows = (row.get("values", ()) for block in data for row in block.get("rowData", ()))
    return max((at for row in rows for at, cell in enumerate(row, 1) if cell), default=0)


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Sheet rows as (first, last) of neighbours, from the top."""
    stretches: list[tuple[int, int]] = []
    for row in sorted(rows):
        if stretches and stretches[-1][1] == row - 1:
            stretches[-1] = (stretches[-1][0], row)
        else:
            stretches.append((row, row))
    return stretches


def _table(key: str, values: Sequence[Sequence[Raw]]) -> Table:
    header = tuple(str(cell) for cell in values[0]) if values else ()
    return Table(key, header, values[1:])


def _cell(value: Raw) -> dict[str, Any]:
    """A cell's value by its type: a text stays a text whatever it begins with."""
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, int | float):
        return {"userEnteredValue": {"numberValue": value}}
    return {"userEnteredValue": {"stringValue": value}}


def _rows(rows: Sequence[Sequence[Raw]]) -> orjson.Fragment:
    """RowData as text: as objects the cells of a whole tab take a hundred megabytes."""
    return orjson.Fragment(orjson.dumps([{"values": [_cell(value) for value in values]} for values in rows]))


def _blocks(tab_plan: TabPlan) -> list[tuple[int, int, list[list[Raw]]]]:
    """The writes as rectangles (sheet row, first column, rows of values): neighbours go in one request, but for more
    rows than ``ROWS_AT_ONCE``, so that what goes into the same rows goes together."""
    by_row: dict[int, dict[int, Raw]] = {}
    for write in tab_plan.writes:
        by_row.setdefault(write.row, {})[write.column] = write.value
    blocks: list[tuple[int, int, list[list[Raw]]]] = []
    growing: dict[tuple[int, int], int] = {}
    for row in sorted(by_row):
        still: dict[tuple[int, int], int] = {}
        for first, values in _runs(by_row[row]):
            span = (first, len(values))
            at = growing.get(span)
            if at is not None and len(blocks[at][2]) < ROWS_AT_ONCE:
                blocks[at][2].append(values)
            else:
                at = len(blocks)
                blocks.append((row, first, [values]))
            still[span] = at
        growing = still if row + 1 in by_row else {}
    return blocks


def _runs(cells: Mapping[int, Raw]) -> list[tuple[int, list[Raw]]]:
    runs: list[tuple[int, list[Raw]]] = []
    for column in sorted(cells):
        if runs and runs[-1][0] + len(runs[-1][1]) == column:
            runs[-1][1].append(cells[column])
        else:
            runs.append((column, [cells[column]]))
    return runs


def _update(sheet: int, row: int, column: int, block: list[list[Raw]]) -> dict[str, Any]:
    area = {
        "sheetId": sheet,
        "startRowIndex": row - 1,
        "endRowIndex": row - 1 + len(block),
        "startColumnIndex": column,
        "endColumnIndex": column + len(block[0]),
    }
    return {"updateCells": {"range": area, "rows": _rows(block), "fields": "userEnteredValue"}}


def _without_objects(pairs: list[tuple[str, Any]]) -> Any:
    """An object of a reply; where it is a cell, what that shows: as objects the cells of a whole tab take a hundred
    megabytes."""
    if not pairs:
        return NO_OBJECT
    name, value = pairs[0]
    if name in VALUES:
        return value
    return "" if name == "errorValue" else dict(pairs)


def _seen(key: str, blocks: Sequence[Mapping[str, Any]]) -> Table:
    """The reply's rows of one tab as a table; rows that were not asked for are absent (empty)."""
    rows: dict[int, list[Raw]] = {}
    for block in blocks:
        first = block.get("startRow", 0) + 1
        rows[first] = []  # of an empty row no cells come
        for number, row in enumerate(block.get("rowData", ()), start=first):
            rows[number] = ["" if cell is NO_OBJECT else cell for cell in row.get("values", ())]
    header = tuple(str(cell) for cell in rows.pop(1, []))
    top = min(rows, default=2)
    return Table(key, header, [rows.get(number, []) for number in range(top, max(rows, default=1) + 1)], top)
