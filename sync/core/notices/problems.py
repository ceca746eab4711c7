"""One line a problem: what a mail or message says of several notices about the same (definitions 7.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from sync.core.notices.notices import OF_LETTERS, Notice
from sync.core.rules.values import NOTICE_KINDS

EVENTS = (
    "escalated",
    "overdue",
    "rework",
    "reported_up",
    "unverified",
    "warned",
    "assigned",
    "duty",
    "weekly",
    "closed",
)
GRAVEST = ("督办", "记录单", "待签发", *(NOTICE_KINDS[event] for event in EVENTS))
assert {*GRAVEST} == {*NOTICE_KINDS.values(), *OF_LETTERS}
N = TypeVar("N")


def rank(kind: str) -> int:
    """The gravest kind is 0."""
    return GRAVEST.index(kind) if kind in GRAVEST else len(GRAVEST)


def by_problem(notices: Iterable[Notice]) -> list[list[Notice]]:
    """Notices by what they are about, the gravest problem first; of one problem the gravest first, of a kind the
    latest. A notice about no issue stands by itself."""
    groups: dict[str, list[Notice]] = {}
    for notice in notices:
        groups.setdefault(notice.issue or notice.number, []).append(notice)
    problems = [_gravest_first(group) for group in groups.values()]
    return sorted(problems, key=lambda group: (rank(group[0].kind), group[0].issue, group[0].number))


def _gravest_first(group: Iterable[Notice]) -> list[Notice]:
    latest = sorted(group, key=lambda notice: (notice.time, notice.occurrence, notice.number), reverse=True)
    return sorted(latest, key=lambda notice: rank(notice.kind))


def line(problem: Sequence[Notice]) -> str:
    """The gravest in full, the others by name."""
    first, *rest = problem
    others = "、".join(dict.fromkeys(notice.kind for notice in rest if notice.kind != first.kind))
    return f"【{first.kind}】{first.text}{f'（还有：{others}）' if others else ''}"
