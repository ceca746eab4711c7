"""Form tools push rows: each push one row, whatever is repeated, cut off, forged or changed afterwards."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import gspread
import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sync.core.rules.rules import load
from sync.intake import form_tools
from sync.intake.fetching import Lost
from sync.intake.pushes import MOST_TRIES, PushIntake
from sync.ledger.ledger import Ledger
from sync.ledger.page_writes import RowSource
from sync.ledger.received.pushes import DONE, FAILED, Pushes
from sync.operations.inspection import link_problems, open_connections, secret_problems
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up
from sync.sheets.gateway import Unreachable
from sync.workbook.server import Request, Response
from tests import stores
from tests.book import ROOT, ZONE, hour, templates
from tests.live_book import LiveBook, name
from webhook import hooks
from webhook.forms.submissions import form_intake
from webhook.server import create_app

NOW = hour("2026-11-24 11:40")
KEYS = {"K_JSJ": "jin-shu-ju-key-0123456789", "K_JDY": "jdy-key", "K_WJX": "wjx-key", "K_CL": "cao-liao-key-987654",
        "K_ANY": "a-key-of-our-own-1"}  # fmt: skip
HOOKS = """
[[hook]]
name = "jsj"
kind = "金数据"
tab = "问题台账"
key = "K_JSJ"
constants = { "来源" = "群众反映" }
values = { "类别" = { "垃圾" = "暴露垃圾" } }
photo_hosts = ["files.example.cn"]
[hook.columns]
"填报时间" = "created_at"
"填报人" = "creator_name"
"街路" = "field_1"
"类别" = "field_2"
"照片" = "field_3"
"问题描述" = "field_6"
"位置" = "field_5.address"
"经度" = "field_5.longitude"
"纬度" = "field_5.latitude"

[[hook]]
name = "jdy"
kind = "简道云"
tab = "问题台账"
key = "K_JDY"
constants = { "来源" = "督查" }
[hook.columns]
"填报人" = "creator.name"
"街路" = "_widget_1"
"类别" = "_widget_2"
"问题描述" = "_widget_3"
"位置" = "addr"
"经度" = "addr.lnglatXY.0"
"照片" = "pics"

[[hook]]
name = "wjx"
kind = "问卷星"
tab = "问题台账"
key = "K_WJX"
columns = { "填报时间" = "submittime", "填报人" = "q1", "街路" = "q2", "类别" = "q3", "问题描述" = "q4" }
constants = { "来源" = "群众反映" }

[[hook]]
name = "caoliao"
kind = "草料"
tab = "履职记录"
key = "K_CL"
id = "record.id"
columns = { "填报人" = "record.name", "类型" = "record.what", "街路" = "code.name", "内容" = "record.note" }

