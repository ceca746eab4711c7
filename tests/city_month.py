"""A month of another city in a book: its reports, answers and closings at their own hours, 462 weeks later.

``tests/data/city/requests.csv``: what was requested of a few days in streets that begin with S, Y or Z, from the City
of Los Angeles's MyLA311 Service Request Data 2017 (data.lacity.org), without addresses. A closing is a feedback; the
last update is its verdict; where the service day came after the closing, the first closing is sent back.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sync.demo import cast
from tests.arithmetic import ENFORCED, TASK_OF, TASKS, Fix, Report, Street, Verdict
from tests.book import ROOT, ZONE, Book, hour, templates

FILE = ROOT / "tests" / "data" / "city" / "requests.csv"
LATER = timedelta(weeks=462)  # 27 December 2017 becomes 4 November 2026, a Wednesday as well
BEGIN, QUIET, END = hour("2026-11-04 12:00"), hour("2026-11-09 00:00"), hour("2026-11-30 20:00")
GRACE, NEVER = timedelta(hours=2), datetime.max.replace(tzinfo=ZONE)
CATEGORIES = {
    "Bulky Items": ("暴露垃圾", "一般"), "Graffiti Removal": ("乱张贴乱涂画", "一般"), "Other": ("其他", "一般"),
    "Illegal Dumping Pickup": ("渣土乱倒", "严重"), "Metal/Household Appliances": ("背街堆物", "一般"),
    "Electronic Waste": ("门店堆物", "轻微"), "Homeless Encampment": ("占道经营", "严重"), "Feedback": ("其他", "轻微"),
    "Dead Animal Removal": ("路面脏污", "严重"), "Single Streetlight Issue": ("路灯故障", "一般"),
    "Multiple Streetlight Issue": ("路灯故障", "严重"), "Report Water Waste": ("路面积水", "一般"),
}  # fmt: skip
SOURCES = {"Call": "督查", "Driver Self Report": "街路长自查", "Council's Office": "上级交办"}  # else 群众反映


def looks() -> Iterator[datetime]:
    """Every three hours by day while rows come in, so that some are read late; twice a day, then once, afterwards."""
    look = BEGIN
    while look <= END:
        hours = (0, 8, 11, 14, 17, 20) if look < QUIET else (8, 20) if look < QUIET + timedelta(weeks=1) else (20,)
        if look.hour in hours:
            yield look
        look += timedelta(hours=1)


@dataclass
class Request:
    """A row of the file. ``number``: its row in 问题台账, from 1; ``report``: as ``arithmetic`` takes it."""

    cells: dict[str, str]
    typed: datetime
    report: Report
    number: int = 0


def moment(text: str) -> datetime | None:
    return hour(text) + LATER if text else None


class CityMonth:
    """The month played in ``book``. ``looks``: the hours at which it looked."""

    def __init__(self) -> None:
        self.book = Book()
        self.roster = {str(row["street"]): row for row in cast.streets()}
        keys = ("street", "type", "branch", "district", "chief")
        self.streets = [Street(*(str(row[key]) for key in keys)) for row in cast.streets()]
        self.home = {str(row["name"]): {str(row.get("unit", ""))} - {""} for row in cast.posts()}
        self.days: dict[str, set[date]] = defaultdict(set)
        self.finds: dict[str, set[date]] = defaultdict(set)
        self.looks = list(looks())
        with FILE.open(encoding="utf-8") as file:
            self.requests = [self._request(row) for row in csv.DictReader(file)]
        self._play()

    @property
    def reports(self) -> list[Report]:
        return [request.report for request in self.requests]

    def look(self, at: datetime) -> datetime:
        return next((look for look in self.looks if look >= at), NEVER)

    def _request(self, cells: dict[str, str]) -> Request:
        typed = moment(cells["CreatedDate"])
        assert typed is not None
        look = self.look(typed)
        at = typed if look - typed <= GRACE else look  # read later than that, the hour of the look counts
        street, source = self.streets[int(cells["ZipCode"]) % 50], SOURCES.get(cells["RequestSource"], "群众反映")
        category, severity = CATEGORIES[cells["RequestType"]]
        unit = str(self.roster[street.name].get("unit") or TASKS[TASK_OF[category]][0])
        reporter = {"督查": "标准化办01", "街路长自查": street.chief, "上级交办": "办公室01"}.get(source, "热线值班员")
        place = cells["StreetName"]
        report = Report("", at, look, source, reporter, street.name, place, category, severity, unit)
        return Request(cells, typed, report)

    # What people type --------------------------------------------------------------------------------------------
    def _play(self) -> None:
        for key, rows in (("streets", cast.streets()), ("posts", cast.posts())):
            for row in rows:
                self._row(key, {name: str(value) for name, value in row.items()})
        coming, wake = list(self.requests), BEGIN
        waiting: list[tuple[datetime, Callable[[], None]]] = [*self._inspections()]
        for look in self.looks:
            new = [request for request in coming if request.typed <= look]
            coming = coming[len(new) :]
            due = [act for at, act in waiting if at <= look]
            waiting = [(at, act) for at, act in waiting if at > look]
            for act in due:
                act()
            for request in new:
                self._reported(request)
            if new or due or wake is None or look >= wake:
                wake = self.book.tick(look).wake
            for request in new:
                request.report.name = self.book.cell("问题台账", request.number, "编号")
                waiting += self._later(request)

    def _row(self, key: str, cells: dict[str, str]) -> int:
        tab = templates()[key]
        headers = {column.key: column.header for column in tab.columns}
        self.book.row(tab.title, {headers[name]: text for name, text in cells.items()})
        return len(self.book.sheets[tab.title]) - 1

    def _type(self, request: Request, **cells: str) -> None:
        headers = {column.key: column.header for column in templates()["issues"].columns}
        for key, text in cells.items():
            self.book.type("问题台账", request.number, headers[key], text)

    def _reported(self, request: Request) -> None:
        report = request.report
        request.number = self._row("issues", {
            "reported_at": f"{request.typed:%Y-%m-%d %H:%M:%S}", "reporter": report.reporter,
            "source": report.source,
            "street": report.street, "place": report.place, "category": report.category, "severity": report.severity,
            "text": request.cells["RequestType"], "photos": f"{len(self.book.sheets['问题台账'])}-前.jpg",
        })  # fmt: skip
        if report.source == "督查":
            self.days[report.street].add(report.at.date())
            self.finds[report.street].add(report.at.date())

    def _inspections(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """Each street every sixth day without a finding, so that most have enough inspections to be ranked."""
        for index, street in enumerate(self.streets):
            for day in range(10, 28):
                if (index + day) % 6 == 0:
                    at = hour(f"2026-11-{day} 10:00")
                    self.days[street.name].add(at.date())
                    cells = {"reported_at": f"{at:%Y-%m-%d %H:%M}", "reporter": "标准化办02", "kind": "督查"}
                    cells |= {"street": street.name, "photos": f"{day}-{index}.jpg", "text": "没有发现问题"}
                    yield at, lambda cells=cells: self._row("duties", cells) and None  # type: ignore[misc]

    def _later(self, request: Request) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """What is done about a report, hour by hour, once it has a number; noted in the report as well."""
        report, soon = request.report, self.look(request.report.look + timedelta(seconds=1))
        updated, closed = moment(request.cells["UpdatedDate"]), moment(request.cells["ClosedDate"])
        day = moment(request.cells["ServiceDate"])
        judge = "办公室01" if report.unit == "市容股" else "标准化办02"
        if request.cells["Status"] == "Cancelled":
            report.void = self.look(max(updated or soon, soon))
            note = "" if report.source == "群众反映" else "重复登记，撤销"
            yield report.void, lambda: self._type(request, accepted="作废", acceptor=judge, verify_note=note)
            return
        if report.source == "群众反映":
            report.taken = soon
            yield soon, lambda: self._type(request, accepted="受理", acceptor=judge)
        if closed is None or request.cells["Status"] != "Closed":
            return
        shows = bool(request.cells["ServiceDate"])
        closed = max(closed, report.at)
        yield self._fed_back(request, closed, soon, shows=shows)
        done = max(updated or closed, closed, report.taken or closed)
        if day and day.date() > closed.date():
            morning = max(day + timedelta(hours=8, minutes=30), done)
            result = "返工" if len(report.place) % 2 else "未整改"
            yield self._judged(request, morning, result, judge)
            done = morning + timedelta(days=1)
            yield self._fed_back(request, done, soon, shows=True)
        yield self._judged(request, done, "通过", judge)

    def _fed_back(
        self, request: Request, at: datetime, soon: datetime, *, shows: bool
    ) -> tuple[datetime, Callable[[], None]]:
        report = request.report
        report.fixes.append(Fix(at, "已整改", shows, self.look(max(at, soon))))

        def act() -> None:
            chief = str(self.roster[report.street]["chief"])
            cells = {"reported_at": f"{at:%Y-%m-%d %H:%M:%S}", "reporter": chief, "issue": report.name}
            photo = {"photos": f"{report.name}-{len(report.fixes)}-{at:%d%H}.jpg"} if shows else {}
            self._row("feedback", {**cells, "outcome": "已整改", "text": "已处理", **photo})

        return max(at, soon), act

    def _judged(self, request: Request, at: datetime, result: str, judge: str) -> tuple[datetime, Callable[[], None]]:
        report = request.report
        soon = self.look(report.look + timedelta(seconds=1))
        report.verdicts.append(Verdict(at, result, self.look(max(at, soon))))
        cells = {"verified": result, "verifier": judge, "verified_at": f"{at:%Y-%m-%d %H:%M:%S}"}
        if result == "通过":
            cells |= {"verify_note": "" if report.fixes[-1].shows else "现场看过"}
            cells |= {"legal_basis": "当场改正，不予立案"} if report.category in ENFORCED else {}
        return max(at, soon), lambda: self._type(request, **cells)
