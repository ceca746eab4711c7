"""The operator is a kind of his own. Links and sessions of the name 管理员 end, since who made them is not known:
`jielu run` and `jielu link --operator` make new ones."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

BEFORE = "管理员"  # the name by which links and sessions of the operator were known


def upgrade() -> None:
    op.add_column("links", sa.Column("operator", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("links", sa.Column("maker", sa.String(120), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("operator", sa.Boolean, nullable=False, server_default=sa.false()))
    now = datetime.now(UTC).replace(tzinfo=None)
    for name in ("links", "sessions"):
        table = sa.table(name, sa.column("person", sa.String), sa.column("revoked", sa.DateTime))
        ended = sa.update(table).where(table.c.person == BEFORE, table.c.revoked.is_(None))
        op.get_bind().execute(ended.values(revoked=now))
