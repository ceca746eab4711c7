"""Settings from the environment, and the parts put together from them.

Secrets come from the environment or a ``.env`` file outside the repository, never from a sheet or a rule.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials

from sync import tick
from sync.core.letters.addressees import MAILED
from sync.core.letters.letters import Letter
from sync.core.notices.notices import Notice, demanded
from sync.core.people.permissions import remembered
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules, RulesError
from sync.core.rules.rules import load as load_rules
from sync.core.sheet import serials, tabs
from sync.intake.pushes import Keep, Received, Reception
from sync.ledger.ledger import Ledger
from sync.ledger.pushes import Arrivals
from sync.outgoing import docx as letters
from sync.outgoing import group_digests, outbox
from sync.outgoing.bots import Bot
from sync.outgoing.mail import Mail
from sync.sheets.gateway import Client, Gateway
from sync.workbook.accounts import Accounts
from sync.workbook.cells.store import Store
from sync.workbook.cells.upgrade import WrongVersion
from sync.workbook.server import Api
from sync.workbook.transport import session

HERE = Path(__file__).parent
SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)
ADDRESS = re.compile(r"/spreadsheets/d/([A-Za-z0-9_-]+)")
RULES_NAME = "rules.toml"
RULES_FILE = "规则文件"  # the item of 运行状态
PUSHES = "表单推送"  # the items of 运行状态 begin so
TITLE = "街路长工作簿"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FILES = "https://www.googleapis.com/drive/v3/files"


class SettingsError(RuntimeError):
    """Something that the environment says can't be used; the sentence says what to do."""


@dataclass(frozen=True)
class Settings:
    """The environment as read (DESIGN section 11)."""

    data: Path
    workbook: str
    database: str
    rules: Path
    templates: Path
    smtp: str
    mail_from: str
    secret: str
    url: str
    google: str
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)  # where rules name a variable

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """From ``environ`` (default: the process's, with ``.env`` of the working folder under it)."""
        values = (
            {**{k: v for k, v in dotenv_values(".env").items() if v is not None}, **os.environ}
            if environ is None
            else dict(environ)
        )
        data = Path(values.get("JIELU_DATA", "data"))
        address = ADDRESS.search(values.get("JIELU_WORKBOOK", ""))
        return cls(
            data=data,
            workbook=address[1] if address else values.get("JIELU_WORKBOOK", "").strip(),
            database=values.get("JIELU_DATABASE", "") or f"sqlite:///{data / 'ledger.sqlite3'}",
            rules=Path(values.get("JIELU_RULES", "") or data / RULES_NAME),
            templates=Path(values.get("JIELU_TEMPLATES", "") or _default("sheet_templates")),
            smtp=values.get("JIELU_SMTP", ""),
            mail_from=values.get("JIELU_MAIL_FROM", ""),
            secret=values.get("JIELU_SECRET", ""),
            url=values.get("JIELU_URL", "").rstrip("/"),
            google=values.get("GOOGLE_APPLICATION_CREDENTIALS", ""),
            environ=values,
        )


def _default(name: str) -> Path:
    """The file in a checkout, or the copy that the installed package carries."""
    beside = HERE.parent / name
    return beside if beside.exists() else HERE / "defaults" / name


def read_templates(folder: Path) -> dict[str, tabs.Tab]:
    """All tabs by key, in the order of DESIGN section 4."""
    templates = {}
    for path in sorted(folder.glob("*.toml")):
        tab = tabs.parse(path.read_text("utf-8"), path.name)
        templates[tab.key] = tab
    if not templates:
        raise SettingsError(f"{folder} 里没有表格模板（*.toml），请检查 JIELU_TEMPLATES。")
    return {
        key: templates[key]
        for key in [*[k for k in tabs.ORDER if k in templates], *[k for k in templates if k not in tabs.ORDER]]
    }


def _credentials(file: str) -> Credentials:
    try:
        return Credentials.from_service_account_file(file, scopes=SCOPES)  # type: ignore[no-untyped-call, no-any-return]
    except OSError as error:
        reason = error.strerror
    except (ValueError, TypeError, AttributeError, GoogleAuthError):  # whatever JSON somebody pointed at
        reason = "不是 Google 的服务账号密钥（JSON）"
    raise SettingsError(f"服务账号文件 {file} 用不了：{reason}。请检查 GOOGLE_APPLICATION_CREDENTIALS。")


def _still_there(path: Path, there: list[dict[str, Any]]) -> str:
    workbook = path.read_text("utf-8").strip()
    if workbook not in {file["id"] for file in there}:
        raise SettingsError(
            f"{path} 记着的工作簿 {workbook} 不在数据文件夹里了。请恢复备份；确实要重新开始，再删掉这个文件。"
        )
    return workbook


