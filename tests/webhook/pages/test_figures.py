"""The figures that everybody changes, as a form: what it shows, what it writes, what it refuses, and whom it tells."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sync import revision
from sync.core.rules.figures import figures, groups, with_figures
from sync.core.rules.rules import load
from tests.book import ROOT, hour
from tests.web_server import OPERATOR, WebServer, web_server

TEXT = (ROOT / "rules.toml").read_text("utf-8")
NOW = hour("2026-11-24 16:00")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as made:
        yield made


@pytest.fixture
def office(web: WebServer) -> requests.Session:
    return web.enter(OPERATOR)


def form(web: WebServer, person: requests.Session, **changes: str) -> dict[str, str]:
    """All fields of the page as it shows them, with these changed (``__`` for a dot)."""
    page = person.get(f"{web.url}/rules/figures", timeout=20).text
    fields = dict(re.findall(r'<input[^>]* name="([\w.]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="([\w.]+)"[^>]*>(.*?)</select>', page):
        fields[name] = re.findall(r'value="(\w+)" selected', options)[0]
    return fields | {name.replace("__", "."): value for name, value in changes.items()}


def send(web: WebServer, person: requests.Session, fields: dict[str, str], act: str = "keep") -> requests.Response:
    return person.post(f"{web.url}/rules/figures", data=fields | {"act": act}, timeout=20)


def test_ten_groups_of_figures_stand_in_the_form_and_what_is_not_changed_stays_as_it_is_written() -> None:
    shown = groups(TEXT)
    assert len(shown) == 10 and all(group.rows and group.basis for group in shown)
    names = [figure.name for figure in figures(shown)]
    assert len(names) == len(set(names)) > 70
    assert with_figures(TEXT, {figure.name: figure.typed for figure in figures(shown)}) == (TEXT, {})
    assert with_figures(TEXT, {}) == (TEXT, {})


@pytest.mark.parametrize("name", [figure.name for figure in figures(groups(TEXT))])
def test_every_figure_changes_its_own_line_alone(name: str) -> None:
    figure = next(figure for figure in figures(groups(TEXT)) if figure.name == name)
    typed = {"list": "09:00-10:00" if "hours" in name else "09:00", "text": "6日 10:00"}.get(figure.kind, "37")
    text, problems = with_figures(TEXT, {name: typed})
    changed = [line for line in difflib.ndiff(TEXT.splitlines(), text.splitlines()) if line[0] in "+-"]
    assert problems == {} and [line[0] for line in changed] == ["-", "+"]
    assert changed[0].partition("#")[2] == changed[1].partition("#")[2], "its comment stays"
    if not name.startswith(("task", "score.case")):  # which must fit others: a sum of 100, no less than what is milder
        load(text)


def test_a_file_of_before_shows_what_it_has() -> None:
    text = re.sub(r"^(rework|accept|appeal|send_at) .*$", "", TEXT, flags=re.M).replace('">= 1wd"', '">= 50%"')
    names = {figure.name for figure in figures(groups(text))}
    assert "clock.warn_at" in names and not names & {"clock.rework", "clock.accept", "score.appeal"}
    assert not any(name.startswith("escalation.1") for name in names), "a share of the limit is for the text"


def test_figures_go_into_the_draft_and_then_in_force_with_a_reason(web: WebServer, office: requests.Session) -> None:
    fields = form(web, office, clock__rework="3", score__case__minor__found="0.15", escalation__1__when__overdue="2")
    assert fields["escalation.1.when.overdue.unit"] == "wd"
    page = send(web, office, fields)
    assert page.url == f"{web.url}/rules/draft" and "0.15" in page.text and web.service.rules_text() == TEXT
    assert send(web, office, form(web, office), "try").url == f"{web.url}/rules/try"
    refused = send(web, office, form(web, office, reason=" "), "force")
    assert refused.status_code == 409 and "写明为什么改" in refused.text
    done = send(web, office, form(web, office, reason="本局的数字"), "force")
    assert "已经启用，这是第 2 版" in done.text
    rules = web.service.rules()
    assert str(rules.clock.rework) == "3wh" and rules.score.case["轻微"].discovery == 15
    edition = revision.editions(web.service, NOW)[0]
    assert (edition.person, edition.reason) == ("管理员", "本局的数字") and web.nudges == 1


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"clock__rework": "很快"}, "填的是「很快」，应当是整数"),
        ({"clock__rework": ""}, "应当是整数"),
        ({"clock__rework__unit": "周"}, "单位从后面选"),
        ({"clock__rework": "0"}, "至少是 1"),
        ({"clock__warn_at": "120"}, "1% 到 99%"),
        ({"task__0__weight": "16"}, "100"),
        ({"score__case__minor__found": "0.123"}, "最多两位小数"),
        ({"score__case__minor__found": "1e9"}, "应当是数字"),
        ({"calendar__season__0__hours": "12:00-08:00"}, "结束应当晚于开始"),
        ({"notices__send_at": '8点"]'}, "时:分"),
        ({"score__seal": "31日 09:00"}, "1 到 28 之间"),
        ({"score__seal": 'x"\n[evil]\ny = "'}, "几日 时:分"),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else None,
)
def test_what_is_no_value_is_told_at_its_field_and_nothing_is_stored(
    web: WebServer, office: requests.Session, changes: dict[str, str], sentence: str
) -> None:
    page = send(web, office, form(web, office, clock__accept="5", **changes))
    assert page.status_code == 422 and sentence in page.text, page.text
    assert "没有存" in page.text and 'name="clock.accept" value="5"' in page.text
    assert revision.draft(web.service).text == TEXT
    assert 'aria-invalid="true"' in page.text or "task" in "".join(changes)


def test_a_change_of_somebody_else_is_told_and_what_was_typed_stays(web: WebServer, office: requests.Session) -> None:
    fields = form(web, office, clock__rework="5")
    theirs = TEXT.replace('warn_at = "75%"', 'warn_at = "60%"')
    revision.save_draft(web.service, theirs, "标准化办01", NOW)
    page = send(web, office, fields)
    assert page.status_code == 409 and "草稿又被改过" in page.text and 'name="clock.rework" value="5"' in page.text
    assert revision.draft(web.service).text == theirs
    assert "草稿里已经有改动（标准化办01" in office.get(f"{web.url}/rules/figures", timeout=20).text


def test_rules_in_force_that_changed_meanwhile_are_not_run_over(web: WebServer, office: requests.Session) -> None:
    revision.save_draft(web.service, TEXT.replace('"75%"', '"60%"'), "标准化办01", NOW)
    theirs = TEXT.replace('receipt_grace = "2h"', 'receipt_grace = "3h"')
    web.service.settings.rules.write_text(theirs, "utf-8")
    page = send(web, office, form(web, office, reason="试"), "force")
    assert page.status_code == 409 and "又被别人改过" in page.text
    assert web.service.rules_text() == theirs


def test_a_draft_with_mistakes_is_mended_in_the_text_first(web: WebServer, office: requests.Session) -> None:
    revision.save_draft(web.service, TEXT.replace('"75%"', '"75"'), "标准化办01", NOW)
    page = office.get(f"{web.url}/rules/figures", timeout=20).text
    assert "草稿里有 1 处错" in page and '<form method="post" action="/rules/figures"' not in page
    seen = revision.digest(revision.draft(web.service).text)
    assert send(web, office, {"seen": seen}).status_code == 422
