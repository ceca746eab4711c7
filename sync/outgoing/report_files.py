"""本月通报 as a .docx to hand in and as an .xlsx to go on working with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import xlsxwriter  # type: ignore[import-untyped]
from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import _Row as TableRow
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from sync.core.scores.lines import STREET
from sync.core.views.periods.report import Ranked, Report, Totals
from sync.outgoing.docx import cleaned, timeless
from sync.outgoing.xlsx import EVER

TITLE_FONT, HEAD_FONT, BODY_FONT = "方正小标宋简体", "黑体", "仿宋"  # named, not sent along; others stand in for them
RANKING = ("对象", "名次", "得分", "按期率", "返工率", "延期率", "督查", "问题", "主要原因", "建议")
TEXT_WIDTH = 15.6  # centimetres between the margins
NARROW = {
    "对象": 2.9,
    "项目": 3.0,
    "名次": 1.3,
    "得分": 1.4,
    "按期率": 1.4,
    "返工率": 1.4,
    "延期率": 1.4,
    "督查": 1.1,
    "问题": 1.1,
    "本期": 3.0,
    "上期": 3.0,
}
Content = tuple[Sequence[str], Sequence[Sequence[object]]]


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}%"


def change(now: float | None, before: float | None) -> str:
    """How a share changed against the period before, in points of a hundred."""
    return "" if now is None or before is None else f"{100 * (now - before):+.1f} 个百分点"


def figures(report: Report) -> list[tuple[str, str, str, str]]:
    """The totals: name, now, the period before, difference."""
    now, before = report.totals, report.before or Totals(0, 0, None, None, None)
    counts = [("交办问题", now.issues, before.issues), ("已销号", now.closed, before.closed)]
    shares = [
        ("按期率", now.on_time, before.on_time),
        ("返工率", now.rework, before.rework),
        ("延期率", now.extension, before.extension),
    ]
    counted = [
        (name, f"{count} 件", f"{then} 件" if report.before else "", f"{count - then:+d} 件" if report.before else "")
        for name, count, then in counts
    ]
    return counted + [(name, percent(share), percent(then), change(share, then)) for name, share, then in shares]


def ranked_words(row: Ranked) -> list[str]:
    """A row of a ranking in words, under ``RANKING``."""
    numbers = ("" if number is None else str(number) for number in (row.inspections, row.issues))
    rates = (percent(share) for share in (row.on_time, row.rework, row.extension))
    return [row.target, row.rank, f"{row.score / 100:g}", *rates, *numbers, "；".join(row.reasons), row.advice]


def heading(kind: str, group: str) -> str:
    return f"{kind}（{group}）" if group and group != kind else kind


# The paper


def docx(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """The report as a .docx in the layout of an official paper, with a line for the signature."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = (
        Cm(3.7),
        Cm(3.5),
        Cm(2.8),
        Cm(2.6),
    )
    _line(paper, report.title, TITLE_FONT, 22, center=True)
    _line(paper, report.bureau, BODY_FONT, 16, center=True)
    if not report.sealed:
        _line(paper, "（还没有封存，数字还会变）", BODY_FONT, 12, center=True)
    _head(paper, "一、总的情况")
    _table(paper, (("项目", "本期", "上期", "比上期"), figures(report)))
    _head(paper, "二、考核名次")
    for (kind, group), rows in report.groups.items():
        _line(paper, heading(kind, group), HEAD_FONT, 14, heads=True)
        _table(paper, _short(kind, rows))
    _head(paper, "三、好的和差的街路")
    for words, rows in (("得分最高", report.best), ("得分最低", report.last)):
        for row in rows:
            why = f"，{'；'.join(row.reasons)}" if row.reasons else ""
            _line(paper, f"{words}：{row.target} {row.score / 100:g} 分{why}。", BODY_FONT, 14)
    if not report.best:
        _line(paper, "本期没有参与排名的街路。", BODY_FONT, 14)
    _head(paper, "四、问题最多的类别")
    _table(paper, (("类别", "本期", "上期"), report.categories))
    for name, picture in pictures.items():
        paper.add_picture(io.BytesIO(picture), width=Cm(15.2))
        paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
        paper.inline_shapes[-1]._inline.docPr.set("descr", name)  # read out in place of the picture
    _head(paper, "五、督办")
    _line(paper, "，".join(f"{name} {count} 件" for name, count in report.letters) + "。", BODY_FONT, 14)
    _line(paper, "签发：                         年    月    日", BODY_FONT, 14, right=True)
    out = io.BytesIO()
    paper.core_properties.created = paper.core_properties.modified = EVER.replace(tzinfo=None)
    paper.save(out)
    return timeless(out.getvalue())


