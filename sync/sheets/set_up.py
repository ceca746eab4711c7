"""Builds a workbook from the templates: tabs, headers with help, drop-downs, colours, greyed service columns.

Protection of service columns warns and does not forbid (Google refuses to sort a range that holds strictly protected
cells; DESIGN section 4).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from sync.core.rules.rules import Rules
from sync.core.sheet import hand_made
from sync.core.sheet.rows import Table, layout_of
from sync.core.sheet.tabs import Color, Column, Layout, Tab, letters, locate
from sync.sheets import write_notes
from sync.sheets.gateway import Gateway
from sync.workbook.accounts import Accounts
from sync.workbook.cells.store import AnyStore

FORMAT_KINDS = {"datetime": "DATE_TIME", "date": "DATE", "percent": "PERCENT", "position": "TEXT"}
GREY = {"red": 0.937, "green": 0.937, "blue": 0.937}
HEAD = {"red": 0.851, "green": 0.918, "blue": 0.827}
START_ROWS = 200


class NotEmpty(RuntimeError):
    """Something stands already where a new thing should be built."""


def is_empty(gateway: Gateway) -> bool:
    """Whether none of our tabs is in the workbook."""
    gateway.learn_sheets()
    return not gateway.sheet_ids


def build(gateway: Gateway, rules: Rules, *, only_hidden: bool = False) -> list[str]:
    """Add the tabs that are missing, in the order of the templates; returns their titles. ``only_hidden``: of those
    that people don't see.

    A tab that is there is left as it is: people's columns and widths are theirs.
    """
    gateway.learn_sheets()
    wanted = {key: tab for key, tab in gateway.tabs.items() if tab.hidden or not only_hidden}
    missing = [tab for key, tab in wanted.items() if key not in gateway.sheet_ids]
    if not missing:
        return []
    blank = _blank_sheet(gateway)
    taken = set(gateway.titles.values())
    requests: list[dict[str, Any]] = []
    for index, tab in enumerate(missing):
        sheet = next(n for n in range(1001 + index, 10**6) if n not in taken)
        taken.add(sheet)
        requests += tab_requests(tab, sheet, rules)
    requests += gateway.notes.made  # else the first write would make the sheet of notes
    if blank is not None and not gateway.sheet_ids:
        requests.append({"deleteSheet": {"sheetId": blank}})
    gateway.send(requests)
    gateway.learn_sheets()
    return [tab.title for tab in missing]


def extend(gateway: Gateway, rules: Rules, *, renew: bool = False) -> list[str]:
    """Add the columns that came with later versions to tabs that lack them, behind everything that stands there; no
    cell is moved. Returns them as 表「列」. A tab whose headers are not in order is left alone. The choices of a tab
    that gets a column are renewed, with ``renew`` those of all."""
    seen, lacking = gateway.read(), dict[str, tuple[Column, ...]]()
    for key, tab in gateway.tabs.items():
        layout = locate(tab, seen[key].header) if key in seen else ""
        if isinstance(layout, Layout):
            lacking[key] = tuple(column for column in tab.columns if column.key not in layout.at)
    added = _add_columns(gateway, rules, lacking)
    again = [key for key, columns in lacking.items() if columns or renew]
    renewed = gateway.read() if added else seen
    requests = [request for key in again for request in _choices_again(gateway, key, renewed[key], rules)]
    if requests:
        gateway.send(requests)
    return added


def end_former_notes(gateway: Gateway, under_way: Collection[str]) -> None:
    """Take the columns away from 内部记录 in which writes were noted up to 0.2: it has a row for each issue, and with
    them a workbook passed the limit of cells at 45,000. Not while one of the writes ``under_way`` (their numbers) is
    noted there. The sheet that takes their place is made in the same request: a full workbook has no room for it
    before, and without it nothing would tell that a write never came."""
    sheet, tab = gateway.sheet_ids.get(write_notes.RECORDS), gateway.tabs.get(write_notes.RECORDS)
    if tab is None or sheet is None or gateway.widths()[sheet] <= write_notes.FORMER:
        return
    seen = gateway.read((tab.key,))
    layout = layout_of(tab, seen.get(tab.key))
    if write_notes.is_noted_before(under_way, seen) or isinstance(layout, str):
        return
    if max(layout.at.values()) < write_notes.FORMER:
        gone = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": write_notes.FORMER}
        gateway.send([{"deleteDimension": {"range": gone}}, *gateway.notes.made])


def complete(gateway: Gateway, rules: Rules, in_use: Container[str]) -> list[str]:
    """Add to tabs that people made by hand the columns that they lack, behind everything that stands there; no cell is
    moved. ``in_use``: keys of tabs whose rows the service knows. Returns what was added (表「列」)."""
    lacking = {
        key: columns
        for key, table in gateway.read().items()
        if not isinstance(columns := hand_made.lacking(gateway.tabs[key], table, in_use=key in in_use), str)
    }
    return _add_columns(gateway, rules, lacking)


def _add_columns(gateway: Gateway, rules: Rules, lacking: Mapping[str, tuple[Column, ...]]) -> list[str]:
    """Send what makes these columns, by tab key; returns them as 表「列」."""
    wanted = {key: columns for key, columns in lacking.items() if columns}
    if not wanted:
        return []
    firsts = gateway.entered([gateway.tabs[key].title for key in wanted])
    requests, added = list[dict[str, Any]](), list[str]()
    for key, columns in wanted.items():
        title = gateway.tabs[key].title
        for index, column in enumerate(columns, start=firsts[title]):
            requests += _added_column(gateway.sheet_ids[key], index, column, rules)
            added.append(f"{title}「{column.header}」")
    gateway.send([*_widened(gateway, requests), *requests])
    return added


def _choices_again(gateway: Gateway, key: str, table: Table, rules: Rules) -> Iterator[dict[str, Any]]:
    """The choices of a tab as they are now: a later version may know more of them."""
    layout = locate(gateway.tabs[key], table.header)
    if isinstance(layout, str):
        return
    for column in layout.tab.staff:
        if column.key in layout.at and choices(column, rules) and (rule := validation(column, rules)):
            at = layout.at[column.key]
            body = {"sheetId": gateway.sheet_ids[key], "startRowIndex": 1, "startColumnIndex": at}
            yield {"setDataValidation": {"range": {**body, "endColumnIndex": at + 1}, "rule": rule}}


def _added_column(sheet: int, index: int, column: Column, rules: Rules) -> list[dict[str, Any]]:
    head = {
        "updateCells": {
            "start": {"sheetId": sheet, "rowIndex": 0, "columnIndex": index},
            "rows": [{"values": [_head(column)]}],
            "fields": "userEnteredValue,note,userEnteredFormat",
        }
    }
    return [head, *_column_requests(sheet, index, column, rules)]


def _widened(gateway: Gateway, requests: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What makes the sheets wide enough for the heads that are to be written."""
    starts = [request["updateCells"]["start"] for request in requests if "updateCells" in request]
    for sheet, there in gateway.widths().items():
        wanted = max((start["columnIndex"] + 1 for start in starts if start["sheetId"] == sheet), default=0)
        if wanted > there:
            yield {"appendDimension": {"sheetId": sheet, "dimension": "COLUMNS", "length": wanted - there}}


