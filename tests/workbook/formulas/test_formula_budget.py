"""Any formula ends soon with a value: wrong calls, huge numbers and texts, what would run without end."""

import logging
import time
from datetime import UTC, datetime

import gspread
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.workbook import transport
from sync.workbook.formulas import evaluate, functions, grammar
from sync.workbook.server import Api

A = "a" * 20_000
SHOWN = {"#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#ERROR!"}


def entered(book, formula: str, address: str = "D1"):
    """What the cell shows, and its error's type."""
    book.sheet1.update([[formula]], address, raw=False)
    answer = book.fetch_sheet_metadata(
        {"ranges": f"Sheet1!{address}", "fields": "sheets.data.rowData.values.effectiveValue"}
    )
    value = answer["sheets"][0]["data"][0]["rowData"][0]["values"][0]["effectiveValue"]
    return value.get("errorValue", {}).get("type") or next(iter(value.values()))


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("=7^4000000", "NUM"), ("=10^400", "NUM"), ("=2^64", 2.0**64), ("=1E308*10", "NUM"), ("=1E999", "NUM"),
        ('=VALUE("inf")', "NUM"), ('=VALUE(" -Infinity ")', "NUM"), ('=VALUE("NaN")', "NUM"), ('=VALUE("∞")', "NUM"),
        ('=VALUE("1E999")', "NUM"), ('="-1E999"+1', "NUM"), ('=SUM("$1E999")', "NUM"), ('=-"1E999%"', "NUM"),
        ('=VALUE("1E308")', 1e308), ('="inf"+1', "VALUE"), ('=ROUND("nan",1)', "VALUE"), ('=VALUE("info")', "VALUE"),
        ('=VALUE("1_0")', "VALUE"), ('=VALUE("E999")', "VALUE"), ('=COUNTIF({"inf"},"inf")', 1), ('=N("inf")', 0),
        ('=IFERROR(VALUE("nan"),7)', 7), ("=-1E308-1E308", "NUM"),
        ("=SUM(1E308,1E308)", "NUM"), ("=PRODUCT(1E308,1E308)", "NUM"), ("=INT(1E300)", 1e300),
        ("=" + "9" * 400, "NUM"),
        ("=ROUND(1,300000000)", 1), ("=ROUND(1,-400)", 0), ("=ROUND(1E300,2)", 1e300), ("=POWER(9,9^9)", "NUM"),
        ("=POWER(0,-1)", "NUM"), ("=POWER(-8,1/3)", "NUM"), ("=DATE(1E300,1,1)", "NUM"), ("=EDATE(1,1E9)", "NUM"),
        ("=YEAR(1E300)", "NUM"), ("=NETWORKDAYS(1,2900000)", 2071429), ("=IFERROR(1E308*10,7)", 7),
        ('=REPT("x",60000)', "VALUE"), ('=REPT("x",2000000000)', "VALUE"), ('=REPT("x",-1)', "VALUE"),
        (f'=SUBSTITUTE("{A}","a","{A}")', "VALUE"), ('=REPT("a",40000)&REPT("a",40000)', "VALUE"),
        (f'=COUNTIF({{"{A}"}},"*a*a*a*a*a*a*b")', 0), (f'=MATCH("*a?{"*a?" * 500}b",{{"{A}"}},0)', "N_A"),
        (f'=COUNTIF({{"{A}"}},"*{"?a" * 5000}b*")', "ERROR"),
        ("=LEN()", "N_A"), ("=ROUND()", "N_A"), ("=VLOOKUP(1)", "N_A"), ("=PI(1,2,3)", "NAME"), ("=IF()", "N_A"),
        ("=NA(1)", "N_A"), ("=COUNTIFS(A:A)", "N_A"), ('=COUNTIFS(A:A,1,B1:B2,1)', "VALUE"), ("=TRUE(1)", "N_A"),
        ('=LEFT("abc",-1)', "VALUE"), ('=MID("abc",0,1)', "VALUE"), ('=FIND("a","a",0)', "VALUE"),
        ("=SUM({1,2;3})", "VALUE"),
        ("=INDEX(A1:B2,3,1)", "NUM"), ("=WEEKDAY(1,9)", "NUM"), ('=XLOOKUP(1,{1;2},{3})', 3), ("=SQRT(-1)", "NUM"),
        ("=" + "(" * 5000, "ERROR"), ("=" + "-" * 4000 + "1", 1), ("=1" + "+1" * 2000, 2001), ("=1" * 300, False),
        ("=" + "IF(1," * 55 + "5" + ")" * 55, 5), ("=" + "SUM(" * 61 + "5" + ")" * 61, "ERROR"),
        ("=" + "1" * 20_000 + "x", "ERROR"), ("=" + "'" * 20_001, "ERROR"), ('=TEXT(1,"' + "m;" * 9000 + '")', "VALUE"),
        ('=TEXT(1E20,"0.0000000000000")', "100000000000000000000.0000000000000"), ('=COUNTIF(A:A,"")', 1000),
        ('=COUNTIF(A1:A3,"<>x")', 3), ("=ROWS(A:A)", 1000), ("=COUNTBLANK(A:B)", 2000), ('="50%"*2', 1),
        ('=COUNTIF({"a*b","ab"},"a~*b")', 1), ('=COUNTIF({"AB","ABC","b"},"?b*")', 2),
        ('=COUNTIF({"aXbXc"},"a*b*c")', 1),
        ('=COUNTIF({"a","ab"},"a")', 1), ('=COUNTIF({"aa"},"a*a*a")', 0), ('=SUBSTITUTE("aaa","a","b",2)', "aba"),
    ],
)  # fmt: skip
def test_a_formula_that_is_too_much_or_wrong_ends_with_a_value(local, formula, result):
    began = time.thread_time()
    assert entered(local, formula) == result
    assert time.thread_time() - began < 1


