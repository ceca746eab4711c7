"""Where values.append looks for a table and where it puts the rows: the guide's example and published probes."""

import pytest


def append(book, where: str, rows=None, **options):
    params = {"valueInputOption": "RAW", **options}
    answer = book.values_append(where, params, {"values": rows or [["new"]]})
    return answer.get("tableRange"), answer["updates"]["updatedRange"].partition("!")[2]


@pytest.fixture
def guide(local):
    """The guide's two tables: A1:C2 and B4:D6."""
    local.sheet1.update([["x"] * 3] * 2, "A1")
    local.sheet1.update([["x"] * 3] * 3, "B4")
    return local


@pytest.mark.parametrize(
    ("where", "lands"),
    [
        ("Sheet1", "B7"), ("B4", "B7"), ("C5:D5", "B7"), ("B2:D4", "B7"), ("A3:G10", "B7"),
        ("A1", "A3"), ("E4", "E4"), ("A4", "A4"),
    ],
)  # fmt: skip
def test_the_guides_example(guide, where, lands):
    assert append(guide, where)[1] == lands


@pytest.fixture
def blocks(local):
    """The probe's two blocks: A1:B3 and A6:B7."""
    local.sheet1.update([["x", "x"]] * 3, "A1")
    local.sheet1.update([["y", "y"]] * 2, "A6")
    return local


def test_overwriting_goes_into_the_gap(blocks):
    assert append(blocks, "A1", [["n"], ["n"]]) == ("Sheet1!A1:B3", "A4:A5")
    assert blocks.sheet1.acell("A6").value == "y"


def test_inserting_pushes_the_next_block_down(blocks):
    assert append(blocks, "A1", [["n"], ["n"]], insertDataOption="INSERT_ROWS") == ("Sheet1!A1:B3", "A4:A5")
    assert blocks.sheet1.acell("A8").value == "y"
    assert blocks.fetch_sheet_metadata()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1002


def test_the_second_block_and_the_whole_sheet(blocks):
    assert append(blocks, "A6") == ("Sheet1!A6:B7", "A8")
    assert append(blocks, "Sheet1") == ("Sheet1!A6:B8", "A9")


def test_the_dimension_tells_how_the_input_is_read(local):
    answer = local.values_append(
        "A1", {"valueInputOption": "RAW"}, {"values": [["a", "b"], ["c", "d"]], "majorDimension": "COLUMNS"}
    )
    assert answer["updates"]["updatedRange"] == "Sheet1!A1:B2"
    assert local.sheet1.get_all_values() == [["a", "c"], ["b", "d"]]


def test_a_formula_that_shows_nothing_belongs_to_the_table(local):
    local.sheet1.update([["x"], ['=""']], "A1", raw=False)
    assert append(local, "A1") == ("Sheet1!A1:A2", "A3")


def test_what_was_written_can_be_shown(local):
    params = {"valueInputOption": "USER_ENTERED", "includeValuesInResponse": "true"}
    answer = local.values_append("A1", params, {"values": [["=1+1", "007"]]})
    shown = {"range": "Sheet1!A1:B1", "majorDimension": "ROWS", "values": [["2", "7"]]}
    assert answer["updates"]["updatedData"] == shown
