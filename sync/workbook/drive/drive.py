"""What answers the routes of the Drive API: files listed, made, copied, renamed, shared, exported (section 13)."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

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
from sync.workbook.schema.schema import MESSAGES, REFUSED_FIELDS, read

Paged = TypeVar("Paged")
_SHORT = ("kind", "id", "name", "mimeType")
_FOLDER = "application/vnd.google-apps.folder"
_ROLES = ("owner", "writer", "commenter", "reader")
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


def masked(call: Call, whole: Json, usual: tuple[str, ...]) -> Json:
    """The answer by the mask that was asked for; without one its ``usual`` fields."""
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
        "mimeType": book.mime_type,
        "createdTime": book.created,
        "modifiedTime": book.modified,
        "version": str(book.version),
        "trashed": book.trashed,
        "explicitlyTrashed": book.trashed,
        "webViewLink": link,
        "parents": book.meta.get("parents", ["root"]),
        "permissions": permissions(book),
    }


def _body(call: Call, message: str) -> Json:
    """The body; Drive passes over names that it never had and over `kind` (clients send both), and refuses others."""
    known = (MESSAGES[message].keys() | REFUSED_FIELDS[message]) - {"kind"}
    return read(message, {key: item for key, item in call.json().items() if key in known})


# Files


def list_files(call: Call) -> Json:
    """files.list: the newest change first, by pages."""
    books = [book for book in map(_book(call), call.tx.files()) if call.may(book.permissions, book.owner, False)]
    clauses = list(_clauses(call.option("q")))
    books = [book for book in books if all(_clause(book, clause) for clause in clauses)]
    books, further = _page(call, _ordered(books, call.option("orderBy")))
    page = [resource(book) for book in books]
    short = page if call.option("fields") else [{key: file[key] for key in _SHORT} for file in page]
    whole: Json = {"kind": "drive#fileList", "incompleteSearch": False, "files": short, **further}
    return masked(call, whole, tuple(whole))


def _page(call: Call, items: list[Paged]) -> tuple[list[Paged], Json]:
    """The page that was asked for, and the token of the next where there is one."""
    start, size = _number(call, "pageToken", 0, 0), _number(call, "pageSize", 100, 1)
    return items[start : start + size], {"nextPageToken": str(start + size)} if start + size < len(items) else {}


_ORDERS: dict[str, Callable[[Book], Any]] = {
    "createdTime": lambda book: book.created,
    "folder": lambda book: book.mime_type != _FOLDER,
    "modifiedTime": lambda book: book.modified,
    "name": lambda book: book.name.casefold(),
    "name_natural": lambda book: _natural(book.name),
    "recency": lambda book: book.modified,
}
_LONGEST = 300  # digits of a number in a name that count


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key by which 2 comes before 12."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(part[:_LONGEST]), part) if part[0] in "0123456789" else (1, 0, part) for part in parts]


def _ordered(books: list[Book], order: str) -> list[Book]:
    """The files by the keys of `orderBy`, the first above all; 400 for a key that is not known here."""
    for term in reversed([part.split() for part in order.split(",")] if order.strip() else []):
        key = _ORDERS.get(term[0]) if term and term[1:] in ([], ["desc"]) else None
        if key is None:
            raise DriveError(400, f"Invalid Value: cannot order by '{' '.join(term)}'.", "invalid", "orderBy")
        books = sorted(books, key=key, reverse=term[1:] == ["desc"])
    return books


def _number(call: Call, name: str, usual: int, least: int) -> int:
    given = call.option(name) or str(usual)
    if not re.fullmatch(r"[0-9]{1,9}", given) or int(given) < least:
        raise DriveError(400, "Invalid Value", "invalid", name)
    return int(given)


def _book(call: Call) -> Any:
    return lambda record: Book(call.tx, record, call.now)


def _clauses(query: str) -> Iterator[re.Match[str]]:
    at = 0
    while query[at:].strip():
        match = _CLAUSE.match(query, at)
        if match is None:
            raise DriveError(400, "Invalid Value", "invalid", "q")
        yield match
        at = match.end()


def _clause(book: Book, match: re.Match[str]) -> bool:
    if folder := match["parent"] or match["folder"]:  # gspread writes it the other way round
        return folder[1:-1] in book.meta.get("parents", ["root"])
    value = re.sub(r"\\(.)", r"\1", match["value"].strip("\"'"))
    field = match["field"].lower()
    actual = {"mimetype": book.mime_type, "name": book.name, "trashed": str(book.trashed).lower()}[field]
    if match["op"].lower() == "contains":
        return bool(value.casefold() in actual.casefold())
    same: bool = actual == value
    return same == (match["op"] == "=")


def create(call: Call) -> Json:
    """files.create: a spreadsheet with one empty sheet, or a folder."""
    body = _body(call, "File")
    kind = body.get("mimeType") or defaults.SPREADSHEET
    if kind not in (defaults.SPREADSHEET, _FOLDER):
        raise DriveError(400, "Only spreadsheets and folders can be made here.", "invalid", "mimeType")
    book = new_book(call, body.get("name") or "Untitled")
    _put_into(book, body.get("parents", []), [])
    if kind == _FOLDER:
        book.meta["mimeType"] = _FOLDER
    else:
        book.add_sheet(defaults.sheet_properties(0, "Sheet1"))
    book.save()
    return masked(call, resource(book), _SHORT)


def _put_into(book: Book, added: list[str], removed: list[str]) -> None:
    """A file lies in one folder."""
    left = [parent for parent in book.meta.get("parents", ["root"]) if parent not in removed]
    if added or removed:
        book.meta["parents"] = added[-1:] or left or ["root"]


def get(call: Call, file_id: str) -> Json:
    """files.get."""
    record = call.tx.file(file_id)
    if record is not None and call.option("fields") == "version" and not call.account:
        return {"version": str(record[5])}  # the idle question, asked all day: no sheet is opened for it
    return masked(call, resource(call.drive_file(file_id)), _SHORT)


def update(call: Call, file_id: str) -> Json:
    """files.update: a new name is the document's new title; only its owner puts it into the trash and back."""
    book = call.drive_file(file_id, write=True)
    body = _body(call, "File")
    if body.get("mimeType", book.mime_type) != book.mime_type:
        raise DriveError(400, "The mimeType of a file cannot be changed.", "invalid", "mimeType")
    if "parents" in body:
        message = "The parents field is not directly writable in update requests. Use addParents and removeParents."
        raise DriveError(403, message, "fieldNotWritable", "parents")
    if "trashed" in body:
        _check_owner(call, book)
        book.meta["trashed"] = body["trashed"]
    book.name = body.get("name") or book.name
    _put_into(book, *(_ids(call.option(name)) for name in ("addParents", "removeParents")))
    book.save()
    return masked(call, resource(book), _SHORT)


