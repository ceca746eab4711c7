"""Forms as a phone sends them: one row whatever is repeated, refused in the field's place, nothing that is not his."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sync.core.sheet.problems import Problem, by_column, sentence
from sync.core.sheet.tabs import template_layout
from sync.core.views.forms import forms
from sync.ledger.received.submissions import Sender, Submissions
from sync.ledger.tables import IN, SENDING
from sync.workbook import transport
from sync.workbook.server import Request, Response
from tests.book import ZONE, default_rules, hour, templates
from tests.intake.test_photos import jpeg, scene
from tests.web_server import WebServer, web_server

ISSUE = {"street": "新正街", "category": "暴露垃圾", "text": "垃圾成堆", "source": "街路长自查"}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def name(number: int = 1) -> str:
    return f"{number:032x}"


def body(cells: dict[str, str], number: int = 1, photos: tuple[str, ...] = (), **more: str) -> dict[str, Any]:
    return {"id": name(number), "cells": cells, "photos": list(photos), **more}


def post(web: WebServer, who: requests.Session, tab: str, sent: dict[str, Any]) -> requests.Response:
    return who.post(f"{web.url}/forms/{tab}", json=sent, headers={"Accept": "application/json"}, timeout=20)


def upload(web: WebServer, who: requests.Session, content: bytes, number: int = 1, path: str = "photos/upload") -> Any:
    """A photo in pieces of 40,000 bytes; the last answer."""
    address, offset, answer = f"{web.url}/{path}/{name(number)}", 0, None
    while offset < len(content):
        piece = content[offset : offset + 40_000]
        answer = who.put(address, data=piece, params={"offset": offset, "total": len(content)}, timeout=20)
        if not answer.ok:
            return answer
        offset = answer.json()["offset"]
    return answer


# From form to row to page


def test_a_report_is_answered_with_what_the_tick_then_says(web: WebServer) -> None:
    chief = web.enter("街路长01")
    answer = post(web, chief, "issues", body(ISSUE, place="x"))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["unit"], told["chief"], told["status"]) == ("环卫所", "街路长01", "待整改")
    assert web.nudges == 1
    web.tick()
    (row,) = web.rows("问题台账", "编号", "校验", "填报人", "来源", "街路", "责任单位", "截止时间")
    deadline = datetime.fromisoformat(told["deadline"])
    assert row == (told["number"], "", "街路长01", "街路长自查", "新正街", "环卫所", f"{deadline:%Y-%m-%d %H:%M}")
    page = chief.get(f"{web.url}/mine", timeout=10).text
    assert told["number"] in page and "还剩" in page and f"/forms/feedback?issue={told['number']}" in page


def test_the_same_submission_twice_is_one_row_and_one_answer(web: WebServer) -> None:
    chief = web.enter("街路长01")
    first = post(web, chief, "issues", body(ISSUE)).json()
    second = post(web, chief, "issues", body(ISSUE)).json()
    assert first == second and len(web.rows("问题台账", "编号")) == 1


def test_the_same_submission_from_two_lines_at_once_is_one_row(web: WebServer) -> None:
    chief, answers = web.enter("街路长01"), list[int]()
    threads = [
        threading.Thread(target=lambda: answers.append(post(web, chief, "issues", body(ISSUE)).status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [201] * 4 and len(web.rows("问题台账", "编号")) == 1


def test_two_alike_reports_of_one_second_are_two_rows(web: WebServer) -> None:
    chief = web.enter("街路长01")
    at = datetime.now(ZONE).replace(microsecond=0).isoformat()
    numbers = [post(web, chief, "issues", body(ISSUE, number, at=at)).json()["number"] for number in (1, 2)]
    web.tick()
    assert [row[0] for row in web.rows("问题台账", "编号")] == numbers and len(set(numbers)) == 2


def test_a_row_whose_answer_was_lost_is_found_again_and_not_doubled(web: WebServer) -> None:
    chief, adapter = web.enter("街路长01"), web.service.client.session.get_adapter(transport.HOSTS[0])
    lost: list[str] = []

    def cut(request: Request, response: Response) -> Response | None:
        """From the write on the line is broken."""
        if request.path.endswith(":batchUpdate") or lost:
            lost.append(request.path)
            return Response(503, {}, b"{}")
        return None

    adapter.after = cut
    assert post(web, chief, "issues", body(ISSUE)).json()["state"] == "later"
    adapter.after = lambda request, response: None
    assert len(web.rows("问题台账", "编号")) == 1, "it was done, only the answer was lost"
    again = post(web, chief, "issues", body(ISSUE))
    assert again.status_code == 201 and len(web.rows("问题台账", "编号")) == 1


def test_a_row_of_which_the_answer_alone_was_lost_is_in_at_once(web: WebServer) -> None:
    chief, adapter = web.enter("街路长01"), web.service.client.session.get_adapter(transport.HOSTS[0])

    def cut(request: Request, response: Response) -> Response | None:
        return Response(503, {}, b"{}") if request.path.endswith(":batchUpdate") else None

    adapter.after = cut
    assert post(web, chief, "issues", body(ISSUE)).json()["state"] == "in"
    assert len(web.rows("问题台账", "编号")) == 1


def test_a_row_that_was_refused_is_sent_again(web: WebServer) -> None:
    chief = web.enter("街路长01")
    adapter = web.service.client.session.get_adapter(transport.HOSTS[0])
    refusals = [Response(403, {}, b"{}")]
    adapter.before = lambda request: refusals.pop() if request.path.endswith(":batchUpdate") and refusals else None
    assert post(web, chief, "issues", body(ISSUE)).status_code == 503
    assert web.rows("问题台账", "编号") == []
    kept = Submissions(web.service.ledger).get(name())
    assert kept is not None and kept.state == SENDING
    assert post(web, chief, "issues", body(ISSUE)).status_code == 201
    kept = Submissions(web.service.ledger).get(name())
    assert kept is not None and kept.state == IN and len(web.rows("问题台账", "编号")) == 1


def test_a_form_is_taken_while_a_tick_is_long_and_says_so(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.intake.forms.TICK_SECONDS", 0.05)
    chief, held, leave = web.enter("街路长01"), threading.Event(), threading.Event()

    def tick() -> None:
        with web.service.ticking:
            held.set()
            leave.wait(20)

    thread = threading.Thread(target=tick)
    thread.start()
    held.wait(20)
    try:
        assert post(web, chief, "issues", body({**ISSUE, "street": ""})).status_code == 422
        answer = post(web, chief, "issues", body(ISSUE))
    finally:
        leave.set()
        thread.join()
    assert answer.status_code == 201 and "稍后" in answer.json()["words"] and "number" not in answer.json()
    web.tick()
    assert web.rows("问题台账", "校验", "状态") == [("", "待整改")]


# What is wrong is said in its place, and nothing is written


@pytest.mark.parametrize(
    ("tab", "cells", "field", "words"),
    [
        ("issues", {**ISSUE, "street": "新正接"}, "street", "是不是「新正街」？"),
        ("issues", {**ISSUE, "category": ""}, "category", "没有填"),
        ("issues", {**ISSUE, "longitude": "12"}, "longitude", "应当在 73 到 136 之间"),
        ("issues", {**ISSUE, "text": "长" * 1001}, "text", "最多 1000 个"),
        ("issues", {**ISSUE, "source": "督查"}, "source", "不由您的角色填"),
        ("issues", {**ISSUE, "verified": "通过"}, "verified", "没有这一项"),
        ("issues", {**ISSUE, "id": "20261124-001"}, "id", "没有这一项"),
        ("issues", {**ISSUE, "reporter": "标准化办01"}, "reporter", "没有这一项"),
        ("issues", {**ISSUE, "given_limit": "9天"}, "given_limit", "没有这一项"),
        ("feedback", {"issue": "20261124-001", "outcome": "已整改"}, "issue", "不在您名下"),
        ("duties", {"kind": "督查", "street": "新正街"}, "kind", "不由您的角色填"),
        ("duties", {"kind": "巡查"}, "street", "巡查要填"),
        ("requests", {"kind": "申诉", "reason": "不对"}, "line", "申诉要填"),
        ("requests", {"kind": "申诉", "line": "x", "reason": "x", "answer": "同意"}, "answer", "没有这一项"),
    ],
)
def test_a_fault_is_told_in_the_place_of_its_field(
    web: WebServer, tab: str, cells: dict[str, str], field: str, words: str
) -> None:
    answer = post(web, web.enter("街路长01"), tab, body(cells))
    assert answer.status_code == 422 and words in answer.json()["faults"][field], answer.text
    assert web.rows(templates()[tab].title, "校验") == [] and web.nudges == 0


@pytest.mark.parametrize("sent", [[], {}, {"id": "short", "cells": {}}, {"id": name(), "cells": {"text": 5}}, "x"])
def test_a_body_of_no_shape_is_refused(web: WebServer, sent: Any) -> None:
    answer = post(web, web.enter("街路长01"), "issues", sent)
    assert answer.status_code == 422 and answer.json()["faults"][""]


def test_a_text_that_begins_like_a_formula_stays_a_text(web: WebServer) -> None:
    texts = ["=1+1", '=HYPERLINK("https://evil.example","点我")', "+1", "-1", "@x", "'x", "1-2", "TRUE", "12%"]
    chief = web.enter("街路长01")
    for number, text in enumerate(texts):
        assert post(web, chief, "issues", body({**ISSUE, "text": text}, number)).status_code == 201
    values = web.book.worksheet("问题台账").get_values(value_render_option="FORMULA")
    at = values[0].index("问题描述")
    assert [row[at] for row in values[1:]] == texts


def test_only_the_columns_of_people_are_written_and_the_sender_is_who_he_is(web: WebServer) -> None:
    tab, chief = templates()["issues"], web.enter("街路长01")
    foreign = [column.key for column in tab.service] + ["verified", "verifier", "verified_at", "accepted", "reporter"]
    answer = post(web, chief, "issues", body({**ISSUE, **dict.fromkeys(foreign, "街路长09")}, person="街路长01"))
    assert answer.status_code == 422 and set(foreign) <= set(answer.json()["faults"])
    assert web.rows("问题台账", "填报人") == []
    post(web, chief, "issues", body(ISSUE, person="街路长01"))
    sheet = web.book.worksheet("问题台账").get_values()
    filled = {header for header, value in zip(sheet[0], sheet[1], strict=False) if value != ""}
    assert filled == {"填报时间", "填报人", "来源", "街路", "类别", "问题描述"}
    assert filled.isdisjoint(column.header for column in tab.service)


def test_a_report_without_a_source_has_that_of_the_role(web: WebServer) -> None:
    unsaid = {key: text for key, text in ISSUE.items() if key != "source"}
    for number, who in enumerate(("街路长01", "标准化办01", "指挥长02")):
        assert post(web, web.enter(who), "issues", body(unsaid, number)).status_code == 201
    assert web.rows("问题台账", "来源") == [("街路长自查",), ("督查",), ("上级交办",)]


def test_what_another_began_on_this_phone_waits_for_him(web: WebServer) -> None:
    answer = post(web, web.enter("街路长02"), "issues", body(ISSUE, person="街路长01"))
    assert answer.status_code == 409 and "街路长01" in answer.json()["words"]
    assert web.rows("问题台账", "编号") == []


def test_nobody_learns_of_another_s_submission(web: WebServer) -> None:
    post(web, web.enter("街路长01"), "issues", body(ISSUE))
    answer = post(web, web.enter("街路长02"), "issues", body(ISSUE))
    assert answer.status_code == 422 and "number" not in answer.json()
    assert len(web.rows("问题台账", "编号")) == 1


# The other forms


def test_feedback_duty_and_request_reach_their_tabs(web: WebServer) -> None:
    chief = web.enter("街路长01")
    number = post(web, chief, "issues", body(ISSUE)).json()["number"]
    web.tick()
    late = (datetime.now(ZONE) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    request = {"kind": "延期", "issue": number, "until": late, "reason": "等配件"}
    assert "待批复" in post(web, chief, "requests", body(request, 2)).json()["words"]
    fixed = {"issue": number, "outcome": "已整改", "text": "已清运"}
    assert "没有整改后照片，时限还在走" in post(web, chief, "feedback", body(fixed, 3)).json()["words"]
    assert post(web, chief, "duties", body({"kind": "巡查", "street": "新正街", "text": "正常"}, 4)).status_code == 201
    web.tick()
    assert web.rows("整改反馈", "填报人", "编号", "校验", "结果") == [
        ("街路长01", number, "", "没有整改后照片，时限还在走，补上才算整改")
    ]
    assert web.rows("申请审批", "申请人", "期望时间", "校验", "状态") == [
        ("街路长01", late.replace("T", " "), "", "待批复")
    ]
    assert web.rows("履职记录", "填报人", "街路", "校验") == [("街路长01", "新正街", "")]
    assert post(web, web.enter("街路长02"), "feedback", body(fixed, 5)).status_code == 422, "not his street"


@pytest.mark.parametrize(
    ("who", "source", "duty"),
    [("街路长01", "街路长自查", "巡查"), ("标准化办01", "督查", "督查"), ("支部书记04", "上级交办", "支部例会"),
     ("指挥长02", "上级交办", "驻点"), ("办公室01", "上级交办", "现场调度")],
)  # fmt: skip
def test_a_form_opens_filled_in_by_role(web: WebServer, who: str, source: str, duty: str) -> None:
    person = web.enter(who)
    issues, duties = (person.get(f"{web.url}/forms/{tab}", timeout=10).text for tab in ("issues", "duties"))
    assert f'value="{source}" checked' in issues and f'value="{duty}" checked' in duties
    assert f"填报人：{who}" in issues
    assert ("<option selected>新正街" in issues) == (who == "街路长01")
    if who == "支部书记04":
        assert 'value="第四支部" checked' in duties and 'value="第六支部"' not in duties


def test_mine_holds_what_is_his_and_nothing_else(web: WebServer) -> None:
    web.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-20 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
        2026-11-20 09:00 | 督查01 | 督查 | 联胜路 | 占道经营 | 乙
        2026-11-20 09:00 | 督查01 | 督查 | 高铁站广场 | 暴露垃圾 | 丙
        """)  # fmt: skip
    web.tick()
    told = {
        "街路长01": ("甲",), "街路长02": ("乙", "丙"), "支部书记04": ("甲",), "支部书记01": ("乙",),
        "指挥长03": ("乙", "丙"),
        "支部书记03": ("甲",), "支部书记06": ("乙", "丙"), "标准化办01": ("甲", "乙", "丙"), "街路长03": (),
    }  # fmt: skip
    for who, texts in told.items():
        page = web.enter(who).get(f"{web.url}/mine", timeout=10).text
        assert tuple(text for text in "甲乙丙" if f'task-text">{text}' in page) == texts, who


