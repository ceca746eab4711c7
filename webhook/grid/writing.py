"""How the grid answers."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response

from webhook.api import compressed


def json_answer(value: Any) -> Response:
    """A value as JSON, that no browser and no proxy keeps."""
    return compressed(Response(orjson.dumps(value), mimetype="application/json", headers={"Cache-Control": "no-store"}))
