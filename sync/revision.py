"""Changing the rules in force: a draft that is checked, put in force with a reason, and stored as an edition.

The file is what is in force (DESIGN section 7). It is replaced in one step, and the edition is noted afterwards. Where
the process died between, or somebody edited the file, the text is noted when the editions are next asked for.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sync.core.rules.rules import RulesError, demand_units, load
from sync.core.rules.text import Problem
from sync.ledger.operations.editions import Draft, Edition, Editions
from sync.service import Service

BY_HAND = "直接改了规则文件"
FIRST = "开始使用"


class NotInForce(RuntimeError):
    """A draft that was not put in force; the sentence says why and what to do."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def problems(service: Service, text: str) -> tuple[Problem, ...]:
    """Every mistake of a text with line and column, in the order of the text; none where it could be in force."""
    try:
        demand_units(load(text), service.ledger.open_units())
    except RulesError as error:
        return error.problems
    return ()


def editions(service: Service, now: datetime) -> list[Edition]:
    """All editions, the newest first; what stands in the file now is the first of them."""
    stored, text = Editions(service.ledger), service.rules_text()
    last = stored.last()
    if last is None or last.hash != digest(text):
        stored.note(digest(text), text, "", BY_HAND if last else FIRST, now)
    return stored.all()


def draft(service: Service) -> Draft:
    """The stored draft, or a new one with the text in force."""
    text = service.rules_text()
    zero = datetime.fromtimestamp(0, service.ledger.zone)
    return Editions(service.ledger).draft() or Draft(text, digest(text), "", zero)


def save_draft(service: Service, text: str, person: str, now: datetime) -> Draft:
    """Store a draft; its text may have mistakes."""
    changed = replace(draft(service), text=text.replace("\r\n", "\n"), person=person, at=now)
    Editions(service.ledger).save_draft(changed)
    return changed


def put_in_force(service: Service, text: str, base: str, person: str, reason: str, now: datetime) -> Edition:
    """Replace the rules file. ``base``: the hash of the rules that the author saw. Raises ``NotInForce``."""
    if not reason.strip():
        raise NotInForce("请写明为什么改，以后查得到。")
    if mistakes := problems(service, text):
        raise NotInForce(f"规则还有错，没有启用：{mistakes[0].message}")
    with service.ticking:
        editions(service, now)
        if digest(service.rules_text()) != base:
            raise NotInForce("您开始改以后，规则又被别人改过，没有启用。请看「历次修改」，把那些改动并进草稿再启用。")
        if digest(text) == base:
            raise NotInForce("草稿和现在的规则一样，没有可以启用的。")
        _replace(service.settings.rules, text)
        stored = Editions(service.ledger)
        made = stored.note(digest(text), text, person, reason.strip(), now)
        stored.drop_draft()
    return made


def _replace(file: Path, text: str) -> None:
    """The whole new file or the whole old one, whenever the power fails."""
    half = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with half.open("w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise NotInForce(f"规则文件 {file} 写不进去：{error.strerror}。没有启用，原来的规则继续有效。") from error
