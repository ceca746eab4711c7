"""``jielu check``: rules, templates and the live workbook held against each other, and the plan's clauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from sync import archive_moves
from sync.core.look.rebuilding import archive, recalling
from sync.core.memory import Tables
from sync.core.rules.rules import Rules, demand_units, load
from sync.core.rules.section_links import SIGNED
from sync.core.sheet import hand_made
from sync.core.sheet.rows import Table, nearest
from sync.core.sheet.tabs import Tab, locate
from sync.intake import form_tools
from sync.outgoing.mail import LOOPBACK, PLAIN
from sync.service import Service
from sync.settings import LEAST_SECRETS, Settings

PEOPLE = "由人落实"
LEAST_KEY = 16  # characters of a form tool's secret
OF_LINKS = "（留空的，系统自己做一个；换了以后，以前做的链接要重新做）"


@dataclass(frozen=True)
class Inspection:
    """What was found. ``problems`` are sentences that people must look at; ``clauses`` (where, clause, text);
    ``sentences`` of the plan (clause, words, answer; an empty answer leaves it to people). ``notes``: what is not
    wrong and should be known."""

    workbook: str
    problems: tuple[str, ...]
    clauses: tuple[tuple[str, str, str], ...]
    uncovered: tuple[str, ...]
    sentences: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def fields(self) -> dict[str, Any]:
        return {
            "workbook": self.workbook,
            "problems": list(self.problems),
            "notes": list(self.notes),
            "uncovered": list(self.uncovered),
            "clauses": [list(clause) for clause in self.clauses],
            "sentences": [list(sentence) for sentence in self.sentences],
        }

    def text(self) -> str:
        lines = [f"工作簿 {self.workbook}"]
        lines += [f"  问题：{problem}" for problem in self.problems] or ["  各工作表和模板一致"]
        lines += [f"  提示：{note}" for note in self.notes]
        lines.append("规则的依据")
        lines += [f"  {where}：{clause}　{text}" for where, clause, text in self.clauses]
        if self.sentences:
            lines.append("方案的每一句由什么落实")
            lines += [f"  {clause}　{says} → {answer or PEOPLE}" for clause, says, answer in self.sentences]
        if self.uncovered:
            lines.append("方案里没有规则引用、也没有写明由什么落实的条款")
            lines += [f"  {clause}" for clause in self.uncovered]
        return "\n".join(lines)


def inspect(service: Service) -> Inspection:
    """Hold everything against everything. Raises ``RulesError`` for a rules file with mistakes."""
    rules = load(service.rules_text(), service.rules_file.name)
    demand_units(rules, service.ledger.open_units(), service.rules_file.name)
    links = (*link_problems(service, rules), *secret_problems(service.settings, rules))
    problems = (*workbook_problems(service), *archive_problems(service), *links, *map_problems(service, rules))
    notes = (*open_connections(service.settings), *rules.notes)
    sentences = tuple((sentence.clause, sentence.says, sentence.answer) for sentence in rules.plan.sentence)
    return Inspection(service.workbook, problems, *_clauses(rules), sentences, notes)


def workbook_problems(service: Service) -> list[str]:
    """Tabs that are missing, headers that are not as the templates say, and, before the first look, people's values
    that it would write over."""
    seen, memory = service.gateway.read(), service.ledger.memory()
    is_new = memory.last_tick is None and not (recalling.TAB in seen and seen[recalling.TAB].rows)
    problems = []
    for key, tab in service.templates.items():
        if tab.hidden and key not in seen:
            continue  # of a workbook of before: made when the service starts
        problems.append(_tab_problem(tab, seen.get(key), in_use=bool(memory.known.get(key)), is_new=is_new))
    return [problem for problem in problems if problem]


def _tab_problem(tab: Tab, table: Table | None, *, in_use: bool, is_new: bool) -> str:
    """What people must do about the tab; empty where nothing."""
    if table is None:
        return f"工作簿里没有「{tab.title}」，运行 jielu init 可以补建。"
    misfit = locate(tab, table.header)
    if not isinstance(misfit, str):
        return hand_made.typed_over(tab, table) if is_new else ""
    columns = hand_made.lacking(tab, table, in_use=in_use)
    return columns if isinstance(columns, str) else f"{misfit}缺的列，运行 jielu init 可以补在右边。"


def archive_problems(service: Service) -> list[str]:
    """Archived rows that somebody deleted, and archive tabs whose headers are not those of the live one."""
    gone = archive_moves.missing(service.gateway, service.ledger)
    problems = [f"归档表里找不到 {'、'.join(gone[:12])}{f'等 {len(gone)} 行' if len(gone) > 12 else ''}。"
             "要放回问题台账，请运行 jielu restore 编号。"] if gone else []  # fmt: skip
    seen = archive_moves.tables(service.gateway)
    return problems + [misfit for misfit in _misfits(seen) if misfit]


def _misfits(seen: Tables) -> Iterator[str]:
    """For each archive tab why rows can't be moved there; empty: they can."""
    for title, table in seen.archives.items():
        key = archive.key_of(seen.tabs, title)
        if live := seen.seen.get(key):
            yield archive.misfit(title, seen.tabs[key], live, table)


