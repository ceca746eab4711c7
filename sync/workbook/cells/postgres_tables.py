"""The tables of the workbooks in PostgreSQL, as numbered steps; ``workbook.version`` says how many a database has.

All stand in a schema of their own. What a listing goes through has a column ``space``, filled from the setting
``workbook.space`` of the transaction; a view shows the rows of that space under the name that SQLite has. Rows and
blocks are found by their sheet's key, which no other space's sheet has.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from sync.workbook.cells import upgrade
from sync.workbook.cells.upgrade import WrongVersion

SCHEMA = "workbook"
LOCK = int.from_bytes(b"jieluwb", "big")  # the advisory lock under which steps are taken

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """``makes``: tables, views and indexes with their columns, as ``_layout`` names them."""

    statements: tuple[str, ...]
    makes: frozenset[str]


_SPACE = "space text COLLATE \"C\" NOT NULL DEFAULT current_setting('workbook.space') CHECK (space <> '')"


def _spaced(name: str, columns: str, *more: str) -> tuple[str, str]:
    """A table whose rows belong to spaces, and the view of those of the transaction's space."""
    names = ", ".join(column.split()[0] for column in columns.split(", "))
    return (
        f"CREATE TABLE all_{name} ({_SPACE}, {', '.join((columns, *more))})",
        f"CREATE VIEW {name} AS SELECT {names} FROM all_{name} "  # noqa: S608
        "WHERE space = current_setting('workbook.space')",
    )


_TEXT = 'text COLLATE "C" NOT NULL'
_TABLES = Step(
    (
        *_spaced(
            "files",
            f"rowid bigint GENERATED ALWAYS AS IDENTITY, id {_TEXT}, name {_TEXT}, owner {_TEXT}, created {_TEXT}, "
            f"modified {_TEXT}, version bigint NOT NULL, permissions bytea NOT NULL, meta bytea NOT NULL",
            "PRIMARY KEY (space, id)",
        ),
        *_spaced(  # an integer has 31 bits, so that a row's id, which has the key above 32 more, is a bigint
            "sheets",
            f"key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, file {_TEXT}, place integer NOT NULL, "
            "next_row bigint NOT NULL, meta bytea NOT NULL",
        ),
        "CREATE INDEX sheets_of_file ON all_sheets (space, file)",
        "CREATE TABLE blocks (sheet integer NOT NULL, block integer NOT NULL, ids bytea NOT NULL, "
        "PRIMARY KEY (sheet, block))",
        "CREATE TABLE rows (id bigint PRIMARY KEY, filled bigint NOT NULL, formulas boolean NOT NULL, "
        "vals bytea NOT NULL, extra bytea)",
        "CREATE INDEX rows_with_formulas ON rows (id) WHERE formulas",
        *_spaced(
            "accounts",
            f"name {_TEXT}, email {_TEXT}, key_id {_TEXT}, public_key bytea NOT NULL",
            "PRIMARY KEY (space, name)",
            "UNIQUE (space, email)",
        ),
        *_spaced(
            "tokens",
            f"digest {_TEXT}, email {_TEXT}, expires bigint NOT NULL, writes boolean NOT NULL",
            "PRIMARY KEY (space, digest)",
        ),
        *_spaced(
            "channels",
            f"account {_TEXT}, id {_TEXT}, file {_TEXT}, address {_TEXT}, token {_TEXT}, expires bigint NOT NULL, "
            "number bigint NOT NULL, version bigint NOT NULL, trashed integer NOT NULL, tries integer NOT NULL, "
            "due bigint NOT NULL",
            "PRIMARY KEY (space, account, id)",
        ),
    ),
    frozenset(
        f"{kind} {relation} 的列 {column}"
        for kind, relation, columns in (
            ("表", "all_files", "space rowid id name owner created modified version permissions meta"),
            ("表", "all_sheets", "space key file place next_row meta"),
            ("表", "all_accounts", "space name email key_id public_key"),
            ("表", "all_tokens", "space digest email expires writes"),
            ("表", "all_channels", "space account id file address token expires number version trashed tries due"),
            ("表", "blocks", "sheet block ids"),
            ("表", "rows", "id filled formulas vals extra"),
            ("视图", "files", "rowid id name owner created modified version permissions meta"),
            ("视图", "sheets", "key file place next_row meta"),
            ("视图", "accounts", "name email key_id public_key"),
            ("视图", "tokens", "digest email expires writes"),
            ("视图", "channels", "account id file address token expires number version trashed tries due"),
        )
        for column in columns.split()
    )
    | {"索引 sheets_of_file", "索引 rows_with_formulas"},
)

