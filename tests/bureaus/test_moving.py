"""A bureau moves in from a single process's data folder and out again: what it exports is the same each time."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from sync.bureaus import moving, registry
from sync.cli.main import main
from sync.ledger.bureaus import bureau_rows
from sync.ledger.bureaus.bureaus import LOOK, Bureaus
from sync.ledger.ledger import Ledger
from sync.service import Service
from sync.settings import Settings, SettingsError
from sync.workbook.cells.moving import is_filled
from tests.bureaus.province import Province
from tests.data.versions import make

VERSION = make.HERE / "0.2"
MADE = json.loads((VERSION / "made.json").read_text("utf-8"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The data folder of a single process: a sealed month, letters, an archive, photos."""
    shutil.copytree(VERSION / "data", tmp_path / "single" / "data")
    (tmp_path / "single" / ".env").write_text("".join(f"{k}='{v}'\n" for k, v in MADE["environment"].items()))
    return tmp_path / "single" / "data"


def jielu(environ: dict[str, str], *words: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, list(words), env={"JIELU_SECRET": "", **environ})
    assert done.exit_code == status, done.output
    return done.output


def exported(environ: dict[str, str], file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What ``jielu export`` writes, sheet by sheet; of the sealed month it says that it verifies."""
    jielu(environ, "export", str(file))
    jielu(environ, "verify", MADE["month"])
    jielu(environ, "verify", MADE["month"], "--file", str(file))
    book = openpyxl.load_workbook(file, read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def held(environ: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of its ledger, without the numbers that a database counts by, and each letter's content."""
    service = Service(Settings.read(environ))
    tables: dict[str, list[tuple[Any, ...]]] = {}
    with service.ledger.engine.connect() as db:
        for table in bureau_rows.TABLES:
            columns = [column for column in table.columns if column.autoincrement is not True]
            rows = db.execute(sa.select(*columns).where(table.c.bureau == service.workbook))
            tables[table.name] = sorted((tuple(row) for row in rows), key=str)
    letters = service.ledger.memory().letters
    assert letters
    tables["documents"] = [(key, service.docx(letter)) for key, letter in sorted(letters.items())]
    service.close()
    return tables


def digests(folder: Path) -> dict[str, str]:
    """What stands in each file of a data folder that is no database's."""
    files = [file for file in folder.rglob("*") if file.is_file() and ".sqlite3" not in file.name]
    mine = [file for file in files if file.name not in (".env", "moved.txt")]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in mine}


def test_what_a_bureau_exports_is_the_same_before_and_after_in_and_out(
    either: Province, source: Path, tmp_path: Path
) -> None:
    single = {**MADE["environment"], "JIELU_DATA": str(source)}
    reference = tmp_path / "reference"
    shutil.copytree(source, reference)
    before = exported({**single, "JIELU_DATA": str(reference)}, tmp_path / "before.xlsx")
    ledger_before = held({**single, "JIELU_DATA": str(reference)})
    common = dict(either.folders.common)

    jielu(common, "bureaus", "move-in", "xidu", "--from", str(source), "--env", str(source.parent / ".env"))
    among_many = either.folders.environ("xidu")
    assert among_many["FORM_KEY"] == MADE["environment"]["FORM_KEY"]
    assert exported(among_many, tmp_path / "among.xlsx") == before
    assert held(among_many) == ledger_before
    assert digests(either.folders.folder("xidu")) == digests(reference) == digests(source)
    assert "移到了" in jielu(single, "tick", status=2), "nobody goes on there by mistake"

    target = tmp_path / "out"
    jielu(common, "bureaus", "move-out", "xidu", "--to", str(target))
    alone = {**MADE["environment"], "JIELU_DATA": str(target)}
    assert exported(alone, tmp_path / "after.xlsx") == before
    assert held(alone) == ledger_before
    assert digests(target) == digests(reference)
    listed = json.loads(jielu(common, "bureaus", "list", "--json"))["bureaus"]
    assert [bureau["moved_to"] for bureau in listed] == [str(target)]

    folder = either.folders.folder("xidu")
    folder.rename(folder.with_name("xidu.moved"))
    jielu(common, "bureaus", "move-in", "xidu", "--from", str(target))
    assert exported(either.folders.environ("xidu"), tmp_path / "again.xlsx") == before


def test_a_bureau_that_moved_in_goes_on_and_its_neighbour_stays_as_it_was(province: Province, source: Path) -> None:
    province.add("beidu")
    province.report("beidu", "垃圾")
    made = province.worker()
    made.work("beidu", LOOK)
    neighbour = province.numbers("beidu")
    moving.move_in(province.folders, "xidu", source, source.parent / ".env")
    made.work("xidu", LOOK)
    with province.registry() as there:
        work = there.work("xidu", LOOK)
        assert work is not None and work.went is not None and work.tries == 0
    made.close()
    assert province.numbers("beidu") == neighbour


