"""Sealed months: nothing of them moves, whatever is typed afterwards; the sum of the lines is the score (promise 4)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.memory import Memory
from sync.core.rules.rules import load
from sync.core.scores import facts, seal
from sync.core.scores.seal import calendar_days
from sync.core.views.periods import verification
from tests.book import Book, bureau, default_rules, hour, templates

OCTOBER = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 垃圾成堆
2026-10-12 09:00 | 督查01 | 督查 | 联胜路 | 一号 | 路面脏污 | 严重 | 油渍
2026-10-12 09:00 | 街路长03 | 街路长自查 | 建设南路 | 一号 | 路面脏污 | 一般 | 油渍
"""
FIXED = """
整改反馈
填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
2026-10-12 09:30 | 街路长01 | 20261012-001 | 已整改 | 1.jpg
2026-10-12 09:40 | 街路长03 | 20261012-003 | 已整改 | 3.jpg
"""
SEALED = "2026-11-05 09:00"


def october() -> Book:
    """A month with a problem closed in time, one that is late, and one that a chief found himself; sealed."""
    book = bureau().add(OCTOBER)
    book.settle("2026-10-12 09:05")
    book.add(FIXED)
    for number in (1, 3):
        book.verify(number, "通过")
    book.settle("2026-10-12 09:50")
    book.settle("2026-10-20 09:00")
    book.settle(SEALED)
    assert list(book.memory.seals) == ["2026-10"]
    return book


def month(book: Book, name: str = "2026-10") -> list[tuple[str, ...]]:
    """All that the sheets show of a month."""
    scores = [column.header for column in templates()["scores"].service]
    lines = [column.header for column in templates()["lines"].columns]
    rows = [*book.rows("月度考核", *scores), *book.rows("扣分明细", *lines)]
    return sorted(row for row in rows if name in row[:2])


def verify(book: Book, at: str, name: str = "2026-10") -> verification.Agreement:
    found = verification.verify(book.tables(), book.memory, book.rules, hour(at), name)
    assert found is not None
    return found


def test_a_sealed_month_agrees_with_itself() -> None:
    book = october()
    found = verify(book, "2026-11-05 10:00")
    assert found.right and found.now == found.digest == book.memory.seals["2026-10"].digest


def test_sealing_again_changes_nothing() -> None:
    book = october()
    before = month(book), book.memory.seals["2026-10"]
    for at in ("2026-11-05 09:01", "2026-11-06 09:00", "2026-11-30 09:00"):
        book.remember(wanted_sealed=("2026-10",))
        for decision in book.settle(at):
            assert not decision.seals
    assert (month(book), book.memory.seals["2026-10"]) == before


def test_the_same_rows_rules_and_calendar_give_the_same_digest_whenever_they_are_sealed() -> None:
    early = bureau().add(OCTOBER)
    early.settle("2026-10-12 09:05")
    early.settle("2026-10-31 09:00")
    early.remember(wanted_sealed=("2026-10",))
    early.settle("2026-11-02 10:00")
    late = bureau().add(OCTOBER)
    late.settle("2026-10-12 09:05")
    late.settle("2026-10-31 09:00")
    late.settle(SEALED)
    assert early.memory.seals["2026-10"].digest == late.memory.seals["2026-10"].digest
    assert early.memory.seals["2026-10"].sealed_at < late.memory.seals["2026-10"].sealed_at


def test_a_month_that_is_not_over_is_not_sealed_whoever_asks() -> None:
    book = bureau().add(OCTOBER)
    book.settle("2026-10-12 09:05")
    book.remember(wanted_sealed=("2026-10", "2026-11"))
    book.settle("2026-10-31 23:59")
    assert not book.memory.seals


def test_nothing_is_sealed_while_a_tab_can_not_be_read() -> None:
    book = bureau().add(OCTOBER)
    book.settle("2026-10-12 09:05")
    header = book.sheets["整改反馈"][0]
    book.sheets["整改反馈"][0] = ["改名" if one == "编号" else one for one in header]
    book.settle(SEALED)
    assert not book.memory.seals
    book.sheets["整改反馈"][0] = header
    book.settle("2026-11-05 09:30")
    assert list(book.memory.seals) == ["2026-10"]


