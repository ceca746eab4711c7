"""What people owe on workdays, counted by hand: leave, holiday weeks, late records, points and their ceiling."""

from __future__ import annotations

from datetime import date

from sync.core.duties.duties import Done, Records, owed
from sync.core.people.roster import Post, Roster, Span
from sync.core.rules.rules import load
from tests.book import ROOT, Book, bureau, default_rules

TEXT = (ROOT / "rules.toml").read_text("utf-8")
CHARGED = TEXT.replace("points = 0  ", "points = 0.5")  # of the daily patrol


def charged(cap: str = "5") -> Book:
    return bureau(rules=load(CHARGED.replace("\ncap = 5 ", f"\ncap = {cap} ")))


def patrols(book: Book, *days: str, street: str = "新正街", who: str = "街路长01") -> Book:
    rows = "\n".join(f"{day} | {who} | 巡查 | {street} | 正常" for day in days)
    return book.add(f"履职记录\n填报时间 | 填报人 | 类型 | 街路 | 内容\n{rows}")


def lines(book: Book, street: str) -> list[tuple[str, ...]]:
    found = book.rows("扣分明细", "日期", "对象", "规则", "分值", "街路长", "说明")
    return [row for row in found if row[1] == street and row[2] == "巡查缺记"]


def test_a_day_without_patrol_is_charged_once_its_record_can_no_longer_come() -> None:
    book = patrols(charged(), "2026-11-23 09:00", "2026-11-24 09:00")
    book.settle("2026-11-24 09:05")
    book.settle("2026-11-26 23:59")
    assert lines(book, "新正街") == []
    book.settle("2026-11-27 00:00")
    assert lines(book, "新正街") == [
        ("2026-11-25", "新正街", "巡查缺记", "-0.5", "街路长01", "11-25 应巡查 1 天，缺 1 天")
    ]
    patrols(book, "2026-11-25 09:00")  # typed two days too late: it counts for the day on which it came
    book.settle("2026-11-27 08:00")
    assert len(lines(book, "新正街")) == 1


def test_a_record_of_the_next_morning_still_counts_for_its_day() -> None:
    book = patrols(charged(), "2026-11-23 09:00")
    book.settle("2026-11-23 09:05")
    patrols(book, "2026-11-24 17:00", "2026-11-25 08:00")
    book.settle("2026-11-25 08:30")
    book.settle("2026-11-26 08:00")
    assert lines(book, "新正街") == []


def test_nobody_owes_what_nobody_ever_recorded_and_weekends_and_holidays_are_free() -> None:
    book = patrols(charged(), "2026-09-30 09:00")  # a Wednesday; 1 to 7 October is the holiday, Saturday 10 works
    book.settle("2026-09-30 09:05")
    book.settle("2026-10-12 00:00")
    assert [row[0] for row in lines(book, "新正街")] == ["2026-10-08", "2026-10-09", "2026-10-10"]
    book = charged()
    book.settle("2026-11-24 09:05")
    book.settle("2026-11-28 09:05")
    assert lines(book, "新正街") == []


def test_who_stands_in_owes_the_patrol_and_who_is_on_leave_does_not() -> None:
    book = patrols(charged(), "2026-11-23 09:00")
    book.add("""
        人员调整
        申请时间 | 申请人 | 类型 | 街路 | 新街路长 | 生效日期 | 结束日期 | 支部意见 | 指挥长意见
        2026-11-23 09:00 | 标准化办01 | 请假顶岗 | 新正街 | 街路长03 | 2026-11-24 | 2026-11-25 | 同意 | 同意
        """)
    book.settle("2026-11-23 09:05")
    patrols(book, "2026-11-24 09:00", who="街路长03")
    patrols(book, "2026-11-25 09:00", who="街路长01")  # he is on leave: the one who stands in owes it
    book.settle("2026-11-25 09:30")
    book.settle("2026-11-27 00:00")
    assert [(row[0], row[4]) for row in lines(book, "新正街")] == [("2026-11-25", "街路长03")]


def test_missing_patrols_cost_no_more_than_the_ceiling() -> None:
    book = patrols(charged(cap="1"), "2026-11-02 09:00")
    book.settle("2026-11-02 09:05")
    book.settle("2026-11-07 00:00")  # 3, 4, 5 November missing: 1.5 points, and the ceiling is 1
    assert [row[3] for row in lines(book, "新正街")] == ["-0.5", "-0.5", "0"]


def test_no_points_by_default() -> None:
    book = patrols(bureau(), "2026-11-23 09:00")
    book.settle("2026-11-23 09:05")
    book.settle("2026-11-30 09:05")
    assert lines(book, "新正街") == []


