"""Real city reports, placed on the demo's streets and in the month that ends at the hour given.

The file is read with mapping files, as ``jielu import`` would (``issues.toml``, ``feedback.toml``; the source is named
there). Everything else is a fixed rule over what the file says: no chance, no clock. The same file and hour give the
same reports.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sync.core.sheet.rows import Raw
from sync.core.sheet.tabs import Tab
from sync.intake.files import file_rows, mapping

HERE = Path(__file__).parent
SAMPLE = HERE / "city.csv"
DAYS = 31
WEEKEND = 0.4  # reports on a weekend day for each on a workday
FIRST, LAST = 7.5, 20.5  # hours of the day at which people report; what the file has at night is folded in
INSPECTION, SELF, PUBLIC, ASSIGNED = "督查", "街路长自查", "群众反映", "上级交办"
VOID = "作废"
AGAIN_EVERY = 16  # one report in so many comes back at the place and in the category of the street's last one

# A city of 4 million reports other things than a county seat: its commonest types are spread over the nine tasks.
SPREAD: Mapping[str, tuple[tuple[str, int], ...]] = {
    "暴露垃圾": (
        ("暴露垃圾", 30),
        ("垃圾满溢", 14),
        ("路面脏污", 16),
        ("占道经营", 12),
        ("店外经营", 10),
        ("绿地垃圾", 8),
        ("缺株死树", 3),
        ("噪音扰民", 3),
        ("油烟超标", 2),
        ("焚烧燃放", 2),
    ),
    "乱张贴乱涂画": (
        ("乱张贴乱涂画", 45),
        ("占道经营", 10),
        ("门店堆物", 10),
        ("店外经营", 9),
        ("设施占用", 8),
        ("乱晾晒", 8),
        ("路面破损", 5),
        ("环卫设施破损", 3),
        ("井盖缺损", 2),
    ),
    "渣土乱倒": (("渣土乱倒", 50), ("渣土遗撒", 25), ("建筑垃圾", 25)),
    "占道经营": (("占道经营", 85), ("马路市场", 15)),
}
TEXTS: Mapping[str, str] = {
    "占道经营": "流动摊贩占用人行道",
    "店外经营": "门店把货架摆到店外",
    "门店堆物": "门店前堆放杂物",
    "马路市场": "路边自发形成的菜市",
    "路面脏污": "路面有污渍和垃圾",
    "路面积水": "路面积水没有排走",
    "绿地垃圾": "绿化带里有垃圾",
    "缺株死树": "行道树枯死缺株",
    "乱张贴乱涂画": "墙面有小广告和涂鸦",
    "乱晾晒": "树木之间拉绳晾晒",
    "背街堆物": "巷内堆放旧家具家电",
    "暴露垃圾": "路边成堆垃圾没有清走",
    "垃圾满溢": "垃圾桶满溢，盖子敞开",
    "环卫设施破损": "果皮箱破损",
    "渣土遗撒": "渣土车沿途遗撒",
    "渣土乱倒": "路边偷倒渣土",
    "建筑垃圾": "装修垃圾没有清运",
    "井盖缺损": "井盖破损",
    "路面破损": "人行道地砖破损",
    "路灯故障": "路灯不亮",
    "设施占用": "占用公共设施",
    "油烟超标": "餐馆油烟直排",
    "噪音扰民": "商铺高音喇叭揽客",
    "焚烧燃放": "露天焚烧垃圾",
    "其他": "其他市容问题",
}


SEVERITIES = (*("轻微",) * 3, *("一般",) * 13, *("严重",) * 4)


class Report(NamedTuple):
    """One report. ``at`` is aware; ``slow``: 0 for the file's quickest answer, 1 for its slowest, NaN for none."""

    ref: str
    at: datetime
    source: str
    street: int
    place: str
    category: str
    severity: str
    text: str
    slow: float


def part(key: str, salt: str, parts: int) -> int:
    """A number from 0 to ``parts`` - 1 that the key always gives: the demo's only dice."""
    return int.from_bytes(hashlib.sha256(f"{salt}|{key}".encode()).digest()[:8], "big") % parts