def link_problems(service: Service, rules: Rules) -> list[str]:
    """Hooks that name what no tab has, and variables that the rules name and nobody set (their values are not said)."""
    problems = [misfit for hook in rules.hooks for misfit in form_tools.misfits(hook, service.templates)]
    named = [(f"[[hook]]「{hook.name}」的 key", hook.key) for hook in rules.hooks]
    named += [(f"[[bot]]「{bot.name}」的 address", bot.address) for bot in rules.bots]
    named += [(f"[[bot]]「{bot.name}」的 secret", bot.secret) for bot in rules.bots if bot.secret]
    named += [("[map] 的 key", rules.map.key)] if rules.map.key else []
    held = service.settings.environ
    problems += [f"{where}：环境变量 {name} 没有设置。" for where, name in named if not held.get(name)]
    return problems + _deaf(service, rules)


def map_problems(service: Service, rules: Rules) -> list[str]:
    """What is wrong with the bureau's file of streets, and tiles that will not be fetched from where they lie."""
    today = datetime.now(rules.bureau.zone).date()
    problems = [f"{item} {words}" for item, words in service.street_file.warning(service.roster(), today).items()]
    for parts in map(_split, rules.map.tiles):
        is_open = parts.scheme == "https" and parts.port in (None, 443)
        if not is_open and parts.netloc not in service.settings.tile_hosts:
            problems.append(f"[map] 的底图 {parts.netloc} 不是 https 的 443 端口，要写进 JIELU_TILE_HOSTS，不然不取。")
    return problems


def secret_problems(settings: Settings, rules: Rules) -> list[str]:
    """Secrets of this bureau's own choice that are short enough to be guessed (their values are not said)."""
    chosen = {hook.key: LEAST_KEY for hook in rules.hooks if hook.kind in (*form_tools.IN_PATH, SIGNED)}
    return [
        f"{name} 只有 {len(settings.environ[name])} 个字符，猜得出来：换成至少 {least} 个随机的字符"
        f"{OF_LINKS if name == 'JIELU_SECRET' else ''}。"
        for name, least in {**LEAST_SECRETS, **chosen}.items()
        if 0 < len(settings.environ.get(name, "")) < least
    ]


IN_THE_OPEN = {
    "url": "JIELU_URL 是 http://，登录和填报的内容在网络上看得见：请在前面放一个 https 的反向代理。",
    "database": "JIELU_DATABASE 在别的机器上，连接没有要求加密：请在末尾加上 ?sslmode=verify-full。",
    "workbook": "JIELU_WORKBOOK_DATABASE 在别的机器上，连接没有要求加密：请在末尾加上 ?sslmode=verify-full。",
    "smtp": f"JIELU_SMTP 以 {PLAIN} 开头，邮箱的密码在网络上看得见。",
}


def open_connections(settings: Settings) -> list[str]:
    """What goes over a network without encryption, by the settings (their passwords are not said)."""
    url, smtp = (_split(address) for address in (settings.url, settings.smtp))
    is_open = {
        "url": url.scheme == "http" and not _is_here(url),
        "database": _is_open_database(_split(settings.database)),
        "workbook": _is_open_database(_split(settings.workbook_database)),
        "smtp": smtp.scheme == PLAIN,
    }
    return [IN_THE_OPEN[which] for which in is_open if is_open[which]]


def _is_open_database(url: SplitResult) -> bool:
    encrypted = {"require", "verify-ca", "verify-full"} & set(parse_qs(url.query).get("sslmode", ()))
    return url.scheme.startswith("postgresql") and not _is_here(url) and not encrypted


def _split(address: str) -> SplitResult:
    """The parts of an address; of none where it can't be one."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _is_here(parts: SplitResult) -> bool:
    return parts.hostname in (None, *LOOPBACK)


def _deaf(service: Service, rules: Rules) -> list[str]:
    """Bots that are to hear of a district or branch that 街路名册 has none of; nothing before the first look."""
    roster = service.roster()
    known = {
        "区域": {street.district for street in roster.streets},
        "支部": {street.branch for street in roster.streets},
    }
    return [
        f"[[bot]]「{bot.name}」：街路名册里没有{what}「{name}」。{nearest(name, known[what])}"
        for bot in rules.bots
        for what, names in (("区域", bot.districts), ("支部", bot.branches))
        for name in names
        if roster.streets and name not in known[what]
    ]


def _clauses(rules: Rules) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    clauses = tuple((clause.where, clause.basis, clause.text) for clause in rules.clauses())
    return clauses, tuple(f"{clause} {text}" for clause, text in rules.uncovered())
