"""rules.toml as the rest of the core uses it: `load` a text, get `Rules` or every mistake with its place.

Reading goes table by table, so that a mistake in one does not hide those in another. `sections` says what
a table looks like, `consistency` what tables must be to each other.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from inspect import signature
from types import UnionType
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from sync.core.calendar.worktime import Calendar
from sync.core.rules.conditions import PHOTO
from sync.core.rules.consistency import CHECKS
from sync.core.rules.notes import notes
from sync.core.rules.section_duties import UPWARD, Duties, Superior
from sync.core.rules.section_letters import Letters
from sync.core.rules.section_links import Bot, Hook, Map
from sync.core.rules.section_score import Score
from sync.core.rules.sections import (
    Approval,
    Backups,
    Bounds,
    Bureau,
    CalendarTable,
    Category,
    Clock,
    Forms,
    Keep,
    Notices,
    Plan,
    Repeat,
    SourceRoles,
    Step,
    Task,
)
from sync.core.rules.text import Document, Path, Problem, RulesError, suggestion
from sync.core.rules.values import ASSUMED, FAKE, NOTICE_KINDS, REQUESTS, ROLES, points_zh

__all__ = ["Basis", "Category", "Problem", "Rules", "RulesError", "Step", "Task", "demand_units", "load"]

_SECTIONS: dict[str, Any] = {
    "bureau": Bureau,
    "plan": Plan,
    "calendar": CalendarTable,
    "clock": Clock,
    "task": tuple[Task, ...],
    "category": tuple[Category, ...],
    "escalation": tuple[Step, ...],
    "repeat": Repeat,
    "sources": SourceRoles,
    "score": Score,
    "notices": Notices,
    "limits": Bounds,
    "backup": Backups,
    "keep": Keep,
    "forms": Forms,
    "map": Map,
    "hook": tuple[Hook, ...],
    "bot": tuple[Bot, ...],
    "approval": tuple[Approval, ...],
    "duties": Duties,
    "upward": tuple[Superior, ...],
    "letters": Letters,
}
APPROVALS = (
    Approval(
        kinds=tuple(kind for kind in REQUESTS if kind != FAKE), to=("支部书记", "指挥长", "标准化办", "领导小组办公室")
    ),
)
# Tables that came later: a file of before has none, and their defaults hold.
_OPTIONAL = ("backup", "keep", "forms", "map", "hook", "bot", "approval", "duties", "upward", "letters", "sources")
MOST_TEXTS = 64  # rules that stay read


class Basis(NamedTuple):
    """What a rule rests on: a clause of the plan, 有来源 or 本局默认. ``name``: its own among those of its kind."""

    kind: str
    name: str
    basis: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.kind}「{self.name}」" if self.name else self.kind


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules in force. `hash` is the SHA-256 of `text`; points are hundredths; roles are English codes."""

    text: str
    hash: str
    bureau: Bureau
    plan: Plan
    calendar: Calendar
    clock: Clock
    tasks: dict[str, Task]
    categories: dict[str, Category]
    escalation: tuple[Step, ...]
    repeat: Repeat
    sources: SourceRoles
    score: Score
    notices: Notices
    limits: Bounds
    backup: Backups
    keep: Keep
    forms: Forms
    map: Map
    hooks: tuple[Hook, ...]
    bots: tuple[Bot, ...]
    approvals: tuple[Approval, ...]
    duties: Duties
    upward: tuple[Superior, ...]
    letters: Letters
    notes: tuple[str, ...] = ()  # for `jielu check`: what the file does not say, and what is unlike the rest

    @property
    def units(self) -> tuple[str, ...]:
        """责任单位, in the order of the file."""
        return self.bureau.units

    @cached_property
    def lists(self) -> Mapping[str, tuple[str, ...]]:
        """The names that the file gives, by live list of the templates."""
        bureau = self.bureau
        named = {"units": bureau.units, "districts": bureau.districts, "branches": bureau.branches}
        return {"categories": tuple(self.categories), **named}

    @cached_property
    def _successors(self) -> Mapping[str, str]:
        return {name: row.unit for row in self.bureau.renamed for name in row.formerly}

    def unit_now(self, name: str) -> str:
        """What a unit of that name is called now."""
        return self._successors.get(name, name)

    @cached_property
    def names_of_units(self) -> Mapping[str, frozenset[str]]:
        """By each name of a unit that was renamed, those of now and before: all that it is known by."""
        names: dict[str, set[str]] = defaultdict(set)
        for former, now in self._successors.items():
            names[now] |= {now, former}
        return {name: frozenset(names[self.unit_now(name)]) for group in names.values() for name in group}

    def clauses(self) -> list[Basis]:
        """Every rule with the clause that asks for it, or what else it rests on."""
        return list(_bases(self))

    def uncovered(self) -> list[tuple[str, str]]:
        """The clauses of the plan, number and words, that no rule cites and no sentence says an answer to."""
        cited = {basis.basis for basis in self.clauses()} | {
            sentence.clause for sentence in self.plan.sentence if sentence.answer
        }
        return [(clause, text) for clause, text in self.plan.clauses.items() if clause not in cited]


