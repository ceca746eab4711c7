"""What people do with each report in the month: typed rows, answers, checks, requests, patrols, and some slips.

Every time and choice follows from the report by a fixed rule (``city.part``): the same reports give the same script.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import isnan

from sync.core.calendar.worktime import Calendar, Limit
from sync.core.rules.rules import Category, Rules
from sync.core.sheet.rows import Raw
from sync.core.sheet.values import serials
from sync.core.sheet.values.places import Position
from sync.demo import cast, endings, ground
from sync.demo.acts import Cell, Entry, Number, Photo
from sync.demo.city import ASSIGNED, INSPECTION, PUBLIC, SELF, VOID, Report, part
from sync.demo.shots import RESAVED, Shot

HOUR = timedelta(hours=1)
ON_TIME = 0.88  # this share of the file's answers, the quickest first, comes within the limit
BIAS = 0.4  # a street is quicker or slower than the others by up to half of this
LATEST = 30  # work hours after the deadline at which the file's slowest answer comes
LOOKING, SELDOM = range(9, 23), (10, 14, 18, 22)  # hours at which the service looks, on workdays and on days off
REWORK_EVERY = 22
WRONG_EVERY = 70
INSPECTORS = ("标准化办01", "标准化办02")
HOTLINE = "热线值班员"
INSPECTED_EVERY = 4  # days: so often an inspector comes by each street
HOUSES = 80  # the highest number in a street of the demo (``city``)
PATROL_MISSED_EVERY = 13  # days: so often a chief who was out does not note it
PAIRS = 60  # so many issues have drawn photos before and after: the last ones, and those that wait for long
FOUND = "·发现问题"  # what follows 编号 in the 明细号 of the line that a find costs


@dataclass
class Script:
    """Writes the month. ``until`` is in the bureau's zone; what would happen after it is left out.

    ``every``: how often the service looks (whole hours that divide the day). People answer a row once it has a number.
    """

    rules: Rules
    until: datetime
    streets: Sequence[cast.Cells] = field(default_factory=cast.streets)
    every: timedelta = HOUR

    def write(self, reports: Iterable[Report]) -> list[Entry]:
        """All that people do, in the order of time."""
        reports = list(reports)
        ends = endings.chosen(reports, self.until, lambda report: not Story(self, report).slip)
        stories = [Story(self, report, ends.get(report.ref, "")) for report in endings.told_again(reports, ends)]
        entries = [entry for story in stories for entry in story.tell()]
        entries += self.duties()
        past = [entry for entry in entries if entry.at <= self.until]
        past.sort(key=lambda entry: (entry.at, entry.tab, entry.ref, entry.into))
        return _some_drawn(_one_resaved(past, ends))

    def serial(self, moment: datetime) -> float:
        return serials.from_datetime(moment, self.rules.bureau.zone)

    def seen(self, moment: datetime) -> datetime:
        """The look at which the service has surely seen what was typed then."""
        last = floor(moment, self.every)
        look = last if last == moment else last + self.every
        while not is_looked_at(look, self.rules.calendar):
            look += self.every
        return look

    def after(self, moment: datetime, hours: int) -> datetime:
        """So many work hours later."""
        return self.rules.calendar.add(moment, Limit(hours, "wh")).at

    # Patrols, meetings, inspections without a fault --------------------------------------------------------------
    def duties(self) -> Iterator[Entry]:
        for day in self.days:
            if self.rules.calendar.is_workday(day):
                yield from self.inspections(day)
                yield from self.meetings(day)
                yield from self.patrols(day)

    @cached_property
    def ends(self) -> Mapping[str, tuple[Position, ...]]:
        """By street, where it lies."""
        return ground.ends(str(street["street"]) for street in self.streets)

    @cached_property
    def days(self) -> list[date]:
        return [self.until.date() - timedelta(days=n) for n in range(30, -1, -1)]

    def duty(self, day: date, minutes: int, reporter: str, kind: str, **cells: Raw) -> Entry:
        at = datetime.combine(day, time(8), self.rules.bureau.zone) + timedelta(minutes=minutes)
        return Entry(at, "duties", {"reported_at": self.serial(at), "reporter": reporter, "kind": kind, **cells})

    def inspections(self, day: date) -> Iterator[Entry]:
        for index, street in enumerate(self.streets):
            if (index + day.toordinal()) % INSPECTED_EVERY == 0:
                name = str(street["street"])
                longitude, latitude = ground.along(self.ends[name], 0.5)
                yield self.duty(day, 30 + 5 * index, INSPECTORS[index % 2], "督查", text="没有发现问题", street=name,
                                longitude=longitude, latitude=latitude)  # fmt: skip

    def patrols(self, day: date) -> Iterator[Entry]:
        """Plan 六·2: every chief every day; now and then one is not noted."""
        for index, street in enumerate(self.streets):
            if (7 * index + day.toordinal()) % PATROL_MISSED_EVERY:
                chief, name = str(street["chief"]), str(street["street"])
                yield self.duty(day, 20 + 7 * index % 180, chief, "巡查", street=name, text="沿街巡查一遍")

    def meetings(self, day: date) -> Iterator[Entry]:
        """Plan 六·2: a secretary's weekly meeting and three days on the spot, a commander's about two."""
        for n, branch in enumerate(cast.BRANCHES, start=1):
            if day.weekday() == 4:
                yield self.duty(day, 450 + n, f"支部书记{n:02d}", "支部例会", branch=branch, text="本周情况和下周重点")
            if day.weekday() in (1, 2, 3):
                yield self.duty(day, 400 + n, f"支部书记{n:02d}", "驻点", branch=branch, text="驻点协调")
        for n, district in enumerate(cast.DISTRICTS, start=1):
            if day.weekday() in (0, 3):
                yield self.duty(day, 120 + n, f"指挥长{n:02d}", "驻点", district=district, text="全区驻点")
            if day.weekday() == 3:
                yield self.duty(day, 240 + n, f"指挥长{n:02d}", "现场调度", district=district, text="现场调度疑难问题")


def is_looked_at(hour: datetime, calendar: Calendar) -> bool:
    """Whether the service looks at that hour: in the city's month most happens by day and on workdays."""
    return hour.hour in (LOOKING if calendar.is_workday(hour.date()) else SELDOM)


