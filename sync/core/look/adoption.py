"""After the ledger was lost: stamps, lines, notices and letters read back from the sheets (DESIGN section 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sync.core.duties.duties import LINES
from sync.core.issues import issues
from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Stamps
from sync.core.letters import letters
from sync.core.letters.addressees import Addressees
from sync.core.letters.letters import LETTER, RECORD, Fact, Letter
from sync.core.memory import Sent
from sync.core.notices import notices
from sync.core.notices.notices import Notice
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.scores import scores
from sync.core.scores.scores import Line
from sync.core.scores.standings import Standing
from sync.core.sheet import serials
from sync.core.sheet.rows import Raw, Row, plain
from sync.core.sheet.tabs import Layout


def read_stamps(layout: Layout, row: Row, rules: Rules, now: datetime, people: Roster) -> Stamps | None:
    """Stamps from a row's service columns, when the ledger has none: id, deadline and chief stay as they stand."""

    def text(key: str) -> str:
        return plain(row.seen(layout, key))

    deadline = moment(row.seen(layout, "deadline"), rules)
    if not text("state") or not text("district") + text("branch") + text("chief"):
        return None
    received = row.cells.get("reported_at") or now
    street = people.street(row.cells.get("street", ""), received.date())
    repeat = "".join(filter(str.isdigit, text("repeat")))
    stamps = Stamps(
        received,
        street=street.name if street else row.cells.get("street", ""),
        chief=text("chief"),
        branch=text("branch"),
        district=text("district"),
        unit=text("unit"),
        source=row.cells.get("source", ""),
        category=row.cells.get("category", ""),
        repeat=int(repeat or 1),
        adopted=True,
        rules=rules.hash,
        calendar=rules.calendar.digest,
    )
    closed = moment(row.seen(layout, "closed_at"), rules)
    if closed:
        verdict = issues.Verdict("通过", closed, row.cells.get("verified_at"))
        stamps = replace(stamps, verdicts=(verdict,))
    accepted = received if row.cells.get("accepted") == "受理" else None
    started = None if text("state") == lives.UNVERIFIED else received
    if started and deadline:
        limit = str(issues.own_limit(row.cells, rules))
        stamps = replace(stamps, start=lives.Start(started, limit, deadline, "暂按" in text("hint")), accepted=accepted)
    elif started:
        stamps = issues.begin(replace(stamps, accepted=accepted), row.cells, rules, started)
    level = text("level")[:1]
    if level.isdigit():
        reached = tuple(issues.Reached(n, received, "") for n in range(1, int(level) + 1))
        stamps = replace(stamps, levels=reached)
    return stamps


def read_lines(
    layout: Layout, rows: Iterable[Row], tasks: Mapping[str, str], rules: Rules
) -> dict[str, dict[str, Line]]:
    """扣分明细 read back after the ledger was lost, by issue (base lines by month). ``tasks``: the task by issue."""
    lines: dict[str, dict[str, Line]] = defaultdict(dict)
    for row in rows:
        cell = {column.key: row.seen(layout, column.key) for column in layout.tab.columns}
        day, points = cell["date"], cell["points"]
        if not isinstance(day, int | float) or not isinstance(points, int | float) or not plain(cell["id"]):
            continue
        target, issue = plain(cell["target"]), plain(cell["issue"])
        line = Line(
            plain(cell["id"]),
            plain(cell["month"]),
            target,
            scores.UNIT if target in rules.units else scores.STREET,
            plain(cell["chief"]),
            issue,
            plain(cell["rule"]),
            plain(cell["clause"]),
            round(points * 100),
            plain(cell["text"]),
            serials.to_date(day),
            scores.DUTY if plain(cell["id"]).startswith(LINES) else tasks.get(issue, ""),
        )
        lines[_kept_under(line)][line.id] = line
    return dict(lines)


def _kept_under(line: Line) -> str:
    """Where the ledger keeps a line: with its issue, its month's base, or the request that led to it."""
    if line.rule in (scores.AWARD, scores.APPEALED):
        return f"{scores.ASKED}{line.id}"
    if line.rule == scores.BACK and (mine := _request_of(line)):
        return mine
    return line.issue or f"{LINES if line.id.startswith(LINES) else scores.BASES}{line.month}"


def _request_of(line: Line) -> str:
    name = line.id.removesuffix(f"·{scores.BACK}")
    asked = name.startswith(f"{scores.AWARD}·") or name.endswith(f"·{scores.APPEALED}")
    return f"{scores.ASKED}{name}" if asked else ""


