"""A table as it stands in somebody's xlsx or csv: header, rows and their numbers, whatever the encoding and the marks.

Says what kind of file it really is where the name is wrong, and what to do about it. An xlsx is read by a process of
its own, since it may be made to exhaust the reader.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sync import child
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw, plain
from sync.core.sheet.tabs import Tab, letters
from sync.core.sheet.values.texts import clean, narrow
from sync.intake.files import xlsx_cells
from sync.intake.files.xlsx_cells import Grid, Place, TooLarge

if TYPE_CHECKING:
    from sync.intake.files.mapping import ColumnMap

log = logging.getLogger(__name__)

Result = TypeVar("Result")
MARKS = (",", "\t", ";", "，")
ZIP = b"PK\x03\x04"
OLD_XLS = b"\xd0\xcf\x11\xe0"
BOM = "\ufeff"
SECONDS = 60.0  # for one file; a hundred thousand rows take some fifteen
SAVE_AS = "请在 Excel 或 WPS 里打开，另存为 .xlsx 再导入。"
MOST_TITLES = 10  # rows above the header
TOTALS = ("合计", "总计", "共计", "小计")  # how a row of sums begins
FilledCells = Mapping[int, Raw]  # filled cells by column, from 0


@dataclass(frozen=True)
class Sheet:
    """A table as it stands in a file: ``where`` names it for messages, ``rows`` come with their row numbers."""

    where: str
    header: tuple[str, ...]
    rows: Sequence[tuple[int, Sequence[Raw]]]
    head: int = 1  # number of the header's row
    shapes: Mapping[Place, tuple[str, str]] = field(default_factory=dict)  # as ``Grid``
    notes: tuple[str, ...] = ()  # what of the file does not come along


def read_table(path: Path, tab: Tab, rules: ColumnMap | None) -> Sheet:
    """The file's table. ``tab``: whose name a sheet may have; ``rules``: which sheet and header row it names (row 0: to
    be looked for).

    Raises ``FileProblem``.
    """
    content = _checked(path)
    where, grid = _xlsx(path, content, tab, rules) if is_xlsx(path) else _csv(path, content)
    return _table(where, grid, (rules.header_row if rules else 0) or _header_row(grid, tab), tab)


def is_xlsx(path: Path) -> bool:
    """Whether its name says so."""
    return path.suffix.lower() == ".xlsx"


def titles(path: Path) -> list[str]:
    """The names of the sheets that people see; none of a csv. Raises ``FileProblem``."""
    content = _checked(path)
    return _titles(path, content) if is_xlsx(path) else []


def _checked(path: Path) -> bytes:
    """The content of a file that is one of ours to read by its name. Raises ``FileProblem``."""
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise FileProblem([f"文件 {path.name}：只能导入 .xlsx 和 .csv。{SAVE_AS}"])
    content = _content(path)
    if not content.strip():
        raise FileProblem([f"文件 {path.name} 是空的。"])
    return content


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileProblem([f"文件 {path.name} 打不开：{error.strerror}。请检查文件名和权限。"]) from error


def grids(path: Path) -> dict[str, list[list[Any]]]:
    """Every sheet of an xlsx by its name: rows of texts, numbers, days and moments. Raises ``FileProblem``."""
    content = _content(path)
    if not content.startswith(ZIP):
        raise FileProblem([f"文件 {path.name} 不是 xlsx，请用 jielu export 导出的文件。"])
    try:
        return child.read_apart(SECONDS, xlsx_cells.read_all, content)
    except child.TooMuch as error:
        raise FileProblem([f"文件 {path.name} 太大，读不了。请用 jielu export 导出的文件。"]) from error
    except Exception as error:  # a reader may fail at a broken file in any way
        raise FileProblem([f"文件 {path.name} 读不了：{error}。请用 jielu export 导出的文件。"]) from error


# Header and rows
def _header_row(grid: Grid, tab: Tab) -> int:
    """The row of the first ten that names most columns of the tab; the first where none names two. Titles stand above
    it."""
    known = {narrow(name) for column in tab.columns for name in (column.header, *column.other_names)}

    def named(number: int) -> int:
        return sum(narrow(plain(cell)) in known for cell in grid.rows[number].values())

    best = max((number for number in grid.rows if number <= MOST_TITLES), key=named, default=1)
    return best if best in grid.rows and named(best) > 1 else 1


def _table(where: str, grid: Grid, head: int, tab: Tab) -> Sheet:
    """The header in row ``head`` and the filled rows below it."""
    if not _is_filled(grid.rows.get(head, {})):
        example = "、".join(column.header for column in tab.staff[:3])
        raise FileProblem([f"{where}：第 {head} 行没有表头。这一行应当是表头，例如 {example}。"])
    top = grid.rows[head]
    width = 1 + max(column for column, cell in top.items() if cell != "")
    header = tuple(clean(plain(top.get(column, ""))) for column in range(width))
    if double := sorted({name for name in header if name and header.count(name) > 1}):
        raise FileProblem([f"{where}：表头「{'」「'.join(double)}」出现了不止一次，请只留一列。"])
    filled = {number: cells for number, cells in grid.rows.items() if number > head and _holds(grid, number, cells)}
    below = {number: cells for number, cells in filled.items() if _beginning(cells) not in TOTALS}
    if not below:
        raise FileProblem([f"{where}：只有表头，没有数据。"])
    if torn := [area for area in grid.merged if _rows_of(area)[1] > max(head, _rows_of(area)[0])]:
        raise FileProblem(
            [f"{where}：{area} 是合并的单元格，只有第一格有内容。请取消合并，把每一行都填上。" for area in torn]
        )
    rows = [(number, [cells.get(column, "") for column in range(width)]) for number, cells in below.items()]
    sums = [f"第 {number} 行是「{_beginning(filled[number])}」，没有导入。" for number in filled if number not in below]
    return Sheet(where, header, rows, head, grid.shapes, (*sums, *_notes(where, header, below, grid)))


def _is_filled(cells: FilledCells) -> bool:
    return any(cell != "" for cell in cells.values())


def _beginning(cells: FilledCells) -> str:
    """The first filled cell of a row, without blanks."""
    return "".join(next((plain(cells[column]) for column in sorted(cells) if cells[column] != ""), "").split())


def _holds(grid: Grid, number: int, cells: FilledCells) -> bool:
    """Whether a row holds anything, a picture or a formula without a result among others."""
    return _is_filled(cells) or any((number, column) in grid.shapes for column in cells)


def _rows_of(area: str) -> tuple[int, int]:
    """The first and last row of ``A3:A5``."""
    numbers = [int("".join(sign for sign in corner if sign.isdigit()) or 0) for corner in area.split(":")]
    return numbers[0], numbers[-1]


def _notes(where: str, header: Sequence[str], below: Mapping[int, FilledCells], grid: Grid) -> Iterator[str]:
    """What of the file does not come along."""
    bare: dict[int, int] = {}
    for number, cells in below.items():
        for column, cell in cells.items():
            if cell != "" and (column >= len(header) or not header[column]):
                bare.setdefault(column, number)
    for column, number in sorted(bare.items())[:MOST_TITLES]:
        yield f"{where} 第 {number} 行 {letters(column)} 列有内容，这一列没有表头，没有导入。"
    if grid.images:
        yield f"{where}：文件里有 {grid.images} 张图片，图片不能导入，照片请在手机上补传。"


# xlsx
def _titles(path: Path, content: bytes) -> list[str]:
    if content.startswith(OLD_XLS):
        raise FileProblem([f"文件 {path.name} 是旧的 .xls 或者加了密码。请另存为不加密的 .xlsx 再导入。"])
    if not content.startswith(ZIP):
        raise FileProblem([f"文件 {path.name} 不是 xlsx。如果是 csv，请把扩展名改成 .csv。{SAVE_AS}"])
    return _from_child(path, xlsx_cells.sheet_names, content)


def _xlsx(path: Path, content: bytes, tab: Tab, rules: ColumnMap | None) -> tuple[str, Grid]:
    name = _sheet_name(path, _titles(path, content), tab, rules)
    return f"文件 {path.name} 工作表「{name}」", _from_child(path, xlsx_cells.read_sheet, content, name)


def _from_child(path: Path, read: Callable[..., Result], *arguments: Any) -> Result:
    try:
        return child.read_apart(SECONDS, read, *arguments)
    except child.TooMuch as error:
        raise FileProblem([f"文件 {path.name} 太大，读不了。请只留要导入的行和列，另存为新的 .xlsx。"]) from error
    except TooLarge as error:
        raise FileProblem([f"文件 {path.name} {error}，请分成几个文件。"]) from error
    except Exception as error:  # a reader may fail at a broken file in any way
        log.info("file %s: %r", path.name, error)
        raise FileProblem([f"文件 {path.name} 读不出来，可能已损坏或加了密码。{SAVE_AS}"]) from error


def _sheet_name(path: Path, names: Sequence[str], tab: Tab, rules: ColumnMap | None) -> str:
    """The sheet that the mapping names, the one called like the tab, or the only one that people see."""
    wanted = rules.sheet if rules and rules.sheet else tab.title
    alike = [name for name in names if narrow(name) == narrow(wanted)]
    if alike:
        return alike[0]
    if len(names) == 1 and not (rules and rules.sheet):
        return names[0]
    raise FileProblem(
        [f"文件 {path.name} 里没有工作表「{wanted}」，有：{'、'.join(names)}。请把要导入的工作表改名为「{wanted}」。"]
    )


# csv
def _csv(path: Path, content: bytes) -> tuple[str, Grid]:
    where = f"文件 {path.name}"
    if content.startswith((ZIP, OLD_XLS)):
        raise FileProblem([f"{where} 是 Excel 文件，不是 csv，请把扩展名改成 .xlsx。"])
    text = _decoded(where, content).lstrip(BOM)
    skipped, mark = 0, ""
    if text[:4].lower() == "sep=" and text[5:6] in ("\r", "\n"):  # a line for Excel, which says how cells are parted
        skipped, mark, text = 1, text[4], text.partition("\n")[2]
    first = next((line for line in text.split("\n") if any(mark in line for mark in MARKS)), "")  # below a title
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark or max(MARKS, key=first.count), strict=True)
    try:
        rows = {number + skipped: dict(enumerate(cells)) for number, cells in _lines(reader)}
    except csv.Error as error:
        line = f"{where} 第 {reader.line_num + skipped} 行"
        raise FileProblem([f"{line}读不出来（{error}），多半是双引号不成对，请改正。"]) from error
    return where, Grid(rows)


def _lines(reader: Any) -> Iterator[tuple[int, list[Raw]]]:
    """Rows with the number of the line on which each begins (a quoted cell may span lines)."""
    begins = 1
    for row in reader:
        yield begins, [_plain_cell(cell.strip()) for cell in row]
        begins = reader.line_num + 1


def _plain_cell(text: str) -> str:
    """``="007"`` is how programs keep Excel from making a number of a text."""
    return text[2:-1].replace('""', '"') if text.startswith('="') and text.endswith('"') and len(text) > 2 else text


def _decoded(where: str, content: bytes) -> str:
    """The text of UTF-8, GB18030, or UTF-16 with its mark. Raises ``FileProblem``, with the place of a byte that is
    none of its encoding where the others are."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8"] if _has_few_faults(content, "utf-8") else ["gb18030", "utf-8"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if _has_few_faults(content, encoding):
                raise FileProblem([_place_of(where, content, encoding, error.start)]) from error
        else:
            if "\x00" not in text:
                return text
    raise FileProblem([f"{where}：看不出是什么编码，请在 Excel 或 WPS 里另存为「CSV UTF-8」再导入。"])


def _has_few_faults(content: bytes, encoding: str) -> bool:
    """Whether all but a few signs of the text are of the encoding, so that it must be this one."""
    faults = content.decode(encoding, "replace").count("\ufffd")
    wide = sum(byte > 0x7F for byte in content)
    return faults * 60 <= wide


def _place_of(where: str, content: bytes, encoding: str, start: int) -> str:
    before = content[:start].decode(encoding, "replace")
    line = before.rpartition("\n")[2]
    place = f"第 {before.count(chr(10)) + 1} 行 {letters(max(line.count(mark) for mark in MARKS))} 列"
    return f"{where} {place}有一个字读不出来，请在 Excel 或 WPS 里改正，另存后再导入。"
