"""Forms under every fault of connection, workbook and process: a form that is sent until it is in is one row."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.core.people.permissions import Person
from sync.core.views.forms.forms import FORMS, fields
from sync.intake.forms import Answer, FilledForm, FormIntake
from sync.intake.photos import PhotoFolder
from sync.ledger import leases
from sync.ledger.leases import Process
from sync.ledger.received.submissions import Sender
from sync.workbook import transport
from sync.workbook.schema import errors
from sync.workbook.server import Request, Response
from tests.book import ZONE, default_rules, hour, templates
from tests.live_book import LiveBook, again, name

CHIEF = Person("街路长01", frozenset({"chief"}), streets=frozenset({"新正街"}))
GIVEN = {"street": "新正街", "category": "暴露垃圾", "text": "垃圾", "source": "街路长自查"}
FAULTS = ("fine", "refused", "busy", "lost", "cut", "killed before", "killed after", "restarted", "ledger lost")
names = count()
ELSEWHERE = Process("another boot", "1", "7", "1")


class Killed(BaseException):
    """The process is gone."""


class FormServer:
    """A bureau that takes forms in, and can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.live = LiveBook(folder)
        self.live.settle("2026-11-24 09:00")
        self.open()

    def open(self) -> None:
        folder = PhotoFolder(self.folder, "key")
        self.intake = FormIntake(self.live.gateway, self.live.ledger, folder, threading.RLock())

    def fault(self, name: str) -> None:
        """What is to happen at the next write."""
        done: list[str] = []

        def once(request: Request) -> bool:
            if request.path.endswith(":batchUpdate") and not done:
                done.append(name)
                return True
            return False

        def before(request: Request) -> Response | None:
            if name in ("refused", "busy", "killed before", "cut") and once(request):
                if name == "killed before":
                    raise Killed
                if name == "refused":
                    return Response(403, {}, b"{}")
                return transport.refusal(errors.quota_exceeded()) if name == "busy" else Response(503, {}, b"{}")
            return None

        def after(request: Request, response: Response) -> Response | None:
            if name in ("lost", "killed after") and once(request):
                if name == "killed after":
                    raise Killed
                return Response(502, {}, b"<html>")
            return None

        self.live.before, self.live.after = before, after

    def send(self, id_: str, at: datetime, now: datetime, fault: str) -> Answer | None:
        """One try of a phone; None where the process died over it."""
        if fault == "restarted":
            self.live.restart()
            self.open()
        if fault == "ledger lost":
            self.live.lose_ledger()
            self.open()
        self.fault(fault)
        rules = default_rules()
        asked = fields(FORMS["issues"], templates()["issues"], CHIEF, ("新正街",), rules)
        try:
            filled = FilledForm(id_, FORMS["issues"], Sender(CHIEF.name), GIVEN, asked, {}, at)
            return self.intake.submit(filled, rules, now)
        except Killed:
            self.live.restart()
            self.open()
            return None


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FormServer]:
    made = FormServer(tmp_path_factory.mktemp("forms"))
    yield made
    made.live.ledger.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tries=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=6), tick=st.booleans())
def test_whatever_happens_a_form_that_is_sent_until_it_is_in_is_one_row(
    forms: FormServer, tries: list[str], tick: bool
) -> None:
    before, number = len(forms.live.rows("问题台账", "编号")), next(names)
    id_, now = f"{number:032x}", hour("2026-11-24 09:30")
    at = now - timedelta(seconds=number % 1800)
    told = [forms.send(id_, at, now, fault) for fault in [*tries, "fine", "fine"]]
    assert told[-1] is not None and told[-1].state == "in"
    assert {one.state for one in told if one} <= {"in", "later"}
    if tick:
        forms.fault("fine")
        forms.live.settle("2026-11-24 09:31")
    assert len(forms.live.rows("问题台账", "编号")) == before + 1, tries


def test_a_report_written_while_people_sort_is_found_again(tmp_path: Path) -> None:
    made = FormServer(tmp_path)
    at = datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)
    for number in range(3):
        made.send(f"{number:032x}", at, at, "fine")
    made.send("f" * 32, at, at, "lost")
    sheet = made.live.book.worksheet("问题台账")
    sheet.sort((1, "des"), range="A2:AF6")
    answer = made.send("f" * 32, at, at, "fine")
    assert answer is not None and answer.state == "in" and len(made.live.rows("问题台账", "编号")) == 4
    made.live.ledger.close()


def test_a_report_that_people_deleted_before_its_phone_knew_that_it_came_does_not_come_back(tmp_path: Path) -> None:
    made = FormServer(tmp_path)
    at = datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)
    made.send("f" * 32, at, at, "killed after")
    made.live.settle("2026-11-24 09:31")
    made.live.book.worksheet("问题台账").delete_rows(2)
    for minute in (32, 33, 34):
        answer = made.send("f" * 32, at, at, "fine")
        assert answer is not None and answer.state == "in"
        made.live.settle(f"2026-11-24 09:{minute}")
    assert made.live.rows("问题台账", "编号") == []
    made.live.ledger.close()


