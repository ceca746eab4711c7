"""After the ledger was lost: stamps, lines and notices read back from what the sheets still show (DESIGN section 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sync.core import issues, notices, scores, serials
from sync.core import life as lives
from sync.core.duties import LINES
from sync.core.issues import Stamps
from sync.core.memory import Sent
from sync.core.notices import Notice
from sync.core.roster import Roster
from sync.core.rows import Raw, Row, plain
from sync.core.rules import Rules
from sync.core.scores import Line
from sync.core.tabs import Layout


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
    found: dict[str, dict[str, Line]] = defaultdict(dict)
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
        found[issue or f"{LINES if line.id.startswith(LINES) else scores.BASES}{line.month}"][line.id] = line
    return dict(found)


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


def moment(raw: Raw, rules: Rules) -> datetime | None:
    """A service cell that holds a time, read back."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and serials.LOWEST <= raw < serials.HIGHEST:
        return serials.to_datetime(raw, rules.bureau.zone)
    return None
