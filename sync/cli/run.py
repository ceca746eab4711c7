"""``jielu run``, ``init`` and ``check``: start the service, build the workbook, compare it with rules and templates."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址；0.0.0.0 表示局域网都能访问。")
@click.option("--port", default=8617, show_default=True, help="监听的端口；0 表示随便找一个空的。")
@pass_service
def run(service: Service, host: str, port: int) -> None:
    """一个进程跑全部：网页、定时检查、内置工作簿。"""
    from sync import journal
    from sync.operations import jobs
    from webhook import server

    journal.begin(service.settings.log)
    jobs.ensure_tabs(service)
    server.serve(service, host, port, partial(announce, service))


def announce(service: Service, url: str) -> None:
    """Say where the service is. What systemd starts writes to a log, in which a link that opens has no place."""
    from sync.operations import setting_up

    if os.environ.get("NOTIFY_SOCKET"):
        click.echo(f"街路长台账已启动：{url.partition('/enter')[0]}（登录链接：jielu link --operator）")
    else:
        click.echo(f"街路长台账已启动：{url}（按 Ctrl+C 停止）")
    if setting_up.is_open(service):
        click.echo("还没有设置本局：打开登录链接，一步一步设置。链接只能用一次，再要一个：jielu link --operator")


@click.command()
@json_option
@pass_service
def init(service: Service, as_json: bool) -> None:
    """按模板建好工作簿的各个工作表。"""
    from dataclasses import asdict

    from sync.operations.cures import complete_workbook

    done = complete_workbook(service)
    print_result(as_json, asdict(done), "\n".join([done.words, *done.problems]))
    sys.exit(1 if done.problems else 0)


@click.command()
@json_option
@pass_service
def check(service: Service, as_json: bool) -> None:
    """检查规则文件、模板和工作簿，列出方案条款的落实情况。"""
    from sync.operations.inspection import inspect

    report = inspect(service)
    print_result(as_json, report.fields(), report.text())
    sys.exit(1 if report.problems else 0)
