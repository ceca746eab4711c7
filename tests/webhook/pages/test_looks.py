"""The pages that people look at: the week, the month, trends, places, why: from the ledger's memory alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.core.calendar.worktime import Step
from sync.core.look.conclude import conclude
from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.people.permissions import Person, above, person, sees_score
from sync.core.rules.rules import load
from sync.core.rules.values import ROLES
from sync.core.views.issue import explain, reasons
from sync.core.views.periods import trends
from sync.core.views.periods.before_seal import open_appeals
from sync.core.views.periods.bulletin import Scope
from sync.core.views.periods.meeting import Meeting, meeting
from sync.core.views.waiting.agenda import Agenda, agenda
from tests.book import Book, bureau, hour, templates
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.charts import chart
from webhook.pages.periods import month

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | 一堆 | 112.370 | 26.970
2026-11-17 09:00 | 标准化办01 | 上级交办 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊 | 112.380 | 26.970
2026-11-24 08:30 | 街路长01 | 街路长自查 | 新正街 | 9号门前 | 路面破损 | 一般 | 坑 | |
"""
UP = """
整改反馈
填报时间 | 填报人 | 编号 | 处理情况 | 整改说明
2026-11-24 08:40 | 街路长01 | 20261124-001 | 上报 | 要市政处开挖
"""
NOW = hour("2026-11-24 15:30")
ALL = Person(OPERATOR, frozenset({"office"}))


@pytest.fixture
def book() -> Book:
    found = bureau()
    head, columns, *rows = ISSUES.strip().splitlines()
    found.add("\n".join([head, columns, *rows[:2]]))
    found.settle("2026-11-17 09:05")
    found.add("\n".join([head, columns, *rows[2:]]))
    found.settle("2026-11-24 08:35")
    found.add(UP)
    found.settle("2026-11-24 08:45")
    found.settle("2026-11-24 15:30")
    return found


@pytest.fixture
def look(book: Book) -> Look:
    return recall(templates(), book.memory, book.rules, NOW)


def his(look: Look, name: str) -> Agenda:
    one = person(look.roster, name, NOW.date())
    assert one
    return agenda(look, one)


def test_a_look_from_memory_is_the_look_of_the_tick_and_decides_nothing(book: Book, look: Look) -> None:
    score = {row[:2]: row[2] for row in book.rows("月度考核", "月份", "对象", "得分")}
    assert {(row.month, row.target): f"{row.score / 100:g}" for row in look.scored.table} == score
    decision = conclude(look)
    assert not decision.lines and not decision.stamps and not decision.notices
    assert sorted(line.id for line in look.scored.every) == sorted(row[0] for row in book.rows("扣分明细", "明细号"))


# The week


def test_each_level_is_told_its_own_part_of_the_week(look: Look) -> None:
    everything = agenda(look, ALL)
    this, last = everything.weeks
    assert (this.reported, last.reported, last.late) == (1, 2, 2)
    assert {one.issue for one in this.open_late} == {"20261117-001", "20261117-002"}
    assert [one.issue for one in his(look, "支部书记04").weeks[0].open_late] == ["20261117-001"]
    assert [one.issue for one in his(look, "指挥长03").weeks[0].open_late] == ["20261117-002"]
    assert [one.issue for one in his(look, "支部书记01").weeks[0].open_late] == ["20261117-002"]  # his unit's


def at_the_meeting(look: Look, name: str = "") -> Meeting:
    visitor = person(look.roster, name, look.now.date()) if name else ALL
    assert visitor
    return meeting(look, visitor)


def test_the_meeting_sees_late_issues_by_unit_and_by_street_the_longest_late_first(look: Look) -> None:
    shown = at_the_meeting(look)
    assert (shown.late, shown.before) == (2, 1)  # 11-17 15:30: 新正街's deadline itself, which is not late
    assert sorted(shown.units) == [("城管执法大队", 1, 1), ("环卫所", 1, 0)]
    assert [(row.street, row.late, row.before) for row in shown.worst] == [("联胜路", 1, 1), ("新正街", 1, 0)]
    assert [each.issue.rid for row in shown.worst for each in row.issues] == ["20261117-002", "20261117-001"]
    assert [row.street for row in at_the_meeting(look, "支部书记04").worst] == ["新正街"]  # his branch's alone


