"""Who changed which cell in the grid, and how each person has laid out its tabs."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "cell_edits",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("bureau", sa.String(120), nullable=False),
        sa.Column("sheet", sa.Integer, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("header", sa.Text, nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("cell_edits_of_row", "cell_edits", ["bureau", "sheet", "row"])
    op.create_table(
        "layouts",
        sa.Column("bureau", sa.String(120), primary_key=True),
        sa.Column("person", sa.String(120), primary_key=True),
        sa.Column("sheet", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("layout", sa.Text, nullable=False),
    )
