"""What letters and records say, each rule by an example of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.issues.issues import Issue, Stamps
from sync.core.issues.life import OPEN, Life
from sync.core.letters import letters, papers
from sync.core.letters.letters import LETTER, RECORD, Letter
from sync.core.look.letters.drafting import Drafted
from sync.core.look.letters.letter_rows import STRANGER
from sync.core.notices.notices import Notice
from tests.book import bureau, default_rules, hour

RULES = default_rules()
AT = hour("2026-11-24 10:10")
ISSUE = Issue("20261124-001", {"severity": "严重", "category": "路面脏污"}, Stamps(hour("2026-11-24 09:00")))
FACT = letters.freeze(ISSUE, Life(OPEN, "环卫所"), ISSUE.stamps, RULES, "严重超期")


def letter(**fields: object) -> Letter:
    signed = Letter("a", LETTER, AT, letters.head(RULES), (FACT,), unit="环卫所", number="1号", due=AT)
    return replace(signed, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        (letter(), ""),
        (letter(answered_at=hour("2026-11-25 09:00")), "已于 11-25 09:00 回复"),
        (letter(answered_at=hour("2026-11-25 09:00"), done_at=hour("2026-11-26 11:00")), "已于 11-26 11:00 办结"),
        (letter(kind=RECORD, answered_at=hour("2026-11-25 09:00")), ""),
    ],
    ids=["open", "answered", "done", "a record"],
)
def test_who_hears_of_a_letter_late_hears_what_has_become_of_it(signed: Letter, words: str) -> None:
    """A notice that waited for its hour or for a mail server (definitions 7.2)."""
    told = Notice("1号·督办·街路长01", "督办", "1号", "街路长01", AT, AT, "", "")
    assert Drafted({"a": signed}).since(told) == words


@pytest.mark.parametrize(
    ("factor", "by_rates", "words"),
    [
        (0, False, "本次为重复督办，加倍扣分；"),
        (1, False, "本次为重复督办；"),
        (2, False, "本次为重复督办，超期扣分按2倍；"),
        (2, True, "本次为重复督办，考核时按2件算；"),
    ],
    ids=["of before it was kept", "counts once", "counts twice", "by rates"],
)
def test_a_second_letter_says_what_it_costs_by_the_rules_it_was_drafted_under(
    factor: int, by_rates: bool, words: str
) -> None:
    second = letter(follows="b", first="1号", head=replace(letters.head(RULES), factor=factor, by_rates=by_rates))
    assert papers.paper(second).body[-1].text.startswith(f"{words}逾期未整改")


def test_a_first_letter_says_nothing_of_a_second() -> None:
    assert papers.paper(letter()).body[-1].text.startswith("逾期未整改")


@pytest.mark.parametrize(
    ("header", "text", "check"),
    [("回复情况", "已经冲洗", STRANGER), ("状态", "已送达", "")],
    ids=["somebody typed", "nobody typed"],
)
def test_who_writes_into_a_row_without_a_letter_is_told_and_what_nobody_wrote_is_cleared(
    header: str, text: str, check: str
) -> None:
    book = bureau().add(f"督办台账\n{header}\n{text}")
    book.settle("2026-11-24 09:05")
    assert book.cell("督办台账", 1, "校验") == check
    assert book.cell("督办台账", 1, "状态") == ""


@pytest.mark.parametrize(
    ("repeats", "severities", "words"),
    [
        ((1, 1), ("一般", "一般"), "你单位负责的2件问题超过整改时限"),
        ((2, 1), ("一般", "一般"), "你单位负责的2件问题（其中重复出现1件）超过整改时限"),
        ((2, 3), ("严重", "一般"), "你单位负责的2件问题（其中严重问题1件，重复出现2件）超过整改时限"),
    ],
    ids=["neither", "one again", "serious and again"],
)
def test_a_letter_about_several_says_how_many_are_serious_and_how_many_came_back(
    repeats: tuple[int, int], severities: tuple[str, str], words: str
) -> None:
    facts = tuple(
        replace(FACT, number=f"20261124-00{n}", repeat=repeat, severity=severity)
        for n, (repeat, severity) in enumerate(zip(repeats, severities, strict=True))
    )
    assert words in papers.paper(letter(facts=facts)).body[0].text
