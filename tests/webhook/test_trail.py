"""The history of a cell: edits in the grid and what the looks saw, told once each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync.ledger.visitors.cell_edits import CellEdit
from tests.book import ZONE
from webhook.grid.trail import Trace, merged

NINE = datetime(2026, 11, 28, 9, tzinfo=ZONE)


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def edit(minutes: int, person: str, before: str, after: str) -> CellEdit:
    return CellEdit(7, "位置", before, after, person, at(minutes))


def told(entries: list[Trace]) -> list[tuple[str, object, object]]:
    return [(entry.person, entry.before, entry.after) for entry in entries]


def test_what_a_look_saw_of_an_edit_is_not_told_again() -> None:
    edits = [edit(0, "甲", "", "一"), edit(1, "乙", "一", "二")]
    assert told(merged(edits, [Trace(at(2), "", "", "二")])) == [("乙", "一", "二"), ("甲", "", "一")]


def test_what_came_by_another_way_follows_what_stood_there() -> None:
    edits, looks = [edit(3, "甲", "一", "二")], [Trace(at(1), "", "", "一"), Trace(at(5), "", "一", "三")]
    assert told(merged(edits, looks)) == [("", "二", "三"), ("甲", "一", "二"), ("", "", "一")]
    assert told(merged([], looks)) == [("", "一", "三"), ("", "", "一")]


def test_what_the_service_put_back_is_told_in_any_case() -> None:
    edits, looks = [edit(0, "甲", "", "一")], [Trace(at(1), "", "真的", "一", True)]
    assert [entry.put_back for entry in merged(edits, looks)] == [True, False]
