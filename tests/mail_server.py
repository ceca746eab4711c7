"""A real SMTP server on loopback, with TLS where asked, that can refuse, delay and die; it stops by itself."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class MailServer:
    """Collects the mails. ``answer`` may refuse a recipient: ``550 ...`` for good, ``451 ...`` for now."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.answer: Callable[[str], str] = lambda address: "250 OK"
        self.after: Callable[[], None] = lambda: None
        self.most = 1000  # letters a connection takes before the server closes it
        self.connections = 0
        self.passwords: list[str] = []  # that clients told

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:
        self.connections += 1
        session.host_name, session.taken = hostname, 0
        return responses

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, told: LoginPassword) -> AuthResult:
        self.passwords.append(told.password.decode())
        return AuthResult(success=True)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if session.taken >= self.most:
            return "421 4.4.2 closing this connection"
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        session.taken += 1
        self.after()
        return "250 taken"

    def texts(self) -> list[str]:
        return [words(letter) for letter in self.received]


def words(letter: EmailMessage, kind: str = "plain") -> str:
    """What a letter says in its plain (or ``html``) part."""
    part = letter.get_body((kind,))  # type: ignore[arg-type]
    assert part is not None
    return str(part.get_content())


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, mails: MailServer | None = None, login: bool = False
) -> Iterator[tuple[MailServer, str]]:
    """The server and its URL. ``mails``: what handles them, where it is not the usual; ``login``: it takes passwords,
    without TLS."""
    mails = mails or MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"authenticator": mails.authenticate, "auth_require_tls": False} if login else {}
    controller = Controller(mails, hostname="127.0.0.1", port=port, ssl_context=tls, ready_timeout=20, **options)
    controller.start()
    try:
        yield mails, f"{'smtps' if tls else 'smtp'}://127.0.0.1:{port}"
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1, good for an hour: the file to trust, and the server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "trusted.pem", folder / "private.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context
