"""Leaflet comes from npm where npm is there, in the version that package.json names; without it nothing fails."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.book import ROOT
from webhook.pages.map import LEAFLET_FILES

SCRIPT = ROOT / "deploy" / "leaflet.py"
WANTED = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]["leaflet"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout without node_modules."""
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"leaflet": WANTED}}), "utf-8")
    return tmp_path


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def installed(root: Path, version: str = WANTED) -> None:
    """As ``npm install`` leaves it."""
    package = root / "node_modules" / "leaflet"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": version}), "utf-8")
    (package / "LICENSE").write_text("BSD", "utf-8")
    for name in LEAFLET_FILES:
        (package / "dist" / name).write_text(f"{name} {version}", "utf-8")


def test_what_npm_installed_is_taken_with_its_licence(root: Path, script: dict[str, Any]) -> None:
    installed(root)
    assert script["provide"](root) == WANTED
    target = root / "webhook" / "leaflet"
    assert {path.name for path in target.iterdir()} == {*LEAFLET_FILES, "LICENSE", "package.json"}
    (root / "node_modules" / "leaflet" / "package.json").unlink()
    assert script["provide"](root) == WANTED, "what is there is not fetched again"


@pytest.mark.parametrize("version", ["1.0.0", None], ids=["another version", "nothing"])
def test_without_npm_it_is_said_and_nothing_is_left_behind(
    root: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    if version:
        installed(root, version)
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(script["NotHad"], match="没有 npm"):
        script["provide"](root)
    assert not (root / "webhook").exists()


@pytest.mark.parametrize("answer", ["exit 1", "touch $5/leaflet.tgz"], ids=["refused", "no archive"])
def test_an_npm_that_gets_nothing_is_said(
    root: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    (root / "npm").write_text(f"#!/bin/sh\n{answer}\n", "utf-8")
    (root / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}:/usr/bin:/bin")
    with pytest.raises(script["NotHad"], match=f"npm 没有取到 leaflet@{WANTED}"):
        script["provide"](root)
    assert not (root / "webhook").exists()


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "a file is lacking"])
def test_what_npm_packs_is_taken_also_by_a_python_without_filters(
    root: Path, script: dict[str, Any], monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """Debian 12 has Python 3.11.2, whose ``tarfile`` knows no ``filter``."""
    installed(root)
    with tarfile.open(root / "packed.tgz", "w:gz") as archive:
        archive.add(root / "node_modules" / "leaflet", "package", filter=None if whole else without_licence)
    shutil.rmtree(root / "node_modules")
    (root / "npm").write_text(f'#!/bin/sh\ncp {root}/packed.tgz "$5/leaflet.tgz"\n', "utf-8")
    (root / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{root}:/usr/bin:/bin")
    monkeypatch.delattr(tarfile.TarFile, "extractall")
    if whole:
        assert script["provide"](root) == WANTED
        assert (root / "webhook" / "leaflet" / "LICENSE").read_text("utf-8") == "BSD"
    else:
        with pytest.raises(script["NotHad"], match="没有取到"):
            script["provide"](root)


def without_licence(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.endswith("LICENSE") else member


def test_make_run_goes_on_without_npm(root: Path) -> None:
    (root / "deploy").mkdir()
    (root / "deploy" / "leaflet.py").write_text(SCRIPT.read_text("utf-8"), "utf-8")
    done = subprocess.run(
        [sys.executable, root / "deploy" / "leaflet.py"], env={"PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0 and "没有 npm：地图画成简图" in done.stderr
