"""The folder of all bureaus: in it a data folder for each, named by its code, with an ``.env`` of what is its own.

What all have in common, the database above all, comes from the environment of the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from sync.settings import Settings, SettingsError, process_environ, read_env

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
ENV = ".env"
# What one bureau has and no other: taken from its own file alone.
OWN = (
    "JIELU_DATA", "JIELU_WORKBOOK", "JIELU_RULES", "JIELU_SECRET", "JIELU_NUDGE_SECRET", "JIELU_URL", "JIELU_BUREAU",
)  # fmt: skip
# What all have in common: a bureau's own file can't change it.
COMMON = ("JIELU_DATABASE", "JIELU_WORKBOOK_DATABASE", "JIELU_BUREAUS")
LOOK_SECONDS, LATE_LOOKS = 60, 3


@dataclass(frozen=True)
class Folders:
    """Where the bureaus lie, and what they have in common.

    ``look_seconds``: how often each is looked at; ``late_looks``: after how many times that without a look it is late.
    """

    root: Path
    database: str
    common: Mapping[str, str]
    look_seconds: int = LOOK_SECONDS
    late_looks: int = LATE_LOOKS

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Folders:
        """From the environment. Raises ``SettingsError`` where it does not name a folder and a PostgreSQL database."""
        values = process_environ() if environ is None else environ
        if not values.get("JIELU_BUREAUS"):
            raise SettingsError("没有设置 JIELU_BUREAUS（所有局的文件夹，每个局一个子文件夹）。见 docs/bureaus.zh.md。")
        if find_spec("procrastinate") is None:
            raise SettingsError("许多局共用一个数据库要另装几个库：pip install 'jielu[postgresql]'。")
        database = values.get("JIELU_DATABASE", "")
        if not database.startswith("postgresql"):
            raise SettingsError(
                "许多局共用一个 PostgreSQL，请设置 JIELU_DATABASE，写成 postgresql+psycopg://用户:密码@服务器/库名。"
            )
        seconds, looks = (
            _whole(values, "JIELU_LOOK_SECONDS", LOOK_SECONDS), _whole(values, "JIELU_LATE_LOOKS", LATE_LOOKS)
        )  # fmt: skip
        return cls(Path(values["JIELU_BUREAUS"]), database, dict(values), seconds, looks)

    @property
    def late_after(self) -> timedelta:
        """So long without a look a bureau is late."""
        return timedelta(seconds=self.look_seconds * self.late_looks)

    def folder(self, code: str) -> Path:
        """The data folder of a bureau. Raises ``SettingsError`` for a code that can't be one."""
        if not CODE.fullmatch(code):
            raise SettingsError(f"局的代码「{code}」用不了：只能是字母、数字和短横线，最长 40 个，例如 xidu。")
        return self.root / code

    def environ(self, code: str) -> dict[str, str]:
        """The environment of a bureau: what is common, and what its own file says."""
        folder = self.folder(code)
        common = {key: value for key, value in self.common.items() if key not in OWN}
        if common.get("JIELU_BACKUP"):
            common["JIELU_BACKUP"] = str(Path(common["JIELU_BACKUP"]) / code)
        return {**common, **self._own(code), "JIELU_DATA": str(folder), "JIELU_BUREAU": code}

    def settings(self, code: str) -> Settings:
        """The settings of a bureau. Its rules name variables of its own file alone: whoever may change them could have
        the passwords of all sent to an address of his choice."""
        return replace(Settings.read(self.environ(code)), environ=self._own(code))

    def _own(self, code: str) -> dict[str, str]:
        """What its own file says, without what is common."""
        return {key: value for key, value in read_env(self.folder(code) / ENV).items() if key not in COMMON}

    def host(self, code: str) -> str:
        """The host under which its pages are asked for, in small letters, with its port if it has one; empty: none."""
        return urlsplit(read_env(self.folder(code) / ENV).get("JIELU_URL", "")).netloc.lower()

    def codes(self) -> Iterator[str]:
        """The codes of the folders that are there."""
        for path in sorted(self.root.iterdir()) if self.root.exists() else ():
            if path.is_dir() and CODE.fullmatch(path.name):
                yield path.name


def _whole(values: Mapping[str, str], name: str, otherwise: int) -> int:
    text = values.get(name, "") or str(otherwise)
    if not text.isdecimal() or not int(text):
        raise SettingsError(f"{name}「{text}」看不懂，请写一个整数，例如 {otherwise}。")
    return int(text)
