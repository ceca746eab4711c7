"""Whose facts a look does without: below, at and above the window, and with everything that may still be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.core.issues.issues import Stamps
from sync.core.look.decide import look
from sync.core.look.leaving.stored import storable
from sync.core.look.reading import Reading
from sync.core.memory import (
    BACK,
    MOVING,
    THERE,
    Archived,
    FactsWanted,
    Memory,
    Sent,
    Tables,
    in_short,
    seals_in_short,
    without_facts,
)
from sync.core.notices.notices import SENT, WAITING, Notice
from sync.core.rules.rules import load
from sync.core.scores.seal import Seal
from sync.core.sheet.identity import DELETED, Known
from tests.book import default_rules, hour, templates

ONE, TWO = "20261012-001", "20261012-002"
NOW = "2027-01-18 21:00"
MOVED = hour("2026-12-11 21:00")  # 38 days ago: the window for repeats, 7d, and a month


def stamps(joined: str = "") -> Stamps:
    return Stamps(hour("2026-10-12 09:00"), "新正街", "街路长01", joined=joined)


def remembered() -> Memory:
    """Two closed issues that left the live tab as long ago as the rules look back, to the minute."""
    row = Known(ONE, {"street": "新正街", "photos": "/photos/one"}, "1", {"heard": hour("2026-10-12 09:00")})
    return Memory(
        known={"issues": {ONE: row, TWO: replace(row, rid=TWO, print="2")}},
        stamps={ONE: stamps(), TWO: stamps()},
        archived={rid: Archived(rid, "问题台账2026", THERE, MOVED) for rid in (ONE, TWO)},
        left_until="2026-11",
        last_tick=hour("2027-01-18 20:00"),
    )


def of_one(memory: Memory, state: str = THERE, minute: str = "21:00") -> Memory:
    mark = Archived(ONE, "问题台账2026", state, hour(f"2026-12-11 {minute}"))
    return replace(memory, archived={**memory.archived, ONE: mark})


def told(memory: Memory, at: str, state: str) -> Memory:
    notice = Notice("1", "交办", ONE, "街路长01", hour(at), hour(at), "", "")
    return replace(memory, notices={"1": Sent(notice, state)})


def fed_back(memory: Memory, shown: dict[str, str], gone: int = 0) -> Memory:
    row = Known("feedback-1", {"issue": ONE}, "3", {"heard": hour("2026-10-12 10:00")}, gone, shown)
    return replace(memory, known={**memory.known, "feedback": {row.rid: row}})


def stored(memory: Memory) -> set[str]:
    reading = Reading(Tables(templates(), {}), memory, default_rules(), hour(NOW), memory.memo, {}, {}, {})
    return set(storable(reading))


BOTH, OTHER = {ONE, TWO}, {TWO}
CASES: dict[str, tuple[Callable[[Memory], Memory], set[str]]] = {
    "as long ago as the rules look back": (lambda memory: memory, BOTH),
    "a minute less": (lambda memory: of_one(memory, minute="21:01"), OTHER),
    "meant to move": (lambda memory: of_one(memory, MOVING), OTHER),
    "copied back": (lambda memory: of_one(memory, BACK), OTHER),
    "told in a month that left": (lambda memory: told(memory, "2026-10-31 23:59", SENT), BOTH),
    "told in a month that stays": (lambda memory: told(memory, "2026-11-01 00:00", SENT), OTHER),
    "a notice that waits": (lambda memory: told(memory, "2026-10-31 23:59", WAITING), OTHER),
    "feedback with its result": (lambda memory: fed_back(memory, {"issue": ONE, "result": "通过"}), BOTH),
    "feedback without": (lambda memory: fed_back(memory, {}), OTHER),
    "feedback with that of another": (lambda memory: fed_back(memory, {"issue": TWO, "result": "通过"}), OTHER),
    "deleted feedback": (lambda memory: fed_back(memory, {}, DELETED), BOTH),
    "a part of the other": (lambda memory: replace(memory, stamps={ONE: stamps(TWO), TWO: stamps()}), BOTH),
    "a part of one that stays": (
        lambda memory: of_one(replace(memory, stamps={ONE: stamps(), TWO: stamps(ONE)}), BACK), set()
    ),
    "parts of it stay": (lambda memory: of_one(replace(memory, stamps={ONE: stamps(TWO), TWO: stamps()}), BACK), set()),
    "not stamped": (lambda memory: replace(memory, stamps={TWO: stamps()}), OTHER),
}  # fmt: skip


@pytest.mark.parametrize(("made", "numbers"), CASES.values(), ids=CASES)
def test_whose_facts_no_look_needs(made: Callable[[Memory], Memory], numbers: set[str]) -> None:
    assert stored(made(remembered())) == numbers


def test_a_chain_of_parts_stays_as_a_whole() -> None:
    three = "20261012-003"
    memory = remembered()
    chain = {ONE: stamps(TWO), TWO: stamps(three), three: stamps()}
    assert stored(replace(memory, stamps=chain)) == set()


def test_its_photos_count_as_used() -> None:
    row = remembered().known["issues"][ONE]
    assert dict(in_short(row).cells) == {"photos": "/photos/one"}
    assert in_short(row).marks == row.marks
    assert in_short(row).print == row.print


def test_rules_that_look_back_farther_ask_for_them() -> None:
    memory = remembered()
    short = without_facts(memory, {ONE: replace(memory.archived[ONE], stored=True)})
    tables, rules = Tables(templates(), {}), default_rules()
    look(tables, short, rules, hour(NOW))
    farther = load(rules.text.replace('window = "7d"', 'window = "8d"'))
    with pytest.raises(FactsWanted) as wanted:
        look(tables, short, farther, hour(NOW))
    assert wanted.value.numbers == {ONE}


def test_a_month_without_issues_keeps_its_facts_as_long_as_none_is_stored() -> None:
    """Nobody reads them from the database while the memory is taken for the whole."""
    sealed = Seal("2026-10", hour(NOW), "", (), (), (("扣分明细", "1", "分值=0"),))
    assert seals_in_short({"2026-10": sealed}, (), {}) == {"2026-10": sealed}


def test_duties_of_a_month_that_left_are_no_longer_compared() -> None:
    kept = Seal("2026-10", hour(NOW), "", (), (), (("履职记录", "街路长01", "类型=巡查"), ("整改反馈", "1", "编号=1")))
    other = replace(kept, month="2026-11")
    short = seals_in_short({"2026-10": kept, "2026-11": other}, (), {"duties": "2026-11"})
    assert [len(seal.facts) for seal in short.values()] == [1, 2]