def test_a_killed_process_seals_once() -> None:
    """Committed, and dead before the write: the next look writes what was sealed, not what it would seal then."""
    book = october()
    other = bureau().add(OCTOBER)
    other.settle("2026-10-12 09:05")
    sheets = {title: [list(row) for row in rows] for title, rows in other.sheets.items()}
    decision = other.tick(SEALED)
    assert decision.seals
    other.sheets = sheets  # nothing of the write landed
    other.type("问题台账", 1, "问题描述", "改过")
    other.settle("2026-11-05 09:20")
    assert other.memory.seals["2026-10"] == decision.seals["2026-10"]
    shown = {row[-1] for row in other.rows("月度考核", "月份", "摘要值") if row[0] == "2026-10"}
    assert shown == {decision.seals["2026-10"].digest}
    assert book.memory.seals.keys() == other.memory.seals.keys()


@pytest.mark.parametrize(
    ("title", "number", "row", "header", "before", "text"),
    [
        ("问题台账", 1, "20261012-001", "问题描述", "垃圾成堆", "没什么"),
        ("整改反馈", 2, "20261012-003", "整改后照片", "3.jpg", "9.jpg"),
        ("月度考核", 1, "2026-10·新正街·街路", "得分", "99.8", "120"),
    ],
)
def test_one_changed_cell_is_named(title: str, number: int, row: str, header: str, before: str, text: str) -> None:
    book = october()
    book.type(title, number, header, text)
    found = verify(book, "2026-11-05 10:00")
    said = f"「{title}」{row}（第 {number + 1} 行）「{header}」：封存时「{before}」，现在「{text}」"
    assert [one.text() for one in found.differences] == [said]
    assert not found.right and found.now != found.digest


def test_a_row_that_is_gone_is_named_and_costs_no_points() -> None:
    book = october()
    before = month(book)
    del book.sheets["问题台账"][1]
    for at in ("2026-11-06 09:00", "2026-11-06 09:10", "2026-11-06 09:20"):
        book.settle(at)
    assert month(book) == before
    texts = [one.text() for one in verify(book, "2026-11-06 10:00").differences]
    assert texts == ["「问题台账」20261012-001：封存时有这一行，现在没有"]


def test_an_open_issue_goes_on_after_the_seal_without_drift() -> None:
    book = october()
    book.add("""
    整改反馈
    填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
    2026-11-06 09:00 | 街路长02 | 20261012-002 | 已整改 | 2.jpg
    """)
    book.verify(2, "通过")
    before = month(book)
    book.settle("2026-11-06 10:00")
    assert verify(book, "2026-11-06 11:00").right
    assert month(book) == before


def test_other_rules_change_nothing_that_is_sealed() -> None:
    book = october()
    before = month(book)
    text = book.rules.text.replace("normal = { found = 0.2", "normal = { found = 0.6").replace(
        "below = 90", "below = 100"
    )
    book.rules = load(text.replace("min_inspections = 4 ", "min_inspections = 0 "))
    book.settle("2026-11-06 09:00")
    assert month(book) == before
    found = verify(book, "2026-11-06 10:00")
    assert found.right and found.notes == ("规则在封存以后改过；封存的月份仍按当时的规则。",)


def test_a_lost_ledger_takes_the_seal_over_as_it_stands() -> None:
    book = october()
    before, digest = month(book), book.memory.seals["2026-10"].digest
    book.memory = Memory()
    book.rules = load(book.rules.text.replace("min_inspections = 4 ", "min_inspections = 0 "))
    book.settle("2026-11-06 09:00")
    assert month(book) == before
    kept = book.memory.seals["2026-10"]
    assert kept.adopted and kept.digest == digest and not kept.facts
    assert "收编" in verify(book, "2026-11-06 10:00").text()


def test_a_decision_of_people_is_kept_with_its_history() -> None:
    book = october()
    book.type("月度考核", 2, "处理决定", "通报")
    first = book.settle("2026-11-06 09:00")[0]
    book.type("月度考核", 2, "处理决定", "约谈")
    second = book.settle("2026-11-07 09:00")[0]
    told = [(one.rid, one.column, one.before, one.after) for one in [*first.history, *second.history]]
    assert told == [
        ("2026-10·联胜路·街路", "处理决定", "", "通报"),
        ("2026-10·联胜路·街路", "处理决定", "通报", "约谈"),
    ]


