"""The simulated month, whole: recomputed by other arithmetic (``tests.arithmetic``), then letters, appeals, changes,
seal, quarter and year, drift and the check of an exported file."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import gspread
import pytest
from click.testing import CliRunner

from sync import archive_moves
from sync.cli.main import main
from sync.core.letters.letters import Letter
from sync.core.look.decide import decide, recall
from sync.core.look.decide import look as look_at
from sync.core.memory import Decision, Memory, Tables
from sync.core.sheet.values import serials
from sync.core.views.issue import explain, reasons
from sync.core.views.periods import verification
from sync.demo import demo
from sync.intake.files import file_rows, sealed_file
from sync.outgoing.mail_text import Message, as_bytes, subject
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up
from sync.workbook import transport
from tests import comparison
from tests.arithmetic import LIMITS, Given, Month, Report, after, reckon
from tests.book import ZONE, hour
from tests.demo_month import DemoMonth, inspected
from webhook import access, server
from webhook.access import Site

UNTIL = hour("2026-11-24 16:00")


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-10-08 09:00", "2wh", "2026-10-08 11:00"),
        ("2026-11-24 16:00", "4wh", "2026-11-25 10:30"),
        ("2026-11-21 10:00", "2wh", "2026-11-23 10:00"),
        ("2026-11-20 09:00", "3wd", "2026-11-25 17:30"),
        ("2026-10-09 17:00", "2wh", "2026-10-10 09:30"),
        ("2026-11-24 23:00", "2h", "2026-11-25 01:00"),
    ],
)
def test_the_other_arithmetic_is_right_itself(start: str, limit: str, due: str) -> None:
    assert after(hour(start), limit) == hour(due)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The demo's month, played to its end."""
    one = Service(Settings.read({"JIELU_DATA": str(tmp_path_factory.mktemp("month")), "JIELU_SECRET": "tests"}))
    set_up.build(one.gateway, one.rules())
    demo.run(one, UNTIL, progress=False)
    yield one
    one.close()


def cells(service: Service, key: str) -> list[dict[str, Any]]:
    table = service.gateway.read()[key]
    headers = {column.header: column.key for column in service.templates[key].columns}
    names = [headers.get(header, header) for header in table.header]
    return [dict(zip(names, row, strict=False)) for row in table.rows if any(one not in ("", None) for one in row)]


def add(service: Service, key: str, *rows: dict[str, Any]) -> None:
    file_rows.append(service.client, service.workbook, service.templates[key], list(rows))


def serial(text: str) -> float:
    return serials.from_datetime(hour(text), ZONE)


def test_every_mail_of_the_month_is_read_back_by_another_reader(service: Service) -> None:
    notices = [sent.notice for sent in service.ledger.memory().notices.values()]
    mails = [
        Message("a@b.cn", notice.subject, notice.text, "0" * 32, files=((f"{notice.subject[:40]}.docx", b"x"),))
        for notice in notices
    ]
    assert len(mails) > 1500
    sent = json.dumps([base64.b64encode(as_bytes(mail, "街路长台账 <a@b.cn>")).decode() for mail in mails])
    script = Path(__file__).parents[1] / "js" / "read_mails.js"
    done = subprocess.run(["node", str(script)], input=sent, capture_output=True, text=True, check=True, timeout=120)
    wanted = [[subject(mail.subject), "街路长台账", [subject(mail.files[0][0])], mail.text] for mail in mails]
    assert [[*read[:3], read[3].rstrip("\n")] for read in json.loads(done.stdout)] == wanted


TOLD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) 起计，时限(.+?)，第一次定为 (\d{4}-\d\d-\d\d \d\d:\d\d)")
COUNTED = re.compile(r"计(?:(\d+)小时)?(?:(\d+)分)?(?:（|$)")


