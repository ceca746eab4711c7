"""One run: a list of actions against a new bureau, and what it broke."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.simulation.model import accounts, checks, clerk
from tests.simulation.plan import Action
from tests.simulation.world import World, clocks


@dataclass
class Result:
    """``broken``: promises that did not hold, as (kind, sentence); ``story``: what happened, line by line."""

    broken: list[checks.Broken] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.broken}


def run(actions: Sequence[Action]) -> Result:
    began = time.process_time()
    logging.disable(logging.CRITICAL)
    world = World()
    with clocks(world):
        world.run(list(actions))
        if not world.rest():
            world.broken.append(("restless", f"没有人动，服务还是一轮一轮地写：{world.last}"))
        broken = [*world.broken, *_checked(world)]
    logging.disable(logging.NOTSET)
    counts = {**world.counts, "unread": sum(sheet.paper.lost_unread for sheet in world.sheets),
              "literal": sum(sheet.paper.seen_literally for sheet in world.sheets)}  # fmt: skip
    return Result(broken, world.story, counts, time.process_time() - began)


def _checked(world: World) -> list[checks.Broken]:
    broken: list[checks.Broken] = []
    for sheet in world.sheets:
        values = world.book.values(sheet.paper.title)
        broken += checks.headers(sheet.paper, values[0] if values else [])
        broken += checks.peoples_cells(sheet.paper, values[1:])
    numbers = world.numbers
    broken += numbers.check(world.issues.paper, world.issues.values())
    broken += accounts.sums(world.written("扣分明细"), world.book.values("月度考核"))
    for archive in world.archives.values():
        broken += archive.check(world.book.values(archive.title))
    stamped = [row.stamp.number for _, row in world.issues.paper.filled() if row.stamp and row.stamp.chief
               and row.stamp.state == "待整改" and not row.is_copied]  # fmt: skip
    broken += accounts.told(world.notices(), stamped)
    if world.counts["deliveries"]:
        world.post_all()
        broken += accounts.notices(
            world.notices(), world.post.sent, world.post.unsure_numbers(), clerk.serial(world.now) - 0.001
        )
    return [*broken, *(("notice", words) for words in world.post.odd)]
