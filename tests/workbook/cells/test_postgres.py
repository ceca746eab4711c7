"""What only the workbook in PostgreSQL has: spaces, connections that are lost, the tables of a database."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gspread
import psycopg
import pytest

from sync.workbook import transport
from sync.workbook.accounts import Accounts
from sync.workbook.cells import postgres, postgres_tables
from sync.workbook.cells.postgres import PostgresStore
from sync.workbook.cells.postgres_tables import UPGRADES, Step
from sync.workbook.cells.store import Unavailable
from sync.workbook.cells.upgrade import WrongVersion
from sync.workbook.server import Api
from tests import stores
from tests.postgres import Postgres
from tests.workbook.conftest import NOW

_names = (f"test-{number}" for number in itertools.count())
Opened = Callable[[], PostgresStore]


@pytest.fixture
def url() -> str:
    """A database of its own."""
    return stores.new_database()


@pytest.fixture
def opened() -> Iterator[Callable[..., PostgresStore]]:
    """Opens stores that are closed at the end."""
    made: list[PostgresStore] = []

    def open_it(url: str = "", space: str = "") -> PostgresStore:
        made.append(PostgresStore(url or stores.server().url, space or next(_names)))
        return made[-1]

    yield open_it
    for store in made:
        store.close()


def people(store: PostgresStore) -> gspread.Client:
    return gspread.Client(auth=None, session=transport.session(Api(store, lambda: NOW)))


def run(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        db.execute(statement.encode())


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Spaces


FILE = ("same-id", "台账", "", "2026-09-05", "2026-09-05", 1, b"[]", b"{}")
ACCOUNT = ("robot", "robot@x", "key", b"public")
TOKEN = ("digest", "robot@x", 10, True)
CHANNEL = ("robot@x", "channel", "same-id", "https://x", "", 10, 0, 0, 0, 0, 0)


def test_a_space_neither_sees_nor_changes_another_s(opened: Callable[..., PostgresStore]) -> None:
    """The same ids and names in two spaces, and every statement that changes or removes in one of them."""
    ours, others = opened(), opened()
    for store in (ours, others):
        with store.write() as tx:
            tx.save_file(FILE)
            tx.save_rows([((tx.add_sheet("same-id", b"{}") << 32) | 1, 1, False, b"[1]", None)])
            tx.save_account(ACCOUNT)
            tx.add_token(TOKEN)
            tx.add_channel(CHANNEL)

    def all_of(store: PostgresStore) -> list[object]:
        with store.read() as tx:
            sheets = tx.sheets("same-id")
            rows = [tx.row((key << 32) | 1) for key, *_ in sheets]
            return [tx.files(), sheets, rows, tx.accounts(), tx.tokens(), tx.channels(), tx.due_channels(5)]

    before = all_of(others)
    assert [len(listed) for listed in before if isinstance(listed, list)] == [1] * 7
    with ours.write() as tx:
        tx.save_file((*FILE[:1], "renamed", *FILE[2:]))
        [(key, *_)] = tx.sheets("same-id")
        tx.save_sheet(key, 7, 7, b"[7]")
        tx.save_channel((*CHANNEL[:6], 9, *CHANNEL[7:]))
        tx.save_account((*ACCOUNT[:2], "another", b"key"))
    assert all_of(others) == before
    with ours.write() as tx:
        tx.delete_file("same-id")
        tx.delete_tokens("robot@x")
        tx.drop_old_tokens(100)
        tx.delete_account("robot")
        tx.delete_channel("robot@x", "channel")
        tx.drop_old_channels(100)
    assert all_of(others) == before
    assert all_of(ours) == [[]] * 7


def test_accounts_of_one_name_are_two(opened: Callable[..., PostgresStore]) -> None:
    ours, others = Accounts(opened()), Accounts(opened())
    keys = [accounts.create("robot", "https://x/token")["private_key_id"] for accounts in (ours, others)]
    assert keys[0] != keys[1] and ours.names() == others.names() == ["robot"]
    assert ours.revoke("robot") and others.names() == ["robot"]


@pytest.mark.parametrize("space", ["", "a" * 41, "城管", "a b", "a'b", "a_b"])
def test_what_can_be_no_space_is_refused(space: str) -> None:
    with pytest.raises(ValueError, match="最多 40 个字符"):
        PostgresStore(stores.server().url, space)


def test_texts_with_a_null_character_are_kept_with_another_sign(opened: Callable[..., PostgresStore]) -> None:
    client = people(opened())
    client.create("a\0b").sheet1.update([["c\0d"]], "A1")
    assert [file["name"] for file in client.list_spreadsheet_files()] == ["a\ufffdb"]
    assert client.open("a\ufffdb").sheet1.acell("A1").value == "c\0d", "in cells it stays as it is"


# Several at once


def test_another_process_is_noticed(opened: Callable[..., PostgresStore]) -> None:
    """Two stores of one space, as two processes have them: what one wrote the other's feed does not know, and its
    reader looks anew."""
    ours = opened()
    other = opened(space=ours.space)
    book = people(ours).create("台账")
    version = [0, 0]
    with ours.feed.lock:
        ours.feed.since(book.id, 1, 1)
        version[0] = _version(ours, book.id)
    people(other).open_by_key(book.id).sheet1.update([["x"]], "A1")
    with ours.feed.lock:
        version[1] = _version(ours, book.id)
        assert ours.feed.since(book.id, version[0], version[1]) is None
    assert version[1] == version[0] + 1
    assert book.sheet1.acell("A1").value == "x"


def _version(store: PostgresStore, file_id: str) -> int:
    with store.read() as tx:
        record = tx.file(file_id)
        assert record is not None
        return int(record[5])


def test_a_reader_sees_one_state_while_others_write(opened: Callable[..., PostgresStore]) -> None:
    store = opened()
    with store.write() as tx:
        tx.save_file(FILE)
    with store.read() as reader:
        assert reader.files() == [FILE]
        with store.write() as tx:
            tx.save_file(("another", *FILE[1:]))
        assert reader.files() == [FILE]
    with store.read() as reader:
        assert len(reader.files()) == 2


def test_writers_of_a_space_wait_for_each_other_and_of_two_do_not(opened: Callable[..., PostgresStore]) -> None:
    store = opened()
    same, another = opened(space=store.space), opened()
    entered: list[str] = []

    def write(to: PostgresStore, name: str) -> None:
        with to.write() as tx:
            entered.append(name)
            tx.save_file((name, *FILE[1:]))

    with store.write() as tx:
        tx.save_file(FILE)
        waiting = threading.Thread(target=write, args=(same, "same"))
        waiting.start()
        write(another, "another")
        time.sleep(0.2)
        assert entered == ["another"]
    waiting.join(10)
    assert entered == ["another", "same"]
    with store.read() as tx:
        assert {record[0] for record in tx.files()} == {"same-id", "same"}


def test_a_writer_waits_no_longer_than_it_may(
    opened: Callable[..., PostgresStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LONGEST_WAIT", 1.0)
    store = opened()
    other = opened(space=store.space)
    with store.write(), pytest.raises(Unavailable), other.write():
        pass
    with other.write() as tx:
        tx.save_file(FILE)


def test_more_readers_than_connections_wait_for_one(opened: Callable[..., PostgresStore]) -> None:
    spaces = [opened() for _ in range(3)]
    for store in spaces:
        with store.write() as tx:
            tx.save_file(FILE)
    seen: list[int] = []

    def read(store: PostgresStore) -> None:
        with store.read() as tx:
            time.sleep(0.02)
            seen.append(len(tx.files()))

    threads = [threading.Thread(target=read, args=(spaces[n % 3],)) for n in range(5 * postgres.MOST_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == [1] * len(threads)


def test_who_gets_no_connection_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "MOST_CONNECTIONS", 2)
    monkeypatch.setattr(postgres, "LONGEST_WAIT", 0.2)
    store, other = PostgresStore(url, "a"), PostgresStore(url, "b")
    with store.read(), other.write(), pytest.raises(Unavailable, match="的 2 个连接都忙"), store.read():
        pass
    with store.read() as tx:
        assert tx.files() == []
    store.close()
    other.close()


# A server that goes away


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Postgres]:
    """A server that may be killed."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="jielu-pg-") as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


