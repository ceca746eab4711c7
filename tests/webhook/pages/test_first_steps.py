"""The set-up of a new bureau over HTTP: who is let in, odd uploads, refused values, and what stands half done."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
import requests

from sync.cli import run
from sync.core.people.permissions import newcomers, starting
from sync.core.sheet.matching import numbered
from sync.operations import personal, setting_up
from tests.book import ZONE
from tests.mail_server import mail_server
from tests.web_server import OPERATOR, WebServer, web_server

ROSTER = """街路名册
道路,什么路,片区,所属支部,路长
人民路,主干道,东片,第一支部,张三
解放路,次干道,城西,第二支部,李四
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path, cast=False) as made:
        yield made


@pytest.fixture
def operator(web: WebServer) -> requests.Session:
    return web.enter(OPERATOR)


def get(web: WebServer, person: requests.Session, address: str) -> requests.Response:
    return person.get(f"{web.url}{address}", timeout=20)


def post(web: WebServer, person: requests.Session, address: str, data: dict[str, str] | None = None,
         file: tuple[str, bytes] | None = None) -> requests.Response:  # fmt: skip
    files = {"file": file} if file else None
    return person.post(f"{web.url}{address}", data=data or {}, files=files, timeout=60)


def bureau(web: WebServer, operator: requests.Session, **changes: str) -> dict[str, str]:
    """The form of the bureau as the page shows it, with these fields changed."""
    page = get(web, operator, "/setup/bureau").text
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page))
    fields |= {name: text.strip() for name, text in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)<', page)}
    return fields | {name.replace("__", "."): value for name, value in changes.items()}


def test_the_one_time_address_leads_to_the_set_up_and_a_second_person_is_told(web: WebServer) -> None:
    token = web.link(OPERATOR).partition("#")[2]
    answers = [
        requests.post(f"{web.url}/enter", data={"link": token}, headers={"Origin": web.url}, timeout=10,
                      allow_redirects=False)
        for _ in range(2)
    ]  # fmt: skip
    assert answers[0].headers["Location"] == "/setup"
    assert answers[1].status_code == 403 and "jielu link --operator" in answers[1].text
    stranger = requests.get(f"{web.url}/setup", timeout=10)
    assert stranger.status_code == 401 and "启动时打印的地址" in stranger.text