def test_a_form_that_fell_under_other_headers_is_sent_again_until_it_stands_right(tmp_path: Path) -> None:
    """A column came behind 填报人 while the row was on its way: its hour and reporter alone stand in their places."""
    forms = FormServer(tmp_path)
    sheet = forms.live.book.worksheet("问题台账")
    now, at = hour("2026-11-24 09:30"), hour("2026-11-24 09:29")
    place = sheet.row_values(1).index("填报人") + 2
    inserted: list[int] = []
    send = forms.fault

    def with_column(name: str) -> None:
        send(name)

        def before(request: Request) -> Response | None:
            if request.path.endswith(":batchUpdate") and not inserted:
                inserted.append(1)
                sheet.insert_cols([["本局备注"]], place)
            return None

        forms.live.before = before

    forms.fault = with_column  # type: ignore[method-assign]
    states = []
    for minute in range(3):
        answers = [forms.send("a" * 32, at, now + timedelta(minutes=minute), "fine") for _ in range(2)]
        states += [answer.state for answer in answers if answer]
        forms.live.settle(f"2026-11-24 09:{31 + minute}")
    assert states == ["later", "later", "in", "in", "in", "in"]
    rows = forms.live.rows("问题台账", "编号", "街路", "类别", "问题描述", "本局备注")
    assert [row for row in rows if any(row)] == [("20261124-001", "新正街", "暴露垃圾", "垃圾", "")]
    forms.live.ledger.close()


@pytest.mark.parametrize("is_looked_at", [True, False])
@pytest.mark.parametrize("header", ["填报时间", "填报人", ""])
def test_a_report_that_people_changed_before_its_phone_knew_that_it_came_is_one_row(
    tmp_path: Path, header: str, is_looked_at: bool
) -> None:
    """Its process died over it. ``header``: of the cell that somebody typed over; empty: he deleted the row."""
    made = FormServer(tmp_path)
    at = datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)
    made.send("f" * 32, at, at, "killed after")
    if header:
        made.live.type("问题台账", 1, header, "下午")
    else:
        made.live.book.worksheet("问题台账").delete_rows(2)
    if is_looked_at:
        made.live.settle("2026-11-24 09:31")
    answer = made.send("f" * 32, at, at, "fine")
    assert answer is not None and (answer.state, answer.details["number"]) == ("in", "20261124-001")
    assert len(made.live.rows("问题台账", "编号")) == bool(header)
    made.live.ledger.close()


MOMENTS = {"before it looks": ("read", "before"), "once it has looked": ("read", "after"),
           "before it writes": ("write", "before"), "once it has written": ("write", "after")}  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_report_that_two_processes_take_at_once_is_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """A phone on a bad line sends it again, and another process of ``jielu web`` gets it, at whatever moment the first
    is at work on it."""
    made = FormServer(tmp_path)
    at = hour("2026-11-24 09:30")
    made.send("e" * 32, at, at, "fine")  # the tab was read as a whole
    other = again(made.live.place)
    asked = fields(FORMS["issues"], templates()["issues"], CHIEF, ("新正街",), default_rules())
    filled = FilledForm("f" * 32, FORMS["issues"], Sender(CHIEF.name), GIVEN, asked, {}, at)
    second = FormIntake(other.gateway, other.ledger, PhotoFolder(tmp_path, "key"), threading.RLock())
    told: list[Answer] = []
    (kind, when), here = MOMENTS[moment], leases.ourselves

    def send_again(request: Request, response: Response | None = None) -> None:
        if name(request) == kind and not told:
            told.append(Answer("later", {}))
            monkeypatch.setattr(leases, "ourselves", lambda: ELSEWHERE)
            told[0] = second.submit(filled, default_rules(), at)
            monkeypatch.setattr(leases, "ourselves", here)

    setattr(made.live, when, send_again)
    told.append(made.intake.submit(filled, default_rules(), at))
    assert len(made.live.rows("问题台账", "编号")) == 2
    assert "in" in {answer.state for answer in told} <= {"in", "later"}
    assert made.intake.submit(filled, default_rules(), at).state == "in"
    assert len(made.live.rows("问题台账", "编号")) == 2
    other.ledger.close()
    made.live.ledger.close()


@pytest.mark.parametrize(("seconds", "state"), [(119, "later"), (121, "in")])
def test_a_report_whose_other_process_is_silent_is_taken_after_two_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, state: str
) -> None:
    """It may have died on another machine before it sent the row."""
    made = FormServer(tmp_path)
    at, here = hour("2026-11-24 09:30"), leases.ourselves
    monkeypatch.setattr(leases, "ourselves", lambda: ELSEWHERE)
    made.send("f" * 32, at, at, "killed before")
    monkeypatch.setattr(leases, "ourselves", here)
    later = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: later)
    answer = made.send("f" * 32, at, at, "fine")
    assert answer is not None and answer.state == state
    assert len(made.live.rows("问题台账", "编号")) == (state == "in")
    made.live.ledger.close()
