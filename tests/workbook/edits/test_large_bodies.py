"""A large body of a batchUpdate is read request by request: it is answered and refused as if it were read whole."""

import json
import re
from typing import Any

import pytest

from sync.workbook.cells import grid
from sync.workbook.schema import apart as large
from sync.workbook.server import Api, Request, Response

DRIVE, SHEETS = "/drive/v3/files", "/v4/spreadsheets"


def asked(api: Api, method: str, path: str, body: bytes = b"", **query: str) -> Response:
    return api.handle(Request(method, path, [*query.items()], {}, body, ""))


def new_book(api: Api) -> str:
    file = {"name": "台账", "mimeType": "application/vnd.google-apps.spreadsheet"}
    return str(json.loads(asked(api, "POST", DRIVE, json.dumps(file).encode()).body)["id"])


def cells(*texts: str, row: int = 0) -> dict[str, Any]:
    values = [{"userEnteredValue": {"stringValue": text}} for text in texts]
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": 0}
    return {"updateCells": {"start": start, "rows": [{"values": values}], "fields": "userEnteredValue"}}


def added(*texts: str) -> dict[str, Any]:
    rows = [{"values": [{"userEnteredValue": {"stringValue": text}}]} for text in texts]
    return {"appendCells": {"sheetId": 0, "rows": rows, "fields": "userEnteredValue"}}


OFF_GRID = cells("远", row=10**6)
UNKNOWN = {"updateCells": {"rows": [], "colour": 1}}
SHOWN = {"includeSpreadsheetInResponse": True, "responseRanges": ["1:9"], "responseIncludeGridData": True}


def text(*requests: Any, **more: Any) -> str:
    return json.dumps({"requests": list(requests), **more}, ensure_ascii=False)


BODIES = {
    "plain": text(cells("街路长01", "占道"), added("=1+1", "甲")),
    "shown": text(cells("街路长01 🙂"), **SHOWN),
    "shown first": json.dumps({**SHOWN, "requests": [cells("街路长02")]}, indent=2),
    "escaped": text(cells("甲")).replace("甲", "\\ud83d\\ude42\\u4e00"),
    "into the same rows": text(*(cells(f"甲{n}", row=n % 2) for n in range(4)), added("乙"), cells("丙"), added("丁")),
    "off the grid": text(cells("甲"), OFF_GRID, cells("乙")),
    "what does not fit comes first": text(OFF_GRID, UNKNOWN),
    "no kind": text(cells("甲"), {}),
    "no requests": text(),
    "none at all": "{}",
    "one and no list": json.dumps({"requests": cells("甲")}),
    "lists in the list": text([cells("甲"), [cells("乙")]]),
    "nothing among them": text(None, cells("甲"), None),
    "a word among them": text(cells("甲"), "乙"),
    "twice": text(cells("甲"))[:-1] + "," + text(cells("乙"))[1:],
    "unknown beside them": text(cells("甲"), colour=1),
    "cut": text(cells("甲"), cells("乙"))[:-9],
    "more behind it": text(cells("甲")) + "}",
    "half a character": text(cells("甲")).replace("甲", "\\ud83d"),
    "no number": text(cells("甲")).replace('"甲"', "NaN"),
    "a break in a text": text(cells("甲")).replace("甲", "\n"),
    "deep": '{"requests": [' + '{"a":' * 9000 + "1" + "}" * 9000 + "]}",
    "a list": "[]",
}


def outcome(api: Api, book: str, body: bytes) -> tuple[int, str, bytes]:
    """How the body is answered, and what stands in the sheet then; without the book's id and places in a text."""
    answer = asked(api, "POST", f"{SHEETS}/{book}:batchUpdate", body)
    values = asked(api, "GET", f"{SHEETS}/{book}/values/A1:Z99").body
    return answer.status, re.sub(r": line \d+.*", "", answer.body.decode().replace(book, "")), values


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_large_body_is_answered_as_a_small_one(body: str, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = outcome(api, new_book(api), body.encode())
    monkeypatch.setattr(large, "LARGE", 0)
    monkeypatch.setattr(grid, "MOST_HELD", 0)  # no row is held from one request to the next
    assert outcome(api, new_book(api), body.encode()) == whole


def test_a_large_body_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "LARGE", 0)
    body = text(cells("甲"), added("乙"), **SHOWN).encode()
    parts = large.apart(body, "requests")
    assert parts and [json.loads(bytes(item)) for item in parts.items] == [cells("甲"), added("乙")]
    assert json.loads(parts.rest) == {"requests": [], **SHOWN}
