"""Laws of the whole decision: the same input, the same output; a memo only saves work; a broken tab stops no other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sync.core.issues.life import CLOSED
from sync.core.look.decide import decide, look
from sync.core.look.follow import Followed
from sync.core.memo import Memo
from sync.core.memory import absorb
from sync.core.rules.rules import load
from sync.core.sheet.plan import Trespass, differences
from sync.core.sheet.rows import NOTHING, Row
from sync.core.sheet.tabs import Layout
from tests.book import ZONE, Book, bureau, hour, templates

HEAD = "填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述"
STREETS = ("新正街", "联胜路", "建设南路", "高铁站广场", "新正接")
CATEGORIES = ("暴露垃圾", "占道经营", "井盖缺损", "缺株死树")


def log(book: Book, *rows: str) -> Book:
    return book.add("\n".join(["问题台账", HEAD, *rows]))


WHAT = ("新", "将来", "改", "排序", "删", "反馈", "删反馈", "复核", "核实", "申请", "名册", "插列", "等")
edits = st.lists(
    st.tuples(st.sampled_from(WHAT), st.integers(0, 7), st.integers(0, 7), st.integers(1, 20000)),
    max_size=12,
)


def live(book: Book, steps: list[tuple[str, int, int, int]], memos: bool) -> list[str]:
    """A bureau's days: edits with ticks between; what each decision was, as text."""
    now = hour("2026-11-24 08:00")
    said = []
    for what, a, b, minutes in steps:
        act(book, what, a, b, f"{now:%Y-%m-%d %H:%M}")
        now += timedelta(minutes=minutes)
        for _ in range(2):
            if not memos:
                book.remember(memo=Memo())
            said.append(repr(book.tick(now)))
    return said


def act(book: Book, what: str, a: int, b: int, at: str) -> None:
    sheet, feedback = book.sheets["问题台账"], book.sheets["整改反馈"]
    row = 1 + a % (len(sheet) - 1) if len(sheet) > 1 else 0
    number = f"20261124-00{1 + a % 4}"
    if what in ("新", "将来"):
        when = f"{hour(at) + timedelta(minutes=25 * (what == '将来')):%Y-%m-%d %H:%M}"
        source = ("督查", "群众反映", "街路长自查")[a % 3]
        what_where = f"{STREETS[a % 5]} | {b}号 | {CATEGORIES[b % 4]}"
        log(book, f"{when} | 督查0{a % 3} | {source} | {what_where} | 一般 | 问题{len(sheet)}")
    elif what == "排序":
        sheet[1:] = sorted(sheet[1:], key=lambda cells: str(cells[7 + a % 3]), reverse=bool(b % 2))
    elif what == "反馈":
        book.row(
            "整改反馈", {"填报时间": at, "填报人": "街路长01", "编号": number, "处理情况": ("已整改", "上报")[b % 2]}
        )
    elif what == "删反馈" and len(feedback) > 1:
        del feedback[1 + a % (len(feedback) - 1)]
    elif what == "申请":
        until = f"{hour(at) + timedelta(hours=b * 8 - 4):%Y-%m-%d %H:%M}"
        asked = {
            "申请时间": at,
            "申请人": "街路长01",
            "类型": ("延期", "挂账", "移交")[a % 3],
            "编号": number,
            "理由": "等",
        }
        book.row("申请审批", {**asked, "期望时间": until, "移交单位": "市政处", "批复": "同意", "批复人": "支部书记04"})
    elif what == "名册":
        book.type("街路名册", 1 + a % 4, ("街路长", "别名", "停用日期")[b % 3], ("街路长03", "新名", at[:10])[b % 3])
    elif what == "插列":
        for cells in book.sheets[("问题台账", "整改反馈", "申请审批")[a % 3]]:
            cells.insert(b, "")
    elif row and what == "改":
        column, value = (("街路", "新正街"), ("严重程度", "严重"), ("编号", ""), ("状态", "乱"), ("来源", "督查"))[
            b % 5
        ]
        book.type("问题台账", row, column, value)
    elif row and what == "核实":
        book.type("问题台账", row, "核实结果", ("受理", "作废", "")[b % 3])
    elif row and what == "复核":
        book.verify(row, ("通过", "返工", "")[b % 3])
    elif row and what == "删":
        del sheet[row]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits)
@example([("反馈", 5, 5, 95), ("插列", 1, 2, 439)])  # a sentence names a column that stands elsewhere since
def test_a_memo_changes_nothing_but_the_work(steps: list[tuple[str, int, int, int]]) -> None:
    assert live(bureau(), steps, memos=True) == live(bureau(), steps, memos=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits)