[[hook]]
name = "any"
kind = "通用"
tab = "整改反馈"
key = "K_ANY"
id = "id"
columns = { "填报人" = "who", "编号" = "issue", "处理情况" = "outcome", "整改说明" = "text" }
"""
TEXT = f"{(ROOT / 'rules.toml').read_text('utf-8')}\n{HOOKS}"
RULES = load(TEXT)
SAMPLE: dict[str, Any] = {
    "form": "FBTWTe", "form_name": "街路问题上报",
    "entry": {
        "token": "4xXItIN1", "serial_number": 141,
        "field_1": "新正街", "field_2": "暴露垃圾", "field_3": ["https://elsewhere.example.cn/photo1.jpg"],
        "field_4": {"value": "13800000000", "verified": True},
        "field_5": {"address": "新正街12号", "latitude": 26.97, "longitude": 112.36}, "field_6": "垃圾成堆",
        "x_field_1": "", "color_mark": "", "x_field_weixin_openid": "", "creator_name": "李四",
        "created_at": "2026-11-24T03:36:09.016Z", "updated_at": "2026-11-24T03:36:09.016Z", "info_remote_ip": "",
    },
}  # fmt: skip


def changed(stamp: str, **fields: Any) -> dict[str, Any]:
    return {**SAMPLE, "entry": {**SAMPLE["entry"], "updated_at": stamp, **fields}}


class PushServer:
    """The service with its routes for form tools, over a data folder."""

    def __init__(self, folder: Path, text: str = TEXT, **environ: str) -> None:
        rules = folder / "rules.toml"
        rules.write_text(text, "utf-8")
        self.service = Service(Settings.read({"JIELU_DATA": str(folder / "data"), "JIELU_RULES": str(rules),
                                            "JIELU_SECRET": "s", **KEYS,
                                            **stores.settings(folder / "data"), **environ}))  # fmt: skip
        set_up.build(self.service.gateway, self.service.rules())
        self.woken: list[int] = []
        app = create_app(self.service, lambda: None, arrived=lambda: self.woken.append(1))
        self.client: FlaskClient = app.test_client()

    def send(self, address: str, body: object, headers: dict[str, str] | None = None) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.client.post(f"/hooks/form/{address}", data=raw, headers=headers or {}).status_code

    def jsj(self, body: object, key: str = KEYS["K_JSJ"]) -> int:
        return self.send(f"jsj/{key}", body)

    def rows(self, key: str, *columns: str) -> list[tuple[object, ...]]:
        table = self.service.gateway.read()[key]
        headers = {column.key: column.header for column in self.service.templates[key].columns}
        at = [table.header.index(headers[column]) for column in columns]
        return [tuple(row[i] if i < len(row) else "" for i in at) for row in table.rows]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PushServer]:
    found = PushServer(tmp_path)
    yield found
    found.service.close()


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    found = LiveBook(tmp_path)
    found.rules = RULES
    return found


def push(live: LiveBook, body: dict[str, Any], source: str = "jsj") -> None:
    hook = next(hook for hook in RULES.hooks if hook.name == source)
    raw = json.dumps(body, ensure_ascii=False)
    found = form_tools.read_entry(hook, raw.encode())
    Pushes(live.ledger).add(source, found.id, raw, found.version, NOW)


def receive(live: LiveBook, after: timedelta = timedelta(0), **more: Any) -> Any:
    return PushIntake(live.gateway, live.ledger, RULES, **more).work(NOW + after)


# Each tool


def test_the_sample_of_jinshuju_becomes_a_right_row(live: LiveBook) -> None:
    push(live, SAMPLE)
    assert receive(live).added == 1
    filled = ("填报时间", "填报人", "来源", "街路", "位置", "类别", "问题描述", "经度", "纬度", "照片")
    assert live.rows("问题台账", *filled) == [
        ("2026-11-24 11:36", "李四", "群众反映", "新正街", "新正街12号", "暴露垃圾", "垃圾成堆", "112.36", "26.97",
         "https://elsewhere.example.cn/photo1.jpg")
    ]  # fmt: skip
    live.settle("2026-11-24 11:41")
    assert live.rows("问题台账", "编号", "校验", "状态", "街路长") == [("20261124-001", "", "待核实", "街路长01")]
    assert "13800000000" not in str(live.everything()["问题台账"]), "what no column names stays out of the sheet"


def test_jiandaoyun_by_its_signature_and_a_retry_of_a_delivery(server: PushServer) -> None:
    body = {"op": "data_create", "data": {
        "_id": "5f1", "_widget_1": "联胜路", "_widget_2": "暴露垃圾", "_widget_3": "=HYPERLINK(\"x\")",
        "creator": {"name": "督查01"}, "pics": [{"name": "a.jpg", "url": "https://f.example.cn/a.jpg"}],
        "addr": {"province": "湖南省", "city": "衡阳市", "district": "衡阳县", "detail": "联胜路8号",
                 "lnglatXY": [112.4, 27]},
    }}  # fmt: skip
    raw = json.dumps(body).encode()
    good = hashlib.sha1(b"n1:" + raw + b":jdy-key:1764000000").hexdigest()
    address = "jdy?nonce=n1&timestamp=1764000000"
    sent = {"X-JDY-Signature": good, "X-JDY-DeliverId": "d-1"}
    assert server.send(address, raw, {**sent, "X-JDY-Signature": "0" * 40}) == 403
    assert server.send(address, raw + b" ", sent) == 403
    assert [server.send(address, raw, sent) for _ in range(2)] == [200, 200]
    assert server.service.receive(NOW).added == 1
    assert server.rows("issues", "reporter", "street", "text", "place", "longitude", "photos") == [
        ("督查01", "联胜路", '=HYPERLINK("x")', "湖南省衡阳市衡阳县联胜路8号", 112.4, "https://f.example.cn/a.jpg")
    ]


def test_wenjuanxing_by_its_sign(server: PushServer) -> None:
    body = {"activity": "1001", "name": "街路问题", "timetaken": "30", "submittime": "2026-11-24 09:30:00",
            "q1": "王五", "q2": "新正街", "q3": "暴露垃圾", "q4": "一堆", "joinid": "777", "index": "12"}  # fmt: skip
    good = {**body, "sign": hashlib.sha1(b"100112wjx-key").hexdigest()}
    assert server.send("wjx", {**body, "sign": ""}) == 403
    assert server.send("wjx", {**good, "index": "13"}) == 403
    assert [server.send("wjx", good) for _ in range(2)] == [200, 200]
    assert server.service.receive(NOW).added == 1
    assert server.rows("issues", "reporter", "street", "text") == [("王五", "新正街", "一堆")]


def test_caoliao_by_the_secret_in_its_address(server: PushServer) -> None:
    body = {"code": {"name": "新正街"}, "record": {"id": 5, "name": "街路长01", "what": "巡查", "note": "正常"}}
    assert server.send("caoliao/wrong", body) == 403
    assert server.send(f"caoliao/{KEYS['K_CL']}", body) == 200
    assert server.service.receive(NOW).added == 1
    assert server.rows("duties", "reporter", "kind", "street", "text") == [("街路长01", "巡查", "新正街", "正常")]
    (at,) = (row[0] for row in server.rows("duties", "reported_at"))
    assert isinstance(at, float), "without a time of its own a row has the hour of its arrival"


def test_a_plain_signed_push(server: PushServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"id": "x1", "who": "街路长01", "issue": "20261124-001", "outcome": "已整改", "text": "清了"}
    raw = json.dumps(fields).encode()

    def sent(at: float, key: str = KEYS["K_ANY"]) -> dict[str, str]:
        stamp = str(int(at))
        mac = hmac.new(key.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
        return {"X-Jielu-Timestamp": stamp, "X-Jielu-Signature": mac}

    now = float(int(time.time()))
    monkeypatch.setattr(time, "time", lambda: now)
    for bad in (sent(now, "no"), sent(now - 301), sent(now + 301), {}, {**sent(now), "X-Jielu-Timestamp": "soon"}):
        assert server.send("any", raw, bad) == 403
    assert [server.send("any", raw, sent(at)) for at in (now - 300, now + 300)] == [200, 200]
    assert server.service.receive(NOW).added == 1
    assert server.rows("feedback", "issue", "outcome") == [("20261124-001", "已整改")]


def test_check_names_what_no_tab_has_and_variables_that_are_not_set(tmp_path: Path) -> None:
    server = PushServer(tmp_path, TEXT.replace('"内容" = "record.note"', '"内溶" = "record.note"'), K_WJX="")
    assert link_problems(server.service, server.service.rules()) == [
        "[[hook]]「caoliao」：「履职记录」没有「内溶」这一列。",
        "[[hook]]「wjx」的 key：环境变量 K_WJX 没有设置。",
    ]


def test_check_names_secrets_that_can_be_guessed_and_says_none() -> None:
    def named(**environ: str) -> list[str]:
        problems = secret_problems(Settings.read({**KEYS, **environ}), RULES)
        assert not [word for problem in problems for word in ("sss", "mmm", "kkk") if word in problem]
        return [problem.split(" ")[0] for problem in problems]

    assert named() == named(JIELU_SECRET="s" * 32, JIELU_METRICS="m" * 20) == []
    short = {"JIELU_SECRET": "s" * 31, "JIELU_METRICS": "m" * 19, "K_JSJ": "k" * 15, "K_CL": "kkk", "K_ANY": "kkk"}
    assert named(**short, K_JDY="given by the tool") == list(short)


@pytest.mark.parametrize(
    ("name", "value", "is_told"),
    [
        ("JIELU_URL", "http://jielu.example", True),
        ("JIELU_URL", "https://jielu.example", False),
        ("JIELU_URL", "http://127.0.0.1:8617", False),
        ("JIELU_URL", "http://[none", False),
        ("JIELU_URL", "", False),
        ("JIELU_DATABASE", "postgresql+psycopg://jielu:pw@db.example/jielu", True),
        ("JIELU_DATABASE", "postgresql+psycopg://jielu:pw@db.example/jielu?sslmode=prefer", True),
        ("JIELU_DATABASE", "postgresql+psycopg://jielu:pw@db.example/jielu?sslmode=verify-full", False),
        ("JIELU_DATABASE", "postgresql+psycopg://jielu@localhost/jielu", False),
        ("JIELU_DATABASE", "postgresql+psycopg:///jielu", False),
        ("JIELU_DATABASE", "", False),
        ("JIELU_WORKBOOK_DATABASE", "postgresql://jielu:pw@db.example/jielu", True),
        ("JIELU_WORKBOOK_DATABASE", "postgresql://jielu:pw@db.example/jielu?sslmode=require", False),
        ("JIELU_WORKBOOK_DATABASE", "", False),
        ("JIELU_SMTP", "smtp+plain://jielu:pw@mail.example", True),
        ("JIELU_SMTP", "smtps://jielu:pw@mail.example", False),
        ("JIELU_SMTP", "", False),
    ],
)
def test_check_says_what_goes_over_a_network_in_the_open(name: str, value: str, is_told: bool) -> None:
    notes = open_connections(Settings.read({name: value}))
    assert len(notes) == is_told and all(name in note and "pw" not in note for note in notes)


# The routes


def test_who_has_no_secret_makes_no_row(server: PushServer) -> None:
    for address in ("jsj", "jsj/", "jsj/wrong", f"nobody/{KEYS['K_JSJ']}", f"jsj/{KEYS['K_JSJ']}x"):
        assert server.send(address, SAMPLE) in (403, 404), address
    assert server.service.receive(NOW).added == 0 and server.woken == []


def test_a_variable_that_is_not_set_opens_to_nobody(tmp_path: Path) -> None:
    server = PushServer(tmp_path, K_JSJ="")
    assert server.send("jsj", SAMPLE) == 403 and server.send("jsj/", SAMPLE) in (403, 404)
    assert server.send("jsj/K_JSJ", SAMPLE) == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"[]", 400), (b"{", 400), (b'{"entry": {}}', 400), (b'{"entry": []}', 400),
        (b"[" * 100_000, 400), (b'{"form": "F", "entry": {"serial_number": NaN}}', 400),
        (b'"' + b"x" * 1024 * 1024, 413),
    ],
)  # fmt: skip
def test_what_is_no_push_is_refused(server: PushServer, body: bytes, status: int) -> None:
    assert server.jsj(body) == status
    assert server.service.receive(NOW).added == 0


def test_a_push_is_answered_before_its_row_is_made_and_within_a_second(server: PushServer) -> None:
    began = time.perf_counter()
    assert server.jsj(SAMPLE) == 200
    assert time.perf_counter() - began < 1
    assert server.woken == [1] and server.rows("issues", "text") == []
    assert server.jsj(SAMPLE) == 200 and server.woken == [1], "a repeat wakes nobody"


def test_half_a_character_and_long_numbers_do_no_harm(server: PushServer) -> None:
    body = changed("2026-11-24T03:40:00Z", field_6="坏\ud800字\x00", creator_name=12345678901234567890)
    assert server.jsj(json.dumps(body).encode()) == 200
    assert server.service.receive(NOW).added == 1
    assert server.rows("issues", "text", "reporter") == [("坏?字", "12345678901234567890")]


# Once


def test_the_same_delivery_twice_is_one_row(live: LiveBook) -> None:
    for _ in range(2):
        push(live, SAMPLE)
        receive(live)
    live.restart()
    push(live, SAMPLE)
    assert receive(live).added == 0
    assert len(live.rows("问题台账", "问题描述")) == 1


@pytest.mark.parametrize(("killed", "rows_then"), [("noted", 0), ("appended", 1)])
def test_a_kill_around_the_append_does_not_double(live: LiveBook, killed: str, rows_then: int) -> None:
    push(live, SAMPLE)

    def stop(step: str) -> None:
        if step == killed:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        receive(live, step=stop)
    assert len(live.rows("问题台账", "问题描述")) == rows_then
    live.restart()
    assert receive(live).added == 1 - rows_then
    assert len(live.rows("问题台账", "问题描述")) == 1
    assert receive(live).added == 0


@pytest.mark.parametrize("arrives", [True, False])
def test_an_append_whose_answer_was_lost_is_looked_for(live: LiveBook, arrives: bool) -> None:
    broken: list[str] = []

    def cut(request: Request, response: Response | None = None) -> Response | None:
        """From the write on the line is broken."""
        if request.path.endswith(":batchUpdate") or broken:
            broken.append(request.path)
            return Response(503, {}, b"{}")
        return None

    live.before, live.after = (live.before, cut) if arrives else (cut, live.after)
    push(live, SAMPLE)
    push(live, changed("2026-11-24T03:36:09.016Z", serial_number=142))  # another entry with the same words
    assert receive(live).later == 2
    live.restart()
    assert receive(live) and len(live.rows("问题台账", "问题描述")) == (2 if arrives else 0), "not before its time"
    receive(live, timedelta(minutes=2))
    assert len(live.rows("问题台账", "问题描述")) == 2


@pytest.mark.parametrize("act", ["edits it", "deletes it"])
def test_a_row_whose_answer_was_lost_comes_no_second_time_though_somebody(live: LiveBook, act: str) -> None:
    """The workbook's note tells that it arrived, whatever became of the row since."""

    def cut(request: Request, response: Response) -> Response | None:
        if not request.path.endswith(":batchUpdate"):
            return None
        live.after = lambda request, response: None
        if act == "edits it":
            live.type("问题台账", 1, "问题描述", "改过的")
        else:
            live.book.worksheet("问题台账").delete_rows(2)
        return Response(503, {}, b"{}")

    live.after = cut
    push(live, SAMPLE)
    assert receive(live).added == 1
    for minutes in (2, 10, 60):
        receive(live, timedelta(minutes=minutes))
    assert live.rows("问题台账", "问题描述") == ([("改过的",)] if act == "edits it" else [])


