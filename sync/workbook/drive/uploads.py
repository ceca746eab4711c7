"""The Drive v2 file that an upload answers with: long, and read by hardly anybody."""

from __future__ import annotations

from urllib.parse import quote

from sync.workbook.cells.defaults import DOMAIN, SPREADSHEET
from sync.workbook.cells.model import Book
from sync.workbook.schema.errors import Json

_DRIVE = "https://www.googleapis.com/drive/v2/files/{}"
_DOCS = "https://docs.google.com/spreadsheets"
_EXPORTS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}


def _user(address: str) -> Json:
    return {
        "displayName": address,
        "kind": "drive#user",
        "isAuthenticatedUser": True,
        "permissionId": "00000000000000000000",
        "emailAddress": address,
        "picture": {"url": "https://lh3.googleusercontent.com/a/default-user=s64"},
    }


def resource(book: Book) -> Json:
    """The file, in version 2 of the API."""
    link, owner = _DRIVE.format(book.id), book.owner or f"owner@{DOMAIN}"
    export = f"{_DOCS}/export?id={book.id}&exportFormat="
    return {
        "kind": "drive#file",
        "id": book.id,
        "title": book.name,
        "mimeType": SPREADSHEET,
        "etag": f'"{quote(book.modified)}"',
        "selfLink": link,
        "alternateLink": f"{_DOCS}/d/{book.id}/edit?usp=drivesdk",
        "embedLink": f"{_DOCS}/d/{book.id}/htmlembed?ouid=000000000000000000000",
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{SPREADSHEET}",
        "thumbnailLink": f"https://docs.google.com/feeds/vt?gd=true&id={book.id}&v=1&s=none&sz=s220",
        "exportLinks": {kind: export + suffix for kind, suffix in _EXPORTS.items()},
        "userPermission": _permission(link),
        "ownerNames": [owner],
        "owners": [_user(owner)],
        "lastModifyingUserName": owner,
        "lastModifyingUser": _user(owner),
        "parents": [_parent(link)],
        "labels": {"viewed": True, "restricted": False, "starred": False, "hidden": False, "trashed": False},
        "capabilities": {"canEdit": True, "canCopy": True},
        "spaces": ["drive"],
        "version": str(book.version),
        "fileSize": "1024",
        "quotaBytesUsed": "1024",
        **_dates(book),
        **dict.fromkeys(("editable", "writersCanShare", "copyable"), True),
        **dict.fromkeys(("appDataContents", "shared", "copyRequiresWriterPermission", "explicitlyTrashed"), False),
    }


def _permission(link: str) -> Json:
    own = {"id": "me", "type": "user", "role": "owner", "kind": "drive#permission", "pendingOwner": False}
    return {**own, "selfLink": f"{link}/permissions/me", "etag": '"me"'}


def _parent(link: str) -> Json:
    root = "0AAAAAAAAAAAAAAAAAAA"
    return {
        "kind": "drive#parentReference",
        "id": root,
        "isRoot": True,
        "selfLink": f"{link}/parents/{root}",
        "parentLink": _DRIVE.format(root),
    }


def _dates(book: Book) -> Json:
    changed = dict.fromkeys(("modifiedDate", "modifiedByMeDate", "lastViewedByMeDate"), book.modified)
    return {"createdDate": book.created, **changed, "markedViewedByMeDate": "1970-01-01T00:00:00.000Z"}
