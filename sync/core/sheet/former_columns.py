"""Columns as they stood: their names, where a write of ours covered them since the header did not stand in the first
row when it arrived, and their places before they were moved (DESIGN section 6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sync.core.sheet.landing import fell_on, headers_of, heading, is_alike, mended
from sync.core.sheet.plan import Cover, TabPlan, Write
from sync.core.sheet.rows import Table, plain
from sync.core.sheet.tabs import Tab


def mended_header(tab: Tab, table: Table, covers: Sequence[Cover]) -> tuple[Table, TabPlan]:
    """The table with the names of its columns that a write covered, since the header did not stand in the first row
    then, and the writes that put them back."""
    header, displaced = table.header, [cover for cover in covers if cover.is_displaced]
    brought = {plain(write.value) for cover in displaced for write in cover.writes} - {""}
    for cover in reversed(displaced):  # the last write first: it met what the others left
        if is_alike(header, cover.planned):
            writes = [write for write in cover.writes if cover.header_row in (0, write.row)]
            then = _named(header, cover, writes)
            unknown = {at for at in fell_on(header, writes) if not then[at] or then[at] in brought - {*cover.planned}}
            header = mended(then, cover.planned, writes, brought, unknown or None, headers_of(tab))
    stood = [*table.header, *[""] * (len(header) - len(table.header))]
    named = tuple(Write(1, at, name) for at, name in enumerate(header) if name != stood[at])
    tab_plan = TabPlan(tab.key, header, named, rows={1: table.header} if named else {})
    return (replace(table, header=header) if named else table), tab_plan


def _named(header: Sequence[str], cover: Cover, writes: Sequence[Write]) -> tuple[str, ...]:
    """A header row with the names that these writes covered, as far as they are known: those of the columns into which
    a row of them fell, while it stands there, else wherever they were moved since."""
    fell = fell_on(header, writes) if cover.header else ()
    if not fell:
        return _named_by_value(header, cover, writes)
    padded = [*header, *[""] * (1 + max(fell) - len(header))]
    return tuple(heading(cover.header, at) if at in fell else name for at, name in enumerate(padded))


def _named_by_value(header: Sequence[str], cover: Cover, writes: Iterable[Write]) -> tuple[str, ...]:
    """What stands in a name's place was written into one column alone, whose name of then is known and stands nowhere
    now. A name that was not known then is empty, so that no column is taken for another."""
    planned = {name.strip() for name in cover.planned}
    free = planned - {"", *(name.strip() for name in header)}
    covered = {
        at: names for at, names in _names_of_then(header, cover, writes).items() if header[at].strip() not in planned
    }
    told = {at: min(names) for at, names in covered.items() if len(names) == 1 and names <= free}
    counts = Counter(told.values())
    told = {at: name for at, name in told.items() if counts[name] == 1}
    is_sure = bool(cover.header) or {*told.values()} == free
    filled = [at for at in covered if header[at].strip()]
    is_too_many = not cover.header and len(filled) > len(free)  # a column that came since is among them
    untold = {at for at in covered if is_too_many or "" in covered[at]}
    named = {**(told if is_sure else {}), **dict.fromkeys(untold, "")}
    return tuple(named.get(at, name) for at, name in enumerate(header))


def _names_of_then(header: Sequence[str], cover: Cover, writes: Iterable[Write]) -> dict[int, set[str]]:
    """By each place whose name was written by these writes of the cover: the names of the columns into which that was
    written, as planned where nobody saw under which they fell."""
    names = defaultdict(set)
    for write in writes:
        names[plain(write.value)].add(heading(cover.header or cover.planned, write.column))
    return {at: names[cell.strip()] for at, cell in enumerate(header) if cell.strip() in names}


def place_then(header: Sequence[str], planned: Sequence[str], column: int) -> int | None:
    """Where a column stood under the ``planned`` header: the only one of its name, else the one in its place between
    the same columns, of unnamed ones and of those that bear a name that none bore, in place of one that none bears.
    None where that can't be told."""
    now, then = [name.strip() for name in header], [name.strip() for name in planned]
    once = {name: then.index(name) for name in now if now.count(name) == then.count(name) == 1}
    if column < len(now) and now[column] in once:
        return once[now[column]]
    once.pop("", None)
    now = _as_wide(now, column + 1)
    left = next((at for at in range(column, -1, -1) if now[at] in once), -1)
    right = next((at for at in range(column, len(now)) if now[at] in once), len(now))
    first = once[now[left]] if left >= 0 else -1
    if right == len(now):  # behind the last name of both stand any number of columns without one
        then = _as_wide(then, first + len(now) - left)
        now = _as_wide(now, left + len(then) - first)
    last = once[now[right]] if right < len(now) and now[right] in once else len(then)
    pairs = zip(now[left + 1 : right], then[first + 1 : last], strict=False)
    is_as_wide = right - left == last - first
    are_same = is_as_wide and all(new == old or (new not in then and old not in now) for new, old in pairs)
    return first + column - left if are_same else None


def _as_wide(header: Sequence[str], width: int) -> list[str]:
    """The names of a header, with empty ones up to a width."""
    return [*header, *[""] * (width - len(header))]
