"""Makes the data folder of the version that stands here: a small bureau over five weeks, with one sealed month.

``python -m tests.data.versions.make`` in the checkout writes ``tests/data/versions/VERSION``. Everything in it is made
by the parts that a bureau uses: people type through gspread, forms and pushes come over HTTP, mails go to a server.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import gspread
from click.testing import CliRunner
from flask.testing import FlaskClient

from sync import revision
from sync.cli.main import main
from sync.ledger.sent.preferences import Preferences
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up
from sync.workbook import transport
from tests.book import CAST, PEOPLE, ROOT, cell, hour, templates
from tests.intake.test_photos import jpeg, scene
from tests.mail_server import mail_server
from webhook import access, server

HERE = Path(__file__).parent
MONTH = "2026-10"
SEALED_AT = "2026-11-05 09:00"
LAST_LOOK = "2026-11-10 16:00"
KEY = "a-key-of-the-form-tool"
ENVIRONMENT = {"JIELU_URL": "https://jielu.example", "JIELU_MAIL_FROM": "jielu@xidu.example", "FORM_KEY": KEY}
HOOK = """
[[hook]]
name = "wenti"
kind = "金数据"
tab = "问题台账"
key = "FORM_KEY"
constants = { "来源" = "群众反映" }
columns = { "填报时间" = "created_at", "填报人" = "creator_name", "街路" = "field_1", "类别" = "field_2", "问题描述" = "field_3" }
"""  # noqa: E501
PUSH = {
    "form": "FBTWTe",
    "form_name": "街路问题上报",
    "entry": {
        "serial_number": 141, "field_1": "高铁站广场", "field_2": "垃圾满溢", "field_3": "桶满了",
        "creator_name": "群众甲", "created_at": "2026-10-14T01:00:00Z", "updated_at": "2026-10-14T01:00:00Z",
    },
}  # fmt: skip
SECRETARY, CHIEF, STANDARDS = "支部书记04", "街路长01", "标准化办01"
REFUSED = "s03@xidu.example"  # the mail server does not know this mailbox


class Bureau:
    """The parts of one data folder, and the people at its workbook."""

    def __init__(self, data: Path, smtp: str = "") -> None:
        environ = ENVIRONMENT | {"JIELU_DATA": str(data), "JIELU_SMTP": smtp}
        self.service = Service(Settings.read(environ))
        set_up.build(self.service.gateway, self.service.rules())
        client = gspread.Client(auth=None, session=transport.session(self.service.api))
        self.book = client.open_by_key(self.service.workbook)
        app = server.create_app(self.service, lambda: None)
        self.browser: FlaskClient = app.test_client()

    def add(self, text: str) -> None:
        """People type rows: the tab's title, the headers, then a row a line, parted by |."""
        title, head, *lines = [line.strip() for line in text.strip().splitlines()]
        headers, sheet = [part.strip() for part in head.split("|")], self.book.worksheet(title)
        types = self._types(title)
        rows = [dict(zip(headers, (part.strip() for part in line.split("|")), strict=True)) for line in lines]
        cells = [[cell(row[h], types[h]) if row.get(h) else "" for h in sheet.row_values(1)] for row in rows]
        sheet.append_rows(cells, value_input_option="RAW", table_range="A1")  # type: ignore[arg-type]

    def fill(self, title: str, name: str, **cells: str) -> None:
        """People fill cells of the row in which one cell says ``name``."""
        sheet, types = self.book.worksheet(title), self._types(title)
        header, spot = sheet.row_values(1), sheet.find(name)
        assert spot is not None, (title, name)
        for column, text in cells.items():
            address = gspread.utils.rowcol_to_a1(spot.row, header.index(column) + 1)
            sheet.update([[cell(text, types[column])]], address, raw=True)

    def _types(self, title: str) -> dict[str, str]:
        tab = next(tab for tab in templates().values() if tab.title == title)
        return {column.header: column.type for column in tab.columns}

    def look(self, at: str) -> None:
        """The service looks until nothing is left to write, and sends what is due."""
        self.service.ticks(hour(at), idle=False)
        self.service.deliver(hour(at))
        report = self.service.ticks(hour(at), idle=False)
        assert not report.trouble, report

    def enter(self, name: str, at: str) -> tuple[str, str]:
        """A person opens a personal link: the link, and what the session's cookie stands for."""
        link = access.link(self.service, name, "https://jielu.example").removeprefix("https://jielu.example")
        sent = {"data": {"link": link}, "headers": {"Sec-Fetch-Site": "same-origin"}}
        with web_clock(at):
            assert self.browser.post("/enter", **sent).status_code == 302
        with self.browser.session_transaction() as session:
            return link, session["sid"]

    def send(self, address: str, at: str, body: dict[str, Any]) -> None:
        """The visitor sends a form."""
        with web_clock(at):
            answer = self.browser.post(address, json=body, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 201, answer.text

    def photograph(self, number: int, at: str) -> str:
        """The visitor uploads a photo in one piece; its id."""
        content = jpeg(scene(number, (320, 240)))
        where = {"offset": 0, "total": len(content)}
        with web_clock(at):
            answer = self.browser.put(
                f"/photos/upload/{number:032x}", query_string=where, data=content,
                headers={"Sec-Fetch-Site": "same-origin"},
            )  # fmt: skip
        assert answer.status_code == 200 and answer.json is not None, answer.text
        return str(answer.json["photo"])

    def close(self) -> None:
        self.service.close()


@contextmanager
def web_clock(at: str) -> Iterator[None]:
    """The web pages take this hour for now."""
    with mock.patch.object(access.Site, "now", lambda self: hour(at)):
        yield


def october(bureau: Bureau) -> None:
    """A month in which every kind of score line comes about."""
    bureau.add(CAST)
    bureau.add(PEOPLE)
    bureau.look("2026-10-08 08:30")
    _change_rules(bureau.service, "2026-10-08 08:40")
    bureau.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 门口一堆
        2026-10-12 09:00 | 督查01 | 督查 | 联胜路 | 桥头 | 暴露垃圾 | 严重 | 桥头一堆
        2026-10-12 09:00 | 督查01 | 督查 | 建设南路 | 校门 | 井盖缺损 | 严重 | 井盖没了
        2026-10-12 09:00 | 街路长01 | 街路长自查 | 新正街 | 三号 | 路面脏污 | 一般 | 油渍一片
        2026-10-12 09:00 | 办公室01 | 上级交办 | 联胜路 | 五号 | 路面脏污 | 轻微 | 泥一片
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 七号 | 渣土乱倒 | 一般 | 渣土混堆
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 九号 | 暴露垃圾 | 一般 | 不是问题
        2026-10-12 09:00 | 督查01 | 督查 | 联胜路 | 路口 | 门店堆物 | 一般 | 纸箱占道
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 桥下 | 建筑垃圾 | 一般 | 砖块
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 北口 | 缺株死树 | 一般 | 枯树
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 南口 | 路面破损 | 一般 | 坑
        2026-10-12 09:00 | 督查01 | 督查 | 新正街 | 南口 | 怪事 | 一般 | 类别写错了
        """)
    bureau.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 街路 | 支部 | 区域 | 内容
        2026-10-12 09:30 | 街路长01 | 巡查 | 新正街 | | | 看了一遍
        2026-10-12 09:30 | 标准化办01 | 督查 | 建设南路 | | | 没有问题
        2026-10-12 09:30 | 标准化办01 | 督查 | 高铁站广场 | | | 没有问题
        2026-10-12 10:00 | 支部书记04 | 支部例会 | | 第四支部 | | 本周重点
        2026-10-12 10:00 | 指挥长02 | 驻点 | | | 城中 | 在街上
        """)
    bureau.look("2026-10-12 10:00")
    bureau.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改说明 | 整改后照片
        2026-10-12 10:20 | 街路长01 | 20261012-001 | 已整改 | 清了 | 001.jpg
        2026-10-12 10:20 | 街路长01 | 20261012-004 | 已整改 | 冲了 | 004.jpg
        2026-10-12 10:20 | 街路长02 | 20261012-005 | 已整改 | 冲了 |
        2026-10-12 10:20 | 街路长01 | 20261012-006 | 上报 | 要铲车 |
        2026-10-12 10:20 | 街路长02 | 20261012-008 | 已整改 | 搬了 | 008.jpg
        """)
    bureau.add("""
        申请审批
        申请时间 | 申请人 | 类型 | 编号 | 移交单位 | 期望时间 | 理由
        2026-10-12 10:30 | 街路长01 | 移交 | 20261012-009 | 市政处 | | 是路面渣块
        2026-10-12 10:30 | 街路长01 | 延期 | 20261012-010 | | 2026-10-23 12:00 | 等苗
        2026-10-12 10:30 | 街路长01 | 挂账 | 20261012-011 | | 2026-10-20 10:00 | 封路
        """)
    bureau.look("2026-10-12 10:40")
    for number, answer in (("001", "通过"), ("004", "通过"), ("005", "通过"), ("008", "返工")):
        cells = {"复核结果": answer, "复核人": STANDARDS, "复核时间": "2026-10-12 11:00", "复核意见": "去看过"}
        bureau.fill("问题台账", f"20261012-{number}", **cells)
    bureau.fill("问题台账", "20261012-007", 核实结果="作废", 核实人=STANDARDS, 复核意见="不是问题")
    for number, approver in (("009", SECRETARY), ("010", SECRETARY), ("011", "指挥长02")):
        bureau.fill("申请审批", f"20261012-{number}", 批复="同意", 批复人=approver, 批复时间="2026-10-12 11:00")
    for at in ("2026-10-12 11:10", "2026-10-12 15:40", "2026-10-13 09:00"):
        bureau.look(at)
    bureau.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 街路 | 区域 | 编号 | 内容
        2026-10-13 09:10 | 指挥长02 | 现场调度 | | 城中 | 20261012-006 | 铲车明天到
        """)
    _letters(bureau)
    _push(bureau)
    _second_half(bureau)


