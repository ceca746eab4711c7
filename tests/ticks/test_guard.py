"""One item never stops the rest: each queue with an item that raises what nobody foresaw, and the others go through."""

from __future__ import annotations

import copy
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sync import archive_moves, tick
from sync import guard as guards
from sync.core.duties import duties
from sync.core.letters.addressees import Addressees
from sync.core.look import follow, people
from sync.core.look.letters.drafting import LETTERS, Drafting
from sync.core.look.scores.claims import Claims
from sync.core.look.scores.scoring import Scoring
from sync.core.memory import DUTIES, REQUESTS, ROSTER, SCORES
from sync.core.people import roster
from sync.core.sheet import rows
from sync.core.sheet.plan import appended
from sync.core.sheet.rows import Raw
from sync.guard import GAPS, REST, TITLE, Guard, sentences
from sync.intake import form_tools, pushes
from sync.intake.files.file_rows import FileProblem, read_rows
from sync.intake.pushes import PushIntake
from sync.ledger.ledger import Busy, Ledger
from sync.ledger.operations.failures import Failures
from sync.ledger.page_writes import PageWrites
from sync.outgoing import bots, group_digests
from sync.outgoing.bots import Bot
from sync.outgoing.mail import Mailer
from sync.outgoing.mail_text import Message, as_bytes
from sync.outgoing.outbox import Delivery, deliver
from sync.sheets import answers
from sync.sheets.answers import Verdict
from sync.sheets.gateway import Gateway
from sync.workbook.server import Request, Response
from tests.book import ZONE, bureau, hour, templates
from tests.bot_server import bot_server
from tests.intake.test_hooks import RULES, SAMPLE, push
from tests.live_book import LiveBook, name
from tests.mail_server import mail_server
from tests.outgoing.test_bots import Day
from tests.ticks.test_archive import october

NOW = hour("2026-11-24 11:40")
HEAD = "填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述"


class Killed(BaseException):
    """The process is gone."""


class Unforeseen(Exception):
    """Nothing in the product knows it."""


def odd(*_: object, **__: object) -> Any:
    raise Unforeseen


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", "县", ZONE)


# The mechanism
def test_tries_grow_apart_and_end_by_name(ledger: Ledger) -> None:
    told: list[str] = []
    now, hours = NOW, []
    for _ in range(8):
        Guard(ledger, 8, now).handle("推送", "甲", odd, told.append)
        (failure,) = Failures(ledger).all()
        hours.append(failure.next_try - now)
        assert Guard(ledger, 8, failure.next_try - timedelta(seconds=1)).waits("推送", "甲")
        now = failure.next_try
    assert hours == [*GAPS, GAPS[-1], REST]
    assert told == ["处理时出错（Unforeseen），试了 8 次都没有成功，不再试"]
    assert "「甲」出错 8 次（Unforeseen），已放弃" in sentences(Failures(ledger).all(), NOW)[f"{TITLE}：推送"]


def test_an_item_that_goes_through_is_forgotten(ledger: Ledger) -> None:
    Guard(ledger, 8, NOW).handle("推送", "甲", odd)
    assert Guard(ledger, 8, NOW + GAPS[0]).handle("推送", "甲", lambda: 7) == 7
    assert Failures(ledger).all() == []


