"""A whole workbook from one store into another: all documents, accounts, tokens and channels, with their ids.

This is how a bureau moves between a SQLite file and a space of PostgreSQL, and how its backup is made and put back.
"""

from __future__ import annotations

from sync.workbook.cells.store import AnyStore
from sync.workbook.cells.transaction import SHIFT, Transaction, span

PORTION = 1000  # rows in memory at a time


class SpaceTaken(RuntimeError):
    """There is a workbook already where one was to go."""


def copy_space(source: AnyStore, target: AnyStore, *, over: bool = False) -> None:
    """Copy all of a store into an empty one, in one transaction. ``over``: what is in it is removed with it. Raises
    ``SpaceTaken``, and what the stores raise; the target is then as it was."""
    with source.read() as old, target.write() as new:
        if over:
            _clear(new)
        elif _is_filled(new):
            raise SpaceTaken("那里已经有工作簿，没有复制，什么也没有改。")
        _copy(old, new)


def is_filled(store: AnyStore) -> bool:
    """Whether anything is in it."""
    with store.read() as tx:
        return _is_filled(tx)


def clear_space(store: AnyStore) -> None:
    """Remove all that is in a store."""
    with store.write() as tx:
        _clear(tx)


def _is_filled(tx: Transaction) -> bool:
    return any((tx.files(), tx.accounts(), tx.tokens(), tx.channels()))


def _clear(tx: Transaction) -> None:
    for file_id, *_ in tx.files():
        tx.delete_file(file_id)
    for name, *_ in tx.accounts():
        tx.delete_account(name)
    for _, email, *_ in tx.tokens():
        tx.delete_tokens(email)
    for account, channel, *_ in tx.channels():
        tx.delete_channel(account, channel)


def _copy(old: Transaction, new: Transaction) -> None:
    for record in reversed(old.files()):  # of several that changed at once, the last made is listed first
        new.save_file(record)
        for place, (key, next_row, meta) in enumerate(old.sheets(record[0])):
            made = new.add_sheet(record[0], meta)
            new.save_sheet(made, place, next_row, meta)
            new.save_order(made, b"", old.order(key))
            _copy_rows(old, key, new, made)
    for account in old.accounts():
        new.save_account(account)
    for digest, email, expires, writes in old.tokens():
        new.add_token((digest, email, expires, bool(writes)))
    for channel in old.channels():
        new.add_channel(channel)


def _copy_rows(old: Transaction, key: int, new: Transaction, made: int) -> None:
    """The records of a sheet under the key that the new one has; their numbers stay."""
    shift = (made - key) << SHIFT
    first, last = span(key)
    while portion := old.records(first, last, PORTION):
        new.save_rows((row_id + shift, filled, bool(has), vals, extra) for row_id, filled, has, vals, extra in portion)
        first = portion[-1][0] + 1
