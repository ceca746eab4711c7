"""What people filed beside the issues, judged: what is wrong with each row, and whose answer counts (plan 五·2, 六·1).

An answer is judged by the branch and district of this look's stamps: an issue that was stamped or put right a moment
ago counts as what it is now.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sync.core.approvals import request_checks
from sync.core.issues.issues import Answer, Ask
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.stamping import Stamped
from sync.core.memory import DUTIES, row_alone
from sync.core.people import roster_checks
from sync.core.people.permissions import SUPERIORS, may_answer, person
from sync.core.people.roster import read_street
from sync.core.rules.values import FAKE
from sync.core.sheet import checks
from sync.core.sheet.problems import Problem, sentence
from sync.core.sheet.rows import Row

DISPATCH = "现场调度"
INVALID = "批复无效"
ODD = "这一行校验时出错（{}），没有采用，请把日志里的出错记录交给维护人员。"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that was checked: what is wrong with it, and its service cells, 校验 among them."""

    problems: tuple[Problem, ...]
    cells: Mapping[str, Any]


def checked_row(reading: Reading, key: str, problems: Sequence[Problem], cells: Mapping[str, Any]) -> Checked:
    """A row of the tab with these problems. ``cells``: its other service cells."""
    return Checked(tuple(problems), {**cells, "check": sentence(reading.layouts[key], problems)})


@dataclass(frozen=True)
class Judged:
    """``checked``: rows by tab key and id. ``asks``: approved requests that move an issue, by issue; ``approves``: by
    request which issue it approves something for, empty where nothing; ``answers``: of superiors, by issue;
    ``ahead``: when times that lie ahead stop being a fault."""

    checked: Mapping[str, Mapping[str, Checked]]
    asks: Mapping[str, tuple[Ask, ...]]
    approves: Mapping[str, str]
    answers: Mapping[str, tuple[Answer, ...]]
    ahead: tuple[datetime, ...]

    def faulty(self, key: str, rid: str) -> bool:
        """Whether something is wrong with the row."""
        return bool(self.checked[key][rid].problems)


def judge(reading: Reading, people: People, stamped: Stamped) -> Judged:
    """Every row of the tabs around 问题台账 checked; of 申诉 and 加减分 ``claims`` says more once points are known."""
    checked = {
        "streets": _streets(reading, people),
        "posts": _posts(reading, people),
        "changes": _changes(reading, people),
        "duties": _duties(reading, people, stamped),
        "requests": _requests(reading, people, stamped),
    }
    sound = [row for row in reading.rows.get("requests", ()) if not checked["requests"][row.rid].problems]
    duties = [row for row in reading.rows.get("duties", ()) if not checked["duties"][row.rid].problems]
    return Judged(
        checked,
        _asks(reading, sound),
        {row.rid: row.cells["issue"] if approves(row) else "" for row in reading.rows.get("requests", ())},
        _answers(reading, people, stamped, sound, duties),
        tuple(_ahead(reading)),
    )


Check = Callable[[Row], tuple[Sequence[Problem], Mapping[str, Any]]]  # what is wrong with the row, other service cells


def check_rows(
    reading: Reading, people: People, key: str, context: Callable[[Row], object], check: Check, *, daily: bool = False
) -> dict[str, Checked]:
    """Each row of a tab checked, by id; anew only when its content, or what ``context`` says that it depends on
    besides roster and rules, is another. ``daily``: the day changes what it should show."""
    results = reading.memo.of(f"checked {key}")
    scope = people.scope if daily else people.lasting, reading.layouts.get(key)  # a sentence names columns by letter

    def checked(row: Row) -> Checked:
        try:
            problems, cells = check(row)
            lists = checks.known_lists(reading.layouts[key].tab, row.cells, people.lists)
        except Exception as error:  # one row never stops the rest
            log.exception("row %s of %s", row.rid, key)
            return checked_row(reading, key, [Problem("", ODD.format(type(error).__name__))], {})
        return checked_row(reading, key, (*row.parsed.problems, *lists, *problems), cells)

    return {
        row.rid: results.result(row.rid, (scope, row.parsed, context(row)), checked, row)
        for row in reading.rows.get(key, ())
    }