@pytest.mark.parametrize("is_looked_at", [True, False])
@pytest.mark.parametrize("act", ["edits it", "deletes it"])
def test_a_row_whose_process_died_comes_no_second_time_though_somebody(
    live: LiveBook, act: str, is_looked_at: bool
) -> None:
    def dies(request: Request, response: Response) -> Response | None:
        if request.path.endswith(":batchUpdate"):
            raise KeyboardInterrupt
        return None

    live.after = dies
    push(live, SAMPLE)
    with pytest.raises(KeyboardInterrupt):
        receive(live)
    live.restart()
    if act == "edits it":
        live.type("问题台账", 1, "问题描述", "改过的")
    else:
        live.book.worksheet("问题台账").delete_rows(2)
    if is_looked_at:
        live.settle("2026-11-24 11:46")
    for minutes in (2, 10, 60):
        receive(live, timedelta(minutes=minutes))
    assert live.rows("问题台账", "问题描述") == ([("改过的",)] if act == "edits it" else [])
    known = Pushes(live.ledger).get("jsj", "FBTWTe·141")
    assert known is not None and known.state == DONE


def test_nothing_stays_of_a_row_that_fell_under_other_columns_and_whose_answer_was_lost(live: LiveBook) -> None:
    def move(request: Request) -> None:
        if request.path.endswith(":batchUpdate"):
            live.before = lambda _: None
            live.book.worksheet("问题台账").insert_cols([[]], 3)

    def cut(request: Request, response: Response | None = None) -> Response | None:
        return Response(503, {}, b"{}") if request.path.endswith(":batchUpdate") else None

    live.before, live.after = move, cut
    push(live, SAMPLE)
    assert receive(live).later == 1
    live.after = lambda *_: None
    live.settle("2026-11-24 11:37")
    receive(live, timedelta(minutes=9))
    texts = [row for row in live.rows("问题台账", "问题描述", "街路", "填报人") if any(row)]
    assert len(texts) == 1 and all(texts[0])