def test_the_calendar_of_the_seal_says_every_day_that_is_not_what_its_weekday_says() -> None:
    days = dict(calendar_days(default_rules().calendar, "2026-10"))
    assert days["2026-10-01"] == "休息 国庆节"
    assert days["2026-10-10"].startswith("上班")
    assert days["办公时间 10-01~06-30"] == "08:00-12:00、14:30-17:30"
    assert days["2027"] == "放假安排未公布，暂按无调休计算"


# Promise 4
WHAT = ("新", "反馈", "复核", "作废", "申诉", "加减分", "改批复", "删申请", "改", "等", "改规则")
days = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 7), st.integers(0, 7), st.integers(1, 12)), max_size=14)


def act(book: Book, what: str, a: int, b: int, at: str) -> None:
    issues, requests = book.sheets["问题台账"], book.sheets["申请审批"]
    lines = [row[0] for row in book.rows("扣分明细", "明细号")]
    street = ("新正街", "联胜路", "建设南路", "高铁站广场")[a % 4]
    if what == "新":
        source = ("督查", "街路长自查", "上级交办")[b % 3]
        head = "问题台账\n填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述\n"
        book.add(f"{head}{at} | 督查01 | {source} | {street} | 暴露垃圾 | {b}")
    elif what == "反馈" and len(issues) > 1:
        number = book.cell("问题台账", 1 + a % (len(issues) - 1), "编号")
        book.add(
            f"整改反馈\n填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片\n{at} | 街路长01 | {number} | 已整改 | {b}.jpg"
        )
    elif what == "复核" and len(issues) > 1:
        book.verify(1 + a % (len(issues) - 1), ("通过", "返工", "")[b % 3])
    elif what in ("作废", "改") and len(issues) > 1:
        header, texts = {"作废": ("核实结果", ("作废", "")), "改": ("街路", (street,))}[what]
        book.type("问题台账", 1 + a % (len(issues) - 1), header, texts[b % len(texts)])
    elif what == "申诉" and lines:
        head = "申请审批\n申请时间 | 申请人 | 类型 | 明细号 | 理由 | 批复 | 批复人\n"
        answer = ("同意", "不同意", "")[b % 3]
        book.add(f"{head}{at} | 街路长01 | 申诉 | {lines[a % len(lines)]} | {b} | {answer} | 标准化办01")
    elif what == "加减分":
        head = "申请审批\n申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人\n"
        book.add(f"{head}{at} | 标准化办01 | 加减分 | {(street, '环卫所')[b % 2]} | {a - 3} | {b} | 同意 | 办公室01")
    elif what == "改批复" and len(requests) > 1:
        book.type("申请审批", 1 + a % (len(requests) - 1), "批复", ("同意", "不同意")[b % 2])
    elif what == "删申请" and len(requests) > 1:
        del requests[1 + a % (len(requests) - 1)]
    elif what == "改规则":
        book.rules = load(default_rules().text.replace("normal = { found = 0.2", f"normal = {{ found = 0.{a % 5 + 1}"))


def sums_agree(book: Book) -> None:
    total: dict[tuple[str, str], int] = defaultdict(int)
    for name, target, points in book.rows("扣分明细", "月份", "对象", "分值"):
        total[name, target] += round(float(points) * 100)
    for name, target, kind, score in book.rows("月度考核", "月份", "对象", "类别", "得分"):
        if kind in ("街路", "单位"):
            assert round(float(score) * 100) == total[name, target], (name, target)


@settings(max_examples=40, deadline=None)
@given(days)
def test_the_sum_of_the_lines_is_the_score_and_a_sealed_month_stays(steps: list[tuple[str, int, int, int]]) -> None:
    book = bureau()
    now, sealed = hour("2026-10-12 09:00"), dict[str, list[tuple[str, ...]]]()
    for what, a, b, wait in steps:
        act(book, what, a, b, f"{now:%Y-%m-%d %H:%M}")
        now += timedelta(days=wait, hours=wait)
        book.settle(f"{now:%Y-%m-%d %H:%M}")
        sums_agree(book)
        for name, closing in book.memory.seals.items():
            assert sealed.setdefault(name, month(book, name)) == month(book, name)
            text = "".join(f"{one}\t{two}\t{three}\n" for one, two, three in closing.facts)
            assert hashlib.sha256(text.encode()).hexdigest() == closing.digest
    returned = [row for row in book.rows("扣分明细", "明细号") if row[0].endswith("申诉成立")]
    assert len(returned) == len(set(returned))


