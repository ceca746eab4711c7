"""Rules changed on the page: a draft with its mistakes, tried on a month, in force with a reason, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import revision
from sync.core.rules import holidays
from sync.core.rules.rules import load
from sync.revision import NotInForce
from tests.book import ROOT, hour
from tests.web_server import OPERATOR, WebServer, web_server

TEXT = (ROOT / "rules.toml").read_text("utf-8")
NOW = hour("2026-11-24 16:00")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


def changed(text: str = TEXT) -> str:
    return text.replace('rework = "1wh" ', 'rework = "6wh" ')


def test_a_draft_changes_nothing_until_it_is_put_in_force_with_a_reason(web: WebServer) -> None:
    service = web.service
    draft = revision.save_draft(service, changed(), "标准化办01", NOW)
    assert str(service.rules().clock.rework) == "1wh"
    with pytest.raises(NotInForce, match="写明为什么"):
        revision.put_in_force(service, draft.text, draft.base, "标准化办01", "  ", NOW)
    made = revision.put_in_force(service, draft.text, draft.base, "标准化办01", "返工给足一天", NOW)
    assert str(service.rules().clock.rework) == "6wh"
    assert service.rules_file.read_text("utf-8") == changed()
    assert service.rules_file.parent == web.folder / "data"
    assert [(one.n, one.person, one.reason) for one in revision.editions(service, NOW)] == [
        (made.n, "标准化办01", "返工给足一天"),
        (1, "", "开始使用"),
    ]
    assert revision.draft(service).text == changed(), "the next draft begins from what is in force"


def test_a_draft_with_a_mistake_never_comes_in_force(web: WebServer) -> None:
    draft = revision.save_draft(web.service, TEXT.replace('rework = "1wh" ', 'rework = "4xx" '), "标准化办01", NOW)
    with pytest.raises(NotInForce, match="还有错"):
        revision.put_in_force(web.service, draft.text, draft.base, "标准化办01", "试试", NOW)
    assert web.service.rules_text() == TEXT


def test_rules_that_somebody_else_changed_meanwhile_are_not_run_over(web: WebServer) -> None:
    mine = revision.save_draft(web.service, changed(), "标准化办01", NOW)
    theirs = TEXT.replace('warn_at = "75%"', 'warn_at = "50%"')
    revision.put_in_force(web.service, theirs, revision.digest(TEXT), "办公室01", "早点提醒", NOW)
    with pytest.raises(NotInForce, match="又被别人改过"):
        revision.put_in_force(web.service, mine.text, mine.base, "标准化办01", "返工", NOW)
    assert web.service.rules_text() == theirs


def test_an_edit_of_the_file_itself_is_an_edition_too(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(TEXT, "utf-8")
    web = WebServer(tmp_path, JIELU_RULES=str(file))
    try:
        revision.editions(web.service, NOW)
        file.write_text(changed(), "utf-8")
        found = revision.editions(web.service, NOW)
        assert [(one.n, one.reason, one.text == changed()) for one in found] == [
            (2, "直接改了规则文件", True),
            (1, "开始使用", False),
        ]
        revision.put_in_force(web.service, TEXT, revision.digest(changed()), "办公室01", "改回来", NOW)
        assert file.read_text("utf-8") == TEXT
    finally:
        web.close()


def test_a_file_that_can_not_be_written_leaves_the_old_rules(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NotInForce, match="写不进去"):
        revision.put_in_force(web.service, changed(), revision.digest(TEXT), "办公室01", "改", NOW)
    monkeypatch.undo()
    assert web.service.rules_text() == TEXT
    assert [one.n for one in revision.editions(web.service, NOW)] == [1]
    assert not list((web.folder / "data").glob("rules.toml*"))


def test_the_pages_from_draft_to_force_and_back(web: WebServer) -> None:
    office = web.enter("标准化办01")
    page = office.get(f"{web.url}/rules").text
    assert "任务「清扫保洁」" in page
    assert "本局默认" in page
    said = office.post(f"{web.url}/rules/check", json={"text": 'rework = "x"'}).json()["problems"]
    assert said[0]["line"] == 1
    wrong = office.post(f"{web.url}/rules/check", json={"text": TEXT.replace('rework = "1wh"', 'rework = "4x"')}).json()
    line = next(n for n, text in enumerate(TEXT.splitlines(), start=1) if text.startswith("rework ="))
    assert [(one["line"], one["column"]) for one in wrong["problems"]] == [(line, 10)]
    seen = revision.digest(TEXT)
    kept = office.post(
        f"{web.url}/rules/draft", data={"text": changed().replace("\n", "\r\n"), "act": "keep", "seen": seen}
    )
    assert "<ins>rework = &#34;6wh&#34;" in kept.text
    web.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 类别 | 问题描述
        2026-11-03 09:00 | 督查01 | 督查 | 新正街 | 暴露垃圾 | 甲
        """)
    web.tick("2026-11-03 09:01")
    tried = office.get(f"{web.url}/rules/try?month=2026-11")
    assert "1 个问题，没有不同" in " ".join(tried.text.replace("<strong>", "").replace("</strong>", "").split())
    mine = {"text": changed(), "act": "force", "seen": revision.digest(changed())}
    refused = office.post(f"{web.url}/rules/draft", data={**mine, "reason": ""})
    assert (refused.status_code, "请写明为什么改" in refused.text) == (409, True)
    done = office.post(f"{web.url}/rules/draft", data={**mine, "reason": "返工给足"})
    assert "已经启用，这是第 2 版" in done.text
    assert web.nudges
    assert str(web.service.rules().clock.rework) == "6wh"
    assert "<del>rework = &#34;1wh&#34;" in office.get(f"{web.url}/rules/editions/2").text
    back = office.post(f"{web.url}/rules/editions/1/back")
    assert "已经退回到第 1 版的内容，记为第 3 版" in back.text
    assert web.service.rules_text() == TEXT


