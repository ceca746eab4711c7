"""Names say what they hold, and one name means one thing: held by the syntax tree of ``sync`` and ``webhook``."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tests.book import ROOT

FILLERS = {"one", "found", "kept", "said", "who", "his"}  # they hold anything
FILES = [path for top in ("sync", "webhook") for path in sorted((ROOT / top).rglob("*.py"))]


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every variable, argument, attribute, function and class."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)):
                yield node.lineno, name


def module_names(tree: ast.Module) -> set[str]:
    """What a module defines for others: functions, classes and constants without an underscore before them."""
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {name for name in defined | {t.id for t in targets if isinstance(t, ast.Name)} if not name.startswith("_")}


@pytest.mark.parametrize(
    "text, line",
    [
        ("one = 1", 1),
        ("def f(who): ...", 1),
        ("x.found", 1),
        ("f(kept=2)", 1),
        ("\nfor his in x: ...", 2),
        ("x as y", 0),
    ],
    ids=["variable", "argument", "attribute", "keyword", "loop", "no name"],
)
def test_a_filler_is_seen_wherever_it_stands(text: str, line: int) -> None:
    tree = ast.parse("with x as y: ..." if not line else text)
    assert [at for at, name in names(tree) if name in FILLERS] == [line] * bool(line)


def test_no_name_is_a_filler() -> None:
    places = [(str(p.relative_to(ROOT)), *place) for p in FILES for place in names(ast.parse(p.read_text("utf-8")))]
    assert len(places) > 50_000
    assert [place for place in places if place[2] in FILLERS] == []


# A logger, a page's routes, what Alembic asks of every step.
GIVEN = {"log", "blueprint", "revision", "down_revision", "upgrade"}


def test_no_file_name_stands_three_times_and_no_module_s_name_has_four_meanings() -> None:
    files = Counter(path.name for path in FILES if path.name != "__init__.py")
    assert [name for name, count in files.items() if count > 2] == []
    meanings = defaultdict(list)
    for path in FILES:
        for name in module_names(ast.parse(path.read_text("utf-8"))) - GIVEN:
            meanings[name].append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in meanings.items() if len(places) > 3} == {}


def test_a_folder_shows_at_a_glance_what_it_holds() -> None:
    """At most sixteen Python files each, but for the marker of a package: whoever reads their names knows where a
    change goes."""
    folders = Counter(path.parent for top in ("sync", "webhook", "tests") for path in (ROOT / top).rglob("*.py")
                      if path.name != "__init__.py")  # fmt: skip
    assert len(folders) > 40
    assert {str(folder.relative_to(ROOT)): count for folder, count in folders.items() if count > 16} == {}
