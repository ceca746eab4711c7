"""The tabs as read: columns found, cells given back, rows read and known again, and what to remember of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sync.core.issues.issue_stamps import heard
from sync.core.issues.issues import clock
from sync.core.memo import Memo
from sync.core.memory import BACK, FILED, TABS, THERE, Archived, Change, Failed, Memory, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet import identity
from sync.core.sheet.checks import IssueNumbers
from sync.core.sheet.covers import Marks, uncover
from sync.core.sheet.former_columns import mended_header
from sync.core.sheet.identity import Known, Numbers
from sync.core.sheet.known_rows import completed
from sync.core.sheet.landing import give_back
from sync.core.sheet.plan import Cover, Plan, Restore, TabPlan, filled_row
from sync.core.sheet.rows import Raw, Row, Table, column_texts, plain, read
from sync.core.sheet.standing import standing, without
from sync.core.sheet.tabs import Layout, Tab, locate, template_layout

PEOPLE = ("streets", "posts", "changes", "issues", "feedback", "duties", "requests")
FAILED_TAB = "本轮跳过，其余各表照常。核对这个表时程序出错，请把日志里的出错记录交给维护人员。"
SHOWN = "shown"  # the mark of a row's photos
DUTY_TAB = "duties"
MOST_WAITING = 50  # covers whose row went: it may never come back
LEAVING = (DUTY_TAB, *FILED)  # tabs without numbers whose rows leave for the tab of their year
DECIDED = ("scores", "quarters", "years")  # 处理决定, 讲评意见, 兑现决定 stand beside the service's rows


@dataclass(frozen=True)
class GivenBack:
    """People's cells that a write of ours covered, and those that a form changed: the writes that put them right, and
    what the next look is to see to: restores. ``uncovered``: numbers of covers of which nothing stands any more;
    ``reopened`` and ``waiting``: as in ``Decision``."""

    plan: Plan = field(default_factory=Plan)
    restores: tuple[Restore, ...] = ()
    uncovered: frozenset[str] = frozenset()
    reopened: tuple[Cover, ...] = ()
    waiting: tuple[Cover, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What stands in the workbook at one look, by tab key, and what the look starts from."""

    tables: Tables
    memory: Memory
    rules: Rules
    now: datetime  # in the bureau's zone
    memo: Memo
    layouts: Mapping[str, Layout]
    rows: Mapping[str, Sequence[Row]]
    skipped: Mapping[str, str]  # why a tab was left out, in a sentence
    given_back: GivenBack = field(default_factory=GivenBack)
    blank: Mapping[str, Sequence[Row]] = field(default_factory=dict)  # rows in which people typed nothing
    known: Mapping[str, Mapping[str, Known]] = field(default_factory=dict)  # rows that are new or changed
    gone: Mapping[str, Sequence[Known]] = field(default_factory=dict)  # deleted rows
    adopted: frozenset[str] = frozenset()  # numbers that the ledger did not know
    archived: Mapping[str, Archived] = field(default_factory=dict)  # archived rows that a person copied back
    numbers: Mapping[str, int] = field(default_factory=dict)  # the last number given, by run
    history: tuple[Change, ...] = ()  # people's cells that changed
    recalled: frozenset[str] = frozenset()  # issues that the records brought back after the ledger was lost
    stored: Memory = field(default_factory=Memory)  # what the ledger holds: the memory, unless records were recalled
    failures: tuple[Failed, ...] = ()  # tabs at which giving back failed: they are skipped
    beside: Mapping[str, Sequence[Row]] = field(default_factory=dict)  # of ``rows``, those that stand in tabs of years

    @property
    def zone(self) -> ZoneInfo:
        return self.rules.bureau.zone

    @cached_property
    def grace(self) -> timedelta:
        return clock(self.rules.clock.receipt_grace)

    @cached_property
    def history_ends(self) -> datetime:
        """What was typed before this hour is of before, where a new ledger looks for the first time."""
        return self.now - clock(self.rules.clock.history)

    def readable(self, key: str) -> bool:
        """Whether the tab is there and its columns could be found."""
        return key in self.layouts and key not in self.skipped

    def standing(self, key: str) -> Sequence[Row]:
        """The rows that stand in a tab itself."""
        rows, beside = self.rows.get(key, ()), {row.rid for row in self.beside.get(key, ())}
        return [row for row in rows if row.rid not in beside] if beside else rows

    def remembered(self, key: str) -> dict[str, Known]:
        """All that is remembered of a tab's rows by id, this look's news included; of feedback that left, its
        photos."""
        left = self.memory.left_photos if key == "feedback" else {}
        return {**left, **self.memory.known.get(key, {}), **self.known.get(key, {})}

    def mark(self, key: str, rid: str, mark: str) -> datetime:
        """An hour stamped at first sight of a row (``heard``) or of its answer (``answered``)."""
        return self.known_row(key, rid).marks.get(mark, self.now)

    def known_row(self, key: str, rid: str) -> Known:
        """What is remembered of a row, this look's news included."""
        return self.known.get(key, {}).get(rid) or self.memory.known[key][rid]

    def known_rows(self, key: str, rows: Iterable[Row]) -> list[Known]:
        """The same of each of these rows."""
        news, known = self.known.get(key, {}), self.memory.known.get(key, {})
        return [news.get(row.rid) or known[row.rid] for row in rows]

    def is_gone(self, key: str, rid: str) -> bool:
        """Whether nothing is known of a row, or it was deleted; one that was missed for a moment is not gone."""
        known = self.known.get(key, {}).get(rid) or self.memory.known.get(key, {}).get(rid)
        return known is None or known.deleted

    def seen_at(self, row_print: str) -> datetime:
        """The hour at which a new row was first seen: now, or while the hour was in doubt, unless the clock was wrong
        then."""
        first, last = self.memory.first_seen.get(row_print, self.now), self.memory.last_tick
        return first if (last or first) <= first <= self.now else self.now

    @cached_property
    def aside(self) -> frozenset[str]:
        """Issues that failed and are left as they were: they stand in their tab, and are not looked at."""
        known = self.memory.known.get("issues", {}).values()
        return frozenset(row.rid for row in known if {row.rid, row.print} & self.memory.aside)

    @cached_property
    def missed(self) -> bool:
        """Whether a row was not there for the first time: it may only have been cut, to be pasted elsewhere."""
        return any(row.gone > 0 for group in self.known.values() for row in group.values())

    @cached_property
    def away(self) -> Mapping[str, Known]:
        """Issues that stand in an archive tab and not in the live one, as last known."""
        known = {**self.memory.known.get("issues", {}), **self.known.get("issues", {})}
        here = {row.rid for row in self.rows.get("issues", [])}
        marks = {**self.memory.archived, **self.archived}
        away = (rid for rid, mark in marks.items() if mark.state != BACK and rid not in here)
        return {rid: known[rid] for rid in away if rid in known}

    @cached_property
    def numbers_of_issues(self) -> IssueNumbers:
        """Every number that a row may refer to."""
        here = frozenset(row.rid for row in self.rows.get("issues", ()))
        return IssueNumbers(here | self.away.keys() | self.aside)


