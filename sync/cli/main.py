"""The command ``jielu`` (DESIGN section 11).

Exit status: 0 done; 1 done, but there are problems that people must look at; 2 could not run.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from sync.cli import check as inspection
from sync.core.look import archive
from sync.core.look.decide import look as look_at
from sync.core.rules.rules import RulesError, load
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.tabs import TabError
from sync.core.views import explain as explanations
from sync.core.views import reasons, verification
from sync.core.views import simulate as simulations
from sync.demo import demo
from sync.intake import file_rows, mapping, sealed_file
from sync.ledger.ledger import Busy, Unusable, WrongVersion
from sync.outgoing import docx
from sync.outgoing.export import export_file
from sync.service import Office, Settings, SettingsError
from sync.sheets import archive_moves, set_up
from sync.sheets.gateway import Refused, Unknown, Unreachable

COULD_NOT = (
    SettingsError,
    RulesError,
    TabError,
    Unreachable,
    Refused,
    Unknown,
    Busy,
    Unusable,
    WrongVersion,
    FileProblem,
    set_up.NotEmpty,
    simulations.NotKnown,
    docx.BadTemplate,
)
console = Console(highlight=False, soft_wrap=True)
F = TypeVar("F", bound=Callable[..., Any])


class Group(click.Group):
    """Turns what could not run into a sentence and status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except COULD_NOT as error:
            click.echo(str(error), err=True)
            ctx.exit(2)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """街路长台账：校验、定时限、逐级升级、月度考核、通知，都写回同一个表格。"""
    gc.set_threshold(100_000, 50, 100)  # a look makes many small values that live on: fewer sweeps, a quarter less time
    office = Office(Settings.read())
    ctx.obj = office
    ctx.call_on_close(office.close)


def now_option(function: F) -> F:
    return click.option(
        "--now", "now_text", metavar="时间", help="当作现在的时间，例如 2026-11-24T16:00；不写就是此刻。"
    )(function)


def json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="只输出一行 JSON。")(function)


def moment(text: str | None, zone: ZoneInfo) -> datetime:
    """The hour given, or now, in the bureau's zone; a time without a zone is the bureau's."""
    if not text:
        return datetime.now(zone)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"时间「{text}」看不懂，请写成 2026-11-24T16:00。") from error
    return given.replace(tzinfo=zone) if given.tzinfo is None else given.astimezone(zone)


def say(as_json: bool, fields: dict[str, Any], text: str) -> None:
    """One object on one line, or a text for people."""
    click.echo(json.dumps(fields, ensure_ascii=False, default=str) if as_json else text)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址；0.0.0.0 表示局域网都能访问。")
@click.option("--port", default=8617, show_default=True, help="监听的端口；0 表示随便找一个空的。")
@click.pass_obj
def run(office: Office, host: str, port: int) -> None:
    """一个进程跑全部：网页、定时检查、内置工作簿。"""
    from webhook import server

    ensure(office)
    server.run(office, host, port, lambda url: click.echo(f"街路长台账已启动：{url}（按 Ctrl+C 停止）"))


def ensure(office: Office) -> None:
    """An embedded workbook that has no tabs yet gets them."""
    if office.embedded and set_up.is_empty(office.gateway):
        set_up.build(office.gateway, office.rules())


@main.command()
@json_option
@click.pass_obj
def init(office: Office, as_json: bool) -> None:
    """按模板建好工作簿的各个工作表。"""
    made = set_up.build(office.gateway, office.rules())
    say(
        as_json,
        {"workbook": office.workbook, "tabs": made},
        f"工作簿 {office.workbook}：建好了 {'、'.join(made) or '（都已经有了）'}。",
    )


@main.command()
@json_option
@click.pass_obj
def check(office: Office, as_json: bool) -> None:
    """检查规则文件、模板和工作簿，列出方案条款的落实情况。"""
    report = inspection.inspect(office)
    say(as_json, report.fields(), report.text())
    sys.exit(1 if report.problems else 0)


