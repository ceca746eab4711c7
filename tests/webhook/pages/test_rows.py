"""``/rows`` and ``/``: what leaves the server is the visitor's own, also in the file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.book import ZONE, default_rules
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.links import pieces

ISSUES = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | =1+1 | 112.370 | 26.970
2026-11-17 09:00 | 督查01 | 督查 | 联胜路 | 桥头 | 占道经营 | 严重 | <b>摆摊</b> | | |
"""
ASKED = """
申请审批
申请时间 | 申请人 | 类型 | 编号 | 明细号 | 期望时间 | 理由
2026-11-17 11:00 | 街路长02 | 延期 | 20261117-002 | | 2026-11-20 12:00 | 等人
2026-11-17 11:00 | 街路长02 | 申诉 | | 20261117-002·发现问题 | | 不是这条街
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(Path(tmp_path_factory.mktemp("rows"))) as made:
        made.add(ISSUES.replace(" | | |\n", " | |\n"))
        made.tick("2026-11-17 09:05")
        made.add(ASKED)
        made.tick("2026-11-17 11:05")
        yield made


def text(web: WebServer, name: str, address: str) -> str:
    answer = web.enter(name).get(f"{web.url}{address}", timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.text


ROLES = [
    ("街路长01", True, False),
    ("街路长02", False, True),
    ("支部书记04", True, False),
    ("指挥长03", False, True),
    ("支部书记01", False, True),
    ("督查01", True, True),
    (OPERATOR, True, True),
]


@pytest.mark.parametrize(("name", "here", "there"), ROLES)
@pytest.mark.parametrize("address", ["/rows", "/rows?sort=deadline&down=1", "/rows?text=20261117", "/"])
def test_the_rows_that_are_shown_are_one_s_own(
    web: WebServer, name: str, here: bool, there: bool, address: str
) -> None:
    page = text(web, name, address)
    assert ("20261117-001" in page, "20261117-002" in page) == (here, there)
    assert "<b>摆摊</b>" not in page


@pytest.mark.parametrize(("name", "here", "there"), ROLES)
@pytest.mark.parametrize(
    "address", ["/mine", "/map", "/map/zooms", "/notices", "/letters", "/forms/requests", "/forms/feedback"]
)
def test_no_page_shows_a_row_that_is_another_s(
    web: WebServer, name: str, here: bool, there: bool, address: str
) -> None:
    page = text(web, name, address)
    assert here or "20261117-001" not in page
    assert there or "20261117-002" not in page


@pytest.mark.parametrize(("name", "here", "there"), ROLES)
def test_the_file_holds_the_same_rows_as_the_page_and_texts_stay_texts(
    web: WebServer, name: str, here: bool, there: bool
) -> None:
    answer = web.enter(name).get(f"{web.url}/rows.xlsx?sort=number", timeout=20)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["问题台账"]
    header = [cell.value for cell in sheet[1]]
    rows = [dict(zip(header, row, strict=True)) for row in sheet.iter_rows(min_row=2) if row[0].value]
    numbers = [row["编号"].value for row in rows]
    assert (numbers.count("20261117-001"), numbers.count("20261117-002"), len(rows)) == (here, there, here + there)
    assert all(row["问题描述"].data_type == "s" for row in rows)


FAULTY = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-17 09:00 | 街路长01 | 街路长自查 | 没有这条街 | 甲处 | 暴露垃圾 | 一般 | 不知在哪
2026-11-17 09:00 | 督查01 | 督查 | 联胜路 | 乙处 | 没有这一类 | 一般 | 不知是什么
2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 丙处 | 暴露垃圾 | 一般 | 没有错
"""


@pytest.fixture(scope="module")
def with_faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(Path(tmp_path_factory.mktemp("faults"))) as made:
        made.add(FAULTY)
        made.tick("2026-11-17 09:05")
        yield made