def _blank_sheet(gateway: Gateway) -> int | None:
    """The empty first sheet of a new workbook, which nobody needs."""
    titles = list(gateway.titles)
    if len(titles) == 1 and titles[0] in ("Sheet1", "工作表1") and not gateway.entered(titles)[titles[0]]:
        return gateway.titles[titles[0]]
    return None


def tab_requests(tab: Tab, sheet: int, rules: Rules) -> list[dict[str, Any]]:
    """What makes one tab: batchUpdate requests in order."""
    size = {"rowCount": START_ROWS, "columnCount": len(tab.columns), "frozenRowCount": 1}
    sheet_of_tab = {"sheetId": sheet, "title": tab.title, "gridProperties": size, "hidden": tab.hidden}
    requests: list[dict[str, Any]] = [
        {"addSheet": {"properties": sheet_of_tab}},
        {
            "updateCells": {
                "start": {"sheetId": sheet, "rowIndex": 0, "columnIndex": 0},
                "rows": [{"values": [_head(c) for c in tab.columns]}],
                "fields": "userEnteredValue,note,userEnteredFormat",
            }
        },
    ]
    for index, column in enumerate(tab.columns):
        requests += _column_requests(sheet, index, column, rules)
    requests += [_color_request(sheet, tab, color) for color in tab.colors]
    return requests


