"""What the model allows: a cell that was typed in the gap and never read may be lost, with all that it may have held
before, and nothing else."""

from __future__ import annotations

from tests.simulation.model.paper import LOOK, OWN, Column, Paper, Value


def allowed(paper: Paper) -> list[Value]:
    row = paper.rows[0]
    return [row.get("备注"), *row.also.get("备注", ())]


def test_a_cell_that_was_read_must_stand() -> None:
    paper = Paper("问题台账", [Column("备注", "备注", OWN)])
    paper.type(0, 0, "甲")
    paper.read(LOOK)
    paper.cover(LOOK, 0, 0, "待整改")
    assert allowed(paper) == ["甲"]


def test_a_cell_typed_in_a_later_gap_may_be_as_empty_as_the_first_gap_left_it() -> None:
    """What was typed into a new column in a gap is emptied by the next look; what is typed before that one's write
    falls is never read either."""
    paper = Paper("问题台账", [Column("备注", "备注", OWN)])
    paper.read(LOOK)
    paper.type(0, 0, "甲")
    paper.cover(LOOK, 0, 0, "待整改")
    assert allowed(paper) == ["甲", ""]
    paper.read(LOOK)
    paper.type(0, 0, "乙")
    paper.cover(LOOK, 0, 0, "待整改")
    assert allowed(paper) == ["乙", "甲", ""]


def test_a_row_that_is_deleted_before_the_look_ends_may_come_back_as_read_now_or_before() -> None:
    """Somebody typed it back while the look ran: what was read, and what the ledger knows from before, are both older
    than the cell."""
    paper = Paper("问题台账", [Column("类别", "类别", OWN)])
    paper.read(LOOK)
    paper.type(0, 0, "占道经营")
    paper.read(LOOK)
    paper.type(0, 0, "缺株死树")
    assert list(paper.unknown(paper.rows[0])) == [("类别", ["占道经营"]), ("类别", [""])]
    paper.remembered()
    assert list(paper.unknown(paper.rows[0])) == [("类别", ["占道经营"])]
