"""Commands about files: ``jielu import``, ``export`` and ``letter``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, pass_service, print_result

if TYPE_CHECKING:
    from sync.service import Service


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tab", "title", required=True, metavar="表", help="导入到哪个工作表，例如 问题台账。")
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(path_type=Path),
    help="列的对应关系（TOML），表头一致时不用写。",
)
@click.option("--update", is_flag=True, help="已经在表里的行，和文件不同的格子按文件改。")
@click.option("--history", is_flag=True, help="问题台账以前的行：状态记「历史」，不计时、不通知、不计分。")
@json_option
@pass_service
def import_file(
    service: Service,
    file: Path,
    title: str,
    mapping_file: Path | None,
    update: bool,
    history: bool,
    as_json: bool,
) -> None:
    """把 xlsx 或 csv 里的行加到一个工作表里；有一行不对就一行也不加，已经在表里的行不再加。"""
    from sync.intake.files import file_rows, imports, mapping
    from sync.settings import SettingsError

    tab = next((tab for tab in service.templates.values() if title in (tab.title, tab.key)), None)
    if tab is None:
        raise SettingsError(
            f"没有「{title}」这个工作表，有：{'、'.join(tab.title for tab in service.templates.values())}。"
        )
    if history and tab.key != "issues":
        raise SettingsError(f"--history 只用于问题台账，「{tab.title}」不要写。")
    rules = mapping.read_mapping(mapping_file) if mapping_file else None
    brought = file_rows.read_rows(file, tab, rules, service.rules().bureau.zone)
    with service.ledger.turn():
        done, sentence = imports.add(
            service.gateway, service.ledger, tab, brought.rows, brought.ids, update=update, history=history
        )
    counts = {"rows": len(done.fresh), "there": len(done.there), "amended": len(done.amended)}
    text = "".join(f"{note}\n" for note in brought.notes)
    print_result(
        as_json, {"tab": tab.title, **counts}, f"{text}「{tab.title}」导入 {sentence}；运行 jielu tick 后看校验。"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_service
def export(service: Service, file: Path, as_json: bool) -> None:
    """把整个工作簿导出成一个 xlsx，Excel 和 WPS 都能打开。"""
    from sync import archive_moves
    from sync.core.look.rebuilding import archive
    from sync.outgoing.export import export_file
    from sync.settings import SettingsError

    if file.suffix.lower() != ".xlsx":
        raise SettingsError(f"导出的文件名要以 .xlsx 结尾：{file}")
    rules = service.rules()
    tables, templates = archive.sheets(archive_moves.tables(service.gateway))
    sealed = service.ledger.memory().seals.values()
    export_file(tables, templates, file, rules, rules.bureau.zone, sealed)
    rows = sum(len(table.rows) for table in tables.values())
    print_result(as_json, {"file": str(file), "rows": rows}, f"已导出 {rows} 行到 {file}。")


@click.command()
@click.argument("number", metavar="函号")
@click.option("--out", "file", required=True, type=click.Path(path_type=Path), help="写到哪个 .docx 文件。")
@json_option
@pass_service
def letter(service: Service, number: str, file: Path, as_json: bool) -> None:
    """把一封督办函或问题记录单写成 .docx；什么时候写，内容都一样。"""
    from sync.settings import SettingsError

    if file.suffix.lower() != ".docx":
        raise SettingsError(f"文件名要以 .docx 结尾：{file}")
    document = service.letter(number)
    if document is None:
        raise SettingsError(f"督办台账里没有函号「{number}」。函号要写完整，例如 蒸执督〔2026〕1号。")
    content = service.docx(document)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"写不进 {file}：{error.strerror}。请检查文件夹和权限。") from error
    fields = {"letter": document.name, "state": document.state, "file": str(file)}
    print_result(as_json, fields, f"{document.name}（{document.state}）已写到 {file}。")
