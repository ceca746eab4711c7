"""The versions in ``constraints/`` are those that were tried: the lowest is the bound itself, the newest is allowed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [Requirement(text) for group in groups for text in group]


def pinned(name: str) -> dict[str, Version]:
    lines = [line.split("==") for line in (ROOT / "constraints" / f"{name}.txt").read_text("utf-8").split()]
    return {package.lower().replace("_", "-"): Version(version) for package, version in lines}


@pytest.mark.parametrize("needed", requirements(), ids=lambda needed: needed.name)
def test_the_lowest_is_the_bound_itself_and_the_newest_is_allowed(needed: Requirement) -> None:
    bounds = [Version(part.version) for part in needed.specifier if part.operator in (">=", "==")]
    assert [pinned("lowest")[needed.name]] == bounds
    assert needed.specifier.contains(pinned("newest")[needed.name])
    assert pinned("newest")[needed.name] >= bounds[0]


def test_what_serves_begins_without_what_only_files_and_reports_need() -> None:
    """Together they are 80 megabytes and half a second of every start."""
    reports = {"pandas", "matplotlib", "docx", "docxtpl", "lxml", "xlsxwriter"}
    files = {"numpy", "openpyxl", "python_calamine", "pebble"}
    program = f"import sys, webhook.server, sync.service; print(*sorted({reports | files} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
