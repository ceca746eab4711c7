"""Group bots of 企业微信, 钉钉 and 飞书: messages signed and cut to the length that each takes.

All three answer 200 to a message that they refused; the code in the body counts. The address of a bot is its password:
it stands in no sentence and no log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from sync.core.rules.section_links import DINGTALK, FEISHU, WECOM
from sync.outgoing.mail import LOOPBACK, Failure

TIMEOUT = (5, 15)  # seconds to connect, to answer
MOST_MESSAGE_BYTES = {
    WECOM: 2048,
    DINGTALK: 4000,
    FEISHU: 4000,
}  # of one text in UTF-8; the latter two take some 20 000
MINUTE, BLOCKED = timedelta(minutes=1), timedelta(minutes=10)

# Code of the answer → (what it means for staff, how long to keep quiet; None: the message itself will never be taken)
CODES: dict[str, dict[int, tuple[str, timedelta | None]]] = {
    WECOM: {
        45009: ("发得太快", MINUTE),
        40058: ("消息太长", None),
        93000: ("机器人的地址不对，或者机器人已经从群里移走，请检查环境变量", MINUTE),
    },
    DINGTALK: {
        130101: ("发得太快，钉钉要停十分钟", BLOCKED),
        310000: ("没有通过机器人的安全设置（加签、关键词或 IP），请检查 secret 和群里的设置", MINUTE),
    },
    FEISHU: {
        9499: ("消息格式不对或太长", None),
        11232: ("发得太快", MINUTE),
        19021: ("签名不对，请检查 secret 和服务器的时钟", MINUTE),
        19022: ("服务器的 IP 不在机器人的白名单里", MINUTE),
        19024: ("消息里没有机器人要求的关键词，可以设成“街路长”", MINUTE),
    },
}


class Refusal(Failure):
    """A message that the bot did not take. ``pause``: how long to send it nothing."""

    def __init__(self, sentence: str, *, permanent: bool = False, pause: timedelta = timedelta(0)) -> None:
        super().__init__(sentence, permanent=permanent)
        self.pause = pause


@dataclass(frozen=True)
class Bot:
    """A group's bot. ``address`` and ``secret`` are the values themselves; an empty address: not set up."""

    name: str
    kind: str
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def most_bytes(self) -> int:
        return MOST_MESSAGE_BYTES[self.kind]

    def quiet(self, now: datetime) -> bool:
        """Whether to send nothing in this minute: 飞书 refuses at the hour and the half hour."""
        return self.kind == FEISHU and now.minute in (0, 30)

    def send(self, text: str, now: datetime) -> None:
        """Send a message; returns when the group has it. Raises ``Refusal``."""
        try:
            answer = requests.post(self._url(now), json=self._body(text, now), timeout=TIMEOUT, allow_redirects=False)
        except (requests.RequestException, ValueError) as error:  # the error's text holds the address
            raise Refusal(f"连接不上{self.kind}：{type(error).__name__}", pause=MINUTE) from None
        if answer.status_code != 200:
            raise Refusal(f"{self.kind}答 {answer.status_code}，不是 200", pause=MINUTE)
        self._judge(answer)

    def _judge(self, answer: requests.Response) -> None:
        try:
            body = answer.json()
            code = int(body["errcode"] if "errcode" in body else body["code"] if "code" in body else body["StatusCode"])
        except (ValueError, KeyError, TypeError):
            raise Refusal(f"{self.kind}的回答看不懂，当作没有收下", pause=MINUTE) from None
        if code:
            words, pause = CODES[self.kind].get(code, ("没有收下", MINUTE))
            raise Refusal(
                f"{self.kind}「{self.name}」{words}（{code}）", permanent=pause is None, pause=pause or MINUTE
            )

    def _url(self, now: datetime) -> str:
        parts = urlsplit(self.address)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("a bot's address is its password and goes over https alone")
        if self.kind != DINGTALK or not self.secret:
            return self.address
        stamp = str(int(now.timestamp() * 1000))
        return f"{self.address}&timestamp={stamp}&sign={ding_sign(self.secret, stamp)}"

    def _body(self, text: str, now: datetime) -> dict[str, Any]:
        if self.kind != FEISHU:
            return {"msgtype": "text", "text": {"content": text}}
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self.secret:
            stamp = str(int(now.timestamp()))
            body |= {"timestamp": stamp, "sign": feishu_sign(self.secret, stamp)}
        return body


def ding_sign(secret: str, stamp: str) -> str:
    """钉钉 加签, ready for the query. ``stamp``: milliseconds since 1970."""
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(mac).decode(), safe="")


def feishu_sign(secret: str, stamp: str) -> str:
    """飞书 签名. ``stamp``: seconds since 1970; the text is the key and the message is empty."""
    mac = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(mac).decode()


def harmless(text: str) -> str:
    """The text on one line, without signs that these chats take for mentions, tags or links."""
    return " ".join(text.translate(str.maketrans("<>@[]`*", "＜＞＠［］＇＊")).split())


def cut(line: str, most: int) -> str:
    """The line in at most ``most`` bytes of UTF-8."""
    if len(line.encode()) <= most:
        return line
    return line.encode()[: most - 3].decode("utf-8", "ignore") + "…"


def pages(lines: Iterable[str], most: int) -> list[list[str]]:
    """Lines in as few pages as hold them in ``most`` bytes each, line ends counted; no line is broken."""
    filled: list[list[str]] = []
    size = most + 1
    for line in lines:
        length = len(line.encode()) + 1
        if size + length > most:
            filled.append([])
            size = 0
        filled[-1].append(line)
        size += length
    return filled
