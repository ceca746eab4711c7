"""The whole as its users meet it: gspread signed in over HTTP, the command line, a mail server, a process to stop."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import gspread
import pytest
import requests
import waitress
from click.testing import CliRunner, Result
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError

from sync.cli.main import main
from sync.intake.files import file_rows
from sync.scheduler import Scheduler
from sync.service import Service
from sync.settings import Settings
from sync.sheets.gateway import Client, Gateway, Refused
from sync.workbook import transport
from tests import stores
from tests.book import CAST, PEOPLE, ZONE
from tests.deaths import processes
from tests.live_book import append
from tests.mail_server import mail_server
from webhook.pages.administration.status import overview
from webhook.server import close, create_app

BAD_TOKENS = ("", "Bearer ", "Bearer made-up", "Basic eDp5")
SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]


@dataclass
class Bureau:
    """A data folder, the command line over it, and its web service without the clock."""

    folder: Path
    env: dict[str, str]
    url: str = ""

    def jielu(self, *words: str) -> subprocess.CompletedProcess[str]:
        return processes.jielu(words, self.env, self.folder)

    def json(self, *words: str) -> dict[str, object]:
        done = self.jielu(*words, "--json")
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout.count("\n") == 1, "one object on one line"
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("JIELU")}
    env |= {"JIELU_DATA": str(tmp_path / "data"), "PYTHONPATH": str(Path(__file__).parents[2]), "JIELU_SECRET": "s"}
    env |= stores.settings(tmp_path / "data")
    found = Bureau(tmp_path, env)
    service = Service(Settings.read(env))
    server = waitress.create_server(create_app(service, lambda: None), host="127.0.0.1", port=0)
    found.url = f"http://127.0.0.1:{server.effective_port}"
    env["JIELU_URL"] = found.url
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield found
    finally:
        close(server, seconds=5)
        service.close()


def sign_in(bureau: Bureau) -> gspread.Client:
    """gspread as it comes, with a service-account file; only Google's two hosts are led to our address."""
    assert bureau.jielu("token", "网格", "--out", "key.json").returncode == 0
    credentials = Credentials.from_service_account_file(str(bureau.folder / "key.json"), scopes=SCOPES)  # type: ignore[no-untyped-call]
    session = transport.remote(bureau.url, credentials)
    assert isinstance(session, AuthorizedSession)
    return gspread.Client(auth=None, session=session)


def shown(book: gspread.Spreadsheet, title: str, *headers: str) -> list[tuple[str, ...]]:
    values = book.worksheet(title).get_all_values()
    at = [values[0].index(header) for header in headers]
    return [tuple(row[i] for i in at) for row in values[1:] if any(row)]


def test_from_a_typed_row_to_a_mail_in_the_box(bureau: Bureau) -> None:
    assert bureau.jielu("init").returncode == 0
    book = sign_in(bureau).open("街路长工作簿")
    append(book, CAST)
    append(book, PEOPLE)
    append(book, """
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
        2026-11-24 16:00 | 督查01 | 督查 | 新正接 | 暴露垃圾 | 一般 | 写错街路
        2026-11-24 16:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 垃圾成堆
        """)  # fmt: skip
    report = bureau.json("tick", "--now", "2026-11-24T16:05")
    assert report["problems"] == 1
    wrong, right = shown(book, "问题台账", "编号", "校验", "街路长", "责任单位", "截止时间", "状态")
    assert wrong[1] == "H列「街路」填的是「新正接」，街路名册里没有这条街路。是不是「新正街」？" and wrong[2:] == (
        "",
        "",
        "",
        "",
    )
    assert right == ("20261124-002", "", "街路长02", "环卫所", "2026-11-25 10:30", "待整改")

    with mail_server() as (mails, url):
        bureau.env |= {"JIELU_SMTP": url, "JIELU_MAIL_FROM": "jielu@xidu.example"}
        bureau.json("tick", "--now", "2026-11-25T10:31")
        assert bureau.json("deliver", "--now", "2026-11-25T11:31")["sent"] == 5
        assert shown(book, "问题台账", "时限提示", "升级")[1] == ("已超期（不足1个工作日）", "1 支部书记")
        sent = {(str(letter["To"]), str(letter["Subject"])) for letter in mails.received}
        assert ("s06@xidu.example", "【升级】20261124-002 联胜路 暴露垃圾") in sent
        count = len(mails.received)
        bureau.json("tick", "--now", "2026-11-25T11:33")
        assert bureau.json("deliver", "--now", "2026-11-25T11:34")["sent"] == 0
        assert len(mails.received) == count, "a second tick sends nothing more"
    assert set(shown(book, "通知记录", "状态")) == {("已发送",)}

    told = bureau.jielu("explain", "20261124-002", "--now", "2026-11-25T12:00").stdout
    assert "2026-11-24 16:00 起计，时限4个工作时，第一次定为 2026-11-25 10:30" in told
    assert "2026-11-26 17:30 升到第2级（报指挥长）" in told