def _ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_owner(call: Call, book: Book) -> None:
    """Refuses what only the owner may; a file that the process made is nobody else's."""
    if call.account and book.owner != call.account:
        message = f"The user does not have sufficient permissions for file {book.id}."
        raise DriveError(403, message, "insufficientFilePermissions", "fileId")


def delete(call: Call, file_id: str) -> None:
    """files.delete: only the owner's right."""
    book = call.drive_file(file_id, write=True)
    _check_owner(call, book)
    call.tx.delete_file(file_id)


def copy(call: Call, file_id: str) -> Json:
    """files.copy: `Copy of X` when no name is given."""
    source = _spreadsheet(call, file_id)
    body = _body(call, "File")
    book = new_book(call, body.get("name") or f"Copy of {source.name}")
    book.meta = orjson.loads(orjson.dumps(source.meta))
    book.meta.pop("trashed", None)
    _put_into(book, body.get("parents", []), [])
    for sheet in source.sheets:
        copy_sheet(sheet, book, sheet.title, sheet.id, None)
    book.save()
    return masked(call, resource(book), _SHORT)


def _spreadsheet(call: Call, file_id: str, write: bool = False) -> Book:
    """The file, refused where it is a folder."""
    book = call.drive_file(file_id, write)
    if book.mime_type == _FOLDER:
        raise DriveError(403, "This action is not supported for a folder.", "fileNotDownloadable", "fileId")
    return book


def comments(call: Call, file_id: str) -> Json:
    """comments.list: there are none here."""
    call.drive_file(file_id)
    whole: Json = {"comments": []}
    return masked(call, whole, tuple(whole))


def export(call: Call, file_id: str) -> tuple[str, bytes]:
    """files.export."""
    return exported(_spreadsheet(call, file_id), call.option("mimeType"))


def upload(call: Call, file_id: str) -> Json:
    """Drive v2 upload of CSV: one sheet, titled like the file, in place of all others."""
    book = _spreadsheet(call, file_id, write=True)
    rows = _csv(call.body)
    sheet = replace_all(book, book.name, rows, "America/Los_Angeles")
    _fill(book, sheet, rows)
    book.save()
    whole = uploads.resource(book)
    return masked(call, whole, tuple(whole))


