"""The file of streets that a bureau drops into its data folder: what it draws, and what it says of what it can't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.people.roster import Roster, Span, Street
from sync.core.views.map.street_file import MOST_PLACES, Unusable, features
from sync.intake.street_file import MOST_BYTES, NAME, StreetFile
from tests.web_server import OPERATOR, WebServer, web_server

DAY = date(2026, 11, 24)
LINE = [[112.370, 26.970], [112.375, 26.972], [112.380, 26.970]]


def street(name: str, *aliases: str, span: Span | None = None) -> Street:
    return Street(name, "J1", "主次干道", "城中", "第四支部", "甲", "", (), aliases, span or Span())


ROSTER = Roster((street("新正街", "正街"), street("联胜路"), street("旧街", span=Span(until=date(2026, 1, 1)))), ())


def feature(name: object, kind: str = "LineString", coordinates: object = LINE, key: str = "name") -> dict[str, Any]:
    return {"type": "Feature", "properties": {key: name}, "geometry": {"type": kind, "coordinates": coordinates}}


def read(folder: Path, *features: object) -> tuple[dict[str, Any], tuple[str, ...]]:
    (folder / NAME).write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return StreetFile(folder).shapes(ROSTER, DAY)


def test_streets_are_found_by_name_and_alias_and_drawn_whole(tmp_path: Path) -> None:
    shapes, problems = read(
        tmp_path,
        feature("正街", key="街路"),
        feature("新正街", "MultiLineString", [LINE, LINE[:2]], key="名称"),
        feature("联胜路", "Polygon", [LINE]),
    )
    assert problems == ()
    assert [len(run) for run in shapes["新正街"].runs] == [3, 3, 2] and not shapes["新正街"].closed
    assert shapes["联胜路"].closed and shapes["联胜路"].runs[0][0] == (112.370, 26.970)


def test_a_point_and_a_height_are_taken_too(tmp_path: Path) -> None:
    shapes, _ = read(tmp_path, feature("联胜路", "Point", [112.37, 26.97, 61.5]))
    assert shapes["联胜路"].runs == (((112.37, 26.97),),)


def test_names_that_the_roster_does_not_know_are_told(tmp_path: Path) -> None:
    shapes, problems = read(tmp_path, feature("新政街"), feature("联胜路"), feature("旧街"))
    assert list(shapes) == ["联胜路"]
    assert problems == ("街路名册里没有「新政街」、「旧街」，没有画。是不是「新正街」？",)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (feature(""), "第 2 个要素没有街路名称：请在 properties 里写 街路 或者 name。"),
        (feature(5), "第 2 个要素没有街路名称"),
        ({"type": "Feature"}, "第 2 个要素没有街路名称"),
        (7, "第 2 个要素没有街路名称"),
        (
            feature("联胜路", "GeometryCollection"),
            "第 2 个要素（联胜路）的形状是 「GeometryCollection」，只认点、线和面",
        ),
        (
            feature("联胜路", coordinates=[[26.97, 112.37]]),
            "（联胜路）的坐标经纬度写反了，先写经度，请改成 112.37,26.97。",
        ),
        (feature("联胜路", coordinates=[[500000.0, 2980000.0]]), "（联胜路）的坐标不在中国"),
        (feature("联胜路", coordinates=[["a", "b"]]), "（联胜路）的坐标写法不对，每个点应当是 [经度, 纬度]。"),
        (feature("联胜路", coordinates=[112.37, 26.97]), "（联胜路）的坐标写法不对"),
        (feature("联胜路", coordinates={"a": 1}), "（联胜路）的坐标写法不对，应当是列表。"),
        (feature("联胜路", coordinates=[]), "第 2 个要素（联胜路）没有坐标。"),
        (feature("联胜路", "MultiLineString", [[]]), "第 2 个要素（联胜路）没有坐标。"),
        (feature("联胜路", coordinates=[[True, True]]), "每个点应当是"),
    ],
    ids=range(13),
)
def test_one_bad_feature_is_told_and_the_others_are_drawn(tmp_path: Path, wrong: object, words: str) -> None:
    shapes, problems = read(tmp_path, feature("新正街"), wrong)
    assert list(shapes) == ["新正街"] and len(problems) == 1 and words in problems[0]


def test_a_street_far_from_the_others_is_told(tmp_path: Path) -> None:
    far = feature("联胜路", coordinates=[[100.0, 30.0], [100.1, 30.0]])
    third = feature("新正街", coordinates=[[112.371, 26.97]])
    _, problems = read(tmp_path, feature("新正街"), third, far)
    assert problems == ()  # with two streets nobody could say which lies wrong
    roster = Roster((*ROSTER.streets, street("建设路")), ())
    (tmp_path / NAME).write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature("新正街"), feature("建设路"), far]}), "utf-8"
    )
    _, problems = StreetFile(tmp_path).shapes(roster, DAY)
    assert problems == ("联胜路离其他街路 30 千米以上，没有画，请核对经纬度。",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "不是有效的 JSON：第 1 行"),
        (b"", "不是有效的 JSON"),
        (b"\xff\xfe", "不是有效的 JSON"),
        (b"[" * 100_000, "不是有效的 JSON"),
        (b'{"type": "FeatureCollection", "features": [{"a": NaN}]}', "不是有效的 JSON"),
        (b"[]", "不是 GeoJSON"),
        (b'{"type": "Feature"}', "不是 GeoJSON"),
        (b'{"type": "FeatureCollection", "features": 5}', "不是 GeoJSON"),
    ],
    ids=range(8),
)
def test_a_broken_file_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / NAME).write_bytes(content)
    shapes, problems = StreetFile(tmp_path).shapes(ROSTER, DAY)
    assert shapes == {} and len(problems) == 1 and words in problems[0]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "properties", "geometry", "coordinates", "name"]), inner, max_size=4)
    ),
    max_leaves=12,
)
KINDS = st.sampled_from(["Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection", ""])


@given(st.lists(ANY | st.builds(feature, ANY | st.just("新正街"), KINDS, ANY), max_size=4) | ANY)
def test_any_json_is_drawn_or_told(listed: object) -> None:
    try:
        drawn, problems = features({"type": "FeatureCollection", "features": listed})
    except Unusable as error:
        assert str(error).endswith("。")
    else:
        assert isinstance(listed, list) and len(drawn) + len(problems) == len(listed)
        assert all(each.runs and all(each.runs) for each in drawn)


def test_a_file_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    content = json.dumps({"type": "FeatureCollection", "features": [feature("新正街")]}).encode()
    (tmp_path / NAME).write_bytes(b"\xef\xbb\xbf" + content)
    assert list(StreetFile(tmp_path).shapes(ROSTER, DAY)[0]) == ["新正街"]


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b" " * (MOST_BYTES + 1))
    assert "太大" in StreetFile(tmp_path).shapes(ROSTER, DAY)[1][0]
    half = [[112.37 + at / 1e6, 26.97] for at in range(MOST_PLACES // 2 + 1)]
    shapes, problems = read(tmp_path, feature("新正街", coordinates=half), feature("联胜路", coordinates=half))
    assert shapes == {} and "点太多" in problems[0]


def test_a_file_is_read_anew_when_it_changed_and_may_go(tmp_path: Path) -> None:
    file = StreetFile(tmp_path)
    assert file.shapes(ROSTER, DAY) == ({}, ())
    (tmp_path / NAME).write_text(json.dumps({"type": "FeatureCollection", "features": [feature("新正街")]}), "utf-8")
    assert list(file.shapes(ROSTER, DAY)[0]) == ["新正街"]
    (tmp_path / NAME).write_text(json.dumps({"type": "FeatureCollection", "features": [feature("联胜路 ")]}), "utf-8")
    assert list(file.shapes(ROSTER, DAY)[0]) == ["联胜路"]
    (tmp_path / NAME).unlink()
    assert file.shapes(ROSTER, DAY) == ({}, ())
    (tmp_path / NAME).mkdir()
    assert "读不了" in file.shapes(ROSTER, DAY)[1][0]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def test_a_broken_file_is_told_on_the_status_page_and_the_map_goes_on_with_the_roster(web: WebServer) -> None:
    sheet = web.book.worksheet("街路名册")
    row, headers = sheet.col_values(2).index("新正街") + 1, sheet.row_values(1)
    for header, end in (("起点", "112.370,26.970"), ("终点", "112.380,26.970")):
        sheet.update_cell(row, headers.index(header) + 1, end)
    (web.folder / "data" / NAME).write_text("{", "utf-8")
    web.tick("2026-11-24 09:00")
    office = web.enter(OPERATOR)
    status = office.get(f"{web.url}/status", timeout=20).text
    assert "地图文件" in status and "map.geojson：不是有效的 JSON：第 1 行" in status
    assert "地图文件" in str(web.rows("运行状态", "项目", "内容"))
    places = office.get(f"{web.url}/map", timeout=20).text
    assert 'class="name n-calm" data-street="新正街"' in places and "不是有效的 JSON" in places
    assert "不是有效的 JSON" not in web.enter("街路长01").get(f"{web.url}/map", timeout=20).text
    content = {"type": "FeatureCollection", "features": [feature("联胜路")]}
    (web.folder / "data" / NAME).write_text(json.dumps(content), "utf-8")
    web.tick("2026-11-24 09:01")
    assert "地图文件" not in str(web.rows("运行状态", "项目", "内容"))
    assert 'class="name n-calm" data-street="联胜路"' in office.get(f"{web.url}/map", timeout=20).text
