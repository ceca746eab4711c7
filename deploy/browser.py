"""What browsers load beside our own files: Leaflet in ``webhook/leaflet``, and the grid's scripts as one file in
``webhook/static/packed``. For ``make run``, and while a wheel is built.

    python deploy/browser.py

Leaflet and esbuild, which packs, come from npm in the versions of ``package.json``. Without npm, or where npm gets
nothing, the map stays a plain drawing and the grid loads its scripts one by one.
"""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TARGET = Path("webhook") / "leaflet"
FILES = {"leaflet.js": "dist/leaflet.js", "leaflet.css": "dist/leaflet.css", "LICENSE": "LICENSE"}
STATIC = Path("webhook") / "static"
NAMING = Path("webhook") / "grid" / "packed.py"  # run by its path: a wheel is built where Flask is not installed
PACKAGE = "package.json"
SECONDS = 120  # for npm's answer


class NotHad(RuntimeError):
    """Leaflet or the packed scripts could not be had; the sentence says why."""


def provide(root: Path = ROOT) -> Path:
    """Put both into place; returns where the packed scripts are. Raises ``NotHad``."""
    wanted: dict[str, str] = json.loads((root / PACKAGE).read_text("utf-8"))["dependencies"]
    packed: Path = root / STATIC / "packed" / runpy.run_path(str(root / NAMING))["packed_name"](root / STATIC / "grid")
    if _version(root / TARGET) != wanted["leaflet"] or not packed.exists():
        with tempfile.TemporaryDirectory() as folder:
            modules = root / "node_modules"  # by ``make js``
            if any(_version(modules / name) != version for name, version in wanted.items()):
                modules = _installed(wanted, root, Path(folder))
            _copy(modules / "leaflet", root / TARGET)
            _pack(modules, root / STATIC / "grid" / "main.js", packed)
    return packed


def _version(package: Path) -> str:
    try:
        return str(json.loads((package / PACKAGE).read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return ""


def _installed(wanted: dict[str, str], root: Path, folder: Path) -> Path:
    """The packages as npm hands them out; no script of theirs is run."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotHad("没有 npm")
    names = [f"{name}@{version}" for name, version in wanted.items()]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    try:
        subprocess.run([npm, "install", *options, *names], cwd=root, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError) as error:
        raise NotHad(f"npm 没有取到 {'、'.join(names)}（{type(error).__name__}）") from error
    return folder / "node_modules"


def _copy(package: Path, target: Path) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, source in {**FILES, PACKAGE: PACKAGE}.items():  # package.json last: it says that all is there
            shutil.copyfile(package / source, target / name)
    except OSError as error:
        raise NotHad(f"npm 没有取到完整的 Leaflet（{type(error).__name__}）") from error


def _pack(modules: Path, script: Path, packed: Path) -> None:
    """The script and all that it imports as one file; files of earlier scripts go."""
    made = packed.with_suffix(".new")
    options = ["--bundle", "--minify", "--format=esm", "--log-level=error", f"--outfile={made}"]
    try:
        program = next(modules.glob("@esbuild/*/bin/esbuild"))
        subprocess.run([program, script, *options], check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 - our own words
        made.replace(packed)
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        raise NotHad(f"esbuild 没有把表格的脚本合成一个文件（{type(error).__name__}）") from error
    for other in set(packed.parent.iterdir()) - {packed}:
        other.unlink(missing_ok=True)


def main() -> None:
    """For ``make run``: a sentence, and no failure."""
    try:
        provide()
    except NotHad as error:
        sys.stderr.write(f"{error}：地图可能画成简图，表格打开得慢一点，其他都一样。\n")


if __name__ == "__main__":
    main()
else:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class Hook(BuildHookInterface[Any]):
        """Of hatchling: before a wheel's files are gathered. For an editable install ``make run`` does it."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """``version``: what kind of wheel is built."""
            if version == "editable":
                return
            try:
                provide(Path(self.root))
            except NotHad as error:
                self.app.display_warning(f"The wheel goes without Leaflet or the packed scripts: {error}")
