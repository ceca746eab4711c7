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
