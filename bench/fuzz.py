"""Odd inputs by the thousand: each gives a value or a sentence; no exception, no number that is not finite.

    python -m bench.fuzz [--count 10000] [--kinds csv,xlsx,...] [--state fuzz.json] [--minutes 120]

Every input comes of its kind and number alone, so that a failure can be made again: ``--kinds photos --only 4711``.
Goes on where ``--state`` says that an earlier run ended; prints counts of what came out, and the memory at its peak.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import logging
import math
import random
import resource
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import googleapiclient
import openpyxl
import orjson
from flask.testing import FlaskClient
from PIL import Image

from sync.core.rules.rules import RulesError, load
from sync.core.rules.section_links import CAOLIAO, JIANDAOYUN, JINSHUJU, SIGNED, WENJUANXING, Hook
from sync.core.scores.facts import CALENDARS, FACTS, MONTHS, RULES
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw
from sync.intake import form_tools, photos
from sync.intake.files.file_rows import append as add_rows
from sync.intake.files.file_rows import read_rows
from sync.intake.files.mapping import read_mapping
from sync.intake.files.sealed_file import verify
from sync.intake.form_tools import Unreadable
from sync.intake.photos import BadPhoto
from sync.outgoing.mail_text import Message, as_bytes
from sync.service import Service
from sync.settings import RULES_NAME, Settings, default_path, read_templates
from sync.sheets import set_up
from sync.workbook.cells.store import Store
from sync.workbook.formulas.functions import FUNCTIONS
from sync.workbook.server import Api, Request
from webhook import access
from webhook.server import create_app

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)
ODD: tuple[Any, ...] = (
    "", " ", "\u200b", "\x00", "\ud800", "=1+1", "+1", "@x", "3E401", "1e309", "Infinity", "NaN", "1" * 400, "9" * 40,
    "２０２６－１１－２７", "2026-02-30", "9999-99-99", "下午 3:20", "\u202e反", "'", '"', "\n", "=" * 300, "甲" * 6000,
    "[" * 2000, "{" * 2000, "新正街", "暴露垃圾", "一般", "督查", "2026-11-24 09:00", None, True, 0, -1, 1e308,
    10**30, 0.1,
)  # fmt: skip
HEAD = ["填报时间", "填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述"]
GOOD = ["2026-11-24 09:00", "督查01", "督查", "新正街", "一号", "暴露垃圾", "一般", "甲"]


class Broken(AssertionError):
    """What came out is neither a value nor a sentence."""


def flipped(content: bytes, dice: random.Random, most: int = 8) -> bytes:
    """The bytes with some of them changed, cut, doubled or put in."""
    changed = bytearray(content)
    for _ in range(dice.randint(1, most)):
        at = dice.randrange(len(changed) or 1)
        match dice.randrange(4):
            case 0 if changed:
                changed[at] = dice.randrange(256)
            case 1:
                del changed[at : at + dice.randint(1, 40)]
            case 2:
                changed[at:at] = changed[at : at + dice.randint(1, 40)]
            case _:
                changed[at:at] = dice.randbytes(dice.randint(1, 8))
    return bytes(changed)


def a_text(dice: random.Random) -> str:
    """A text of any signs, half characters among them."""
    return "".join(chr(dice.choice((dice.randrange(0x80), dice.randrange(0x3000, 0x9FFF), dice.randrange(0x11_0000))))
                   for _ in range(dice.randrange(60)))  # fmt: skip


def an_oddity(dice: random.Random) -> Any:
    return dice.choice(ODD) if dice.random() < 0.7 else a_text(dice)


def check_cells(cells: Mapping[str, Raw]) -> None:
    """Raises ``Broken`` for a cell that no sheet takes."""
    for value in cells.values():
        if isinstance(value, float) and not math.isfinite(value):
            raise Broken(f"not finite: {value!r}")
        if isinstance(value, str):
            value.encode()


def sentence(error: Exception) -> str:
    """``refused``; raises ``Broken`` where the words are no sentence for staff."""
    if not str(error) or not any("\u4e00" <= sign <= "\u9fff" for sign in str(error)):
        raise Broken(f"no sentence: {error!r}")
    return "refused"


# The kinds
def file_rows(suffix: str, content: bytes, mapping: str = "") -> str:
    """What the rows of a file come to, by a mapping where one is given."""
    with tempfile.TemporaryDirectory() as folder:
        path, map_path = Path(folder, f"a{suffix}"), Path(folder, "m.toml")
        path.write_bytes(content)
        map_path.write_text(mapping, "utf-8")
        try:
            brought = read_rows(path, tabs()["issues"], read_mapping(map_path) if mapping else None, ZONE)
        except FileProblem as error:
            return sentence(error)
    for _, cells in brought.rows:
        check_cells(cells)
    return "taken"


def csv(dice: random.Random) -> str:
    rows = [HEAD, *([an_oddity(dice) if dice.random() < 0.2 else cell for cell in GOOD] for _ in range(3))]
    text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    content = text.encode(dice.choice(("utf-8", "gb18030", "utf-16")), "replace")
    return file_rows(".csv", flipped(content, dice) if dice.random() < 0.5 else content)


def xlsx(dice: random.Random) -> str:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    for _ in range(2):
        sheet.append([_for_excel(an_oddity(dice)) if dice.random() < 0.2 else cell for cell in GOOD])
    out = io.BytesIO()
    book.save(out)
    content = out.getvalue()
    return file_rows(".xlsx", flipped(content, dice) if dice.random() < 0.6 else content)


def _for_excel(value: Any) -> Any:
    text = str(value)
    return value if value is None or (text.isprintable() and len(text) < 30_000 and text.isascii()) else "甲"


def mapped(dice: random.Random) -> str:
    """A csv by a mapping file with odd values."""
    row = [str(an_oddity(dice)) if dice.random() < 0.2 else cell for cell in GOOD]
    sheet = ",".join(HEAD) + "\n" + ",".join(row)
    lines = ["[columns]", *(f"{json.dumps(name)} = {json.dumps(name)}" for name in HEAD)]
    for table in ("constants", "dates", 'values."类别"', 'numbers."经度"'):
        value = json.dumps(str(an_oddity(dice)).encode("utf-8", "replace").decode(), ensure_ascii=True)
        key = dice.choice(("填报时间", "类别", "经度", "thousands", "*"))
        lines += [f"[{table}]", f"{json.dumps(key)} = {value}"] if dice.random() < 0.4 else []
    return file_rows(".csv", sheet.encode("utf-8", "replace"), "\n".join(lines))


def sealed(dice: random.Random) -> str:
    """An export with changed cells in the seal's own sheets."""
    book = openpyxl.load_workbook(io.BytesIO(export()))
    for name in (MONTHS, FACTS, RULES, CALENDARS):
        sheet = book[name]
        for _ in range(dice.randint(0, 3)):
            cell = sheet.cell(dice.randint(1, min(sheet.max_row, 40)), dice.randint(1, sheet.max_column))
            cell.value = _for_excel(an_oddity(dice))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.xlsx")
        book.save(path)
        try:
            verify(path, "2026-10")
        except FileProblem as error:
            return sentence(error)
    return "taken"


