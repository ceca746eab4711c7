"""What people decided beside the service's rows: 处理决定, 讲评意见, 兑现决定. Kept, each change in the history."""

from __future__ import annotations

from sync.core.look.reading import Reading
from sync.core.memory import Change
from sync.core.sheet.identity import Known

TABS = ("scores", "quarters", "years")


def note(reading: Reading) -> None:
    """Remember what people typed beside the service's rows. A row is called by its key: ``2026-10·新正街·街路``."""
    for key in TABS:
        if key in reading.layouts and key not in reading.skipped:
            _tab(reading, key)


def _tab(reading: Reading, key: str) -> None:
    known = reading.memory.known.get(key, {})
    staff = reading.tables.tabs[key].staff
    for row in reading.rows[key]:
        name, cells = "·".join(row.parsed.key), row.parsed.typed
        before = known[name].cells if name in known else {}
        if not all(row.parsed.key) or cells == before:
            continue
        reading.decision.known.setdefault(key, {})[name] = Known(name, cells, row.parsed.print)
        reading.decision.history += [
            Change(key, name, column.header, before.get(column.key, ""), cells.get(column.key, ""), reading.now)
            for column in staff
            if before.get(column.key, "") != cells.get(column.key, "")
        ]