def rename_before_the_write(live: LiveBook, **names: str) -> None:
    """Header cells (by the name that they bear) get other names once a push's row is on its way."""
    sheet, renamed = live.book.worksheet("问题台账"), list[int]()

    def before(request: Request) -> Response | None:
        if name(request) == "write" and not renamed:
            renamed.append(1)
            rename(sheet, **names)
        return None

    live.before = before


def rename(sheet: gspread.Worksheet, **names: str) -> None:
    header = sheet.row_values(1)
    for old, new in names.items():
        sheet.update_cell(1, header.index(old) + 1, new)


def test_a_row_that_came_while_two_headers_stood_swapped_comes_once(live: LiveBook) -> None:
    """They are named back before a look could take the row away: it stands as it was meant to."""
    rename_before_the_write(live, 街路="位置", 位置="街路")
    push(live, SAMPLE)
    assert receive(live).added == 0
    rename(live.book.worksheet("问题台账"), 街路="位置", 位置="街路")
    assert receive(live, timedelta(minutes=5)).added == 0, "no look settled what fell before"
    live.settle("2026-11-24 11:46")
    assert receive(live, timedelta(minutes=30)).added == 1
    live.settle("2026-11-24 12:20")
    assert live.rows("问题台账", "编号", "街路", "问题描述") == [("20261124-001", "新正街", "垃圾成堆")]


@pytest.mark.parametrize("taken_away", [False, True])
def test_a_row_that_came_while_a_header_was_renamed_is_in(live: LiveBook, taken_away: bool) -> None:
    """It stands in its columns: who takes it away, or edits it, does so for good."""
    rename_before_the_write(live, 来源="来源（新）")
    push(live, SAMPLE)
    assert receive(live).added == 1
    sheet = live.book.worksheet("问题台账")
    if taken_away:
        sheet.delete_rows(2)
    rename(sheet, **{"来源（新）": "来源"})
    live.settle("2026-11-24 11:46")
    assert receive(live, timedelta(minutes=30)).added == 0
    live.settle("2026-11-24 12:20")
    shown = [row for row in live.rows("问题台账", "编号", "来源", "问题描述") if any(row)]
    assert shown == ([] if taken_away else [("20261124-001", "群众反映", "垃圾成堆")])


