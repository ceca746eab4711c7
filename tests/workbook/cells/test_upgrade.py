"""The workbook's file comes up to this version by its steps, or is left as it was."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sync.workbook.cells import upgrade
from sync.workbook.cells.store import Store
from tests.data.versions import make


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the workbook that 0.1 made."""
    return Path(shutil.copy(make.HERE / "0.1" / "data" / "workbook.sqlite3", tmp_path))


def dump(file: Path) -> tuple[int, list[str]]:
    """``user_version``, and all tables with their rows as SQL."""
    with closing(sqlite3.connect(file)) as db:
        return db.execute("PRAGMA user_version").fetchone()[0], list(db.iterdump())


def run(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(statement)


def open_and_close(file: Path) -> None:
    Store(file).close()


def beside(file: Path) -> list[str]:
    return sorted(other.name for other in file.parent.iterdir() if other != file)


@pytest.fixture
def next_step(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Adds a step to those that there are, which ends with ``more``."""

    def add(more: str = "SELECT 1") -> None:
        def step(db: sqlite3.Connection) -> None:
            db.execute("ALTER TABLE files ADD COLUMN note TEXT")
            db.execute("UPDATE files SET note = 'new'")
            db.execute(more)

        monkeypatch.setattr(upgrade, "STEPS", (*upgrade.STEPS, step))

    return add


def test_a_new_file_has_all_steps(tmp_path: Path) -> None:
    open_and_close(tmp_path / "new.sqlite3")
    assert dump(tmp_path / "new.sqlite3")[0] == len(upgrade.STEPS) >= 1


def test_the_first_step_is_what_0_1_made(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db, closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        upgrade.STEPS[0](new)
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        made, was = ([(name, "".join(sql.split())) for name, sql in source.execute(query)] for source in (new, db))
    assert made == was and len(was) > 8


def test_a_file_of_0_1_is_recognised_and_noted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "STEPS", upgrade.STEPS[:1])
    version, content = dump(file)
    assert version == 0
    open_and_close(file)
    assert dump(file) == (1, content) and beside(file) == []


def test_a_newer_file_is_refused_and_nothing_is_touched(file: Path) -> None:
    run(file, "PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(upgrade.WrongVersion, match=r"升级到 99，现在的程序只认识到 \d+，.*请安装更新的 jielu"):
        open_and_close(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "0.1"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DROP TABLE tokens", "表 tokens 的列 digest"),
        ("DROP INDEX rows_with_formulas", "索引 rows_with_formulas"),
        ("ALTER TABLE rows DROP COLUMN extra", "表 rows 的列 extra"),
    ],
    ids=["table", "index", "column"],
)
def test_what_was_lost_is_told_and_not_made(file: Path, change: str, words: str, noted: bool) -> None:
    if noted:
        open_and_close(file)
    run(file, change)
    before = dump(file)
    with pytest.raises(upgrade.WrongVersion, match=f"缺少.*{words}.*没有补建"):
        open_and_close(file)
    assert dump(file) == before


def test_an_older_file_is_brought_up_and_copied_before(file: Path, next_step) -> None:  # type: ignore[no-untyped-def]
    before = dump(file)
    next_step()
    open_and_close(file)
    version, content = dump(file)
    assert version == len(upgrade.STEPS) >= 2 and any("'new'" in line for line in content)
    assert beside(file) == ["workbook.sqlite3.backup-1"]
    assert dump(file.with_name("workbook.sqlite3.backup-1")) == before
    open_and_close(file)
    assert dump(file) == (version, content) and len(beside(file)) == 1


def test_a_step_that_fails_leaves_everything_as_it_was(file: Path, next_step) -> None:  # type: ignore[no-untyped-def]
    open_and_close(file)
    before, names = dump(file), beside(file)
    next_step("UPDATE nothing SET x = 1")
    with pytest.raises(upgrade.WrongVersion, match=r"没有成功，还是原来的样子：.*nothing"):
        open_and_close(file)
    assert dump(file) == before and beside(file) == names


def test_what_was_lost_before_an_upgrade_is_told_and_nothing_is_changed(file: Path, next_step) -> None:  # type: ignore[no-untyped-def]
    open_and_close(file)
    run(file, "DROP TABLE tokens")
    before, names = dump(file), beside(file)
    next_step()
    with pytest.raises(upgrade.WrongVersion, match=r"缺少 表 tokens 的列 digest"):
        open_and_close(file)
    assert dump(file) == before and beside(file) == names


def test_numbers_that_were_not_finite_are_shown_as_what_they_were(file: Path) -> None:
    """0.1 kept them as null, and no read of the tab was answered any more."""
    run(file, "UPDATE rows SET vals = CAST('[1,null,\"null\",null]' AS BLOB) WHERE id = (SELECT min(id) FROM rows)")
    open_and_close(file)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT vals FROM rows ORDER BY id").fetchone()[0] == b'[1,"#NUM!","null","#NUM!"]'
        assert {writes for (writes,) in db.execute("SELECT writes FROM tokens")} <= {1}