@main.command()
@now_option
@json_option
@click.option("--even-if-idle", is_flag=True, help="即使没有变化也看一遍。")
@click.pass_obj
def tick(office: Office, now_text: str | None, as_json: bool, even_if_idle: bool) -> None:
    """看一遍工作簿，把该写的写回去。"""
    now = moment(now_text, office.rules().bureau.zone)
    report = office.ticks(now, idle=not even_if_idle)
    words = f"看了 {report.ticks} 轮，写了 {report.cells} 格，{report.problems} 行有问题，新通知 {report.notices} 条。"
    if report.idle:
        words = "没有变化。" + (f"仍有 {report.problems} 行有问题，看各表的「校验」列。" if report.problems else "")
    trouble = "；".join(part for part in (report.trouble, office.trouble) if part)
    say(as_json, {**report.__dict__, "trouble": trouble}, words + trouble)
    sys.exit(1 if trouble or report.problems else 0)


@main.command()
@now_option
@json_option
@click.pass_obj
def deliver(office: Office, now_text: str | None, as_json: bool) -> None:
    """把到时间的通知发出去。"""
    done = office.deliver(moment(now_text, office.rules().bureau.zone))
    words = f"发出 {done.sent} 条，失败 {done.failed} 条，稍后再试 {done.later} 条，没有发送 {done.unsent} 条。"
    reasons = list(dict.fromkeys(done.reasons))
    say(as_json, {**done.__dict__, "reasons": reasons}, words + "；".join(reasons[:5]))
    sys.exit(1 if done.failed or done.later or done.unsent else 0)


@main.command()
@click.argument("number", metavar="编号或明细号")
@now_option
@json_option
@click.pass_obj
def explain(office: Office, number: str, now_text: str | None, as_json: bool) -> None:
    """一个问题为什么是现在这样：时限怎么算的，升级、计分、通知，接下来会怎样；写明细号，就说这一分是怎么来的。"""
    rules = office.rules()
    seen = archive_moves.tables(office.gateway)
    tables, memory, _ = archive.merged(seen, office.ledger.memory(), rules.bureau.zone)
    look = look_at(tables, memory, rules, moment(now_text, rules.bureau.zone))
    explanation = explanations.of(look, number) or reasons.reason(look, number)
    if explanation is None:
        raise SettingsError(f"问题台账里没有编号 {number}，扣分明细里也没有这个明细号。")
    trail = [
        f"{change['at']:%Y-%m-%d %H:%M} {change['what']}：{change['before']} → {change['after']}"
        for change in office.trail(number)
    ]
    text = explanation.text() + ("\n改动记录\n" + "\n".join(f"  {change}" for change in trail) if trail else "")
    say(
        as_json,
        {"编号": number, **{heading: list(words) for heading, words in explanation.parts}, "改动记录": trail},
        text,
    )


@main.command()
@click.option("--rules", "file", type=click.Path(path_type=Path), required=True, help="另一份规则文件。")
@click.option("--month", required=True, metavar="月份", help="哪个月，例如 2026-10。")
@now_option
@json_option
@click.pass_obj
def simulate(office: Office, file: Path, month: str, now_text: str | None, as_json: bool) -> None:
    """换一份规则，某个月会有什么不同：问题、升级、扣分、排名逐条对比；什么也不写。"""
    rules = office.rules()
    try:
        other = load(file.read_text("utf-8"), file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"读不了规则文件 {file}：{error}") from error
    now = moment(now_text, rules.bureau.zone)
    simulation = simulations.simulate(office.templates, office.ledger.memory(), rules, other, month, now)
    say(as_json, simulation.fields(), simulation.text())


@main.command()
@click.argument("number", metavar="编号")
@now_option
@json_option
@click.pass_obj
def restore(office: Office, number: str, now_text: str | None, as_json: bool) -> None:
    """把被删除的一行放回去，编号、时限和历史都不变。"""
    now = moment(now_text, office.rules().bureau.zone)
    if not office.ledger.want_back(number):
        if number not in archive_moves.missing(office.gateway, office.ledger):
            raise SettingsError(f"没有编号为 {number} 的被删除的行；被删除的行列在「运行状态」里。")
        office.ledger.archive((), now, lost=(number,))
    report = office.ticks(now, idle=False)
    back = office.ledger.is_back(number)
    words = f"{number} 已放回表格最后一行。" if back else f"{number} 还没有放回表格，下一次检查时再放。{report.trouble}"
    fields = {"restored": number if back else "", "cells": report.cells, "trouble": report.trouble}
    say(as_json, fields, words)
    sys.exit(0 if back else 1)


