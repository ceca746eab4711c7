"""Whose answer to a request counts: the superiors that the rules name, each in his own area (plan 五·2, 六·1; note 2).

A secretary answers for his branch, a commander for his district, office and standards office for all; what they held
on the day of the answer counts, so that who moves on later takes no answer back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.memory import Memory
from sync.core.people.permissions import Person, person
from sync.core.people.roster import ROLES, Roster
from sync.core.rules.rules import Rules
from sync.core.sheet import serials
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import plain

SUPERIORS = ("office", "standards_office", "commander", "secretary")
OPINIONS = {"branch_opinion": "secretary", "commander_opinion": "commander"}  # 人员调整, plan note 2


def answerers(rules: Rules, kind: str) -> tuple[str, ...]:
    """The roles (code words) that answer requests of that kind."""
    return next((one.to for one in rules.approvals if kind in one.kinds), ())


def over(one: Person, role: str, area: Mapping[str, Any]) -> bool:
    """Whether he holds that role over an area (``branch``, ``district``; what is not known is not held against him)."""
    if role not in one.roles:
        return False
    if role == "secretary":
        return not area.get("branch") or area["branch"] in one.branches
    if role == "commander":
        return not area.get("district") or area["district"] in one.districts
    return True


def may_answer(one: Person, rules: Rules, kind: str, area: Mapping[str, Any]) -> bool:
    return any(over(one, role, area) for role in answerers(rules, kind))


def entitled(roster: Roster, rules: Rules, kind: str, name: str, day: date, area: Mapping[str, Any]) -> bool:
    """Whether that name could answer on that day."""
    one = person(roster, name, day)
    return one is not None and may_answer(one, rules, kind, area)


def words(rules: Rules, kind: str, area: Mapping[str, Any]) -> str:
    """Who answers, as a sentence names them: 第四支部的支部书记、城中的指挥长."""
    of = {"secretary": area.get("branch"), "commander": area.get("district")}
    named = [f"{of[role]}的{ROLES[role]}" if of.get(role) else ROLES[role] for role in answerers(rules, kind)]
    return "、".join(named)


def opinion(one: Person, street: Mapping[str, Any]) -> str:
    """Which opinion on a change of a street's chief is his to give; empty for none."""
    return next((key for key, role in OPINIONS.items() if over(one, role, street)), "")


@dataclass(frozen=True)
class Question:
    """A row that waits for somebody's answer. ``print``: the row's fingerprint; ``column``: where the answer goes;
    ``about``: headings and words; ``fault``: what is wrong with the row, empty where nothing is."""

    tab: str
    print: str
    column: str
    kind: str
    who: str
    about: tuple[tuple[str, str], ...]
    fault: str


def waiting(memory: Memory, roster: Roster, rules: Rules, one: Person, day: date) -> list[Question]:
    """What waits for this person's answer, as the last look left it, the oldest first."""
    zone = rules.bureau.zone
    return [*_requests(memory, rules, one, zone), *_changes(memory, roster, one, zone, day)]


def _live(memory: Memory, tab: str) -> Iterator[Known]:
    return (known for known in list(memory.known.get(tab, {}).values()) if not known.deleted)


def _requests(memory: Memory, rules: Rules, one: Person, zone: ZoneInfo) -> Iterator[Question]:
    for known in _live(memory, "requests"):
        cells = known.cells
        kind, issue = plain(cells.get("kind")), plain(cells.get("issue"))
        stamps, shown = memory.stamps.get(issue), memory.known.get("issues", {}).get(issue)
        area = {"branch": stamps.branch, "district": stamps.district} if stamps else {}
        if "answer" not in cells and may_answer(one, rules, kind, area):
            about = (
                ("问题", f"{issue}　{stamps.street if stamps else ''}" if issue else ""),
                ("现在截止", _moment(shown.shown.get("deadline", ""), zone) if shown else ""),
                ("期望时间", _moment(cells.get("until"), zone)),
                ("移交单位", plain(cells.get("to_unit"))),
                ("明细号", plain(cells.get("line"))),
                ("对象", plain(cells.get("target"))),
                ("分值", plain(cells.get("points"))),
                ("理由", plain(cells.get("reason"))),
            )
            yield _question("requests", known, "answer", kind, about)


def _changes(memory: Memory, roster: Roster, one: Person, zone: ZoneInfo, day: date) -> Iterator[Question]:
    for known in _live(memory, "changes"):
        cells = known.cells
        street = roster.street(plain(cells.get("street")), day)
        column = opinion(one, {"branch": street.branch, "district": street.district}) if street else ""
        first = column == "branch_opinion" or plain(cells.get("branch_opinion")) == "同意"
        if column and column not in cells and first and street:
            about = (
                ("街路", street.name),
                ("现任", roster.chief(street, day)),
                ("换成", plain(cells.get("to_chief"))),
                ("从", _moment(cells.get("since"), zone)[:10]),
                ("到", _moment(cells.get("until"), zone)[:10]),
                ("理由", plain(cells.get("reason"))),
            )
            yield _question("changes", known, column, f"人员{plain(cells.get('kind'))}", about)


def _question(tab: str, known: Known, column: str, kind: str, about: tuple[tuple[str, str], ...]) -> Question:
    who = plain(known.cells.get("requester"))
    fault = plain(known.shown.get("check", ""))
    return Question(tab, known.print, column, kind, who, tuple(pair for pair in about if pair[1]), fault)


def _moment(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{serials.to_datetime(value, zone):%Y-%m-%d %H:%M}"
    return plain(value)
