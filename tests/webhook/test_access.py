"""Who comes in, by what, and what he then sees: a table of addresses × roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import flask
import pytest
import requests
import sqlalchemy as sa
from itsdangerous import URLSafeSerializer

from sync.ledger import tables
from sync.ledger.visitors.sessions import Owner, Sessions
from sync.settings import SettingsError
from tests.book import ROOT, ZONE, hour
from tests.intake.test_forms import default_rules
from tests.intake.test_photos import jpeg, scene
from tests.web_server import OPERATOR, WebServer, web_server
from webhook import access

STANDARDS = Owner("标准化办01")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as made:
        yield made


def post_link(browser: requests.Session, web: WebServer, sent: str) -> requests.Response:
    browser.headers["Origin"] = web.url
    return browser.post(f"{web.url}/enter", data={"link": sent}, timeout=10)


def test_an_office_link_opens_once_and_only_when_a_person_says_so(web: WebServer) -> None:
    link = web.link("标准化办01")
    for _ in range(2):  # a chat program looks at the link before its reader does
        assert "进入" in requests.get(link, timeout=10).text
    token = link.partition("#")[2]
    with requests.Session() as browser:
        assert "运行状态" in post_link(browser, web, token).text
    with requests.Session() as another:
        assert post_link(another, web, token).status_code == 403


@pytest.mark.parametrize("who", ["街路长01", "标准化办01"])
def test_a_link_opens_no_session_by_being_looked_at(web: WebServer, who: str) -> None:
    link = web.link(who)
    old = f"{web.url}/enter?link={link.partition('#')[2]}"  # as versions before made them
    for address in (link, old):
        with requests.Session() as browser:
            page = browser.get(address, timeout=10, allow_redirects=False)
            assert page.status_code == 200 and not browser.cookies and "Set-Cookie" not in page.headers
            assert browser.get(f"{web.url}/", timeout=10).status_code == 401
    with requests.Session() as browser:
        page = browser.get(old, timeout=10).text
        token = re.search('name="link" value="([^"]+)"', page)
        assert token and post_link(browser, web, token[1]).ok
        assert browser.get(f"{web.url}/", timeout=10).status_code == 200


def test_the_secret_of_a_link_is_sent_to_nobody_by_looking_at_it(web: WebServer) -> None:
    parts = urlsplit(web.link("街路长01"))
    assert (parts.path, parts.query) == ("/enter", "") and len(parts.fragment) > 40
    for pasted in (parts.geturl(), f" {parts.geturl()}\n", parts.fragment, f"/enter?link={parts.fragment}"):
        with requests.Session() as browser:
            assert post_link(browser, web, pasted).ok, pasted


def test_a_chief_s_link_stays_good_until_it_is_revoked(web: WebServer) -> None:
    link = web.link("街路长01")
    first, second = requests.Session(), requests.Session()
    for browser in (first, second):
        post_link(browser, web, link)
        assert browser.get(f"{web.url}/", timeout=10, allow_redirects=False).headers["Location"] == "/mine"
    assert web.enter(OPERATOR).post(f"{web.url}/people/revoke", data={"name": "街路长01"}, timeout=10).ok
    for browser in (first, second):
        assert browser.get(f"{web.url}/", timeout=10).status_code == 401
    assert post_link(requests.Session(), web, link).status_code == 403


def test_a_new_session_ends_the_one_before(web: WebServer) -> None:
    browser = web.enter("街路长02")
    before = dict(browser.cookies)
    assert requests.get(f"{web.url}/mine", cookies=before, timeout=10).status_code == 200
    assert post_link(browser, web, web.link("街路长03")).ok
    assert browser.cookies.get_dict() != before
    assert requests.get(f"{web.url}/mine", cookies=before, timeout=10).status_code == 401


def test_cookies_and_policies_are_narrow(tmp_path: Path) -> None:
    with web_server(tmp_path, JIELU_URL="https://jielu.example") as web:
        sent = {"data": {"link": web.link("街路长02")}, "headers": {"Origin": web.url}}
        answer = requests.post(f"{web.url}/enter", **sent, timeout=10, allow_redirects=False)  # type: ignore[arg-type]
        cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax")) and "Domain" not in cookie
        for address in ("/enter", "/mine", "/static/style.css", "/healthz", "/nothing"):
            headers = requests.get(f"{web.url}{address}", timeout=10).headers
            policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
            assert policy["default-src"] == policy["form-action"] == "'self'" and "script-src" not in policy
            assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
            assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
            assert "Access-Control-Allow-Origin" not in headers


def test_links_and_sessions_end_at_their_hour(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        sessions, now = Sessions(web.service.ledger), hour("2026-11-24 08:00")
        link = sessions.make_link(STANDARDS, now, until=now + timedelta(hours=2), once=True)
        opened = sessions.link(link, hour("2026-11-24 09:59"))
        assert opened is not None and opened.owner == STANDARDS
        assert sessions.link(link, hour("2026-11-24 10:00")) is None
        session = sessions.open(link, hour("2026-11-24 09:00"), timedelta(hours=12))
        assert session is not None
        assert sessions.session(session, hour("2026-11-24 20:59")) is not None
        assert sessions.session(session, hour("2026-11-24 21:00")) is None


def test_a_link_for_long_ends_a_year_after_its_last_use(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        sessions, now = Sessions(web.service.ledger), hour("2026-11-24 08:00")
        link = sessions.make_link(Owner("街路长01"), now, until=None, once=False)
        assert sessions.link(link, now + timedelta(days=364)) is not None
        assert sessions.open(link, now + timedelta(days=364), timedelta(days=1)) is not None
        assert sessions.link(link, now + timedelta(days=728)) is not None
        assert sessions.link(link, now + timedelta(days=730)) is None
        assert sessions.by_owner(now + timedelta(days=730))[Owner("街路长01")].links == ()


@pytest.mark.parametrize("maker", ["标准化办01", "办公室01", OPERATOR])
@pytest.mark.parametrize("address", ["link", "mail"])
def test_no_page_makes_a_link_of_the_operator(web: WebServer, maker: str, address: str) -> None:
    answer = web.enter(maker).post(f"{web.url}/people/{address}", data={"name": OPERATOR, "operator": "1"}, timeout=10)
    assert answer.status_code == 400 and "/enter" not in answer.text


def test_the_standards_office_makes_no_link_of_the_office(web: WebServer) -> None:
    person = web.enter("标准化办01")
    answer = person.post(f"{web.url}/people/link", data={"name": "办公室01"}, timeout=10)
    assert answer.status_code == 400 and "由领导小组办公室做" in answer.text
    assert "做链接：办公室01" not in answer.text and "做链接：街路长01" in answer.text
    assert web.enter("办公室01").post(f"{web.url}/people/link", data={"name": "办公室01"}, timeout=10).ok


def test_links_show_with_their_maker_and_are_taken_back_on_the_page(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        operator, office = web.enter(OPERATOR), web.enter("办公室01")
        web.link(OPERATOR)
        assert web.enter("标准化办01").post(f"{web.url}/people/link", data={"name": "街路长01"}, timeout=10).ok
        page = office.get(f"{web.url}/people", timeout=10).text
        assert "标准化办01做" in page and "收回：管理员的链接和登录" in page and page.count("命令行做") == 1
        answer = office.post(f"{web.url}/people/revoke", data={"operator": "1"}, timeout=10)
        assert "管理员的链接和登录都收回了（2 个）" in answer.text
        assert operator.get(web.url, timeout=10).status_code == 401


def test_a_person_who_is_named_as_the_operator_is_nobody(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        web.add("组织架构\n姓名 | 角色 | 支部\n管理员 | 街路长 | 第一支部\n群众 | 标准化办 |")
        web.tick()
        for name in ("管理员", "群众"):
            with pytest.raises(SettingsError, match="不是人名"):
                access.link(web.service, name, web.url)
            secret = Sessions(web.service.ledger).make_link(Owner(name), datetime.now(ZONE), until=None, once=False)
            token = access.Site(web.service, web.app.secret_key)._signer.dumps(secret)
            assert post_link(requests.Session(), web, token).status_code == 403
        checks = dict(web.rows("组织架构", "姓名", "校验"))
        assert "系统自己用的名称" in checks["管理员"] and "系统自己用的名称" in checks["群众"]
        assert "收回：管理员" in web.enter(OPERATOR).get(f"{web.url}/people", timeout=10).text


def test_who_comes_to_oversee_all_needs_another_link(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        link, chief = web.link("街路长03"), web.enter("街路长03")
        web.add("组织架构\n姓名 | 角色\n街路长03 | 标准化办")
        web.tick()
        assert post_link(requests.Session(), web, link).status_code == 403
        site = access.Site(web.service, "")
        with web.service.ledger.engine.begin() as db:
            db.execute(sa.update(tables.sessions).values(since=datetime.now(ZONE) - timedelta(hours=12)))
        assert chief.get(f"{web.url}/people", timeout=10).status_code == 401
        assert site.person("街路长03").oversees  # type: ignore[union-attr]


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
    secret, dot, signature = web.link("街路长01").partition("#")[2].rpartition(".")
    other = "B" if signature.startswith("A") else "A"  # the last sign has bits that say nothing
    for token in ("x", "eyJh.bGci", f"{secret}{dot}{other}{signature[1:]}"):
        assert requests.get(f"{web.url}/enter?link={token}", timeout=10).status_code == 403
        assert post_link(requests.Session(), web, token).status_code == 403
    assert post_link(requests.Session(), web, "").status_code == 403
    assert requests.get(web.url, cookies={"session": "made-up"}, timeout=10).status_code == 401


def test_links_and_cookies_are_signed_by_sha_256_and_those_of_before_go_on(web: WebServer) -> None:
    token = web.link("街路长02").partition("#")[2]
    cookie = web.enter("街路长02").cookies["session"]
    assert [len(signed.rpartition(".")[2]) for signed in (token, cookie)] == [43, 43], "256 bits in base64"
    key = str(web.app.secret_key)
    secret = access.Site(web.service, key).secret_of(token)
    old_link = URLSafeSerializer(key, salt="personal-link").dumps(secret)
    with requests.Session() as browser:
        assert post_link(browser, web, old_link).ok
    old_cookies = flask.sessions.SecureCookieSessionInterface().get_signing_serializer(web.app)
    new_cookies = web.app.session_interface.get_signing_serializer(web.app)  # type: ignore[attr-defined]
    old_cookie = str(old_cookies.dumps(new_cookies.loads(cookie)))  # type: ignore[union-attr]
    assert len(old_cookie.rpartition(".")[2]) == 27
    assert requests.get(f"{web.url}/mine", cookies={"session": old_cookie}, timeout=10).status_code == 200


def test_nothing_of_one_bureau_opens_another_s_in_the_same_database(tmp_path: Path) -> None:
    """Both have one database and one key."""
    shared = {"JIELU_DATABASE": f"sqlite:///{tmp_path / 'shared.sqlite3'}"}
    with web_server(tmp_path / "a", **shared) as web, web_server(tmp_path / "b", **shared) as other:
        assert web.service.ledger.name != other.service.ledger.name
        link, person = web.link("街路长02"), web.enter("街路长02")
        assert person.get(f"{web.url}/mine", timeout=10).status_code == 200
        assert requests.get(f"{other.url}/mine", cookies=person.cookies.get_dict(), timeout=10).status_code == 401
        with requests.Session() as browser:
            assert post_link(browser, other, link.partition("#")[2]).status_code == 403
        cells = {"street": "联胜路", "category": "暴露垃圾", "text": "只在这里", "source": "街路长自查"}
        form = {"id": f"{5:032d}", "cells": cells, "photos": []}
        assert person.post(f"{web.url}/forms/issues", json=form, timeout=20).status_code == 201
        web.tick()
        other.tick()
        page = other.enter("街路长02").get(f"{other.url}/mine", timeout=10).text
        assert "只在这里" not in page and other.rows("问题台账", "编号") == []
        again = other.enter("街路长02").post(f"{other.url}/forms/issues", json=form, timeout=20)
        assert again.status_code == 201, "its id is another's there"
        other.tick()
        assert len(web.rows("问题台账", "编号")) == len(other.rows("问题台账", "编号")) == 1


# What a request says of its host ------------------------------------------------------------------------------
EVIL = "evil.example"


@pytest.mark.parametrize("url", ["", "https://jielu.example"])
def test_no_link_is_made_from_the_host_of_a_request(tmp_path: Path, url: str) -> None:
    rules = default_rules().text.replace("public = false", "public = true")
    (tmp_path / "rules.toml").write_text(rules, "utf-8")
    with web_server(tmp_path, JIELU_URL=url, JIELU_RULES=str(tmp_path / "rules.toml")) as web:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in web.enter(OPERATOR).cookies)
        headers = {"Host": EVIL, "Origin": f"https://{EVIL}", "Cookie": cookies}
        content = jpeg(scene(1))
        where, asked = f"{web.url}/report/photos/{1:032d}", {"offset": 0, "total": len(content)}
        photo = requests.put(where, data=content, params=asked, headers=headers, timeout=20).json()["photo"]
        cells = {"street": "新正街", "category": "暴露垃圾", "text": "臭"}
        body = {"id": f"{7:032d}", "cells": cells, "photos": [photo]}
        assert requests.post(f"{web.url}/report", json=body, headers=headers, timeout=20).status_code == 201
        assert web.rows("问题台账", "照片") == [(f"{url}/photos/{photo}",)]
        for address in ("/people/link", "/people/cards", "/people/mail"):
            page = requests.post(f"{web.url}{address}", data={"name": "街路长01"}, headers=headers, timeout=20)
            assert EVIL not in page.text
            assert address != "/people/link" or f'value="{url or web.url}/enter#' in page.text
        for address in ("/", "/people", "/enter", "/mine", "/rules", "/letters", "/bulletin"):
            assert EVIL not in requests.get(f"{web.url}{address}", headers=headers, timeout=20).text, address


def test_no_code_asks_for_the_host_of_a_request() -> None:
    """Only the check that a page of ours sent a request compares it with where the page came from."""
    uses = {
        str(path.relative_to(ROOT)): found
        for path in [*(ROOT / "webhook").rglob("*.py"), *(ROOT / "webhook").rglob("*.html")]
        if (
            found := re.findall(
                r"request\.(?:host\w*|url(?!_rule)\w*|base_url|root_url)|_external", path.read_text("utf-8")
            )
        )
    }
    assert uses == {"webhook/access.py": ["request.host"]}


@pytest.mark.parametrize("url", ["", "http://jielu.example", "https://jielu.example"])
def test_https_is_kept_to_where_it_is_the_address(tmp_path: Path, url: str) -> None:
    with web_server(tmp_path, JIELU_URL=url) as web:
        headers = requests.get(f"{web.url}/healthz", timeout=10).headers
        assert ("Strict-Transport-Security" in headers) == url.startswith("https://")
