"""Bugs put in by hand, each as a context in which the product has it: to see that the simulation catches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

from sync.core.sheet import identity
from sync.core.sheet.identity import Binding, Known
from sync.core.sheet.rows import Row
from sync.ledger.ledger import Ledger
from sync.outgoing import outbox


@contextmanager
def written_by_position() -> Iterator[None]:
    """A row is whatever its number says, so that numbers which a write put on other rows after a sort stay there."""

    def bind(rows: Sequence[Row], claims: Mapping[int, str], known: Mapping[str, Known], keys: Any) -> Binding:
        if not claims:
            return _BIND(rows, claims, known, keys)
        rids: dict[int, str] = {}
        for row in rows:
            rid = claims.get(row.number, "")
            if rid in known and rid not in rids.values():
                rids[row.number] = rid
        missing = tuple(row for rid, row in known.items() if rid not in rids.values() and not row.deleted)
        return Binding(rids, frozenset(), missing)

    with patch.object(identity, "bind", bind):
        yield


@contextmanager
def sent_before_sending() -> Iterator[None]:
    """A notice is noted as sent before the mail server said yes."""
    send = outbox._send_batch

    def early(ledger: Ledger, server: Any, batch: str, group: Any, *more: Any) -> None:
        ledger.settle([queued.notice.number for queued in group], "已发送", "")
        send(ledger, server, batch, group, *more)

    with patch.object(outbox, "_send_batch", early):
        yield


@contextmanager
def id_adopted_twice() -> Iterator[None]:
    """Of two rows with one number both keep it."""

    def both(rows: Sequence[Row], claims: Mapping[int, str], known: Mapping[str, Known], keys: Any) -> Binding:
        binding = _BIND(rows, claims, known, keys)
        doubled = {row.number: claims[row.number] for row in rows
                   if row.number not in binding.rids and claims.get(row.number) in known}  # fmt: skip
        return Binding({**doubled, **binding.rids}, binding.adopted, binding.missing)

    with patch.object(identity, "bind", both):
        yield


@contextmanager
def restores_dropped() -> Iterator[None]:
    """What a write covered is forgotten instead of given back."""
    landed = Ledger.landed

    def forgetful(self: Ledger, *given: Any) -> Any:
        *_, took, back = given
        return landed(self, (), (), took, back)

    with patch.object(Ledger, "landed", forgetful):
        yield


_BIND = identity.bind
# By name: the profile and the seed from which it is searched for (where it was caught when it was put in), and the bug.
BUGS: dict[str, tuple[str, int, Callable[[], AbstractContextManager[None]]]] = {
    "written by position": ("rows", 14, written_by_position),
    "sent before sending": ("faults", 18, sent_before_sending),
    "id adopted twice": ("rows", 4, id_adopted_twice),
    "restores dropped": ("columns", 1, restores_dropped),
}
