"""A large JSON body taken apart: all of it in small objects takes seven times the room of its text."""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import NamedTuple

LARGE = 1_000_000  # bytes; a smaller body is read as a whole
_GAP = re.compile(r"[ \t\n\r]*")
Span = tuple[int, int]
_scan = JSONDecoder().scan_once  # type: ignore[attr-defined]


class Apart(NamedTuple):
    """``rest``: a JSON object in which a list is empty; ``items``: the texts of what stood in it."""

    rest: bytes
    items: tuple[memoryview, ...]


def apart(body: bytes, name: str) -> Apart | None:
    """The body with the list of objects under ``name`` taken out; None where it is small, is no JSON, or is not as
    plain as that, so that it is to be read as a whole."""
    if len(body) < LARGE:
        return None
    text = body.decode("latin-1")  # a sign a byte: only ends are looked for
    try:
        spans = _spans_under(text, name)
        first, last = spans[0][0], spans[-1][1]
    except (ValueError, IndexError, StopIteration, RecursionError):
        return None
    return Apart(body[:first] + body[last:], tuple(memoryview(body)[start:end] for start, end in spans))


def _spans_under(text: str, name: str) -> list[Span]:
    """From where to where each object goes in the list under ``name`` of an object; none where that has no such list.
    Raises what ``apart`` catches where it is not so plain."""
    spans, at = list[Span](), _after(text, 0, "{")
    while True:
        key, at = _scan(text, at)
        at = _after(text, at, ":")
        if key != name:
            _, at = _scan(text, at)
        elif spans:
            raise ValueError(at)
        else:
            spans, at = _spans(text, at)
        at = _gap(text, at)
        if text[at] == "}":
            break
        at = _after(text, at, ",")
    if _gap(text, at + 1) < len(text):
        raise ValueError(at)
    return spans


def _spans(text: str, at: int) -> tuple[list[Span], int]:
    """The objects of the list that begins there, and where it ends."""
    spans, at = list[Span](), _after(text, at, "[")
    while True:
        if text[at] != "{":
            raise ValueError(at)
        spans.append((at, _scan(text, at)[1]))
        at = _gap(text, spans[-1][1])
        if text[at] == "]":
            return spans, at + 1
        at = _after(text, at, ",")


def _after(text: str, at: int, sign: str) -> int:
    """Where something stands behind a sign that must come there."""
    at = _gap(text, at)
    if text[at] != sign:
        raise ValueError(at)
    return _gap(text, at + 1)


def _gap(text: str, at: int) -> int:
    return _GAP.match(text, at).end()  # type: ignore[union-attr]
