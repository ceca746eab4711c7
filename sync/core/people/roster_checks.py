"""What is wrong with a row of 街路名册, 组织架构 or 人员调整 (plan 五·1, notes 1 and 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from sync.core.people.ordering import place_order
from sync.core.people.roster import LEAVE, RESERVED, Post, Roster, Street, read_post, read_street
from sync.core.sheet.checks import Cells, needed
from sync.core.sheet.problems import Problem
from sync.core.sheet.rows import Row, nearest, quoted
from sync.core.sheet.values.places import Position, is_far, metres, middle

AREA_OF_ROLE = {"指挥长": "district", "支部书记": "branch"}


def person(cells: Cells, key: str, roster: Roster) -> list[Problem]:
    """A name that stands nowhere in 组织架构."""
    names = {post.name for post in roster.posts}
    if key in cells and cells[key] not in names:
        return [Problem(key, f"填的是{quoted(cells[key])}，组织架构里没有这个人。{nearest(cells[key], names)}")]
    return []


def change(cells: Cells, roster: Roster) -> list[Problem]:
    """Of a row of 人员调整."""
    problems = person(cells, "to_chief", roster)
    if cells.get("kind") == LEAVE:
        problems += needed(cells, ("until",), LEAVE)
    since, until = cells.get("since"), cells.get("until")
    if since and until and until < since:
        problems.append(Problem("until", "早于生效日期，请改正其中一个。"))
    street = roster.street(cells.get("street", ""), since) if since else None
    before = roster.chief(street, since - timedelta(days=1)) if street and since else ""
    if street and "from_chief" in cells and cells["from_chief"] != before:
        text = f"填的是{quoted(cells['from_chief'])}，名册里是「{before}」，请核对。"
        problems.append(Problem("from_chief", text))
    return problems


def streets(rows: Iterable[Row], roster: Roster, day: date) -> dict[str, list[Problem]]:
    """Of 街路名册, by id of the row: doubled codes and names on one day, chiefs who hold no post, places far off."""
    read = {row.rid: street for row in rows if (street := read_street(row.cells))}
    in_use = [street for street in read.values() if street.span.holds(day)]
    counts = {"code": Counter(s.code for s in in_use), "street": Counter(s.name for s in in_use)}
    chiefs = {post.name for post in roster.posts if post.role == "街路长"}
    names = {street.name for street in read.values()}
    center = _center(read.values())
    return {
        rid: [*_doubled(street, counts, day), *_street(street, names, chiefs), *_ends(street, center)]
        for rid, street in read.items()
    }


def _doubled(street: Street, counts: dict[str, Counter[str]], day: date) -> list[Problem]:
    return [
        Problem(key, f"「{value}」出现了 {counts[key][value]} 次，请只留一行，旧的填停用日期。")
        for key, value in (("code", street.code), ("street", street.name))
        if value and street.span.holds(day) and counts[key][value] > 1
    ]


def _street(street: Street, names: set[str], chiefs: set[str]) -> list[Problem]:
    problems = []
    if clash := sorted((names - {street.name}).intersection(street.aliases), key=place_order):
        problems.append(Problem("aliases", f"「{'、'.join(clash)}」是另一条街路的名称，请去掉。"))
    if street.span.since and street.span.until and street.span.until < street.span.since:
        problems.append(Problem("until", "早于启用日期，请改正其中一个。"))
    if street.chief and street.chief not in chiefs:
        hint = nearest(street.chief, chiefs)
        problems.append(Problem("chief", f"填的是{quoted(street.chief)}，组织架构里没有这位街路长。{hint}"))
    return problems


def _center(streets: Iterable[Street]) -> Position | None:
    """The middle of all streets, from which no place may lie far."""
    return middle([place for street in streets if (place := street.start or street.end)])


def _ends(street: Street, center: Position | None) -> Iterable[Problem]:
    """Of 起点 and 终点."""
    if street.end and not street.start:
        yield Problem("start", "没有填，填了终点的要填起点。")
    for key, place in (("start", street.start), ("end", street.end)):
        if place and center and is_far(place, center):
            yield Problem(key, f"离其他街路有 {metres(place, center) / 1000:.0f} 千米，请核对经纬度。")


def posts(rows: Iterable[Row]) -> dict[str, list[Problem]]:
    """Of 组织架构, by id of the row: a role without its area, one person in two branches at a time."""
    read = {row.rid: post for row in rows if (post := read_post(row.cells))}
    return {rid: _post(rid, post, read) for rid, post in read.items()}


def _post(rid: str, post: Post, read: dict[str, Post]) -> list[Problem]:
    area = AREA_OF_ROLE.get(post.role)
    cells = {key: value for key, value in (("district", post.district), ("branch", post.branch)) if value}
    problems = needed(cells, (area,), post.role) if area else []
    if post.name in RESERVED:
        problems.append(Problem("name", f"「{post.name}」是系统自己用的名称，这一行不算数，请写这个人的姓名。"))
    same_days = [(at, other) for at, other in read.items() if other.name == post.name and other.span.meets(post.span)]
    if len(mails := {other.mail for _, other in same_days if other.mail}) > 1:
        text = f"「{post.name}」有 {len(mails)} 个邮箱，同名的请在姓名后加单位区分。"
        problems.append(Problem("mail", text))
    problems += _namesakes(post, [other for _, other in same_days])
    twins = {other.branch for at, other in same_days if at != rid and _in_two_branches(post, other)}
    if twins and post.branch:
        where = "、".join(sorted({post.branch, *twins}, key=place_order))
        text = f"「{post.name}」同时在{where}任街路长，请只留一个，另一行填停用日期。"
        problems.append(Problem("name", text))
    return problems


def _namesakes(post: Post, same_name: list[Post]) -> list[Problem]:
    """Rows of one name on the same days that may be two people: they would share links, notices and points."""
    units = sorted({other.unit for other in same_name if other.unit}, key=place_order)
    doubled = sum(_place(other) == _place(post) for other in same_name)
    if len(units) > 1:
        what = f"出现在 {len(units)} 个单位（{'、'.join(units)}）。是一个人的，请写同一个单位"
    elif doubled > 1:
        what = f"有 {doubled} 行一样的{post.role}。是一个人的，请只留一行"
    else:
        return []
    example = f"{post.name}（{units[0] if units else '单位'}）"
    text = f"「{post.name}」{what}；是两个人的，请在姓名后加单位，如「{example}」，街路名册里也这样写。"
    return [Problem("name", text)]


def _place(post: Post) -> tuple[str, str, str]:
    return post.role, post.district, post.branch


def _in_two_branches(post: Post, other: Post) -> bool:
    return other.role == post.role == "街路长" and bool(other.branch) and other.branch != post.branch
