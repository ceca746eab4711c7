"""The form tools that bureaus use: how each signs a push, where its entry is in it, and the row that it stands for.

Shapes and signatures as the tools document them (金数据 by a sample of its push, since it documents none). Nothing
of a push is used before ``genuine`` is true.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.rules.section_links import CAOLIAO, JIANDAOYUN, JINSHUJU, SIGNED, WENJUANXING, Hook
from sync.core.sheet.plan import to_raw
from sync.core.sheet.rows import Raw, plain, read_cell
from sync.core.sheet.tabs import Column, Tab
from sync.core.sheet.values.texts import clean

WINDOW_SECONDS = 300  # how far a signed push's clock may be from ours
LONGEST_CELL = 5000  # characters in a cell; the sheet itself takes 50 000
MOST_EXACT = 2**53  # a sheet's number is a double: a longer one (an id) stays a text, or its last digits are lost
PHOTOS = "photos"  # the key of every column that holds photos
ARRIVAL_COLUMNS = ("reported_at", "requested_at")  # columns that take the hour of arrival where the form gives none
# Of texts; Python's other codecs read escapes of their own, or take minutes for a megabyte.
CHARSETS = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk", "gb2312", "big5"})
IN_PATH = (JINSHUJU, CAOLIAO)  # tools that sign nothing: the secret is the end of the address


class Unreadable(ValueError):
    """A push that is not of the tool's shape; the sentence says why."""


@dataclass(frozen=True)
class FormEntry:
    """An entry of a form, as a tool sent it."""

    id: str  # the same for all versions of the entry
    version: str  # rises with its changes; empty: it never changes
    fields: Mapping[str, Any]  # what the hook's columns are taken from
    gone: bool = False  # it was deleted in the tool


@dataclass(frozen=True)
class HookRequest:
    """The parts of an HTTP request that carry a push and its signature."""

    body: bytes
    query: Mapping[str, str]
    headers: Mapping[str, str]  # by name in lower case
    token: str = ""  # the end of the address


