"""How cells read to those who filter and search them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

from sync.core.sheet.rows import Raw
from sync.workbook.cells.formats import show
from sync.workbook.cells.model import Sheet
from sync.workbook.cells.row import Value
from sync.workbook.edits import live
from webhook.grid.state import GridState, Head

DAY_FORMAT = {"pattern": "yyyy-mm-dd", "type": "DATE"}


def reader(heads: Sequence[Head]) -> Callable[[int, Value], str]:
    """How a value of a column reads, for filters."""
    formats = [{"pattern": head.pattern, "type": "NUMBER"} if head.pattern else None for head in heads]

    def text(column: int, value: Value) -> str:
        return value if isinstance(value, str) else show(value, formats[column] if column < len(formats) else None)

    return text


def grouper(heads: Sequence[Head]) -> Callable[[int, Value], str]:
    """Under which of a filter's values a value of a column falls: a moment under its day, anything else as it reads."""
    text = reader(heads)

    def group(column: int, value: Value) -> str:
        if isinstance(value, str | bool) or column >= len(heads) or not heads[column].dated:
            return text(column, value)
        return show(value, DAY_FORMAT)

    return group


def passing(state: GridState, sheet: Sheet, tests: Sequence[live.Test]) -> array[int]:
    """Ids of the rows that pass all tests of a filter."""
    heads = state.heads(sheet)
    return live.matching(sheet, tests, reader(heads), grouper(heads))


def summed(rows: Iterable[Sequence[Raw]], heads: Sequence[Head], left: int) -> dict[str, float]:
    """How many cells of these columns, the first at ``left``, are filled; how many are numbers and no days; the sum."""
    count, numbers, total = 0, 0, 0.0
    for values in rows:
        for head, value in zip(heads, values[left:], strict=False):
            count += value not in ("", None)
            if isinstance(value, int | float) and not isinstance(value, bool) and not head.dated:
                numbers, total = numbers + 1, total + value
    return {"count": count, "numbers": numbers, "sum": total}
