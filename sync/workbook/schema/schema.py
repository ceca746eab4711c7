"""Proto3 JSON by the table of messages: reading a body and refusing what does not fit, as Google does.

On input `null` is absent, names may be snake_case, nested lists in `requests` are flattened, an unknown name is
refused with its path (sheets-api.md sections 2 and 12), and so is a word that an enumeration has not.
"""

from __future__ import annotations

import math
import re
from typing import Any

import orjson

from sync.workbook.schema.errors import Json, violation
from sync.workbook.schema.messages import ENUMERATIONS, REFUSED, TEXT

SHEETS = "type.googleapis.com/google.apps.sheets.v4."
_SCALARS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "str": ("TYPE_STRING", str),
    "mask": ("TYPE_STRING", str),
    "int": ("TYPE_INT32", int),
    "num": ("TYPE_FLOAT", (int, float)),
    "bool": ("TYPE_BOOL", bool),
}
_PLAIN: dict[str, type] = {"str": str, "bool": bool, "mask": str, "num": float}
_VALUES: dict[str, tuple[type, ...]] = {"stringValue": (str,), "numberValue": (float, int), "boolValue": (bool,)}
Where = tuple[Any, ...]  # the way to a value: (way to its parent, name or index); () is the body itself


def _entries(text: str) -> list[tuple[str, list[str]]]:
    entries = (entry.partition(" =") for entry in re.split(r"\n(?=\S)", text.strip()))
    return [(name, words.split()) for name, _, words in entries]


MESSAGES = {name: {k: t or "str" for k, _, t in (f.partition(":") for f in fs)} for name, fs in _entries(TEXT)}
WORDS = {name: tuple(words) for name, words in _entries(ENUMERATIONS)}
REFUSED_FIELDS = {name: frozenset(fields) for name, fields in _entries(REFUSED)}  # by message
# For each field the type that needs no look (a plain scalar), and its kind.
_FIELDS = {
    message: {name: (_PLAIN.get(kind), kind) for name, kind in fields.items()} for message, fields in MESSAGES.items()
}


def camel(name: str) -> str:
    """`start_row_index` -> `startRowIndex`."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def snake(name: str) -> str:
    """`startRowIndex` -> `start_row_index`, as Google writes paths in its refusals."""
    return re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), name)


def _path(where: Where) -> str:
    if not where:
        return ""
    before, step = _path(where[0]), where[1]
    if isinstance(step, int):
        return f"{before}[{step}]"
    return f"{before}.{snake(step)}" if before else snake(step)


def read(message: str, value: Any, where: Where = ()) -> Json:
    """The value as that message with nulls dropped; ApiError when it does not fit."""
    if not isinstance(value, dict):
        raise _bad_value(where, SHEETS + _proto_name(message), value)
    fields = _FIELDS[message]
    clean: Json = {}
    for key, item in value.items():
        if item is None:
            continue
        field = fields.get(key)
        if field is None:
            key, field = _other_spelling(message, key, where)  # noqa: PLW2901
        read_item = item if type(item) is field[0] else _item(field[1], item, (where, key))
        if read_item is not None:
            clean[key] = read_item
    return clean


Field = tuple[type | None, str]


def _other_spelling(message: str, key: str, where: Where) -> tuple[str, Field]:
    name, path = camel(key), _path(where)
    if name in _FIELDS[message]:
        return name, _FIELDS[message][name]
    at = f" at '{path}'" if path else ""
    raise violation(path, f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')


def _item(kind: str, value: Any, where: Where) -> Any:
    if kind in _FIELDS:
        return read(kind, value, where)
    if kind in WORDS:
        return _word(kind, value, where)
    if kind == "any":
        return value
    if kind[0] == "[":
        return _list(kind[1:-1], value, where)
    if kind == "map" or kind[0] == "{":
        return _map(kind.strip("{}"), value, where)
    return _scalar(kind, value, where)


def _word(kind: str, value: Any, where: Where) -> str | None:
    """A word of an enumeration, by name or number; None for the one that says nothing."""
    words = WORDS[kind]
    if type(value) is int and 0 <= value < len(words):
        value = words[value]
    if not isinstance(value, str) or value not in words:
        raise _bad_value(where, SHEETS + kind, value)
    return None if value.endswith("_UNSPECIFIED") else value


def _list(kind: str, value: Any, where: Where) -> Any:
    if kind[0] == "[":
        return value  # a table of values, which `rows_of` looks at
    items = value if isinstance(value, list) else [value]
    items = _flat(items) if kind == "Request" else items
    if kind in _FIELDS:
        # A null among requests is skipped; among rows and cells it holds its place.
        holds = kind in ("RowData", "CellData")
        given = [(n, {} if item is None else item) for n, item in enumerate(items) if holds or item is not None]
        if kind == "CellData":
            return [item if _is_plain(item) else read(kind, item, (where, n)) for n, item in given]
        if kind == "RowData":
            return [item if _holds_plain(item) else read(kind, item, (where, n)) for n, item in given]
        return [read(kind, item, (where, n)) for n, item in given]
    return [_scalar(kind, item, (where, n)) for n, item in enumerate(items) if item is not None]


def _is_plain(cell: Any) -> bool:
    """Whether a cell says nothing but its value and says it as it should be, so that it can stay as it came: of a whole
    tab nearly all do."""
    if type(cell) is not dict or len(cell) > 1:
        return False
    value = cell.get("userEnteredValue")
    if type(value) is not dict or len(value) != 1:
        return not cell
    [(name, given)] = value.items()
    return type(given) in _VALUES.get(name, ())


def _holds_plain(row: Any) -> bool:
    """Whether a row says nothing but such cells."""
    values = row.get("values") if type(row) is dict and len(row) == 1 else None
    return type(values) is list and all(map(_is_plain, values))


def _flat(items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        flat.extend(_flat(item) if isinstance(item, list) else [item])
    return flat


def _map(kind: str, value: Any, where: Where) -> Json:
    if not isinstance(value, dict):
        raise _bad_value(where, "map", value)
    given = {key: item for key, item in value.items() if item is not None}
    return given if kind == "map" else {key: read(kind, item, (where, key)) for key, item in given.items()}


def _scalar(kind: str, value: Any, where: Where) -> Any:
    name, types = _SCALARS[kind]
    if isinstance(value, types) and (kind == "bool" or not isinstance(value, bool)):
        if not isinstance(value, int) or kind != "int" or -(2**31) <= value < 2**31:
            return value
        raise _bad_value(where, name, value)
    if kind in ("int", "num"):
        number = _number(kind, value)
        if number is not None:
            return number
    if kind == "bool" and value in ("true", "false"):
        return value == "true"
    raise _bad_value(where, name, value)


_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def _number(kind: str, value: Any) -> int | float | None:
    """The number that a text or a float stands for; None where it is none, not finite, or too large for an int."""
    if not isinstance(value, str | float) or (isinstance(value, str) and not _DECIMAL.fullmatch(value)):
        return None
    number = float(value)
    if not math.isfinite(number) or kind == "num":
        return number if math.isfinite(number) else None
    return int(number) if number.is_integer() and -(2**31) <= number < 2**31 else None


def _proto_name(message: str) -> str:
    return f"BatchUpdateSpreadsheetRequest.{message}" if message == "Request" else message


def _bad_value(where: Where, kind: str, value: Any) -> Exception:
    path, shown = _path(where), orjson.dumps(value).decode()
    return violation(path, f"Invalid value at '{path}' ({kind}), {shown}")
