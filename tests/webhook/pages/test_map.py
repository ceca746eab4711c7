"""``/map``: what each is told of streets and issues, and what is listed beneath the drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web_server import OPERATOR, WebServer, web_server

PHOTO = "/photos/" + "a" * 32
ISSUES = f"""
问题台账
填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述 | 照片 | 经度 | 纬度
2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 8号门前 | 暴露垃圾 | 一般 | 一堆 | {PHOTO} | 112.370 | 26.970
2026-11-17 09:00 | 督查01 | 督查 | 新正街 | 9号门前 | 暴露垃圾 | 一般 | 又一堆 | 1.jpg | 112.371 | 26.970
2026-11-17 09:00 | 督查01 | 督查 | 联胜路 | 桥头 | 占道经营 | 严重 | 摆摊 | | |
"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(Path(tmp_path_factory.mktemp("map"))) as made:
        sheet = made.book.worksheet("街路名册")
        headers, row = sheet.row_values(1), sheet.col_values(2).index("新正街") + 1
        for header, end in (("起点", "112.365,26.970"), ("终点", "112.375,26.970")):
            sheet.update_cell(row, headers.index(header) + 1, end)
        made.add(ISSUES)
        made.tick("2026-11-17 09:05")
        yield made


def page(web: WebServer, name: str) -> str:
    answer = web.enter(name).get(f"{web.url}/map", timeout=20)
    assert answer.status_code == 200
    return answer.text


def rows(text: str) -> list[str]:
    return re.findall(r'<tr data-issue="([0-9-]+)"', text)


def test_what_has_no_place_is_listed_with_its_number(web: WebServer) -> None:
    text = page(web, OPERATOR)
    beneath = text[text.index('<h2 id="missing">没有位置的 1 件</h2>') : text.index('<h2 id="list">')]
    assert rows(beneath) == ["20261117-003"]
    assert sorted(rows(text)) == ["20261117-001", "20261117-002", "20261117-003"]


@pytest.mark.parametrize(("name", "count"), [("街路长01", 2), ("街路长02", 1), ("支部书记04", 2), (OPERATOR, 3)])
def test_each_sees_on_the_map_what_he_sees_in_the_list(web: WebServer, name: str, count: int) -> None:
    listed = set(re.findall(r"20261117-00[0-9]", web.enter(name).get(f"{web.url}/rows", timeout=20).text))
    assert set(rows(page(web, name))) == listed and len(listed) == count


def test_only_a_photo_of_ours_is_shown_on_the_card(web: WebServer) -> None:
    assert re.findall(r'data-photo="([^"]*)"', page(web, OPERATOR)) == [f"{PHOTO}?side=small"]


def test_who_oversees_is_told_which_streets_are_not_drawn(web: WebServer) -> None:
    assert re.search(r"还有 \d+ 条街路没有画出来：[^。]*联胜路", page(web, OPERATOR))
    assert "没有画出来" not in page(web, "街路长01")


def test_a_street_says_how_it_stands_not_by_its_colour_alone(web: WebServer) -> None:
    assert 'aria-label="新正街，没有办完 2 件，有超期的"' in page(web, OPERATOR)
    assert "街路都办完了，或者不归您看" in page(web, "街路长01")