def read_tabs(tables: Tables, memory: Memory, rules: Rules, now: datetime, memo: Memo) -> Reading:
    """The workbook as it stands; which row is which is not known yet."""
    tables, headers = _headers(tables, memory)
    layouts, skipped = _columns(tables, memo)
    rows, given_back, failures = _rows(tables, layouts, memory, rules.bureau.zone, memo, headers)
    skipped |= {failed.item: f"「{failed.name}」{FAILED_TAB}" for failed in failures}
    first = Reading(
        tables, memory, rules, now, memo, {key: layouts[key] for key in rows}, rows, skipped, given_back,
        numbers=memory.numbers, stored=memory, failures=failures,
    )  # fmt: skip
    remembered = {key: _remembered(first, key) for key in PEOPLE if key not in rows and key in tables.tabs}
    templates = {key: template_layout(tables.tabs[key]) for key in remembered if key not in first.layouts}
    layouts = {**first.layouts, **templates}
    return replace(first, layouts=layouts, rows={**rows, **remembered})


def _headers(tables: Tables, memory: Memory) -> tuple[Tables, Plan]:
    """The tabs with the names of columns that a write of ours covered, and the writes that put those back."""
    seen, written = dict(tables.seen), Plan()
    for key in {cover.tab for cover in memory.covers} & seen.keys():
        fallen = [cover for cover in memory.covers if cover.tab == key]
        seen[key], tab_plan = mended_header(tables.tabs[key], seen[key], fallen)
        written = written.with_tab(tab_plan)
    return replace(tables, seen=seen), written


