"""The real parts in one process: embedded workbook, gateway, ledger and tick, with a clock, faults and deaths.

Acts of people and faults wait for the request at which they are to come. A death is an exception that nothing
catches; from then on the dead process reaches neither the workbook nor the database, and another one starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import orjson
import sqlalchemy as sa

from sync import tick
from sync.clock import own_hours
from sync.core.calendar import belief
from sync.core.rules.rules import Rules
from sync.ledger import leases
from sync.ledger.ledger import Busy, Unusable
from sync.sheets.gateway import Client, Gateway, Refused, Unknown, Unreachable
from sync.workbook import transport
from sync.workbook.server import Api, Request, Response
from tests.book import hour, templates
from tests.simulation import base as bases
from tests.simulation.events import (
    EVENTS,
    MONTH_OVER,
    PAGE,
    Answer,
    deliver,
    has_pushes,
    rules_of,
    send_forms,
    take_pushes,
)
from tests.simulation.faults import Death, Faults
from tests.simulation.model import checks, clerk
from tests.simulation.model.accounts import Archive, Sealed
from tests.simulation.model.paper import LOOK, OWN, SERVICE, STAFF, Column, Paper, Row, Value, same
from tests.simulation.people import ACTS, NOTHING
from tests.simulation.plan import AFTER, BEFORE, NOW, Action
from tests.simulation.post import Post
from tests.simulation.sheet import Sheet, Values, Workbook

DECLARED = (Unreachable, Refused, Unknown, Busy, Unusable)
MOST_LOOKS = 12  # after the last act: more than this and it never comes to rest
LOCKED_OUT = 90  # seconds after which a dead process must stand in nobody's way
TABS = ("issues", "feedback", "requests", "duties", "streets")


class World:
    """One run. ``story``: what happened, in Chinese; ``faults``: promises that were seen broken on the way."""

    def __init__(self) -> None:
        base = bases.base()
        self.base, self.database = base, bases.database()
        self.database.load(base.ledger)
        store = bases.new_store(base.workbook)
        self.api = Api(store)
        self.book = Workbook(self.api, base.file_id, base.sheets, bases.keys(store, base.file_id))
        self.sheets = tuple(Sheet(self.book, _paper(key)) for key in TABS)
        self.issues, self.feedback, self.requests, self.duties, self.streets = self.sheets
        _take_over(self.streets)
        self.by_id = {sheet.id: sheet for sheet in self.sheets}
        self.rules: Rules = rules_of(0)
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
        self.touched = self.just_lost = self.is_doubted = False
        self.is_sending = self.is_answering = False
        self.answer: Answer | None = None  # a page's verdict that is on its way
        self.skew = timedelta(0)
        self.coming: dict[str, Row] = {}  # rows that forms, pushes and restores will bring, by their text
        self.phones: list[Any] = []  # forms that have no answer yet
        self.pushed: list[tuple[dict[str, str], Row]] = []
        self.unstored: list[tuple[dict[str, str], str]] = []
        self.amended: list[tuple[Row, str, Value]] = []  # cells that a later version of a push is to change
        self.declared = DECLARED
        self.papers = checks.Papers()
        self.office = checks.Office(
            clerk.LIMITS,
            {"新正街": {"街路长01"}, "联胜路": {"街路长02"}, "建设南路": {"街路长03"}, "高铁站广场": {"街路长02"}},
            {"新正街": {""}, "联胜路": {""}, "建设南路": {""}, "高铁站广场": {"高铁站广场服务所"}},
        )
        self.post = Post()
        self.sealed = Sealed()
        self.archives: dict[int, Archive] = {}  # by sheetId
        self.years: list[str] = []  # tabs of a year for rows that the service wrote
        self.start()

    # The process
    def start(self) -> None:
        """A new process over what is there."""
        self.gateway = self.new_gateway(LOOK)
        self.ledger = bases.open_ledger(self.base.file_id)
        self.dead = False

    def new_gateway(self, reader: str) -> Gateway:
        """A gateway of this process. ``reader``: who reads by it, since what it never read it can't give back."""
        session = transport.session(self.api)
        session.trust_env = False
        adapter = session.get_adapter(transport.HOSTS[0])
        assert isinstance(adapter, transport.Adapter)
        adapter.before, adapter.after = partial(self._before, reader), partial(self._after, reader)
        client = Client(None, session)
        client.waits = _no_wait  # type: ignore[assignment]
        return Gateway(client, self.base.file_id, templates())

    def look(self, *, idle: bool = True) -> tick.Report | None:
        """One run of ticks; None where it was not possible, or the process died and another took its place."""
        now = self.now + self.skew
        memory = self.ledger.memory()
        last = memory.confirmed or memory.last_tick
        if belief.waits(now, last):
            return None
        doubt = belief.doubt(now, last, self.rules.calendar)
        before = self._what_stays() if doubt else None
        look = partial(tick.ticks, self.gateway, self.ledger, self.rules, now, idle=idle, doubt=doubt, step=self.step)
        try:
            report = look(own=own_hours(self.ledger, now) if doubt else ())
        except Death:
            self.died()
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
        self.just_lost, self.is_doubted = False, report.is_doubted
        if report.is_doubted and before != self._what_stays():
            self.broken.append(("doubt", "时间有疑问的一轮里，通知记录、扣分明细或月度考核变了"))
        is_quiet = not report.trouble and report.ticks < tick.MOST_TICKS and not report.is_doubted
        is_readable = all(sheet.paper.is_in_order for sheet in self.sheets) and not self._empty_headers()
        if is_quiet and not self.touched and is_readable:
            self.at_rest()
        return report

    def _what_stays(self) -> list[Values]:
        """What a look at an hour that is not believed leaves alone."""
        return [self.book.values(title) for title in ("通知记录", "扣分明细", "月度考核")]

    def written(self, title: str) -> Values:
        """A tab that the service fills, header first, with the rows that left it for the tab of their year."""
        left = [self.book.values(year)[1:] for year in self.years if year.startswith(title)]
        return [*self.book.values(title), *(row for rows in left for row in rows)]

    def at_rest(self) -> None:
        """Nobody touched anything since the service last read, and it had nothing to write: stamps must be right."""
        self.office.settle()
        self.papers.take_in(self.feedback.paper, self.requests.paper)
        for _, row in self.issues.paper.filled() if self.counts["skews"] else ():
            row.is_new = False  # nobody can say by which clock it was received
        self.broken += checks.stamps(self.issues.paper, self.issues.values(), self.office, self.papers, self.now)
        if self.now >= MONTH_OVER:
            self.broken += self.sealed.check(self.written("扣分明细"), self.book.values("月度考核"))

    def died(self) -> None:
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

    def step(self, name: str) -> None:
        """The look's own report of its steps."""
        is_remembered = name == "commit" and self.ledger.memory().last_tick == self.now + self.skew
        for sheet in self.sheets if is_remembered else ():  # a look at an hour that is doubted remembers no cell
            sheet.paper.remembered()
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
    def _before(self, reader: str, asked: Request) -> Response | None:
        if self.dead:
            raise Death
        kind = _name(asked)
        self.run_waiting(f"{BEFORE} {kind}", reader)
        self._reach(f"{BEFORE} {kind}")
        answer = self.faults.answer(f"{BEFORE} {kind}")
        if answer is None and kind == "write":
            self._covers(reader, asked)
        return answer

    def _after(self, reader: str, asked: Request, response: Response) -> Response | None:
        kind = _name(asked)
        if response.status == 200 and kind == "read":
            sheets = [sheet for sheet in self.sheets if sheet.paper.title in _titles(asked)]
            self.touched = self.touched and (reader != LOOK or len(sheets) < len(self.sheets))
            for sheet in sheets:
                sheet.paper.read(reader)
        if response.status == 200 and kind == "write":
            self._follow(asked)
            if reader == PAGE and self.answer is not None:
                self.answer.arrives(self.issues.paper, self.issues.values())
        self.run_waiting(f"{AFTER} {kind}", reader)
        self._reach(f"{AFTER} {kind}")
        return self.faults.answer(f"{AFTER} {kind}", response)

    def run_waiting(self, moment: str, reader: str) -> None:
        """People's acts that wait for this moment; another process waits for a look."""
        due = [action for action in self.waiting if action.when == moment
               and (reader == LOOK or action.kind != "second")]  # fmt: skip
        self.waiting = [action for action in self.waiting if action not in due]
        for action in due:
            if action.kind == "second":
                self._second_process()
            elif action.kind in EVENTS:
                EVENTS[action.kind](self, action)
            else:
                self._act(action, _MOMENTS.get(moment, moment))

    def _second_process(self) -> None:
        """It must not get in while the first looks."""
        self.tell("另一个进程也要看一轮")
        try:
            with bases.open_ledger(self.base.file_id).turn():
                self.broken.append(("two at once", "两个进程同时处理一个工作簿"))
        except Busy:
            self.counts["second processes kept out"] += 1

    def _covers(self, reader: str, asked: Request) -> None:
        """What our write falls on, as people's paper stands now."""
        headers: dict[int, list[int]] = {sheet: [] for sheet in self.by_id}
        for request in orjson.loads(asked.body)["requests"]:
            area = request.get("updateCells", {}).get("range")
            sheet = self.by_id.get(area["sheetId"]) if area else None
            if sheet is None:
                continue
            for row, cells in enumerate(request["updateCells"].get("rows", ()), area["startRowIndex"]):
                for place, cell in enumerate(cells["values"], area["startColumnIndex"]):
                    value = next(iter(cell.get("userEnteredValue", {}).values()), "")
                    sheet.paper.cover(reader, row - sheet.top, place, value)
                    headers[sheet.id] += [place] if row == sheet.top - 1 else []
        for sheet_id, places in headers.items():
            self.by_id[sheet_id].paper.cover_headers(places)

    def _follow(self, asked: Request) -> None:
        """Rows that the service appends to people's tabs are people's rows that come back; rows that it moves to the
        archive, or back, are people's too."""
        for request in orjson.loads(asked.body)["requests"]:
            (kind, told), *_ = request.items()
            if kind == "appendCells" and told["sheetId"] in self.by_id:
                self._came_back(self.by_id[told["sheetId"]], told["rows"])
            elif kind == "addSheet":
                self._added(told["properties"]["sheetId"], told["properties"]["title"])
            elif kind in ("insertDimension", "deleteDimension") and told["range"]["dimension"] == "ROWS":
                self._resize(told["range"], is_more=kind == "insertDimension")
            elif kind == "copyPaste":
                self._copy(told["source"], told["destination"])

    def _added(self, sheet: int, title: str) -> None:
        live = next((live for live in self.sheets if title.startswith(live.paper.title)), None)
        if live is not None:
            self.archives[sheet] = Archive(title, live.paper)
        else:
            self.years.append(title)

    def _rows_of(self, sheet: int) -> list[Row] | None:
        if sheet in self.archives:
            return self.archives[sheet].rows
        return self.by_id[sheet].paper.rows if sheet in self.by_id else None

    def _resize(self, span: dict[str, Any], *, is_more: bool) -> None:
        rows, first = self._rows_of(span["sheetId"]), span["startIndex"] - 1
        if rows is not None:
            number = span["endIndex"] - span["startIndex"]
            rows += [Row() for _ in range(first + number - len(rows))]
            rows[first : first + (0 if is_more else number)] = [Row() for _ in range(number)] if is_more else []

    def _copy(self, source: dict[str, Any], target: dict[str, Any]) -> None:
        rows, others = self._rows_of(source["sheetId"]), self._rows_of(target["sheetId"])
        if rows is not None and others is not None:
            count = source["endRowIndex"] - source["startRowIndex"]
            self.counts["archived" if source["sheetId"] == self.issues.id else "filed away"] += count
            for at in range(source["endRowIndex"] - source["startRowIndex"]):
                here, there = source["startRowIndex"] - 1 + at, target["startRowIndex"] - 1 + at
                rows += [Row() for _ in range(here + 1 - len(rows))]
                others[there] = rows[here]

    def _came_back(self, sheet: Sheet, appended: list[dict[str, Any]]) -> None:
        """A row that is on its way is known by its text, wherever its cells fell."""
        values = sheet.values()
        for cells in appended:
            texts = {value for cell in cells["values"] for value in cell.get("userEnteredValue", {}).values()}
            token = next((token for token in self.coming if token in texts), None)
            gone = next((row for row in self.graveyard if row.get("问题描述") in texts), None)
            gone = gone or self._cut(texts)
            gone = gone or self._sent_again(sheet, texts, cells["values"])
            row = self.coming[token] if token is not None else gone
            if row is None or _is_astray(sheet, row, cells["values"]):
                continue  # nobody's; or nothing of it stays behind, and it comes again
            self.coming.pop(token or "", None)
            token = str(row.get("问题描述"))
            index = max(at for at, stands in enumerate(values) if token in stands)
            row = row.twin() if self.index_of(sheet, row) >= 0 else row  # somebody undid its deletion meanwhile
            hours = [value for value in texts if isinstance(value, float) and abs(value - clerk.serial(self.now)) < 8]
            if row.stamp is None and hours:
                row.cells["填报时间"] = hours[0]
            names = {column.name for column in sheet.paper.columns if column.owner == STAFF}
            row.cells = {name: value for name, value in row.cells.items() if name in names}
            sheet.paper.put_row(index, row)
            self.back(row)

    def _cut(self, texts: set[Any]) -> Row | None:
        """A row that came, whose sender died before it knew, or that a move to the archive was about to take, and that
        somebody cut meanwhile: as with a deleted row a row too many is better than an entry lost. It may be pasted yet,
        and then counts as a duplicate."""
        row = next((row for _, row, _ in self.clipboard if row.get("问题描述") in texts), None)
        return row.twin() if row is not None and (self.counts["deaths"] or self.counts["archived"]) else None

    def _sent_again(self, sheet: Sheet, texts: set[Any], cells: list[dict[str, Any]]) -> Row | None:
        """A push whose answer was lost, and whose row was edited before it was looked for: by nothing can it be told
        from another entry of the same second, and a row too many is better than an entry lost. It may count as a
        duplicate, as a copy does."""
        rows = (row for entry, row in self.pushed if entry["text"] in texts and row.was_edited)
        if self.index_of(sheet, next(rows, Row())) < 0:
            return None
        values = [next(iter(cell.get("userEnteredValue", {}).values()), "") for cell in cells]
        named = zip(sheet.paper.columns, values, strict=False)
        cells = {column.name: value for column, value in named if value != "" and column.owner == STAFF}
        return Row(cells, is_copied=True)

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

    def deleted(self, sheet: Sheet, row: Row, seen: list[Value]) -> None:
        """``seen``: the row as it stood. What a later version of a push has not changed by then may stay as it was:
        whoever looks after the pushes is told that the row is not there."""
        if sheet is self.issues:
            self.amended = [each for each in self.amended if each[0] is not row or each[2] not in seen]
            self.graveyard.append(row)
            for column, before in sheet.paper.unknown(row):
                row.also.setdefault(column, []).extend(before)

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
        if action.kind == "look":
            self._look(action)
        elif action.kind in EVENTS:
            EVENTS[action.kind](self, action)
        else:
            self._act(action, "")

    def _act(self, action: Action, moment: str) -> None:
        text, self.touched = ACTS[action.kind](self, action), True
        if text != NOTHING:
            self.counts["edits"] += 1
            self.counts["in a gap"] += bool(moment)
            self.tell(f"{moment}{text}")

    def _look(self, action: Action) -> None:
        self.now += timedelta(minutes=action.a)
        self.seconds += 60 * action.a + 1
        self.tell("服务看一轮")
        self.come_in()
        self.look()
        self.late()
        self.skew = timedelta(0)

    def come_in(self) -> None:
        """Phones that have no answer try again, and pushes become rows."""
        send_forms(self)
        if self.pushed:
            take_pushes(self)

    def late(self) -> None:
        """What found no moment of its own in the look comes after it."""
        self.counts["faults"] += self.faults.counted
        self.faults.counted = 0
        self.faults.clear()
        late, self.waiting = self.waiting, []
        for action in late:
            if action.kind in ACTS:
                self._act(action, "")
            elif action.kind in EVENTS:
                EVENTS[action.kind](self, action)

    # What the bureau's events need
    def guarded(self, words: str, act: Callable[[], Any]) -> Any:
        """What ``act`` gives; None where it raised what it declares, or the process died in it."""
        try:
            self.touched = True
            return act()
        except Death:
            self.died()
        except DECLARED as error:
            self.tell(f"{words}（{type(error).__name__}）")
        except Exception as error:
            self.broken.append(("undeclared", f"{words}：{type(error).__name__}：{error}"))
        return None

    def settle(self) -> bool:
        """Looks without time passing until one finds nothing to do; whether it came to that. One at an hour that is not
        believed leaves to do what it may not."""
        self.faults.clear()
        for _ in range(6):
            report = self.look(idle=False)
            if report is not None and not report.cells and not report.trouble:
                return not report.is_doubted
        return False

    def lose(self) -> None:
        """The ledger's database is gone: an empty one in its place, and a new process."""
        self.database.load(self.base.empty_ledger)
        self.graveyard, self.pushed, self.unstored, self.amended = [], [], [], []
        self.counts["ledgers lost"] += 1
        self.just_lost = True
        self.start()

    def rest(self) -> bool:
        """Headers put right, then looks until one finds nothing to write; whether it came to that. Of an hour that is
        doubted somebody says that it is right."""
        self.late()
        self.post.mood, self.skew = "takes", timedelta(0)
        self._act(Action("headers right"), "最后：")
        for _ in range(MOST_LOOKS):
            send_forms(self)
            take_pushes(self)
            self.now += timedelta(minutes=1)
            self.seconds += 60
            if self.is_doubted:
                self.ledger.confirm_hour(self.now, "标准化办01")
            report = self.look(idle=False)
            quiet = report is not None and not report.cells and not report.trouble and report.ticks == 1
            if quiet and self.is_idle() and not self._type_headers():
                return True
        return False

    def _type_headers(self) -> bool:
        """Headers typed that nobody could tell and that stand empty, as 运行状态 asks for; whether there were any."""
        empty = self._empty_headers()
        for sheet, place in empty:
            self.tell(f"最后：{sheet.paper.title}第{place + 1}列补填表头「{sheet.paper.columns[place].header}」")
            sheet.rename(place, sheet.paper.columns[place].header)
        return bool(empty)

    def _empty_headers(self) -> list[tuple[Sheet, int]]:
        """Where headers stand empty that were covered and that nobody can tell."""
        return [(sheet, place) for sheet in self.sheets for place, column in enumerate(sheet.paper.columns)
                if column.is_lost and column.header and self.seen_header(sheet, place) == ""]  # fmt: skip

    def post_all(self) -> None:
        """The last sending hour of the next workday: all that was waiting before goes out."""
        self.now = (self.now + timedelta(days=1)).replace(hour=17, minute=1)
        while not clerk.is_workday(self.now.date()):
            self.now += timedelta(days=1)
        deliver(self, Action("deliver"))
        self.settle()

    def noted_as_sent(self) -> set[str]:
        """The notices of which the database says that they were sent."""
        rows = self.database.connection.execute("select number from outbox where state = '已发送'")
        return {number for (number,) in rows}

    def notices(self) -> Values:
        return self.written("通知记录")

    def is_idle(self) -> bool:
        """Whether no phone and no form tool waits any more."""
        if has_pushes(self):
            self.now += timedelta(hours=1)  # it is tried again after a gap that grew
            return False
        if self.phones or self.unstored:
            return False
        for row, header, old in self.amended:
            if old in row.also.get(header, ()):
                row.also[header].remove(old)
        return True