@pytest.mark.parametrize(("minutes", "before"), [(-1, 0), (0, 0), (1, 1)])
def test_the_meeting_compares_with_the_same_hour_seven_days_ago(book: Book, minutes: int, before: int) -> None:
    first = min(each.life.deadline for each in recall(templates(), book.memory, book.rules, NOW).followed.values()
                if each.life.deadline)  # fmt: skip
    now = first + timedelta(days=7, minutes=minutes)
    look = recall(templates(), book.memory, book.rules, now)
    shown = at_the_meeting(look)
    assert shown.before == before
    assert [row.before for row in shown.worst if row.street == "联胜路"] == [before]


def test_who_is_asked_sees_that_it_is_his_turn(look: Look) -> None:
    def asked(name: str) -> list[tuple[str, str, bool]]:
        mine = his(look, name)
        both = [(one, True) for one in mine.his_turn] + [(one, False) for one in mine.others_turn]
        return [(one.issue.rid, ROLES[one.turns[-1].role], is_his) for one, is_his in both]

    turns = {name: asked(name) for name in ("支部书记04", "指挥长02", "支部书记01")}
    assert turns["支部书记01"] == []
    [(issue, role, mine)] = turns["支部书记04"]
    assert issue == "20261124-001" and mine == (role == "支部书记")
    assert turns["指挥长02"] == [(issue, role, role == "指挥长")] and role in ("支部书记", "指挥长")


def test_streets_without_a_chief_come_with_the_nearest(book: Book) -> None:
    book.type("街路名册", 1, "街路长", "")
    book.settle("2026-11-24 15:31")
    found = agenda(recall(templates(), book.memory, book.rules, hour("2026-11-24 15:31")), ALL)
    assert [(street.name, chiefs) for street, chiefs in found.vacant] == [("新正街", ("街路长02",))]


# Why


def test_the_hours_of_an_issue_add_up_to_its_limit(look: Look) -> None:
    found = explain.of(look, "20261117-001")
    assert found
    steps = [told for told in dict(found.parts)["截止时间"] if isinstance(told, Step)]
    assert sum(step.counted for step in steps) == 4 * 3600  # 暴露垃圾，一般：4个工作时
    told = found.sentences["截止时间"]
    assert told[1 : 1 + len(steps)] == [f"  {explain.step_words(step)}" for step in steps]
    assert [line for line in found.text().splitlines() if line.startswith("    ")] == [
        f"  {words}" for words in told[1 : 1 + len(steps)]
    ]


def said(look: Look, number: str) -> dict[str, tuple[str, ...]]:
    found = reasons.reason(look, number)
    assert found
    return dict(found.parts)


def test_a_line_says_rule_clause_and_how_its_points_came_about(look: Look) -> None:
    found = said(look, "20261117-002·超期未整改")
    score = look.rules.score
    total = score.case["严重"].overdue * score.superior_multiplier
    before = score.case["严重"].discovery * score.superior_multiplier
    assert found["规则和条款"] == (f"超期未整改：方案五·3，{look.rules.plan.clauses['五·3']}",)
    assert found["分是怎么来的"] == (
        f"严重问题，超期未整改一件共扣 {score.case['严重'].overdue / 100:g} 分",
        f"来源是上级交办，按 {score.superior_multiplier} 倍，{total / 100:g} 分",
        f"同一件前面已经扣了 {before / 100:g} 分，不重复扣，再扣 {(total - before) / 100:g} 分",
    )
    assert found["明细"][0].startswith(f"2026-11，街路「联胜路」，{-(total - before) / 100:+g} 分")
    assert "没有封存" in found["封存"][0]
    assert reasons.reason(look, "没有这条") is None


def test_what_the_rules_say_agrees_with_every_line_that_was_booked(look: Look) -> None:
    """The words are a sum of their own, held against the points: no line is explained by another number."""
    for line in look.scored.every:
        assert not any("按现在的规则是" in words for words in said(look, line.id)["分是怎么来的"]), line.id


def test_a_line_that_other_rules_booked_says_so(book: Book) -> None:
    text = book.rules.text.replace("normal = { found = 0.2", "normal = { found = 0.3")
    assert text != book.rules.text
    found = said(recall(templates(), book.memory, load(text), NOW), "20261117-001·发现问题")
    assert found["分是怎么来的"][-1] == "按现在的规则是 0.3 分；登记时是 0.2 分，登记过的不再变"