def test_another_release_tries_again_what_was_given_up(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    Guard(ledger, 1, NOW).handle("推送", "甲", odd)
    assert Guard(ledger, 1, NOW).handle("推送", "甲", lambda: 7) is None
    monkeypatch.setattr(guards, "RELEASE", "another")
    assert Guard(ledger, 1, NOW).handle("推送", "甲", lambda: 7) == 7


def test_an_item_that_left_its_queue_is_told_no_more(ledger: Ledger) -> None:
    Guard(ledger, 8, NOW).handle("推送", "甲", odd)
    failures = Failures(ledger).all()
    assert sentences(failures, NOW + timedelta(hours=24)) and not sentences(failures, NOW + timedelta(hours=25))
    Guard(ledger, 8, NOW + timedelta(days=2)).handle("推送", "乙", odd)
    assert [failure.item for failure in Failures(ledger).all()] == ["乙"]


def test_what_is_no_item_s_fault_is_raised(ledger: Ledger) -> None:
    def busy() -> None:
        raise Busy

    with pytest.raises(Busy):
        Guard(ledger, 8, NOW).handle("推送", "甲", busy)
    assert Failures(ledger).all() == []


def test_items_together_fall_apart_where_one_fails(ledger: Ledger) -> None:
    done: list[str] = []

    def send(items: list[str]) -> None:
        if "乙" in items:
            raise Unforeseen
        done.extend(items)

    guard = Guard(ledger, 8, NOW)
    guard.handle_all("推送", ["甲", "乙", "丙"], str, send)
    assert done == ["甲", "丙"] and [failure.item for failure in Failures(ledger).all()] == ["乙"]
    guard.handle_all("推送", ["甲", "乙"], str, send)
    assert done == ["甲", "丙", "甲"], "and the one that waits does not keep the others apart"


# Every queue
def entry(number: int, text: str) -> dict[str, Any]:
    body = copy.deepcopy(SAMPLE)
    body["entry"] |= {"serial_number": number, "field_6": text}
    return body


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    made = LiveBook(tmp_path)
    made.rules = RULES
    return made


def failing_row(hook: Any, tab: Any, fields: Any, at: Any, zone: Any) -> Any:
    if fields["field_6"] == "坏的":
        raise Unforeseen
    return form_tools.row(hook, tab, fields, at, zone)


def failing_write(layout: Any, rows: Any) -> Any:
    rows = list(rows)
    if any(row["text"] == "坏的" for row in rows):
        raise Unforeseen
    return appended(layout, rows)


@pytest.mark.parametrize("step", [failing_row, failing_write], ids=lambda step: step.__name__)
def test_a_push_that_fails_stops_no_other(live: LiveBook, monkeypatch: pytest.MonkeyPatch, step: Any) -> None:
    for number, text in enumerate(("好一", "坏的", "好二"), start=1):
        push(live, entry(number, text))
    pretend = SimpleNamespace(**vars(form_tools))
    pretend.row = step if step is failing_row else form_tools.row
    monkeypatch.setattr(pushes, "form_tools", pretend)
    monkeypatch.setattr(pushes, "appended", step if step is failing_write else appended)
    for n in range(3):
        PushIntake(live.gateway, live.ledger, RULES).work(NOW + timedelta(hours=n))
    assert {text for (text,) in live.rows("问题台账", "问题描述")} == {"好一", "好二"}
    assert Failures(live.ledger).all()[0].error == "Unforeseen"
    monkeypatch.undo()
    PushIntake(live.gateway, live.ledger, RULES).work(NOW + timedelta(hours=30))
    assert {text for (text,) in live.rows("问题台账", "问题描述")} >= {"好一", "坏的", "好二"}, "nothing is lost"
    assert Failures(live.ledger).all() == []


def test_a_photo_that_fails_leaves_its_link_and_its_row_comes_in(live: LiveBook) -> None:
    body = entry(1, "有照片")
    body["entry"]["field_3"] = ["https://files.example.cn/a.jpg"]
    push(live, body)
    push(live, entry(2, "没有照片"))

    class Server:
        def get(self, *_: object) -> bytes:
            return b"x"

    for n in range(12):
        PushIntake(live.gateway, live.ledger, RULES, store_photo=odd, fetcher=Server()).work(  # type: ignore[arg-type]
            NOW + timedelta(hours=8 * n)
        )
    assert {text for (text,) in live.rows("问题台账", "问题描述")} == {"有照片", "没有照片"}
    assert live.rows("问题台账", "照片")[0] == ("https://files.example.cn/a.jpg",)


def test_a_message_to_a_group_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = Day(tmp_path, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 一般 | 甲")
    day.tick("2026-11-24 09:05")
    real = Bot.send

    def send(bot: Bot, text: str, now: Any) -> None:
        if bot.name == "城中群":
            raise Unforeseen
        real(bot, text, now)

    monkeypatch.setattr(bots.Bot, "send", send)
    with bot_server(hour("2026-11-24 09:06"), secret="SECtest") as server:
        done = day.tell(server, hour("2026-11-24 09:06"), "城中群", "环卫群")
    assert done.sent == 1 and server.texts["钉钉"] and not server.texts["企业微信"]
    assert [failure.queue for failure in Failures(day.ledger).all()] == [group_digests.QUEUE]


def test_a_mail_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = Day(tmp_path, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 12号 | 暴露垃圾 | 一般 | 甲")
    day.tick("2026-11-24 09:05")

    def attached(notice: Any) -> Any:
        if notice.to == "街路长01":
            raise Unforeseen
        return ()

    with mail_server() as (mails, url):
        done: Delivery = deliver(day.ledger, Mailer(url, "a@b.cn"), hour("2026-11-24 11:30"), attachments=attached)
    assert done.sent == len(mails.received) == 1
    monkeypatch.undo()
    assert as_bytes(Message("a@b.cn", "x", "y", "z"), "a@b.cn")


def unseen_answer(request: Request, response: Response) -> Response | None:
    """The process dies over the answer to its write."""
    if name(request) == "write":
        raise Killed
    return None


@pytest.mark.parametrize("step", ["fell", "note"])
def test_a_page_s_write_of_which_nobody_can_tell_where_it_fell_stops_no_look(
    live: LiveBook, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """``note``: what the ledger holds of it can't be read."""
    live.add("\n".join(["问题台账", HEAD, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 甲"]))
    live.settle("2026-11-24 09:05")
    live.after = unseen_answer
    verdict: dict[str, Raw] = {"verified": "返工", "verifier": "标准化办01"}
    with pytest.raises(Killed):
        answers.write(live.gateway, live.ledger, Verdict("20261124-001", verdict, lambda _: ""))
    live.restart()
    place = (answers, "outcome") if step == "fell" else (PageWrites, "_structured")
    monkeypatch.setattr(*place, odd)
    live.add("\n".join(["问题台账", HEAD, "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 乙"]))
    live.settle("2026-11-24 09:06")
    assert live.rows("问题台账", "编号") == [("20261124-001",), ("20261124-002",)]
    answers.write(live.gateway, live.ledger, Verdict("20261124-002", verdict, lambda _: ""))
    assert live.rows("问题台账", "复核结果") == [("返工",), ("返工",)], "nor a page"
    (failure,) = Failures(live.ledger).all()
    assert failure.queue == tick.WRITES
    now = failure.next_try
    for _ in range(9):
        live.settle(f"{now:%Y-%m-%d %H:%M}")
        now += GAPS[-1]
    assert not live.ledger.page_writes.numbers(), "it is given up"


def test_a_look_s_write_of_which_nobody_can_tell_where_it_fell_stops_no_look(
    live: LiveBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.add("\n".join(["问题台账", HEAD, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 甲"]))
    live.after = unseen_answer
    with pytest.raises(Killed):
        live.settle("2026-11-24 09:05")
    live.restart()
    monkeypatch.setattr(Gateway, "fell", odd)
    live.settle("2026-11-24 09:06")
    assert live.rows("问题台账", "编号", "状态") == [("20261124-001", "待整改")]
    told = sentences(Failures(live.ledger).all(), hour("2026-11-24 09:06"))
    assert told[f"{TITLE}：{tick.WRITES}"].startswith("「上一轮校验的写入」出错 1 次（Unforeseen）")


def test_an_archive_move_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = october(LiveBook(tmp_path))
    real = archive_moves._move

    def move(gateway: Any, ledger: Any, now: Any, title: str, rows: Any, *, step: Any) -> Any:
        if any(row.cells.get("text") == "甲" for row in rows):
            raise Unforeseen
        return real(gateway, ledger, now, title, rows, step=step)

    monkeypatch.setattr(archive_moves, "_move", move)
    for n in range(12):
        live.settle(f"2027-01-10 21:{n:02d}")
    archived = live.book.worksheet("问题台账2026").get_all_records()
    assert sorted(str(row["问题描述"]) for row in archived) == ["=丁", "乙"]
    assert "甲" in [row[0] for row in live.rows("问题台账", "问题描述")]
    failures = {failure.item for failure in Failures(live.ledger).all()}
    assert failures == {archive_moves.TOGETHER, "20261012-001"}


def test_a_row_of_a_file_that_fails_is_named_with_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def read(raw: Any, *_: object) -> Any:
        if raw == "坏":
            raise Unforeseen
        return raw, ""

    monkeypatch.setitem(rows.READERS, "choice", read)  # type: ignore[arg-type]
    path = tmp_path / "a.csv"
    path.write_text("填报时间,填报人,类型\n2026-11-24,甲,坏\n2026-11-24,乙,巡查\n2026-11-24,丙,坏\n", "utf-8")
    with pytest.raises(FileProblem) as caught:
        read_rows(path, templates()["duties"], None, ZONE)
    (problem,) = [problem for problem in caught.value.problems if "Unforeseen" in problem]
    assert problem.startswith("第 2、4 行 C 列「类型」")


def test_an_issue_that_fails_is_left_as_it_was_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    book = bureau().add("\n".join(["问题台账", HEAD,
        "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 甲",
        "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 乙"]))  # fmt: skip
    book.settle("2026-11-24 09:05")
    before, real = book.rows("问题台账", "编号", "状态", "截止时间"), follow._follow
    points = book.rows("扣分明细", "明细号", "分值")

    def failing(step: Any, row: Any, belonging: Any) -> Any:
        if row.cells.get("text") == "甲":
            raise Unforeseen
        return real(step, row, belonging)

    monkeypatch.setattr(follow, "_follow", failing)
    book.type("问题台账", 1, "位置", "换了地方")
    fix = {"填报人": "街路长01", "编号": "20261124-001", "处理情况": "已整改", "整改后照片": "a.jpg"}
    book.row("整改反馈", {"填报时间": "2026-11-24 10:00", **fix})
    book.add("\n".join(["问题台账", HEAD, "2026-11-24 10:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 丙"]))
    decision = book.tick("2026-11-24 10:05")
    assert [failed.item for failed in decision.failures] == ["20261124-001"]
    after = book.rows("问题台账", "编号", "状态", "截止时间")
    assert after[:2] == before and after[2][0] == "20261124-003"
    assert set(points) <= set(book.rows("扣分明细", "明细号", "分值")), "its points stay"
    assert book.rows("整改反馈", "校验") == [("",)], "its number is known"
    monkeypatch.undo()
    book.settle("2026-11-24 10:10")
    assert book.rows("问题台账", "状态")[0] == ("待复核",)


def test_a_new_row_that_fails_leaves_its_number_to_the_next_and_is_left_out_alone(
    live: LiveBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number that it was about to get goes to the next row, which is not the one that waits."""
    real = follow._follow

    def failing(step: Any, row: Any, belonging: Any) -> Any:
        if row.cells.get("text") == "坏的":
            raise Unforeseen
        return real(step, row, belonging)

    monkeypatch.setattr(follow, "_follow", failing)
    live.add("\n".join(["问题台账", HEAD,
        "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 坏的",
        "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 好的"]))  # fmt: skip
    live.settle("2026-11-24 09:05")
    assert live.rows("问题台账", "编号") == [("",), ("20261124-001",)]
    (failure,) = Failures(live.ledger).all()
    live.type("问题台账", 2, "街路", "没有这条路")
    live.settle("2026-11-24 09:05")
    assert "没有这条路" in live.rows("问题台账", "校验")[1][0], "the good row is still looked at"
    told = sentences([failure], hour("2026-11-24 09:05"))[f"{TITLE}：问题"]
    assert told.startswith("「2026-11-24 09:00、督查01、督查、新正街"), told
    monkeypatch.undo()
    live.settle("2026-11-24 09:07")
    assert live.rows("问题台账", "编号") == [("20261124-002",), ("20261124-001",)]
    assert Failures(live.ledger).all() == []


CLAIMS = "\n".join(["申请审批", "申请时间 | 申请人 | 类型 | 对象 | 分值 | 理由 | 批复 | 批复人 | 批复时间",
    "2026-11-24 09:00 | 标准化办01 | 加减分 | 新正街 | -2 | 坏的 | 同意 | 办公室01 | 2026-11-24 09:01",
    "2026-11-24 09:00 | 标准化办01 | 加减分 | 联胜路 | 2 | 好的 | 同意 | 办公室01 | 2026-11-24 09:01"])  # fmt: skip


@pytest.mark.parametrize("step", ["_awarded", "_checked", "_still", "line_id"])
def test_a_claim_that_fails_stops_no_other_and_keeps_its_points(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    book = bureau().add(CLAIMS)
    if step == "_still":
        book.settle("2026-11-24 09:05")
    real = getattr(Claims, step)

    def failing(claims: Claims, row: Any, *more: Any) -> Any:
        if row.cells.get("reason") == "坏的":
            raise Unforeseen
        return real(claims, row, *more)

    monkeypatch.setattr(Claims, step, failing)
    book.add("\n".join(["问题台账", HEAD, "2026-11-24 10:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 丙"]))
    decision = book.tick("2026-11-24 10:05")
    assert {failed.queue for failed in decision.failures} == {REQUESTS}
    assert [type(failed.error) for failed in decision.failures] == [Unforeseen]
    book.settle("2026-11-24 10:06")
    assert book.rows("问题台账", "编号")[-1] == ("20261124-001",)
    lines = [line for line in book.rows("扣分明细", "对象", "规则", "分值") if line[1] == "加减分"]
    assert sorted(line[0] for line in lines) == (["新正街", "联胜路"] if step == "_still" else ["联胜路"])
    monkeypatch.undo()
    book.settle("2026-11-24 10:10")
    lines = [line for line in book.rows("扣分明细", "对象", "规则", "分值") if line[1] == "加减分"]
    assert sorted(line[0] for line in lines) == sorted(["新正街", "联胜路"])


def test_a_row_of_duties_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["2026-11-24 09:00 | 街路长01 | 巡查 | 新正街 | 坏的", "2026-11-24 09:00 | 街路长02 | 巡查 | 联胜路 | 好的"]
    book = bureau().add("\n".join(["履职记录", "填报时间 | 填报人 | 类型 | 街路 | 内容", *rows]))
    real = duties.day_of

    def day_of(row: Any, *more: Any) -> Any:
        if "坏的" in row.cells.values():
            raise Unforeseen
        return real(row, *more)

    monkeypatch.setattr(duties, "day_of", day_of)
    book.add("\n".join(["问题台账", HEAD, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 丙"]))
    decision = book.tick("2026-11-24 10:05")
    assert [(failed.queue, type(failed.error)) for failed in decision.failures] == [(DUTIES, Unforeseen)]
    book.settle("2026-11-24 10:06")
    assert book.rows("问题台账", "编号") == [("20261124-001",)]
    assert [check for (check,) in book.rows("履职记录", "校验")] != [], "the rows stand"
    monkeypatch.undo()
    assert book.settle("2026-11-24 10:10")[-1].failures == ()


def test_a_row_of_the_roster_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    book = bureau().add("""人员调整
        申请时间 | 申请人 | 类型 | 街路 | 新街路长 | 生效日期 | 理由 | 支部意见 | 指挥长意见
        2026-11-23 09:00 | 标准化办01 | 调整 | 新正街 | 街路长02 | 2026-11-24 | 坏的 | 同意 | 同意""")
    real = roster.read_change

    def read_change(cells: Any) -> Any:
        if "坏的" in cells.values():
            raise Unforeseen
        return real(cells)

    monkeypatch.setattr(roster, "read_change", read_change)
    monkeypatch.setitem(people.TABS, "changes", read_change)
    book.add("\n".join(["问题台账", HEAD, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 丙"]))
    decision = book.tick("2026-11-24 10:05")
    assert [(failed.queue, type(failed.error)) for failed in decision.failures] == [(ROSTER, Unforeseen)]
    book.settle("2026-11-24 10:06")
    assert book.rows("问题台账", "编号") == [("20261124-001",)]


@pytest.mark.parametrize("step", ["_street", "_bases", "_table", "_closings", "_visits"])
def test_scores_that_fail_stay_as_they_are_and_the_issues_go_on(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    report = "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 甲"
    book = bureau().add("\n".join(["问题台账", HEAD, report]))
    book.settle("2026-11-24 09:05")
    before = [book.rows(tab, "对象", "月份") for tab in ("月度考核", "扣分明细")]
    assert all(before)
    monkeypatch.setattr(Scoring, step, odd)
    book.add("\n".join(["问题台账", HEAD, report.replace("新正街", "联胜路")]))
    decision = book.tick("2026-11-24 10:05")
    assert [(failed.queue, type(failed.error)) for failed in decision.failures] == [(SCORES, Unforeseen)]
    assert not decision.seals
    book.settle("2026-11-24 10:06")
    assert [number for (number,) in book.rows("问题台账", "编号")] == ["20261124-001", "20261124-002"]
    assert [book.rows(tab, "对象", "月份") for tab in ("月度考核", "扣分明细")] == before
    monkeypatch.undo()
    assert book.settle("2026-11-24 10:10")[-1].failures == ()


@pytest.mark.parametrize("step", ["_completed", "_still", "_with", "_noted"])
def test_a_letter_that_cannot_be_drafted_stops_no_other(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    book = bureau().add("\n".join(["问题台账", HEAD,
        "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 严重 | 甲",
        "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 路面破损 | 严重 | 乙"]))  # fmt: skip
    real = getattr(Drafting, step)

    def failing(drafting: Drafting, *given: Any) -> Any:
        if "路面破损" in str(given) or "20261124-002" in str(given[0]):
            raise Unforeseen
        return real(drafting, *given)

    monkeypatch.setattr(Drafting, step, failing)
    decisions = [decision for at in ("2026-11-24 09:05", "2026-11-26 16:00", "2026-11-26 16:01")
                 for decision in book.settle(at)]  # fmt: skip
    failures = {(failed.queue, type(failed.error)) for decision in decisions for failed in decision.failures}
    assert failures <= {(LETTERS, Unforeseen)}
    assert failures or step == "_completed"
    assert any("环卫所" in to for (to,) in book.rows("督办台账", "主送"))


def test_a_letter_that_fails_stops_no_other_and_no_issue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveBook(tmp_path)
    live.add("\n".join(["问题台账", HEAD,
        "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 严重 | 甲",
        "2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 路面破损 | 严重 | 乙"]))  # fmt: skip
    real = Addressees.told

    def told(people: Addressees, letter: Any, now: Any) -> Any:
        if letter.unit == "市政处":
            raise Unforeseen
        return real(people, letter, now)

    monkeypatch.setattr(Addressees, "told", told)
    for at in ("2026-11-24 09:05", "2026-11-26 16:00", "2026-11-26 16:01"):
        live.settle(at)
    letters = live.rows("督办台账", "主送", "状态")
    assert {unit for unit in ("环卫所", "市政处") if any(unit in to for to, _ in letters)} == {"环卫所", "市政处"}
    notices = live.rows("通知记录", "类型", "内容")
    assert [text for kind, text in notices if kind == "待签发" and "环卫所" in text]
    assert not [text for kind, text in notices if kind == "待签发" and "市政处" in text]
    assert {failure.queue for failure in Failures(live.ledger).all()} == {"督办函"}
    monkeypatch.undo()
    live.settle("2026-11-26 17:30")
    assert Failures(live.ledger).all() == []


def test_a_tab_at_which_giving_back_fails_is_skipped_and_the_others_go_on(
    live: LiveBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.add("\n".join(["问题台账", HEAD, "2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 甲"]))
    written: list[int] = []

    def before(request: Request) -> Response | None:
        if name(request) == "write" and not written:
            written.append(1)
            live.book.worksheet("问题台账").insert_row([], 2)
        return None

    live.before = before
    with monkeypatch.context() as patch:
        patch.setattr("sync.core.look.reading.uncover", odd)
        live.settle("2026-11-24 09:06")
        live.add("\n".join(["履职记录", "填报时间 | 填报人 | 类型 | 街路",
                            "2026-11-24 09:06 | 街路长01 | 巡查 | 没有这条路"]))  # fmt: skip
        live.settle("2026-11-24 09:07")
        assert "没有这条路" in live.rows("履职记录", "校验")[0][0], "the other tabs go on"
        status = dict(live.rows("运行状态", "项目", "内容"))
        assert "程序出错" in status["表格：问题台账"]
        assert [failure.name for failure in Failures(live.ledger).all()] == ["问题台账"]
    live.settle("2026-11-24 09:20")
    assert live.rows("问题台账", "编号", "问题描述") == [("20261124-001", "甲")]
    assert Failures(live.ledger).all() == []
