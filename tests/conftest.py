"""Databases for the tests: SQLite always, a real PostgreSQL of its own where one is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import stores

# The same examples every time, so that a red build is about the change; JIELU_EXPLORE=1 looks for new ones.
hypothesis.settings.register_profile("jielu", derandomize=not os.environ.get("JIELU_EXPLORE"), deadline=None)
hypothesis.settings.load_profile("jielu")


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