def test_an_appeal_is_told_at_its_line(book: Book) -> None:
    book.add(
        "申请审批\n申请时间 | 申请人 | 类型 | 明细号 | 理由\n"
        "2026-11-24 15:31 | 街路长01 | 申诉 | 20261117-001·发现问题 | 不是本街路"
    )
    book.settle("2026-11-24 15:32")
    found = said(recall(templates(), book.memory, book.rules, hour("2026-11-24 15:32")), "20261117-001·发现问题")
    assert found["后来"] == ("有申诉，还没有批复；批复以前照常计分",)


def test_a_score_is_his_to_see_or_not(look: Look) -> None:
    def sees(name: str, kind: str, target: str) -> bool:
        one = person(look.roster, name, NOW.date())
        return one is not None and sees_score(one, kind, target, above(look.roster, kind, target, NOW.date()))

    assert sees("街路长01", "街路", "新正街") and not sees("街路长01", "街路", "联胜路")
    assert not sees("街路长01", "支部", "第四支部") and sees("支部书记04", "支部", "第四支部")
    assert sees("支部书记04", "街路", "新正街") and not sees("支部书记04", "区域", "城中")
    assert sees("指挥长02", "支部", "第四支部") and sees("指挥长02", "区域", "城中")
    assert not sees("指挥长02", "区域", "城东")
    assert sees("支部书记03", "单位", "环卫所") and not sees("支部书记03", "单位", "园林所")


# Trends


def test_weeks_count_what_happened_in_them(look: Look) -> None:
    found = trends.trends(look.followed.values(), look.scored.table, look.roster, Scope(), NOW)
    assert [(f"{one.monday:%m-%d}", one.reported, one.closed, one.late, one.rework) for one in found.weeks] == [
        ("11-16", 2, 0, 2, 0),
        ("11-23", 1, 0, 0, 0),
    ]
    assert dict(found.categories) == {"暴露垃圾": 1, "占道经营": 1, "路面破损": 1}
    assert found.on_time == (("2026-11", 0.0),)
    part = trends.trends(look.followed.values(), look.scored.table, look.roster, Scope(district="城东"), NOW)
    assert [one.reported for one in part.weeks] == [1, 0]
    scores = {row.target: row.score for row in look.scored.table if row.kind == "街路"}
    assert [(one.low, one.high) for one in part.months] == [(min(scores["联胜路"], scores["高铁站广场"]), 10000)]


def test_a_chart_keeps_order_and_stays_inside() -> None:
    drawn = chart(["a", "b", "c", "d"], [[0, 10, None, 40]])
    ys = [point[1] for point in drawn.series[0] if point]
    assert ys == sorted(ys, reverse=True) and ys[0] == drawn.bottom and min(ys) >= 0
    assert drawn.lines(0) == [f"{drawn.series[0][0][0]},{ys[0]} {drawn.series[0][1][0]},{ys[1]}",  # type: ignore[index]
                              f"{drawn.series[0][3][0]},{ys[2]}"]  # type: ignore[index]  # fmt: skip
    gaps = {round(b[0] - a[0], 1) for a, b in pairwise(drawn.steps)}
    assert len(gaps) == 1
    assert chart([], [[]]).series == ((),) and chart(["a"], [[5.0]], None).steps


# The pages


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("looks"), at="2026-11-17 09:00") as made:
        head, columns, *rows = ISSUES.strip().splitlines()
        made.add("\n".join([head, columns, *rows[:2]]))
        made.tick("2026-11-17 09:05")
        made.add("\n".join([head, columns, *rows[2:]]))
        made.tick("2026-11-24 15:30")
        yield made


def read(web: WebServer, who: str, address: str) -> tuple[int, str]:
    answer = web.enter(who).get(f"{web.url}{address}", headers={"Accept": "text/html"}, timeout=20)
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("who", "here", "there"),
    [
        ("街路长01", 200, 404),
        ("街路长02", 404, 200),
        ("支部书记04", 200, 404),
        ("指挥长03", 404, 200),
        (OPERATOR, 200, 200),
    ],
)
def test_issues_and_scores_open_to_whom_they_concern(web: WebServer, who: str, here: int, there: int) -> None:
    for address in ("/issues/{issue}", "/explain/line/{issue}·发现问题", "/month/2026-11/街路/{street}"):
        mine = address.format(issue="20261117-001", street="新正街")
        other = address.format(issue="20261117-002", street="联胜路")
        assert (read(web, who, mine)[0], read(web, who, other)[0]) == (here, there), address


