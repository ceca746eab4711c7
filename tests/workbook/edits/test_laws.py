"""Laws that hold for every input: addresses, and what moving rows and columns may not lose."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.workbook.cells.formats import eight_bits, moment, serial
from sync.workbook.edits.dimensions.shifts import Shift
from sync.workbook.formulas.references import Slide, offset, rewrite
from sync.workbook.schema import a1

LAWS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELLS = st.one_of(st.text("ab街=+'", max_size=3), st.integers(-9, 9), st.booleans(), st.floats(-1e6, 1e6, width=32))
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=8)


@given(st.integers(0, 18_277))
def test_column_letters_there_and_back(column):
    assert a1.column_index(a1.letters(column)) == column


@given(st.integers(0, 9_999), st.integers(0, 700), st.integers(1, 99), st.integers(1, 99))
def test_areas_there_and_back(top, left, height, width):
    box = a1.Box(top, top + height, left, left + width)
    assert a1.parse_area(a1.area(box)) == a1.Bounds(*box)


@given(st.text(min_size=1, max_size=12))
def test_sheet_names_there_and_back(title):
    name, rest, _ = a1.split_sheet(a1.full(title, a1.Box(0, 1, 0, 1)))
    assert (name, rest) == (title, "A1")


@given(st.floats(1, 80_000))
def test_serial_numbers_there_and_back(number):
    assert serial(moment(number)) == pytest.approx(number, abs=1e-8)


@given(st.floats(0, 1))
def test_a_stored_colour_stays_as_it_is(part):
    assert eight_bits(eight_bits(part)) == eight_bits(part)


def _batch(book, *requests: Any) -> None:
    book.batch_update({"requests": list(requests)})


def _shown(book) -> list[list[Any]]:
    return book.sheet1.get(value_render_option="UNFORMATTED_VALUE")


def _fresh(book, table) -> list[list[Any]]:
    book.sheet1.clear()
    book.sheet1.update(table, "A1", raw=True)
    return _shown(book)


def _rows(start: int, end: int, dimension: str = "ROWS") -> dict[str, Any]:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}


@given(TABLES, st.integers(0, 9), st.integers(1, 3), st.sampled_from(["ROWS", "COLUMNS"]))
@LAWS
def test_inserting_and_deleting_again_changes_nothing(local, table, at, count, dimension):
    before = _fresh(local, table)
    where = _rows(at, at + count, dimension)
    _batch(local, {"insertDimension": {"range": where}}, {"deleteDimension": {"range": where}})
    assert _shown(local) == before


@given(TABLES, st.integers(0, 6), st.integers(1, 3), st.integers(0, 9), st.sampled_from(["ROWS", "COLUMNS"]))
@LAWS
def test_moving_there_and_back_changes_nothing(local, table, start, count, to, dimension):
    before = _fresh(local, table)
    _batch(local, {"moveDimension": {"source": _rows(start, start + count, dimension), "destinationIndex": to}})
    if not start <= to <= start + count:
        now = to if to < start else to - count
        back = start if to > start else start + count
        _batch(local, {"moveDimension": {"source": _rows(now, now + count, dimension), "destinationIndex": back}})
    assert _shown(local) == before


def _key(value: Any) -> tuple[int, Any]:
    return (2, value) if isinstance(value, bool) else (1, value.casefold()) if isinstance(value, str) else (0, value)


@given(TABLES, st.integers(0, 3), st.sampled_from(["ASCENDING", "DESCENDING"]), st.sampled_from([4, 26]))
@LAWS
def test_a_sort_loses_nothing_and_puts_blanks_last(local, table, column, order, width):
    _fresh(local, table)
    before = [row + [""] * (4 - len(row)) for row in _shown(local)]
    where = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 20, "startColumnIndex": 0, "endColumnIndex": width}
    _batch(local, {"sortRange": {"range": where, "sortSpecs": [{"dimensionIndex": column, "sortOrder": order}]}})
    after = [row + [""] * (4 - len(row)) for row in _shown(local)]
    kept = [row for row in after if row != [""] * 4]
    assert sorted(map(repr, kept)) == sorted(repr(row) for row in before if row != [""] * 4)
    keys = [row[column] for row in after]
    filled = list(itertools.takewhile(lambda value: value != "", keys))
    assert not any(keys[len(filled) :])
    assert [_key(v) for v in filled] == sorted(map(_key, filled), reverse=order == "DESCENDING")


@given(st.integers(0, 9), st.integers(1, 4), st.integers(0, 12))
def test_a_shift_maps_single_rows_and_ranges_alike(at, count, row):
    for shift in (Shift("ROWS", at, count), Shift("ROWS", at, -count), Shift("ROWS", at, count, at + count + 2)):
        edges, index = shift.edges(row, row + 1), shift.index(row)
        assert edges == (None if index is None else (index, index + 1))


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 20), st.integers(0, 20))
def test_a_copied_formula_copied_back_is_the_formula(rows, columns, row, column):
    formula = f'=SUM({a1.cell(row, column)}:$B$7)&"A1"+{a1.letters(column)}:{a1.letters(column)}'
    assert offset(offset(formula, rows, columns), -rows, -columns) == formula


@given(st.integers(0, 9), st.integers(1, 4), st.integers(0, 12))
def test_a_reference_follows_its_row(at, count, row):
    there = Shift("ROWS", at, count)
    back = Shift("ROWS", at, -count)
    moved = rewrite(f"=S!A{row + 1}", Slide("ROWS", "S", there.edges, there.index), "S")
    assert rewrite(moved, Slide("ROWS", "S", back.edges, back.index), "S") == f"=S!A{row + 1}"


VALUES = st.lists(st.lists(st.one_of(st.none(), CELLS), max_size=5), min_size=1, max_size=5)


@given(VALUES, st.integers(0, 5), st.integers(0, 5))
@LAWS
def test_what_is_written_is_read(local, table, top, left):
    local.sheet1.clear()
    local.sheet1.update(table, a1.cell(top, left), raw=True)
    shown = _shown(local)
    for index, column in itertools.product(range(12), range(12)):
        row = shown[index] if index < len(shown) else []
        actual = row[column] if column < len(row) else ""
        given = table[index - top] if 0 <= index - top < len(table) else []
        value = given[column - left] if 0 <= column - left < len(given) else ""
        assert actual == ("" if value is None else value)
