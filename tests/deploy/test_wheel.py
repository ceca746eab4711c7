"""The wheel holds all that the program needs: installed elsewhere, it builds a workbook, plays a demo and ticks.

The new environment sees the dependencies of this one. An audit hook in it raises for every file of the checkout, so
that nothing which the wheel lacks can be found there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.book import ROOT

UNTIL = "2026-11-24T17:00"
NEXT = "2026-11-24T19:00"  # a later hour than the demo's last look
REPORTS = 12  # of the sample's 715: a demo of a few seconds
GUARD = """
import os, sys
checkout, dependencies = {checkout!r}, {dependencies!r}

def guard(event, values):
    if event in ("open", "os.listdir", "os.scandir", "sqlite3.connect") and isinstance(values[0], (str, bytes)):
        path = os.path.abspath(os.fsdecode(values[0]))
        if (path + os.sep).startswith(checkout) and not (path + os.sep).startswith(dependencies):
            raise PermissionError(f"a file of the checkout: {{path}}")

sys.addaudithook(guard)
"""


def execute(*command: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL") if key in os.environ}
    return subprocess.run(list(map(str, command)), cwd=cwd, env=clean | environ, capture_output=True, text=True)


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    done = execute(*command, cwd=cwd, **environ)
    assert done.returncode in (0, 1), done.stderr + done.stdout  # 1: there are rows that people must look at
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    run(sys.executable, *build, cwd=folder, HOME=str(folder))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    dependencies = sysconfig.get_path("purelib")
    pip = ("-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps", "--no-index")
    run(sys.executable, *pip, wheel, cwd=folder, HOME=str(folder))
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "dependencies.pth").write_text(dependencies)  # a path alone: the editable install there stays unseen
    guard = GUARD.format(checkout=f"{ROOT}{os.sep}", dependencies=f"{sys.prefix}{os.sep}")
    (packages / "sitecustomize.py").write_text(guard)
    sample = packages / "sync" / "demo" / "city.csv"
    lines = sample.read_text("utf-8").splitlines(keepends=True)
    sample.write_text("".join([lines[0], *lines[1 :: len(lines) // REPORTS][:REPORTS]]), "utf-8")
    return folder


def files(folder: Path) -> set[str]:
    """All files under a folder, named from the checkout's top."""
    found = {path.relative_to(ROOT).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found, folder
    return {path for path in found if "__pycache__" not in path}


def test_the_wheel_has_rules_templates_pages_and_steps_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    parts = ("webhook/static", "webhook/templates", "sync/ledger/migrations", "sync/demo")
    wanted = {path for part in parts for path in files(ROOT / part)} | {"sync/defaults/rules.toml"}
    wanted |= {f"sync/defaults/{path}" for path in files(ROOT / "sheet_templates")}
    wanted |= {"webhook/leaflet/leaflet.js", "webhook/leaflet/leaflet.css", "webhook/leaflet/LICENSE"}
    assert sorted(wanted - names) == []
    about = f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info"
    assert {name.split("/")[0] for name in names} == {"sync", "webhook", about}


def test_the_installed_program_works_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    data = {"JIELU_DATA": str(tmp_path / "data"), "HOME": str(tmp_path)}

    def jielu(*words: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(run(installed / "bin" / "jielu", *words, "--json", cwd=tmp_path, **data))
        return answer

    python = installed / "bin" / "python"
    refused = execute(python, "-c", f"open({str(ROOT / 'rules.toml')!r})", cwd=tmp_path)
    assert "a file of the checkout" in refused.stderr, "the guard is at work"
    where = run(python, "-c", "import sync; print(sync.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed), where
    assert len(jielu("init")["tabs"]) >= 14
    played = jielu("demo", "--until", UNTIL)
    assert (played["issues"], played["streets"], played["lost"]) == (REPORTS, 50, 0) and played["closed"] > 0
    ticked = jielu("tick", "--now", NEXT, "--even-if-idle")
    assert ticked["ticks"] >= 1 and ticked["trouble"] == ""
    assert jielu("check")["workbook"] == (tmp_path / "data" / "workbook.id").read_text().strip()
