"""After the ledger was lost: stamps, lines, notices and letters read back from the sheets (DESIGN section 5)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from sync.core.issues import issue_stamps, issues
from sync.core.issues import life as lives
from sync.core.issues.issues import Stamps
from sync.core.letters import letters
from sync.core.letters.addressees import Addressees
from sync.core.letters.letters import LETTER, RECORD, Fact, Letter
from sync.core.memory import Sent
from sync.core.notices import timing
from sync.core.notices.notices import Notice
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.scores import lines
from sync.core.scores.evening import EVENED
from sync.core.scores.lines import Group, Line
from sync.core.scores.standings import Standing
from sync.core.scores.units import RATES
from sync.core.sheet.identity import NUMBER
from sync.core.sheet.rows import Raw, Row, plain
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values import serials


def read_stamps(layout: Layout, row: Row, rules: Rules, now: datetime, roster: Roster) -> Stamps | None:
    """Stamps from a row's service columns, when the ledger has none: id, deadline and chief stay as they stand."""

    def text(key: str) -> str:
        return plain(row.seen(layout, key))

    deadline = serials.moment(row.seen(layout, "deadline"), rules.bureau.zone)
    if not text("state") or not text("district") + text("branch") + text("chief"):
        return None
    received = row.cells.get("reported_at") or now
    street = roster.street(row.cells.get("street", ""), received.date())
    repeat, of = "".join(filter(str.isdecimal, text("repeat")[:10])), NUMBER.search(text("repeat"))
    stamps = Stamps(
        received, street.name if street else row.cells.get("street", ""), text("chief"), text("branch"),
        text("district"), text("unit"), row.cells.get("source", ""), row.cells.get("category", ""),
        1 if of else int(repeat or 1),
        adopted=True, rules=rules.hash, calendar=rules.calendar.digest,
    )  # fmt: skip
    closed = serials.moment(row.seen(layout, "closed_at"), rules.bureau.zone)
    if closed:
        verdict = issues.Verdict("通过", closed, row.cells.get("verified_at"))
        stamps = replace(stamps, verdicts=(verdict,))
    accepted = received if row.cells.get("accepted") in issue_stamps.ACCEPTED else None
    if of:
        return replace(stamps, joined=of[0], joined_at=received)
    started = None if text("state") == lives.UNVERIFIED else received
    if started and deadline:
        limit = str(issue_stamps.own_limit(stamps.category, row.cells, rules))
        stamps = replace(stamps, start=lives.Start(started, limit, deadline, "暂按" in text("hint")), accepted=accepted)
    elif started:
        stamps = issue_stamps.begin(replace(stamps, accepted=accepted), row.cells, rules, started)
    level = text("level")[:1]
    if level.isdecimal():
        reached = tuple(issues.Reached(n, received, "") for n in range(1, int(level) + 1))
        stamps = replace(stamps, levels=reached)
    return stamps


def read_lines(
    rows: Iterable[tuple[Layout, Row]], tasks: Mapping[str, str], rules: Rules
) -> dict[Group, dict[str, Line]]:
    """扣分明细 read back after the ledger was lost, by what the lines were booked for. ``rows``: each with the columns
    of its tab; ``tasks``: the task by issue."""
    groups: dict[Group, dict[str, Line]] = defaultdict(dict)
    for layout, row in rows:
        line = _read_line(layout, row, tasks, rules)
        if line:
            groups[_group(line)][line.id] = line
    return dict(groups)


