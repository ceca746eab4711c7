"""The pictures of README and handbook, made anew from the demo month in Chromium.

    python -m bench.shots             # the demo is played into a folder of its own; about two minutes
    python -m bench.shots --data DIR  # from a data folder that stands

Each picture is written to ``docs/pictures`` in few colours, and ``sources.json`` beside them notes what the pages were
made of (templates, styles, scripts), so that a test sees when a page changed and its picture did not.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click
import gspread
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from sync.cli.main import main as jielu
from sync.service import Service
from sync.settings import Settings
from sync.workbook import transport
from tests.browser.conftest import DESKTOP, FLAGS, PHONE, chromium
from webhook import access, server

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
WIDTH, COLORS = 1000, 64
PATIENCE = 10.0  # seconds for a photo
# name: address, words for who can't see it, sources of the page; a phone's first
SHOTS = {
    "today": ("/", "今日：数字、等人办的、超期的", ("today.html", "question.html", "today.css", "style.css")),
    "grid": ("/grid", "表格：一行写错了，校验写在行里", ("grid.html", "grid/grid.css", "grid/view.js")),
    "form": ("/forms/issues", "手机填报问题", ("form.html", "forms.css", "forms.js")),
    "score": ("/month", "一条街路的得分，一分一分怎么来的", ("score.html", "figures.css")),
    "letter": ("/letters", "一封督办函", ("letter.html", "letter.css")),
    "month": ("/month", "每月考核", ("month.html", "figures.css")),
}
WRONG = {
    "填报人": "标准化办01",
    "来源": "督查",
    "街路": "新正阶",
    "位置": "8号门前",
    "类别": "暴露垃圾",
    "问题描述": "一堆",
}


def sources(name: str) -> str:
    """A digest of what a page is made of."""
    folders = [ROOT / "webhook" / "templates", ROOT / "webhook" / "static"]
    files = [next(folder / file for folder in folders if (folder / file).exists()) for file in SHOTS[name][2]]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def write(name: str, shot: bytes) -> None:
    """The picture, small enough for a repository."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)


def add_wrong_row(service: Service) -> None:
    book = gspread.Client(auth=None, session=transport.session(service.api)).open_by_key(service.workbook)
    sheet = book.worksheet("问题台账")
    header = sheet.row_values(1)
    sheet.append_row([WRONG.get(name, "") for name in header], table_range="A1")
    service.ticks(datetime.now(service.rules().bureau.zone), idle=False)


def screenshot(page: Page) -> bytes:
    """What is in sight, once its photos are there."""
    for image in page.locator("img:visible").all():
        if image.evaluate("(image) => image.getBoundingClientRect().top < innerHeight"):
            until = time.monotonic() + PATIENCE
            while not image.evaluate("(image) => image.complete && image.naturalWidth > 0"):
                assert time.monotonic() < until, f"a photo of {page.url} did not come"
                page.wait_for_timeout(50)
    return page.screenshot()


def shoot(page: Page, phone: Page, url: str) -> None:
    page.goto(url)
    write("today", screenshot(page))
    page.goto(f"{url}/grid")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # the grid has drawn its rows and listens
    page.locator("#grid").click(position={"x": 600, "y": 200})
    page.keyboard.press("Control+End")
    for key in ("Home", *["ArrowRight"] * 7):  # the first columns come into sight, 街路 is selected
        page.keyboard.press(key)
    page.wait_for_timeout(800)
    write("grid", screenshot(page))
    phone.goto(f"{url}/forms/issues")
    write("form", screenshot(phone))
    page.goto(f"{url}/month")
    write("month", screenshot(page))
    page.locator("table.ranking a").nth(22).click()
    page.wait_for_url("**/month/*/**")
    write("score", screenshot(page))
    page.goto(f"{url}/letters")
    page.locator("main th a").first.click()
    page.wait_for_url("**/letters/*")
    page.evaluate("scrollTo(0, 300)")
    write("letter", screenshot(page))


def enter(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="进入").click()
    page.wait_for_load_state()


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="a data folder that stands")
def main(data: Path | None) -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = data or Path(made)
        environment = {"JIELU_DATA": str(folder), "JIELU_SECRET": "a secret of the pictures"}
        if data is None:
            CliRunner(env=environment).invoke(jielu, ["demo"], catch_exceptions=False)
        service = Service(Settings.read(environment))
        add_wrong_row(service)
        app = server.create_app(service, lambda: None)
        web = server.listen(app, "127.0.0.1", 0, "")
        url = f"http://127.0.0.1:{web.effective_port}"

        def serve() -> None:
            with suppress(OSError):
                web.run()

        threading.Thread(target=serve, daemon=True).start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            desktop, phone = (browser.new_context(locale="zh-CN", **screen).new_page() for screen in (DESKTOP, PHONE))
            enter(desktop, access.operator_link(service, url))
            enter(phone, access.link(service, "街路长05", url))
            shoot(desktop, phone, url)
            browser.close()
        web.close()
        service.close()
    noted = {name: sources(name) for name in SHOTS}
    (PICTURES / "sources.json").write_text(json.dumps(noted, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
