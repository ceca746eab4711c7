"""Everything that the plan asks for is decided here: tables, memory, rules and the hour in, a decision out.

Pure: the same input gives the same output, byte for byte. One bad row, cell or tab is a problem of that row, cell
or tab and stops nothing else. Each step below takes what earlier steps returned; its file says what it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sync.core.letters.letters import ByIssue
from sync.core.look.conclude import conclude
from sync.core.look.doubted import conclude_in_doubt, hour_of_checks
from sync.core.look.feedback import answer
from sync.core.look.findings import Look, RowLook
from sync.core.look.follow import Following, follow
from sync.core.look.judging import judge
from sync.core.look.leaving.stored import demand
from sync.core.look.letters.drafting import draft
from sync.core.look.letters.letter_rows import take_in
from sync.core.look.notice_rows import tell
from sync.core.look.owed import Duties
from sync.core.look.people import who_is_who
from sync.core.look.reading import known_again, read_tabs
from sync.core.look.rebuilding.rebuild import rebuild
from sync.core.look.rebuilding.recalling import recalled
from sync.core.look.responsible import tell_at_once, with_days
from sync.core.look.scores.claims import Claims
from sync.core.look.scores.scoring import Scoring
from sync.core.look.scores.seals import Sealing
from sync.core.look.stamping import Stamped, fixes_by_issue, of_owners, stamp, with_parts_away
from sync.core.memo import Memo
from sync.core.memory import Decision, Failed, Memory, RowFailed, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.tabs import Tab

MOST_FAILURES = 20  # more rows than this that fail are no oddness of theirs


def decide(tables: Tables, memory: Memory, rules: Rules, now: datetime, doubt: str = "") -> Decision:
    """What the sheets should say at ``now`` (aware), what to remember, whom to tell, and when to look again.

    ``doubt``: why the hour is not believed; empty: it is. Raises ``FactsWanted``.
    """
    if doubt:  # what forms changed waits: nothing is remembered, so that it could not be told from what covered a cell
        apart = replace(memory, restores=())
        checked = conclude_in_doubt(look(tables, apart, rules, hour_of_checks(memory, now)), now, doubt)
        return replace(checked, restores=memory.restores)
    return conclude(look(tables, memory, rules, now))


def look(tables: Tables, memory: Memory, rules: Rules, now: datetime) -> Look:
    """One look at everything. A row at which a step fails is left as it was, and the others are looked at."""
    failures: list[RowFailed] = []
    while True:
        try:
            made = _look(tables, memory, rules, now)
        except RowFailed as failure:
            if len(failures) == MOST_FAILURES:
                raise
            failures.append(failure)
            memory = replace(memory, aside=memory.aside | {failure.item(memory.known)})
        else:
            failed = (
                Failed(failure.queue, failure.item(memory.known), failure.__cause__ or failure, failure.name)
                for failure in failures
            )
            others = made.reading.failures + made.drafted.failures + made.scored.failures
            return replace(made, failures=(*failed, *others))


def look_at_rows(tables: Tables, memory: Memory, rules: Rules, now: datetime) -> RowLook:
    """The steps that look at rows each for itself: what is wrong with it, whose it is, how far it came. Raises
    ``RowFailed``, ``FactsWanted``."""
    tabs = read_tabs(tables, memory, rules, now.astimezone(rules.bureau.zone), memory.memo.renewed(now))
    first = known_again(recalled(tabs))
    demand(first)
    people = who_is_who(first)
    rebuilt = rebuild(first, people)
    people = with_days(people, rebuilt)
    reading, past = rebuilt.reading, rebuilt.past
    # an issue is stamped first, then the answers about it are judged, then it is followed
    by_number = fixes_by_issue(reading)
    stamped = stamp(reading, people, of_owners(by_number, Stamped(reading.memory.stamps)), rebuilt.stamps)
    fixes = of_owners(by_number, with_parts_away(reading, stamped))
    judged = judge(reading, people, stamped)
    letters_in = take_in(reading, people, stamped)
    by_issue = ByIssue.of(letters_in.letters)
    followed = follow(Following(reading, people, stamped, judged, fixes, by_issue, past))
    feedback = answer(reading, people, stamped, judged, followed, fixes)
    return RowLook(rebuilt, people, stamped, judged, letters_in, followed, feedback)


def _look(tables: Tables, memory: Memory, rules: Rules, now: datetime) -> Look:
    """One look at everything, step by step."""
    rows = look_at_rows(tables, memory, rules, now)
    reading, people, past, followed = rows.reading, rows.people, rows.rebuilt.past, rows.followed
    # what follows from all issues together
    duties = Duties(reading, people, rows.judged, followed, past)
    drafted = draft(reading, followed, rows.letters_in)
    claims = Claims(reading, people, rows.stamped, rows.judged, followed, past)
    sealing = Sealing(reading, followed, past)
    scoring = Scoring(sealing, people.roster, claims, people.scope, duties, tuple(drafted.letters.values()))
    scored = scoring.scored_or_left()
    notices = (notice for issue in followed.values() for notice in issue.notices)
    others = (*duties.notices(), *drafted.notices, *tell_at_once(reading, people))
    told = tell(reading, followed, drafted, (*notices, *others))
    of_rows: dict[str, Any] = {part.name: getattr(rows, part.name) for part in fields(rows)}
    return Look(**of_rows, duties=duties, drafted=drafted, claims=claims, sealing=sealing, scored=scored, told=told)


def recall(tabs: Mapping[str, Tab], memory: Memory, rules: Rules, now: datetime, memo: Memo | None = None) -> Look:
    """A look that reads no workbook: every tab as the ledger last knew it, archived issues among the others, for pages,
    explanations and simulations. Nothing that it finds is kept. ``memo``: of the last such look; never a tick's."""
    apart = replace(memory, memo=memo or Memo(), restores=(), covers=(), wanted_back=(), wanted_sealed=(), archived={})
    return look(Tables(tabs, {}), apart, rules, now)
