"""Remembered rows by what leads to them, so that no question about one row goes through all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sync.core.issues.issues import Stamps
from sync.core.issues.repeats import same_place
from sync.core.memo import Memo
from sync.core.memory import Memory
from sync.core.sheet.identity import NUMBER, Known
from sync.core.sheet.rows import Raw, issue_number, plain
from sync.core.sheet.values.photos import Picture, ids

Made = TypeVar("Made")
Groups = Mapping[str, Sequence[str]]
PlaceKey = tuple[str, ...]
A_WHILE = 1e-6  # of a day: 86 ms, far more than the spreadsheet's rounding of an hour


@dataclass(frozen=True)
class PlacedIssues:
    """``issues``: by number, what was remembered of the issue and the place that it has by that; ``numbers``: by
    place."""

    issues: Mapping[str, tuple[Stamps, Known, PlaceKey | None]] = field(default_factory=dict)
    numbers: Mapping[PlaceKey, Sequence[str]] = field(default_factory=dict)


class RowIndex:
    """Made part by part when it is asked for, and anew where that part of the memory was replaced: parts of a memory
    never change in place. ``memo``: what the last preview worked out (the roster above all). For one thread at a
    time."""

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[object, Any]] = {}
        self._placed_by: tuple[object, object] = (None, None)
        self._placed: dict[Hashable, PlacedIssues] = {}  # by street and fields, of the memory's stamps and issues
        self._before: dict[Hashable, PlacedIssues] = {}  # the same of the memory before
        self.memo = Memo()

    def _of(self, name: Hashable, part: object, make: Callable[[Any], Made]) -> Made:
        made = self._made.get(name)
        if made is None or made[0] is not part:
            made = self._made[name] = part, make(part)
        return made[1]

    def issues_of(self, memory: Memory, street: str) -> Sequence[str]:
        """The numbers of a street's issues."""
        return self._of("street", memory.stamps, _by_street).get(street, ())

    def at_place(self, memory: Memory, fields: tuple[str, ...], street: str, place: PlaceKey) -> Sequence[str]:
        """The numbers of the issues at a ``place`` (as ``same_place`` tells it by these fields) of a street. The places
        of a street are worked out when a form of it comes, and of an issue that is as it was not again."""
        known = memory.known.get("issues", {})
        if self._placed_by[0] is not memory.stamps or self._placed_by[1] is not known:
            self._placed_by, self._placed, self._before = (memory.stamps, known), {}, {**self._before, **self._placed}
        numbers = self.issues_of(memory, street) if "street" in fields else list(memory.stamps)
        name = (street if "street" in fields else "", fields)
        if name not in self._placed and numbers:
            self._placed[name] = _placed(numbers, memory.stamps, known, fields, self._before.get(name, PlacedIssues()))
        return self._placed[name].numbers.get(place, ()) if numbers else ()

    def linked(self, memory: Memory) -> Mapping[str, Collection[str]]:
        """By issue, those that it was joined to or waits behind, and those that were joined to it."""
        return self._of("linked", memory.stamps, _links)

    def naming(self, memory: Memory, tab: str, issue: str) -> Sequence[str]:
        """The rows of a tab that name an issue, by id."""
        return self._of(("naming", tab), memory.known.get(tab), _by_issue).get(issue, ())

    def showing(self, memory: Memory, tab: str, photo: str) -> Sequence[str]:
        """The rows of a tab that show a photo, by id."""
        return self._of(("showing", tab), memory.known.get(tab), _by_photo).get(photo, ())

    def left_showing(self, memory: Memory, photo: str) -> Sequence[str]:
        """The rows of 整改反馈 that left it and show a photo, by id."""
        return self._of("left showing", memory.left_photos, _by_photo).get(photo, ())

    def same_pictures(self, memory: Memory, photo: str) -> Sequence[str]:
        """The photos that are the very same picture as one that was taken in, itself among them."""
        picture = memory.photos.get(photo)
        return self._of("pixels", memory.photos, _by_pixels).get(picture.pixels, ()) if picture else ()

    def prints(self, memory: Memory, tab: str) -> Collection[str]:
        """The fingerprints of a tab's rows."""
        return self._of(("prints", tab), memory.known.get(tab), _prints)

    def at_hour(self, memory: Memory, tab: str, column: str, hour: Raw) -> Iterable[Known]:
        """The rows of a tab whose cell in that column is nearly this hour; all of them where it is no hour."""
        known = memory.known.get(tab, {})
        if not isinstance(hour, float):
            return known.values()
        by_hour = self._of(("hour", tab, column), memory.known.get(tab), lambda rows: _by_hour(rows, column))
        at = round(hour / A_WHILE)
        return [known[rid] for near in (at - 1, at, at + 1) for rid in by_hour.get(near, ())]


