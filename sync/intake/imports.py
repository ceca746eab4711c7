"""A file that was uploaded to be imported: read and shown first, added once, in one piece, when somebody says so.

What was read waits in the ledger (table ``deliveries``) under the digest of file and tab: the same upload is the same
waiting file, and once it is in it can't come in again. An add whose answer was lost is looked for and not sent again.
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
from sync.ledger.ledger import Ledger
from sync.ledger.pushes import DONE, IMPORTS, Arrival, Arrivals
from sync.sheets.gateway import Gateway, Refused, Unknown, Unreachable

SOURCE = IMPORTS
WAITING, ADDING = "待确认", "写入中"
MOST_ROWS = 2000  # what one request takes for certain, so that all of it comes in or none

Lists = Mapping[str, Collection[str]]


class Unsure(FileProblem):
    """Whether the rows are in is not known; asking once more finds out and does not double."""


@dataclass(frozen=True)
class Preview:
    """A file as its rows would be. ``rows``: number in the file and cells by column key; ``doubts``: what would come in
    and be marked in 校验; ``stands``: what was said of the same upload before."""

    id: str
    name: str
    tab: Tab
    rows: Sequence[tuple[int, Mapping[str, Raw]]]
    doubts: Sequence[str]
    stands: str = ""


def preview(
    ledger: Ledger, name: str, content: bytes, tab: Tab, lists: Lists, zone: ZoneInfo, now: datetime
) -> Preview:
    """Read an upload and keep it until it is confirmed. Raises ``FileProblem`` with everything that is wrong."""
    rows = _read(name, content, tab, zone)
    if len(rows) > MOST_ROWS:
        raise FileProblem([f"文件 {name} 有 {len(rows)} 行，网页一次最多导入 {MOST_ROWS} 行，请分成几个文件。"])
    id_ = hashlib.sha256(tab.key.encode() + b"\0" + content).hexdigest()[:40]
    payload = json.dumps({"name": name, "tab": tab.key, "rows": rows}, ensure_ascii=False)
    arrivals = Arrivals(ledger)
    known = arrivals.get(SOURCE, id_)
    if known is None or known.state == WAITING:
        arrivals.keep([Arrival(SOURCE, id_, now, payload, state=WAITING)])
    stands = known.sentence if known and known.state != WAITING else ""
    return Preview(id_, name, tab, rows, _doubts(rows, tab, lists), stands)


def _read(name: str, content: bytes, tab: Tab, zone: ZoneInfo) -> list[tuple[int, dict[str, Raw]]]:
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

    def confirm(self, id_: str, by: str, now: datetime) -> str:
        """Add the rows once; the sentence that says so. Raises ``FileProblem`` where they are not in."""
        arrivals = Arrivals(self.ledger)
        upload = arrivals.get(SOURCE, id_)
        if upload is None or not (upload.payload or upload.state == DONE):
            raise FileProblem(["没有这个待导入的文件，请重新上传。"])
        if upload.state == DONE:
            return f"这个文件已经导入过，没有再导入：{upload.sentence}"
        held = json.loads(upload.payload)
        tab = self.gateway.tabs[held["tab"]]
        rows: list[dict[str, Raw]] = [row for _, row in held["rows"]]
        with self.ledger.turn():  # two clicks, and two people, one after the other
            upload = arrivals.get(SOURCE, id_) or upload
            if upload.state == DONE:
                return f"这个文件已经导入过，没有再导入：{upload.sentence}"
            self._add(arrivals, upload, tab, rows)
            sentence = f"{by} 于 {now:%m-%d %H:%M} 导入「{tab.title}」{len(rows)} 行（{held['name']}）"
            arrivals.keep([replace(upload, state=DONE, sentence=sentence)])
        return sentence

    def _add(self, arrivals: Arrivals, upload: Arrival, tab: Tab, rows: Sequence[Mapping[str, Raw]]) -> None:
        try:
            table = self.gateway.read().get(tab.key)
        except Unreachable as error:
            raise FileProblem([f"一行也没有导入。{error}"]) from error
        layout = locate(tab, table.header) if table else f"工作簿里没有「{tab.title}」，请先运行 jielu init。"
        if table is None or isinstance(layout, str):
            raise FileProblem([f"一行也没有导入。{layout}"])
        first = fingerprint(tab, rows[0])
        stand = Counter(
            fingerprint(tab, {c.key: row[layout.at[c.key]] for c in tab.staff if layout.at[c.key] < len(row)})
            for row in table.rows
        )[first]
        if upload.state == ADDING and stand > upload.before:
            return  # its answer was lost, and it is in: all of it, since it went in one request
        arrivals.keep([replace(upload, state=ADDING, before=stand)])
        self._send(arrivals, upload, appended(layout, rows))

    def _send(self, arrivals: Arrivals, upload: Arrival, plan: Plan) -> None:
        try:
            self.gateway.write(plan)
        except Refused as error:
            arrivals.keep([upload])
            raise FileProblem([f"一行也没有导入。{error}"]) from error
        except Unknown as error:
            sentence = "没有得到确认，可能已经全部导入，也可能一行也没有。请过一会儿再点一次“导入”，不会重复。"
            raise Unsure([f"{sentence}{error}"]) from error