def _head(column: Column) -> dict[str, Any]:
    required = "（必填）" if column.required else ""
    return {
        "userEnteredValue": {"stringValue": column.header},
        "note": column.help + required,
        "userEnteredFormat": {
            "backgroundColor": GREY if column.owner == "service" else HEAD,
            "textFormat": {"bold": True},
        },
    }


def _column_requests(sheet: int, index: int, column: Column, rules: Rules) -> list[dict[str, Any]]:
    body = {"sheetId": sheet, "startRowIndex": 1, "startColumnIndex": index, "endColumnIndex": index + 1}
    requests: list[dict[str, Any]] = [
        {
            "updateDimensionProperties": {
                "range": {
                    "sheetId": sheet,
                    "dimension": "COLUMNS",
                    "startIndex": index,
                    "endIndex": index + 1,
                },
                "properties": {"pixelSize": column.width},
                "fields": "pixelSize",
            }
        }
    ]
    look: dict[str, Any] = {}
    if column.number_format:
        look["numberFormat"] = {"type": FORMAT_KINDS.get(column.type, "NUMBER"), "pattern": column.number_format}
    if column.owner == "service":
        look["backgroundColor"] = GREY
        requests.append(
            {
                "addProtectedRange": {
                    "protectedRange": {
                        "range": body,
                        "warningOnly": True,
                        "description": f"{column.header}由系统填写",
                    }
                }
            }
        )
    if look:
        requests.append(
            {
                "repeatCell": {
                    "range": body,
                    "cell": {"userEnteredFormat": look},
                    "fields": ",".join(f"userEnteredFormat.{key}" for key in look),
                }
            }
        )
    if rule := validation(column, rules):
        requests.append({"setDataValidation": {"range": body, "rule": rule}})
    return requests


def validation(column: Column, rules: Rules) -> dict[str, Any] | None:
    """The drop-down or date check of a column; it advises, since 校验 says what is wrong in words."""
    values = choices(column, rules)
    if values:
        condition: Mapping[str, Any] = {
            "type": "ONE_OF_LIST",
            "values": [{"userEnteredValue": value} for value in values],
        }
    elif column.choices == "streets":
        condition = {"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": "='街路名册'!$B$2:$B"}]}
    elif column.owner == "staff" and column.type in ("date", "datetime"):
        condition = {"type": "DATE_IS_VALID"}
    else:
        return None
    return {"condition": condition, "showCustomUi": True, "strict": False, "inputMessage": column.help}


def choices(column: Column, rules: Rules) -> tuple[str, ...]:
    """The values that a cell of the column may take, where they are a fixed list."""
    return rules.lists.get(column.choices, column.values)


def _color_request(sheet: int, tab: Tab, color: Color) -> dict[str, Any]:
    index = next(i for i, column in enumerate(tab.columns) if column.key == color.column)
    area = {"sheetId": sheet, "startRowIndex": 1, "startColumnIndex": index, "endColumnIndex": index + 1}
    if color.filled:
        condition: dict[str, Any] = {"type": "NOT_BLANK"}
    elif color.starts:
        condition = {"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": color.starts}]}
    else:
        tests = ",".join(f'${letters(index)}2="{value}"' for value in color.when)
        condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": f"=OR({tests})"}]}
    red, green, blue = (int(color.color[i : i + 2], 16) / 255 for i in (0, 2, 4))
    look = {"backgroundColor": {"red": red, "green": green, "blue": blue}}
    return {
        "addConditionalFormatRule": {
            "rule": {"ranges": [area], "booleanRule": {"condition": condition, "format": look}},
            "index": 0,
        }
    }


def write_token(store: AnyStore, base: str, name: str, path: Path) -> dict[str, Any]:
    """A service-account file for the embedded workbook at ``base``, readable by its owner alone."""
    if path.exists():
        raise NotEmpty(f"{path} 已经存在，没有覆盖；请换一个文件名。")
    account: dict[str, Any] = Accounts(store).create(name, f"{base}/token")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(account, file, ensure_ascii=False, indent=2)
    return account
