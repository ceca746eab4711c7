"""The real parts in one process: embedded workbook, gateway, ledger and tick, with a clock, faults and deaths.

Acts of people and faults wait for the request at which they are to come. A death is an exception that nothing
catches; from then on the dead process reaches neither the workbook nor the database, and another one starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import sqlalchemy as sa

from sync import tick
from sync.core.notices import timing
from sync.core.notices.notices import demanded
from sync.core.rules.rules import Rules
from sync.ledger import ledger as ledger_module
from sync.ledger.ledger import Busy, Unusable
from sync.outgoing import outbox
from sync.sheets.gateway import Client, Gateway, Refused, Unknown, Unreachable
from sync.workbook import transport
from sync.workbook.server import Api, Request, Response
from tests.book import default_rules, hour, templates
from tests.simulation import base as bases
from tests.simulation import checks, clerk
from tests.simulation.faults import DEATHS, DONE, MOMENTS, NOT_DONE, Armed, Death, Faults
from tests.simulation.paper import SERVICE, STAFF, Column, Paper, Row, Value
from tests.simulation.people import ACTS, NOTHING
from tests.simulation.plan import AFTER, BEFORE, NOW, Action
from tests.simulation.post import MOODS, Post
from tests.simulation.sheet import Sheet, Values, Workbook

DECLARED = (Unreachable, Refused, Unknown, Busy, Unusable)
MOST_LOOKS = 12  # after the last act: more than this and it never comes to rest
LOCKED_OUT = 180  # seconds after which a dead process must stand in nobody's way
TABS = {"issues": "问题台账", "feedback": "整改反馈", "requests": "申请审批"}
STEPS = ("read", "land earlier", "decide", "commit", "write", "land")


class World:
    """One run. ``story``: what happened, in Chinese; ``faults``: promises that were seen broken on the way."""

    def __init__(self) -> None:
        base = bases.base()
        self.base, self.database = base, bases.database()
        self.database.load(base.ledger)
        self.api = Api(bases.MemoryStore(base.workbook))
        self.book = Workbook(self.api, base.file_id, base.sheets, base.keys)
        self.issues, self.feedback, self.requests = (Sheet(self.book, _paper(key)) for key in TABS)
        self.sheets = (self.issues, self.feedback, self.requests)
        self.by_id = {sheet.id: sheet for sheet in self.sheets}
        self.rules: Rules = default_rules()
        self.now: datetime = hour(bases.BEGIN) + timedelta(minutes=5)
        self.seconds = 0.0
        self.story: list[str] = []
        self.broken: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self.clipboard: list[tuple[list[Value], Row, list[Column]]] = []
        self.undoable: list[Callable[[], str]] = []
        self.graveyard: list[Row] = []
        self.waiting: list[Action] = []
        self.tokens = 0
        self.dead = False
        self.last = ""
        self.numbers = checks.Numbers()
        self.faults = Faults(self.tell)
        self.touched = False
        self.papers = checks.Papers()
        self.office = checks.Office(
            clerk.LIMITS,
            {"新正街": {"街路长01"}, "联胜路": {"街路长02"}, "建设南路": {"街路长03"}, "高铁站广场": {"街路长02"}},
            {"新正街": {""}, "联胜路": {""}, "建设南路": {""}, "高铁站广场": {"高铁站广场服务所"}},
        )
        self.post = Post()
        self.start()

    # The process
    def start(self) -> None:
        """A new process over what is there."""
        session = transport.session(self.api)
        session.trust_env = False
        adapter = session.get_adapter(transport.HOSTS[0])
        assert isinstance(adapter, transport.Adapter)
        adapter.before, adapter.after = self._before, self._after
        client = Client(None, session)
        client.waits = _no_wait  # type: ignore[assignment]
        self.gateway = Gateway(client, self.base.file_id, templates())
        self.ledger = bases.open_ledger(self.base.file_id)
        self.dead = False

    def look(self, *, idle: bool = True) -> tick.Report | None:
        """One run of ticks; None where it was not possible, or the process died and another took its place."""
        try:
            report = tick.ticks(self.gateway, self.ledger, self.rules, self.now, idle=idle, step=self._step)
        except Death:
            self._died()
            return None
        except Busy:
            self._locked_out()
            return None
        except DECLARED as error:
            self.last = f"{type(error).__name__}：{error}"
            self.tell(f"这一轮没有做成（{type(error).__name__}）")
            return None
        except Exception as error:
            self.broken.append(("undeclared", f"{type(error).__name__}：{error}"))
            self.tell(f"这一轮抛出没有声明的错误 {type(error).__name__}")
            return None
        self.last = report.trouble
        if not report.trouble and not self.touched and report.ticks < tick.MOST_TICKS and not report.is_doubted:
            self.at_rest()
        return report

    def at_rest(self) -> None:
        """Nobody touched anything since the service last read, and it had nothing to write: stamps must be right."""
        self.office.settle()
        self.papers.take_in(self.feedback.paper, self.requests.paper)
        self.broken += checks.stamps(self.issues.paper, self.issues.values(), self.office, self.papers, self.now)

    def _died(self) -> None:
        self.counts["deaths"] += 1
        self.tell("换一个新进程")
        self.start()

    def _locked_out(self) -> None:
        """A look that another process keeps out waits; a dead one keeps nobody out for long."""
        self.seconds += LOCKED_OUT
        try:
            with self.ledger.turn():
                pass
        except Busy:
            self.broken.append(("locked out", f"上一个进程死后 {LOCKED_OUT} 秒，新进程还是进不去"))
            self.seconds += 3600

    def _step(self, name: str) -> None:
        self._reach(f"after step {name}")

    def _reach(self, moment: str) -> None:
        """Raises ``Death`` where the process is to die now; from then on it reaches nothing any more."""
        try:
            self.faults.reach(moment)
        except Death:
            self.dead = True
            raise

    def statement(self, text: str) -> None:
        """Called before each statement of the ledger."""
        if self.dead:
            raise Death
        if bases.writes(text):
            self._reach("before statement")

    # Acts and faults that wait for their moment
    def _before(self, asked: Request) -> Response | None:
        if self.dead:
            raise Death
        kind = _name(asked)
        self.run_waiting(f"{BEFORE} {kind}")
        self._reach(f"{BEFORE} {kind}")
        answer = self.faults.answer(f"{BEFORE} {kind}")
        if answer is None and kind == "write":
            self._covers(asked)
        return answer

    def _after(self, asked: Request, response: Response) -> Response | None:
        kind = _name(asked)
        if response.status == 200 and kind == "read":
            self.touched = False
            for sheet in self.sheets:
                sheet.paper.read("tick")
        if response.status == 200 and kind == "write":
            self._follow(asked)
        self.run_waiting(f"{AFTER} {kind}")
        self._reach(f"{AFTER} {kind}")
        return self.faults.answer(f"{AFTER} {kind}", response)

    def run_waiting(self, moment: str) -> None:
        """People's acts that wait for this moment."""
        due = [action for action in self.waiting if action.when == moment]
        self.waiting = [action for action in self.waiting if action.when != moment]
        for action in due:
            if action.kind == "second":
                self._second_process()
            elif action.kind in ACTS:
                self._act(action, _MOMENTS.get(moment, moment))

    def _second_process(self) -> None:
        """It must not get in while the first looks."""
        self.tell("另一个进程也要看一轮")
        try:
            with bases.open_ledger(self.base.file_id).turn():
                self.broken.append(("two at once", "两个进程同时处理一个工作簿"))
        except Busy:
            self.counts["second processes kept out"] += 1

    def _covers(self, asked: Request) -> None:
        """What our write falls on, as people's paper stands now."""
        for request in orjson.loads(asked.body)["requests"]:
            area = request.get("updateCells", {}).get("range")
            sheet = self.by_id.get(area["sheetId"]) if area else None
            if sheet is None:
                continue
            for row in range(area["startRowIndex"], area["endRowIndex"]):
                for place in range(area["startColumnIndex"], area["endColumnIndex"]):
                    sheet.paper.cover("tick", row - sheet.top, place)

    def _follow(self, asked: Request) -> None:
        """Rows that the service appends to people's tabs are people's rows that come back."""
        for request in orjson.loads(asked.body)["requests"]:
            appended = request.get("appendCells")
            sheet = self.by_id.get(appended["sheetId"]) if appended else None
            if sheet is not None:
                self._came_back(sheet, len(appended["rows"]))

    def _came_back(self, sheet: Sheet, number: int) -> None:
        values = sheet.values()
        for index in range(len(values) - number, len(values)):
            row = next((row for row in self.graveyard if row in self.wanted and _shows(values[index], row)), None)
            if row is not None:
                sheet.paper.put_row(index, row)
                self.back(row)

    # What people see
    def seen(self, sheet: Sheet, index: int, place: int) -> Value:
        row = self.seen_row(sheet, index)
        return row[place] if place < len(row) else ""

    def seen_row(self, sheet: Sheet, index: int) -> list[Value]:
        values = sheet.values()
        return list(values[index]) if index < len(values) else []

    def seen_header(self, sheet: Sheet, place: int) -> Value:
        header = self.book.values(sheet.paper.title)[sheet.top - 1]
        return header[place] if place < len(header) else ""

    def number_seen(self, index: int) -> str:
        """The 编号 that stands in the row now; empty where none does."""
        place = self.issues.paper.column("编号")
        return str(self.seen(self.issues, index, place)) if place >= 0 else ""

    def first_free(self, sheet: Sheet) -> int:
        """The index of the first row below all that stands there."""
        filled = max((index for index, _ in sheet.paper.filled()), default=-1)
        return max(len(_trimmed(sheet.values())), filled + 1)

    def index_of(self, sheet: Sheet, row: Row) -> int:
        return next((index for index, other in enumerate(sheet.paper.rows) if other is row), -1)

    def next_token(self) -> int:
        self.tokens += 1
        return self.tokens

    def deleted(self, sheet: Sheet, row: Row) -> None:
        if sheet is self.issues:
            self.graveyard.append(row)

    def back(self, row: Row) -> None:
        self.graveyard = [other for other in self.graveyard if other is not row]

    def tell(self, text: str) -> None:
        self.story.append(f"{self.now:%m-%d %H:%M} {text}")

    # Running
    def run(self, actions: list[Action]) -> None:
        for action in actions:
            if action.when == NOW:
                self._do(action)
            else:
                self.waiting.append(action)

    def _do(self, action: Action) -> None:
        special = getattr(self, f"_do_{action.kind.replace(' ', '_')}", None)
        if special is not None:
            special(action)
        elif action.kind in ACTS:
            self._act(action, "")

    def _act(self, action: Action, moment: str) -> None:
        text, self.touched = ACTS[action.kind](self, action), True
        if text != NOTHING:
            self.counts["edits"] += 1
            self.counts["in a gap"] += bool(moment)
            self.tell(f"{moment}{text}")

    def _do_look(self, action: Action) -> None:
        self.now += timedelta(minutes=action.a)
        self.seconds += 60 * action.a + 1
        self.tell("服务看一轮")
        self.look()
        self._late()

    def _late(self) -> None:
        """What found no moment of its own in the look comes after it."""
        self.counts["faults"] += self.faults.counted
        self.faults.counted = 0
        self.faults.clear()
        late, self.waiting = self.waiting, []
        for action in late:
            if action.kind in ACTS:
                self._act(action, "")

    def _do_fault(self, action: Action) -> None:
        """Once, or so often that no retry helps."""
        moment = MOMENTS[action.a % len(MOMENTS)]
        names = list(DONE if moment.startswith(AFTER) else NOT_DONE)
        times = 6 if action.c % 4 == 0 else 1
        self.faults.answers.append(Armed(moment, names[action.b % len(names)], times))

    def _do_death(self, action: Action) -> None:
        moment = DEATHS[action.a % len(DEATHS)]
        self.faults.deaths.append(Armed(moment, "", skip=action.b % 60 if moment.endswith("statement") else 0))

    def _do_disk_full(self, action: Action) -> None:
        self.faults.full_from = action.a % 60
        self.tell(f"再写 {self.faults.full_from} 句以后磁盘满，到这一轮结束")

    def _do_second_process(self, action: Action) -> None:
        """Another process tries in the middle of the look."""
        self.waiting.append(Action("second", ("after read", "before write", "after write")[action.a % 3]))

    def _do_receiver(self, action: Action) -> None:
        self.post.mood = MOODS[action.a % len(MOODS)]
        self.tell(f"邮件服务器：{self.post.mood}")

    def _do_deliver(self, action: Action) -> None:
        self.tell("发一次邮件")
        self.deliver()

    def deliver(self) -> None:
        """As the service does at its hours."""
        rules = self.rules
        try:
            outbox.deliver(self.ledger, self.post, self.now, hours=timing.sending_hours(self.now, rules),  # type: ignore[arg-type]
                           asked=demanded(rules), tries=rules.limits.tries)  # fmt: skip
        except Death:
            self._died()
        except DECLARED:
            self.tell("这一次没有发成")
        except Exception as error:
            self.broken.append(("undeclared", f"发邮件时 {type(error).__name__}：{error}"))

    def _do_restore(self, action: Action) -> None:
        """Somebody asks for a row that was deleted."""

    @property
    def wanted(self) -> list[Row]:
        return []

    def rest(self) -> bool:
        """Headers put right, then looks until one finds nothing to write; whether it came to that."""
        self._late()
        self.post.mood = "takes"
        self._act(Action("headers right"), "最后：")
        for _ in range(MOST_LOOKS):
            self.now += timedelta(minutes=1)
            self.seconds += 60
            report = self.look(idle=False)
            if report is not None and not report.cells and not report.trouble and report.ticks == 1:
                return True
        return False


