"""The mails that went out: kept as they were sent, shown to those who oversee, let go in time; the demo's mailbox."""

from __future__ import annotations

import mailbox
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from sync.core.notices.notices import IN_DEMO, SENT
from sync.core.rules.sections import Keep
from sync.ledger.operations.retention import Retention
from sync.ledger.records import SentMail
from sync.ledger.sent.mails import Mails
from sync.operations import personal
from sync.outgoing.mail import Failure
from sync.outgoing.mail_text import Message
from sync.outgoing.mailbox import DemoMailbox
from tests.book import ZONE, hour
from tests.mail_server import mail_server
from tests.web_server import OPERATOR, WebServer, web_server

AT = "2026-11-24 09:06"
ISSUE = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
2026-11-24 09:00 | 标准化办01 | 督查 | 联胜路 | 桥头<script>alert(1)</script> | 暴露垃圾 | 严重 | <img src="https://elsewhere.example/x.png">垃圾
"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[WebServer]:
    """A demo without a mail server, whose notices went out."""
    with web_server(tmp_path) as running:
        running.service.ledger.begin_demo()
        send(running)
        yield running


def send(served: WebServer) -> None:
    served.add(ISSUE)
    served.tick("2026-11-24 09:05")
    served.service.deliver(hour(AT))
    served.tick("2026-11-24 09:07")


def states(served: WebServer) -> set[str]:
    return {state for (state,) in served.rows("通知记录", "状态")}


def get(served: WebServer, person: str, address: str) -> tuple[int, str, dict[str, str]]:
    answer = served.enter(person).get(f"{served.url}{address}", timeout=20)
    return answer.status_code, answer.text, dict(answer.headers)


def listed(served: WebServer, query: str = "") -> list[str]:
    """The ids of the mails that the page lists."""
    return re.findall(r'href="/mails/([0-9a-f]{32})"', get(served, OPERATOR, f"/mails{query}")[1])


def test_in_a_demo_mails_lie_in_a_maildir_and_the_register_says_so(demo: WebServer) -> None:
    assert states(demo) == {IN_DEMO}
    box = mailbox.Maildir(demo.folder / "data" / "mail", create=False)
    mails = [message_from_bytes(bytes(mail), policy=policy.default) for mail in box]
    assert len(mails) == len(listed(demo)) >= 2
    for mail in mails:
        assert mail["From"].addresses[0].addr_spec == "jielu@xidu.example"
        assert mail["Date"].datetime == hour(AT)
        body = mail.get_body(("html",))
        assert body is not None and "20261124-001" in body.get_content()


def test_only_a_demo_has_the_mailbox(tmp_path: Path) -> None:
    with web_server(tmp_path) as served:
        assert served.service.mailer is None
        send(served)
        assert states(served) == {"未发送"} and not (served.folder / "data" / "mail").exists()
        assert listed(served) == []


def test_a_demo_with_a_mail_server_sends_by_it(tmp_path: Path) -> None:
    sender = "jielu@xidu.example"
    with mail_server() as (mails, url), web_server(tmp_path, JIELU_SMTP=url, JIELU_MAIL_FROM=sender) as served:
        served.service.ledger.begin_demo()
        send(served)
        assert states(served) == {SENT} and not (served.folder / "data" / "mail").exists()
        ids = listed(served)
        assert len(ids) == len(mails.received) >= 2
        assert "演示信箱" not in get(served, OPERATOR, f"/mails/{ids[0]}")[1]


@pytest.mark.parametrize("person", ["街路长02", "支部书记04", "指挥长02"])
def test_mails_of_others_are_shown_to_nobody_else(demo: WebServer, person: str) -> None:
    mail = listed(demo)[0]
    for address in ("/mails", f"/mails/{mail}", f"/mails/{mail}/body"):
        status, page, _ = get(demo, person, address)
        assert status == 403 and "20261124-001" not in page
    number = next(iter(demo.service.ledger.memory().notices))
    assert "/mails/" not in get(demo, person, f"/notices/history/{number}")[1]


