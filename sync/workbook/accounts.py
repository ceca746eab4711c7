"""Service accounts of the workbook and the OAuth tokens that they get (RFC 7523, as Google's token endpoint).

Only public keys and digests of tokens are kept: what signs in cannot be read from the file.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sync.workbook.cells.defaults import DOMAIN, PROJECT
from sync.workbook.cells.store import AnyStore
from sync.workbook.schema.errors import Json

LIFETIME = 3600  # seconds that an access token lives, and the longest that an assertion may
SKEW = 300  # seconds that clocks may differ
KEY_BITS = 3072  # of RSA, as strong as 128 bits: NIST SP 800-57 part 1, table 2
GOOGLE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = (
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive",
    "https://www.googleapis.com/auth/drive.file",
    "https://spreadsheets.google.com/feeds",
)
READ_ONLY = (
    "https://www.googleapis.com/auth/spreadsheets.readonly",
    "https://www.googleapis.com/auth/drive.readonly",
    "https://www.googleapis.com/auth/drive.metadata.readonly",
)


class SignedIn(NamedTuple):
    """Who a token was given to, and whether its scopes allow to write."""

    email: str
    writes: bool


class TokenError(Exception):
    """A refusal of the token endpoint: `error` and `error_description` of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = orjson.dumps({"error": error, "error_description": description})


class Accounts:
    """The accounts in a store. `clock` gives seconds since 1970."""

    def __init__(self, store: AnyStore, clock: Callable[[], float] = time.time) -> None:
        self.store, self.clock = store, clock

    def create(self, name: str, token_uri: str) -> Json:
        """A service-account file in Google's shape; the private key is in it and nowhere else.

        An account of that name gets a new key, and what signed in with the old one is out.
        """
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        email = f"{_slug(name)}@{DOMAIN}"
        key_id = secrets.token_hex(20)
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with self.store.write() as tx:
            tx.delete_tokens(email)
            tx.save_account((name, email, key_id, public))
        return _key_file(key, key_id, email, token_uri)

    def exchange(self, assertion: str, audience: str | None = None) -> Json:
        """A new access token for a signed assertion; TokenError when it proves nothing.

        `audience` is the address of this token endpoint. google-auth names Google's in every assertion, whatever the
        file says, so that one is accepted too: what counts is the key, which no other server knows.
        """
        header, claims, signed, signature = _taken_apart(assertion)
        email = str(claims.get("iss", ""))
        self._check_signature(header, email, signed, signature)
        self._check_claims(claims, audience)
        token = "ya29." + secrets.token_urlsafe(64)
        now = int(self.clock())
        with self.store.write() as tx:
            tx.drop_old_tokens(now)
            writes = bool(_scopes(claims) & set(SCOPES))
            tx.add_token((_digest(token), email, now + LIFETIME, writes))
        return {"access_token": token, "expires_in": LIFETIME - 1, "token_type": "Bearer"}

    def check(self, bearer: str) -> str | None:
        """The account's address to which a token was given; None for an unknown or expired one."""
        signed_in = self.signed_in(bearer)
        return signed_in.email if signed_in else None

    def signed_in(self, bearer: str) -> SignedIn | None:
        """The account to which a token was given; None for an unknown or expired one."""
        with self.store.read() as tx:
            token = tx.token(_digest(bearer))
        if token is None:
            return None
        _, email, expires, writes = token
        return SignedIn(email, bool(writes)) if expires > self.clock() else None

    def revoke(self, name: str) -> bool:
        """Takes an account and its tokens away; False when there was none of that name."""
        with self.store.write() as tx:
            addresses = [email for known, email, *_ in tx.accounts() if known == name]
            for email in addresses:
                tx.delete_tokens(email)
            tx.delete_account(name)
        return bool(addresses)

    def names(self) -> list[str]:
        """The names of all accounts."""
        with self.store.read() as tx:
            return [name for name, *_ in tx.accounts()]

    def _check_signature(self, header: Json, email: str, signed: bytes, signature: bytes) -> None:
        if header.get("alg") != "RS256":
            raise TokenError("invalid_grant", "Invalid JWT: only RS256 is accepted.")
        with self.store.read() as tx:
            account = tx.account(email)
        if account is None:
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        key = serialization.load_pem_public_key(account[3])
        assert isinstance(key, rsa.RSAPublicKey)
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise TokenError("invalid_grant", "Invalid JWT Signature.") from None

    def _check_claims(self, claims: Json, audience: str | None) -> None:
        issued, expires, now = claims.get("iat"), claims.get("exp"), self.clock()
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise TokenError("invalid_grant", "Invalid JWT: iat and exp must be numbers.")
        if expires <= now - SKEW or issued > now + SKEW or expires - issued > LIFETIME + SKEW or _is_early(claims, now):
            raise TokenError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )
        if claims.get("aud") not in (GOOGLE, audience or GOOGLE):
            raise TokenError("invalid_grant", "Failed audience check.")
        if not _scopes(claims) & {*SCOPES, *READ_ONLY}:
            raise TokenError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")


def _is_early(claims: Json, now: float) -> bool:
    """Whether an assertion that names its first second (RFC 7519 4.1.5) is not good yet, or names none."""
    begins = claims.get("nbf", 0)
    return not isinstance(begins, int | float) or begins > now + SKEW


def _scopes(claims: Json) -> set[str]:
    return set(str(claims.get("scope", "")).split())


def _slug(name: str) -> str:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()).strip("-")
    # A name that ASCII cannot hold gets an address of its own by its digest.
    return plain if plain == name.lower() else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".strip("-")


def _key_file(key: rsa.RSAPrivateKey, key_id: str, email: str, token_uri: str) -> Json:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": key_id,
        "private_key": private.decode(),
        "client_email": email,
        "client_id": str(uuid.uuid4().int)[:21],
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
        "universe_domain": "googleapis.com",
    }


def _taken_apart(assertion: str) -> tuple[Json, Json, bytes, bytes]:
    parts = assertion.split(".")
    try:
        header, claims = (orjson.loads(_decoded(part)) for part in parts[:2])
        signature = _decoded(parts[2])
    except (ValueError, IndexError):
        raise TokenError("invalid_grant", "Invalid JWT: the assertion cannot be read.") from None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        raise TokenError("invalid_grant", "Invalid JWT: the assertion cannot be read.")
    return header, claims, ".".join(parts[:2]).encode(), signature


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_answer(accounts: Accounts, form: dict[str, Any], audience: str | None) -> tuple[int, bytes]:
    """Status and JSON body of `POST /token`."""
    try:
        if form.get("grant_type") != GRANT:
            raise TokenError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        return 200, orjson.dumps(accounts.exchange(str(form.get("assertion", "")), audience))
    except TokenError as refusal:
        return 400, refusal.body