# Photos


def test_a_report_carries_its_photos_and_only_who_may_sees_them(web: WebServer) -> None:
    chief = web.enter("街路长01")
    ids = [upload(web, chief, jpeg(scene(number)), number).json()["photo"] for number in (1, 2)]
    assert post(web, chief, "issues", body(ISSUE, photos=tuple(ids))).status_code == 201
    web.tick()
    ((cell,),) = web.rows("问题台账", "照片")
    assert cell == "\n".join(f"/photos/{one}" for one in ids)
    seen = chief.get(f"{web.url}/photos/{ids[0]}", timeout=10)
    assert (seen.status_code, seen.headers["Content-Type"]) == (200, "image/jpeg")
    assert seen.headers["X-Content-Type-Options"] == "nosniff" and "no-store" in seen.headers["Cache-Control"]
    allowed = {"标准化办01": 200, "支部书记04": 200, "指挥长02": 200, "街路长02": 404, "支部书记06": 404}
    for who, status in allowed.items():
        assert web.enter(who).get(f"{web.url}/photos/{ids[0]}", timeout=10).status_code == status, who
    assert requests.get(f"{web.url}/photos/{ids[0]}", timeout=10).status_code == 401


def test_a_photo_goes_on_where_the_line_broke_and_is_kept_once(web: WebServer) -> None:
    chief, content = web.enter("街路长01"), jpeg(scene(3))
    address = f"{web.url}/photos/upload/{name()}"
    chief.put(address, data=content[:1000], params={"offset": 0, "total": len(content)}, timeout=10)
    assert chief.get(address, timeout=10).json() == {"offset": 1000}
    done = chief.put(address, data=content[1000:], params={"offset": 1000, "total": len(content)}, timeout=10).json()
    assert upload(web, chief, content).json()["photo"] == done["photo"]
    assert chief.get(address, timeout=10).json()["photo"] == done["photo"]
    assert len(list((web.folder / "data" / "photos").rglob("*.jpg"))) == 1


