"""Proto3 JSON by the table of messages: reading a body and refusing what does not fit, as Google does.

On input `null` is absent, names may be snake_case, nested lists in `requests` are flattened, an unknown name is
refused with its path (sheets-api.md sections 2 and 12).
"""

from __future__ import annotations

import math
import re
from typing import Any

import orjson

from sync.workbook.schema.errors import Json, violation
from sync.workbook.schema.messages import TEXT

SHEETS = "type.googleapis.com/google.apps.sheets.v4."
_SCALARS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "str": ("TYPE_STRING", str),
    "mask": ("TYPE_STRING", str),
    "int": ("TYPE_INT32", int),
    "num": ("TYPE_FLOAT", (int, float)),
    "bool": ("TYPE_BOOL", bool),
}
_PLAIN: dict[str, type] = {"str": str, "bool": bool, "mask": str, "num": float}
Where = tuple[Any, ...]  # the way to a value: (way to its parent, name or index); () is the body itself


def _table(text: str) -> dict[str, dict[str, str]]:
    messages: dict[str, dict[str, str]] = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        name, _, fields = entry.partition(" = ")
        messages[name] = {k: t or "str" for k, _, t in (f.partition(":") for f in fields.split())}
    return messages


MESSAGES = _table(TEXT)
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
            key, field = _other_spelling(fields, key, where)  # noqa: PLW2901
        clean[key] = item if type(item) is field[0] else _item(field[1], item, (where, key))
    return clean


Field = tuple[type | None, str]


def _other_spelling(fields: dict[str, Field], key: str, where: Where) -> tuple[str, Field]:
    name = camel(key)
    if name not in fields:
        path = _path(where)
        at = f" at '{path}'" if path else ""
        raise violation(path, f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')
    return name, fields[name]


def _item(kind: str, value: Any, where: Where) -> Any:
    if kind in _FIELDS:
        return read(kind, value, where)
    if kind[0] == "[":
        return _list(kind[1:-1], value, where)
    if kind == "map":
        return _map(value, where)
    return _scalar(kind, value, where)


def _list(kind: str, value: Any, where: Where) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if kind == "Request":
        items = _flat(items)
    if kind in _FIELDS:
        # A null among requests is skipped; among rows and cells it holds its place.
        holds = kind in ("RowData", "CellData")
        return [read(kind, item or {}, (where, n)) for n, item in enumerate(items) if holds or item is not None]
    return [_scalar(kind, item, (where, n)) for n, item in enumerate(items) if item is not None]


def _flat(items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        flat.extend(_flat(item) if isinstance(item, list) else [item])
    return flat


def _map(value: Any, where: Where) -> Json:
    if not isinstance(value, dict):
        raise _bad_value(where, "map", value)
    return {k: v for k, v in value.items() if v is not None}


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
