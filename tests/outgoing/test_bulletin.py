"""今日通报: numbers and streets to paste, for who leads, without a name, a telephone or a word typed freely."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from sync.core.look.decide import recall
from sync.core.look.findings import Look
from sync.core.views.periods.bulletin import MOST_STREETS, Bulletin, Late, Scope, bulletin
from sync.outgoing import bulletin_picture
from tests.book import Book, bureau, hour, templates
from tests.web_server import OPERATOR, WebServer, web_server

ROWS = """
问题台账
填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 问题描述
2026-11-23 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 一般 | 一堆 13800000000
2026-11-24 08:30 | 督查01 | 督查 | 新正街 | 占道经营 | 一般 | 摆摊
2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 暴露垃圾 | 一般 | 又一堆
2026-11-24 09:00 | 街路长02 | 街路长自查 | 联胜路 | 路面破损 | 一般 | 坑
"""


@pytest.fixture
def book() -> Book:
    head, first, *others = ROWS.strip().splitlines()[1:]
    found = bureau().add("\n".join(["问题台账", head, first]))
    found.settle("2026-11-23 09:05")
    found.add("\n".join(["问题台账", head, *others]))
    found.settle("2026-11-24 09:05")
    found.settle("2026-11-24 15:31")
    return found


def looked(book: Book) -> Look:
    return recall(templates(), book.memory, book.rules, hour("2026-11-24 15:31"))


def test_a_group_reads_today_s_numbers_and_the_late_streets(book: Book) -> None:
    told = bulletin(looked(book), Scope()).text
    assert told.splitlines() == [
        "【街路长工作通报·全部】11月24日 15:31",
        "今日新收 3 件，今日销号 0 件，待整改 4 件，返工 0 件，待复核 0 件，今日到期 0 件，超期未整改 3 件。",
        "今日交办，请按时整改：",
        "20261124-003 联胜路 路面破损（市政处），12-01 17:30 前",
        "超期未整改，按街路：",
        "1. 新正街 2 件（环卫所、城管执法大队），最久的已超期（不足1个工作日）",
        "2. 联胜路 1 件（环卫所），最久的已超期（不足1个工作日）",
        "请以上街路和责任单位抓紧整改并反馈。",
    ]
    for word in ("13800000000", "街路长0", "督查01", "摆摊"):
        assert word not in told


def test_a_part_counts_its_own_alone(book: Book) -> None:
    look = looked(book)
    district, branch = (
        bulletin(look, Scope(district="城东")),
        bulletin(look, Scope(branch="第四支部")),
    )
    assert [one.street for one in district.late] == ["联胜路"] and [one.street for one in branch.late] == ["新正街"]
    assert dict(district.numbers)["待整改"] == 2 and district.title.endswith("城东")
    none = bulletin(look, Scope(district="城西"))
    assert none.text.endswith("没有超期未整改的问题。") and not any(count for _, count in none.numbers)


def test_what_was_handed_out_stands_there_at_once_the_latest_first(book: Book) -> None:
    """Plan 五·3: 即时发送至工作群; mails wait for the sending hours."""
    book.add("问题台账\n填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述\n"
             "2026-11-24 15:40 | 督查01 | 督查 | 新正街 | 占道经营 | 又摆摊")  # fmt: skip
    book.settle("2026-11-24 15:41")
    told = bulletin(recall(templates(), book.memory, book.rules, hour("2026-11-24 15:41")), Scope())
    assert [line.split("（")[0] for line in told.assigned] == [
        "20261124-004 新正街 占道经营", "20261124-003 联胜路 路面破损"
    ]  # fmt: skip
    many = Bulletin("通报", hour("2026-11-24 16:00"), (), (), tuple(f"第{n}件" for n in range(20)))
    assert many.lines[-2:] == ("……今天另外还交办了 5 件。", "没有超期未整改的问题。")


def test_many_streets_are_named_in_part() -> None:
    late = tuple(Late(f"街路{n:02d}", 2, 1, ("环卫所",)) for n in range(MOST_STREETS + 5))
    told = Bulletin("通报", hour("2026-11-24 16:00"), (), late).streets
    assert told[-2] == "……另有 5 条街路 10 件。" and len(told) == MOST_STREETS + 3


# The picture


def need_font() -> Path:
    found = bulletin_picture.font_file()
    if found is None:
        pytest.skip("needs a Chinese font: apt-get install fonts-noto-cjk")
    return found


def test_the_picture_holds_it_all_and_is_the_same_twice(book: Book) -> None:
    font = need_font()
    one = bulletin(looked(book), Scope())
    drawn = bulletin_picture.draw(one, font)
    image = Image.open(io.BytesIO(drawn))
    assert image.format == "PNG" and image.width == bulletin_picture.WIDTH and image.height > 600
    assert drawn == bulletin_picture.draw(one, font) and len(drawn) < 300_000


def test_a_long_line_is_wrapped_within_the_picture() -> None:
    font = need_font()
    late = (Late("很长的街路名字" * 8, 3, 2, ("环卫所", "市政处", "园林所"), "已超期2个工作日"),)
    for line in Bulletin("通报", hour("2026-11-24 16:00"), (), late).streets:
        for part in bulletin_picture._wrapped(line, bulletin_picture._font(font, 34), 900):
            assert bulletin_picture._font(font, 34).getlength(part) <= 900


# The page


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as made:
        made.add(ROWS)
        made.tick("2026-11-24 09:05")
        made.tick("2026-11-24 15:40")
        yield made


@pytest.mark.parametrize(
    ("who", "sees", "not_his"),
    [
        (OPERATOR, "all", ""),
        ("标准化办01", "all", ""),
        ("指挥长02", "district:城中", "district:城东"),
        ("支部书记06", "branch:第六支部", "branch:第四支部"),
    ],
)
def test_who_leads_sees_his_part(web: WebServer, who: str, sees: str, not_his: str) -> None:
    person = web.enter(who)
    page = person.get(f"{web.url}/bulletin", timeout=10)
    assert page.status_code == 200 and f'value="{sees}" selected' in page.text
    if not_his:
        for address in ("bulletin", "bulletin.png"):
            assert person.get(f"{web.url}/{address}?scope={not_his}", timeout=10).status_code == 403
            assert person.get(f"{web.url}/{address}?scope=all", timeout=10).status_code == 403


def test_a_chief_and_a_stranger_see_none(web: WebServer) -> None:
    import requests

    for address in ("bulletin", "bulletin.png"):
        assert web.enter("街路长01").get(f"{web.url}/{address}", timeout=10).status_code == 403
        assert requests.get(f"{web.url}/{address}", timeout=10).status_code == 401


def test_the_page_gives_text_and_picture(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    person = web.enter(OPERATOR)
    page = person.get(f"{web.url}/bulletin", timeout=10)
    assert "新正街 2 件" in page.text and "复制文字" in page.text and "13800000000" not in page.text
    need_font()
    picture = person.get(f"{web.url}/bulletin.png", timeout=20)
    assert picture.headers["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    monkeypatch.setattr(bulletin_picture, "font_file", lambda: None)
    page = person.get(f"{web.url}/bulletin", timeout=10)
    assert "这台服务器没有中文字体" in page.text and "<img" not in page.text and "新正街" in page.text
    assert person.get(f"{web.url}/bulletin.png", timeout=10).status_code == 404