def test_after_a_restart_of_the_server_the_next_request_is_answered(
    own_server: Postgres, opened: Callable[..., PostgresStore]
) -> None:
    store = opened(own_server.url)
    client = people(store)
    book = client.create("台账")
    book.sheet1.update([["x"]], "A1")
    with store.read(), store.read():
        pass  # two connections wait idly
    own_server.stop()
    own_server.start()
    assert book.sheet1.acell("A1").value == "x"
    book.sheet1.update([["y"]], "A1")
    assert book.sheet1.acell("A1").value == "y"


def test_a_server_that_dies_under_a_change_leaves_nothing_of_it(
    own_server: Postgres, opened: Callable[..., PostgresStore]
) -> None:
    store = opened(own_server.url)
    with store.write() as tx:
        tx.save_file(FILE)
    with pytest.raises(Unavailable), store.write() as tx:
        tx.save_file(("another", *FILE[1:]))
        backends = own_server.backends()
        own_server.kill()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in backends))
    own_server.start()
    with store.write() as tx:
        assert tx.files() == [FILE]


def test_while_the_server_is_away_the_api_answers_503(
    own_server: Postgres, opened: Callable[..., PostgresStore]
) -> None:
    client = people(opened(own_server.url))
    book = client.create("台账")
    backends = own_server.backends()
    own_server.kill()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in backends))  # one may still answer
    for ask in (lambda: book.sheet1.get(), lambda: book.sheet1.update([["x"]], "A1")):
        with pytest.raises(gspread.exceptions.APIError) as refusal:
            ask()
        assert (refusal.value.code, refusal.value.error["status"]) == (503, "UNAVAILABLE")
    own_server.start()
    book.sheet1.update([["x"]], "A1")


