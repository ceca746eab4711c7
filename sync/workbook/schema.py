"""Proto3 JSON by the table of messages: reading a body and refusing what does not fit, as Google does.

On input `null` is absent, names may be snake_case, nested lists in `requests` are flattened, an unknown name is
refused with its path (sheets-api.md sections 2 and 12).
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from .errors import Json, violation
from .messages import TEXT

SHEETS = "type.googleapis.com/google.apps.sheets.v4."
_SCALARS = {
    "str": ("TYPE_STRING", str),
    "mask": ("TYPE_STRING", str),
    "int": ("TYPE_INT32", int),
    "num": ("TYPE_FLOAT", (int, float)),
    "bool": ("TYPE_BOOL", bool),
}


def _table(text: str) -> dict[str, dict[str, str]]:
    messages: dict[str, dict[str, str]] = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        name, _, fields = entry.partition(" = ")
        messages[name] = {k: t or "str" for k, _, t in (f.partition(":") for f in fields.split())}
    return messages


MESSAGES = _table(TEXT)


def camel(name: str) -> str:
    """`start_row_index` -> `startRowIndex`."""
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def snake(name: str) -> str:
    """`startRowIndex` -> `start_row_index`, as Google writes paths in its refusals."""
    return re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), name)


def read(message: str, value: Any, path: str = "") -> Json:
    """The value as that message with nulls dropped; ApiError when it does not fit."""
    if not isinstance(value, dict):
        raise _bad_value(path, SHEETS + _proto_name(message), value)
    fields = MESSAGES[message]
    clean: Json = {}
    for key, item in value.items():
        if item is None:
            continue
        kind = fields.get(key)
        if kind is None:
            key, kind = _other_spelling(fields, key, path)
        known = _PLAIN.get(kind)
        if known is not None and type(item) is known:
            clean[key] = item
        else:
            clean[key] = _item(kind, item, path, key)
    return clean


_PLAIN = {"str": str, "int": int, "bool": bool, "mask": str, "num": float}


def _other_spelling(fields: dict[str, str], key: str, path: str) -> tuple[str, str]:
    name = camel(key)
    if name not in fields:
        where = f" at '{path}'" if path else ""
        raise violation(
            path,
            f'Invalid JSON payload received. Unknown name "{key}"{where}: Cannot find field.',
        )
    return name, fields[name]


def _item(kind: str, value: Any, path: str, key: str) -> Any:
    where = f"{path}.{snake(key)}" if path else snake(key)
    if kind.startswith("["):
        return _list(kind[1:-1], value, where)
    if kind == "map":
        return _map(value, where)
    if kind in _SCALARS:
        return _scalar(kind, value, where)
    return read(kind, value, where)


def _list(kind: str, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        value = [value]
    if kind == "Request":
        value = _flat(value)
    if kind == "[any]":
        return list(value)
    if kind in _SCALARS:
        return [_scalar(kind, item, f"{path}[{n}]") for n, item in enumerate(value) if item is not None]
    return [read(kind, item or {}, f"{path}[{n}]") for n, item in enumerate(value) if _present(kind, item)]


def _present(kind: str, item: Any) -> bool:
    # A null among requests is skipped; among rows and cells it holds its place.
    return item is not None or kind in ("RowData", "CellData")


def _flat(items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        flat.extend(_flat(item) if isinstance(item, list) else [item])
    return flat


def _map(value: Any, path: str) -> Json:
    if not isinstance(value, dict):
        raise _bad_value(path, "map", value)
    return {k: v for k, v in value.items() if v is not None}


def _scalar(kind: str, value: Any, path: str) -> Any:
    name, types = _SCALARS[kind]
    if isinstance(value, types) and (kind == "bool" or not isinstance(value, bool)):  # type: ignore[arg-type]
        return value
    if kind in ("int", "num"):
        number = _number(kind, value)
        if number is not None:
            return number
    if kind == "bool" and value in ("true", "false"):
        return value == "true"
    raise _bad_value(path, name, value)


def _number(kind: str, value: Any) -> int | float | None:
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        return None
    if number is None or kind == "num":
        return number
    return int(number) if number == int(number) else None


def _proto_name(message: str) -> str:
    return f"BatchUpdateSpreadsheetRequest.{message}" if message == "Request" else message


def _bad_value(path: str, kind: str, value: Any) -> Exception:
    shown = orjson.dumps(value).decode()
    return violation(path, f"Invalid value at '{path}' ({kind}), {shown}")
