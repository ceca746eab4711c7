"""That a submission or a photo came from the public becomes a field.

Until now its sender's name began with 群众 and a space, before the digest of his address.
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

PUBLIC_SENDER = "群众 "


def upgrade() -> None:
    for table in ("submissions", "photos"):
        op.add_column(table, sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("photos", sa.Column("person", sa.String(120), nullable=False, server_default=""))
    op.add_column("photos", sa.Column("at", sa.DateTime))
    db = op.get_bind()
    _submissions(db)
    _photos(db)


def _submissions(db: sa.Connection) -> None:
    table = sa.table("submissions", sa.column("person", sa.String), sa.column("public", sa.Boolean))
    digest = sa.func.substr(table.c.person, len(PUBLIC_SENDER) + 1)
    db.execute(sa.update(table).where(table.c.person.startswith(PUBLIC_SENDER)).values(person=digest, public=sa.true()))


def _photos(db: sa.Connection) -> None:
    columns = {"bureau": sa.String, "id": sa.String, "photo": sa.Text, "person": sa.String, "at": sa.DateTime,
               "public": sa.Boolean}  # fmt: skip
    table = sa.table("photos", *(sa.column(name, kind) for name, kind in columns.items()))
    for bureau, number, text in list(db.execute(sa.select(table.c.bureau, table.c.id, table.c.photo))):
        photo = json.loads(text)
        public = photo["person"].startswith(PUBLIC_SENDER)
        photo |= {"person": photo["person"].removeprefix(PUBLIC_SENDER), "public": public}
        values = {
            "photo": json.dumps(photo, ensure_ascii=False, separators=(",", ":")),
            "person": photo["person"],
            "at": datetime.fromisoformat(photo["at"]).astimezone(UTC).replace(tzinfo=None),
            "public": public,
        }
        db.execute(sa.update(table).where(table.c.bureau == bureau, table.c.id == number).values(values))
