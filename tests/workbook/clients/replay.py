"""A recorded conversation with the real API, held again with the embedded workbook.

Ids that the two servers give differ; from then on the recorded one stands for ours. What was there before a
recording began (files that it opens and never makes) is set up from what the recording first shows of it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from sync.workbook.cells import defaults
from sync.workbook.cells.model import Book
from sync.workbook.server import Api, Request
from tests.stores import open_store

FOLDER = Path(__file__).parents[2] / "data" / "sheets-api-recordings"
ROBOT = "robot@project.example.invalid"  # the account that the recordings were made with
IDS = {"id", "spreadsheetId", "sheetId", "namedRangeId", "protectedRangeId"}
TIMES = {"createdTime", "modifiedTime", "createdDate", "modifiedDate", "modifiedByMeDate", "lastViewedByMeDate"}
ADDRESSES = {"emailAddress", "displayName", "ownerNames", "lastModifyingUserName", "etag", "users"}


def conversations() -> list[Path]:
    """All recordings, by name."""
    return sorted(FOLDER.glob("*.jsonl"))


class Replay:
    """One conversation. `differences` yields, call by call, what does not agree (None: all agrees)."""

    def __init__(self, recording: Path, folder: Path) -> None:
        self.calls = [json.loads(line) for line in recording.read_text().splitlines()]
        self.store = open_store(folder / f"{recording.stem}.db")
        self.now = datetime(2023, 10, 1, tzinfo=UTC)
        self.api = Api(self.store, self._clock)
        self.ours: dict[Any, Any] = {}

    def _clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def differences(self) -> Iterator[str | None]:
        """Plays every call in turn."""
        planted = self._planted()
        for call in self.calls:
            for file_id in self._shown(call).keys() & planted.keys():
                self._plant(file_id, planted.pop(file_id))
            parts = urlsplit(self._text(call["uri"]))
            query = parse_qsl(parts.query, keep_blank_values=True)
            response = self.api.handle(Request(call["method"], parts.path, query, {}, self._body(call), ROBOT))
            yield self._difference(call, response.status, _decoded(response.body))
        self.store.close()

    def _body(self, call: dict[str, Any]) -> bytes:
        request = call["request"]
        if request is None or isinstance(request, str):
            return (request or "").encode()
        return orjson.dumps(self._known(request))

    def _text(self, uri: str) -> str:
        for recorded, ours in self.ours.items():
            if isinstance(recorded, str) and len(recorded) > 20:
                uri = uri.replace(recorded, str(ours))
        return uri

    def _known(self, value: Any, key: str = "") -> Any:
        """The value with ids of the recording replaced by ours."""
        if isinstance(value, dict):
            return {k: self._known(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self._known(item, key) for item in value]
        return self.ours.get(value, value) if key in IDS and value else value

    def _difference(self, call: dict[str, Any], status: int, ours: Any) -> str | None:
        if status != call["status"]:
            return f"status {status}, recorded {call['status']}: {str(ours)[:200]}"
        return next(self._unlike(call["response"], ours, ""), None)

    def _unlike(self, theirs: Any, ours: Any, path: str) -> Iterator[str]:
        key = path.rpartition(".")[2].partition("[")[0]
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for name in theirs.keys() | ours.keys():
                if name in theirs and name in ours:
                    yield from self._unlike(theirs[name], ours[name], f"{path}.{name}")
                else:
                    yield f"{path}.{name} only {'recorded' if name in theirs else 'here'}"
        elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
            for n, (one, other) in enumerate(zip(theirs, ours, strict=True)):
                yield from self._unlike(one, other, f"{path}[{n}]")
        elif key in IDS and type(theirs) is type(ours):
            self.ours[theirs] = ours
        elif not _no_matter(key, theirs, ours) and theirs != ours:
            yield f"{path}: {str(ours)[:100]}, recorded {str(theirs)[:100]}"

    # What was there before

    def _planted(self) -> dict[str, dict[str, Any]]:
        """Files that others made before, or while, the conversation was held."""
        made = {c["response"]["id"] for c in self.calls if c["method"] == "POST" and _is_file(c["response"])}
        files: dict[str, dict[str, Any]] = {}
        for call in self.calls:
            for file_id, facts in self._shown(call).items():
                files.setdefault(file_id, {}).update({k: v for k, v in facts.items() if k not in files[file_id]})
        return {file_id: facts for file_id, facts in files.items() if file_id not in made}

    def _shown(self, call: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """What one call shows of files, by id."""
        response, file_id = call["response"], call["uri"].split("?")[0].rpartition("/")[2]
        if call["status"] == 403:
            return {file_id: {"owner": "somebody@else.example.invalid"}}
        if not isinstance(response, dict):
            return {}
        if "sheets" in response and "properties" in response:
            return {file_id: {"document": response}}
        return {file["id"]: file for file in response.get("files", ())}

    def _plant(self, file_id: str, file: dict[str, Any]) -> None:
        document = file.get("document", {})
        properties = {**defaults.book_properties(), **document.get("properties", {})}
        name = file.get("name") or properties.pop("title", "")
        properties.pop("title", None)
        created, modified = file.get("createdTime", ""), file.get("modifiedTime", "")
        meta = orjson.dumps({"properties": properties})
        with self.store.write() as tx:
            book = Book(tx, (file_id, name, file.get("owner", ROBOT), created, "", 0, b"[]", meta), self.now)
            for sheet in document.get("sheets") or [{"properties": defaults.sheet_properties(0, "Sheet1")}]:
                known = {k: v for k, v in sheet["properties"].items() if k != "index"}
                book.add_sheet(known, meta={k: v for k, v in sheet.items() if k in ("merges",)})
            book.save()
            tx.run("UPDATE files SET modified = ? WHERE id = ?", (modified, file_id))


def _is_file(response: Any) -> bool:
    return isinstance(response, dict) and response.get("kind") == "drive#file"


def _no_matter(key: str, theirs: Any, ours: Any) -> bool:
    if key in TIMES | ADDRESSES:
        return isinstance(ours, type(theirs))
    return isinstance(theirs, str) and theirs.startswith("https://") and str(ours).startswith("https://")


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return body.decode()