@main.command()
@click.argument("month", metavar="月份")
@now_option
@json_option
@click.pass_obj
def close(office: Office, month: str, now_text: str | None, as_json: bool) -> None:
    """封存一个已经过完的月份，例如 2026-10；到了规则里的时刻会自动封存。"""
    now = moment(now_text, office.rules().bureau.zone)
    _month(month)
    if month >= f"{now:%Y-%m}":
        raise SettingsError(f"{month} 还没有过完，不能封存；从下个月 1 日起可以。")
    before, trouble = office.ledger.memory().closings.get(month), ""
    if before is None:
        office.ledger.want_closed(month)
        trouble = office.ticks(now, idle=False).trouble
    closing = office.ledger.memory().closings.get(month)
    if closing is None:
        why = "没有这个月的扣分明细，有工作表读不到（看「运行状态」），或者有一行暂时找不到（请再试一次）"
        raise SettingsError(f"{month} 没有封存：{why}。{trouble}")
    when = f"{'早已封存' if before else '已封存'}，{closing.sealed_at:%Y-%m-%d %H:%M}"
    words = f"{month} {when}，摘要值 {closing.digest}。"
    fields = {"month": month, "sealed_at": closing.sealed_at, "digest": closing.digest, "before": before is not None}
    say(as_json, {**fields, "trouble": trouble}, words + trouble)
    sys.exit(1 if trouble else 0)


def _month(text: str) -> None:
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise SettingsError(f"月份「{text}」看不懂，请写成 2026-10。")


@main.command()
@click.argument("month", metavar="月份")
@click.option("--file", type=click.Path(path_type=Path), help="只用一个导出的 xlsx 核对，不看台账和工作簿。")
@now_option
@json_option
@click.pass_obj
def verify(office: Office, month: str, file: Path | None, now_text: str | None, as_json: bool) -> None:
    """核对一个封存的月份：重算摘要值，逐格列出封存以后的改动。"""
    _month(month)
    if file is not None:
        verdict = sealed_file.verify(file, month)
    else:
        rules = office.rules()
        now = moment(now_text, rules.bureau.zone)
        live = verification.verify(archive_moves.tables(office.gateway), office.ledger.memory(), rules, now, month)
        if live is None:
            raise SettingsError(f"{month} 还没有封存。")
        verdict = live
    say(as_json, verdict.fields(), verdict.text())
    sys.exit(0 if verdict.right else 1)


@main.command(name="archive")
@now_option
@json_option
@click.pass_obj
def archive_(office: Office, now_text: str | None, as_json: bool) -> None:
    """把封存月份里已销号、作废的问题移到 问题台账YYYY，不等规则里的时间。"""
    rules = office.rules()
    now = moment(now_text, rules.bureau.zone)
    trouble = office.ticks(now, idle=False).trouble
    done = archive_moves.everything(office.gateway, office.ledger, rules, now)
    trouble += done.trouble
    say(as_json, {"archived": list(done.numbers), "trouble": trouble}, replace(done, trouble=trouble).text())
    sys.exit(1 if trouble else 0)


@main.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tab", "title", required=True, metavar="表", help="导入到哪个工作表，例如 问题台账。")
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(path_type=Path),
    help="列的对应关系（TOML），表头一致时不用写。",
)
@json_option
@click.pass_obj
def import_(office: Office, file: Path, title: str, mapping_file: Path | None, as_json: bool) -> None:
    """把 xlsx 或 csv 里的行加到一个工作表里；有一行不对就一行也不加。"""
    tab = next((tab for tab in office.templates.values() if title in (tab.title, tab.key)), None)
    if tab is None:
        raise SettingsError(
            f"没有「{title}」这个工作表，有：{'、'.join(tab.title for tab in office.templates.values())}。"
        )
    rules = mapping.read(mapping_file) if mapping_file else None
    rows = file_rows.read_file(file, tab, rules, office.rules().bureau.zone)
    file_rows.append(office.client, office.workbook, tab, rows)
    say(
        as_json,
        {"tab": tab.title, "rows": len(rows)},
        f"「{tab.title}」加了 {len(rows)} 行；运行 jielu tick 后看校验。",
    )


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def export(office: Office, file: Path, as_json: bool) -> None:
    """把整个工作簿导出成一个 xlsx，Excel 和 WPS 都能打开。"""
    if file.suffix.lower() != ".xlsx":
        raise SettingsError(f"导出的文件名要以 .xlsx 结尾：{file}")
    rules = office.rules()
    tables, templates = archive.sheets(archive_moves.tables(office.gateway))
    sealed = office.ledger.memory().closings.values()
    export_file(tables, templates, file, rules, rules.bureau.zone, sealed)
    rows = sum(len(table.rows) for table in tables.values())
    say(as_json, {"file": str(file), "rows": rows}, f"已导出 {rows} 行到 {file}。")


