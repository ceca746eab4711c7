"""What answers the routes of the Drive API: files listed, made, copied, renamed, shared, exported (section 13)."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import orjson

from sync.workbook.api.call import Call
from sync.workbook.api.spreadsheets import new_book
from sync.workbook.cells import defaults
from sync.workbook.cells.model import Book, Sheet
from sync.workbook.drive import uploads
from sync.workbook.drive.exports import exported
from sync.workbook.edits.sheets import copy_sheet, replace_all
from sync.workbook.edits.values import put_typed
from sync.workbook.schema.errors import DriveError, Json
from sync.workbook.schema.masks import keep

_SHORT = ("kind", "id", "name", "mimeType")
_CLAUSE = re.compile(
    r"\s*(?:(?P<field>mimeType|name|trashed)\s*(?P<op>!=|=|contains)\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|true|false)"
    r"|(?P<parent>\"[^\"]*\"|'[^']*')\s+in\s+parents|parents\s+in\s+(?P<folder>\"[^\"]*\"|'[^']*'))\s*(?P<and>and\b)?",
    re.IGNORECASE,
)


def _tree(fields: str) -> Any:
    """A mask as nested dicts, without a schema: Drive's answers here are few and small."""
    root: dict[str, Any] = {}
    for part in _parts(fields):
        head, _, rest = part.partition("(")
        node = root
        for word in head.replace("/", ".").split("."):
            node = node.setdefault(word.strip(), {})
        if rest:
            node.update(_tree(rest.rstrip()[:-1]))
    return root


def _parts(fields: str) -> list[str]:
    return [part for part in re.split(r",(?![^(]*\))", fields) if part.strip()]


def _masked(call: Call, whole: Json, usual: tuple[str, ...]) -> Json:
    fields = call.option("fields")
    if fields == "*":
        return whole
    if not fields:
        return {key: whole[key] for key in usual if key in whole}
    masked: Json = keep(whole, _tree(fields))
    return masked


def resource(book: Book) -> Json:
    """A file as Drive shows it, all fields. `version` rises with every change of the document."""
    link = f"https://docs.google.com/spreadsheets/d/{book.id}/edit?usp=drivesdk"
    return {
        "kind": "drive#file",
        "id": book.id,
        "name": book.name,
        "mimeType": defaults.SPREADSHEET,
        "createdTime": book.created,
        "modifiedTime": book.modified,
        "version": str(book.version),
        "trashed": False,
        "webViewLink": link,
        "parents": book.meta.get("parents", ["root"]),
        "permissions": permissions(book),
    }


# Files


def list_files(call: Call) -> Json:
    """files.list: the newest change first, by pages."""
    books = [book for book in map(_book(call), call.tx.files()) if call.may(book.permissions, book.owner, False)]
    books = [book for book in books if _matches(book, call.option("q"))]
    start, size = int(call.option("pageToken") or 0), int(call.option("pageSize") or 100)
    page = [resource(book) for book in books[start : start + size]]
    short = page if call.option("fields") else [{key: file[key] for key in _SHORT} for file in page]
    whole: Json = {"kind": "drive#fileList", "incompleteSearch": False, "files": short}
    if start + size < len(books):
        whole["nextPageToken"] = str(start + size)
    return _masked(call, whole, tuple(whole))


def _book(call: Call) -> Any:
    return lambda record: Book(call.tx, record, call.now)


def _matches(book: Book, query: str) -> bool:
    at = 0
    while query[at:].strip():
        match = _CLAUSE.match(query, at)
        if match is None:
            raise DriveError(400, "Invalid Value", "invalid", "q")
        if not _clause(book, match):
            return False
        at = match.end()
    return True


def _clause(book: Book, match: re.Match[str]) -> bool:
    if folder := match["parent"] or match["folder"]:  # gspread writes it the other way round
        return folder[1:-1] in book.meta.get("parents", ["root"])
    value = re.sub(r"\\(.)", r"\1", match["value"].strip("\"'"))
    field = match["field"].lower()
    actual = {"mimetype": defaults.SPREADSHEET, "name": book.name, "trashed": "false"}[field]
    if match["op"].lower() == "contains":
        return bool(value.casefold() in actual.casefold())
    same: bool = actual == value
    return same == (match["op"] == "=")


def create(call: Call) -> Json:
    """files.create: a spreadsheet with one empty sheet."""
    body = call.json()
    if (body.get("mimeType") or defaults.SPREADSHEET) != defaults.SPREADSHEET:
        raise DriveError(400, "Only spreadsheets can be made here.", "invalid", "mimeType")
    book = new_book(call, body.get("name") or "Untitled")
    if body.get("parents"):
        book.meta["parents"] = body["parents"]
    book.add_sheet(defaults.sheet_properties(0, "Sheet1"))
    book.save()
    return _masked(call, resource(book), _SHORT)