def test_every_deadline_is_what_other_arithmetic_makes_of_it(service: Service) -> None:
    """What ``explain`` says of the start, and the limit that domain.md gives, lead to the deadline that it says; and
    the stretches that it lists add up to the limit."""
    tables = Tables(service.templates, service.gateway.read())
    memory, rules = service.ledger.memory(), service.rules()
    look = look_at(tables, memory, rules, UNTIL)
    known = [row for row in cells(service, "issues") if row.get("category") in LIMITS and not row.get("given_limit")]
    known = [row for row in known if memory.stamps[row["id"]].start]
    checked = []
    for row in known:
        explained = explain.of(look, row["id"])
        assert explained is not None
        text = explained.text()
        told = TOLD.search(text)
        assert told, text
        limit = LIMITS[row["category"]][row.get("severity") == "严重"]
        started = memory.stamps[row["id"]].start.started  # type: ignore[union-attr]
        assert hour(told[1]) == started.replace(second=0, microsecond=0)
        assert hour(told[3]) == after(started, limit).replace(second=0, microsecond=0), (row["id"], limit, text)
        if limit.endswith("h"):
            steps = explained.sentences["截止时间"]
            counted = [COUNTED.search(step) for step in steps if step.startswith("  ") and "不计" not in step]
            minutes = sum(int(one[1] or 0) * 60 + int(one[2] or 0) for one in counted if one)
            assert abs(minutes - int(re.sub(r"\D", "", limit)) * 60) <= 2, text  # each stretch is cut to whole minutes
        checked.append((row["category"], limit))
    assert len(checked) > 500
    assert len({limit[-2:].lstrip("0123456789") for _, limit in checked}) >= 3, "clock hours, office hours and workdays"


def test_every_line_of_the_month_is_explained_by_a_sum_that_agrees(service: Service) -> None:
    """``reasons`` works the points out again in words: where it came to others, it would say so."""
    look = recall(service.templates, service.ledger.memory(), service.rules(), UNTIL)
    assert len(look.scored.every) > 900, "a unit has one line a rate, not one a case"
    for line in look.scored.every:
        found = reasons.reason(look, line.id)
        assert found and "按现在的规则是" not in found.text(), line
    shortened = [line for line in look.scored.every if "少计" in line.text]
    assert shortened and all("少计" in reasons.reason(look, line.id).text() for line in shortened)  # type: ignore[union-attr]
    assert not [line for line in shortened if line.kind == "单位"], "what a rate costs at most is in its own sentence"


# The whole month by other arithmetic: from what people typed in the script, nothing of the core's
@dataclass(frozen=True)
class Reckoning:
    """The demo's two months worked out by ``arithmetic``: October as it was when it was sealed."""

    demo: DemoMonth
    reports: list[Report]
    months: Mapping[str, Month]


@pytest.fixture(scope="module")
def reckoning(service: Service) -> Reckoning:
    typed, issues = DemoMonth(service, UNTIL), cells(service, "issues")
    seal = next(look for look in typed.looks if look >= hour("2026-11-05 09:00"))
    before = [report for report in typed.reports(issues) if report.look <= seal]
    for report in before:
        report.taken = report.taken if report.taken and report.taken <= seal else None
    october = Month(before, [look for look in typed.looks if look <= seal])
    reports = typed.reports(issues)
    return Reckoning(typed, reports, {"2026-10": october, "2026-11": Month(reports, typed.looks)})


def test_every_issue_stands_where_other_arithmetic_puts_it(service: Service, reckoning: Reckoning) -> None:
    """Deadline, lateness, hours of mending and closing, duplicates and repeats, and when each level was reached."""
    look = recall(service.templates, service.ledger.memory(), service.rules(), UNTIL)
    month = reckoning.months["2026-11"]
    assert comparison.of_issues(month, look.followed) == []
    stamped = {rid for rid, followed in look.followed.items() if followed.stamps.street}
    assert stamped == {report.name for report in reckoning.reports}
    seen = Counter("重复报" if report.is_duplicate else f"第{report.count}次" for report in reckoning.reports)
    assert seen["重复报"] >= 3 and seen["第2次"] >= 3, seen
    levels = Counter(max(levels) for levels in month.levels.values() if levels)
    assert min(levels[level] for level in (1, 2, 3)) >= 5, levels


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_lines_sums_and_ranks_are_what_other_arithmetic_makes_of_the_issues(
    service: Service, reckoning: Reckoning, month: str
) -> None:
    """Each line of 扣分明细 and each row of 月度考核, from the issues and not from the lines."""
    days, finds = inspected(reckoning.reports, cells(service, "duties"), month)
    chiefs = {street.name: street.chief for street in reckoning.demo.streets}
    sealed = [line.name for line in reckoning.months["2026-10"].lines(chiefs) if line.month == "2026-10"]
    letters = service.ledger.memory().letters.values()
    given = Given(
        reckoning.demo.streets, reckoning.demo.home, days, finds,
        {(fact.number, letter.unit) for letter in letters if letter.follows and letter.sent for fact in letter.facts},
        [letter.unit for letter in letters if is_late(letter, month)],
        sealed if month == "2026-11" else (),
    )  # fmt: skip
    reckoned = reckon(reckoning.months[month], month, given)
    lines = [row for row in cells(service, "lines") if row["month"] == month]
    rows = [row for row in cells(service, "scores") if row["month"] == month]
    assert comparison.of_lines(reckoned, lines) == []
    assert comparison.of_rows(reckoned, rows) == []
    inspections = {row["target"]: row["inspections"] for row in rows if row["kind"] == "街路"}
    assert inspections == {street: len(days.get(street, ())) for street in inspections}
    assert len(reckoned.lines) > 150
    assert month == "2026-10" or sum("督查均衡" in line for line in reckoned.lines) >= 3