def _csv(body: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    except UnicodeDecodeError:
        raise DriveError(400, "The file is not UTF-8.", "badRequest") from None
    except csv.Error as error:
        raise DriveError(400, f"The file is not CSV: {error}.", "badRequest") from None


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
    """A stable id of twenty digits, of the whole address; `anyone` says itself."""
    if kind == "anyone":
        return "anyoneWithLink"
    digest = hashlib.blake2b(f"{kind}:{address.casefold()}".encode(), digest_size=8).digest()
    return str(int.from_bytes(digest)).zfill(20)


def list_permissions(call: Call, file_id: str) -> Json:
    """permissions.list."""
    book = call.drive_file(file_id)
    shown, further = _page(call, permissions(book))
    whole = {"kind": "drive#permissionList", "permissions": shown, **further}
    return masked(call, whole, tuple(whole))


def get_permission(call: Call, file_id: str, permission_id: str) -> Json:
    """permissions.get."""
    return masked(call, _permission_of(call.drive_file(file_id), permission_id), _PERMISSION)


_PERMISSION = ("kind", "id", "type", "role")


def _permission_of(book: Book, permission_id: str) -> Json:
    for item in permissions(book):
        if item["id"] == permission_id:
            return item
    raise DriveError(404, f"Permission not found: {permission_id}.", "notFound", "permissionId")


def add_permission(call: Call, file_id: str) -> Json:
    """permissions.create: no letter is sent; a file has one owner, who alone may name another."""
    book = call.drive_file(file_id, write=True)
    body = _body(call, "Permission")
    kind, role = body.get("type") or "", body.get("role") or ""
    if kind not in ("user", "group", "domain", "anyone"):
        raise DriveError(400, "The permission type field is required.", "required", "permission.type")
    if role not in _ROLES:
        raise DriveError(400, "The permission role field is required.", "required", "permission.role")
    address = body.get("domain" if kind == "domain" else "emailAddress") or ""
    if not address and kind != "anyone":
        raise DriveError(400, "The specified emailAddress is invalid or not applicable.", "invalidSharingRequest")
    if role == "owner":
        return masked(call, _hand_over(call, book, kind, address), _PERMISSION)
    if address and kind == "user" and address == book.owner:
        return masked(call, permissions(book)[0], _PERMISSION)
    stored: Json = {"id": permission_id(kind, address), "type": kind, "role": role}
    if address:
        stored["domain" if kind == "domain" else "emailAddress"] = address
    book.permissions[:] = [item for item in book.permissions if item["id"] != stored["id"]] + [stored]
    book.save()
    return masked(call, {"kind": "drive#permission", **stored}, _PERMISSION)


def _hand_over(call: Call, book: Book, kind: str, address: str) -> Json:
    """Makes another the owner; who was it goes on to write."""
    _check_owner(call, book)
    if not call.flag("transferOwnership") or kind != "user":
        message = "The transferOwnership parameter must be enabled when the permission role is 'owner'."
        raise DriveError(403, message, "forbidden", "transferOwnership")
    left = [item for item in book.permissions if item.get("emailAddress") != address]
    if book.owner:
        left.append(_permission("writer", "user", book.owner))
    book.owner, book.permissions[:] = address, left
    book.save()
    return permissions(book)[0]


def update_permission(call: Call, file_id: str, permission_id: str) -> Json:
    """permissions.update: another role."""
    book = call.drive_file(file_id, write=True)
    stored = _permission_of(book, permission_id)
    role = _body(call, "Permission").get("role", "")
    if role not in _ROLES:
        raise DriveError(400, "The permission role field is required.", "required", "permission.role")
    if stored["role"] == "owner":
        raise DriveError(403, "The owner of a file cannot be changed so.", "insufficientFilePermissions")
    if role == "owner":
        return masked(call, _hand_over(call, book, stored["type"], stored.get("emailAddress", "")), _PERMISSION)
    for item in book.permissions:
        if item["id"] == permission_id:
            item["role"] = role
    book.save()
    return masked(call, {**stored, "role": role}, _PERMISSION)


def delete_permission(call: Call, file_id: str, permission_id: str) -> None:
    """permissions.delete: never the owner's; everybody may give up his own."""
    book = call.drive_file(file_id)
    stored = _permission_of(book, permission_id)
    if stored["role"] == "owner":
        raise DriveError(403, "The owner of a file cannot be removed.", "insufficientFilePermissions")
    if stored.get("emailAddress") != call.account:
        book = call.drive_file(file_id, write=True)
    book.permissions[:] = [item for item in book.permissions if item["id"] != permission_id]
    book.save()