@main.command()
@click.argument("name", metavar="名称")
@click.option("--out", type=click.Path(path_type=Path), help="写到哪个文件；默认 名称.json，权限只给自己。")
@click.option("--revoke", is_flag=True, help="收回这个名称的账号，它的文件和登录立即失效。")
@json_option
@click.pass_obj
def token(office: Office, name: str, out: Path | None, revoke: bool, as_json: bool) -> None:
    """给内置工作簿发一个服务账号文件，google-auth 和 gspread 可以直接使用。"""
    if not office.embedded:
        raise SettingsError("现在用的是 Google 表格，服务账号要在 Google Cloud 里申请；这个命令只管内置工作簿。")
    if revoke:
        if not office.accounts.revoke(name):
            raise SettingsError(f"没有名称为「{name}」的账号。")
        say(as_json, {"revoked": name}, f"「{name}」已收回。")
        return
    path = out or Path(f"{name}.json")
    written = set_up.write_token(office.store, office.settings.url or "http://127.0.0.1:8617", name, path)
    say(
        as_json,
        {"file": str(path), "client_email": written["client_email"]},
        f"已写入 {path}，请妥善保管，不要放进代码仓库。",
    )


@main.command(name="link")
@click.argument("name", metavar="姓名")
@click.option("--revoke", is_flag=True, help="收回这个人的全部链接和登录。")
@json_option
@click.pass_obj
def link_(office: Office, name: str, revoke: bool, as_json: bool) -> None:
    """打印一个人的登录链接；办公室和标准化办的两小时有效、只能用一次，其他人的长期有效。"""
    from webhook import access, server

    if revoke:
        count = access.Door(office, "").visits.revoke(name, datetime.now(office.rules().bureau.zone))
        say(as_json, {"revoked": name, "count": count}, f"{name}的链接和登录收回了 {count} 个。")
        return
    made = server.link(office, name, office.settings.url or "http://127.0.0.1:8617")
    say(as_json, {"name": name, "link": made}, made)


@main.command()
@click.argument("number", metavar="函号")
@click.option("--out", "file", required=True, type=click.Path(path_type=Path), help="写到哪个 .docx 文件。")
@json_option
@click.pass_obj
def letter(office: Office, number: str, file: Path, as_json: bool) -> None:
    """把一封督办函或问题记录单写成 .docx；什么时候写，内容都一样。"""
    if file.suffix.lower() != ".docx":
        raise SettingsError(f"文件名要以 .docx 结尾：{file}")
    document = office.letter(number)
    if document is None:
        raise SettingsError(f"督办台账里没有函号「{number}」。函号要写完整，例如 蒸执督〔2026〕1号。")
    content = office.docx(document)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"写不进 {file}：{error.strerror}。请检查文件夹和权限。") from error
    fields = {"letter": document.name, "state": document.state, "file": str(file)}
    say(as_json, fields, f"{document.name}（{document.state}）已写到 {file}。")


@main.command(name="demo")
@click.option("--until", metavar="时间", help="演示的一个月到这个时间为止，默认此刻。")
@click.option("--all", "file", type=click.Path(path_type=Path), help="用整个 311 数据文件，逐小时运行。")
@click.option("--if-empty", is_flag=True, help="工作簿里已经有数据就什么也不做。")
@json_option
@click.pass_obj
def demo_(office: Office, until: str | None, file: Path | None, if_empty: bool, as_json: bool) -> None:
    """装入演示数据（街路长均为化名），并把一个月跑一遍。"""
    if not office.embedded:
        raise SettingsError("演示只在内置工作簿上跑，请去掉 JIELU_WORKBOOK。")
    if any(table.rows for table in office.gateway.read().values()):
        if if_empty:
            return
        raise SettingsError("工作簿里已经有数据，演示不会覆盖它。换一个空的数据文件夹（JIELU_DATA）再试。")
    ensure(office)
    done = demo.run(office, moment(until, office.rules().bureau.zone), file, progress=not as_json)
    say(as_json, done.__dict__, done.text())


if __name__ == "__main__":
    main()