def _columns(tables: Tables, memo: Memo) -> tuple[dict[str, Layout], dict[str, str]]:
    """A tab whose headers can't be found is skipped, and a sentence says so; the others go on."""
    layouts, skipped = dict[str, Layout](), dict[str, str]()
    for key, tab in tables.tabs.items():
        table = tables.seen.get(key)
        layout = _layout(memo, tab, table)
        if isinstance(layout, str):
            skipped[key] = layout
        else:
            layouts[key] = layout
    return layouts, skipped


def _layout(memo: Memo, tab: Tab, table: Table | None) -> Layout | str:
    if table is None:
        return f"「{tab.title}」本轮跳过，其余各表照常。工作簿里没有这个工作表，请把名称改回「{tab.title}」。"
    return memo.of("layout").result(tab.key, (tab, table.header), locate, tab, table.header)


def _rows(
    tables: Tables, layouts: Mapping[str, Layout], memory: Memory, zone: ZoneInfo, memo: Memo, written: Plan
) -> tuple[dict[str, Sequence[Row]], GivenBack, tuple[Failed, ...]]:
    """Every cell read, with people's cells that a write of ours covered given back first, besides what is ``written``
    already. What a tab that can't be read now is owed, it is owed still; so is one at which this fails."""
    rows, settled, failures = dict[str, Sequence[Row]](), list[Cover](), list[Failed]()
    waiting, reopened = {cover.number: cover for cover in memory.waiting}, list[Cover]()
    restores = [restore for restore in memory.restores if restore.tab not in layouts]
    for key, layout in layouts.items():
        try:
            righted = _righted(layout, tables.seen[key], memory)
        except Exception as error:
            failures.append(Failed(TABS, key, error, layout.tab.title))
            restores += [restore for restore in memory.restores if restore.tab == key]
            continue
        is_named = key in written.tabs  # names of columns are put back: a cover is open until they are seen to stand
        for tab_plan in righted.plans:
            written = written.with_tab(tab_plan)
        settled += [cover for cover in righted.settled if not (cover.is_displaced and is_named)]
        waiting = {number: cover for number, cover in waiting.items() if cover not in righted.back}
        waiting |= {cover.number: cover for cover in righted.waiting}
        reopened += [cover for cover in righted.back if cover not in righted.settled]
        restores += righted.restores
        rows[key] = _read(key, layout, righted.table, zone, memo)
    uncovered = frozenset(cover.number for cover in settled)
    given_back = GivenBack(written, tuple(restores), uncovered, tuple(reopened), (*waiting.values(),)[-MOST_WAITING:])
    return rows, given_back, tuple(failures)


class _Righted(NamedTuple):
    """A tab with people's cells as they are to be, the writes that make them so, and what is done and owed by then."""

    table: Table
    plans: Sequence[TabPlan]
    settled: Sequence[Cover]
    restores: Sequence[Restore]
    back: Sequence[Cover] = ()  # covers that waited for a row that is there again
    waiting: Sequence[Cover] = ()  # what of the settled ones fell into rows that are not there


def _righted(layout: Layout, table: Table, memory: Memory) -> _Righted:
    """What covers is given back first, then rows that somebody wants back are completed, then forms' changes come."""
    key, plans, settled, restores = layout.tab.key, list[TabPlan](), list[Cover](), list[Restore]()
    changed = [restore for restore in memory.restores if restore.tab == key]
    known, mine = memory.known.get(key, {}), [cover for cover in memory.covers if cover.tab == key]
    marks = Marks(layout, table, known)
    back = [cover for cover in memory.waiting if cover.tab == key and marks.is_back(cover)]
    if fallen := [*mine, *back]:
        stand = standing(layout, table, changed, fallen, known)
        fallen = [without(cover, stand) for cover in fallen]
        uncovered = uncover(layout, table, fallen, known)
        table, settled = uncovered.table, [*uncovered.settled]
        plans.append(uncovered.plan)
        if len(settled) < len(fallen):  # while a cover is open, what it did not cover is to be told
            restores += stand
        changed = [restore for restore in changed if restore not in stand]
    wanted = {rid: memory.known[key][rid] for rid in memory.wanted_back if rid in memory.known.get(key, {})}
    if wanted and not layout.tab.rows:
        table, tab_plan = completed(layout, table, wanted)
        plans.append(tab_plan)
    if changed:
        table, tab_plan, given = give_back(table, changed, layout.tab)
        plans.append(tab_plan)
        restores += given
    waiting = [part for cover in settled if (part := marks.part_away(cover))]
    return _Righted(table, plans, settled, restores, back, waiting)


