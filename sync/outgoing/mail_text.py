"""A mail as bytes that every program reads back equal: subject, names and names of files are encoded here.

Python's newer ``email`` policies fold a text between two encoded words and lose the blank that stood there; the older
``Header`` encodes the whole text, blanks included. Bodies are base64, which every server takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime

from sync.core.sheet.values.texts import clean

DOCX = "vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Message:
    """A mail to one person."""

    to: str  # address
    subject: str
    text: str
    id: str  # becomes its Message-ID: a repeat after a crash carries the same
    html: str = ""  # the same text as HTML; empty: plain text alone
    files: tuple[tuple[str, bytes], ...] = ()  # .docx files: name and content
    at: datetime | None = None  # hour of its Date (aware); None: that of this machine


def as_bytes(mail: Message, sender: str) -> bytes:
    """The mail as it is sent. ``sender``: an address, or a name and ``<address>``."""
    message = _with_files(mail, _body(mail))
    name, address = parts_of(sender)
    message["From"] = f"{encoded(name)} <{address}>" if name else address
    message["To"] = mail.to
    message["Subject"] = Header(subject(mail.subject), "utf-8", header_name="Subject")  # type: ignore[assignment]
    message["Date"] = format_datetime(mail.at or datetime.now(UTC))
    message["Message-ID"] = f"<{mail.id}@{address.rpartition('@')[2] or 'jielu'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note comes back
    return message.as_bytes(policy=message.policy.clone(linesep=SMTP.linesep))


def parts_of(sender: str) -> tuple[str, str]:
    """Name and address of ``街路长台账 <jielu@xidu.example>``; an empty name where there is none."""
    name, _, address = sender.strip().removesuffix(">").rpartition("<")
    return clean(name.strip(' "')), address.strip()


def subject(text: str) -> str:
    """A subject is one line."""
    return " ".join(clean(text).split())


def encoded(text: str) -> str:
    """A name in a header as encoded words (RFC 2047); letters, digits and blanks as they are."""
    return text if text.replace(" ", "").isalnum() and text.isascii() else Header(text, "utf-8").encode(linesep="\n")


def _body(mail: Message) -> MIMEBase:
    plain = MIMEText(_printable(mail.text), "plain", "utf-8")
    if not mail.html:
        return plain
    parts = [plain, MIMEText(_printable(mail.html), "html", "utf-8")]
    return MIMEMultipart("alternative", boundary=f"=_{mail.id}", _subparts=parts)  # the same bytes each time


def _printable(text: str) -> str:
    """Without half characters, which no encoding takes."""
    return text.encode("utf-8", "replace").decode()


def _with_files(mail: Message, body: MIMEBase) -> MIMEBase:
    if not mail.files:
        return body
    return MIMEMultipart("mixed", boundary=f"=__{mail.id}", _subparts=[body, *(_file(*file) for file in mail.files)])


def _file(name: str, content: bytes) -> MIMEApplication:
    """Its name stands twice: as RFC 2231 has it, and as an encoded word for old readers."""
    part = MIMEApplication(content, DOCX, name=encoded(subject(name)))
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", subject(name)))
    return part
