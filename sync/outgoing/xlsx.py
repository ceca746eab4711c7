"""The whole workbook as one .xlsx for Excel and WPS. Only this module imports xlsxwriter,
when a file is drawn.

Dates are dates, numbers numbers, and a text stays a text whatever it begins with: it is written as a string, never
parsed for formulas. Equal tables give equal bytes, since the hour of the export is nowhere in the file.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sync.core.rules.rules import Rules
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Color, Column, Tab, letters

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

GREY, HEAD, HEAD_GREY = "#EFEFEF", "#D9EAD3", "#D9D9D9"
SPARE_ROWS = 500  # empty rows below the last one that have drop-downs and colours too
LONGEST_LIST = 255  # Excel's limit for a drop-down that is written out; a longer one refers to cells
LONGEST_TEXT = 32767  # Excel's limit for one cell
MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CUT = "……（超过一格的上限，以下略）"
PRIVATE = {("posts", "mobile")}  # are not exported, as their tab says; the cells stay empty
LISTS = "选项"  # a hidden sheet with the lists that are too long to be written out
EVER = datetime(
    2022, 5, 10, tzinfo=UTC
)  # date of creation in each file: the plan's, since the export's hour would differ


Texts = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]
UNNAMED = re.compile(r"[\[\]:*?/\\\x00-\x1f]")  # what Excel takes in no sheet's name
LONGEST_NAME = 31  # characters of a sheet's name


@dataclass(frozen=True)
class OwnSheet:
    """A sheet of the bureau's own, without a template. ``formats``: the number format of each column, "" for none."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Raw]]
    formats: Sequence[str]


def render(
    tables: Mapping[str, Table],
    templates: Mapping[str, Tab],
    rules: Rules,
    zone: ZoneInfo,
    more: Sequence[Texts] = (),
    own: Sequence[OwnSheet] = (),
) -> bytes:
    """The tabs in the order of ``templates``, each with the columns that stand in the sheet, the bureau's own too; then
    the sheets of the bureau's ``own``.

    A tab that is not in ``tables`` is drawn empty, with its template's headers. ``zone``: the clock of all times.
    ``more``: further sheets of texts, as (title, headers, rows); one without rows is left out.
    """
    buffer = io.BytesIO()
    with _book(buffer) as book:
        book.set_properties(
            {
                "created": EVER,
                "title": rules.bureau.name,
                "keywords": f"规则 {rules.hash}",
                "comments": f"时间都是 {zone.key} 的当地时间",
            }
        )
        drawing = Drawing(book, tables, templates, rules)
        for tab in templates.values():
            if not tab.hidden:
                drawing.sheet(tab)
        for sheet in own:
            drawing.own(sheet)
        for title, headers, rows in more:
            if rows:
                drawing.texts(title, headers, rows)
        drawing.put_lists()
    return buffer.getvalue()


def _book(buffer: io.BytesIO) -> Workbook:
    from xlsxwriter import Workbook

    return Workbook(buffer, {"in_memory": True})


