"""A bureau moves in, from the data folder of a single process among many, or out again. All of it, or nothing.

Where it came from nothing is changed but for a mark, so that no process goes on there by mistake.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sync.backup import copy_sqlite
from sync.bureaus import registry
from sync.bureaus.folders import COMMON, ENV, Folders
from sync.ledger.bureaus import bureau_rows
from sync.ledger.bureaus.bureaus import Bureaus, register
from sync.ledger.copying import FILE as LEDGER
from sync.operations.backups import WORKBOOK_ID, between_looks
from sync.service import DELIVERY, Service
from sync.settings import MOVED, Settings, SettingsError, read_env
from sync.sheets import own_store
from sync.workbook.cells.moving import clear_space

LEFT_BEHIND = (f"{LEDGER}*", f"{own_store.FILE}*", "running.url", MOVED, "*.part", ENV)
SETTLE_SECONDS = 2.0  # for requests that began before the mark was there


def move_in(folders: Folders, code: str, source: Path, own: Path | None = None, url: str = "") -> dict[str, int]:
    """Take a bureau in from a data folder that no process works with; how many rows of its ledger, by table.

    ``own``: the ``.env`` of the single process, for what is the bureau's own; ``url``: its address from now on. Raises
    ``SettingsError``.
    """
    settings = _source_settings(source, own, url)
    folder = registry.check_new(folders, code, settings["JIELU_URL"])
    with _marked(source, f"移到了 {folders.root} 的「{code}」"), _part(folder) as part:
        _copy_files(source, part)
        registry.write_env(part / ENV, {key: value for key, value in settings.items() if value})
        workbook = _workbook_of(part, settings)
        copy_sqlite(source / LEDGER, part / LEDGER)
        if (source / own_store.FILE).exists():
            copy_sqlite(source / own_store.FILE, part / own_store.FILE)
        with registry.queue_of(folders), registry.opened(folders) as there:
            _demand_free(there, code, workbook)
            with _workbook_in(folders, code, part):
                return _ledger_in(there, code, workbook, part, folder)


def _source_settings(source: Path, own: Path | None, url: str) -> dict[str, str]:
    """What is the bureau's own. Raises ``SettingsError`` where the folder can't be moved."""
    if not (source / LEDGER).exists():
        raise SettingsError(f"{source} 里没有 {LEDGER}：要移的是单个局的数据文件夹（台账在 SQLite 里的）。")
    if (source / MOVED).exists():
        raise SettingsError(f"{source} 已经移走：{(source / MOVED).read_text('utf-8').strip()}。")
    if (source / "running.url").exists():
        raise SettingsError(
            f"{source} 还有 jielu run 在用（里面有 running.url）。请先停下它；已经停了的，删掉这个文件。"
        )
    if own is not None and not own.exists():
        raise SettingsError(f"没有 {own} 这个文件。")
    values = read_env(own or source / ENV)
    mine = {key: value for key, value in values.items() if key not in (*COMMON, "JIELU_DATA", "JIELU_BUREAU")}
    return {**mine, "JIELU_URL": (url or mine.get("JIELU_URL", "")).rstrip("/")}


def _workbook_of(part: Path, settings: Mapping[str, str]) -> str:
    """What the ledger calls the bureau. Raises ``SettingsError`` where that is not known."""
    given = Settings.read({**settings, "JIELU_DATA": str(part)}).workbook
    if given:
        return given
    if not (part / WORKBOOK_ID).exists():
        raise SettingsError("文件夹里没有 workbook.id；用 Google 表格的局，用 --env 指出写着 JIELU_WORKBOOK 的 .env。")
    return (part / WORKBOOK_ID).read_text("utf-8").strip()


def _demand_free(there: Bureaus, code: str, workbook: str) -> None:
    """Raises ``SettingsError`` where the bureau is here already, or the code is another's, who may have moved out."""
    for bureau in there.all():
        if bureau.workbook == workbook and not bureau.moved_to:
            raise SettingsError(f"这个局已经在这里，代码是「{bureau.code}」。")
        if bureau.code == code and bureau.workbook != workbook:
            raise SettingsError(f"代码「{code}」是别的局用过的，请换一个。")


