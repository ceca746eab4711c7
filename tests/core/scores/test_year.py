"""A year of twelve sealed months: a chief who moves in April, a street that moves to another branch in August, a unit
that is renamed in the middle of July.

新正街 has one to three finds a month, 联胜路 one; each costs 0.2, and 0.6 where it is mended the next day. All are the
case of one unit. The sums beside the product's are worked out here.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from sync.core.rules.rules import Rules, load
from tests.book import Book, bureau, default_rules

FIND, LATE = Decimal("0.2"), Decimal("0.6")
FULL = Decimal(100)
MONTHS = range(1, 13)
LATE_IN = (2, 5, 7, 10)  # the months in which the find on 联胜路 is mended the next day
OLD, NEW = "环卫所", "环境卫生中心"


def rules(*, renamed: bool) -> Rules:
    """The default rules, but that a unit is ranked however few its cases."""
    text = default_rules().text.replace("min_cases = 10", "min_cases = 1", 1)
    if renamed:
        text = text.replace(f'"{OLD}"', f'"{NEW}"')
        text = text.replace("letter_code", f'renamed = [{{ unit = "{NEW}", formerly = ["{OLD}"] }}]\nletter_code', 1)
    return load(text)


def lost(month: int) -> Decimal:
    """What 联胜路 loses."""
    return LATE if month in LATE_IN else FIND


def of_unit(month: int) -> Decimal:
    """The unit's score: each point of 按期率 under 90 costs one; everything is closed in the month."""
    cases = finds(month) + 1
    on_time = Decimal(100 * (cases - (month in LATE_IN))) / cases
    return rounded(FULL - max(Decimal(0), 90 - on_time))


def finds(month: int) -> int:
    return month % 3 + 1


def rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def shown(value: Decimal) -> str:
    return f"{float(rounded(value)):g}"


