"""A table of what failed in a way that nobody foresaw, by queue and item."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "failures",
        sa.Column("bureau", sa.String(120), primary_key=True),
        sa.Column("queue", sa.String(40), primary_key=True),
        sa.Column("item", sa.String(200), primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.String(120), nullable=False),
        sa.Column("next_try", sa.DateTime, nullable=False),
        sa.Column("given_up", sa.Boolean, nullable=False),
        sa.Column("release", sa.String(40), nullable=False),
    )
