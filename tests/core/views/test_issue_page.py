"""What an issue's page is made of: what happened, and what each person may do about it."""

from __future__ import annotations

import pytest

from sync.core.look.findings import Look
from sync.core.views.issue.acts import acts, appealable, may_appeal
from sync.core.views.issue.history import history, photos_after
from tests.book import Book, bureau
from tests.looking import looked, of

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 照片
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | 一堆 | https://x.example/a.jpg
2026-11-17 09:00 | 标准化办01 | 督查 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊 |
2026-11-17 09:10 | 群众 | 群众反映 | 新正街 | 3号 | 暴露垃圾 | 一般 | 一袋 |
"""
MENDED = """
整改反馈
填报时间 | 填报人 | 编号 | 处理情况 | 整改说明 | 整改后照片
2026-11-17 10:00 | 街路长01 | 20261117-001 | 已整改 | 扫了 | https://x.example/b.jpg
"""


@pytest.fixture
def book() -> Book:
    made = bureau()
    made.add(ISSUES)
    made.settle("2026-11-17 09:15")
    made.add(MENDED)
    made.settle("2026-11-17 10:05")
    return made


def offered(look: Look, name: str, number: str) -> list[str]:
    return [act.words for act in acts(look, of(look, name), look.followed[number])]


def test_what_happened_is_told_in_its_order_with_its_photos(book: Book) -> None:
    book.verify(1, "返工", "督查01")
    book.type("问题台账", 1, "复核意见", "还有一袋")
    book.settle("2026-11-17 11:00")
    look = looked(book, "2026-11-17 11:05")
    entries = history(look, look.followed["20261117-001"])
    told = [(f"{entry.at:%H:%M}", entry.what, entry.person) for entry in entries]
    assert told == [
        ("09:00", "收到", "标准化办01"),
        ("10:00", "已整改", "街路长01"),
        ("11:00", "复核：返工", "督查01"),
    ]
    assert entries[2].text == "还有一袋；截止时间改为 11-17 16:30"
    after = photos_after(look, look.followed["20261117-001"])
    assert after and after.photos == ("https://x.example/b.jpg",) and "扫了" in after.text


@pytest.mark.parametrize(
    ("name", "running", "mended", "unverified"),
    [
        ("街路长01", [], ["反馈"], []),
        ("街路长02", ["反馈", "上报上级", "延期", "挂账", "移交"], [], []),
        ("支部书记04", [], [], []),
        ("指挥长03", ["延期", "挂账", "移交", "现场调度"], [], []),
        ("标准化办01", ["反馈", "延期", "挂账", "移交"], ["反馈", "复核", "记弄虚作假"], ["核实"]),
    ],
    ids=["its chief", "another's chief", "its secretary", "its commander", "who inspects"],
)
def test_each_is_offered_what_he_may_do(
    book: Book, name: str, running: list[str], mended: list[str], unverified: list[str]
) -> None:
    look = looked(book, "2026-11-17 10:10")
    assert offered(look, name, "20261117-002") == running
    assert offered(look, name, "20261117-001") == mended
    assert offered(look, name, "20261117-003") == unverified


def test_little_is_left_to_do_about_what_is_over(book: Book) -> None:
    book.verify(1, "通过", "督查01")
    book.settle("2026-11-17 11:00")
    look = looked(book, "2026-11-17 11:05")
    assert look.followed["20261117-001"].life.state == "已销号"
    assert {name: offered(look, name, "20261117-001") for name in ("街路长01", "标准化办01")} == {
        "街路长01": [],
        "标准化办01": ["记弄虚作假"],
    }


@pytest.mark.parametrize(
    ("at", "open_"),
    [("2026-11-30 12:00", True), ("2026-12-03 17:30", True), ("2026-12-03 17:31", False)],
    ids=["within the month", "at the last minute", "a minute after"],
)
def test_appeals_are_offered_until_their_time_is_over(book: Book, at: str, open_: bool) -> None:
    book.settle(at)
    look = looked(book, at)
    lines = [
        line for line in look.scored.every if line.points < 0 and line.target == "新正街" and line.month == "2026-11"
    ]
    assert lines and {may_appeal(look, of(look, "街路长01"), line) for line in lines} == {open_}
    assert not any(may_appeal(look, of(look, "街路长02"), line) for line in lines), "it is not his street"


def test_a_line_that_was_given_back_is_not_offered_again(book: Book) -> None:
    look = looked(book, "2026-11-17 10:10")
    line = next(line for line in appealable(look, of(look, "街路长01")) if line.issue == "20261117-001")
    book.add(f"""
申请审批
申请时间 | 申请人 | 类型 | 明细号 | 理由 | 批复 | 批复人 | 批复时间
2026-11-18 09:00 | 街路长01 | 申诉 | {line.id} | 不是这条街 | 同意 | 办公室01 | 2026-11-18 10:00
""")
    book.settle("2026-11-18 10:05")
    look = looked(book, "2026-11-18 10:10")
    assert any(other.rule == "申诉成立" for other in look.scored.every)
    assert line.id not in {other.id for other in appealable(look, of(look, "街路长01"))}
