"""The doors through which notices leave: mail over SMTP. The only room of smtplib.

A failure comes out as one shape: a sentence, and whether trying again can help.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

TIMEOUT = 30  # seconds
DOCX = "vnd.openxmlformats-officedocument.wordprocessingml.document"
Connection = smtplib.SMTP


class Failure(RuntimeError):
    """A message that did not go out. ``permanent``: the receiver will never take it as it is. ``recipient``: it was
    the receiver who was refused, and not our server, sender or settings, which stand in the way of every letter."""

    def __init__(self, sentence: str, *, permanent: bool = False, recipient: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.recipient = recipient


@dataclass(frozen=True)
class Letter:
    """A mail. ``id`` is stable: a repeat after a crash carries the same Message-ID. ``html``: the same words for those
    who read it so; empty: plain alone. ``files``: .docx files by name."""

    to: str
    subject: str
    text: str
    id: str
    html: str = ""
    files: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Mail:
    """SMTP by URL: ``smtps://user:password@host:465``, or ``smtp://host:25`` (STARTTLS where it is offered)."""

    url: str
    sender: str

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A connection for several letters; ``Failure`` when there is none to be had."""
        try:
            server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise Failure(f"邮箱登录失败：{_said(error.smtp_error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Failure(f"连接不上邮件服务器：{error}") from error
        try:
            yield server
        finally:
            _quit(server)

    def _connect(self) -> Connection:
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port or True)
        except ValueError:  # a port that is no number
            known = False
        if not known or not parts.hostname:
            raise Failure("JIELU_SMTP 应当写成 smtps://用户:密码@服务器:465")
        safe = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=TIMEOUT, context=safe)
        else:
            server = smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=safe)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server

    def send(self, server: Connection, letter: Letter) -> None:
        """Hand one letter over; returns when the receiver's server said yes."""
        if not letter.to.isascii() or not letter.to.isprintable():
            raise Failure(
                f"邮箱「{letter.to}」里有中文、全角字符或换行，请在组织架构里改正。", permanent=True, recipient=True
            )
        try:
            server.send_message(self._message(letter))
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            sentence = f"收件人被拒收（{code}）：{_said(words)}"
            raise Failure(sentence, permanent=code >= 500, recipient=True) from error
        except smtplib.SMTPSenderRefused as error:
            sentence = f"发件人 {self.sender} 被邮件服务器拒绝（{error.smtp_code}）：{_said(error.smtp_error)}"
            raise Failure(f"{sentence}。请检查 JIELU_MAIL_FROM。") from error
        except smtplib.SMTPResponseException as error:
            raise Failure(f"邮件服务器拒绝（{error.smtp_code}）：{_said(error.smtp_error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Failure(f"发送中断：{error}") from error

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = letter.to
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = f"<{letter.id}@{self.sender.rpartition('@')[2].strip('>') or 'jielu'}>"
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
            message.set_boundary(f"=_{letter.id}")  # stable too: a repeat is the same mail
        for name, content in letter.files:
            message.add_attachment(content, "application", DOCX, filename=name)
        if letter.files:
            message.set_boundary(f"=__{letter.id}")
        return message


def _said(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _quit(server: Connection) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