@pytest.mark.parametrize(
    ("name", "nowhere", "there"),
    [  # 街路长01 reported what lies nowhere, the other lies on a street of 街路长02, 第六支部, 城东
        ("街路长01", True, False),
        ("街路长02", False, True),
        ("支部书记04", False, False),
        ("指挥长03", False, True),
        ("支部书记01", False, False),
        ("督查01", True, True),
        (OPERATOR, True, True),
    ],
)
def test_a_row_with_a_fault_is_shown_with_it_to_whom_it_concerns(
    with_faults: WebServer, name: str, nowhere: bool, there: bool
) -> None:
    page = text(with_faults, name, "/rows?text=处&faulty=1")
    assert ("不知在哪" in page, "不知是什么" in page, "没有错" in page) == (nowhere, there, False)
    assert ("「街路」填的是「没有这条街」" in page) == nowhere and ("「类别」填的是「没有这一类」" in page) == there
    answer = with_faults.enter(name).get(f"{with_faults.url}/rows.xlsx?faulty=1", timeout=20)
    shown = str([cell.value for row in openpyxl.load_workbook(io.BytesIO(answer.content))["问题台账"] for cell in row])
    assert ("不知在哪" in shown, "不知是什么" in shown) == (nowhere, there)
    for number, his in (("20261117-001", nowhere), ("20261117-002", there)):
        answer = with_faults.enter(name).get(f"{with_faults.url}/issues/{number}", timeout=20)
        assert (answer.status_code == 200) == his, number


def test_who_oversees_all_has_every_row_in_the_list(with_faults: WebServer) -> None:
    assert "<b>3</b> 件" in text(with_faults, "督查01", "/rows")
    page = text(with_faults, "督查01", "/rows?faulty=1&state=")
    assert "筛选（已设 1 项）" in page and "没有计时" in page


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-13-99",
        "page=99999999999999999999",
        "page=-1",
        "sort=rm%20-rf",
        "state=%F0%9F%98%80",
        "text=" + "x" * 5000,
    ],
    ids=["no day", "a page far off", "a page before", "no column", "no state", "a long text"],
)
def test_an_odd_query_is_no_fault(web: WebServer, query: str) -> None:
    assert "件" in text(web, "督查01", f"/rows?{query}")


def test_an_appeal_shows_what_it_is_about(web: WebServer) -> None:
    page = text(web, OPERATOR, "/answers")
    assert "街路「联胜路」，2026-11" in page and "发现问题 -" in page and "不是这条街" in page
    assert 'href="/issues/20261117-002"' in page


def test_what_is_answered_on_the_first_page_leads_back_and_is_gone_there(web: WebServer) -> None:
    commander = web.enter("指挥长03")
    page = commander.get(web.url, timeout=20).text
    assert "等您批复（1 条）" in page and "期望时间" in page
    row = page.partition('name="row" value="')[2].partition('"')[0]
    given = {"tab": "requests", "row": row, "answer": "不同意", "page": "today"}
    back = commander.post(f"{web.url}/answers", data=given, timeout=20)
    assert back.url.startswith(f"{web.url}/?answered=") and "已批复。" in back.text and "等您批复" not in back.text
    assert web.rows("申请审批", "批复", "批复人")[0] == ("不同意", "指挥长03")


def test_an_issue_s_page_offers_the_place_and_the_forms_with_its_number(web: WebServer) -> None:
    page = text(web, "街路长01", "/issues/20261117-001")
    assert 'href="/forms/feedback?issue=20261117-001&amp;outcome=' in page
    assert "https://uri.amap.com/marker?position=112.370000,26.970000&amp;name=%E6%96%B0%E6%AD%A3%E8%A1%97" in page
    assert "导航" not in text(web, "街路长02", "/issues/20261117-002"), "no place is recorded"
    assert web.enter("街路长01").get(f"{web.url}/explain/20261117-001", timeout=20).url.endswith("/issues/20261117-001")


