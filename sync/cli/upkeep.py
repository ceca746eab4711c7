"""Commands for whoever looks after the service: ``jielu backup`` and ``restore-backup``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service


@click.command()
@click.option("--to", "given", type=click.Path(path_type=Path), help="备份放到哪个文件夹；不写就用 JIELU_BACKUP。")
@json_option
@pass_service
def backup(service: Service, given: Path | None, as_json: bool) -> None:
    """备份台账、工作簿、照片、规则和模板；系统运行着也可以。到期的旧备份按规则清理。"""
    from sync.operations import backups

    folder = backups.folder_of(service, given)
    now = datetime.now(service.rules().bureau.zone)
    made, removed = backups.back_up(service, folder, now)
    count = len(made.manifest.files)
    gone = [path.name for path in removed]
    fields = {"folder": str(made.folder), "files": count, "bytes": made.size, "removed": gone}
    old = f"清理了到期的旧备份 {len(removed)} 份。" if removed else ""
    words = f"已备份到 {made.folder}：{count} 个文件，{made.size / 1e6:.1f} MB，逐个有校验值。"
    print_result(as_json, fields, words + old)


@click.command(name="restore-backup")
@click.argument("folder", metavar="备份", type=click.Path(path_type=Path))
@click.option("--over", is_flag=True, help="数据文件夹里有东西也恢复；原来的先放到旁边，名字里有 before。")
@json_option
@pass_service
def restore_backup(service: Service, folder: Path, over: bool, as_json: bool) -> None:
    """把一份备份恢复到空的数据文件夹；先核对每个文件的校验值，有一个不对就什么也不动。"""
    from sync.operations import restoring

    done = restoring.restore(service.settings, folder, datetime.now().astimezone(), over=over)
    manifest = done.backup.manifest
    fields = {
        "data": str(service.settings.data),
        "made_at": manifest.made_at,
        "files": len(manifest.files),
        "aside": str(done.aside) if done.aside else "",
        "notes": list(done.notes),
    }
    when, count = f"{manifest.made_at:%Y-%m-%d %H:%M}", len(manifest.files)
    words = f"已恢复 {when} 的备份（{count} 个文件）到 {service.settings.data}。"
    aside = f"原来的在 {done.aside}。" if done.aside else ""
    notes = "".join(f"\n注意：{note}" for note in done.notes)
    print_result(as_json, fields, f"{words}{aside}现在可以 jielu run。{notes}")
