"""Choices by the first letters of their pinyin: 新正街 by ``xzj``. Only this module imports pypinyin."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=20_000)
def initials(text: str) -> str:
    """The first letter of each character's pinyin; letters and digits as they are, but small; other signs not."""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes most of a second to read

    letters = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))
    return "".join(letter for letter in letters.lower() if letter.isascii() and letter.isalnum())
