"""docs/security.md names evidence that exists, and leaves no requirement of its chapters out."""

from __future__ import annotations

import ast
import re
import tomllib
from datetime import timedelta
from functools import cache

import pytest
from packaging.requirements import Requirement

from sync import child
from sync.core.views.map import street_file as views_of_streets
from sync.intake import photos, street_file, tiles, unfinished
from sync.intake.files import files, imports, xlsx_cells
from sync.ledger.visitors import sessions
from sync.workbook.cells import model
from sync.workbook.edits import replacing
from tests.book import ROOT
from webhook import access, hooks, limits, server
from webhook.grid import edits
from webhook.links import pictures
from webhook.pages.administration import imports as page_of_imports
from webhook.pages.administration import rules

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.+) \| (\w+) \| (.+) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
ROW_OF_TWO = re.compile(r"^\| ([a-z][^|]+) \| ([^|]+) \|$", re.MULTILINE)
# How many requirements ASVS 5.0.0 has at levels 1 and 2, by section; in each they are numbered from 1 without a gap.
ASKED = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3":
    4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6":
    1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3":
    3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2":
    4, "17.3": 2,
}  # fmt: skip
PROGRAMS = [path for folder in ("sync", "webhook") for path in sorted((ROOT / folder).rglob("*.py"))]
SCRIPTS = sorted((ROOT / "webhook" / "static").rglob("*.js"))


def test_each_requirement_stands_there_once_and_in_order() -> None:
    asked = [f"{section}.{n}" for section, last in ASKED.items() for n in range(1, last + 1)]
    assert [row[0] for row in ROWS] == asked and len(asked) == 253
    assert len(re.findall(r"(?m)^\| [0-9.]+ \|", PAGE)) == len(ROWS), "each is read by this test"