def _read(key: str, layout: Layout, table: Table, zone: ZoneInfo, memo: Memo) -> Sequence[Row]:
    """The rows of a tab; rows that stand as they stood are not read again."""
    results = memo.of("rows")
    given = object()  # equal to nothing: ``read`` itself sees what stands as it stood, and the tab need not be held
    return results.result(key, given, read, layout, table, zone, results.earlier(key)).rows


def _remembered(reading: Reading, key: str) -> Sequence[Row]:
    """Rows of a tab that can't be read now, as they were last known: deadlines go on."""
    layout = template_layout(reading.tables.tabs[key])
    known = reading.memory.known.get(key, {}).items()
    there = [(rid, row) for rid, row in known if not row.deleted and not _archived(reading.memory, rid)]
    return _made_rows(reading, key, layout, [(rid, row.cells) for rid, row in there])


def _made_rows(
    reading: Reading, name: str, layout: Layout, known: Sequence[tuple[str, Mapping[str, Raw]]]
) -> Sequence[Row]:
    """Rows that have no place in the tab as it was read, by their ids and cells as last known; ``name``: in the
    memo."""
    raws = [filled_row(layout, cells) for _, cells in known]
    rows = _read(name, layout, Table(layout.tab.key, layout.header, raws, first=0), reading.zone, reading.memo)
    return [row._replace(number=0, rid=known[row.number][0]) for row in rows]


def _archived(memory: Memory, rid: str) -> bool:
    """Whether a row was meant to leave its tab; ids of two tabs are never the same."""
    mark = memory.archived.get(rid)
    return mark is not None and mark.state != BACK


# Rows known again
@dataclass(frozen=True)
class _TabKnown:
    """The rows of one tab, known again, and the news of them."""

    rows: Sequence[Row]
    known: Mapping[str, Known]
    gone: Sequence[Known]
    adopted: frozenset[str]
    history: Sequence[Change]


def known_again(first: Reading) -> Reading:
    """The tabs with every row known again by what is remembered of it."""
    numbers = Numbers(first.numbers)
    tabs = {
        key: _known_as_before(first, key, numbers) for key in PEOPLE if key not in first.skipped and key in first.rows
    }
    tabs |= {key: _decided(first, key) for key in DECIDED if first.readable(key)}
    rows = {**first.rows, **{key: tab.rows for key, tab in tabs.items()}}
    reading = replace(
        first,
        rows=rows,
        blank={key: [row for row in first.rows[key] if not row.parsed.typed] for key in tabs if key in PEOPLE},
        known={key: tab.known for key, tab in tabs.items() if tab.known},
        gone={key: tab.gone for key, tab in tabs.items() if key in PEOPLE},
        adopted=first.recalled.union(*(tab.adopted for tab in tabs.values())),
        archived=_copied_back(first, rows),
        numbers=numbers.highest,
        history=tuple(change for tab in tabs.values() for change in tab.history),
    )
    return with_rows_of_years(reading)


def with_rows_of_years(reading: Reading) -> Reading:
    """With the rows of 整改反馈 and 申请审批 that stand in the tab of their year while the memory holds them: their
    issue is looked at, and they count as if they had never left."""
    beside = {key: rows for key in FILED if (rows := _beside(reading, key))}
    every = {key: [*reading.standing(key), *group] for key, group in beside.items()}
    return replace(reading, beside=beside, rows={**reading.rows, **every}) if beside else reading


