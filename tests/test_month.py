"""The simulated month, whole: deadlines recomputed by other arithmetic, then letters, appeals, changes, seal, quarter
and year, drift and the check of an exported file.

The arithmetic here shares nothing with the product: it walks minute by minute over office hours written down by hand.
"""

from __future__ import annotations

import base64
import json
import math
import re
import subprocess
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import gspread
import pytest
from click.testing import CliRunner

from sync.cli.main import main
from sync.core.look.decide import decide, recall
from sync.core.look.decide import look as look_at
from sync.core.memory import Decision, Memory, Tables
from sync.core.sheet import serials
from sync.core.views import explain, reasons, verification
from sync.demo import demo
from sync.intake import file_rows, sealed_file
from sync.outgoing.mail_text import Message, as_bytes, subject
from sync.service import Service
from sync.settings import Settings
from sync.sheets import archive_moves, set_up
from sync.workbook import transport
from tests.book import ZONE, hour

UNTIL = hour("2026-11-24 16:00")

# What domain.md says, by category: (一般, 严重). h: clock hours, wh: hours of office time, wd: workdays.
LIMITS = {
    "占道经营": ("2wh", "1wh"), "店外经营": ("2wh", "2wh"), "门店堆物": ("4wh", "2wh"), "马路市场": ("1wd", "4wh"),
    "路面脏污": ("2wh", "1wh"), "路面积水": ("4wh", "2wh"), "绿地垃圾": ("4wh", "2wh"), "缺株死树": ("5wd", "4h"),
    "乱张贴乱涂画": ("1wd", "4wh"), "乱晾晒": ("4wh", "4wh"), "背街堆物": ("1wd", "4h"), "暴露垃圾": ("4wh", "2wh"),
    "垃圾满溢": ("4wh", "2wh"), "环卫设施破损": ("3wd", "1wd"), "渣土遗撒": ("4h", "2h"), "渣土乱倒": ("2wd", "1wd"),
    "建筑垃圾": ("4wh", "4wh"), "井盖缺损": ("6h", "2h"), "路面破损": ("5wd", "1wd"), "路灯故障": ("2wd", "1wd"),
    "设施占用": ("1wd", "4wh"), "油烟超标": ("3wd", "1wd"), "噪音扰民": ("2wh", "2wh"), "焚烧燃放": ("1h", "1h"),
    "其他": ("2wd", "4wh"),
}  # fmt: skip
# October and November 2026: nothing but weekends is free after 8 October, and Saturday 10 October is worked.
FREE = {date(2026, 10, n) for n in range(1, 8)}
WORKED = {date(2026, 10, 10)}


def works(day: date) -> bool:
    return day in WORKED or (day.weekday() < 5 and day not in FREE)


def in_office(moment: datetime) -> bool:
    """Winter hours, from 1 October: 8:00 to 12:00 and 14:30 to 17:30."""
    minutes = moment.hour * 60 + moment.minute
    return works(moment.date()) and (480 <= minutes < 720 or 870 <= minutes < 1050)


def by_hand(start: datetime, limit: str) -> datetime:
    """Where the limit leads, counted minute by minute (seconds of the start are carried along)."""
    amount, unit = int(re.sub(r"\D", "", limit)), re.sub(r"\d", "", limit)
    if unit in ("h", "d"):
        return start + timedelta(hours=amount * (24 if unit == "d" else 1))
    if unit == "wd":
        day = start.date()
        while amount:
            day += timedelta(days=1)
            amount -= works(day)
        return datetime(day.year, day.month, day.day, 17, 30, tzinfo=ZONE)
    left, moment = amount * 60, start
    if not in_office(moment):
        moment = moment.replace(second=0, microsecond=0)
    while not in_office(moment):
        moment += timedelta(minutes=1)
    while left:
        moment += timedelta(minutes=1)
        left -= 1
        while left and not in_office(moment):
            moment += timedelta(minutes=1)
    return moment


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
    assert by_hand(hour(start), limit) == hour(due)


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
    script = Path(__file__).parent / "js" / "read_mails.js"
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
        assert hour(told[3]) == by_hand(started, limit).replace(second=0, microsecond=0), (row["id"], limit, text)
        if limit.endswith("h"):
            steps = explained.sentences["截止时间"]
            counted = [COUNTED.search(step) for step in steps if step.startswith("  ") and "不计" not in step]
            minutes = sum(int(one[1] or 0) * 60 + int(one[2] or 0) for one in counted if one)
            assert abs(minutes - int(re.sub(r"\D", "", limit)) * 60) <= 2, text  # each stretch is cut to whole minutes
        checked.append((row["category"], limit))
    assert len(checked) > 500
    assert len({limit[-2:].lstrip("0123456789") for _, limit in checked}) >= 3, "clock hours, office hours and workdays"


