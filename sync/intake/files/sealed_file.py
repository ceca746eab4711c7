"""A sealed month checked from an exported file alone: no ledger, no workbook, no rules file.

The sheets 封存月份, 封存依据, 封存规则 and 封存日历 carry what the digest was made of (``core/scores/facts.py``); each
of its rows is held against the visible sheets, so that one changed cell on either side is found and named.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from sync.core.scores import facts as evidence
from sync.core.scores import seal
from sync.core.scores.facts import CALENDARS, DIGEST, FACTS, MONTHS, NAMES, RULES, SCORES, Deviation, Seen, words
from sync.core.scores.seal import HEAD, Fact
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import Raw
from sync.core.views.periods.verification import Agreement
from sync.intake.files import files

log = logging.getLogger(__name__)

Cells = Sequence[Raw | date | datetime]
Sheets = Mapping[str, Sequence[Cells]]


def verify(path: Path, month: str) -> Agreement:
    """The month as this file says it was sealed, against the rows in the same file. Raises ``FileProblem``."""
    sheets = files.grids(path)
    try:
        return _verified(path, sheets, month)
    except FileProblem:
        raise
    except Exception as error:  # the seal's own sheets may say anything: the file went through other hands
        log.info("file %s: %r", path.name, error)
        sheets_of_seal = "、".join((MONTHS, FACTS, RULES, CALENDARS))
        raise FileProblem([f"文件 {path.name} 里的{sheets_of_seal}读不懂，请重新用 jielu export 导出。"]) from error


def _verified(path: Path, sheets: Sheets, month: str) -> Agreement:
    sealed = _sealed(path, sheets, month)
    facts = _facts(sheets, month)
    if not facts:
        note = next(row[-1] for row in _texts(sheets, MONTHS) if row[0] == month)
        return Agreement(month, sealed, "", (), (note or f"文件里没有 {month} 的封存依据，不能重算。",))
    present = _present(sheets)
    held = list(evidence.compare(facts, present))
    differences = [*(difference for _, group in held for difference in group), *evidence.added(facts, present, month)]
    blind = evidence.unseen(facts, present)
    differences += [*_digests(sheets, facts), *_shown(sheets, month, sealed)]
    carried = seal.digest(facts)
    now = seal.digest(fact for fact, _ in held) if carried == sealed else carried
    notes = () if carried == sealed else (f"「{FACTS}」里的行算出来不是封存时的摘要值：这张表本身被改过。",)
    return Agreement(month, sealed, "" if blind else now, tuple(differences), (*blind, *notes))


def _sealed(path: Path, sheets: Sheets, month: str) -> str:
    if MONTHS not in sheets:
        raise FileProblem([f"文件 {path.name} 里没有「{MONTHS}」这张表，请用 jielu export 导出的文件。"])
    rows = [row for row in _texts(sheets, MONTHS) if row[0] == month]
    if not rows:
        known = "、".join(row[0] for row in _texts(sheets, MONTHS)) or "没有"
        raise FileProblem([f"文件 {path.name} 里 {month} 没有封存；封存的月份：{known}。"])
    return rows[0][2]


def _texts(sheets: Sheets, title: str) -> Iterator[list[str]]:
    """The rows of one of the seal's own sheets: all texts."""
    width = len(sheets[title][0]) if sheets.get(title) else 0
    for row in sheets.get(title, [])[1:]:
        cells = ["" if cell is None else str(cell) for cell in row]
        yield cells + [""] * (width - len(cells))


def _facts(sheets: Sheets, month: str) -> list[Fact]:
    return [(row[1], row[2], row[3]) for row in _texts(sheets, FACTS) if row[0] == month]


def _present(sheets: Sheets) -> dict[str, list[Seen]]:
    present = {title: _seen(sheets[title]) for title in NAMES if sheets.get(title)}
    for title in sorted(sheets):
        if (archive := evidence.ARCHIVE.fullmatch(title)) and sheets[title]:
            live, here = archive[1], present.get(archive[1], [])
            names = {evidence.named(live, row.fields) for row in here} if live in evidence.KEYED else ()
            moved = (row for row in _seen(sheets[title]) if evidence.named(live, row.fields) not in names)
            present[live] = [*here, *(replace(row, tab=title) for row in moved)]
    return present


def _seen(rows: Sequence[Cells]) -> list[Seen]:
    headers = [str(cell).strip() for cell in rows[0]]
    seen_rows = []
    for number, row in enumerate(rows[1:], start=2):
        fields = {header: words(cell) for header, cell in zip(headers, row, strict=False) if header}
        seen_rows.append(Seen(number, {header: value for header, value in fields.items() if value}))
    return [row for row in seen_rows if row.fields]


def _digests(sheets: Sheets, facts: Sequence[Fact]) -> Iterator[Deviation]:
    """Rules and calendar as the file carries them, by the digests that the seal names."""
    named = {row: text for tab, row, text in facts if tab == HEAD}
    wanted = named.get("规则摘要", "")
    lines = [row[2] for row in _texts(sheets, RULES) if row[0] == wanted]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    if digest != wanted:
        yield Deviation(RULES, "规则摘要", 0, "文字", wanted, digest)
    wanted = named.get("日历摘要", "")
    digest = seal.calendar_digest((row[1], row[2]) for row in _texts(sheets, CALENDARS) if row[0] == wanted)
    if digest != wanted:
        yield Deviation(CALENDARS, "日历摘要", 0, "内容", wanted, digest)


def _shown(sheets: Sheets, month: str, sealed: str) -> Iterator[Deviation]:
    """The digest that each row of 月度考核 shows."""
    for row in _seen(sheets.get(SCORES, [[]])):
        if row.fields.get("月份") == month and row.fields.get(DIGEST) != sealed:
            yield Deviation(
                SCORES, evidence.named(SCORES, row.fields), row.number, DIGEST, sealed, row.fields.get(DIGEST, "")
            )
