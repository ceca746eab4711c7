"""The words of a letter or record, part by part in the order of an official paper (domain.md 4.1, 4.2).

One and the same parts become the .docx, the page and the text for a chat group. Everything comes from what the letter
froze: equal letters give equal papers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sync.core.letters.letters import RECORD, Fact, Letter
from sync.core.rules.conditions import ASSIGNED, INSPECTED, SELF_FOUND, SERIOUS

OFFICE = "局标准化办"
RULEBOOK = "《城区治理标准化督查考核细则》"
COLUMNS = ("序号", "编号", "街路、位置", "问题", "截止时间", "督办原因", "整改要求")
UNSIGNED = "（签发以后确定）"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the body; ``lead`` stands in 黑体 before the text."""

    lead: str
    text: str


@dataclass(frozen=True)
class Paper:
    """All parts, from the head of the page to the last block. ``rows``, under ``columns``, have a page of their own."""

    bureau: str
    banner: str
    urgency: str
    number: str
    heading: str
    to: str
    body: tuple[Paragraph, ...]
    annex_title: str
    org: str
    date: str
    copies: str
    printer: str
    printed: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = COLUMNS

    @property
    def annex(self) -> str:
        return f"附件：{self.annex_title}"

    @property
    def text(self) -> str:
        """To paste into a chat group: the letter without head and last block, its issues one a line."""
        lines = [f"【{self.banner.replace('　', '')}】{self.number}", self.heading, f"{self.to}："]
        lines += [f"{part.lead}{part.text}" for part in self.body]
        lines += [f"{row[0]}. {row[1]} {row[2]}：{row[3]}；截止 {row[4]}；{row[6]}" for row in self.rows]
        return "\n".join([*lines, self.org, self.date])


def paper(letter: Letter) -> Paper:
    """The paper that a letter or record makes."""
    record = letter.kind == RECORD
    title = RECORD if record else letter.head.title
    bureau, signed = letter.head.bureau, day_zh(letter.signed_at) if letter.signed_at else ""
    return Paper(
        bureau, "　".join(title) if len(title) < 4 else title, urgency="加急" if letter.urgent else "",
        number=letter.name, heading=_heading(letter, title), to=letter.to,
        body=tuple(_record(letter) if record else _body(letter)),
        annex_title="问题清单" if record else "督办问题清单", org=f"{bureau}标准化办" if record else bureau,
        date=signed or UNSIGNED, copies=letter.copy, printer=f"{bureau}办公室",
        printed=f"{signed}印发" if signed else UNSIGNED,
        rows=tuple(_row(n, fact) for n, fact in enumerate(letter.facts, start=1)),
    )  # fmt: skip


def day_zh(at: datetime) -> str:
    """2026年11月24日: no zeros before."""
    return f"{at.year}年{at.month}月{at.day}日"


def hour_zh(at: datetime | None) -> str:
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}" if at else UNSIGNED


def _heading(letter: Letter, title: str) -> str:
    streets = list(dict.fromkeys(fact.street for fact in letter.facts))
    where = streets[0] if len(streets) == 1 else f"{streets[0]}等{len(streets)}条街路" if streets else ""
    what = f"{letter.facts[0].category}问题" if len(letter.facts) == 1 else f"{len(letter.facts)}件问题"
    if letter.kind == RECORD:
        return f"关于{letter.district}区域{what}的记录"
    return f"关于{'再次' if letter.follows else ''}限期整改{where}{what}的{title}"