def test_the_start_says_that_the_bureau_is_still_to_be_set_up(
    web: WebServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    run.announce(web.service, f"{web.url}/enter#x")
    told = capsys.readouterr().out
    assert "还没有设置本局" in told and f"{web.url}/enter#x" in told
    with web_server(tmp_path / "at work") as other:
        run.announce(other.service, f"{other.url}/enter#x")
    assert "还没有设置" not in capsys.readouterr().out


def test_a_file_that_waits_goes_with_the_end_and_with_a_purge(web: WebServer, operator: requests.Session) -> None:
    waiting = web.folder / "data" / "uploads" / "streets.json"
    post(web, operator, "/setup/streets/file", file=("花名册.csv", ROSTER.encode()))
    past = (datetime.now(ZONE) - timedelta(days=8)).timestamp()
    os.utime(waiting, (past, past))
    done = {over.kind: over.count for over in personal.purge(web.service, datetime.now(ZONE), dry_run=False)}
    assert done["没有导入的名册文件"] == 1 and not waiting.exists()
    post(web, operator, "/setup/streets/file", file=("花名册.csv", ROSTER.encode()))
    assert waiting.exists()
    post(web, operator, "/setup/end")
    assert not waiting.exists()
    assert get(web, operator, "/setup").status_code == 409


def test_only_the_operator_sets_up(web: WebServer) -> None:
    web.add("组织架构\n姓名 | 角色\n标准化办01 | 标准化办")
    setting_up.Beginning(web.service.ledger).note("bureau")
    web.tick()
    office = web.enter("标准化办01")
    pages = (("GET", "/setup"), ("GET", "/setup/bureau"), ("POST", "/setup/bureau"), ("POST", "/setup/end"))
    for method, address in pages:
        assert office.request(method, f"{web.url}{address}", timeout=10).status_code == 403, address


def test_a_bureau_at_work_is_not_set_up_again(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        operator = web.enter(OPERATOR)
        for answer in (get(web, operator, "/setup"), post(web, operator, "/setup/end")):
            assert answer.status_code == 409 and "已经开始使用" in answer.text
        assert "接着设置" not in get(web, operator, "/").text


def test_the_bureau_s_answers_are_in_force_with_their_comments(web: WebServer, operator: requests.Session) -> None:
    form = bureau(web, operator, name='乙县"城管"局', unit__1="城管大队", unit__4="城管大队", more="停车办、亮化所",
                  districts="东区\n西区", hours__0="8:30—12:00，15:00至18:00")  # fmt: skip
    assert post(web, operator, "/setup/bureau", form).url == f"{web.url}/setup/streets"
    rules = web.service.rules()
    assert rules.bureau.name == '乙县"城管"局' and rules.lists["districts"] == ("东区", "西区")
    assert rules.units == ("环卫所", "城管大队", "园林所", "市政处", "高铁站广场服务所", "市容股", "停车办", "亮化所")
    assert rules.tasks["渣土运输"].unit == "城管大队"
    assert f"{rules.calendar.seasons[0].hours[0][0]:%H:%M}" == "08:30"
    assert "# 督办函的机关代字" in web.service.rules_text()
    assert "好了" in get(web, operator, "/setup").text
    sheet = web.book.worksheet("街路名册")
    assert sheet.row_values(1)[0] == "街路编号"


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"name": " "}, "「本局名称」没有填"),
        ({"unit__0": ""}, "「环卫所」本局叫什么没有填"),
        ({"districts": " \n "}, "「区域」没有填"),
        ({"hours__0": "上午"}, "「上午」应当是“时:分-时:分”"),
        ({"hours__1": "12:00-08:00"}, "结束应当晚于开始"),
        ({"branches": "支" * 61}, "太长，最多 60 个字"),
        ({"seen": "0"}, "规则被别人改过，没有存"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_refused_answers_are_told_and_what_was_typed_stays(
    web: WebServer, operator: requests.Session, changes: dict[str, str], sentence: str
) -> None:
    before = web.service.rules_text()
    answer = post(web, operator, "/setup/bureau", bureau(web, operator, letter_code="乙执督", **changes))
    assert answer.status_code == 422 and sentence in answer.text.replace("&#34;", '"')
    assert 'value="乙执督"' in answer.text, "what was typed is still there"
    assert web.service.rules_text() == before


def matched(web: WebServer, operator: requests.Session, **answers: str) -> requests.Response:
    """The page of matching sent as it is shown, with these answers."""
    page = get(web, operator, "/setup/streets/match").text
    form = {"sheet": re.findall(r'name="sheet" value="([^"]*)"', page)[0],
            "head": re.findall(r'name="head" value="(\d+)"', page)[-1]}  # fmt: skip
    for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="(\w+)" selected', options)
        form[name] = chosen[1] if chosen else ""
    return post(web, operator, "/setup/streets/match", form | {k.replace("__", "."): v for k, v in answers.items()})


def test_a_roster_of_other_words_comes_in_by_clicks_and_is_left_and_taken_up(
    web: WebServer, operator: requests.Session
) -> None:
    post(web, operator, "/setup/streets/file", file=("花名册.csv", ROSTER.encode("gb18030")))
    page = get(web, operator, "/setup/streets").text
    assert "上次传的「花名册.csv」还没有导入" in page, "it can be taken up again"
    wrong = matched(web, operator)
    assert wrong.status_code == 422 and "「类型」必填" in wrong.text, "its header says nothing that is known"
    wrong = matched(web, operator, column__1="type")
    assert wrong.status_code == 422 and "第 3 行 B 列「什么路」：填的是「主干道」" in wrong.text
    assert "第 4 行 B 列「什么路」：填的是「次干道」" in wrong.text and web.rows("街路名册", "街路") == []
    answers = {"column.1": "type", "word.type.0": "主次干道", "word.type.1": "主次干道", "word.district.0": "城东"}
    good = matched(web, operator, **{name.replace(".", "__"): word for name, word in answers.items()})
    assert good.status_code == 200 and "2 行" in good.text and web.rows("街路名册", "街路") == []
    upload_id = re.findall(r'name="id" value="(\w+)"', good.text)[0]
    done = post(web, operator, "/setup/streets/confirm", {"id": upload_id})
    assert "导入「街路名册」2 行" in done.text
    rows = web.rows("街路名册", "街路编号", "街路", "类型", "区域", "支部", "街路长")
    assert rows == [("J01", "人民路", "主次干道", "城东", "第一支部", "张三"),
                    ("J02", "解放路", "主次干道", "城西", "第二支部", "李四")]  # fmt: skip
    again = post(web, operator, "/setup/streets/confirm", {"id": upload_id})
    assert "没有再导入" in again.text and len(web.rows("街路名册", "街路")) == 2
    added = post(web, operator, "/setup/posts/chiefs")
    assert "加了 2 位街路长" in added.text
    posts = web.rows("组织架构", "姓名", "角色", "支部")
    assert posts == [("张三", "街路长", "第一支部"), ("李四", "街路长", "第二支部")]
    assert "没有人能复核" in added.text
    web.tick()
    assert {check for (check,) in web.rows("街路名册", "校验")} == {""}


def test_rows_that_came_in_with_a_mistake_are_named_on_their_step(web: WebServer, operator: requests.Session) -> None:
    file = "姓名,身份,分管片区\n钱五,指挥长,\n孙六,指挥长,城东\n合计,2人,\n".encode()
    post(web, operator, "/setup/posts/file", file=("人员.csv", file))
    answers = {"column.0": "name", "column.1": "role", "column.2": "district"}
    page = get(web, operator, "/setup/posts/match").text
    assert re.findall(r'<option value="(\w+)" selected', page) == [*answers.values()], "usual names of columns"
    assert "指挥长填所包的区。" in page, "what a column is for"
    seen = post(web, operator, "/setup/posts/match", answers | {"head": "1"}).text
    assert "不带进来的" in seen and "第 4 行是「合计」，没有导入。" in seen and "照样导入" not in seen
    done = post(web, operator, "/setup/posts/confirm", {"id": re.findall(r'name="id" value="(\w+)"', seen)[0]}).text
    assert "有 1 行要改" in done and "钱五：C列「区域」没有填，指挥长要填。" in done


def test_the_template_is_read_back_as_it_is(web: WebServer, operator: requests.Session) -> None:
    book = openpyxl.load_workbook(io.BytesIO(get(web, operator, "/setup/template.xlsx").content))
    assert book.sheetnames[:2] == ["街路名册", "组织架构"]
    for column, word in enumerate(("J07", "和平路", "", "背街小巷", "城中", "第三支部", "王五"), start=1):
        book["街路名册"].cell(2, column).value = word
    filled = io.BytesIO()
    book.save(filled)
    post(web, operator, "/setup/streets/file", file=("template.xlsx", filled.getvalue()))
    good = matched(web, operator)
    assert good.status_code == 200 and "J07" in good.text, good.text


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("", b"", "请选一个文件"),
        ("名册.xls", b"\xd0\xcf\x11\xe0rest", "只能导入 .xlsx 和 .csv"),
        ("名册.xlsx", b"PK\x03\x04 broken", "读不出来"),
        ("名册.xlsx", b"not a zip", "不是 xlsx"),
        ("名册.csv", b"   ", "是空的"),
        ("名册.csv", "街路,路长\n".encode(), "只有表头"),
        ("名册.csv", "街路,街路\n甲,乙\n".encode(), "出现了不止一次"),
        ("名册.csv", b'a,"b\n', "双引号不成对"),
        ("名册.csv", b"x" * (10 * 1024 * 1024 + 1), "最多 10 MB"),
        ("路" * 300 + ".csv", b"\x00\xff\xfe", "看不出是什么编码"),
    ],
    ids=["nothing", "xls", "broken", "no zip", "empty", "header", "doubled", "quotes", "large", "bytes"],
)
def test_odd_uploads_get_a_sentence(
    web: WebServer, operator: requests.Session, name: str, content: bytes, sentence: str
) -> None:
    answer = post(web, operator, "/setup/streets/file", file=(name, content) if name else None)
    assert answer.status_code == 422 and sentence in answer.text
    assert "上次传的" not in get(web, operator, "/setup/streets").text, "nothing of it waits"