# Signatures --------------------------------------------------------------------------------------------------
def sign(key: str, timestamp: str, body: bytes) -> str:
    """The hex HMAC-SHA256 over ``timestamp.body`` of a plain signed push."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def genuine(hook: Hook, key: str, request: HookRequest, now: float) -> bool:
    """Whether its sender has the key. ``now``: seconds since 1970. False for an empty key."""
    if not key:
        return False
    if hook.kind in IN_PATH:
        return _equal(key, request.token)
    if hook.kind == JIANDAOYUN:
        query = request.query
        signed = f"{query.get('nonce', '')}:".encode() + request.body + f":{key}:{query.get('timestamp', '')}".encode()
        return _equal(_sha1(signed), request.headers.get("x-jdy-signature", "").lower())
    if hook.kind == WENJUANXING:
        return _wenjuanxing(key, request.body)
    timestamp = request.headers.get("x-jielu-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp, re.ASCII) or abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    return _equal(sign(key, timestamp, request.body), request.headers.get("x-jielu-signature", ""))


def _wenjuanxing(key: str, body: bytes) -> bool:
    try:
        sent = _object(body)
    except Unreadable:
        return False
    signed = f"{plain(sent.get('activity'))}{plain(sent.get('index'))}{key}"
    return _equal(_sha1(signed.encode()), str(sent.get("sign", "")).lower())


def _sha1(signed: bytes) -> str:
    return hashlib.sha1(signed, usedforsecurity=False).hexdigest()  # the tools' choice, not ours


def _equal(right: str, given: str) -> bool:
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


# Shapes ------------------------------------------------------------------------------------------------------
def read_entry(hook: Hook, body: bytes) -> FormEntry:
    """The entry in a push. Raises ``Unreadable``."""
    entry = _READERS[hook.kind](_object(body))
    named = plain(_cell(dig(entry.fields, hook.id))) if hook.id else ""
    entry_id = named or entry.id or hashlib.sha256(body).hexdigest()[:32]
    return FormEntry(_clean(entry_id)[:200], entry.version, entry.fields, entry.gone)


def text_of(body: bytes, charset: str = "") -> str:
    """The text of a push: by the charset that it names, if it is one of ``CHARSETS``, else by its first bytes (UTF-8,
    UTF-16, UTF-32), else GB18030. Raises ``Unreadable``."""
    for encoding in (charset if _codec(charset) in CHARSETS else json.detect_encoding(body), "gb18030"):
        try:
            return body.decode(encoding).lstrip("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    raise Unreadable("内容看不出是什么编码")


def _codec(charset: str) -> str:
    """The name by which Python knows a charset; empty where it knows none."""
    try:
        return codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(text_of(body), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unreadable("内容不是 JSON") from None
    if not isinstance(sent, dict):
        raise Unreadable("内容不是一个 JSON 对象")
    return sent


def _no_number(word: str) -> float:
    raise ValueError(word)  # NaN is no JSON


def _jinshuju(sent: Mapping[str, Any]) -> FormEntry:
    fields = sent.get("entry")
    if not isinstance(fields, dict) or not plain(fields.get("serial_number")):
        raise Unreadable("没有 entry 和 entry.serial_number，不像金数据的推送")
    entry_id = f"{plain(sent.get('form'))}·{plain(fields['serial_number'])}"
    return FormEntry(entry_id, str(fields.get("updated_at", "")), fields)


def _jiandaoyun(sent: Mapping[str, Any]) -> FormEntry:
    data = sent.get("data")
    if not isinstance(data, dict):
        raise Unreadable("没有 data，不像简道云的推送")
    version = str(data.get("updateTime") or data.get("deleteTime") or "")
    return FormEntry(plain(data.get("_id")), version, data, gone=sent.get("op") == "data_remove")


def _wenjuan(sent: Mapping[str, Any]) -> FormEntry:
    if not plain(sent.get("joinid")):
        raise Unreadable("没有 joinid，不像问卷星的推送")
    return FormEntry(f"{plain(sent.get('activity'))}·{plain(sent['joinid'])}", "", sent)


def _any(sent: Mapping[str, Any]) -> FormEntry:
    return FormEntry("", "", sent)


_READERS = {JINSHUJU: _jinshuju, JIANDAOYUN: _jiandaoyun, WENJUANXING: _wenjuan, CAOLIAO: _any, SIGNED: _any}


# Rows --------------------------------------------------------------------------------------------------------
def misfits(hook: Hook, tabs: Mapping[str, Tab]) -> list[str]:
    """What the hook names and the workbook's templates don't have, or keep for the service."""
    where = f"[[hook]]「{hook.name}」："
    tab = tab_of(hook, tabs)
    if tab is None:
        return [f"{where}没有「{hook.tab}」这个工作表。"]
    by_header = {column.header: column for column in tab.columns}
    named = [*hook.columns, *hook.constants]
    problems = [f"{where}「{tab.title}」没有「{header}」这一列。" for header in named if header not in by_header]
    return problems + [f"{where}「{tab.title}」的「{header}」由系统填写，表单不能填。" for header in named
                    if header in by_header and by_header[header].owner == "service"]  # fmt: skip


def tab_of(hook: Hook, tabs: Mapping[str, Tab]) -> Tab | None:
    return next((tab for tab in tabs.values() if tab.title == hook.tab), None)


def row(hook: Hook, tab: Tab, fields: Mapping[str, Any], at: datetime, zone: ZoneInfo) -> dict[str, Raw]:
    """The cells by column key. What can't be read as the column's type stays the text that was sent, so that 校验
    says what is wrong in the row. ``at``: the hour of arrival, aware."""
    by_header = {column.header: column for column in tab.staff}
    cells: dict[str, Raw] = {by_header[header].key: value for header, value in hook.constants.items()}
    for header, path in hook.columns.items():
        value = _cell(dig(fields, path))
        if header in hook.values:
            value = hook.values[header].get(plain(value), value)
        cells[by_header[header].key] = _typed(value, by_header[header], zone)
    for key in ARRIVAL_COLUMNS:
        if key in tab.by_key and not cells.get(key):
            cells[key] = to_raw(at, zone)
    return {key: value for key, value in cells.items() if value != ""}


def dig(fields: Any, path: str) -> Any:
    """The value at a path like ``field_5.latitude`` or ``lnglat.0``; None where there is none."""
    for step in path.split("."):
        if isinstance(fields, Mapping):
            fields = fields.get(step)
        elif isinstance(fields, list) and step.isdecimal() and int(step) < len(fields):
            fields = fields[int(step)]
        else:
            return None
    return fields


def _cell(value: Any) -> Raw:
    """A field as a cell: lists a line each, objects by the part that people mean."""
    if value is None or isinstance(value, bool):
        return {True: "是", False: "否", None: ""}[value]
    if isinstance(value, int | float):
        return value if abs(value) < MOST_EXACT else str(value)
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return _clean("\n".join(part for item in value if (part := plain(_cell(item)))))
    return _meant(value)


def _meant(value: Mapping[str, Any]) -> Raw:
    if "detail" in value:  # an address of 简道云
        return "".join(plain(_cell(value.get(part))) for part in ("province", "city", "district", "detail"))
    for part in ("value", "url", "address", "name"):
        if part in value:
            return _cell(value[part])
    return _clean(json.dumps(value, ensure_ascii=False))


def _clean(text: str) -> str:
    text = clean(text.encode("utf-8", "replace").decode())  # half a character, which JSON can spell, is a question mark
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}……"


def _typed(value: Raw, column: Column, zone: ZoneInfo) -> Raw:
    if value == "" or column.type in ("text", "choice", "limit", "mail", "position"):
        return plain(value)
    read_value, problem = read_cell(value, column, zone)
    return plain(value) if problem else to_raw(read_value, zone)
