"""Where rows without numbers stand after a move, whatever people did meanwhile: each stands once in the end."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from sync.core.look.leaving.arrivals import arrivals
from sync.core.look.leaving.pasted import speaks_of
from sync.core.sheet.identity import Known
from sync.core.sheet.rows import Row, parse
from sync.core.sheet.tabs import template_layout
from sync.core.sheet.values import serials
from tests.book import ZONE, templates

TAB = templates()["duties"]
LAYOUT = template_layout(TAB)
Cells = tuple[str, str, str, str]  # day, reporter, text, photos
OCTOBER, JANUARY = "2026-10", "2027-01"
ROUNDS = 4


def cells(month: str, draw: random.Random) -> Cells:
    """A patrol; many are alike, some the same."""
    return f"{month}-{draw.randint(1, 4):02d}", f"街路长{draw.randint(1, 2):02d}", draw.choice(["已巡查", "有积水"]), ""


def rows(tab: list[Cells]) -> list[Row]:
    keys = ("reported_at", "reporter", "text", "photos")
    made = []
    for number, (day, *texts) in enumerate(tab, start=2):
        typed = dict(zip(keys, (serials.from_date(date.fromisoformat(day)), *texts), strict=True))
        raw = tuple(typed.get(column.key, "") for column in TAB.columns)
        made.append(Row(number, raw, parse(LAYOUT, raw, ZONE)))
    return made


def remembered(tab: list[Cells], first: int) -> dict[str, Known]:
    made = (Known(f"duties-{n}", row.parsed.typed, row.parsed.print) for n, row in enumerate(rows(tab), first))
    return {known.rid: known for known in made}


def act(live: list[Cells], draw: random.Random) -> None:
    """Somebody sorts, records a duty, deletes a row, or edits one."""
    what = draw.choice(["nothing", "sorts", "records", "deletes", "edits", "adds a photo"])
    at = draw.randrange(len(live))
    if what == "sorts":
        live.sort(key=lambda row: row[draw.randrange(3)], reverse=draw.random() < 0.5)
    elif what == "records":
        live.insert(at, cells(JANUARY, draw))
    elif what == "deletes":
        del live[at]
    elif what == "edits":
        live[at] = (*live[at][:2], "改过", live[at][3])
    elif what == "adds a photo":
        live[at] = (*live[at][:3], "/photos/one")


@pytest.mark.parametrize("seed", range(300))
def test_every_row_stands_once_in_the_end(seed: int) -> None:
    draw = random.Random(seed)
    live = [cells(OCTOBER, draw) for _ in range(draw.randint(1, 5))] + [cells(JANUARY, draw) for _ in range(3)]
    before = [cells(OCTOBER, draw) for _ in range(draw.randint(0, 4))]
    archived, known = list(before), remembered(live, 1)
    moving = {rid for rid, row in zip(known, live, strict=True) if row[0] < JANUARY}
    places = [at for at, row in enumerate(live) if row[0] < JANUARY]
    act(live, draw)
    stood = Counter([*live, *before])
    if draw.random() < 0.8:  # it may have been refused
        places = [at for at in places if at < len(live)]
        archived[:0] = [live[at] for at in places]
        live = [row for at, row in enumerate(live) if at not in places]
    for _ in range(ROUNDS):
        left = remembered(before, 100).values()
        came = arrivals(
            known, moving, rows(live), rows(archived), left, lambda row: speaks_of(row, "2026-12"), TAB.identity
        )
        if not came.astray:
            break
        live[:0] = [archived[number - 2] for number in came.astray]
        archived = [row for number, row in enumerate(archived, start=2) if number not in came.astray]
    assert not came.astray
    assert Counter([*live, *archived]) == stood, "no move loses or doubles a row"
    assert all(row[0] < JANUARY for row in archived), "no row of a month that stays is in the archive"
    assert {*came.there, *came.stayed, *came.lost} == moving
    assert len(archived) == len(before) + len(came.there)
    missing = Counter(row.print for row in [*known.values(), *left]) - Counter(
        row.parsed.print for row in rows([*live, *archived])
    )
    assert Counter(known[rid].print for rid in came.lost) <= missing, "only what stands nowhere is put back"


def test_one_that_somebody_edited_in_the_archive_stays_there_where_nothing_moved() -> None:
    live, before = [("2026-10-01", "街路长01", "已巡查", "")], [("2026-10-01", "街路长02", "有积水", "")]
    known, left = remembered(live, 1), remembered(before, 100).values()
    edited = [(*before[0][:2], "改过", "")]
    came = arrivals(known, known.keys(), rows(live), rows(edited), left, lambda row: speaks_of(row, "2026-12"), ())
    assert (came.stayed, came.astray) == (("duties-1",), ())
