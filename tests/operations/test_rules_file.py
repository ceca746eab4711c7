"""The rules file may be changed at any time by a person, and counts from the next request on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.service import Service
from sync.settings import Settings
from tests import stores
from tests.book import ROOT

TEXT = (ROOT / "rules.toml").read_text("utf-8")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    rules = tmp_path / "rules.toml"
    rules.write_text(TEXT, "utf-8")
    environment = {"JIELU_DATA": str(tmp_path / "data"), "JIELU_RULES": str(rules), "JIELU_SECRET": "s"}
    made = Service(Settings.read(environment | stores.settings(tmp_path / "data")))
    yield made
    made.close()


def notable(service: Service) -> int:
    """From which occurrence on an issue is more than chance."""
    return service.rules().repeat.notable


def write(service: Service, notable: int, changed: float) -> None:
    """The file with another number of one digit, and when it says that it was changed (seconds since 1970)."""
    assert TEXT.count("\nnotable = 3 ") == 1
    service.rules_file.write_text(TEXT.replace("\nnotable = 3 ", f"\nnotable = {notable} "), "utf-8")
    os.utime(service.rules_file, (changed, changed))


def test_a_change_counts_though_the_file_is_as_long_and_bears_the_same_hour_as_before(service: Service) -> None:
    """Some file systems note the hour in steps of two seconds."""
    now = time.time()
    write(service, 3, now)
    assert notable(service) == 3
    write(service, 4, now)
    assert notable(service) == 4


def test_a_change_counts_though_the_file_that_comes_is_older(service: Service) -> None:
    write(service, 3, time.time() - 60)
    assert notable(service) == 3
    write(service, 4, time.time() - 3600)
    assert notable(service) == 4


def test_a_file_that_nobody_changed_is_not_read_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    write(service, 3, time.time() - 60)
    service.rules()
    read: list[Path] = []
    monkeypatch.setattr(Service, "rules_text", lambda self: read.append(self.rules_file))
    assert notable(service) == 3 and not read