def test_answers_that_the_page_never_offered_are_none(web: WebServer, operator: requests.Session) -> None:
    post(web, operator, "/setup/streets/file", data={"pasted": "街路\t类型\n甲路\t背街小巷\n"})
    answer = matched(web, operator, column__0="chief_now", all__district="<script>", column__1="type")
    assert answer.status_code == 422 and "「街路」必填" in answer.text and "「区域」必填" in answer.text
    assert "<script>" not in answer.text
    doubled = matched(web, operator, column__0="type", column__1="type")
    assert doubled.status_code == 422 and "「类型」选了不止一列" in doubled.text
    assert post(web, operator, "/setup/none/done").status_code == 404
    steps = ["bureau", "streets", "posts", "mail", "address", "cards"]
    ways = [post(web, operator, f"/setup/{step}/done").url.removeprefix(web.url) for step in steps]
    assert ways == [*(f"/setup/{step}" for step in steps[1:]), "/setup"], "each step leads to the next"
    assert post(web, operator, "/setup/streets/confirm", {"id": "0"}).status_code == 422


@pytest.mark.parametrize(
    "fields, sentence",
    [
        ({"role": "标准化办"}, "「姓名」：没有填，这一列必填"),
        ({"name": "赵六", "role": "处长"}, "填的是「处长」，只能选"),
        ({"name": "赵六", "role": "标准化办", "mail": "没有"}, "不是有效的邮箱"),
        ({}, "只有表头，没有数据"),
    ],
    ids=["name", "role", "mail", "nothing"],
)
def test_a_person_who_can_t_be_added_is_told(
    web: WebServer, operator: requests.Session, fields: dict[str, str], sentence: str
) -> None:
    answer = post(web, operator, "/setup/posts/person", fields)
    assert answer.status_code == 422 and sentence in answer.text, answer.text
    assert web.rows("组织架构", "姓名") == []


