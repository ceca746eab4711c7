"""References in formulas: found, moved with the rows and columns they mean, shifted when a formula is copied.

Only references are understood here; `evaluate.py` works formulas out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from sync.workbook.schema.a1 import Box, column_index, letters, quote

_REFERENCE = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")
    |(?:(?P<sheet>(?<!')'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
     (?:(?P<c1>\$?[A-Za-z]{1,3})(?P<r1>\$?[0-9]{1,8})(?::(?P<c2>\$?[A-Za-z]{1,3})(?P<r2>\$?[0-9]{1,8})?)?(?![\w(.])
       |(?P<ca>\$?[A-Za-z]{1,3}):(?P<cb>\$?[A-Za-z]{1,3})(?![\w(.])
       |(?P<ra>\$?[0-9]{1,8}):(?P<rb>\$?[0-9]{1,8})(?![\w(.]))
    |(?P<word>[^\W\d][\w.]*)""",
    re.VERBOSE,
)
REF_ERROR = "#REF!"


@dataclass(frozen=True)
class Slide:
    """A shift of one dimension of one sheet, as functions of edges and of single indexes. `across`: what a reference
    must span at most of the other dimension to be shifted; None where whole rows or columns shift."""

    dimension: str
    sheet: str
    edges: Callable[[int, int | None], tuple[int, int | None] | None]
    index: Callable[[int], int | None]
    across: tuple[int, int] | None = None


@dataclass(frozen=True)
class Carried:
    """Cells of one sheet that were carried elsewhere: by how many rows and columns, to which sheet."""

    box: Box
    sheet: str
    rows: int
    columns: int
    to: str


@dataclass(frozen=True)
class Part:
    """One end of a reference: its index and whether a `$` holds it; None where a whole row or column is meant."""

    index: int
    fixed: bool


def _column(text: str | None) -> Part | None:
    return Part(column_index(text.lstrip("$")), text[0] == "$") if text else None


def _row(text: str | None) -> Part | None:
    return Part(int(text.lstrip("$")) - 1, text[0] == "$") if text else None


Ends = tuple[Part | None, Part | None, Part | None, Part | None]  # column, row, last column, last row


def _ends(match: re.Match[str]) -> Ends:
    get = match.group
    return (
        _column(get("c1") or get("ca")),
        _row(get("r1") or get("ra")),
        _column(get("c2") or get("cb")),
        _row(get("r2") or get("rb")),
    )


def _write(prefix: str, ends: Ends) -> str:
    def end(column: Part | None, row: Part | None) -> str:
        name = ("$" if column.fixed else "") + letters(column.index) if column else ""
        return name + (("$" if row.fixed else "") + str(row.index + 1) if row else "")

    first, last = end(ends[0], ends[1]), end(ends[2], ends[3])
    return prefix + (f"{first}:{last}" if last else first)


def _each(formula: str, change: Callable[[str | None, Ends], Ends | None]) -> str:
    def replace_reference(match: re.Match[str]) -> str:
        if match["text"] or match["word"]:
            return match[0]
        sheet = match["sheet"]
        ends = change(_title(sheet), _ends(match))
        return REF_ERROR if ends is None else _write(f"{sheet}!" if sheet else "", ends)

    return _REFERENCE.sub(replace_reference, formula)


def rewrite(formula: str, slide: Slide, home: str) -> str:
    """The formula, standing on the sheet `home`, after rows or columns of a sheet have shifted."""

    def change(title: str | None, ends: Ends) -> Ends | None:
        if (title or home).casefold() != slide.sheet.casefold():
            return ends
        return _slid(ends, slide)

    return _each(formula, change)


def _slid(ends: Ends, slide: Slide) -> Ends | None:
    column, row, last_column, last_row = ends
    if slide.across is not None and not _within(ends, slide):
        return ends
    first, last = (row, last_row) if slide.dimension == "ROWS" else (column, last_column)
    if first is None:
        return ends
    if last is None:
        single = slide.index(first.index)
        if single is None:
            return None
        first = replace(first, index=single)
    else:
        edges = slide.edges(min(first.index, last.index), max(first.index, last.index) + 1)
        if edges is None or edges[1] is None:
            return None
        first, last = replace(first, index=edges[0]), replace(last, index=edges[1] - 1)
    return (column, first, last_column, last) if slide.dimension == "ROWS" else (first, row, last, last_row)


def _within(ends: Ends, slide: Slide) -> bool:
    """Whether the reference spans no more of the other dimension than shifts."""
    column, row, last_column, last_row = ends
    first, last = (column, last_column) if slide.dimension == "ROWS" else (row, last_row)
    if first is None or slide.across is None:
        return False
    indexes = [part.index for part in (first, last) if part is not None]
    return slide.across[0] <= min(indexes) and max(indexes) < slide.across[1]


def carry(formula: str, carried: Carried, home: str) -> str:
    """The formula, standing on the sheet `home`, after cells were cut and pasted: what meant them alone follows."""

    def replace_reference(match: re.Match[str]) -> str:
        if match["text"] or match["word"]:
            return match[0]
        ends = _ends(match)
        title = _title(match["sheet"]) or home
        if title.casefold() != carried.sheet.casefold() or not _inside(ends, carried.box):
            return match[0]
        moved = tuple(_moved(part, (carried.columns, carried.rows)[n % 2]) for n, part in enumerate(ends))
        prefix = f"{quote(carried.to)}!" if match["sheet"] or carried.to.casefold() != home.casefold() else ""
        return _write(prefix, (moved[0], moved[1], moved[2], moved[3]))

    return _REFERENCE.sub(replace_reference, formula)


def _moved(part: Part | None, by: int) -> Part | None:
    return part if part is None else replace(part, index=part.index + by)


def _inside(ends: Ends, box: Box) -> bool:
    column, row, last_column, last_row = ends
    if column is None or row is None or (last_column is None) != (last_row is None):
        return False  # a whole row or column
    corners = [(row, column)] if last_row is None or last_column is None else [(row, column), (last_row, last_column)]
    return all(box.holds(at.index, across.index) for at, across in corners)


def qualify(formula: str, title: str) -> str:
    """The formula as it reads on another sheet: what meant its own sheet says so."""

    def replace_reference(match: re.Match[str]) -> str:
        bare = match["text"] or match["word"] or match["sheet"]
        return match[0] if bare else f"{quote(title)}!{match[0]}"

    return _REFERENCE.sub(replace_reference, formula)


def _title(sheet: str | None) -> str | None:
    return sheet.strip("'").replace("''", "'") if sheet else None


def offset(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when copied that many rows down and columns to the right."""

    def move(part: Part | None, by: int) -> Part | None:
        return part if part is None or part.fixed else replace(part, index=part.index + by)

    def change(_title: str | None, ends: Ends) -> Ends | None:
        moved = (move(ends[0], columns), move(ends[1], rows), move(ends[2], columns), move(ends[3], rows))
        return None if any(part is not None and part.index < 0 for part in moved) else moved

    return _each(formula, change)


def rename(formula: str, old: str, new: str) -> str:
    """The formula after a sheet got another name."""

    def replace_reference(match: re.Match[str]) -> str:
        sheet = match["sheet"]
        if (_title(sheet) or "").casefold() != old.casefold():
            return match[0]
        return quote(new) + match[0][len(sheet) :]

    return _REFERENCE.sub(replace_reference, formula)
