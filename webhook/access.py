"""Who may look: a signed link that opens a session (the only keys are ``JIELU_SECRET`` or a file beside the data)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from flask import session
from itsdangerous import BadSignature, URLSafeTimedSerializer

LINK_SECONDS = 7 * 86400  # a printed link opens a session for a week


def secret(given: str, data: Path) -> str:
    """The key of this installation: from the environment, else made once and kept in the data folder."""
    if given:
        return given
    kept = data / "secret"
    if not kept.exists():
        data.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    return kept.read_text().strip()


def link_token(key: str) -> str:
    """What a link carries to open the status page."""
    return URLSafeTimedSerializer(key, salt="status-link").dumps("office")


def enter(key: str, token: str) -> bool:
    """Open a session for who comes by a good link."""
    try:
        URLSafeTimedSerializer(key, salt="status-link").loads(token, max_age=LINK_SECONDS)
    except BadSignature:
        return False
    session["office"] = True
    return True


def inside() -> bool:
    return bool(session.get("office"))
