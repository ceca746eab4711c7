"""Telephone numbers are shown in part, and other numbers as they are."""

from __future__ import annotations

import pytest

from sync.core.sheet.values.phones import masked
from tests.book import bureau, hour

MASKED = {
    "电话13812345678，急": "电话138****5678，急",
    "138-1234-5678": "138****5678",
    "138 1234 5678": "138****5678",
    "+86 13812345678": "138****5678",
    "0734-6811234": "0734-****34",
    "(0734)6811234": "(0734)****34",
    "（0734）68112345": "（0734）****45",
    "010 62345678": "010 ****78",
    "座机：6811234": "座机：****34",
    "致电68112345": "致电****45",
}
LEFT = (
    "20261124-001",
    "2026-11-24 09:30",
    "门牌 6811234 号",
    "A13812345678901",
    "井盖编号 07346",
    "110",
    "100元",
    "第0101号",
)


@pytest.mark.parametrize(("typed", "shown"), MASKED.items())
def test_a_number_is_shown_in_part(typed: str, shown: str) -> None:
    assert masked(typed) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize("typed", LEFT)
def test_what_is_no_telephone_number_stays(typed: str) -> None:
    assert masked(typed) == typed


def test_no_number_that_somebody_typed_goes_out_in_a_notice() -> None:
    book = bureau()
    book.add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 严重程度 | 问题描述
        2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 店主13812345678门前 | 暴露垃圾 | 严重 | 打0734-6811234没人接
        """)
    decision = book.tick(hour("2026-11-24 09:05"))
    texts = [f"{sent.notice.subject} {sent.notice.text}" for sent in decision.notices.values()]
    assert texts and all("138****5678" in text and "0734-****34" in text for text in texts if "联胜路" in text)
    assert not [text for text in texts if "13812345678" in text or "6811234" in text]