CLAIMS = """
申请审批
申请时间 | 申请人 | 类型 | 明细号 | 对象 | 分值 | 理由 | 批复 | 批复人
2026-10-13 09:00 | 街路长01 | 申诉 | 20261012-001·发现问题 | | | 不在责任区 | 同意 | 标准化办01
2026-10-13 09:00 | 标准化办01 | 加减分 | | 环卫所 | -0.5 | 媒体曝光 | 同意 | 办公室01
"""


def claimed() -> Book:
    book = bureau().add(OCTOBER)
    book.settle("2026-10-12 09:05")
    book.add(CLAIMS)
    book.settle("2026-10-13 10:00")
    assert {row for row in book.rows("扣分明细", "规则", "分值") if row[0] in ("申诉成立", "加减分")} == {
        ("申诉成立", "0.2"),
        ("加减分", "-0.5"),
    }
    return book


def test_a_lost_ledger_books_no_claim_twice() -> None:
    book = claimed()
    before = month(book)
    book.memory = Memory()
    book.settle("2026-10-13 11:00")
    assert [tuple(cell.removesuffix("，按现有记录重建") for cell in row) for row in month(book)] == before


def test_an_answer_that_is_taken_back_takes_the_line_back_and_given_again_books_it_again() -> None:
    book = claimed()
    before = month(book)
    for number in (1, 2):
        book.type("申请审批", number, "批复", "不同意")
    book.settle("2026-10-13 11:00")
    texts = [row[1] for row in book.rows("扣分明细", "规则", "说明", "分值") if row[0] in ("申诉成立", "加减分")]
    assert len(texts) == 2 and all(text.startswith("撤销（批复已收回）：") for text in texts)
    sums_agree(book)
    for number in (1, 2):
        book.type("申请审批", number, "批复", "同意")
    book.settle("2026-10-13 12:00")
    assert month(book) == before


def test_a_void_after_an_upheld_appeal_gives_nothing_back_twice() -> None:
    """While the month is open the appeal's line goes with the one that it gave back; later nothing is left to give."""
    for at in ("2026-10-14 09:00", "2026-11-06 09:00"):
        book = claimed()
        if at > SEALED:
            book.settle(SEALED)
        book.type("问题台账", 1, "核实结果", "作废")
        book.type("问题台账", 1, "核实人", "标准化办01")
        book.type("问题台账", 1, "复核意见", "重复填报")
        book.settle(at)
        points = [
            float(points)
            for name, points in book.rows("扣分明细", "明细号", "分值")
            if name.startswith("20261012-001·发现问题")
        ]
        assert round(sum(points), 2) == 0, at
        sums_agree(book)


def test_no_month_is_sealed_before_the_time_for_appeals_is_over() -> None:
    """September's third workday after the National Day holiday is the make-up Saturday, 10 October."""
    rules = default_rules()
    assert seal.hour("2026-09", rules) == hour("2026-10-10 17:30")
    assert seal.hour("2026-10", rules) == hour("2026-11-05 09:00")
    assert seal.hour("2026-04", rules) == hour("2026-05-08 17:30")


def test_a_check_that_could_not_look_does_not_say_that_all_is_well() -> None:
    book = october()
    head = book.sheets["问题台账"][0]
    head[head.index("街路")] = "道路"
    found = verify(book, "2026-11-06 09:00")
    assert not found.right
    assert "没有核对完" in found.text() and "不能核对：「问题台账」" in found.text()


@pytest.mark.parametrize(
    ("tab", "column", "value", "words"),
    [
        ("lines", "points", 100.0, "100"),
        ("lines", "points", -0.2, "-0.2"),
        ("scores", "inspections", 46000.0, "46000"),
        ("lines", "date", 46000.0, "2025-12-09"),
        ("lines", "date", "12月9日", "12月9日"),
        ("issues", "reported_at", 46000.375, "2025-12-09 09:00:00"),
    ],
    ids=["points", "points lost", "a count", "a day", "a day as text", "an hour"],
)
def test_a_number_is_a_day_or_an_hour_where_its_column_holds_those(
    tab: str, column: str, value: float | str, words: str
) -> None:
    assert facts.cell(value, templates()[tab].by_key[column]) == words
