"""The server: a request in, Google's answer out. The routes are one table; nothing here knows HTTP or a client.

`Api.handle` answers every request: in process through `transport.py`, over HTTP through a web framework.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson

from sync.workbook.api import data_filters, spreadsheets
from sync.workbook.api.call import Call, SheetKey
from sync.workbook.cells.store import AnyStore, Unavailable
from sync.workbook.cells.transaction import Transaction
from sync.workbook.drive import channels, drive
from sync.workbook.edits.tables import LastTable
from sync.workbook.schema import masks, parameters
from sync.workbook.schema.errors import ApiError, insufficient_scopes, not_found, unavailable

JSON = "application/json; charset=UTF-8"
MOST_TABLES = 256  # of which it is remembered where the last append left them

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A request without its host. `account` is the address of who asks; empty is the process itself.

    `may_write`: whether the scopes allow more than to read.
    """

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    account: str = ""
    may_write: bool = True


@dataclass(frozen=True)
class Response:
    """An answer. `headers` always carry the content type and Google's Vary."""

    status: int
    headers: dict[str, str]
    body: bytes


Handler = Callable[..., Any]


class Route(NamedTuple):
    """A method of Google's description under its name there (`drive.v2.` for Drive's second version, the Sheets API's
    without `sheets.`), where it is, whether it writes, and what answers. The first that fits an address counts.

    ``message``: of an answer that its handler leaves whole for the mask.
    """

    name: str
    method: str
    path: str
    writes: bool
    handler: Handler
    message: str = ""


_ID, _RANGE = r"(?P<file_id>[^/:]+)", r"(?P<range>.+?)"
_SHEETS = rf"/v4/spreadsheets/{_ID}"
_FILES, _PERMISSION = r"/drive/v3/files", r"(?P<permission_id>[^/]+)"

