"""The query parameters of the methods that this server answers, and what it refuses of them.

PARAMETERS has the names of Google's description, method by method; STANDARD stands for all methods. A name in neither
is refused. ONLY lists what a parameter may say here; whatever else Google allows there is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sync.workbook.schema.errors import BAD_REQUEST, ApiError, DriveError, invalid, violation
from sync.workbook.schema.schema import camel, snake

Query = list[tuple[str, str]]

_STANDARD = """
    $.xgafv access_token alt callback fields key oauth_token prettyPrint quotaUser uploadType upload_protocol
"""
STANDARD = frozenset(_STANDARD.split())
_DRIVES = "supportsAllDrives:bool supportsTeamDrives:bool"
_SHOWN = "responseDateTimeRenderOption responseValueRenderOption includeValuesInResponse:bool valueInputOption"
_READ = "dateTimeRenderOption majorDimension valueRenderOption"
_LOOKS = "includeLabels includePermissionsForView"
_MADE = f"enforceSingleParent:bool {_LOOKS} keepRevisionForever:bool ocrLanguage"

_TEXT = f"""
spreadsheets.batchUpdate =
spreadsheets.create =
spreadsheets.get = commentsViewMode excludeTablesInBandedRanges:bool includeGridData:bool ranges:[str]
spreadsheets.getByDataFilter =
spreadsheets.developerMetadata.get =
spreadsheets.developerMetadata.search =
spreadsheets.sheets.copyTo =
spreadsheets.values.append = {_SHOWN} insertDataOption
spreadsheets.values.batchClear =
spreadsheets.values.batchClearByDataFilter =
spreadsheets.values.batchGet = {_READ} ranges:[str]
spreadsheets.values.batchGetByDataFilter =
spreadsheets.values.batchUpdate =
spreadsheets.values.batchUpdateByDataFilter =
spreadsheets.values.clear =
spreadsheets.values.get = {_READ}
spreadsheets.values.update = {_SHOWN}
drive.files.watch = acknowledgeAbuse:bool {_LOOKS} {_DRIVES}
drive.channels.stop =
drive.comments.list = includeDeleted:bool pageSize:int pageToken startModifiedTime
drive.files.copy = copyComments:bool ignoreDefaultVisibility:bool {_MADE} {_DRIVES}
drive.files.create = ignoreDefaultVisibility:bool {_MADE} {_DRIVES} useContentAsIndexableText:bool
drive.files.delete = enforceSingleParent:bool {_DRIVES}
drive.files.export = mimeType
drive.files.get = acknowledgeAbuse:bool includeItemsFromAllDrives:bool {_LOOKS} {_DRIVES}
drive.files.list = corpora corpus driveId includeItemsFromAllDrives:bool {_LOOKS} includeTeamDriveItems:bool
    orderBy pageSize:int pageToken q spaces {_DRIVES} teamDriveId
drive.files.update = addParents {_MADE} removeParents {_DRIVES} useContentAsIndexableText:bool
drive.permissions.create = emailMessage enforceExpansiveAccess:bool enforceSingleParent:bool moveToNewOwnersRoot:bool
    sendNotificationEmail:bool {_DRIVES} transferOwnership:bool useDomainAdminAccess:bool
drive.permissions.delete = enforceExpansiveAccess:bool {_DRIVES} useDomainAdminAccess:bool
drive.permissions.get = {_DRIVES} useDomainAdminAccess:bool
drive.permissions.list = includePermissionsForView pageSize:int pageToken {_DRIVES} useDomainAdminAccess:bool
drive.permissions.update = enforceExpansiveAccess:bool removeExpiration:bool {_DRIVES} transferOwnership:bool
    useDomainAdminAccess:bool
drive.v2.files.update = addParents convert:bool enforceSingleParent:bool {_LOOKS} modifiedDateBehavior newRevision:bool
    ocr:bool ocrLanguage pinned:bool removeParents setModifiedDate:bool {_DRIVES} timedTextLanguage timedTextTrackName
    updateViewedDate:bool useContentAsIndexableText:bool
