"""A look that reads no workbook: every tab as the ledger last knew it, for pages, explanations and simulations.

Nothing that such a look decides is kept or written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sync.core.look.decide import Look, take
from sync.core.memory import Memo, Memory, Tables
from sync.core.rules.rules import Rules
from sync.core.sheet.tabs import Tab


def recall(tabs: Mapping[str, Tab], memory: Memory, rules: Rules, now: datetime, memo: Memo | None = None) -> Look:
    """The look at ``now`` (aware), archived issues among the others. ``memo`` saves work between such looks; it is
    never that of a tick."""
    apart = replace(memory, memo=memo or Memo(), restores=[], wanted_back=(), wanted_closed=(), archived={})
    return take(Look(Tables(tabs, {}), apart, rules, now.astimezone(rules.bureau.zone)))