class Broken(RuntimeError):
    pass


@pytest.mark.parametrize("place", ["ledger", "registry", "rename"])
def test_a_move_that_fails_leaves_nothing_behind(
    province: Province, source: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise Broken

    before = digests(source)
    with monkeypatch.context() as patch:
        if place == "ledger":
            patch.setattr(bureau_rows, "copy_rows", fail)
        elif place == "registry":
            patch.setattr(moving, "register", fail)
        else:
            patch.setattr(Path, "rename", lambda self, to: fail() if self.name.endswith(".part") and to.name == "xidu"
                          else shutil.move(self, to))  # fmt: skip
        with pytest.raises(Broken):
            moving.move_in(province.folders, "xidu", source, source.parent / ".env")
    assert digests(source) == before and not (source / "moved.txt").exists()
    assert list(province.root.iterdir()) == []
    with province.registry() as there, there.engine.connect() as db:
        assert there.all() == [] == there.works()
        assert not bureau_rows.is_held(db, (source / "workbook.id").read_text().strip())
    province.root.joinpath("xidu").mkdir()
    with province.service("xidu") as service:
        assert not is_filled(service.store)
    province.root.joinpath("xidu").rmdir()
    moving.move_in(province.folders, "xidu", source, source.parent / ".env")


def test_what_must_not_be_moved_is_refused(province: Province, source: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(SettingsError, match="单个局的数据文件夹"):
        moving.move_in(province.folders, "xidu", empty)
    (source / "running.url").write_text("http://127.0.0.1:1")
    with pytest.raises(SettingsError, match="先停下"):
        moving.move_in(province.folders, "xidu", source)
    (source / "running.url").unlink()
    copy = tmp_path / "copy"
    shutil.copytree(source, copy)
    moving.move_in(province.folders, "xidu", source, url="https://x.example")
    with pytest.raises(SettingsError, match="已经移走"):
        moving.move_in(province.folders, "beidu", source)
    with pytest.raises(SettingsError, match="已经在这里"):
        moving.move_in(province.folders, "beidu", copy)
    with pytest.raises(SettingsError, match="已经是「xidu」的"):
        registry.add(province.folders, "beidu", "https://X.example")
    with pytest.raises(SettingsError, match="已经登记过"):
        other = province.folders.folder("gone")
        province.add("gone")
        other.rename(tmp_path / "gone")
        registry.add(province.folders, "gone", "")
    with pytest.raises(SettingsError, match="换一个"):
        moving.move_in(province.folders, "gone", copy)
    with pytest.raises(SettingsError, match="已经有东西"):
        moving.move_out(province.folders, "xidu", copy)


def test_a_move_out_that_fails_lets_the_bureau_go_on(
    province: Province, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.move_in(province.folders, "xidu", source, source.parent / ".env")
    with monkeypatch.context() as patch:
        patch.setattr(bureau_rows, "to_file", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            moving.move_out(province.folders, "xidu", tmp_path / "out")
    assert not (tmp_path / "out").exists() and not (province.folders.folder("xidu") / "moved.txt").exists()
    with province.registry() as there:
        assert registry.demand(there, "xidu").is_active


def test_a_backup_of_one_of_many_holds_its_own_ledger_alone(
    province: Province, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    province.add("beidu")
    province.report("beidu", "别人的垃圾")
    made = province.worker()
    made.work("beidu", LOOK)
    made.close()
    moving.move_in(province.folders, "xidu", source, source.parent / ".env")
    environ = province.folders.environ("xidu")
    jielu(environ, "backup", "--to", str(tmp_path / "backups"))
    (backup,) = (tmp_path / "backups").glob("jielu-*")
    target = tmp_path / "restored"
    alone = {**MADE["environment"], "JIELU_DATA": str(target)}
    jielu(alone, "restore-backup", str(backup))
    mine = held(environ)
    assert {name: rows for name, rows in held(alone).items() if name != "facts"} == {
        name: rows for name, rows in mine.items() if name != "facts"
    }
    ledger = Ledger(f"sqlite:///{target / 'ledger.sqlite3'}", "x", province_zone(alone))
    with ledger.engine.connect() as db:
        assert len(set(db.execute(sa.text("select bureau from rows")).scalars())) == 1
        assert Bureaus(ledger.engine).all() == []
    ledger.close()


def province_zone(environ: dict[str, str]) -> Any:
    service = Service(Settings.read(environ))
    zone = service.rules().bureau.zone
    service.close()
    return zone
