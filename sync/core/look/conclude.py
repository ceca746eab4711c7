"""What a look came to, put together: what the sheets should say, what to remember, when to look again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sync.core.duties.duties import Done, outlasting
from sync.core.issues.issues import Stamps
from sync.core.letters.letters import Letter
from sync.core.look import responsible, status
from sync.core.look.feedback import with_results
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.look.judging import Checked
from sync.core.look.leaving import duties, filed, months
from sync.core.look.leaving.ripe import at_work, needed_still, ripe, waits
from sync.core.look.leaving.stored import storable
from sync.core.look.letters import letter_rows
from sync.core.look.notice_rows import mails_under_way
from sync.core.look.reading import DUTY_TAB, LEAVING, PEOPLE, Reading
from sync.core.look.rebuilding import recalling
from sync.core.look.rebuilding.archive import SERVICE
from sync.core.look.scores import seals
from sync.core.memo import Results
from sync.core.memory import Change, Decision
from sync.core.scores.lines import OF_ISSUE, Group, Line, of_issues
from sync.core.sheet import plan
from sync.core.sheet.identity import Known
from sync.core.sheet.plan import Plan, TabPlan, Write
from sync.core.sheet.problems import sentence
from sync.core.sheet.rows import Row
from sync.core.sheet.tabs import Layout

RowCells = list[tuple[Row, Mapping[str, Any]]]  # what each row should show
Changed = list[tuple[Row, Sequence[Write]]]
Writing = TypeVar("Writing", Changed, TabPlan)


def conclude(look: Look) -> Decision:
    """The decision of a look."""
    reading = look.reading
    people_rows = {key: people_cells(look, key) for key in PEOPLE if key in reading.rows}
    letters = _letter_cells(look)
    faulty = sum(reading.memo.of("faulty").result(key, rows, _faulty, rows) for key, rows in people_rows.items())
    faulty += _faulty(letters)
    standing = status.standing(reading, _status(look, faulty))
    changed = {key: differences(reading, key, rows) for key, rows in people_rows.items() if key not in reading.skipped}
    hands, shown = _hands(reading, changed.get("issues", []), look)
    return Decision(
        plan=_plan(look, changed, letters, standing),
        wake=min(_wakes(look)),
        known=_known(look, shown),
        stamps=_stamps(look),
        lines=_lines(look),
        seals={**look.rebuilt.seals, **_new(look.scored.seals, look.rebuilt.past.seals)},
        notices=dict(look.told.news),
        numbers=_numbers(look),
        addresses=dict(look.people.addresses),
        groups=dict(look.people.groups),
        letters=_new(look.drafted.letters, reading.stored.letters),
        archived=dict(reading.archived),
        days=_new(look.roster.days, reading.stored.days),
        ripe=tuple(row.rid for row in ripe_rows(look)),
        past=past_tabs(look),
        over=_over(reading),
        left_until=reading.memory.left_until,
        left=reading.memory.left,
        noted=reading.memory.noted,
        moved=look.rebuilt.moved,
        status=standing,
        history=(*reading.history, *hands),
        warnings=look.memory.warnings,
        failures=look.failures,
        restored=tuple(_restored(reading)),
        asked_seals=reading.memory.wanted_sealed,
        restores=reading.given_back.restores,
        uncovered=reading.given_back.uncovered,
        reopened=reading.given_back.reopened,
        waiting=reading.given_back.waiting,
        problems=faulty,
        memo=reading.memo.closed(),
    )


def _faulty(rows: RowCells) -> int:
    """How many rows have a fault."""
    return sum(bool(cells.get("check")) for _, cells in rows)


def _new(after: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that are not as they were."""
    return {key: value for key, value in after.items() if key not in before or before[key] != value}


def ripe_rows(look: Look, wait: timedelta | None = None) -> list[Row]:
    """The rows that may leave the live tab, the oldest first. ``wait``: how long after the seal (the rules')."""
    past, letters = look.rebuilt.past, look.drafted.letters.values()
    needed = needed_still(look.reading, look.judged, past, letters, look.drift)
    return ripe(look.reading, look.followed, past, needed, wait)


