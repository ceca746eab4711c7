"""Texts as people and programs hand them over: signs that nobody sees taken out, wide signs made narrow."""

from __future__ import annotations

import unicodedata

KEPT_CONTROLS = "\n\t"
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")  # controls, marks of direction and width, half characters, no characters
JOINER = "\u200d"  # holds the parts of an emoji together
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－ー"), "-")


def clean(text: str) -> str:
    """The text without signs that have no width and without half characters; line breaks and tabs stay."""
    if text.isprintable():  # nothing of HIDDEN, and no break of a line
        return text if text.isascii() else text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for at, sign in enumerate(text) if _is_seen(text, at, sign)).strip()


def _is_seen(text: str, at: int, sign: str) -> bool:
    if sign in KEPT_CONTROLS or unicodedata.category(sign) not in HIDDEN:
        return True
    return sign == JOINER and at > 0 and unicodedata.category(text[at - 1]) in ("So", "Sk", "Mn")


def is_whole(text: str) -> bool:
    """Whether no half of a character stands in the text, as in an emoji that was cut."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def narrow(text: str) -> str:
    """The text cleaned: full-width signs as their narrow ones, every dash as ``-``, one space between words."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", clean(text)).translate(DASHES).split())


def visible(text: str) -> str:
    """The text with its hidden signs named, for a sentence about it: ``填报<U+200B>时间``."""
    return "".join(
        f"<U+{ord(sign):04X}>" if unicodedata.category(sign) in HIDDEN and sign not in KEPT_CONTROLS else sign
        for sign in text
    )