def read(path: Path, templates: Mapping[str, Tab], until: datetime, streets: int) -> list[Report]:
    """All reports of the file in the order of time; ``street`` counts from 0. Raises ``FileProblem``."""
    issues, feedback = (
        file_rows.read_file(path, templates[key], mapping.read_mapping(HERE / f"{key}.toml"))
        for key in ("issues", "feedback")
    )
    table = pd.DataFrame(issues)
    table["ref"] = [str(row["issue"]) for row in feedback]
    table["closed"] = pd.to_numeric(pd.Series([row.get("reported_at") for row in feedback]))
    table = table.sort_values(["reported_at", "ref"], kind="stable", ignore_index=True)
    table["slow"] = (table["closed"] - table["reported_at"]).rank(pct=True, method="first")
    table["at"] = moments(table["reported_at"], until)
    table = table.sort_values(["at", "ref"], kind="stable", ignore_index=True)
    return _again([_report(row, streets) for row in table.to_dict("records")])


def moments(reported: pd.Series[Any], until: datetime) -> list[datetime]:
    """The file's few days stretched to a month: the order and the hour of the day stay, weekends are quieter."""
    first = until.date() - timedelta(days=DAYS - 1)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    weights = np.array([WEEKEND if day.weekday() >= 5 else 1.0 for day in days])
    so_far = until.hour + until.minute / 60
    weights[-1] *= min(1.0, max(0.0, (so_far - FIRST) / (LAST - FIRST)))
    ends = weights.cumsum() / weights.sum()
    day = np.searchsorted(ends, (np.arange(len(reported)) + 0.5) / len(reported))
    hours = FIRST + (reported.to_numpy() * 24 - FIRST) % 24 % (LAST - FIRST)
    hours = np.where(day == DAYS - 1, FIRST + (hours - FIRST) * max(0.0, so_far - FIRST) / (LAST - FIRST), hours)
    starts = [datetime(day.year, day.month, day.day, tzinfo=until.tzinfo) for day in days]
    return [starts[n] + timedelta(seconds=round(hour * 3600)) for n, hour in zip(day, hours, strict=True)]


def _report(row: Mapping[Any, Any], streets: int) -> Report:
    ref, category = str(row["ref"]), _category(str(row["ref"]), str(row["category"]))
    severity = SEVERITIES[part(ref, "severity", len(SEVERITIES))]
    source = _source(ref, str(row["source"]), row["accepted"])
    return Report(
        ref,
        row["at"].to_pydatetime(),
        source,
        _street(ref, str(row["street"]), streets),
        f"{1 + part(ref, 'place', 80)}号门前",
        category,
        severity,
        TEXTS[category],
        row["slow"],
    )


def _street(ref: str, zip_code: str, streets: int) -> int:
    """Most of a postal code's reports lie on one street, so that some streets are busier; hardly one has none."""
    key = ref if part(ref, "elsewhere", 100) < 10 else zip_code
    return part(key, "street", streets)


def _category(ref: str, category: str) -> str:
    at = part(ref, "category", 100)
    for name, share in SPREAD.get(category, ()):
        at -= share
        if at < 0:
            return name
    return category


def _source(ref: str, source: str, accepted: Raw) -> str:
    """Most of what people report in the file is found by inspection here; what was cancelled there is voided here."""
    if accepted == VOID:
        return VOID
    if part(ref, "assigned", 40) == 0:
        return ASSIGNED
    return INSPECTION if source == PUBLIC and part(ref, "source", 100) < 88 else source


def _again(reports: Sequence[Report]) -> list[Report]:
    """Some problems come back: same street, place and category as the one before."""
    last: dict[int, Report] = {}
    repeated = []
    for report in reports:
        before = last.get(report.street)
        comes_back = before and report.source != VOID and part(report.ref, "again", AGAIN_EVERY) == 0
        last[report.street] = _at_the_same_place(report, before) if before and comes_back else report
        repeated.append(last[report.street])
    return repeated


def _at_the_same_place(report: Report, before: Report) -> Report:
    return report._replace(place=before.place, category=before.category, text=before.text)
