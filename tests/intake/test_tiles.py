"""Tiles come from the configured host alone, within bounds of bytes, seconds and number, and are kept for a while.

The host is a real HTTP server on loopback, which ``JIELU_TILE_HOSTS`` allows as it would one of the own network.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sync.core.sheet.values.places import Position
from sync.core.views.map.projection import TILE as PIXELS
from sync.core.views.map.projection import at_zoom
from sync.intake import tiles as tiles_module
from sync.intake.fetching import Fetcher
from sync.intake.tiles import KEPT_SECONDS, TILE, NoTile, Tiles
from sync.operations.inspection import link_problems, map_problems
from tests.book import default_rules
from tests.web_server import OPERATOR, WebServer, web_server

PNG = b"\x89PNG\r\n\x1a\n a tile"
JPEG = b"\xff\xd8\xff a tile"
WEBP = b"RIFF\x00\x00\x00\x00WEBP a tile"


class TileServer:
    """Answers each path as the test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.every: tuple[int, dict[str, str], bytes] = (200, {"Content-Type": "image/png"}, PNG)
        self.asked: list[str] = []
        self.slow, self.at_once, self.most_at_once = 0.0, 0, 0
        owner, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    owner.asked.append(self.path)
                    owner.at_once += 1
                    owner.most_at_once = max(owner.most_at_once, owner.at_once)
                time.sleep(owner.slow)
                status, headers, body = owner.answers.get(self.path, owner.every)
                with lock:
                    owner.at_once -= 1
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.netloc = f"127.0.0.1:{self.server.server_port}"
        self.address = f"http://{self.netloc}/t/{{z}}/{{x}}/{{y}}.png?tk=s3cr3t"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def host() -> Iterator[TileServer]:
    made = TileServer()
    yield made
    made.close()


@pytest.fixture
def tiles(tmp_path: Path, host: TileServer) -> Tiles:
    return Tiles(tmp_path / "tiles", Fetcher(bounds=TILE, inside=(host.netloc,)))


def path(x: int) -> str:
    return f"/t/15/{x}/2.png?tk=s3cr3t"


def test_a_tile_is_fetched_once_and_kept(tiles: Tiles, host: TileServer) -> None:
    for _ in range(3):
        tile = tiles.get(host.address, 15, 1, 2)
        assert (tile.content, tile.kind) == (PNG, "image/png")
    assert host.asked == [path(1)]
    fresh = Tiles(tiles.folder, tiles.fetcher)  # after a restart
    assert fresh.get(host.address, 15, 1, 2).content == PNG and len(host.asked) == 1


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_other_pictures_are_taken_by_what_they_are(tiles: Tiles, host: TileServer, content: bytes, kind: str) -> None:
    host.answers[path(1)] = (200, {"Content-Type": "application/octet-stream"}, content)
    assert tiles.get(host.address, 15, 1, 2).kind == kind