@contextmanager
def _workbook_in(folders: Folders, code: str, part: Path) -> Iterator[None]:
    """The workbook in its place while the block runs, and where that ends well; else it is taken away again."""
    settings = folders.settings(code)
    file = part / own_store.FILE
    if not settings.workbook_database or not file.exists():
        yield
        return
    with closing(own_store.open_store(settings)) as store:
        clear_space(store)  # of a bureau that was moved out; one that is here has a folder, which was looked for
        own_store.copy_in(file, store, over=False)
        file.unlink()
        try:
            yield
        except BaseException:
            clear_space(store)
            raise


def _ledger_in(there: Bureaus, code: str, workbook: str, part: Path, folder: Path) -> dict[str, int]:
    """Copy the ledger and register the bureau in one transaction, which ends with its folder in place."""
    was_here = any(bureau.workbook == workbook for bureau in there.all())
    try:
        with bureau_rows.from_file(part / LEDGER, there.engine, workbook, over=was_here) as (db, counts):
            register(db, code, workbook, datetime.now(UTC))
            for file in part.glob(f"{LEDGER}*"):
                file.unlink()
            part.rename(folder)
    except bureau_rows.Taken as error:
        raise SettingsError(f"数据库里已经有 {workbook} 的台账，但是没有登记。请先弄清楚它是谁的。") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return counts


def move_out(folders: Folders, code: str, target: Path) -> dict[str, int]:
    """Write a bureau into a data folder for a single process; how many rows of its ledger, by table. Here it is done
    nothing for any more. Raises ``SettingsError``."""
    if target.exists() and any(target.iterdir()):
        raise SettingsError(f"{target} 里已经有东西，没有移出。请给一个还没有的文件夹。")
    with registry.opened(folders) as there:
        bureau = registry.demand(there, code)
        if bureau.moved_to:
            raise SettingsError(f"「{code}」已经移出到 {bureau.moved_to}。")
        folder = folders.folder(code)
        with _marked(folder, f"移到了 {target.absolute()}"), _part(target) as part, _resting(there, code):
            _copy_files(folder, part)
            shutil.copy(folder / ENV, part / ENV)  # with its mode: nobody else may read it
            with closing(Service(folders.settings(code))) as service:
                time.sleep(SETTLE_SECONDS)
                with between_looks(service), service.ledger.turn(DELIVERY):
                    counts = _databases_out(service, part)
            if target.exists():
                target.rmdir()
            part.rename(target)
            there.move_out(code, str(target.absolute()))
    return counts


def _databases_out(service: Service, part: Path) -> dict[str, int]:
    if service.embedded:
        own_store.copy_out(service.store, part / own_store.FILE)
    return bureau_rows.to_file(service.ledger.engine, part / LEDGER, service.workbook)


@contextmanager
def _resting(there: Bureaus, code: str) -> Iterator[None]:
    """No worker begins anything for the bureau during the block; after it, unless it was moved out, they go on."""
    was_active = registry.demand(there, code).is_active
    if was_active:
        there.pause(code, datetime.now(UTC), "jielu", "正在移出")
    try:
        yield
    finally:
        if was_active:
            there.resume(code, datetime.now(UTC))


@contextmanager
def _marked(folder: Path, words: str) -> Iterator[None]:
    """The folder is marked as moved from now on, and stays so where the block ends well."""
    mark = folder / MOVED
    mark.write_text(f"{words}（{datetime.now().astimezone():%Y-%m-%d %H:%M}）\n", "utf-8")
    try:
        yield
    except BaseException:
        mark.unlink(missing_ok=True)
        raise


@contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """A new folder beside ``folder``, to be renamed in the block; what is left of it goes."""
    part = folder.with_name(f".{folder.name}-{uuid4().hex}.part")
    try:
        part.mkdir(parents=True, mode=0o700)
        yield part
    except OSError as error:
        raise SettingsError(f"没有移动，什么也没有改：{error.strerror or error}。") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy_files(source: Path, part: Path) -> None:
    """Rules, photos, keys and all else of a data folder but its databases."""
    shutil.copytree(
        source, part, ignore=shutil.ignore_patterns(*LEFT_BEHIND), dirs_exist_ok=True, copy_function=_copied
    )


def _copied(source: str, target: str) -> str:
    shutil.copyfile(source, target)
    os.chmod(target, 0o600)  # noqa: PTH101 - shutil hands strings
    return target