def is_late(letter: Letter, month: str) -> bool:
    """Whether its answer was due in the month, and neither that nor the mending came in time."""
    if (
        letter.kind != "督办函"
        or letter.void
        or not letter.due
        or letter.due >= UNTIL
        or f"{letter.due:%Y-%m}" != month
    ):
        return False
    return not any(at and at <= letter.due for at in (letter.answered_at, letter.done_at))


def lost(service: Service, now: datetime) -> Decision:
    """What a look decides with a ledger that knows nothing."""
    tables = Tables(service.templates, service.gateway.read(), archive_moves.archives(service.gateway))
    return decide(tables, replace(Memory(), photos=service.ledger.memory().photos), service.rules(), now)


# What the demo leaves for people to do
@pytest.fixture
def read(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """A page as a person has it a few minutes after the demo was played."""
    monkeypatch.setattr(Site, "now", lambda _: UNTIL + timedelta(minutes=5))
    app, base = server.create_app(service, lambda: None), "http://localhost"
    app.extensions["limits"].off = True

    def page(person: str, address: str) -> str:
        client = app.test_client()
        link = access.link(service, person, base).partition("#")[2]
        assert client.post("/enter", data={"link": link}, headers={"Origin": base}).status_code == 302
        answer = client.get(address)
        assert answer.status_code == 200, (person, address)
        return answer.text

    return page


def test_letters_wait_for_a_signature(service: Service, read: Callable[[str, str], str]) -> None:
    drafts = [row["number"] for row in cells(service, "letters") if row["state"] == "待签发"]
    assert drafts
    page = read("办公室01", "/letters?tab=待签发")
    assert all(name in page for name in drafts) and f"{len(drafts)} 封等您签发" in page
    assert drafts[0] in read("办公室01", "/")


def test_requests_and_an_appeal_wait_for_those_who_answer_them(
    service: Service, read: Callable[[str, str], str]
) -> None:
    waiting = {row["kind"]: row for row in cells(service, "requests") if row["state"] == "待批复"}
    assert {"延期", "移交", "申诉"} <= waiting.keys()
    issues = {row["id"]: row for row in cells(service, "issues")}
    branch = issues[waiting["延期"]["issue"]]["branch"]
    secretary = next(row["name"] for row in cells(service, "posts") if row["branch"] == branch)
    assert waiting["延期"]["issue"] in read(secretary, "/answers")
    assert waiting["移交"]["issue"] in read("标准化办01", "/answers")
    line = next(row for row in cells(service, "lines") if row["id"] == waiting["申诉"]["line"])
    assert line["points"] < 0 and not waiting["申诉"]["check"]
    assert line["id"] in read("办公室01", "/answers")


def test_an_issue_is_suspended_and_one_was_left_undone(service: Service, read: Callable[[str, str], str]) -> None:
    issues = cells(service, "issues")
    suspended = next(row for row in issues if row["state"] == "挂账")
    assert "挂账" in read(suspended["chief"], f"/issues/{suspended['id']}")
    assert suspended["id"] in read(suspended["chief"], "/rows")
    undone = next(row for row in issues if row.get("verified") == "未整改")
    assert undone["state"] not in ("已销号", "待复核")
    assert undone["id"] in read(undone["chief"], "/mine")


def test_a_report_tells_again_what_is_open(service: Service, read: Callable[[str, str], str]) -> None:
    issues = {row["id"]: row for row in cells(service, "issues")}
    again = [(row["id"], row["repeat"]) for row in issues.values() if str(row.get("repeat", "")).startswith("重复报")]
    still = [(rid, first) for rid, words in again if issues[first := words[-12:]]["state"] not in ("已销号", "作废")]
    assert still, again
    assert still[0][1] in read(issues[still[0][0]]["chief"], f"/issues/{still[0][0]}")


def test_reused_photos_are_seen_by_the_product_itself(service: Service, read: Callable[[str, str], str]) -> None:
    results = {str(row["result"]): row for row in cells(service, "feedback")}
    same = next(row for words, row in results.items() if "是同一张" in words)
    issue = next(row for row in cells(service, "issues") if row["id"] == same["issue"])
    assert issue["state"] == "待整改", "the clock goes on"
    alike = [row["issue"] for words, row in results.items() if "很像，请人工核对" in words]
    assert alike and "很像，请人工核对" in read("标准化办01", "/verify")


def test_photos_are_there_at_both_sizes(service: Service, read: Callable[[str, str], str]) -> None:
    shown = [row for row in cells(service, "issues") if "/photos/" in str(row["photos"])]
    assert 60 <= len(shown) <= 130
    pages = read("标准化办01", f"/issues/{shown[-1]['id']}")
    assert f'src="{shown[-1]["photos"]}"' in pages
    files = list((service.settings.data / "photos").glob("??/*.jpg"))
    assert len(files) >= 2 * 60 and max(file.stat().st_size for file in files) < 200_000


def test_nobody_in_the_demo_is_real(service: Service) -> None:
    """Faults are pinned on placeholders alone."""
    named = {str(row[key]) for tab, keys in (
        ("issues", ("reporter", "chief", "verifier", "acceptor")), ("feedback", ("reporter",)),
        ("requests", ("requester", "approver")), ("lines", ("chief",)), ("notices", ("to",)), ("letters", ("signer",)),
    ) for row in cells(service, tab) for key in keys if row.get(key)}  # fmt: skip
    people = {name for name in named if name not in service.rules().units and name != "热线值班员"}
    assert {name.rstrip("0123456789") for name in people} == {"办公室", "标准化办", "指挥长", "支部书记", "街路长"}


def test_mails_of_the_demo_lie_in_its_mailbox(service: Service, read: Callable[[str, str], str]) -> None:
    states = Counter(row["state"] for row in cells(service, "notices"))
    assert states["已发送（演示信箱）"] > 1000 and not states["已发送"] and not states["未发送"], states
    assert "演示" in read("办公室01", "/mails")


def test_a_lost_ledger_changes_nothing_that_stands_in_the_sheet(service: Service) -> None:
    now = UNTIL + timedelta(minutes=5)
    service.ticks(now, idle=False)
    before, decision = service.ledger.memory(), lost(service, now)
    assert decision.plan.tabs.keys() <= {"status", "records"}
    assert decision.stamps == before.stamps and decision.days == before.days
    again = {rid: row.marks for rid, row in decision.known["feedback"].items()}
    assert again == {rid: row.marks for rid, row in before.known["feedback"].items() if not row.deleted}


def test_the_month_goes_on_to_its_seal_its_quarter_and_its_year(service: Service, tmp_path: Path) -> None:
    """Appeal, praise and a change of chief; then the seal of November, and what it means for quarter and year."""
    letters = cells(service, "letters")
    numbers = sorted(int(found[1]) for row in letters if (found := re.search(r"〔2026〕(\d+)号", row["number"])))
    assert numbers == list(range(1, len(numbers) + 1)), "no gap"
    assert {"已送达", "已办结", "待签发"} <= {row["state"] for row in letters}
    charged = next(
        row for row in cells(service, "lines") if row["points"] < -0.1 and row["month"] == "2026-11" and row["chief"]
    )
    street, standby = charged["target"], charged["chief"]
    before = {
        (row["target"], row["kind"]): row["score"] for row in cells(service, "scores") if row["month"] == "2026-11"
    }
    other = next(row["name"] for row in cells(service, "posts") if row["role"] == "街路长" and row["name"] != standby)
    asked = serial("2026-11-25 09:00")
    praise = {"requested_at": asked, "requester": "标准化办01", "reason": "群众来信表扬"}
    add(
        service, "requests",
        {"requested_at": asked, "requester": standby, "kind": "申诉", "line": charged["id"], "reason": "不是这里"},
        {**praise, "kind": "加减分", "target": street, "points": 1.5},
    )  # fmt: skip
    add(service, "changes", {
        "requested_at": asked, "requester": "标准化办01", "kind": "调整", "street": street, "to_chief": other,
        "since": serial("2026-11-26 00:00"), "reason": "调动", "branch_opinion": "同意", "commander_opinion": "同意",
    })  # fmt: skip
    service.ticks(hour("2026-11-25 09:05"), idle=False)
    scores = {
        (row["target"], row["kind"]): row["score"] for row in cells(service, "scores") if row["month"] == "2026-11"
    }
    assert scores[street, "街路"] <= before[street, "街路"], "charged while the appeal is open"
    answer(service, {"申诉": "办公室01", "加减分": "办公室01"}, "2026-11-25 10:00")
    service.ticks(hour("2026-11-25 10:05"), idle=False)
    lines = [row for row in cells(service, "lines") if row["target"] == street and row["month"] == "2026-11"]
    won = sorted(
        row["points"]
        for row in lines
        if row["rule"] in ("申诉成立", "加分") or "申诉" in row["rule"] or "加减分" in row["rule"]
    )
    assert won == sorted([-charged["points"], 1.5])
    assert {row["street"]: row["chief_now"] for row in cells(service, "streets")}[street] == standby
    service.ticks(hour("2026-11-26 00:01"), idle=False)
    assert {row["street"]: row["chief_now"] for row in cells(service, "streets")}[street] == other
    assert {row["chief"] for row in cells(service, "issues") if row["street"] == street and row["id"] < "20261125"} >= {
        standby
    }

    service.ticks(hour("2026-12-01 00:01"), idle=False)
    service.ticks(hour("2026-12-05 09:00"), idle=False)
    november = [row for row in cells(service, "scores") if row["month"] == "2026-11"]
    assert {row["state"] for row in november} == {"已封存"}
    assert len({row["digest"] for row in november}) == 1
    sums = {row["target"]: 0 for row in november}
    for row in cells(service, "lines"):
        if row["month"] == "2026-11" and row["target"] in sums:
            sums[row["target"]] += round(row["points"] * 100)
    assert all(round(row["score"] * 100) == sums[row["target"]] for row in november if row["kind"] in ("街路", "单位"))
    months = {
        (row["month"], row["target"]): round(row["score"] * 100)
        for row in cells(service, "scores")
        if row["kind"] == "街路"
    }
    quarter = next(row for row in cells(service, "quarters") if row["target"] == street and "4" in row["quarter"])
    known = [months[month, street] for month in ("2026-10", "2026-11") if (month, street) in months]
    assert round(quarter["score"] * 100) == (2 * sum(known) + len(known)) // (2 * len(known))
    year = next(row for row in cells(service, "years") if row["target"] == street)
    assert year["score"] == quarter["score"], "one quarter is the year so far"

    tables = Tables(service.templates, service.gateway.read())
    now = hour("2026-12-05 09:05")
    found = verification.verify(tables, service.ledger.memory(), service.rules(), now, "2026-11")
    assert found is not None and found.right, found.text()
    assert lost(service, now).plan.tabs.keys() <= {"status", "records"}
    file = tmp_path / "whole.xlsx"
    export(service, file)
    alone = sealed_file.verify(file, "2026-11")
    assert alone.right, alone.text()
    assert november[0]["digest"] in alone.text()
    retype(service, charged["issue"])
    service.ticks(hour("2026-12-05 09:10"), idle=False)
    tables = Tables(service.templates, service.gateway.read())
    drift = verification.verify(tables, service.ledger.memory(), service.rules(), now, "2026-11")
    assert drift is not None and not drift.right
    assert charged["issue"] in drift.text() and "后来改的" in drift.text()
    assert any("2026-11" in row["item"] + row["text"] for row in cells(service, "status"))
    again = {row["target"]: row["score"] for row in cells(service, "scores") if row["month"] == "2026-11"}
    assert again == {row["target"]: row["score"] for row in november}, "shown, never taken in"


def people(service: Service) -> gspread.Spreadsheet:
    """The workbook as people have it open."""
    return gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook)


def answer(service: Service, by: dict[str, str], at: str) -> None:
    sheet = people(service).worksheet("申请审批")
    header = sheet.row_values(1)
    for number, row in enumerate(cells(service, "requests"), start=2):
        if row["kind"] in by and not row.get("answer"):
            for name, value in (("批复", "同意"), ("批复人", by[row["kind"]]), ("批复时间", serial(at))):
                sheet.update_cell(number, header.index(name) + 1, value)


def retype(service: Service, number: str) -> None:
    sheet = people(service).worksheet("问题台账")
    header = sheet.row_values(1)
    row = sheet.col_values(header.index("编号") + 1).index(number) + 1
    sheet.update_cell(row, header.index("问题描述") + 1, "后来改的")


def export(service: Service, file: Path) -> None:
    settings = {"JIELU_DATA": str(service.settings.data), "JIELU_SECRET": "tests"}
    done = CliRunner().invoke(main, ["export", str(file)], env=settings)
    assert done.exit_code == 0, done.output