def page(sheet: Worksheet, width: int) -> None:
    """Print on A4 across, the header on each page, as many pages wide as ``width`` (pixels) can be read on."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(max(1, round(width / 1300)), 0)
    sheet.repeat_rows(0)


def render_texts(sheets: Sequence[Texts], rules: Rules) -> bytes:
    """Sheets of texts alone."""
    buffer = io.BytesIO()
    with _book(buffer) as book:
        book.set_properties({"created": EVER, "title": rules.bureau.name})
        drawing = Drawing(book, {}, {}, rules)
        for title, headers, rows in sheets:
            drawing.texts(title, headers, rows)
    return buffer.getvalue()


@dataclass
class Drawing:
    """One workbook being drawn; formats are shared, lists too long for a cell gather in ``long``."""

    book: Workbook
    tables: Mapping[str, Table]
    templates: Mapping[str, Tab]
    rules: Rules
    formats: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)
    long: dict[tuple[str, ...], int] = field(default_factory=dict)

    def sheet(self, tab: Tab) -> None:
        """One tab: headers with help, rows, drop-downs, colours; the header row stays in sight."""
        table = self.tables.get(tab.key)
        header = table.header if table and table.header else tuple(column.header for column in tab.columns)
        rows = table.rows if table else ()
        columns = columns_of(tab, header)
        sheet = self.book.add_worksheet(tab.title)
        sheet.freeze_panes(1, 0)
        page(sheet, sum(column.width if column else 100 for column in columns))
        looks = [self.look(column) for column in columns]
        hidden = {index for index, column in enumerate(columns) if column and (tab.key, column.key) in PRIVATE}
        for index, (text, column) in enumerate(zip(header, columns, strict=True)):
            self.head(sheet, index, text, column)
        self.rows(sheet, rows, looks, hidden)
        last = len(rows) + SPARE_ROWS
        for index, column in enumerate(columns):
            if column is not None:
                self.drop_down(sheet, index, column, last)
        for color in tab.colors:
            self.color(sheet, [c.key if c else "" for c in columns], color, last)

    def own(self, own: OwnSheet) -> None:
        """A sheet of the bureau's own: its header row stays in sight, numbers and dates look as they do there."""
        sheet = self.book.add_worksheet(self.free_name(own.title))
        sheet.freeze_panes(1, 0)
        page(sheet, 100 * len(own.header))
        looks = [self.format(valign="top", num_format=pattern or "General") for pattern in own.formats]
        for index, text in enumerate(own.header):
            self.head(sheet, index, text, None)
        self.rows(sheet, own.rows, looks, set())

    def free_name(self, title: str) -> str:
        """A sheet's name that Excel takes and no other sheet has."""
        name = UNNAMED.sub("_", title).strip("'")[:LONGEST_NAME] or "工作表"
        taken = {sheet.get_name().casefold() for sheet in self.book.worksheets()} | {LISTS}
        counted = (f"{name[: LONGEST_NAME - 4]}~{number}" for number in range(2, 1000))
        return next(free for free in (name, *counted) if free.casefold() not in taken)

    def texts(self, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A sheet of texts, each cell as it is."""
        sheet = self.book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        plain = self.look(None)
        for index, text in enumerate(headers):
            sheet.write_string(0, index, text, self.format(bold=True, bg_color=HEAD_GREY, border=1, valign="vcenter"))
            sheet.set_column_pixels(index, index, 520 if index == len(headers) - 1 else 130)
        for number, cells in enumerate(rows, start=1):
            for index, text in enumerate(cells):
                write(sheet, number, index, text, plain)

    def format(self, **look: Any) -> Format:
        key = tuple(sorted(look.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(look)
        return self.formats[key]

    def look(self, column: Column | None) -> Format:
        """Service columns are grey; numbers and dates look as the template says; words wrap."""
        look: dict[str, Any] = {"valign": "top"}
        if column is None:
            return self.format(**look)
        if column.owner == "service":
            look["bg_color"] = GREY
        if column.number_format:
            look["num_format"] = column.number_format
        elif column.width >= 150:
            look["text_wrap"] = True
        return self.format(**look)

    def head(self, sheet: Worksheet, index: int, text: str, column: Column | None) -> None:
        color = HEAD_GREY if column and column.owner == "service" else HEAD
        sheet.write_string(0, index, text, self.format(bold=True, bg_color=color, border=1, valign="vcenter"))
        sheet.set_column_pixels(index, index, column.width if column else 100, self.look(column))
        if column is not None:
            note = column.help + ("（必填）" if column.required else "")
            sheet.write_comment(0, index, note, {"author": "", "x_scale": 1.6})

    def rows(self, sheet: Worksheet, rows: Sequence[Sequence[Raw]], looks: Sequence[Format], hidden: set[int]) -> None:
        plain = self.look(None)
        for number, cells in enumerate(rows, start=1):
            for index, value in enumerate(cells):
                if index not in hidden:
                    write(sheet, number, index, value, looks[index] if index < len(looks) else plain)

    # Drop-downs ----------------------------------------------------------------------------------------------
    def drop_down(self, sheet: Worksheet, index: int, column: Column, last: int) -> None:
        source = self.source(column)
        if source is not None:
            sheet.data_validation(
                1,
                index,
                last,
                index,
                {
                    "validate": "list",
                    "source": source,
                    "error_type": "warning",
                    "error_title": column.header,
                    "error_message": "不在列表里，系统会在校验列里说明。仍要填入吗？",
                },
            )

    def source(self, column: Column) -> list[str] | str | None:
        """What a drop-down offers: values written out, or the cells where they stand."""
        if column.choices == "streets":
            return self.street_names()
        values = self.rules.lists.get(column.choices, column.values)
        if not values or column.owner != "staff":
            return None
        if len(",".join(values)) <= LONGEST_LIST:
            return list(values)
        at = letters(self.long.setdefault(values, len(self.long)))
        return f"={LISTS}!${at}$1:${at}${len(values)}"

    def street_names(self) -> str | None:
        """The names in 街路名册, wherever that column stands now."""
        tab = self.templates.get("streets")
        if tab is None:
            return None
        table = self.tables.get("streets")
        header = table.header if table and table.header else tuple(column.header for column in tab.columns)
        wanted = tab.by_key["street"].header
        if wanted not in header:
            return None
        at = letters(header.index(wanted))
        return f"='{tab.title}'!${at}$2:${at}${(len(table.rows) if table else 0) + SPARE_ROWS}"

    def put_lists(self) -> None:
        if not self.long:
            return
        sheet = self.book.add_worksheet(LISTS)
        sheet.hide()
        for values, index in self.long.items():
            for row, value in enumerate(values):
                sheet.write_string(row, index, value)

    # Colours -------------------------------------------------------------------------------------------------
    def color(self, sheet: Worksheet, keys: Sequence[str], color: Color, last: int) -> None:
        if color.column in keys:
            index = keys.index(color.column)
            look = self.format(bg_color=f"#{color.color}")
            rule = {"type": "formula", "criteria": condition(color, f"${letters(index)}2"), "format": look}
            sheet.conditional_format(1, index, last, index, rule)


def columns_of(tab: Tab, header: Sequence[str]) -> list[Column | None]:
    """The template's column under each header; None for the bureau's own and for a header that comes again."""
    free = {column.header: column for column in tab.columns}
    return [free.pop(text.strip(), None) for text in header]


def condition(color: Color, cell: str) -> str:
    """When the colour shows, as Excel's formula about ``cell``."""
    if color.filled:
        return f"=LEN({cell})>0"
    if color.starts:
        return f"=LEFT({cell},{len(color.starts)})={literal(color.starts)}"
    return f"=OR({','.join(f'{cell}={literal(value)}' for value in color.when)})"


def literal(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def write(sheet: Worksheet, row: int, column: int, value: Raw, look: Format) -> None:
    """One cell by its type; ``write`` of xlsxwriter is never used, since it turns '=…' into a formula."""
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, look)
    else:
        sheet.write_string(row, column, fitting(value), look)


def fitting(text: str) -> str:
    """A text that one cell of Excel can hold; a longer one says that it was cut."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(CUT)] + CUT
