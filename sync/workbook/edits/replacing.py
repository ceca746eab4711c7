"""Texts replaced by a pattern. One that somebody wrote runs in a process of its own, which can be ended in time."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from sync.workbook.schema.errors import invalid

MOST_SECONDS = 3.0  # that a request may hold the workbook for its pattern
Asked = tuple[str, str, int, list[str]]  # pattern, replacement, flags, texts
_CHILD = """
import json, re, sys
pattern, replacement, flags, texts = json.load(sys.stdin)
compiled = re.compile(pattern, flags)
json.dump([compiled.subn(replacement, text) for text in texts], sys.stdout)
"""


def replaced(asked: Asked) -> list[tuple[str, int]]:
    """Each text with what was replaced, and how often."""
    pattern, replacement, flags, texts = asked
    compiled = re.compile(pattern, flags)
    return [compiled.subn(replacement, text) for text in texts]


def within_limit(asked: Asked) -> list[tuple[str, int]]:
    """The same in another process; 400 where it takes too long or the replacement names a group that is not there."""
    command = [sys.executable, "-I", "-c", _CHILD]
    try:
        child = subprocess.run(  # noqa: S603 - the code is above, the pattern comes as data
            command, input=json.dumps(asked).encode(), capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise invalid("The regular expression takes too long.") from None
    if child.returncode:
        *_, words = [
            "",
            *child.stderr.decode(errors="replace").strip().splitlines(),
        ]  # above stand places of this machine
        raise invalid(f"Invalid regular expression: {words[-200:]}")
    return [(text, times) for text, times in json.loads(child.stdout)]
