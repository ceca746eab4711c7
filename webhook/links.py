"""Photos, places and numbers of issues as links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from sync.core.rules.rules import Rules
from sync.core.sheet.values.photos import ids

NUMBER = re.compile(r"(?<![0-9])[0-9]{8}-[0-9]{3,6}(?![0-9·])")  # of an issue; that of a line goes on with ·


def pieces(text: object) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is the number of an issue, which leads to its page."""
    words, at = str(text), 0
    for match in NUMBER.finditer(words):
        yield words[at : match.start()], False
        yield match[0], True
        at = match.end()
    yield words[at:], False


def pictures(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Photos of a cell as (address to show, address to open): ours on this site, another's only as a link."""
    pairs = []
    for line in lines:
        mine = ids(line)
        outside = line if line.startswith(("https://", "http://")) else ""
        pairs.append((f"/photos/{mine[0]}", f"/photos/{mine[0]}") if mine else ("", outside))
    return pairs


def map_link(rules: Rules, place: tuple[float, float] | None, name: str) -> str:
    """The address that opens a place (degrees east and north) in a map app, as the rules write it; empty where there is
    no place or no app."""
    if not rules.forms.map_app or place is None:
        return ""
    parts = {"{longitude}": f"{place[0]:.6f}", "{latitude}": f"{place[1]:.6f}", "{name}": quote(name)}
    address = rules.forms.map_app
    for mark, value in parts.items():
        address = address.replace(mark, value)
    return address