def test_it_always_comes_to_rest_and_no_deadline_moves_earlier(steps: list[tuple[str, int, int, int]]) -> None:
    book = bureau()
    deadlines: dict[str, str] = {}
    now = hour("2026-11-24 08:00")
    for what, a, b, minutes in steps:
        act(book, what, a, b, f"{now:%Y-%m-%d %H:%M}")
        now += timedelta(minutes=minutes)
        book.settle(f"{now:%Y-%m-%d %H:%M}")
        ids = [rid for (rid,) in book.rows("问题台账", "编号") if rid]
        assert len(ids) == len(set(ids)), "no id twice"
        for rid, deadline in book.rows("问题台账", "编号", "截止时间"):
            assert deadline == "" or deadline >= deadlines.get(rid, "")
            deadlines[rid] = deadline or deadlines.get(rid, "")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits)
def test_scores_are_the_sums_of_their_lines(steps: list[tuple[str, int, int, int]]) -> None:
    book = bureau()
    live(book, steps, memos=True)
    sums: dict[tuple[str, str], int] = {}
    for month, target, points in book.rows("扣分明细", "月份", "对象", "分值"):
        sums[month, target] = sums.get((month, target), 0) + round(float(points) * 100)
    table = book.rows("月度考核", "月份", "对象", "类别", "得分")
    scores = {
        (month, target): round(float(score) * 100) for month, target, kind, score in table if kind in ("街路", "单位")
    }
    assert sums == scores, "every line is in a score, and every score is its lines"


def test_the_same_input_gives_the_same_output() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    now = hour("2026-11-24 16:00")
    first = decide(book.tables(), copy.deepcopy(book.memory), book.rules, now)
    second = decide(book.tables(), copy.deepcopy(book.memory), book.rules, now)
    assert repr(first) == repr(second)


def test_a_hand_edited_result_is_put_back() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    book.settle("2026-11-24 09:05")
    before = copy.deepcopy(book.sheets)
    for column, value in (("截止时间", "2027-01-01 09:00"), ("街路长", "别人"), ("状态", "已销号"), ("升级", "3")):
        book.type("问题台账", 1, column, value)
    book.type("月度考核", 1, "得分", "120")
    book.type("扣分明细", 1, "分值", "0")
    book.settle("2026-11-24 09:06")
    assert book.sheets == before


def test_a_hand_edited_result_is_recorded() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    book.settle("2026-11-24 09:05")
    book.type("问题台账", 1, "街路长", "别人")
    decision = book.tick("2026-11-24 09:06")
    assert [(one.rid, one.column, one.put_back, one.before, one.after) for one in decision.history] == [
        ("20261124-001", "街路长", True, "街路长01", "别人")
    ]
    assert book.tick("2026-11-24 15:31").history == (), "what the service itself changes is no hand edit"


@pytest.mark.parametrize("column", ["街路", "编号", "状态"])
def test_a_renamed_header_skips_its_tab_and_says_so(column: str) -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    book.settle("2026-11-24 09:05")
    sheet = book.sheets["问题台账"]
    at = sheet[0].index(column)
    sheet[0][at] = "改过的表头"
    kept = copy.deepcopy(sheet)
    book.settle("2026-11-25 09:05")
    assert sheet == kept, "nothing is written to a tab that can't be read"
    said = dict(book.rows("运行状态", "项目", "内容"))["表格：问题台账"]
    assert f"找不到表头：{column}。" in said and "「改过的表头」" in said
    assert ("20261124-001", "超期", "街路长01") in book.rows("通知记录", "编号", "类型", "收件人"), "deadlines go on"
    sheet[0][at] = column
    book.settle("2026-11-25 09:06")
    assert book.cell("问题台账", 1, "时限提示") == "已超期（不足1个工作日）"
    assert "表格：问题台账" not in dict(book.rows("运行状态", "项目", "内容"))


def test_a_doubled_header_and_a_missing_tab_are_said() -> None:
    book = bureau()
    book.sheets["整改反馈"][0][1] = "填报时间"
    gone = book.sheets.pop("履职记录")
    book.settle("2026-11-24 09:05")
    said = dict(book.rows("运行状态", "项目", "内容"))
    assert "表头出现了不止一次：填报时间。" in said["表格：整改反馈"]
    assert "工作簿里没有这个工作表" in said["表格：履职记录"]
    book.sheets["履职记录"] = gone
    book.settle("2026-11-24 09:06")
    assert "表格：履职记录" not in dict(book.rows("运行状态", "项目", "内容"))


def test_moved_columns_and_columns_of_the_bureau_are_fine() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    for row in book.sheets["问题台账"]:
        row.reverse()
        row.insert(3, "本局自己的列" if row[-1] == "编号" else "=A1*2")
    book.settle("2026-11-24 09:05")
    assert book.rows("问题台账", "编号", "截止时间") == [("20261124-001", "2026-11-24 15:30")]
    assert book.sheets["问题台账"][1][3] == "=A1*2"


