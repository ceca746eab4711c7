"""The tables as 0.1 made them. 0.1 kept no revision: a database that has all of these and none is at this step."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

meta = sa.MetaData()


def bureau() -> sa.Column[str]:
    """A new first column for each table."""
    return sa.Column("bureau", sa.String(120), primary_key=True)


sa.Table(
    "rows",
    meta,
    bureau(),
    sa.Column("tab", sa.String(40), primary_key=True),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("print", sa.String(40), nullable=False),
    sa.Column("gone", sa.Integer, nullable=False),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("marks", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False),
)
sa.Table(
    "stamps",
    meta,
    bureau(),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("stamps", sa.Text, nullable=False),
)
sa.Table(
    "lines",
    meta,
    bureau(),
    sa.Column("issue", sa.String(60), primary_key=True),
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
)
sa.Table(
    "closings",
    meta,
    bureau(),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("closing", sa.Text, nullable=False),
)
sa.Table(
    "history",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False),
    sa.Column("tab", sa.String(40), nullable=False),
    sa.Column("rid", sa.String(60), nullable=False, index=True),
    sa.Column("what", sa.String(60), nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
sa.Table(
    "outbox",
    meta,
    bureau(),
    sa.Column("number", sa.String(200), primary_key=True),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("to", sa.String(120), nullable=False),
    sa.Column("due", sa.DateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try", sa.DateTime),
    sa.Column("batch", sa.String(64)),
)
sa.Table(
    "ticks",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False, index=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("wrote", sa.Integer, nullable=False),
    sa.Column("took", sa.Float, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
sa.Table(
    "rules",
    meta,
    bureau(),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
)
sa.Table(
    "facts",
    meta,
    bureau(),
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
sa.Table(
    "leases",
    meta,
    bureau(),
    sa.Column("holder", sa.String(120), nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)
sa.Table(
    "links",
    meta,
    bureau(),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("person", sa.String(120), nullable=False, index=True),
    sa.Column("made", sa.DateTime, nullable=False),
    sa.Column("until", sa.DateTime),
    sa.Column("once", sa.Boolean, nullable=False),
    sa.Column("used", sa.DateTime),
    sa.Column("revoked", sa.DateTime),
)
sa.Table(
    "sessions",
    meta,
    bureau(),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(120), nullable=False, index=True),
    sa.Column("link", sa.String(40), nullable=False),
    sa.Column("since", sa.DateTime, nullable=False),
    sa.Column("until", sa.DateTime, nullable=False),
    sa.Column("revoked", sa.DateTime),
)
sa.Table(
    "submissions",
    meta,
    bureau(),
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("tab", sa.String(40), nullable=False),
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)
sa.Table(
    "photos",
    meta,
    bureau(),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("photo", sa.Text, nullable=False),
)
sa.Table(
    "deliveries",
    meta,
    bureau(),
    sa.Column("source", sa.String(60), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try", sa.DateTime),
)
sa.Table(
    "letters",
    meta,
    bureau(),
    sa.Column("key", sa.String(120), primary_key=True),
    sa.Column("letter", sa.Text, nullable=False),
)
sa.Table(
    "archived",
    meta,
    bureau(),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("archived", sa.Text, nullable=False),
)
sa.Table(
    "wishes",
    meta,
    bureau(),
    sa.Column("person", sa.String(120), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
)
sa.Table(
    "drafts",
    meta,
    bureau(),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("base", sa.String(64), nullable=False),
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
sa.Table(
    "editions",
    meta,
    bureau(),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)


def upgrade() -> None:
    meta.create_all(op.get_bind(), checkfirst=False)
