"""What is wrong with a row as a whole, beyond single cells: sentences for its 校验.

Each check takes the row's cells and what else is known, and gives sentences that say which column, what stands
there and what to do. Single cells are read in ``rows.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sync.core.approvals.requests import entitled, words
from sync.core.people.roster import LEAVE, Roster, read_post, read_street
from sync.core.rules.rules import Rules
from sync.core.sheet.rows import Row, nearest, quoted
from sync.core.sheet.tabs import Layout

AHEAD = timedelta(minutes=10)  # clocks of phones differ; more is a mistyped date
Cells = Mapping[str, Any]


def place(layout: Layout, key: str) -> str:
    """A column as people see it: ``F列「街路」``."""
    return f"{layout.letter(key)}列「{layout.tab.by_key[key].header}」"


def known_lists(layout: Layout, cells: Cells, lists: Mapping[str, Collection[str]]) -> list[str]:
    """Cells that must be in a live list (streets, categories, units) and are not."""
    problems = []
    for column in layout.tab.staff:
        if column.choices and column.key in cells:
            value = cells[column.key]
            if value not in lists[column.choices]:
                problems.append(
                    f"{place(layout, column.key)}填的是{quoted(value)}，{_where(column.choices)}"
                    f"{nearest(value, lists[column.choices]) or '请从下拉列表里选。'}"
                )
    return problems


def _where(choices: str) -> str:
    return {
        "streets": "街路名册里没有这条街路。",
        "categories": "规则里没有这个类别。",
        "units": "规则里没有这个单位。",
    }[choices]


def future(layout: Layout, cells: Cells, key: str, now: datetime) -> list[str]:
    """A time of filing that lies ahead of us."""
    moment = cells.get(key)
    if moment and moment > now + AHEAD:
        return [f"{place(layout, key)}填的是 {moment:%Y-%m-%d %H:%M}，还没有到这个时间，请改成实际时间。"]
    return []


def past_limit(layout: Layout, cells: Cells) -> list[str]:
    """A deadline given as a moment that lies before the report."""
    given, typed = cells.get("given_limit"), cells.get("reported_at")
    if isinstance(given, datetime) and typed and given <= typed:
        return [f"{place(layout, 'given_limit')}填的是 {given:%Y-%m-%d %H:%M}，早于填报时间，请改成以后的时间。"]
    return []


def ripe(cells: Cells) -> list[datetime]:
    """When times that lie ahead stop being a fault by themselves."""
    typed = [cells[key] for key in ("reported_at", "verified_at") if key in cells]
    return [moment - AHEAD for moment in typed]


def needed(layout: Layout, cells: Cells, keys: Iterable[str], because: str) -> list[str]:
    """Columns that this kind of row needs."""
    return [f"{place(layout, key)}没有填，{because}要填。" for key in keys if key not in cells]


def reference(layout: Layout, cells: Cells, key: str, known: Collection[str]) -> list[str]:
    """An id of an issue that does not exist."""
    if key in cells and cells[key] not in known:
        return [f"{place(layout, key)}填的是{quoted(cells[key])}，问题台账里没有这个编号，请核对。"]
    return []


DUTY_NEEDS: Mapping[str, tuple[str, ...]] = {
    "巡查": ("street",),
    "督查": ("street",),
    "支部例会": ("branch",),
}
REQUEST_NEEDS: Mapping[str, tuple[str, ...]] = {
    "延期": ("issue", "until"),
    "挂账": ("issue",),
    "移交": ("issue", "to_unit"),
    "申诉": ("line",),
    "加减分": ("target", "points"),
}


def duty(layout: Layout, cells: Cells) -> list[str]:
    kind = cells.get("kind", "")
    return needed(layout, cells, DUTY_NEEDS.get(kind, ()), kind)


def request(layout: Layout, cells: Cells, asked: Asked) -> list[str]:
    kind = cells.get("kind", "")
    problems = needed(layout, cells, REQUEST_NEEDS.get(kind, ()), kind)
    if "answer" in cells and "approver" not in cells:
        problems.append(f"{place(layout, 'approver')}没有填，批复要写明是谁批的。")
    elif "approver" in cells:
        answerer = person(layout, cells, "approver", asked.roster) or superior(layout, cells, asked)
        problems += answerer or _himself(layout, cells)
    until, answered = cells.get("until"), cells.get("answered_at")
    if kind in ("延期", "挂账") and until and answered and until <= answered:
        problems.append(f"{place(layout, 'until')}早于批复时间，{kind}不起作用，请改成以后的时间。")
    return problems


@dataclass(frozen=True)
class Asked:
    """What an answer is held against: the roster and rules, the day it was given, and the area of what it is about."""

    roster: Roster
    rules: Rules
    day: date
    area: Mapping[str, Any]


def superior(layout: Layout, cells: Cells, asked: Asked) -> list[str]:
    """An answer by somebody whose it is not to give (plan 五·2: 向包区包块的上级反映)."""
    kind = cells.get("kind", "")
    if not kind or entitled(asked.roster, asked.rules, kind, cells["approver"], asked.day, asked.area):
        return []
    named = words(asked.rules, kind, asked.area)
    return [f"{place(layout, 'approver')}填的是{quoted(cells['approver'])}，{kind}应当由{named}批复。"]


def _himself(layout: Layout, cells: Cells) -> list[str]:
    """Points are never approved by who asked for them."""
    kind = cells.get("kind", "")
    if kind not in ("申诉", "加减分") or "requester" not in cells or cells["requester"] != cells["approver"]:
        return []
    return [f"{place(layout, 'approver')}和申请人是同一个人，{kind}要由别人批复，这个批复不算。"]


def person(layout: Layout, cells: Cells, key: str, roster: Roster) -> list[str]:
    """A name that stands nowhere in 组织架构."""
    names = {post.name for post in roster.posts}
    if key in cells and cells[key] not in names:
        return [f"{place(layout, key)}填的是{quoted(cells[key])}，组织架构里没有这个人。{nearest(cells[key], names)}"]
    return []


def change(layout: Layout, cells: Cells, roster: Roster) -> list[str]:
    problems = person(layout, cells, "to_chief", roster)
    if cells.get("kind") == LEAVE:
        problems += needed(layout, cells, ("until",), LEAVE)
    since, until = cells.get("since"), cells.get("until")
    if since and until and until < since:
        problems.append(f"{place(layout, 'until')}早于生效日期，请改正其中一个。")
    street = roster.street(cells.get("street", ""), since) if since else None
    before = roster.chief(street, since - timedelta(days=1)) if street and since else ""
    if street and "from_chief" in cells and cells["from_chief"] != before:
        problems.append(
            f"{place(layout, 'from_chief')}填的是{quoted(cells['from_chief'])}，名册里是「{before}」，请核对。"
        )
    return problems


def streets(layout: Layout, rows: list[Row], roster: Roster, day: date) -> dict[int, list[str]]:
    """Problems of 街路名册 by row number: doubled codes and names on one day, chiefs who hold no post."""
    by_row: dict[int, list[str]] = {}
    read = {row.number: read_street(row.cells) for row in rows}
    names = {post.name for post in roster.posts if post.role == "街路长"}
    groups = {
        key: Counter(getattr(street, attr) for street in read.values() if street and street.span.holds(day))
        for key, attr in (("code", "code"), ("street", "name"))
    }
    for number, street in read.items():
        if street is None:
            continue
        problems = [
            f"{place(layout, key)}「{value}」出现了 {groups[key][value]} 次，请只留一行，旧的填停用日期。"
            for key, value in (("code", street.code), ("street", street.name))
            if value and street.span.holds(day) and groups[key][value] > 1
        ]
        others = {other.name for other in read.values() if other and other.name != street.name}
        if clash := sorted(others.intersection(street.aliases)):
            problems.append(f"{place(layout, 'aliases')}「{'、'.join(clash)}」是另一条街路的名称，请去掉。")
        if street.span.since and street.span.until and street.span.until < street.span.since:
            problems.append(f"{place(layout, 'until')}早于启用日期，请改正其中一个。")
        if street.chief and street.chief not in names:
            problems.append(
                f"{place(layout, 'chief')}填的是{quoted(street.chief)}，组织架构里没有这位街路长。"
                + nearest(street.chief, names)
            )
        by_row[number] = problems
    return by_row


def posts(layout: Layout, rows: list[Row]) -> dict[int, list[str]]:
    """Problems of 组织架构 by row number: a role without its area, one person in two branches at a time."""
    by_row: dict[int, list[str]] = {}
    read = [(row.number, read_post(row.cells)) for row in rows]
    for number, post in read:
        if post is None:
            continue
        area = {"指挥长": "district", "支部书记": "branch"}.get(post.role)
        cells = {key: value for key, value in (("district", post.district), ("branch", post.branch)) if value}
        problems = needed(layout, cells, (area,), post.role) if area else []
        twins = {
            other.branch
            for place_, other in read
            if other
            and place_ != number
            and other.name == post.name
            and other.role == post.role == "街路长"
            and other.branch
            and other.branch != post.branch
            and other.span.meets(post.span)
        }
        mails = {other.mail for _, other in read if other and other.name == post.name and other.mail
                 and other.span.meets(post.span)}  # fmt: skip
        if len(mails) > 1:
            problems.append(
                f"{place(layout, 'mail')}「{post.name}」有 {len(mails)} 个邮箱，同名的请在姓名后加单位区分。"
            )
        if twins and post.branch:
            problems.append(
                f"{place(layout, 'name')}「{post.name}」同时在{'、'.join(sorted({post.branch, *twins}))}任街路长，"
                "请只留一个，另一行填停用日期。"
            )
        by_row[number] = problems
    return by_row


def sentence(*groups: Iterable[str]) -> str:
    """All that is wrong with a row in one cell, without saying anything twice."""
    return "".join(dict.fromkeys(text for group in groups for text in group))