def mean(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def of_quarter(quarter: int) -> range:
    return range(3 * quarter - 2, 3 * quarter + 1)


def of_year(months: dict[int, Decimal]) -> str:
    """The mean of the quarters, each that of its months."""
    quarters = [[months[month] for month in of_quarter(quarter) if month in months] for quarter in range(1, 5)]
    return shown(mean([rounded(mean(quarter)) for quarter in quarters if quarter]))


def month_of_work(book: Book, month: int) -> None:
    """The month's finds, each mended and verified the same morning, but for those that are late."""
    day = workday(book, date(2026, month, 10))
    places = [("新正街", n) for n in range(finds(month))] + [("联胜路", 0)]
    lines = [f"{day} 09:00 | 标准化办01 | 督查 | {street} | {month}月{n}号 | 暴露垃圾 | 垃圾" for street, n in places]
    book.add("\n".join(["问题台账", "填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述", *lines]))
    book.settle(f"{day} 09:05")
    rows = book.rows("问题台账", "编号", "状态")
    new = [(number, row[0]) for number, row in enumerate(rows, start=1) if row[1] == "待整改"]
    late = new[-1:] if month in LATE_IN else []
    mend(book, day, [each for each in new if each not in late])
    mend(book, workday(book, day + timedelta(days=1)), late)


def workday(book: Book, day: date) -> date:
    while not book.rules.calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def mend(book: Book, day: date, issues: list[tuple[int, str]]) -> None:
    mended = [f"{day} 10:00 | 街路长02 | {rid} | 已整改 | {rid}.jpg" for _, rid in issues]
    book.add("\n".join(["整改反馈", "填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片", *mended]))
    book.settle(f"{day} 10:05")
    for number, _ in issues:
        book.verify(number, "通过")
    book.settle(f"{day} 11:00")


@cache
def year() -> Book:
    book = bureau(rules=rules(renamed=False))
    for month in MONTHS:
        month_of_work(book, month)
        if month == 4:
            book.add(
                """
                人员调整
                申请时间 | 申请人 | 类型 | 街路 | 原街路长 | 新街路长 | 生效日期 | 理由 | 支部意见 | 指挥长意见
                2026-04-13 09:00 | 标准化办01 | 调整 | 新正街 | 街路长01 | 街路长03 | 2026-04-15 | 调动 | 同意 | 同意
                """
            )
            book.settle("2026-04-13 10:00")
        if month == 7:
            book.rules = rules(renamed=True)
            book.settle("2026-07-15 09:00")
            book.type("街路名册", 2, "停用日期", "2026-07-31")
            book.add("街路名册\n街路编号 | 街路 | 类型 | 区域 | 支部 | 街路长 | 启用日期\n"
                     "J02 | 联胜路 | 主次干道 | 城东 | 第五支部 | 街路长02 | 2026-08-01")  # fmt: skip
        over = date(2026 + month // 12, month % 12 + 1, 1)
        for day in (over - timedelta(days=1), *(over + timedelta(days=n) for n in (5, 8, 11))):
            book.settle(f"{day} 18:00")
    return book


def test_a_year_of_twelve_sealed_months_is_the_sum_that_a_clerk_makes() -> None:
    book = year()
    own = {month: FULL - FIND * finds(month) for month in MONTHS}
    months = book.rows("月度考核", "月份", "对象", "类别", "得分", "状态")
    there = {row[0]: row[3:] for row in months if row[1] == "新正街" and row[0].startswith("2026")}
    assert there == {f"2026-{month:02d}": (shown(score), "已封存") for month, score in own.items()}
    # his two streets count by half; what was found before he came is not his
    moved = {month: (FULL + (own[month] if month > 4 else FULL)) / 2 if month > 3 else FULL for month in MONTHS}
    sixth = {month: (FULL + FULL - lost(month)) / 2 if month < 8 else FULL for month in MONTHS}
    told = {row[:2]: row[2] for row in book.rows("年度兑现", "对象", "类别", "得分")}
    names = ("新正街", "联胜路", "第五支部", "第六支部", OLD, NEW)
    assert {key: told[key] for key in told if key[0] in names} == {
        ("新正街", "街路"): of_year(own),
        ("联胜路", "街路"): of_year({month: FULL - lost(month) for month in MONTHS}),
        ("第五支部", "支部"): of_year({month: FULL - lost(month) for month in MONTHS if month >= 8}),
        ("第六支部", "支部"): of_year(sixth),
        (NEW, "单位"): of_year({month: of_unit(month) for month in MONTHS}),
    }
    assert told["街路长01（园林所）", "街路长"] == shown(mean([own[month] for month in range(1, 5)]))
    assert told["街路长03（城管执法大队）", "街路长"] == shown(mean(list(moved.values())))
    quarters = {row[:2]: row[2] for row in book.rows("季度讲评", "季度", "对象", "得分")}
    for quarter in range(1, 5):
        part = [own[month] for month in of_quarter(quarter)]
        assert quarters[f"2026年第{quarter}季度", "新正街"] == shown(mean(part))


def test_a_unit_renamed_in_july_keeps_its_name_in_sealed_months_and_is_one_in_quarters_and_year() -> None:
    """Issues that were stamped under the old name, and July as a whole, count under the new one."""
    book = year()
    months = book.rows("月度考核", "月份", "对象", "类别", "得分", "问题数", "状态")
    assert [row for row in months if row[1] in (OLD, NEW) and row[0].startswith("2026")] == [
        (f"2026-{m:02d}", OLD if m < 7 else NEW, "单位", shown(of_unit(m)), f"{finds(m) + 1}", "已封存") for m in MONTHS
    ]
    quarters = [row for row in book.rows("季度讲评", "季度", "对象", "得分") if row[1] in (OLD, NEW)]
    assert quarters == [
        (f"2026年第{quarter}季度", OLD if quarter < 3 else NEW, shown(mean([of_unit(m) for m in of_quarter(quarter)])))
        for quarter in range(1, 5)
    ]
    units = {row[1] for row in book.rows("问题台账", "填报时间", "责任单位")}
    assert units == {OLD, NEW}, "stamps stay"