def test_an_old_page_does_not_run_over_a_newer_draft(web: WebServer) -> None:
    office = web.enter("标准化办01")
    revision.save_draft(web.service, changed(), "办公室01", NOW)
    mine = TEXT.replace('warn_at = "75%"', 'warn_at = "50%"')
    page = office.post(f"{web.url}/rules/draft", data={"text": mine, "act": "keep", "seen": revision.digest(TEXT)})
    assert (page.status_code, "草稿又被改过" in page.text) == (409, True)
    assert "warn_at = &#34;50%&#34;" in page.text, "what was typed is still there"
    assert revision.draft(web.service).text == changed()


def test_next_year_s_holidays_go_from_the_page_into_the_draft(web: WebServer) -> None:
    office = web.enter(OPERATOR)
    assert "2027 年工作日历" in office.get(f"{web.url}/calendar?year=2027").text
    given = {"year": "2027", "published": "yes", "off": "01-01~01-03 元旦\n02-05~02-11 春节", "on": "02-14 春节"}
    page = office.post(f"{web.url}/calendar", data=given)
    assert "2027 年的日历写进了草稿" in page.text
    text = revision.draft(web.service).text
    rules = load(text)
    assert 2027 in rules.calendar.known
    assert rules.calendar.is_workday(hour("2027-02-14 09:00").date())
    assert not rules.calendar.is_workday(hour("2027-02-08 09:00").date())
    assert text.replace(text[text.index("[[calendar.year]]") : text.index("# ─── 四、")], "") == TEXT.replace(
        TEXT[TEXT.index("[[calendar.year]]") : TEXT.index("# ─── 四、")], ""
    ), "nothing else of the file changed"
    wrong = office.post(f"{web.url}/calendar", data={**given, "off": "02-30 春节"})
    assert (wrong.status_code, "没有「02-30」这一天" in wrong.text) == (422, True)
    assert "02-30 春节" in wrong.text, "what was typed is still there"


def test_a_year_is_written_into_the_text_as_it_was_typed_and_read_back() -> None:
    off, on = ["01-01~01-03 元旦", "04-05 清明"], ["01-09 元旦"]
    text = holidays.with_year(TEXT, 2028, True, off, on)
    days = load(text).calendar.published(2028)
    assert (holidays.written(days, works=False), holidays.written(days, works=True)) == (off, on)
    again = holidays.with_year(text, 2028, True, off[:1], [])
    assert again.count("[[calendar.year]]") == 2
    assert holidays.written(load(again).calendar.published(2028), works=False) == off[:1]
    hostile = holidays.with_year(TEXT, 2028, True, ['01-01 元旦"]\npublished = false #'], [])
    assert "2028" in str(load(hostile).calendar.known), "a quote does not end the text"


def test_a_unit_with_open_issues_can_not_be_dropped(web: WebServer) -> None:
    """Neither by a draft nor by an edit of the file: the old rules stay in force, with the sentence, until the last
    issue is over."""
    web.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 垃圾成堆
    """)
    web.tick()
    dropped = TEXT.replace('"环卫所", ', "", 1).replace('"环卫所"', '"市政处"')
    with pytest.raises(NotInForce, match="「环卫所」了，但它还有 1 件没有办完"):
        revision.put_in_force(web.service, dropped, revision.digest(TEXT), "标准化办01", "撤销", NOW)
    (web.folder / "data" / "rules.toml").write_text(dropped, "utf-8")
    assert "环卫所" in web.service.rules().units and "「环卫所」了" in web.service.trouble
    assert "「环卫所」了" in web.service.ledger.warnings["规则文件"]
    row = web.book.worksheet("问题台账").find("垃圾成堆").row
    for header, text in (("复核结果", "通过"), ("复核人", "标准化办01"), ("复核意见", "现场看过")):
        column = web.book.worksheet("问题台账").find(header).col
        web.book.worksheet("问题台账").update_cell(row, column, text)
    web.tick()
    assert "环卫所" not in web.service.rules().units and not web.service.trouble