def test_two_processes_at_once_make_one_row(live: LiveBook) -> None:
    push(live, SAMPLE)
    other = Ledger(live.database, live.book.id, ZONE)

    def meanwhile(step: str) -> None:
        if step == "noted":
            assert PushIntake(live.gateway, other, RULES).work(NOW + timedelta(hours=1)).added == 0

    assert receive(live, step=meanwhile).added == 1
    assert len(live.rows("问题台账", "问题描述")) == 1
    other.close()


def test_a_workbook_out_of_reach_loses_nothing(live: LiveBook) -> None:
    live.before = lambda request: Response(503, {}, b"{}")
    push(live, SAMPLE)
    for minutes in range(0, 6000, 200):
        assert receive(live, timedelta(minutes=minutes)).failed == 0
    live.restart()
    assert receive(live, timedelta(days=10)).added == 1


def test_a_row_that_is_refused_again_and_again_is_given_up_with_a_sentence(server: PushServer) -> None:
    assert server.jsj(SAMPLE) == 200
    refused = b'{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}'
    adapter = server.service.client.session.get_adapter("https://sheets.googleapis.com/")
    adapter.before = lambda request: Response(400, {}, refused) if request.path.endswith(":batchUpdate") else None
    for n in range(MOST_TRIES):
        done = server.service.receive(NOW + timedelta(hours=4 * n))
    assert done.failed == 1
    adapter.before = lambda request: None
    server.service.ticks(NOW)
    said = dict(server.rows("status", "item", "text"))["表单推送「jsj」"]
    assert str(said).startswith("1 条没有入表，最近一条（FBTWTe·141）：试了 8 次都没有成功：写入工作簿被拒绝")


def test_a_wrong_rule_waits_for_its_mending_and_is_said(tmp_path: Path) -> None:
    server = PushServer(tmp_path, TEXT.replace('"问题描述" = "field_6"', '"截止时间" = "field_6"'))
    assert server.jsj(SAMPLE) == 200
    assert server.service.receive(NOW).later == 1
    server.service.ticks(NOW)
    said = dict(server.rows("status", "item", "text"))["表单推送「jsj」"]
    assert "「问题台账」的「截止时间」由系统填写，表单不能填。" in str(said)
    (tmp_path / "rules.toml").write_text(TEXT, "utf-8")
    assert server.service.receive(NOW + timedelta(minutes=6)).added == 1
    server.service.ticks(NOW)
    assert "表单推送「jsj」" not in dict(server.rows("status", "item", "text"))


def test_fields_that_are_all_empty_make_no_row(live: LiveBook) -> None:
    names = ("field_1", "field_2", "field_3", "field_5", "field_6", "creator_name", "created_at")
    push(live, changed("2026-11-24T03:40:00Z", **dict.fromkeys(names, "")))
    assert receive(live).failed == 1
    found = Pushes(live.ledger).get("jsj", "FBTWTe·141")
    assert found is not None and found.state == FAILED and "columns 里写的字段一个也没有内容" in found.sentence


# Edits


def test_an_update_edits_its_row_and_never_doubles(live: LiveBook) -> None:
    push(live, SAMPLE)
    receive(live)
    live.settle("2026-11-24 11:41")
    update = changed("2026-11-24T03:45:00Z", field_6="垃圾成堆，有异味", field_2="垃圾满溢")
    push(live, update)
    assert receive(live).edited == 1
    live.settle("2026-11-24 11:46")
    assert live.rows("问题台账", "编号", "类别", "问题描述") == [("20261124-001", "垃圾满溢", "垃圾成堆，有异味")]
    receive(live, timedelta(minutes=2))
    found = Pushes(live.ledger).get("jsj", "FBTWTe·141")
    assert found is not None and (found.state, found.sentence) == (DONE, "")
    push(live, SAMPLE)  # an older version that comes late
    push(live, update)
    done = receive(live, timedelta(minutes=10))
    assert (done.added, done.edited) == (0, 0)
    assert len(live.rows("问题台账", "编号")) == 1


def test_a_row_that_was_sorted_away_is_edited_where_it_is_and_people_s_cells_win(live: LiveBook) -> None:
    push(live, SAMPLE)
    push(live, changed("2026-11-24T03:36:10Z", serial_number=142, field_6="另一堆", created_at="2026-11-24T03:37:00Z"))
    receive(live)
    live.settle("2026-11-24 11:41")
    live.type("问题台账", 1, "类别", "其他")
    live.book.worksheet("问题台账").sort((8, "asc"))  # 问题描述 of 142 may come first now
    push(live, changed("2026-11-24T03:45:00Z", field_6="垃圾成堆，很多", field_2="垃圾满溢"))
    receive(live)
    live.settle("2026-11-24 11:46")
    shown = dict(live.rows("问题台账", "问题描述", "类别"))
    assert shown == {"垃圾成堆，很多": "其他", "另一堆": "暴露垃圾"}
    receive(live, timedelta(minutes=2))
    found = Pushes(live.ledger).get("jsj", "FBTWTe·141")
    assert found is not None and "类别表格里已经有人改过" in found.sentence
    told = Pushes(live.ledger).troubles
    assert told(NOW + timedelta(hours=23))["jsj"].startswith("1 条入了表但要看，最近一条（FBTWTe·141）：第 ")
    assert told(NOW + timedelta(hours=25)) == {}


