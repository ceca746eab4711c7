"""What people typed in the demo's month, as reports for ``tests.arithmetic``: taken from the script that is played."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sync.core.sheet.values import serials
from sync.demo import city, demo
from sync.demo.acts import Entry, Number
from sync.demo.play import hours
from sync.demo.script import Script, floor
from sync.demo.shots import Shot
from sync.service import Service
from tests.arithmetic import ENFORCED, GRAVITY, LIMITS, TASK_OF, TASKS, Answer, Fix, Report, Street, Verdict
from tests.book import ZONE

Rows = Sequence[Mapping[str, Any]]
VERDICTS = {"verified", "accepted", "legal_basis"}
GRACE = timedelta(hours=2)  # a typed hour that is older at the first look does not count, but the look's
NEVER = datetime.max.replace(tzinfo=ZONE)


@dataclass
class Typed:
    """A row of 问题台账 with what was typed into it later, and what was filed about it."""

    row: dict[str, Any]
    at: datetime
    later: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    feedback: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    asked: Mapping[str, Any] = field(default_factory=dict)
    answer: tuple[datetime, Mapping[str, Any]] | None = None


class DemoMonth:
    """``streets`` and ``home`` as the roster has them; ``looks``: the hours at which the service looked."""

    def __init__(self, service: Service, until: datetime) -> None:
        every, rows = demo.SAMPLE_EVERY, demo.roster()
        reports = city.read(city.SAMPLE, service.templates, until, len(rows["streets"]))
        entries = Script(service.rules(), until, rows["streets"], every).write(reports)
        begin = floor(entries[0].at, every)
        self.looks = [begin, *hours(begin, until, every, service.rules().calendar)]
        self.typed = by_report(entries)
        self.roster = {str(row["street"]): row for row in rows["streets"]}
        self.home = {str(row["name"]): {str(row.get("unit", ""))} - {""} for row in rows["posts"]}
        keys = ("street", "type", "branch", "district", "chief")
        self.streets = [Street(*(str(row[key]) for key in keys)) for row in rows["streets"]]

    def look(self, at: datetime) -> datetime:
        return next(look for look in self.looks if look >= at)

    def reports(self, issues: Rows) -> list[Report]:
        """Those that were put right, or right from the first. ``issues``: the tab, for the numbers."""
        numbers = {_mark(row): str(row["id"]) for row in issues}
        reports = (self._report(typed, numbers) for typed in self.typed)
        return [report for report in reports if report is not None]

    def _report(self, typed: Typed, numbers: Mapping[tuple[str, str], str]) -> Report | None:
        row, at = typed.row, typed.at
        if self._is_wrong(row):
            mended = [(hour, cells) for hour, cells in typed.later if not VERDICTS & set(cells)]
            if not mended:
                return None
            row, at = {**row, **mended[0][1]}, self.look(mended[0][0])  # its clock starts when it is seen without fault
        look = self.look(at)
        at = at if look - at <= GRACE else look
        street, category = self.roster[row["street"]], row["category"]
        unit = str(street.get("unit") or TASKS[TASK_OF[category]][0])
        report = Report(
            numbers[_mark(row)], at, look, row["source"], row["reporter"], row["street"], row["place"],
            category, row["severity"], unit, "1wd" if row.get("given_limit") else "",
        )  # fmt: skip
        self._verified(report, typed)
        for hour, cells in typed.feedback:
            measured = category != "油烟超标" or "检测" in cells["text"]
            report.fixes.append(Fix(hour, cells["outcome"], bool(cells.get("photos")) and measured))
        if typed.answer:
            self._answered(report, typed.asked, *typed.answer)
        return report

    def _is_wrong(self, row: Mapping[str, Any]) -> bool:
        lists = row["street"] in self.roster and row["category"] in LIMITS and row["severity"] in GRAVITY
        return not lists or isinstance(row["reported_at"], str)

    def _verified(self, report: Report, typed: Typed) -> None:
        """核实 and 复核, but for those of the unit's own people; an enforced one closes with its legal basis."""
        basis = [hour for hour, cells in typed.later if cells.get("legal_basis")]
        for hour, cells in typed.later:
            if report.unit in self.home.get(cells.get("acceptor") or cells.get("verifier") or "", ()):
                continue
            if cells.get("accepted") == "受理":  # typed into a row that was there at the look before
                report.taken = next((look for look in self.looks if look >= hour and look > report.look), None)
            elif cells.get("accepted") == "作废":
                report.void = hour
            elif cells.get("verified"):
                waits = cells["verified"] == "通过" and report.category in ENFORCED
                known = max(hour, min(basis, default=NEVER)) if waits else hour
                report.verdicts.append(Verdict(hour, cells["verified"], known))

    def _answered(self, report: Report, asked: Mapping[str, Any], at: datetime, cells: Mapping[str, Any]) -> None:
        """An answer by somebody of the unit itself does not count."""
        if report.unit not in self.home[cells["approver"]]:
            until = serials.to_datetime(asked["until"], ZONE) if "until" in asked else None
            agreed = cells["answer"] == "同意"
            report.answers.append(Answer(at, agreed, asked["kind"], until, asked.get("to_unit", "")))


def by_report(entries: Sequence[Entry]) -> list[Typed]:
    """What people do in the script, by the report that it is about; hours in whole seconds, as a sheet has them."""
    typed: dict[str, Typed] = {}
    shots: set[Shot] = set()
    for entry in entries:
        at, cells = entry.at.replace(microsecond=0), dict(entry.cells)
        if entry.photo:  # the very same file as an earlier photo counts as none
            cells["photos"] = "" if entry.photo.shot in shots else "a photo"
            shots.add(entry.photo.shot)
        about = cells.get("issue")
        if entry.tab == "issues" and entry.ref:
            typed[entry.ref] = Typed({"category": "", **cells}, at)
        elif entry.tab == "issues":
            typed[entry.into].later.append((at, cells))
        elif entry.tab == "feedback" and isinstance(about, Number):
            typed[about.ref].feedback.append((at, cells))
        elif entry.tab == "requests" and cells.get("kind") == "申诉":
            continue  # while nobody has answered it, it moves nothing
        elif entry.tab == "requests" and isinstance(about, Number):
            typed[about.ref].asked = cells
        elif entry.tab == "requests":
            typed[entry.into.removesuffix("申请")].answer = at, cells
    return list(typed.values())


def _mark(row: Mapping[str, Any]) -> tuple[str, str]:
    """What people know a row by: when and by whom it was typed."""
    at = row["reported_at"]
    return str(round(at * 86400)) if isinstance(at, int | float) else str(at), str(row["reporter"])


INSPECTORS = ("标准化办01", "标准化办02")
Days = Mapping[str, set[date]]


def inspected(reports: Sequence[Report], duties: Rows, month: str) -> tuple[Days, Days]:
    """By street the days on which the standards office was there, and those on which it found something."""
    days, finds = defaultdict[str, set[date]](set), defaultdict[str, set[date]](set)
    for report in reports:
        if report.source == "督查" and report.reporter in INSPECTORS and f"{report.at:%Y-%m}" == month:
            days[report.street].add(report.at.date())
            finds[report.street].add(report.at.date())
    for row in duties:
        shown = any(row.get(key) not in ("", None) for key in ("photos", "longitude", "latitude"))
        counts = row["kind"] == "督查" and row["reporter"] in INSPECTORS and shown and not row.get("check")
        day = serials.to_datetime(row["reported_at"], ZONE).date() if counts else None
        if day and f"{day:%Y-%m}" == month:
            days[row["street"]].add(day)
    return days, finds
