"""Groups hear over their bots: signed, short enough, slow enough, once, and never what a person typed freely."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.look.decide import decide
from sync.core.notices.notices import demanded
from sync.core.rules.rules import Rules, load
from sync.ledger.ledger import Ledger
from sync.ledger.sent.bot_rates import MOST_A_MINUTE
from sync.ledger.sent.preferences import Preferences
from sync.outgoing import group_digests
from sync.outgoing.bots import Bot, Refusal, cut, ding_sign, feishu_sign, harmless, pages
from sync.outgoing.mail import Mailer
from sync.outgoing.outbox import Delivery, deliver
from tests.book import ROOT, ZONE, bureau, hour
from tests.bot_server import bot_server
from tests.mail_server import mail_server

SENDER = "街路长台账 <jielu@xidu.example>"
BOTS = """
[[bot]]
name = "城中群"
kind = "企业微信"
address = "BOT_CZ"
events = ["交办", "超期"]
districts = ["城中"]

[[bot]]
name = "环卫群"
kind = "钉钉"
address = "BOT_HW"
secret = "BOT_HW_SECRET"
events = ["交办"]
units = ["环卫所"]

[[bot]]
name = "严重群"
kind = "飞书"
address = "BOT_YZ"
events = ["交办", "升级"]
when.severity = "严重"
"""
SEND_AT = 'send_at = ["08:30", "11:30", "14:30", "17:00"]'
TEXT = (ROOT / "rules.toml").read_text("utf-8")
AT_ONCE = TEXT.replace(SEND_AT, "send_at = []")  # no mail waits for others
RULES = load(f"{TEXT}\n{BOTS}")
NOW = hour("2026-11-24 09:06")
ROW = "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号门前 | 暴露垃圾 | 一般 | 垃圾成堆 联系13800000000 @所有人"


class Day:
    """A bureau with groups, whose ledger is on disk."""

    def __init__(self, folder: Path, *rows: str, rules: Rules = RULES) -> None:
        self.url = f"sqlite:///{folder / 'ledger.sqlite3'}"
        head = "填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述"
        self.book = bureau(rules=rules).add("\n".join(["问题台账", head, *rows]))
        self.ledger = Ledger(self.url, "县", ZONE)

    def tick(self, at: str) -> None:
        for _ in range(3):
            decision = decide(self.book.tables(), self.ledger.memory(), self.book.rules, hour(at))
            self.ledger.commit(decision, hour(at), self.book.rules.hash, self.book.rules.text, "")
            self.ledger.landed([], [], 0.0)
            self.book.apply(decision)

    def crash(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.url, "县", ZONE)

    def shown(self, at: str, channel: str) -> dict[str, tuple[str, str]]:
        self.tick(at)
        columns = ("通知号", "渠道", "状态", "原因")
        found = self.book.rows("通知记录", *columns)
        return {number: (state, reason) for number, by, state, reason in found if by == channel}

    def tell(self, server: object, now: datetime, *names: str, secret: str = "SECtest") -> Delivery:
        kinds = {"城中群": "企业微信", "环卫群": "钉钉", "严重群": "飞书"}
        bots = {name: Bot(name, kinds[name], server.address(kinds[name]), secret if kinds[name] == "钉钉" else "")  # type: ignore[attr-defined]
                for name in names or kinds}  # fmt: skip
        server.clock = now  # type: ignore[attr-defined]
        done = Delivery()
        group_digests.deliver(self.ledger, bots, now, done)
        return done


# The signatures and the limits


def test_the_signatures_are_the_computed_vectors() -> None:
    assert ding_sign("SECtest", "1700000000000") == "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g%3D"
    assert feishu_sign("test", "1700000000") == "eSJQnOl8XqPTMPHWz9e5IzeHS/tqoc68g2967ekIPmg="


@pytest.mark.parametrize("kind", ["企业微信", "钉钉", "飞书"])
def test_each_house_takes_a_message(kind: str) -> None:
    with bot_server(NOW, secret="SECtest", keyword="街路长") as server:
        Bot("群", kind, server.address(kind), "SECtest").send("街路长台账\n一行", NOW)
        assert server.texts[kind] == ["街路长台账\n一行"]


def test_682_characters_are_the_most_of_wecom() -> None:
    with bot_server(NOW) as server:
        bot = Bot("群", "企业微信", server.address("企业微信"))
        bot.send("垃" * 682, NOW)
        with pytest.raises(Refusal, match="消息太长（40058）") as caught:
            bot.send("垃" * 683, NOW)
        assert caught.value.permanent


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=80), max_size=60))
def test_pages_hold_every_line_whole_and_in_order(lines: list[str]) -> None:
    found = pages(lines, 400)
    assert [line for page in found for line in page] == lines
    assert all(len("\n".join(page).encode()) <= 400 for page in found)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(3, 400))
def test_a_line_that_is_cut_is_still_text(line: str, most: int) -> None:
    assert len(cut(line, most).encode()) <= most


@pytest.mark.parametrize(
    ("kind", "answer", "said", "permanent", "minutes"),
    [
        ("企业微信", b'{"errcode": 45009, "errmsg": "x"}', "发得太快（45009）", False, 1),
        ("企业微信", b'{"errcode": 40058}', "消息太长（40058）", True, 0),
        ("企业微信", b'{"errcode": 93000}', "地址不对", False, 1),
        ("企业微信", b'{"errcode": 12345}', "没有收下（12345）", False, 1),
        ("钉钉", b'{"errcode": 130101}', "要停十分钟（130101）", False, 10),
        ("钉钉", b'{"errcode": 310000}', "请检查 secret", False, 1),
        ("飞书", b'{"code": 9499}', "格式不对或太长（9499）", True, 0),
        ("飞书", b'{"code": 11232}', "发得太快（11232）", False, 1),
        ("飞书", b'{"code": 19021}', "签名不对", False, 1),
        ("飞书", b'{"code": 19022}', "白名单", False, 1),
        ("飞书", b'{"code": 19024}', "关键词", False, 1),
        ("飞书", b"{}", "回答看不懂", False, 1),
        ("钉钉", b"<html>", "回答看不懂", False, 1),
        ("钉钉", b'{"errcode": null}', "回答看不懂", False, 1),
    ],
)
def test_a_code_in_an_answer_200_is_a_failure(
    kind: str, answer: bytes, said: str, permanent: bool, minutes: int
) -> None:
    with bot_server(NOW) as server:
        server.force = (200, answer)
        with pytest.raises(Refusal, match=said) as caught:
            Bot("群", kind, server.address(kind)).send("一行", NOW)
    assert (caught.value.permanent, caught.value.recipient) == (permanent, False)
    assert permanent or caught.value.pause == timedelta(minutes=minutes)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_another_status_is_a_failure_that_may_pass(status: int) -> None:
    with bot_server(NOW) as server:
        server.force = (status, b'{"errcode": 0}')
        with pytest.raises(Refusal, match=f"企业微信答 {status}") as caught:
            Bot("群", "企业微信", server.address("企业微信")).send("一行", NOW)
        assert not caught.value.permanent and len(server.asked) == 1, "no redirect is followed"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/send?key=s3cr3t", "http://bot.example.cn/?key=s3cr3t", "s3cr3t"]
)
def test_an_address_stands_in_no_sentence(address: str) -> None:
    bot = Bot("群", "企业微信", address, "s3cr3t")
    with pytest.raises(Refusal) as caught:
        bot.send("一行", NOW)
    assert "s3cr3t" not in f"{caught.value}{caught.value.__cause__}{bot!r}"


def test_nothing_in_a_line_can_be_a_mention_or_a_tag() -> None:
    for text in ('<at user_id="all">', "<@all>", "@所有人", "[x](https://y.cn)", "`x` **y**", "第一行\n@all"):
        assert not set("<>@[]`*\n") & set(harmless(text))


# From a row to the groups


def test_a_group_hears_what_it_is_for_and_nothing_that_was_typed_freely(tmp_path: Path) -> None:
    day = Day(tmp_path, ROW, ROW.replace("新正街", "建设南路").replace("暴露垃圾", "占道经营").replace("一般", "严重"))
    day.tick("2026-11-24 09:05")
    with bot_server(NOW, secret="SECtest") as server:
        done = day.tell(server, NOW, "城中群", "环卫群", secret="SECtest")
        server.secret = ""
        done = done + day.tell(server, NOW, "城中群", "环卫群", "严重群")
        assert (done.sent, done.failed) == (3, 0), done
        (city,), (clean,), (serious,) = server.texts["企业微信"], server.texts["钉钉"], server.texts["飞书"]
    assert "【交办】20261124-001 新正街 暴露垃圾 环卫所 截止 11-24 15:30" in city and "占道" not in city
    assert "20261124-001" in clean and "20261124-002 建设南路 占道经营 城管执法大队" in serious
    for text in (city, clean, serious):
        assert "13800000000" not in text and "@" not in text and "12号" not in text and "成堆" not in text
    assert day.shown("2026-11-24 09:07", "企业微信") == {"20261124-001·交办·城中群": ("已发送", "")}


def test_a_bot_s_notice_is_remembered_and_a_repeat_after_a_crash_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, ROW)
    day.tick("2026-11-24 09:05")
    with bot_server(NOW) as server:
        monkeypatch.setattr(Ledger, "settle", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            day.tell(server, NOW, "城中群")
        monkeypatch.undo()
        day.crash()
        day.tell(server, NOW + timedelta(minutes=1), "城中群")
        day.tell(server, NOW + timedelta(minutes=2), "城中群")
        first, second = server.texts["企业微信"]
    assert first == second, "the same message with the same number at its end, and no third"


def test_many_notices_are_few_messages_each_short_enough_and_slow_enough(tmp_path: Path) -> None:
    rows = [ROW.replace("12号", f"{n}号").replace("成堆", f"第{n}堆") for n in range(250)]
    day = Day(tmp_path, *rows)
    day.tick("2026-11-24 09:05")
    with bot_server(NOW) as server:
        now, sent = NOW, 0
        for _ in range(40):
            sent += day.tell(server, now, "城中群").sent
            now += timedelta(seconds=5)
            recent = [at for at in server.times["企业微信"] if now - at < timedelta(minutes=1)]
            assert len(recent) <= MOST_A_MINUTE
        assert sent == 250 and len(server.texts["企业微信"]) < 25
        assert sum(text.count("【交办】") for text in server.texts["企业微信"]) == 250


def test_dingtalk_is_left_alone_for_ten_minutes_after_it_said_too_fast(tmp_path: Path) -> None:
    day = Day(tmp_path, ROW)
    day.tick("2026-11-24 09:05")
    with bot_server(NOW, secret="SECtest") as server:
        server.blocked = NOW + timedelta(minutes=10)
        assert day.tell(server, NOW, "环卫群").later == 1
        for minutes in (1, 5, 9):
            day.tell(server, NOW + timedelta(minutes=minutes), "环卫群")
        assert len(server.asked) == 1
        assert day.tell(server, NOW + timedelta(minutes=10), "环卫群").sent == 1


@pytest.mark.parametrize(("minute", "goes"), [(29, 1), (30, 0), (31, 1), (0, 0), (1, 1)])
def test_feishu_is_not_rung_at_the_hour_and_the_half(tmp_path: Path, minute: int, goes: int) -> None:
    day = Day(tmp_path, ROW.replace("一般", "严重"))
    day.tick("2026-11-24 09:00")
    with bot_server(NOW) as server:
        assert day.tell(server, hour(f"2026-11-24 09:{minute:02d}"), "严重群").sent == goes


def test_a_bot_that_is_not_set_up_is_said_and_heard_later(tmp_path: Path) -> None:
    day = Day(tmp_path, ROW)
    day.tick("2026-11-24 09:05")
    done = Delivery()
    group_digests.deliver(day.ledger, {"城中群": Bot("城中群", "企业微信", "")}, NOW, done)
    shown = day.shown("2026-11-24 09:07", "企业微信")
    assert shown == {"20261124-001·交办·城中群": ("未发送", "群机器人的地址没有设置（环境变量）")}
    with bot_server(NOW) as server:
        assert day.tell(server, NOW + timedelta(minutes=5), "城中群").sent == 1


def test_a_group_that_is_new_hears_of_the_last_day_and_not_of_all_that_was(tmp_path: Path) -> None:
    old = ROW.replace("2026-11-24 09:00", "2026-11-20 09:00")
    day = Day(tmp_path, old, rules=load(TEXT))
    day.tick("2026-11-20 09:05")
    day.book.rules = RULES
    day.book.add("\n".join(["问题台账", "填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述",
                            "2026-11-24 08:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 新的"]))  # fmt: skip
    shown = day.shown("2026-11-24 09:05", "企业微信")
    assert list(shown) == ["20261124-001·交办·城中群"]
    assert list(day.shown("2026-11-24 16:00", "企业微信")) == ["20261124-001·交办·城中群", "20261124-001·超期·城中群"]


def test_old_news_is_not_told_after_a_bot_was_dumb_for_a_day(tmp_path: Path) -> None:
    day = Day(tmp_path, ROW)
    day.tick("2026-11-24 09:05")
    with bot_server(NOW) as server:
        assert day.tell(server, NOW + timedelta(days=1), "城中群").sent == 0 and server.asked == []
    shown = day.shown("2026-11-25 09:07", "企业微信")
    assert shown["20261124-001·交办·城中群"] == ("不再发送", "一天没有发出去，群里不再补发")


def test_a_group_hears_of_an_order_at_once_though_mails_wait(tmp_path: Path) -> None:
    """Plan 五·3: 即时发送至工作群."""
    day = Day(tmp_path, ROW)
    day.tick("2026-11-24 09:05")
    with bot_server(NOW) as server:
        assert day.tell(server, NOW, "城中群").sent == 1
    assert mails(day, NOW) == []
    assert mails(day, hour("2026-11-24 11:30")) == ["c01@xidu.example", "s03@xidu.example"]


def test_a_group_reads_one_line_a_problem(tmp_path: Path) -> None:
    day = Day(tmp_path, ROW)
    day.tick("2026-11-24 09:05")
    day.tick("2026-11-24 15:31")
    with bot_server(NOW) as server:
        assert day.tell(server, hour("2026-11-24 15:32"), "城中群").sent == 2
        (text,) = server.texts["企业微信"]
    assert text.splitlines()[:2] == [
        "街路长台账", "【超期】20261124-001 新正街 暴露垃圾 环卫所 截止 11-24 15:30"
    ]  # fmt: skip


# What a person wishes


def mails(day: Day, now: datetime) -> list[str]:
    with mail_server() as (server, url):
        deliver(day.ledger, Mailer(url, SENDER), now, asked=demanded(RULES))
        return sorted(str(letter["To"]) for letter in server.received)


def test_who_wishes_the_group_gets_no_mail_once_the_group_heard(tmp_path: Path) -> None:
    day = Day(tmp_path, ROW, rules=load(f"{AT_ONCE}\n{BOTS}"))
    day.tick("2026-11-24 09:05")
    Preferences(day.ledger).set("街路长01", "交办", "群")
    assert mails(day, NOW) == ["s03@xidu.example"], "not before it is known"
    with bot_server(NOW) as server:
        day.tell(server, NOW, "城中群")
    assert mails(day, NOW + timedelta(minutes=1)) == []
    state, reason = day.shown("2026-11-24 09:08", "邮件")["20261124-001·交办·街路长01"]
    assert (state, reason) == ("不再发送", "本人选择只看群消息，「城中群」已发")


@pytest.mark.parametrize("trouble", ["no group", "refused", "waits too long"])
def test_what_the_plan_demands_comes_by_mail_when_the_group_did_not_hear(tmp_path: Path, trouble: str) -> None:
    rules = load(AT_ONCE if trouble == "no group" else f"{AT_ONCE}\n{BOTS}")
    day = Day(tmp_path, ROW, rules=rules)
    day.tick("2026-11-24 09:05")
    Preferences(day.ledger).set("街路长01", "交办", "群")
    with bot_server(NOW) as server:
        server.force = (200, b'{"errcode": 40058}' if trouble == "refused" else b'{"errcode": 45009}')
        day.tell(server, NOW, "城中群")
    later = NOW + (timedelta(hours=1) if trouble == "waits too long" else timedelta(0))
    assert "c01@xidu.example" in mails(day, later)


def test_only_what_no_clause_demands_can_be_done_without(tmp_path: Path) -> None:
    assert {"交办", "升级", "上报"} <= demanded(RULES) and "超期" not in demanded(RULES)
    day = Day(tmp_path, ROW, rules=load(f"{AT_ONCE}\n{BOTS}"))
    day.tick("2026-11-24 09:05")
    for kind in ("交办", "超期"):
        Preferences(day.ledger).set("街路长01", kind, "不要")
    assert "c01@xidu.example" in mails(day, NOW)
    day.tick("2026-11-24 15:31")
    assert "c01@xidu.example" not in mails(day, hour("2026-11-24 15:32"))
    assert day.shown("2026-11-24 15:33", "邮件")["20261124-001·超期·街路长01"] == ("不再发送", "本人不要这一类通知")


def test_a_wish_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="没有「电话」这个选择"):
        Preferences(Day(tmp_path).ledger).set("街路长01", "交办", "电话")
