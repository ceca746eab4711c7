"""What the handbook tells to do when something is wrong, as buttons of ``/status``; the rest by its command.

Each does what its command does, under the same conditions. What changes files of the server or lets data go is the
operator's, who has the commands too; what people of the office may do elsewhere on pages is theirs here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import flask
from flask import request

from sync import revision
from sync.core.people.permissions import OVERSEERS, Person
from sync.core.sheet.rows import issue_number
from sync.core.sheet.values.texts import clean
from sync.ledger.ledger import Busy
from sync.operations import cures
from sync.operations.backups import BackupTrouble
from sync.operations.cures import Mended
from sync.revision import NotInForce
from sync.service import Service
from sync.settings import SettingsError
from sync.sheets.gateway import Refused, Unknown, Unreachable
from sync.sheets.set_up import NotEmpty
from webhook import access
from webhook.refusals import refusal

log = logging.getLogger(__name__)
COME_AGAIN = "系统正在做同样的事，请过几秒再点一次。"
REFUSALS = (SettingsError, NotInForce, BackupTrouble, Unreachable, Refused, Unknown, NotEmpty)


@dataclass(frozen=True)
class Cure:
    """``seen``: what is wrong; ``words``: what the ``button`` does; ``asks``: what is to be typed; ``operator``: it is
    the operator's alone."""

    name: str
    seen: str
    words: str
    button: str
    command: str
    asks: str = ""
    operator: bool = False


CURES = (
    Cure(
        "look", "表格改了，很久没有反应", "不等下一轮，现在就全部看一遍。", "现在检查一遍", "jielu tick --even-if-idle"
    ),
    Cure(
        "check",
        "不知道哪里不对",
        "把规则、模板、工作簿对一遍，列出要看的地方；什么也不改。",
        "检查规则和工作簿",
        "jielu check",
    ),
    Cure(
        "complete",
        "哪张表跳过了",
        "表头改了的，「需要人看的事」写着应当是什么，改回来就好；缺表、缺列的，补在最后、最右边，不动已有的格子。",
        "补建缺的表和列",
        "jielu init",
        operator=True,
    ),
    Cure(
        "restore",
        "行被删了",
        "「被删除的行」里点“恢复”；归档以后被删的，在这里写编号。",
        "放回这一行",
        "jielu restore 编号",
        asks="编号",
    ),
    Cure(
        "deliver",
        "通知没有发出去",
        "原因写在「通知」里；邮箱设好以后，到时间的现在就发。",
        "现在发一次",
        "jielu deliver",
    ),
    Cure(
        "backup",
        "备份没有做成",
        "原因写在「需要人看的事」里，改好以后现在备份一次。",
        "现在备份",
        "jielu backup",
        operator=True,
    ),
    Cure(
        "purge",
        "磁盘满了",
        "腾出地方就好，没有写成的下一轮补上；旧备份按规则清理。到了保存时间的个人信息可以清理，先看有多少，再确认。",
        "看能清理什么",
        "jielu purge --dry-run",
        operator=True,
    ),
)
BY_COMMAND = (
    (
        "网页打不开",
        "看服务有没有启动，日志最后一行说明为什么没有（端口被占、文件夹没有权限、数据库没有应答）。",
        "systemctl status jielu",
    ),
    ("换服务器，或者数据坏了", "停下服务，在新机器上装好，恢复一份备份。", "jielu restore-backup 备份文件夹"),
    ("升级以后不对", "停下服务，恢复升级以前的备份，装回旧的版本。", "jielu restore-backup 备份文件夹 --over"),
)


def cures_for(person: Person) -> list[Cure]:
    """All of them; without a button what is not his to do."""
    return [cure if person.operator or not cure.operator else replace(cure, button="") for cure in CURES]


def blueprint(service: Service, page: Callable[..., str], nudge: Callable[[], None]) -> flask.Blueprint:
    """The buttons. ``page`` makes 运行状态 with what was done (``message``, ``notes``) or would go (``over``)."""
    routes = flask.Blueprint("cures", __name__)

    @routes.post("/status/cure/<name>")
    @access.needs(*OVERSEERS)
    def cure(name: str) -> Any:
        wanted = next((cure for cure in CURES if cure.name == name), None)
        if wanted is None and name != "rules":
            return refusal("没有这个按钮。", 404)
        if wanted and wanted.operator and not access.visitor().operator:
            return refusal("这一步由运行服务的人（管理员）来做。", 403)
        try:
            answer = _answer(service, name, page)
        except Busy:
            return page(message=COME_AGAIN), 503
        except REFUSALS as error:
            return page(message=str(error)), 409
        nudge()
        return answer

    return routes


def _answer(service: Service, name: str, page: Callable[..., str]) -> str:
    """Do it, and the page with what was done. Raises what the cure raises."""
    now = service.now()
    if name == "purge":
        sure = request.form.get("sure") == "1"
        over = cures.purge(service, now, dry_run=not sure)
        counts = "，".join(f"{kind.kind} {kind.count}" for kind in over if kind.count) or "没有到时间的"
        log.info("purge from the page: %s", "done" if sure else "looked at")
        return page(message=f"已清理：{counts}。") if sure else page(over=over)
    done = ACTIONS[name](service, now)
    log.info("cure %s", name)
    return page(message=done.words, notes=done.notes)


def _restore(service: Service, now: datetime) -> Mended:
    number = issue_number(clean(request.form.get("number", "")))[:40]
    is_back, _, trouble = cures.restore_row(service, number, now)
    return Mended(cures.restored_words(number, trouble, is_back=is_back))


def _back_to_good_rules(service: Service, now: datetime) -> Mended:
    """The newest edition without a mistake comes in force. Raises ``NotInForce`` where there is nothing to mend, or no
    such edition."""
    editions, base = revision.editions(service, now), revision.digest(service.rules_text())
    if not revision.problems(service, service.rules_text()):
        raise NotInForce("现在的规则没有错，不用退回。")
    good = next((edition for edition in editions if not revision.problems(service, edition.text)), None)
    if good is None:
        raise NotInForce("历次修改里没有一版是没有错的，请在「规则」里改正。")
    person = access.visitor().name
    made = revision.put_in_force(service, good.text, base, person, f"规则有错，退回到第 {good.n} 版", now)
    return Mended(f"已经退回到第 {good.n} 版的内容，记为第 {made.n} 版；有错的那一版还在「历次修改」里。")


ACTIONS: dict[str, Callable[[Service, datetime], Mended]] = {
    "look": cures.look,
    "check": cures.check,
    "complete": cures.complete,
    "restore": _restore,
    "deliver": cures.send_due,
    "backup": cures.back_up,
    "rules": _back_to_good_rules,
}
