"""Who opened a letter or record that was sent to him: it is 已送达 then, whatever became of the mail."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "openings",
        sa.Column("bureau", sa.String(120), primary_key=True),
        sa.Column("letter", sa.String(120), primary_key=True),
        sa.Column("person", sa.String(120), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
