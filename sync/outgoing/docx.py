"""Letters as .docx, made from the bureau's template. Only this module imports docxtpl.

It is imported when a letter is drawn: a tenth of the start of every command would go to it.
Text from forms is text: values are escaped, control signs dropped, and the template can call nothing.
Equal letters and templates give equal bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sync import child
from sync.core.letters.letters import Letter
from sync.core.letters.papers import paper

TEMPLATE = Path("letters") / "letter.docx"
RENDER_SECONDS = 30  # for one letter
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WIDE = "\u3000"  # a space as wide as a sign
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]*[\t-\r\x1c-\x1f\x85\u2028\u2029][\x00-\x1f\x7f-\x9f ]*")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BadTemplate(RuntimeError):
    """letter.docx can't be used; the sentence says why and what to do."""


def render(letter: Letter, template: Path) -> bytes:
    """The letter as a .docx. Raises ``BadTemplate`` and ``MemoryError``."""
    from docxtpl import DocxTemplate  # type: ignore[import-untyped]
    from jinja2.sandbox import SandboxedEnvironment

    content = paper(letter)
    context = cleaned({**asdict(content), "annex": content.annex, "list_title": content.annex_title})
    out = io.BytesIO()
    try:
        document = DocxTemplate(str(template))
        document.render(context, SandboxedEnvironment(autoescape=True))
        document.save(out)
    except MemoryError:  # too much, not broken: the process apart says so
        raise
    except Exception as error:  # the template is the bureau's own file, and its marks can fail in any way
        raise BadTemplate(f"函的模板 {template} 用不了：{error}。请恢复原来的模板，或者改正里面的标记。") from error
    return timeless(out.getvalue())


def render_apart(letter: Letter, template: Path) -> bytes:
    """As ``render``, of a template that somebody made, in a process of its own. Raises ``BadTemplate``."""
    try:
        return child.read_apart(RENDER_SECONDS, render, letter, template)
    except child.TooMuch as error:
        raise BadTemplate(f"函的模板 {template} 太大或者太慢，用不了。请恢复原来的模板，或者改小一点。") from error


def cleaned(value: Any) -> Any:
    """Without signs that a .docx can't hold or that would break a line."""
    if isinstance(value, str):
        return "".join(sign for sign in _BREAKS.sub(" ", value) if sign.isprintable() or sign == WIDE)
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return value


def timeless(content: bytes) -> bytes:
    """The same archive without the hour at which it was packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(zipfile.ZipInfo(name, _EPOCH), before.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