def test_no_token_no_data(bureau: Bureau) -> None:
    paths = ("/v4/spreadsheets/x", "/v4/spreadsheets/x/values/A1", "/v4/spreadsheets/x:batchUpdate", "/drive/v3/files",
             "/drive/v3/files/x", "/upload/drive/v2/files/x")  # fmt: skip
    for method, path, header in itertools.product(("GET", "POST", "PUT", "DELETE", "PATCH"), paths, BAD_TOKENS):
        answer = requests.request(method, bureau.url + path, headers={"Authorization": header}, json={}, timeout=10)
        assert answer.status_code == 401, (method, path, header)
        assert answer.json()["error"]["status"] == "UNAUTHENTICATED"


def test_the_token_file_is_its_owner_s_alone_and_never_overwritten(bureau: Bureau) -> None:
    bureau.jielu("token", "网格", "--out", "key.json")
    file = bureau.folder / "key.json"
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    again = bureau.jielu("token", "网格", "--out", "key.json")
    assert again.returncode == 2 and "已经存在" in again.stderr and file.read_bytes() == before


def test_what_the_program_writes_is_for_its_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, telephones and keys lie in these files, on a machine that has other users."""
    monkeypatch.chdir(tmp_path)
    before = os.umask(0o022)
    try:
        for words in (("init",), ("export", "all.xlsx"), ("backup", "--to", "copies")):
            done = CliRunner().invoke(main, words, env={"JIELU_DATA": "data", "JIELU_URL": "", "JIELU_SECRET": ""})
            assert done.exit_code == 0, done.output
    finally:
        os.umask(before)
    written = list(tmp_path.rglob("*"))
    assert {path.name for path in written} >= {"ledger.sqlite3", "workbook.sqlite3", "all.xlsx", "manifest.json"}
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_a_token_names_the_address_of_the_server_that_runs(bureau: Bureau) -> None:
    (bureau.folder / "data").mkdir(exist_ok=True)
    noted = bureau.folder / "data" / "running.url"
    del bureau.env["JIELU_URL"]
    for address in ("http://127.0.0.1:9999", ""):
        if address:
            noted.write_text(address, "utf-8")
        else:
            noted.unlink()
        bureau.jielu("token", "网格", "--out", f"key{len(address)}.json")
        key = json.loads((bureau.folder / f"key{len(address)}.json").read_text("utf-8"))
        assert key["token_uri"] == f"{address or 'http://127.0.0.1:8617'}/token"


def test_the_bureau_s_workbook_has_its_language_and_zone(bureau: Bureau) -> None:
    bureau.jielu("init")
    book = sign_in(bureau).open("街路长工作簿")
    assert (book.locale, book.timezone) == ("zh_CN", "Asia/Shanghai")
    as_0_1_made_it = {"properties": {"locale": "en_US", "timeZone": "Etc/GMT"}, "fields": "locale,timeZone"}
    book.batch_update({"requests": [{"updateSpreadsheetProperties": as_0_1_made_it}]})
    bureau.jielu("check")
    properties = book.fetch_sheet_metadata()["properties"]
    assert (properties["locale"], properties["timeZone"]) == ("zh_CN", "Asia/Shanghai")


def test_a_token_that_was_revoked_opens_nothing(bureau: Bureau) -> None:
    bureau.jielu("init")
    client = sign_in(bureau)
    assert client.open("街路长工作簿").title == "街路长工作簿"
    assert bureau.json("token", "网格", "--revoke") == {"revoked": "网格"}
    with pytest.raises(RefreshError, match="account not found"):
        client.open("街路长工作簿")
    again = bureau.jielu("token", "网格", "--revoke")
    assert again.returncode == 2 and "没有名称为「网格」的账号" in again.stderr


def test_the_status_page_opens_by_link_alone(bureau: Bureau) -> None:
    assert requests.get(f"{bureau.url}/healthz", timeout=10).json() == {"status": "ok"}
    closed = requests.get(bureau.url, timeout=10)
    assert closed.status_code == 401 and "请用自己的链接打开" in closed.text
    assert requests.get(f"{bureau.url}/enter?link=made-up", timeout=10).status_code == 403
    assert bureau.jielu("init").returncode == 0
    link = str(bureau.json("link", "--operator")["link"])
    with requests.Session() as browser:
        page = come_in(browser, link)
        assert page.status_code == 200 and "运行状态" in page.text and "#" not in page.url
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")


def come_in(browser: requests.Session, link: str) -> requests.Response:
    """By an office link, as a person does: it asks first."""
    address, _, token = link.partition("#")
    assert "进入" in browser.get(link, timeout=10).text
    return browser.post(address, data={"link": token}, headers={"Origin": address.rpartition("/")[0]}, timeout=10)


def test_a_link_for_nobody_says_what_to_do(bureau: Bureau) -> None:
    assert bureau.jielu("init").returncode == 0
    done = bureau.jielu("link", "路人")
    assert done.returncode == 2 and "「路人」" in done.stderr and "jielu tick" in done.stderr


def test_the_status_page_counts_from_the_ledger_even_before_the_first_look(clerk: Clerk) -> None:
    right = {"reported_at": 46350.4, "reporter": "督查01", "source": "督查", "street": "联胜路",
             "category": "暴露垃圾", "severity": "一般"}  # fmt: skip
    streets = {"code": "J02", "street": "联胜路", "type": "主次干道", "district": "城中", "branch": "第四支部"}
    clerk("init")
    with clerk.service() as service:
        file_rows.append(service.client, service.workbook, service.templates["streets"], [streets])
        rows = [{**right, "text": text} for text in ("甲", "乙", "丙")]
        file_rows.append(service.client, service.workbook, service.templates["issues"], rows)
    clerk("tick", "--now", "2026-11-24T16:00")
    clerk("tick", "--now", "2026-11-30T16:00")
    with clerk.service() as service:
        gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook).worksheet(
            "问题台账"
        ).delete_rows(2)
    for minute in (1, 2, 3):
        clerk("tick", "--now", f"2026-11-30T16:0{minute}", "--even-if-idle")
    with clerk.service() as service:
        found = overview(service)
    assert (found["states"], found["late"]) == ([("待整改", 2)], 2)


def test_healthz_is_not_well_while_ticks_fail(clerk: Clerk) -> None:
    clerk("init")
    ends, broken = threading.Semaphore(0), threading.Event()
    broken.set()

    def tick() -> None:
        ends.release()
        if broken.is_set():
            raise Refused("写入工作簿被拒绝")

    clock = Scheduler(tick, lambda: None, ZONE, every=3600)
    with clerk.service() as service:
        client = create_app(service, clock.nudge, lambda: clock.failures).test_client()
        assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "ok"})
        clock.start()
        try:
            for count in (1, 2, 3):
                assert ends.acquire(timeout=10)
                wait_for(lambda count=count: clock.failures == count)
                assert client.get("/healthz").status_code == (200 if count < 3 else 503)
                if count < 3:
                    clock.nudge()
            assert client.get("/healthz").json == {"status": "attention", "parts": ["looks"]}
            broken.clear()
            clock.nudge()
            wait_for(lambda: clock.failures == 0)
            assert client.get("/healthz").status_code == 200
        finally:
            clock.stop()


def wait_for(what: Callable[[], bool]) -> None:
    for _ in range(100):
        if what():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it did not come")


# The embedded workbook -------------------------------------------------------------------------------------------
def test_the_workbook_is_known_by_its_id_whatever_it_or_others_are_called(bureau: Bureau) -> None:
    bureau.jielu("init")
    client = sign_in(bureau)
    ours = client.open("街路长工作簿")
    ours.update_title("二〇二六年台账")
    client.create("街路长工作簿")
    assert bureau.json("init") == {"workbook": ours.id, "tabs": [], "columns": [], "problems": []}


def test_a_workbook_made_before_its_id_was_kept_is_adopted(bureau: Bureau) -> None:
    first = bureau.json("init")["workbook"]
    kept = bureau.folder / "data" / "workbook.id"
    assert kept.read_text() == f"{first}\n"
    kept.unlink()
    sign_in(bureau).create("街路长工作簿")
    assert bureau.json("init") == {"workbook": first, "tabs": [], "columns": [], "problems": []}
    assert kept.read_text() == f"{first}\n"


def test_a_workbook_that_is_gone_is_said_and_not_replaced(bureau: Bureau) -> None:
    bureau.jielu("init")
    (bureau.folder / "data" / "workbook.id").write_text("gone\n")
    done = bureau.jielu("tick")
    assert (done.returncode, "工作簿 gone 不在数据文件夹里了" in done.stderr) == (2, True)


# The command line ------------------------------------------------------------------------------------------------
def test_check_names_line_and_column_of_a_mistake(bureau: Bureau) -> None:
    bureau.jielu("init")
    rules = bureau.folder / "rules.toml"
    text = (Path(__file__).parents[2] / "rules.toml").read_text("utf-8")
    rules.write_text(text.replace('unit = "环卫所"', 'unit = "环卫局"', 1), "utf-8")
    bureau.env["JIELU_RULES"] = str(rules)
    done = bureau.jielu("check")
    assert done.returncode == 2
    assert re.search(r"rules\.toml:\d+:\d+: .*环卫局.*是不是「环卫所」", done.stderr)


def test_a_bad_edit_of_the_rules_leaves_the_last_good_ones_in_force(bureau: Bureau) -> None:
    bureau.jielu("init")
    rules = bureau.folder / "rules.toml"
    text = (Path(__file__).parents[2] / "rules.toml").read_text("utf-8")
    rules.write_text(text, "utf-8")
    bureau.env["JIELU_RULES"] = str(rules)
    assert bureau.jielu("tick", "--now", "2026-11-24T09:00").returncode == 0
    rules.write_text(text.replace("[repeat]", "[repeats]"), "utf-8")
    done = bureau.json("tick", "--now", "2026-11-24T09:01", "--even-if-idle")
    assert "repeats" in str(done["trouble"])
    book = sign_in(bureau).open("街路长工作簿")
    assert "仍按上一份正确的规则执行" in dict(shown(book, "运行状态", "项目", "内容"))["规则文件"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tick", "--now", "昨天"], "时间「昨天」看不懂"),
        (["explain", "20261124-001"], "没有编号 20261124-001"),
        (["restore", "20261124-001"], "没有编号为 20261124-001 的被删除的行"),
        (["export", "book.pdf"], "要以 .xlsx 结尾"),
        (["import", "nothing.csv", "--tab", "问题台账"], "nothing.csv"),
        (["import", "nothing.csv", "--tab", "问题"], "没有「问题」这个工作表"),
    ],
)
def test_what_could_not_run_is_a_sentence_and_status_2(bureau: Bureau, words: list[str], said: str) -> None:
    bureau.jielu("init")
    done = bureau.jielu(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr


@dataclass
class Clerk:
    """The command line in this process, where a test can stand in the way of a request."""

    folder: Path

    def __call__(self, *words: str) -> Result:
        done = CliRunner().invoke(main, words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    @contextmanager
    def service(self) -> Iterator[Service]:
        found = Service(Settings.read())
        try:
            yield found
        finally:
            found.close()


@pytest.fixture
def clerk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clerk:
    for key in [key for key in os.environ if key.startswith("JIELU") or key.startswith("GOOGLE")]:
        monkeypatch.delenv(key)
    monkeypatch.chdir(tmp_path)
    for key, value in {"JIELU_DATA": str(tmp_path / "data"), **stores.settings(tmp_path / "data")}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(Client, "waits", lambda *_: 0.0)
    return Clerk(tmp_path)


ROWS = [
    {"reported_at": 46350.4, "reporter": "督查01", "source": "督查", "street": "没有的街", "text": "甲"},
    {"reported_at": 46350.4, "reporter": "督查01", "source": "督查", "street": "没有的街", "text": "乙"},
]


def file_two_bad_rows(clerk: Clerk) -> None:
    assert clerk("init").exit_code == 0
    with clerk.service() as service:
        file_rows.append(service.client, service.workbook, service.templates["issues"], ROWS)


def test_rows_with_problems_are_said_again_when_nothing_changed(clerk: Clerk) -> None:
    file_two_bad_rows(clerk)
    assert clerk("tick", "--now", "2026-11-24T16:00").exit_code == 1
    done = clerk("tick", "--now", "2026-11-24T16:01")
    assert (done.exit_code, done.stdout.strip()) == (1, "没有变化。仍有 2 行有问题，看各表的「校验」列。")


def test_restore_says_done_only_when_the_row_is_back(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    file_two_bad_rows(clerk)
    clerk("tick", "--now", "2026-11-24T16:00")
    with clerk.service() as service:
        gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook).worksheet(
            "问题台账"
        ).delete_rows(2)
    for minute in (1, 2, 3):
        clerk("tick", "--now", f"2026-11-24T16:0{minute}", "--even-if-idle")
    with monkeypatch.context() as full:
        full.setattr(Gateway, "write", lambda *_: (_ for _ in ()).throw(Refused("写入工作簿被拒绝：已满")))
        done = clerk("restore", "20261124-001", "--now", "2026-11-24T16:05")
        assert done.exit_code == 1 and "20261124-001 还没有放回表格" in done.stdout and "已满" in done.stdout
    done = clerk("restore", "20261124-001", "--now", "2026-11-24T16:06")
    assert (done.exit_code, done.stdout.strip()) == (0, "20261124-001 已放回表格最后一行。")


def test_a_mistake_in_the_rules_and_its_mending_are_said_although_nothing_else_changed(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = clerk.folder / "rules.toml"
    text = (Path(__file__).parents[2] / "rules.toml").read_text("utf-8")
    rules.write_text(text, "utf-8")
    monkeypatch.setenv("JIELU_RULES", str(rules))
    clerk("init")
    clerk("tick", "--now", "2026-11-24T09:00")

    def said() -> str:
        with clerk.service() as service:
            return service.ledger.memory().status.get("规则文件", ("",))[0]

    for wrong in ("repeats", "repetition"):
        rules.write_text(text.replace("[repeat]", f"[{wrong}]"), "utf-8")
        clerk("tick", "--now", "2026-11-24T09:01")
        assert wrong in said()
    assert "没有变化" in clerk("tick", "--now", "2026-11-24T09:02").stdout
    rules.write_text(text, "utf-8")
    assert clerk("tick", "--now", "2026-11-24T09:03").exit_code == 0
    assert said() == ""


def answering(status: int) -> Callable[..., object]:
    """Google's client when every request is answered with ``status``; 0: no answer at all."""

    def once(*_: object, **__: object) -> object:
        if not status:
            raise requests.ConnectionError("no route")
        answer = requests.Response()
        answer.status_code = status
        answer._content = b'{"error": {"code": %d, "message": "no", "status": "NO"}}' % status
        raise APIError(answer)

    return once