def _read_line(layout: Layout, row: Row, tasks: Mapping[str, str], rules: Rules) -> Line | None:
    cell = {key: row.seen(layout, key) for key in layout.at}
    number, day, points = plain(cell["id"]), cell["date"], cell["points"]
    if not isinstance(day, int | float) or not isinstance(points, int | float) or not number:
        return None
    target, issue, rule, text = (plain(cell[key]) for key in ("target", "issue", "rule", "text"))
    origin, hundredths = _origin(number, rule, issue), round(points * 100)
    by_rates = rule == lines.BASE and target in rules.units and rules.score.unit is not None
    return Line(
        number, plain(cell["month"]), target,
        lines.UNIT if rules.unit_now(target) in rules.units else lines.STREET,
        plain(cell["chief"]), issue, rule, plain(cell["clause"]), hundredths, text, serials.to_date(day),
        lines.DUTY if origin == lines.OF_DUTY else plain(cell.get("task")) or tasks.get(issue, ""), origin,
        returns=_of_line(number, rule, issue) if rule in lines.RETURNS else "",
        revoked=_reason(text) if not hundredths else "",
        tier=lines.BY_RATES if by_rates else rule if origin == lines.OF_ISSUE and rule != lines.BACK else "",
        shared=rule == lines.BASE and text == lines.BASE_TEXT + lines.NOBODYS,
    )  # fmt: skip


# What only the ledger knew is read off the names that the service itself gave; a rebuild has nothing else.
def _of_line(number: str, rule: str, issue: str) -> str:
    """The line that is given back, of a computed one without the case."""
    return number.removesuffix(f"·{rule}").removesuffix(f"·{issue}")


def _origin(number: str, rule: str, issue: str) -> str:
    computed = _of_line(number, rule, issue).rpartition("·")[2] if rule == lines.BACK else rule
    if computed in (*RATES, EVENED) and number.startswith("20") and not number.startswith(f"{issue or '·'}·"):
        return lines.OF_COMPUTED
    if rule == lines.BACK:
        number = number.removesuffix(f"·{lines.BACK}")
        rule = lines.APPEALED if number.endswith(f"·{lines.APPEALED}") else number.partition("·")[0]
    if rule in (lines.AWARD, lines.APPEALED):
        return lines.OF_REQUEST
    if rule == lines.BASE:
        return lines.OF_BASE
    return lines.OF_DUTY if number.startswith(f"{lines.DUTY}·") else lines.OF_ISSUE


def _reason(text: str) -> str:
    match = re.match(f"{lines.REVOKED}（(.+?)）：", text)
    return match[1] if match else ""


def _group(line: Line) -> Group:
    if line.origin == lines.OF_REQUEST:
        return Group(lines.OF_REQUEST, line.returns if line.rule == lines.BACK else line.id)
    if line.origin == lines.OF_COMPUTED and line.rule == lines.BACK:
        return Group(lines.OF_COMPUTED, line.returns)
    return Group(line.origin, line.issue if line.origin == lines.OF_ISSUE else line.month)


def read_standing(layout: Layout, row: Row, rules: Rules) -> Standing:
    """A row of 月度考核 of a sealed month, as it stands."""
    cell = {column.key: row.seen(layout, column.key) for column in layout.tab.columns}
    numbers = {key: value for key, value in cell.items() if isinstance(value, int | float)}
    rank, advice = numbers.get("rank"), plain(cell["advice"])
    month, target, kind, group, chief = (plain(cell[key]) for key in ("month", "target", "kind", "group", "chief"))
    inspections = numbers.get("inspections")
    step = next((n for n, rung in enumerate(rules.score.ladder, 1) if advice.startswith(f"建议{rung.name}（")), 0)
    return Standing(
        month, target, kind, group, chief, None if inspections is None else int(inspections),
        int(numbers.get("issues", 0)), numbers.get("on_time"), numbers.get("rework_rate"), numbers.get("extend_rate"),
        round(numbers.get("score", 0) * 100), None if rank is None else int(rank), advice, "末位" in advice,
        unranked=plain(cell["rank"]) if kind == lines.UNIT and rank is None else "", step=step,
        result=rules.score.ladder[step - 1].name if step else "",
    )  # fmt: skip


