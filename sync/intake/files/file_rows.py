"""Rows of an xlsx or csv for one tab, checked; and rows added at the end of a tab.

Nothing is written half: every row is read and checked before the first is added. What is wrong is said with
file, sheet, row and column, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sync.core.sheet.plan import Plan, appended, to_raw
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw, Table, nearest, plain, quoted, read_cell
from sync.core.sheet.tabs import Column, Layout, Tab, letters, locate
from sync.core.sheet.values.texts import narrow, visible
from sync.intake.files import files, mapping
from sync.intake.files.files import Sheet
from sync.intake.files.mapping import ColumnMap
from sync.intake.files.xlsx_cells import DATE, ERROR, FORMULA, MONEY, PICTURE
from sync.sheets.gateway import Client, Gateway, Refused, Unknown

if TYPE_CHECKING:
    import pandas as pd

UTC = ZoneInfo("UTC")
TEXTS = ("text", "choice", "mail")
NO_TEXTS = {DATE: "日期", MONEY: "金额"}
SHAPES = {
    ERROR: "是错误值 {}，请改成内容。",
    FORMULA: "是公式，没有算出结果。请在 Excel 或 WPS 里打开、保存一次再导入。",
}
MOST_NUMBERS = 6  # of rows that a sentence names
BLOCK = 2000  # rows in one request: well under what Google takes at once


# Reading -----------------------------------------------------------------------------------------------------
def read_file(path: Path, tab: Tab, rules: ColumnMap | None = None, zone: ZoneInfo = UTC) -> list[dict[str, Raw]]:
    """The rows of a file for one tab, as raw values by column key: dates as serials, texts as texts.

    ``rules``: a mapping file; without one the file's headers must be the tab's. Times are wall clock of ``zone``.
    Columns of the service are left out, since it fills them itself. Raises ``FileProblem`` with all that is wrong.
    """
    return [row for _, row in read_rows(path, tab, rules, zone).rows]


@dataclass(frozen=True)
class FileRows:
    """What a file brings. ``rows``: by column key, with their numbers in the file; ``ids``: the id that a row brings,
    by number; ``notes``: what of the file does not come along."""

    rows: list[tuple[int, dict[str, Raw]]]
    ids: Mapping[int, str]
    notes: tuple[str, ...]


def read_rows(path: Path, tab: Tab, rules: ColumnMap | None = None, zone: ZoneInfo = UTC) -> FileRows:
    """As ``read_file``, each row with its number in the file."""
    sheet = files.read_table(path, tab, rules)
    if rules is None:
        sheet = replace(sheet, header=_headers(sheet, tab))
    frame = _frame(sheet)
    if rules is None:
        problems = _strange(sheet, tab)
        made, bad = frame, list[mapping.Bad]()
    else:
        problems = mapping.misfits(rules, tab, sheet.header, sheet.where)
        made, bad = (frame, []) if problems else mapping.apply(rules, frame)
    problems += _missing(sheet, tab, made, rules)
    if problems:
        raise FileProblem(problems)
    place, notes = _placer(sheet, rules), list(sheet.notes)
    problems = [f"{place([number], header)}{text}" for number, header, text in bad]
    rows = _rows(made, tab, zone, _looks(sheet, rules), place, problems, notes)
    if problems:
        raise FileProblem([f"{sheet.where}：有 {len(problems)} 处要改，一行也没有导入。", *problems])
    return FileRows(rows, _ids(frame, tab), tuple(notes))


def _headers(sheet: Sheet, tab: Tab) -> tuple[str, ...]:
    """The tab's own headers for those that mean the same; one that would then stand twice stays as it is."""
    own = {narrow(name): column.header for column in tab.columns for name in column.other_names}
    own |= {narrow(column.header): column.header for column in tab.columns}
    meant = [own.get(narrow(header), header) for header in sheet.header]
    return tuple(name if meant.count(name) == 1 else header for name, header in zip(meant, sheet.header, strict=True))


