"""For all tests: where their files are, the order of the longest, and databases: SQLite always, a real PostgreSQL of
its own where one is installed."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import stores

# The same examples every time, so that a red build is about the change; JIELU_EXPLORE=1 looks for new ones.
hypothesis.settings.register_profile("jielu", derandomize=not os.environ.get("JIELU_EXPLORE"), deadline=None)
hypothesis.settings.load_profile("jielu")

# The longest files, the longest first: begun last, one of them would run alone while the other process is idle.
LONGEST = (
    "browser/test_grid_habits.py",
    "demo/test_month.py",
    "browser/test_forms.py",
    "simulation/test_quick.py",
    "browser/test_together.py",
    "bureaus/test_looking_after.py",
    "browser/test_pages.py",
    "sheets/test_covers.py",
    "ticks/test_service.py",
    "ticks/test_archive.py",
    "ticks/test_left_rows.py",
    "browser/test_grid_keys.py",
    "browser/test_grid.py",
    "workbook/clients/test_http.py",
    "demo/test_demo.py",
    "webhook/test_refusals.py",
    "bureaus/test_moving.py",
    "ticks/test_tick.py",
    "deaths/test_deaths.py",
    "core/test_worktime.py",
    "browser/test_first_steps.py",
)
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; a run holds some hundred MB at a time


def pytest_configure() -> None:
    """Temporary files in memory, where there is room: a third of the time was waiting for the disk, which confirms each
    of some hundred thousand commits. ``TMPDIR`` or ``--basetemp`` say otherwise. And as few sweeps of the garbage
    collector as the command ``jielu`` asks for."""
    gc.set_threshold(200_000, 500, 100)
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the longest files first, else as they were collected."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(LONGEST)))


def pytest_collection_finish() -> None:
    """What was imported stays, and no sweep need go through it."""
    gc.freeze()


def _has_room(folder: Path) -> bool:
    """Whether files can be written there and run, as programs of the tests are."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > ROOM


@pytest.fixture(scope="session", autouse=True)
def _the_clock_is_believed() -> Iterator[None]:
    """Tests give hours of their own; those about the clock (``tests/operations/test_clock.py``) take this back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.clock.kernel_is_synchronised", lambda: True)
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    return stores.new_database()
