"""A write of many rows goes out in parts of one request, and its reply shows what stands in each cell."""

from pathlib import Path

import pytest

from sync.core.sheet.plan import Plan, TabPlan, Write
from sync.sheets import gateway
from tests.live_book import LiveBook

ROWS = 7


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    return LiveBook(tmp_path)


def test_rows_of_several_parts_stand_in_their_order(live: LiveBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "ROWS_AT_ONCE", 3)
    sheet = live.book.worksheet("通知记录")
    header = tuple(sheet.row_values(1))
    added = tuple((f"通知{n}", "", n) for n in range(ROWS))
    live.gateway.write(Plan().with_tab(TabPlan("notices", header, appends=added)))
    writes = (*(Write(2 + n, 1, f"甲{n}") for n in range(ROWS)), Write(4, 2, "乙"), Write(8, 4, True))
    seen = live.gateway.write(Plan().with_tab(TabPlan("notices", header, writes)))["notices"]
    expected = [[f"通知{n}", f"甲{n}", n] for n in range(ROWS)]
    expected[2][2] = "乙"
    expected[6] += ["", True]
    assert live.gateway.read()["notices"].rows == expected
    assert (seen.header, seen.first, [*seen.rows]) == (header, 2, expected)


def test_the_reply_shows_every_kind_of_cell(live: LiveBook) -> None:
    sheet = live.book.worksheet("街路名册")
    header = tuple(sheet.row_values(1))
    sheet.update([["甲", 7, 0.5, True, "=1/0", "", "=1+1", "'=1+1"]], "A3", raw=False)
    sheet.update([[""] * len(header)], "A4")
    plan = Plan().with_tab(TabPlan("streets", header, (Write(3, len(header) - 1, "好"), Write(5, 0, "乙"))))
    seen = live.gateway.write(plan)["streets"]
    rows = dict(enumerate(seen.rows, seen.first))
    assert [*rows[3]][:8] == ["甲", 7, 0.5, True, "", "", 2, "=1+1"] and rows[3][-1] == "好"
    assert not any(rows.get(4, ())) and rows[5][0] == "乙"
