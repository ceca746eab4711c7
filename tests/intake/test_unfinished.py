"""Unfinished uploads: they resume, never take more room than they may, and are gone when nobody goes on with them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from sync.intake import unfinished
from sync.intake.unfinished import BLOCK, ROOMS, BadPhoto, Room, TooManyUploads, Upload, Uploads
from tests.intake.test_forms import default_rules
from tests.intake.test_photos import jpeg, scene
from tests.web_server import WebServer, web_server

MB = 1024 * 1024
PIECE = 512 * 1024


def of(number: int, sender: str = "街路长01", total: int = 0, *, public: bool = False) -> Upload:
    return Upload(f"photo-{number}", sender, public, total)


def stored(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def age(folder: Uploads, seconds: float, *photos: str) -> None:
    """Let these uploads, or all, have got their last piece so long ago."""
    for path in folder.folder.rglob("*"):
        if path.is_file() and (not photos or path.name in photos):
            at = path.stat().st_mtime - seconds
            os.utime(path, (at, at))


@pytest.fixture
def folder(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Room:
    """Room for six blocks, four of one sender."""
    room = Room(each=4 * BLOCK, all=6 * BLOCK, idle=60, stay=600)
    monkeypatch.setattr(unfinished, "ROOMS", {False: room, True: room})
    return room


def test_an_upload_goes_on_where_the_line_broke(folder: Uploads) -> None:
    upload = of(1, total=8)
    assert folder.offset(upload) == 0
    assert folder.add(upload, 0, b"12345") == 5
    assert folder.add(upload, 0, b"12345") == 5, "the same piece again changes nothing"
    assert folder.add(upload, 9, b"x") == 5, "a piece that leaves a gap changes nothing"
    assert folder.add(upload, 5, b"678") == 8
    assert folder.content(upload) == b"12345678"
    folder.drop(upload)
    assert folder.offset(upload) == 0 and folder.content(upload) == b""


def test_a_photo_of_the_public_goes_on_from_another_address(folder: Uploads) -> None:
    assert folder.add(of(1, "here", public=True), 0, b"12") == 2
    assert folder.add(of(1, "there", public=True), 2, b"34") == 4
    assert folder.content(of(1, "elsewhere", public=True)) == b"1234"


def test_a_photo_that_gets_too_large_is_refused_before_it_is_stored(folder: Uploads) -> None:
    for upload, piece in ((of(1), bytes(unfinished.MOST_PHOTO_BYTES + 1)), (of(2, total=13 * MB), b"x")):
        with pytest.raises(BadPhoto, match="最多 12 MB"):
            folder.add(upload, 0, piece)
    assert stored(folder.photos) == 0


@pytest.mark.parametrize("public", [False, True])
def test_room_is_asked_for_with_every_piece(folder: Uploads, small: Room, public: bool) -> None:
    """Many begin with a little, as if they wanted no more, and then go on."""
    many = [of(n, f"sender {n}", public=public) for n in range(6)]
    for upload in many:
        folder.add(upload, 0, b"x")
    with pytest.raises(TooManyUploads, match="太多"):
        folder.add(of(7, "sender 7", public=public), 0, b"x")
    for upload in many:
        with pytest.raises(TooManyUploads):
            folder.add(upload, 1, bytes(BLOCK))
    assert stored(folder.photos) <= small.all
    folder.drop(many[0])
    assert folder.add(many[1], 1, bytes(BLOCK)) == BLOCK + 1, "there is room again"


def test_a_sender_has_a_room_of_his_own(folder: Uploads, small: Room) -> None:
    for number in range(4):
        folder.add(of(number), 0, b"x")
    with pytest.raises(TooManyUploads, match="您有太多"):
        folder.add(of(4), 0, b"x")
    assert folder.add(of(5, "街路长02"), 0, b"x") == 1


def test_the_whole_of_an_upload_is_asked_for_when_it_begins(folder: Uploads, small: Room) -> None:
    folder.add(of(1, "a", total=3 * BLOCK), 0, bytes(3 * BLOCK))
    with pytest.raises(TooManyUploads):
        folder.add(of(2, "b", total=4 * BLOCK), 0, b"x")
    assert folder.add(of(3, "b", total=3 * BLOCK), 0, b"x") == 1


def test_uploads_that_nobody_goes_on_with_give_way_the_oldest_first(folder: Uploads, small: Room) -> None:
    for number in range(6):
        folder.add(of(number, f"s{number}"), 0, b"x")
    age(folder, 100, "photo-3")
    age(folder, 90, "photo-1")
    assert folder.add(of(7, "s7"), 0, b"x") == 1
    assert [folder.offset(of(n, f"s{n}")) for n in (0, 1, 2, 3, 4, 5, 7)] == [1, 1, 1, 0, 1, 1, 1]
    assert folder.add(of(8, "s8"), 0, b"x") == 1
    assert folder.offset(of(1, "s1")) == 0
    with pytest.raises(TooManyUploads):
        folder.add(of(9, "s9"), 0, b"x")


@pytest.mark.parametrize("public", [False, True])
def test_an_upload_is_forgotten_after_its_time(folder: Uploads, public: bool) -> None:
    folder.add(of(1, public=public), 0, b"x")
    age(folder, ROOMS[public].stay - 5)
    folder.forget()
    assert folder.offset(of(1, public=public)) == 1
    age(folder, 10)
    folder.forget()
    assert folder.offset(of(1, public=public)) == 0
    assert not [path for path in folder.folder.rglob("*") if path.name != "public" and path.name != "staff"]
    assert ROOMS[True].stay <= 3600, "what nobody signed for is gone within the hour"


def test_what_an_older_version_left_is_forgotten(folder: Uploads) -> None:
    folder.folder.mkdir(parents=True)
    (folder.folder / "a-photo").write_bytes(b"half")
    folder.forget()
    assert stored(folder.photos) == 0


# With real requests ------------------------------------------------------------------------------------------


@pytest.fixture
def street(tmp_path: Path) -> Iterator[WebServer]:
    (tmp_path / "rules.toml").write_text(default_rules().text.replace("public = false", "public = true"), "utf-8")
    with web_server(tmp_path, JIELU_RULES=str(tmp_path / "rules.toml"), JIELU_PROXY="127.0.0.1") as made:
        yield made


def send(web: WebServer, session: requests.Session, path: str, number: int, offset: int, piece: bytes) -> int:
    """A piece of a photo that says it is a very large one; the status."""
    where, asked = f"{web.url}/{path}/{number:032d}", {"offset": offset, "total": 9 * MB}
    return session.put(where, data=piece, params=asked, timeout=20).status_code


@pytest.mark.parametrize("addresses", [1, 40])
def test_the_public_takes_no_more_room_than_there_is(
    street: WebServer, monkeypatch: pytest.MonkeyPatch, addresses: int
) -> None:
    room = replace(ROOMS[True], each=10 * MB, all=20 * MB)
    monkeypatch.setattr(unfinished, "ROOMS", {**ROOMS, True: room})
    statuses: list[int] = []
    for offset in range(0, 3 * PIECE, PIECE):
        for number in range(40):
            with requests.Session() as somebody:
                somebody.headers.update({"Origin": street.url, "X-Forwarded-For": f"203.0.113.{number % addresses}"})
                statuses.append(send(street, somebody, "report/photos", number, offset, bytes(PIECE)))
    limit = room.each if addresses == 1 else room.all
    assert set(statuses) == {200, 429}
    assert limit / 4 < stored(street.folder / "data" / "photos") <= limit


def test_a_person_takes_no_more_room_than_he_has(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    room = replace(ROOMS[False], each=12 * MB, all=100 * MB)
    monkeypatch.setattr(unfinished, "ROOMS", {**ROOMS, False: room})
    chief, other = web.enter("街路长01"), web.enter("街路长02")
    for offset in range(0, 4 * PIECE, PIECE):
        for number in range(20):
            send(web, chief, "photos/upload", number, offset, bytes(PIECE))
    assert stored(web.folder / "data" / "photos") <= room.each
    content = jpeg(scene(1))
    asked = {"offset": 0, "total": len(content)}
    done = other.put(f"{web.url}/photos/upload/{1:032d}", data=content, params=asked, timeout=20)
    assert done.json()["photo"], "nobody else is stopped"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def test_a_piece_without_a_length_is_measured(web: WebServer) -> None:
    chief = web.enter("街路长01")
    pieces = (bytes(PIECE) for _ in range(3))
    where = f"{web.url}/photos/upload/{1:032d}"
    assert chief.put(where, data=pieces, params={"offset": 0, "total": 9 * MB}, timeout=20).status_code == 413
    assert stored(web.folder / "data" / "photos") == 0