"""


def _parsed(text: str) -> dict[str, dict[str, str]]:
    entries = (entry.partition(" =") for entry in re.split(r"\n(?=\S)", text.strip()))
    parts = ((method, (word.partition(":") for word in words.split())) for method, _, words in entries)
    return {method: {name: kind or "str" for name, _, kind in words} for method, words in parts}


# By method: name and type, `str`, `int`, `bool` or `[str]` for one that may come several times. files.get has one more
# than Google's description: gspread sends it, and Google answers.
PARAMETERS = _parsed(_TEXT)

_NOTHING: tuple[str, ...] = ()
# There are no shared drives, comments, labels, revisions and no administrator of a domain here.
ONLY: dict[str, tuple[str, ...]] = {
    "alt": ("json",),
    "commentsViewMode": (
        "COMMENTS_VIEW_MODE_UNSPECIFIED",
        "COMMENTS_VIEW_MODE_DEFAULT_FOR_CURRENT_ACCESS",
        "COMMENTS_VIEW_MODE_OMITTED",
    ),
    "corpora": ("user", "allDrives"),
    "corpus": ("user",),
    "driveId": _NOTHING,
    "keepRevisionForever": ("false",),
    "moveToNewOwnersRoot": ("false",),
    "spaces": ("drive",),
    "teamDriveId": _NOTHING,
    "useDomainAdminAccess": ("false",),
}
# The same for single methods.
ONLY_OF: dict[str, dict[str, tuple[str, ...]]] = {
    "drive.files.export": {"alt": ("json", "media")},
    "drive.v2.files.update": {
        "addParents": _NOTHING,
        "convert": ("true",),
        "modifiedDateBehavior": ("now",),
        "ocr": ("false",),
        "pinned": ("false",),
        "removeParents": _NOTHING,
        "setModifiedDate": ("false",),
        "timedTextLanguage": _NOTHING,
        "timedTextTrackName": _NOTHING,
        "uploadType": ("media",),
    },
}
_BOOLEANS = {"true": "true", "1": "true", "false": "false", "0": "false"}


def checked(method: str, query: Query) -> Query:
    """The query under the names of Google's description; ApiError for a name or a value that the method has not."""
    known = PARAMETERS[method]
    return [_checked(method, known, _name(known, name), value) for name, value in query]


def unknown(query: Iterable[tuple[str, str]]) -> str:
    """The first name that no method of any API has; "" where there is none."""
    return next((name for name, _ in query if name not in STANDARD), "")


def _name(known: dict[str, str], name: str) -> str:
    spelling = next((word for word in (name, camel(name)) if word in known or word in STANDARD), None)
    if spelling is None:
        text = (
            f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
            f"Field '{name}' could not be found in request message."
        )
        raise invalid(text, [{"@type": BAD_REQUEST, "fieldViolations": [{"description": text}]}])
    return spelling


def _checked(method: str, known: dict[str, str], name: str, value: str) -> tuple[str, str]:
    kind = known.get(name, "str")
    if value and kind == "bool":
        value = _BOOLEANS.get(value.lower()) or _fail(method, name, value, "TYPE_BOOL")
    if value and kind == "int" and not re.fullmatch(r"[+-]?[0-9]{1,9}", value):
        _fail(method, name, value, "TYPE_INT32")
    allowed = ONLY_OF.get(method, {}).get(name, ONLY.get(name))
    if value and allowed is not None and value not in allowed:
        raise _refused(method, name, value)
    return name, value


def _fail(method: str, name: str, value: str, kind: str) -> str:
    if method.startswith("drive."):
        raise DriveError(400, f"Invalid Value '{value}' for '{name}'.", "invalidParameter", name)
    raise violation(snake(name), f"Invalid value at '{snake(name)}' ({kind}), \"{value}\"")


def _refused(method: str, name: str, value: str) -> ApiError:
    text = f"The value '{value}' of the parameter '{name}' is not supported by this server."
    return DriveError(400, text, "invalidParameter", name) if method.startswith("drive.") else invalid(text)
