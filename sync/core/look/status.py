"""What the service says about itself and about single issues: 运行状态 and 依据."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sync.core.issues import life as lives
from sync.core.issues.issues import Issue, Stamps
from sync.core.issues.life import Life
from sync.core.look.reading import Reading
from sync.core.people.roster import Roster, Street, vacant
from sync.core.rules.rules import Rules
from sync.core.sheet.identity import DELETED, Known

MOST_NAMED = 12
ADOPTED = "收编的行"


def items(reading: Reading, roster: Roster, problems: int) -> dict[str, str]:
    """What people must look at, by item. ``problems``: how many rows have a fault. Nothing here changes from tick to
    tick by itself."""
    tabs, day = reading.tables.tabs, reading.now.date()
    texts = {f"表格：{tabs[key].title}": text for key, text in reading.skipped.items() if not tabs[key].hidden}
    unexplained = {key: [row for row in rows if row.gone == DELETED] for key, rows in reading.gone.items()}
    texts |= {f"被删除的行：{tabs[key].title}": _gone(rows) for key, rows in unexplained.items() if rows}
    if empty := vacant(roster, day):
        texts["没有街路长的街路"] = _vacant(empty)
    if problems:
        texts["有问题的行"] = f"共 {problems} 行，看各表的「校验」列。"
    if adopted := len(reading.adopted):
        texts[ADOPTED] = f"台账记忆丢失后，按表格原样收编 {adopted} 行，编号、截止时间和街路长不变。"
    if warning := calendar_warning(reading.rules, day):
        texts["工作日历"] = warning
    return texts


def _vacant(empty: Sequence[tuple[Street, Sequence[str]]]) -> str:
    named = "；".join(
        f"{street.name}（{street.branch}，就近可由{'、'.join(near) or '支部书记确定'}）"
        for street, near in empty[:MOST_NAMED]
    )
    return f"{named}。请支部报指挥长确定（方案附注1）。"


def standing(reading: Reading, texts: Mapping[str, str]) -> dict[str, tuple[str, datetime]]:
    """运行状态 by item: each text with the hour since which it says so. That rows were adopted stands for the day: to
    be read, it must stand longer than a look."""
    before, now = reading.memory.status, reading.now
    if ADOPTED not in texts and ADOPTED in before and before[ADOPTED][1].date() == now.date():
        texts = {**texts, ADOPTED: before[ADOPTED][0]}
    return {
        item: before[item] if item in before and before[item][0] == text else (text, now)
        for item, text in texts.items()
    }


def _gone(rows: Sequence[Known]) -> str:
    names = "、".join(row.rid for row in rows[:MOST_NAMED])
    more = f"等 {len(rows)} 行" if len(rows) > MOST_NAMED else f"，共 {len(rows)} 行"
    return f"{names}{more}。要恢复，或者是有意删的，请在「运行状态」网页上点；也可以运行 jielu restore 编号。"


def calendar_warning(rules: Rules, today: date) -> str:
    """From 1 November on, when next year's holidays are not known (domain.md section 5)."""
    year = today.year + (1 if today.month >= 11 else 0)
    if rules.calendar.known_until >= year:
        return ""
    return f"{year} 年的放假和调休安排还没有填进 rules.toml，跨年的截止时间暂按无调休计算；国务院公布后请尽快补上。"


def next_day(now: datetime) -> datetime:
    """The next midnight: 今日到期, the chief of the day and the month may change then."""
    return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)


def basis(issue: Issue, stamps: Stamps, life: Life, rules: Rules) -> str:
    """依据: which rule gave the deadline and what happened to it since; changes only with the facts."""
    if stamps.start is None or life.state == lives.VOID:
        return "群众反映，核实受理后开始计时（方案五·3）" if life.state == lives.UNVERIFIED else ""
    parts = [_limit_words(issue, stamps, rules)]
    parts += [f"{move.at:%m-%d %H:%M} {move.kind}，截止时间改为 {move.deadline:%m-%d %H:%M}" for move in stamps.moves]
    parts += [f"第{level.level}级（{level.name}）{level.at:%m-%d %H:%M}" for level in stamps.levels if level.name]
    if life.late_since:
        parts.append(f"{life.late_since:%m-%d %H:%M} 超期")
    return "；".join(parts)


def _limit_words(issue: Issue, stamps: Stamps, rules: Rules) -> str:
    start = stamps.start
    assert start is not None
    limit = lives.limit_of(start)
    category = rules.categories.get(issue.category)
    given = "given_limit" in issue.cells or limit is None
    source = "指定时限" if given or category is None else f"{category.name}·{issue.severity}（{category.base}）"
    return f"{source}{limit.zh if limit else ''}，{start.started:%m-%d %H:%M} 起计"
