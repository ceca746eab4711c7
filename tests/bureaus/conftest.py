"""A province of no bureaus yet, with its workbooks in SQLite or in the same PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import stores
from tests.bureaus.province import Province


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """Workbooks in PostgreSQL."""
    database = stores.new_database()
    return Province(tmp_path / "all", database, {"JIELU_WORKBOOK_DATABASE": database})


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, province: Province) -> Iterator[Province]:
    """Once with workbooks in files, once in PostgreSQL."""
    if request.param == "sqlite":
        province.environ = {}
    yield province
