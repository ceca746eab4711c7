"""Where values.append looks for a table and where it puts the rows: the guide's example and published probes."""

from urllib.parse import quote

import hypothesis
import orjson
import pytest
from hypothesis import strategies as st

from sync.workbook.cells.defaults import SPREADSHEET
from sync.workbook.cells.store import Store
from sync.workbook.server import Api, Request
from tests.workbook.conftest import NOW


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


AREAS = ("A1", "Sheet1", "B2:C4", "A:A", "D1", "B1:C", "F3")
ROWS = st.lists(
    st.lists(st.sampled_from(["x", "", '=IF(A2=1,"","y")', 1, "=A1"]), min_size=1, max_size=4), min_size=1, max_size=3
)
APPENDS = st.tuples(st.just("append"), st.sampled_from(AREAS), ROWS, st.sampled_from(["OVERWRITE", "INSERT_ROWS"]))
WRITES = st.tuples(st.just("write"), st.sampled_from(["A9", "C3", "E1", "F8", "D7:E7"]), st.sampled_from(["y", ""]))
MOVES = st.tuples(st.sampled_from(["insert", "delete"]), st.integers(0, 8))
STEPS = st.lists(st.one_of(APPENDS, APPENDS, APPENDS, WRITES, MOVES), min_size=2, max_size=10)


class Side:
    """A workbook of its own. ``forgets``: it looks for the table anew each time."""

    def __init__(self, folder, forgets):
        self.api, self.forgets = Api(Store(folder / f"{forgets}.db"), lambda: NOW), forgets
        self.id = self.call("POST", "/drive/v3/files", {"name": "x", "mimeType": SPREADSHEET})["id"]

    def call(self, method, path, body=None, query=()):
        if self.forgets:
            self.api._last_tables = {}
        answer = self.api.handle(Request(method, path, list(query), {}, orjson.dumps(body) if body else b""))
        return orjson.loads(answer.body.replace(getattr(self, "id", "no id").encode(), b"it"))

    def do(self, step):
        path = f"/v4/spreadsheets/{self.id}"
        match step:
            case ("append", area, rows, mode):
                query = [("valueInputOption", "USER_ENTERED"), ("insertDataOption", mode)]
                return self.call("POST", f"{path}/values/{quote(area)}:append", {"values": rows}, query)
            case ("write", area, value):
                return self.call(
                    "PUT", f"{path}/values/{area}", {"values": [[value]]}, [("valueInputOption", "USER_ENTERED")]
                )
            case (kind, at):
                lines = {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": at, "endIndex": at + 1}}
                return self.call("POST", f"{path}:batchUpdate", {"requests": [{f"{kind}Dimension": lines}]})

    def cells(self):
        return self.call("GET", f"/v4/spreadsheets/{self.id}/values/Sheet1", None, [("valueRenderOption", "FORMULA")])


@hypothesis.given(STEPS)
def test_an_append_that_follows_another_answers_as_if_it_looked_for_the_table(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("sides")
    remembers, forgets = Side(folder, False), Side(folder, True)
    for step in steps:
        assert remembers.do(step) == forgets.do(step)
    assert remembers.cells() == forgets.cells()


def test_an_append_that_follows_another_reads_no_other_row(local, api, monkeypatch):
    append(local, "A1", [["a"]])
    append(local, "A1", [["b"]])  # finds the table
    monkeypatch.setattr("sync.workbook.edits.tables.table_in", lambda *_: pytest.fail("all rows were read"))
    assert append(local, "A1", [["c"], ["d"]]) == ("Sheet1!A1:A2", "A3:A4")
    assert append(local, "A1", [["e"]], insertDataOption="INSERT_ROWS") == ("Sheet1!A1:A4", "A5")
    assert local.sheet1.col_values(1) == ["a", "b", "c", "d", "e"]
