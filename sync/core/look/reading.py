"""The tabs as read: columns found, cells given back, rows read and known again, and what to remember of them.

Steps 1 to 3 of a look (``decide.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sync.core.issues.issues import clock, heard
from sync.core.memory import BACK, THERE, Change, Decision, Memory, Tables
from sync.core.rules.rules import Rules
from sync.core.scores.scores import APPEALED, ASKED, Line
from sync.core.scores.seal import Closing
from sync.core.sheet import identity, plan
from sync.core.sheet.identity import Known, Numbers
from sync.core.sheet.rows import Reader, Row, Table, plain
from sync.core.sheet.tabs import Layout, locate

PEOPLE = ("streets", "posts", "changes", "issues", "feedback", "duties", "requests")


@dataclass
class Reading:
    """What stands in the workbook, by tab key. ``skipped`` says why a tab was left out; ``gone`` are deleted rows,
    ``adopted`` ids that the ledger did not know; ``booked`` lines by issue, ``closings`` sealed months. Findings to
    remember go to ``decision``.
    """

    tables: Tables
    memory: Memory
    rules: Rules
    now: datetime
    decision: Decision
    layouts: dict[str, Layout] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    gone: dict[str, list[Known]] = field(default_factory=dict)
    adopted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.zone = self.rules.bureau.zone
        self.grace = clock(self.rules.clock.receipt_grace)
        self.numbers = Numbers(dict(self.memory.numbers))
        self.booked: Mapping[str, Mapping[str, Line]] = self.memory.lines
        self.closings: Mapping[str, Closing] = self.memory.closings

    @cached_property
    def returned(self) -> Mapping[str, int]:
        """Points that upheld appeals gave back, by the line that they were charged with."""
        asked = [group for key, group in self.booked.items() if key.startswith(ASKED)]
        lines = [line for group in asked for line in group.values() if line.rule == APPEALED]
        return {line.id.removesuffix(f"·{APPEALED}"): line.points for line in lines}

    @cached_property
    def away(self) -> dict[str, Known]:
        """Issues that stand in an archive tab and not in the live one, as last known."""
        known = {**self.memory.known.get("issues", {}), **self.decision.known.get("issues", {})}
        here = {row.rid for row in self.rows.get("issues", [])}
        marked = {**self.memory.archived, **self.decision.archived}
        meant = (rid for rid, mark in marked.items() if mark.state != BACK and rid not in here)
        return {rid: known[rid] for rid in meant if rid in known}

    def find_columns(self) -> None:
        """A tab whose headers can't be found is skipped and said so; the others go on."""
        for key, tab in self.tables.tabs.items():
            table = self.tables.seen.get(key)
            if table is None:
                self.skipped[key] = (
                    f"「{tab.title}」本轮跳过，其余各表照常。工作簿里没有这个工作表，请把名称改回「{tab.title}」。"
                )
                continue
            layout = locate(tab, table.header)
            if isinstance(layout, str):
                self.skipped[key] = layout
            else:
                self.layouts[key] = layout

    def read_rows(self) -> None:
        """Read every cell, with people's cells that a write of ours covered given back first."""
        for key, layout in self.layouts.items():
            table = self.tables.seen[key]
            given = [restore for restore in self.memory.restores if restore.tab == key]
            if given:
                table = plan.give_back(table, given, self.decision.plan, layout.tab)
            self.rows[key] = self._reader(layout).read(table)
        for key in PEOPLE:
            if key not in self.rows and key in self.tables.tabs:
                self.rows[key] = self._remembered(key)

    def _reader(self, layout: Layout) -> Reader:
        reader_before = self.memory.memo.readers.get(layout.tab.key)
        if (
            reader_before is None
            or reader_before.layout.header != layout.header
            or reader_before.layout.tab is not layout.tab
        ):
            reader_before = Reader(layout, self.zone)
            self.memory.memo.readers[layout.tab.key] = reader_before
        reader: Reader = reader_before
        return reader

    def _remembered(self, key: str) -> list[Row]:
        """Rows of a tab that can't be read now, as they were last known: deadlines go on."""
        tab = self.tables.tabs[key]
        header = tuple(column.header for column in tab.columns)
        layout = Layout(tab, header, {column.key: i for i, column in enumerate(tab.columns)})
        self.layouts.setdefault(key, layout)
        known = self.memory.known.get(key, {}).items()
        there = [(rid, row) for rid, row in known if not row.deleted and not self._archived(key, rid)]
        raws = [[row.cells.get(column.key, "") for column in tab.columns] for _, row in there]
        read = self._reader(layout).read(Table(key, header, raws, first=0))
        return [Row(0, row.raw, row.parsed, there[row.number][0]) for row in read]

    def know_rows(self) -> None:
        for key in PEOPLE:
            if key not in self.skipped and key in self.rows:
                self._know(key)

    def _know(self, key: str) -> None:
        layout, rows = self.layouts[key], self.rows[key]
        known = self.memory.known.get(key, {})
        id_key = layout.tab.id
        rows = [row for row in rows if row.parsed.typed or (id_key and row.seen(layout, id_key) not in ("", None))]
        claims = {row.number: plain(row.seen(layout, id_key)) for row in rows} if id_key else {}
        self._blank_rows(layout, rows)
        rows = [row for row in rows if row.parsed.typed]
        binding = identity.bind(rows, claims, known)
        if id_key:
            identity.adopt(binding, claims, self.numbers, known)
            self.adopted |= {row.rid for row in binding.adopted}
        for row in binding.fresh:
            row.rid = self.numbers.next(self.now.date()) if id_key else self._own_number(key)
        self.rows[key] = rows
        self._remember(key, rows, known)
        self._miss(key, [row for row in binding.missing if not self._archived(key, row.rid)])
        self._put_back(key, rows)

    def _archived(self, key: str, rid: str) -> bool:
        mark = self.memory.archived.get(rid) if key == "issues" else None
        return mark is not None and mark.state != BACK

    def _put_back(self, key: str, rows: Iterable[Row]) -> None:
        """An archived row that a person copied back: it counts here again, for as long as the rules let rows stay."""
        for row in rows:
            mark = self.memory.archived.get(row.rid) if key == "issues" else None
            if mark and mark.state == THERE:
                self.decision.archived[row.rid] = replace(mark, state=BACK, at=self.now)

    def _blank_rows(self, layout: Layout, rows: Iterable[Row]) -> None:
        """A row without any cell of a person has nothing for us to say."""
        empty = {column.key: "" for column in layout.tab.service}
        for row in self.rows[layout.tab.key]:
            if not row.parsed.typed:
                plan.wish(self.decision.plan, layout, row, empty, self.zone, {}, row.number)

    def _own_number(self, key: str) -> str:
        self.numbers.highest[key] = self.numbers.highest.get(key, 0) + 1
        return f"{key}-{self.numbers.highest[key]}"

    def _remember(self, key: str, rows: Iterable[Row], known: Mapping[str, Known]) -> None:
        changed = self.decision.known.setdefault(key, {})
        for row in rows:
            before = known.get(row.rid)
            marks = self._marks(row, before)
            entry = identity.remember(row, before, marks)
            if entry is not None:
                changed[row.rid] = entry
                if before is not None:
                    self._trace(key, row, before)

    def _marks(self, row: Row, before: Known | None) -> Mapping[str, datetime]:
        """Hours stamped at first sight: of the row, and of the answer that it waits for."""
        marks = before.marks if before else None
        if marks is None:
            typed = row.cells.get("reported_at") or row.cells.get("requested_at")
            marks = {"heard": heard(typed, self.now, self.grace, self.memory.last_tick or typed)}
        answered = "answer" in row.cells
        if answered != ("answered" in marks):
            typed = row.cells.get("answered_at")
            marks = {key: value for key, value in marks.items() if key != "answered"}
            if answered:
                marks["answered"] = heard(typed, self.now, self.grace, self.memory.last_tick or typed)
        return marks

    def _trace(self, key: str, row: Row, before: Known) -> None:
        after = row.parsed.typed
        for column in self.tables.tabs[key].staff:
            old, new = before.cells.get(column.key, ""), after.get(column.key, "")
            if old != new:
                self.decision.history.append(Change(key, row.rid, column.header, old, new, self.now))

    def _miss(self, key: str, missing: Iterable[Known]) -> None:
        """Rows not found: gone twice in a row counts as deleted (DESIGN section 6)."""
        changed = self.decision.known.setdefault(key, {})
        for row in missing:
            gone = row.gone + 1
            entry = replace(row, gone=identity.DELETED if gone >= self.rules.limits.gone_after else gone)
            changed[row.rid] = entry
            if entry.deleted:
                self.decision.history.append(Change(key, row.rid, "", "", "行被删除", self.now))
        known = {**self.memory.known.get(key, {}), **changed}
        self.gone[key] = [row for row in known.values() if row.deleted and not self._archived(key, row.rid)]

    def mark(self, key: str, rid: str, mark: str) -> datetime:
        """An hour stamped at first sight of a row (``heard``) or of its answer (``answered``)."""
        return self.known(key, rid).marks.get(mark, self.now)

    def known(self, key: str, rid: str) -> Known:
        """What is remembered of a row, this look's news included."""
        return self.decision.known.get(key, {}).get(rid) or self.memory.known[key][rid]