def _beside(reading: Reading, key: str) -> Sequence[Row]:
    known, marks = reading.remembered(key), {**reading.memory.archived, **reading.archived}
    away = {rid for rid in known.keys() & marks.keys() if marks[rid].state != BACK and not known[rid].deleted}
    away -= {row.rid for row in reading.standing(key)} if away else set()
    there = [(rid, {**row.shown, **row.cells}) for rid, row in known.items() if rid in away]
    rows = _made_rows(reading, f"{key} beside", reading.layouts[key], there) if there else ()
    return [row._replace(number=-at) for at, row in enumerate(rows, start=1)]  # a tab's rows are told by their numbers


def _known_as_before(reading: Reading, key: str, numbers: Numbers) -> _TabKnown:
    """The rows of a tab, known again. Where tab and memory are as they were and the look before came to nothing new,
    neither does this one."""
    memory = reading.memory
    given = (
        reading.layouts[key],
        reading.rows[key],
        memory.known.get(key),
        memory.archived,
        memory.aside,
        reading.recalled,
    )
    tab = reading.memo.of("known again").result(key, given, _tab_known, reading, key, numbers, holds=_is_settled)
    reading.memo.of(f"news {key}").keep_all()
    return tab


def _is_settled(tab: _TabKnown, *_: object) -> bool:
    return not (tab.known or tab.adopted or tab.history)


def _tab_known(reading: Reading, key: str, numbers: Numbers) -> _TabKnown:
    layout, known = reading.layouts[key], reading.memory.known.get(key, {})
    id_key = layout.tab.id
    filled = [row for row in reading.rows[key] if row.parsed.typed]
    numbered = zip([row.number for row in filled], column_texts(layout, filled, id_key), strict=True)
    claims = dict(numbered) if id_key else {}
    given_back = reading.given_back.plan.tabs.get(key)
    told = {write.row for write in given_back.writes} if given_back else ()
    binding = identity.bind(filled, claims, _bound(reading, key, known), layout.tab.identity, told)
    if id_key:
        is_lost = bool(reading.recalled)
        binding = identity.adopt(binding, filled, claims, numbers, known, lost=is_lost)
    rows = list(_numbered(reading, key, filled, binding.rids, numbers))
    entries, history = _news(reading, key, rows, known)
    missing = [row for row in binding.missing if not _archived(reading.memory, row.rid)]
    lost, lines = _missed(reading, key, missing)
    news = {**entries, **lost}
    away = [row for row in {**known, **news}.values() if row.gone]
    gone = [row for row in away if row.deleted and not _archived(reading.memory, row.rid)]
    adopted = frozenset(binding.rids[number] for number in binding.adopted)
    return _TabKnown(rows, news, gone, adopted, [*history, *lines])


def _bound(reading: Reading, key: str, known: Mapping[str, Known]) -> Mapping[str, Known]:
    """What rows are known again by. One without a number that left, or is on its way, is known by what it says alone,
    not by likeness (the patrols of a chief are alike), and after all that stand in the tab."""
    marked = known.keys() & reading.memory.archived.keys() if key in LEAVING else ()
    away = {rid: replace(known[rid], gone=identity.DELETED) for rid in marked if _archived(reading.memory, rid)}
    return {**{rid: row for rid, row in known.items() if rid not in away}, **away} if away else known


def _numbered(
    reading: Reading, key: str, rows: Iterable[Row], rids: Mapping[int, str], numbers: Numbers
) -> Iterator[Row]:
    """The rows with their ids; one that was never seen before gets the next."""
    has_id, day, aside = bool(reading.layouts[key].tab.id), reading.now.date(), reading.memory.aside
    for row in rows:
        if aside and {rids.get(row.number, ""), row.parsed.print} & aside:
            continue
        rid = rids.get(row.number) or (numbers.next(day) if has_id else f"{key}-{numbers.next_of(key)}")
        yield Row(row.number, row.raw, row.parsed, rid)


