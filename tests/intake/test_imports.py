"""A file from the browser: read and shown first, all that is wrong named, added once and in one piece."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import requests

from sync.intake.files import file_rows, imports
from sync.workbook.server import Request, Response
from tests.book import ZONE, hour
from tests.live_book import LiveBook
from tests.web_server import OPERATOR, WebServer, web_server

AT = hour("2026-11-24 09:30")
HEAD = "填报时间,填报人,来源,街路,类别,严重程度,问题描述"
GOOD = f"""{HEAD}
2026-11-24 09:00,督查01,督查,新正街,暴露垃圾,一般,=1+1
2026-11-24 09:10,督查01,督查,联胜路,路面破损,,坑
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


@pytest.fixture
def person(web: WebServer) -> requests.Session:
    return web.enter("标准化办01")


def upload(
    web: WebServer, person: requests.Session, content: str | bytes, tab: str = "issues", name: str = "问题.csv"
) -> requests.Response:
    raw = content.encode() if isinstance(content, str) else content
    return person.post(f"{web.url}/import", files={"file": (name, raw)}, data={"tab": tab}, timeout=20)


def token(page: requests.Response) -> str:
    found = re.search(r'name="id" value="([0-9a-f]{40})"', page.text)
    assert found, page.text
    return found[1]


def confirm(web: WebServer, person: requests.Session, id_: str) -> requests.Response:
    return person.post(f"{web.url}/import/confirm", data={"id": id_}, timeout=20)


def texts(web: WebServer) -> list[tuple[str, ...]]:
    return web.rows("问题台账", "填报时间", "街路", "问题描述")


def test_a_file_is_shown_first_and_added_with_one_click(web: WebServer, person: requests.Session) -> None:
    page = upload(web, person, GOOD)
    assert page.status_code == 200 and "问题.csv → 问题台账，2 行" in page.text
    assert "<td>2026-11-24 09:00</td>" in page.text and '<th scope="row">3</th>' in page.text
    assert texts(web) == [], "a look adds nothing"
    assert confirm(web, person, "0" * 40).status_code == 422 and texts(web) == [], "nor does a yes without a look"
    done = confirm(web, person, token(page))
    assert "导入「问题台账」2 行" in done.text and web.nudges == 1
    assert texts(web) == [("2026-11-24 09:00", "新正街", "=1+1"), ("2026-11-24 09:10", "联胜路", "坑")]


def test_the_same_upload_twice_is_added_once(web: WebServer, person: requests.Session) -> None:
    first, second = upload(web, person, GOOD), upload(web, web.enter(OPERATOR), GOOD, name="又一份.csv")
    assert token(first) == token(second)
    for _ in range(3):
        assert confirm(web, person, token(first)).status_code == 200
    assert len(texts(web)) == 2
    again = upload(web, person, GOOD)
    assert "同一个文件已经导入过：标准化办01 于" in again.text and "/import/confirm" not in again.text


def test_all_that_is_wrong_is_named_with_row_and_column_and_nothing_comes_in(
    web: WebServer, person: requests.Session
) -> None:
    bad = (
        f"{HEAD}\n昨天,督查01,督查,新正街,暴露垃圾,一般,甲\n2026-11-24 09:00,,检查,新正街,暴露垃圾,特急,乙\n"
        + "".join(f"2026-11-24 09:00,督查01,督查,新正街,暴露垃圾,不行{n},丙\n" for n in range(30))
    )
    page = upload(web, person, bad)
    assert page.status_code == 422 and "没有导入" in page.text
    for place in ("2 行 A 列「填报时间」", "3 行 B 列「填报人」", "3 行 C 列「来源」", "3 行 F 列", "33 行 F 列"):
        assert f"第 {place}" in page.text
    assert texts(web) == []


def test_names_that_no_list_has_are_doubts_and_not_errors(web: WebServer, person: requests.Session) -> None:
    page = upload(web, person, GOOD.replace("新正街", "新正接"))
    assert "第 2 行「街路」填的是「新正接」，名单里没有。是不是「新正街」？" in page.text
    assert confirm(web, person, token(page)).status_code == 200 and len(texts(web)) == 2


