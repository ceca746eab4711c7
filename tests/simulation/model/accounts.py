"""What the service keeps by itself: notices, score lines and sealed months, as they stand in its own tabs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from tests.simulation.model.checks import Broken, Values
from tests.simulation.model.paper import STAFF, Paper, Row, Value, same

Record = Mapping[str, Value]
SENT, WAITING = "已发送", "待发送"
MAY_HAVE_COME = ("发送中", "发送失败")
SUMMED = ("街路", "单位")  # whose score is the sum of their lines; branches and districts show means


def records(values: Values) -> list[Record]:
    """The rows of a tab that hold anything, by header."""
    header = [str(name) for name in values[0]] if values else []
    return [{name: row[at] if at < len(row) else "" for at, name in enumerate(header)}
            for row in values[1:] if any(value != "" for value in row)]  # fmt: skip


def notices(values: Values, sent: Counter[str], unsure: Set[str], last: float) -> Iterator[Broken]:
    """Each notice stands once; one that was sent says so, and went out once; one that was made before ``last``, the
    last sending hour, and was not sent says why. Of an ``unsure`` one, whose yes was not noted, it may stand that a
    later try failed, not that it was left out."""
    seen = Counter(str(record["通知号"]) for record in records(values))
    for number, count in seen.items():
        if count > 1:
            yield "notice", f"通知 {number} 在通知记录里有 {count} 行"
    for record in records(values):
        number, state = str(record["通知号"]), record["状态"]
        if sent[number] > 1:
            yield "notice twice", f"通知 {number} 发了 {sent[number]} 次"
        if (state == SENT) != (sent[number] > 0) and not (number in unsure and state in MAY_HAVE_COME):
            yield "notice", f"通知 {number} 的状态是「{state}」，收到了 {sent[number]} 次"
        if state != SENT and record["原因"] == "" and not (state == WAITING and float(record["时间"]) > last):
            yield "notice", f"通知 {number} 是「{state}」，没有原因"
    for number in sent:
        if number not in seen:
            yield "notice", f"发出去的通知 {number} 不在通知记录里"


def told(values: Values, numbers: Sequence[str]) -> Iterator[Broken]:
    """Of each issue somebody was told."""
    assigned = {str(record["编号"]) for record in records(values) if record["类型"] == "交办"}
    for number in numbers:
        if number not in assigned:
            yield "notice missing", f"{number} 没有交办通知"


def sums(lines: Values, scores: Values) -> Iterator[Broken]:
    """A score is the sum of its lines."""
    points: dict[tuple[Value, Value], float] = defaultdict(float)
    for line in records(lines):
        points[line["月份"], line["对象"]] += float(line["分值"] or 0)
    for score in records(scores):
        key = score["月份"], score["对象"]
        if score["类别"] in SUMMED and not same(round(points[key], 4), score["得分"]):
            yield "sum", f"{score['月份']} {score['对象']} 得分 {score['得分']}，扣分明细合计 {points[key]:g}"


@dataclass
class Archive:
    """A tab of rows that left the one of a ``paper``: people's rows from below its header."""

    title: str
    paper: Paper
    rows: list[Row] = field(default_factory=list)

    def check(self, values: Values) -> Iterator[Broken]:
        """Each archived row stands there with its people's cells, and nothing else does."""
        columns = [column.name for column in self.paper.columns if column.owner == STAFF]
        header = [str(name) for name in values[0]] if values else []
        for index in range(max(len(values) - 1, len(self.rows))):
            row = self.rows[index] if index < len(self.rows) else Row()
            stands = values[index + 1] if index + 1 < len(values) else []
            for place, name in enumerate(header):
                value = stands[place] if place < len(stands) else ""
                if name in columns and not same(value, row.get(name)) and value not in row.also.get(name, ()):
                    where = f"{self.title} 第{index + 2}行（{row.get('问题描述')}）「{name}」"
                    yield "archive", f"{where}应当是「{row.get(name)}」，却是「{value}」"


@dataclass
class Sealed:
    """Rows of sealed months as they stood when they were first seen sealed."""

    scores: dict[tuple[Value, ...], Record] = field(default_factory=dict)
    lines: dict[Value, dict[Value, Record]] = field(default_factory=dict)

    def check(self, lines: Values, scores: Values) -> Iterator[Broken]:
        """What was sealed stands as it stood."""
        now = {(score["月份"], score["对象"], score["类别"]): score for score in records(scores)}
        for key, before in self.scores.items():
            if dict(before) != dict(now.get(key, {})):
                yield "sealed", f"{key[0]} 已封存，{key[1]} 的一行从 {_differ(before, now.get(key, {}))}"
        by_month: dict[Value, dict[Value, Record]] = defaultdict(dict)
        for line in records(lines):
            by_month[line["月份"]][line["明细号"]] = line
        for month, known in self.lines.items():
            for number in {*known, *by_month[month]}:
                before, after = known.get(number, {}), by_month[month].get(number, {})
                if dict(before) != dict(after):
                    yield "sealed", f"{month} 已封存，明细 {number} 从 {_differ(before, after)}"
        for key, score in now.items():
            if score["状态"] == "已封存":
                self.scores.setdefault(key, score)
                self.lines.setdefault(key[0], by_month[key[0]])


def _differ(before: Record, after: Record) -> str:
    return "，".join(f"「{name}」{before.get(name, '')} 变成 {after.get(name, '')}" for name in {**before, **after}
                    if before.get(name, "") != after.get(name, ""))  # fmt: skip
