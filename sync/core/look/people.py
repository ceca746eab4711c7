"""Who is who at one look: the roster of the day, the lists that cells must be in, who is told where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.look.reading import Reading
from sync.core.memory import ROSTER, row_alone
from sync.core.notices import notices
from sync.core.people.roster import Roster, assemble, read_change, read_post, read_street
from sync.core.sheet.rows import Row

TABS = {"streets": read_street, "posts": read_post, "changes": read_change}


@dataclass(frozen=True)
class People:
    """``lists``: names by live list of the templates. ``addresses``: mail by name; ``groups``: since when
    each chat group of the rules hears. ``scope`` is another object whenever roster, rules or day are others: what a
    result depends on without being told; ``lasting`` whenever roster or rules are, or somebody else holds a post or
    looks after a street that day."""

    roster: Roster
    lists: Mapping[str, Sequence[str]]
    addresses: Mapping[str, str]
    groups: Mapping[str, datetime]
    scope: object
    lasting: object


def who_is_who(reading: Reading) -> People:
    rules, day = reading.rules, reading.now.date()
    rows = tuple(reading.rows.get(key, ()) for key in TABS)
    content = tuple(tuple(row.parsed for row in group) for group in rows)
    assembled = reading.memo.result("roster", content, _assembled, *rows)
    roster = replace(assembled, days=reading.memory.days, names_of_units=rules.names_of_units)
    lists = {
        "streets": [*roster.names, *(alias for street in roster.streets for alias in street.aliases)],
        **rules.lists,
    }
    groups = notices.groups_since(rules, reading.memory.groups, reading.now)
    return with_scopes(People(roster, lists, roster.addresses(day), groups, None, None), reading)


def with_scopes(people: People, reading: Reading) -> People:
    """The people with the scopes of their roster."""
    rules, roster, day = reading.rules.hash, people.roster, reading.now.date()
    scope = reading.memo.result("scope", (rules, roster, day), object)
    lasting = reading.memo.result("lasting scope", (rules, roster, roster.holding(day)), object)
    return replace(people, scope=scope, lasting=lasting)


def _assembled(*rows: Sequence[Row]) -> Roster:
    """The roster of these rows, by tab. Raises ``RowFailed`` for one that can't be read."""
    try:
        return assemble(*rows)
    except Exception:
        for read, group in zip(TABS.values(), rows, strict=True):
            for row in group:
                with row_alone(row, ROSTER):
                    read(row.cells)
        raise
