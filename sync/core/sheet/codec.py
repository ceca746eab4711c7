"""Values of the core as JSON, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import cattrs

from sync.core.sheet.rows import Raw


@cache
def codec(zone: ZoneInfo, *, short: bool = False) -> cattrs.Converter:
    """Values to what JSON holds: times as UTC texts, back in the bureau's zone. ``short``: fields that are as they are
    by default are left out."""
    converter = cattrs.Converter(omit_if_default=short)
    converter.register_unstructure_hook(datetime, lambda value: value.astimezone(UTC).isoformat())
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text).astimezone(zone))
    converter.register_unstructure_hook(date, lambda value: value.isoformat())
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook_func(lambda kind: kind == Raw, lambda raw, _: raw)
    return converter