def _ids(frame: pd.DataFrame, tab: Tab) -> dict[int, str]:
    header = tab.by_key[tab.id].header if tab.id else ""
    if header not in frame.columns:
        return {}
    cells = zip(frame.index, frame[header], strict=True)
    return {int(number): narrow(plain(cell)) for number, cell in cells if plain(cell)}


def _frame(sheet: Sheet) -> pd.DataFrame:
    """The rows under the headers that are filled, as objects, by their row numbers."""
    import pandas as pd  # a hundred megabytes that only reports and imports need

    at = [(index, header) for index, header in enumerate(sheet.header) if header]
    data = {header: [cells[index] if index < len(cells) else "" for _, cells in sheet.rows] for index, header in at}
    return pd.DataFrame(data, index=[number for number, _ in sheet.rows], dtype=object)


# Checking ----------------------------------------------------------------------------------------------------
def _strange(sheet: Sheet, tab: Tab) -> list[str]:
    """Headers that the tab does not know, each with the nearest that it does."""
    known = [column.header for column in tab.columns]
    return [
        f"{sheet.where}：第 {sheet.head} 行 {letters(index)} 列的表头「{visible(header)}」，「{tab.title}」里没有。"
        f"{nearest(header, known) or '不需要的列请删掉；列名不同的用对照文件（--mapping）。'}"
        for index, header in enumerate(sheet.header)
        if header and header not in known
    ]


def _missing(sheet: Sheet, tab: Tab, made: pd.DataFrame, rules: ColumnMap | None) -> list[str]:
    lacking = [
        column.header
        for column in tab.staff
        if column.required and column.header not in made.columns and not (rules and column.header in rules.columns)
    ]
    how = f"请在第 {sheet.head} 行（表头）补上这些列。"
    if rules:
        how = f"请在对照文件 {rules.name} 的 [columns] 或 [constants] 里补上。"
    return [f"{sheet.where}：缺少必填的列 {'、'.join(lacking)}。{how}"] if lacking else []


def _placer(sheet: Sheet, rules: ColumnMap | None) -> Callable[[Sequence[int], str], str]:
    """Names cells of a column as people find them: rows and column of the file, header of the tab."""
    sources = rules.columns if rules else {}
    at = {header: letters(index) for index, header in enumerate(sheet.header)}

    def place(numbers: Sequence[int], header: str) -> str:
        source = sources.get(header, header)
        column = f"{at[source]} 列" if source in at else "对照文件里的"
        more = f" 等 {len(numbers)} " if len(numbers) > MOST_NUMBERS else " "
        return f"第 {'、'.join(map(str, numbers[:MOST_NUMBERS]))}{more}行 {column}「{source}」："

    return place


def _looks(sheet: Sheet, rules: ColumnMap | None) -> Callable[[int, str], tuple[str, str]]:
    """What a cell of the file is and how it looks, by row number and header of the tab; ``("", "")`` for plain ones."""
    sources = rules.columns if rules else {}
    at = {header: index for index, header in enumerate(sheet.header)}
    return lambda number, header: sheet.shapes.get((number, at.get(sources.get(header, header), -1)), ("", ""))


def _rows(
    made: pd.DataFrame,
    tab: Tab,
    zone: ZoneInfo,
    looks: Callable[[int, str], tuple[str, str]],
    place: Callable[[Sequence[int], str], str],
    problems: list[str],
    notes: list[str],
) -> list[tuple[int, dict[str, Raw]]]:
    """The rows as raw values by column key; what can't be read goes to ``problems``, what stays behind to ``notes``."""
    read: list[dict[str, Raw]] = [{} for _ in range(len(made))]
    for column in tab.staff:
        if column.header not in made.columns:
            continue
        wrong: dict[str, list[int]] = {}  # rows by what is wrong with their cell
        for row, number, cell in zip(read, made.index, made[column.header], strict=True):
            shape, shown = looks(number, column.header)
            value, problem = _shaped_cell(cell, column, zone, shape, shown)
            if problem:
                wrong.setdefault(problem, []).append(int(number))
            elif shape == PICTURE:
                notes.append(f"{place([number], column.header)}是图片，没有导入，照片请在手机上补传。")
            elif value != "":
                row[column.key] = value
        problems += [f"{place(numbers, column.header)}{problem}" for problem, numbers in wrong.items()]
    return [(int(number), row) for number, row in zip(made.index, read, strict=True) if row]


