"""What happens around the tables: forms, pushes and pages, deliveries, rules, chiefs, the clock, a lost ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from sync import archive_moves
from sync.core.notices import timing
from sync.core.notices.notices import demanded
from sync.core.people.permissions import Person
from sync.core.rules.rules import Rules, load
from sync.core.views.forms.forms import FORMS, fields
from sync.intake.fetching import Fetcher
from sync.intake.forms import FilledForm, FormIntake
from sync.intake.photos import PhotoFolder
from sync.intake.pushes import PushIntake
from sync.ledger.received.pushes import Pushes
from sync.ledger.received.submissions import Sender
from sync.outgoing import outbox
from sync.sheets import answers
from tests.book import ROOT, templates
from tests.simulation.faults import DEATHS, DONE, MOMENTS, NOT_DONE, Armed, Death
from tests.simulation.model import clerk
from tests.simulation.model.paper import Paper, Row, Value, same
from tests.simulation.people import CATEGORIES, STREETS, pick
from tests.simulation.plan import Action
from tests.simulation.post import MOODS
from tests.simulation.sheet import Values

if TYPE_CHECKING:
    from tests.simulation.world import World

PAGE = "page"  # the reader by which a page finds the row of its verdict
CHIEF = Person("街路长01", frozenset({"chief"}), streets=frozenset({"新正街"}))
HOOK = """
[[hook]]
name = "tui"
kind = "通用"
tab = "问题台账"
key = "K_TUI"
id = "id"
columns = { "填报人" = "who", "街路" = "street", "类别" = "category", "问题描述" = "text", "位置" = "place", "照片" = "photo" }
constants = { "来源" = "督查" }
"""  # noqa: E501
SOURCED = 'limit = { normal = "4wh", serious = "2wh" }   # 一般【有来源】外地某区 4 工作时，另一地'  # of 暴露垃圾
VARIANTS = (
    ("照原样", (), {}),
    ("暴露垃圾一般改为 6 工作时", ((SOURCED, 'limit = { normal = "6wh", serious = "2wh" }   #'),),
     {("暴露垃圾", False): "6wh"}),
    ("通知随时发", (('send_at = ["08:30", "11:30", "14:30", "17:00"]', "send_at = []"),), {}),
)  # fmt: skip
SKEWS = (timedelta(minutes=-1), timedelta(minutes=-5), timedelta(hours=-3), timedelta(days=-4), timedelta(days=-400),
         timedelta(days=25), timedelta(days=70), timedelta(days=400))  # fmt: skip
MONTH_OVER = datetime.fromisoformat("2026-12-05T09:30:00+08:00")


@cache
def rules_of(variant: int) -> Rules:
    text = (ROOT / "rules.toml").read_text("utf-8")
    for old, new in VARIANTS[variant][1]:
        assert old in text
        text = text.replace(old, new)
    return load(text + HOOK)


# Faults
def fault(world: World, action: Action) -> None:
    """Once, or so often that no retry helps."""
    moment = MOMENTS[action.a % len(MOMENTS)]
    names = list(DONE if moment.startswith("after") else NOT_DONE)
    world.faults.answers.append(Armed(moment, names[action.b % len(names)], 6 if action.c % 4 == 0 else 1))


def death(world: World, action: Action) -> None:
    moment = DEATHS[action.a % len(DEATHS)]
    world.faults.deaths.append(Armed(moment, "", skip=action.b % 60 if moment.endswith("statement") else 0))


def disk_full(world: World, action: Action) -> None:
    world.faults.full_from = action.a % 60
    world.tell(f"再写 {world.faults.full_from} 句以后磁盘满，到下一轮结束")


def second_process(world: World, action: Action) -> None:
    """Another process tries in the middle of the look."""
    world.waiting.append(Action("second", ("after read", "before write", "after write")[action.a % 3]))


# Mail
def receiver(world: World, action: Action) -> None:
    world.post.mood = MOODS[action.a % len(MOODS)]
    world.tell(f"邮件服务器：{world.post.mood}")


def deliver(world: World, action: Action) -> None:
    """As the service does at its hours."""
    world.tell("发一次邮件")
    world.counts["deliveries"] += 1
    rules, hours = world.rules, timing.sending_hours(world.now, world.rules)
    world.post.taken.clear()
    done = world.guarded(
        "这一次没有发成",
        lambda: outbox.deliver(world.ledger, world.post, world.now, digest=bool(rules.notices.send_at), hours=hours,  # type: ignore[arg-type]
                               asked=demanded(rules), tries=rules.limits.tries),
    )  # fmt: skip
    if done is None:
        world.post.cut_off(world.noted_as_sent())


# Rules, roster, time
def rules(world: World, action: Action) -> None:
    variant = action.a % len(VARIANTS)
    world.rules = rules_of(variant)
    world.office.limits = {**clerk.LIMITS, **VARIANTS[variant][2]}  # type: ignore[dict-item]
    world.tell(f"改规则：{VARIANTS[variant][0]}")


def chief(world: World, action: Action) -> None:
    """街路长 typed over in the roster."""
    index, person = action.a % len(STREETS), f"街路长0{1 + action.b % 3}"
    _roster(world, index, "街路长", person)
    world.office.chiefs[STREETS[index]].add(person)
    world.tell(f"街路名册：{STREETS[index]}的街路长改为{person}")


def unit(world: World, action: Action) -> None:
    index, own = action.a % len(STREETS), ("", "市政处", "园林所")[action.b % 3]
    _roster(world, index, "责任单位", own)
    world.office.units[STREETS[index]].add(own)
    world.tell(f"街路名册：{STREETS[index]}的责任单位改为「{own}」")


def _roster(world: World, index: int, header: str, value: Value) -> None:
    sheet = world.streets
    at = next(at for at, row in sheet.paper.filled() if row.get("街路") == STREETS[index])
    sheet.type(at, {sheet.paper.column(header): value})
    world.touched = True


def night(world: World, action: Action) -> None:
    world.now += (timedelta(hours=9), timedelta(days=1), timedelta(days=2))[action.a % 3]
    world.tell("时间过去")


def month(world: World, action: Action) -> None:
    """To the hour at which the month before is sealed, with a look every few days, and what comes in taken in, as a
    service does that runs."""
    while world.now < MONTH_OVER:
        world.now = min(world.now + timedelta(days=3), MONTH_OVER)
        world.come_in()
        world.look()
    world.tell("到了封存的时候")


def archive(world: World, action: Action) -> None:
    """``jielu archive``: what is over in sealed months leaves the tab, once its month is sealed."""
    if world.now >= MONTH_OVER:
        world.tell("归档已销号的问题")
        world.guarded("没有归档成", lambda: archive_moves.everything(
            world.gateway, world.ledger, world.rules, world.now, step=world.step))  # fmt: skip


def clock(world: World, action: Action) -> None:
    """The machine's clock jumps for the next look."""
    if world.just_lost:
        return
    world.counts["skews"] += 1
    world.skew = SKEWS[action.a % len(SKEWS)]
    world.tell(f"服务器的钟差了 {world.skew}")


