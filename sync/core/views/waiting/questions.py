"""What waits for a person's 批复 or 意见 in 申请审批 and 人员调整, as the last look left it (plan 五·2; note 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sync.core.approvals.request_checks import PUT_OFF, Asked, answerers, not_his, rank_of
from sync.core.issues.issues import Stamps
from sync.core.look.scores.claims import APPEAL
from sync.core.look.verdicts import area_of
from sync.core.memory import Memory
from sync.core.people.permissions import OPINIONS, Area, Person, may_answer
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.rules.values import points_zh
from sync.core.scores.lines import Line
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import cell_text, issue_number, plain
from sync.core.views.waiting.worklist import photos_of


@dataclass(frozen=True)
class Question:
    """A row that waits for somebody's answer. ``print``: the row's fingerprint; ``column``: where the answer goes;
    ``about``: headings and words; ``fault``: what is wrong with the row, empty where nothing is;
    ``issue``: the number of the issue that it is about, empty for none; ``photos``: lines of its photos before and
    after the work, for an appeal."""

    tab: str
    print: str
    column: str
    kind: str
    requester: str
    about: tuple[tuple[str, str], ...]
    fault: str
    issue: str = ""
    photos: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def row(self) -> tuple[str, str]:
        """By what a page names it."""
        return self.tab, self.print


def waiting(
    memory: Memory, roster: Roster, rules: Rules, person: Person, day: date, lines: Mapping[str, Line]
) -> list[Question]:
    """What waits for this person's answer, as the last look left it, the oldest first. ``lines``: by id, what appeals
    are about."""
    zone = rules.bureau.zone
    asked = (_with_line(question, memory, lines) for question in _requests(memory, roster, rules, person, day))
    return [*asked, *_changes(memory, roster, person, zone, day)]


def _with_line(question: Question, memory: Memory, lines: Mapping[str, Line]) -> Question:
    """An appeal with what the line says and the photos of its issue, so that it can be answered where it stands."""
    row = memory.known["requests"].values() if question.kind == APPEAL else ()
    cells = next((known.cells for known in row if known.print == question.print), {})
    line = lines.get(plain(cells.get("line")))
    if line is None:
        return question
    issue = line.issue or issue_number(cells.get("issue"))
    told = (
        ("扣在", f"{line.kind}「{line.target}」，{line.month}"),
        ("扣分", f"{line.rule} {points_zh(line.points)} 分（{line.clause}）"),
    )
    about = (*told, ("说明", line.text), *question.about)
    return replace(question, about=about, issue=issue, photos=photos_of(memory, issue) if issue else ((), ()))


def _live(memory: Memory, tab: str) -> Iterator[Known]:
    return (known for known in list(memory.known.get(tab, {}).values()) if not known.deleted)


def _requests(memory: Memory, roster: Roster, rules: Rules, person: Person, day: date) -> Iterator[Question]:
    zone = rules.bureau.zone
    for known in _live(memory, "requests"):
        cells = known.cells
        kind, issue = plain(cells.get("kind")), issue_number(cells.get("issue"))
        stamps, shown = memory.stamps.get(issue), memory.known.get("issues", {}).get(issue)
        area = area_of(stamps) if stamps else Area()
        asked = Asked(roster, rules, day, area, _rank_before(memory, stamps, Asked(roster, rules, day, area)))
        typed = {"kind": kind, "requester": plain(cells.get("requester")), "approver": person.name}
        typed |= {"issue": issue} if issue else {}
        if "answer" not in cells and may_answer(person, answerers(rules, kind), area) and not not_his(typed, asked):
            about = (
                ("问题", f"{issue}　{stamps.street if stamps else ''}" if issue else ""),
                ("现在截止", cell_text(shown.shown.get("deadline", ""), "datetime", zone) if shown else ""),
                ("期望时间", cell_text(cells.get("until"), "datetime", zone)),
                ("移交单位", plain(cells.get("to_unit"))),
                ("明细号", plain(cells.get("line"))),
                ("对象", plain(cells.get("target"))),
                ("分值", plain(cells.get("points"))),
                ("理由", plain(cells.get("reason"))),
            )
            yield replace(_question("requests", known, "answer", kind, about), issue=issue if stamps else "")


def _rank_before(memory: Memory, stamps: Stamps | None, asked: Asked) -> int:
    """The rank of who agreed to 延期 and 挂账 of the issue before."""
    rows = memory.known.get("requests", {})
    taken = [rows[ask.rid] for ask in (stamps.taken if stamps else ()) if ask.kind in PUT_OFF and ask.rid in rows]
    return max((rank_of(plain(row.cells.get("approver")), asked) for row in taken), default=0)


def _changes(memory: Memory, roster: Roster, person: Person, zone: ZoneInfo, day: date) -> Iterator[Question]:
    for known in _live(memory, "changes"):
        cells = known.cells
        street = roster.street(plain(cells.get("street")), day)
        if street is None:
            continue
        area = Area(branch=street.branch, district=street.district)
        column = next((key for key, role in OPINIONS.items() if may_answer(person, (role,), area)), "")
        first = column == "branch_opinion" or plain(cells.get("branch_opinion")) == "同意"
        if column and column not in cells and first:
            about = (
                ("街路", street.name),
                ("现任", roster.chief(street, day)),
                ("换成", plain(cells.get("to_chief"))),
                ("从", cell_text(cells.get("since"), "datetime", zone)[:10]),
                ("到", cell_text(cells.get("until"), "datetime", zone)[:10]),
                ("理由", plain(cells.get("reason"))),
            )
            yield _question("changes", known, column, f"人员{plain(cells.get('kind'))}", about)


def _question(tab: str, known: Known, column: str, kind: str, about: tuple[tuple[str, str], ...]) -> Question:
    requester = plain(known.cells.get("requester"))
    fault = plain(known.shown.get("check", ""))
    return Question(tab, known.print, column, kind, requester, tuple(pair for pair in about if pair[1]), fault)
