"""Mail over SMTP. Only this module imports smtplib.

Every failure is a ``Failure``: a sentence, and whether trying again can help.
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
    """A message that was not sent. ``permanent``: trying again can't help. ``recipient``: the receiver's address was
    refused, while our server, sender or settings, which concern every message, were not."""

    def __init__(self, sentence: str, *, permanent: bool = False, recipient: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.recipient = recipient


@dataclass(frozen=True)
class Message:
    """A mail to one person."""

    to: str  # address
    subject: str
    text: str
    id: str  # becomes its Message-ID: a repeat after a crash carries the same
    html: str = ""  # the same text as HTML; empty: plain text alone
    files: tuple[tuple[str, bytes], ...] = ()  # .docx files: name and content


@dataclass(frozen=True)
class Mailer:
    """SMTP by URL: ``smtps://user:password@host:465``, or ``smtp://host:25`` (STARTTLS where it is offered)."""

    url: str
    sender: str

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A connection for several mails. Raises ``Failure`` where there is none."""
        try:
            server = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise Failure(f"邮箱登录失败：{_decoded(error.smtp_error)}") from error
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

    def send(self, server: Connection, mail: Message) -> None:
        """Send one mail; returns when the server accepted it. Raises ``Failure``."""
        if not mail.to.isascii() or not mail.to.isprintable():
            raise Failure(
                f"邮箱「{mail.to}」里有中文、全角字符或换行，请在组织架构里改正。", permanent=True, recipient=True
            )
        try:
            server.send_message(self._message(mail))
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            sentence = f"收件人被拒收（{code}）：{_decoded(words)}"
            raise Failure(sentence, permanent=code >= 500, recipient=True) from error
        except smtplib.SMTPSenderRefused as error:
            sentence = f"发件人 {self.sender} 被邮件服务器拒绝（{error.smtp_code}）：{_decoded(error.smtp_error)}"
            raise Failure(f"{sentence}。请检查 JIELU_MAIL_FROM。") from error
        except smtplib.SMTPResponseException as error:
            raise Failure(f"邮件服务器拒绝（{error.smtp_code}）：{_decoded(error.smtp_error)}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Failure(f"发送中断：{error}") from error

    def _message(self, mail: Message) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = f"<{mail.id}@{self.sender.rpartition('@')[2].strip('>') or 'jielu'}>"
        message.set_content(mail.text)
        if mail.html:
            message.add_alternative(mail.html, subtype="html")
            message.set_boundary(f"=_{mail.id}")  # also the same each time
        for name, content in mail.files:
            message.add_attachment(content, "application", DOCX, filename=name)
        if mail.files:
            message.set_boundary(f"=__{mail.id}")
        return message


def _decoded(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _quit(server: Connection) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