_MOMENTS = {
    "before read": "服务读表之前，", "after read": "服务读完表，", "before write": "服务读表以后、写表以前，",
    "after write": "服务写完、回答还在路上，",
}  # fmt: skip


def _paper(key: str) -> Paper:
    tab = templates()[key]
    columns = [Column(c.header, c.header, SERVICE if c.owner == "service" else STAFF) for c in tab.columns]
    return Paper(tab.title, columns, [tab.by_key[name].header for name in tab.identity])


def _is_astray(sheet: Sheet, row: Row, cells: list[dict[str, Any]]) -> bool:
    """Whether some of an added row's cells fall under other columns than theirs; of the service's it brings its number
    alone."""
    beyond = [Column("", "", OWN)] * len(cells)
    for column, cell in zip([*sheet.paper.columns, *beyond], cells, strict=False):
        for value in cell.get("userEnteredValue", {}).values():
            right = [row.get(column.name), *row.also.get(column.name, ())]
            if column.owner == SERVICE and column.name != "编号":
                return True
            if column.owner != SERVICE and column.name != "填报时间" and not any(same(value, r) for r in right):
                return True
    return False


def _take_over(sheet: Sheet) -> None:
    """What people filled before the run began."""
    for index, values in enumerate(sheet.values()):
        for place, value in enumerate(values):
            if value != "":
                sheet.paper.type(index, place, value)


