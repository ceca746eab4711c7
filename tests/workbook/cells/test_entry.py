"""What typing makes of a text, and what a cell shows of a value."""

import json
from datetime import date
from pathlib import Path

import pytest

from sync.workbook.cells.entry import typed
from sync.workbook.cells.formats import colour, general, settle_colours, show

TODAY = date(2026, 9, 5)


@pytest.mark.parametrize(
    ("text", "value", "kind", "shown"),
    [
        ("1-2", 46024, "DATE", "1-2"),  # published probes of the real API
        ("2026-09-05", 46270, "DATE", "2026-09-05"),
        ("007", 7, None, "7"),
        ("$100.15", 100.15, "CURRENCY", "$100.15"),
        ("TRUE", True, None, "TRUE"),
        ("'0123", "0123", None, "0123"),
        ("0042", 42, None, "42"),  # recorded
        ("3_1_0", "3_1_0", None, "3_1_0"),
        ("2,000,000.01", 2000000.01, "NUMBER", "2,000,000.01"),
        ("50%", 0.5, "PERCENT", "50%"),  # by the rules of the guide, not recorded
        ("12.5%", 0.125, "PERCENT", "12.50%"),
        ("¥12", 12, "CURRENCY", "¥12"),
        ("2026年9月5日", 46270, "DATE", "2026年9月5日"),
        ("2026/9/5 14:30", 46270 + 14.5 / 24, "DATE_TIME", "2026/09/05 14:30"),
        ("3:00 PM", 0.625, "TIME", "3:00 PM"),
        ("Sep 5, 2026", 46270, "DATE", "Sep 5, 2026"),
        ("1e3", 1000, "SCIENTIFIC", "1.00E+03"),
        ("-5", -5, None, "-5"),
        ("13/45", "13/45", None, "13/45"),
        ("2026-02-30", "2026-02-30", None, "2026-02-30"),
        ("12:61", "12:61", None, "12:61"),
        ("1,2", "1,2", None, "1,2"),
        ("人民路12号", "人民路12号", None, "人民路12号"),
        ("", "", None, ""),
        (" x ", " x ", None, " x "),
    ],
)
def test_typing(text, value, kind, shown):
    entry = typed(text, TODAY)
    assert entry.value == pytest.approx(value) if isinstance(value, float) else entry.value == value
    assert (entry.number_format or {}).get("type") == kind
    assert show(entry.value, entry.number_format) == shown


@pytest.mark.parametrize("text", ["=1+2", "=", "+1+2", "+86 138", "+x"])
def test_formulas(text):
    formula = typed(text, TODAY).formula
    assert formula == {"=1+2": "=1+2", "=": None}.get(text, "=" + text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 / 1024, "0.0009765625"), (1 / 3, "0.3333333333"), (12345.678901234, "12345.6789"), (42.01, "42.01"),
        (2.0, "2"), (10**14, "100000000000000"), (1e15, "1E+15"), (-0.5, "-0.5"), (0, "0"),
    ],
)  # fmt: skip
def test_numbers_without_a_format(value, shown):
    assert general(value) == shown


@pytest.mark.parametrize(
    ("pattern", "value", "shown"),
    [
        ("yyyy-mm-dd hh:mm:ss", 45000.75, "2023-03-15 18:00:00"),
        ("m/d/yy h:mm am/pm", 45000.75, "3/15/23 6:00 PM"),
        ("dddd, mmmm d", 45000, "Wednesday, March 15"),
        ("[h]:mm", 2.5, "60:00"),
        ("mm:ss.000", 1.5 / 86400, "00:01.500"),
        ("#,##0.00", 1234567.891, "1,234,567.89"),
        ("#,##0.##", 1234.5, "1,234.5"),
        ("000", 5, "005"),
        ('0.00;[Red](0.00);"nil"', -3, "(3.00)"),
        ('0.00;[Red](0.00);"nil"', 0, "nil"),
        ("0.0%", 0.1234, "12.3%"),
        ('"¥"#,##0', 1234.5, "¥1,235"),
        ("0.00", 1.005, "1.01"),
        ("0.00E+00", 12345, "1.23E+04"),
        ('0"件"', 12, "12件"),
        ("[$¥-804]#,##0.00", 5, "¥5.00"),
    ],
)
def test_patterns(pattern, value, shown):
    assert show(value, {"type": "NUMBER", "pattern": pattern}) == shown


def test_the_locales_own_date():
    assert show(46270, {"type": "DATE"}) == "9/5/2026"
    assert show(46270, {"type": "DATE"}, "zh_CN") == "2026/9/5"


def test_colours_are_kept_in_eight_bits_and_mirrored():
    assert colour({"red": 1, "green": 0, "blue": 0.5}) == {"red": 1, "blue": 0.49803922}
    assert colour({"red": 0.8980392}) == {"red": 0.8980392}
    expected = {"backgroundColor": {"green": 1}, "backgroundColorStyle": {"rgbColor": {"green": 1}}}
    assert settle_colours({"backgroundColor": {"green": 1}}) == expected
    assert settle_colours({"backgroundColorStyle": {"rgbColor": {"green": 1}}}) == expected


@pytest.mark.parametrize(
    ("value", "pattern", "shown"), json.loads((Path(__file__).parents[2] / "js/data/shown.json").read_text("utf-8"))
)
def test_the_grid_shows_a_value_as_the_workbook_does(value: object, pattern: str, shown: str) -> None:
    """The browser's code reads the same table: tests/js/grid_text.test.js."""
    assert show(value, {"pattern": pattern, "type": "NUMBER"} if pattern else None) == shown
