"""Mail over SMTP. Only this module imports smtplib.

Every failure is a ``Failure``: a sentence, and what can help.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sync.core.notices.notices import SENT
from sync.outgoing.mail_text import Message, as_bytes, parts_of

TIMEOUT = 30  # seconds
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PLAIN = "smtp+plain"  # whoever wrote this knows that the password can be read on its way
CLOSING = 421  # the server closes this connection; it says nothing of the mail
# What the words of a refusal mean, whatever its number: servers in China send 550 for all three (QQ, 163, Coremail).
TOO_FAST = re.compile(
    r"\b4\.(7\.28|3\.2|5\.3)\b|frequen|too (many|much|fast)|sending quota|rate.?limit|频率|过快|发信量"
    r"|\b(HL:(REP|ICC|IFC|MEP)|MI:(CEL|DMC|CCL|SFQ|STC)|RP:(DRC|CEL|CCL|QRC|FRL|RCL|TRC))",
    re.IGNORECASE,
)
FULL = re.compile(
    r"\b[45]\.2\.2|(mail)?box (is )?full|over ?quota|quota exceeded|exceeded storage|insufficient (\w+ )*storage"
    r"|空间不足|容量满|已满",
    re.IGNORECASE,
)
NOBODY = re.compile(
    r"\b[45]\.1\.[0-9]|user (is )?(not (found|exist|known)|unknown)|no such|(mailbox|recipient) not found|unknown user"
    r"|invalid (user|recipient|mailbox)|不存在|未开通",
    re.IGNORECASE,
)

NO_TLS = (
    "邮件服务器没有提供加密，密码没有发给它。请改用 smtps://（465 端口），或者请管邮件服务器的人打开 STARTTLS；"
    f"确实只有明文的，把 JIELU_SMTP 的开头写成 {PLAIN}://"
)


class Failure(RuntimeError):
    """A message that was not sent. ``permanent``: trying again can't help. ``recipient``: the receiver's address was
    refused, while our server, sender or settings, which concern every message, were not. ``stops``: no further mail is
    to be tried now. ``unsure``: no answer came, so that it may have been received."""

    def __init__(
        self, sentence: str, *, permanent: bool = False, recipient: bool = False, stops: bool = False,
        unsure: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(sentence)
        self.permanent = permanent
        self.recipient = recipient
        self.stops = stops
        self.unsure = unsure


class Closed(RuntimeError):
    """The server closed the connection; the mail is to be sent by a new one."""


@dataclass(frozen=True)
class Mailer:
    """SMTP by URL: ``smtps://user:password@host:465``, or ``smtp://host:25`` (STARTTLS where it is offered; a password
    goes without it to this machine alone, or where the URL begins with ``smtp+plain://``)."""

    url: str
    sender: str

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A connection for several mails. Raises ``Failure`` where there is none."""
        connection = Connection(self)
        try:
            yield connection
        finally:
            connection.quit()

    def connect(self) -> smtplib.SMTP:
        """A server that is ready for mails. Raises ``Failure``."""
        try:
            return self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise Failure(f"邮箱登录失败：{_decoded(error.smtp_error)}", stops=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Failure(f"连接不上邮件服务器：{error}", stops=True) from error

    def _connect(self) -> smtplib.SMTP:
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("smtp", "smtps", PLAIN) and parts.hostname and (parts.port or True)
        except ValueError:  # a port that is no number
            known = False
        if not known or not parts.hostname:
            raise Failure("JIELU_SMTP 应当写成 smtps://用户:密码@服务器:465", stops=True)
        safe = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=TIMEOUT, context=safe)
        else:
            server = smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=safe)
            elif parts.username and parts.scheme != PLAIN and parts.hostname not in LOOPBACK:
                server.close()
                raise Failure(NO_TLS, stops=True)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


class Connection:
    """Sends mails one after the other; where the server closes the connection, by a new one at once."""

    went_out = SENT  # the state of notices that it took
    may_be_silent = True  # a mail may be taken whose answer is lost

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._server = mailer.connect()

    def send(self, mail: Message) -> None:
        """Send one mail; returns when the server accepted it. Raises ``Failure``."""
        if not mail.to.isascii() or not mail.to.isprintable():
            raise Failure(
                f"邮箱「{mail.to}」里有中文、全角字符或换行，请在组织架构里改正。", permanent=True, recipient=True
            )
        content = as_bytes(mail, self._mailer.sender)
        try:
            self._send(mail.to, content)
        except Closed:  # servers close after some letters, or after some minutes without any
            self._server.close()
            self._send_again(mail.to, content)

    def _send_again(self, to: str, content: bytes) -> None:
        """By a new connection. Whatever comes of it, the first may have taken the mail before it closed."""
        try:
            self._server = self._mailer.connect()
            self._send(to, content)
        except Closed as again:
            raise Failure(f"发送中断：{again}", stops=True, unsure=True) from again
        except Failure as failure:
            failure.unsure = True
            raise

    def _send(self, to: str, content: bytes) -> None:
        _, sender = parts_of(self._mailer.sender)
        try:
            self._server.sendmail(sender, [to], content)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(*next(iter(error.recipients.values())), of_recipient=True) from error
        except smtplib.SMTPSenderRefused as error:
            failure = _refused(error.smtp_code, error.smtp_error, of_recipient=False)
            if failure.stops:
                raise failure from error
            words = f"（{error.smtp_code}）：{_decoded(error.smtp_error)}"
            sentence = f"发件人 {self._mailer.sender} 被邮件服务器拒绝{words}。请检查 JIELU_MAIL_FROM。"
            raise Failure(sentence) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error, of_recipient=False) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Closed(str(error)) from error

    def quit(self) -> None:
        try:
            self._server.quit()
        except (OSError, smtplib.SMTPException):
            self._server.close()


def _refused(code: int, answer: bytes | str, *, of_recipient: bool) -> Failure:
    """What a refusal means, by its words first. Raises ``Closed`` where it says nothing of the mail."""
    words = _decoded(answer)
    answer_words = f"（{code}）：{words}"
    if TOO_FAST.search(words):
        return Failure(f"邮件服务器嫌发得太快或太多{answer_words}。过一会儿再发，不用改什么。", stops=True)
    if code == CLOSING:
        raise Closed(f"邮件服务器断开{answer_words}")
    if FULL.search(words):
        return Failure(f"收件人的邮箱满了{answer_words}。请本人清理邮箱。", recipient=True)
    if NOBODY.search(words):
        sentence = f"没有这个收件人{answer_words}。请核对组织架构里的邮箱。"
        return Failure(sentence, permanent=code >= 500, recipient=True)
    if of_recipient:
        return Failure(f"收件人被拒收{answer_words}", permanent=code >= 500, recipient=True)
    return Failure(f"邮件服务器拒绝{answer_words}")


def _decoded(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words