# The n-th leads to version n; none is ever changed or removed.
UPGRADES: tuple[Step, ...] = (_TABLES,)


def bring_up(db: psycopg.Connection[Any], name: str) -> None:
    """The tables of this version in the database that messages call ``name`` (autocommit, outside a transaction).

    Raises ``WrongVersion`` for a database of a newer version, one that lacks what its version should have, one whose
    upgrade failed (nothing was changed), or one that can't hold Chinese.
    """
    encoding = db.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise WrongVersion(f"{name}的编码是 {encoding}，放不了工作簿。请另建一个编码是 UTF8 的数据库。")
    with db.transaction():
        version = _version(db)
        if version == len(UPGRADES):
            upgrade.demand(name, version, _gaps(db, version))
        else:
            _upgrade(db, name)


def _upgrade(db: psycopg.Connection[Any], name: str) -> None:
    """What is due is looked up under the lock: another process may have been first."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    version = _version(db)
    if version > len(UPGRADES):
        raise upgrade.newer(name, version, len(UPGRADES))
    upgrade.demand(name, version, _gaps(db, version))
    try:
        _take(db, UPGRADES[version:])
    except psycopg.Error as error:
        raise upgrade.failed(name, len(UPGRADES), error) from error
    upgrade.demand(name, len(UPGRADES), _gaps(db, len(UPGRADES)))
    if version:
        log.warning("%s从 %s 升级到 %s", name, version, len(UPGRADES))


def _take(db: psycopg.Connection[Any], due: Sequence[Step]) -> None:
    if not db.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,)).fetchone():
        db.execute(f"CREATE SCHEMA {SCHEMA}")
    db.execute(f"SET LOCAL search_path = {SCHEMA}")
    for step in due:
        for statement in step.statements:
            db.execute(statement.encode())
    db.execute("CREATE TABLE IF NOT EXISTS version (number integer NOT NULL)")
    db.execute("DELETE FROM version")
    db.execute("INSERT INTO version VALUES (%s)", (len(UPGRADES),))


def _version(db: psycopg.Connection[Any]) -> int:
    """How many steps the database has; 0 for one that has none of our tables. ``to_regclass`` would go on to answer
    from what it knew before the lock."""
    tables = db.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,)).fetchall()
    rows = db.execute(f"SELECT number FROM {SCHEMA}.version").fetchall() if ("version",) in tables else []  # noqa: S608
    return int(rows[0][0]) if rows else 0


def _gaps(db: psycopg.Connection[Any], version: int) -> list[str]:
    """What the steps up to that version make and the database has not."""
    made = frozenset[str]().union(*(step.makes for step in UPGRADES[:version]))
    return sorted(made - _layout(db))


def _layout(db: psycopg.Connection[Any]) -> frozenset[str]:
    """Tables and views with their columns, and indexes that belong to no constraint, by name."""
    query = """SELECT CASE c.relkind WHEN 'i' THEN '索引 ' || c.relname
            ELSE CASE c.relkind WHEN 'r' THEN '表 ' ELSE '视图 ' END || c.relname || ' 的列 ' || a.attname END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'i'
        WHERE n.nspname = %s AND c.relname <> 'version' AND (c.relkind IN ('r', 'v') OR c.relkind = 'i'
            AND NOT EXISTS (SELECT 1 FROM pg_constraint p WHERE p.conindid = c.oid))"""
    return frozenset(name for (name,) in db.execute(query, (SCHEMA,)))
