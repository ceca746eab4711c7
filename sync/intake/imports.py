"""A file that was uploaded to be imported: read and shown first, added once, in one request, when it is confirmed.

What was read waits in the ledger (table ``deliveries``) under the digest of file and tab, so that the same upload is
the same file, and can't be added twice. An append whose answer was lost is looked for and not sent again.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.core.sheet.plan import Plan, appended
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw, fingerprint, nearest, plain, quoted
from sync.core.sheet.tabs import Tab, locate
from sync.intake import file_rows
from sync.intake.file_rows import FileRows
from sync.ledger.ledger import Ledger
from sync.ledger.pushes import DONE, IMPORTS, Push, Pushes
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

SOURCE = IMPORTS
WAITING, ADDING = "待确认", "写入中"
MOST_IMPORTED = 2000  # rows; what one request takes for certain, so that all of them come in or none

Lists = Mapping[str, Collection[str]]


class Unsure(FileProblem):
    """Whether the rows are in is not known; asking once more finds out and does not double."""


@dataclass(frozen=True)
class Preview:
    """The rows that a file would add."""

    id: str
    name: str
    tab: Tab
    rows: Sequence[tuple[int, Mapping[str, Raw]]]  # number in the file, cells by column key
    doubts: Sequence[str]  # sentences on cells that would come in and be marked in 校验
    stands: str = ""  # where the same upload was imported before: the sentence on it


def preview(
    ledger: Ledger, name: str, content: bytes, tab: Tab, lists: Lists, zone: ZoneInfo, now: datetime
) -> Preview:
    """Read an upload and keep it until it is confirmed. Raises ``FileProblem`` with everything that is wrong."""
    brought = _read(name, content, tab, zone)
    rows = brought.rows
    if len(rows) > MOST_IMPORTED:
        raise FileProblem([f"文件 {name} 有 {len(rows)} 行，网页一次最多导入 {MOST_IMPORTED} 行，请分成几个文件。"])
    import_id = hashlib.sha256(tab.key.encode() + b"\0" + content).hexdigest()[:40]
    payload = json.dumps({"name": name, "tab": tab.key, "rows": rows}, ensure_ascii=False)
    pushes = Pushes(ledger)
    known = pushes.get(SOURCE, import_id)
    if known is None or known.state == WAITING:
        pushes.save([Push(SOURCE, import_id, now, payload, state=WAITING)])
    stands = known.sentence if known and known.state != WAITING else ""
    return Preview(import_id, name, tab, rows, [*brought.notes, *_doubts(rows, tab, lists)], stands)


def _read(name: str, content: bytes, tab: Tab, zone: ZoneInfo) -> FileRows:
    with tempfile.TemporaryDirectory(prefix="jielu-import-") as folder:
        path = Path(folder, _plain_name(name))
        path.write_bytes(content)
        return file_rows.read_rows(path, tab, zone=zone)


def _plain_name(name: str) -> str:
    """The file's name without anything that leads elsewhere."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign for sign in last if sign.isprintable()).strip(". ")[-80:]
    return clean or "未命名"


def _doubts(rows: Sequence[tuple[int, Mapping[str, Raw]]], tab: Tab, lists: Lists) -> list[str]:
    """Cells that are no name of a live list: they come in as they are, and 校验 will say so."""
    return [
        f"第 {number} 行「{column.header}」填的是{quoted(row[column.key])}，名单里没有。"
        f"{nearest(plain(row[column.key]), lists[column.choices])}导入以后「校验」会标出来。"
        for number, row in rows
        for column in tab.staff
        if column.choices in lists and column.key in row and plain(row[column.key]) not in lists[column.choices]
    ]


@dataclass
class Import:
    """Adds what was confirmed."""

    gateway: Gateway
    ledger: Ledger

    def confirm(self, import_id: str, by: str, now: datetime) -> str:
        """Add the rows once; the sentence that says so. Raises ``FileProblem`` where they are not in."""
        pushes = Pushes(self.ledger)
        upload = pushes.get(SOURCE, import_id)
        if upload is None or not (upload.payload or upload.state == DONE):
            raise FileProblem(["没有这个待导入的文件，请重新上传。"])
        if upload.state == DONE:
            return f"这个文件已经导入过，没有再导入：{upload.sentence}"
        payload = json.loads(upload.payload)
        tab = self.gateway.tabs[payload["tab"]]
        rows: list[dict[str, Raw]] = [row for _, row in payload["rows"]]
        with self.ledger.turn():  # two clicks, and two people, one after the other
            upload = pushes.get(SOURCE, import_id) or upload
            if upload.state == DONE:
                return f"这个文件已经导入过，没有再导入：{upload.sentence}"
            self._add(pushes, upload, tab, rows)
            sentence = f"{by} 于 {now:%m-%d %H:%M} 导入「{tab.title}」{len(rows)} 行（{payload['name']}）"
            pushes.save([replace(upload, state=DONE, sentence=sentence)])
        return sentence

    def _add(self, pushes: Pushes, upload: Push, tab: Tab, rows: Sequence[Mapping[str, Raw]]) -> None:
        try:
            table = self.gateway.read().get(tab.key)
        except Unreachable as error:
            raise FileProblem([f"一行也没有导入。{error}"]) from error
        layout = locate(tab, table.header) if table else f"工作簿里没有「{tab.title}」，请先运行 jielu init。"
        if table is None or isinstance(layout, str):
            raise FileProblem([f"一行也没有导入。{layout}"])
        first = fingerprint(tab, rows[0])
        like_first = Counter(
            fingerprint(tab, {c.key: row[layout.at[c.key]] for c in tab.staff if layout.at[c.key] < len(row)})
            for row in table.rows
        )[first]
        if upload.state == ADDING and like_first > upload.before:
            return  # its answer was lost, and all of it is in, since it went in one request
        pushes.save([replace(upload, state=ADDING, before=like_first)])
        self._send(pushes, upload, appended(layout, rows))

    def _send(self, pushes: Pushes, upload: Push, plan: Plan) -> None:
        try:
            self.gateway.write(plan)
        except Refused as error:
            pushes.save([upload])
            raise FileProblem([f"一行也没有导入。{error}"]) from error
        except Unknown as error:
            sentence = "没有得到确认，可能已经全部导入，也可能一行也没有。请过一会儿再点一次“导入”，不会重复。"
            raise Unsure([f"{sentence}{error}"]) from error