ROUTES = [
    Route("spreadsheets.create", "POST", r"/v4/spreadsheets/?", True, spreadsheets.create),
    Route("spreadsheets.get", "GET", rf"{_SHEETS}/?", False, spreadsheets.get),
    Route("spreadsheets.batchUpdate", "POST", rf"{_SHEETS}/?:batchUpdate", True, spreadsheets.batch_update),
    Route(
        "spreadsheets.getByDataFilter", "POST", rf"{_SHEETS}/?:getByDataFilter", False, data_filters.get_by_data_filter
    ),
    Route(
        "spreadsheets.developerMetadata.get",
        "GET",
        rf"{_SHEETS}/developerMetadata/(?P<metadata_id>[^/:]+)",
        False,
        data_filters.metadata_get,
        "DeveloperMetadata",
    ),
    Route(
        "spreadsheets.developerMetadata.search",
        "POST",
        rf"{_SHEETS}/developerMetadata:search",
        False,
        data_filters.metadata_search,
        "SearchDeveloperMetadataResponse",
    ),
    Route(
        "spreadsheets.values.batchGetByDataFilter",
        "POST",
        rf"{_SHEETS}/values:batchGetByDataFilter",
        False,
        data_filters.values_batch_get,
        "BatchGetValuesByDataFilterResponse",
    ),
    Route(
        "spreadsheets.values.batchUpdateByDataFilter",
        "POST",
        rf"{_SHEETS}/values:batchUpdateByDataFilter",
        True,
        data_filters.values_batch_update,
        "BatchUpdateValuesByDataFilterResponse",
    ),
    Route(
        "spreadsheets.values.batchClearByDataFilter",
        "POST",
        rf"{_SHEETS}/values:batchClearByDataFilter",
        True,
        data_filters.values_batch_clear,
        "BatchClearValuesByDataFilterResponse",
    ),
    Route("spreadsheets.values.batchGet", "GET", rf"{_SHEETS}/values:batchGet", False, spreadsheets.batch_get),
    Route(
        "spreadsheets.values.batchUpdate",
        "POST",
        rf"{_SHEETS}/values:batchUpdate",
        True,
        spreadsheets.values_batch_update,
        "BatchUpdateValuesResponse",
    ),
    Route(
        "spreadsheets.values.batchClear",
        "POST",
        rf"{_SHEETS}/values:batchClear",
        True,
        spreadsheets.batch_clear,
        "BatchClearValuesResponse",
    ),
    Route(
        "spreadsheets.sheets.copyTo",
        "POST",
        rf"{_SHEETS}/sheets/(?P<sheet_id>\d+):copyTo",
        True,
        spreadsheets.copy_to,
        "SheetProperties",
    ),
    Route(
        "spreadsheets.values.append",
        "POST",
        rf"{_SHEETS}/values/{_RANGE}:append",
        True,
        spreadsheets.append,
        "AppendValuesResponse",
    ),
    Route(
        "spreadsheets.values.clear",
        "POST",
        rf"{_SHEETS}/values/{_RANGE}:clear",
        True,
        spreadsheets.clear,
        "ClearValuesResponse",
    ),
    Route("spreadsheets.values.get", "GET", rf"{_SHEETS}/values/{_RANGE}", False, spreadsheets.values_get),
    Route(
        "spreadsheets.values.update",
        "PUT",
        rf"{_SHEETS}/values/{_RANGE}",
        True,
        spreadsheets.values_update,
        "UpdateValuesResponse",
    ),
    Route("drive.files.list", "GET", rf"{_FILES}/?", False, drive.list_files),
    Route("drive.files.create", "POST", rf"{_FILES}/?", True, drive.create),
    Route("drive.files.get", "GET", rf"{_FILES}/{_ID}/?", False, drive.get),
    Route("drive.files.update", "PATCH", rf"{_FILES}/{_ID}/?", True, drive.update),
    Route("drive.files.delete", "DELETE", rf"{_FILES}/{_ID}/?", True, drive.delete),
    Route("drive.files.copy", "POST", rf"{_FILES}/{_ID}/copy", True, drive.copy),
    Route("drive.files.export", "GET", rf"{_FILES}/{_ID}/export", False, drive.export),
    Route("drive.files.watch", "POST", rf"{_FILES}/{_ID}/watch", True, channels.watch),
    Route("drive.channels.stop", "POST", r"/drive/v3/channels/stop", True, channels.stop),
    Route("drive.comments.list", "GET", rf"{_FILES}/{_ID}/comments", False, drive.comments),
    Route("drive.permissions.list", "GET", rf"{_FILES}/{_ID}/permissions", False, drive.list_permissions),
    Route("drive.permissions.create", "POST", rf"{_FILES}/{_ID}/permissions", True, drive.add_permission),
    Route("drive.permissions.get", "GET", rf"{_FILES}/{_ID}/permissions/{_PERMISSION}", False, drive.get_permission),
    Route(
        "drive.permissions.update", "PATCH", rf"{_FILES}/{_ID}/permissions/{_PERMISSION}", True, drive.update_permission
    ),
    Route(
        "drive.permissions.delete",
        "DELETE",
        rf"{_FILES}/{_ID}/permissions/{_PERMISSION}",
        True,
        drive.delete_permission,
    ),
    Route("drive.v2.files.update", "PUT", rf"/upload/drive/v2/files/{_ID}", True, drive.upload),
]
COMPILED = [(route, re.compile(route.path)) for route in ROUTES]
# What Google's description has beside these: answered as an address that is not there.
_REFUSED = """
    drive.about.get drive.accessproposals.get drive.accessproposals.list drive.accessproposals.resolve
    drive.approvals.approve drive.approvals.cancel drive.approvals.comment drive.approvals.decline drive.approvals.get
    drive.approvals.list drive.approvals.reassign drive.approvals.start drive.apps.get drive.apps.list
    drive.changes.getStartPageToken drive.changes.list drive.changes.watch drive.comments.create
    drive.comments.delete drive.comments.get drive.comments.update drive.drives.create drive.drives.delete
    drive.drives.get drive.drives.hide drive.drives.list drive.drives.unhide drive.drives.update drive.files.download
    drive.files.emptyTrash drive.files.generateCseToken drive.files.generateIds drive.files.listLabels
    drive.files.modifyLabels drive.operations.get drive.replies.create drive.replies.delete
    drive.replies.get drive.replies.list drive.replies.update drive.revisions.delete drive.revisions.get
    drive.revisions.list drive.revisions.update drive.teamdrives.create drive.teamdrives.delete drive.teamdrives.get
    drive.teamdrives.list drive.teamdrives.update
"""
REFUSED_METHODS = frozenset(_REFUSED.split())