@pytest.mark.parametrize(
    ("answer", "words", "soon"),
    [
        ((404, {}, b"no"), "对方答 404", False),
        ((403, {}, b"no key"), "对方答 403", False),
        ((503, {}, b"later"), "对方答 503", True),
        ((200, {"Content-Type": "text/html"}, b"<script>1</script>"), "取到的是 text/html，不是底图", False),
        ((200, {"Content-Type": "image/png"}, b"<svg onload=alert(1)>"), "取到的不是图片", False),
        ((200, {"Content-Type": "image/webp"}, b"RIFF\x00\x00\x00\x00WAVE"), "取到的不是图片", False),
        ((200, {"Content-Type": "image/png"}, b""), "取到的不是图片", False),
        ((200, {"Content-Type": "image/png"}, PNG + b"x" * TILE.size), "底图太大", False),
        ((302, {"Location": "http://evil.example.cn/1.png"}, b""), "只取 https 的链接", False),
        ((302, {"Location": "https://evil.example.cn/1.png"}, b""), "evil.example.cn 不在", False),
        ((302, {"Location": "http://127.0.0.1:1/1.png"}, b""), "只取 https 的链接", False),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_tile_is_not_shown_and_not_kept(
    tiles: Tiles, host: TileServer, answer: tuple[int, dict[str, str], bytes], words: str, soon: bool
) -> None:
    host.answers[path(1)] = answer
    with pytest.raises(NoTile, match=words) as caught:
        tiles.get(host.address, 15, 1, 2)
    assert caught.value.soon is soon and "s3cr3t" not in str(caught.value) and words in tiles.trouble
    assert not list(tiles.folder.rglob("*-*"))
    with pytest.raises(NoTile):
        tiles.get(host.address, 15, 1, 2)
    assert len(host.asked) == 1, "it is not asked again at once"


def test_a_host_that_does_not_answer_is_left_alone_for_a_while(tiles: Tiles, host: TileServer) -> None:
    host.answers[path(1)] = (503, {}, b"")
    for x in (1, 2, 3):
        with pytest.raises(NoTile):
            tiles.get(host.address, 15, x, 2)
    assert host.asked == [path(1)]
    host.close()
    tiles._rests_until.clear()
    with pytest.raises(NoTile, match="连接中断"):
        tiles.get(host.address, 15, 9, 2)


def test_a_slow_host_holds_nobody_for_long(host: TileServer, tmp_path: Path) -> None:
    host.slow = 2.0
    quick = Tiles(tmp_path, Fetcher(bounds=replace(TILE, answer=0.3), inside=(host.netloc,)))
    began = time.monotonic()
    with pytest.raises(NoTile, match="连接中断") as caught:
        quick.get(host.address, 15, 1, 2)
    assert time.monotonic() - began < 1.5 and caught.value.soon


def test_so_many_are_fetched_at_a_time(tiles: Tiles, host: TileServer) -> None:
    host.slow = 0.15
    threads = [threading.Thread(target=tiles.get, args=(host.address, 15, x, 2)) for x in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(host.asked) == 10 and host.most_at_once <= tiles_module.AT_ONCE


def test_an_old_tile_is_fetched_anew_and_serves_where_it_can_t_be(tiles: Tiles, host: TileServer) -> None:
    tiles.get(host.address, 15, 1, 2)
    (kept,) = tiles.folder.rglob("1-2")
    before = time.time() - KEPT_SECONDS - 60
    os.utime(kept, (before, before))
    host.answers[path(1)] = (200, {"Content-Type": "image/jpeg"}, JPEG)
    assert tiles.get(host.address, 15, 1, 2).content == JPEG
    os.utime(kept, (before, before))
    host.answers[path(1)] = (500, {}, b"")
    assert tiles.get(host.address, 15, 1, 2).content == JPEG and "500" in tiles.trouble


def test_only_so_many_are_kept(tiles: Tiles, host: TileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles_module, "MOST_TILES", 20)
    for x in range(60):
        tiles.get(host.address, 15, x, 2)
    names = {file.name for file in tiles.folder.rglob("*-2")}
    assert 18 <= len(names) <= 20 and "59-2" in names and "0-2" not in names
    monkeypatch.setattr(tiles_module, "MOST_BYTES", 10 * len(PNG))
    again = Tiles(tiles.folder, tiles.fetcher)  # it counts what is there
    for x in range(60, 70):
        again.get(host.address, 15, x, 2)
    assert sum(file.stat().st_size for file in tiles.folder.rglob("*-2")) <= 10 * len(PNG)


def test_a_disk_without_room_shows_the_tile_all_the_same(tiles: Tiles, host: TileServer) -> None:
    tiles.folder.parent.mkdir(exist_ok=True)
    tiles.folder.write_text("a file in the folder's place")
    assert tiles.get(host.address, 15, 1, 2).content == PNG


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/{z}/{x}/{y}", "https://127.0.0.1/{z}/{x}/{y}"])
def test_the_own_network_is_not_asked_unless_it_is_allowed(tmp_path: Path, host: TileServer, address: str) -> None:
    strict = Tiles(tmp_path, Fetcher(bounds=TILE))
    with pytest.raises(NoTile, match=r"只取 https 的链接|指向内部网络"):
        strict.get(address.replace("{port}", str(host.server.server_port)), 15, 1, 2)
    assert host.asked == []


# The pages


HERE = Position(112.370, 26.970)
ISSUE = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 经度 | 纬度
2026-11-17 09:00 | 标准化办01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | 一堆 | 112.370 | 26.970
"""


@contextlib.contextmanager
def web_with_tiles(folder: Path, host: TileServer) -> Iterator[WebServer]:
    """A bureau whose tiles lie on ``host``, with one issue."""
    rules = folder / "rules.toml"
    address = host.address.replace("s3cr3t", "{key}")
    section = f'[map]\ntiles = ["{address}"]\ndatum = "GCJ-02"\nkey = "TILES_KEY"\ncredit = "某图"\n'
    text = default_rules().text
    start = text.index("[map]\n")
    rules.write_text(text[:start] + section + text[text.index("\n# ───", start) :], "utf-8")
    settings = {"JIELU_RULES": str(rules), "JIELU_TILE_HOSTS": host.netloc, "TILES_KEY": "s3cr3t"}
    with web_server(folder, **settings) as made:
        made.add(ISSUE)
        made.tick("2026-11-17 09:05")
        yield made


@pytest.fixture
def web(tmp_path: Path, host: TileServer) -> Iterator[WebServer]:
    with web_with_tiles(tmp_path, host) as made:
        yield made


def tile_of(zoom: int, place: Position = HERE) -> str:
    x, y = at_zoom(zoom).at(place)
    return f"/map/tiles/0/{zoom}/{int(x // PIXELS)}/{int(y // PIXELS)}"


def test_a_tile_comes_through_the_service_to_who_is_signed_in(web: WebServer, host: TileServer) -> None:
    answer = web.enter("街路长01").get(web.url + tile_of(15), timeout=20)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PNG, "image/png")
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert host.asked[0].endswith("?tk=s3cr3t")


@pytest.mark.parametrize(
    "address",
    [
        tile_of(15).replace("/0/", "/1/", 1),  # no such layer
        tile_of(9),
        tile_of(19),
        tile_of(15, Position(116.39, 39.91)),
        "/map/tiles/0/15/99999999999999999999/1",
        "/map/tiles/0/15/-1/1",
        "/map/tiles/0/15/1/1.5",
        "/map/tiles/0/99999999/1/1",
    ],
    ids=range(8),
)
def test_no_other_tile_is_asked_for(web: WebServer, host: TileServer, address: str) -> None:
    assert web.enter(OPERATOR).get(web.url + address, timeout=20).status_code == 404
    assert host.asked == []


def test_a_tile_that_can_t_be_had_is_told_to_who_oversees(web: WebServer, host: TileServer) -> None:
    host.answers = {path: (403, {}, b"") for path in [f"/t{tile_of(15)[12:]}.png?tk=s3cr3t"]}
    office = web.enter(OPERATOR)
    assert office.get(web.url + tile_of(15), timeout=20).status_code == 502
    page = office.get(f"{web.url}/map", timeout=20).text
    assert "底图取不到：对方答 403" in page and "s3cr3t" not in page
    assert "底图取不到" not in web.enter("街路长01").get(f"{web.url}/map", timeout=20).text


def test_the_check_says_what_is_missing_before_anybody_looks(web: WebServer, host: TileServer) -> None:
    rules = web.service.rules()
    assert map_problems(web.service, rules) == [] and link_problems(web.service, rules) == []
    web.service.settings = replace(web.service.settings, tile_hosts=(), environ={})
    assert map_problems(web.service, rules) == [
        f"[map] 的底图 {host.netloc} 不是 https 的 443 端口，要写进 JIELU_TILE_HOSTS，不然不取。"
    ]
    assert link_problems(web.service, rules) == ["[map] 的 key：环境变量 TILES_KEY 没有设置。"]
    (web.folder / "data" / "map.geojson").write_text("{", "utf-8")
    assert "地图文件 map.geojson：不是有效的 JSON" in map_problems(web.service, rules)[0]


def test_what_leaflet_draws_lies_where_the_tiles_have_it(web: WebServer) -> None:
    """GCJ-02 lies some 500 m from what phones say; the plain drawing is not moved."""
    moving = web.enter(OPERATOR).get(f"{web.url}/map/zooms", timeout=20).json()
    [[latitude, longitude]] = moving["places"]
    assert 0.002 < longitude - HERE.longitude < 0.008 and -0.005 < latitude - HERE.latitude < -0.001
    assert moving["tiles"] == ["/map/tiles/0/{z}/{x}/{y}"] and moving["credit"] == "某图"


@pytest.mark.parametrize(
    ("name", "sees"), [("街路长01", True), ("街路长02", False), ("支部书记04", True), (OPERATOR, True)]
)
def test_each_gets_the_marks_that_are_his(web: WebServer, name: str, sees: bool) -> None:
    moving = web.enter(name).get(f"{web.url}/map/zooms", timeout=20)
    assert ("20261117-001" in moving.text) is sees
    assert (len(moving.json()["places"]) == 1) is sees
