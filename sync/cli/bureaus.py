"""Commands for many bureaus on one database: ``jielu bureaus``, ``jielu worker`` and ``jielu web``."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import json_option, print_result

if TYPE_CHECKING:
    from sync.bureaus.registry import Standing


@click.group()
def bureaus() -> None:
    """许多局共用一个数据库：列出、新建、暂停、移入、移出（先设置 JIELU_BUREAUS，见 docs/bureaus.zh.md）。"""


@bureaus.command(name="list")
@json_option
def list_bureaus(as_json: bool) -> None:
    """每个局：网址、上一次检查、晚了多久、是不是暂停、排队的工作。"""
    from sync.bureaus.folders import Folders
    from sync.bureaus.registry import standings

    now = datetime.now(UTC)
    there = standings(Folders.read(), now)
    lines = [_line(standing, now) for standing in there]
    count = sum(standing.late is not None for standing in there)
    print_result(
        as_json,
        {"bureaus": [_fields(standing) for standing in there], "late": count},
        "\n".join([*lines, f"共 {len(there)} 个局，{count} 个晚了。"]),
    )


def _line(standing: Standing, now: datetime) -> str:
    bureau, look = standing.bureau, standing.look
    parts = [bureau.code, standing.url or "（没有网址）", f"上次检查 {_ago(look.went if look else None, now)}"]
    if bureau.moved_to:
        parts.append(f"已移出到 {bureau.moved_to}")
    if bureau.paused:
        parts.append(f"暂停：{bureau.paused_why}（{bureau.paused_by}，{bureau.paused.astimezone():%Y-%m-%d %H:%M}）")
    if standing.late is not None:
        parts.append("晚了")
    if look and look.tries:
        parts.append(f"连续 {look.tries} 次没有成功（{look.error}）")
    if standing.waiting:
        parts.append(f"排队 {standing.waiting}")
    if not standing.is_there and not bureau.moved_to:
        parts.append("文件夹不在了")
    return "  ".join(parts)


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{timedelta(seconds=round((now - at).total_seconds()))} 以前" if at else "还没有"


def _fields(standing: Standing) -> dict[str, Any]:
    bureau, look = standing.bureau, standing.look
    return {
        "code": bureau.code,
        "url": standing.url,
        "workbook": bureau.workbook,
        "last_look": look.went if look else None,
        "failed": look.tries if look else 0,
        "error": look.error if look else "",
        "late_seconds": round(standing.late.total_seconds()) if standing.late is not None else 0,
        "paused": bureau.paused,
        "paused_by": bureau.paused_by,
        "paused_why": bureau.paused_why,
        "moved_to": bureau.moved_to,
        "waiting": standing.waiting,
    }


@bureaus.command()
@click.argument("code", metavar="代码")
@click.option("--url", default="", help="这个局的网址，例如 https://xidu.jielu.example；网页按它分到各局。")
@json_option
def add(code: str, url: str, as_json: bool) -> None:
    """新建一个局：文件夹、规则、空的工作表，登记下来。"""
    from sync.bureaus import registry
    from sync.bureaus.folders import Folders

    folders = Folders.read()
    bureau = registry.add(folders, code, url.rstrip("/"))
    fields = {"code": code, "folder": str(folders.folder(code)), "workbook": bureau.workbook}
    print_result(as_json, fields, f"「{code}」已建好，在 {folders.folder(code)}。它自己的设置写在里面的 .env。")


@bureaus.command()
@click.argument("code", metavar="代码")
@click.option("--why", required=True, metavar="原因", help="为什么暂停，别人看得到。")
@json_option
def pause(code: str, why: str, as_json: bool) -> None:
    """暂停一个局：不检查、不发送、不接收，直到 resume；网页照常打开。"""
    from sync.bureaus import registry
    from sync.bureaus.folders import Folders

    with registry.opened(Folders.read()) as there:
        registry.demand(there, code)
        there.pause(code, datetime.now(UTC), getpass.getuser(), why)
    print_result(as_json, {"code": code, "paused": True}, f"「{code}」已暂停。继续：jielu bureaus resume {code}")


@bureaus.command()
@click.argument("code", metavar="代码")
@json_option
def resume(code: str, as_json: bool) -> None:
    """让暂停的局继续。"""
    from sync.bureaus import registry
    from sync.bureaus.folders import Folders

    with registry.opened(Folders.read()) as there:
        registry.demand(there, code)
        there.resume(code, datetime.now(UTC))
    print_result(as_json, {"code": code, "paused": False}, f"「{code}」继续了。")


@bureaus.command(name="for", context_settings={"ignore_unknown_options": True})
@click.argument("code", metavar="代码")
@click.argument("words", metavar="命令…", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def for_bureau(ctx: click.Context, code: str, words: tuple[str, ...]) -> None:
    """对一个局运行别的命令，例如 jielu bureaus for xidu link --operator。"""
    from sync.bureaus import registry
    from sync.bureaus.folders import Folders

    folders = Folders.read()
    with registry.opened(folders) as there:
        registry.demand(there, code)
    os.environ.update(folders.environ(code))
    root = ctx.find_root().command
    root.main(list(words), prog_name="jielu")


@bureaus.command(name="move-in")
@click.argument("code", metavar="代码")
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="单个局的数据文件夹，先停下它。")
@click.option("--env", "own", type=click.Path(path_type=Path), help="单个局的 .env；不写就用数据文件夹里的。")
@click.option("--url", default="", help="以后的网址；不写就用 .env 里的。")
@json_option
def move_in(code: str, source: Path, own: Path | None, url: str, as_json: bool) -> None:
    """把单个局移进来：台账、工作簿、照片、规则。要么全部移好，要么什么也没有动。"""
    from sync.bureaus import moving
    from sync.bureaus.folders import Folders

    counts = moving.move_in(Folders.read(), code, source, own, url)
    words = f"「{code}」已移进来，台账 {sum(counts.values())} 行。{source} 没有动，做了记号：那里不能再运行。"
    print_result(as_json, {"code": code, "rows": counts}, words)


@bureaus.command(name="move-out")
@click.argument("code", metavar="代码")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="放到哪个文件夹（还没有的）。")
@json_option
def move_out(code: str, target: Path, as_json: bool) -> None:
    """把一个局移出去，成为单个局的数据文件夹，用 jielu run 运行。"""
    from sync.bureaus import moving
    from sync.bureaus.folders import Folders

    counts = moving.move_out(Folders.read(), code, target)
    how = f"运行：JIELU_DATA={target} jielu run；它自己的设置在里面的 .env。"
    words = f"「{code}」已移到 {target}，台账 {sum(counts.values())} 行。{how}"
    print_result(as_json, {"code": code, "rows": counts}, words)


@click.command()
@click.option("--jobs", "at_once", default=1, show_default=True, help="同时做几件；主要用处理器，一个进程一件就够。")
@click.option("--open", "most_open", default=64, show_default=True, help="最多同时打开几个局。")
@click.option("--memory", "megabytes", default=1024, show_default=True, help="内存超过多少 MB 就少打开几个局。")
def worker(at_once: int, most_open: int, megabytes: int) -> None:
    """做所有局按时间要做的事：检查、发送、接收、备份。可以开许多个。"""
    from sync import journal
    from sync.bureaus.folders import Folders
    from sync.bureaus.worker import Worker
    from webhook import worker_parts

    folders = Folders.read()
    journal.begin(folders.common.get("JIELU_LOG", ""))
    Worker(folders, worker_parts.PARTS, at_once, most_open, megabytes << 20).run()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址；0.0.0.0 表示局域网都能访问。")
@click.option("--port", default=8617, show_default=True, help="监听的端口；0 表示随便找一个空的。")
@click.option("--open", "most_open", default=64, show_default=True, help="最多同时打开几个局。")
@click.option("--memory", "megabytes", default=1024, show_default=True, help="内存超过多少 MB 就少打开几个局。")
def web(host: str, port: int, most_open: int, megabytes: int) -> None:
    """所有局的网页，按网址分到各局；检查和发送由 jielu worker 做。可以开许多个，前面放负载均衡。"""
    from contextlib import closing

    from sync import journal
    from sync.bureaus.folders import Folders
    from webhook import hosts, server

    folders = Folders.read()
    journal.begin(folders.common.get("JIELU_LOG", ""))
    with closing(hosts.ManyBureaus(folders, most_open, megabytes << 20)) as pages:
        server.serve_pages(
            pages, host, port, folders.common.get("JIELU_PROXY", ""),
            lambda opened: click.echo(f"所有局的网页在端口 {opened}（按 Ctrl+C 停止）"),
        )  # fmt: skip