def _change_rules(service: Service, at: str) -> None:
    """The rules are changed on the page: patrols that are missing cost points, and every street is ranked."""
    text, old = service.rules_text(), revision.digest(service.rules_text())
    text = text.replace("min_inspections = 4", "min_inspections = 1").replace("points = 0 ", "points = 0.1 ", 1)
    revision.put_in_force(service, text, old, "办公室01", "先排起来", hour(at))
    revision.editions(service, hour(at))


def _letters(bureau: Bureau) -> None:
    """Letters about the manhole and the heap at the bridge: one signed and answered, one void."""
    bureau.look("2026-10-13 11:00")
    drafts = [row[0] for row in bureau.book.worksheet("督办台账").get_values("A2:C") if row[2] == "督办函"]
    bureau.fill("督办台账", drafts[0], 签发人="办公室01", 签发时间="2026-10-13 11:10")
    bureau.look("2026-10-13 11:20")
    bureau.fill("督办台账", "蒸执督〔2026〕1号", 回复情况="已经装好", 回复时间="2026-10-13 15:00")
    bureau.fill("督办台账", drafts[1], 作废原因="已经口头交办")
    bureau.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改说明 | 整改后照片
        2026-10-13 14:50 | 街路长03 | 20261012-003 | 已整改 | 装了 | 003.jpg
        2026-10-13 14:50 | 街路长02 | 20261012-002 | 已整改 | 清了 | 002.jpg
        2026-10-13 14:50 | 街路长02 | 20261012-008 | 已整改 | 又搬了 | 008b.jpg
        """)
    bureau.look("2026-10-13 15:10")
    for number in ("002", "003", "008"):
        cells = {"复核结果": "通过", "复核人": STANDARDS, "复核时间": "2026-10-13 16:00"}
        bureau.fill("问题台账", f"20261012-{number}", **cells, 执法依据="不立案：已改正")
    bureau.look("2026-10-13 16:10")


def _push(bureau: Bureau) -> None:
    """A form tool pushes a report; it is verified, so that its clock starts."""
    answer = bureau.browser.post(f"/hooks/form/wenti/{KEY}", json=PUSH)
    assert answer.status_code == 200, answer.text
    assert bureau.service.receive(hour("2026-10-14 09:05")).added == 1
    bureau.look("2026-10-14 09:10")
    bureau.fill("问题台账", "桶满了", 核实结果="受理", 核实人=STANDARDS)
    bureau.look("2026-10-14 09:20")


def _second_half(bureau: Bureau) -> None:
    """The heap is back, a chief is replaced, a line is appealed against, a street is praised; then the seal."""
    bureau.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-10-15 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 门口又一堆
        """)
    bureau.add("""
        人员调整
        申请时间 | 申请人 | 类型 | 街路 | 原街路长 | 新街路长 | 生效日期 | 理由 | 支部意见 | 指挥长意见
        2026-10-15 09:00 | 标准化办01 | 调整 | 建设南路 | 街路长03 | 街路长01 | 2026-10-16 | 调走 | 同意 | 同意
        """)
    bureau.add("""
        申请审批
        申请时间 | 申请人 | 类型 | 明细号 | 对象 | 分值 | 理由
        2026-10-15 09:00 | 街路长01 | 申诉 | 20261012-001·发现问题 | | | 不在责任区
        2026-10-15 09:00 | 标准化办01 | 加减分 | | 联胜路 | 1.5 | 群众来信
        2026-10-15 09:00 | 标准化办01 | 加减分 | | 环卫所 | -0.5 | 媒体曝光
        """)
    bureau.look("2026-10-15 09:10")
    for reason, approver in (("不在责任区", STANDARDS), ("群众来信", "办公室01"), ("媒体曝光", "办公室01")):
        bureau.fill("申请审批", reason, 批复="同意", 批复人=approver, 批复时间="2026-10-15 10:00")
    bureau.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-10-16 09:00 | 督查01 | 督查 | 新正街 | 一号 | 暴露垃圾 | 一般 | 门口第三堆
        """)
    for at in ("2026-10-16 09:10", "2026-10-20 10:30", "2026-10-30 17:40", SEALED_AT):
        bureau.look(at)


def november(bureau: Bureau) -> tuple[str, str]:
    """Days after the seal: closed issues are archived, a chief reports from his phone, a letter waits as a draft.
    The chief's link and session."""
    bureau.fill("月度考核", "联胜路", 处理决定="通报表扬", 决定日期="2026-11-06")
    bureau.look("2026-11-06 20:00")
    jielu(bureau.service.settings.data, "archive", "--now", "2026-11-06T20:05", expect=(0, 1))
    link, session = bureau.enter(CHIEF, "2026-11-09 08:50")
    photo = bureau.photograph(1, "2026-11-09 08:55")
    cells = {"street": "新正街", "category": "路面脏污", "severity": "严重", "text": "油洒了", "source": "街路长自查"}
    form = {"id": f"{1:032x}", "cells": cells, "photos": [photo], "at": "2026-11-09T09:00:00+08:00"}
    bureau.send("/forms/issues", "2026-11-09 09:00", form)
    bureau.look("2026-11-09 09:05")
    bureau.add("""
        申请审批
        申请时间 | 申请人 | 类型 | 明细号 | 理由
        2026-11-09 09:00 | 街路长02 | 申诉 | 20261012-002·超期未整改 | 路不通
        """)
    bureau.fill("申请审批", "路不通", 批复="同意", 批复人=STANDARDS, 批复时间="2026-11-09 10:00")
    Preferences(bureau.service.ledger).set(SECRETARY, "超期", "群")
    revision.save_draft(
        bureau.service, bureau.service.rules_text() + "\n# 还要想想\n", "办公室01", hour("2026-11-09 10:00")
    )
    for at in ("2026-11-09 10:30", "2026-11-09 17:00", "2026-11-10 09:00", LAST_LOOK):
        bureau.look(at)
    return link, session


