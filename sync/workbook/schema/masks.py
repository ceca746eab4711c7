"""Field masks: `sheets.properties(sheetId,title)`, `sheets/data/rowData`, comma lists and `*`.

A mask is parsed into paths against a message of the schema, so that an unknown field is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sync.workbook.schema.errors import BAD_REQUEST, Json, invalid
from sync.workbook.schema.schema import MESSAGES, REFUSED_FIELDS, WORDS, camel

Path = tuple[str, ...]
Paths = Iterable[Sequence[str]]
Tree = dict[str, "Tree"]  # an empty tree stands for all below


def split(mask: str) -> list[str]:
    """The comma-separated parts of a mask at its top level."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(mask):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(mask[start:at])
            start = at + 1
    return [part.strip() for part in [*parts, mask[start:]] if part.strip()]


def _expand(mask: str) -> list[Path]:
    paths: list[Path] = []
    for part in split(mask.replace("/", ".")):
        head, bracket, rest = part.partition("(")
        stem = tuple(camel(word) for word in head.split(".") if word)
        if bracket:
            paths.extend(stem + tail for tail in _expand(rest.rstrip()[:-1]))
        else:
            paths.append(stem)
    return paths


@lru_cache(512)
def paths(message: str, mask: str) -> tuple[Path, ...]:
    """The paths that a mask names in a message, for writing; 400 for one that the message does not have."""
    expanded = _paths(mask)
    for path in expanded:
        if _known(message, path) != path:
            raise invalid(f"The field '{'.'.join(path)}' is not supported by this server.")
    return expanded


def _paths(mask: str) -> tuple[Path, ...]:
    return tuple(path[:-1] if path and path[-1] == "*" else path for path in _expand(mask))


def _known(message: str, path: Path) -> Path:
    """The path down to the first field that this server refuses; 400 for one that the message does not have."""
    kind = message
    for depth, word in enumerate(path):
        if kind == "map" or kind[0] == "{":
            return path
        kind = kind.strip("[]")
        if word in REFUSED_FIELDS.get(kind, ()):
            return path[: depth + 1]
        if kind in WORDS or word not in MESSAGES.get(kind, ()):
            raise _unknown(path)
        kind = MESSAGES[kind][word]
    return path


def _unknown(path: Path) -> Exception:
    text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{'.'.join(path)}'."
    detail = {"@type": BAD_REQUEST, "fieldViolations": [{"field": ".".join(path), "description": text}]}
    return invalid("Request contains an invalid argument.", [detail])


@lru_cache(512)
def tree(message: str, mask: str) -> Tree | None:
    """The mask as a tree for `keep`, of reading: what is refused is named there and never in the answer; None: all."""
    root: Tree = {}
    for path in _paths(mask):
        if not path:
            return None
        _grow(root, _known(message, path))
    return root


def _grow(root: Tree, path: Path) -> None:
    node = root
    for n, word in enumerate(path):
        if word in node and not node[word]:
            return  # all below is kept already
        if n == len(path) - 1:
            node[word] = {}
        else:
            node = node.setdefault(word, {})


def keep(value: Any, mask: Tree | None) -> Any:
    """The value with only what the mask names; a list is masked item by item."""
    if not mask:
        return value
    if isinstance(value, list):
        return [keep(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: keep(value[key], below) for key, below in mask.items() if key in value}


def has(mask: Tree | None, *path: str) -> bool:
    """Whether the mask keeps something at that path."""
    node = mask
    for word in path:
        if not node:
            return True
        if word not in node:
            return False
        node = node[word]
    return True


def assign(target: Json, source: Json, path: Sequence[str]) -> None:
    """Makes target's field at the path what it is in source; absent there means removed here."""
    if not path:
        target.clear()
        target.update(source)
        return
    *stem, last = path
    for word in stem:
        source = source.get(word) or {}
        below = target.get(word)
        # Copied, since formats are shared between cells.
        target[word] = below = dict(below) if below else {}
        target = below
    if last in source:
        target[last] = source[last]
    else:
        target.pop(last, None)


def required_fields(request: Json) -> str:
    """The request's mask; refused when it names nothing."""
    mask: str = request.get("fields", "")
    if not mask:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return mask
