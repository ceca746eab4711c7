"""Who was responsible for each street from which day on. The next look fills it, from 人员调整, the roster and the
stamps of issues."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "days",
        sa.Column("bureau", sa.String(120), primary_key=True),
        sa.Column("street", sa.String(120), primary_key=True),
        sa.Column("since", sa.Date, primary_key=True),
        sa.Column("chief", sa.String(120), nullable=False),
        sa.Column("branch", sa.String(120), nullable=False),
        sa.Column("district", sa.String(120), nullable=False),
        sa.Column("group", sa.String(120), nullable=False),
        sa.Column("typed", sa.String(120), nullable=False),
        sa.Column("written", sa.Date, nullable=False),
        sa.Column("rebuilt", sa.Boolean, nullable=False),
    )
