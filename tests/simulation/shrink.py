"""The shortest part of a list of actions that still breaks a promise: parts are left out as long as it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tests.simulation.plan import Action


def shrunk(actions: Sequence[Action], breaks: Callable[[Sequence[Action]], bool], seconds: float) -> list[Action]:
    """Leaves out halves, quarters, … single actions (ddmin). Stops after ``seconds`` with what it has."""
    until, left, size = time.monotonic() + seconds, list(actions), max(1, len(actions) // 2)
    while size:
        at, shorter = 0, False
        while at < len(left):
            if time.monotonic() > until:
                return left
            rest = left[:at] + left[at + size :]
            if breaks(rest):
                left, shorter = rest, True
            else:
                at += size
        size = size if shorter and size == 1 else size // 2
    return left
