"""Which of several notices of its kind and issue a notice is, becomes a field. Until here its number alone told it:
issue·kind+occurrence·receiver, and （缺） after a post that nobody holds.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    db = op.get_bind()
    for bureau, number, text in db.execute(sa.text("select bureau, number, notice from outbox")).all():
        db.execute(
            sa.text("update outbox set notice = :notice where bureau = :bureau and number = :number"),
            {"notice": with_occurrence(text), "bureau": bureau, "number": number},
        )


def with_occurrence(text: str) -> str:
    notice = json.loads(text)
    start, end = f"{notice['issue']}·{notice['kind']}", f"·{notice['to']}"
    number = notice["number"].removesuffix("（缺）")
    is_ours = bool(notice["issue"]) and number.startswith(start) and number.endswith(end)
    notice["occurrence"] = number.removeprefix(start).removesuffix(end) if is_ours else ""
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":"))
