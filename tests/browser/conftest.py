"""Real Chromium over the real service: one browser for a test process, one web server for a test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.web_server import WebServer, web_server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000  # ms for what a page is to come to show, on a machine that other tests keep busy
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
SERIOUS = ("serious", "critical")
FAULTS_ALONE = {"resultTypes": ["violations"]}  # not every element that passed, which costs most of the time


def chromium() -> str:
    """Where the browser is; these tests don't pass by being left out."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("no Chromium on this machine: install the package chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


Enter = Callable[..., Page]


@pytest.fixture
def enter(browser: Browser, web: WebServer) -> Iterator[Enter]:
    """``enter(name)``: an empty page of that person, signed in, on a large screen (``phone=True``: on a phone). What a
    link shows and does is in ``test_pages.py``.

    A page that throws or logs an error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def enter_as(name: str, *, phone: bool = False, **more: Any) -> Page:
        screen = PHONE if phone else DESKTOP
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **screen | more)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{error}\n{error.stack}"))
        link = {"link": web.link(name).partition("#")[2]}
        answer = context.request.post(f"{web.url}/enter", form=link, headers={"Origin": web.url}, max_redirects=0)
        assert answer.status == 302, answer.text()
        return page

    yield enter_as
    for context in contexts:
        context.close()
    assert not errors, errors


# The browser hides what stands in closed details by content-visibility, of which axe-core knows nothing: it takes a
# button in them for the ground of the text that stands there.
CLOSED = """display => document.querySelectorAll("details:not([open]) > :not(summary)").forEach(
    each => { each.style.display = display; })"""


def faults(page: Page) -> list[str]:
    """What axe-core finds that is serious: rule, and the first element that has it."""
    page.evaluate(CLOSED, "none")
    found = Axe().run(page, options=FAULTS_ALONE)
    page.evaluate(CLOSED, "")
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"] if one["impact"] in SERIOUS]
