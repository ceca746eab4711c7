"""``jielu clock``: whether this machine's hour is believed, and a person's yes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, moment, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service

OPERATOR = "运维"


@click.command()
@click.option("--yes", is_flag=True, help="确认服务器现在的时间没有错。")
@json_option
@pass_service
def clock(service: Service, yes: bool, as_json: bool) -> None:
    """服务器现在的时间能不能相信；拿不准的时候只做校验，不定时限、不计分、不封存、不发通知。"""
    from sync.core.calendar.belief import in_words

    now = moment(None, service.rules().bureau.zone)
    if yes:
        service.ledger.confirm_hour(now, OPERATOR)
    doubt = service.doubt(now)
    words = f"服务器的时间是 {in_words(now)}。"
    words += f"{doubt}，不敢相信。没有错的，请运行 jielu clock --yes。" if doubt else "可以相信。"
    print_result(as_json, {"now": now.isoformat(), "doubt": doubt, "confirmed": yes}, words)
