"""What came of a client's tests."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """How many passed, why each of the others did not, and how many requests the server was asked."""

    passed: int
    others: dict[str, str]
    asked: int
