"""Changing the rules in force: a draft that is checked, put in force with a reason, and kept as an edition.

The file stays what is in force (DESIGN section 7): it is replaced in one step, and noted afterwards. A process that
died between, or somebody who edited the file himself, leaves a text that is noted at the next look at the editions.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sync.core.rules.rules import RulesError, load
from sync.core.rules.text import Problem
from sync.ledger.editions import Draft, Edition, Editions
from sync.service import Service

BY_HAND = "直接改了规则文件"
FIRST = "开始使用"


class NotInForce(RuntimeError):
    """Why a draft did not come in force; the sentence says what to do."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def problems(text: str) -> tuple[Problem, ...]:
    """Every mistake of a text with line and column, in the order of the text; none where it could be in force."""
    try:
        load(text)
    except RulesError as error:
        return error.problems
    return ()


def editions(service: Service, now: datetime) -> list[Edition]:
    """All editions, the newest first; what stands in the file now is the first of them."""
    editions_, text = Editions(service.ledger), service.rules_text()
    last = editions_.last()
    if last is None or last.hash != digest(text):
        editions_.note(digest(text), text, "", BY_HAND if last else FIRST, now)
    return editions_.all()


def draft(service: Service) -> Draft:
    """The draft, or a new one that begins from what is in force."""
    text = service.rules_text()
    zero = datetime.fromtimestamp(0, service.ledger.zone)
    return Editions(service.ledger).draft() or Draft(text, digest(text), "", zero)


def keep(service: Service, text: str, person: str, now: datetime) -> Draft:
    """Keep a draft, mistakes and all."""
    draft_ = replace(draft(service), text=text.replace("\r\n", "\n"), person=person, at=now)
    Editions(service.ledger).keep(draft_)
    return draft_


def put_in_force(service: Service, text: str, base: str, person: str, reason: str, now: datetime) -> Edition:
    """Replace the rules file. ``base``: the hash of the rules that the author saw. Raises ``NotInForce``."""
    if not reason.strip():
        raise NotInForce("请写明为什么改，以后查得到。")
    if problems_ := problems(text):
        raise NotInForce(f"规则还有错，没有启用：{problems_[0].message}")
    with service.ticking:
        editions(service, now)
        if digest(service.rules_text()) != base:
            raise NotInForce("您开始改以后，规则又被别人改过，没有启用。请看「历次修改」，把那些改动并进草稿再启用。")
        if digest(text) == base:
            raise NotInForce("草稿和现在的规则一样，没有可以启用的。")
        _replace(service.settings.rules, text)
        editions_ = Editions(service.ledger)
        made = editions_.note(digest(text), text, person, reason.strip(), now)
        editions_.drop()
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
