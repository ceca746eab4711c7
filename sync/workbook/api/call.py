"""One request as its handler sees it: who asks, what was sent, the documents it may open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from sync.workbook.cells.defaults import SPREADSHEET
from sync.workbook.cells.model import Book
from sync.workbook.cells.transaction import Transaction
from sync.workbook.edits.protection import guard
from sync.workbook.schema.errors import ApiError, DriveError, Json, file_not_found, forbidden, invalid, not_found

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
        if not self.body.strip():
            return {}
        try:
            value: Any = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise invalid(f"Invalid JSON payload received. {error}") from None
        if not isinstance(value, dict):
            raise invalid("Invalid JSON payload received. The body must be an object.")
        return value

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