@cache
def export() -> bytes:
    return (Path(__file__).parent.parent / "tests/data/versions/0.1/export.xlsx").read_bytes()


@cache
def pictures() -> list[bytes]:
    """Photos of several shapes: formats, sizes, orientations, with EXIF, with a second picture."""
    made = []
    shapes = [(kind, size) for kind in ("JPEG", "PNG", "WEBP", "MPO") for size in (8, 64, 300, 640, 900)]
    for n, (kind, size) in enumerate(shapes):
        out, exif = io.BytesIO(), Image.Exif()
        exif[0x0112], exif[0x010F] = n % 8 + 1, "camera"
        image = Image.effect_noise((size, size * 3 // 4), 60).convert("RGB")
        more = {"save_all": True, "append_images": [image]} if kind == "MPO" else {}
        image.save(out, kind, exif=exif, **more)
        made.append(out.getvalue())
    return made


def photo(dice: random.Random) -> str:
    try:
        made = photos.convert_here(flipped(dice.choice(pictures()), dice), 320, 70, keep_place=True)
    except BadPhoto as error:
        return sentence(error)
    return "taken" if made.jpeg else "empty"


def hook(kind: str) -> Hook:
    columns = {"填报人": "a", "街路": "b.value", "问题描述": "c", "填报时间": "d", "经度": "e", "照片": "f"}
    given = {"name": "x", "kind": kind, "tab": "问题台账", "key": "K_XXXX", "columns": columns}
    return Hook.model_validate(given)


def nested(dice: random.Random, depth: int = 0) -> Any:
    match dice.randrange(5 if depth < 4 else 3):
        case 3:
            return [nested(dice, depth + 1) for _ in range(dice.randrange(4))]
        case 4:
            return {dice.choice("abcdef"): nested(dice, depth + 1) for _ in range(dice.randrange(4))}
    return an_oddity(dice)


def push(dice: random.Random) -> str:
    kind = dice.choice((JINSHUJU, JIANDAOYUN, WENJUANXING, CAOLIAO, SIGNED))
    fields = {name: nested(dice) for name in "abcdef"}
    sent = {"form": "f", "entry": {"serial_number": nested(dice), **fields}, "data": {"_id": nested(dice), **fields},
            "joinid": nested(dice), "activity": 1, "op": nested(dice), **fields}  # fmt: skip
    body = json.dumps(sent).encode()
    body = flipped(body, dice) if dice.random() < 0.4 else body
    source = hook(kind)
    try:
        entry = form_tools.read_entry(source, form_tools.text_of(body).encode("utf-8", "replace"))
    except Unreadable as error:
        return sentence(error)
    check_cells(form_tools.row(source, tabs()["issues"], entry.fields, AT, ZONE))
    return "taken"


def rules(dice: random.Random) -> str:
    lines = rules_text().split("\n")
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        match dice.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 2:
                lines[at] = flipped(lines[at].encode() or b"x", dice, 2).decode("utf-8", "replace")
            case _:
                name = lines[at].partition("=")[0]
                value = json.dumps(an_oddity(dice), ensure_ascii=False)
                lines[at] = f"{name}= {value}".encode("utf-8", "replace").decode()  # a file holds no half characters
    try:
        load("\n".join(lines))
    except RulesError as error:
        return sentence(error)
    return "taken"


def mail(dice: random.Random) -> str:
    name = a_text(dice)
    sender = f"{a_text(dice)} <a@b.cn>"
    content = as_bytes(Message("a@b.cn", a_text(dice), name, "0" * 32, name, ((name or "x", b"x"),)), sender)
    content.decode("ascii")
    return "taken"


@cache
def workbook() -> Api:
    """An embedded workbook."""
    return Api(Store(Path(tempfile.mkdtemp(), "workbook.sqlite3")))


@lru_cache(1)
def document(_number: int = 0) -> tuple[Api, str]:
    """The workbook with a document of that number, and the path of it."""
    api = workbook()
    made = api.handle(Request("POST", "/v4/spreadsheets", body=b"{}"))
    path = f"/v4/spreadsheets/{orjson.loads(made.body)['spreadsheetId']}"
    values = orjson.dumps({"values": [[1, 2, "a"], [3, "2026-11-24", "b"], ["甲", True, ""]]})
    api.handle(Request("PUT", f"{path}/values/A1", [("valueInputOption", "USER_ENTERED")], body=values))
    return api, path


def expression(dice: random.Random, depth: int = 0) -> str:
    """A formula's text: calls, ranges, numbers and texts, now and then any signs."""
    match dice.randrange(7 if depth < 4 else 5):
        case 0:
            return dice.choice(("1", "0", "-1", "1E308", "9^9^9", "2900000", "0.1", "1/0"))
        case 1:
            return dice.choice(('"a*a*b"', '"甲"', '"2026-11-24"', '""', "TRUE", "{1,2;3,4}"))
        case 2:
            return dice.choice(("A1", "A1:C3", "A:A", "$B$2", "A2:A", "Sheet1!A1", "Z99"))
        case 3:
            return f"{expression(dice, depth + 1)}{dice.choice('+-*/^&=<>')}{expression(dice, depth + 1)}"
        case 4:
            return a_text(dice) if dice.random() < 0.1 else f"({expression(dice, depth + 1)})"
    arguments = ",".join(expression(dice, depth + 1) for _ in range(dice.randrange(5)))
    return f"{dice.choice(sorted(FUNCTIONS))}({arguments})"


def formula(dice: random.Random) -> str:
    """Any formula gives a value within its budget, and the document can be read."""
    api, path = document()
    body = orjson.dumps({"values": [["=" + expression(dice).encode("utf-8", "replace").decode()]]})
    began = time.thread_time()
    put = api.handle(Request("PUT", f"{path}/values/F9", [("valueInputOption", "USER_ENTERED")], body=body))
    seen = api.handle(Request("GET", f"{path}/values/A1:G20", [("valueRenderOption", "UNFORMATTED_VALUE")]))
    if put.status >= 500 or seen.status != 200 or time.thread_time() - began > 1:
        raise Broken(f"{put.status} {seen.status} {time.thread_time() - began:.1f} s: {body!r:.200}")
    check_cells({str(n): cell for n, row in enumerate(orjson.loads(seen.body).get("values", [])) for cell in row})
    return "taken" if put.status == 200 else "refused"


@cache
def schemas() -> Any:
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return orjson.loads((folder / "sheets.v4.json").read_bytes())["schemas"]


def a_value(dice: random.Random, kind: Mapping[str, Any], depth: int = 0) -> Any:
    """A value as Google's description asks for it, now and then of another kind."""
    if dice.random() < 0.03:
        return nested(dice, 3)
    if "$ref" in kind:
        fields = schemas()[kind["$ref"]].get("properties", {})
        some = dice.sample(sorted(fields), min(len(fields), dice.randint(0, 4 if depth < 5 else 1)))
        return {name: a_value(dice, fields[name], depth + 1) for name in some}
    match kind.get("type"):
        case "array":
            return [a_value(dice, kind["items"], depth + 1) for _ in range(dice.randrange(3))]
        case "string":
            return dice.choice(kind.get("enum", ["a", "Sheet1", "*", "A1", "=A1", "新", "title"]))
        case "boolean":
            return dice.random() < 0.5
        case "integer":
            return dice.choice((0, 0, 1, 2, 3, 5, 9, -1, 2**31))
        case "number":
            return dice.choice((0, 0.5, 1, -3, 1e300))
    return {}


BODIES_A_DOCUMENT = 200  # so that what earlier bodies left does not make later ones slow
_bodies = itertools.count()


def api_body(dice: random.Random) -> str:
    """A batchUpdate of one request is answered, and the document can be read."""
    api, path = document(next(_bodies) // BODIES_A_DOCUMENT)
    kinds = schemas()["Request"]["properties"]
    kind = dice.choice(sorted(set(kinds) - {"deleteSheet", "addSheet", "duplicateSheet"}))
    request = json.dumps({"requests": [{kind: a_value(dice, kinds[kind])}]}).encode()
    put = api.handle(Request("POST", f"{path}:batchUpdate", body=request))
    seen = api.handle(Request("GET", path))
    if put.status >= 500 or seen.status != 200:
        raise Broken(f"{put.status} {seen.status}: {request!r:.200}")
    return "taken" if put.status == 200 else "refused"


FILLED = {"street": "新正街", "category": "暴露垃圾", "severity": "一般", "text": "甲", "place": "一号"}


@cache
def phone() -> tuple[FlaskClient, list[str]]:
    """A chief's phone at a bureau of one street, and the addresses that take JSON."""
    service = Service(Settings.read({"JIELU_DATA": tempfile.mkdtemp(), "JIELU_SECRET": "fuzz"}))
    set_up.build(service.gateway, service.rules())
    street = {"code": "J01", "street": "新正街", "type": "主次干道", "district": "城中", "branch": "第四支部",
              "chief": "街路长01"}  # fmt: skip
    add_rows(service.client, service.workbook, service.templates["streets"], [street])
    service.ticks(datetime.now(ZONE))
    client = create_app(service, lambda: None).test_client()
    link = access.link(service, "街路长01", "http://localhost")
    client.post("/enter", data={"link": link}, headers={"Sec-Fetch-Site": "same-origin"})
    client.application.extensions["limits"].off = True  # as many requests as it can
    return client, ["/forms/issues", "/forms/feedback", "/forms/duties", "/forms/requests"]


def form(dice: random.Random) -> str:
    """Whatever a phone sends is answered by a sentence, never by a fault of the server."""
    client, addresses = phone()
    cells = {key: an_oddity(dice) if dice.random() < 0.15 else value for key, value in FILLED.items()}
    photos_sent = nested(dice) if dice.random() < 0.3 else []
    sent = {"id": f"{dice.randrange(10**19):020d}", "at": an_oddity(dice), "cells": cells, "photos": photos_sent}
    body = json.dumps(sent if dice.random() < 0.8 else nested(dice)).encode()
    body = flipped(body, dice) if dice.random() < 0.2 else body
    headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
    answer = client.post(dice.choice(addresses), data=body, headers=headers)
    if answer.status_code >= 500 or answer.status_code in (401, 403):
        raise Broken(f"{answer.status_code}: {body!r:.200}")
    return "taken" if answer.status_code < 300 else "refused"


@cache
def tabs() -> Any:
    return read_templates(default_path("sheet_templates"))


@cache
def rules_text() -> str:
    return default_path(RULES_NAME).read_text("utf-8")


KINDS: Mapping[str, Callable[[random.Random], str]] = {
    "csv": csv, "xlsx": xlsx, "mapping": mapped, "verify": sealed, "photos": photo, "pushes": push,
    "rules": rules, "mail": mail, "formulas": formula, "api": api_body, "forms": form,
}  # fmt: skip


def run(kind: str, number: int) -> str:
    """What the input of that number came to. Raises whatever it breaks."""
    return KINDS[kind](random.Random(f"{kind} {number}"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--only", type=int)
    parser.add_argument("--state", type=Path, default=Path("fuzz.json"))
    parser.add_argument("--minutes", type=float, default=120)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if asked.only is not None:
        print(run(asked.kinds, asked.only))
        return
    state = json.loads(asked.state.read_text("utf-8")) if asked.state.exists() else {}
    until, broken = time.monotonic() + asked.minutes * 60, 0
    for kind in asked.kinds.split(","):
        counts = Counter(state.get(kind, {}).get("counts", {}))
        for number in range(state.get(kind, {}).get("next", 0), asked.count):
            if time.monotonic() > until:
                break
            try:
                counts[run(kind, number)] += 1
            except Exception as error:
                counts[f"broken: {type(error).__name__}"] += 1
                broken += 1
                print(f"{kind} {number}: {error!r:.300}")
            state[kind] = {"next": number + 1, "counts": dict(counts)}
            if number % 100 == 99:
                asked.state.write_text(json.dumps(state), "utf-8")
        asked.state.write_text(json.dumps(state), "utf-8")
        print(kind, state.get(kind))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{broken} broken; peak {peak} MB, of a reading process {children} MB")


if __name__ == "__main__":
    main()
