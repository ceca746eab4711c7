"""A table as it stands in somebody's xlsx or csv: header, rows and their numbers, whatever the encoding and the marks.

Says what kind of file it really is where the name is wrong, and what to do about it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from sync.core.sheet import serials
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.tabs import Tab
from sync.intake.mapping import ColumnMap

ENCODINGS = ("utf-8-sig", "gb18030")
MARKS = (",", "\t", ";", "，")
ZIP = b"PK\x03\x04"
OLD_XLS = b"\xd0\xcf\x11\xe0"
SAVE_AS = "请在 Excel 或 WPS 里打开，另存为 .xlsx 再导入。"
Lines = Sequence[tuple[int, Sequence[Raw]]]


@dataclass(frozen=True)
class Sheet:
    """A table as it stands in a file: ``where`` names it for messages, ``rows`` come with their row numbers."""

    where: str
    header: tuple[str, ...]
    rows: Lines


def read_table(path: Path, tab: Tab, rules: ColumnMap | None) -> Sheet:
    """The file's table. ``tab``: whose name a sheet may have; ``rules``: which sheet and header row it names.

    Raises ``FileProblem``.
    """
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        raise FileProblem([f"文件 {path.name}：只能导入 .xlsx 和 .csv。{SAVE_AS}"])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileProblem([f"文件 {path.name} 打不开：{error.strerror}。请检查文件名和权限。"]) from error
    if not content.strip():
        raise FileProblem([f"文件 {path.name} 是空的。"])
    where, lines = _xlsx(path, content, tab, rules) if suffix == ".xlsx" else _csv(path, content)
    return _table(where, lines, rules.header_row if rules else 1, tab)


def grids(path: Path) -> dict[str, list[list[Any]]]:
    """Every sheet of an xlsx by its name: rows of texts, numbers, days and moments. Raises ``FileProblem``."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileProblem([f"文件 {path.name} 打不开：{error.strerror}。请检查文件名和权限。"]) from error
    if not content.startswith(ZIP):
        raise FileProblem([f"文件 {path.name} 不是 xlsx，请用 jielu export 导出的文件。"])
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, PasswordError, ValueError) as error:
        raise FileProblem([f"文件 {path.name} 读不了：{error}。请用 jielu export 导出的文件。"]) from error


def _table(where: str, lines: Lines, head: int, tab: Tab) -> Sheet:
    """The header in row ``head`` and the filled rows below it."""
    filled = [(number, cells) for number, cells in lines if number >= head and any(cell != "" for cell in cells)]
    if not filled or filled[0][0] != head:
        example = "、".join(column.header for column in tab.staff[:3])
        raise FileProblem([f"{where}：第 {head} 行没有表头。这一行应当是表头，例如 {example}。"])
    if len(filled) == 1:
        raise FileProblem([f"{where}：只有表头，没有数据。"])
    header = tuple(plain(cell) for cell in filled[0][1])
    if double := sorted({name for name in header if name and header.count(name) > 1}):
        raise FileProblem([f"{where}：表头「{'」「'.join(double)}」出现了不止一次，请只留一列。"])
    return Sheet(where, header, filled[1:])


def _xlsx(path: Path, content: bytes, tab: Tab, rules: ColumnMap | None) -> tuple[str, Lines]:
    if content.startswith(OLD_XLS):
        raise FileProblem([f"文件 {path.name} 是旧的 .xls 或者加了密码。请另存为不加密的 .xlsx 再导入。"])
    if not content.startswith(ZIP):
        raise FileProblem([f"文件 {path.name} 不是 xlsx。如果是 csv，请把扩展名改成 .csv。{SAVE_AS}"])
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = _sheet_name(path, book.sheet_names, tab, rules)
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, PasswordError) as error:
        raise FileProblem([f"文件 {path.name} 读不出来，可能已损坏或加了密码。{SAVE_AS}"]) from error
    lines = [(number, [_raw(cell) for cell in row]) for number, row in enumerate(rows, start=1)]
    return f"文件 {path.name} 工作表「{name}」", lines


def _sheet_name(path: Path, names: Sequence[str], tab: Tab, rules: ColumnMap | None) -> str:
    """The sheet that the mapping names, the one called like the tab, or the only one there is."""
    wanted = rules.sheet if rules and rules.sheet else tab.title
    if wanted in names:
        return wanted
    if len(names) == 1 and not (rules and rules.sheet):
        return names[0]
    raise FileProblem(
        [f"文件 {path.name} 里没有工作表「{wanted}」，有：{'、'.join(names)}。请把要导入的工作表改名为「{wanted}」。"]
    )


def _raw(cell: Any) -> Raw:
    """A cell of calamine as the API would give it."""
    if isinstance(cell, datetime):
        return (cell.replace(tzinfo=None) - serials.EPOCH).total_seconds() / serials.DAY
    if isinstance(cell, date):
        return serials.from_date(cell)
    if isinstance(cell, bool | int | float):
        return cell
    return "" if cell is None else str(cell).strip()


def _csv(path: Path, content: bytes) -> tuple[str, Lines]:
    where = f"文件 {path.name}"
    if content.startswith((ZIP, OLD_XLS)):
        raise FileProblem([f"{where} 是 Excel 文件，不是 csv，请把扩展名改成 .xlsx。"])
    text = _decoded(where, content)
    first = text.split("\n", 1)[0]
    mark = max(MARKS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        return where, list(_lines(reader))
    except csv.Error as error:
        line = f"{where} 第 {reader.line_num} 行"
        raise FileProblem([f"{line}读不出来（{error}），多半是双引号不成对，请改正。"]) from error


def _lines(reader: Any) -> Iterator[tuple[int, list[Raw]]]:
    """Rows with the number of the line on which each begins (a quoted cell may span lines)."""
    begins = 1
    for row in reader:
        yield begins, [cell.strip() for cell in row]
        begins = reader.line_num + 1


def _decoded(where: str, content: bytes) -> str:
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ENCODINGS:
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\x00" not in text:
                return text
    raise FileProblem([f"{where}：看不出是什么编码，请在 Excel 或 WPS 里另存为「CSV UTF-8」再导入。"])