def test_the_limits_are_those_of_the_code() -> None:
    table = PAGE.partition("## Limits")[2].partition("## Dependencies")[0]
    told = {what: [int(n) for n in re.findall(r"[0-9]+", words)] for what, words in re.findall(ROW_OF_TWO, table)}
    assert told.pop("of what") == []
    mb, rooms = 1024 * 1024, {public: [room.each, room.all] for public, room in unfinished.ROOMS.items()}
    hours, days = timedelta(hours=1), timedelta(days=1)
    assert told == {
        "requests of a person": [limits.PERSON.at_once, limits.PERSON.each_second],
        "requests of an address without a login": [limits.ADDRESS.at_once, limits.ADDRESS.each_second],
        "requests of programs from an address": [limits.PROGRAM.at_once, limits.PROGRAM.each_second],
        "connections": [server.CONNECTIONS, server.SILENT_SECONDS],
        "a request's body": [server.MOST_REQUEST_BYTES // mb],
        "a push, a nudge": [hooks.MOST_PUSH_BYTES // 1024, hooks.MOST_NUDGE_BYTES // 1024],
        "a photo": [unfinished.MOST_PHOTO_BYTES // mb, photos.MOST_PIXELS // 10**6],
        "photos on their way of a person, of all": [size // mb for size in rooms[False]],
        "photos on their way of an address of the public, of all": [size // mb for size in rooms[True]],
        "a tile of the map": [
            tiles.TILE.size // 1024, tiles.TILE.whole, tiles.AT_ONCE, tiles.MOST_TILES, tiles.MOST_BYTES // mb,
        ],
        "a file of streets": [street_file.MOST_BYTES // mb, views_of_streets.MOST_PLACES],
        "a file to import": [
            page_of_imports.MOST_UPLOAD_BYTES // mb, xlsx_cells.MOST_UNPACKED // mb, imports.MOST_IMPORTED,
        ],
        "reading a foreign file": [child.MOST_MEMORY // mb, files.SECONDS, photos.SECONDS],
        "a rules file on the page": [rules.MOST_TEXT],
        "an edit of the grid": [edits.MOST_CELLS],
        "a call of the API": [model.MOST_TOUCHED],
        "a pattern": [replacing.MOST_SECONDS],
        "a link for one use, a session of those who oversee all": [
            access.ONE_USE_LINK / hours, access.OVERSEER_SESSION / hours,
        ],
        "another session, a link for long without use": [access.LONGEST_SESSION / days, sessions.UNUSED / days],
    }  # fmt: skip


def test_the_table_of_dependencies_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [Requirement(each) for each in (*project["dependencies"], *project["optional-dependencies"]["postgresql"])]
    table = dict(re.findall(r"(?m)^\| ([a-z-]+) \| ([0-9.]+) \|$", PAGE))
    assert set(table) == {each.name for each in asked}
    assert [each.name for each in asked if table[each.name] not in each.specifier] == []


@cache
def functions(path: str) -> set[str]:
    """The names of a file's functions."""
    nodes = ast.parse((ROOT / path).read_text("utf-8")).body
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_each_has_a_state_and_evidence_that_exists_or_a_reason(row: tuple[str, str, str, str]) -> None:
    _, _, state, evidence = row
    named = re.findall(r"`([\w./]+/[\w./]+)(?:::(\w+))?`", evidence)
    assert state in ("kept", "part", "no", "none")
    assert named or state != "kept", "what is kept is shown somewhere"
    assert len(re.sub("`[^`]*`", "", evidence)) > 20 or state == "kept", "what is not kept has a reason"
    for path, test in named:
        assert (ROOT / path).is_file(), path
        assert not test or test in functions(path), f"{path} has no {test}"


@cache
def program() -> list[tuple[str, list[ast.AST]]]:
    """Each file of the program with all that its text is made of."""
    return [(str(path.relative_to(ROOT)), list(ast.walk(ast.parse(path.read_text("utf-8"))))) for path in PROGRAMS]


@cache
def calls() -> list[tuple[str, str, ast.Call]]:
    """Each call of the program: its file, the name of what is called, the call."""
    return [
        (path, ast.unparse(node.func), node)
        for path, nodes in program()
        for node in nodes
        if isinstance(node, ast.Call)
    ]


RUNS = {"eval", "exec", "compile", "os.system", "os.popen", "render_template_string", "flask.render_template_string"}
UNPACK = {"pickle", "marshal", "shelve", "yaml", "dill", "_create_unverified_context", "Markup"}


def test_no_code_runs_or_unpacks_text() -> None:
    """No text becomes code, a command of a shell, a template or an object; every certificate is checked."""
    for path, nodes in program():
        imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in imports for alias in node.names}
        modules = {node.module for node in imports if isinstance(node, ast.ImportFrom)}
        assert not (names | modules) & UNPACK, path
        attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert not attributes & {"CERT_NONE", "_create_unverified_context"}, path
    for path, name, call in calls():
        given = {option.arg: ast.unparse(option.value) for option in call.keywords}
        assert name not in RUNS, (path, name)
        assert given.get("shell") in (None, "False") and given.get("verify") not in ("False", "None"), path
        assert given.get("check_hostname") != "False", path


# Names of our own tables and columns, and numbers of rows.
CONSTANTS = {
    "columns", "name", "names", "marks", "more", "source", "table", "assign", "replace", "', '.join((columns, *more))",
    "ROW", "_SPACE", "_TEXT", "SCHEMA", "VERSION_TABLE", "leases.name", "len(STEPS)",
    "self.dialect.among", "self.dialect.has_rule", "self.dialect.with_formulas",
}  # fmt: skip
SQL = re.compile(r"\s*(select|insert|update|delete|pragma|create|drop|alter|replace|with)\b", re.IGNORECASE)


def parts_of(text: ast.expr) -> list[ast.expr]:
    """What a text is put together from."""
    if isinstance(text, ast.JoinedStr):
        return [part.value if isinstance(part, ast.FormattedValue) else part for part in text.values]
    if isinstance(text, ast.BinOp):
        return [*parts_of(text.left), *parts_of(text.right)]
    return [text]


def test_sql_takes_values_as_parameters() -> None:
    queries = []
    for path, nodes in program():
        texts = [parts_of(node) for node in nodes if isinstance(node, ast.JoinedStr | ast.BinOp)]
        for parts in texts:
            if parts and isinstance(parts[0], ast.Constant) and SQL.match(str(parts[0].value)):
                queries.append(path)
                assert {ast.unparse(part) for part in parts if not isinstance(part, ast.Constant)} <= CONSTANTS, path
    assert len(queries) >= 5, "those that are known are seen"
    for path, name, call in calls():
        if name in ("self._all", "self._first", "self._insert"):  # what they put into their queries
            parts = [part for text in call.args[:2] for part in parts_of(text)]
            named = {ast.unparse(part) for part in parts if not isinstance(part, ast.Constant)}
            assert named <= CONSTANTS | {"ACCOUNT", "ACCESS", "CHANNEL", "FILE", "ROW"}, path
        if name.endswith("tx.select"):
            assert isinstance(call.args[0], ast.Constant) or ast.unparse(call.args[0]) in CONSTANTS, path
            assert all(isinstance(part, ast.Constant) for part in call.args[3:]), path


def test_no_format_is_made_of_text() -> None:
    """What is filled in, by ``%``, ``format`` or the log, is filled into a constant."""
    for path, name, call in calls():
        if re.fullmatch(r"log\.(debug|info|warning|error|exception|critical)", name):
            assert isinstance(call.args[0], ast.Constant), path
        if name.endswith(".format"):  # of a constant, of an entry of a constant, or a method of the same name
            assert re.fullmatch(r"(_?[A-Z]+(\[.+\])?|self|super\(\))\.format", name), (path, name)
    for path, nodes in program():
        for node in nodes:
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.right, ast.Tuple):
                assert isinstance(node.left, ast.Constant), path


def test_templates_escape_all_but_drawings_of_ours() -> None:
    pages = {path.name: path.read_text("utf-8") for path in (ROOT / "webhook" / "templates").glob("*.html")}
    raw = {name: re.findall(r"\{\{[^}]*\|\s*safe[^}]*\}\}", text) for name, text in pages.items()}
    assert {name: parts for name, parts in raw.items() if parts} == {
        "link.html": ["{{ code|safe }}"],  # the drawing of a link as a QR code
        "cards.html": ["{{ code|safe }}"],
        "setup_address.html": ["{{ code|safe }}"],
    }
    assert not [name for name, text in pages.items() if "autoescape" in text or re.search(r"\s[\w-]+=\{\{", text)]


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    for path in (ROOT / "webhook" / "templates").glob("*.html"):
        assert not re.search(
            r"\sstyle=|<style|<script(?![^>]* src=)|\son[a-z]+=|javascript:", path.read_text("utf-8")
        ), path


def test_only_addresses_of_the_web_become_links() -> None:
    odd = ("javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", " javascript:x", "//elsewhere.example", "ftp://x")
    assert {href for _, href in pictures(odd)} == {""}
    assert pictures(("https://photos.example/a.jpg",)) == [("", "https://photos.example/a.jpg")]


def test_a_value_of_a_request_is_taken_from_one_place() -> None:
    """From the query or from the form, never from whichever has it."""
    texts = [path.read_text("utf-8") for path in PROGRAMS if path.is_relative_to(ROOT / "webhook")]
    assert not [text for text in texts if "request.values" in text]


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
