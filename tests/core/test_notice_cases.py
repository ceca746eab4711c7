"""Who hears of what and when, each rule by an example of its own."""

from __future__ import annotations

import pytest

from sync.core.memory import Sent
from sync.core.rules.rules import load
from tests.book import Book, bureau, default_rules

RULES = default_rules()
HEAD = "问题台账\n填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述"
BOT = '[[bot]]\nname = "群"\nkind = "企业微信"\naddress = "BOT"\n'


def reported(*rows: str, at: str, rules: str = "") -> Book:
    book = bureau(rules=load(f"{RULES.text}\n{rules}") if rules else RULES).add("\n".join([HEAD, *rows]))
    book.settle(at)
    return book


def told(book: Book, to: str, kind: str) -> list[Sent]:
    sent = book.memory.notices.values()
    return [each for each in sent if (each.notice.to, each.notice.kind) == (to, kind)]


# Groups
@pytest.mark.parametrize(
    ("rule", "hears"),
    [
        ('events = ["交办"]', True),
        ('events = ["超期"]', False),
        ('events = ["交办"]\ndistricts = ["城中"]', True),
        ('events = ["交办"]\ndistricts = ["城东"]', False),
        ('events = ["交办"]\ndistricts = ["城东"]\nbranches = ["第四支部"]', True),
        ('events = ["交办"]\nunits = ["园林所"]', False),
        ('events = ["交办"]\nwhen.severity = "一般"', True),
        ('events = ["交办"]\nwhen.severity = "严重"', False),
        ('events = ["超期"]\ndistricts = ["城东"]\nwhen.severity = "严重"', False),
    ],
    ids=["its event", "another event", "its place", "another place", "a place or another", "another unit",
         "its case", "another case", "nothing fits"],
)  # fmt: skip
def test_a_group_hears_at_once_of_its_events_at_its_places_in_its_cases_and_of_no_others(
    rule: str, hears: bool
) -> None:
    """暴露垃圾 of the usual kind in 新正街 (城中, 第四支部), which 环卫所 is to mend; mail of it waits until 11:30."""
    row = "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 一般 | 垃圾"
    book = reported(row, at="2026-11-24 09:01", rules=BOT + rule)
    assert [f"{each.notice.due:%H:%M}" for each in told(book, "群", "交办")] == ["09:01"] * hears
    assert [f"{each.notice.due:%H:%M}" for each in told(book, "支部书记03", "交办")] == ["11:30"]


# What waits
def test_that_it_was_late_is_told_also_when_it_was_mended_before_the_mail_went() -> None:
    """占道经营 has two hours of work: late at 11:00, mended at 11:10, the mail goes at 11:30."""
    row = "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 占道经营 | 一般 | 摊"
    book = reported(row, at="2026-11-24 09:01")
    book.settle("2026-11-24 11:01")
    book.add(
        "整改反馈\n填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片\n"
        "2026-11-24 11:10 | 街路长01 | 20261124-001 | 已整改 | 后.jpg"
    )
    book.settle("2026-11-24 11:11")
    (late,) = told(book, "支部书记01", "超期")
    assert (late.state, late.reason) == ("待发送", "")
    assert late.notice.text.endswith("现状：已于 11-24 11:10 整改，等复核。")


@pytest.mark.parametrize(
    ("source", "kind", "to", "state"),
    [
        ("督查", "超期", "支部书记01", "不再发送"),
        ("督查", "升级", "支部书记04", "待发送"),
        ("群众反映", "待核实", "标准化办01", "不再发送"),
    ],
    ids=["asks to mend", "tells a superior", "asks to look"],
)
def test_what_waits_for_who_left_is_left_out_where_it_asks_and_goes_where_it_tells(
    source: str, kind: str, to: str, state: str
) -> None:
    """In the evening; the next morning their posts are not theirs any more (definitions 7.2)."""
    row = f"2026-11-24 15:20 | 督查01 | {source} | 新正街 | 1号 | 占道经营 | 一般 | 摊"
    book = reported(row, at="2026-11-24 15:21")
    book.settle("2026-11-24 17:21")
    assert {each.state for each in told(book, to, kind)} == {"待发送"}
    number = [name for (name,) in book.rows("组织架构", "姓名")].index(to) + 1
    book.type("组织架构", number, "停用日期", "2026-11-24")
    book.settle("2026-11-25 08:00")
    assert {each.state for each in told(book, to, kind)} == {state}


def test_an_issue_whose_row_was_deleted_is_not_looked_at_while_the_tab_can_not_be_read() -> None:
    """Nobody hears that it is late, whatever the ledger still knows of it."""
    row = "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | {}号 | 占道经营 | 一般 | 摊"
    book = reported(row.format(1), row.format(2), at="2026-11-24 09:01")
    del book.sheets["问题台账"][1]
    book.settle("2026-11-24 09:10")
    book.settle("2026-11-24 09:11")
    header = book.sheets["问题台账"][0]
    header[header.index("街路")] = "街道"
    book.settle("2026-11-24 11:01")
    assert {each.notice.issue for each in told(book, "街路长01", "超期")} == {"20261124-002"}