@pytest.mark.parametrize("name", sorted({**functions.FUNCTIONS, **functions.LAZY}))
@pytest.mark.parametrize("arguments", ["", '""', "1,", "-1,-1", '"x","x","x"', "A1:B2,A1:B2,A1:B2", "1E300,1E300,1E300",
                                       "{1,2},TRUE,0,1", "1,2,3,4,5,6,7,8"])  # fmt: skip
def test_any_call_of_any_function_is_a_value(local, name, arguments):
    entered(local, f"={name}({arguments})")


# Not under the function-scoped fixtures of every other test: many texts go through one sheet.
ATOMS = st.sampled_from(['"a"', "1", "1E308", "A1", "A:A", "$B$2:C", "1:3", "x", "TRUE", "#N/A", "{1,2;3,4}", "'s'!A1",
                         ",", ";", ")", "(", "{", "}", "%", '"', "'", "!", ":", "*", "^", "&", "<>", "-",
                         " ", "街"])  # fmt: skip
CALLS = st.sampled_from([f"{name}(" for name in (*functions.FUNCTIONS, *functions.LAZY)])


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A document that many formulas go through."""
    from tests.stores import open_store

    store = open_store(tmp_path_factory.mktemp("any") / "workbook.db")
    yield gspread.Client(
        auth=None, session=transport.session(Api(store, lambda: datetime(2026, 9, 5, tzinfo=UTC)))
    ).create("x")
    store.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(ATOMS, CALLS), max_size=25).map("".join)))
def test_any_text_after_the_sign_of_equality_ends_with_a_value(scratch, text):
    if "\x00" in text:
        text = text.replace("\x00", "")
    scratch.sheet1.update([["=" + text, 1]], "F1", raw=False)
    values = scratch.sheet1.get("A1:G1", value_render_option="UNFORMATTED_VALUE")[0]
    assert values[6] == 1


def test_what_took_too_long_is_not_tried_again_until_its_input_changes(local, monkeypatch):
    sheet = local.sheet1
    sheet.update([["a" * 100], ["b"]], "A1")
    monkeypatch.setattr("sync.workbook.formulas.operands.MAX_STEPS", 20)
    tried = []
    pattern = "*?" * 30
    worked_out = grammar._worked_out
    monkeypatch.setattr(grammar, "_worked_out", lambda work: (tried.append(1), worked_out(work))[1])
    assert entered(local, f'=COUNTIF(A1:A1,"{pattern}zz")') == "ERROR"
    message = local.fetch_sheet_metadata({"ranges": "Sheet1!D1", "fields": "sheets.data.rowData.values.effectiveValue"})
    assert "tried again when its input changes" in str(message)
    assert len(tried) == 2
    sheet.update([["c"]], "A2")
    sheet.update([["x"]], "B1")
    assert len(tried) == 2
    sheet.update([["zz"]], "A1")
    assert len(tried) == 3
    assert sheet.acell("D1").value == "0"


def test_an_exception_that_nobody_foresaw_stops_no_other_cell(local, monkeypatch, caplog):
    def broken(_arguments, _scope):
        raise KeyError("nobody foresaw it")

    monkeypatch.setitem(functions.FUNCTIONS, "LEN", (broken, 1, 1))
    grammar.parsed.cache_clear()
    with caplog.at_level(logging.ERROR, "sync.workbook.formulas.evaluate"):
        local.sheet1.update([['=LEN("x")', "=1+1", "=A1&1"]], "A1", raw=False)
    grammar.parsed.cache_clear()
    assert local.sheet1.row_values(1) == ["#ERROR!", "2", "#ERROR!"]
    assert "nobody foresaw it" in caplog.text


@pytest.mark.parametrize("formula", ["=1+", "=NOSUCH(1)", "=ROUND()", "=#N/A", "={1,2;3}", "=" + "(" * 99])
def test_a_formula_that_always_fails_holds_on_to_nothing(formula):
    from sync.workbook.formulas.operands import Fault

    read, faults = grammar.parsed(formula), []
    for _ in range(3):
        with pytest.raises(Fault) as caught:
            read.node(None)
        faults.append(caught.value)
    frames = []
    for fault in faults:
        frames.append(0)
        trace = fault.__traceback__
        while trace:
            frames[-1], trace = frames[-1] + 1, trace.tb_next
    assert len(set(frames)) == 1 and len(set(map(id, faults))) == 3


def test_formulas_that_need_each_other_are_worked_out_once_each(local, monkeypatch):
    rows = [[f"=SUM(B{n + 1}:B400)", f"=A{n + 1}+1" if n < 400 else 1] for n in range(1, 401)]
    steps = []
    step = evaluate.Work._step
    monkeypatch.setattr(evaluate.Work, "_step", lambda self, stack: (steps.append(1), step(self, stack))[1])
    local.sheet1.update(rows, "A1", raw=False)
    assert len(steps) < 5000
    assert local.sheet1.acell("A399").value == "1"


def test_the_documents_own_day(api, local):
    api.clock = lambda: datetime(2026, 11, 28, 18, 45, tzinfo=UTC)  # 02:45 in Shanghai
    zone = {"properties": {"timeZone": "Asia/Shanghai", "locale": "zh_CN"}, "fields": "timeZone,locale"}
    local.batch_update({"requests": [{"updateSpreadsheetProperties": zone}]})
    local.sheet1.update([["=TODAY()", "=HOUR(NOW())", "11-29", "11月29日", '=TEXT(TODAY(),"dddd")']], "A1", raw=False)
    assert local.sheet1.get("A1:E1", value_render_option="UNFORMATTED_VALUE") == [[46355, 2, 46355, 46355, "星期日"]]


@pytest.mark.parametrize("text", ["3E401", "1e309", "-1e999", "9" * 400, "$" + "9" * 400, "9" * 400 + "%"])
def test_a_text_that_is_too_large_for_a_number_stays_a_text(local, text):
    sheet = local.sheet1
    sheet.update([[text]], "A1", raw=False)
    paste = {"coordinate": {"rowIndex": 1}, "data": text, "delimiter": "\t", "type": "PASTE_NORMAL"}
    local.batch_update({"requests": [{"pasteData": paste}]})
    assert sheet.get("A1:A2", value_render_option="UNFORMATTED_VALUE") == [[text], [text]]
    local.client.import_csv(local.id, f"a,{text}\n")
    assert local.sheet1.acell("B1").value == text


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", "1_0", "0x1"])
def test_a_number_that_is_not_finite_is_refused(local, number):
    rows = [{"values": [{"userEnteredValue": {"numberValue": number}}]}]
    with pytest.raises(gspread.exceptions.APIError, match="Invalid value at"):
        local.batch_update({"requests": [{"updateCells": {"rows": rows, "fields": "*", "start": {}}}]})