def test_an_xlsx_and_another_tab(web: WebServer, person: requests.Session) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (
        ["街路编号", "街路", "类型", "区域", "支部", "街路长"],
        ["J09", "<b>保安小区</b>", "背街小巷", "城中", "第四支部", "街路长01"],
    ):
        book.active.append(line)
    kept = io.BytesIO()
    book.save(kept)
    page = upload(web, person, kept.getvalue(), "streets", "名册.xlsx")
    assert "&lt;b&gt;保安小区&lt;/b&gt;" in page.text and "<b>保安" not in page.text
    assert confirm(web, person, token(page)).status_code == 200
    assert ("J09", "<b>保安小区</b>") in web.rows("街路名册", "街路编号", "街路")


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"", "问题.csv", 422, "是空的"),
        (HEAD.encode(), "问题.csv", 422, "只有表头，没有数据"),
        (b"%PDF", "问题.pdf", 422, "只能导入 .xlsx 和 .csv"),
        (b"not a zip", "问题.xlsx", 422, "问题.xlsx"),
        (GOOD.encode(), "../../etc/问题.csv", 200, "2 行"),
        (GOOD.encode(), "", 400, "请选一个文件"),
        (GOOD.replace("街路,", "接路,").encode(), "问题.csv", 422, "表头「接路」"),
    ],
)
def test_files_that_are_none(
    web: WebServer, person: requests.Session, content: bytes, name: str, status: int, said: str
) -> None:
    page = upload(web, person, content, name=name)
    assert (page.status_code, said in page.text) == (status, True), page.text
    assert texts(web) == []


