"""Tiles beneath the map in a real browser: they come from this service alone, and its policy lets nothing else in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Enter, faults
from tests.browser.test_map import leaflet
from tests.intake.test_tiles import TileServer, web_with_tiles
from tests.web_server import OPERATOR, WebServer

__all__ = ["leaflet"]


@pytest.fixture
def host() -> Iterator[TileServer]:
    made, picture = TileServer(), io.BytesIO()
    Image.new("RGB", (256, 256), (230, 228, 220)).save(picture, "PNG")
    made.every = (200, {"Content-Type": "image/png"}, picture.getvalue())
    yield made
    made.close()


@pytest.fixture
def web(tmp_path: Path, host: TileServer) -> Iterator[WebServer]:
    with web_with_tiles(tmp_path, host) as made:
        yield made


@pytest.mark.usefixtures("leaflet")
def test_tiles_are_shown_and_come_from_this_service_alone(enter: Enter, web: WebServer, host: TileServer) -> None:
    page, asked = enter(OPERATOR), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{web.url}/map")
    expect(page.locator("img.leaflet-tile-loaded").nth(3)).to_be_attached()
    expect(page.locator("#map .leaflet-control-attribution")).to_contain_text("某图")
    assert host.asked and all(url.startswith((web.url, "data:")) for url in asked)
    assert faults(page) == []
    for foreign in ("https://tiles.example.cn/1.png", f"http://{host.netloc}/1.png"):
        blocked = "new Promise(done => document.addEventListener('securitypolicyviolation', () => done('blocked')))"
        page.evaluate(f"window.refused = {blocked}; new Image().src = '{foreign}'")
        assert page.evaluate("window.refused") == "blocked"