_MOMENTS = {
    "before read": "服务读表之前，", "after read": "服务读完表，", "before write": "服务读表以后、写表以前，",
    "after write": "服务写完、回答还在路上，",
}  # fmt: skip


def _paper(key: str) -> Paper:
    tab = templates()[key]
    columns = [Column(c.header, c.header, SERVICE if c.owner == "service" else STAFF) for c in tab.columns]
    return Paper(tab.title, columns, [tab.by_key[name].header for name in tab.identity])


def _name(asked: Request) -> str:
    if asked.path.endswith("values:batchGet"):
        return "read"
    if asked.path.endswith(":batchUpdate"):
        return "write"
    return "version" if asked.path.startswith("/drive/v3/files/") else "other"


def _no_wait(_: object) -> float:
    return 0.0


def _shows(values: list[Value], row: Row) -> bool:
    return row.get("问题描述") in values


def _trimmed(values: Values) -> Values:
    last = max((at for at, row in enumerate(values, 1) if any(cell not in ("", None) for cell in row)), default=0)
    return values[:last]


@contextmanager
def clocks(world: World) -> Any:
    """The clock by which leases run, and the ledger's statements, are the run's."""
    real = ledger_module.time
    ledger_module.time = SimpleNamespace(time=lambda: 1.8e9 + world.seconds)  # type: ignore[assignment]

    def statement(_: Any, __: Any, text: str, *___: Any) -> None:
        world.statement(text)

    sa.event.listen(world.database.engine, "before_cursor_execute", statement)
    bases.Faulty.is_full = staticmethod(lambda: world.faults.is_full())
    try:
        yield
    finally:
        sa.event.remove(world.database.engine, "before_cursor_execute", statement)
        ledger_module.time = real
        bases.Faulty.is_full = staticmethod(lambda: False)


