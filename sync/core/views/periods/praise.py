"""Why somebody is commended, in words: made last, from the figures that led to it (plan 四·4)."""

from __future__ import annotations

from sync.core.scores.lines import UNIT
from sync.core.scores.standings import Standing, Term


def reason(row: Standing | Term) -> str:
    """The figures by which a row is commended; empty where it is not, or where they were not kept."""
    praise = row.praise
    if praise is None:
        return ""
    place = f"组内第{praise.rank}名（{praise.size}个参与排名），{row.score / 100:g}分"
    if row.kind == UNIT:
        return place
    if praise.due >= praise.min_cases:
        in_time = praise.due - praise.late
        return f"{place}；到期{praise.due}件，按期{in_time}件（{100 * in_time / praise.due:.0f}%）"
    few = f"到期{praise.due}件，不足{praise.min_cases}件，看督查次数"
    return f"{place}；{few}：{praise.inspections}次，组内中位数{praise.middle:g}次"