def plain_place(text: object) -> str:
    """A place without width, blanks and punctuation."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", str(text or "")) if sign.isalnum()).lower()


def test_duplicates_and_repeats_are_what_other_arithmetic_makes_of_them(service: Service) -> None:
    """Worked out from the hours of the stamps alone: while the clock of an earlier report of the same place ran, a
    duplicate; within seven days after it stopped, a repeat (definitions 2)."""
    memory = service.ledger.memory()
    look = recall(service.templates, memory, service.rules(), UNTIL)
    graver = {"轻微": 0, "一般": 1, "严重": 2}
    by_place: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for rid, followed in look.followed.items():
        stamps, typed = followed.stamps, followed.issue.cells
        place = plain_place(typed.get("place"))
        if stamps.street and place and not stamps.voided:
            by_place[stamps.street, place, stamps.category].append((stamps.received, rid, followed, typed))
    wrong, seen = list[Any](), Counter[str]()
    for group in by_place.values():
        group.sort(key=lambda report: report[:2])
        for at, (received, rid, followed, typed) in enumerate(group):
            stamps, before = followed.stamps, [f for _, _, f, _ in group[:at] if not f.stamps.joined]
            if stamps.start is None and not stamps.joined:
                continue  # nobody took it on
            if any(f.stamps.verdicts[:-1] or f.life.breaks for f in before):
                continue  # returned or suspended: its clock ran in parts
            since = received - timedelta(days=7)
            week = [f for f in before if f.life.fixed_at and since <= f.life.fixed_at <= received]
            ran = [f for f in before if f.stamps.start and f.stamps.start.started <= received and f not in week]
            running = [f for f in ran if not f.life.fixed_at or received < f.life.fixed_at]
            heavier = running and graver[typed.get("severity", "一般")] > graver[running[-1].issue.severity]
            again = bool(running) and not heavier and stamps.source != "上级交办"
            seen["重复报" if again else f"第{1 + len(week)}次"] += 1
            is_again = bool(stamps.joined) and stamps.start is None  # with a clock it was taken over by a graver one
            if again != is_again or (not again and stamps.repeat != 1 + len(week)):
                wrong.append((rid, again, stamps.joined, stamps.repeat, 1 + len(week)))
    assert wrong == []
    assert seen["重复报"] >= 3 and seen["第2次"] >= 3, seen


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


# Scores by other arithmetic: from what people and the clerk's columns show, with fractions, nothing of the core's
INSPECTORS = ("标准化办01", "标准化办02")


def day_of(value: float) -> date:
    return date(1899, 12, 30) + timedelta(days=int(value))


def middle(counts: list[int]) -> Fraction:
    ordered = sorted(counts)
    return Fraction(ordered[len(counts) // 2] + ordered[(len(counts) - 1) // 2], 2)


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def inspected(service: Service, month: str) -> tuple[dict[str, set[date]], dict[str, set[date]]]:
    """By street the days on which the standards office was there, and those on which it found something."""
    days, finds = defaultdict[str, set[date]](set), defaultdict[str, set[date]](set)
    stamps = service.ledger.memory().stamps
    for row in cells(service, "issues"):
        stamped = stamps.get(row["id"])
        if stamped and stamped.street and stamped.source == "督查" and row["state"] != "作废":
            found_in = month if row["reporter"] in INSPECTORS else ""
            for there in (days, finds) if f"{stamped.received:%Y-%m}" == found_in else ():
                there[stamped.street].add(stamped.received.date())
    for row in cells(service, "duties"):
        shown = any(row.get(key) not in ("", None) for key in ("photos", "longitude", "latitude"))
        counts = row["kind"] == "督查" and row["reporter"] in INSPECTORS and shown and not row.get("check")
        if counts and f"{day_of(row['reported_at']):%Y-%m}" == month:
            days[row["street"]].add(day_of(row["reported_at"]))
    return days, finds


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_what_is_evened_out_is_what_other_arithmetic_makes_of_it(service: Service, month: str) -> None:
    days, finds = inspected(service, month)
    rows = [row for row in cells(service, "scores") if row["month"] == month and row["kind"] == "街路"]
    assert rows and {row["target"]: row["inspections"] for row in rows} == {
        row["target"]: len(days[row["target"]]) for row in rows
    }
    lines = [row for row in cells(service, "lines") if row["month"] == month]
    sources = {row["id"]: row["source"] for row in cells(service, "issues")}
    evened = {row["target"]: round(row["points"] * 100) for row in lines if row["rule"] == "督查均衡"}
    finds_of_month = [
        row for row in lines if row["rule"] == "发现问题" and row["points"] < 0 and sources[row["issue"]] == "督查"
    ]
    wanted = {}
    for group in {row["group"] for row in rows}:
        ranked = [row["target"] for row in rows if row["group"] == group and row["inspections"] >= 4]
        clean = sum(len(days[street] - finds[street]) for street in ranked)
        enough = 4 * clean >= sum(len(days[street]) for street in ranked)
        for street in ranked:
            charged = [-round(row["points"] * 100) for row in finds_of_month if row["target"] == street]
            count, usual = len(days[street]), middle([len(days[name]) for name in ranked])
            if count > usual and charged:
                wanted[street] = half_up(sum(charged) * (1 - usual / count)) if enough else 0
    assert evened == wanted and wanted


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_the_rates_of_units_are_what_other_arithmetic_makes_of_them(service: Service, month: str) -> None:
    """Which issues a unit's 按期率 counts, how heavily and whether in time, from 问题台账 as it stands, for all whose
    deadline never moved; and the points from the counts that the sentence gives."""
    memory, home = service.ledger.memory(), defaultdict[str, set[str]](set)
    for post in cells(service, "posts"):
        home[post["name"]].add(post.get("unit") or "")
    moved = {row["issue"] for row in cells(service, "requests") if row["kind"] in ("移交", "延期", "挂账")}
    wanted, unsure = defaultdict[str, dict[str, tuple[int, bool]]](dict), set(moved)
    for row in cells(service, "issues"):
        stamped, hint = memory.stamps.get(row["id"]), str(row.get("hint") or "")
        if not stamped or not stamped.start or row["state"] in ("待核实", "作废", "") or stamped.moves:
            unsure |= {row["id"]} if stamped and stamped.moves else set()
            continue
        late, running = "超期" in hint, row["state"] in ("待整改", "返工")
        own = not late and row["unit"] in home[row["reporter"]]
        if row["id"] in moved or own or (running and not late) or f"{day_of(row['deadline']):%Y-%m}" != month:
            continue
        double = row["source"] == "上级交办" and row["severity"] != "轻微"
        double |= "、" in str(row.get("letter") or "")
        wanted[row["unit"]][row["id"]] = 2 if double else 1, not late
    look = recall(service.templates, memory, service.rules(), UNTIL)
    lines = {line.target: line for line in look.scored.every if line.month == month and line.rule == "按期率"}
    assert set(wanted) <= set(lines)
    for unit, line in lines.items():
        assert line.reckoning is not None
        counted = {part.number: (part.weight, part.hit) for part in line.reckoning.parts if part.number not in unsure}
        assert counted == wanted[unit], unit
        good, total = map(int, re.search(r"（(\d+)/(\d+)）", line.text).groups())  # type: ignore[union-attr]
        lost = max(Fraction(0), 90 - Fraction(100 * good, total))
        assert line.points == -min(5000, half_up(lost * 100)), line.text
        assert total == sum(part.weight for part in line.reckoning.parts)
    assert sum(map(len, wanted.values())) > (400 if month == "2026-11" else 100)


def lost(service: Service, now: datetime) -> Decision:
    """What a look decides with a ledger that knows nothing."""
    tables = Tables(service.templates, service.gateway.read(), archive_moves.archives(service.gateway))
    return decide(tables, replace(Memory(), photos=service.ledger.memory().photos), service.rules(), now)


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
    assert {"待送达", "已办结"} <= {row["state"] for row in letters}
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