def _by_street(stamps: Mapping[str, Stamps]) -> Groups:
    groups = defaultdict[str, list[str]](list)
    for number, own in stamps.items():
        groups[own.street].append(number)
    return groups


def _placed(
    numbers: Iterable[str],
    stamps: Mapping[str, Stamps],
    known: Mapping[str, Known],
    fields: tuple[str, ...],
    before: PlacedIssues,
) -> PlacedIssues:
    """``before``: the same by an earlier memory."""
    issues: dict[str, tuple[Stamps, Known, PlaceKey | None]] = {}
    by_place = defaultdict[PlaceKey, list[str]](list)
    for number in numbers:
        if number not in known:
            continue
        own, row, last = stamps[number], known[number], before.issues.get(number)
        place = last[2] if last and last[0] is own and last[1] is row else _place(own, row, fields)
        issues[number] = own, row, place
        if place is not None:
            by_place[place].append(number)
    return PlacedIssues(issues, by_place)


def _place(own: Stamps, row: Known, fields: tuple[str, ...]) -> PlaceKey | None:
    """Where an issue is, by the category that it was given where it was given one."""
    cells = {name: plain(row.cells.get(name, "")) for name in fields}
    return same_place({**cells, **({"category": own.category} if own.category else {})}, own.street, fields)


def _links(stamps: Mapping[str, Stamps]) -> Mapping[str, Collection[str]]:
    links = defaultdict[str, set[str]](set)
    for number, own in stamps.items():
        for other in (own.joined, own.behind):
            if other:
                links[number].add(other)
                links[other].add(number)
    return dict(links)


def named_issue(row: Mapping[str, Raw]) -> str:
    """The issue that a row names, however it was typed; empty where it names none."""
    text = plain(row.get("issue", ""))
    return text if not text or NUMBER.fullmatch(text) else issue_number(text)


def _by_issue(rows: Mapping[str, Known] | None) -> Groups:
    groups = defaultdict[str, list[str]](list)
    for rid, row in (rows or {}).items():
        if issue := named_issue(row.cells):
            groups[issue].append(rid)
    return groups


def _by_photo(rows: Mapping[str, Known] | None) -> Groups:
    groups = defaultdict[str, list[str]](list)
    for rid, row in (rows or {}).items():
        for photo in ids(row.cells.get("photos")):
            groups[photo].append(rid)
    return groups


def _by_pixels(photos: Mapping[str, Picture]) -> Groups:
    groups = defaultdict[str, list[str]](list)
    for photo, picture in photos.items():
        groups[picture.pixels].append(photo)
    return groups


def _prints(rows: Mapping[str, Known] | None) -> Collection[str]:
    return frozenset(row.print for row in (rows or {}).values())


def _by_hour(rows: Mapping[str, Known] | None, column: str) -> Mapping[int, Sequence[str]]:
    groups = defaultdict[int, list[str]](list)
    for rid, row in (rows or {}).items():
        hour = row.cells.get(column)
        if isinstance(hour, float):
            groups[round(hour / A_WHILE)].append(rid)
    return groups
