"""The whole workbook as an .xlsx file, with the seals of months, so that it can be checked from the file alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.core.rules.rules import Rules
from sync.core.scores import facts
from sync.core.scores.seal import Seal
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Table
from sync.core.sheet.tabs import Tab
from sync.outgoing import xlsx


def export_file(
    tables: Mapping[str, Table],
    templates: Mapping[str, Tab],
    path: Path,
    rules: Rules,
    zone: ZoneInfo,
    sealed: Iterable[Seal] = (),
) -> None:
    """Write the whole workbook to ``path`` (.xlsx); what stood there is replaced only when all is written.

    ``sealed``: months whose seal the file is to carry, so that it can be checked from the file alone. Equal tables,
    rules and seals give the same file, byte for byte. Mobile numbers stay behind. Raises ``FileProblem``.
    """
    content = xlsx.render(tables, templates, rules, zone, facts.sheets(sealed))
    try:
        _replace(path, content)
    except OSError as error:
        hint = "请检查文件夹是否存在、文件是否正在 Excel 里打开。"
        raise FileProblem([f"写不了 {path}：{error.strerror}。{hint}"]) from error


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
