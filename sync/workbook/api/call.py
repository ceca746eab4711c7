"""One request as its handler sees it: who asks, what was sent, the documents it may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from sync.workbook.cells.defaults import SPREADSHEET
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.cells.transaction import Transaction
from sync.workbook.edits.protection import guard
from sync.workbook.edits.tables import LastTable
from sync.workbook.schema.a1 import Bounds
from sync.workbook.schema.errors import ApiError, DriveError, Json, file_not_found, forbidden, invalid, not_found

SheetKey = tuple[str, int]  # a document's id and its sheet's key in the store
_WRITERS = ("owner", "writer", "organizer", "fileOrganizer")


@dataclass(frozen=True)
class Call:
    """The request within its transaction."""

    tx: Transaction
    now: datetime
    account: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    push_hosts: tuple[str, ...] = ()  # where channels may lead, as ``addresses.allowed`` reads it
    last_tables: Mapping[SheetKey, LastTable] = field(default_factory=dict)  # what earlier requests left
    left: dict[SheetKey, LastTable] = field(default_factory=dict)  # what this one leaves, once it is committed

    def option(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def options(self, name: str) -> list[str]:
        """All values of a repeated query parameter."""
        return [value for key, value in self.query if key == name]

    def flag(self, name: str) -> bool:
        """A boolean query parameter; gspread writes `True`, others `true`."""
        return self.option(name).lower() in ("true", "1")

    def json(self) -> Json:
        """The body as a JSON object, empty when nothing was sent."""
        return as_object(self.body) if self.body.strip() else {}

    # Documents

    def spreadsheet(self, file_id: str, write: bool = False) -> Book:
        """The document by id as the Sheets API opens it: 404 unknown, 403 not for this account."""
        record = self.tx.file(file_id)
        if record is None:
            raise not_found()
        book = Book(self.tx, record, self.now, self.account)
        if not self.may(book.permissions, book.owner, write):
            raise forbidden()
        if book.mime_type != SPREADSHEET:
            raise ApiError(400, "This operation is not supported for this document", "FAILED_PRECONDITION")
        if write:
            book.before_saving = guard(book)
        return book

    def last_table(self, book: Book, sheet: Sheet, searched: Bounds) -> LastTable | None:
        """Where the last append left the table of that range; None where something changed since."""
        known = self.last_tables.get((book.id, sheet.key))
        if known is None or (known.version, known.searched) != (book.version, searched):
            return None
        for each in book.sheets:
            each.grid.is_free_of_rules = each.key in known.free_of_rules
        return known

    def leave(self, book: Book, sheet: Sheet, table: LastTable | None) -> None:
        """Leave to later requests where a table lies now."""
        if table is not None:
            self.left[book.id, sheet.key] = table

    def drive_file(self, file_id: str, write: bool = False) -> Book:
        """The document by id as Drive opens it: one that the account may not see is not there."""
        record = self.tx.file(file_id)
        if record is None:
            raise file_not_found(file_id)
        book = Book(self.tx, record, self.now, self.account)
        if not self.may(book.permissions, book.owner, False):
            raise file_not_found(file_id)
        if write and not self.may(book.permissions, book.owner, True):
            raise _insufficient(file_id)
        if write:
            book.before_saving = guard(book)
        return book

    def may(self, permissions: list[Json], owner: str, write: bool) -> bool:
        """Whether the account may read, or write, what is shared like that; the process itself may all."""
        if not self.account or self.account == owner:
            return True
        return any(self._covers(p) and (not write or p.get("role") in _WRITERS) for p in permissions)

    def _covers(self, permission: Json) -> bool:
        kind = permission.get("type")
        if kind == "anyone":
            return True
        if kind == "domain":
            return self.account.endswith("@" + permission.get("domain", ""))
        return bool(permission.get("emailAddress") == self.account)


def _insufficient(file_id: str) -> ApiError:
    message = f"The user does not have sufficient permissions for file {file_id}."
    return DriveError(403, message, "insufficientFilePermissions", "fileId")


def as_object(text: bytes | memoryview) -> Json:
    """A JSON object as it was sent."""
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(f"Invalid JSON payload received. {error}") from None
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received. The body must be an object.")
    return value