def _keep_once(path: Path, workbook: str) -> str:
    """Keep the id in whole or not at all; where another process was first, its id counts."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(f"{workbook}\n", "utf-8")
    try:
        os.link(half, path)
    except FileExistsError:
        return path.read_text("utf-8").strip()
    finally:
        half.unlink()
    return workbook


@dataclass
class Service:
    """The parts of a running jielu: workbook, gateway, ledger, rules. Opened when first asked for."""

    settings: Settings
    trouble: str = field(default="", init=False)
    _read: tuple[str, Rules] | None = field(default=None, init=False)
    _pushes: dict[str, str] = field(default_factory=dict, init=False)
    ticking: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)  # one look at a time

    @cached_property
    def templates(self) -> dict[str, tabs.Tab]:
        return read_templates(self.settings.templates)

    @property
    def embedded(self) -> bool:
        return not self.settings.workbook

    @cached_property
    def store(self) -> Store:
        folder = self.settings.data
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return Store(folder / "workbook.sqlite3")
        except OSError as error:
            reason = error.strerror
        except sqlite3.Error as error:
            reason = str(error)
        except WrongVersion as error:
            raise SettingsError(str(error)) from error
        raise SettingsError(f"数据文件夹 {folder} 用不了：{reason}。请检查 JIELU_DATA。")

    @cached_property
    def api(self) -> Api:
        """The embedded workbook's API."""
        return Api(self.store)

    @cached_property
    def accounts(self) -> Accounts:
        """Who may use the embedded workbook over HTTP."""
        return Accounts(self.store)

    @cached_property
    def client(self) -> Client:
        if self.embedded:
            return Client(None, session(self.api))
        if not self.settings.google:
            raise SettingsError("用 Google 表格要有服务账号文件，请设置 GOOGLE_APPLICATION_CREDENTIALS。")
        return Client(_credentials(self.settings.google))

    @cached_property
    def workbook(self) -> str:
        """The spreadsheet's id; the embedded one is made when there is none."""
        if not self.embedded:
            return self.settings.workbook
        path = self.settings.data / "workbook.id"
        there = self._embedded_files()
        if path.exists():
            return _still_there(path, there)
        return _keep_once(path, self._only_one(there, path) or self._made())

    def _embedded_files(self) -> list[dict[str, Any]]:
        """The embedded store's spreadsheets: id and who owns them."""
        asked = {"q": f"mimeType='{SPREADSHEET}'", "pageSize": 1000, "fields": "files(id,permissions)"}
        files: list[dict[str, Any]] = self.client.request("get", FILES, params=asked).json()["files"]
        return files

    def _only_one(self, there: list[dict[str, Any]], path: Path) -> str:
        """The spreadsheet that jielu itself made (it has no owner); empty where there is none."""
        ours = [file["id"] for file in there if all(share["role"] != "owner" for share in file["permissions"])]
        if len(ours) > 1:
            names = "、".join(ours)
            raise SettingsError(f"数据文件夹里有 {len(ours)} 个工作簿（{names}），请把要用的编号写进 {path}。")
        return str(ours[0]) if ours else ""

    def _made(self) -> str:
        return str(self.client.request("post", FILES, json={"name": TITLE, "mimeType": SPREADSHEET}).json()["id"])

    @cached_property
    def gateway(self) -> Gateway:
        return Gateway(self.client, self.workbook, self.templates)

    @cached_property
    def ledger(self) -> Ledger:
        rules, _ = self._first_rules()
        return Ledger(self.settings.database, self.workbook, rules.bureau.zone)

    @property
    def rules_file(self) -> Path:
        """The file that is in force: the one named by JIELU_RULES, else the bureau's own in the data folder once the
        rules were changed on the page, else the one that comes along."""
        own = self.settings.rules
        return own if self.settings.environ.get("JIELU_RULES") or own.exists() else _default(RULES_NAME)

    def rules_text(self) -> str:
        try:
            return self.rules_file.read_text("utf-8")
        except OSError as error:
            raise SettingsError(f"读不到规则文件 {self.rules_file}：{error.strerror}。请检查 JIELU_RULES。") from error

    def _first_rules(self) -> tuple[Rules, str]:
        """Before the ledger is open, only the file can say; its zone is enough."""
        try:
            return load_rules(self.rules_text(), self.rules_file.name), ""
        except RulesError as error:
            return load_rules(_default(RULES_NAME).read_text("utf-8")), str(error)

    def rules(self) -> Rules:
        """The rules in force: the file's, or the last good ones while the file has a mistake (``trouble``)."""
        text = self.rules_text()
        if self._read is None or self._read[0] != text:
            rules, self.trouble = tick.rules_in_force(text, self.ledger)
            self._read = (text, rules)
        self.ledger.warnings = self._warnings()
        return self._read[1]

    def _warnings(self) -> dict[str, str]:
        """What the shell has to say in 运行状态."""
        sentence = f"rules.toml 有错，仍按上一份正确的规则执行：{self.trouble}"
        return ({RULES_FILE: sentence} if self.trouble else {}) | self._pushes

    def ticks(self, now: datetime, *, idle: bool = True) -> tick.Report:
        """Look, and write what is to be written. A mistake in the rules, and its mending, are worth a look too."""
        told = Arrivals(self.ledger).troubles(now)
        self._pushes = {f"{PUSHES}「{name}」": words for name, words in told.items()}
        rules = self.rules()
        with self.ticking:
            return tick.ticks(self.gateway, self.ledger, rules, now, idle=idle and self._warnings_are_said())

    def _warnings_are_said(self) -> bool:
        """Whether 运行状态 says what the shell has to say, and nothing of it that is over."""
        ours = (RULES_FILE, PUSHES)
        stands = {item: text for item, (text, _) in self.ledger.memory().status.items() if item.startswith(ours)}
        return stands == self.ledger.warnings

    def receive(self, now: datetime, keep: Keep | None = None) -> Received:
        """Make rows of what form tools pushed. ``keep`` stores a photo; without it their links stay in the cells."""
        gateway = Gateway(self.client, self.workbook, self.templates)  # its own: a tick may be at work with the other
        return Reception(gateway, self.ledger, self.rules(), keep).work(now)

    def trail(self, rid: str) -> list[dict[str, Any]]:
        """The history of a row, oldest first: tab, what, before, after as people read them, at (bureau's zone)."""
        zone = self.ledger.zone

        def words(entry: dict[str, Any], key: str) -> str:
            columns = {column.header: column.type for column in self.templates[entry["tab"]].columns}
            return serials.words(entry[key], columns.get(entry["what"].partition("（")[0], ""), zone)

        return [
            {**entry, **{key: words(entry, key) for key in ("before", "after")}} for entry in self.ledger.trail(rid)
        ]

    def roster(self) -> Roster:
        """Who is responsible where, as the last look at the workbook left it."""
        return remembered(self.templates, self.ledger.memory().known, self.rules().bureau.zone)

    def deliver(self, now: datetime, *, groups: bool = True) -> outbox.Delivery:
        """Send what is due. Groups first: whose wish is the group's message needs no mail once it went. ``groups``
        False: no group hears of it (a demo)."""
        rules, done = self.rules(), outbox.Delivery()
        if groups:
            group_digests.deliver(self.ledger, self.bots, now, done)
        asked, link = demanded(rules), self.settings.url
        mails = outbox.deliver(
            self.ledger, self.mail, now, digest=rules.notices.digest, link=link, asked=asked, files=self._files
        )
        return done + mails

    def letter(self, name: str) -> Letter | None:
        """The letter or record of that 函号, or of the name that it had as a draft."""
        letters_ = self.ledger.memory().letters
        return letters_.get(name) or next((letter for letter in letters_.values() if letter.number == name), None)

    def docx(self, letter: Letter) -> bytes:
        """The letter's file, from the bureau's template or else from ours. Raises ``letters.BadTemplate``."""
        own = self.settings.templates / letters.TEMPLATE
        return letters.draw(letter, own if own.exists() else _default("sheet_templates") / letters.TEMPLATE)

    def _files(self, notice: Notice) -> outbox.Files:
        """What a mail about a letter brings with it; a template that can't be used keeps no notice back."""
        letter = self.letter(notice.issue) if notice.kind in MAILED else None
        try:
            return ((f"{letter.name}.docx", self.docx(letter)),) if letter else ()
        except letters.BadTemplate:
            return ()

    @property
    def bots(self) -> dict[str, Bot]:
        """The group bots of the rules, with their addresses and secrets from the environment."""
        held = self.settings.environ
        return {
            bot.name: Bot(bot.name, bot.kind, held.get(bot.address, ""), held.get(bot.secret or "", ""))
            for bot in self.rules().bots
        }

    @property
    def mail(self) -> Mail | None:
        if not self.settings.smtp:
            return None
        if not self.settings.mail_from:
            raise SettingsError("设置了 JIELU_SMTP，还要设置 JIELU_MAIL_FROM（发件人邮箱）。")
        return Mail(self.settings.smtp, self.settings.mail_from)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("ledger", "store"):
            if name in self.__dict__:
                self.__dict__[name].close()