# Opening


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(Unavailable, match=r"127.0.0.1/db 连接不上：") as trouble:
        PostgresStore("postgresql+psycopg://a:geheim@127.0.0.1:1/db", "a")
    assert "geheim" not in str(trouble.value)


def test_a_wrong_password_is_told_without_it(own_server: Postgres) -> None:
    run(own_server.url, "CREATE USER clerk PASSWORD 'right'")
    file = Path(own_server.folder, "db", "pg_hba.conf")
    file.write_text("host all clerk 127.0.0.1/32 scram-sha-256\n" + file.read_text())
    run(own_server.url, "SELECT pg_reload_conf()")
    url = own_server.url.replace("jielu@", "clerk:geheim@")
    with pytest.raises(Unavailable, match=r"连接不上.*password authentication failed") as trouble:
        PostgresStore(url, "a")
    assert "geheim" not in str(trouble.value)
    with pytest.raises(WrongVersion, match="没有成功，还是原来的样子：permission denied for database"):
        PostgresStore(url.replace("geheim", "right"), "a")


@pytest.mark.parametrize(
    "url",
    ["postgresql+asyncpg://a:geheim@127.0.0.1/db", "sqlite:///x", "geheim", "postgresql://a:geheim@x/db?nothing=1"],
)
def test_what_can_be_no_address_is_told_without_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="要写成 postgresql://") as trouble:
        PostgresStore(url, "a")
    assert "geheim" not in str(trouble.value)


def layout(url: str) -> frozenset[str]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
        return postgres_tables._layout(db)


def test_a_step_makes_what_it_says_and_nothing_else(url: str, opened: Callable[..., PostgresStore]) -> None:
    opened(url)
    assert layout(url) == frozenset[str]().union(*(step.makes for step in UPGRADES))


def test_opened_again_nothing_is_made_anew(url: str, opened: Callable[..., PostgresStore]) -> None:
    with opened(url, "a").write() as tx:
        tx.save_file(FILE)
    opened(url, "a").close()
    with opened(url, "a").read() as tx:
        assert tx.files() == [FILE]


def test_processes_make_the_tables_of_a_new_database_once() -> None:
    for level in ("read committed", "repeatable read"):
        url = stores.new_database()
        run(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_isolation = '{level}'")
        program = f"from sync.workbook.cells.postgres import PostgresStore; PostgresStore({url!r}, 'a').close()"
        started = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
        assert [process.wait(60) for process in started] == [0, 0, 0]


def test_a_newer_database_is_refused(url: str) -> None:
    PostgresStore(url, "a").close()
    run(url, "UPDATE workbook.version SET number = 99")
    with pytest.raises(WrongVersion, match=r"升级到 99，现在的程序只认识到 \d+，.*请安装更新的 jielu"):
        PostgresStore(url, "a")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DROP TABLE workbook.blocks", "表 blocks 的列 block"),
        ("DROP VIEW workbook.tokens", "视图 tokens 的列 digest"),
        ("DROP INDEX workbook.rows_with_formulas", "索引 rows_with_formulas"),
        ("ALTER TABLE workbook.rows DROP COLUMN extra", "表 rows 的列 extra"),
    ],
)
def test_what_was_lost_is_told_and_not_made(url: str, change: str, words: str) -> None:
    PostgresStore(url, "a").close()
    run(url, change)
    before = layout(url)
    with pytest.raises(WrongVersion, match=f"缺少.*{words}.*没有补建"):
        PostgresStore(url, "a")
    assert layout(url) == before


def test_an_older_database_is_brought_up_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PostgresStore(url, "a").close()
    made = frozenset({"表 all_files 的列 note"})
    more = Step(("ALTER TABLE all_files ADD COLUMN note text",), made)
    monkeypatch.setattr(postgres_tables, "UPGRADES", (*UPGRADES, more))
    for _ in range(2):
        PostgresStore(url, "a").close()
    assert made < layout(url)


def test_a_step_that_fails_leaves_everything_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PostgresStore(url, "a").close()
    before = layout(url)
    broken = Step(("ALTER TABLE all_files ADD COLUMN note text", "UPDATE nothing SET x = 1"), frozenset())
    monkeypatch.setattr(postgres_tables, "UPGRADES", (*UPGRADES, broken))
    with pytest.raises(WrongVersion, match=r"没有成功，还是原来的样子：.*nothing"):
        PostgresStore(url, "a")
    assert layout(url) == before


def test_a_database_that_can_hold_no_chinese_is_refused(url: str) -> None:
    name = next(_names)
    run(url, f"CREATE DATABASE \"{name}\" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    with pytest.raises(WrongVersion, match="编码是 LATIN1"):
        PostgresStore(f"{url.rpartition('/')[0]}/{name}", "a")


def test_connections_end_with_the_last_store(url: str) -> None:
    first, second = PostgresStore(url, "a"), PostgresStore(url, "b")
    first.close()
    first.close()
    with second.read() as tx:
        assert tx.files() == []
    with pytest.raises(Unavailable), first.read():
        pass
    second.close()
    assert not [conninfo for conninfo in postgres._databases if url.rpartition("/")[2] in conninfo]
