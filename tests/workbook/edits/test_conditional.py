"""Conditional formats in effectiveFormat."""

from datetime import UTC, datetime
from typing import Any

import pytest

RED = {"backgroundColor": {"red": 1}}
COLUMN = {"startColumnIndex": 0, "endColumnIndex": 1}


def condition(kind: str, *values: Any) -> dict[str, Any]:
    given = [value if isinstance(value, dict) else {"userEnteredValue": value} for value in values]
    return {"type": kind, "values": given}


def add(book: Any, index: int = 0, ranges: Any = None, **rule: Any) -> None:
    request = {"rule": {"ranges": ranges or [COLUMN], **rule}, "index": index}
    book.batch_update({"requests": [{"addConditionalFormatRule": request}]})


def colours(book: Any, where: str = "A1:A5") -> list[Any]:
    fields = "sheets.data.rowData.values.effectiveFormat.backgroundColor"
    data = book.fetch_sheet_metadata({"ranges": where, "fields": fields})["sheets"][0]["data"][0]
    cells = [row.get("values", [{}])[0] for row in data["rowData"]]
    return [cell.get("effectiveFormat", {}).get("backgroundColor") for cell in cells]


WHITE = {"red": 1, "green": 1, "blue": 1}


@pytest.mark.parametrize(
    ("rule", "painted"),
    [
        (condition("NUMBER_GREATER", "3"), [0, 0, 1, 0, 0]),
        (condition("NUMBER_BETWEEN", "5", "2"), [0, 1, 1, 0, 0]),
        (condition("NUMBER_NOT_BETWEEN", "2", "4"), [1, 0, 1, 1, 0]),
        (condition("NUMBER_LESS_THAN_EQ", "=B$1"), [1, 0, 0, 1, 0]),
        (condition("CUSTOM_FORMULA", "=$A1>$B1"), [0, 1, 1, 0, 1]),
        (condition("CUSTOM_FORMULA", "=NOSUCH(1)"), [0] * 5),
        (condition("CUSTOM_FORMULA", "=("), [0] * 5),
        (condition("TEXT_CONTAINS", "期"), [0, 0, 0, 0, 1]),
        (condition("TEXT_STARTS_WITH", "已"), [0, 0, 0, 0, 1]),
        (condition("TEXT_EQ", "=$A$5"), [0, 0, 0, 0, 1]),
        (condition("NOT_BLANK"), [1] * 5),
        (condition("DATE_BEFORE", {"relativeDate": "TOMORROW"}), [1, 1, 1, 1, 0]),
        (condition("DATE_EQ", "2026-09-05"), [0] * 5),
        (condition("NUMBER_GREATER"), [0] * 5),
        (condition("NUMBER_GREATER", "x"), [0] * 5),
        (condition("ONE_OF_LIST", "x"), [0] * 5),
    ],
)
def test_a_condition_paints_what_meets_it(local, rule, painted):
    local.sheet1.update([[1, 2], [3, 1], [5, 1], [0.5, 1], ["已超期", 9]], "A1")
    add(local, booleanRule={"condition": rule, "format": RED})
    assert colours(local) == [{"red": 1} if on else WHITE for on in painted]


def test_the_first_rule_that_holds_goes_before_the_others(local):
    local.sheet1.update([[5]], "A1")
    add(local, booleanRule={"condition": condition("NOT_BLANK"), "format": {"textFormat": {"bold": True}, **RED}})
    add(local, booleanRule={"condition": condition("NUMBER_EQ", "5"), "format": {"backgroundColor": {"blue": 1}}})
    assert colours(local, "A1") == [{"blue": 1}]
    meta = local.fetch_sheet_metadata({"ranges": "A1", "includeGridData": True})
    shown = meta["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert shown["effectiveFormat"]["textFormat"]["bold"] and shown["effectiveFormat"]["textFormat"]["fontSize"] == 10
    assert "userEnteredFormat" not in shown


def test_the_document_s_day(api, local):
    api.clock = lambda: datetime(2026, 11, 28, 18, 45, tzinfo=UTC)
    zone = {"properties": {"timeZone": "Asia/Shanghai"}, "fields": "timeZone"}
    local.batch_update({"requests": [{"updateSpreadsheetProperties": zone}]})
    local.sheet1.update([["2026-11-28"], ["2026-11-29 09:30"]], "A1", raw=False)
    add(local, booleanRule={"condition": condition("DATE_EQ", {"relativeDate": "TODAY"}), "format": RED})
    assert colours(local) == [WHITE, {"red": 1}]


@pytest.mark.parametrize("kind", ["MIN", "NUMBER", "PERCENT", "PERCENTILE"])
def test_a_gradient(local, kind):
    local.sheet1.update([[0], [5], [10], ["x"]], "A1")
    low = {"type": kind, "value": "0", "color": {}}
    high = {"type": "MAX", "colorStyle": {"rgbColor": {"red": 1}}}
    add(local, gradientRule={"minpoint": low, "maxpoint": high})
    assert colours(local) == [{}, {"red": 0.49803922}, {"red": 1}, WHITE]


def test_a_formula_that_takes_too_much_stops_no_read(local):
    local.sheet1.update([["a" * 20_000]] * 5, "A1")
    formula = '=COUNTIF($A$1:$A$5,"*' + "?a" * 5000 + 'b*")>0'
    add(local, booleanRule={"condition": condition("CUSTOM_FORMULA", formula), "format": RED})
    assert colours(local) == [WHITE] * 5