def lose_ledger(world: World, action: Action) -> None:
    """The ledger is lost between two looks at rest: no stamp that stands in the sheet changes."""
    world.skew = timedelta(0)  # with nothing to remember, no hour can be doubted
    world.late()
    if not world.settle():
        return
    before = _stamps(world)
    world.tell("台账数据库丢了，换一个空的")
    world.lose()
    if not world.settle():
        return
    after = _stamps(world)
    for number, cells in before.items():
        now = after.get(number, {})
        for header, value in cells.items():
            if not same(now.get(header), value):
                words = f"台账丢了以后，{number} 的「{header}」从「{value}」变成「{now.get(header)}」"
                world.broken.append(("lost ledger", words))


STANDS = ("状态", "街路长", "支部", "区域", "责任单位", "截止时间", "升级", "销号时间")


def _stamps(world: World) -> dict[str, dict[str, Value]]:
    """The service cells of each issue as they stand, by number."""
    places = {name: world.issues.paper.column(name) for name in ("编号", *STANDS)}
    values = world.issues.values()
    rows = [{name: row[at] if 0 <= at < len(row) else "" for name, at in places.items()} for row in values]
    return {str(row["编号"]): {name: row[name] for name in STANDS} for row in rows if row["编号"] != ""}


# Rows that come back, and rows from forms
def restore(world: World, action: Action) -> None:
    """``jielu restore`` of a row that was deleted."""
    # one whose text was typed anew and never read, or with its number too, comes back with the text of before: nobody
    # could tell it again
    rows = [row for row in world.graveyard
            if row.stamp is not None and "问题描述" not in row.also and not row.tampered]  # fmt: skip
    if not rows:
        return
    row = rows[action.a % len(rows)]
    assert row.stamp is not None
    if world.guarded("没有做成", lambda: world.ledger.want_back(row.stamp.number)):  # type: ignore[union-attr]
        world.coming[str(row.get("问题描述"))] = row
        world.tell(f"请求恢复 {row.stamp.number}（{row.get('问题描述')}）")


