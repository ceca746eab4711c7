"""Telephone numbers in what people typed: what goes to many hands shows them in part (domain.md section 8)."""

from __future__ import annotations

import re

_GAP = r"[ \-－—]?"
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)86{_GAP})?(1[3-9][0-9]){_GAP}[0-9]{{4}}{_GAP}([0-9]{{4}})(?![0-9])")
# with its area code, or named as a telephone: a bare number of seven or eight digits may be anything
_LANDLINE = re.compile(
    rf"(?<![0-9])([(（]?0[1-9][0-9]{{1,2}}[)）]?{_GAP})[0-9]{{3,4}}{_GAP}[0-9]{{2}}([0-9]{{2}})(?![0-9])"
)
_NAMED = re.compile(r"((?:电话|座机|固话|致电|拨打)[：: ]?)[2-9][0-9]{4,5}([0-9]{2})(?![0-9])")


def masked(text: str) -> str:
    """The text with the middle of every telephone number as stars: mobiles, landlines with an area code, and numbers
    that are named as a telephone."""
    text = _MOBILE.sub(r"\1****\2", text)
    text = _LANDLINE.sub(r"\1****\2", text)
    return _NAMED.sub(r"\1****\2", text)
