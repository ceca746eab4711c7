"""The server's own description held against Google's, and what it does with all that does not fit."""

import json
from pathlib import Path
from typing import Any

import googleapiclient
import orjson
import pytest

from sync.workbook import server
from sync.workbook.api.batch import REQUEST_KINDS
from sync.workbook.schema.parameters import ONLY, ONLY_OF, PARAMETERS, STANDARD
from sync.workbook.schema.schema import MESSAGES, REFUSED_FIELDS, WORDS
from sync.workbook.server import Api, Request

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
NAMES = ("sheets.v4.json", "drive.v3.json", "drive.v2.json")
SHEETS, DRIVE, DRIVE_2 = (json.loads((DOCUMENTS / name).read_text("utf-8")) for name in NAMES)
SCHEMAS = {**DRIVE["schemas"], **SHEETS["schemas"]}
SCALARS = {"string": "str", "integer": "int", "number": "num", "boolean": "bool", "any": "any"}


def kind(prop: dict[str, Any]) -> str:
    """A property's type in the words of our table; an enumeration as its words."""
    if "$ref" in prop:
        return str(prop["$ref"])
    if "enum" in prop:
        return " ".join(prop["enum"])
    if prop["type"] == "array":
        return f"[{kind(prop['items'])}]"
    if prop["type"] == "object":
        return f"{{{prop['additionalProperties']['$ref']}}}" if "$ref" in prop["additionalProperties"] else "map"
    return "mask" if prop.get("format") == "google-fieldmask" else SCALARS[prop["type"]]


def methods(resource: dict[str, Any], base: str) -> dict[str, dict[str, Any]]:
    """All methods by id, each with its path under the server's address."""
    every = {m["id"]: {**m, "path": base + m["flatPath"]} for m in resource.get("methods", {}).values()}
    for below in resource.get("resources", {}).values():
        every |= methods(below, base)
    return every


METHODS = {**methods(SHEETS, "/"), **methods(DRIVE, "/drive/v3/")}


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_a_message_has_googles_fields_and_refuses_the_others_by_name(message: str) -> None:
    theirs, refused = SCHEMAS[message].get("properties", {}), REFUSED_FIELDS.get(message, frozenset())
    ours = {name: " ".join(WORDS[t]) if t in WORDS else t for name, t in MESSAGES[message].items()}
    assert ours == {name: kind(prop) for name, prop in theirs.items() if name not in refused}
    assert refused <= theirs.keys()


def test_every_kind_of_request_has_its_code() -> None:
    assert REQUEST_KINDS.keys() == MESSAGES["Request"].keys()


def example(method: dict[str, Any]) -> str:
    """An address of the method."""
    path = method["path"]
    for name in method.get("parameters", {}):
        path = path.replace(f"{{{name}}}", {"sheetId": "0", "metadataId": "1", "range": "A1"}.get(name, "x"))
    return path


def routed(name: str) -> bool:
    """Whether the method's address leads to it, and no other before it."""
    method = METHODS[name]
    routes = (route for route, path in server.COMPILED if path.fullmatch(example(method)))
    route = next((route for route in routes if route.method == method["httpMethod"]), None)
    return route is not None and route.name == name.removeprefix("sheets.")


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_is_there_or_refused_in_the_table(api: Api, name: str) -> None:
    method = METHODS[name]
    assert routed(name) or name in server.REFUSED_METHODS
    if name in server.REFUSED_METHODS:
        answer = api.handle(Request(method["httpMethod"], example(method)))
        assert answer.status == 404 and orjson.loads(answer.body)["error"]["code"] == 404


def test_the_table_of_refused_methods_names_methods() -> None:
    assert METHODS.keys() >= server.REFUSED_METHODS


UPLOAD = DRIVE_2["resources"]["files"]["methods"]["update"]
ANSWERED = {route.name: METHODS.get(route.name) or METHODS.get(f"sheets.{route.name}") or UPLOAD
            for route in server.ROUTES}  # fmt: skip
RECORDED = {"drive.files.get": {"includeItemsFromAllDrives": "bool"}}  # sent by gspread, and Google answers it


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_a_method_has_googles_parameters_and_no_others(name: str) -> None:
    described = {key: item for key, item in ANSWERED[name].get("parameters", {}).items() if item["location"] == "query"}
    theirs = {
        key: f"[{SCALARS[p['type']]}]" if p.get("repeated") else SCALARS[p["type"]] for key, p in described.items()
    }
    assert PARAMETERS[name] == theirs | RECORDED.get(name, {})
    words = {**ONLY, **ONLY_OF.get(name, {})}
    for key, item in {**described, **DRIVE["parameters"]}.items():
        assert set(words.get(key, ())) <= set(item.get("enum", words.get(key, ())))


def test_every_method_takes_what_google_takes_of_all() -> None:
    assert SHEETS["parameters"].keys() == DRIVE["parameters"].keys() == DRIVE_2["parameters"].keys() == STANDARD
    assert PARAMETERS.keys() == {route.name for route in server.ROUTES}
    assert set(ONLY) - STANDARD <= {key for names in PARAMETERS.values() for key in names}