def _over(reading: Reading) -> tuple[str, ...]:
    """Issues whose facts may be in the ledger alone from now on; while people are at work none."""
    return () if at_work(reading) else tuple(sorted(storable(reading)))


def past_until(look: Look, wait: timedelta | None = None) -> str:
    """The first month whose rows stay in 扣分明细 and 通知记录; empty: none may leave. ``wait``: as ``ripe_rows``."""
    reading = look.reading
    after = waits(reading, wait)
    if after is None:
        return ""
    return months.sealed_until(look.rebuilt.past.seals, after, reading.now, reading.memory.left_until)


def past_rows(reading: Reading, wished: Mapping[str, months.Wished], until: str) -> dict[str, list[Row]]:
    """The rows of months before ``until`` in tabs that the service fills. ``wished``: as ``wished_rows``."""
    return {key: list(months.ripe_rows(reading, key, wished[key], until)) for key in SERVICE if key in wished}


def past_duties(look: Look, wait: timedelta | None = None) -> tuple[str, list[Row]]:
    """The first month whose rows stay in 履职记录, and the rows that may leave it. ``wait``: as ``ripe_rows``."""
    after = waits(look.reading, wait)
    if after is None:
        return "", []
    until = duties.stays_from(look.reading, look.rebuilt.past.seals, after)
    return until, list(duties.ripe(look.reading, until, after))


def past_filed(look: Look, key: str, wait: timedelta | None = None) -> tuple[str, list[Row]]:
    """The first month whose rows stay in 整改反馈 or 申请审批 (``key``), and the rows that may leave it. ``wait``: as
    ``ripe_rows``."""
    after, reading = waits(look.reading, wait), look.reading
    if after is None:
        return "", []
    until = months.sealed_until(look.rebuilt.past.seals, after, reading.now)

    def is_over(row: Row) -> bool:
        is_sound = not look.checked(key)[row.rid].problems
        return is_sound and (key != filed.REQUESTS or look.claims.is_settled(row, until))

    return until, list(filed.leaving(reading, key, until, after, is_over))


def past_of(look: Look, key: str, wait: timedelta | None = None) -> tuple[str, list[Row]]:
    """As ``past_duties`` and ``past_filed``, by the key of the tab."""
    return past_duties(look, wait) if key == DUTY_TAB else past_filed(look, key, wait)


def noted_with(look: Look, rows: Iterable[Row]) -> tuple[Done, ...]:
    """What is still asked of rows of 履职记录 that left, these among them. Raises ``RowFailed``."""
    leaving = (look.duties.record(row, look.judged.faulty(DUTY_TAB, row.rid)) for row in rows)
    return outlasting([*look.reading.memory.noted, *filter(None, leaving)])


def past_tabs(look: Look) -> tuple[str, ...]:
    """The tabs of which some rows may leave now, but 问题台账."""
    until, leaving = past_until(look), {key: past_of(look, key)[1] for key in LEAVING}
    rows = past_rows(look.reading, wished_rows(look), until) if until else {}
    return tuple(key for key, group in {**rows, **leaving}.items() if group)


# What the sheets should say
def people_cells(look: Look, key: str) -> RowCells:
    """What the rows of one of people's tabs should show, those in which nobody typed anything among them."""
    reading, checked = look.reading, look.checked(key)
    given = reading.layouts[key], reading.blank.get(key, ()), reading.standing(key), checked
    return reading.memo.of("people's cells").result(key, given, _people_cells, *given)


def _people_cells(
    layout: Layout, blank: Sequence[Row], rows: Sequence[Row], checked: Mapping[str, Checked] | Mapping[str, Followed]
) -> RowCells:
    empty = plan.nothing(layout)
    return [*((row, empty) for row in blank), *((row, checked[row.rid].cells) for row in rows)]


def _letter_cells(look: Look) -> RowCells:
    """What the rows of 督办台账 should show."""
    intake, reading = look.letters_in, look.reading
    if intake.layout is None:
        return []
    keys = {row.number: key for key, row in intake.rows.items()}
    return [
        (row, _letter(look, keys[row.number]))
        if row.number in keys
        else (row, letter_rows.stranger_cells(row, intake.layout))
        for row in reading.rows["letters"]
    ]