def _name(asked: Request) -> str:
    if asked.path.endswith("values:batchGet"):
        return "read"
    if asked.path.endswith(":batchUpdate"):
        return "write"
    return "version" if asked.path.startswith("/drive/v3/files/") else "other"


def _titles(asked: Request) -> set[str]:
    """Of the sheets that are read: a move of rows reads some of them."""
    ranges = (value for key, value in asked.query if key == "ranges")
    return {text.partition("!")[0].strip("'") for text in ranges}


def _no_wait(_: object) -> float:
    return 0.0


def _trimmed(values: Values) -> Values:
    last = max((at for at, row in enumerate(values, 1) if any(cell not in ("", None) for cell in row)), default=0)
    return values[:last]


@contextmanager
def clocks(world: World) -> Any:
    """The clock by which leases run, and the ledger's statements, are the run's."""
    real = leases.time
    leases.time = SimpleNamespace(time=lambda: 1.8e9 + world.seconds)  # type: ignore[assignment]

    def statement(_: Any, __: Any, text: str, *___: Any) -> None:
        world.statement(text)

    sa.event.listen(world.database.engine, "before_cursor_execute", statement)
    bases.Faulty.is_full = staticmethod(lambda: world.faults.is_full())
    try:
        yield
    finally:
        sa.event.remove(world.database.engine, "before_cursor_execute", statement)
        leases.time = real
        bases.Faulty.is_full = staticmethod(lambda: False)