def test_the_list_for_the_weekly_meeting_names_what_is_missing() -> None:
    book = bureau()
    for day in ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"):
        patrols(book, f"{day} 09:00")
        book.settle(f"{day} 09:01")
    book.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 支部 | 内容
        2026-11-19 10:00 | 支部书记04 | 支部例会 | 第四支部 | 布置
        2026-11-19 10:00 | 支部书记04 | 走访 | 第四支部 | 两户门店
        """)
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-19 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
        """)
    book.settle("2026-11-19 10:05")
    book.settle("2026-11-20 18:00")
    book.settle("2026-11-23 08:29")
    assert "每周例会" not in {kind for (kind,) in book.rows("通知记录", "类型")}
    book.settle("2026-11-23 08:30")
    (text,) = {text for kind, text in book.rows("通知记录", "类型", "内容") if kind == "每周例会"}
    assert "新交办 1 件，销号 0 件，到期未整改 1 件；挂账 0 件" in text
    assert "仍然超期没有整改：20261119-001 新正街（环卫所，已超期1个工作日）" in text
    assert "新正街 街路长01缺1天" in text
    assert "履职记录　巡查 4 次、支部例会 1 次、走访 1 次。" in text
    assert "第四支部" not in text
    assert "月初以来还没有督查到的街路：联胜路、建设南路、高铁站广场" in text


def test_the_list_is_put_off_over_a_holiday() -> None:
    book = patrols(bureau(), "2026-09-28 09:00")
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-09-28 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
        """)
    book.settle("2026-09-28 09:05")
    book.settle("2026-10-05 09:00")  # Monday of the holiday week
    book.settle("2026-10-07 09:00")
    assert "每周例会" not in {kind for (kind,) in book.rows("通知记录", "类型")}
    book.settle("2026-10-08 08:30")
    assert "每周例会" in {kind for (kind,) in book.rows("通知记录", "类型")}


def test_issues_alone_begin_no_duty() -> None:
    """A bureau that keeps no 履职记录 owes nobody a reminder, though chiefs report what they find."""
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-23 09:00 | 街路长01 | 街路长自查 | 新正街 | 暴露垃圾 | 甲
        """)
    book.settle("2026-11-23 09:05")
    book.settle("2026-11-24 15:31")
    assert "履职提醒" not in {kind for (kind,) in book.rows("通知记录", "类型")}


def test_points_filled_in_later_charge_nothing_that_is_past() -> None:
    book = patrols(bureau(), "2026-11-02 09:00")
    book.settle("2026-11-02 09:05")
    book.settle("2026-11-24 09:00")
    book.rules = load(CHARGED)
    book.settle("2026-11-24 09:05")
    assert lines(book, "新正街") == []
    book.settle("2026-11-26 00:00")
    assert [row[0] for row in lines(book, "新正街")] == ["2026-11-23", "2026-11-24"]


def test_a_leave_agreed_to_later_takes_the_charge_back() -> None:
    book = patrols(charged(), "2026-11-23 09:00")
    book.settle("2026-11-23 09:05")
    book.settle("2026-11-26 08:00")
    assert [(row[0], row[3]) for row in lines(book, "新正街")] == [("2026-11-24", "-0.5")]
    book.add("""
        人员调整
        申请时间 | 申请人 | 类型 | 街路 | 新街路长 | 生效日期 | 结束日期 | 支部意见 | 指挥长意见
        2026-11-26 09:00 | 标准化办01 | 请假顶岗 | 新正街 | 街路长03 | 2026-11-24 | 2026-11-24 | 同意 | 同意
        """)
    book.settle("2026-11-26 09:05")
    (line,) = lines(book, "新正街")
    assert line[3] == "0"
    assert line[5].startswith("撤销（当天不用他履职）")


def test_no_reminder_waits_for_the_next_morning() -> None:
    book = patrols(bureau(), "2026-11-23 09:00")
    book.settle("2026-11-23 09:05")
    book.settle("2026-11-24 20:30")
    assert "履职提醒" not in {kind for (kind,) in book.rows("通知记录", "类型")}
    book.settle("2026-11-25 15:31")
    book.settle("2026-11-26 08:00")  # nobody sent it: there is no mail server here
    assert {state for kind, state in book.rows("通知记录", "类型", "状态") if kind == "履职提醒"} == {"不再发送"}