KEYS = "服务账号文件"
NOBODY = "postgresql+psycopg://a:geheim@127.0.0.1:1/db"  # where no server answers
UNFIT: list[tuple[dict[str, str], str, str]] = [
    ({"JIELU_WORKBOOK": "abc", "GOOGLE_APPLICATION_CREDENTIALS": "none.json"}, "tick", KEYS),
    ({"JIELU_WORKBOOK": "abc", "GOOGLE_APPLICATION_CREDENTIALS": "text.txt"}, "init", KEYS),
    ({"JIELU_WORKBOOK": "abc", "GOOGLE_APPLICATION_CREDENTIALS": "list.json"}, "tick", KEYS),
    ({"JIELU_DATABASE": "hello"}, "tick", "JIELU_DATABASE 用不了"),
    ({"JIELU_DATABASE": "nosuch://host/db"}, "tick", "JIELU_DATABASE 用不了"),
    ({"JIELU_DATABASE": NOBODY}, "tick", "台账数据库没有应答"),
    ({"JIELU_DATABASE": "sqlite:///text.txt"}, "tick", "台账数据库"),
    ({"JIELU_WORKBOOK_DATABASE": "hello", "JIELU_BUREAU": "a"}, "tick", "JIELU_WORKBOOK_DATABASE 要写成 postgresql://"),
    ({"JIELU_WORKBOOK_DATABASE": f"{NOBODY}?x=geheim", "JIELU_BUREAU": "a"}, "tick", "JIELU_WORKBOOK_DATABASE 要写成"),
    ({"JIELU_WORKBOOK_DATABASE": NOBODY, "JIELU_BUREAU": "a"}, "tick", "工作簿数据库 127.0.0.1/db 连接不上"),
    ({"JIELU_WORKBOOK_DATABASE": NOBODY, "JIELU_BUREAU": ""}, "init", "要设置 JIELU_BUREAU：本局的代号"),
    ({"JIELU_WORKBOOK_DATABASE": NOBODY, "JIELU_BUREAU": "城 管"}, "init", "现在是「城 管」"),
    ({"JIELU_DATA": "text.txt"}, "tick", "数据文件夹 text.txt 用不了"),
    ({"JIELU_DATA": "text.txt/below"}, "init", "数据文件夹 text.txt/below 用不了"),
    ({"JIELU_DATA": "broken", "JIELU_WORKBOOK_DATABASE": ""}, "tick", "数据文件夹 broken 用不了"),
]


