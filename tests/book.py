"""A workbook on paper: tabs as text before, the hour, tabs as text after.

The stories use it: a clerk can read one and say whether it is right. It runs the real ``decide`` and applies the
plan to the rows as the workbook would.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.look.decide import decide
from sync.core.memory import Decision, Memory, Tables, absorb
from sync.core.rules.rules import Rules, load
from sync.core.sheet import tabs
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.values import serials
from sync.core.sheet.values.photos import Picture

ROOT = Path(__file__).parent.parent
ZONE = ZoneInfo("Asia/Shanghai")


@cache
def templates() -> dict[str, tabs.Tab]:
    found = [
        tabs.parse(path.read_text("utf-8"), path.name) for path in sorted((ROOT / "sheet_templates").glob("*.toml"))
    ]
    return {tab.key: tab for tab in found}


@cache
def default_rules() -> Rules:
    return load((ROOT / "rules.toml").read_text("utf-8"))


def hour(text: str) -> datetime:
    """``2026-11-24 16:00`` in the bureau's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def cell(text: str, kind: str) -> Raw:
    """A cell as a person would type it: a date becomes a date, a number a number, anything else stays text."""
    if kind in ("datetime", "date", "limit") and text[:4].isdigit() and "-" in text:
        return serials.from_datetime(hour(text), ZONE)
    if kind in ("number", "points", "integer"):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def shown(value: Raw, kind: str) -> str:
    """A cell as a person sees it."""
    if kind == "datetime" and isinstance(value, int | float):
        return f"{serials.to_datetime(value, ZONE):%Y-%m-%d %H:%M}"
    if kind == "date" and isinstance(value, int | float):
        return f"{serials.to_date(value):%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


class Book:
    """The workbook's tabs as lists of rows, header first, and the memory that belongs to them."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or default_rules()
        self.memory = Memory()
        self.sheets: dict[str, list[list[Raw]]] = {
            tab.title: [[column.header for column in tab.columns]] for tab in templates().values()
        }

    def tab(self, title: str) -> tabs.Tab:
        return next(tab for tab in templates().values() if tab.title == title)

    def add(self, text: str) -> Book:
        """Rows in a text table: first line the tab's title, second the headers, then a row a line, parted by |."""
        title, head, *lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        headers = [part.strip() for part in head.split("|")]
        for line in lines:
            self.row(title, dict(zip(headers, (part.strip() for part in line.split("|")), strict=True)))
        return self

    def row(self, title: str, cells: dict[str, str]) -> None:
        types = {column.header: column.type for column in self.tab(title).columns}
        sheet = self.sheets[title]
        row: list[Raw] = [""] * len(sheet[0])
        for header, text in cells.items():
            row[sheet[0].index(header)] = cell(text, types[header]) if text else ""
        sheet.append(row)

    def type(self, title: str, number: int, header: str, text: str) -> None:
        """A person types into row ``number`` (1 is the first row under the header)."""
        types = {column.header: column.type for column in self.tab(title).columns}
        self.sheets[title][number][self.sheets[title][0].index(header)] = cell(text, types.get(header, "text"))

    def verify(self, number: int, result: str, name: str = "标准化办01") -> None:
        """The standards office gives its verdict on issue ``number`` and signs it."""
        self.type("问题台账", number, "复核结果", result)
        self.type("问题台账", number, "复核人", name if result else "")

    def photograph(self, *taken: tuple[str, ...]) -> None:
        """Photos as (id, what is to be seen, id of one that it looks very much like or nothing)."""
        photos = dict(self.memory.photos)
        for name, scene, like in taken:
            far = int(hashlib.sha256(scene.encode()).hexdigest()[:16], 16)
            photos[name] = Picture(scene, photos[like].fingerprint ^ 0b101 if like else far)
        self.remember(photos=photos)

    def remember(self, **fields: Any) -> None:
        """The memory with these fields as they are given."""
        self.memory = replace(self.memory, **fields)

    def tables(self) -> Tables:
        by_title = {tab.title: tab.key for tab in templates().values()}
        seen = {
            by_title[title]: Table(
                by_title[title], tuple(str(cell) for cell in rows[0]), [list(row) for row in rows[1:]]
            )
            for title, rows in self.sheets.items()
            if title in by_title
        }
        return Tables(templates(), seen)

    def tick(self, at: str | datetime, doubt: str = "") -> Decision:
        """One tick: decide, remember, write. ``doubt``: why the hour is not believed."""
        now = hour(at) if isinstance(at, str) else at
        decision = decide(self.tables(), self.memory, self.rules, now, doubt)
        self.memory = absorb(self.memory, decision, now)
        self.apply(decision)
        return decision

    def settle(self, at: str) -> list[Decision]:
        """Ticks at that hour until one writes nothing."""
        done = []
        for _ in range(5):
            done.append(self.tick(at))
            if not done[-1].plan.tabs:
                return done
        raise AssertionError(f"never quiet: {done[-1].plan}")

    def apply(self, decision: Decision) -> None:
        for key, one in decision.plan.tabs.items():
            sheet = self.sheets[templates()[key].title]
            for write in one.writes:
                sheet += [[] for _ in range(write.row - len(sheet))]  # a sheet goes on below its last row
                row = sheet[write.row - 1]
                row += [""] * (write.column + 1 - len(row))
                row[write.column] = write.value
            sheet += [list(row) for row in one.appends]

    def cell(self, title: str, number: int, header: str) -> str:
        sheet = self.sheets[title]
        kind = next((c.type for c in self.tab(title).columns if c.header == header), "text")
        at = sheet[0].index(header)
        row = sheet[number]
        return shown(row[at] if at < len(row) else "", kind)

    def rows(self, title: str, *headers: str) -> list[tuple[str, ...]]:
        """All rows of a tab under these headers, as people see them."""
        return [
            tuple(self.cell(title, number, header) for header in headers)
            for number in range(1, len(self.sheets[title]))
            if any(self.sheets[title][number])
        ]

    def expect(self, text: str) -> None:
        """The tab shows these rows under these headers: compare as text, blank parts included."""
        title, head, *lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        headers = [part.strip() for part in head.split("|")]
        wanted = [tuple(part.strip() for part in line.split("|")) for line in lines]
        assert self.rows(title, *headers) == wanted