# No read-only scope allows the first, though they only read; each allows the others, since no document changes.
_WITHOUT_READ_ONLY = (data_filters.get_by_data_filter, data_filters.metadata_search)
_WITH_READ_ONLY = (channels.watch, channels.stop)


def _overridden(request: Request) -> Request:
    """The request that is meant where one too long for an address was sent as a POST, its query in the body."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    method = headers.get("x-http-method-override", "").upper()
    if request.method != "POST" or not method:
        return request
    if method != "GET":
        return replace(request, method=method)
    given = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return replace(request, method="GET", query=[*request.query, *given], body=b"")


def _needs_more_than_to_read(route: Route) -> bool:
    return (route.writes and route.handler not in _WITH_READ_ONLY) or route.handler in _WITHOUT_READ_ONLY


class Api:
    """The Sheets and Drive API over a store. `clock` gives the time of a request, with a time zone; `push_hosts`:
    where channels may lead (`drive/channels.py`)."""

    def __init__(
        self,
        store: AnyStore,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        push_hosts: tuple[str, ...] = (),
    ) -> None:
        self.store, self.clock, self.push_hosts = store, clock, push_hosts
        self._last_tables: dict[SheetKey, LastTable] = {}

    def handle(self, request: Request) -> Response:
        """Answers one request in one transaction. Refusals are answers; nothing is raised for a bad request."""
        try:
            return self._answer(request)
        except ApiError as refusal:
            return _response(refusal.code, refusal.body())
        except Unavailable:
            log.exception("%s %s", request.method, request.path)
            return _response(503, unavailable().body())

    def _answer(self, asked: Request) -> Response:
        request = _overridden(asked)
        for route, path in COMPILED:
            match = path.fullmatch(request.path) if route.method == request.method else None
            if match is not None:
                if not request.may_write and _needs_more_than_to_read(route):
                    raise insufficient_scopes()
                request = replace(request, query=parameters.checked(route.name, request.query))
                arguments = {key: unquote(value) for key, value in match.groupdict().items()}
                with self._transaction(route.writes) as tx:
                    call = self._call(tx, request)
                    response = _as_response(_masked(call, route.message, route.handler(call, **arguments)))
                self._take_over(call)
                return response
        raise not_found()

    def _transaction(self, writes: bool) -> AbstractContextManager[Transaction]:
        return self.store.write() if writes else self.store.read()

    def _call(self, tx: Transaction, request: Request) -> Call:
        asked = request.account, request.query, request.headers, request.body
        return Call(tx, self.clock(), *asked, self.push_hosts, self._last_tables)

    def _take_over(self, call: Call) -> None:
        """Keep what a committed request left; each says for which version of its document it holds."""
        if call.left:
            others = [item for item in self._last_tables.items() if item[0] not in call.left]
            self._last_tables = dict([*others, *call.left.items()][-MOST_TABLES:])


def _masked(call: Call, message: str, answer: Any) -> Any:
    fields = call.option("fields")
    return masks.keep(answer, masks.tree(message, fields)) if message and fields else answer


def _as_response(answer: Any) -> Response:
    if answer is None:
        return Response(204, {"Content-Type": "text/html", "Vary": "Origin, X-Origin"}, b"")
    if isinstance(answer, bytes):
        return _response(200, answer)
    if isinstance(answer, tuple):  # an export: content type and content
        return _response(200, answer[1], answer[0])
    return _response(200, orjson.dumps(answer))


def _response(status: int, body: bytes, kind: str = JSON) -> Response:
    return Response(status, {"Content-Type": kind, "Vary": "Origin, X-Origin, Referer"}, body)
