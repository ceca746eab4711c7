"""What a bureau should know of its rules file though nothing in it is wrong: figures that came later and that it does
not name, and limits that are unlike what the rest of the file does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from typing import Any, NamedTuple

from pydantic import BaseModel

from sync.core.calendar.worktime import Limit
from sync.core.rules.conditions import SERIOUS
from sync.core.rules.section_score import Score
from sync.core.rules.sections import Category


class _Silent(NamedTuple):
    """A key that the file does not name, by its path; ``words``: what it is, empty where the path says it."""

    path: str
    words: str
    default: object


# Keys of [score] without which a file says what it means.
_MAY_BE_SILENT = ("score.plan", "score.seal", "score.share.unit", "score.unit")


def notes(sections: Mapping[str, Any]) -> tuple[str, ...]:
    """Sentences for `jielu check`, in the order of the file. ``sections``: the tables as read, by name."""
    silent = [key for name, section in sections.items() for key in _silent(section, name)]
    return (
        *(f"规则文件没有写 {path}（{words}），按 {_shown(default)}。" for path, words, default in silent if words),
        *_hours_without_danger(sections["category"]),
        *_of_score(sections["score"], silent),
    )


def _silent(table: object, name: str) -> Iterator[_Silent]:
    """The keys that a table of the file leaves out: their defaults hold."""
    if not isinstance(table, BaseModel):
        return
    for key, field in type(table).model_fields.items():
        value, path = getattr(table, key), f"{name}.{field.alias or key}"
        if key in table.model_fields_set:
            yield from _silent(value, path)
        else:
            yield _Silent(path, field.description or "", value)


def _of_score(score: Score, silent: Iterable[_Silent]) -> Iterator[str]:
    """What [score] takes from its defaults, in a sentence, and what it says of how units are scored."""
    paths = [key.path for key in silent if key.path.startswith("score.") and not key.words]
    if named := "、".join(path for path in paths if path not in _MAY_BE_SILENT):
        yield f"规则文件没有写 {named}，按默认。"
    if score.unit is None:
        yield "规则文件没有 [score.unit]：责任单位仍按一件一件扣分；要按比率考核，请照默认的规则文件补上这一节。"
    if score.share.unit is not None:
        yield "score.share.unit 不再起作用：单位按比率计分，不分担街路长的扣分，可以去掉这一行。"


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
