"""From 0.2 on feedback stops the clock with its photo. What was fed back before goes on to count as it did: every
row of 整改反馈 that is known gets its own hour as that of its photo.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    db = op.get_bind()
    rows = db.execute(sa.text("select bureau, rid, marks from rows where tab = 'feedback'")).all()
    for bureau, rid, text in rows:
        marks = json.loads(text)
        if "heard" in marks:
            db.execute(
                sa.text("update rows set marks = :marks where bureau = :bureau and tab = 'feedback' and rid = :rid"),
                {"marks": json.dumps({**marks, "shown": marks["heard"]}), "bureau": bureau, "rid": rid},
            )
