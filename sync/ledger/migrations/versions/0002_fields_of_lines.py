"""What 0.1 told from names and sentences becomes fields: where a score line comes from, which line it gives back, why
it was revoked, whether it is shared; on which day a record goes out; which changes were put back.

In 0.1 the key of the lines that were booked together began with a word (基础·, 申请·, 履职·) unless it was an issue's
number, and the sentence of a revoked line with 撤销（why）：. Where such a sentence was typed by a person, the line had
points.
"""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ORIGINS = {"基础·": "base", "申请·": "request", "履职·": "duty"}
APPEALED, BACK = "申诉成立", "封存后退回"
SHARED_BASE = "每月基础分；本月没有哪位街路长任职过半，不作个人奖惩建议"
REVOKED = re.compile("撤销（(.+?)）：")
PUT_BACK = "（系统列，已还原）"
REPORTED_UP = re.compile("；到期前已上报，街路长承担[0-9]+%(；|$)")


def upgrade() -> None:
    op.add_column("lines", sa.Column("origin", sa.String(10), nullable=False, server_default="issue"))
    db = op.get_bind()
    _lines(db)
    _closings(db)
    _letters(db)
    op.add_column("history", sa.Column("put_back", sa.Boolean, nullable=False, server_default=sa.false()))
    words = {"words": PUT_BACK, "some": f"%{PUT_BACK}"}
    op.get_bind().execute(
        sa.text("update history set put_back = true, what = replace(what, :words, '') where what like :some"), words
    )


def _lines(db: sa.Connection) -> None:
    for bureau, key, number, text in _rows(db, "select bureau, issue, id, line from lines"):
        word = next((word for word in ORIGINS if key.startswith(word)), "")
        line = json.loads(text)
        origin = ORIGINS.get(word, "issue")
        values = {"origin": origin, "name": key.removeprefix(word), "line": _text(with_fields(line, origin))}
        db.execute(
            sa.text(
                "update lines set origin = :origin, issue = :name, line = :line "
                "where bureau = :bureau and issue = :key and id = :id"
            ),
            {**values, "bureau": bureau, "key": key, "id": number},
        )


def _closings(db: sa.Connection) -> None:
    for bureau, month, text in _rows(db, "select bureau, month, closing from closings"):
        closing = json.loads(text)
        closing["lines"] = [with_fields(line, origin_of(line)) for line in closing["lines"]]
        db.execute(
            sa.text("update closings set closing = :closing where bureau = :bureau and month = :month"),
            {"closing": _text(closing), "bureau": bureau, "month": month},
        )


def _letters(db: sa.Connection) -> None:
    for bureau, key, text in _rows(db, "select bureau, key, letter from letters"):
        day = re.match("记录·([0-9]{4})([0-9]{2})([0-9]{2})·", key)
        if day:
            letter = {**json.loads(text), "day": "-".join(day.groups())}
            db.execute(
                sa.text("update letters set letter = :letter where bureau = :bureau and key = :key"),
                {"letter": _text(letter), "bureau": bureau, "key": key},
            )


def _rows(db: sa.Connection, query: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in db.execute(sa.text(query))]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def origin_of(line: dict[str, object]) -> str:
    """Where a line of a sealed month comes from, which 0.1 did not keep with it."""
    number, rule = str(line["id"]), str(line["rule"])
    if rule == BACK:
        number = number.removesuffix(f"·{BACK}")
    if rule in ("加减分", APPEALED) or number.startswith("加减分·") or number.endswith(f"·{APPEALED}"):
        return "request"
    if rule == "基础分":
        return "base"
    return "duty" if number.startswith("履职·") else "issue"


def with_fields(line: dict[str, object], origin: str) -> dict[str, object]:
    number, rule, text = str(line["id"]), str(line["rule"]), str(line["text"])
    revoked = REVOKED.match(text) if line["points"] == 0 else None
    return {
        **line,
        "origin": origin,
        "returns": number.removesuffix(f"·{rule}") if rule in (APPEALED, BACK) else "",
        "revoked": revoked[1] if revoked else "",
        "shared": text == SHARED_BASE if rule == "基础分" else bool(REPORTED_UP.search(text)),
    }