def get(call: Call, file_id: str) -> Json:
    """files.get."""
    record = call.tx.file(file_id)
    if record is not None and call.option("fields") == "version" and not call.account:
        return {"version": str(record[5])}  # the idle question, asked all day: no sheet is opened for it
    return _masked(call, resource(call.drive_file(file_id)), _SHORT)


def update(call: Call, file_id: str) -> Json:
    """files.update: a new name is the document's new title."""
    book = call.drive_file(file_id, write=True)
    body = call.json()
    if body.get("trashed"):
        call.tx.delete_file(file_id)
        return _masked(call, {**resource(book), "trashed": True}, _SHORT)
    book.name = body.get("name") or book.name
    book.save()
    return _masked(call, resource(book), _SHORT)


def delete(call: Call, file_id: str) -> None:
    """files.delete: only the owner's right."""
    book = call.drive_file(file_id, write=True)
    if call.account and book.owner != call.account:
        message = f"The user does not have sufficient permissions for file {file_id}."
        raise DriveError(403, message, "insufficientFilePermissions", "fileId")
    call.tx.delete_file(file_id)


def copy(call: Call, file_id: str) -> Json:
    """files.copy: `Copy of X` when no name is given."""
    source = call.drive_file(file_id)
    book = new_book(call, call.json().get("name") or f"Copy of {source.name}")
    book.meta = orjson.loads(orjson.dumps(source.meta))
    for sheet in source.sheets:
        copy_sheet(sheet, book, sheet.title, sheet.id, None)
    book.save()
    return _masked(call, resource(book), _SHORT)


def comments(call: Call, file_id: str) -> Json:
    """comments.list: there are none here."""
    call.drive_file(file_id)
    return {"comments": []}


def export(call: Call, file_id: str) -> tuple[str, bytes]:
    """files.export."""
    return exported(call.drive_file(file_id), call.option("mimeType"))


def upload(call: Call, file_id: str) -> Json:
    """Drive v2 upload of CSV: one sheet, titled like the file, in place of all others."""
    book = call.drive_file(file_id, write=True)
    rows = list(csv.reader(io.StringIO(call.body.decode("utf-8-sig"), newline="")))
    sheet = replace_all(book, book.name, rows, "America/Los_Angeles")
    _fill(book, sheet, rows)
    book.save()
    return uploads.resource(book)


def _fill(book: Book, sheet: Sheet, rows: list[list[str]]) -> None:
    for index, items in enumerate(rows):
        row = sheet.grid.edit(index)
        for column, item in enumerate(items):
            put_typed(book, sheet, index, column, row, item)


# Permissions


def permissions(book: Book) -> list[Json]:
    """Who may what, the owner first."""
    owner = [_permission("owner", "user", book.owner)] if book.owner else []
    return [{"kind": "drive#permission", **item} for item in owner + book.permissions]


def _permission(role: str, kind: str, address: str) -> Json:
    return {"id": permission_id(kind, address), "type": kind, "emailAddress": address, "role": role}


def permission_id(kind: str, address: str) -> str:
    """A stable id: `anyone` says itself, an account's is made of its address."""
    if kind == "anyone":
        return "anyoneWithLink"
    return str(int.from_bytes(address.encode()[-8:].rjust(8, b"\1")) % 10**20).zfill(20)


def list_permissions(call: Call, file_id: str) -> Json:
    """permissions.list."""
    book = call.drive_file(file_id)
    whole = {"kind": "drive#permissionList", "permissions": permissions(book)}
    return _masked(call, whole, tuple(whole))


def add_permission(call: Call, file_id: str) -> Json:
    """permissions.create: no letter is sent."""
    book = call.drive_file(file_id, write=True)
    body = call.json()
    kind, role = body.get("type") or "", body.get("role") or ""
    if kind not in ("user", "group", "domain", "anyone") or role not in ("owner", "writer", "commenter", "reader"):
        raise DriveError(400, "The permission type field is required.", "required", "permission.type")
    address = body.get("domain" if kind == "domain" else "emailAddress") or ""
    stored: Json = {"id": permission_id(kind, address), "type": kind, "role": role}
    if address:
        stored["domain" if kind == "domain" else "emailAddress"] = address
    book.permissions[:] = [item for item in book.permissions if item["id"] != stored["id"]] + [stored]
    book.save()
    return _masked(call, {"kind": "drive#permission", **stored}, ("kind", "id", "type", "role"))


def delete_permission(call: Call, file_id: str, permission_id: str) -> None:
    """permissions.delete: never the owner's."""
    book = call.drive_file(file_id, write=True)
    if any(item["id"] == permission_id and item["role"] == "owner" for item in permissions(book)):
        raise DriveError(403, "The owner of a file cannot be removed.", "insufficientFilePermissions")
    left = [item for item in book.permissions if item["id"] != permission_id]
    if len(left) == len(book.permissions):
        raise DriveError(404, f"Permission not found: {permission_id}.", "notFound", "permissionId")
    book.permissions[:] = left
    book.save()
