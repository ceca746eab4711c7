"""The ledger's database comes up to this version by its steps, in SQLite and in PostgreSQL, or is left as it was."""

from __future__ import annotations

import importlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner

from sync.cli.main import main
from sync.ledger import upgrade
from sync.ledger.tables import Unusable, WrongVersion, meta, open_engine
from tests.data.versions import make

FOLDER = Path(upgrade.__file__).parent / "migrations"
LAST = upgrade.HEAD
NEXT = f"{int(LAST) + 1:04d}"
STEP = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", "{before}"


def upgrade() -> None:
    op.add_column("wishes", sa.Column("note", sa.Text))
    op.execute("update wishes set note = 'new'")
    {more}
"""


def unnoted(url: str) -> None:
    """A database as 0.1 made it, with one wish in it."""
    engine = open_engine(url)
    importlib.import_module(upgrade.FIRST_STEP).meta.create_all(engine)
    run(url, "insert into wishes values ('b', 'p', 'k', 'c')")
    engine.dispose()


def run(url: str, *statements: str) -> None:
    engine = open_engine(url)
    with engine.begin() as db:
        for statement in statements:
            db.exec_driver_sql(statement)
    engine.dispose()


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every table's rows."""
    engine = open_engine(url)
    with engine.connect() as db:
        names = sa.inspect(db).get_table_names()
        rows = {name: [tuple(row) for row in db.exec_driver_sql(f'select * from "{name}"')] for name in names}
    engine.dispose()
    return rows


def open_and_close(url: str) -> None:
    upgrade.open_database(url).dispose()


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def copies(url: str) -> list[str]:
    """What lies beside a SQLite database."""
    file = file_of(url)
    return sorted(other.name for other in file.parent.iterdir() if other != file)


