"""Choices by the first letters of their pinyin."""

from __future__ import annotations

import pytest

from webhook.grid.initials import initials


@pytest.mark.parametrize(
    "text, letters",
    [("新正街", "xzj"), ("长江路", "cjl"), ("银行街", "yhj"), ("A区2号（东）", "aq2hd"), ("", "")],
)
def test_the_first_letters(text: str, letters: str) -> None:
    assert initials(text) == letters
