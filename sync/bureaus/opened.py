"""The bureaus that a process has open: the last used ones, so that each look need not begin by reading all anew."""

from __future__ import annotations

import gc
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from sync.bureaus.folders import ENV, Folders
from sync.operations.backups import WORKBOOK_ID
from sync.service import Service
from sync.settings import MOVED, Settings, SettingsError
from sync.sheets import own_store
from sync.workbook.cells.store import AnyStore

LEAST_OPEN = 4
PAGE_BYTES = 4096

FileState = tuple[int, int] | None

Made = TypeVar("Made")
log = logging.getLogger(__name__)


@dataclass
class Opened(Generic[Made]):
    """An open bureau, and what the process makes of it once. ``of``: the state of the file that it was opened by."""

    service: Service
    made: Made
    of: FileState
    users: int = 0
    wanted: bool = False  # it is worth to stay open


@dataclass
class OpenBureaus(Generic[Made]):
    """At most ``most`` open bureaus, fewer where the process needs more than ``most_bytes``; those in use stay.

    ``registered`` is told of each that is opened, with its workbook, and raises ``SettingsError`` for one that is none
    of ours. ``make`` gives what is made of a service once. It opens nothing yet: others wait for it.
    """

    folders: Folders
    registered: Callable[[str, str], None]
    make: Callable[[Service], Made]
    most: int = 64
    most_bytes: int = 0  # 0: any
    _open: OrderedDict[str, Opened[Made]] = field(default_factory=OrderedDict)
    _held: AnyStore | None = field(default=None, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Raises ``SettingsError`` where the workbooks' database does not answer. Its connections stay open: the
        bureaus that come and go would each make their own."""
        if self.folders.common.get("JIELU_WORKBOOK_DATABASE"):
            self._held = own_store.open_store(Settings.read({**self.folders.common, "JIELU_BUREAU": "none"}))

    @contextmanager
    def use(self, code: str, *, passing: bool = False) -> Iterator[Opened[Made]]:
        """The bureau, open while the block runs. Raises what opening it raises. ``passing``: it stays open afterwards
        only where it is ``wanted`` by then: what is asked for a moment puts no other out."""
        opened = self._taken(code)
        opened.wanted |= not passing
        try:
            yield opened
        finally:
            with self._lock:
                opened.users -= 1
                self._leave(code, opened, passing=passing)
                self._shrink()

    def _taken(self, code: str) -> Opened[Made]:
        of = _state(self.folders.folder(code) / ENV)
        with self._lock:
            opened = self._open.get(code)
            if opened is None or opened.of != of:
                if opened is not None:
                    self._drop(code)
                settings = self.folders.settings(code)
                workbook = settings.workbook or _stored_workbook(settings.data)
                self.registered(code, workbook)
                service = Service(settings, known_workbook="" if settings.workbook else workbook)
                opened = self._open[code] = Opened(service, self.make(service), of)
            opened.users += 1
            return opened

    def _leave(self, code: str, opened: Opened[Made], *, passing: bool) -> None:
        if opened.users:
            return
        if self._open.get(code) is not opened:  # its settings changed meanwhile
            opened.service.close()
        elif not opened.wanted:
            self._drop(code)
        elif not passing:
            self._open.move_to_end(code)

    def _shrink(self) -> None:
        """Close those that were used the longest ago."""
        if self.most_bytes and resident_bytes() > self.most_bytes and self.most > LEAST_OPEN:
            self.most = max(LEAST_OPEN, min(self.most, len(self._open)) * 3 // 4)
            log.warning("the process needs much memory: %s bureaus stay open from now on", self.most)
        before = len(self._open)
        for code in list(self._open)[: max(0, before - self.most)]:
            if not self._open[code].users:
                self._drop(code)
        if before - len(self._open) > 1:
            gc.collect()

    def _drop(self, code: str) -> None:
        opened = self._open.pop(code)
        if not opened.users:
            opened.service.close()

    def close(self) -> None:
        """Close all that nobody uses."""
        with self._lock:
            for code in list(self._open):
                self._drop(code)
            if self._held is not None:
                self._held.close()


def _stored_workbook(folder: Path) -> str:
    """The id of a bureau's embedded workbook. Raises ``SettingsError`` where nothing says it: of a folder that is gone
    for now no new bureau is made."""
    if (folder / MOVED).exists():
        raise SettingsError(f"{folder} 里的台账已经移走：{(folder / MOVED).read_text('utf-8').strip()}。")
    file = folder / WORKBOOK_ID
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{file} 读不到：{error.strerror}。请检查 JIELU_BUREAUS 的磁盘。") from error


def _state(file: Path) -> FileState:
    """What changes when a file does; None where there is none."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def resident_bytes() -> int:
    """How much memory this process has; 0 where that is not told."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0
