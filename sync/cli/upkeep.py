"""Commands for whoever looks after the service: ``jielu backup``, ``restore-backup``, ``purge`` and ``personal``."""

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
    from sync.operations.cures import backup_words

    folder = backups.folder_of(service, given)
    now = service.now()
    made, removed = backups.back_up(service, folder, now)
    count = len(made.manifest.files)
    gone = [path.name for path in removed]
    fields = {"folder": str(made.folder), "files": count, "bytes": made.size, "removed": gone}
    print_result(as_json, fields, backup_words(made, removed))


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


@click.command()
@click.option("--dry-run", is_flag=True, help="只说会清理什么，不清理。")
@json_option
@pass_service
def purge(service: Service, dry_run: bool, as_json: bool) -> None:
    """清理到了保存时间的个人信息，时间写在规则的 [keep] 里。"""
    from sync.operations import cures

    done = cures.purge(service, service.now(), dry_run=dry_run)
    words = "会清理" if dry_run else "已清理"
    lines = [f"  {over.kind}：{over.count}" for over in done]
    fields = {"dry_run": dry_run, "purged": {over.kind: over.count for over in done}}
    print_result(as_json, fields, "\n".join([f"{words}（到了保存时间的）：", *lines]))


@click.command()
@click.argument("person", metavar="姓名")
@click.option("--out", "file", required=True, type=click.Path(path_type=Path), help="写到哪个 .xlsx 文件。")
@json_option
@pass_service
def personal(service: Service, person: str, file: Path, as_json: bool) -> None:
    """把系统里关于一个人的内容导出成一个 xlsx，供本人查看。"""
    from sync.operations import personal as held
    from sync.settings import SettingsError

    if file.suffix.lower() != ".xlsx" or len(person.strip()) < 2:
        raise SettingsError("请写完整的姓名，文件名以 .xlsx 结尾，例如 jielu personal 街路长01 --out 街路长01.xlsx。")
    try:
        rows = held.export_held(service, person.strip(), file)
    except OSError as error:
        raise SettingsError(f"写不进 {file}：{error.strerror}。请检查文件夹和权限。") from error
    print_result(as_json, {"file": str(file), "rows": rows}, f"关于「{person}」的 {rows} 条已写到 {file}。")
