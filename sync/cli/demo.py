"""``jielu demo``: a month of demo data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, moment, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service


@click.command()
@click.option("--until", metavar="时间", help="演示的一个月到这个时间为止，默认此刻。")
@click.option("--if-empty", is_flag=True, help="工作簿里已经有数据就什么也不做。")
@json_option
@pass_service
def demo(service: Service, until: str | None, if_empty: bool, as_json: bool) -> None:
    """装入演示数据（街路长均为化名），并把一个月跑一遍。"""
    from sync.demo import demo as play
    from sync.operations import jobs
    from sync.settings import SettingsError

    if not service.embedded:
        raise SettingsError("演示只在内置工作簿上跑，请去掉 JIELU_WORKBOOK。")
    if any(table.rows for table in service.gateway.read().values()):
        if if_empty:
            return
        raise SettingsError("工作簿里已经有数据，演示不会覆盖它。换一个空的数据文件夹（JIELU_DATA）再试。")
    jobs.ensure_tabs(service)
    done = play.run(service, moment(until, service.rules().bureau.zone), progress=not as_json)
    print_result(as_json, done.__dict__, done.text())
