"""Photos outlive the ledger: what is known of each stands beside it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sync.core.sheet.values.photos import Photo
from sync.intake import photo_records
from sync.ledger.ledger import Ledger
from sync.ledger.received.submissions import Submissions
from sync.service import Service
from sync.settings import Settings
from tests.book import ZONE
from tests.intake.test_forms import ISSUE, body, post, upload
from tests.intake.test_photos import jpeg, scene
from tests.web_server import WebServer, web_server

AT = datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)
TAKEN = Photo("a" * 40, "街路长01", AT, "r", "px", 1, 10, 20, 99, "2026-11-24 09:29", (30.1, 112.2))
OF_PUBLIC = Photo("b" * 40, "digest", AT, "r", "other", 2, 10, 20, 99, public=True)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def ledger(folder: Path) -> Ledger:
    folder.mkdir(exist_ok=True)
    return Ledger(f"sqlite:///{folder / 'ledger.sqlite3'}", "book", ZONE)


def test_a_bureau_that_lost_its_ledger_still_shows_the_photos_of_its_issues(web: WebServer) -> None:
    chief = web.enter("街路长01")
    photo = upload(web, chief, jpeg(scene(1))).json()["photo"]
    assert post(web, chief, "issues", body(ISSUE, photos=(photo,))).status_code == 201
    web.tick()
    known = web.service.ledger.memory().photos
    web.service.ledger.engine.dispose()
    data = web.folder / "without ledger"
    shutil.copytree(web.folder / "data", data, ignore=shutil.ignore_patterns("ledger*"))
    with web_server(web.folder / "again", cast=False, JIELU_DATA=str(data)) as again:
        again.tick()
        for person, status in (("街路长01", 200), ("标准化办01", 200), ("街路长02", 404)):
            assert again.enter(person).get(f"{again.url}/photos/{photo}", timeout=10).status_code == status, person
        assert again.service.ledger.memory().photos == known


def test_a_new_ledger_takes_in_what_stands_beside_the_photos(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for photo in (TAKEN, OF_PUBLIC):
        photo_records.save(folder, photo, Submissions(ledger(tmp_path / "lost")))
    (folder / "cc").mkdir()
    (folder / "cc" / f"{'c' * 40}.json").write_text("{half", "utf-8")
    shutil.copy(photo_records.record_path(folder, TAKEN.id), folder / "cc" / f"{'d' * 40}.json")  # of another photo
    new = ledger(tmp_path / "new")
    photo_records.exchange(new, folder)
    assert Submissions(new).photos() == {TAKEN.id: TAKEN, OF_PUBLIC.id: replace(OF_PUBLIC, person="")}


def test_photos_that_came_before_there_were_records_get_theirs_once(tmp_path: Path) -> None:
    folder, old = tmp_path / "photos", ledger(tmp_path / "old")
    Submissions(old).add_photo(TAKEN)
    photo_records.exchange(old, folder)
    record = photo_records.record_path(folder, TAKEN.id)
    assert Submissions(old).photo_of(record.read_text("utf-8")) == TAKEN
    record.unlink()
    photo_records.exchange(old, folder)
    assert not record.exists()


def test_a_disk_that_takes_no_record_stops_no_look(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(Settings.read({"JIELU_DATA": str(tmp_path / "data"), "JIELU_SECRET": "secret"}))
    Submissions(service.ledger).add_photo(TAKEN)
    blocked = photo_records.record_path(tmp_path / "data" / "photos", TAKEN.id).parent
    blocked.parent.mkdir()
    blocked.write_text("a file where the folder is to be", "utf-8")
    with pytest.raises(Exception, match="jielu init"):  # the look itself began: there is no workbook yet
        service.ticks(AT)
    assert "exchanging the records of photos" in caplog.text
    blocked.unlink()
    with pytest.raises(Exception, match="jielu init"):
        service.ticks(AT + timedelta(minutes=1))
    assert photo_records.record_path(tmp_path / "data" / "photos", TAKEN.id).exists()
    service.close()