def test_a_chief_sees_his_own_row_of_the_month_and_no_name_of_others(web: WebServer) -> None:
    _, page = read(web, "街路长01", "/month?month=2026-11")
    assert "新正街" in page and "联胜路" not in page and "街路长02" not in page
    for address in ("/week", "/week/meeting"):
        assert web.enter("街路长01").get(f"{web.url}{address}", timeout=20).url == f"{web.url}/mine"
    _, places = read(web, "街路长01", "/map")
    assert "20261117-001" in places and "20261117-002" not in places


def test_the_meeting_s_headings_say_the_news_and_each_sees_his_part(web: WebServer) -> None:
    _, page = read(web, OPERATOR, "/week/meeting")
    assert re.findall(r"<h[12] id=\"(?:late|s1|s2)\">([^<]+)</h", page)[:2] == [
        "超期 2 件，和上周一样",
        "联胜路：超期 1 件，和上周一样",
    ]
    assert 'href="/issues/20261117-002"' in page and "没有照片" in page
    _, part = read(web, "支部书记04", "/week/meeting")
    assert "新正街：超期" in part and "联胜路" not in part


def test_an_appeal_without_an_answer_is_told_before_the_seal(book: Book) -> None:
    def waiting(month: str) -> list[tuple[str, str]]:
        look = recall(templates(), book.memory, book.rules, hour("2026-11-24 15:35"))
        return [(each.row.cells["requester"], each.line.id) for each in open_appeals(look, month)]

    assert waiting("2026-11") == []
    book.add(
        "申请审批\n申请时间 | 申请人 | 类型 | 明细号 | 理由\n"
        "2026-11-24 15:31 | 街路长01 | 申诉 | 20261117-001·发现问题 | 不是本街路"
    )
    book.settle("2026-11-24 15:32")
    assert waiting("2026-11") == [("街路长01", "20261117-001·发现问题")]
    assert waiting("2026-10") == []
    book.type("申请审批", 1, "批复", "不同意")
    book.type("申请审批", 1, "批复人", "标准化办02")
    book.settle("2026-11-24 15:34")
    assert waiting("2026-11") == []


def test_the_month_says_when_it_is_sealed_and_what_is_open_to_the_office_alone(web: WebServer) -> None:
    _, page = read(web, OPERATOR, "/month?month=2026-11")
    assert "申诉到 2026-12-" in page and "没有等批复的申诉" in page
    _, part = read(web, "支部书记04", "/month?month=2026-11")
    assert "没有等批复的申诉" not in part


def test_a_score_opens_into_lines_that_add_up(web: WebServer) -> None:
    _, page = read(web, OPERATOR, "/month/2026-11/街路/联胜路")
    points = [float(one) for one in re.findall(r'data-label="分">([+-][0-9.]+)', page)]
    sums = [float(one) for one in re.findall(r'data-label="累计">([0-9.]+)', page)]
    assert points[0] == 100 and len(points) > 2
    assert sums == pytest.approx([sum(points[: n + 1]) for n in range(len(points))])
    assert f"联胜路　{sums[-1]:g} 分" in page
    assert 'href="/issues/20261117-002"' in page


def test_a_decision_and_its_change_are_told(web: WebServer) -> None:
    sheet = web.book.worksheet("月度考核")
    heads = sheet.row_values(1)
    row = next(n for n, one in enumerate(sheet.get_values(), 1) if "联胜路" in one and "街路" in one)
    for words in ("通报", "末位表态"):
        sheet.update_cell(row, heads.index("处理决定") + 1, words)
        web.tick("2026-11-24 15:35")
    _, page = read(web, OPERATOR, "/month/2026-11/街路/联胜路")
    assert "处理决定：末位表态" in page and "处理决定：通报 → 末位表态" in page