def _body(letter: Letter) -> Iterator[Paragraph]:
    yield Paragraph("", _first(letter))
    due = hour_zh(letter.due) if letter.due else f"签发后{letter.head.reply}内"
    by = f"于{due}前" if letter.due else due
    close = (
        f"按结案条件“{letter.facts[0].close}”" if len(letter.facts) == 1 and letter.facts[0].close else "按附件所列要求"
    )
    yield Paragraph("一、立即整改。", f"{by}{close}整改到位。")
    named = "，".join(part for part in (letter.head.contact and f"联系人：{letter.head.contact}",
                                        letter.head.phone and f"电话：{letter.head.phone}") if part)  # fmt: skip
    contact = f"（{named}）" if named else ""
    yield Paragraph("二、及时反馈。", f"整改后在相同角度拍照，{by}书面报{OFFICE}{contact}。")
    yield Paragraph("三、举一反三。", "对责任区同类问题开展排查，防止反弹。")
    times = letter.head.factor
    counts = f"，考核时按{times}件算" if letter.head.by_rates else f"，超期扣分按{times}倍"
    more = "，加倍扣分" if not times else counts if times > 1 else ""
    twice = f"本次为重复督办{more}；" if letter.follows else ""
    yield Paragraph("", f"{twice}逾期未整改或者未反馈的，将按照{RULEBOOK}计入考核。")


def _first(letter: Letter) -> str:
    call = "现再次督办" if letter.follows else "现予督办"
    begun = f"本局已以{letter.first}督办，至今没有按要求整改、回复。" if letter.follows else ""
    if len(letter.facts) == 1:
        return f"{begun}{_one(letter.facts[0], letter.head.window)}。{call}，请抓好落实："
    serious = sum(fact.severity == SERIOUS for fact in letter.facts)
    again = sum(fact.repeat > 1 for fact in letter.facts)
    counts = "，".join(part for part in (serious and f"严重问题{serious}件", again and f"重复出现{again}件") if part)
    counts = f"（其中{counts}）" if counts else ""
    what = f"截至{day_zh(letter.drafted_at)}，你单位负责的{len(letter.facts)}件问题{counts}"
    return f"{begun}{what}超过整改时限，至今未整改到位（详见附件）。{call}，请抓好落实："


def _one(fact: Fact, window: str) -> str:
    at = day_zh(fact.started) if fact.started else ""
    place = f"（{fact.place}）" if fact.place else ""
    words = {
        INSPECTED: f"{at}，{OFFICE}在督查{fact.street}{place}时发现{fact.text}",
        SELF_FOUND: f"{at}，街路长在自查{fact.street}{place}时发现{fact.text}",
        ASSIGNED: f"{at}，上级交办{fact.street}{place}的问题：{fact.text}",
    }.get(fact.source, f"{at}，群众反映{fact.street}{place}：{fact.text}").rstrip("。")
    limit = f"，整改时限为{fact.limit}" if fact.limit else ""
    repeat = f"（{window}内重复出现，第{fact.repeat}次）" if fact.repeat > 1 else ""
    handed = hour_zh(fact.started) if fact.started else ""
    until = f"，应当于{hour_zh(fact.deadline)}前整改" if fact.deadline else ""
    return f"{words}。该问题已于{handed}交办{limit}{until}，至今未整改到位{repeat}"


def _record(letter: Letter) -> Iterator[Paragraph]:
    what = f"{len(letter.facts)}件问题较严重，或者重复出现、没有及时处理"
    counted = f"{day_zh(letter.drafted_at)}，{letter.district}区域有{what}"
    yield Paragraph("", f"{counted}（详见附件）。现将情况记录报告，请予现场调度、督促整改。")
    streets = list(dict.fromkeys(fact.street for fact in letter.facts))
    yield Paragraph("", f"涉及街路：{'、'.join(streets)}。责任单位和街路长另发{letter.head.title}。")


def _row(n: int, fact: Fact) -> tuple[str, ...]:
    place = "，".join(part for part in (fact.street, fact.place) if part)
    repeat = f"，第{fact.repeat}次出现" if fact.repeat > 1 else ""
    what = f"{fact.category}（{fact.severity}{repeat}）：{fact.text}" if fact.text else fact.category
    until = f"{fact.deadline:%m-%d %H:%M}" if fact.deadline else ""
    return str(n), fact.number, place, what, until, fact.why, fact.close