def jielu(data: Path, *words: str, expect: tuple[int, ...] = (0,)) -> str:
    """The command line on a data folder; what it says."""
    done = CliRunner().invoke(main, list(words), env=ENVIRONMENT | {"JIELU_DATA": str(data), "JIELU_SECRET": ""})
    assert done.exit_code in expect, done.output
    return done.output


def play(folder: Path) -> None:
    """The whole folder: data, export and what a later version must find in it."""
    data = folder / "data"
    data.mkdir(parents=True)
    (data / "rules.toml").write_text((ROOT / "rules.toml").read_text("utf-8") + HOOK, "utf-8")
    with mail_server() as (mailbox, smtp):
        mailbox.answer = lambda address: "550 no such mailbox" if address == REFUSED else "250 OK"
        bureau = Bureau(data, smtp)
        october(bureau)
        link, session = november(bureau)
        bureau.close()
    jielu(data, "export", str(folder / "export.xlsx"))
    for database in ("ledger.sqlite3", "workbook.sqlite3"):
        compact(data / database)
    notes = {
        "month": MONTH, "last_look": LAST_LOOK, "person": CHIEF, "link": link, "session": session,
        "environment": ENVIRONMENT, "push": {"address": f"/hooks/form/wenti/{KEY}", "body": PUSH},
    }  # fmt: skip
    (folder / "made.json").write_text(f"{json.dumps(notes, ensure_ascii=False, indent=2)}\n", "utf-8")


def compact(file: Path) -> None:
    """One file without a write-ahead log beside it and without free pages."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not list(file.parent.glob(f"{file.name}-*")), "a connection is still open"


def version() -> str:
    """Major and minor number of the version that stands here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return ".".join(str(project["version"]).split(".")[:2])


def make() -> int:
    """Write the folder of this version, all of it or nothing; the exit status."""
    folder = HERE / version()
    if folder.exists():
        print(f"{folder} is there already; remove it first.", file=sys.stderr)
        return 1
    for name in ("JIELU_DATABASE", "JIELU_WORKBOOK", "JIELU_RULES", "JIELU_TEMPLATES"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as place:
        play(Path(place) / "made")
        shutil.copytree(Path(place) / "made", folder)
    print(f"{folder}: {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(make())
