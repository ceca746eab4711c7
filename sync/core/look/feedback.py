"""整改反馈: what is wrong with each row, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync.core.issues import course, feedback
from sync.core.issues.issues import Answer, Fix, Issue, Stamps
from sync.core.issues.photo_uses import all_uses, doubt, uses_of
from sync.core.look.follow import Followed
from sync.core.look.judging import Checked, Judged, about, check_rows
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.stamping import Stamped
from sync.core.sheet import checks
from sync.core.sheet.identity import Known
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row, plain
from sync.core.sheet.values.photos import ids

ARCHIVED = "问题已归档，不再处理"
REPORTS = ("上报", "非本单位")


def answer(
    reading: Reading,
    people: People,
    stamped: Stamped,
    judged: Judged,
    followed: Mapping[str, Followed],
    fixes: Mapping[str, tuple[Fix, ...]],
) -> dict[str, Checked]:
    """Every row with its 结果, by id."""
    results = {**reading.memo.result("results", followed, _results, followed)}
    results |= _doubtful(reading, followed) | _archived(reading, judged, fixes)
    away = reading.away

    def check(row: Row) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        cells, result = row.cells, results.get(row.rid, "")
        if not result and cells.get("issue") in away:  # of before the ledger was lost: it stands nowhere else
            result = plain(row.seen(reading.layouts["feedback"], "result")) or ARCHIVED
        if cells.get("issue") in reading.aside:
            result = plain(row.seen(reading.layouts["feedback"], "result"))
        return [
            *checks.future(cells, "reported_at", reading.now),
            *checks.reference(cells, "issue", reading.numbers_of_issues),
            *(checks.needed(cells, ("text",), cells["outcome"]) if cells.get("outcome") in REPORTS else []),
        ], {"result": result}

    def context(row: Row) -> tuple[object, ...]:
        return (*about(reading, stamped, row), row.cells.get("issue") in away, results.get(row.rid, ""))

    return check_rows(reading, people, "feedback", context, check)


def _results(followed: Mapping[str, Followed]) -> dict[str, str]:
    """结果 by feedback, as the issues say."""
    return {rid: result.text for issue in followed.values() for rid, result in issue.results.items()}


def _archived(reading: Reading, judged: Judged, fixes: Mapping[str, tuple[Fix, ...]]) -> dict[str, str]:
    """结果 of feedback about archived issues, by its id: what it came to before its issue moved."""
    memo, results = reading.memo.of("archived feedback"), dict[str, str]()
    for rid in reading.away.keys() & fixes.keys():
        row, stamps = reading.away[rid], reading.memory.stamps.get(rid)
        if stamps is None:
            results |= {fix.rid: text for fix in fixes[rid] if (text := remembered_result(reading, fix.rid, rid))}
        answers = judged.answers.get(rid, ())
        given = (row.cells, stamps, fixes[rid], answers, reading.memory.archived.get(rid), reading.rules.hash)
        if stamps and not stamps.adopted:
            results |= memo.result(rid, given, _when_archived, reading, row, stamps, fixes[rid], answers)
    return results


def remembered_result(reading: Reading, rid: str, number: str) -> str | None:
    """结果 of a row of 整改反馈 about an archived issue, once a look has worked it out; None before that, and where the
    row named another issue then."""
    return result_of(reading.known_row("feedback", rid), number)


def result_of(row: Known, number: str) -> str | None:
    """The same, by what is remembered of the row."""
    return str(row.shown["result"]) if row.shown.get("issue") == number else None


def with_results(reading: Reading, checked: Mapping[str, Checked]) -> dict[str, Known]:
    """Rows about archived issues whose 结果 is not remembered yet, with it: the facts of the issue may be gone from the
    memory by the next look."""
    news, away = dict[str, Known](), reading.away
    for row in reading.rows.get("feedback", ()):
        number = row.cells.get("issue", "")
        if number in away and row.rid in checked:
            shown = {"issue": number, "result": checked[row.rid].cells.get("result", "")}
            known = reading.known_row("feedback", row.rid)
            if known.shown != shown:
                news[row.rid] = replace(known, shown=shown)
    return news


def _when_archived(
    reading: Reading, row: Known, stamps: Stamps, fixes: tuple[Fix, ...], answers: tuple[Answer, ...]
) -> dict[str, str]:
    moved = reading.memory.archived[row.rid].at
    issue = Issue(row.rid, {key: plain(value) for key, value in row.cells.items()}, stamps, fixes, answers=answers)
    results = feedback.results(issue, course.lived(issue, stamps, reading.rules, moved), stamps, reading.rules)
    return {fix.rid: results[fix.rid].text if fix.at <= moved else ARCHIVED for fix in fixes}


def _doubtful(reading: Reading, followed: Mapping[str, Followed]) -> dict[str, str]:
    """结果 with what is doubtful about its photos behind it, by feedback that waits for a verdict."""
    pictures = reading.memory.photos
    waiting = [
        (issue.issue.rid, fix, issue.results[fix.rid])
        for issue in followed.values()
        for fix in issue.issue.fixes
        if fix.photos and issue.results[fix.rid].waits and any(photo in pictures for photo in ids(fix.photos))
    ]
    if not waiting:
        return {}
    uses = list(all_uses(_known(reading, "issues"), _known(reading, "feedback")))
    doubtful = {}
    for number, fix, result in waiting:
        mine = list(uses_of(reading.known_row("feedback", fix.rid), number, before=False))
        if sentence := doubt(mine, uses, pictures, reading.rules.forms.similar):
            doubtful[fix.rid] = f"{result.text}；{sentence}"
    return doubtful


def _known(reading: Reading, key: str) -> Iterator[Known]:
    return (row for row in reading.remembered(key).values() if not row.deleted)