@pytest.mark.parametrize(("settings", "command", "said"), UNFIT)
def test_settings_that_can_not_be_used_are_a_sentence_and_status_2(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], command: str, said: str
) -> None:
    (clerk.folder / "text.txt").write_text("no key, no folder, no database\n" * 100)
    (clerk.folder / "list.json").write_text("[]")
    (clerk.folder / "broken").mkdir()
    (clerk.folder / "broken" / "workbook.sqlite3").write_text("no database\n" * 1000)
    for key, value in settings.items():
        monkeypatch.setenv(key, value)
    done = clerk(command)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
    assert "geheim" not in done.stderr


@pytest.mark.parametrize("status", [0, 403, 404, 500])
@pytest.mark.parametrize("command", ["tick", "init", "check"])
def test_a_workbook_out_of_reach_is_a_sentence_and_status_2(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, command: str, status: int
) -> None:
    clerk("init")
    monkeypatch.setattr(Service, "workbook", "abc")
    monkeypatch.setattr(Client, "_once", answering(status))
    done = clerk(command)
    assert (done.exit_code, "工作簿" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("status", [0, 400, 500])
def test_tabs_that_could_not_be_built_are_a_sentence_and_status_2(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    right = Client._once
    monkeypatch.setattr(
        Client, "_once", lambda *a, **k: answering(status)() if "batchUpdate" in a[2] else right(*a, **k)
    )
    done = clerk("init")
    assert (done.exit_code, done.stderr.splitlines()[-1].startswith("写入工作簿")) == (2, True), done.stderr


def test_rows_come_in_from_a_file_and_the_workbook_goes_out(bureau: Bureau) -> None:
    bureau.jielu("init")
    (bureau.folder / "名册.csv").write_text(
        "街路编号,街路,类型,区域,支部\nJ01,新正街,主次干道,城中,第四支部\n", "gb18030"
    )
    assert bureau.json("import", "名册.csv", "--tab", "街路名册")["rows"] == 1
    bureau.jielu("tick", "--now", "2026-11-24T09:00")
    assert bureau.json("export", "out.xlsx")["rows"] > 1
    assert (bureau.folder / "out.xlsx").read_bytes()[:2] == b"PK"


COMMANDS = ("", "run", "init", "check", "tick", "deliver", "explain", "restore", "import", "export", "token", "demo")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_has_help(bureau: Bureau, command: str) -> None:
    done = bureau.jielu(*([command] if command else []), "--help")
    assert done.returncode == 0 and re.search(r"[\u4e00-\u9fff]", done.stdout)
    options = [one for one in main.commands[command].params if isinstance(one, click.Option)] if command else []
    assert all(one.help for one in options)


def test_run_serves_ticks_and_stops_when_told(bureau: Bureau) -> None:
    env = {key: value for key, value in bureau.env.items() if key != "JIELU_URL"} | {"PYTHONUNBUFFERED": "1"}
    env["JIELU_DATA"] = str(bureau.folder / "other")
    command = [sys.executable, "-m", "sync.cli.main", "run", "--port", "0"]
    process = subprocess.Popen(
        command, env=env, cwd=bureau.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        link = re.search(r"http://127\.0\.0\.1:\d+/enter#\S+?(?=（)", line)
        assert link, line
        base = link[0].partition("/enter")[0]
        assert requests.get(f"{base}/healthz", timeout=10).status_code == 200
        with requests.Session() as browser:
            come_in(browser, link[0])
            for _ in range(100):
                page = browser.get(f"{base}/status", timeout=10).text
                if "最近一次更新" in page:
                    break
                threading.Event().wait(0.1)
            assert "最近一次更新" in page, "the clock ticks"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets it")
def test_root_writes_nothing_into_a_folder_of_another_user(bureau: Bureau) -> None:
    data = bureau.folder / "of the service"
    data.mkdir()
    os.chown(data, 12345, 12345)
    bureau.env["JIELU_DATA"] = str(data)
    done = bureau.jielu("link", "--operator")
    assert (done.returncode, done.stdout, list(data.iterdir())) == (2, "", [])
    assert "是用户 12345 的，现在是 root" in done.stderr and "runuser -u 12345" in done.stderr


def test_a_new_data_folder_is_told_since_it_may_be_in_the_wrong_place(bureau: Bureau) -> None:
    data = bureau.folder / "elsewhere"
    bureau.env["JIELU_DATA"] = str(data)
    told = f"新建数据文件夹 {data}（用别的，设置 JIELU_DATA）\n"
    assert [bureau.jielu("link", "--operator").stderr for _ in range(2)] == [told, ""]
