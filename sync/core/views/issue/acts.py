"""What a person may do about one issue or score line, so that its page offers it (plan 五·2, 五·3, 四·4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sync.core.issues import life as lives
from sync.core.look.findings import Look
from sync.core.look.follow import Followed
from sync.core.look.scores.claims import APPEAL
from sync.core.people.permissions import (
    Person,
    above,
    answers,
    files,
    leads,
    may_send_feedback,
    may_verify,
    sees_score,
    units_of,
)
from sync.core.rules.values import FAKE
from sync.core.scores import seal
from sync.core.scores.lines import APPEALED, Line

ASKED = ("延期", "挂账", "移交")


@dataclass(frozen=True)
class Act:
    """Something to do. ``words``: of the button; ``form``: the key of the form that does it, empty: the page 复核;
    ``cells``: what of the form is known already, by column key."""

    words: str
    form: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)


def acts(look: Look, person: Person, followed: Followed) -> tuple[Act, ...]:
    """What this person may do now, what mends the issue first. Nothing for what only reports another issue again."""
    if followed.stamps.joined or not followed.stamps.street:
        return ()
    return (*_feedback(person, followed), *_verdict(look, person, followed), *_requests(person, followed))


def _feedback(person: Person, followed: Followed) -> Iterator[Act]:
    number, state = followed.issue.rid, followed.life.state
    if may_send_feedback(person, followed.area) and state in (*lives.RUNNING, lives.SUSPENDED, lives.FIXED):
        yield Act("反馈", "feedback", {"issue": number, "outcome": "已整改"})
    if answers(person, followed.area) and followed.life.running:
        yield Act("上报上级", "feedback", {"issue": number, "outcome": "上报"})


def _verdict(look: Look, person: Person, followed: Followed) -> Iterator[Act]:
    words = {lives.FIXED: "复核", lives.UNVERIFIED: "核实"}.get(followed.life.state)
    if words and may_verify(person, followed.area, units_of(look.roster, person.name, look.now.date())):
        yield Act(words)


def _requests(person: Person, followed: Followed) -> Iterator[Act]:
    number = followed.issue.rid
    if followed.life.state in (lives.FIXED, lives.CLOSED) and FAKE in files(person, "requests", "kind"):
        yield Act(f"记{FAKE}", "requests", {"kind": FAKE, "issue": number})
    if not followed.life.running:
        return
    if answers(person, followed.area) or leads(person, followed.area):
        for kind in (kind for kind in ASKED if kind in files(person, "requests", "kind")):
            yield Act(kind, "requests", {"kind": kind, "issue": number})
    if leads(person, followed.area) and "现场调度" in files(person, "duties", "kind"):
        yield Act("现场调度", "duties", {"kind": "现场调度", "issue": number})


# Score lines


def sees_line(look: Look, person: Person, line: Line) -> bool:
    """Whether a line is his to see: with the score that it is part of, or as the chief of that day."""
    return sees_score(
        person, line.kind, line.target, above(look.roster, line.kind, line.target, look.now.date()), line.chief
    )


def may_appeal(look: Look, person: Person, line: Line) -> bool:
    """Whether he may file 申诉 against a line now: it costs points, holds, was given back by no appeal, and its month's
    time for appeals is not over."""
    holds = line.points < 0 and not line.revoked and look.now <= seal.appeals_end(line.month, look.rules)
    given_back = f"{line.id}·{APPEALED}" in look.claims.known
    return holds and not given_back and APPEAL in files(person, "requests", "kind") and sees_line(look, person, line)


def appealable(look: Look, person: Person) -> list[Line]:
    """The lines that he may appeal against, the newest first."""
    lines = (line for line in look.scored.every if may_appeal(look, person, line))
    return sorted(lines, key=lambda line: (line.date, line.id), reverse=True)