def address(name: str, file_id: str) -> tuple[str, str]:
    """Method and address of an answered method, for a document that is there."""
    method = ANSWERED[name]
    path = example(method) if name != "drive.v2.files.update" else "/upload/drive/v2/files/x"
    return method["httpMethod"], path.replace("spreadsheets/x", f"spreadsheets/{file_id}").replace(
        "/files/x", f"/files/{file_id}"
    )


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_an_unknown_parameter_is_refused_by_name_and_nothing_is_done(api: Api, local, name: str) -> None:
    method, path = address(name, local.id)
    version = api.handle(Request("GET", f"/drive/v3/files/{local.id}", [("fields", "version")])).body
    for unknown in ("foo", "orderby", "$filter", "supports_all", ""):
        answer = api.handle(Request(method, path, [("alt", "json"), (unknown, "1")], body=b"{}"))
        error = orjson.loads(answer.body)["error"]
        assert (answer.status, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
        assert error["message"] == (
            f'Invalid JSON payload received. Unknown name "{unknown}": Cannot bind query parameter. '
            f"Field '{unknown}' could not be found in request message."
        )
        assert error["details"][0]["fieldViolations"] == [{"description": error["message"]}]
    assert api.handle(Request("GET", f"/drive/v3/files/{local.id}", [("fields", "version")])).body == version


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_a_parameter_of_a_wrong_value_is_refused_by_name(api: Api, local, name: str) -> None:
    method, path = address(name, local.id)
    words = {**ONLY, **ONLY_OF.get(name, {})}
    for key, kind in (PARAMETERS[name] | {"alt": "str"}).items():
        if kind in ("bool", "int") or key in words:
            answer = api.handle(Request(method, path, [(key, "maybe")], body=b"{}"))
            assert answer.status == 400 and key.lower() in answer.body.decode().replace("_", "").lower(), key


@pytest.mark.parametrize("name", sorted(ANSWERED))
def test_the_parameters_of_all_methods_are_taken(api: Api, local, name: str) -> None:
    method, path = address(name, local.id)
    standard = [(key, "x") for key in STANDARD - {"alt", "fields", "uploadType", "$.xgafv", "prettyPrint"}]
    harmless = [(key, words[0]) for key, words in ({**ONLY, **ONLY_OF.get(name, {})}).items()
                if words and key in PARAMETERS[name].keys() | STANDARD]  # fmt: skip
    query = [*standard, *harmless, ("prettyPrint", "false"), ("$.xgafv", "1")]
    plain = api.handle(Request(method, path, body=b"{}"))
    answer = api.handle(Request(method, path, query, body=b"{}"))
    assert answer == plain if method == "GET" else answer.status in (plain.status, 404), "what is deleted is gone"


@pytest.mark.parametrize("name", [name for name in sorted(ANSWERED) if name not in ("drive.files.export",)])
def test_every_answer_is_masked(api: Api, local, name: str) -> None:
    local.sheet1.update([["a"]], "A1")
    metadata = {"metadataKey": "k", "metadataId": 1, "location": {"spreadsheet": True}, "visibility": "DOCUMENT"}
    local.batch_update({"requests": [{"createDeveloperMetadata": {"developerMetadata": metadata}}]})
    method, path = address(name, local.id)
    path = path.replace("permissions/x", "permissions/domain")
    api.push_hosts = ("127.0.0.1:9",)
    channel = {"id": "stop", "type": "web_hook", "address": "https://127.0.0.1:9/", "token": "t"}
    watched = api.handle(Request("POST", f"/drive/v3/files/{local.id}/watch", body=orjson.dumps(channel)))
    bodies = {
        "spreadsheets.batchUpdate": {"requests": [{"findReplace": {"find": "q", "allSheets": True}}]},
        "spreadsheets.sheets.copyTo": {"destinationSpreadsheetId": local.id},
        "spreadsheets.values.batchUpdate": {"valueInputOption": "RAW"},
        "spreadsheets.values.batchUpdateByDataFilter": {"valueInputOption": "RAW"},
        "drive.files.watch": channel | {"id": "once"},
        "drive.channels.stop": {key: orjson.loads(watched.body)[key] for key in ("id", "resourceId")},
        "drive.permissions.create": {"type": "anyone", "role": "reader"},
        "drive.permissions.update": {"role": "reader"},
    }
    query = [("valueInputOption", "RAW")] if "valueInputOption" in PARAMETERS[name] else []
    body = orjson.dumps(bodies.get(name, {})) if method != "GET" else b""
    whole = api.handle(Request(method, path, query, body=body))
    assert whole.status in (200, 204), whole.body
    if whole.status == 200 and (keys := list(orjson.loads(whole.body))):
        body = body.replace(b'"once"', b'"twice"')  # the id of a channel is good once
        masked = api.handle(Request(method, path, [*query, ("fields", keys[-1])], body=body))
        assert list(orjson.loads(masked.body)) == [keys[-1]]


WRONG = [None, 5, -1, 1e300, True, "x", "FOO", "", [], [5], ["x"], [[]], {}, {"x": 1}, [None], [{}], 2**40, -(2**40)]


def bodies(schema: str, depth: int = 0) -> Any:
    """Each field of a message with each value of a wrong type, and fields of messages within it."""
    for name, prop in SCHEMAS[schema].get("properties", {}).items():
        for wrong in WRONG:
            yield {name: wrong}
        below = prop.get("items", prop).get("$ref")
        if below and depth < 2:
            for body in bodies(below, depth + 1):
                yield {name: [body] if "items" in prop else body}


WITH_BODY = sorted(n for n, m in METHODS.items() if "request" in m and n not in server.REFUSED_METHODS)


@pytest.mark.parametrize("name", WITH_BODY)
def test_any_body_of_a_wrong_type_is_answered_in_json(api: Api, local, name: str) -> None:
    method, file_id = METHODS[name], local.id
    path = example(method).replace("spreadsheets/x", f"spreadsheets/{file_id}").replace("files/x", f"files/{file_id}")
    known = PARAMETERS[name.removeprefix("sheets.")]
    query = [("valueInputOption", "USER_ENTERED")] if "valueInputOption" in known else []
    for body in [*WRONG, *bodies(method["request"]["$ref"])]:
        answer = api.handle(Request(method["httpMethod"], path, query, body=orjson.dumps(body)))
        assert answer.status in (200, 204, 400, 403, 404), (body, answer.body)
        assert answer.status == 204 or isinstance(orjson.loads(answer.body), dict)
    assert api.handle(Request("GET", f"/v4/spreadsheets/{file_id}", [("includeGridData", "true")])).status == 200


@pytest.mark.parametrize("name", sorted(MESSAGES["Request"]))
def test_any_field_of_a_wrong_type_in_a_request_is_answered_in_json(api: Api, local, name: str) -> None:
    path = f"/v4/spreadsheets/{local.id}"
    for body in [*WRONG, *bodies(MESSAGES["Request"][name], 1)]:
        request = {"requests": [{name: body}]}
        answer = api.handle(Request("POST", f"{path}:batchUpdate", body=orjson.dumps(request)))
        assert answer.status in (200, 400), (body, answer.body)
    assert api.handle(Request("GET", path, [("includeGridData", "true")])).status == 200


@pytest.mark.parametrize(
    "fields", ["filterViews", "charts", "charts.chartId", "developerMetadata", "slicers", "tables"]
)
def test_a_mask_may_name_what_is_not_there(api: Api, local, fields: str) -> None:
    answer = api.handle(Request("GET", f"/v4/spreadsheets/{local.id}", [("fields", f"spreadsheetId,sheets.{fields}")]))
    assert orjson.loads(answer.body) == {"spreadsheetId": local.id, "sheets": [{}]}


@pytest.mark.parametrize(
    ("method", "rest", "body", "message"),
    [
        ("PUT", "/values/A1", {"value": [[1]]}, """Unknown name "value" at 'data': Cannot find field."""),
        ("POST", "/values/A1:append", {"valuez": 1}, """Unknown name "valuez" at 'data': Cannot find field."""),
        ("POST", "/values:batchUpdate", {"date": []}, """Unknown name "date": Cannot find field."""),
        ("POST", "/values/A1:clear", {"x": 1}, """Unknown name "x": Cannot find field."""),
        ("PUT", "/values/A1", {"majorDimension": "FOO"}, "(type.googleapis.com/google.apps.sheets.v4.Dimension)"),
        ("POST", ":batchUpdate", {"requests": [{"addChart": {}}]}, "Unknown name \"addChart\" at 'requests[0]'"),
        ("POST", ":batchUpdate", {"requests": [{"addChar": {}}]}, "Unknown name \"addChar\" at 'requests[0]'"),
        ("POST", ":batchUpdate", {"requests": [{"mergeCells": {"mergeType": "FOO", "range": {}}}]}, '"FOO"'),
        ("POST", ":batchUpdate", {"requests": [{"mergeCells": {"range": {"startRowIndex": -1}}}]}, "Invalid range"),
        ("POST", "/sheets/0:copyTo", {"destination": 1}, 'Unknown name "destination": Cannot find field.'),
    ],
)
def test_what_is_unknown_is_refused_in_googles_words(api: Api, local, method, rest, body, message) -> None:
    query = [("valueInputOption", "RAW")] if rest in ("/values/A1", "/values/A1:append") else []
    path = f"/v4/spreadsheets/{local.id}{rest}"
    answer = api.handle(Request(method, path, query, body=orjson.dumps(body)))
    error = orjson.loads(answer.body)["error"]
    assert (answer.status, error["status"]) == (400, "INVALID_ARGUMENT") and message in error["message"]