def load(text: str, name: str = "rules.toml") -> Rules:
    """Reads the text of a rules file. RulesError holds all its problems; `name` is how they call the file.

    Many bureaus have the same text: each is read once while it is among the last.
    """
    return _load(text, name)


@lru_cache(MOST_TEXTS)
def _load(text: str, name: str) -> Rules:
    document = Document(text, name)
    names = _names(document.data)
    sections, problems = _read_sections(document, names)
    for check in CHECKS:
        needed = signature(check).parameters
        if needed.keys() <= sections.keys():
            problems_found = check(**{section: sections[section] for section in needed})
            problems += [document.problem(path, message) for path, message in problems_found]
    if problems:
        raise RulesError(problems)
    return _assemble(text, sections)


def demand_units(rules: Rules, needed: Mapping[str, Sequence[str]], name: str = "rules.toml") -> None:
    """Raises ``RulesError`` unless the rules name every unit of ``needed`` (the numbers of its open issues), by its own
    name or a former one (definitions 5.3)."""
    lost = {unit: numbers for unit, numbers in needed.items() if rules.unit_now(unit) not in rules.units}
    if lost:
        document = Document(rules.text, name)
        raise RulesError(
            document.problem(("bureau", "units"), _lost_unit(unit, numbers)) for unit, numbers in sorted(lost.items())
        )


def _lost_unit(unit: str, numbers: Sequence[str]) -> str:
    return (
        f"没有「{unit}」了，但它还有 {len(numbers)} 件没有办完，如 {'、'.join(numbers[:3])}。"
        f'改了名或者并入别的单位的，在 [[bureau.renamed]] 里写 unit = "现在的名称"、formerly = ["{unit}"]；'
        "撤销的，请先把这些问题移交"
    )


def _assemble(text: str, sections: dict[str, Any]) -> Rules:
    bureau: Bureau = sections["bureau"]
    noted = notes(sections)
    table: CalendarTable = sections.pop("calendar")
    seasons = [season.season for season in table.season]
    tasks = {task.name: task for task in sections.pop("task")}
    return Rules(
        text=text,
        hash=hashlib.sha256(text.encode()).hexdigest(),
        calendar=Calendar(bureau.zone, seasons, table.own, table.years),
        tasks=tasks,
        categories={c.name: _with_unit(c, tasks) for c in sections.pop("category")},
        hooks=sections.pop("hook"),
        bots=sections.pop("bot"),
        approvals=sections.pop("approval") or APPROVALS,
        upward=sections.pop("upward") or UPWARD,
        notes=noted,
        **sections,
    )


def _with_unit(category: Category, tasks: dict[str, Task]) -> Category:
    return category.model_copy(update={"unit": category.unit or tasks[category.task].unit})


# Reading, table by table


