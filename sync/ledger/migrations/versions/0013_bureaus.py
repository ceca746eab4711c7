"""Many bureaus on one database: which there are, when each of their works is due, Google's quota shared by
all, and replies to edits that come again to another process."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "bureaus",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("workbook", sa.String(120), nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("paused", sa.DateTime),
        sa.Column("paused_by", sa.String(120), nullable=False),
        sa.Column("paused_why", sa.Text, nullable=False),
        sa.Column("moved_to", sa.Text, nullable=False),
        sa.Column("late_since", sa.DateTime),
    )
    op.create_table(
        "works",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("due", sa.DateTime, nullable=False),
        sa.Column("began", sa.DateTime),
        sa.Column("went", sa.DateTime),
        sa.Column("took", sa.Float, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.String(120), nullable=False),
    )
    op.create_table(
        "quotas",
        sa.Column("project", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("full_at", sa.Float, nullable=False),
    )
    op.create_table(
        "replies",
        sa.Column("bureau", sa.String(120), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("reply", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
