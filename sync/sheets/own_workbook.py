"""Which spreadsheet of the embedded store is the bureau's: found by a file that holds its id, or made once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sync.settings import SettingsError
from sync.sheets.gateway import Client

TITLE = "街路长工作簿"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
SPREADSHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
PLACE = {"locale": "zh_CN", "timeZone": "Asia/Shanghai"}
FILES = "https://www.googleapis.com/drive/v3/files"


def find_or_make(client: Client, path: Path) -> str:
    """The id of the spreadsheet, which ``path`` holds from now on; it is made where there is none.

    Raises ``SettingsError`` where the id in ``path`` is no spreadsheet of the store, or where there are several and
    ``path`` names none of them.
    """
    stored = _stored(client)
    if path.exists():
        workbook = _checked(path, stored)
    else:
        workbook = _write_once(path, _without_owner(stored, path) or _make(client))
    _settle(client, workbook)
    return workbook


def _settle(client: Client, workbook: str) -> None:
    """Gives a workbook that 0.1 made, in English and in Greenwich, the language and the zone of its bureau."""
    address = f"{SPREADSHEETS}/{workbook}"
    fields = {"fields": "properties(locale,timeZone)"}
    if client.request("get", address, params=fields).json()["properties"] == {"locale": "en_US", "timeZone": "Etc/GMT"}:
        update = {"updateSpreadsheetProperties": {"properties": PLACE, "fields": ",".join(PLACE)}}
        client.request("post", f"{address}:batchUpdate", json={"requests": [update]})


def _stored(client: Client) -> list[dict[str, Any]]:
    """The store's spreadsheets: id and permissions of each."""
    query = {"q": f"mimeType='{SPREADSHEET}'", "pageSize": 1000, "fields": "files(id,permissions)"}
    files: list[dict[str, Any]] = client.request("get", FILES, params=query).json()["files"]
    return files


def _checked(path: Path, stored: list[dict[str, Any]]) -> str:
    workbook = path.read_text("utf-8").strip()
    if workbook not in {file["id"] for file in stored}:
        raise SettingsError(
            f"{path} 记着的工作簿 {workbook} 不在数据文件夹里了。请恢复备份；确实要重新开始，再删掉这个文件。"
        )
    return workbook


def _without_owner(stored: list[dict[str, Any]], path: Path) -> str:
    """The spreadsheet that jielu itself made: it has no owner. Empty where there is none."""
    ours = [file["id"] for file in stored if all(share["role"] != "owner" for share in file["permissions"])]
    if len(ours) > 1:
        names = "、".join(ours)
        raise SettingsError(f"数据文件夹里有 {len(ours)} 个工作簿（{names}），请把要用的编号写进 {path}。")
    return str(ours[0]) if ours else ""


def _make(client: Client) -> str:
    made = {"properties": {"title": TITLE, **PLACE}}
    return str(client.request("post", SPREADSHEETS, json=made).json()["spreadsheetId"])


def _write_once(path: Path, workbook: str) -> str:
    """Write the id in whole or not at all; where another process was first, its id counts and is returned."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(f"{workbook}\n", "utf-8")
    try:
        os.link(half, path)
    except FileExistsError:
        return path.read_text("utf-8").strip()
    finally:
        half.unlink()
    return workbook