def test_too_much_for_one_request_is_refused(
    web: WebServer, person: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_IMPORTED", 1)
    page = upload(web, person, GOOD)
    assert page.status_code == 422 and "网页一次最多导入 1 行" in page.text


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_that_was_lost_is_looked_for_and_not_doubled(
    web: WebServer, person: requests.Session, arrived: bool
) -> None:
    adapter = web.service.client.session.get_adapter("https://sheets.googleapis.com/")
    lost, broken = Response(503, {}, b"{}"), list[str]()

    def cut(request: Request) -> Response | None:
        """From the write on the line is broken."""
        broken.extend([request.path] if request.path.endswith(":batchUpdate") or broken else [])
        return lost if broken else None

    def before(request: Request) -> Response | None:
        return None if arrived else cut(request)

    def after(request: Request, response: Response) -> Response | None:
        return cut(request) if arrived else None

    id_ = token(upload(web, person, GOOD))
    adapter.before, adapter.after = before, after
    page = confirm(web, person, id_)
    assert page.status_code == 422 and "可能已经全部导入，也可能一行也没有" in page.text and token(page) == id_
    adapter.before, adapter.after = lambda request: None, lambda request, response: None
    assert confirm(web, person, id_).status_code == 200 and len(texts(web)) == 2


def test_rows_that_are_there_are_recognised(web: WebServer, person: requests.Session) -> None:
    confirm(web, person, token(upload(web, person, GOOD)))
    page = upload(web, person, GOOD + "2026-11-24 09:20,督查01,督查,新正街,暴露垃圾,一般,第三件\n", name="再来.csv")
    assert "2 行已经在表里，一样的不再导入" in page.text and "导入新的 1 行" in page.text
    assert "1 行，2 行已在表里，没有重复导入" in confirm(web, person, token(page)).text
    assert [text for _, _, text in texts(web)] == ["=1+1", "坑", "第三件"]


def test_a_file_of_which_all_is_there_brings_nothing(web: WebServer, person: requests.Session) -> None:
    confirm(web, person, token(upload(web, person, GOOD)))
    page = upload(web, person, GOOD.replace("09:00", "9:00:00"), name="时间写法不同.csv")
    assert "文件里的行都已经在表里" in page.text and len(texts(web)) == 2


def test_an_exported_workbook_with_a_word_corrected_changes_that_cell_after_a_yes(
    web: WebServer, person: requests.Session
) -> None:
    confirm(web, person, token(upload(web, person, GOOD)))
    web.service.ticks(AT)
    rows = web.rows("问题台账", "编号", "填报时间", "填报人", "来源", "街路", "类别", "严重程度", "问题描述")
    lines = [",".join(row).replace("坑", "两个坑") for row in rows]
    text = "编号,填报时间,填报人,来源,街路,类别,严重程度,问题描述\n" + "\n".join(lines)
    page = upload(web, person, text)
    assert "1 行已经在表里，一样的不再导入" in page.text and "「问题描述」：坑 → 两个坑" in page.text
    done = person.post(f"{web.url}/import/confirm", data={"id": token(page), "update": "1"}, timeout=20)
    assert "按文件改 1 格" in done.text
    web.service.ticks(AT + timedelta(minutes=1))
    assert [text for _, _, text in texts(web)] == ["=1+1", "两个坑"]
    assert len(web.rows("问题台账", "编号")) == 2


def test_a_roster_imported_twice_doubles_no_street(web: WebServer, person: requests.Session) -> None:
    roster = "街路编号,街路名称,类型,片区,支部名称,街路长\nJ91,示例路91,背街小巷,城西,第二支部,街路长01\n"
    confirm(web, person, token(upload(web, person, roster, tab="streets")))
    before = web.rows("街路名册", "街路编号")
    page = upload(web, person, roster.replace("街路长01", "街路长02"), tab="streets")
    assert "「街路长」：街路长01 → 街路长02" in page.text
    confirm(web, person, token(page))
    assert web.rows("街路名册", "街路编号") == before


def test_only_the_offices_import(web: WebServer) -> None:
    for who in ("街路长01", "支部书记06", "指挥长02"):
        chief = web.enter(who)
        assert chief.get(f"{web.url}/import", timeout=10).status_code == 403
        assert upload(web, chief, GOOD).status_code == 403
        assert confirm(web, chief, "0" * 40).status_code == 403
    stranger = requests.Session()
    stranger.headers["Origin"] = web.url
    assert upload(web, stranger, GOOD).status_code == 401
    from_elsewhere = web.enter(OPERATOR)
    from_elsewhere.headers["Origin"] = "https://evil.example.cn"
    assert upload(web, from_elsewhere, GOOD).status_code == 403
    assert confirm(web, web.enter(OPERATOR), "0" * 40).status_code == 422
    assert texts(web) == []


def test_an_old_log_comes_in_as_history(tmp_path: Path) -> None:
    """Without it 504 rows of before were 504 live issues with deadlines of today, and 1,514 notices."""
    live = LiveBook(tmp_path)
    live.settle("2026-11-23 09:00")
    old = tmp_path / "旧台账.csv"
    old.write_text(f"{HEAD}\n2026-11-20 09:00,督查01,督查,新正街,暴露垃圾,一般,旧的\n"
                   "2026-10-12 09:00,督查01,督查,新正街,暴露垃圾,严重,更旧的\n", "utf-8")  # fmt: skip
    tab = live.gateway.tabs["issues"]
    brought = file_rows.read_rows(old, tab, None, ZONE)
    with live.ledger.turn():
        imports.add(live.gateway, live.ledger, tab, brought.rows, brought.ids, update=False, history=True)
    live.settle("2026-11-24 09:00")
    assert live.rows("问题台账", "问题描述", "状态", "截止时间") == [("旧的", "历史", ""), ("更旧的", "历史", "")]
    assert live.rows("督办台账", "函号") == [] and not [row for row in live.rows("通知记录", "编号") if row[0]]
    assert not [row for row in live.rows("扣分明细", "编号") if row[0]]
    live.restart()
    live.settle("2026-11-25 09:00")
    assert [row[0] for row in live.rows("问题台账", "状态")] == ["历史", "历史"]