@pytest.fixture
def next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Adds a step to those that there are, which ends with ``more``."""

    def add(more: str = "pass") -> None:
        shutil.copytree(FOLDER, tmp_path / "migrations", dirs_exist_ok=True)
        step = STEP.format(revision=NEXT, before=LAST, more=more)
        (tmp_path / "migrations" / "versions" / f"{NEXT}_next.py").write_text(step, "utf-8")
        monkeypatch.setattr(upgrade, "STEPS", str(tmp_path / "migrations"))
        monkeypatch.setattr(upgrade, "HEAD", NEXT)

    return add


def differences(url: str, tables: sa.MetaData) -> list[object]:
    """What Alembic finds between database and tables, and primary keys, which it does not look at."""
    engine = open_engine(url)
    with engine.connect() as db:
        inspector = sa.inspect(db)
        keys = {
            table.name: inspector.get_pk_constraint(table.name)["constrained_columns"] for table in tables.sorted_tables
        }
        other_keys = [
            table.name for table in tables.sorted_tables if keys[table.name] != table.primary_key.columns.keys()
        ]
        other = compare_metadata(MigrationContext.configure(db), tables)
    engine.dispose()
    return [*other_keys, *other]


@pytest.mark.parametrize("old", [True, False], ids=["by the steps", "new"])
def test_a_database_has_the_tables_of_this_version(database: str, old: bool) -> None:
    if old:
        unnoted(database)
    open_and_close(database)
    assert differences(database, meta) == []
    other = sa.MetaData()
    for table in meta.sorted_tables:
        table.to_metadata(other)
    other.tables["rows"].append_column(sa.Column("more", sa.Text))
    assert len(differences(database, other)) == 1, "the comparison sees a column"


def test_the_steps_are_numbered_and_end_at_the_head() -> None:
    script = ScriptDirectory(str(FOLDER))
    revisions = [step.revision for step in script.walk_revisions()][::-1]
    assert revisions == [f"{n:04d}" for n in range(1, len(revisions) + 1)]
    assert script.get_current_head() == upgrade.HEAD
    files = sorted(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))
    assert files == revisions


def test_the_first_step_is_what_0_1_made(tmp_path: Path) -> None:
    shutil.copy(make.HERE / "0.1" / "data" / "ledger.sqlite3", tmp_path)
    first = importlib.import_module(upgrade.FIRST_STEP).meta
    assert differences(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", first) == []


def test_a_database_of_0_1_is_recognised_and_noted(database: str) -> None:
    unnoted(database)
    before = content(database)
    open_and_close(database)
    after = content(database)
    assert after.pop("alembic_version") == [(upgrade.HEAD,)]
    later = ("failures", "days", "openings", "cell_edits", "layouts", "mails", "bureaus", "works", "quotas", "replies")
    assert [after.pop(name) for name in later] == [[]] * len(later), "tables of later versions"
    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "0.1"])
def test_a_table_that_was_lost_is_told_and_not_made(database: str, noted: bool) -> None:
    unnoted(database)
    if noted:
        open_and_close(database)
    run(database, "drop table deliveries", "alter table rows drop column shown")
    before = content(database)
    with pytest.raises(WrongVersion, match=r"缺少表 deliveries、表 rows 的列 shown，版本 .* 应当有这些。没有补建"):
        open_and_close(database)
    assert content(database) == before


def test_what_was_lost_before_an_upgrade_is_told_and_nothing_is_changed(database: str, next_step) -> None:  # type: ignore[no-untyped-def]
    open_and_close(database)
    run(database, "drop table deliveries")
    before = content(database)
    next_step()
    with pytest.raises(WrongVersion, match="缺少表 deliveries，"):
        open_and_close(database)
    assert content(database) == before
    assert not database.startswith("sqlite") or not [name for name in copies(database) if "backup" in name]


def test_a_newer_database_is_refused_and_nothing_is_touched(database: str) -> None:
    open_and_close(database)
    run(database, "update alembic_version set version_num = '9999'", "drop table wishes")
    before = content(database)
    with pytest.raises(WrongVersion, match=r"升级到 9999，现在的程序只认识到 .*请安装更新的 jielu"):
        open_and_close(database)
    assert content(database) == before


def test_the_database_of_another_program_is_refused(database: str) -> None:
    run(database, "create table alembic_version (version_num varchar(32))",
        "insert into alembic_version values ('ae1027a6acf')")  # fmt: skip
    with pytest.raises(WrongVersion, match="别的程序的表（alembic_version：ae1027a6acf）"):
        open_and_close(database)
    assert list(content(database)) == ["alembic_version"]


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "0.1"])
def test_an_older_database_is_brought_up(database: str, noted: bool, next_step) -> None:  # type: ignore[no-untyped-def]
    unnoted(database)
    if noted:
        open_and_close(database)
    before = content(database)
    next_step()
    open_and_close(database)
    after = content(database)
    assert [row[-1] for row in after["wishes"]] == ["new"] and after["alembic_version"] == [(NEXT,)]
    if database.startswith("sqlite"):
        copy = f"ledger.sqlite3.backup-{LAST if noted else upgrade.FIRST}"
        assert copy in copies(database)
        assert content(f"sqlite:///{file_of(database).parent / copy}") == before
    open_and_close(database)
    assert content(database) == after


LINE = {
    "id": "",
    "month": "2026-11",
    "target": "新正街",
    "kind": "街路",
    "chief": "街路长01",
    "issue": "20261124-001",
    "rule": "发现问题",
    "clause": "四·2",
    "points": -20,
    "text": "督查发现垃圾",
    "date": "2026-11-24",
    "task": "垃圾清运",
}
OF_0_1 = {  # key in 0.1, line → origin, name, fields
    "an issue's": ("20261124-001", {"id": "20261124-001·发现问题"}, "issue", "20261124-001", {}),
    "a return": (
        "20261124-001",
        {"id": "20261124-001·返工12·单位", "rule": "返工"},
        "issue",
        "20261124-001",
        {"shared": False},
    ),
    "revoked": (
        "20261124-001",
        {"id": "20261124-001·超期未整改", "rule": "超期未整改", "points": 0, "text": "撤销（问题作废）：旧报亭旁到期"},
        "issue",
        "20261124-001",
        {"revoked": "问题作废"},
    ),
    "a place called 撤销": (
        "20261124-001",
        {"id": "20261124-001·超期未整改", "rule": "超期未整改", "text": "撤销的报亭旁到期没有整改"},
        "issue",
        "20261124-001",
        {"revoked": ""},
    ),
    "a base": ("基础·2026-11", {"id": "2026-11·新正街·基础分", "rule": "基础分"}, "base", "2026-11", {"shared": False}),
    "a shared base": (
        "基础·2026-11",
        {"id": "2026-11·新正街·基础分", "rule": "基础分",
         "text": "每月基础分；本月没有哪位街路长任职过半，不作个人奖惩建议"},
        "base",
        "2026-11",
        {"shared": True},
    ),
    "an appeal": (
        "申请·requests-7",
        {"id": "20261124-001·发现问题·申诉成立", "rule": "申诉成立", "points": 20},
        "request",
        "requests-7",
        {"returns": "20261124-001·发现问题"},
    ),
    "a duty": ("履职·2026-11", {"id": "履职·巡查·20261124·新正街", "rule": "巡查缺记"}, "duty", "2026-11", {}),
}  # fmt: skip


@pytest.mark.parametrize("what", OF_0_1)
def test_what_0_1_told_from_names_and_sentences_is_a_field(database: str, what: str) -> None:
    key, own, origin, name, fields = OF_0_1[what]
    unnoted(database)
    insert = "insert into lines (bureau, issue, id, line) values (:bureau, :issue, :id, :line)"
    put(database, insert, bureau="b", issue=key, id=own["id"], line=json.dumps(LINE | own))
    open_and_close(database)
    engine = open_engine(database)
    with engine.connect() as db:
        row = db.execute(sa.text("select origin, issue, line from lines")).one()
    engine.dispose()
    line = json.loads(row.line)
    assert (row.origin, row.issue, line["origin"]) == (origin, name, origin)
    assert fields.items() <= line.items() and (LINE | own).items() <= line.items()


@pytest.mark.parametrize(
    ("number", "to", "occurrence"),
    [
        ("20261124-001·交办·街路长01", "街路长01", ""),
        ("20261124-001·返工2·城中群", "城中群", "2"),
        ("20261124-001·升级3·城中片区指挥长（缺）", "城中片区指挥长", "3"),
        ("督办-20261124-市政处·督办·李一", "李一", ""),
    ],
    ids=["the only one", "the second return, to a group", "to a post that nobody holds", "of a letter"],
)
def test_which_of_several_a_notice_is_becomes_a_field(database: str, number: str, to: str, occurrence: str) -> None:
    unnoted(database)
    kind = next(kind for kind in ("交办", "返工", "升级", "督办·") if kind in number).strip("·")
    notice = {"number": number, "kind": kind, "issue": "20261124-001" if number[0] == "2" else "督办函", "to": to}
    insert = (
        'insert into outbox (bureau, number, notice, "to", due, state, reason, attempts) '
        "values ('b', :number, :notice, :to, '2026-11-24 01:00:00', '待发送', '', 0)"
    )
    put(database, insert, number=number, notice=json.dumps(notice), to=to)
    open_and_close(database)
    engine = open_engine(database)
    with engine.connect() as db:
        text = db.execute(sa.text("select notice from outbox")).scalar_one()
    engine.dispose()
    assert json.loads(text) == notice | {"occurrence": occurrence}


@pytest.mark.parametrize(
    ("person", "name", "public"),
    [("群众 0123456789abcdef", "0123456789abcdef", True), ("街路长01", "街路长01", False), ("群众", "群众", False)],
)
def test_that_the_public_sent_it_is_a_field(database: str, person: str, name: str, public: bool) -> None:
    unnoted(database)
    photo = {"id": "p", "person": person, "at": "2026-11-24T01:30:00+00:00", "taken": "", "place": None}
    insert = "insert into photos (bureau, id, photo) values (:bureau, :id, :photo)"
    put(database, insert, bureau="b", id="p", photo=json.dumps(photo))
    columns = "bureau, id, tab, person, at, state, cells, said"
    insert = f"insert into submissions ({columns}) values (:b, :i, :t, :p, :a, :s, :c, :d)"
    put(database, insert, b="b", i="s", t="issues", p=person, a="2026-11-24 01:30:00", s="已写入", c="{}", d="{}")
    open_and_close(database)
    engine = open_engine(database)
    with engine.connect() as db:
        sent = db.execute(sa.select(meta.tables["submissions"])).one()
        stored = db.execute(sa.select(meta.tables["photos"])).one()
    engine.dispose()
    assert (sent.person, sent.public) == (stored.person, stored.public) == (name, public)
    assert stored.at == sent.at == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    assert json.loads(stored.photo) == {**photo, "person": name, "public": public}


@pytest.mark.parametrize(
    ("noted", "what", "put_back"), [("街路长（系统列，已还原）", "街路长", True), ("类别", "类别", False)]
)
def test_which_change_of_0_1_was_put_back_is_a_field(database: str, noted: str, what: str, put_back: bool) -> None:
    unnoted(database)
    columns, values = "bureau, tab, rid, what, before, after, at", "'b', 'issues', 'r', :what, '', '', :at"
    insert = f"insert into history ({columns}) values ({values})"
    put(database, insert, what=noted, at="2026-11-24 01:00:00+00:00")
    open_and_close(database)
    engine = open_engine(database)
    with engine.connect() as db:
        assert db.execute(sa.text("select what, put_back from history")).one() == (what, put_back)
    engine.dispose()


def put(url: str, statement: str, **values: str) -> None:
    engine = open_engine(url)
    with engine.begin() as db:
        db.execute(sa.text(statement), values)
    engine.dispose()


def test_links_and_sessions_of_the_operator_s_name_end_and_others_go_on(database: str) -> None:
    """Whoever oversaw all could make himself one; who made which is not known."""
    unnoted(database)
    at, until = "'2026-11-24 08:00:00'", "'2099-01-01 00:00:00'"
    for person in ("管理员", "街路长01"):
        run(
            database,
            f"insert into links values ('b', '{person}', '{person}', {at}, null, false, null, null)",
            f"insert into sessions values ('b', '{person}', '{person}', 'l', {at}, {until}, null)",
        )
    open_and_close(database)
    rows = content(database)
    for table, operator in (("links", -2), ("sessions", -1)):
        ended = {row[1]: row[operator - 1] is not None for row in rows[table]}
        assert ended == {"管理员": True, "街路长01": False}, table
        assert not any(row[operator] for row in rows[table]), "nobody becomes the operator"


def test_a_copy_overwrites_no_other(tmp_path: Path, next_step) -> None:  # type: ignore[no-untyped-def]
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    unnoted(url)
    (tmp_path / "ledger.sqlite3.backup-0001").write_text("of another day")
    next_step()
    open_and_close(url)
    assert (tmp_path / "ledger.sqlite3.backup-0001").read_text() == "of another day"
    assert content(f"sqlite:///{tmp_path / 'ledger.sqlite3.backup-0001-2'}")["wishes"] == [("b", "p", "k", "c")]


def test_a_step_that_fails_leaves_everything_as_it_was(database: str, next_step) -> None:  # type: ignore[no-untyped-def]
    unnoted(database)
    before = content(database)
    next_step("op.execute('update nothing set x = 1')")
    with pytest.raises(Unusable, match=f"从 {upgrade.FIRST} 升级到 {NEXT}没有成功，还是原来的样子：.*nothing"):
        open_and_close(database)
    assert content(database) == before
    assert not database.startswith("sqlite") or not [name for name in copies(database) if "backup" in name]


def test_without_room_for_a_copy_nothing_is_changed(
    tmp_path: Path,
    next_step,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    unnoted(url)
    before = content(url)
    next_step()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Unusable, match=r"副本写不出来：.*No space left.*没有升级"):
        open_and_close(url)
    assert content(url) == before and not [name for name in copies(url) if "backup" in name]


OPEN = "import sys; from sync.ledger import upgrade; upgrade.open_database(sys.argv[1])"


def test_who_opens_a_database_while_another_makes_it_waits_and_finds_it_made(database: str) -> None:
    engine = open_engine(database)
    with ThreadPoolExecutor() as pool:
        with engine.begin() as db:
            upgrade._lock(db)
            opening = pool.submit(open_and_close, database)
            time.sleep(0.3)
            assert opening.running()
            upgrade._take(db, upgrade._config(db), "")
        opening.result(20)
    engine.dispose()
    assert differences(database, meta) == [] and content(database)["alembic_version"] == [(LAST,)]


def test_a_database_of_this_version_opens_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    open_and_close(url)
    told = subprocess.run([sys.executable, "-c", f"{OPEN}; print('alembic' in sys.modules)", url],
                          check=True, capture_output=True, text=True)  # fmt: skip
    assert told.stdout.strip() == "False"


def test_the_command_line_says_it_in_a_sentence(tmp_path: Path) -> None:
    shutil.copytree(make.HERE / "0.1" / "data", tmp_path / "data")
    environ = {"JIELU_DATA": str(tmp_path / "data"), "FORM_KEY": "a form tool's key"}
    assert CliRunner().invoke(main, ["check"], env=environ).exit_code == 0
    for name, change, words in (
        ("ledger.sqlite3", "update alembic_version set version_num = '0099'", "台账数据库"),
        ("workbook.sqlite3", "pragma user_version = 99", "工作簿文件"),
    ):
        with closing(sqlite3.connect(tmp_path / "data" / name)) as db, db:
            db.execute(change)
        done = CliRunner().invoke(main, ["check"], env=environ)
        assert done.exit_code == 2 and words in done.stderr and "请安装更新的 jielu" in done.stderr, done.output