def about(reading: Reading, stamped: Stamped, row: Row) -> tuple[object, ...]:
    """Whether its time lies ahead, which issues may be meant where the one that it names is not there, and where that
    lies."""
    typed = row.cells.get("reported_at") or row.cells.get("requested_at")
    issue = row.cells.get("issue", "")
    ahead = bool(typed and typed > reading.now + checks.AHEAD)
    return ahead, reading.numbers_of_issues.alike(issue) if issue else None, stamped.area(issue)


def _ahead(reading: Reading) -> Iterator[datetime]:
    for key in ("feedback", "duties", "requests"):
        for row in reading.rows.get(key, ()):
            typed = row.cells.get("reported_at") or row.cells.get("requested_at")
            if typed and typed > reading.now + checks.AHEAD:
                yield typed - checks.AHEAD


def _streets(reading: Reading, people: People) -> dict[str, Checked]:
    day = reading.now.date()
    problems = roster_checks.streets(reading.rows.get("streets", ()), people.roster, day)

    def check(row: Row) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        street = read_street(row.cells)
        chief = people.roster.chief(street, day) if street and street.span.holds(day) else ""
        return problems.get(row.rid, []), {"chief_now": chief}

    return check_rows(reading, people, "streets", lambda row: problems.get(row.rid), check, daily=True)


def _posts(reading: Reading, people: People) -> dict[str, Checked]:
    problems = roster_checks.posts(reading.rows.get("posts", ()))

    def check(row: Row) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        return problems.get(row.rid, []), {}

    return check_rows(reading, people, "posts", lambda row: problems.get(row.rid), check)


def _changes(reading: Reading, people: People) -> dict[str, Checked]:
    def check(row: Row) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        state = change_state(row.cells, reading.now.date())
        return roster_checks.change(row.cells, people.roster), {"state": state}

    return check_rows(reading, people, "changes", lambda row: None, check, daily=True)


def _duties(reading: Reading, people: People, stamped: Stamped) -> dict[str, Checked]:
    def check(row: Row) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        return [
            *checks.future(row.cells, "reported_at", reading.now),
            *checks.duty(row.cells),
            *checks.reference(row.cells, "issue", reading.numbers_of_issues),
        ], {}

    return check_rows(reading, people, "duties", lambda row: about(reading, stamped, row), check)


def _requests(reading: Reading, people: People, stamped: Stamped) -> dict[str, Checked]:
    earlier = _answered_before(reading, people, stamped)

    def check(row: Row) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        cells = row.cells
        problems = [
            *checks.future(cells, "requested_at", reading.now),
            *request_checks.request(cells, _asked(reading, people, stamped, row, earlier.get(row.rid, 0))),
            *checks.reference(cells, "issue", reading.numbers_of_issues),
        ]
        return problems, {"state": request_state(cells, not problems or _took_effect(stamped, row))}

    def context(row: Row) -> tuple[object, ...]:
        return (*about(reading, stamped, row), earlier.get(row.rid, 0), _took_effect(stamped, row))

    return check_rows(reading, people, "requests", context, check)


def _took_effect(stamped: Stamped, row: Row) -> bool:
    stamps = stamped.stamps.get(row.cells.get("issue", ""))
    return stamps is not None and any(ask.rid == row.rid for ask in stamps.taken)


def _asked(reading: Reading, people: People, stamped: Stamped, row: Row, rank: int) -> request_checks.Asked:
    # Who answers must hold his post when he answers: without an hour, when the answer was first seen.
    answered = row.cells.get("answered_at") or reading.mark("requests", row.rid, "answered")
    area = stamped.area(row.cells.get("issue", ""))
    return request_checks.Asked(people.roster, reading.rules, answered.date(), area, rank)


