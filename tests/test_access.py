"""Who comes in, by what, and what he then sees: a table of addresses × roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from sync.ledger.sessions import Sessions
from tests.book import ZONE, hour
from tests.web_server import OPERATOR, WebServer, web_server


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as made:
        yield made


def test_an_office_link_opens_once_and_only_when_a_person_says_so(web: WebServer) -> None:
    link = web.link("标准化办01")
    for _ in range(2):  # a chat program looks at the link before its reader does
        assert "进入" in requests.get(link, timeout=10).text
    token = link.partition("link=")[2]
    with requests.Session() as browser:
        browser.headers["Origin"] = web.url
        assert browser.post(f"{web.url}/enter", data={"link": token}, timeout=10).ok
        assert "运行状态" in browser.get(web.url, timeout=10).text
    with requests.Session() as another:
        another.headers["Origin"] = web.url
        assert another.get(link, timeout=10).status_code == 403
        assert another.post(f"{web.url}/enter", data={"link": token}, timeout=10).status_code == 403


def test_a_chief_s_link_stays_good_until_it_is_revoked(web: WebServer) -> None:
    link = web.link("街路长01")
    first, second = requests.Session(), requests.Session()
    for browser in (first, second):
        browser.get(link, timeout=10, allow_redirects=False)
        assert browser.get(f"{web.url}/", timeout=10, allow_redirects=False).headers["Location"] == "/mine"
    assert web.enter(OPERATOR).post(f"{web.url}/people/revoke", data={"name": "街路长01"}, timeout=10).ok
    for browser in (first, second):
        assert browser.get(f"{web.url}/", timeout=10).status_code == 401
    assert requests.get(link, timeout=10).status_code == 403


def test_links_and_sessions_end_at_their_hour(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        sessions, now = Sessions(web.service.ledger), hour("2026-11-24 08:00")
        link = sessions.make_link("标准化办01", now, until=now + timedelta(hours=2), once=True)
        assert sessions.owner(link, hour("2026-11-24 09:59")) == "标准化办01"
        assert sessions.owner(link, hour("2026-11-24 10:00")) is None
        session = sessions.open(link, hour("2026-11-24 09:00"), timedelta(hours=12))
        assert session is not None
        assert sessions.person(session, hour("2026-11-24 20:59")) is not None
        assert sessions.person(session, hour("2026-11-24 21:00")) is None


def test_who_leaves_his_post_is_out_at_the_next_look(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        chief = web.enter("街路长03")
        assert chief.get(f"{web.url}/", timeout=10, allow_redirects=False).status_code == 302
        yesterday = (datetime.now(ZONE) - timedelta(days=1)).strftime("%Y-%m-%d")
        streets, posts = web.book.worksheet("街路名册"), web.book.worksheet("组织架构")
        streets.update([[""]], f"G{[row[0] for row in web.rows('街路名册', '街路长')].index('街路长03') + 2}")
        at = [row[0] for row in web.rows("组织架构", "姓名")].index("街路长03") + 2
        column = posts.row_values(1).index("停用日期") + 1
        posts.update([[yesterday]], f"{chr(64 + column)}{at}", raw=False)
        web.tick()
        assert chief.get(f"{web.url}/", timeout=10, allow_redirects=False).status_code == 401


def test_another_site_can_make_nobody_post(web: WebServer) -> None:
    person = web.enter(OPERATOR)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = person.post(f"{web.url}/people/revoke", data={"name": "街路长02"}, headers=headers, timeout=10)
        assert answer.status_code == 403 and "没有执行" in answer.text, headers
    del person.headers["Origin"]
    assert person.post(f"{web.url}/people/revoke", data={"name": "街路长02"}, timeout=10).status_code == 403


def test_made_up_links_and_cookies_open_nothing(web: WebServer) -> None:
    for token in ("", "x", "eyJh.bGci", web.link("街路长01").partition("link=")[2][:-1] + "A"):
        assert requests.get(f"{web.url}/enter?link={token}", timeout=10).status_code == 403
    assert requests.get(web.url, cookies={"session": "made-up"}, timeout=10).status_code == 401
