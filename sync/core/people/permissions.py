"""May this person …? Every such question of the product, over plain values (plan 三, 五·1, 五·2, 六·1; note 2).

The office and the standards office see all; a commander his district, a secretary his branch; a unit's people every
issue whose 责任单位 they are, wherever it lies; a chief his streets. Nobody else sees anything. What somebody holds is
asked for a day, from 组织架构 and 街路名册.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sync.core.people.roster import RESERVED, UNIT_HEADS, Roster, assemble
from sync.core.rules.conditions import ASSIGNED, INSPECTED, PUBLIC, SELF_FOUND
from sync.core.rules.values import FAKE, ROLES
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, parse
from sync.core.sheet.tabs import Tab, template_layout

ROSTER_TABS = ("streets", "posts", "changes")
OVERSEERS = frozenset({"office", "standards_office"})
SUPERIORS = OVERSEERS | {"commander", "secretary"}  # set over streets: they lead, and answer what chiefs report up
OPINIONS = {"branch_opinion": "secretary", "commander_opinion": "commander"}  # 人员调整, plan note 2
RANK = ("standards_office", "office", "commander", "secretary", "chief", "unit")
FILED: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {  # by tab and column, what each role files
    ("issues", "source"): {
        "standards_office": (INSPECTED, PUBLIC, ASSIGNED),
        "office": (ASSIGNED, INSPECTED, PUBLIC),
        "commander": (ASSIGNED, PUBLIC),
        "secretary": (ASSIGNED, PUBLIC),
        "chief": (SELF_FOUND, PUBLIC),
        "unit": (PUBLIC,),  # no inspection and no order: looked at before anybody answers for it
    },
    ("duties", "kind"): {
        "standards_office": ("督查", "走访"),
        "office": ("现场调度", "走访"),
        "commander": ("驻点", "现场调度", "走访"),
        "secretary": ("支部例会", "驻点", "现场调度", "走访"),
        "chief": ("巡查", "走访"),
        "unit": ("走访",),
    },
    ("requests", "kind"): {
        "standards_office": ("加减分", "延期", "挂账", "移交", "申诉", FAKE),
        "office": ("加减分", "延期", "挂账", "移交", "申诉", FAKE),
        "commander": ("延期", "挂账", "移交", "加减分"),
        "secretary": ("延期", "挂账", "移交", "申诉"),
        "chief": ("延期", "挂账", "移交", "申诉"),
        "unit": ("延期", "挂账", "移交", "申诉"),
    },
}


@dataclass(frozen=True)
class Person:
    """A person with the roles (code words of ``values.ROLES``) that he holds that day, and over what."""

    name: str
    roles: frozenset[str]
    districts: frozenset[str] = field(default=frozenset())
    branches: frozenset[str] = field(default=frozenset())
    units: frozenset[str] = field(default=frozenset())
    streets: frozenset[str] = field(default=frozenset())
    operator: bool = False  # who runs the service: no name of the roster, whatever ``name`` shows

    @property
    def oversees(self) -> bool:
        """Whether all tabs are his to see and to edit."""
        return holds(self, OVERSEERS)


@dataclass(frozen=True)
class Area:
    """Where a thing lies and who answers for it; empty: not known."""

    street: str = ""
    branch: str = ""
    district: str = ""
    unit: str = ""
    chief: str = ""


# Roles
def holds(person: Person, roles: Collection[str]) -> bool:
    """Whether he holds one of these roles."""
    return not person.roles.isdisjoint(roles)


def leads(person: Person, area: Area) -> bool:
    """Whether a street, branch or district is in his part."""
    return person.oversees or area.district in person.districts or area.branch in person.branches


def files(person: Person, tab: str, column: str) -> tuple[str, ...]:
    """What he may choose in this column of a form, the first of his highest role first."""
    by_role = FILED[tab, column]
    return tuple(dict.fromkeys(word for role in RANK if role in person.roles for word in by_role[role]))


def may_make_link(person: Person, owner: Person) -> bool:
    """Whether he may make, mail or print a link of ``owner``: whoever has it is taken for its owner. A link of the
    operator is made on the command line alone, one of the office by nobody below the office."""
    if owner.operator or not person.oversees:
        return False
    return "office" in person.roles or "office" not in owner.roles


# Issues
def sees(person: Person, area: Area) -> bool:
    """Whether an issue or a duty is his to see."""
    return leads(person, area) or answers(person, area)


def sees_row(person: Person, area: Area, reporter: str) -> bool:
    """Whether a row that is no issue yet, since something is wrong with it, is his to see: its place, as far as it
    names one, is in his part or in his care, or he reported it and is the one to put it right."""
    return sees(person, area) or reporter == person.name


def answers(person: Person, area: Area) -> bool:
    """Whether an issue is his to mend: the street's chief of today or of its day, and the unit's people."""
    mine = "chief" in person.roles and (area.street in person.streets or area.chief == person.name)
    return mine or area.unit in person.units


def may_send_feedback(person: Person, area: Area) -> bool:
    """Whether he may send 整改反馈 for an issue."""
    return person.oversees or answers(person, area)


def may_verify(person: Person, area: Area, units: Collection[str]) -> bool:
    """Whether his 复核 or 核实 of an issue counts: he oversees, and it is not his own street's. ``units``: those that
    he belongs to, whatever his post; nobody verifies what his own unit mended."""
    theirs = area.chief == person.name or area.street in person.streets or area.unit in units
    return person.oversees and not theirs


def units_of(roster: Roster, name: str, day: date) -> frozenset[str]:
    """The units to which somebody belongs that day."""
    return roster.all_names(p.unit for p in roster.posts if p.name == name and p.unit and p.span.holds(day))


def sees_photo(person: Person, sender: str, shown: Iterable[Area]) -> bool:
    """Whether a photo is his to see: his own, or of an issue or duty that he sees."""
    return person.oversees or sender == person.name or any(sees(person, area) for area in shown)


def sees_notice(person: Person, receiver: str) -> bool:
    """Whether he may read how a notice to that name went."""
    return person.oversees or receiver == person.name


def counted_source(
    roster: Roster, source: str, reporter: str, street: str, day: date, may_assign: Collection[str]
) -> str:
    """The source that an issue counts under: 街路长自查 is the street's own chief's, 上级交办 of who may assign; from
    anybody else it counts as 督查 (definitions 4.3)."""
    there = roster.street(street, day)
    if source == SELF_FOUND:
        return source if there and roster.chief(there, day) == reporter else INSPECTED
    if source == ASSIGNED:
        holder = person(roster, reporter, day)
        return source if holder and holds(holder, may_assign) else INSPECTED
    return source


# Requests
def may_answer(person: Person, roles: Iterable[str], area: Area) -> bool:
    """Whether he holds one of these roles over an area; what is not known of it is not held against him. What he held
    on the day of the answer counts, so that who moves on later takes no answer back."""
    over = {
        "secretary": not area.branch or area.branch in person.branches,
        "commander": not area.district or area.district in person.districts,
    }
    return any(role in person.roles and over.get(role, True) for role in roles)


# Letters
def sees_letter(person: Person, districts: Collection[str], unit: str, names: Collection[str]) -> bool:
    """Whether a letter about these districts, sent to this unit and these names, is his to read."""
    return (
        person.oversees
        or not person.districts.isdisjoint(districts)
        or unit in person.units
        or person.name in names
    )  # fmt: skip


def may_sign(person: Person, signers: Collection[str], districts: Collection[str]) -> bool:
    """Whether he holds a role that signs letters: as a commander only what concerns his districts."""
    return any(
        role != "commander" or not person.districts.isdisjoint(districts) for role in person.roles & set(signers)
    )


def may_reply(person: Person, unit: str) -> bool:
    """Whether he may answer a letter to that unit."""
    return person.oversees or unit in person.units


def may_void(person: Person, signers: Collection[str], districts: Collection[str]) -> bool:
    """Whether he may make a letter void."""
    return person.oversees or may_sign(person, signers, districts)


# Scores
def sees_score(
    person: Person, kind: str, target: str, above: Collection[str], chief: str = "", *, past: bool = False
) -> bool:
    """Whether the score of a 街路, 支部, 区域 or 单位, or a line of it, is his to see; rankings are the bureau's own.

    ``above``: the branches and districts that the target lies in; ``chief``: whose score it was; ``past``: the month is
    over, so that a score that was another chief's is not shown to who has the street now.
    """
    own = {"单位": person.units, "区域": person.districts, "支部": person.branches}
    if not (past and chief):
        own["街路"] = person.streets
    mine = bool(chief) and chief == person.name
    led = not (person.branches | person.districts).isdisjoint(above)
    return mine or person.oversees or led or target in own.get(kind, ())


def above(roster: Roster, kind: str, target: str, day: date) -> frozenset[str]:
    """The branches and districts that a scored 街路 or 支部 lies in."""
    if kind == "支部":
        return frozenset(street.district for street in roster.streets if street.branch == target)
    street = roster.street(target, day) or next((s for s in roster.streets if s.name == target), None)
    return frozenset({street.branch, street.district}) if kind == "街路" and street else frozenset()


# Who is who
_CODES = {word: code for code, word in ROLES.items()}


def person(roster: Roster, name: str, day: date) -> Person | None:
    """The person of that name on that day; None for a name that holds nothing then, or that is no person's."""
    if name in RESERVED:
        return None
    posts = [post for post in roster.posts if post.name == name and post.span.holds(day)]
    streets = roster.streets_of(name, day)
    roles = {_CODES[post.role] for post in posts if post.role in _CODES} | ({"chief"} if streets else set())
    if not roles:
        return None
    units = {post.unit for post in posts if post.role in UNIT_HEADS and post.unit}
    return Person(
        name,
        frozenset(roles | ({"unit"} if units else set())),
        districts=frozenset(post.district for post in posts if post.role == ROLES["commander"] and post.district),
        branches=frozenset(post.branch for post in posts if post.role == ROLES["secretary"] and post.branch),
        units=roster.all_names(units),
        streets=frozenset(streets),
    )


