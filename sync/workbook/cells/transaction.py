"""What one request may ask of a store: documents, sheets, rows, accounts. The same statements for every database.

A sheet's row is one record: the JSON text of its unformatted values kept ready for an answer, and one of all else
that its cells carry. Where a row stands is kept apart, in blocks of record numbers, so that inserting, deleting,
moving or sorting rows moves numbers and leaves the records alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sync.workbook.cells.changes import Change
from sync.workbook.cells.row import RowRecord

BLOCK = 1000  # record numbers a block: 4,000 bytes, which fit one page of SQLite
SHIFT = 32  # a record's id is its sheet's key in the upper half and its number in the lower

FILE = "id, name, owner, created, modified, version, permissions, meta"
ACCOUNT = "name, email, key_id, public_key"
ACCESS = "digest, email, expires, writes"
CHANNEL = "account, id, file, address, token, expires, number, version, trashed, tries, due"
ROW = "id, filled, formulas, vals, extra"


@dataclass(frozen=True)
class Dialect:
    """What SQLite and PostgreSQL can't say alike.

    ``among``: the condition that ``id`` is in a list, which is one value as ``listed`` makes it. ``has_rule``:
    that a rule for what may be typed holds a formula. ``with_formulas``: the rows, by the index of those that
    hold formulas. ``insert_rows`` writes records; its last argument says what to do with those that are there.
    """

    among: str
    listed: Callable[[Iterable[int]], Any]
    has_rule: str
    with_formulas: str
    insert_rows: Callable[[Transaction, Iterable[RowRecord], str], None]


class Transaction:
    """What one request may ask of the store: plain records in and out, without their meaning.

    ``run``, ``run_many``: a statement with ``?`` for values, once or for each tuple of them.
    ``changes``: remembered for those who ask, once it is committed; ``by`` and ``asked``: who, and the request's id;
    ``did``: what others should be told of it.
    ``touched``: how many cells its requests went through.
    """

    def __init__(self, connection: Any, dialect: Dialect, *, watched: bool = False) -> None:
        self.run, self.run_many, self.dialect = connection.execute, connection.executemany, dialect
        self.watched, self.changes, self.by = watched, list[Change](), ""
        self.asked, self.did, self.touched = "", "", 0

    def _all(self, columns: str, source: str, *values: Any) -> list[Any]:
        records: list[Any] = self.run(f"SELECT {columns} FROM {source}", values).fetchall()  # noqa: S608
        return records

    def _first(self, columns: str, source: str, *values: Any) -> Any:
        """None where there is none."""
        return next(iter(self._all(columns, source, *values)), None)

    def _insert(self, table: str, columns: str, record: Sequence[Any]) -> None:
        marks = ", ".join("?" * len(record))
        self.run(f"INSERT INTO {table} ({columns}) VALUES ({marks})", record)  # noqa: S608

    # Documents

    def file(self, file_id: str) -> tuple[Any, ...] | None:
        """id, name, owner, created, modified, version, permissions, meta."""
        record: tuple[Any, ...] | None = self._first(FILE, "files WHERE id = ?", file_id)
        return record

    def files(self) -> list[tuple[Any, ...]]:
        """All documents, the one changed last first."""
        return self._all(FILE, "files ORDER BY modified DESC, rowid DESC")

    def save_file(self, record: tuple[Any, ...]) -> None:
        """Inserts or replaces a document's record."""
        file_id, name, owner, _, modified, version, permissions, meta = record
        done = self.run(
            "UPDATE files SET name = ?, owner = ?, modified = ?, version = ?, permissions = ?, meta = ? WHERE id = ?",
            (name, owner, modified, version, permissions, meta, file_id),
        )
        if not done.rowcount:
            self._insert("files", FILE, record)

    def delete_file(self, file_id: str) -> None:
        """Removes a document and everything in it."""
        for key, *_ in self.sheets(file_id):
            self.delete_sheet(key)
        self.run("DELETE FROM files WHERE id = ?", (file_id,))

    # Sheets

    def sheets(self, file_id: str) -> list[tuple[int, int, bytes]]:
        """key, next row number and meta of a document's sheets in their order."""
        return self._all("key, next_row, meta", "sheets WHERE file = ? ORDER BY place", file_id)

    def add_sheet(self, file_id: str, meta: bytes) -> int:
        """The key of a new, empty sheet; its place is set when the document is saved."""
        insert = "INSERT INTO sheets (file, place, next_row, meta) VALUES (?, ?, ?, ?) RETURNING key"
        [(key,)] = self.run(insert, (file_id, 1 << 30, 1, meta)).fetchall()
        return int(key)

    def save_sheet(self, key: int, place: int, next_row: int, meta: bytes) -> None:
        """Writes what is known of a sheet apart from its rows."""
        values = (place, next_row, meta, key)
        self.run("UPDATE sheets SET place = ?, next_row = ?, meta = ? WHERE key = ?", values)

    def delete_sheet(self, key: int) -> None:
        """Removes a sheet with its rows."""
        self.run("DELETE FROM rows WHERE id BETWEEN ? AND ?", span(key))
        self.run("DELETE FROM blocks WHERE sheet = ?", (key,))
        self.run("DELETE FROM sheets WHERE key = ?", (key,))

    def copy_rows(self, source: int, target: int) -> None:
        """Gives an empty sheet the rows of another."""
        self.run(
            "INSERT INTO rows (id, filled, formulas, vals, extra) "
            "SELECT id + ?, filled, formulas, vals, extra FROM rows WHERE id BETWEEN ? AND ?",
            ((target - source) << SHIFT, *span(source)),
        )
        copy = "INSERT INTO blocks (sheet, block, ids) SELECT ?, block, ids FROM blocks WHERE sheet = ?"
        self.run(copy, (target, source))

    # Rows

    def order(self, key: int) -> bytes:
        """The record numbers of a sheet's rows from the top, 32 bits each; 0 is a row without a record."""
        return b"".join([ids for (ids,) in self._all("ids", "blocks WHERE sheet = ? ORDER BY block", key)])

    def save_order(self, key: int, old: bytes, new: bytes) -> None:
        """Writes the blocks in which the new order differs from the old."""
        size = BLOCK * 4
        count = -(-len(new) // size)
        starts = range(0, len(new), size)
        changed = [(key, n, new[s : s + size]) for n, s in enumerate(starts) if old[s : s + size] != new[s : s + size]]
        self.run_many(
            "INSERT INTO blocks (sheet, block, ids) VALUES (?, ?, ?) ON CONFLICT (sheet, block) DO UPDATE "
            "SET ids = excluded.ids",
            changed,
        )
        if len(new) < len(old):
            self.run("DELETE FROM blocks WHERE sheet = ? AND block >= ?", (key, count))

    def row(self, row_id: int) -> tuple[bytes, bytes | None] | None:
        """The values and all else of one record."""
        record: tuple[bytes, bytes | None] | None = self._first("vals, extra", "rows WHERE id = ?", row_id)
        return record

    def select(self, columns: str, first: int, last: int, more: str = "") -> list[Any]:
        """Columns of the records from one id to another."""
        return self._all(columns, f"rows WHERE id BETWEEN ? AND ? {more}", first, last)

    def records(self, first: int, last: int, most: int) -> list[RowRecord]:
        """The first records from one id to another, by id."""
        return self._all(ROW, "rows WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?", first, last, most)

    def select_among(self, columns: str, ids: Iterable[int]) -> list[Any]:
        """Columns of the records with these ids."""
        return self._all(columns, f"rows WHERE {self.dialect.among}", self.dialect.listed(ids))

    def formula_rows(self, first: int, last: int) -> list[tuple[int]]:
        """Ids of the records that hold formulas."""
        source = f"{self.dialect.with_formulas} WHERE formulas AND id BETWEEN ? AND ?"
        return self._all("id", source, first, last)

    def rule_rows(self, first: int, last: int) -> list[tuple[int]]:
        """Ids of the records in which a rule for what may be typed holds a formula."""
        return self._all("id", f"rows WHERE id BETWEEN ? AND ? AND {self.dialect.has_rule}", first, last)

    def save_rows(self, records: Iterable[RowRecord]) -> None:
        """Inserts or replaces records, each of another id."""
        replace = (
            "ON CONFLICT (id) DO UPDATE SET filled = excluded.filled, formulas = excluded.formulas, "
            "vals = excluded.vals, extra = excluded.extra"
        )
        self.dialect.insert_rows(self, records, replace)

    def delete_rows(self, key: int, numbers: Iterable[int]) -> None:
        """Removes records of a sheet."""
        base = key << SHIFT
        ids = self.dialect.listed(base | number for number in numbers if number)
        self.run(f"DELETE FROM rows WHERE {self.dialect.among}", (ids,))  # noqa: S608

    # Accounts and their tokens

    def accounts(self) -> list[tuple[str, str, str, bytes]]:
        """name, e-mail, key's id and public key of all accounts, by name."""
        return self._all(ACCOUNT, "accounts ORDER BY name")

    def account(self, email: str) -> tuple[str, str, str, bytes] | None:
        """The account with that e-mail address, as in ``accounts``."""
        record: tuple[str, str, str, bytes] | None = self._first(ACCOUNT, "accounts WHERE email = ?", email)
        return record

    def save_account(self, record: tuple[str, str, str, bytes]) -> None:
        """Inserts an account in the place of those with its name or e-mail address."""
        self.run("DELETE FROM accounts WHERE name = ? OR email = ?", record[:2])
        self._insert("accounts", ACCOUNT, record)

    def delete_account(self, name: str) -> None:
        """Removes an account."""
        self.run("DELETE FROM accounts WHERE name = ?", (name,))

    def tokens(self) -> list[tuple[str, str, int, bool]]:
        """digest, e-mail, seconds since 1970 until when it is good, and whether it may write, of all tokens."""
        return self._all(ACCESS, "tokens")

    def token(self, digest: str) -> tuple[str, str, int, bool] | None:
        """A token, as in ``tokens``."""
        record: tuple[str, str, int, bool] | None = self._first(ACCESS, "tokens WHERE digest = ?", digest)
        return record

    def add_token(self, record: tuple[str, str, int, bool]) -> None:
        """Inserts a token."""
        self._insert("tokens", ACCESS, record)

    def delete_tokens(self, email: str) -> None:
        """Removes the tokens of an account."""
        self.run("DELETE FROM tokens WHERE email = ?", (email,))

    def drop_old_tokens(self, now: int) -> None:
        """Removes the tokens that are good no more."""
        self.run("DELETE FROM tokens WHERE expires <= ?", (now,))

    # Channels

    def channels(self) -> list[tuple[Any, ...]]:
        """All channels, in the order of CHANNEL."""
        return self._all(CHANNEL, "channels")

    def due_channels(self, now: int) -> list[tuple[Any, ...]]:
        """Channels that are to be told something, each followed by its file's version, meta, permissions and owner
        (None: it is gone)."""
        columns = ", ".join(f"channels.{name}" for name in CHANNEL.split(", "))
        source = (
            "channels LEFT JOIN files ON files.id = channels.file WHERE channels.due <= ? AND channels.expires > ? "
            "AND (channels.number = 0 OR files.version IS NULL OR files.version > channels.version)"
        )
        return self._all(f"{columns}, files.version, files.meta, files.permissions, files.owner", source, now, now)

    def add_channel(self, record: Sequence[Any]) -> None:
        """Inserts a channel."""
        self._insert("channels", CHANNEL, record)

    def save_channel(self, record: Sequence[Any]) -> None:
        """Replaces a channel."""
        account, channel, *values = record
        assign = ", ".join(f"{name} = ?" for name in CHANNEL.split(", ")[2:])
        self.run(f"UPDATE channels SET {assign} WHERE account = ? AND id = ?", (*values, account, channel))  # noqa: S608

    def delete_channel(self, account: str, channel: str) -> None:
        """Removes a channel."""
        self.run("DELETE FROM channels WHERE account = ? AND id = ?", (account, channel))

    def drop_old_channels(self, now: int) -> None:
        """Removes the channels whose time is over."""
        self.run("DELETE FROM channels WHERE expires <= ?", (now,))


def span(key: int) -> tuple[int, int]:
    """The first and the last id that a sheet's records can have."""
    return key << SHIFT, (key << SHIFT) | 0xFFFFFFFF


def numbers(data: bytes) -> array[int]:
    """Record numbers from their stored form."""
    return array("I", data)
