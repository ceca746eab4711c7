"""How cells read to those who filter and search them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sync.workbook.cells.formats import show
from sync.workbook.cells.grid import Value
from webhook.grid.state import Head


def reader(heads: Sequence[Head]) -> Callable[[int, Value], str]:
    """How a value of a column reads, for filters."""
    formats = [{"pattern": head.pattern, "type": "NUMBER"} if head.pattern else None for head in heads]

    def text(column: int, value: Value) -> str:
        return value if isinstance(value, str) else show(value, formats[column] if column < len(formats) else None)

    return text
