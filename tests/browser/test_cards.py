"""The QR cards as a camera sees them: on the screen, on a phone, printed; each opens its own person's pages."""

from __future__ import annotations

import io

import pypdfium2
import pytest
import requests
import zxingcpp
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import Enter
from tests.web_server import OPERATOR, WebServer


def seen(image: Image.Image) -> set[str]:
    """The texts of all QR codes in a picture."""
    return {code.text for code in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)}


def on_screen(page: Page) -> set[str]:
    return seen(Image.open(io.BytesIO(page.screenshot(full_page=True))))


def printed(page: Page) -> set[str]:
    """On A4, as a printer of 150 dots an inch draws it."""
    pages = pypdfium2.PdfDocument(page.pdf(format="A4"))
    return {text for sheet in pages for text in seen(sheet.render(scale=150 / 72).to_pil())}


def whose(link: str) -> str:
    """The name on the page that a link opens."""
    address, _, secret = link.partition("#")
    headers = {"Origin": address.removesuffix("/enter")}
    with requests.Session() as browser:  # its cookie is wanted for the page that it is led to
        page = browser.post(address, data={"link": secret}, headers=headers, timeout=10).text
    return page.partition('class="who">')[2].partition("<")[0]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_card_is_read_on_the_screen_and_on_paper(enter: Enter, web: WebServer, dark: bool) -> None:
    page = enter(OPERATOR, color_scheme="dark" if dark else "light")
    page.goto(f"{web.url}/people/cards")
    page.get_by_role("button", name="印勾上的").click()
    shown = page.locator(".keys b")
    shown.nth(6).wait_for()
    names = shown.all_inner_texts()
    links = printed(page)
    assert on_screen(page) == links
    assert sorted(map(whose, links)) == sorted(names)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_single_link_is_read_too(enter: Enter, web: WebServer, phone: bool) -> None:
    page = enter(OPERATOR, phone=phone)
    page.goto(f"{web.url}/people")
    form = page.locator("form[action='/people/link']", has=page.locator("input[value='街路长01']"))
    form.locator("button").first.click()
    link = page.get_by_label("地址").input_value()
    assert on_screen(page) == {link} == printed(page)