def _answered_before(reading: Reading, people: People, stamped: Stamped) -> dict[str, int]:
    """By 延期 and 挂账 of an issue, the rank of who agreed to those before it, across 移交 (definitions 4.2)."""
    rows = [
        row
        for row in reading.rows.get("requests", ())
        if row.cells.get("kind") in request_checks.PUT_OFF and "issue" in row.cells
    ]
    rows = [row for row in rows if row.cells.get("answer") == "同意" and "approver" in row.cells]
    highest, before = dict[str, int](), dict[str, int]()
    for row in sorted(rows, key=lambda row: (reading.mark("requests", row.rid, "answered"), row.rid)):
        issue = row.cells["issue"]
        before[row.rid] = highest.get(issue, 0)
        asked = _asked(reading, people, stamped, row, before[row.rid])
        if not request_checks.request(row.cells, asked):
            highest[issue] = max(before[row.rid], request_checks.rank_of(row.cells["approver"], asked))
    return before


# Whose answer counts
def approves(row: Row) -> bool:
    cells = row.cells
    return cells.get("answer") == "同意" and cells.get("kind") in (*request_checks.MOVES, FAKE) and "issue" in cells


def _asks(reading: Reading, sound: Sequence[Row]) -> dict[str, tuple[Ask, ...]]:
    """Approved requests without a fault, by issue, in the order of their answers."""
    asks: dict[str, list[Ask]] = defaultdict(list)
    for row in filter(approves, sound):
        at = reading.mark("requests", row.rid, "answered")
        ask = Ask(row.rid, row.cells["kind"], at, row.cells.get("until"), row.cells.get("to_unit", ""))
        asks[row.cells["issue"]].append(ask)
    return {rid: tuple(sorted(group, key=lambda ask: (ask.at, ask.rid))) for rid, group in asks.items()}


def _answers(
    reading: Reading, people: People, stamped: Stamped, requests: Sequence[Row], duties: Sequence[Row]
) -> dict[str, tuple[Answer, ...]]:
    """What superiors answered, by issue: to requests that move it, yes or no, and their 现场调度."""
    answers: dict[str, list[Answer]] = defaultdict(list)
    for row in requests:
        if row.cells.get("kind") in request_checks.MOVES and "answer" in row.cells and "issue" in row.cells:
            at = reading.mark("requests", row.rid, "answered")
            answers[row.cells["issue"]].append(Answer(at, row.cells["answer"] == "同意"))
    for row in duties:
        if row.cells.get("kind") == DISPATCH and "issue" in row.cells:
            at = reading.mark("duties", row.rid, "heard")
            with row_alone(row, DUTIES):
                superior = _is_superior(people, stamped, row, at.date())
            if superior:
                answers[row.cells["issue"]].append(Answer(at, agreed=True))
    return {rid: tuple(sorted(group)) for rid, group in answers.items()}


def _is_superior(people: People, stamped: Stamped, row: Row, day: date) -> bool:
    """Whether who dispatched is set over the issue: nobody answers what he reported up himself."""
    superior = person(people.roster, row.cells.get("reporter", ""), day)
    return superior is not None and may_answer(superior, SUPERIORS, stamped.area(row.cells["issue"]))


# 状态
def change_state(cells: Mapping[str, Any], day: date) -> str:
    """状态 of a row of 人员调整 (plan note 2)."""
    opinions = (cells.get("branch_opinion"), cells.get("commander_opinion"))
    if "不同意" in opinions:
        return "未同意"
    if opinions[0] != "同意":
        return "待支部意见"
    if opinions[1] != "同意":
        return "待指挥长同意"
    since, until = cells.get("since"), cells.get("until")
    if since is None or day < since:
        return "已同意"
    return "已结束" if until and until < day else "已生效"


def request_state(cells: Mapping[str, Any], counts: bool) -> str:
    """状态 of a row of 申请审批. ``counts``: whether its answer does; why not is told in 校验."""
    if "answer" in cells and not counts:
        return INVALID
    return {"同意": "已同意", "不同意": "未同意"}.get(cells.get("answer", ""), "待批复")
