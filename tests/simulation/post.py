"""A mail server in memory: takes mails, refuses them, stops, or is cut off after it said yes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sync.outgoing.mail import Failure
from tests.simulation.faults import Death

NUMBERS = re.compile(r"通知号 (.*)")
MOODS = ("takes", "takes", "refuses now", "refuses for good", "stops", "odd", "dies after yes", "no connection")


@dataclass
class Post:
    """``sent``: how often each notice was taken; ``by_mail``: the numbers of each mail by its id; ``unsure``: mails
    after whose yes the process died."""

    mood: str = "takes"
    sent: Counter[str] = field(default_factory=Counter)
    by_mail: dict[str, tuple[str, ...]] = field(default_factory=dict)
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
            self.unsure.add(mail.id)
            raise Death

    def _take(self, mail: Any) -> None:
        listed = NUMBERS.findall(mail.text)
        numbers = tuple(listed[-1].split("、")) if listed else ()
        before = self.by_mail.get(mail.id)
        if before is not None and before != numbers:
            self.odd.append(f"同一封邮件 {mail.id[:8]} 两次内容不同")
        again = before is not None and mail.id in self.unsure
        self.by_mail[mail.id] = numbers
        if not again:
            self.sent.update(numbers)
