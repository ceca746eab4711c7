"""Everything that one look came to, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sync.core.look.follow import Followed
from sync.core.look.judging import Checked, Judged
from sync.core.look.letters.drafting import Drafted
from sync.core.look.letters.letter_rows import LettersIn
from sync.core.look.notice_rows import Told
from sync.core.look.owed import Duties
from sync.core.look.people import People
from sync.core.look.reading import Reading
from sync.core.look.rebuilding.rebuild import Rebuilt
from sync.core.look.scores.claims import Claims
from sync.core.look.scores.scoring import Scored
from sync.core.look.scores.seals import Drift, Sealing
from sync.core.look.stamping import Stamped
from sync.core.memory import Failed, Memory
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row


@dataclass(frozen=True)
class RowLook:
    """What the steps of ``decide.py`` returned that look at rows each for itself, in their order."""

    rebuilt: Rebuilt
    people: People
    stamped: Stamped
    judged: Judged
    letters_in: LettersIn
    followed: Mapping[str, Followed]  # by number
    feedback: Mapping[str, Checked]  # rows of 整改反馈, by id

    @property
    def reading(self) -> Reading:
        return self.rebuilt.reading

    @property
    def rows(self) -> Mapping[str, Sequence[Row]]:
        return self.reading.rows

    @property
    def roster(self) -> Roster:
        return self.people.roster

    @property
    def rules(self) -> Rules:
        return self.reading.rules

    @property
    def memory(self) -> Memory:
        return self.reading.memory

    @property
    def now(self) -> datetime:
        return self.reading.now

    def checked(self, key: str) -> Mapping[str, Checked] | Mapping[str, Followed]:
        """The rows of one of people's tabs, by id: what is wrong with each, and what its service cells should say. Of
        申请 without what hangs on points."""
        if key == "issues":
            return self.followed
        return self.feedback if key == "feedback" else self.judged.checked[key]

    def shown(self, key: str, rid: str) -> tuple[Sequence[Problem], Mapping[str, Any]]:
        """What is wrong with a row of one of people's tabs, and what its service cells should say."""
        row = self.checked(key)[rid]
        return row.problems, row.cells


@dataclass(frozen=True)
class Look(RowLook):
    """What all steps returned."""

    duties: Duties
    drafted: Drafted
    claims: Claims
    sealing: Sealing
    scored: Scored
    told: Told
    failures: tuple[Failed, ...] = ()

    def checked(self, key: str) -> Mapping[str, Checked] | Mapping[str, Followed]:
        """As of rows alone, 申请 with what hangs on points."""
        return self.claims.checked if key == "requests" else super().checked(key)

    @cached_property
    def drift(self) -> Drift:
        """By sealed month, what its rows say otherwise now."""
        return self.sealing.drift()
