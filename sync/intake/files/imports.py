"""A file that was uploaded to be imported: read and shown first, added once, in one request, when it is confirmed.

What was read waits in the ledger (table ``deliveries``) under the digest of file and tab, so that the same upload is
the same file, and can't be added twice. Rows that stand in the tab already are recognised, so that an append whose
answer was lost is not sent again.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.core.sheet.incoming import FileRow, Incoming, compare
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw, Table, fingerprint, nearest, plain, quoted
from sync.core.sheet.tabs import Layout, Tab
from sync.intake.files import file_rows
from sync.intake.files.mapping import ColumnMap
from sync.ledger.ledger import Ledger
from sync.ledger.received.pushes import DONE, IMPORTS, Push, Pushes
from sync.sheets.appending import append
from sync.sheets.gateway import Gateway, Unreachable

SOURCE = IMPORTS
WAITING = "待确认"
MOST_NAME_BYTES = 200
MOST_IMPORTED = 2000  # rows; what one request takes for certain, so that all of them come in or none

Lists = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Preview:
    """The rows that a file would add."""

    id: str
    name: str
    tab: Tab
    rows: Sequence[tuple[int, Mapping[str, Raw]]]  # number in the file, cells by column key
    doubts: Sequence[str]  # sentences on cells that would come in and be marked in 校验
    notes: Sequence[str]  # sentences on what of the file does not come along
    incoming: Incoming  # what the rows are to the tab as it stands
    stands: str = ""  # where the same upload was imported before: the sentence on it


def preview(
    gateway: Gateway, ledger: Ledger, name: str, content: bytes, tab: Tab, lists: Lists, zone: ZoneInfo, now: datetime,
    columns: ColumnMap | None = None,
) -> Preview:  # fmt: skip
    """Read an upload and keep it until it is confirmed. ``columns``: which of its columns is which, where the headers
    don't say it. Raises ``FileProblem`` with everything that is wrong."""
    with as_file(name, content) as path:
        brought = file_rows.read_rows(path, tab, columns, zone)
    rows = brought.rows
    if len(rows) > MOST_IMPORTED:
        raise FileProblem([f"文件 {name} 有 {len(rows)} 行，网页一次最多导入 {MOST_IMPORTED} 行，请分成几个文件。"])
    matched = json.dumps(asdict(columns), ensure_ascii=False, sort_keys=True).encode() if columns else b""
    import_id = hashlib.sha256(tab.key.encode() + b"\0" + content + matched).hexdigest()[:40]
    incoming = _look(gateway, ledger, tab, rows, brought.ids)[2]
    payload = json.dumps({"name": name, "tab": tab.key, "rows": rows, "ids": brought.ids}, ensure_ascii=False)
    pushes = Pushes(ledger)
    known = pushes.get(SOURCE, import_id)
    if known is None or known.state == WAITING:
        pushes.save([Push(SOURCE, import_id, now, payload, state=WAITING)])
    stands = known.sentence if known and known.state != WAITING else ""
    return Preview(import_id, name, tab, rows, _doubts(rows, tab, lists), brought.notes, incoming, stands)


@contextmanager
def as_file(name: str, content: bytes) -> Iterator[Path]:
    """An upload as a file under its own name, as long as it is read."""
    with tempfile.TemporaryDirectory(prefix="jielu-import-") as folder:
        path = Path(folder, _plain_name(name))
        path.write_bytes(content)
        yield path


def _plain_name(name: str) -> str:
    """The end of the file's name, without anything that leads elsewhere; no longer than a file's name may be."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign for sign in last if sign.isprintable()).strip(". ")
    return clean.encode("utf-8", "replace")[-MOST_NAME_BYTES:].decode("utf-8", "ignore").strip(". ") or "未命名"


def _doubts(rows: Sequence[tuple[int, Mapping[str, Raw]]], tab: Tab, lists: Lists) -> list[str]:
    """Cells that are no name of a live list: they come in as they are, and 校验 will say so."""
    return [
        f"第 {number} 行「{column.header}」填的是{quoted(row[column.key])}，名单里没有。"
        f"{nearest(plain(row[column.key]), lists[column.choices])}导入以后「校验」会标出来。"
        for number, row in rows
        for column in tab.staff
        if column.choices in lists and column.key in row and plain(row[column.key]) not in lists[column.choices]
    ]


def _look(
    gateway: Gateway, ledger: Ledger, tab: Tab, rows: Sequence[FileRow], ids: Mapping[int, str]
) -> tuple[Layout, Table, Incoming]:
    """The tab as it stands now, and what the rows are to it. Raises ``FileProblem`` where it can't be read."""
    try:
        layout, table = file_rows.stands_now(gateway, tab)
    except Unreachable as error:
        raise FileProblem([f"一行也没有导入。{error}"]) from error
    return layout, table, compare(layout, table, rows, ids, ledger.memory().archived)


def confirm(gateway: Gateway, ledger: Ledger, import_id: str, by: str, now: datetime, *, update: bool = False) -> str:
    """Add the rows that are not there yet, and with ``update`` change the cells of those that are; the sentence that
    says so. Asked again, it does what is left to do: nothing is doubled. Raises ``FileProblem``, ``Unsure``, ``Busy``.
    """
    pushes = Pushes(ledger)
    with ledger.turn():  # two clicks, and two people, one after the other
        upload = pushes.get(SOURCE, import_id)
        if upload is None or not (upload.payload or upload.state == DONE):
            raise FileProblem(["没有这个待导入的文件，请重新上传。"])
        if upload.state == DONE:
            return f"这个文件已经导入过，没有再导入：{upload.sentence}"
        payload = json.loads(upload.payload)
        tab, ids = gateway.tabs[payload["tab"]], {int(number): name for number, name in payload["ids"].items()}
        _, added = add(gateway, ledger, tab, payload["rows"], ids, update=update)
        sentence = f"{by} 于 {now:%m-%d %H:%M} 导入「{tab.title}」{added}（{payload['name']}）"
        pushes.save([replace(upload, state=DONE, sentence=sentence)])
    return sentence


def add(
    gateway: Gateway,
    ledger: Ledger,
    tab: Tab,
    rows: Sequence[FileRow],
    ids: Mapping[int, str],
    *,
    update: bool,
    history: bool = False,
) -> tuple[Incoming, str]:
    """Add what is new, and have the next look write changed cells; what was done, and in words. ``history``: new issues
    are of before, without clock and points. To be called with the ledger's turn. Raises ``FileProblem``, ``Unsure``.
    """
    layout, table, incoming = _look(gateway, ledger, tab, rows, ids)
    if history:
        ledger.note_history(fingerprint(tab, cells) for _, cells in incoming.fresh)
    file_rows.send(gateway, layout, [cells for _, cells in incoming.fresh], partial(append, gateway, ledger))
    if update and incoming.amended:
        ledger.put_back(incoming.restores(layout, table))
    return incoming, words(incoming, update=update)


def words(incoming: Incoming, *, update: bool) -> str:
    """What became of the rows: 3 行，2 行已在表里，1 行改了 2 格."""
    parts = [f"{len(incoming.fresh)} 行"]
    if incoming.there:
        parts.append(f"{len(incoming.there)} 行已在表里，没有重复导入")
    if incoming.amended:
        cells = sum(len(change.new) for change in incoming.amended)
        done = f"按文件改 {cells} 格" if update else "没有改动"
        parts.append(f"{len(incoming.amended)} 行已在表里、有 {cells} 格和文件不同，{done}")
    return "，".join(parts)