def _names(data: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The names that the file declares, taken before anything is known to be right."""

    def of(rows: object) -> tuple[str, ...]:
        names = (row.get("name") for row in rows if isinstance(row, dict)) if isinstance(rows, tuple) else ()
        return tuple(name for name in names if isinstance(name, str))

    def inside(table: object, key: str) -> tuple[str, ...]:
        value = table.get(key) if isinstance(table, dict) else None
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple | dict) else ()

    return {
        "task": of(data.get("task")),
        "category": of(data.get("category")),
        "unit": inside(data.get("bureau"), "units"),
        "clause": inside(data.get("plan"), "clauses"),
    }


def _read_sections(document: Document, names: dict[str, tuple[str, ...]]) -> tuple[dict[str, Any], list[Problem]]:
    """The tables that are right in themselves, and what is wrong with the others."""
    sections: dict[str, Any] = {}
    problems = [
        document.problem((key,), f"没有「{key}」这个表{suggestion(key, _SECTIONS)}", key=True)
        for key in document.data
        if key not in _SECTIONS
    ]
    for key, kind in _SECTIONS.items():
        if key not in document.data and key in _OPTIONAL:
            sections[key] = kind()
            continue
        if key not in document.data:
            header = f"[{key}]" if isinstance(kind, type) else f"[[{key}]]"
            problems.append(document.problem((), f"缺少 {header}"))
            continue
        try:
            sections[key] = TypeAdapter(kind).validate_python(document.data[key], context=names)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                problems += _translated(document, kind, key, dict(detail))
    return sections, problems


_TYPES = {
    "string_type": "应当是文字，放进英文引号",
    "int_type": "应当是整数",
    "bool_type": "应当是 true 或 false",
    "tuple_type": "应当是列表，放进方括号 [ ]；一张张的表用双方括号 [[ ]] 开头",
    "dict_type": "应当是表",
    "model_type": "应当是一张表，用单方括号 [ ] 开头",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
}


def _translated(document: Document, kind: Any, section: str, error: dict[str, Any]) -> Iterator[Problem]:
    """One error of pydantic in words that a clerk can act on."""
    loc: Path = error["loc"]
    path: Path = (section, *loc)
    context = error.get("ctx", {})
    dotted = ".".join(str(step) for step in path if isinstance(step, str))
    if error["type"] == "condition":
        for mistake in context["mistakes"]:
            yield document.problem((*path, *mistake.path), f"{dotted}：{mistake.message}", key=mistake.key)
    elif error["type"] == "extra_forbidden":
        hint = suggestion(str(loc[-1]), _keys(kind, loc[:-1]))
        yield document.problem(path, f"不认识的键「{loc[-1]}」{hint}", key=True)
    elif error["type"] == "missing":
        yield document.problem(path[:-1], f"缺少「{loc[-1]}」", key=True)
    elif error["type"] == "value_error":
        yield document.problem(path, f"{dotted}：{context['error']}")
    else:
        known = error["type"] in _TYPES
        words = _TYPES[error["type"]].format(**context) if known else error["msg"]
        yield document.problem(path, f"{dotted}：「{_shown(error['input'])}」{words}")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "列表" if isinstance(value, tuple) else "表" if isinstance(value, dict) else str(value)


def _keys(kind: Any, loc: Path) -> list[str]:
    """The keys that are known at a place inside a section."""
    for step in loc:
        if isinstance(step, int):
            kind = get_args(kind)[0]
        else:
            fields = kind.model_fields
            kind = _table_of(next(f.annotation for n, f in fields.items() if (f.alias or n) == step))
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items()]


def _table_of(kind: Any) -> Any:
    """The table itself where it may be left out."""
    return get_args(kind)[0] if isinstance(kind, UnionType) else kind


# What rests on what


def _bases(rules: Rules) -> Iterator[Basis]:
    for task in rules.tasks.values():
        text = f"{task.unit}负责，最多扣 {points_zh(task.weight)} 分"
        yield Basis("任务", task.name, task.plan or ASSUMED, text)
    for category in rules.categories.values():
        serious = category.limit("严重").zh
        needs = f"；反馈要有{'、'.join(category.needs)}" if category.needs != (PHOTO,) else ""
        text = f"一般{category.limit('一般').zh}，严重{serious}；结案条件：{category.close}{needs}"
        yield Basis("类别", category.name, category.plan or category.base, text)
    yield from _clock_bases(rules)
    for step in rules.escalation:
        yield Basis("升级", step.name, step.plan or ASSUMED, f"{step.when.zh}：{ROLES[step.to]}")
    yield from _score_bases(rules.score)
    yield from _forms_bases(rules.forms)
    yield Basis("地图", "", ASSUMED, f"起点、终点按 {rules.map.streets}，{'有底图' if rules.map.tiles else '没有底图'}")
    yield Basis("备份", "", ASSUMED, _backup_words(rules.backup))
    yield Basis("个人信息的保存时间", "", ASSUMED, _keep_words(rules.keep))
    hours = "、".join(f"{hour:%H:%M}" for hour in rules.notices.send_at)
    yield Basis("通知的时刻", "", ASSUMED, f"一般通知 {hours} 合成一封" if hours else "每条随时发")
    for notice in rules.notices.send:
        when = f"（{notice.when.zh}）" if notice.when else ""
        text = f"{_roles(notice.to)}{when}"
        yield Basis("通知", NOTICE_KINDS[notice.event], notice.plan or notice.base, text)
    for rule in rules.approvals:
        yield Basis("批复", "、".join(rule.kinds), rule.plan or ASSUMED, _roles(rule.to))
    for superior in rules.upward:
        yield Basis("逐级上报", "", superior.plan or ASSUMED, f"{ROLES[superior.to]}在{superior.limit.zh}内答复")
    yield from _duty_bases(rules.duties)
    yield from _letter_bases(rules.letters)
    for bot in rules.bots:
        events = "、".join(NOTICE_KINDS[event] for event in bot.events)
        yield Basis("群机器人", bot.name, ASSUMED, f"{bot.kind}：{events}")


def _roles(codes: Iterable[str]) -> str:
    return "、".join(ROLES[code] for code in codes)


def _duty_bases(duties: Duties) -> Iterator[Basis]:
    for duty in duties.owed:
        often = "每个工作日" if duty.per == "日" else f"每周 {duty.days} 天"
        charged = f"，缺一天扣 {points_zh(duty.points)} 分" if duty.points else ""
        yield Basis("履职", duty.kind, duty.plan or ASSUMED, f"{ROLES[duty.role]}{often}{charged}")
    text = f"当天 {duties.remind:%H:%M} 提醒，{duties.grace.zh}内可以补记，一个月最多扣 {points_zh(duties.cap)} 分"
    yield Basis("履职的提醒和补记", "", ASSUMED, text)


def _letter_bases(letters: Letters) -> Iterator[Basis]:
    for call in letters.when:
        yield Basis(letters.title, call.name, call.plan or ASSUMED, call.when.zh)
    signers = _roles(letters.signers)
    text = f"{signers}签发；{letters.reply.zh}内回复，有严重问题的{letters.reply_serious.zh}内"
    yield Basis(f"{letters.title}的签发和回复", "", ASSUMED, text)
    yield Basis(
        "重复督办", "", "有来源", f"逾期没有回复或整改的再次督办，单位考核时一件按 {letters.repeat_factor} 件算"
    )


def _forms_bases(forms: Forms) -> Iterator[Basis]:
    text = f"长边 {forms.photo_side} 像素，一次最多 {forms.photos} 张，指纹相差 {forms.similar} 位以内算很像"
    yield Basis("手机填报的照片", "", ASSUMED, text)
    limits = f"同一地址每小时 {forms.public_per_hour} 条，合计 {forms.public_total_per_hour} 条"
    yield Basis("群众反映页面", "", ASSUMED, limits if forms.public else "不开放")


def _keep_words(keep: Keep) -> str:
    photos = f"，照片文件 {keep.photos} 天" if keep.photos else ""
    days = f"填报内容 {keep.forms} 天，群众地址摘要 {keep.public} 天，结束的登录 {keep.sessions} 天{photos}"
    return f"{days}；运行 jielu purge 清理"


def _backup_words(backup: Backups) -> str:
    stay = f"最近 {backup.days} 天每天、{backup.weeks} 周每周、{backup.months} 个月每月各留一份"
    return f"设置了 JIELU_BACKUP 的，每天 {backup.at:%H:%M}；{stay}"


def _clock_bases(rules: Rules) -> Iterator[Basis]:
    clock, repeat = rules.clock, rules.repeat
    yield Basis("受理时间", "", ASSUMED, f"填报后{clock.receipt_grace.zh}以内读到的，按填报时间起算")
    yield Basis("到期提醒", "", ASSUMED, f"时限用去{clock.warn_at:.0%}时提醒")
    yield Basis("受理的时限", "", ASSUMED, f"群众反映超过{clock.accept.zh}没有核实就催办，并列入每周清单")
    yield Basis("返工时限", "", ASSUMED, f"等复核的时间不计；至少还有{clock.rework.zh}，一件一次")
    text = f"{repeat.window.zh}内同一处同一类再次出现；第{repeat.notable}次起算屡次重复"
    yield Basis("重复出现", "", repeat.plan or ASSUMED, text)
    wait = rules.limits.archive
    yield Basis("归档", "", ASSUMED, f"封存{wait.zh}以后移到归档表" if wait else "只在运行 jielu archive 时移到归档表")


def _score_bases(score: Score) -> Iterator[Basis]:
    yield Basis("计分", "", score.plan or ASSUMED, f"每月基础分 {points_zh(score.base)} 分，逐条加减")
    yield Basis("计分的分值", "", ASSUMED, "发现、超期、重复、返工各扣多少，加分和上限")
    yield Basis(
        "月度封存", "", ASSUMED, f"次月 {score.seal.day} 日 {score.seal.at:%H:%M}；申诉到月末后{score.appeal.zh}"
    )
    if score.unit:
        unit = score.unit
        text = f"按期率到{unit.on_time.aim}%、销号率到{unit.closed.aim}%、严重问题按期率到{unit.serious.aim}%"
        yield Basis("单位按比率考核", "", ASSUMED, f"{text}；到期不满 {unit.min_cases} 件不排名")
    if score.even_out.on:
        yield Basis("督查均衡", "", ASSUMED, "督查天数多于同组中位数的，退回发现问题扣分的一部分")
    for rung in score.ladder:
        text = f"末位连续 {rung.running} 个月，或者 12 个月内 {rung.in_12_months} 次，建议"
        yield Basis("结果", rung.name, rung.plan or ASSUMED, text)
