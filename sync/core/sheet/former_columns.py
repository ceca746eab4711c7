"""Where a column stood before columns were moved."""

from __future__ import annotations

from collections.abc import Sequence


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
