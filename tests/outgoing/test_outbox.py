"""Mail over real SMTP: nothing missing, nothing twice, and 通知记录 says what became of each notice."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.look.decide import decide
from sync.core.notices.timing import sending_hours
from sync.core.rules.rules import Rules, load
from sync.ledger.ledger import Ledger
from sync.outgoing import mail_text
from sync.outgoing.mail import Failure, Mailer
from sync.outgoing.mail_text import Message, as_bytes
from sync.outgoing.outbox import GAPS, MOST_TRIES, deliver
from tests.book import ROOT, ZONE, bureau, default_rules, hour
from tests.mail_server import certificate, mail_server, words

SENDER = "街路长台账 <jielu@xidu.example>"
SEND_AT = 'send_at = ["08:30", "11:30", "14:30", "17:00"]'
AT_ONCE = load((ROOT / "rules.toml").read_text("utf-8").replace(SEND_AT, "send_at = []"))


class Day:
    """A bureau whose ledger is on disk, to be opened again after a crash. Its notices wait for no hour but that of
    ``rules``."""

    def __init__(self, folder: Path, *rows: str, rules: Rules = AT_ONCE) -> None:
        self.url = f"sqlite:///{folder / 'ledger.sqlite3'}"
        self.book = bureau(rules=rules).add(
            "\n".join(["问题台账", "填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述", *rows])
        )
        self.ledger = Ledger(self.url, "县", ZONE)

    def look(self, at: str) -> None:
        decision = decide(self.book.tables(), self.ledger.memory(), self.book.rules, hour(at))
        self.ledger.commit(decision, hour(at), self.book.rules.hash, self.book.rules.text, "")
        self.ledger.landed([], [], 0.0)
        self.book.apply(decision)

    def tick(self, at: str) -> None:
        for _ in range(3):
            self.look(at)

    def states(self, at: str) -> dict[str, tuple[str, str]]:
        self.tick(at)
        return {
            number: (state, reason) for number, state, reason in self.book.rows("通知记录", "通知号", "状态", "原因")
        }

    def crash(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.url, "县", ZONE)

    def lose_ledger(self) -> None:
        self.ledger.close()
        Path(self.url.removeprefix("sqlite:///")).unlink()
        self.ledger = Ledger(self.url, "县", ZONE)


@pytest.fixture
def day(tmp_path: Path) -> Day:
    found = Day(tmp_path, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 垃圾成堆")
    found.tick("2026-11-24 09:05")
    return found


CHIEF, HEAD = "20261124-001·交办·街路长01", "20261124-001·交办·支部书记03"


def test_each_gets_a_mail_and_a_second_run_sends_nothing(day: Day) -> None:
    with mail_server() as (mails, url):
        done = deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        assert (done.sent, len(mails.received)) == (2, 2)
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:07")).sent == 0
        assert len(mails.received) == 2
    assert sorted(str(letter["To"]) for letter in mails.received) == ["c01@xidu.example", "s03@xidu.example"]
    chief = next(letter for letter in mails.received if letter["To"] == "c01@xidu.example")
    assert chief["Subject"] == "【交办】20261124-001 新正街 暴露垃圾"
    assert "请于 2026-11-24 15:30 前整改" in words(chief) and CHIEF in words(chief)
    assert day.states("2026-11-24 09:08") == {CHIEF: ("已发送", ""), HEAD: ("已发送", "")}


def test_several_notices_of_one_person_are_one_mail(tmp_path: Path) -> None:
    rows = [f"2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 第{n}堆" for n in range(4)]
    day = Day(tmp_path, *rows)
    day.tick("2026-11-24 09:05")
    with mail_server() as (mails, url):
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06")).sent == 8
    assert len(mails.received) == 2
    assert all(f"第{n}堆" in text for text in mails.texts() for n in range(4))


def test_without_smtp_notices_wait_and_say_why(day: Day) -> None:
    assert deliver(day.ledger, None, hour("2026-11-24 09:06")).unsent == 2
    assert day.states("2026-11-24 09:07") == {CHIEF: ("未发送", "邮箱未配置"), HEAD: ("未发送", "邮箱未配置")}
    with mail_server() as (_, url):
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 10:00")).sent == 2
    assert set(day.states("2026-11-24 10:01").values()) == {("已发送", "")}


def test_nobody_s_address_is_said_and_an_address_typed_later_is_used(day: Day) -> None:
    day.book.type("组织架构", 1, "邮箱", "")
    day.tick("2026-11-24 09:05")
    with mail_server() as (mails, url):
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06")).sent == 1
        assert day.states("2026-11-24 09:07")[CHIEF] == ("未发送", "组织架构里没有街路长01的邮箱")
        day.book.type("组织架构", 1, "邮箱", "new@xidu.example")
        day.tick("2026-11-24 09:08")
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:09")).sent == 1
    assert [letter["To"] for letter in mails.received] == ["s03@xidu.example", "new@xidu.example"]


def test_a_passing_refusal_is_tried_again_with_growing_gaps(day: Day) -> None:
    with mail_server() as (mails, url):
        mails.answer = lambda address: "451 灰名单" if address.startswith("c01") else "250 OK"
        now = hour("2026-11-24 09:06")
        assert (deliver(day.ledger, Mailer(url, SENDER), now).later, len(mails.received)) == (1, 1)
        for gap in GAPS[:3]:
            assert deliver(day.ledger, Mailer(url, SENDER), now + gap - timedelta(seconds=1)).later == 0
            now += gap
            assert deliver(day.ledger, Mailer(url, SENDER), now).later == 1
        state, reason = day.states("2026-11-24 10:00")[CHIEF]
        assert state == "待发送" and reason.startswith("第 4 次没有成功，稍后再试：收件人被拒收（451）")
        mails.answer = lambda address: "250 OK"
        assert deliver(day.ledger, Mailer(url, SENDER), now + timedelta(days=1)).sent == 1


def test_a_refusal_for_good_is_said_and_not_tried_again(day: Day) -> None:
    with mail_server() as (mails, url):
        mails.answer = lambda address: "550 没有这个人" if address.startswith("c01") else "250 OK"
        done = deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        assert (done.sent, done.failed) == (1, 1)
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-25 09:06")).failed == 0
    assert day.states("2026-11-25 09:07")[CHIEF][0] == "发送失败"
    assert "550" in day.states("2026-11-25 09:07")[CHIEF][1]


def test_a_receiver_who_is_refused_for_long_is_given_up(day: Day) -> None:
    with mail_server() as (mails, url):
        mails.answer = lambda address: "451 灰名单"
        now = hour("2026-11-24 09:06")
        for _ in range(MOST_TRIES - 1):
            assert deliver(day.ledger, Mailer(url, SENDER), now).later == 2
            now += timedelta(hours=7)
        assert deliver(day.ledger, Mailer(url, SENDER), now).failed == 2


def test_no_server_keeps_everything_for_as_long_as_it_takes(day: Day) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        mail = Mailer(f"smtp://127.0.0.1:{taken.getsockname()[1]}", SENDER)
        now = hour("2026-11-24 09:06")
        for _ in range(3 * MOST_TRIES):
            assert deliver(day.ledger, mail, now).later == 2
            now += timedelta(hours=6)
    state, reason = day.states("2026-11-24 09:07")[CHIEF]
    assert state == "待发送" and reason.startswith("还没有发出去，稍后再试：连接不上邮件服务器")
    with mail_server() as (mails, url):
        mails.answer = lambda address: "451 灰名单"
        assert deliver(day.ledger, Mailer(url, SENDER), now).later == 2, "the tries without a server do not count"
        mails.answer = lambda address: "250 OK"
        assert deliver(day.ledger, Mailer(url, SENDER), now + timedelta(hours=6)).sent == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (smtplib.SMTPSenderRefused(553, "未授权".encode(), SENDER), "（553）：未授权。请检查 JIELU_MAIL_FROM"),
        (smtplib.SMTPDataError(554, "疑似垃圾邮件".encode()), "邮件服务器拒绝（554）：疑似垃圾邮件"),
    ],
)
def test_a_refused_sender_or_text_is_our_own_affair_and_waits(
    day: Day, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    with mail_server() as (_, url):
        monkeypatch.setattr(smtplib.SMTP, "sendmail", refuse)
        now = hour("2026-11-24 09:06")
        for _ in range(MOST_TRIES + 1):
            assert deliver(day.ledger, Mailer(url, SENDER), now).later == 2
            now += timedelta(hours=6)
        state, reason = day.states("2026-11-24 10:00")[CHIEF]
        assert state == "待发送" and said in reason
        monkeypatch.undo()
        assert deliver(day.ledger, Mailer(url, SENDER), now).sent == 2


def test_an_address_that_no_mail_can_reach_is_said_at_once(day: Day) -> None:
    day.book.type("组织架构", 1, "邮箱", "c01＠xidu.example")
    day.ledger.memory().addresses["街路长01"] = "c01＠xidu.example"
    with mail_server() as (_, url):
        done = deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        assert (done.sent, done.failed) == (1, 1)
    assert "「c01＠xidu.example」里有中文、全角字符或换行" in done.reasons[0]


@pytest.mark.parametrize("url", ["smtp://host:abc", "http://host", "smtps://"])
def test_an_address_of_a_server_that_is_none_is_a_sentence(url: str) -> None:
    with pytest.raises(Failure, match="JIELU_SMTP 应当写成"), Mailer(url, SENDER).open():
        pass


def test_a_crash_between_yes_and_our_note_repeats_the_same_mail(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise 2: a repeat can only follow such a crash, and carries the same Message-ID."""
    with mail_server() as (mails, url):
        monkeypatch.setattr(Ledger, "settle", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        monkeypatch.undo()
        day.crash()
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:07"))
    assert len(mails.received) == 3
    twice = [letter for letter in mails.received if letter["To"] == mails.received[0]["To"]]
    assert len({letter["Message-ID"] for letter in twice}) == 1
    assert len({words(letter) + words(letter, "html") for letter in twice}) == 1
    assert len({letter.get_boundary() for letter in twice}) == 1


def test_what_may_have_been_received_is_not_called_off(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """The issue is mended between the crash and the repeat: 不再发送 would say of a mail that came that it did not."""
    with mail_server() as (mails, url):
        monkeypatch.setattr(Ledger, "settle", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        monkeypatch.undo()
        day.crash()
        day.book.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改说明 | 整改后照片
        2026-11-24 09:10 | 街路长01 | 20261124-001 | 已整改 | 扫了 | 后.jpg
        """)
        states = day.states("2026-11-24 09:11")
        assert sorted(state for state, _ in states.values()) == ["不再发送", "发送中"], "and the other was not sent yet"
        assert any("会用同一封再发一次" in reason for _, reason in states.values())
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:12"))
    first, second = mails.received
    assert first["Message-ID"] == second["Message-ID"]
    assert sorted(state for state, _ in day.states("2026-11-24 09:13").values()) == ["不再发送", "已发送"]


def test_a_mail_whose_answer_was_lost_may_have_been_received_whatever_comes_after(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server closes after the text, and is not there for the second try."""
    with mail_server() as (_, url):
        mail = Mailer(url, SENDER)
        monkeypatch.setattr(smtplib.SMTP, "sendmail", lambda *_: (_ for _ in ()).throw(smtplib.SMTPServerDisconnected))
        assert deliver(day.ledger, mail, hour("2026-11-24 09:06")).later == 2
        monkeypatch.undo()
    assert deliver(day.ledger, mail, hour("2026-11-24 12:06")).later == 2, "no server at all"
    states = day.states("2026-11-24 12:07")
    told = sorted((states[number][0], states[number][1][:5]) for number in (CHIEF, HEAD))
    assert told == [("发送中", "不知道收到"), ("待发送", "还没有发出")], "the second was never tried"


SECOND = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
2026-11-24 09:08 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 又一堆
2026-11-24 09:09 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 再一堆
"""


@pytest.mark.parametrize("digest", [True, False], ids=["together", "each at once"])
def test_after_a_lost_ledger_each_unsure_mail_goes_again_as_the_same(
    day: Day, monkeypatch: pytest.MonkeyPatch, digest: bool
) -> None:
    """The server has both mails of the chief, of one issue and of two, and never says so."""
    real = smtplib.SMTP.sendmail

    def silent(*mail: object) -> None:
        real(*mail)  # type: ignore[arg-type]
        raise smtplib.SMTPServerDisconnected

    def of_chief(letters: list[EmailMessage]) -> list[tuple[str, tuple[str, ...]]]:
        """The name of each mail, and the notices in it."""
        mine = [letter for letter in letters if letter["To"] == "c01@xidu.example"]
        numbers = ("20261124-001", "20261124-002", "20261124-003")
        return sorted((str(m["Message-ID"]), tuple(n for n in numbers if f"{n}·交办" in words(m))) for m in mine)

    day.book.type("组织架构", 5, "邮箱", "")  # the head of his branch: nobody else is to get a mail
    with mail_server() as (mails, url):
        monkeypatch.setattr(smtplib.SMTP, "sendmail", silent)
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        day.book.add(SECOND)
        day.tick("2026-11-24 09:10")
        for minute in range(10, 20):  # the first is tried again, and what comes after it waits for a gap of its own
            deliver(day.ledger, Mailer(url, SENDER), hour(f"2026-11-24 09:{minute}"))
        monkeypatch.undo()
        first = sorted({*of_chief(mails.received)})
        assert sorted(numbers for _, numbers in first) == [("20261124-001",), ("20261124-002", "20261124-003")]
        shown = day.states("2026-11-24 09:20")
        assert [state for number, (state, _) in shown.items() if number.endswith("街路长01")] == ["发送中"] * 3
        mails.received.clear()
        day.lose_ledger()
        day.tick("2026-11-24 09:25")
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:30"), digest=digest)
    assert of_chief(mails.received) == first
    assert CHIEF in (shown := day.states("2026-11-24 09:31")) and shown[CHIEF] == ("已发送", "")
    assert "邮件" not in {kind for kind, _ in day.book.rows("内部记录", "种类", "名称")}, "it is not needed any more"


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_after_a_lost_ledger_no_mail_goes_again_while_the_register_can_t_be_read(day: Day, looks: int) -> None:
    """通知记录 bears a wrong header when the ledger is lost, and is right again some looks later."""
    with mail_server() as (mails, url):
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06")).sent == 2
        day.tick("2026-11-24 09:07")
        day.lose_ledger()
        header = day.book.sheets["通知记录"][0]
        header[header.index("通知号")] = "号码"
        for n in range(looks):
            day.look(f"2026-11-24 09:1{n}")
            deliver(day.ledger, Mailer(url, SENDER), hour(f"2026-11-24 09:1{n}"))
        header[header.index("号码")] = "通知号"
        assert {state for state, _ in day.states("2026-11-24 09:20").values()} == {"已发送"}
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:21"))
    assert len(mails.received) == 2


def unsure_mail(day: Day, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """One mail that its server has, of which the ledger does not know it; the sheets say so."""
    monkeypatch.setattr(Ledger, "settle", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
    monkeypatch.undo()
    day.tick("2026-11-24 09:07")


def test_an_unsure_mail_is_remembered_while_the_register_can_t_be_read(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as (_, url):
        unsure_mail(day, monkeypatch, url)
    kinds = [row[0] for row in day.book.sheets["内部记录"]]
    day.lose_ledger()
    header = day.book.sheets["通知记录"][0]
    header[header.index("通知号")] = "号码"
    day.look("2026-11-24 09:10")
    day.look("2026-11-24 09:11")
    assert kinds.count("邮件") == [row[0] for row in day.book.sheets["内部记录"]].count("邮件") == 1


@pytest.mark.parametrize("name", ["甲", "x> <y", "a\nb", "f" * 80, ""])
def test_what_somebody_typed_for_the_name_of_a_mail_names_none(
    day: Day, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with mail_server() as (mails, url):
        unsure_mail(day, monkeypatch, url)
        (first,) = mails.received
        day.lose_ledger()
        (record,) = (row for row in day.book.sheets["内部记录"] if row[0] == "邮件")
        record[1] = name
        day.tick("2026-11-24 09:08")
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:09"))
    again = next(letter for letter in mails.received[1:] if letter["To"] == first["To"])
    assert again["Message-ID"] == first["Message-ID"], "it is made of the same notices"


def test_a_full_disk_between_yes_and_our_note_sends_nothing_twice(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    due = day.ledger.memory().notices.keys()
    with mail_server() as (mails, url):
        monkeypatch.setattr(Ledger, "_settle", full)
        for minute in (6, 7):
            with contextlib.suppress(OSError):
                deliver(day.ledger, Mailer(url, SENDER), hour(f"2026-11-24 09:0{minute}"))
        monkeypatch.undo()
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 10:08"))
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 12:08"))
    receivers = [letter["To"] for letter in mails.received]
    assert len(receivers) == len(set(receivers)) == 2
    assert {state for number, (state, _) in day.states("2026-11-24 12:10").items() if number in due} == {"已发送"}


@pytest.mark.parametrize(
    ("filed", "category", "severity", "goes"),
    [
        ("2026-11-24 21:30", "暴露垃圾", "一般", "2026-11-25 08:30"),
        ("2026-11-24 08:29", "暴露垃圾", "一般", "2026-11-24 08:30"),
        ("2026-11-24 08:31", "暴露垃圾", "一般", "2026-11-24 11:30"),
        ("2026-11-24 17:01", "暴露垃圾", "一般", "2026-11-25 08:30"),
        ("2026-11-24 09:30", "暴露垃圾", "严重", "2026-11-24 09:30"),
        ("2026-11-24 21:30", "暴露垃圾", "严重", "2026-11-25 08:00"),
        ("2026-11-24 21:30", "焚烧燃放", "一般", "2026-11-24 21:30"),
        ("2026-11-24 21:30", "缺株死树", "一般", "2026-11-25 08:30"),
        ("2026-11-24 21:30", "缺株死树", "严重", "2026-11-24 21:30"),
    ],
)
def test_notices_keep_the_hours_of_the_rules_except_urgent_ones_and_at_night_danger_alone(
    tmp_path: Path, filed: str, category: str, severity: str, goes: str
) -> None:
    day = Day(tmp_path, f"{filed} | 督查01 | 督查 | 新正街 | {category} | {severity} | 垃圾成堆", rules=default_rules())
    day.tick(filed)
    due: datetime = hour(goes)
    if due > hour(filed):
        assert day.ledger.waiting(due - timedelta(seconds=1), ["待发送"]) == []
    assert [queued.notice.kind for queued in day.ledger.waiting(due, ["待发送"])].count("交办") == 2


def test_what_is_due_in_two_work_hours_is_told_at_once_to_the_chief_alone(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 占道经营 | 一般 | 挡了路", rules=default_rules())
    day.tick("2026-11-24 09:05")
    assert [queued.notice.to for queued in day.ledger.waiting(hour("2026-11-24 09:05"), ["待发送"])] == ["街路长01"]
    assert len(day.ledger.waiting(hour("2026-11-24 11:30"), ["待发送"])) == 2


def test_at_a_sending_hour_each_gets_one_mail_with_one_line_a_problem(tmp_path: Path) -> None:
    """Two stalls, due within two work hours: the chief hears at once, all others at 17:00, when the first is late."""
    row = "督查01 | 督查 | 新正街 | 占道经营 | 一般 | 挡了路"
    day = Day(tmp_path, f"2026-11-24 14:31 | {row}", f"2026-11-24 15:40 | {row}", rules=default_rules())
    sent: dict[str, list[str]] = {}
    for at in ("14:35", "15:41", "16:32", "16:59", "17:00", "17:01"):
        day.tick(f"2026-11-24 {at}")
        with mail_server() as (mails, url):
            deliver(day.ledger, Mailer(url, SENDER), hour(f"2026-11-24 {at}"))
        sent[at] = sorted(str(letter["To"]).split("@")[0] for letter in mails.received)
        if at == "17:00":
            head = next(letter for letter in mails.received if letter["To"] == "s01@xidu.example")
    assert sent == {
        "14:35": ["c01"], "15:41": ["c01"], "16:32": [], "16:59": [], "17:00": ["c01", "s01", "s04"], "17:01": []
    }  # fmt: skip
    assert head["Subject"] == "【街路长】2 件：【超期】20261124-001 新正街 占道经营 等"
    first, second = (line for line in words(head).splitlines() if line[:1].isdecimal())
    assert first.startswith("1. 【超期】20261124-001") and first.endswith("请立即处理。（还有：交办）")
    assert second.startswith("2. 【交办】20261124-002")
    numbers = ("20261124-001·交办", "20261124-001·超期", "20261124-002·交办")
    assert f"通知号 {'、'.join(f'{number}·支部书记01' for number in numbers)}" in words(head)


def test_nobody_gets_more_than_five_mails_a_day_but_for_danger(tmp_path: Path) -> None:
    """Nine serious problems, one an hour: at once until four mails went, the rest at the last sending hour."""
    day = Day(tmp_path, rules=default_rules())
    got: list[str] = []
    with mail_server() as (mails, url):
        for n in range(9, 20):
            row = "督查01 | 督查 | 新正街 | 暴露垃圾 | 严重 | 又一堆"
            day.book.add(
                f"问题台账\n填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述\n2026-11-24 {n:02d}:10 | {row}"
            )
            for minute in (10, 30):
                now = hour(f"2026-11-24 {n:02d}:{minute}")
                day.tick(f"2026-11-24 {n:02d}:{minute}")
                hours = sending_hours(now, day.book.rules)
                deliver(day.ledger, Mailer(url, SENDER), now, hours=hours)
                got += [f"{now:%H:%M}" for letter in mails.received if letter["To"] == "c01@xidu.example"]
                mails.received.clear()
        assert got == ["09:10", "10:10", "11:10", "12:10", "17:10"]
        row = "督查01 | 督查 | 新正街 | 井盖缺损 | 严重 | 井盖没了"
        day.book.add(
            f"问题台账\n填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述\n2026-11-24 19:40 | {row}"
        )
        now = hour("2026-11-24 19:41")
        day.tick("2026-11-24 19:41")
        deliver(day.ledger, Mailer(url, SENDER), now, hours=sending_hours(now, day.book.rules))
        assert "c01@xidu.example" in [letter["To"] for letter in mails.received]
        mails.received.clear()
        for at, told in (("2026-11-25 00:05", {False}), ("2026-11-25 08:30", {True})):
            day.tick(at)
            deliver(day.ledger, Mailer(url, SENDER), hour(at), hours=sending_hours(hour(at), day.book.rules))
            mine = [words(letter) for letter in mails.received if letter["To"] == "c01@xidu.example"]
            assert {"暴露垃圾" in text for text in mine} == told, "at night danger alone"
            mails.received.clear()


def test_after_weeks_without_a_server_each_gets_one_mail_that_says_what_has_become_of_it(tmp_path: Path) -> None:
    """A mail server set up late brings no flood: of 60 problems 50 are written out, the others named."""
    rows = [f"2026-11-02 09:{n:02d} | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 第{n}堆" for n in range(60)]
    day = Day(tmp_path, *rows, rules=default_rules())
    for at in ("2026-11-02 10:30", "2026-11-02 17:00", "2026-11-04 09:00", "2026-11-09 09:00"):
        day.tick(at)
        deliver(day.ledger, None, hour(at))
    day.book.verify(1, "通过")
    day.book.type("问题台账", 1, "复核意见", "现场看到已经清走")
    day.tick("2026-11-20 09:00")
    with mail_server() as (mails, url):
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-20 09:01"))
        assert deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-20 09:02")).sent == 0
    to = [str(letter["To"]) for letter in mails.received]
    assert len(to) == len(set(to)), "one mail each"
    secretary = words(next(letter for letter in mails.received if letter["To"] == "s04@xidu.example"))
    assert (
        "20261102-001 新正街 暴露垃圾" in secretary and "现状：已于 11-20 09:00 整改，11-20 09:00 销号。" in secretary
    )
    chief = words(next(letter for letter in mails.received if letter["To"] == "c01@xidu.example"))
    assert "20261102-001" not in chief, "closed: nothing to be done"
    assert "\n50. " in chief and "\n51. " not in chief and "另有 9 件，只列编号：" in chief
    said = day.states("2026-11-20 09:03")
    assert said["20261102-001·交办·街路长01"] == ("不再发送", "问题已销号")
    assert said["20261102-001·升级1·支部书记04"] == ("已发送", "")


def test_tls_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, context = certificate(tmp_path)
    with mail_server(context) as (mails, url):
        mail, letter = Mailer(url, SENDER), Message("c01@xidu.example", "标题", "正文", "x1")
        with pytest.raises(Failure, match="连接不上邮件服务器"), mail.open():
            pass
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        with mail.open() as server:
            server.send(letter)
    assert mails.received[0]["Message-ID"] == "<x1@xidu.example>"


def test_no_password_goes_to_a_server_that_offers_no_tls() -> None:
    """Whoever stands between can take STARTTLS out of the server's answer."""
    with mail_server(login=True) as (mails, url):
        there = url.replace("smtp://127.0.0.1", "{}://jielu:p4ss@0.0.0.0")  # this machine, by a name of the network
        with pytest.raises(Failure, match="密码"), Mailer(there.format("smtp"), SENDER).open():
            pass
        assert mails.passwords == []
        letter = Message("c01@xidu.example", "标题", "正文", "x1")
        for wished in (there.format("smtp+plain"), url.replace("127", "jielu:p4ss@127")):
            with Mailer(wished, SENDER).open() as server:
                server.send(letter)
        with Mailer(there.format("smtp").replace("jielu:p4ss@", ""), SENDER).open():
            pass
    assert mails.passwords == ["p4ss"] * 2 and len(mails.received) == 2


def test_a_line_break_in_a_subject_can_not_add_a_header(day: Day) -> None:
    with mail_server() as (mails, url):
        mail = Mailer(url, SENDER)
        with mail.open() as server:
            server.send(Message("c01@xidu.example", "标题\r\nBcc: x@y.example", "正文", "x2"))
    assert mails.received[0]["Bcc"] is None
    assert mails.received[0]["Subject"] == "标题 Bcc: x@y.example"


def test_a_mail_reads_the_same_in_both_parts_and_no_word_of_a_row_is_markup(tmp_path: Path) -> None:
    text = '<img src=x onerror=alert(1)> & "引号"'
    day = Day(tmp_path, f"2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | {text}")
    day.tick("2026-11-24 09:05")
    with mail_server() as (mails, url):
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"), link="https://xidu.example/?a=1&b=2")
    letter = next(one for one in mails.received if one["To"] == "c01@xidu.example")
    assert letter.get_content_type() == "multipart/alternative"
    plain, html = words(letter), words(letter, "html")
    assert text in plain and CHIEF in plain and CHIEF in html
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;引号&quot;" in html
    assert '<a href="https://xidu.example/?a=1&amp;b=2">' in html
    assert "<img" not in html and "src=" not in html.replace("&lt;img src=x", ""), "nothing is loaded from anywhere"


def test_each_number_in_a_mail_leads_to_its_page(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 见 20261124-001")
    day.tick("2026-11-24 09:05")
    with mail_server() as (mails, url):
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"), link="https://xidu.example")
    html = words(next(mail for mail in mails.received if mail["To"] == "c01@xidu.example"), "html")
    leads = '<a href="https://xidu.example/issues/20261124-001">20261124-001</a>'
    assert leads in html and html.count("20261124-001") == 2 * html.count(leads) + html.count("20261124-001·")


# As it is in the field
SUBJECTS = [
    "【交办】20261124-001 示例街路42 64号门前有积水，请于 11-24 15:30 前整改",
    "【街路长】12 条待办：【超期】20261124-001 新正街 A 座 3 号楼 等",
    "a b  c",
    "=?utf-8?b?5Lit?= 中",
    "😀 👨‍👩‍👧 表情 与 " + "很长" * 80,
    "全角　空格 与 \t 制表",
]


def read_back(content: bytes) -> tuple[str, str, list[str | None], str]:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    files = [part.get_filename() for part in message.iter_attachments()]
    return message["Subject"], message["From"], files, words(message)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subject_names_and_text_are_read_back_as_they_were_written(subject: str) -> None:
    name = "城管督办函〔2026〕12号 环卫所 第 1 次.docx"
    content = as_bytes(Message("a@b.cn", subject, "正文\n第二行", "0" * 32, "<p>正文</p>", ((name, b"x"),)), SENDER)
    assert read_back(content) == (mail_text.subject(subject), SENDER, [name], "正文\n第二行")
    assert content.isascii() and max(map(len, content.split(b"\r\n"))) < 998
    assert b'name="=?utf-8?' in content, "for readers that don't know RFC 2231"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60), min_size=3, max_size=3))
def test_any_subject_name_and_file_are_read_back(texts: list[str]) -> None:
    subject, person, file = (mail_text.subject(text) for text in texts)
    name = f"{file[:60]}.docx".replace("/", "／")
    content = as_bytes(Message("a@b.cn", subject, "正文", "0" * 32, files=((name, b"x"),)), f"x{person} <a@b.cn>")
    read = message_from_bytes(content)
    parts = decode_header(read["Subject"])
    assert "".join(part.decode(code or "ascii") if isinstance(part, bytes) else part for part, code in parts) == subject
    assert read.get_payload()[1].get_filename() in (name, name.strip())  # type: ignore[union-attr,index]


def test_a_machine_s_mail_says_so_and_needs_no_eight_bits(day: Day) -> None:
    with mail_server() as (mails, url):
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
    for letter in mails.received:
        assert letter["Auto-Submitted"] == "auto-generated"
        assert {part["Content-Transfer-Encoding"] for part in letter.walk() if not part.is_multipart()} == {"base64"}


def test_a_server_that_closes_after_some_letters_gets_a_new_connection_at_once(tmp_path: Path) -> None:
    rows = [f"2026-11-24 09:0{n} | 督查01 | 督查 | {street} | 暴露垃圾 | 一般 | 甲" for n, street in
            enumerate(("新正街", "联胜路", "建设南路", "高铁站广场"))]  # fmt: skip
    day = Day(tmp_path, *rows)
    day.tick("2026-11-24 09:05")
    with mail_server() as (mails, url):
        mails.most = 2
        done = deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        assert done.later == done.failed == 0 and len(mails.received) > 3
        assert mails.connections == (len(mails.received) + 1) // 2


REFUSALS = {
    "550 5.1.1 User unknown": ("发送失败", "没有这个收件人（550）"),
    "550 Mailbox not found. http://service.example": ("发送失败", "没有这个收件人（550）"),
    "550 User not found: c01@163.com": ("发送失败", "没有这个收件人（550）"),
    "552 5.2.2 Mailbox full": ("待发送", "收件人的邮箱满了（552）"),
    "550 Quota exceeded": ("待发送", "收件人的邮箱满了（550）"),
    "450 MI:DMC 163 smtp13": ("待发送", "邮件服务器嫌发得太快或太多（450）"),
    "550 Ip frequency limited": ("待发送", "邮件服务器嫌发得太快或太多（550）"),
    "421 HL:ICC 163 mx": ("待发送", "邮件服务器嫌发得太快或太多（421）"),
    "451 4.7.1 Greylisted": ("待发送", "收件人被拒收（451）"),
}


@pytest.mark.parametrize("answer", REFUSALS)
def test_what_a_refusal_means_is_read_from_its_words(day: Day, answer: str) -> None:
    with mail_server() as (mails, url):
        mails.answer = lambda address: answer if address.startswith("c01") else "250 OK"
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:06"))
        state, reason = day.states("2026-11-24 09:07")[CHIEF]
        assert state == REFUSALS[answer][0] and REFUSALS[answer][1] in reason
        assert "JIELU_MAIL_FROM" not in reason
        mails.answer = lambda address: "250 OK"
        deliver(day.ledger, Mailer(url, SENDER), hour("2026-11-24 09:30"))
    everybody = {state for state, _ in day.states("2026-11-24 09:31").values()}
    assert everybody == ({"已发送"} if state == "待发送" else {"已发送", "发送失败"})


def test_a_mail_that_fails_in_an_unforeseen_way_stops_no_other(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unforeseen(Exception):
        pass

    def broken(mail: Message, sender: str) -> bytes:
        if mail.to.startswith("c01"):
            raise Unforeseen
        return as_bytes(mail, sender)

    monkeypatch.setattr("sync.outgoing.mail.as_bytes", broken)
    with mail_server() as (mails, url):
        now = hour("2026-11-24 09:06")
        for _ in range(3):
            deliver(day.ledger, Mailer(url, SENDER), now, tries=3)
            now += timedelta(hours=1)
    assert [letter["To"] for letter in mails.received] == ["s03@xidu.example"]
    state, reason = day.states("2026-11-24 13:00")[CHIEF]
    assert state == "发送失败" and "Unforeseen" in reason and "试了 3 次" in reason
