"""The grid's scripts as one file: a browser asks once, not once for each script, and not again until they change.

``deploy/browser.py`` makes the file. Where it is not there, the browser loads the scripts one by one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

STATIC = Path(__file__).parents[1] / "static"
SCRIPTS = STATIC / "grid"
NO_MODULES = ("main.js", "old.js", "print.js")


def packed_name(scripts: Path = SCRIPTS) -> str:
    """The file's name, another one for each state of the scripts: a file of older scripts is never taken."""
    digest = hashlib.sha256()
    for script in sorted(scripts.glob("*.js")):
        digest.update(f"{script.name}\n".encode() + script.read_bytes())
    return f"grid.{digest.hexdigest()[:16]}.js"


def page_scripts(static: Path = STATIC) -> tuple[str, list[str]]:
    """The script that the page starts with, and those that it imports, to be asked for at once: a browser finds a
    module only in the one that imports it. Paths below ``static``."""
    packed = f"packed/{packed_name(static / 'grid')}"
    if (static / packed).exists():
        return packed, []
    modules = sorted(path.name for path in (static / "grid").glob("*.js") if path.name not in NO_MODULES)
    return "grid/main.js", [f"grid/{name}" for name in modules]
