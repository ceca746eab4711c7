"""What happens in a run, as values: a list of actions, made from a seed alone.

An action names its row and column by numbers that are taken modulo what is there when it comes, so that any part of a
list is a list that can run: ``shrink.py`` leaves actions out until only those are left that a fault needs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

NOW = "now"
BEFORE, AFTER = "before", "after"
REQUESTS = ("read", "write")  # between which and their answers people may act
EDITS = 35


@dataclass(frozen=True)
class Action:
    """``when``: ``now``, or at the next request of the service of that name: ``before write`` (between our read and
    our write), ``after write`` (it was applied, its answer is on the way). ``a``, ``b``, ``c``: what it is done to."""

    kind: str
    when: str = NOW
    a: int = 0
    b: int = 0
    c: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


Weights = Mapping[str, int]

ROWS: Weights = {
    "fill": 9, "type": 10, "type nonsense": 2, "clear cell": 3, "sort": 6, "sort part": 2, "filter sort": 1,
    "insert row": 3, "delete row": 3, "cut": 3, "cut in place": 2, "paste": 5, "copy row": 3, "paste ids": 2,
    "clear ids": 1, "swap ids": 1, "type service": 4, "undo": 3, "feedback": 4, "verify": 3, "retell": 2,
    "restore": 2, "request": 2, "answer request": 2, "type feedback": 1, "sort feedback": 1, "delete feedback": 1,
    "duty": 3, "type duty": 2, "sort duties": 2, "delete duty": 1,
}  # fmt: skip
COLUMNS: Weights = {
    "rename header": 4, "headers right": 4, "insert column": 6, "insert full column": 3, "move column": 5,
    "delete own column": 3, "cut column": 2, "double header": 1, "line above header": 1, "type own": 3,
}  # fmt: skip
FAULTS: Weights = {"fault": 9, "death": 7, "disk full": 2, "second process": 2}
WORLD: Weights = {"lose ledger": 4, "clock": 4, "rules": 3, "chief": 3, "unit": 2, "night": 2, "month": 2, "archive": 3}
YEARS: Weights = {
    "feedback": 12, "verify": 12, "request": 5, "answer request": 7, "type feedback": 2, "sort feedback": 4,
    "delete feedback": 3, "copy back": 6, "night": 2, "archive": 16, "lose ledger": 4,
}  # fmt: skip
PARTS: Weights = {"form": 4, "page verdict": 3, "push": 3, "push again": 2, "deliver": 4, "receiver": 2}

PROFILES: Mapping[str, Weights] = {
    "rows": {**ROWS, **{kind: weight // 2 for kind, weight in PARTS.items()}},
    "columns": {**ROWS, **{kind: 2 * weight for kind, weight in COLUMNS.items()}},
    "faults": {**ROWS, **{kind: weight // 2 for kind, weight in COLUMNS.items()}, **PARTS, **FAULTS},
    "lost": {**ROWS, **PARTS, **WORLD},
    "years": {**ROWS, **FAULTS, **YEARS},
}  # fmt: skip
BEGUN: Mapping[str, Sequence[str]] = {  # what has happened before: a month is over in which most was done
    "years": ("look", *["feedback"] * 8, *["request"] * 2, "look", *["answer request"] * 2, *["verify"] * 8, "look",
              *["feedback"] * 2, "month", "look"),
}  # fmt: skip
NOT_IN_A_GAP = frozenset(
    (
        "restore",
        "fault",
        "death",
        "disk full",
        "second process",
        "lose ledger",
        "clock",
        "rules",
        "night",
        "month",
        "archive",
        "deliver",
        "receiver",
    )
)


def planned(seed: int, profile: str, length: int = EDITS) -> list[Action]:
    """The actions of a run: rows to begin with, then about ``length`` acts of people with looks between them."""
    rng = random.Random(f"{profile} {seed} {length}")
    weights = PROFILES[profile]
    kinds, shares = list(weights), list(weights.values())
    actions = [_action(rng, "fill", NOW) for _ in range(rng.randint(2, 6))]
    begun = BEGUN.get(profile, ())
    actions += [Action(kind, a=1) if kind == "look" else _action(rng, kind, NOW) for kind in begun]
    edits = rng.randint(length * 3 // 4, length * 5 // 4)
    while edits > 0:
        actions.append(Action("look", a=rng.choice((0, 1, 1, 2, 5, 20, 90))))
        for number in range(rng.choice((2, 3, 4, 5, 6, 8))):
            kind = rng.choices(kinds, shares)[0]
            actions.append(_action(rng, kind, NOW if number == 0 else _when(rng, kind)))
            edits -= 1
    return [*actions, Action("look", a=1)]


def _when(rng: random.Random, kind: str) -> str:
    """In a gap two times in three: there things go wrong."""
    if kind in NOT_IN_A_GAP or rng.random() < 0.3:
        return NOW
    return rng.choice(("before write", "before write", "before write", "after write", "after write", "before read",
                       "after read"))  # fmt: skip


def _action(rng: random.Random, kind: str, when: str) -> Action:
    return Action(kind, when, *(rng.randrange(10**6) for _ in range(3)))