def test_a_chief_answers_nothing_that_he_reported_up_himself() -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-24 08:30 | 督查01 | 督查 | 新正街 | 路面破损 | 塌陷
        """)
    book.settle("2026-11-24 08:35")
    book.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改说明
        2026-11-24 09:00 | 街路长01 | 20261124-001 | 上报 | 修不了
        """)
    book.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 区域 | 编号 | 内容
        2026-11-24 09:10 | 街路长01 | 现场调度 | 城中 | 20261124-001 | 自己调度
        """)
    book.settle("2026-11-24 09:15")
    book.settle("2026-11-24 15:31")
    assert ("指挥长02", "上报") in book.rows("通知记录", "收件人", "类型")


def test_the_weekly_list_names_what_the_public_reported_and_nobody_looked_at_in_time() -> None:
    """One waits still, one was looked at too late, one in time (definitions 1.6)."""
    book = bureau().add(
        """
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-18 09:00 | 群众 | 群众反映 | 新正街 | 暴露垃圾 | 没人来
        2026-11-18 09:00 | 群众 | 群众反映 | 联胜路 | 暴露垃圾 | 来得晚
        2026-11-18 09:00 | 群众 | 群众反映 | 建设南路 | 暴露垃圾 | 来得早
        """
    )
    book.settle("2026-11-18 09:05")
    book.type("问题台账", 3, "核实结果", "受理")
    book.type("问题台账", 3, "核实人", "标准化办01")
    book.settle("2026-11-18 10:00")
    book.type("问题台账", 2, "核实结果", "作废")
    book.type("问题台账", 2, "核实人", "标准化办01")
    book.settle("2026-11-18 14:45")
    book.settle("2026-11-23 08:31")
    (text,) = [text for to, kind, text in book.rows("通知记录", "收件人", "类型", "内容")
               if (to, kind) == ("办公室01", "每周例会")]  # fmt: skip
    assert "群众反映没有按时核实（标准化办）：20261118-001 新正街、20261118-002 联胜路。" in text.splitlines()


def test_the_weekly_list_proposes_where_a_superior_should_go_and_names_who_did_not_answer() -> None:
    """Plan 五·2 「对一些重大疑难问题组织现场调度」; definitions 3.4, 4.1."""
    book = bureau().add(
        """
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-16 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一直没有整改
        2026-11-16 09:00 | 督查01 | 督查 | 新正街 | 二号 | 路面破损 | 移交没有同意
        2026-11-16 09:00 | 督查01 | 督查 | 联胜路 | 一号 | 路面破损 | 挂账没有期限
        2026-11-16 09:00 | 督查01 | 督查 | 联胜路 | 二号 | 缺株死树 | 正常
        """
    )
    book.settle("2026-11-16 09:05")
    book.add(
        """
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改说明
        2026-11-16 10:00 | 街路长01 | 20261116-001 | 上报 | 要铲车
        """
    ).add(
        """
        申请审批
        申请时间 | 申请人 | 类型 | 编号 | 移交单位 | 理由 | 批复 | 批复人 | 批复时间
        2026-11-16 10:00 | 街路长01 | 移交 | 20261116-002 | 渣土办 | 渣土压坏 | 不同意 | 支部书记04 | 2026-11-16 11:00
        2026-11-16 10:00 | 街路长02 | 挂账 | 20261116-003 | | 等改造 | 同意 | 支部书记06 | 2026-11-16 11:00
        """
    )
    for at in ("2026-11-16 11:05", "2026-11-20 18:00", "2026-11-23 08:31"):
        book.settle(at)
    (text,) = {text for _, kind, text in book.rows("通知记录", "收件人", "类型", "内容") if kind == "每周例会"}
    assert text.splitlines()[2:4] == [
        "建议现场调度：20261116-001 新正街（升到第3级）、20261116-002 新正街（移交没有同意）、"
        "20261116-003 联胜路（挂账没有期限）。",
        "上报没有按时答复：支部书记04（20261116-001）、指挥长02（20261116-001）、办公室01（20261116-001）。",
    ]


def test_a_kind_is_owed_from_the_first_day_on_which_anybody_noted_it_and_at_each_s_own_place() -> None:
    """A commander owes 驻点 for his district, a secretary for his branch; 指挥长03 noted it first, on the 17th."""
    roster = Roster(
        (),
        (
            Post("指挥长02", "指挥长", "城中", "", "", "", Span()),
            Post("支部书记04", "支部书记", "城中", "第四支部", "", "", Span()),
        ),
    )
    noted = [(date(2026, 11, day), "指挥长03") for day in (17, 24)]
    known = Records(frozenset(Done("驻点", name, "", "", day) for day, name in noted))
    assert known.begun == {"驻点": date(2026, 11, 17)}
    due = owed(default_rules(), roster, known, date(2026, 11, 16), date(2026, 11, 22))
    assert {(duty.names, duty.where) for duty in due} == {(("指挥长02",), "城中"), (("支部书记04",), "第四支部")}