def test_another_s_photo_and_one_that_is_not_here_are_refused(web: WebServer) -> None:
    chief, other = web.enter("街路长01"), web.enter("街路长02")
    mine = upload(web, chief, jpeg(scene(1))).json()["photo"]
    for photo in (mine, "0" * 40):
        answer = post(web, other, "issues", body(ISSUE, photos=(photo,)))
        assert "没有传完" in answer.json()["faults"]["photos"]
    many = tuple([mine] * 7)
    assert "最多 6 张" in post(web, chief, "issues", body(ISSUE, photos=many)).json()["faults"]["photos"]


def test_what_is_no_photo_is_refused_with_a_sentence(web: WebServer) -> None:
    chief = web.enter("街路长01")
    answer = upload(web, chief, b"<html><script>alert(1)</script>")
    assert answer.status_code == 422 and "不是 JPG" in answer.json()["error"]
    assert upload(web, chief, jpeg(scene(1))).json()["photo"], "the name is free again"
    address = f"{web.url}/photos/upload/{name(9)}"
    assert chief.put(address, data=bytes(600_000), params={"offset": 0, "total": 9}, timeout=10).status_code == 413
    assert chief.put(f"{web.url}/photos/upload/..%2Fx", data=b"x", timeout=10).status_code == 404


def test_the_same_photo_on_two_lines_at_once_is_whole(web: WebServer) -> None:
    chief, content, answers = web.enter("街路长01"), jpeg(scene(4)), list[Any]()
    threads = [threading.Thread(target=lambda: answers.append(upload(web, chief, content).json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (photo,) = {answer["photo"] for answer in answers}
    kept = Submissions(web.service.ledger).photo(photo)
    assert kept is not None and kept.received == hashlib.sha256(content).hexdigest()


# The public


@pytest.fixture
def street(tmp_path: Path) -> Iterator[WebServer]:
    rules = default_rules().text.replace("public = false", "public = true")
    (tmp_path / "rules.toml").write_text(rules.replace("public_per_hour = 6", "public_per_hour = 3"), "utf-8")
    with web_server(tmp_path, JIELU_RULES=str(tmp_path / "rules.toml")) as made:
        yield made


REPORT = {"street": "新正街", "category": "暴露垃圾", "text": "臭"}


def report(web: WebServer, sent: dict[str, Any]) -> requests.Response:
    return requests.post(f"{web.url}/report", json=sent, headers={"Origin": web.url}, timeout=20)


def test_the_public_page_is_closed_until_the_rules_open_it(web: WebServer) -> None:
    assert requests.get(f"{web.url}/report", timeout=10).status_code == 404
    assert report(web, body(REPORT)).status_code == 404
    upload_ = upload(web, requests.Session(), b"x", path="report/photos")
    assert upload_.status_code in (403, 404)


def test_what_the_public_reports_waits_for_acceptance(street: WebServer) -> None:
    page = requests.get(f"{street.url}/report", timeout=10)
    assert page.status_code == 200 and "电话" in page.text and "街路长01" not in page.text
    somebody = requests.Session()
    somebody.headers["Origin"] = street.url
    photo = upload(street, somebody, jpeg(scene(1)), path="report/photos").json()["photo"]
    answer = report(street, body(REPORT, photos=(photo,)))
    assert answer.status_code == 201 and set(answer.json()) == {"state", "words"}, "nothing about people comes back"
    street.tick()
    assert street.rows("问题台账", "填报人", "来源", "状态", "截止时间") == [("群众", "群众反映", "待核实", "")]
    assert requests.get(f"{street.url}/photos/{photo}", timeout=10).status_code == 401
    assert street.enter("标准化办01").get(f"{street.url}/photos/{photo}", timeout=10).status_code == 200


def test_the_public_is_limited_and_a_machine_that_fills_everything_is_thanked(street: WebServer) -> None:
    assert report(street, body({**REPORT, "website": "https://spam.example"})).status_code == 201
    assert street.rows("问题台账", "编号") == []
    assert [report(street, body(REPORT, number)).status_code for number in range(2, 7)] == [201, 201, 201, 429, 429]
    assert report(street, body(REPORT, 2)).status_code == 201, "the same one again is no new one"
    assert len(street.rows("问题台账", "编号")) == 3


@pytest.mark.parametrize("key", ["source", "reporter", "accepted", "severity", "given_limit", "verified"])
def test_the_public_can_say_nothing_else(street: WebServer, key: str) -> None:
    answer = report(street, body({**REPORT, key: "受理"}))
    assert answer.status_code == 422 and key in answer.json()["faults"]


def test_a_report_that_goes_on_from_another_address_is_still_one(
    street: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone walks from one network into another between its photo and its report, and between two tries."""
    walks = iter(range(99))
    monkeypatch.setattr("webhook.forms.report._sender", lambda site: Sender(f"{next(walks)}", public=True))
    somebody = requests.Session()
    somebody.headers["Origin"] = street.url
    photo = upload(street, somebody, jpeg(scene(1)), path="report/photos").json()["photo"]
    for _ in range(2):
        assert report(street, body(REPORT, photos=(photo,))).status_code == 201
    assert len(street.rows("问题台账", "编号")) == 1


# What the phones of 2018 understand

STATIC = Path(__file__).parents[2] / "webhook" / "static"
TOO_NEW = {
    ".js": r"\?\.[a-zA-Z(\[]|\?\?|replaceAll|allSettled|structuredClone|\bawait\b|\.at\(|\.flat\(|fromEntries",
    ".css": r"[^-]gap:|:is\(|:where\(|:has\(|clamp\(|\bmin\(|\bmax\(|aspect-ratio|inset:",
}


@pytest.mark.parametrize("path", sorted(STATIC.glob("forms*")), ids=lambda path: path.name)
def test_a_file_for_phones_uses_nothing_that_chrome_70_lacks(path: Path) -> None:
    said = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    assert re.findall(TOO_NEW[path.suffix], said) == []


# On paper


def test_problems_are_told_by_column() -> None:
    """The cell of 校验 names each column, a form says the same under its own fields; nothing is said twice."""
    street, category = Problem("street", "填的是「x」，没有。"), Problem("category", "没有填，请补上。")
    problems = [street, category, Problem("street", "又一句。")]
    layout = template_layout(templates()["issues"])
    assert by_column(problems) == {"street": "填的是「x」，没有。又一句。", "category": "没有填，请补上。"}
    told = "H列「街路」填的是「x」，没有。J列「类别」没有填，请补上。H列「街路」又一句。"
    assert sentence(layout, [*problems, problems[0]]) == told
    whole = [Problem("", "整行有错。")]
    assert by_column(whole) == {"": "整行有错。"} and sentence(layout, whole) == "整行有错。"
    assert by_column([]) == {} and sentence(layout, []) == ""


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "还剩 0 分钟"), (59, "还剩 59 分钟"), (60, "还剩 1 小时"), (200, "还剩 3 小时 20 分"), (1440, "还剩 1 天"),
     (1500, "还剩 1 天 1 小时"), (-5, "已超期"), (-2945, "已超期")],
)  # fmt: skip
def test_how_long_is_left(minutes: int, words: str) -> None:
    now = hour("2026-11-24 09:00")
    assert forms.time_left(now + timedelta(minutes=minutes), now) == words


def test_the_phone_s_hour_counts_while_it_can_be_believed() -> None:
    now = hour("2026-11-24 09:00")
    believed = {timedelta(hours=-2): -2, timedelta(minutes=5): 0, timedelta(hours=1): 0, timedelta(days=-30): 0}
    for away, hours in believed.items():
        assert forms.when_sent(now + away, now) == now + timedelta(hours=hours)
    assert forms.when_sent(None, now) == now


def test_a_photo_is_shown_where_the_data_folder_is_given_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by default: ``data``."""
    monkeypatch.chdir(tmp_path)
    Path("bureau").mkdir()
    with web_server(Path("bureau")) as web:
        chief, content = web.enter("街路长01"), jpeg(scene(1))
        photo = upload(web, chief, content).json()["photo"]
        post(web, chief, "issues", body(ISSUE, 1, (photo,)))
        shown = chief.get(f"{web.url}/photos/{photo}", timeout=20)
        assert shown.status_code == 200 and shown.headers["Content-Type"] == "image/jpeg"
        assert chief.get(f"{web.url}/photos/{photo}?side=small", timeout=20).status_code == 200
