"""Photos of a cell as links."""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.sheet.photos import ids


def pictures(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Photos of a cell as (address to show, address to open): ours on this site, another's only as a link."""
    pairs = []
    for line in lines:
        mine = ids(line)
        outside = line if line.startswith(("https://", "http://")) else ""
        pairs.append((f"/photos/{mine[0]}", f"/photos/{mine[0]}") if mine else ("", outside))
    return pairs