def form(world: World, action: Action) -> None:
    """A chief sends a form from his phone, which tries until it is taken."""
    token = f"问题{world.next_token()}"
    given = {"street": STREETS[0 if action.a % 5 else 1], "category": CATEGORIES[action.b % 5], "text": token,
             "source": "街路长自查", "place": f"{token}旁"}  # fmt: skip
    rules, tab = world.rules, templates()["issues"]
    asked = fields(FORMS["issues"], tab, CHIEF, STREETS, rules)
    filled = FilledForm(f"f{world.tokens}", FORMS["issues"], Sender(CHIEF.name), given, asked)
    world.coming[token] = Row({"填报人": CHIEF.name, **{tab.by_key[key].header: text for key, text in given.items()}})
    world.phones.append(filled)
    world.tell(f"手机表单上报：{token}")
    send_forms(world)


def send_forms(world: World) -> None:
    """Every phone that has no answer tries again."""
    for filled in list(world.phones) if not world.is_sending else ():
        world.is_sending = True
        gateway = world.new_gateway("form")
        intake = FormIntake(gateway, world.ledger, PhotoFolder(Path("nowhere"), "key"), RLock())
        answer = world.guarded("手机没有得到回答", lambda i=intake, f=filled: i.submit(f, world.rules, world.now))  # type: ignore[misc]
        world.is_sending = False
        if answer is not None and answer.state != "later":
            world.phones.remove(filled)
            if answer.state == "mend":
                world.coming.pop(filled.given["text"], None)
                world.tell(f"表单被退回：{'；'.join(answer.faults.values())}")


def push(world: World, action: Action) -> None:
    """A form tool pushes an entry."""
    token = f"问题{world.next_token()}"
    street, category = STREETS[action.a % 4], CATEGORIES[action.b % 5]
    entry = {"id": f"e{world.tokens}", "who": "督查01", "street": street, "category": category, "text": token,
             "place": f"{token}旁", "photo": f"{token}.jpg"}  # fmt: skip
    world.coming[token] = Row({
        "填报人": entry["who"], "街路": entry["street"], "类别": entry["category"], "问题描述": token, "来源": "督查",
        "位置": entry["place"], "照片": entry["photo"],
    })  # fmt: skip
    world.pushed.append((entry, world.coming[token]))
    world.tell(f"表单工具推送：{token}")
    _pushed(world, entry, f"{world.tokens:06d}")


def push_again(world: World, action: Action) -> None:
    """A later version of an entry: the cells that still hold what the form put there change."""
    rows = [(entry, row) for entry, row in world.pushed if world.index_of(world.issues, row) >= 0 and not row.is_copied]
    if not rows:
        return
    entry, row = rows[action.a % len(rows)]
    header, key = (("位置", "place"), ("照片", "photo"))[action.b % 2]
    old, new = entry[key], f"推送改{world.next_token()}"
    entry[key] = new
    if same(row.get(header), old):
        row.also.setdefault(header, []).append(old)
        row.cells[header] = new
        world.amended.append((row, header, old))
    world.tell(f"推送的新版本：{row.get('问题描述')}的「{header}」改为「{new}」")
    _pushed(world, entry, f"{world.tokens:06d}")


def _pushed(world: World, entry: dict[str, str], version: str) -> None:
    stored = world.guarded("推送没有收下，工具会再推", lambda: Pushes(world.ledger).add(
        "tui", entry["id"], json.dumps(entry, ensure_ascii=False), version, world.now))  # fmt: skip
    if stored is None:
        world.unstored.append((entry, version))
    take_pushes(world)


