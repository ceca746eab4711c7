"""Who and where in the demo: 50 streets, 3 districts, 6 branches, 7 units, and placeholders for all people.

Districts and branches follow the plan's section 七 where it names a street; any other street is placed by a fixed
rule and says 片区待核. The 19 named streets stand in the plan or in other public texts, the rest are called 示例街路.
It is not the county's own list, and nobody in it is a real person; where its streets run is invented (``ground``).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import NamedTuple

from sync.core.sheet.rows import Raw
from sync.core.sheet.values.places import Position
from sync.demo import ground

Cells = Mapping[str, Raw]

MAIL = "xidu.example"  # a reserved name: no mail can ever arrive there
TO_CHECK = "演示数据，非衡阳县一览表；片区待核；位置为示意"
KNOWN = "演示数据，非衡阳县一览表；片区按方案第七条；位置为示意"
MAIN, LANE, KEY = "主次干道", "背街小巷", "重点区域"
DISTRICTS = ("城西", "城中", "城东")
BRANCHES = ("第一支部", "第二支部", "第三支部", "第四支部", "第五支部", "第六支部")
# Plan 七: the secretary of each branch heads this unit.
HEADS = ("城管执法大队", "市政处", "环卫所", "园林所", "渣土办", "高铁站广场服务所")
OFFICE_UNIT = "市容股"
COMMANDS = (
    "向阳路以西（含向阳南路、向阳北路及保安小区）",
    "向阳路以东，S336线以南（含S336线）至蒸水河",
    "S336线以北，S336线西渡大桥以东，洪山大桥以东（含英南新区）",
)
SCOPES = (
    "建设路以西（含建设南北路）的城区",
    "建设路至向阳路（含向阳南北路及保安小区）的城西区域",
    "新正街以南至蒸水河的城中区域",
    "新正街至S336线（含新正街）的城中区域",
    "联胜路以南的城东区域",
    "联胜路以北（含联胜路）的城东区域",
)


class Place(NamedTuple):
    """A street of the demo. ``branch`` 1 to 6, 0 where the plan does not say."""

    name: str
    type: str
    branch: int = 0
    near: str = ""
    alias: str = ""
    unit: str = ""


NAMED = (
    Place("向阳南路", MAIN, 2, "向阳北路、保安小区"),
    Place("向阳北路", MAIN, 2, "向阳南路、S336线县城段"),
    Place("建设南路", MAIN, 1, "建设北路"),
    Place("建设北路", MAIN, 1, "建设南路"),
    Place("新正街", MAIN, 4, "新正西路、向阳南路", "正街"),
    Place("新正西路", LANE, 0, "新正街"),
    Place("联胜路", MAIN, 6, "联胜中路"),
    Place("联胜中路", MAIN, 0, "联胜路"),
    Place("S336线县城段", MAIN, 4, "新正街、西渡大桥片区", "S336线、S336"),
    Place("城西大道", MAIN, 0, "建设北路"),
    Place("蒸阳大道", MAIN, 0, "清江路"),
    Place("清江路", LANE, 0, "蒸阳大道、船山西路"),
    Place("船山西路", MAIN, 0, "清江路", "船山西路衡阳县段"),
    Place("保安小区", KEY, 2, "向阳南路"),
    Place("高丰小区", KEY, 0, "向阳北路"),
    Place("英南新区", KEY, 0, "洪山大桥片区"),
    Place("高铁站广场", KEY, 0, "联胜路", "高铁站", "高铁站广场服务所"),
    Place("西渡大桥片区", KEY, 0, "S336线县城段", "西渡大桥"),
    Place("洪山大桥片区", KEY, 0, "英南新区", "洪山大桥"),
)
PLACED = {"英南新区": 5, "高铁站广场": 6}  # 英南新区 is in 城东 by the plan, its branch and the square are a guess
STREETS = 50
TYPES = ((32, MAIN), (44, LANE), (STREETS + 1, KEY))  # 示例街路 below this number are of this type


def places() -> list[Place]:
    """All 50, the named ones first; an example street borders on the ones before and after it."""
    all_places = list(NAMED)
    for number in range(len(NAMED) + 1, STREETS + 1):
        kind = next(kind for below, kind in TYPES if number < below)
        beside = [n for n in (number - 1, number + 1) if len(NAMED) < n <= STREETS]
        all_places.append(Place(f"示例街路{number}", kind, 0, "、".join(f"示例街路{n}" for n in beside)))
    return all_places


def streets() -> list[Cells]:
    """The rows of 街路名册."""
    turn = cycle(range(1, len(BRANCHES) + 1))
    rows, ends = [], ground.ends(place.name for place in places())
    for number, place in enumerate(places(), start=1):
        branch = place.branch or PLACED.get(place.name) or next(turn)
        rows.append(
            filled(
                {
                    "code": f"J{number:02d}",
                    "street": place.name,
                    "aliases": place.alias,
                    "type": place.type,
                    "district": DISTRICTS[(branch - 1) // 2],
                    "branch": BRANCHES[branch - 1],
                    "chief": f"街路长{number:02d}",
                    "unit": place.unit,
                    "near": place.near,
                    **{key: written(end) for key, end in zip(("start", "end"), ends[place.name], strict=False)},
                    "note": KNOWN if place.branch else TO_CHECK,
                }
            )
        )
    return rows


def written(place: Position) -> str:
    """As people type it."""
    return f"{place.longitude:.4f},{place.latitude:.4f}"


def posts() -> list[Cells]:
    """The rows of 组织架构, from the top of the chain down."""
    rows = [post("办公室01", "领导小组办公室", "o01", title="领导小组办公室主任（演示）")]
    rows += [
        post(f"标准化办{n:02d}", "标准化办", f"b{n:02d}", unit=OFFICE_UNIT, title="市容股（演示）") for n in (1, 2)
    ]
    rows += [
        post(
            f"指挥长{n:02d}",
            "指挥长",
            f"z{n:02d}",
            district=DISTRICTS[n - 1],
            scope=COMMANDS[n - 1],
            title="局党组成员（演示）",
        )
        for n in (1, 2, 3)
    ]
    rows += [
        post(
            f"支部书记{n:02d}",
            "支部书记",
            f"s{n:02d}",
            district=DISTRICTS[(n - 1) // 2],
            branch=BRANCHES[n - 1],
            unit=HEADS[n - 1],
            scope=SCOPES[n - 1],
            title="单位负责人（演示）",
        )
        for n in range(1, len(BRANCHES) + 1)
    ]
    for number, street in enumerate(streets(), start=1):
        branch = str(street["branch"])
        rows.append(
            post(
                str(street["chief"]),
                "街路长",
                f"c{number:02d}",
                district=str(street["district"]),
                branch=branch,
                unit=HEADS[BRANCHES.index(branch)],
                title="班子成员（演示）",
            )
        )
    return rows


def post(name: str, role: str, mailbox: str, **more: str) -> Cells:
    return filled({"name": name, "role": role, **more, "mail": f"{mailbox}@{MAIL}"})


def filled(cells: Cells) -> Cells:
    """Without the empty cells, as people leave them."""
    return {key: value for key, value in cells.items() if value != ""}


def roster() -> dict[str, list[Cells]]:
    """街路名册 and 组织架构 by tab key."""
    return {"streets": streets(), "posts": posts()}