def starting(roster: Roster, name: str, day: date) -> tuple[date, Person] | None:
    """The first day after ``day`` on which that name holds anything, and what he holds then; None where there is none,
    or he holds something already."""
    if person(roster, name, day):
        return None
    spans = [post.span for post in roster.posts if post.name == name]
    spans += [street.span for street in roster.streets] + [c.span for c in roster.changes if c.chief == name]
    for since in sorted({span.since for span in spans if span.since and span.since > day}):
        if holder := person(roster, name, since):
            return since, holder
    return None


def newcomers(roster: Roster, day: date) -> list[tuple[date, Person]]:
    """Everybody who holds nothing that day and something later, with his first day, in the order of 组织架构."""
    names = [*(post.name for post in roster.posts), *(street.chief for street in roster.streets)]
    names += [change.chief for change in roster.changes]
    coming = (starting(roster, name, day) for name in dict.fromkeys(name for name in names if name))
    return [newcomer for newcomer in coming if newcomer]


def people(roster: Roster, day: date) -> list[Person]:
    """Everybody who holds anything that day, in the order of 组织架构."""
    names = [*(post.name for post in roster.posts), *(street.chief for street in roster.streets)]
    holders = (person(roster, name, day) for name in dict.fromkeys(name for name in names if name))
    return [holder for holder in holders if holder]


def remembered(tabs: Mapping[str, Tab], known: Mapping[str, Mapping[str, Known]], zone: ZoneInfo) -> Roster:
    """The roster as the last look at the workbook left it. ``known``: rows by tab key and id."""
    return assemble(*(_rows(tabs[key], known.get(key, {}), zone) for key in ROSTER_TABS))


def _rows(tab: Tab, known: Mapping[str, Known], zone: ZoneInfo) -> Iterable[Row]:
    layout = template_layout(tab)
    for rid, row in list(known.items()):
        if not row.deleted:
            raw = tuple(row.cells.get(column.key, "") for column in tab.columns)
            yield Row(0, raw, parse(layout, raw, zone), rid)