def test_a_person_is_added_once(web: WebServer, operator: requests.Session) -> None:
    fields = {"name": '赵"六,', "role": "标准化办", "mail": "z@bing.example"}
    assert "1 行" in post(web, operator, "/setup/posts/person", fields).text
    assert "没有再导入" in post(web, operator, "/setup/posts/person", fields).text
    assert web.rows("组织架构", "姓名", "角色", "邮箱") == [('赵"六,', "标准化办", "z@bing.example")]


def test_the_same_file_gets_the_same_codes() -> None:
    standing = {"解放路": "J02", "老街": "A1"}
    assert numbered(["人民路", "解放路", "新路", "人民路"], standing) == ["J01", "J02", "J03", "J01"]
    assert numbered(["人民路", "解放路"], {"人民路": "J01", "解放路": "J02"}) == ["J01", "J02"]


def test_a_test_letter_tells_its_result_and_never_the_password(tmp_path: Path) -> None:
    with (
        mail_server() as (server, url),
        web_server(tmp_path, cast=False, JIELU_SMTP=url, JIELU_MAIL_FROM="台账 <jielu@xidu.example>") as web,
    ):
        operator = web.enter(OPERATOR)
        page = get(web, operator, "/setup/mail").text
        assert page.count("已设置") == 2 and "smtp://127" not in page and "xidu.example" not in page
        done = post(web, operator, "/setup/mail", {"to": "me@xidu.example"}).text
        assert "邮件服务器收下了" in done and [mail["To"] for mail in server.received] == ["me@xidu.example"]
        server.answer = lambda address: "550 no such user"
        assert "没有这个收件人" in post(web, operator, "/setup/mail", {"to": "me@xidu.example"}).text
        odd = post(web, operator, "/setup/mail", {"to": "a@b.cn\nBcc: c@d.cn"}).text
        assert "不是有效的邮箱" in odd and len(server.received) == 1