def test_a_version_that_came_while_the_first_was_on_its_way_edits_and_does_not_double(live: LiveBook) -> None:
    push(live, SAMPLE)

    def stop(step: str) -> None:
        if step == "appended":
            push(live, changed("2026-11-24T03:45:00Z", field_6="改过了"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        receive(live, step=stop)
    live.restart()
    receive(live)
    live.settle("2026-11-24 11:46")
    receive(live, timedelta(minutes=2))
    live.settle("2026-11-24 11:48")
    assert [text for (text,) in live.rows("问题台账", "问题描述")] == ["改过了"]


def test_a_third_version_that_comes_before_the_second_was_seen_in_the_sheet_is_no_person_s_cell(live: LiveBook) -> None:
    push(live, SAMPLE)
    receive(live)
    for number, words in enumerate(("第二稿", "第三稿"), start=1):
        push(live, changed(f"2026-11-24T03:45:0{number}Z", field_6=words))
        receive(live, timedelta(minutes=number))
    live.settle("2026-11-24 11:46")  # of the two that wait for the same cell the first wins, for now
    receive(live, timedelta(minutes=10))
    live.settle("2026-11-24 11:52")
    assert live.rows("问题台账", "问题描述") == [("第三稿",)]


def test_an_entry_deleted_over_there_leaves_its_row(live: LiveBook) -> None:
    data = {"_id": "1", "_widget_1": "联胜路", "_widget_3": "一堆", "creator": {"name": "督查01"}}
    push(live, {"op": "data_create", "data": data}, "jdy")
    receive(live)
    push(live, {"op": "data_remove", "data": {**data, "deleteTime": "2026-11-24T04:00:00Z"}}, "jdy")
    receive(live)
    assert len(live.rows("问题台账", "编号")) == 1


def test_the_words_of_old_pushes_are_forgotten_and_a_repeat_is_still_known(live: LiveBook) -> None:
    push(live, SAMPLE)
    receive(live)
    receive(live, timedelta(days=31))
    found = Pushes(live.ledger).get("jsj", "FBTWTe·141")
    assert found is not None and found.payload == ""
    push(live, changed("2027-01-01T00:00:00Z"))
    assert receive(live, timedelta(days=32)).added == 0


# Photos


class FakeFetcher:
    """Gives photos, or says why not; what it stands for is tested in test_fetching."""

    def __init__(self, answer: Callable[[str], bytes]) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def get(self, link: str, hosts: object) -> bytes:
        self.asked.append(link)
        return self.answer(link)


def with_photo() -> dict[str, Any]:
    return changed(
        "2026-11-24T03:36:09.016Z", field_3=["https://files.example.cn/1.jpg", "https://no.example.cn/2.jpg"]
    )


def test_a_photo_of_an_allowed_house_is_kept_and_the_others_stay_links(live: LiveBook) -> None:
    fetcher = FakeFetcher(lambda link: b"jpeg")
    push(live, with_photo())
    receive(live, store_photo=lambda content: f"/photos/{content.decode()}", fetcher=fetcher)
    assert live.rows("问题台账", "照片") == [("/photos/jpeg\nhttps://no.example.cn/2.jpg",)]
    assert fetcher.asked == ["https://files.example.cn/1.jpg"]


def test_a_photo_that_comes_late_takes_the_link_s_place(live: LiveBook) -> None:
    def lost(link: str) -> bytes:
        raise Lost("连接中断")

    push(live, with_photo())
    receive(live, store_photo=lambda content: "/photos/1", fetcher=FakeFetcher(lost))
    assert live.rows("问题台账", "照片")[0][0].startswith("https://files.example.cn/1.jpg"), "the row does not wait"
    live.settle("2026-11-24 11:41")
    fetcher = FakeFetcher(lambda link: b"jpeg")
    receive(live, timedelta(minutes=2), store_photo=lambda content: "/photos/1", fetcher=fetcher)
    live.settle("2026-11-24 11:43")
    assert live.rows("问题台账", "照片") == [("/photos/1\nhttps://no.example.cn/2.jpg",)]


def test_a_fetched_photo_is_made_anew_and_the_same_one_is_kept_once(server: PushServer) -> None:
    kept = io.BytesIO()
    Image.new("RGB", (900, 600), "green").save(kept, "JPEG", exif=b"Exif\x00\x00secret-place")
    intake = form_intake(server.service, "s")
    keep = hooks.photo_store(server.service, lambda: intake)
    address = keep(kept.getvalue())
    assert re.fullmatch("/photos/[0-9a-f]{40}", address) and keep(kept.getvalue()) == address
    assert b"secret-place" not in intake.photo_folder.path(address.rpartition("/")[2]).read_bytes()
    with pytest.raises(ValueError, match="不是 JPG"):
        keep(b"<html>")


def test_what_is_no_photo_stays_a_link(live: LiveBook) -> None:
    def refuse(content: bytes) -> str:
        raise ValueError("不是照片")

    push(live, with_photo())
    receive(live, store_photo=refuse, fetcher=FakeFetcher(lambda link: b"html"))
    found = Pushes(live.ledger).get("jsj", "FBTWTe·141")
    assert found is not None and found.state == DONE
    assert live.rows("问题台账", "照片")[0][0].startswith("https://files.example.cn/1.jpg")


def test_the_default_address_of_a_signature_is_one_place() -> None:
    assert hooks.sign is form_tools.sign and ZONE.key == "Asia/Shanghai"


def test_the_examples_in_the_rules_file_are_right_once_their_marks_are_taken_off() -> None:
    text = (ROOT / "rules.toml").read_text("utf-8")
    lines = text[text.index("十三、表单推送") :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("# [["))
    taken = [line.removeprefix("# ") for line in lines[first:] if not line.startswith("# ─")]
    example = [line for line in taken if line.startswith(("[", '"')) or re.match(r"[a-z._]+ = ", line)]
    rules = load("\n".join([text, *example]))
    assert [hook.name for hook in rules.hooks] == ["wenti"] and len(rules.bots) == 2
    assert form_tools.misfits(rules.hooks[0], templates()) == []
    assert load(text).hooks == () and load(text).bots == (), "off by default"


# Whatever happens


HAPPENINGS = (
    "push 1",
    "push 2",
    "edit 1",
    "edit 2",
    "noted",
    "edits noted",
    "appended",
    "lost",
    "unheard",
    "work",
    "tick",
    "sort",
)
STEPS = st.lists(st.sampled_from(HAPPENINGS), min_size=3, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_in_between_each_entry_is_one_row_with_its_last_words(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    """Pushes, later versions, kills, lost answers, sorting, in any order: after quiet each entry stands there once."""
    live = LiveBook(tmp_path_factory.mktemp("live"))
    live.rules = RULES
    last: dict[str, str] = {}
    minutes = 0
    for number, step in enumerate([*steps, *["work", "tick"] * 4]):
        minutes += 300 if number >= len(steps) else 1  # in the end every gap is over
        _happen(live, step, number, last, timedelta(minutes=minutes))
    live.tick(NOW + timedelta(minutes=minutes))
    assert sorted(live.rows("问题台账", "填报人", "问题描述")) == sorted(last.items())
    live.ledger.close()


def _happen(live: LiveBook, step: str, number: int, last: dict[str, str], after: timedelta) -> None:
    word, _, entry = step.partition(" ")
    who = f"人{entry}"
    if word in ("push", "edit"):
        if (word == "push") == (who not in last):  # else it is a repeat of the first version, or of nothing
            last[who] = f"第{number}稿"
        if who in last:
            stamp = f"2026-11-24T04:{number:02d}:00Z" if word == "edit" else "2026-11-24T03:36:00Z"
            push(live, changed(stamp, serial_number=int(entry), creator_name=who, field_6=last[who]))
    elif word in ("noted", "edits noted", "appended"):
        _killed(live, word, after)
    elif word in ("lost", "unheard"):
        _cut(live, word, after)
    elif word == "work":
        receive(live, after)
    elif word == "tick":
        live.tick(NOW + after)
        live.tick(NOW + after)
    elif word == "sort":
        live.book.worksheet("问题台账").sort((6, "des"))


def _killed(live: LiveBook, at: str, after: timedelta) -> None:
    def stop(step: str) -> None:
        if step == at:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        receive(live, after, step=stop)
    live.restart()


def _cut(live: LiveBook, how: str, after: timedelta) -> None:
    """A write that never arrives, or whose answer does not."""
    lost = Response(503, {}, b"{}")
    if how == "lost":
        live.before = lambda request: lost if request.path.endswith(":batchUpdate") else None
    else:
        live.after = lambda request, response: lost if request.path.endswith(":batchUpdate") else None
    receive(live, after)
    live.restart()


# As tools in the field write
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030"])
def test_a_push_is_read_by_its_charset(server: PushServer, charset: str) -> None:
    raw = json.dumps(SAMPLE, ensure_ascii=False).encode(charset)
    headers = {"Content-Type": f"application/json; charset={charset}"} if charset == "gb18030" else {}
    assert server.send(f"jsj/{KEYS['K_JSJ']}", raw, headers) == 200
    server.service.receive(NOW)
    assert server.rows("issues", "street", "text") == [("新正街", "垃圾成堆")]


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "punycode", "utf-7", "idna", "cp037"])
def test_a_push_is_decoded_once_and_by_a_charset_of_texts(server: PushServer, charset: str) -> None:
    """Such a codec reads escapes of its own, or takes minutes for a megabyte."""
    raw = json.dumps({**SAMPLE, "entry": {**SAMPLE["entry"], "field_6": "垃圾\\u0041+ADw-"}}).encode()
    headers = {"Content-Type": f"application/json; charset={charset}"}
    assert server.send(f"jsj/{KEYS['K_JSJ']}", raw, headers) == 200
    server.service.receive(NOW)
    assert server.rows("issues", "text") == [("垃圾\\u0041+ADw-",)]


def test_versions_are_compared_as_moments(live: LiveBook) -> None:
    pushes = Pushes(live.ledger)
    pushes.add("jsj", "1", "a", "2026-11-24T13:00:00+08:00", NOW)
    assert pushes.add("jsj", "1", "b", "2026-11-24T06:00:00Z", NOW), "an hour later"
    assert not pushes.add("jsj", "1", "c", "2026-11-24T13:30:00+08:00", NOW)
    assert pushes.add("jsj", "2", "a", "v1", NOW) and pushes.add("jsj", "2", "b", "v2", NOW)


def test_signs_that_nobody_sees_are_taken_out_of_a_push(server: PushServer) -> None:
    body = {**SAMPLE, "entry": {**SAMPLE["entry"], "field_6": "垃圾\u202e成堆\x00", "field_1": "新正\u200b街"}}
    assert server.send(f"jsj/{KEYS['K_JSJ']}", json.dumps(body).encode()) == 200
    server.service.receive(NOW)
    assert server.rows("issues", "street", "text") == [("新正街", "垃圾成堆")]


@pytest.mark.parametrize("answer", ["seen", "lost"])
def test_a_version_of_another_hour_in_other_words_is_the_same_issue(live: LiveBook, answer: str) -> None:
    """Some tools send the hour of the last change as that of the report."""
    push(live, SAMPLE)
    receive(live)
    live.settle("2026-11-24 11:41")
    ((number,),) = live.rows("问题台账", "编号")
    again = changed("2026-11-24T04:36:09.016Z", field_6="垃圾更多了", created_at="2026-11-24T03:39:00Z")
    push(live, again)
    receive(live)
    if answer == "lost":

        def after(request: Request, response: Response) -> Response | None:
            live.after = lambda request, response: None
            raise requests.ReadTimeout("slow")

        live.after = after
    with suppress(Unreachable):
        live.settle("2026-11-24 11:42")
    live.settle("2026-11-24 11:43")
    assert live.rows("问题台账", "编号", "填报时间", "问题描述") == [(number, "2026-11-24 11:39", "垃圾更多了")]
    assert not [item for (item,) in live.rows("运行状态", "项目") if item.startswith("被删除的行")]


def test_a_new_version_whose_row_somebody_edits_in_the_gap_is_written_once(live: LiveBook) -> None:
    push(live, SAMPLE)
    receive(live)
    live.settle("2026-11-24 11:41")
    push(live, changed("2026-11-24T04:36:09.016Z", field_6="垃圾更多了"))
    receive(live)

    def edit(request: Request) -> None:
        if name(request) == "write":
            live.before = lambda request: None
            live.type("问题台账", 1, "位置", "桥头")

    live.before = edit  # type: ignore[assignment]
    live.settle("2026-11-24 11:42")
    assert live.rows("问题台账", "位置", "问题描述") == [("桥头", "垃圾更多了")]
    report = live.settle("2026-11-24 11:43")
    assert (report.ticks, report.cells) == (1, 0), "nothing is left to write"
    assert live.ledger.memory().restores == () and live.ledger.memory().covers == ()


def test_a_row_whose_hour_somebody_typed_to_the_minute_is_still_that_of_the_form(live: LiveBook) -> None:
    """The form notes seconds, and the column shows minutes."""
    push(live, SAMPLE)
    receive(live)
    live.settle("2026-11-24 11:41")
    live.type("问题台账", 1, "填报时间", 46350 + (11 * 60 + 36) / 1440)
    live.settle("2026-11-24 11:42")
    push(live, changed("2026-11-24T04:36:09.016Z", field_6="垃圾更多了"))
    receive(live)
    live.settle("2026-11-24 12:37")
    assert live.rows("问题台账", "填报时间", "问题描述") == [("2026-11-24 11:36", "垃圾更多了")]


def test_a_row_that_a_look_saw_come_stays_known_to_who_did_not_see_it(live: LiveBook) -> None:
    """The answer to the row was lost; a look finds it in the workbook before that is noted."""
    push(live, SAMPLE)
    pushes = Pushes(live.ledger)
    (due,) = pushes.due(NOW)
    sent = replace(due, sent={"text": "垃圾成堆"})
    pushes.save([sent])
    live.ledger.end_page_write("n", (), [RowSource(due.source, due.id)])
    pushes.save([replace(sent, attempts=1, next_try=NOW)])
    stored = pushes.get(due.source, due.id)
    assert stored is not None and (stored.put, stored.attempts) == ({"text": "垃圾成堆"}, 1)


OTHERS = {  # the row beside that of the push: of another hour; what it says in words
    "other words": "桶翻了",
    "the same words": "垃圾成堆",
    "no words": "",
}
NEW_VERSIONS = {
    "a photo": {"field_3": ["https://elsewhere.example.cn/photo1.jpg"]},
    "a photo and other words": {"field_3": ["https://elsewhere.example.cn/photo1.jpg"], "field_6": "清走一半"},
    "another category": {"field_2": "垃圾箱满溢"},
}


def beside(words: str) -> str:
    return f"""问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述 | 经度 | 纬度
2026-11-24 11:20 | 李四 | 群众反映 | 新正街 | 新正街12号 | 暴露垃圾 | {words} | 112.36 | 26.97
"""


def like_it(live: LiveBook) -> list[tuple[str, ...]]:
    """The row that stands beside that of the push: cells of people, and its number."""
    filled = ("填报时间", "填报人", "街路", "位置", "类别", "问题描述", "照片", "编号")
    return [row for row in live.rows("问题台账", *filled) if row[0] == "2026-11-24 11:20"]


def cut(live: LiveBook) -> None:
    """The row of the push is cut by somebody, who may paste it later; an empty one comes above all."""
    sheet = live.book.worksheet("问题台账")
    rows = sheet.get_values(value_render_option="UNFORMATTED_VALUE")
    at = rows[0].index("填报时间")
    sheet.delete_rows(max(range(1, len(rows)), key=lambda number: rows[number][at] or 0) + 1)
    sheet.insert_rows([[]], 2)


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("version", NEW_VERSIONS)
@pytest.mark.parametrize("when", ["before it is read", "before the look", "before the write", "after the write"])
def test_a_new_version_whose_row_is_cut_changes_no_other_that_is_much_like_it(
    live: LiveBook, when: str, version: str, other: str
) -> None:
    live.add(beside(OTHERS[other]))
    own: dict[str, Any] = {"field_6": ""} if other == "no words" else {}
    push(live, changed("2026-11-24T03:36:09.016Z", field_3=[], **own))
    receive(live)
    live.settle("2026-11-24 11:41")
    (before,) = like_it(live)
    push(live, changed("2026-11-24T04:36:09.016Z", **{"field_3": [], **own, **NEW_VERSIONS[version]}))
    if when == "before it is read":
        cut(live)
    receive(live)
    if when == "before the look":
        cut(live)

    def in_the_gap(request: Request) -> None:
        if name(request) == "write":
            live.before = lambda request: None
            cut(live)

    def after(request: Request, response: Response) -> None:
        if name(request) == "write":
            live.after = lambda request, response: None
            cut(live)

    if when == "before the write":
        live.before = in_the_gap  # type: ignore[assignment]
    if when == "after the write":
        live.after = after  # type: ignore[assignment]
    live.settle("2026-11-24 11:42")
    receive(live, timedelta(minutes=10))
    live.settle("2026-11-24 11:53")
    assert like_it(live) == [before]
    assert live.tick("2026-11-24 11:54").plan.cells == 0, "nothing is written again and again"