def test_markup_of_people_stays_text_in_list_and_mail(demo: WebServer) -> None:
    subject = "".join(mail.subject for mail in Mails(demo.service.ledger).page("", "", 0, 9).mails)
    assert "<script>alert(1)</script>" in subject
    for address in ("/mails", *(f"/mails/{mail}{end}" for mail in listed(demo) for end in ("", "/body"))):
        status, page, _ = get(demo, OPERATOR, address)
        assert status == 200
        assert "<script>alert" not in page and "<img" not in page, address
        assert "&lt;script&gt;alert(1)" in page or address.endswith("body"), address


def test_a_mail_stands_in_a_frame_that_runs_and_loads_nothing(demo: WebServer) -> None:
    mail = listed(demo)[0]
    _, page, _ = get(demo, OPERATOR, f"/mails/{mail}")
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame and f'src="/mails/{mail}/body"' in frame[0]
    assert re.search(r'sandbox="([^"]*)"', frame[0])[1].split() == [  # type: ignore[index]
        "allow-popups", "allow-popups-to-escape-sandbox",
    ]  # fmt: skip
    _, body, headers = get(demo, OPERATOR, f"/mails/{mail}/body")
    told = {part.split()[0]: part.split()[1:] for part in headers["Content-Security-Policy"].split(";")}
    assert told["default-src"] == ["'none'"] and told["frame-ancestors"] == ["'self'"]
    assert "allow-scripts" not in told["sandbox"] and "allow-same-origin" not in told["sandbox"]
    assert headers["Cache-Control"] == "no-store" and '<base target="_blank">' in body


def test_a_mail_that_came_from_elsewhere_is_shown_without_harm(demo: WebServer) -> None:
    """What stands in the table may be of another version, or damaged."""
    odd = SentMail(
        "f" * 32, "<b>甲</b>", 'a@b.cn"><i>', hour(AT), "主题<svg onload=x>\n第二行", "\x00<p>没有头", ("<a>.docx",)
    )
    ledger = demo.service.ledger
    with ledger.engine.begin() as db:
        ledger.records.put_mail(db, odd)
    status, page, _ = get(demo, OPERATOR, f"/mails/{odd.id}")
    assert status == 200 and "<svg" not in page and "<i>" not in page and "<a>.docx" not in page
    assert get(demo, OPERATOR, f"/mails/{odd.id}/body")[0] == 200
    assert "<b>甲" not in get(demo, OPERATOR, "/mails")[1]


def test_the_list_is_narrowed_by_person_and_by_notice(demo: WebServer) -> None:
    demo.add(ISSUE.replace("2026-11-24 09:00", "2026-11-24 09:10").replace("联胜路", "新正街"))
    demo.tick("2026-11-24 09:15")
    demo.service.deliver(hour("2026-11-24 09:16"))
    mails = Mails(demo.service.ledger)
    everybody = listed(demo)
    assert [mails.mail(mail).person for mail in listed(demo, "?person=街路长02")] == ["街路长02"]  # type: ignore[union-attr]
    second = listed(demo, "?notice=20261124-002")
    assert second and set(second) < set(everybody)
    assert all("20261124-002" in mails.mail(mail).html for mail in second)  # type: ignore[union-attr]
    assert listed(demo, "?notice=20261124-002·交办·街路长01") == listed(demo, "?notice=20261124-002&person=街路长01")
    assert listed(demo, "?notice=%25") == [] and listed(demo, "?person=没有这个人") == []
    assert get(demo, OPERATOR, "/mails?notice=%00&from=99999999999")[0] == 200
    newest = [mails.mail(mail).at for mail in everybody]  # type: ignore[union-attr]
    assert newest == sorted(newest, reverse=True)


