"""Leaders in a play: they sign the letters that wait, and units answer most of them the next day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sync.core.letters import letters
from sync.core.sheet.plan import Plan, typed
from sync.core.sheet.rows import Raw, layout_of, plain
from sync.core.sheet.tabs import Layout
from sync.core.sheet.values import serials
from sync.service import Service
from sync.sheets.gateway import Gateway

SIGNER = "办公室01"
HOURS = range(9, 18)  # of the day, in which leaders sign and answer
ANSWER = "已组织整改，照片附在整改反馈里。"
UNANSWERED = 4  # every so many-th letter is forgotten, so that a second one is drafted
SIGNED = (letters.UNDELIVERED, letters.DELIVERED)
DAY_AFTER = 0.75  # days until a unit answers


@dataclass
class Leaders:
    """Whoever signs and answers at 督办台账. ``last``: from this hour on nobody signs."""

    service: Service
    last: datetime

    @cached_property
    def gateway(self) -> Gateway:
        gateway = Gateway(self.service.client, self.service.workbook, {"letters": self.service.templates["letters"]})
        gateway.learn_sheets()
        return gateway

    def work(self, now: datetime) -> bool:
        """Do what waits at this hour; whether anything was typed."""
        table = self.gateway.read().get("letters") if now.hour in HOURS else None
        layout = layout_of(self.gateway.tabs["letters"], table)
        if table is None or not isinstance(layout, Layout):
            return False
        hour, plan = serials.from_datetime(now, self.service.rules().bureau.zone), Plan()
        for number, row in enumerate(table.rows, start=table.first):
            plan = plan.with_tab(typed(layout, number, row, dict(_cells(layout, row, hour, signs=now < self.last))))
        if not plan.tabs:
            return False
        self.gateway.write(plan)
        return True


def _cells(layout: Layout, row: Sequence[Raw], hour: float, *, signs: bool) -> Iterator[tuple[str, Raw]]:
    def cell(key: str) -> Raw:
        return row[layout.at[key]] if layout.at[key] < len(row) else ""

    name, state, signed = plain(cell("number")), plain(cell("state")), cell("signed_at")
    given = letters.NUMBERED.fullmatch(name)
    if signs and state == letters.DRAFT and not plain(cell("signer")):
        yield "signer", SIGNER
        yield "signed_at", hour
    ripe = isinstance(signed, int | float) and hour - signed >= DAY_AFTER
    if state in SIGNED and ripe and given and int(given["n"]) % UNANSWERED and not plain(cell("answer")):
        yield "answer", ANSWER
        yield "answered_at", hour
