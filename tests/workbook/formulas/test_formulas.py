"""Formulas: what they yield, and how they follow what they refer to."""

import pytest
from gspread.utils import ValueRenderOption


def shown(book, address: str, formula: str):
    book.sheet1.update([[formula]], address, raw=False)
    return book.sheet1.acell(address, value_render_option=ValueRenderOption.unformatted).value


@pytest.fixture
def data(local):
    """A small table: names, numbers, a blank."""
    local.sheet1.update([["街路", "分"], ["人民路", 3], ["解放路", 5], ["人民路", ""], ["中山路", 1.5]], "A1")
    return local


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=4/2", 2), ("=3/2", 1.5), ("=1/1024", 0.0009765625), ("=2+3*4", 14), ("=(2+3)*4", 20), ("=2^3^2", 64),
        ("=-2^2", 4), ("=50%*4", 2), ('="a"&1&TRUE', "a1TRUE"), ("=1=1", True), ('="A"="a"', True), ("=1<>2", True),
        ("=SUM(B2:B)", 9.5), ("=AVERAGE(B2:B5)", 9.5 / 3), ("=COUNT(B:B)", 3), ("=COUNTA(A:A)", 5), ("=MAX(B2:B5)", 5),
        ('=COUNTIF(A:A,"人民路")', 2), ('=COUNTIFS(A:A,"人民路",B:B,">2")', 1), ('=SUMIF(A2:A,"人*",B2:B)', 3),
        ('=IF(B2>2,"高","低")', "高"), ("=IFERROR(1/0,0)", 0), ('=VLOOKUP("解放路",A:B,2,FALSE)', 5),
        ('=INDEX(B:B,MATCH("中山路",A:A,0))', 1.5), ('=XLOOKUP("无",A:A,B:B,"没有")', "没有"),
        ("=ROUND(2.345,2)", 2.35), ("=MOD(7,3)", 1), ('=LEFT("人民路",2)', "人民"), ("=LEN(A2)", 3),
        ('=TEXT(46270,"yyyy-mm-dd")', "2026-09-05"), ("=DATE(2026,9,5)", 46270), ("=YEAR(TODAY())", 2026),
        ("=NETWORKDAYS(DATE(2026,9,1),DATE(2026,9,7))", 5), ('=TEXTJOIN("、",TRUE,A2:A4)', "人民路、解放路、人民路"),
        ("=SUM({1,2;3,4})", 10), ("=Sheet1!B2+'Sheet1'!B3", 8), ("=sum(b2,b3)", 8), ("=D9", ""),
    ],
)  # fmt: skip
def test_what_formulas_yield(data, formula, value):
    result = shown(data, "D1", formula)
    assert result == (pytest.approx(value) if isinstance(value, float) else value or None) or result == value


@pytest.mark.parametrize(
    ("formula", "error", "kind"),
    [
        ("=1/0", "#DIV/0!", "DIVIDE_BY_ZERO"), ("=NOSUCH(1)", "#NAME?", "NAME"), ("=1+", "#ERROR!", "ERROR"),
        ('="x"*2', "#VALUE!", "VALUE"), ('=VLOOKUP("x",A:B,2,FALSE)', "#N/A", "N_A"), ("=Nosheet!A1", "#REF!", "REF"),
        ("=D1", "#REF!", "REF"), ("=SQRT(-1)", "#NUM!", "NUM"), ("=+86 138", "#ERROR!", "ERROR"),
    ],
)  # fmt: skip
def test_what_goes_wrong(data, formula, error, kind):
    assert shown(data, "D1", formula) == error
    fields = "sheets.data.rowData.values(userEnteredValue,effectiveValue)"
    meta = data.fetch_sheet_metadata({"ranges": "D1", "fields": fields})
    cell = meta["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["userEnteredValue"] == {"formulaValue": formula}
    assert cell["effectiveValue"]["errorValue"]["type"] == kind


def test_a_change_is_felt_by_what_refers_to_it_in_any_order(local):
    local.sheet1.update([["=B1+1", "=C1+1", "=D1+1", 1]], "A1", raw=False)
    assert local.sheet1.row_values(1) == ["4", "3", "2", "1"]
    local.sheet1.update([[10]], "D1")
    assert local.sheet1.row_values(1) == ["13", "12", "11", "10"]


def test_a_long_chain_is_no_matter(local):
    local.sheet1.update([[1]] + [[f"=A{n}+1"] for n in range(1, 600)], "A1", raw=False)
    assert local.sheet1.acell("A600").value == "600"


def test_references_follow_rows_columns_and_names(local):
    sheet = local.sheet1
    other = local.add_worksheet("other", 5, 5)
    sheet.update([["=SUM(A2:A4)"], [1], [2], [3]], "A1", raw=False)
    other.update([["=Sheet1!A3"]], "A1", raw=False)
    sheet.insert_row([], 3)
    sheet.insert_cols([[]], 1)
    sheet.update_title("新 名")
    formulas = ValueRenderOption.formula
    assert sheet.acell("B1", value_render_option=formulas).value == "=SUM(B2:B5)"
    assert other.acell("A1", value_render_option=formulas).value == "='新 名'!B4"
    assert (sheet.acell("B1").value, other.acell("A1").value) == ("6", "2")
    sheet.delete_rows(4)
    assert other.acell("A1", value_render_option=formulas).value == "=#REF!"
    assert other.acell("A1").value == "#REF!"


def test_sorted_formulas_still_look_at_their_own_row(local):
    local.sheet1.update([[3, "=A1*10"], [1, "=A2*10"], [2, "=A3*10"]], "A1", raw=False)
    local.sheet1.sort((1, "asc"))
    assert local.sheet1.get_all_values() == [["1", "10"], ["2", "20"], ["3", "30"]]


def test_a_written_text_that_looks_like_a_formula_is_never_worked_out(local):
    local.sheet1.update([["=1+1"]], "A1", raw=True)
    assert local.sheet1.acell("A1").value == "=1+1"
