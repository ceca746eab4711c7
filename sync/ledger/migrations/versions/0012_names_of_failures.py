"""What people know an item by that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("failures", sa.Column("name", sa.Text, nullable=False, server_default=""))
