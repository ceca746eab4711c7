"""Leaflet and the packed scripts of the grid come from npm where npm is there, in the versions that package.json names;
without it nothing fails."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.book import ROOT
from tests.web_server import OPERATOR, WebServer, web_server
from webhook.grid import packed as packing
from webhook.pages.map import LEAFLET_FILES

SCRIPT = ROOT / "deploy" / "browser.py"
WANTED = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
NAMES = f"esbuild@{WANTED['esbuild']}、leaflet@{WANTED['leaflet']}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout without node_modules."""
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": WANTED}), "utf-8")
    for folder in ("webhook/static/grid", "webhook/grid", "deploy"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copyfile(SCRIPT, tmp_path / "deploy" / "browser.py")
    shutil.copyfile(ROOT / "webhook/grid/packed.py", tmp_path / "webhook/grid/packed.py")
    scripts = tmp_path / "webhook/static/grid"
    (scripts / "main.js").write_text('import { sum } from "./sums.js";\nself.total = sum(1, 2);\n', "utf-8")
    (scripts / "sums.js").write_text("export const sum = (a, b) => a + b;\n", "utf-8")
    return tmp_path


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    with web_server(tmp_path) as server:
        yield server


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def installed(root: Path, leaflet: str = WANTED["leaflet"]) -> None:
    """As ``npm install`` leaves it."""
    modules = root / "node_modules"
    package = modules / "leaflet"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": leaflet}), "utf-8")
    (package / "LICENSE").write_text("BSD", "utf-8")
    for name in LEAFLET_FILES:
        (package / "dist" / name).write_text(f"{name} {leaflet}", "utf-8")
    for name in ("esbuild", "@esbuild"):
        (modules / name).symlink_to(ROOT / "node_modules" / name)


def test_what_npm_installed_is_taken_with_its_licence(root: Path, script: dict[str, Any]) -> None:
    installed(root)
    packed: Path = script["provide"](root)
    target = root / "webhook" / "leaflet"
    assert {path.name for path in target.iterdir()} == {*LEAFLET_FILES, "LICENSE", "package.json"}
    shutil.rmtree(root / "node_modules")
    assert script["provide"](root) == packed, "what is there is not fetched again"


def test_packed_scripts_do_what_the_scripts_do(root: Path, script: dict[str, Any]) -> None:
    installed(root)
    packed: Path = script["provide"](root)
    assert "import" not in packed.read_text("utf-8")
    node = [
        "node",
        "--input-type=module",
        "--eval",
        f"globalThis.self = globalThis; await import('{packed.as_uri()}'); console.log(self.total)",
    ]
    assert subprocess.run(node, capture_output=True, text=True, check=True).stdout.strip() == "3"


def test_a_changed_script_is_packed_anew_and_the_older_file_goes(root: Path, script: dict[str, Any]) -> None:
    installed(root)
    before: Path = script["provide"](root)
    static = root / "webhook/static"
    assert packing.page_scripts(static) == (f"packed/{before.name}", [])
    (static / "grid/sums.js").write_text("export const sum = (a, b) => a + b + 1;\n", "utf-8")
    assert packing.page_scripts(static) == ("grid/main.js", ["grid/sums.js"]), "never a file of older scripts"
    after: Path = script["provide"](root)
    assert packing.page_scripts(static) == (f"packed/{after.name}", [])
    assert [path.name for path in after.parent.iterdir()] == [after.name]


@pytest.mark.parametrize("version", ["1.0.0", None], ids=["another version", "nothing"])
def test_without_npm_it_is_said_and_nothing_is_left_behind(
    root: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    if version:
        installed(root, version)
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(script["NotHad"], match="没有 npm"):
        script["provide"](root)
    assert not (root / "webhook" / "leaflet").exists() and not (root / "webhook/static/packed").exists()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [("exit 1", f"npm 没有取到 {NAMES}"), ("exit 0", "npm 没有取到完整的 Leaflet")],
    ids=["refused", "nothing came"],
)
def test_an_npm_that_gets_nothing_is_said(
    root: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, answer: str, sentence: str
) -> None:
    (root / "npm").write_text(f"#!/bin/sh\n{answer}\n", "utf-8")
    (root / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}:/usr/bin:/bin")
    with pytest.raises(script["NotHad"], match=sentence):
        script["provide"](root)
    assert packing.page_scripts(root / "webhook/static")[0] == "grid/main.js"


def test_scripts_that_can_t_be_packed_are_said_and_leave_no_half_file(root: Path, script: dict[str, Any]) -> None:
    installed(root)
    (root / "webhook/static/grid/main.js").write_text('import { sum } from "./nowhere.js";\n', "utf-8")
    with pytest.raises(script["NotHad"], match="esbuild 没有把表格的脚本合成一个文件"):
        script["provide"](root)
    assert not list(root.glob("webhook/static/packed/*"))
    assert (root / "webhook/leaflet/leaflet.js").exists(), "the map has its own"


def test_make_run_goes_on_without_npm(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, root / "deploy" / "browser.py"], env={"PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0 and "没有 npm：地图可能画成简图" in done.stderr


def test_the_grid_s_page_asks_for_one_script_that_a_browser_keeps(web: WebServer, script: dict[str, Any]) -> None:
    name = f"/static/packed/{script['provide'](ROOT).name}"
    person: requests.Session = web.enter(OPERATOR)
    page = person.get(f"{web.url}/grid", timeout=10).text
    assert page.count("/static/grid/") == 2 and f'<script type="module" src="{name}">' in page, "style sheet and old.js"
    answer = requests.get(f"{web.url}{name}", timeout=10)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    missing = requests.get(f"{web.url}/static/packed/grid.0.js", timeout=10)
    assert missing.status_code == 404 and "immutable" not in missing.headers.get("Cache-Control", "")
