"""What the commands share: the service, options, times and months as typed, and how a result is printed.

Each command imports what it works with when it runs, so that ``jielu --help`` is there at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from sync.service import Service

F = TypeVar("F", bound=Callable[..., Any])


def pass_service(function: F) -> F:
    """Hand the command a ``Service`` by the settings as its first argument; it is closed when the command ends."""

    @click.pass_context
    def command(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:
        from sync.service import Service
        from sync.settings import Settings, check_not_moved, check_owner

        settings = Settings.read()
        check_owner(settings.data)
        check_not_moved(settings.data)
        service = Service(settings, _tell_new)
        ctx.call_on_close(service.close)
        return ctx.invoke(function, service, *args, **kwargs)

    return update_wrapper(command, function)  # type: ignore[return-value]


def _tell_new(folder: Path) -> None:
    """A data folder that was made is told: it may be the wrong working folder."""
    click.echo(f"新建数据文件夹 {folder.absolute()}（用别的，设置 JIELU_DATA）", err=True)


def now_option(function: F) -> F:
    return click.option(
        "--now", "now_text", metavar="时间", help="当作现在的时间，例如 2026-11-24T16:00；不写就是此刻。"
    )(function)


def trust_option(function: F) -> F:
    return click.option("--trust-clock", is_flag=True, help="时间和上一次处理相差很多也照办（平时拿不准时只做校验）。")(
        function
    )


def doubt_of(service: Service, now_text: str | None, trusted: bool) -> Callable[[datetime], str]:
    """What says why the hour of a command is not believed: of this machine's clock, or of ``--now``."""
    if trusted:
        return lambda now: ""
    return service.doubt_given if now_text else service.doubt


def json_option(function: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="只输出一行 JSON。")(function)


def moment(text: str | None, zone: ZoneInfo) -> datetime:
    """The time that ``text`` gives, or now, in the bureau's zone; a time without a zone is the bureau's."""
    from sync.settings import SettingsError

    if not text:
        return datetime.now(zone)
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"时间「{text}」看不懂，请写成 2026-11-24T16:00。") from error
    return given.replace(tzinfo=zone) if given.tzinfo is None else given.astimezone(zone)


def check_month(text: str) -> None:
    """Raises ``SettingsError`` for a month that is not written as 2026-10."""
    from sync.settings import SettingsError

    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise SettingsError(f"月份「{text}」看不懂，请写成 2026-10。")


def print_result(as_json: bool, fields: dict[str, Any], text: str) -> None:
    """One object on one line, or a text for people."""
    click.echo(json.dumps(fields, ensure_ascii=False, default=str) if as_json else text)