def read_standing(layout: Layout, row: Row) -> Standing:
    """A row of 月度考核 of a sealed month, as it stands."""
    cell = {column.key: row.seen(layout, column.key) for column in layout.tab.columns}
    numbers = {key: value for key, value in cell.items() if isinstance(value, int | float)}
    rank, advice = numbers.get("rank"), plain(cell["advice"])
    counts = {key: int(numbers[key]) if key in numbers else None for key in ("inspections", "issues")}
    return Standing(
        plain(cell["month"]),
        plain(cell["target"]),
        plain(cell["kind"]),
        plain(cell["group"]),
        plain(cell["chief"]),
        counts["inspections"],
        counts["issues"] or 0,
        numbers.get("on_time"),
        numbers.get("rework_rate"),
        numbers.get("extend_rate"),
        round(numbers.get("score", 0) * 100),
        int(rank) if rank is not None else None,
        advice,
        "末位" in advice,
    )


def read_notice(layout: Layout, row: Row, now: datetime, rules: Rules) -> Sent | None:
    """A row of 通知记录 back as what the ledger lost."""
    cell: dict[str, Raw] = {column.key: row.seen(layout, column.key) for column in layout.tab.columns}
    number = plain(cell["number"])
    if not number:
        return None
    at = moment(cell["time"], rules) or now
    notice = Notice(
        number,
        plain(cell["kind"]),
        plain(cell["issue"]),
        plain(cell["to"]),
        at,
        notices.allowed_from(now, rules),
        f"【{plain(cell['kind'])}】{plain(cell['issue'])}",
        plain(cell["text"]),
        channel=plain(cell["channel"]),
    )
    return Sent(notice, plain(cell["state"]), plain(cell["reason"]))


def fact(row: Row, stamps: Stamps, life: lives.Life, rules: Rules, why: str) -> Fact:
    """An issue as it stands now: what a letter had frozen of it is gone."""
    return letters.freeze(Issue(row.rid, row.cells, stamps), life, stamps, rules, why)


def read_letters(
    layout: Layout, rows: Iterable[Row], facts: Mapping[str, Fact], people: Addressees, now: datetime
) -> dict[str, Letter]:
    """督办台账 read back, by key. A draft is drafted anew under its name; what was signed keeps number and term."""
    read: dict[str, Letter] = {}
    for row in rows:
        letter = _read_letter(layout, row, facts, people, read, now)
        if letter and letter.key not in read:
            read[letter.key] = letter
    by_number = {letter.number: letter.key for letter in read.values() if letter.number}
    return {key: replace(letter, follows=by_number.get(letter.first, letter.first)) for key, letter in read.items()}


def _read_letter(
    layout: Layout, row: Row, facts: Mapping[str, Fact], people: Addressees, taken: Iterable[str], now: datetime
) -> Letter | None:
    cell = {key: plain(row.seen(layout, key)) for key in layout.at}
    drafted, name = moment(row.seen(layout, "drafted_at"), people.rules), cell["number"]
    if not name or drafted is None:
        return None
    held = tuple(facts.get(rid) or _unknown(rid) for rid in cell["issues"].split("、") if rid)
    head = letters.head(people.rules)
    if cell["kind"] == RECORD:
        sent = name if cell["state"] == letters.SENT else ""
        return Letter(name, RECORD, drafted, head, held, district=name.rpartition("·")[2], to=cell["to"], number=sent,
                      signed_at=drafted if sent else None, adopted=True)  # fmt: skip
    unit, first = cell["to"].split("，")[0], cell["kind"].partition("续")[2].rstrip("）")
    if not letters.NUMBERED.fullmatch(name):
        return people.of(Letter(name, LETTER, drafted, head, held, unit=unit, first=first))
    key = letters.key_of(drafted.date(), unit, taken, "·重复" if first else "")
    letter = people.of(Letter(key, LETTER, drafted, head, held, unit=unit, first=first, number=name, adopted=True))
    return replace(
        letter, to=cell["to"], copy=cell["copy"], signer=row.cells.get("signer", ""),
        signed_at=row.cells.get("signed_at") or drafted, due=moment(row.seen(layout, "due"), people.rules),
        done_at=now if cell["state"] == letters.DONE else None,
    )  # fmt: skip


def _unknown(rid: str) -> Fact:
    return Fact(rid, "", "", "", "", "", "", "", "", "", None, "", None, 1, "", "")


def moment(raw: Raw, rules: Rules) -> datetime | None:
    """A service cell that holds a time, read back."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and serials.LOWEST <= raw < serials.HIGHEST:
        return serials.to_datetime(raw, rules.bureau.zone)
    return None
