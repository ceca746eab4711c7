"""Every address × every role: who is let in, and who is not. A new address that is not in the table fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.web_server import OPERATOR, WebServer, web_server

NOBODY = ""
PEOPLE = (NOBODY, "街路长02", "环卫所01", "支部书记04", "指挥长02", "标准化办01", "办公室01", OPERATOR)
OVERSEERS = ("标准化办01", "办公室01", OPERATOR)
SIGNED = PEOPLE[1:]
LEADERS = ("支部书记04", "指挥长02", *OVERSEERS)  # each for his own area
ALL = PEOPLE

# method, address: who is not answered with 401 or 403
TABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/healthz"): ALL,
    ("GET", "/metrics"): ALL,  # 404 where no token is set; with one, by that alone (tests/operations/test_audit.py)
    ("GET", "/static/style.css"): ALL,
    ("GET", "/sw.js"): ALL,
    ("GET", "/enter"): ALL,  # a button; a session is opened by a good link alone
    ("POST", "/enter"): (),
    ("POST", "/leave"): ALL,
    ("GET", "/"): SIGNED,
    ("GET", "/status"): OVERSEERS,
    ("POST", "/status/deleted"): OVERSEERS,
    ("POST", "/status/cure/look"): OVERSEERS,
    ("POST", "/status/cure/rules"): OVERSEERS,
    ("POST", "/status/cure/backup"): (OPERATOR,),
    ("POST", "/status/cure/purge"): (OPERATOR,),
    ("GET", "/rows"): SIGNED,  # each his part
    ("GET", "/rows.xlsx"): SIGNED,
    ("POST", "/clock"): OVERSEERS,
    ("GET", "/mine"): SIGNED,
    ("GET", "/forms/issues"): SIGNED,
    ("GET", "/forms/feedback"): SIGNED,
    ("GET", "/forms/duties"): SIGNED,
    ("GET", "/forms/requests"): SIGNED,
    ("POST", "/forms/issues"): SIGNED,
    ("GET", "/photos/none"): SIGNED,
    ("GET", "/photos/upload/abcdefgh"): SIGNED,
    ("PUT", "/photos/upload/abcdefgh"): SIGNED,
    ("GET", "/notices"): SIGNED,
    ("POST", "/notices"): SIGNED,
    ("GET", "/notices/history/none"): SIGNED,  # 404 for what is not there or not his
    ("GET", "/mails"): OVERSEERS,
    ("GET", "/mails/none"): OVERSEERS,
    ("GET", "/mails/none/body"): OVERSEERS,
    ("GET", "/explain/none"): SIGNED,
    ("GET", "/issues/none"): SIGNED,
    ("GET", "/explain/line/none"): SIGNED,
    ("GET", "/week"): SIGNED,  # each his part; a chief is sent to his own page
    ("GET", "/week/meeting"): SIGNED,  # the same
    ("GET", "/month"): SIGNED,
    ("GET", "/month/2026-11/街路/none"): SIGNED,
    ("POST", "/month/2026-10/seal"): OVERSEERS,
    ("GET", "/month/2026-10/report.docx"): OVERSEERS,
    ("GET", "/month/2026-10/chart/0.png"): OVERSEERS,
    ("GET", "/trends"): LEADERS,
    ("GET", "/map"): SIGNED,
    ("GET", "/map/zooms"): SIGNED,  # each his part
    ("GET", "/map/tiles/0/10/0/0"): SIGNED,  # 404 where no tiles are set
    ("GET", "/leaflet/leaflet.js"): ALL,  # 404 where it was not put there
    ("GET", "/inspections"): OVERSEERS,
    ("GET", "/verify"): OVERSEERS,
    ("POST", "/verify/20261124-001"): OVERSEERS,
    ("POST", "/verify/20261124-001/accept"): OVERSEERS,
    ("GET", "/answers"): LEADERS,
    ("POST", "/answers"): LEADERS,
    ("GET", "/letters"): SIGNED,  # each those that concern him
    ("GET", "/letters/none"): SIGNED,  # 404 for what is not there or not his
    ("POST", "/letters/none"): SIGNED,
    ("GET", "/letters/none/file.docx"): SIGNED,
    ("GET", "/grid"): OVERSEERS,
    ("GET", "/grid/open/1"): OVERSEERS,
    ("GET", "/grid/order/1"): OVERSEERS,
    ("GET", "/grid/rows/1"): OVERSEERS,
    ("GET", "/grid/values/1/0"): OVERSEERS,
    ("POST", "/grid/find/1"): OVERSEERS,
    ("POST", "/grid/edit/1"): OVERSEERS,
    ("GET", "/grid/changes"): OVERSEERS,
    ("GET", "/grid/history/1/1/0"): OVERSEERS,
    ("POST", "/grid/search/1"): OVERSEERS,
    ("POST", "/grid/print/1"): OVERSEERS,
    ("POST", "/grid/layout/1"): OVERSEERS,
    ("GET", "/grid/thumbnails/aaaaaaaaaaaaaaaaaaaa"): OVERSEERS,
    ("GET", "/grid/photos/1/1"): OVERSEERS,
    ("POST", "/grid/sums/1"): OVERSEERS,
    ("GET", "/grid/filled/1/0"): OVERSEERS,
    ("POST", "/grid/export/1"): OVERSEERS,
    ("POST", "/grid/export"): OVERSEERS,
    ("GET", "/bulletin"): LEADERS,
    ("GET", "/bulletin.png"): LEADERS,
    ("GET", "/import"): OVERSEERS,
    ("POST", "/import"): OVERSEERS,
    ("POST", "/import/confirm"): OVERSEERS,
    ("GET", "/rules"): OVERSEERS,
    ("GET", "/rules/figures"): OVERSEERS,
    ("POST", "/rules/figures"): OVERSEERS,
    ("GET", "/rules/draft"): OVERSEERS,
    ("POST", "/rules/draft"): OVERSEERS,
    ("POST", "/rules/drop"): OVERSEERS,
    ("POST", "/rules/check"): OVERSEERS,
    ("GET", "/rules/try"): OVERSEERS,
    ("GET", "/rules/editions/1"): OVERSEERS,
    ("POST", "/rules/editions/1/back"): OVERSEERS,
    ("GET", "/calendar"): OVERSEERS,
    ("POST", "/calendar"): OVERSEERS,
    ("GET", "/people"): OVERSEERS,
    ("POST", "/people/link"): OVERSEERS,
    ("POST", "/people/mail"): OVERSEERS,
    ("POST", "/people/revoke"): OVERSEERS,
    ("GET", "/people/cards"): OVERSEERS,
    ("POST", "/people/cards"): OVERSEERS,
    ("GET", "/setup"): (OPERATOR,),  # 409 once the bureau is at work
    ("POST", "/setup/mail/done"): (OPERATOR,),
    ("POST", "/setup/end"): (OPERATOR,),
    ("GET", "/setup/bureau"): (OPERATOR,),
    ("POST", "/setup/bureau"): (OPERATOR,),
    ("GET", "/setup/template.xlsx"): (OPERATOR,),
    ("GET", "/setup/streets"): (OPERATOR,),
    ("POST", "/setup/streets/file"): (OPERATOR,),
    ("GET", "/setup/posts/match"): (OPERATOR,),
    ("POST", "/setup/posts/match"): (OPERATOR,),
    ("POST", "/setup/posts/confirm"): (OPERATOR,),
    ("POST", "/setup/posts/chiefs"): (OPERATOR,),
    ("POST", "/setup/posts/person"): (OPERATOR,),
    ("GET", "/setup/mail"): (OPERATOR,),
    ("POST", "/setup/mail"): (OPERATOR,),
    ("GET", "/setup/address"): (OPERATOR,),
    ("GET", "/setup/cards"): (OPERATOR,),
    ("GET", "/report"): (),  # switched off; who is not told so finds nothing there
    ("POST", "/report"): (),
    ("GET", "/report/photos/abcdefgh"): (),
    ("PUT", "/report/photos/abcdefgh"): (),
    ("POST", "/hooks/nudge"): (),  # by signature alone
    ("POST", "/hooks/drive"): (),  # the token of its channel: tests/sheets/test_drive_push.py
    ("POST", "/hooks/form/none"): (),
    ("POST", "/hooks/form/none/token"): (),
    ("POST", "/token"): (),  # by a signed assertion alone
    ("GET", "/v4/spreadsheets/x"): (),  # by a token alone; a session is none
    ("GET", "/drive/v3/files"): (),
    ("PUT", "/upload/drive/v2/files/x"): (),
}
OUT = (401, 403)
NOT_THERE = ("/report", "/hooks/form", "/token")  # answered 404 or 400 to everybody: nothing is there for them


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as made:
        made.add("组织架构\n姓名 | 角色 | 单位\n环卫所01 | 责任单位 | 环卫所")
        made.tick()
        made.app.extensions["limits"].off = True  # every address as everybody, in a minute
        yield made


@pytest.mark.parametrize("who", PEOPLE, ids=lambda who: who or "nobody")
def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(web: WebServer, who: str) -> None:
    wrong = []
    for (method, address), let_in in TABLE.items():
        person = web.enter(who) if who else requests.Session()
        person.headers.update({"Origin": web.url, "Accept": "text/html"})
        with person.request(method, f"{web.url}{address}", timeout=20, stream=True, allow_redirects=False) as answer:
            refused = answer.status_code in OUT
            nothing = address.startswith(NOT_THERE) and answer.status_code in (400, 404)
        if (who in let_in) == (refused or nothing) or (answer.status_code >= 500):
            wrong.append((method, address, answer.status_code))
    assert wrong == []


def test_the_table_has_every_address(web: WebServer) -> None:
    adapter = web.app.url_map.bind("127.0.0.1")
    covered = {(adapter.match(address, method)[0], method) for method, address in TABLE}
    api = {"GET", "POST", "PUT", "PATCH", "DELETE"}
    missing = []
    for rule in web.app.url_map.iter_rules():
        methods = rule.methods - {"HEAD", "OPTIONS"}  # type: ignore[operator]
        known = {method for endpoint, method in covered if endpoint == rule.endpoint}
        if not (known and methods == api) and methods - known:
            missing.append((rule.rule, sorted(methods - known)))
    assert missing == []


SHARED = ("/static/style.css", "/sw.js", "/leaflet/leaflet.js")  # the same for everybody


@pytest.mark.parametrize("who", [NOBODY, "街路长02", OPERATOR], ids=lambda who: who or "nobody")
def test_what_may_be_somebody_s_is_stored_by_no_browser_and_no_proxy(web: WebServer, who: str) -> None:
    person = web.enter(who) if who else requests.Session()
    stored = []
    for method, address in TABLE:
        if method == "GET" and address not in SHARED:
            with person.get(f"{web.url}{address}", timeout=20, stream=True, allow_redirects=False) as answer:
                if answer.headers.get("Cache-Control") != "no-store":
                    stored.append((address, answer.status_code, answer.headers.get("Cache-Control")))
    assert stored == []


@pytest.mark.parametrize("who", [NOBODY, OPERATOR], ids=lambda who: who or "nobody")
def test_each_answer_says_what_it_is_and_a_text_by_which_charset(web: WebServer, who: str) -> None:
    person = web.enter(who) if who else requests.Session()
    unclear = []
    for method, address in TABLE:
        if method == "GET":
            with person.get(f"{web.url}{address}", timeout=20, allow_redirects=False) as answer:
                kind = answer.headers.get("Content-Type", "")
                texts = kind.startswith("text/") or kind.partition(";")[0].endswith("xml")
            if answer.content and (not kind or (texts and "charset=utf-8" not in kind.lower())):
                unclear.append((address, answer.status_code, kind))
            if "json" in kind:
                answer.json()
    assert unclear == []


def test_nothing_is_posted_from_another_site(web: WebServer) -> None:
    person = web.enter(OPERATOR)
    for method, address in TABLE:
        if method != "GET" and not address.startswith(("/hooks", "/token", "/v4", "/drive", "/upload")):
            answer = person.request(
                method, f"{web.url}{address}", headers={"Origin": "https://elsewhere.example"}, timeout=10
            )
            assert answer.status_code == 403, (method, address)


def test_a_chief_sees_his_own_issues_and_photos_and_no_other_s(web: WebServer) -> None:
    web.add(
        "问题台账\n填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述\n"
        "标准化办01 | 督查 | 联胜路 | 桥头 | 暴露垃圾 | 只有街路长02看得见\n"
        "标准化办01 | 督查 | 新正街 | 门口 | 占道经营 | 只有街路长01看得见"
    )
    web.tick()
    theirs = {
        "街路长01": (False, True),
        "街路长02": (True, False),
        "街路长03": (False, False),
        "支部书记04": (False, True),
        "指挥长03": (True, False),
        "环卫所01": (True, False),
        "标准化办01": (True, True),
    }
    for who, (sees_02, sees_01) in theirs.items():
        page = web.enter(who).get(f"{web.url}/mine", timeout=10).text
        assert ("只有街路长02看得见" in page, "只有街路长01看得见" in page) == (sees_02, sees_01), who
