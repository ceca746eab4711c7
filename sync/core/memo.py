"""Results of earlier looks by what they were computed from. It only saves work: a decision is the same without it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any, TypeVar

T = TypeVar("T")
Entries = dict[Hashable, tuple[object, Any]]  # by name: what a result was computed from, and the result
NONE: tuple[object, Any] = (object(), None)  # equal to nothing that is given


class Results:
    """The results of one kind: those of the look before, and those of this look."""

    __slots__ = ("after", "before")

    def __init__(self, before: Entries) -> None:
        self.before = before
        self.after: Entries = {}

    def result(
        self,
        name: Hashable,
        given: object,
        make: Callable[..., T],
        *arguments: Any,
        holds: Callable[..., bool] | None = None,
    ) -> T:
        """What ``make(*arguments)`` gives. The earlier result of that name is taken instead where it was computed from
        an equal ``given`` (the same objects count as equal without a look inside) and ``holds(result, *arguments)``
        says yes to it."""
        entry = self.before.get(name, NONE)
        if (entry[0] is not given and entry[0] != given) or (holds is not None and not holds(entry[1], *arguments)):
            entry = (given, make(*arguments))
        self.after[name] = entry
        return entry[1]  # type: ignore[no-any-return]

    def each(
        self,
        names: Sequence[Hashable],
        given: Sequence[object],
        make: Callable[[int], T],
        holds: Callable[[T, int], bool] | None = None,
    ) -> list[T]:
        """The results of many names, in their order: what ``make`` gives for the place of each. Each is held against
        its own of ``given``, as in ``result``; in a fifth of the time that a call for each would take."""
        entries = list(map(self.before.get, names, repeat(NONE)))
        pairs = zip([entry[0] for entry in entries], given, strict=True)
        stale = {n for n, (before, now) in enumerate(pairs) if before is not now and before != now}
        if holds is not None:
            stale |= {n for n, entry in enumerate(entries) if n not in stale and not holds(entry[1], n)}
        for n in sorted(stale):
            entries[n] = (given[n], make(n))
        self.after.update(zip(names, entries, strict=True))
        return [entry[1] for entry in entries]

    def keep(self, names: Iterable[Hashable]) -> None:
        """Hold on to earlier results of these names that this look did not ask for: the next may."""
        for name in names:
            if name in self.before:
                self.after.setdefault(name, self.before[name])

    def keep_all(self) -> None:
        """Hold on to all earlier results where this look asked for none: what is made of them was taken as it was."""
        self.after = self.after or dict(self.before)

    def drop(self, names: Iterable[Hashable]) -> None:
        """Let go of the results of these names, which the next look can't take as they are."""
        for name in names:
            self.after.pop(name, None)

    def earlier(self, name: Hashable) -> Any:
        """The result of the look before, whatever it was computed from; None where there is none."""
        return self.before.get(name, NONE)[1]


class Memo:
    """The results of one look, ``at`` its hour, and those of the look before it, from which it takes what still
    holds."""

    def __init__(self, before: dict[str, Entries] | None = None, at: datetime | None = None) -> None:
        self._before = before or {}
        self._at = at
        self._kinds: dict[str, Results] = {}

    def renewed(self, now: datetime) -> Memo:
        """An empty memo for the next look, which takes over what it asks for; this one is left as it is. Results hold
        until time changes them, so none is taken over where the clock was put back."""
        is_earlier = self._at is not None and now < self._at
        return Memo({} if is_earlier else {kind: results.after for kind, results in self._kinds.items()}, now)

    def closed(self) -> Memo:
        """This memo, once the look is over: what the look did not ask for is dropped."""
        self._before = {}
        for results in self._kinds.values():
            results.before = {}
        return self

    def of(self, kind: str) -> Results:
        """The results of a kind, for a loop that asks for many."""
        if kind not in self._kinds:
            self._kinds[kind] = Results(self._before.get(kind, {}))
        return self._kinds[kind]

    def result(self, kind: str, given: object, make: Callable[..., T], *arguments: Any) -> T:
        """The only result of a kind; as ``Results.result``."""
        return self.of(kind).result("", given, make, *arguments)
