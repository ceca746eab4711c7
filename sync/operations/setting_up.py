"""The first setting up of a bureau: what stands, what is still to be done, and the steps that change something.

Each step writes where its matter belongs (the rules, 街路名册, 组织架构), so that it can be left and taken up again.
"""

from __future__ import annotations

import secrets
from datetime import date
from functools import partial

from sync.addresses import leads_here
from sync.core.people.roster import Post, Roster, unposted_chiefs
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import MAIL, Raw, plain
from sync.core.sheet.values import serials
from sync.intake.files import file_rows
from sync.ledger.operations.beginning import Beginning, Progress
from sync.outgoing.mail import Failure
from sync.outgoing.mail_text import Message
from sync.service import Service
from sync.sheets.appending import append
from sync.sheets.gateway import Unreachable

STEPS = {
    "bureau": "本局", "streets": "街路名册", "posts": "人员", "mail": "邮件", "address": "网址", "cards": "卡片",
}  # fmt: skip
CALLED = {"streets": "street", "posts": "name"}  # column by which people know a row of a tab
OFFICES = ("标准化办", "领导小组办公室")


def following(step: str) -> str:
    """The step behind ``step``; empty behind the last."""
    steps = list(STEPS)
    return next(iter(steps[steps.index(step) + 1 :]), "")


def progress(service: Service) -> Progress:
    return Beginning(service.ledger).progress() or Progress()


def is_open(service: Service) -> bool:
    """Whether the bureau is still to be set up: nobody began, and nothing stands in its tabs, or somebody began and did
    not end."""
    noted = Beginning(service.ledger).progress()
    if noted:
        return not noted.over
    known = service.ledger.memory().known
    return not any(not row.deleted for tab in ("streets", "posts", "issues") for row in known.get(tab, {}).values())


def faulty_rows(service: Service, key: str) -> list[str]:
    """By row of a tab in which 校验 says something: what it is called, and that. Empty where the tab can't be read."""
    try:
        layout, table = file_rows.stands_now(service.new_gateway(), service.templates[key])
    except (FileProblem, Unreachable):
        return []
    called, check = layout.at[CALLED[key]], layout.at["check"]
    marked = (row for row in table.rows if check < len(row) and row[check])
    return [f"{plain(row[called]) or '（空着）'}：{row[check]}" for row in marked]


# People
def chiefs_to_add(service: Service) -> list[Post]:
    return unposted_chiefs(service.roster())


def add_chiefs(service: Service) -> int:
    """Add a row of 组织架构 for each chief of 街路名册 who has none; how many. Raises ``FileProblem``, ``Busy``."""
    posts = chiefs_to_add(service)
    gateway = service.new_gateway()
    with service.ticking, service.ledger.turn():
        layout, _ = file_rows.stands_now(gateway, gateway.tabs["posts"])
        file_rows.send(gateway, layout, [_cells(post) for post in posts], partial(append, gateway, service.ledger))
    return len(posts)


def _cells(post: Post) -> dict[str, Raw]:
    since = serials.from_date(post.span.since) if post.span.since else ""
    cells: dict[str, Raw] = {"name": post.name, "role": post.role, "branch": post.branch, "since": since}
    return {key: cell for key, cell in cells.items() if cell != ""}


def lacking_people(roster: Roster, day: date) -> list[str]:
    """Sentences on roles that nobody holds and without which the work stands still."""
    held = {post.role for post in roster.posts if post.span.until is None or post.span.until >= day}
    if not roster.posts or held & set(OFFICES):
        return []
    return [f"「组织架构」里还没有{'、'.join(OFFICES)}的人：没有人能复核、核实、签发。请至少加一个。"]


# Mail
def mail_settings(service: Service) -> dict[str, bool]:
    """Which of the variables are set; what they say is nobody's to see."""
    return {"JIELU_SMTP": bool(service.settings.smtp), "JIELU_MAIL_FROM": bool(service.settings.mail_from)}


def send_test_letter(service: Service, to: str) -> str:
    """What became of a test letter, in a sentence."""
    if not MAIL.fullmatch(to):
        return f"「{to[:60]}」不是有效的邮箱，没有发。请写成 name@example.cn。"
    if lacking := [name for name, is_set in mail_settings(service).items() if not is_set]:
        return f"没有设置 {'、'.join(lacking)}，发不了信。"
    name = service.rules().bureau.name
    text = f"{name}的街路长台账试发的一封信。收到就说明邮箱设置好了。\n"
    letter = Message(to, "街路长台账：试发", text, secrets.token_hex(16))
    mailer = service.mailer
    try:
        if mailer is not None:
            with mailer.open() as server:
                server.send(letter)
    except Failure as failure:
        return f"没有发出去：{failure}"
    return f"邮件服务器收下了，请到 {to} 看收到没有；没有的，看看垃圾箱。"


# The address
def address_notes(service: Service) -> list[str]:
    """What is to be known of the address that goes into links and cards."""
    address = service.address
    notes = []
    if not service.settings.url:
        notes.append(f"没有设置 JIELU_URL：链接和卡片上会写 {address}。")
    if leads_here(address):
        notes.append("这个地址只有服务器自己打得开，手机扫卡片打不开。请先设置大家打得开的地址，再印卡片。")
    elif address.startswith("http://"):
        notes.append("这是 http，没有加密：手机没有信号时不能填报、不能附位置，网络上看得见填的内容。请换成 https。")
    return notes
