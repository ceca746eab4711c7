"""Columns that came with later versions: an older workbook goes on without them, and gets them by ``jielu init``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import gspread

from sync.core.sheet.tabs import Tab
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up
from sync.workbook import transport
from tests.book import hour


def test_init_adds_the_columns_that_came_later_and_moves_no_value(tmp_path: Path) -> None:
    """A workbook of before: 扣分明细 without 任务, 履职记录 without 经度 and 纬度, and a column of the bureau's own."""
    settings = Settings.read({"JIELU_DATA": str(tmp_path), "JIELU_SECRET": "tests"})
    with closing(Service(settings)) as service:
        later = ("task", "longitude", "latitude", "delivered", "start", "end")
        made = {key: _without(tab, *later) for key, tab in service.gateway.tabs.items()}
        set_up.build(replace(service.gateway, tabs=made), service.rules())
        sheet = gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook)
        lines, duties = sheet.worksheet("扣分明细"), sheet.worksheet("履职记录")
        duties.add_cols(2)
        duties.update_cell(1, 12, "本局备注")
        duties.update_cell(2, 12, "留着")
        before = {title: sheet.worksheet(title).get_all_values() for title in ("扣分明细", "履职记录")}
        service.ticks(hour("2026-11-24 09:00"), idle=False)
        assert not [row for row in service.gateway.read()["status"].rows if "本轮跳过" in str(row)]
        assert set_up.extend(service.gateway, service.rules()) == [
            "履职记录「经度」", "履职记录「纬度」", "街路名册「起点」", "街路名册「终点」", "扣分明细「任务」",
            "督办台账「送达」",
        ]  # fmt: skip
        assert lines.row_values(1) == [*before["扣分明细"][0], "任务"]
        assert duties.row_values(1) == [*before["履职记录"][0], "经度", "纬度"]
        assert duties.row_values(2)[11] == "留着"
        assert set_up.extend(service.gateway, service.rules()) == []
        service.ticks(hour("2026-11-24 09:01"), idle=False)
        assert not [row for row in service.gateway.read()["status"].rows if "本轮跳过" in str(row)]


def _without(tab: Tab, *keys: str) -> Tab:
    there = tuple(column for column in tab.columns if column.key not in keys or not column.optional)
    return replace(tab, columns=there)
