"""Personal data: what goes when its time is over (`jielu purge`), and all that is held of one person (`personal`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sync.core.rules.sections import Keep
from sync.core.sheet.rows import cell_text
from sync.intake.files.held_files import FOLDER
from sync.intake.unfinished import ROOMS
from sync.ledger.operations.retention import Over, Retention, Rows
from sync.outgoing import mailbox
from sync.outgoing.xlsx import render_texts
from sync.service import Service

DAY = 86400


def purge(service: Service, now: datetime, *, dry_run: bool) -> list[Over]:
    """Let go what is over by ``[keep]``; what it was, by kind. ``dry_run``: only count."""
    keep = service.rules().keep
    done = Retention(service.ledger).purge(keep, now, dry_run=dry_run)
    for kind, files in _old_files(service.settings.data, keep):
        if not dry_run:
            for file in files:
                file.unlink(missing_ok=True)
        done.append(Over(kind, len(files)))
    return done


def _old_files(data: Path, keep: Keep) -> Iterator[tuple[str, list[Path]]]:
    """Files that are over, by kind: their age is that of the file."""
    yield "没有传完的照片", _older(data.glob("photos/coming/**/*"), ROOMS[False].stay)
    yield "没有导入的名册文件", _older(data.glob(f"{FOLDER}/*"), ROOMS[False].stay)
    yield "升级以前的数据库副本", _older(data.glob("*.sqlite3.backup-*"), keep.copies * DAY)
    yield "演示信箱里的邮件", _older(mailbox.files(data), keep.mails * DAY)
    if keep.photos is not None:
        yield "照片文件（指纹留着，认得出重复使用）", _older(data.glob("photos/??/*.jpg"), keep.photos * DAY)


def _older(files: Iterator[Path], seconds: float) -> list[Path]:
    before = time.time() - seconds
    return sorted(file for file in files if file.is_file() and file.stat().st_mtime < before)


def held_of(service: Service, person: str) -> list[tuple[str, tuple[str, ...], Rows]]:
    """Sheets of all that is held of a person, as (title, headers, rows); a cell that holds the name among other words
    counts too."""
    retention = Retention(service.ledger)
    return [
        ("表格里的行", ("工作表", "行", "列", "内容"), list(_cells(service, person))),
        ("通知", ("通知号", "时间", "类型", "内容", "状态", "原因"), retention.notices_to(person)),
        ("改动的记录", ("时间", "工作表", "行", "列", "原来", "改成"), retention.changes_naming(person)),
        ("登录和填报", ("什么", "时间", "内容"), retention.doings_of(person)),
    ]


def _cells(service: Service, person: str) -> Iterator[tuple[str, ...]]:
    """Each filled cell of the rows that name the person, as last looked at, also of rows that are gone or archived."""
    zone, templates = service.ledger.zone, service.templates
    for key, known in service.ledger.everything().known.items():
        columns = {column.key: column for column in templates[key].columns} if key in templates else {}
        for rid, row in known.items():
            cells = {**row.shown, **row.cells}
            if any(person in str(value) for value in cells.values()):
                for name, value in cells.items():
                    if value not in ("", None) and name in columns:
                        shown = cell_text(value, columns[name].type, zone)
                        yield templates[key].title, rid, columns[name].header, shown


def export_held(service: Service, person: str, file: Path) -> int:
    """Write it all to an .xlsx; how many rows it has. Raises ``OSError``."""
    sheets = held_of(service, person)
    file.write_bytes(render_texts(sheets, service.rules()))
    return sum(len(rows) for _, _, rows in sheets)