def _shaped_cell(cell: Raw, column: Column, zone: ZoneInfo, shape: str, shown: str) -> tuple[Raw, str]:
    """As ``_cell``, with what the cell is in an xlsx: nothing that it means is dropped without a word."""
    if shape in SHAPES:
        return "", SHAPES[shape].format(shown)
    if column.type in TEXTS and shape in NO_TEXTS:
        return "", f"是{NO_TEXTS[shape]} {shown}，不是文字。请把这一格设成“文本”格式，再照样子填一遍。"
    return _cell(shown if column.type in TEXTS and shown and shape != PICTURE else cell, column, zone)


def _cell(cell: Raw, column: Column, zone: ZoneInfo) -> tuple[Raw, str]:
    """A cell in the type of its column, by the same reading as in the sheet itself."""
    if cell is None or plain(cell) == "":
        return "", "没有填，这一列必填。" if column.required else ""
    if column.type in ("text", "limit", "position"):
        return (plain(cell), "") if column.type == "text" else (cell, read_cell(cell, column, zone)[1])
    value, problem = read_cell(cell, column, zone)
    if problem and quoted(cell) not in problem:
        problem = f"填的是{quoted(cell)}，{problem}"
    return ("", problem) if problem else (to_raw(value, zone), "")


# Writing -----------------------------------------------------------------------------------------------------
class Unsure(FileProblem):
    """Whether the rows are in is not known; importing once more finds out and does not double."""


def append(client: Client, workbook: str, tab: Tab, rows: Sequence[Mapping[str, Raw]]) -> int:
    """Add rows (raw values by column key) at the end of a tab, whatever stands there; returns how many.

    Columns are found by the headers that stand in the sheet now. Raises ``FileProblem`` that says how many are in.
    """
    gateway = Gateway(client, workbook, {tab.key: tab})
    layout, _ = stands_now(gateway, tab)
    send(gateway, layout, rows)
    return len(rows)


def stands_now(gateway: Gateway, tab: Tab) -> tuple[Layout, Table]:
    """The tab as it stands in the workbook now. Raises ``FileProblem`` where its columns can't be found, and
    ``Unreachable``."""
    table = gateway.read().get(tab.key)
    layout = locate(tab, table.header) if table else f"工作簿里没有「{tab.title}」，请先运行 jielu init。"
    if table is None or isinstance(layout, str):
        raise FileProblem([f"一行也没有导入。{layout}"])
    return layout, table


def send(
    gateway: Gateway, layout: Layout, rows: Sequence[Mapping[str, Raw]], add: Callable[[Plan], object] | None = None
) -> None:
    """Add rows in blocks through ``appendCells``: unlike ``values:append`` it never guesses where a table ends (an
    empty row in the middle, an empty first column), it keeps formats and drop-downs, and a text goes as a string value.
    ``add`` sends a block (the gateway's write). Raises ``FileProblem``, ``Unsure``."""
    for start in range(0, len(rows), BLOCK):
        came = f"前 {start} 行已经导入" if start else "一行也没有导入"
        try:
            (add or gateway.write)(appended(layout, rows[start : start + BLOCK]))
        except Refused as error:
            raise FileProblem([f"{came}{'，其余没有' if start else ''}。{error}"]) from error
        except Unknown as error:
            came = f"{came}，后面的可能也进去了" if start else "没有得到确认，可能已经全部导入，也可能一行也没有"
            sentence = f"{came}。请过一会儿再导入一次，已经在表里的不会重复。"
            raise Unsure([f"{sentence}{error}"]) from error
