"""The tables of the ledger and how a database is opened. Times are kept in UTC.

SQLite by default, PostgreSQL by URL. Every table carries the bureau, so that many workbooks can share one database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

AT_ONCE = 500  # rows


class WrongVersion(RuntimeError):
    """The database is not one that this version can go on with; the sentence says what to do."""


class Unusable(RuntimeError):
    """The database can't be opened or does not answer; the sentence says what to do."""


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime, kept in UTC: SQLite drops zones and would give the local clock back."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone must not enter the ledger")
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


meta = sa.MetaData()


def bureau() -> sa.Column[str]:
    """A new first column of a primary key: many workbooks may share one database."""
    return sa.Column("bureau", sa.String(120), primary_key=True)


rows = sa.Table(
    "rows",
    meta,
    bureau(),
    sa.Column("tab", sa.String(40), primary_key=True),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("print", sa.String(40), nullable=False),
    sa.Column("gone", sa.Integer, nullable=False),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("marks", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False, default="{}"),
)
stamps = sa.Table(
    "stamps",
    meta,
    bureau(),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("stamps", sa.Text, nullable=False),
)
lines = sa.Table(
    "lines",
    meta,
    bureau(),
    sa.Column("origin", sa.String(10), nullable=False, server_default="issue"),
    sa.Column("issue", sa.String(60), primary_key=True),  # what the lines were booked together for
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
)
closings = sa.Table(
    "closings",
    meta,
    bureau(),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("closing", sa.Text, nullable=False),
)
history = sa.Table(
    "history",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False),
    sa.Column("tab", sa.String(40), nullable=False),
    sa.Column("rid", sa.String(60), nullable=False, index=True),
    sa.Column("what", sa.String(60), nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("put_back", sa.Boolean, nullable=False, server_default=sa.false()),
)
cell_edits = sa.Table(  # who changed a cell in the grid; the row by its record number in the workbook
    "cell_edits",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False),
    sa.Column("sheet", sa.Integer, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("header", sa.Text, nullable=False),
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("cell_edits_of_row", "bureau", "sheet", "row"),
)
layouts = sa.Table(  # how a person has laid out a tab of the grid
    "layouts",
    meta,
    bureau(),
    sa.Column("person", sa.String(120), primary_key=True),
    sa.Column("sheet", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("layout", sa.Text, nullable=False),
)
outbox = sa.Table(
    "outbox",
    meta,
    bureau(),
    sa.Column("number", sa.String(200), primary_key=True),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("to", sa.String(120), nullable=False),
    sa.Column("due", Moment, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("next_try", Moment),
    sa.Column("batch", sa.String(64)),
)
ticks = sa.Table(
    "ticks",
    meta,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bureau", sa.String(120), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("wrote", sa.Integer, nullable=False),
    sa.Column("took", sa.Float, nullable=False, default=0.0),
    sa.Column("note", sa.Text, nullable=False, default=""),
)
rules = sa.Table(
    "rules",
    meta,
    bureau(),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("since", Moment, nullable=False),
)
facts = sa.Table(
    "facts",
    meta,
    bureau(),
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
leases = sa.Table(
    "leases",
    meta,
    bureau(),
    sa.Column("holder", sa.String(120), nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)

links = sa.Table(
    "links",
    meta,
    bureau(),
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("person", sa.String(120), nullable=False, index=True),
    sa.Column("made", Moment, nullable=False),
    sa.Column("until", Moment),  # None: good until revoked
    sa.Column("once", sa.Boolean, nullable=False),
    sa.Column("used", Moment),
    sa.Column("revoked", Moment),
    sa.Column("operator", sa.Boolean, nullable=False, server_default=sa.false()),  # its owner runs the service
    sa.Column("maker", sa.String(120), nullable=False, server_default=""),  # who made it; empty: the command line
)
sessions = sa.Table(
    "sessions",
    meta,
    bureau(),
    sa.Column("id", sa.String(64), primary_key=True),  # SHA-256 of what the cookie carries
    sa.Column("person", sa.String(120), nullable=False, index=True),
    sa.Column("link", sa.String(40), nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=False),
    sa.Column("revoked", Moment),
    sa.Column("operator", sa.Boolean, nullable=False, server_default=sa.false()),
)
SENDING, IN = "待写入", "已写入"  # states of a submission
submissions = sa.Table(
    "submissions",
    meta,
    bureau(),
    sa.Column("id", sa.String(120), primary_key=True),  # made by the client: what comes twice is taken once
    sa.Column("tab", sa.String(40), nullable=False),
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("cells", sa.Text, nullable=False),
    sa.Column("said", sa.Text, key="details", nullable=False, default=""),
    sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false()),
)
photos = sa.Table(
    "photos",
    meta,
    bureau(),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("photo", sa.Text, nullable=False),
    sa.Column("person", sa.String(120), nullable=False, server_default=""),
    sa.Column("at", Moment),
    sa.Column("public", sa.Boolean, nullable=False, server_default=sa.false()),
)
deliveries = sa.Table(
    "deliveries",
    meta,
    bureau(),
    sa.Column("source", sa.String(60), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("said", sa.Text, key="sentence", nullable=False, default=""),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("next_try", Moment),
)
failures = sa.Table(
    "failures",
    meta,
    bureau(),
    sa.Column("queue", sa.String(40), primary_key=True),
    sa.Column("item", sa.String(200), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("error", sa.String(120), nullable=False),
    sa.Column("next_try", Moment, nullable=False),
    sa.Column("given_up", sa.Boolean, nullable=False),
    sa.Column("release", sa.String(40), nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
)
mails = sa.Table(  # those that went out, by the batch of their notices
    "mails",
    meta,
    bureau(),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("files", sa.Text, nullable=False),  # names of the attachments
    sa.Index("mails_by_hour", "bureau", "at"),
)
letters = sa.Table(
    "letters",
    meta,
    bureau(),
    sa.Column("key", sa.String(120), primary_key=True),
    sa.Column("letter", sa.Text, nullable=False),
)
openings = sa.Table(  # who opened a letter that was sent to him, on his own link
    "openings",
    meta,
    bureau(),
    sa.Column("letter", sa.String(120), primary_key=True),
    sa.Column("person", sa.String(120), primary_key=True),
    sa.Column("at", Moment, nullable=False),
)
archived = sa.Table(
    "archived",
    meta,
    bureau(),
    sa.Column("rid", sa.String(60), primary_key=True),
    sa.Column("archived", sa.Text, nullable=False),
)
days = sa.Table(  # who was responsible for a street from a day on
    "days",
    meta,
    bureau(),
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
wishes = sa.Table(
    "wishes",
    meta,
    bureau(),
    sa.Column("person", sa.String(120), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
)
drafts = sa.Table(
    "drafts",
    meta,
    bureau(),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("base", sa.String(64), nullable=False),  # hash of the rules that it began from
    sa.Column("person", sa.String(120), nullable=False),
    sa.Column("at", Moment, nullable=False),
)
editions = sa.Table(
    "editions",
    meta,
    bureau(),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("person", sa.String(120), nullable=False),  # empty: the file itself was edited
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
replies = sa.Table(  # to edits of the grid, where several processes serve a bureau's pages
    "replies",
    meta,
    bureau(),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("reply", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
bureaus = sa.Table(  # of a database that many bureaus share; a bureau by itself is in none
    "bureaus",
    meta,
    sa.Column("code", sa.String(40), primary_key=True),
    sa.Column("workbook", sa.String(120), nullable=False),  # what the other tables call the bureau
    sa.Column("since", Moment, nullable=False),  # when it was added, or resumed
    sa.Column("paused", Moment),
    sa.Column("paused_by", sa.String(120), nullable=False),
    sa.Column("paused_why", sa.Text, nullable=False),
    sa.Column("moved_to", sa.Text, nullable=False),  # folder; empty: it is here
    sa.Column("late_since", Moment),  # None: it is not late
)
works = sa.Table(  # what is done for a bureau by the clock
    "works",
    meta,
    sa.Column("code", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("due", Moment, nullable=False),
    sa.Column("began", Moment),  # last
    sa.Column("went", Moment),  # when it last went through
    sa.Column("took", sa.Float, nullable=False),  # seconds, the last time
    sa.Column("tries", sa.Integer, nullable=False),  # that failed one after the other
    sa.Column("error", sa.String(120), nullable=False),  # type of the last one's error
)
quotas = sa.Table(  # buckets of calls to Google that all processes share
    "quotas",
    meta,
    sa.Column("project", sa.String(120), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("full_at", sa.Float, nullable=False),  # seconds since 1970 by the database's clock
)


def open_engine(url: str) -> Engine:
    """An engine for the database, whatever is in it. Raises ``Unusable``, now or at the first query."""
    try:
        parsed = sa.make_url(url)
        local = parsed.get_backend_name() == "sqlite"
        engine = _sqlite(parsed) if local else sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    except (sa.exc.ArgumentError, ImportError, ValueError) as error:
        raise Unusable(
            "JIELU_DATABASE 用不了，应当写成 postgresql+psycopg://用户:密码@服务器/库名；"
            f"不写就用数据文件夹里的 SQLite。（{type(error).__name__}）"
        ) from error
    except OSError as error:
        where = f"{error.filename}：{error.strerror}"
        raise Unusable(f"台账数据库的文件夹建不了，{where}。请检查 JIELU_DATA 和 JIELU_DATABASE。") from error

    @sa.event.listens_for(engine, "handle_error")
    def as_unusable(context: sa.engine.ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        no_answer = isinstance(error, sa.exc.OperationalError) or type(error) is sa.exc.DatabaseError
        if no_answer and not context.is_pre_ping:
            raise Unusable(
                f"台账数据库没有应答：{str(context.original_exception).strip()}。请检查数据库和 JIELU_DATABASE。"
            ) from context.original_exception

    return engine


def _sqlite(parsed: sa.URL) -> Engine:
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=30000")

    return engine


def add_new(db: Connection, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert a row; False where its key stands there already."""
    insert = _insert_for(db.dialect.name)(table).values(values).on_conflict_do_nothing()
    return db.execute(insert.returning(*table.primary_key)).first() is not None  # drivers count it differently


def upsert(db: Connection, table: sa.Table, values: Iterable[dict[str, Any]]) -> None:
    """Insert rows, or change those that have the same key; some at a time, so that not all texts are held at once."""
    waiting = iter(values)
    while part := list(islice(waiting, AT_ONCE)):
        db.execute(_upserting(db.dialect.name, table, tuple(part[0])), part)


@cache
def _upserting(dialect: str, table: sa.Table, columns: tuple[str, ...]) -> sa.Insert:
    """The statement for rows with these columns; to build it takes longer than to run it."""
    insert = _insert_for(dialect)(table)
    keys = [column.name for column in table.primary_key]
    changed = {column: insert.excluded[column] for column in columns if column not in keys}
    statement: sa.Insert = insert.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement


def _insert_for(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql

        return postgresql
    from sqlalchemy.dialects.sqlite import insert as sqlite

    return sqlite
