"""督办函 on the real parts: signing through every fault, the file's layout, the pages, a ledger that is lost."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from click.testing import CliRunner

from sync.cli.main import main
from sync.core.letters import letters as core
from sync.core.letters.papers import paper
from sync.ledger.ledger import Ledger
from sync.outgoing import docx
from sync.sheets import set_up
from tests.book import ROOT, ZONE, Book, bureau, default_rules, hour
from tests.deaths import processes
from tests.live_book import LiveBook, Place, again
from tests.mail_server import mail_server
from tests.ticks.test_tick import STEPS
from tests.web_server import OPERATOR, WebServer, web_server

LOG = """
    问题台账
    填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
    2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 一号 | 路面脏污 | 严重 | 油污
    2026-11-24 09:00 | 督查01 | 督查 | 建设南路 | 夜市口 | 占道经营 | 严重 | 夜市
    """
AT, SIGNED = "2026-11-24 10:01", "2026-11-24 10:10"
TEMPLATE = ROOT / "sheet_templates" / docx.TEMPLATE
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHOWN = ("函号", "主送", "状态", "期限", "签发人", "签发时间", "回复情况")


@pytest.fixture
def live(tmp_path: Path) -> LiveBook:
    made = LiveBook(tmp_path).add(LOG)
    made.settle("2026-11-24 09:05")
    made.settle(AT)
    return made


def row_of(live: LiveBook, unit: str) -> int:
    return next(n for n, (to,) in enumerate(live.rows("督办台账", "主送"), 1) if to.startswith(unit))


def sign(live: LiveBook, unit: str, name: str = "办公室01") -> None:
    live.type("督办台账", row_of(live, unit), "签发人", name)


def numbers(live: LiveBook) -> dict[str, str]:
    rows = live.rows("督办台账", "函号", "主送", "类型")
    return {to.split("，")[0]: number for number, to, kind in rows if "函" in kind}


# Numbers ---------------------------------------------------------------------------------------------------------
def _killed_at(place: Place, step: str) -> None:
    live = again(place)

    def stop(done: str) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    live.tick(SIGNED, step=stop)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_of_signing_no_number_is_left_out_or_given_twice(live: LiveBook, step: str) -> None:
    sign(live, "环卫所")
    assert processes.run(_killed_at, live.place, step) == -signal.SIGKILL
    live.restart()
    sign(live, "城管执法大队")  # another is signed before the killed look is made good
    live.settle(SIGNED)
    given = numbers(live)
    assert sorted(given.values()) == ["蒸执督〔2026〕1号", "蒸执督〔2026〕2号"]
    first = "环卫所" if step in ("commit", "write", "land") else "城管执法大队"  # of one hour: in the order of names
    assert given[first] == "蒸执督〔2026〕1号"
    assert [row[4] for row in live.rows("督办台账", *SHOWN) if "〔" in row[0]] == ["办公室01", "办公室01"]
    told = [number for (number,) in live.rows("通知记录", "通知号") if "·督办·" in number]
    assert len(told) == len(set(told))


def test_a_year_begins_with_one_and_a_void_number_is_kept(live: LiveBook) -> None:
    sign(live, "环卫所")
    live.settle("2026-12-31 17:00")
    live.type("督办台账", row_of(live, "环卫所"), "作废原因", "写错了")
    sign(live, "城管执法大队")
    live.settle("2027-01-04 09:00")
    given = [(number, state) for number, state in live.rows("督办台账", "函号", "状态") if "〔" in number]
    assert sorted(given) == [("蒸执督〔2026〕1号", "作废"), ("蒸执督〔2027〕1号", "待送达")]


def test_a_tab_sorted_while_the_number_is_written_keeps_each_answer_with_its_letter(live: LiveBook) -> None:
    sign(live, "环卫所", "指挥长02")
    sign(live, "城管执法大队")
    done: list[int] = []

    def sort(request: object) -> None:
        if str(getattr(request, "path", "")).endswith(":batchUpdate") and not done:
            done.append(1)
            sheet = live.book.worksheet("督办台账")
            sheet.sort((sheet.row_values(1).index("签发人") + 1, "des"))

    live.before = sort
    live.settle(SIGNED)
    assert done
    found = {row[1].split("，")[0]: (row[0], row[4]) for row in live.rows("督办台账", *SHOWN) if "街路长" in row[1]}
    kept = live.ledger.memory().letters
    assert {one.unit: (one.number, one.signer) for one in kept.values() if one.unit} == found
    assert sorted(number for number, _ in found.values()) == ["蒸执督〔2026〕1号", "蒸执督〔2026〕2号"]


def test_without_its_ledger_letters_are_adopted(live: LiveBook) -> None:
    sign(live, "环卫所")
    live.settle(SIGNED)
    before = live.rows("督办台账", *SHOWN)
    told = live.rows("通知记录", "通知号")
    live.lose_ledger()
    live.settle("2026-11-24 10:20")
    assert live.rows("督办台账", *SHOWN) == before, "nothing is drafted again"
    assert [one for one in live.rows("通知记录", "通知号") if one not in told] == []
    sign(live, "城管执法大队")
    live.settle("2026-11-24 10:30")
    assert numbers(live) == {"环卫所": "蒸执督〔2026〕1号", "城管执法大队": "蒸执督〔2026〕2号"}
    live.settle("2026-11-25 17:31")
    again = [kind for (kind,) in live.rows("督办台账", "类型") if kind.startswith("重复")]
    assert sorted(again) == ["重复督办函（续蒸执督〔2026〕1号）", "重复督办函（续蒸执督〔2026〕2号）"]


def test_without_its_ledger_what_arrived_has_arrived_and_old_words_are_read(live: LiveBook) -> None:
    sign(live, "环卫所")
    sign(live, "城管执法大队")
    live.settle("2026-11-24 17:00")
    live.type("督办台账", row_of(live, "环卫所"), "送达", "纸质 标准化办01 11-24 16:00")
    live.settle("2026-11-24 17:01")
    live.type("督办台账", row_of(live, "环卫所"), "送达", "")
    live.type("督办台账", row_of(live, "环卫所"), "状态", "已送达")
    live.type("督办台账", row_of(live, "城管执法大队"), "状态", "已签发")
    live.type("督办台账", row_of(live, "城中区域"), "状态", "已发送")  # as 0.1 said it
    live.book.worksheet("内部记录").batch_clear(["A2:C500"])  # which 0.1 did not have
    live.lose_ledger()
    live.settle("2026-11-24 17:10")
    states = {to.split("，")[0][:4]: state for to, state in live.rows("督办台账", "主送", "状态")}
    assert states == {"环卫所": "已送达", "城管执法": "待送达", "城中区域": "待送达", "城西区域": "待发送"}


def test_a_number_is_not_given_twice_when_ledger_and_row_are_lost(live: LiveBook) -> None:
    sign(live, "环卫所")
    live.settle(SIGNED)
    live.book.worksheet("督办台账").delete_rows(row_of(live, "环卫所") + 1)
    live.lose_ledger()
    sign(live, "城管执法大队")
    live.settle("2026-11-24 10:30")
    assert numbers(live)["城管执法大队"] == "蒸执督〔2026〕2号"


def test_a_workbook_of_before_without_the_new_column_goes_on(tmp_path: Path) -> None:
    live = LiveBook(tmp_path).add(LOG)
    sheet = live.book.worksheet("督办台账")
    sheet.delete_columns(sheet.row_values(1).index("校验") + 1)
    live.settle("2026-11-24 09:05")
    live.settle(AT)
    sign(live, "环卫所", "街路长01")
    live.settle(SIGNED)
    assert numbers(live)["环卫所"] == "草稿·20261124·环卫所"
    assert "请由指挥长、领导小组办公室签发" in dict(live.rows("运行状态", "项目", "内容"))["督办台账"]
    sign(live, "环卫所")
    live.settle(SIGNED)
    assert numbers(live)["环卫所"] == "蒸执督〔2026〕1号"
    assert "督办台账" not in dict(live.rows("运行状态", "项目", "内容"))


def test_while_the_tab_can_not_be_read_nothing_is_drafted_twice(live: LiveBook) -> None:
    before = live.rows("督办台账", *SHOWN)
    sheet = live.book.worksheet("督办台账")
    sheet.update([["号"]], "A1")
    live.settle("2026-11-24 10:05")
    sheet.update([["函号"]], "A1")
    live.settle("2026-11-24 10:06")
    assert live.rows("督办台账", *SHOWN) == before


def test_lines_booked_a_second_letter_as_they_once_were_stay_and_nothing_is_charged_on_top() -> None:
    book = bureau().add(LOG)
    for at, signs in (("2026-11-24 10:01", True), ("2026-11-25 17:31", True), ("2026-11-25 17:40", False)):
        book.settle(at)
        for row in range(1, len(book.sheets["督办台账"])) if signs else ():
            if book.cell("督办台账", row, "状态") == "待签发":
                book.type("督办台账", row, "签发人", "办公室01")
        book.settle(at)
    group, lines = next(pair for pair in book.memory.lines.items() if f"{pair[0].name}·重复督办·环卫所·单位" in pair[1])
    rid = group.name
    now = lines[f"{rid}·重复督办·环卫所·单位"]
    number = now.text.partition("，")[2].partition("重复督办")[0]
    old = replace(now, id=f"{rid}·重复督办{number}·单位", clause="五·3")
    kept = {key: line for key, line in lines.items() if key != now.id}
    book.remember(lines={**book.memory.lines, group: {**kept, old.id: old}})
    book.settle("2026-11-25 17:50")
    assert {key: line for key, line in book.memory.lines[group].items() if "重复督办" in key} == {old.id: old}


def test_a_letter_without_somebody_to_get_it_says_so_and_a_record_waits_for_a_commander() -> None:
    book = bureau()
    sheet = book.sheets["组织架构"]
    name = sheet[0].index("姓名")
    away = [row for row in sheet if row[name] in ("指挥长02", "支部书记03", "办公室01")]
    sheet[:] = [row for row in sheet if row not in away]
    book.add(LOG)
    book.settle("2026-11-24 10:01")
    told = dict(book.rows("通知记录", "通知号", "原因"))
    post = "指挥长、领导小组办公室"
    assert told[f"草稿·20261124·环卫所·待签发·{post}（缺）"] == f"没有{post}，请在组织架构里补上"
    sheet.append(next(row for row in away if row[name] == "办公室01"))
    row = next(n for n, (to,) in enumerate(book.rows("督办台账", "主送"), 1) if to.startswith("环卫所"))
    book.type("督办台账", row, "签发人", "办公室01")
    book.settle(SIGNED)
    book.settle("2026-11-24 17:05")
    told = dict(book.rows("通知记录", "通知号", "原因"))
    assert told["蒸执督〔2026〕1号·督办·环卫所责任单位（缺）"] == "没有环卫所责任单位，请在组织架构里补上"
    assert told["蒸执督〔2026〕1号·督办·城中指挥长（缺）"] == "没有城中指挥长，请在组织架构里补上"
    assert told["记录·20261124·城中·记录单·城中指挥长（缺）"] == "没有城中指挥长，请在组织架构里补上"
    assert ("记录·20261124·城中", "待发送") in book.rows("督办台账", "函号", "状态")
    sheet.append(next(row for row in away if row[name] == "指挥长02"))
    book.settle("2026-11-24 17:10")
    assert ("记录·20261124·城中", "待送达") in book.rows("督办台账", "函号", "状态")
    assert "记录·20261124·城中·记录单·指挥长02" in dict(book.rows("通知记录", "通知号", "原因"))


# The file --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def signed() -> core.Letter:
    return _signed(bureau())


def _signed(book: Book) -> core.Letter:
    book.add(LOG.replace("油污", "油污 & <b>说明</b> {{ bureau }} {% x %} 电话13812345678"))
    book.settle("2026-11-24 09:05")
    book.settle(AT)
    number = next(n for n, (to,) in enumerate(book.rows("督办台账", "主送"), 1) if to.startswith("环卫所"))
    book.type("督办台账", number, "签发人", "办公室01")
    book.settle(SIGNED)
    return next(one for one in book.memory.letters.values() if one.unit == "环卫所")


def xml(content: bytes, part: str = "word/document.xml") -> ElementTree.Element:
    return ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read(part))


def texts(content: bytes) -> list[str]:
    return ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in xml(content).iter(f"{W}p")]


def test_the_page_has_the_margins_and_pitch_of_an_official_paper(signed: core.Letter) -> None:
    root = xml(docx.render(signed, TEMPLATE))
    margins = next(root.iter(f"{W}pgMar"))
    found = {side: round(int(margins.get(f"{W}{side}", "0")) / 56.6929) for side in ("top", "bottom", "left", "right")}
    assert found == {"top": 37, "bottom": 35, "left": 28, "right": 26}
    size = next(root.iter(f"{W}pgSz"))
    assert [round(int(size.get(f"{W}{side}", "0")) / 56.6929) for side in ("w", "h")] == [210, 297]
    body = next(p for p in root.iter(f"{W}p") if "一、立即整改" in "".join(t.text or "" for t in p.iter(f"{W}t")))
    spacing = next(body.iter(f"{W}spacing"))
    assert (spacing.get(f"{W}line"), spacing.get(f"{W}lineRule")) == ("580", "exact"), "29 pt"
    assert next(root.iter(f"{W}docGrid")).get(f"{W}linePitch") == "580"


def test_the_fonts_are_named_with_what_stands_in_for_them(signed: core.Letter) -> None:
    content = docx.render(signed, TEMPLATE)
    runs = {"".join(t.text or "" for t in run.iter(f"{W}t")): run for run in xml(content).iter(f"{W}r")}
    heading = next(run for text, run in runs.items() if text.startswith("关于限期整改"))
    item = next(run for text, run in runs.items() if text == "一、立即整改。")
    said = next(run for text, run in runs.items() if text.startswith("于2026年11月25日"))

    def look(run: ElementTree.Element) -> tuple[str | None, str | None]:
        return next(run.iter(f"{W}rFonts")).get(f"{W}eastAsia"), next(run.iter(f"{W}sz")).get(f"{W}val")

    assert look(heading) == ("方正小标宋简体", "44")
    assert look(item) == ("黑体", "32")
    assert look(said) == ("仿宋_GB2312", "32")
    table = xml(content, "word/fontTable.xml")
    stands_in = {font.get(f"{W}name"): next(font.iter(f"{W}altName")).get(f"{W}val") for font in table}
    assert "FangSong" in (stands_in["仿宋_GB2312"] or "") and "SimSun" in (stands_in["方正小标宋简体"] or "")
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert not [name for name in names if name.endswith((".odttf", ".ttf"))], "no font is embedded"


def test_the_parts_stand_in_their_order(signed: core.Letter) -> None:
    found = [text for text in texts(docx.render(signed, TEMPLATE)) if text]
    parts = [
        "加急",
        "衡阳县城市管理和综合执法局",
        "督　办　函",
        "蒸执督〔2026〕1号",
        "关于限期整改新正街路面脏污问题的督办函",
        "环卫所，新正街街路长：",
        "一、立即整改。于2026年11月25日 17:30前按结案条件“路面见本色”整改到位。",
        "附件：督办问题清单",
        "衡阳县城市管理和综合执法局",
        "2026年11月24日",
        "附件",
        "督办问题清单",
        "20261124-001",
        "抄送：城中区域指挥长指挥长02，第四支部书记支部书记04。",
        "衡阳县城市管理和综合执法局办公室2026年11月24日印发",
    ]
    at = -1
    for part in parts:
        at = found.index(part, at + 1)
    assert at == len(found) - 1


def test_text_from_forms_is_text_and_telephone_numbers_are_masked(signed: core.Letter) -> None:
    content = docx.render(signed, TEMPLATE)
    whole = "\n".join(texts(content))
    assert "油污 & <b>说明</b> {{ bureau }} {% x %} 电话138****5678" in whole
    assert "13812345678" not in paper(signed).text
    odd = replace(signed, to="甲\x07\x0b\x01乙\n丙")
    assert "甲 乙 丙：" in texts(docx.render(odd, TEMPLATE))


def test_a_template_that_calls_what_it_must_not_is_refused(signed: core.Letter, tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_paragraph("{{ bureau.__class__.__mro__[1].__subclasses__() }}")
    document.save(str(tmp_path / "bad.docx"))
    with pytest.raises(docx.BadTemplate, match="用不了"):
        docx.render(signed, tmp_path / "bad.docx")


@pytest.mark.parametrize(
    ("marks", "seconds"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", 3),  # takes time alone
        ("{% for a in range(99999) %}{{ '字' * 99999 }}{% endfor %}", 30),  # takes memory
    ],
    ids=["too slow", "too large"],
)
def test_a_template_that_has_no_end_is_ended(
    signed: core.Letter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marks: str, seconds: int
) -> None:
    from docx import Document

    monkeypatch.setattr(docx, "RENDER_SECONDS", seconds)
    document = Document()
    document.add_paragraph(marks)
    document.save(str(tmp_path / "endless.docx"))
    with pytest.raises(docx.BadTemplate, match="太大或者太慢"):
        docx.render_apart(signed, tmp_path / "endless.docx")
    assert texts(docx.render_apart(signed, TEMPLATE)) == texts(docx.render(signed, TEMPLATE))


def test_made_twice_it_is_equal_whatever_became_of_the_rows(tmp_path: Path) -> None:
    live = LiveBook(tmp_path).add(LOG)
    live.settle("2026-11-24 09:05")
    live.settle(AT)
    sign(live, "环卫所")
    live.settle(SIGNED)
    key = next(key for key, one in live.ledger.memory().letters.items() if one.number)
    before = docx.render(live.ledger.memory().letters[key], TEMPLATE)
    live.type("问题台账", 1, "问题描述", "改过了")
    live.settle("2026-11-24 11:00")
    other = Ledger(live.database, live.book.id, ZONE)
    assert docx.render(other.memory().letters[key], TEMPLATE) == before
    other.close()


@pytest.mark.parametrize(
    ("factor", "says"),
    [(0, "本次为重复督办，加倍扣分；"), (1, "本次为重复督办；"), (3, "本次为重复督办，考核时按3件算；")],
)
def test_a_second_letter_claims_what_the_rules_have(signed: core.Letter, factor: int, says: str) -> None:
    one = replace(signed, follows=signed.key, first=signed.number, head=replace(signed.head, factor=factor))
    case_by_case = replace(one, head=replace(one.head, factor=3, by_rates=False))
    assert paper(case_by_case).body[-1].text.startswith("本次为重复督办，超期扣分按3倍；")
    assert paper(one).body[-1].text.startswith(f"{says}逾期未整改")
    assert signed.head.factor == default_rules().letters.repeat_factor


def test_the_template_is_what_its_script_draws(tmp_path: Path) -> None:
    import runpy

    drawn = runpy.run_path(str(ROOT / "bench" / "draw_letter.py"))
    drawn["draw"](tmp_path / "letter.docx")
    for part in ("word/document.xml", "word/fontTable.xml", "word/styles.xml"):
        ours, fresh = (zipfile.ZipFile(path).read(part) for path in (TEMPLATE, tmp_path / "letter.docx"))
        assert ours == fresh, part


# Pages -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("letters")) as made:
        made.add("组织架构\n姓名 | 角色 | 单位\n环卫所01 | 责任单位 | 环卫所\n园林所01 | 责任单位 | 园林所")
        before = datetime.now(ZONE) - timedelta(hours=6)
        made.add(f"问题台账\n填报时间 | 填报人 | 来源 | 街路 | 类别 | 严重程度 | 指定时限 | 问题描述\n"
                 f"{before:%Y-%m-%d %H:%M} | 督查01 | 督查 | 新正街 | 路面脏污 | 严重 | 1小时 | 油污")  # fmt: skip
        made.tick(f"{before + timedelta(minutes=1):%Y-%m-%d %H:%M}")
        made.tick()
        yield made


def test_a_letter_is_signed_answered_and_made_void_by_whom_it_concerns_and_nobody_else(web: WebServer) -> None:
    office, unit = web.enter("办公室01"), web.enter("环卫所01")
    page = office.get(f"{web.url}/letters", timeout=10).text
    assert "待签发（1）" in page and "1 封等您签发" in page
    address = web.url + re.findall(r'href="(/letters/[^"]+)"', page)[0]
    assert "等您签发" not in web.enter("标准化办01").get(f"{web.url}/letters", timeout=10).text
    assert address.removeprefix(web.url) not in office.get(f"{web.url}/letters?tab=待送达", timeout=10).text
    for name, there in {"环卫所01": 404, "街路长01": 404, "指挥长02": 200, "指挥长03": 404, "标准化办01": 200}.items():
        assert web.enter(name).get(address, timeout=10).status_code == there, name
    assert web.enter("标准化办01").post(address, data={"act": "sign"}, timeout=10).status_code == 409
    done = office.post(address, data={"act": "sign"}, timeout=10)
    assert done.status_code == 200 and "已签发" in done.text
    assert office.post(address, data={"act": "sign"}, timeout=10).status_code == 409, "signed once"
    web.tick()
    (number,) = {one.number for one in web.service.ledger.memory().letters.values() if one.kind == core.LETTER}
    assert re.fullmatch(r"蒸执督〔[0-9]{4}〕1号", number)
    for name, there in {"环卫所01": 200, "园林所01": 404, "街路长01": 200, "街路长02": 404, "支部书记04": 200}.items():
        assert web.enter(name).get(address, timeout=10).status_code == there, name
        assert web.enter(name).get(f"{address}/file.docx", timeout=10).status_code == there, name
    file = unit.get(f"{address}/file.docx", timeout=10)
    assert number in texts(file.content) and file.headers["Content-Type"] == docx.MIME
    web.tick()
    assert (number, "待送达") in web.rows("督办台账", "函号", "状态"), "支部书记03 has not opened it"
    assert web.enter("支部书记03").get(address, timeout=10).status_code == 200
    web.tick()
    assert (number, "已送达") in web.rows("督办台账", "函号", "状态")
    assert web.enter("街路长01").post(address, data={"act": "reply", "words": "好"}, timeout=10).status_code == 409
    assert unit.post(address, data={"act": "reply", "words": ""}, timeout=10).status_code == 422
    assert unit.post(address, data={"act": "reply", "words": "=已冲洗"}, timeout=10).status_code == 200
    web.tick()
    assert [row for row in web.rows("督办台账", "函号", "状态", "回复情况") if row[0] == number] == [
        (number, "已回复", "=已冲洗")
    ]
    assert unit.post(address, data={"act": "void", "words": "不要"}, timeout=10).status_code == 409
    assert office.post(address, data={"act": "void", "words": "写错"}, timeout=10).status_code == 200
    web.tick()
    assert (number, "作废") in web.rows("督办台账", "函号", "状态")
    assert web.enter(OPERATOR).get(address, timeout=10).status_code == 200


def test_setup_makes_the_tab_with_its_new_column(web: WebServer) -> None:
    assert set_up.build(web.service.gateway, web.service.rules()) == []
    assert "校验" in web.book.worksheet("督办台账").row_values(1)


# Mail ------------------------------------------------------------------------------------------------------------
def in_tab(office: requests.Session, web: WebServer, tab: str) -> list[str]:
    """函号 of the letters that a tab of the page shows, from the top."""
    page = office.get(f"{web.url}/letters?tab={tab}", timeout=10).text
    return re.findall(r'<th scope="row"[^>]*><a href="/letters/[^"]+">([^<]+)</a>', page)


def test_letters_stand_by_what_they_wait_for_and_one_that_was_followed_waits_no_more(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        web.add(LOG)
        office = web.enter("办公室01")
        for at in ("2026-11-24 09:05", AT):
            web.tick(at)
        for at in (SIGNED, "2026-11-26 12:00"):  # the first letters; the second ones, once nobody answered
            web.tick(at)
            tab = web.book.worksheet("督办台账")
            for row, (state,) in enumerate(web.rows("督办台账", "状态"), 2):
                if state == core.DRAFT:
                    tab.update_cell(row, tab.row_values(1).index("签发人") + 1, "办公室01")
            web.tick(at)
        letters = web.service.ledger.memory().letters.values()
        records = {each.name for each in letters if each.kind == core.RECORD}
        first = [each for each in letters if each.number and each.unit and not each.follows]
        second = [each for each in letters if each.follows]
        assert len(first) == len(second) == 2
        assert in_tab(office, web, "待签发") == in_tab(office, web, "待回复") == []
        assert {*in_tab(office, web, "待送达")} == {each.number for each in second}
        assert {*in_tab(office, web, "已再次督办")} == {each.number for each in first}
        assert {*in_tab(office, web, "问题记录单")} == records != set()
        again = office.get(f"{web.url}/letters?tab=已再次督办", timeout=10).text
        page = office.get(f"{web.url}/letters/{second[0].follows}", timeout=10).text
        assert "新的在前" in again and all(f">{each.number}</a> 再次督办" in again for each in second)
        assert f">{second[0].number}</a> 再次督办" in page
        open_tab = office.get(f"{web.url}/letters", timeout=10).text
        assert '<h2 id="tab">待送达' in open_tab and "回复期限早的在前" in open_tab


def test_the_mail_brings_the_letter_and_a_repeat_is_the_same_mail(tmp_path: Path) -> None:
    with (
        mail_server() as (mails, url),
        web_server(tmp_path, JIELU_SMTP=url, JIELU_MAIL_FROM="jielu@xidu.example") as web,
    ):
        web.add(LOG)
        web.tick("2026-11-24 09:05")
        web.tick(AT)
        row = next(n for n, (to,) in enumerate(web.rows("督办台账", "主送"), 2) if to.startswith("环卫所"))
        sheet = web.book.worksheet("督办台账")
        sheet.update_cell(row, sheet.row_values(1).index("签发人") + 1, "指挥长02")
        web.service.deliver(hour(AT))
        mails.received.clear()
        web.tick(SIGNED)
        web.service.deliver(hour(SIGNED))
        brought = {str(mail["To"]): list(mail.iter_attachments()) for mail in mails.received}
        with_letter = {to for to, files in brought.items() if files}
        assert with_letter == {"s03@xidu.example", "c01@xidu.example", "z02@xidu.example", "s04@xidu.example"}
        (file,) = brought["c01@xidu.example"]
        assert file.get_filename() == "蒸执督〔2026〕1号.docx" and file.get_content_type() == docx.MIME
        one = web.service.letter("蒸执督〔2026〕1号")
        assert one is not None and file.get_content() == web.service.docx(one)
        assert ("蒸执督〔2026〕1号", "待送达") in web.rows("督办台账", "函号", "状态")
        web.tick("2026-11-24 10:11")
        assert ("蒸执督〔2026〕1号", "已送达") in web.rows("督办台账", "函号", "状态")


def test_a_bureau_s_own_template_is_used_and_a_broken_one_keeps_no_notice_back(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(ROOT / "sheet_templates", folder)
    (folder / docx.TEMPLATE).write_bytes(b"no docx")
    with (
        mail_server() as (mails, url),
        web_server(tmp_path, JIELU_SMTP=url, JIELU_MAIL_FROM="jielu@xidu.example", JIELU_TEMPLATES=str(folder)) as web,
    ):
        web.add(LOG)
        web.tick("2026-11-24 09:05")
        web.tick("2026-11-24 17:01")
        web.service.deliver(hour("2026-11-24 17:02"))
        told = [mail for mail in mails.received if mail["To"] == "z02@xidu.example"]
        assert told and not list(told[-1].iter_attachments())
        one = web.service.letter("记录·20261124·城中")
        assert one is not None
        with pytest.raises(docx.BadTemplate, match="请恢复原来的模板"):
            web.service.docx(one)
        shutil.copy(TEMPLATE, folder / docx.TEMPLATE)
        assert "问题记录单" in texts(web.service.docx(one))


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    with web_server(tmp_path) as web:
        web.add(LOG)
        web.tick("2026-11-24 09:05")
        web.tick(AT)
    environment = {"JIELU_DATA": str(tmp_path / "data")}
    run = CliRunner(env=environment)
    done = run.invoke(main, ["letter", "草稿·20261124·环卫所", "--out", str(tmp_path / "函.docx"), "--json"])
    assert done.exit_code == 0 and json.loads(done.output)["state"] == "待签发"
    assert "（签发以后确定）" in texts((tmp_path / "函.docx").read_bytes())
    assert run.invoke(main, ["letter", "蒸执督〔2026〕9号", "--out", str(tmp_path / "x.docx")]).exit_code == 2
    assert run.invoke(main, ["letter", "草稿·20261124·环卫所", "--out", str(tmp_path / "x.pdf")]).exit_code == 2


def test_libreoffice_lays_it_out_on_a4_with_the_list_on_its_own_page(signed: core.Letter, tmp_path: Path) -> None:
    (tmp_path / "letter.docx").write_bytes(docx.render(signed, TEMPLATE))
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(tmp_path / "letter.docx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert (tmp_path / "letter.pdf").exists(), "LibreOffice can't read .docx: install libreoffice-writer"
    content = (tmp_path / "letter.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == 3
    boxes = {tuple(round(float(x)) for x in box.split()) for box in re.findall(rb"/MediaBox\s*\[([0-9. ]+)\]", content)}
    assert {box[2:] for box in boxes} == {(595, 842)}
