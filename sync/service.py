"""The parts of jielu put together from the settings, and what the command line and the web pages ask of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sync import clock
from sync.core.calendar import belief
from sync.core.letters.addressees import MAILED
from sync.core.letters.letters import Letter
from sync.core.notices import timing
from sync.core.notices.notices import Notice, demanded
from sync.core.people.permissions import ROSTER_TABS, remembered
from sync.core.people.roster import Roster
from sync.core.rules.rules import Rules, RulesError, demand_units
from sync.core.rules.rules import load as load_rules
from sync.core.sheet import rows, tabs
from sync.guard import sentences
from sync.intake import photo_records
from sync.intake.fetching import Fetcher
from sync.intake.street_file import StreetFile
from sync.intake.tiles import FOLDER as TILES
from sync.intake.tiles import TILE, Tiles
from sync.ledger.bureaus.quotas import Quotas
from sync.ledger.ledger import Ledger
from sync.ledger.operations.backup_notes import BackupNotes
from sync.ledger.operations.failures import Failures
from sync.ledger.received.pushes import Pushes
from sync.outgoing import docx as letters
from sync.outgoing import group_digests, mailbox, outbox
from sync.outgoing.bots import Bot
from sync.outgoing.mail import Mailer
from sync.outgoing.mailbox import DemoMailbox
from sync.settings import RULES_NAME, Settings, SettingsError, default_path, read_templates
from sync.sheets import own_workbook
from sync.sheets.credentials import read_credentials
from sync.sheets.gateway import Client, Gateway
from sync.sheets.own_store import open_store
from sync.sheets.quota import LOOKS, PAGES, Quota, Rate, SharedQuota
from sync.upkeep import BACKUP_ITEM, backup_sentence
from sync.workbook.accounts import Accounts
from sync.workbook.cells.store import AnyStore
from sync.workbook.server import Api
from sync.workbook.transport import session

if TYPE_CHECKING:  # what a look needs is loaded when one is made: half of the commands make none
    from sync.intake.pushes import Received, StorePhoto
    from sync.tick import Report

log = logging.getLogger(__name__)
RULES_FILE = "规则文件"  # item of 运行状态
PUSHES = "表单推送"
DELIVERY = "发送"  # the work that one sender does at a time
HOUR_OF_FILES = 2.0  # seconds: the coarsest steps in which file systems note the hour of a change
LOOKS_FIRST = timedelta(minutes=3)
DEFAULT_URL = "http://127.0.0.1:8617"  # where ``jielu run`` listens without options


class FileMark(NamedTuple):
    """What tells a file from one with another content. ``changed``: in nanoseconds since 1970."""

    path: Path
    inode: int
    changed: int
    size: int


@dataclass(frozen=True)
class ReadRules:
    """The text of the rules file as it was read, and the rules in force by it."""

    mark: FileMark | None
    text: str
    rules: Rules


@dataclass
class Service:
    """Workbook, gateway, ledger and rules of one bureau, each opened when it is first used."""

    settings: Settings
    tell_new: Callable[[Path], None] = field(default=lambda folder: None, repr=False)  # of a data folder that was made
    known_workbook: str = field(default="", repr=False)  # id of the embedded one, where it was seen to be there
    read_clock: Callable[[tzinfo], datetime] = field(default=datetime.now, repr=False)  # the hour in a time zone
    trouble: str = field(default="", init=False)  # what is wrong with the rules file; empty: nothing
    _read: ReadRules | None = field(default=None, init=False)  # the last
    _judged_by: Any = field(default=None, init=False)  # the stamps that they were held against
    _told: dict[str, str] = field(default_factory=dict, init=False)  # of pushes, failures, backups: sentence by item
    _roster: tuple[tuple[Any, ...], Roster] | None = field(default=None, init=False, repr=False)  # what of, the last
    _docx: tuple[Letter, bytes] | None = field(default=None, init=False, repr=False)  # the one made last
    phone_hour: datetime | None = field(default=None, init=False)  # of the last form that a phone sent with its hour
    _has_photo_records: bool = field(default=False, init=False, repr=False)  # in the ledger and beside the photos
    ticking: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)  # one look at a time

    def now(self) -> datetime:
        """The hour in the bureau's time zone."""
        return self.read_clock(self.rules().bureau.zone)

    @cached_property
    def templates(self) -> dict[str, tabs.Tab]:
        return read_templates(self.settings.templates)

    @property
    def embedded(self) -> bool:
        """Whether the workbook is the embedded one, not a Google spreadsheet."""
        return not self.settings.workbook

    @cached_property
    def store(self) -> AnyStore:
        self._make_folder()
        return open_store(self.settings)

    def _make_folder(self) -> None:
        """The data folder, where it is not there yet; ``tell_new`` is told. Raises ``SettingsError``."""
        folder = self.settings.data
        try:
            is_new = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"数据文件夹 {folder} 用不了：{error.strerror}。请检查 JIELU_DATA。") from error
        if is_new:
            self.tell_new(folder)

    @cached_property
    def api(self) -> Api:
        """The embedded workbook's API."""
        return Api(self.store, push_hosts=self.settings.push_hosts)

    @cached_property
    def accounts(self) -> Accounts:
        """The service accounts that may use the embedded workbook over HTTP."""
        return Accounts(self.store)

    @cached_property
    def tiles(self) -> Tiles:
        """Tiles of the map, fetched and kept."""
        return Tiles(self.settings.data / TILES, Fetcher(bounds=TILE, inside=self.settings.tile_hosts))

    @cached_property
    def street_file(self) -> StreetFile:
        """The bureau's own drawing of its streets."""
        return StreetFile(self.settings.data)

    @property
    def noted_address(self) -> Path:
        """The file in which a server notes its address while it runs."""
        return self.settings.data / "running.url"

    @property
    def address(self) -> str:
        """The address under which people and programs reach the service: as set, as a server that runs has noted it, or
        where it listens without options. Never what a request says: anybody can write that."""
        if self.settings.url:
            return self.settings.url
        noted = self.noted_address
        return noted.read_text("utf-8").strip() if noted.exists() else DEFAULT_URL

    @cached_property
    def client(self) -> Client:
        """The client of looks, pushes and commands: where Google's quota is used up, it waits."""
        return self._new_client(LOOKS)

    @cached_property
    def page_client(self) -> Client:
        """The client of what a person waits for: where Google's quota is used up, he is told to try again."""
        return self.client if self.embedded else self._new_client(PAGES)

    def _new_client(self, rate: Rate) -> Client:
        if self.embedded:
            return Client(None, session(self.api))
        if not self.settings.google:
            raise SettingsError("用 Google 表格要有服务账号文件，请设置 GOOGLE_APPLICATION_CREDENTIALS。")
        credentials = read_credentials(self.settings.google)
        project = str(credentials.project_id or credentials.service_account_email)
        return Client(credentials, quota=self._quota(rate, project))

    def _quota(self, rate: Rate, project: str) -> Quota:
        """How fast Google is asked: as this process counts, or, among many bureaus, as all together."""
        if not self.settings.is_of_many:
            return Quota(rate)
        return SharedQuota(rate, Quotas(self.ledger.engine, project), "pages" if rate is PAGES else "looks")

    @cached_property
    def workbook(self) -> str:
        """The id of the spreadsheet; an embedded one is made where there is none."""
        if not self.embedded:
            return self.settings.workbook
        if self.known_workbook:
            return self.known_workbook
        return own_workbook.find_or_make(self.client, self.settings.data / "workbook.id")

    @cached_property
    def gateway(self) -> Gateway:
        """The gateway of the ticks."""
        return Gateway(self.client, self.workbook, self.templates)

    def new_gateway(self) -> Gateway:
        """A gateway for a page, since a tick may be using the other."""
        return Gateway(self.page_client, self.workbook, self.templates)

    @cached_property
    def ledger(self) -> Ledger:
        rules, _ = self._first_rules()
        return Ledger(self.settings.database, self.workbook, rules.bureau.zone)

    @property
    def rules_file(self) -> Path:
        """The file in force: the one that JIELU_RULES names, else the one in the data folder (there once the rules were
        changed on the page), else the package's."""
        own = self.settings.rules
        return own if self.settings.environ.get("JIELU_RULES") or own.exists() else default_path(RULES_NAME)

    def rules_text(self) -> str:
        try:
            return self.rules_file.read_text("utf-8")
        except OSError as error:
            raise SettingsError(f"读不到规则文件 {self.rules_file}：{error.strerror}。请检查 JIELU_RULES。") from error

    def _first_rules(self) -> tuple[Rules, str]:
        """The file's rules, or the package's where the file has mistakes: for the zone, before the ledger is open."""
        try:
            return load_rules(self.rules_text(), self.rules_file.name), ""
        except RulesError as error:
            return load_rules(default_path(RULES_NAME).read_text("utf-8")), str(error)

    def rules(self) -> Rules:
        """The rules in force: the file's, or the last good ones while the file has a mistake (``trouble``)."""
        mark, read = _mark(self.rules_file), self._read
        if read is None or mark is None or read.mark != mark or self._waits():
            read = self._read = self._read_again(read, mark)
        self.ledger.warnings = self._warnings()
        return read.rules

    def _read_again(self, before: ReadRules | None, mark: FileMark | None) -> ReadRules:
        text = self.rules_text()
        if before is not None and before.text == text and not self._waits():
            return replace(before, mark=mark)
        rules, self.trouble = rules_in_force(text, self.ledger)
        self._judged_by = self.ledger.current().stamps if self.trouble else None
        return ReadRules(mark, text, rules)

    def _waits(self) -> bool:
        """Whether what is wrong with the file may be right by now: a unit's last issues are over."""
        return bool(self.trouble) and self.ledger.current().stamps is not self._judged_by

    def _warnings(self) -> dict[str, str]:
        """What 运行状态 is to say that no look finds: sentence by item."""
        sentence = f"rules.toml 有错，仍按上一份正确的规则执行：{self.trouble}"
        return ({RULES_FILE: sentence} if self.trouble else {}) | self._told

    def _backup_warning(self, now: datetime) -> dict[str, str]:
        if self.settings.backup is None:
            return {}
        sentence = backup_sentence(BackupNotes(self.ledger).backup(), now, self.rules().backup.at)
        return {BACKUP_ITEM: sentence} if sentence else {}

    def _map_warning(self, now: datetime) -> dict[str, str]:
        return self.street_file.warning(self.roster(), now.date()) if self.street_file.is_there else {}

    # The hour
    def doubt(self, now: datetime) -> str:
        """Why this machine's clock is not believed at ``now``, in words; empty where it is, or something speaks for
        it: the kernel, Google's answers, a phone."""
        reason = belief.doubt(now, self._last_hour(), self.rules().calendar)
        phone = [self.phone_hour] if self.phone_hour else []
        if not reason or clock.kernel_is_synchronised() or belief.confirmed_by(now, phone):
            return ""
        return "" if not self.embedded and clock.agrees(self.client.date, now) else reason

    def doubt_given(self, now: datetime) -> str:
        """Why an hour given by hand (``--now``) is not believed."""
        return belief.given(now, self._last_hour())

    def _last_hour(self) -> datetime | None:
        return self.ledger.last_hour()

    def ticks(self, now: datetime, *, idle: bool = True, doubt: Callable[[datetime], str] | None = None) -> Report:
        """Tick until a tick writes nothing. ``idle``: not at all where nothing can have changed; a new warning, or one
        that is over, counts as a change. ``doubt``: says why the hour is not believed (None: it is); a clock that was
        put back by a little is waited for."""
        from sync import tick

        troubles = Pushes(self.ledger).troubles(now)
        failed = sentences(Failures(self.ledger).all(), now)
        pushes = {f"{PUSHES}「{name}」": words for name, words in troubles.items()}
        self._told = pushes | failed | self._backup_warning(now) | self._map_warning(now)
        rules, reason = self.rules(), doubt(now) if doubt else ""
        if doubt and belief.waits(now, self._last_hour()):
            return tick.Report(idle=True, problems=self.ledger.problems())
        own = clock.own_hours(self.ledger, now) if reason else ()
        with self.ticking:
            self._exchange_photo_records()
            return tick.ticks(self.gateway, self.ledger, rules, now, idle=idle, doubt=reason, own=own)

    def _exchange_photo_records(self) -> None:
        """Where the disk does not let it, the next look tries again."""
        if self._has_photo_records:
            return
        try:
            photo_records.exchange(self.ledger, self.settings.data / photo_records.PHOTO_FOLDER)
            self._has_photo_records = True
        except Exception:
            log.exception("exchanging the records of photos")

    def receive(self, now: datetime, store_photo: StorePhoto | None = None) -> Received:
        """Make rows of what form tools pushed. Without ``store_photo`` links of photos stay in the cells."""
        from sync.intake.pushes import PushIntake

        gateway = Gateway(self.client, self.workbook, self.templates)
        return PushIntake(gateway, self.ledger, self.rules(), store_photo).work(now)

    def trail(self, rid: str) -> list[dict[str, Any]]:
        """The history of a row, oldest first: tab, what, before, after as people read them, at (bureau's zone)."""
        zone, trail = self.ledger.zone, self.ledger.trail(rid)
        for entry in trail:
            columns = {column.header: column.type for column in self.templates[entry["tab"]].columns}
            kind = columns.get(entry["what"], "")
            entry |= {key: rows.cell_text(entry[key], kind, zone) for key in ("before", "after")}
            if entry.pop("put_back"):
                entry["what"] += "（系统列，已还原）"
        return trail

    def roster(self) -> Roster:
        """People, their roles and streets by the last look at the workbook. Every request asks for it: it is made anew
        where a part of it was replaced."""
        rules, memory = self.rules(), self.ledger.current()
        given = (rules, memory.days, *(memory.known.get(key) for key in ROSTER_TABS))
        if self._roster is None or any(now is not before for now, before in zip(given, self._roster[0], strict=True)):
            roster = remembered(self.templates, memory.known, rules.bureau.zone)
            self._roster = given, replace(roster, days=memory.days, names_of_units=rules.names_of_units)
        return self._roster[1]

    def looks_first(self, now: datetime) -> bool:
        """Whether a look is due that nobody made yet: what it finds at a sending hour goes out in the same mail. A look
        that doesn't come holds nothing back for long."""
        wake = self.ledger.wake()
        return wake is not None and wake <= now < wake + LOOKS_FIRST

    def deliver(self, now: datetime, *, groups: bool = True) -> outbox.Delivery:
        """Send the notices that are due, one sender at a time. ``groups`` False: none to group bots (a demo). Raises
        ``Busy`` while another sends: what both hold to be due would come twice.
        """
        with self.ledger.turn(DELIVERY):
            return self._deliver(now, groups=groups)

    def _deliver(self, now: datetime, *, groups: bool) -> outbox.Delivery:
        """Groups go first: a person who chose the group's message over a mail needs no mail once it was sent."""
        rules, done = self.rules(), outbox.Delivery()
        if groups:
            group_digests.deliver(self.ledger, self.bots, now, done, rules.limits.tries)
        mails = outbox.deliver(
            self.ledger,
            self.mailer,
            now,
            digest=bool(rules.notices.send_at),
            hours=timing.sending_hours(now, rules),
            link=self.settings.url or (self.address if self.ledger.is_demo() else ""),
            asked=demanded(rules),
            attachments=self._attachments,
            tries=rules.limits.tries,
        )
        return done + mails

    def letter(self, name: str) -> Letter | None:
        """The letter or record with that 函号, or with the name that it had as a draft; None where there is none."""
        known = self.ledger.current().letters
        return known.get(name) or next((letter for letter in known.values() if letter.number == name), None)

    def docx(self, letter: Letter) -> bytes:
        """The letter's .docx, from the bureau's template or else the package's. Raises ``letters.BadTemplate``."""
        own = self.settings.templates / letters.TEMPLATE
        if not own.exists():
            return letters.render(letter, default_path("sheet_templates") / letters.TEMPLATE)
        return letters.render_apart(letter, own)

    def _last_docx(self, letter: Letter) -> bytes:
        """As ``docx``; of a letter to several people it is made once."""
        if self._docx is None or self._docx[0] != letter:
            self._docx = letter, self.docx(letter)
        return self._docx[1]

    def _attachments(self, notice: Notice) -> outbox.Attachments:
        """Attachments of a mail about a letter; none where the template can't be used, so that the mail still goes."""
        letter = self.letter(notice.issue) if notice.kind in MAILED else None
        try:
            return ((f"{letter.name}.docx", self._last_docx(letter)),) if letter else ()
        except letters.BadTemplate:
            return ()

    @property
    def bots(self) -> dict[str, Bot]:
        """The group bots of the rules, with their addresses and secrets from the environment."""
        environ = self.settings.environ
        return {
            bot.name: Bot(bot.name, bot.kind, environ.get(bot.address, ""), environ.get(bot.secret or "", ""))
            for bot in self.rules().bots
        }

    @property
    def mailer(self) -> Mailer | DemoMailbox | None:
        """What sends mails: the server that is set; without one in a demo the mailbox of the data folder, else
        nothing."""
        if not self.settings.smtp:
            return DemoMailbox(self.settings.data / mailbox.FOLDER) if self.ledger.is_demo() else None
        if not self.settings.mail_from:
            raise SettingsError("设置了 JIELU_SMTP，还要设置 JIELU_MAIL_FROM（发件人邮箱）。")
        return Mailer(self.settings.smtp, self.settings.mail_from)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("ledger", "store"):
            if name in self.__dict__:
                self.__dict__[name].close()


def _mark(path: Path) -> FileMark | None:
    """None where the file is not there, or was changed so lately that its next change may bear the same hour."""
    try:
        stat = path.stat()
    except OSError:
        return None
    is_settled = stat.st_mtime + HOUR_OF_FILES < time.time()
    return FileMark(path, stat.st_ino, stat.st_mtime_ns, stat.st_size) if is_settled else None


def rules_in_force(text: str, ledger: Ledger) -> tuple[Rules, str]:
    """The rules of the file, or the last good ones with the sentence that says what is wrong with the file."""
    try:
        rules = load_rules(text)
        if rules.hash != ledger.last_rules_hash():  # those of the last look name every unit that it met
            demand_units(rules, ledger.open_units())
        return rules, ""
    except RulesError as error:
        last = ledger.last_rules()
        if last is None:
            raise
        return load_rules(last), str(error)
