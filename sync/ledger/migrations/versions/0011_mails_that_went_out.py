"""The mails that went out, as they were sent: to whom, when, and what stood in them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "mails",
        sa.Column("bureau", sa.String(120), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
    )
    op.create_index("mails_by_hour", "mails", ["bureau", "at"])
