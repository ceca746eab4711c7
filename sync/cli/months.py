"""Commands about months that are over: ``jielu seal``, ``verify`` and ``archive``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import check_month, json_option, moment, now_option, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service


@click.command()
@click.argument("month", metavar="月份")
@now_option
@json_option
@pass_service
def seal(service: Service, month: str, now_text: str | None, as_json: bool) -> None:
    """封存一个已经过完的月份，例如 2026-10；到了规则里的时刻会自动封存。"""
    from sync.settings import SettingsError

    now = moment(now_text, service.rules().bureau.zone)
    check_month(month)
    if month >= f"{now:%Y-%m}":
        raise SettingsError(f"{month} 还没有过完，不能封存；从下个月 1 日起可以。")
    before, trouble = service.ledger.memory().seals.get(month), ""
    if before is None:
        service.ledger.want_sealed(month)
        trouble = service.ticks(now, idle=False).trouble
    seal = service.ledger.memory().seals.get(month)
    if seal is None:
        why = "没有这个月的扣分明细，有工作表读不到（看「运行状态」），或者有一行暂时找不到（请再试一次）"
        raise SettingsError(f"{month} 没有封存：{why}。{trouble}")
    when = f"{'早已封存' if before else '已封存'}，{seal.sealed_at:%Y-%m-%d %H:%M}"
    words = f"{month} {when}，摘要值 {seal.digest}。"
    fields = {"month": month, "sealed_at": seal.sealed_at, "digest": seal.digest, "before": before is not None}
    print_result(as_json, {**fields, "trouble": trouble}, words + trouble)
    sys.exit(1 if trouble else 0)


# the word for it in 0.1, which scripts may still use
close = click.Command("close", callback=seal.callback, params=seal.params, help=seal.help, hidden=True)


@click.command()
@click.argument("month", metavar="月份")
@click.option("--file", type=click.Path(path_type=Path), help="只用一个导出的 xlsx 核对，不看台账和工作簿。")
@now_option
@json_option
@pass_service
def verify(service: Service, month: str, file: Path | None, now_text: str | None, as_json: bool) -> None:
    """核对一个封存的月份：重算摘要值，逐格列出封存以后的改动。"""
    from sync import archive_moves
    from sync.core.views.periods import verification
    from sync.intake.files import sealed_file
    from sync.settings import SettingsError

    check_month(month)
    if file is not None:
        verdict = sealed_file.verify(file, month)
    else:
        rules = service.rules()
        now = moment(now_text, rules.bureau.zone)
        live = verification.verify(archive_moves.tables(service.gateway), service.ledger.memory(), rules, now, month)
        if live is None:
            raise SettingsError(f"{month} 还没有封存。")
        verdict = live
    print_result(as_json, verdict.fields(), verdict.text())
    sys.exit(0 if verdict.right else 1)


@click.command()
@now_option
@json_option
@pass_service
def archive(service: Service, now_text: str | None, as_json: bool) -> None:
    """把封存月份里已销号、作废的问题移到 问题台账YYYY，扣分明细、通知记录、履职记录也一样；不等规则里的时间。"""
    from sync import archive_moves

    rules = service.rules()
    now = moment(now_text, rules.bureau.zone)
    done = archive_moves.Moved()
    while True:  # what the rows that moved leave behind is written before others move
        trouble = service.ticks(now, idle=False).trouble
        more = archive_moves.everything(service.gateway, service.ledger, rules, now)
        done = archive_moves.Moved(done.numbers + more.numbers, done.records + more.records, trouble + more.trouble)
        if not more.numbers and not more.records:
            break
    fields = {"archived": list(done.numbers), "records": done.records, "trouble": done.trouble}
    print_result(as_json, fields, done.text())
    sys.exit(1 if done.trouble else 0)


@click.command()
@click.argument("name", metavar="期间")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="写到哪个文件夹。"
)
@now_option
@json_option
@pass_service
def report(service: Service, name: str, folder: Path, now_text: str | None, as_json: bool) -> None:
    """写一个月、一个季度或一年的通报：docx 和 xlsx，例如 2026-10、2026-Q4、2026。"""
    from sync.core.look.decide import recall
    from sync.core.views.periods import report as reports
    from sync.outgoing import report_files, report_pictures
    from sync.settings import SettingsError

    rules, wanted = service.rules(), reports.period(name)
    if wanted is None:
        raise SettingsError(f"「{name}」不是期间：月份写 2026-10，季度写 2026-Q4，年写 2026。")
    look = recall(service.templates, service.ledger.memory(), rules, moment(now_text, rules.bureau.zone))
    made = reports.report(look, wanted)
    if made is None:
        raise SettingsError(f"{wanted.words}没有考核，写不了通报。")
    pictures = report_pictures.pictures(made)
    files = {
        f"{made.title}.docx": report_files.docx(made, pictures),
        f"{made.title}.xlsx": report_files.xlsx(made, pictures),
    }
    for title, content in files.items():
        _write(folder / title, content)
    trouble = "" if pictures else "这台机器没有中文字体，没有画图；装上中文字体（如 fonts-noto-cjk）再试。"
    words = f"{made.title}已写到 {'、'.join(str(folder / title) for title in files)}。{trouble}"
    print_result(
        as_json, {"files": [str(folder / title) for title in files], "sealed": made.sealed, "trouble": trouble}, words
    )
    sys.exit(1 if trouble else 0)


def _write(file: Path, content: bytes) -> None:
    from sync.settings import SettingsError

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"写不进 {file}：{error.strerror}。请检查文件夹和权限。") from error