def _letter(look: Look, key: str) -> dict[str, Any]:
    intake = look.letters_in
    assert intake.layout is not None
    return letter_rows.cells_of(look.drafted.letters[key], intake.layout, intake.problems.get(key, ()))


def differences(reading: Reading, key: str, rows: Sequence[tuple[Row, Mapping[str, Any]]]) -> Changed:
    """The rows that do not say what they should, with the cells that differ. The same content is not held against the
    same cells twice."""
    given = reading.layouts[key], rows
    changed = _until_written(reading.memo.of("all differences"), key, given, _differences, reading, key, rows)
    reading.memo.of(f"differences {key}").keep_all()
    return changed


def _until_written(
    results: Results, name: str, given: object, make: Callable[..., Writing], *arguments: Any
) -> Writing:
    """As ``Results.result``, of what is to be written: once something is, the rows are others, and nothing of it can be
    taken at the next look."""
    made = results.result(name, given, make, *arguments)
    if made.cells if isinstance(made, TabPlan) else made:
        results.drop((name,))
    return made


def _differences(reading: Reading, key: str, rows: Sequence[tuple[Row, Mapping[str, Any]]]) -> Changed:
    layout, zone, results = reading.layouts[key], reading.zone, reading.memo.of(f"differences {key}")
    names = [row.rid or row.parsed.key or row.number for row, _ in rows]
    given = [(layout, row.raw, cells) for row, cells in rows]
    writes = results.each(names, given, lambda n: plan.differences(layout, *rows[n], zone))
    results.drop(name for name, own in zip(names, writes, strict=True) if own)
    return [(row, _in_row(row, own)) for (row, _), own in zip(rows, writes, strict=True) if own]


def _in_row(row: Row, writes: Sequence[Write]) -> Sequence[Write]:
    """These writes where the row stands now."""
    return writes if writes[0].row == row.number else [replace(write, row=row.number) for write in writes]


def _plan(
    look: Look, changed: Mapping[str, Changed], letters: RowCells, standing: Mapping[str, tuple[str, datetime]]
) -> Plan:
    reading = look.reading
    written = reading.given_back.plan
    for key, rows in changed.items():
        written = written.with_tab(plan.tab_plan(reading.layouts[key], rows))
    if look.letters_in.layout is not None:
        written = written.with_tab(_letters_plan(look, letters))
    for key, wished in wished_rows(look).items():
        if reading.readable(key):
            written = written.with_tab(_service_plan(reading, key, wished))
    written = with_status(reading, written, standing)
    for row in _wanted_back(reading):
        written = written.with_tab(row)
    return written.with_tab(_records_plan(look))


def _records_plan(look: Look) -> TabPlan:
    """The hidden tab, worked out anew where anything is another than at the look before."""
    reading = look.reading
    if not reading.readable(recalling.TAB):
        return TabPlan(recalling.TAB, ())
    letters = {key: letter for key, letter in look.drafted.letters.items() if letter.is_open}
    rows = [reading.rows.get(key) for key in (recalling.TAB, *recalling.RECORDED)]
    known = reading.memory.known, reading.known, look.followed, look.roster.days, reading.away.keys()
    notices = reading.memory.notices, look.told.news
    mails = reading.memo.result("mails under way", notices, mails_under_way, *notices)
    if look.told.rows is None:  # 通知记录 can't be read: what is known of mails is in this tab alone
        mails = recalling.mails(reading)
    given = reading.layouts[recalling.TAB], rows, known, letters, _numbers(look), mails
    planned = _until_written(reading.memo.of("records plan"), "", given, _new_records_plan, look, letters, mails)
    of_rows = [f"{recalling.OF_ROWS} {key}" for key in recalling.RECORDED]
    for kind in (recalling.TEXTS, *of_rows, f"differences {recalling.TAB}"):
        reading.memo.of(kind).keep_all()
    return planned


