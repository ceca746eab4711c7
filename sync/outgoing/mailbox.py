"""The demo's mailbox: where no mail server is set, mails of a demo go into a Maildir of the data folder, where any mail
program can read them. Only this module imports mailbox."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sync.core.notices.notices import IN_DEMO
from sync.outgoing.mail import Failure
from sync.outgoing.mail_text import Message, as_bytes

FOLDER = "mail"  # in the data folder
SENDER = "街路长台账（演示） <jielu@xidu.example>"  # a reserved name: no answer can ever arrive


def files(data: Path) -> Iterator[Path]:
    """The files of all mails in the mailbox of a data folder."""
    return data.glob(f"{FOLDER}/*/*")


@dataclass
class DemoMailbox:
    """Takes mails in the place of a server; ``folder``: of the Maildir, made with the first mail."""

    folder: Path
    went_out = IN_DEMO  # the state of notices that it took
    may_be_silent = False

    @cached_property
    def _box(self) -> mailbox.Maildir:
        return mailbox.Maildir(self.folder, create=True)

    @contextmanager
    def open(self) -> Iterator[DemoMailbox]:
        """Itself. Raises nothing; where there is no room, ``send`` does."""
        yield self

    def send(self, mail: Message) -> None:
        """Put one mail in. Raises ``Failure``."""
        try:
            self._box.add(as_bytes(mail, SENDER))
        except (OSError, mailbox.Error) as error:
            raise Failure(f"写不进演示信箱 {self.folder}：{error}。请检查磁盘和权限。", stops=True) from error
