"""Commands about a look at the workbook: ``jielu tick``, ``deliver``, ``explain``, ``simulate`` and ``restore``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import doubt_of, json_option, moment, now_option, pass_service, print_result, trust_option

if TYPE_CHECKING:
    from sync.service import Service


@click.command()
@now_option
@json_option
@click.option("--even-if-idle", is_flag=True, help="即使没有变化也看一遍。")
@trust_option
@pass_service
def tick(service: Service, now_text: str | None, as_json: bool, even_if_idle: bool, trust_clock: bool) -> None:
    """看一遍工作簿，把该写的写回去。"""
    now = moment(now_text, service.rules().bureau.zone)
    report = service.ticks(now, idle=not even_if_idle, doubt=doubt_of(service, now_text, trust_clock))
    words = f"看了 {report.ticks} 轮，写了 {report.cells} 格，{report.problems} 行有问题，新通知 {report.notices} 条。"
    if report.idle:
        words = "没有变化。" + (f"仍有 {report.problems} 行有问题，看各表的「校验」列。" if report.problems else "")
    doubted = "时间不敢相信，只做了校验（jielu clock 看原因）" if report.is_doubted else ""
    trouble = "；".join(part for part in (doubted, report.trouble, service.trouble) if part)
    print_result(as_json, {**report.__dict__, "trouble": trouble}, words + trouble)
    sys.exit(1 if trouble or report.problems else 0)


@click.command()
@now_option
@json_option
@trust_option
@pass_service
def deliver(service: Service, now_text: str | None, as_json: bool, trust_clock: bool) -> None:
    """把到时间的通知发出去。"""
    from sync.operations.cures import delivery_words
    from sync.settings import SettingsError

    now = moment(now_text, service.rules().bureau.zone)
    if doubt := doubt_of(service, now_text, trust_clock)(now):
        raise SettingsError(f"{doubt}，不敢相信，什么也没有发。时间没有错的，请运行 jielu clock --yes。")
    done = service.deliver(now)
    print_result(as_json, {**done.__dict__, "reasons": list(dict.fromkeys(done.reasons))}, delivery_words(done))
    sys.exit(1 if done.failed or done.later or done.unsent else 0)


@click.command()
@click.argument("number", metavar="编号或明细号")
@now_option
@json_option
@pass_service
def explain(service: Service, number: str, now_text: str | None, as_json: bool) -> None:
    """一个问题为什么是现在这样：时限怎么算的，升级、计分、通知，接下来会怎样；写明细号，就说这一分是怎么来的。"""
    from sync import archive_moves
    from sync.core.look.decide import look as look_at
    from sync.core.look.rebuilding import archive
    from sync.core.views.issue import explain as explanations
    from sync.core.views.issue import reasons
    from sync.settings import SettingsError

    rules = service.rules()
    seen = archive_moves.tables(service.gateway)
    tables, memory, _ = archive.merged(seen, service.ledger.memory(), rules.bureau.zone)
    look = look_at(tables, memory, rules, moment(now_text, rules.bureau.zone))
    explanation = explanations.of(look, number) or reasons.reason(look, number)
    if explanation is None:
        raise SettingsError(f"问题台账里没有编号 {number}，扣分明细里也没有这个明细号。")
    trail = [
        f"{change['at']:%Y-%m-%d %H:%M} {change['what']}：{change['before']} → {change['after']}"
        for change in service.trail(number)
    ]
    text = explanation.text() + ("\n改动记录\n" + "\n".join(f"  {change}" for change in trail) if trail else "")
    print_result(
        as_json,
        {"编号": number, **explanation.sentences, "改动记录": trail},
        text,
    )


@click.command()
@click.option("--rules", "file", type=click.Path(path_type=Path), required=True, help="另一份规则文件。")
@click.option("--month", required=True, metavar="月份", help="哪个月，例如 2026-10。")
@now_option
@json_option
@pass_service
def simulate(service: Service, file: Path, month: str, now_text: str | None, as_json: bool) -> None:
    """换一份规则，某个月会有什么不同：问题、升级、扣分、排名逐条对比；什么也不写。"""
    from sync.core.rules.rules import load
    from sync.core.views.periods import simulate as simulations
    from sync.settings import SettingsError

    rules = service.rules()
    try:
        other = load(file.read_text("utf-8"), file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"读不了规则文件 {file}：{error}") from error
    now = moment(now_text, rules.bureau.zone)
    simulation = simulations.simulate(service.templates, service.ledger.everything(), rules, other, month, now)
    print_result(as_json, simulation.fields(), simulation.text())


@click.command()
@click.argument("number", metavar="编号")
@now_option
@json_option
@pass_service
def restore(service: Service, number: str, now_text: str | None, as_json: bool) -> None:
    """把被删除的一行放回去，编号、时限和历史都不变。"""
    from sync.operations.cures import restore_row, restored_words

    now = moment(now_text, service.rules().bureau.zone)
    is_back, cells, trouble = restore_row(service, number, now)
    fields = {"restored": number if is_back else "", "cells": cells, "trouble": trouble}
    print_result(as_json, fields, restored_words(number, trouble, is_back=is_back))
    sys.exit(0 if is_back else 1)
