"""A sealed month held against the workbook as it stands: the digest computed again, each difference by its cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sync.core.look.decide import look as look_at
from sync.core.look.findings import Look
from sync.core.look.rebuilding import archive
from sync.core.memory import Memory, Tables
from sync.core.rules.rules import Rules
from sync.core.scores import facts
from sync.core.scores import seal as sealing
from sync.core.scores.facts import Deviation, Seen
from sync.core.scores.lines import BACK
from sync.core.scores.seal import Seal


@dataclass(frozen=True)
class Agreement:
    """What became of a sealed month. ``digest`` as sealed, ``now`` as computed again; ``notes`` are sentences."""

    month: str
    digest: str
    now: str
    differences: tuple[Deviation, ...]
    notes: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return not self.differences and self.digest == self.now

    def fields(self) -> dict[str, Any]:
        return {
            "month": self.month,
            "digest": self.digest,
            "now": self.now,
            "agrees": self.right,
            "differences": [difference.__dict__ for difference in self.differences],
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """For people: the two digests, then each difference on its line."""
        wrong = f"不相符，有 {len(self.differences)} 处不同：" if self.differences or self.now else "没有核对完："
        words = "相符：封存以后没有改动。" if self.right else wrong
        now = self.now or "（不能重算）"
        lines = [f"封存时的摘要值 {self.digest}", f"现在算出来的值 {now}"]
        lines += [*(difference.text() for difference in self.differences), *self.notes]
        return "\n".join([f"{self.month} {words}", *(f"  {line}" for line in lines)])


def verify(tables: Tables, memory: Memory, rules: Rules, now: datetime, month: str) -> Agreement | None:
    """The month as sealed against the rows as read, archive tabs too; None where it is not sealed. Keeps nothing."""
    tables, memory, places = archive.merged(tables, memory, rules.bureau.zone)
    look = look_at(tables, memory, rules, now)
    seal = memory.seals.get(month)
    if seal is None:
        return None
    if not seal.facts:
        return Agreement(month, seal.digest, "", (), (facts.ADOPTED,))
    present = look.sealing.present() | {
        tables.tabs[key].title: _rows(look, key) for key in ("lines", "scores") if key in look.reading.layouts
    }
    present = {title: [*rows, *_left(tables, title, rows, rules)] for title, rows in present.items()}
    held = list(facts.compare(seal.facts, present))
    unplaced = [
        *(difference for _, group in held for difference in group),
        *facts.added(seal.facts, present, month),
    ]
    differences = tuple(_placed(difference, places) for difference in unplaced)
    blind = facts.unseen(seal.facts, present)
    digest = "" if blind else sealing.digest(fact for fact, _ in held)
    return Agreement(month, seal.digest, digest, differences, (*blind, *_notes(look, seal)))


def _left(tables: Tables, title: str, live: Sequence[Seen], rules: Rules) -> Iterator[Seen]:
    """The rows that left 扣分明细 and 履职记录 for the tabs of their years, but for lines that stand there again."""
    key = {facts.LINES: "lines", **facts.LEAVING}.get(title)
    if key is None:
        return
    here = {facts.named(title, row.fields) for row in live} if title in facts.KEYED else ()
    for left, layout, row in archive.rows_of(tables.tabs[key], tables.archives, rules.bureau.zone):
        fields = facts.fields_by(layout.tab, partial(row.seen, layout), layout.at)
        if facts.named(title, fields) not in here:
            yield Seen(row.number, fields, left)


def _placed(difference: Deviation, places: archive.SheetPlaces) -> Deviation:
    """The difference with the tab and row in which it really stands."""
    if (difference.tab, difference.number) not in places:
        return difference
    title, number = places[difference.tab, difference.number]
    return replace(difference, tab=title, number=number)


def _rows(look: Look, key: str) -> Sequence[Seen]:
    layout = look.reading.layouts[key]
    return [
        Seen(row.number, facts.fields_by(layout.tab, partial(row.seen, layout), layout.at)) for row in look.rows[key]
    ]


def _notes(look: Look, seal: Seal) -> tuple[str, ...]:
    notes = []
    if seal.rules != look.rules.text:
        notes.append("规则在封存以后改过；封存的月份仍按当时的规则。")
    later = (line for line in look.scored.every if line.rule == BACK and line.returns in seal.by_id)
    notes += [f"{line.month} 已补记：{line.text}" for line in later]
    return tuple(notes)