def test_a_write_to_a_person_s_column_fails_before_it_is_sent() -> None:
    tab = templates()["issues"]
    layout = Layout(tab, (), {column.key: i for i, column in enumerate(tab.columns)})
    with pytest.raises(Trespass, match="问题描述"):
        differences(layout, Row(2, (), NOTHING), {"text": "改成这样"}, ZONE)


def test_an_empty_workbook_is_no_trouble() -> None:
    book = Book()
    book.settle("2026-11-24 09:05")
    assert [row[1] for row in book.rows("月度考核", "月份", "对象")] == list(book.rules.units)


def test_a_decision_that_was_not_committed_is_made_again() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    now = hour("2026-11-24 09:05")
    lost = decide(book.tables(), book.memory, book.rules, now)
    again = decide(book.tables(), book.memory, book.rules, now)
    assert repr(lost) == repr(again)
    book.memory = absorb(book.memory, again, now)
    assert book.memory.stamps["20261124-001"].chief == "街路长01"


def test_rules_that_change_leave_stamps_and_booked_lines_as_they_are() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 甲")
    book.settle("2026-11-24 09:05")
    before = book.rows("扣分明细", "明细号", "分值"), book.rows("问题台账", "截止时间")
    book.rules = load(book.rules.text.replace("found = 0.2", "found = 0.3").replace('normal = "4wh"', 'normal = "8wh"'))
    book.settle("2026-11-24 09:06")
    assert (book.rows("扣分明细", "明细号", "分值"), book.rows("问题台账", "截止时间")) == before
    log(book, "2026-11-24 09:10 | 督查01 | 督查 | 新正街 | 二号 | 暴露垃圾 | 一般 | 乙")
    book.settle("2026-11-24 09:11")
    assert dict(book.rows("扣分明细", "明细号", "分值"))["20261124-002·发现问题"] == "-0.3"


def test_what_is_over_leaves_no_gap_in_the_list_of_things_to_look_at() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正接 | 一号 | 暴露垃圾 | 一般 | 甲")
    book.add("""
        街路名册
        街路编号 | 街路 | 类型 | 区域 | 支部
        J09 | 保安小区 | 背街小巷 | 城西 | 第二支部
        """)
    book.settle("2026-11-24 09:05")
    assert [item for (item,) in book.rows("运行状态", "项目")] == ["没有街路长的街路", "有问题的行", "工作日历"]
    book.type("街路名册", 5, "街路长", "街路长01")
    book.settle("2026-11-24 09:06")
    assert [row[0] for row in book.sheets["运行状态"]] == ["项目", "有问题的行", "工作日历", ""]


# What a memo saves ---------------------------------------------------------------------------------------------
def followed(book: Book, *hours: str) -> list[Mapping[str, Followed]]:
    """What the issues come to at looks at these hours, each with what the one before remembers of its work."""
    looks = []
    for at in hours:
        made = look(book.tables(), book.memory, book.rules, hour(at))
        book.remember(memo=made.reading.memo.closed())
        looks.append(made.followed)
    return looks


def test_an_issue_that_is_over_is_not_followed_anew_the_next_morning() -> None:
    reports = (f"2026-11-24 09:00 | 督查01 | 督查 | {street} | 1号 | 暴露垃圾 | 一般 | 一" for street in STREETS[:2])
    book = log(bureau(), *reports)
    book.settle("2026-11-24 09:05")
    for header, text in {"复核结果": "通过", "复核人": "标准化办01", "复核意见": "现场看过"}.items():
        book.type("问题台账", 1, header, text)
    book.settle("2026-11-24 10:00")
    before, after = followed(book, "2026-11-24 18:00", "2026-11-25 08:00")
    assert before["20261124-001"].life.state == CLOSED
    assert after["20261124-001"] is before["20261124-001"]
    assert after["20261124-002"] is not before["20261124-002"], "what is open is later by a day"


def test_somebody_who_takes_over_a_post_that_morning_is_seen() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 一般 | 一")
    book.settle("2026-11-24 09:05")
    book.type("组织架构", 1, "停用日期", "2026-11-24")
    scopes = []
    for at in ("2026-11-24 18:00", "2026-11-24 20:00", "2026-11-25 08:00"):
        made = look(book.tables(), book.memory, book.rules, hour(at))
        book.remember(memo=made.reading.memo.closed())
        scopes.append(made.people.lasting)
    assert scopes[0] is scopes[1] is not scopes[2]


def test_a_row_in_which_the_service_alone_wrote_is_not_read_again() -> None:
    book = log(bureau(), "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 一般 | 一")
    looks = []
    for _ in range(2):
        made = look(book.tables(), book.memory, book.rules, hour("2026-11-24 09:05"))
        looks.append(made.reading.rows["issues"][0])
        book.type("问题台账", 1, "状态", "待整改")
        book.remember(memo=made.reading.memo.closed())
    assert looks[0].raw != looks[1].raw
    assert looks[0].parsed is looks[1].parsed
