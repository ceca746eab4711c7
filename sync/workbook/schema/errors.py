"""The refusals of the Sheets and Drive API, as Google words them (sheets-api.md sections 12 and 13)."""

from __future__ import annotations

from typing import Any

import orjson

Json = dict[str, Any]

BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


class ApiError(Exception):
    """One refusal: HTTP code, Google's message and status, and the details where Google gives them."""

    def __init__(self, code: int, message: str, status: str, details: list[Json] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.details = code, message, status, details

    def body(self) -> bytes:
        """The JSON envelope that a client reads."""
        error: Json = {"code": self.code, "message": self.message, "status": self.status}
        if self.details is not None:
            error["details"] = self.details
        return orjson.dumps({"error": error})

    def prefixed(self, prefix: str) -> ApiError:
        """The same refusal told about one part of a request, e.g. `Invalid requests[3].addSheet: `."""
        return ApiError(self.code, prefix + self.message, self.status, self.details)


class DriveError(ApiError):
    """Drive's older envelope, with a list of errors and no status."""

    def __init__(self, code: int, message: str, reason: str, location: str | None = None) -> None:
        super().__init__(code, message, reason)
        self.location = location

    def body(self) -> bytes:
        """The JSON envelope that a client reads."""
        error: Json = {"message": self.message, "domain": "global", "reason": self.status}
        if self.location:
            error |= {"locationType": "parameter", "location": self.location}
        return orjson.dumps({"error": {"code": self.code, "message": self.message, "errors": [error]}})


def invalid(message: str, details: list[Json] | None = None) -> ApiError:
    """400 INVALID_ARGUMENT."""
    return ApiError(400, message, "INVALID_ARGUMENT", details)


def violation(field: str, message: str, prefix: str = "") -> ApiError:
    """400 with the BadRequest details that Google adds when the JSON itself does not fit the message."""
    violations = [{"field": field, "description": message}]
    return invalid(prefix + message, [{"@type": BAD_REQUEST, "fieldViolations": violations}])


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    """404 NOT_FOUND."""
    return ApiError(404, message, "NOT_FOUND")


def forbidden() -> ApiError:
    """403 PERMISSION_DENIED: the document is there and not for this caller."""
    return ApiError(403, "The caller does not have permission", "PERMISSION_DENIED")


def insufficient_scopes() -> ApiError:
    """403: signed in for less than this."""
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
    }
    return ApiError(403, "Request had insufficient authentication scopes.", "PERMISSION_DENIED", [info])


def unauthenticated() -> ApiError:
    """401: no token, an unknown one, or one that has run out."""
    message = (
        "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie "
        "or other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    return ApiError(401, message, "UNAUTHENTICATED")


def file_not_found(file_id: str) -> DriveError:
    """Drive's 404."""
    return DriveError(404, f"File not found: {file_id}.", "notFound", "fileId")


def quota_exceeded(kind: str = "Read") -> ApiError:
    """429 RESOURCE_EXHAUSTED as recorded; `kind` is `Read` or `Write`."""
    lower = kind.lower()
    message = (
        f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute per user' "
        "of service 'sheets.googleapis.com' for consumer 'project_number:1'."
    )
    metadata = {
        "quota_metric": f"sheets.googleapis.com/{lower}_requests",
        "quota_limit": f"{kind}RequestsPerMinutePerUser",
        "service": "sheets.googleapis.com",
        "consumer": "projects/1",
    }
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": metadata,
    }
    return ApiError(429, message, "RESOURCE_EXHAUSTED", [info])


def internal() -> ApiError:
    """500 INTERNAL."""
    return ApiError(500, "Internal error encountered.", "INTERNAL")


def unavailable() -> ApiError:
    """503 UNAVAILABLE."""
    return ApiError(503, "The service is currently unavailable.", "UNAVAILABLE")
