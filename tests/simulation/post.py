"""A mail server in memory: takes mails, refuses them, stops, or is cut off after it said yes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sync.core.notices.notices import SENT
from sync.outgoing.mail import Failure
from tests.simulation.faults import Death

NUMBERS = re.compile(r"通知号 (.*)")
MOODS = ("takes", "takes", "refuses now", "refuses for good", "stops", "odd", "dies after yes", "no connection")


@dataclass
class Post:
    """``sent``: how often each notice was taken; ``by_mail``: the numbers of each mail by its id; ``taken``: the ids of
    a delivery's mails; ``unsure``: mails whose yes was not noted, since the process died or its disk was full: each may
    come again, as it was."""

    may_be_silent = True  # as a real one: it may have taken a mail and never say so
    went_out = SENT
    mood: str = "takes"
    sent: Counter[str] = field(default_factory=Counter)
    by_mail: dict[str, tuple[str, ...]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)
    dead: bool = False

    @contextmanager
    def open(self) -> Iterator[Post]:
        if self.mood == "no connection":
            raise Failure("连接不上邮件服务器", stops=True)
        yield self

    def send(self, mail: Any) -> None:
        match self.mood:
            case "refuses now":
                raise Failure("收件人被拒收（450）", recipient=True)
            case "refuses for good":
                raise Failure("没有这个收件人（550）", permanent=True, recipient=True)
            case "stops":
                raise Failure("邮件服务器嫌发得太快", stops=True)
            case "odd":
                raise RuntimeError("nobody foresaw this")
        self._take(mail)
        if self.mood == "dies after yes":
            self.mood = "takes"
            raise Death

    def _take(self, mail: Any) -> None:
        listed = NUMBERS.findall(mail.text)
        numbers = tuple(listed[-1].split("、")) if listed else ()
        before = self.by_mail.get(mail.id)
        if before is not None and before != numbers:
            self.odd.append(f"同一封邮件 {mail.id[:8]} 两次内容不同")
        again = before is not None and mail.id in self.unsure
        self.by_mail[mail.id] = numbers
        self.taken.append(mail.id)
        self.unsure.discard(mail.id)
        if not again:
            self.sent.update(numbers)

    def unsure_numbers(self) -> set[str]:
        """Notices that may come again."""
        return {number for mail in self.unsure for number in self.by_mail[mail]}

    def cut_off(self, noted: set[str]) -> None:
        """The delivery ended before its end: of its mails those whose notices are not ``noted`` as sent may come
        again."""
        self.unsure |= {mail for mail in self.taken if not noted.issuperset(self.by_mail[mail])}