def _short(kind: str, rows: Sequence[Ranked]) -> Content:
    """What fits across a page: streets with inspections, the others without; why something has no rank stands with
    the reasons."""
    wanted = [at for at, name in enumerate(RANKING) if name != "建议" and (kind == STREET or name != "督查")]
    table = [
        ranked_words(row if row.rank.isdecimal() else replace(row, rank="", reasons=(row.rank, *row.reasons)))
        for row in rows
    ]
    filled = [at for at in wanted if any(row[at] for row in table)]
    return [RANKING[at] for at in filled], [[row[at] for at in filled] for row in table]


def _line(
    paper: Paper, text: str, font: str, size: float, *, center: bool = False, right: bool = False, heads: bool = False
) -> None:
    """``heads``: it stands on one page with what follows."""
    line = paper.add_paragraph()
    side = WD_ALIGN_PARAGRAPH.CENTER if center else WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
    line.alignment = side
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(6), Pt(4)
    line.paragraph_format.keep_with_next = heads
    _set(line.add_run(cleaned(text)), font, size)


def _head(paper: Paper, text: str) -> None:
    _line(paper, text, HEAD_FONT, 16, heads=True)


def _set(run: Run, font: str, size: float) -> None:
    run.font.name, run.font.size = font, Pt(size)
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # where Chinese signs take it from


def _table(paper: Paper, content: Content) -> None:
    """A table as wide as the text; its header stands again on each page."""
    headers, rows = content
    table = paper.add_table(rows=1 + len(rows), cols=len(headers))
    table.style, table.autofit = "Table Grid", False
    widths = _widths(headers)
    for wide, drawn in zip(widths, table.columns, strict=True):
        drawn.width = Cm(wide)  # LibreOffice reads it here, Word of the cells
    for at, row in enumerate([headers, *rows]):
        for column, value in enumerate(row):
            cell = table.cell(at, column)
            cell.width = Cm(widths[column])
            words, center = cleaned(str(value)), headers[column] in NARROW and column > 0
            _fill(cell.paragraphs[0], words, HEAD_FONT if at == 0 else BODY_FONT, center=center)
    for row in table.rows:
        _mark(row, "w:cantSplit")
    _mark(table.rows[0], "w:tblHeader")


def _mark(row: TableRow, name: str) -> None:
    """A property of a row: it is not split over two pages, or it stands again on each."""
    properties = row._tr.get_or_add_trPr()
    properties.append(properties.makeelement(qn(name), {qn("w:val"): "true"}))


def _widths(headers: Sequence[str]) -> list[float]:
    """In centimetres: numbers narrow, what is left for the others."""
    wide = [header for header in headers if header not in NARROW]
    left = TEXT_WIDTH - sum(NARROW[header] for header in headers if header in NARROW)
    return [NARROW.get(header, left / max(1, len(wide))) for header in headers]


def _fill(paragraph: Paragraph, text: str, font: str, *, center: bool) -> None:
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if center else WD_ALIGN_PARAGRAPH.LEFT
    _set(paragraph.add_run(text), font, 9)


# The workbook


def xlsx(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """The same as an .xlsx: numbers are numbers, shares shares; texts stay texts."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": EVER, "title": report.title})
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#D9EAD3"}),
            "rate": book.add_format({"num_format": "0.0%"}),
        }
        _sheet(book, formats, "总的情况", ("项目", "本期", "上期", "比上期"), figures(report), pictures)
        for (kind, group), rows in report.groups.items():
            _sheet(book, formats, heading(kind, group), RANKING, [_numbers(row) for row in rows])
        _sheet(book, formats, "类别", ("类别", "本期", "上期"), report.categories)
        _sheet(book, formats, "督办", ("办理情况", "件"), report.letters)
    return out.getvalue()


def _numbers(row: Ranked) -> list[object]:
    """The same as ``ranked_words``, numbers as numbers."""
    rates = (row.on_time, row.rework, row.extension)
    counts = (row.inspections, row.issues)
    return [row.target, _rank(row.rank), row.score / 100, *rates, *counts, "；".join(row.reasons), row.advice]


def _rank(rank: str) -> int | str:
    return int(rank) if rank.isdecimal() else rank


def _sheet(
    book: xlsxwriter.Workbook,
    formats: Mapping[str, Format],
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    pictures: Mapping[str, bytes] | None = None,
) -> None:
    """A sheet with its header; pictures below the rows, or none."""
    sheet, written = book.add_worksheet(title[:31]), list(rows)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headers) - 1, 14)
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header, formats["head"])
    for at, row in enumerate(written, start=1):
        for column, value in enumerate(row):
            _write(sheet, at, column, value, formats["rate"] if headers[column].endswith("率") else None)
    for number, (name, picture) in enumerate((pictures or {}).items()):
        options = {"image_data": io.BytesIO(picture), "x_scale": 0.5, "y_scale": 0.5, "description": name}
        sheet.insert_image(len(written) + 2 + 14 * number, 0, f"{number}.png", options)


def _write(sheet: Worksheet, at: int, column: int, value: object, rate: Format | None) -> None:
    if isinstance(value, int | float):
        sheet.write_number(at, column, value, rate)
    elif value:
        sheet.write_string(at, column, str(value))
