"""Whatever a client sends, it gets an answer, never a fault of the server, and the document can still be read."""

import random
from typing import Any

import orjson
import pytest

from sync.workbook.schema.schema import MESSAGES, WORDS
from sync.workbook.server import Api, Request

TEXTS = {
    "formulaValue": ["=A1+1", "=SUM(A1:B3)", "=1/0", "=(", "=Sheet1!B2"],
    "find": ["a", "1", "("],
    "fields": ["*", "*", "*", "title", "note", "range", "collapsed", ""],
}
ENDS = [("startIndex", "endIndex"), ("startRowIndex", "endRowIndex"), ("startColumnIndex", "endColumnIndex")]


def _value(dice: random.Random, kind: str, key: str, depth: int) -> Any:
    if kind in WORDS:
        return dice.choice(WORDS[kind])
    if kind.startswith("{"):
        return {str(dice.randint(0, 3)): _message(dice, kind.strip("{}"), depth + 1)}
    if kind.startswith("["):
        return [_value(dice, kind[1:-1], key, depth + 1) for _ in range(dice.randint(0, 3))]
    if kind == "int":
        usual = [0, 0, 0, 7] if key == "sheetId" else [0, 0, 1, 1, 2, 3, 4, 5, 8, 9]
        return dice.choice(usual if dice.random() < 0.95 else [-1, 30, 1001])
    if kind in ("str", "mask"):
        return dice.choice(TEXTS.get(key, ["a", "Sheet1", "=A1", "新"]))
    plain = {"num": [0, 1, 0.5, -3, 1e300], "bool": [True, False], "map": [{}]}
    return dice.choice(plain[kind]) if kind in plain else _message(dice, kind, depth + 1)


def _message(dice: random.Random, name: str, depth: int = 0) -> dict[str, Any]:
    chance = 0.8 if depth < 2 else 0.3 if depth < 5 else 0.1
    fields = {
        key: _value(dice, kind, key, depth)
        for key, kind in MESSAGES[name].items()
        if dice.random() < (0.8 if key.startswith(("start", "end")) else chance)
    }
    for low, high in ENDS:
        if low in fields and high in fields:
            fields[low], fields[high] = sorted((fields[low], fields[high]))
    return fields


@pytest.mark.parametrize("seed", range(4))
def test_any_request_is_answered(api: Api, local, seed: int):
    dice, kinds = random.Random(seed), MESSAGES["Request"]
    local.sheet1.update([[1, "a", "=A1*2"], [2, "b"], [3]], "A1", raw=False)
    path = f"/v4/spreadsheets/{local.id}"
    statuses = set()
    for _ in range(300):
        kind = dice.choice(list(kinds))
        body = orjson.dumps({"requests": [{kind: _message(dice, kinds[kind])}]})
        statuses.add(api.handle(Request("POST", f"{path}:batchUpdate", body=body)).status)
        assert api.handle(Request("GET", path)).status == 200, body
    assert api.handle(Request("GET", path, [("includeGridData", "true")])).status == 200
    assert statuses == {200, 400}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"1", b'{"requests": 1}', b'{"values": [[{}]]}', b'{"values": [1]}', b"\xff"]
)
@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("POST", ":batchUpdate"),
        ("PUT", "/values/A1?valueInputOption=RAW"),
        ("POST", "/values/A1:append?valueInputOption=RAW"),
        ("POST", "/values:batchUpdate"),
        ("POST", "/values:batchClear"),
        ("POST", "/sheets/0:copyTo"),
        ("GET", "/values/A1?valueRenderOption=x"),
        ("GET", "/values/%27"),
        ("DELETE", ""),
    ],
)
def test_any_body_is_answered(api: Api, local, method: str, rest: str, body: bytes):
    path, _, query = rest.partition("?")
    options = [tuple(query.split("="))] if query else []
    answer = api.handle(Request(method, f"/v4/spreadsheets/{local.id}{path}", options, body=body))
    assert answer.status in (200, 400, 404)
    assert orjson.loads(answer.body)