def read_notice(layout: Layout, row: Row, now: datetime, rules: Rules) -> Sent | None:
    """A row of 通知记录 back as what the ledger lost."""
    cell: dict[str, Raw] = {column.key: row.seen(layout, column.key) for column in layout.tab.columns}
    number, kind, issue = (plain(cell[key]) for key in ("number", "kind", "issue"))
    if not number:
        return None
    at = serials.moment(cell["time"], rules.bureau.zone) or now
    kind, issue, to = plain(cell["kind"]), plain(cell["issue"]), plain(cell["to"])
    told = number.removesuffix("（缺）").removesuffix(f"·{to}")
    occurrence = told.removeprefix(f"{issue}·{kind}") if issue and told.startswith(f"{issue}·{kind}") else ""
    notice = Notice(
        number, kind, issue, to, at, timing.sent_together(now, rules), f"【{kind}】{issue}", plain(cell["text"]),
        channel=plain(cell["channel"]), occurrence=occurrence,
    )  # fmt: skip
    return Sent(notice, plain(cell["state"]), plain(cell["reason"]))


def read_letters(
    layout: Layout,
    rows: Iterable[Row],
    facts: Mapping[str, Fact],
    addressees: Addressees,
    now: datetime,
    known: Mapping[str, Letter],
) -> dict[str, Letter]:
    """督办台账 read back, by key. A draft is drafted anew under its name; what was signed keeps number and term.
    ``known``: letters of other rows."""
    read: dict[str, Letter] = {}
    for row in rows:
        letter = _read_letter(layout, row, facts, addressees, {**known, **read}, now)
        if letter and letter.key not in read:
            read[letter.key] = letter
    by_number = {letter.number: letter.key for letter in (*known.values(), *read.values()) if letter.number}
    return {
        key: replace(letter, follows=by_number.get(letter.first, letter.first)) if letter.first else letter
        for key, letter in read.items()
    }


def _read_letter(
    layout: Layout, row: Row, facts: Mapping[str, Fact], addressees: Addressees, taken: Iterable[str], now: datetime
) -> Letter | None:
    cell = {key: plain(row.seen(layout, key)) for key in layout.at}
    drafted, name = serials.moment(row.seen(layout, "drafted_at"), addressees.rules.bureau.zone), cell["number"]
    if not name or drafted is None:
        return None
    held = tuple(facts.get(rid) or _unknown(rid) for rid in cell["issues"].split("、") if rid)
    head = letters.head(addressees.rules)
    arrived = now if cell["state"] == letters.DELIVERED else None
    if cell["kind"] == RECORD:
        _, day, district = (*name.split("·"), "", "")[:3]
        sent = name if cell["state"] in (letters.UNDELIVERED, letters.DELIVERED, letters.OLD_SENT) else ""
        return Letter(name, RECORD, drafted, head, held, district=district, to=cell["to"], number=sent,
                      signed_at=drafted if sent else None, day=_day(day), delivered_at=arrived,
                      adopted=True)  # fmt: skip
    unit, first = cell["to"].split("，")[0], cell["kind"].partition("续")[2].rstrip("）")
    if not letters.NUMBERED.fullmatch(name):
        return addressees.of(Letter(name, LETTER, drafted, head, held, unit=unit, first=first))
    key = letters.key_of(drafted.date(), unit, taken, "·重复" if first else "")
    letter = addressees.of(Letter(key, LETTER, drafted, head, held, unit=unit, first=first, number=name, adopted=True))
    return replace(
        letter, to=cell["to"], copy=cell["copy"], signer=row.cells.get("signer", ""),
        signed_at=row.cells.get("signed_at") or drafted,
        due=serials.moment(row.seen(layout, "due"), addressees.rules.bureau.zone),
        done_at=now if cell["state"] == letters.DONE else None, delivered_at=arrived,
    )  # fmt: skip


def letter_numbers(names: Iterable[str], code: str) -> Iterator[tuple[int, int]]:
    """Year and number of each 函号 of the bureau."""
    for match in map(letters.NUMBERED.fullmatch, names):
        if match and match["code"] == code:
            yield int(match["year"]), int(match["n"])


def _day(text: str) -> date | None:
    """20261124 as a day."""
    return date.fromisoformat(text) if re.fullmatch("[0-9]{8}", text) else None


def _unknown(rid: str) -> Fact:
    return Fact(rid, "", "", "", "", "", "", "", "", "", None, "", None, 1, "", "")
