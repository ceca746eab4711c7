"""docs/security.md names evidence that exists, and leaves no requirement of its chapters out."""

from __future__ import annotations

import ast
import re

import pytest

from tests.book import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+) \| (\w+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
# What ASVS 5.0.0 asks at levels 1 and 2: the last part of each id, by section.
ASKED = {
    "3.2": "1 2", "3.3": "1 2 3 4", "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2",
    "5.1": "1", "5.2": "1 2 3", "5.3": "1 2", "5.4": "1 2 3",
    "7.1": "1 2 3", "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2", "7.6": "1 2",
    "8.1": "1 2", "8.2": "1 2 3", "8.3": "1", "8.4": "1",
}  # fmt: skip
SCRIPTS = sorted((ROOT / "webhook" / "static").rglob("*.js"))


def test_each_requirement_stands_there_once_and_in_order() -> None:
    asked = [f"{section}.{last}" for section, parts in ASKED.items() for last in parts.split()]
    assert [row[0] for row in ROWS] == asked
    assert PAGE.count("\n| ") - len(re.findall(r"\n\| (?:id|from|the|people|form|programs|strangers)", PAGE)) == len(
        ROWS
    )


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_has_a_state_and_evidence_that_exists_or_a_reason(row: tuple[str, str, str, str]) -> None:
    _, _, state, evidence = row
    named = re.findall(r"`([\w./]+/[\w./]+)(?:::(\w+))?`", evidence)
    assert state in ("kept", "part", "no", "none")
    assert named or state != "kept", "what is kept is shown somewhere"
    assert len(re.sub("`[^`]*`", "", evidence)) > 20 or state == "kept", "what is not kept has a reason"
    for path, test in named:
        text = (ROOT / path).read_text("utf-8")
        if test:
            functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
            assert test in functions, f"{path} has no {test}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_html_of_text(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_redirects_are_paths() -> None:
    """No address that a request brings along is redirected to."""
    redirects = [
        (path.name, ast.unparse(call.args[0]))
        for path in sorted((ROOT / "webhook").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("redirect", "flask.redirect")
    ]
    assert redirects
    assert [where for where in redirects if not re.match(r"""f?['"]/(?!/)""", where[1])] == []