CAST = """
街路名册
街路编号 | 街路 | 别名 | 类型 | 区域 | 支部 | 街路长 | 责任单位 | 邻近街路
J01 | 新正街 | 正街 | 主次干道 | 城中 | 第四支部 | 街路长01 | | 联胜路
J02 | 联胜路 | | 主次干道 | 城东 | 第六支部 | 街路长02 | | 新正街
J03 | 建设南路 | | 主次干道 | 城西 | 第一支部 | 街路长03 | |
J04 | 高铁站广场 | | 重点区域 | 城东 | 第六支部 | 街路长02 | 高铁站广场服务所 |
"""
PEOPLE = """
组织架构
姓名 | 角色 | 区域 | 支部 | 单位 | 邮箱
街路长01 | 街路长 | 城中 | 第四支部 | 园林所 | c01@xidu.example
街路长02 | 街路长 | 城东 | 第六支部 | 高铁站广场服务所 | c02@xidu.example
街路长03 | 街路长 | 城西 | 第一支部 | 城管执法大队 | c03@xidu.example
支部书记01 | 支部书记 | 城西 | 第一支部 | 城管执法大队 | s01@xidu.example
支部书记03 | 支部书记 | 城中 | 第三支部 | 环卫所 | s03@xidu.example
支部书记04 | 支部书记 | 城中 | 第四支部 | 园林所 | s04@xidu.example
支部书记06 | 支部书记 | 城东 | 第六支部 | 高铁站广场服务所 | s06@xidu.example
指挥长02 | 指挥长 | 城中 | | | z02@xidu.example
指挥长03 | 指挥长 | 城东 | | | z03@xidu.example
标准化办01 | 标准化办 | | | 市容股 | b01@xidu.example
督查01 | 标准化办 | | | 市容股 |
督查02 | 标准化办 | | | 市容股 |
办公室01 | 领导小组办公室 | | | | o01@xidu.example
"""


def bureau(**more: Any) -> Book:
    """The cast: 街路长01 is diligent, 02 is late, 03 has left; 支部书记04 looks after 新正街."""
    return Book(**more).add(CAST).add(PEOPLE)
