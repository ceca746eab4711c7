"""Leaflet from npm into ``webhook/leaflet``, where the pages find it: for ``make run``, and while a wheel is built.

    python deploy/leaflet.py

The version stands in ``package.json``. Without npm, or where npm gets nothing, the map stays a plain drawing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
TARGET = Path("webhook") / "leaflet"
FILES = {"leaflet.js": "dist/leaflet.js", "leaflet.css": "dist/leaflet.css", "LICENSE": "LICENSE"}
PACKAGE = "package.json"
SECONDS = 60  # for npm's answer


class NotHad(RuntimeError):
    """Leaflet could not be had; the sentence says why."""


def provide(root: Path = ROOT) -> str:
    """Put the version that ``package.json`` names into place; returns it. Raises ``NotHad``."""
    wanted: str = json.loads((root / PACKAGE).read_text("utf-8"))["dependencies"]["leaflet"]
    if _version(root / TARGET) != wanted:
        with tempfile.TemporaryDirectory() as folder:
            installed = root / "node_modules" / "leaflet"  # by ``make js``
            _copy(installed if _version(installed) == wanted else _packed(wanted, root, Path(folder)), root / TARGET)
    return wanted


def _version(package: Path) -> str:
    try:
        return str(json.loads((package / PACKAGE).read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return ""


def _packed(version: str, root: Path, folder: Path) -> Path:
    """The package as npm hands it out, unpacked; nothing of it is run."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotHad("没有 npm")
    command = [npm, "pack", f"leaflet@{version}", "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 - our own words
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            for name in (*FILES.values(), PACKAGE):  # no extractall: Debian 12's Python has no filter for it
                _write(folder / "package" / name, archive.extractfile(f"package/{name}"))
    except (OSError, subprocess.SubprocessError, tarfile.TarError, KeyError, StopIteration) as error:
        raise NotHad(f"npm 没有取到 leaflet@{version}（{type(error).__name__}）") from error
    return folder / "package"


def _write(path: Path, member: IO[bytes] | None) -> None:
    """A file of an archive; ``KeyError`` where it is none."""
    if member is None:
        raise KeyError(path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(member.read())


def _copy(package: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(package / source, target / name)
    shutil.copyfile(package / PACKAGE, target / PACKAGE)  # last: it says that all is there


def main() -> None:
    """For ``make run``: a sentence, and no failure."""
    try:
        provide()
    except NotHad as error:
        sys.stderr.write(f"{error}：地图画成简图，其他都一样。\n")


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
                self.app.display_warning(f"The wheel goes without Leaflet: {error}")
