"""What a bureau should know of its rules file though nothing in it is wrong: figures that came later and that it does
not name, and limits that are unlike what the rest of the file does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from typing import Any

from pydantic import BaseModel

from sync.core.calendar.worktime import Limit
from sync.core.rules.conditions import SERIOUS
from sync.core.rules.section_score import Score
from sync.core.rules.sections import Category


def notes(sections: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences for `jielu check`, in the order of the file. ``sections``: the tables as read, by name."""
    missing = (sentence for name, section in sections.items() for sentence in _missing(section, name))
    return (*missing, *_share_of_units(sections.get("score")), *_hours_without_danger(sections.get("category", ())))


def _share_of_units(score: Score | None) -> Iterator[str]:
    if score and score.share.unit is not None:
        yield "score.share.unit 不再起作用：单位按比率计分，不分担街路长的扣分，可以去掉这一行。"


def _missing(table: object, name: str) -> Iterator[str]:
    """Keys with a description that the file does not name: their defaults hold."""
    if not isinstance(table, BaseModel):
        return
    for key, field in type(table).model_fields.items():
        value, path = getattr(table, key), f"{name}.{field.alias or key}"
        if key in table.model_fields_set:
            yield from _missing(value, path)
        elif field.description:
            yield f"规则文件没有写 {path}（{field.description}），按 {_shown(value)}。"


def _shown(value: object) -> str:
    if isinstance(value, Limit):
        return value.zh
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, tuple):
        return "、".join(_shown(part) for part in value) or "没有"
    return str(value)


def _hours_without_danger(categories: Iterable[Category]) -> Iterator[str]:
    """Serious limits in clock hours run through the night; only danger asks that of people (definitions 1.4)."""
    for category in categories:
        limit = category.limits.serious
        if limit and limit.unit == "h" and not category.dangerous(SERIOUS):
            yield (
                f"类别「{category.name}」严重的时限是{limit.zh}，昼夜连续计算，但没有写 danger："
                f"夜里到期也不会马上通知。不危及人的改成 {limit.amount}wh，危及人的加上 danger。"
            )