def _new_records_plan(look: Look, letters: Mapping[str, Letter], mails: Mapping[str, Sequence[str]]) -> TabPlan:
    """A record that is new takes the place of one that is not needed any more."""
    reading = look.reading
    stamps = {rid: followed.stamps for rid, followed in look.followed.items()}
    wished = recalling.wished(reading, stamps, look.roster.days, letters, _numbers(look), mails)
    layout, rows = reading.layouts[recalling.TAB], reading.rows[recalling.TAB]
    placed = plan.placed(layout, rows, wished)
    appends = (plan.service_row(layout, cells, reading.zone) for cells in placed.appends)
    return plan.tab_plan(layout, differences(reading, recalling.TAB, placed.rows), appends)


def _numbers(look: Look) -> dict[str, int]:
    return dict(look.letters_in.numbers or look.reading.numbers)


def with_status(reading: Reading, written: Plan, standing: Mapping[str, tuple[str, datetime]]) -> Plan:
    """The plan with 运行状态."""
    if not reading.readable("status"):
        return written
    cells = [{"item": item, "text": text, "time": since} for item, (text, since) in standing.items()]
    return written.with_tab(plan.listed(reading.layouts["status"], reading.rows["status"], cells, reading.zone))


def _letters_plan(look: Look, rows: RowCells) -> TabPlan:
    intake, zone = look.letters_in, look.reading.zone
    assert intake.layout is not None
    new = (key for key in look.drafted.letters if key not in intake.rows)
    appends = (plan.service_row(intake.layout, _letter(look, key), zone) for key in new)
    return plan.tab_plan(intake.layout, differences(look.reading, "letters", rows), appends)


def wished_rows(look: Look) -> dict[str, months.Wished]:
    """The rows of the tabs that the service fills, by tab and key; of months that have left only what still stands in
    its tab."""
    scored, reading = look.scored, look.reading
    wished: dict[str, months.Wished] = {
        "lines": months.staying(reading, "lines", scored.lines),
        "scores": scored.rows, "quarters": scored.quarters, "years": scored.years,
    }  # fmt: skip
    wished = {} if scored.failures else wished
    return {**wished, "notices": look.told.rows} if look.told.rows is not None else wished


def _service_plan(reading: Reading, key: str, wished: Mapping[tuple[str, ...], Mapping[str, Any]]) -> TabPlan:
    """A tab that the service fills, worked out anew where it or what it should say is another than at the look
    before."""
    given = reading.layouts[key], reading.rows[key], wished
    planned = _until_written(reading.memo.of("service plans"), key, given, _new_service_plan, reading, key, wished)
    reading.memo.of(f"differences {key}").keep_all()
    return planned


def _new_service_plan(reading: Reading, key: str, wished: Mapping[tuple[str, ...], Mapping[str, Any]]) -> TabPlan:
    layout, rows = reading.layouts[key], reading.rows[key]
    there = {row.parsed.key for row in rows}
    appends = (plan.service_row(layout, cells, reading.zone) for name, cells in wished.items() if name not in there)
    return plan.tab_plan(layout, differences(reading, key, plan.by_key(layout, rows, wished)), appends)


def _wanted_back(reading: Reading) -> Iterator[TabPlan]:
    """Rows that ``jielu restore`` asked for are put at the end of their tab, as they were."""
    for rid in reading.memory.wanted_back:
        for key, group in reading.gone.items():
            for row in group:
                if row.rid == rid and key not in reading.skipped:
                    layout = reading.layouts[key]
                    cells = {**row.cells, layout.tab.id: rid} if layout.tab.id else row.cells
                    yield replace(plan.tab_plan(layout, (), (plan.filled_row(layout, cells),)), back=(rid,))


def _restored(reading: Reading) -> Iterator[str]:
    """Wanted rows that were seen in their tab again."""
    gone = {row.rid for group in reading.gone.values() for row in group}
    return (rid for rid in reading.memory.wanted_back if rid not in gone)


# What to remember
def _known(look: Look, shown: Mapping[str, Known]) -> dict[str, Mapping[str, Known]]:
    """Rows that are new or changed. ``shown``: issues with the cells that they are given."""
    known, results = look.reading.known, with_results(look.reading, look.feedback)
    issues, feedback = {**known.get("issues", {}), **shown}, {**known.get("feedback", {}), **results}
    return {**known, "issues": issues, "feedback": feedback}


