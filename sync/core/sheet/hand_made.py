"""A tab whose headers people typed: which columns ``init`` may add behind theirs, or why it leaves the tab alone."""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.sheet.rows import Raw, Table, plain
from sync.core.sheet.tabs import Column, Layout, Tab, letters, locate
from sync.core.sheet.values.texts import narrow

ROWS_LOOKED_AT = 5  # from the top, for headers that do not stand in the first row


def lacking(tab: Tab, table: Table, *, in_use: bool) -> tuple[Column, ...] | str:
    """The columns that the tab lacks and that may be added at its right; else a sentence for staff. ``in_use``: the
    service knows rows of the tab, so that a header that is missing was renamed or deleted, and is none to be added."""
    layout = locate(tab, table.header)
    if isinstance(layout, Layout):
        return tuple(column for column in tab.columns if column.key not in layout.at)
    cells = [str(cell).strip() for cell in table.header]
    if in_use or any(cells.count(column.header) > 1 for column in tab.columns):
        return layout
    missing = tuple(column for column in tab.columns if column.header not in cells)
    return _elsewhere(tab, table) or _other_names(tab, cells, missing) or typed_over(tab, table) or missing


def _headers(tab: Tab, row: Sequence[Raw]) -> int:
    """How many of the tab's headers a row holds."""
    return len({column.header for column in tab.columns} & {plain(cell) for cell in row})


def _elsewhere(tab: Tab, table: Table) -> str:
    """Where the first row is no header row: a title above it, or a sheet of another kind."""
    in_first = _headers(tab, table.header)
    for number, row in enumerate(table.rows[:ROWS_LOOKED_AT], table.first):
        if _headers(tab, row) > in_first:
            return f"「{tab.title}」的表头在第 {number} 行：请移开上面的行，让表头在第 1 行，再运行 jielu init。"
    if in_first == 0 and any(plain(cell) for row in (table.header, *table.rows) for cell in row):
        return f"「{tab.title}」的第 1 行里没有一个认识的表头，没有动它：请改成模板的表头，再运行 jielu init。"
    return ""


def _other_names(tab: Tab, cells: Sequence[str], missing: Sequence[Column]) -> str:
    """Headers under another usual name."""
    meant = [
        f"{letters(at)}1「{cell}」改成「{column.header}」"
        for column in missing
        for at, cell in enumerate(cells)
        if "".join(narrow(cell).split()) in (column.header, *column.other_names)
    ]
    return f"「{tab.title}」的表头请改一下再运行 jielu init：{'、'.join(meant)}。" if meant else ""


def typed_over(tab: Tab, table: Table) -> str:
    """A sentence where people's values stand in columns of the service, since the first look would write over them;
    empty where there are none."""
    cells, typed = [str(cell).strip() for cell in table.header], []
    for column in tab.service:
        at = cells.index(column.header) if column.header in cells else len(cells)
        if count := sum(bool(plain(row[at])) for row in table.rows if at < len(row)):
            typed.append(f"「{column.header}」（{count} 格）")
    if not typed:
        return ""
    return (
        f"「{tab.title}」的 {'、'.join(typed)} 是系统填写的列，里面已经有人填了内容，系统会改写它：要保留的，"
        "请先把这几列的表头改个名（例如「原状态」）；不要的，清空。然后再运行 jielu init。"
    )