def test_a_long_list_goes_on_page_by_page(demo: WebServer) -> None:
    ledger = demo.service.ledger
    with ledger.engine.begin() as db:
        for n in range(120):
            at = hour("2026-11-20 09:00") - timedelta(minutes=n)
            ledger.records.put_mail(db, SentMail(f"{n:032x}", "街路长09", "c09@xidu.example", at, f"第{n}封", ""))
    pages = [listed(demo, f"?person=街路长09&from={start}") for start in (0, 50, 100)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [mail for page in pages for mail in page] == [f"{n:032x}" for n in range(120)]
    assert "较早的" not in get(demo, OPERATOR, "/mails?person=街路长09&from=100")[1]


def test_a_notice_leads_to_its_mail_and_the_mail_to_its_notices(demo: WebServer) -> None:
    mail = Mails(demo.service.ledger).page("", "", 0, 1).mails[0]
    notice = next(iter(Mails(demo.service.ledger).notices(mail.id)))
    assert f'href="/mails/{mail.id}"' in get(demo, OPERATOR, f"/notices/history/{notice.number}")[1]
    assert "/notices/history/" in get(demo, OPERATOR, f"/mails/{mail.id}")[1]
    assert get(demo, OPERATOR, "/mails/none")[0] == 404


def test_a_login_link_is_kept_nowhere(demo: WebServer) -> None:
    """It opens a session: the mailbox of the demo has it, as its receiver does, the list of mails never."""
    before = listed(demo)
    answer = demo.enter(OPERATOR).post(f"{demo.url}/people/mail", data={"name": "街路长02"}, timeout=20)
    assert answer.status_code == 200 and listed(demo) == before


def test_purge_lets_mails_go_and_keeps_their_notices(demo: WebServer) -> None:
    ledger, count = demo.service.ledger, len(listed(demo))
    notices = len(ledger.memory().notices)
    kind = "发出的邮件（通知还在通知记录里）"
    for days, gone in ((179, 0), (181, count)):
        now = hour(AT) + timedelta(days=days)
        assert {over.kind: over.count for over in Retention(ledger).purge(Keep(), now, dry_run=False)}[kind] == gone
    assert listed(demo) == [] and len(ledger.memory().notices) == notices
    file = next((demo.folder / "data" / "mail" / "new").iterdir())
    os.utime(file, (1, 1))
    done = {over.kind: over.count for over in personal.purge(demo.service, datetime.now(ZONE), dry_run=False)}
    assert done["演示信箱里的邮件"] == 1 and not file.exists()


def test_what_is_held_of_a_person_names_his_mails(demo: WebServer) -> None:
    told = [row for row in Retention(demo.service.ledger).doings_of("街路长02") if row[0] == "收到的邮件"]
    assert len(told) == 1 and "20261124-001" in told[0][2]


def test_a_mailbox_that_can_t_be_written_keeps_the_notices_waiting(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file in its place")
    with DemoMailbox(tmp_path / "mail").open() as box, pytest.raises(Failure, match="写不进演示信箱"):
        box.send(Message("a@b.cn", "主题", "内容", "1"))


def test_letters_that_lie_in_the_mailbox_count_as_delivered(demo: WebServer) -> None:
    """As those that a mail server took: the demo's units get their letters."""
    demo.tick("2026-11-24 17:35")
    demo.tick("2026-11-25 09:00")
    letters = demo.rows("督办台账", "函号", "状态")
    draft = next(name for name, state in letters if state == "待签发")
    sheet = demo.book.worksheet("督办台账")
    heads, row = sheet.row_values(1), [name for name, _ in letters].index(draft) + 2
    sheet.update_cell(row, heads.index("签发人") + 1, "办公室01")
    demo.tick("2026-11-25 09:05")
    demo.service.deliver(hour("2026-11-25 11:30"))
    demo.tick("2026-11-25 11:31")
    assert "已送达" in {state for _, state in demo.rows("督办台账", "函号", "状态")}