def test_a_photo_of_which_only_a_name_came_is_said_to_be_missing(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        head, _, row = ISSUES.strip().splitlines()[1:4]
        web.add(f"问题台账\n{head} | 照片\n{row.replace(' | | |', ' | |')} | IMG_20261117.jpg")
        web.tick("2026-11-17 09:05")
        web.add("""
            整改反馈
            填报时间 | 填报人 | 编号 | 处理情况 | 整改说明 | 整改后照片
            2026-11-17 09:30 | 街路长02 | 20261117-001 | 已整改 | 收了 | 整改后.jpg
            """)
        web.tick("2026-11-17 09:35")
        for address in ("/verify", "/issues/20261117-001"):
            shown = re.sub(r"<[^>]*>", "", text(web, "督查01", address))
            assert shown.count("照片未取得") >= 2 and ".jpg" not in shown, address


def test_a_month_is_sealed_by_a_button_once_it_is_over(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(default_rules().text.replace('appeal = "3wd"', 'appeal = "90d"'), "utf-8")  # its hour is far off
    now = datetime.now(ZONE)
    last = now.replace(day=1) - timedelta(days=1)
    with web_server(tmp_path, JIELU_RULES=str(rules)) as web:
        web.add(ISSUES.replace("2026-11-17", f"{last:%Y-%m-%d}").replace(" | | |\n", " | |\n"))
        web.tick(f"{last:%Y-%m-%d} 09:05")
        web.tick()
        office, address = web.enter("办公室01"), f"{web.url}/month/{last:%Y-%m}/seal"
        page = text(web, "办公室01", f"/month?month={last:%Y-%m}")
        assert "自动封存" in page and f"封存 {last:%Y-%m}" in page
        assert text(web, "办公室01", "/month") == page, "it opens with the month of which appeals are heard"
        assert "现在就封存" not in text(web, "指挥长03", f"/month?month={last:%Y-%m}")
        assert office.post(address, timeout=20).status_code == 422, "not without the tick"
        assert web.enter("街路长01").post(address, data={"sure": "1"}, timeout=20).status_code == 403
        early = f"{web.url}/month/{now:%Y-%m}/seal"
        assert office.post(early, data={"sure": "1"}, timeout=20).status_code == 409, "it is not over"
        asked = office.post(address, data={"sure": "1"}, timeout=20)
        assert asked.status_code == 200 and "已请求封存" in asked.text and web.nudges
        web.tick()
        page = text(web, "办公室01", f"/month?month={last:%Y-%m}")
        assert "封存，摘要值" in page and "现在就封存" not in page
        assert text(web, "办公室01", "/month") == text(web, "办公室01", f"/month?month={now:%Y-%m}") != page


def test_a_deleted_row_is_put_back_or_said_to_be_meant(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        web.add(ISSUES.replace(" | | |\n", " | |\n"))
        web.tick("2026-11-17 09:05")
        web.book.worksheet("问题台账").delete_rows(2, 3)
        for minute in range(6, 10):
            web.tick(f"2026-11-17 09:0{minute}")
        assert "20261117-001" in str(web.rows("运行状态", "项目", "内容"))
        office = web.enter("办公室01")
        page = office.get(f"{web.url}/status", timeout=20).text
        assert "被删除的行" in page and "&lt;b&gt;摆摊&lt;/b&gt;" in page
        meant = {"tab": "issues", "row": "20261117-001", "act": "waive"}
        assert web.enter("指挥长03").post(f"{web.url}/status/deleted", data=meant, timeout=20).status_code == 403
        assert office.post(f"{web.url}/status/deleted", data=meant, timeout=20).status_code == 200
        assert office.post(f"{web.url}/status/deleted", data=meant, timeout=20).status_code == 409, "it is said once"
        back = {"tab": "issues", "row": "20261117-002", "act": "back"}
        assert office.post(f"{web.url}/status/deleted", data=back, timeout=20).status_code == 200
        web.tick("2026-11-17 09:10")
        web.tick("2026-11-17 09:11")
        assert web.rows("问题台账", "编号", "问题描述") == [("20261117-002", "<b>摆摊</b>")]
        assert "被删除的行" not in str(web.rows("运行状态", "项目", "内容"))
        assert "20261117-001" not in office.get(f"{web.url}/status", timeout=20).text
        assert any("是有意删的" in str(change["after"]) for change in web.service.ledger.trail("20261117-001"))
        web.add(
            ISSUES.replace(" | | |\n", " | |\n")
            .replace("\n2026-11-17 09:00 | 督查01 | 督查 | 联", "\n\n#")
            .split("\n\n")[0]
        )
        web.tick("2026-11-17 09:12")
        assert ("20261117-001", "=1+1") in web.rows("问题台账", "编号", "问题描述"), "pasted again, it is the same row"


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("与 20261124-001、20261124-002 相同", ["20261124-001", "20261124-002"]),
        ("20261124-001·超期未整改", []),
        ("120261124-0011111", []),
        ('<a href="x">20261124-001', ["20261124-001"]),
    ],
    ids=["two numbers", "a line's number", "no number", "markup stays text"],
)
def test_numbers_in_sentences_lead_to_their_pages(words: str, numbers: list[str]) -> None:
    assert [piece for piece, is_number in pieces(words) if is_number] == numbers
    assert "".join(piece for piece, _ in pieces(words)) == words