def _news(
    reading: Reading, key: str, rows: Sequence[Row], known: Mapping[str, Known]
) -> tuple[dict[str, Known], list[Change]]:
    """What is to be remembered of the rows, and every cell of people that changed."""
    history, rids = list[Change](), [row.rid for row in rows]
    given = [(row.parsed, known.get(row.rid)) for row in rows]

    def remember(n: int) -> Known | None:
        before = given[n][1]
        return identity.remember(rows[n], before, _marks(reading, rows[n], before))

    # a row with news is looked at again: they hang on the hour
    results = reading.memo.of(f"news {key}")
    news = results.each(rids, given, remember, lambda entry, _: entry is None)
    entries = {rid: entry for rid, entry in zip(rids, news, strict=True) if entry}
    results.drop(entries)
    for rid, entry in entries.items():
        before = known.get(rid)
        if before is not None and before.cells:  # of a recalled row only the hours are known
            history += _changes(reading, key, rid, before.cells, entry.cells)
    return entries, history


def _marks(reading: Reading, row: Row, before: Known | None) -> Mapping[str, datetime]:
    """Hours stamped at first sight: of the row, of its photos, and of the answer that it waits for."""
    marks = before.marks if before else None
    if marks is None:
        typed = row.cells.get("reported_at") or row.cells.get("requested_at")
        marks = {"heard": _heard(reading, typed, row.parsed.print)}
    answered = "answer" in row.cells
    if answered != ("answered" in marks):
        marks = {key: value for key, value in marks.items() if key != "answered"}
        if answered:
            marks["answered"] = _heard(reading, row.cells.get("answered_at"))
    return _photo_marks(reading, row, before, marks)


def _photo_marks(
    reading: Reading, row: Row, before: Known | None, marks: Mapping[str, datetime]
) -> Mapping[str, datetime]:
    """The hour of a row's photos: one that comes soon after its row keeps the row's hour. It goes with the photos."""
    has, had = bool(row.cells.get("photos")), bool(before and plain(before.cells.get("photos")))
    if has and SHOWN not in marks:
        last = reading.memory.last_tick or marks["heard"]
        return {**marks, SHOWN: heard(marks["heard"], reading.now, reading.grace, last)}
    return {key: value for key, value in marks.items() if key != SHOWN} if had and not has else marks


def _heard(reading: Reading, typed: datetime | None, row_print: str = "") -> datetime:
    """The hour that counts for a row that came now."""
    return heard(typed, reading.seen_at(row_print), reading.grace, reading.memory.last_tick or typed)


def _missed(reading: Reading, key: str, missing: Iterable[Known]) -> tuple[dict[str, Known], list[Change]]:
    """Rows that were not there: gone twice in a row counts as deleted (DESIGN section 6)."""
    entries, history = dict[str, Known](), list[Change]()
    for row in missing:
        count = row.gone + 1
        deleted = count >= reading.rules.limits.gone_after
        entries[row.rid] = replace(row, gone=identity.DELETED if deleted else count)
        if deleted:
            history.append(Change(key, row.rid, "", "", "行被删除", reading.now))
    return entries, history


def _copied_back(reading: Reading, rows: Mapping[str, Sequence[Row]]) -> dict[str, Archived]:
    """Archived issues, and what was filed about them, that a person copied back: they count in the live tab again, for
    as long as the rules let rows stay."""
    there = {rid: mark for rid, mark in reading.memory.archived.items() if mark.state == THERE}
    every = (row for key in ("issues", *FILED) for row in rows.get(key, ())) if there else ()
    copied = [row.rid for row in every if row.rid in there]
    return {rid: replace(there[rid], state=BACK, at=reading.now) for rid in copied}


def _decided(reading: Reading, key: str) -> _TabKnown:
    """What people typed beside the service's rows. A row is called by its key: ``2026-10·新正街·街路``."""
    known, entries, history = reading.memory.known.get(key, {}), dict[str, Known](), list[Change]()
    for row in reading.rows[key]:
        name, cells = "·".join(row.parsed.key), row.parsed.typed
        before = known[name].cells if name in known else {}
        if all(row.parsed.key) and cells != before:
            entries[name] = Known(name, cells, row.parsed.print)
            history += _changes(reading, key, name, before, cells)
    return _TabKnown(reading.rows[key], entries, (), frozenset(), history)


def _changes(
    reading: Reading, key: str, rid: str, before: Mapping[str, Raw], after: Mapping[str, Raw]
) -> Iterator[Change]:
    """People's cells of a row that changed."""
    for column in reading.tables.tabs[key].staff:
        old, new = before.get(column.key, ""), after.get(column.key, "")
        if old != new:
            yield Change(key, rid, column.header, old, new, reading.now)
