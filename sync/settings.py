"""Settings from the environment, and the files that they name.

Secrets come from the environment or from a ``.env`` file of the working folder, never from a sheet or a rule.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dotenv import dotenv_values

from sync.core.sheet import tabs

HERE = Path(__file__).parent
ADDRESS = re.compile(r"/spreadsheets/d/([A-Za-z0-9_-]+)")
RULES_NAME = "rules.toml"
MOVED = "moved.txt"  # in a data folder whose bureau goes on elsewhere: where
# Characters; a shorter one can be guessed.
LEAST_SECRETS = {"JIELU_SECRET": 32, "JIELU_METRICS": 20, "JIELU_NUDGE_SECRET": 20}


class SettingsError(RuntimeError):
    """Something that the environment names can't be used; the sentence says what to do."""


@dataclass(frozen=True)
class Settings:
    """The environment as read (DESIGN section 11)."""

    data: Path
    workbook: str  # id of the Google spreadsheet; empty: the embedded workbook
    database: str  # URL
    rules: Path
    templates: Path  # folder
    smtp: str  # URL; empty: no mail is sent
    mail_from: str
    secret: str
    url: str  # begins the links in notices; without a slash at its end
    google: str  # file of a service account
    metrics: str  # the token with which Prometheus comes; empty: there is no /metrics
    log: str  # how lines of the log are written: text or json
    backup: Path | None  # folder of the backups; None: none are made by the clock
    proxy: str = ""  # address of the reverse proxy whose X-Forwarded-For is believed; empty: none is
    nudge_secret: str = ""  # signs nudges alone, for scripts that others can read; empty: there is none
    push_hosts: tuple[str, ...] = ()  # that the embedded workbook may tell of changes (``addresses.allowed``)
    tile_hosts: tuple[str, ...] = ()  # of the own network, without https or at a port of their own, that have map tiles
    workbook_database: str = ""  # URL; empty: the embedded workbook is a file of the data folder
    space: str = ""  # code of the bureau whose space there it is
    is_of_many: bool = False  # its databases are those of many bureaus
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)  # where rules name a variable

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """From ``environ``; without it from the process's environment, which goes before ``.env`` of the working
        folder."""
        values = process_environ() if environ is None else dict(environ)
        data = Path(values.get("JIELU_DATA", "data"))
        address = ADDRESS.search(values.get("JIELU_WORKBOOK", ""))
        return cls(
            data=data,
            workbook=address[1] if address else values.get("JIELU_WORKBOOK", "").strip(),
            database=values.get("JIELU_DATABASE", "") or f"sqlite:///{data / 'ledger.sqlite3'}",
            rules=Path(values.get("JIELU_RULES", "") or data / RULES_NAME),
            templates=Path(values.get("JIELU_TEMPLATES", "") or default_path("sheet_templates")),
            smtp=values.get("JIELU_SMTP", ""),
            mail_from=values.get("JIELU_MAIL_FROM", ""),
            secret=values.get("JIELU_SECRET", ""),
            url=values.get("JIELU_URL", "").rstrip("/"),
            google=values.get("GOOGLE_APPLICATION_CREDENTIALS", ""),
            metrics=values.get("JIELU_METRICS", ""),
            log="json" if values.get("JIELU_LOG", "").lower() == "json" else "text",
            backup=Path(values["JIELU_BACKUP"]) if values.get("JIELU_BACKUP") else None,
            proxy=values.get("JIELU_PROXY", "").strip(),
            nudge_secret=values.get("JIELU_NUDGE_SECRET", ""),
            push_hosts=_listed(values.get("JIELU_PUSH_HOSTS", "")),
            tile_hosts=_listed(values.get("JIELU_TILE_HOSTS", "")),
            workbook_database=values.get("JIELU_WORKBOOK_DATABASE", "").strip(),
            space=values.get("JIELU_BUREAU", "").strip(),
            is_of_many=bool(values.get("JIELU_BUREAUS")),
            environ=values,
        )


def process_environ() -> dict[str, str]:
    """The process's environment, which goes before ``.env`` of the working folder."""
    return {**read_env(Path(".env")), **os.environ}


def read_env(file: Path) -> dict[str, str]:
    """What a ``.env`` file sets; nothing where there is none."""
    return {key: value for key, value in dotenv_values(file).items() if value is not None}


def check_not_moved(folder: Path) -> None:
    """Raises ``SettingsError`` where what is in a data folder goes on elsewhere: two would write for one bureau."""
    if (folder / MOVED).exists():
        raise SettingsError(
            f"{folder} 里的台账已经移走：{(folder / MOVED).read_text('utf-8').strip()}。"
            f"确实要在这里继续，先停掉那一边，再删掉这个文件夹里的 {MOVED}。"
        )


def check_owner(folder: Path) -> None:
    """Raises ``SettingsError`` where root is about to write into another user's folder: the service, which runs as that
    user, could not change or remove those files."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == 0:
        return
    try:
        owner = folder.owner()
    except KeyError:  # a number without a name, as of a container's volume
        owner = str(folder.stat().st_uid)
    raise SettingsError(
        f"数据文件夹 {folder} 是用户 {owner} 的，现在是 root：root 写的文件，服务以后改不了、删不了。"
        f"请用这个用户运行，例如 runuser -u {owner} -- jielu；照使用手册安装的，直接运行 jielu。"
    )


def _listed(text: str) -> tuple[str, ...]:
    """What stands between blanks and commas."""
    return tuple(host for host in re.split(r"[\s,]+", text) if host)


def default_path(name: str) -> Path:
    """Where ``rules.toml`` or ``sheet_templates`` lies: in a checkout beside ``sync/``, else the copy that an
    installed package carries."""
    beside = HERE.parent / name
    return beside if beside.exists() else HERE / "defaults" / name


@lru_cache(256)
def _parsed(text: str, name: str) -> tabs.Tab:
    """A template; many bureaus have the same ones."""
    return tabs.parse(text, name)


def read_templates(folder: Path) -> dict[str, tabs.Tab]:
    """All tabs by key, in the order of DESIGN section 4. Raises ``SettingsError`` for a folder without any."""
    templates = {}
    for path in sorted(folder.glob("*.toml")):
        tab = _parsed(path.read_text("utf-8"), path.name)
        templates[tab.key] = tab
    if not templates:
        raise SettingsError(f"{folder} 里没有表格模板（*.toml），请检查 JIELU_TEMPLATES。")
    return {
        key: templates[key]
        for key in [*[k for k in tabs.TAB_ORDER if k in templates], *[k for k in templates if k not in tabs.TAB_ORDER]]
    }
