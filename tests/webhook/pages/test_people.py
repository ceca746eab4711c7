"""The people page: in order, and two people of one name told apart by their units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web_server import OPERATOR, WebServer, web_server


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def test_two_people_of_one_name_are_told_by_their_units_wherever_a_link_is_made(web: WebServer) -> None:
    web.add(
        "组织架构\n姓名 | 角色 | 支部 | 单位\n"
        "张伟 | 街路长 | 第一支部 | 环卫所\n张伟 | 街路长 | 第一支部 | 园林所\n"
        "张伟（市容股） | 街路长 | 第一支部 | 市容股"
    )
    web.tick()
    office = web.enter(OPERATOR)
    pages = (
        office.get(f"{web.url}/people", timeout=10).text,
        office.post(f"{web.url}/people/cards", data={"name": "张伟"}, timeout=20).text,
        office.post(f"{web.url}/people/link", data={"name": "张伟"}, timeout=10).text,
    )
    for page in pages:
        assert page.count("园林所、环卫所都有这个姓名") == 1
    checks = dict.fromkeys(check for name, check in web.rows("组织架构", "姓名", "校验") if name == "张伟")
    assert len(checks) == 1 and all("是两个人的" in check for check in checks)
    assert [check for name, check in web.rows("组织架构", "姓名", "校验") if name == "张伟（市容股）"] == [""]


def test_people_of_a_role_stand_by_number(web: WebServer) -> None:
    web.add("组织架构\n姓名 | 角色 | 支部\n" + "\n".join(f"巡查{n} | 街路长 | 第一支部" for n in (10, 2, 1)))
    web.tick()
    page = web.enter(OPERATOR).get(f"{web.url}/people", timeout=10).text
    assert list(dict.fromkeys(re.findall(r"巡查\d+", page))) == ["巡查1", "巡查2", "巡查10"]