def test_a_notice_tells_its_history_to_its_receiver_and_to_who_oversees(web: WebServer) -> None:
    mine = [one for one in web.service.ledger.memory().notices.values() if one.notice.to == "街路长01"]
    number = mine[0].notice.number
    web.service.ledger.batch({"b1": [number, mine[1].notice.number]})
    web.service.ledger.settle([number], "待发送", "第 1 次没有成功", attempts=1, next_try=hour("2026-11-24 17:00"))
    status, page = read(web, "街路长01", f"/notices/history/{quote(number)}")
    assert status == 200 and "17:00 再试" in page and "还有 1 条" in page and "第 1 次没有成功" in page
    assert read(web, OPERATOR, f"/notices/history/{quote(number)}")[0] == 200
    assert read(web, "街路长02", f"/notices/history/{quote(number)}")[0] == 404


def test_explain_on_the_command_line_takes_a_line_too(web: WebServer) -> None:
    runner = CliRunner(env={"JIELU_DATA": str(web.folder / "data"), "JIELU_SECRET": "a secret of the tests"})
    told = runner.invoke(main, ["explain", "20261117-001·发现问题", "--now", "2026-11-24T15:40"])
    assert told.exit_code == 0 and "规则和条款" in told.output and "一般问题，发现问题一件共扣 0.2 分" in told.output
    assert runner.invoke(main, ["explain", "没有的"]).exit_code == 2


def test_the_month_says_by_what_somebody_is_commended(web: WebServer) -> None:
    _, page = read(web, OPERATOR, "/month?month=2026-11")
    assert re.search(r"建议通报表扬：街路每组前 \d 名、不低于 \d+ 分，到期满 5 件的按期率不低于 90%", page)


def test_a_part_that_is_not_his_is_refused(web: WebServer) -> None:
    assert read(web, "支部书记04", "/trends?scope=branch:第四支部")[0] == 200
    assert read(web, "支部书记04", "/trends?scope=branch:第六支部")[0] == 403
    assert read(web, OPERATOR, "/month?month=1999-01")[0] == 404


def test_the_month_shows_what_each_of_the_nine_tasks_came_to_on_each_street(web: WebServer) -> None:
    _, page = read(web, OPERATOR, "/month?month=2026-11")
    table = page[page.index('<h2 id="tasks">') :]
    for task in (
        "占道秩序",
        "清扫保洁",
        "园林绿化",
        "背街小巷",
        "垃圾清运",
        "渣土运输",
        "公用设施",
        "油烟噪音",
        "其他",
    ):
        assert f'<th scope="col" class="n">{task}</th>' in table
    assert re.search(r'<td class="n minus" data-label="[^"]+">-[0-9.]+</td>', table)


def test_pages_carry_no_style_and_no_script_of_their_own(web: WebServer) -> None:
    pages = (
        "/week",
        "/week/meeting",
        "/month",
        "/month/2026-11/街路/联胜路",
        "/trends",
        "/map",
        "/issues/20261117-001",
    )
    for address in pages:
        _, page = read(web, OPERATOR, address)
        assert not re.search(r'\sstyle=|<style|<script(?! src)|\son\w+=|(?<!href=")https?://', page), address


def test_the_trail_of_a_row_shows_hours_as_hours(tmp_path: Path) -> None:
    with web_server(tmp_path) as one:
        one.add("""
            问题台账
            填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
            2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
            """)
        one.tick("2026-11-24 09:05")
        sheet = one.book.worksheet("问题台账")
        sheet.update_cell(2, sheet.row_values(1).index("复核时间") + 1, 46350.5)
        one.tick("2026-11-24 12:05")
        (change,) = [each for each in one.service.trail("20261124-001") if each["what"] == "复核时间"]
        assert (change["before"], change["after"]) == ("", "2026-11-24 12:00")
        sheet.update_cell(2, sheet.row_values(1).index("截止时间") + 1, 46350.5)
        one.tick("2026-11-24 12:06")
        change = one.service.trail("20261124-001")[-1]
        assert (change["what"], change["after"]) == ("截止时间（系统列，已还原）", "2026-11-24 12:00")


def test_what_a_month_led_to_for_his_predecessor_is_not_a_chief_s_to_see(look: Look) -> None:
    row = next(row for row in look.scored.table if row.target == "新正街")
    past = replace(row, month="2026-10", chief="街路长03")
    chief, secretary = (person(look.roster, name, look.now.date()) for name in ("街路长01", "支部书记04"))
    assert chief is not None and secretary is not None
    assert month.sees(look, chief, replace(past, chief="街路长01"))
    assert not month.sees(look, chief, past)
    assert month.sees(look, secretary, past)
    assert month.sees(look, chief, replace(past, month=row.month)), "this month's lines are of his own street"
