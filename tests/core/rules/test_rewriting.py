"""Values replaced in the text of a rules file: all other characters stay, and a key that is left out is added."""

from __future__ import annotations

import difflib
import tomllib

import pytest

from sync.core.rules.rewriting import toml_list, toml_text, with_units, with_values
from sync.core.rules.rules import load
from sync.core.rules.text import RulesError
from tests.book import ROOT

TEXT = (ROOT / "rules.toml").read_text("utf-8")


def changed_lines(text: str) -> list[str]:
    return [line for line in difflib.ndiff(TEXT.splitlines(), text.splitlines()) if line[0] in "+-"]


@pytest.mark.parametrize(
    "path, value, line",
    [
        (("clock", "rework"), '"6wh"', '+ rework = "6wh" '),
        (("bureau", "name"), toml_text('甲"局\\'), '+ name = "甲\\"局\\\\"    # 【方案】'),
        (("score", "case", "minor", "overdue"), "0.35", "+ minor = { found = 0.1, overdue = 0.35, repeat = 0.6 }"),
        (("calendar", "season", 1, "hours"), toml_list(["09:00-12:00"]), '+ hours = ["09:00-12:00"]'),
        (("escalation", 1, "when", "overdue"), '">= 2wd"', '+ when.overdue = ">= 2wd"'),
        (("task", 8, "weight"), "6", "+ weight = 6"),
    ],
    ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else None,
)
def test_one_value_changes_one_line_and_its_comment_stays(path: tuple[str | int, ...], value: str, line: str) -> None:
    before, after = changed_lines(with_values(TEXT, {path: value}))
    assert before[0] == "-" and after.startswith(line)
    assert before.partition("#")[2] == after.partition("#")[2]


def test_a_key_that_is_left_out_is_added_in_its_table_and_a_table_at_the_end() -> None:
    text = "\n".join(line for line in TEXT.splitlines() if not line.startswith("rework ")) + "\n"
    assert load(with_values(text, {("clock", "rework"): '"3wh"'})).clock.rework.amount == 3
    short = '[bureau]\nname = "甲"\n# 末尾的说明'
    points = ("score", "case", "minor", "found")
    made = with_values(short, {("keep", "forms"): "7", points: "1", ("bureau", "x y"): "2"})
    assert tomllib.loads(made) == {"bureau": {"name": "甲", "x y": 2}, "keep": {"forms": 7},
                                   "score": {"case": {"minor": {"found": 1}}}}  # fmt: skip
    assert "# 末尾的说明" in made
    empty = with_values("a = {}\nb = { c = 1 }", {("a", "x"): "1", ("b", "d"): "2"})
    assert tomllib.loads(empty) == {"a": {"x": 1}, "b": {"c": 1, "d": 2}}
    assert tomllib.loads(with_values("[a]", {("a", "b"): "1"})) == {"a": {"b": 1}}


def test_line_ends_of_windows_and_a_mark_of_notepad_move_nothing() -> None:
    windows = "\ufeff" + TEXT.replace("\n", "\r\n")
    assert with_values(windows, {("clock", "accept"): '"9wh"'}) == with_values(TEXT, {("clock", "accept"): '"9wh"'})


def test_a_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(RulesError):
        with_values("a = ", {("a",): "1"})


def test_a_unit_is_renamed_wherever_it_answers_and_two_of_one_name_become_one() -> None:
    rules = load(with_units(TEXT, {"渣土办": "城管大队", "城管执法大队": "城管大队"}, ["停车办"]))
    assert rules.units == ("环卫所", "城管大队", "园林所", "市政处", "高铁站广场服务所", "市容股", "停车办")
    assert rules.tasks["渣土运输"].unit == rules.tasks["占道秩序"].unit == "城管大队"
    assert {category.unit for category in rules.categories.values()} <= set(rules.units)