def test_without_mail_the_variables_are_named(web: WebServer, operator: requests.Session) -> None:
    answer = post(web, operator, "/setup/mail", {"to": "me@xidu.example"}).text
    assert "没有设置 JIELU_SMTP、JIELU_MAIL_FROM，发不了信" in answer


@pytest.mark.parametrize(
    "url, sentences",
    [
        ("", ["没有设置 JIELU_URL", "只有服务器自己打得开"]),
        ("http://localhost:8617", ["只有服务器自己打得开"]),
        ("http://[::1]:8617", ["只有服务器自己打得开"]),
        ("http://10.1.2.3", ["这是 http"]),
        ("https://jielu.example.cn", []),
    ],
)
def test_the_address_is_warned_of(tmp_path: Path, url: str, sentences: list[str]) -> None:
    with web_server(tmp_path, cast=False, JIELU_URL=url) as web:
        notes = setting_up.address_notes(web.service)
    assert len(notes) == len(sentences) and all(words in note for words, note in zip(sentences, notes, strict=True))


def test_who_opens_his_link_before_his_day_is_told_the_day(web: WebServer, operator: requests.Session) -> None:
    today = datetime.now(ZONE).date()
    soon = (today + timedelta(days=3)).isoformat()
    web.add(f"组织架构\n姓名 | 角色 | 启用日期\n赵六 | 街路长 | {soon}\n标准化办09 | 标准化办 | {soon}")
    web.tick()
    roster = web.service.roster()
    assert [person.name for _, person in newcomers(roster, today)] == ["赵六", "标准化办09"]
    assert starting(roster, "没有的人", today) is None
    page = post(web, operator, "/people/link", {"name": "赵六"})
    link = re.findall(r'value="(http[^"]+#[^"]+)"', page.text)[0]
    answer = requests.post(f"{web.url}/enter", data={"link": link}, headers={"Origin": web.url}, timeout=10)
    year, month, day = soon.split("-")
    assert answer.status_code == 403 and f"从 {year}年{month}月{day}日 起" in answer.text
    refused = post(web, operator, "/people/link", {"name": "标准化办09"})
    assert refused.status_code == 400 and "到那天再做" in refused.text
    assert f"{soon} 起" in get(web, operator, "/people/cards").text
    cards = post(web, operator, "/people/cards", {"name": "赵六"}).text
    assert f"{year}年{month}月{day}日 起用" in cards


def test_a_reprinted_card_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        office, chief = web.enter(OPERATOR), web.enter("街路长02")
        assert get(web, chief, "/mine").status_code == 200
        page = get(web, office, "/people/cards").text
        ticked = re.findall(r'value="([^"]+)"[^>]* checked', page)
        assert "街路长01" in ticked and "街路长02" not in ticked
        assert get(web, office, "/people/cards?all=1").text.count(" checked") > page.count(" checked")
        cards = post(web, office, "/people/cards", {"name": "街路长02"}).text
        assert cards.count("<svg") == 1 and "衡阳县城市管理和综合执法局" in cards
        assert get(web, chief, "/mine").status_code == 401, "the phone has to be let in anew"
        assert post(web, office, "/people/cards").status_code == 400