def _hands(reading: Reading, changed: Changed, look: Look) -> tuple[list[Change], dict[str, Known]]:
    """Service cells of 问题台账 that somebody changed by hand are put back, and that is recorded (DESIGN section 5);
    and what each row is given now."""
    history, shown = list[Change](), dict[str, Known]()
    for row, writes in changed:
        if row.rid:
            known = reading.known_row("issues", row.rid)
            history += [] if reading.memory.unsure else _put_back(reading, row, known, writes)
            shown[row.rid] = replace(known, shown=look.followed[row.rid].cells)
    return history, shown


def _put_back(reading: Reading, row: Row, known: Known, writes: Iterable[Write]) -> Iterator[Change]:
    layout = reading.layouts["issues"]
    keys = {at: key for key, at in layout.at.items()} if known.shown else {}
    for write in writes:
        key = keys.get(write.column, "")
        if key in known.shown and plan.same(known.shown[key], write.value):
            header, typed = layout.tab.by_key[key].header, row.seen(layout, key)
            yield Change("issues", row.rid, header, write.value, typed, reading.now, put_back=True)


def _stamps(look: Look) -> dict[str, Any]:
    before = look.reading.stored.stamps
    news = look.reading.memo.result("new stamps", (before, look.followed), _new_stamps, before, look.followed)
    return {**look.rebuilt.stamps, **news}


def _new_stamps(before: Mapping[str, Stamps], followed: Mapping[str, Followed]) -> dict[str, Stamps]:
    """The stamps that are not as they were."""
    pairs = ((rid, issue.issue.stamps) for rid, issue in followed.items())
    return {rid: own for rid, own in pairs if own is not (known := before.get(rid)) and own != known}


def _lines(look: Look) -> dict[Group, Mapping[str, Line]]:
    """Groups of lines that are not as they were booked."""
    past, memo = look.rebuilt.past.lines, look.reading.memo
    of_issues = memo.result("new lines", (past, look.followed), _new_lines, look)
    groups = (*look.duties.booking.items(), *look.scored.booking.items())
    changed = {group: lines for group, lines in groups if lines and lines != past.get(group)}
    return {**look.rebuilt.lines, **of_issues, **changed}


def _new_lines(look: Look) -> dict[Group, Mapping[str, Line]]:
    """Of issues."""
    past = look.reading.memo.result("lines of issues", look.rebuilt.past.lines, of_issues, look.rebuilt.past.lines)
    bookings = ((rid, followed.booking) for rid, followed in look.followed.items())
    return {Group(OF_ISSUE, rid): lines for rid, lines in bookings if lines and lines != past.get(rid)}


# What the service says of itself, and when it looks again
def _status(look: Look, faulty: int) -> dict[str, str]:
    texts = status.items(look.reading, look.roster, faulty)
    texts |= {f"封存月份：{month}": seals.warning(month, cells) for month, cells in look.drift.items() if cells}
    texts |= responsible.status(responsible.unagreed(look.reading, look.people))
    return {**look.memory.warnings, **_unsaid(look), **texts}


def _unsaid(look: Look) -> dict[str, str]:
    """What 校验 of 督办台账 would say, where a workbook of before has no such column."""
    intake = look.letters_in
    if intake.layout is None or "check" in intake.layout.at:
        return {}
    texts = [f"{key}：{sentence(intake.layout, problems)}" for key, problems in intake.problems.items() if problems]
    return {"督办台账": "".join(texts)} if texts else {}


def _wakes(look: Look) -> Iterator[datetime]:
    reading = look.reading
    yield from look.judged.ahead
    yield from reading.memo.result("wakes of issues", look.followed, _wakes_of, look.followed)
    yield from look.duties.wakes()
    yield from look.drafted.wakes
    yield look.scored.wake
    if reading.missed:
        yield reading.now  # the row may only have been cut: look again
    yield status.next_day(reading.now)


def _wakes_of(followed: Mapping[str, Followed]) -> set[datetime]:
    return {issue.wake for issue in followed.values() if issue.wake}
