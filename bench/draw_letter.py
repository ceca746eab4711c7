"""Draws ``sheet_templates/letters/letter.docx``: the layout of GB/T 9704, with the marks that docxtpl fills in.

    python bench/draw_letter.py

Run it after a change here. A bureau may change letter.docx itself in Word or WPS, as long as the marks stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

BODY, TITLE, HEAD = "仿宋_GB2312", "方正小标宋简体", "黑体"
RED = RGBColor(0xC0, 0x00, 0x00)
PITCH = 29  # points: 22 lines on a page of 225 mm
FALL_BACK = {  # no font is embedded: what an office without these has instead
    BODY: "仿宋,FangSong,STFangsong",
    TITLE: "小标宋,FZXiaoBiaoSong-B05S,宋体,SimSun",
    HEAD: "SimHei,STHeiti",
    "宋体": "SimSun,STSong",
}
W = nsdecls("w")


def fonts() -> bytes:
    rows = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{"swiss" if name == HEAD else "roman"}"/><w:pitch w:val="auto"/></w:font>'
        for name, others in FALL_BACK.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {W}>{rows}</w:fonts>'.encode()


def named(name: str) -> Any:
    every = " ".join(f'w:{script}="{name}"' for script in ("ascii", "hAnsi", "eastAsia", "cs"))
    return parse_xml(f"<w:rFonts {W} {every}/>")


def name_fonts(run: Any, name: str, size: float) -> None:
    properties = run.get_or_add_rPr()
    for old in properties.findall(qn("w:rFonts")):
        properties.remove(old)
    properties.insert(0, named(name))
    for tag in ("w:sz", "w:szCs"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
        node = OxmlElement(tag)
        node.set(qn("w:val"), str(int(size * 2)))
        properties.append(node)


def write(paragraph: Any, text: str, font: str = BODY, size: float = 16, color: RGBColor | None = None) -> Any:
    run = paragraph.add_run(text)
    name_fonts(run._element, font, size)
    if color is not None:
        run.font.color.rgb = color
    return run


def border(paragraph: Any, side: str, kind: str, size: int, color: str = "000000", space: int = 1) -> None:
    properties = paragraph._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")
    borders.append(parse_xml(f'<w:{side} {W} w:val="{kind}" w:sz="{size}" w:space="{space}" w:color="{color}"/>'))


def pitch(paragraph: Any, points: float | None = None) -> Any:
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing = Pt(points or PITCH)
    properties = paragraph._p.get_or_add_pPr() if hasattr(paragraph, "_p") else paragraph.element.get_or_add_pPr()
    if properties.find(qn("w:snapToGrid")) is None:  # the pitch is exact: small print must not be drawn to the grid
        off = parse_xml(f'<w:snapToGrid {W} w:val="0"/>')
        properties.insert_element_before(off, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:rPr")
    return paragraph


def page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(25)
    grid = section._sectPr.find(qn("w:docGrid"))
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(PITCH * 20))
    section.different_first_page_header_footer = True  # a 函 has no number on its first page
    number = pitch(section.footer.paragraphs[0])
    number.alignment = ALIGN.CENTER
    write(number, "— ", "宋体", 14)
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        run = write(number, "", "宋体", 14)._element
        if kind:
            run.append(parse_xml(f'<w:fldChar {W} w:fldCharType="{kind}"/>'))
        else:
            run.append(parse_xml(f'<w:instrText {W} xml:space="preserve">{text}</w:instrText>'))
    write(number, " —", "宋体", 14)


def defaults(document: Any) -> None:
    for part in document.part.package.iter_parts():
        if part.partname == "/word/fontTable.xml":
            part._blob = fonts()
    styles = document.styles.element
    standard = styles.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for child in list(standard):
        standard.remove(child)
    standard.append(named(BODY))
    standard.append(parse_xml(f'<w:sz {W} w:val="32"/>'))
    standard.append(parse_xml(f'<w:lang {W} w:val="en-US" w:eastAsia="zh-CN"/>'))
    normal = document.styles["Normal"]
    name_fonts(normal.element, BODY, 16)
    pitch(normal)
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "街路长台账", "督办函", ""


def head(document: Any) -> None:
    urgency = pitch(document.paragraphs[0] if document.paragraphs else document.add_paragraph())
    write(urgency, "{{ urgency }}", HEAD)
    bureau = pitch(document.add_paragraph(), 40)
    bureau.alignment = ALIGN.CENTER
    write(bureau, "{{ bureau }}", TITLE, 26, RED)
    banner = pitch(document.add_paragraph(), 48)
    banner.alignment = ALIGN.CENTER
    write(banner, "{{ banner }}", TITLE, 32, RED)
    border(banner, "bottom", "thickThinSmallGap", 24, "C00000", 6)
    number = pitch(document.add_paragraph())
    number.alignment = ALIGN.RIGHT
    number.paragraph_format.space_before = Pt(4)
    write(number, "{{ number }}")
    pitch(document.add_paragraph())
    title = pitch(document.add_paragraph())
    title.alignment = ALIGN.CENTER
    write(title, "{{ heading }}", TITLE, 22)
    pitch(document.add_paragraph())


def indented(paragraph: Any, signs: int = 2) -> Any:
    properties = pitch(paragraph)._p.get_or_add_pPr()
    properties.append(parse_xml(f'<w:ind {W} w:firstLineChars="{signs * 100}" w:firstLine="{signs * 320}"/>'))
    return paragraph


def body(document: Any) -> None:
    write(pitch(document.add_paragraph()), "{{ to }}：")
    write(document.add_paragraph(), "{%p for part in body %}")
    part = indented(document.add_paragraph())
    part.alignment = ALIGN.JUSTIFY
    write(part, "{{ part.lead }}", HEAD)
    write(part, "{{ part.text }}")
    write(document.add_paragraph(), "{%p endfor %}")
    pitch(document.add_paragraph())
    write(indented(document.add_paragraph()), "{{ annex }}")
    pitch(document.add_paragraph())
    for mark in ("{{ org }}", "{{ date }}"):
        line = pitch(document.add_paragraph())
        line.alignment = ALIGN.CENTER  # the name is centred over the date, which leaves four signs free on the right
        line.paragraph_format.left_indent = Pt(16 * 9)
        line.paragraph_format.keep_with_next = mark == "{{ org }}"
        write(line, mark)


WIDTHS = (9, 27, 26, 40, 15, 19, 20)  # millimetres, 156 together


def annex(document: Any) -> None:
    label = pitch(document.add_paragraph())
    label.paragraph_format.page_break_before = True
    write(label, "附件", HEAD)
    title = pitch(document.add_paragraph())
    title.alignment = ALIGN.CENTER
    write(title, "{{ list_title }}", TITLE, 22)
    pitch(document.add_paragraph(), 14)
    table = document.add_table(rows=4, cols=len(WIDTHS))
    table.style = "Table Grid"
    table.autofit = False
    sides = "".join(f'<w:{side} w:w="40" w:type="dxa"/>' for side in ("left", "right"))
    table._tbl.tblPr.append(parse_xml(f"<w:tblCellMar {W}>{sides}</w:tblCellMar>"))
    marks = [[f"{{{{ columns[{n}] }}}}" for n in range(len(WIDTHS))], ["{%tr for row in rows %}"],
             [f"{{{{ row[{n}] }}}}" for n in range(len(WIDTHS))], ["{%tr endfor %}"]]  # fmt: skip
    for row, texts in zip(table.rows, marks, strict=True):
        for at, text in enumerate(texts):
            line = pitch(row.cells[at].paragraphs[0], 16)
            centred = at in (0, 1, 4) or texts is marks[0]
            line.alignment = ALIGN.CENTER if centred else ALIGN.LEFT
            write(line, text, HEAD if texts is marks[0] else BODY, 12 if texts is marks[0] else 10.5)
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if texts is marks[0]:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = Mm(width)
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = Mm(width)


def last_block(document: Any) -> None:
    """版记: 抄送 and 印发 in 14 pt between rules as wide as the text, kept on one page."""
    pitch(document.add_paragraph(), PITCH).paragraph_format.keep_with_next = True
    table = document.add_table(rows=4, cols=1)
    table.autofit = False
    rules = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
        for side, size in (("top", 8), ("bottom", 8), ("insideH", 6))
    )
    table._tbl.tblPr.append(parse_xml(f"<w:tblBorders {W}>{rules}</w:tblBorders>"))
    marks = ("{%tr if copies %}", "抄送：{{ copies }}。", "{%tr endif %}", "{{ printer }}\t{{ printed }}")
    for row, text in zip(table.rows, marks, strict=True):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        row.cells[0].width = Mm(156)
        line = pitch(row.cells[0].paragraphs[0], 24)
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = Pt(14)
        line.paragraph_format.keep_with_next = row is not table.rows[-1] and "printed" not in text
        if "copies }}" in text:
            line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Pt(14 * 4), Pt(-14 * 3)
        if "printed" in text:
            line.paragraph_format.tab_stops.add_tab_stop(Mm(156) - Pt(14 + 11), WD_TAB_ALIGNMENT.RIGHT)
        write(line, text, BODY, 14)


def draw(path: Path) -> None:
    document = Document()
    defaults(document)
    page(document)
    head(document)
    body(document)
    annex(document)
    last_block(document)
    document.save(str(path))


if __name__ == "__main__":
    draw(Path(__file__).parents[1] / "sheet_templates" / "letters" / "letter.docx")
