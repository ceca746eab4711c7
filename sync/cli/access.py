"""Commands that let a program or a person in: ``jielu token`` and ``link``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service


@click.command()
@click.argument("name", metavar="名称")
@click.option("--out", type=click.Path(path_type=Path), help="写到哪个文件；默认 名称.json，权限只给自己。")
@click.option("--revoke", is_flag=True, help="收回这个名称的账号，它的文件和登录立即失效。")
@json_option
@pass_service
def token(service: Service, name: str, out: Path | None, revoke: bool, as_json: bool) -> None:
    """给内置工作簿发一个服务账号文件，google-auth 和 gspread 可以直接使用。"""
    from sync.settings import SettingsError
    from sync.sheets import set_up

    if not service.embedded:
        raise SettingsError("现在用的是 Google 表格，服务账号要在 Google Cloud 里申请；这个命令只管内置工作簿。")
    if revoke:
        if not service.accounts.revoke(name):
            raise SettingsError(f"没有名称为「{name}」的账号。")
        print_result(as_json, {"revoked": name}, f"「{name}」已收回。")
        return
    path = out or Path(f"{name}.json")
    written = set_up.write_token(service.store, service.address, name, path)
    print_result(
        as_json,
        {"file": str(path), "client_email": written["client_email"]},
        f"已写入 {path}，请妥善保管，不要放进代码仓库。登录地址 {service.address}；不对就先设 JIELU_URL。",
    )


@click.command()
@click.argument("name", metavar="姓名", default="")
@click.option("--operator", is_flag=True, help="运行服务的人（管理员）的链接，代替姓名；网页上做不了。")
@click.option("--revoke", is_flag=True, help="收回这个人的全部链接和登录。")
@json_option
@pass_service
def link(service: Service, name: str, operator: bool, revoke: bool, as_json: bool) -> None:
    """打印一个人的登录链接；办公室和标准化办的两小时有效、只能用一次，其他人的长期有效。"""
    from sync.core.people.roster import OPERATOR
    from sync.ledger.visitors.sessions import Owner, Sessions
    from sync.settings import SettingsError
    from webhook import access

    if bool(name) == operator:
        raise SettingsError("请写一个姓名，或者写 --operator，二选一。")
    owner = Owner(OPERATOR if operator else name, operator)
    if revoke:
        count = Sessions(service.ledger).revoke(owner, service.now())
        told = f"{owner.person}的链接和登录收回了 {count} 个。"
        print_result(as_json, {"revoked": owner.person, "count": count}, told)
        return
    base = service.address
    made = access.operator_link(service, base) if operator else access.link(service, name, base)
    print_result(as_json, {"name": owner.person, "link": made}, made)