def floor(moment: datetime, every: timedelta) -> datetime:
    """The last look up to ``moment``: they are counted from midnight."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // every * every


def _one_resaved(entries: Sequence[Entry], ends: Mapping[str, str]) -> list[Entry]:
    """Of the report that ends so, the photo after the work is the last that was sent for another before, saved again by
    a chat program: no longer the same file, and as like it as can be."""
    changed, last = [], None
    for entry in entries:
        photo, resaved = entry.photo, False
        if photo and photo.shot.mended:
            resaved = last is not None and ends.get(photo.ref) == endings.LIKE_PHOTO
            last = last if resaved else photo
        changed.append(_with_photo(entry, replace(last.shot, quality=RESAVED)) if resaved and last else entry)
    return changed


def _with_photo(entry: Entry, shot: Shot) -> Entry:
    ref = entry.photo.ref if entry.photo else ""
    return replace(entry, cells={**entry.cells, "photos": Photo(ref, shot)})


def _some_drawn(entries: Sequence[Entry]) -> list[Entry]:
    """Photos of the last issues are drawn; of those before them the name of a file stands there."""
    mended = {entry.photo.ref for entry in entries if entry.photo and entry.photo.shot.mended}
    reported = [entry.ref for entry in reversed(entries) if entry.tab == "issues" and entry.ref]
    last = [place for place, ref in enumerate(reported) if ref in mended][:PAIRS]
    wanted = set(reported[: last[-1] + 1] if last else ())
    wanted |= {entry.photo.ref for entry in entries if entry.photo and entry.photo.shot.category == endings.WAITS_LONG}
    return [entry if entry.photo is None or entry.photo.ref in wanted else _named(entry) for entry in entries]


def _named(entry: Entry) -> Entry:
    name = entry.photo.file_name if entry.photo else ""
    return replace(entry, cells={**entry.cells, "photos": name})


@dataclass
class Story:
    """What becomes of one report. ``ending``: of ``endings``, where it ends in a way of its own; empty: it goes on."""

    script: Script
    report: Report
    ending: str = ""

    def __post_init__(self) -> None:
        self.street = self.script.streets[self.report.street]
        self.category: Category = self.script.rules.categories[self.report.category]
        self.limit = Limit(1, "wd") if self.given else self.category.limit(self.report.severity)

    def tell(self) -> Iterator[Entry]:
        """Reported, accepted or put right, answered, asked for, verified: as far as it goes."""
        yield self.reported()
        start = self.report.at
        if self.ending and self.ending != endings.APPEALED:
            yield from self.ended(self.script.seen(start) + timedelta(minutes=6))
            return
        if self.report.source in (PUBLIC, VOID):
            start = self.looked_at
            result = VOID if self.report.source == VOID else "受理"
            yield self.typed(start, {"accepted": result, "acceptor": INSPECTORS[self.dice("verifier", 2)]})
            if self.report.source == VOID:
                return
        elif self.slip:
            if self.dice("mended", 10) >= 7:
                return  # nobody puts it right: the row's 校验 goes on saying what to do
            start = self.script.after(start, 2 + self.dice("mend", 6))
            yield self.typed(start, {self.slip: self.row()[self.slip]})
        start = start if start == self.report.at else self.script.seen(start)
        yield from self.answered(start)

    def dice(self, salt: str, parts: int) -> int:
        return part(self.report.ref, salt, parts)

    def typed(self, at: datetime, cells: Mapping[str, Cell]) -> Entry:
        return Entry(at, "issues", cells, into=self.report.ref)

    # Reported --------------------------------------------------------------------------------------------------
    def row(self) -> dict[str, Cell]:
        report = self.report
        cells: dict[str, Cell] = {
            "reported_at": self.script.serial(report.at),
            "reporter": self.reporter,
            "source": PUBLIC if report.source == VOID else report.source,
            "street": self.street["street"],
            "place": report.place,
            "category": report.category,
            "severity": report.severity,
            "text": f"{report.place}{report.text}",
            "photos": self.photo(report.at),
        }
        if self.given:
            cells["given_limit"] = "1工作日"
        if self.dice("located", 4):
            cells["longitude"], cells["latitude"] = self.somewhere()
        return cells

    def somewhere(self) -> Position:
        """A point beside the street, further along it the higher the house's number; around it for a quarter."""
        ends, house = self.script.ends[str(self.street["street"])], int(self.report.place.partition("号")[0])
        spread = 0.1 if len(ends) > 1 else 1.0
        east, north = ((self.dice(salt, 41) - 20) / 10 * spread for salt in ("east", "north"))
        return ground.along(ends, house / HOUSES, (east, north))

    def reported(self) -> Entry:
        cells = {**self.row(), **self.slips.get(self.slip, {})}
        filled = {key: cell for key, cell in cells.items() if cell != ""}
        return Entry(self.report.at, "issues", filled, ref=self.report.ref)

    @property
    def reporter(self) -> str:
        if self.report.source == INSPECTION:
            return INSPECTORS[self.dice("inspector", 2)]
        return {SELF: str(self.street["chief"]), ASSIGNED: "办公室01"}.get(self.report.source, HOTLINE)

    @property
    def given(self) -> bool:
        return self.report.source == ASSIGNED and self.dice("given", 3) == 0

    @cached_property
    def slip(self) -> str:
        """The column that is filled wrong, in a few rows."""
        if self.report.source not in (INSPECTION, SELF) or self.dice("wrong", WRONG_EVERY):
            return ""
        return sorted(self.slips)[self.dice("slip", len(self.slips))]

    @property
    def slips(self) -> Mapping[str, Mapping[str, Cell]]:
        """As people get it wrong: a street cut short, a category left out, a date in words, a severity of their own."""
        at, street = self.report.at, str(self.street["street"])
        return {
            "street": {"street": street[:-1]},
            "category": {"category": ""},
            "severity": {"severity": "特别严重"},
            "reported_at": {"reported_at": f"{at.month}月{at.day}号{at.hour}点{at.minute}分{at.second}秒"},
        }

    @cached_property
    def looked_at(self) -> datetime:
        """When the standards office accepts or voids what the public reported: soon, in office hours."""
        late = self.script.after(self.report.at, 1)
        return max(self.report.at + timedelta(minutes=10), late - timedelta(minutes=self.dice("look", 40)))

    # Answered --------------------------------------------------------------------------------------------------
    def answered(self, start: datetime) -> Iterator[Entry]:
        fixed = self.fixed(start)
        asked, fixed = self.asked(start, fixed)
        yield from asked
        if fixed is None:
            return
        if self.dice("up", 30) == 0:
            early = max(start + (fixed - start) / 3, self.script.seen(start) + timedelta(minutes=2))
            yield self.feedback(early, "上报", "需要协调周边单位配合")
        fixed = max(fixed, self.script.seen(start) + timedelta(minutes=3 + self.dice("minute", 20)))
        if self.ending == endings.APPEALED:
            yield self.appealed(fixed)
        yield self.feedback(fixed, "已整改", f"已处理：{self.category.close}", askew=self.returns)
        yield from self.verified(fixed)

    def fixed(self, start: datetime) -> datetime | None:
        """When it is mended: as early or late within the limit as the file's answer was among all answers."""
        slow = self.report.slow
        if isnan(slow):  # the file has no answer either
            return None
        bias = (part(str(self.street["code"]), "bias", 101) / 100 - 0.5) * BIAS
        slow = min(max(slow + bias, 0.0), 1.0)
        calendar = self.script.rules.calendar
        if slow < ON_TIME:
            return calendar.share(start, self.limit, 0.1 + 0.75 * slow / ON_TIME)
        late = (slow - ON_TIME) / (1 - ON_TIME)
        return self.script.after(calendar.add(start, self.limit).at, 1 + round(LATEST * late**3))

    @property
    def shows_photo(self) -> bool:
        return self.dice("photo", 40) > 0

    @property
    def returns(self) -> bool:
        """Whether the first feedback is sent back, since its photo shows the place from another angle."""
        return self.dice("rework", REWORK_EVERY) == 0

    def photo(self, at: datetime, *, mended: bool = False, askew: bool = False) -> Photo:
        """Taken some minutes before it is sent."""
        taken = (at - timedelta(minutes=2 + self.dice(f"taken{mended}", 9))).replace(second=self.dice("second", 60))
        place = f"{self.street['code']} {self.report.place}"
        return Photo(self.report.ref, Shot(place, self.report.category, taken.replace(microsecond=0), mended, askew))

    def feedback(self, at: datetime, outcome: str, text: str, *, askew: bool = False) -> Entry:
        by = str(self.street["chief"]) if self.dice("by", 5) < 3 else self.category.unit
        cells: dict[str, Cell] = {
            "reported_at": self.script.serial(at),
            "reporter": by,
            "outcome": outcome,
            "issue": Number(self.report.ref),
            "text": text,
        }
        if outcome == "已整改" and self.shows_photo:
            cells["photos"] = self.photo(at, mended=True, askew=askew)
        return Entry(at, "feedback", cells)

    # 延期, 挂账, 移交 --------------------------------------------------------------------------------------------
    def asked(self, start: datetime, fixed: datetime | None) -> tuple[list[Entry], datetime | None]:
        """A few ask for more time, a pause or another unit, and are answered; granted, they need the time."""
        if fixed is None or self.limit.unit != "wd" or self.dice("ask", 9):
            return [], fixed
        kind = REQUEST_KINDS[self.dice("kind", len(REQUEST_KINDS))]
        at = max(self.script.after(start, 1), self.script.seen(start) + timedelta(minutes=5))
        asked_at = self.script.after(at, 1)
        deadline = self.script.rules.calendar.add(start, self.limit).at
        answer = "不同意" if self.dice("no", 4) == 0 else "同意"
        later = asked_at + HOUR if answer == "不同意" else self.script.after(deadline, 6)
        name = f"{self.report.ref}申请"
        return [
            Entry(at, "requests", self.request(kind, at, deadline), ref=name),
            Entry(asked_at, "requests", self.answer(kind, asked_at, answer), into=name),
        ], max(fixed, later)

    def request(self, kind: str, at: datetime, deadline: datetime) -> dict[str, Cell]:
        cells: dict[str, Cell] = {
            "requested_at": self.script.serial(at),
            "requester": self.street["chief"],
            "kind": kind,
            "issue": Number(self.report.ref),
            "reason": REASONS[kind],
        }
        if kind == "移交":
            return {**cells, "to_unit": cast.HEADS[self.dice("unit", len(cast.HEADS))]}
        return {**cells, "until": self.script.serial(self.script.after(deadline, 13 if kind == "延期" else 26))}

    def answer(self, kind: str, at: datetime, answer: str) -> dict[str, Cell]:
        branch = cast.BRANCHES.index(str(self.street["branch"]))
        approvers = {"延期": f"支部书记{branch + 1:02d}", "挂账": f"指挥长{branch // 2 + 1:02d}", "移交": INSPECTORS[0]}
        return {"answer": answer, "approver": approvers[kind], "answered_at": self.script.serial(at)}

    # Left to be done at the end of the month ----------------------------------------------------------------------
    def ended(self, at: datetime) -> Iterator[Entry]:
        """What happens instead of an answer in time. ``at``: when people have its number."""
        limit = self.script.rules.calendar.add(self.report.at, self.limit).at
        if self.ending in (endings.EXTENSION, endings.TRANSFER, endings.SUSPENSION):
            kind = self.ending[:2]
            name = f"{self.report.ref}申请"
            yield Entry(at, "requests", self.request(kind, at, max(limit, at)), ref=name)
            if self.ending == endings.SUSPENSION:
                agreed = at + timedelta(minutes=20)
                yield Entry(agreed, "requests", self.answer(kind, agreed, "同意"), into=name)
        elif self.ending == endings.UNDONE:
            yield self.feedback(at, "已整改", f"已处理：{self.category.close}")
            later = self.script.seen(at) + timedelta(minutes=8)
            yield self.verdict(later, "未整改", {"verify_note": "现场看过，和上报时一样，没有动"})
        elif self.ending == endings.SAME_PHOTO:
            sent = self.feedback(at, "已整改", "已处理，见照片")
            yield replace(sent, cells={**sent.cells, "photos": self.photo(self.report.at)})
        elif self.ending in (endings.LIKE_PHOTO, endings.ASKEW):
            askew = self.ending == endings.ASKEW
            yield self.feedback(at, "已整改", f"已处理：{self.category.close}", askew=askew)

    def appealed(self, fixed: datetime) -> Entry:
        """The chief appeals against what the find costs him."""
        at = fixed + timedelta(minutes=4)
        cells: dict[str, Cell] = {
            "requested_at": self.script.serial(at),
            "requester": self.street["chief"],
            "kind": "申诉",
            "line": Number(self.report.ref, FOUND),
            "reason": "这一处在红线以内，属于小区物业",
        }
        return Entry(at, "requests", cells, ref=f"{self.report.ref}申诉")

    # Verified --------------------------------------------------------------------------------------------------
    def verified(self, fixed: datetime) -> Iterator[Entry]:
        at = self.script.after(fixed, 1 + self.dice("verify", 6))
        if self.returns:
            yield self.verdict(at, "返工", {"verify_note": "照片角度不同，看不出已经整改"})
            again = self.script.after(self.script.seen(at), 1 + self.dice("again", 3))
            yield self.feedback(again, "已整改", f"重新处理：{self.category.close}")
            at = self.script.after(again, 1 + self.dice("verify again", 5))
        enforced = self.category.kind == "执法类"
        basis: dict[str, Cell] = {"legal_basis": BASES[self.dice("basis", len(BASES))]} if enforced else {}
        seen: dict[str, Cell] = {} if self.shows_photo else {"verify_note": "没有照片，现场看过，已经整改"}
        if basis and self.dice("forgot", 20) == 0:  # the row's 校验 says what is missing; it comes the next day
            yield self.verdict(at, "通过", seen)
            yield self.typed(self.script.after(at, 7), basis)
        else:
            yield self.verdict(at, "通过", {**basis, **seen})

    def verdict(self, at: datetime, result: str, more: Mapping[str, Cell]) -> Entry:
        inspector = INSPECTORS[self.dice("verifier", 2)]
        cells: dict[str, Cell] = {"verified": result, "verifier": inspector, "verified_at": self.script.serial(at)}
        return self.typed(at, {**cells, **more})


REQUEST_KINDS = ("延期", "延期", "延期", "挂账", "移交", "移交")
REASONS = {"延期": "材料没有到，请求延期", "挂账": "等施工审批", "移交": "不属于本单位职责"}
BASES = ("当场改正，不予立案", "责令改正通知书（演示）", "已立案，案号（演示）", "首次轻微，批评教育")