def take_pushes(world: World) -> None:
    for entry, version in [*world.unstored]:
        stored = world.guarded("推送没有收下", lambda e=entry, v=version: Pushes(world.ledger).add(  # type: ignore[misc]
            "tui", e["id"], json.dumps(e, ensure_ascii=False), v, world.now))  # fmt: skip
        if stored is not None:
            world.unstored.remove((entry, version))
    intake = PushIntake(world.new_gateway("push"), world.ledger, world.rules, fetcher=_fetcher())
    world.guarded("推送没有入表", lambda: intake.work(world.now))


@cache
def _fetcher() -> Fetcher:
    """One for all runs, since it loads certificates; no push here has a photo to fetch."""
    return Fetcher()


def has_pushes(world: World) -> bool:
    """Whether a push waits to become a row, or a change of one."""
    return bool(world.pushed) and bool(Pushes(world.ledger).due(world.now + timedelta(days=30)))


@dataclass
class Answer:
    """A verdict of a page on its way to ``row``. ``before``: what the cells that it changed held, or may have held."""

    row: Row
    number: str
    cells: Mapping[str, Value]
    before: list[tuple[Row, str, list[Value]]] = field(default_factory=list)

    def arrives(self, paper: Paper, values: Values) -> None:
        """A write of it was applied; people who type later type over it. By nothing but its number can a row be told
        whose other cells were edited as well: then it is where it stands. ``values``: below the header."""
        row = self.row
        if row.tampered:
            places = [at for at, cells in enumerate(values) if self.cells["复核意见"] in cells]
            row = paper.at(max(places, key=lambda at: self.number in values[at], default=0))
            self._is_no_more_in_others(row)
        for header, value in self.cells.items():
            self.before.append((row, header, [row.get(header), *row.also.get(header, ())]))
            paper.will_be_read(row, header)
            row.put(header, value)

    def _is_no_more_in_others(self, row: Row) -> None:
        """It is written again, since what was written before fell beside: that is taken back."""
        for other, header, values in self.before:
            if other is not row and same(other.get(header), self.cells[header]):
                other.put(header, values[0])

    def may_be_lost(self) -> None:
        """Whether it is in the row is not known."""
        for row, header, values in self.before:
            row.also.setdefault(header, []).extend(values)


def page_verdict(world: World, action: Action) -> None:
    """A verdict given on the page, written into its row by number."""
    index = pick(world.issues, action.a)
    row = world.issues.paper.at(index) if index >= 0 else Row()
    if row.stamp is None or row.number_touched or row.is_copied or world.number_seen(index) != row.stamp.number:
        return
    if world.is_answering:
        return
    world.is_answering = True
    _answer(world, action, row)
    world.is_answering = False


def _answer(world: World, action: Action, row: Row) -> None:
    assert row.stamp is not None
    result, note = ("通过", "返工")[action.b % 2], f"意见{world.next_token()}"
    given: dict[str, Value] = {"verified": result, "verifier": "标准化办01", "verify_note": note}
    verdict = answers.Verdict(row.stamp.number, given, lambda _: "")
    world.tell(f"网页复核 {row.stamp.number}：{result}")
    row.is_judged, row.verdicts = True, row.verdicts + 1
    written: dict[str, Value] = {"复核结果": result, "复核人": "标准化办01", "复核意见": note}
    world.answer = answer = Answer(row, row.stamp.number, written)
    try:
        world.touched = True
        answers.write(world.new_gateway(PAGE), world.ledger, verdict)
    except (answers.NotWritten, *world.declared) as error:
        world.tell(f"网页没有写成（{type(error).__name__}）")
        answer.may_be_lost()
    except Death:
        answer.may_be_lost()
        world.died()
    except Exception as error:
        answer.may_be_lost()
        world.broken.append(("undeclared", f"网页复核时 {type(error).__name__}：{error}"))


Event = Callable[["World", Action], None]
EVENTS: dict[str, Event] = {
    "fault": fault, "death": death, "disk full": disk_full, "second process": second_process, "receiver": receiver,
    "deliver": deliver, "rules": rules, "chief": chief, "unit": unit, "night": night, "month": month, "clock": clock,
    "archive": archive, "lose ledger": lose_ledger, "restore": restore, "form": form, "push": push,
    "push again": push_again, "page verdict": page_verdict,
}  # fmt: skip
