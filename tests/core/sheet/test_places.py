"""Places as people write them, and how far they lie apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.sheet.values.places import Position, Unreadable, metres, middle, read_position

HERE = Position(112.37, 26.97)


@pytest.mark.parametrize(
    "text",
    ["112.37,26.97", "112.37，26.97", " 112.37、26.97 ", "112.37 26.97", "(112.3700,26.9700)",
     "东经112.37°，北纬26.97°", "经度：112.37 纬度：26.97", "１１２.37,26.97"],
)  # fmt: skip
def test_a_place_is_read_however_it_is_written(text: str) -> None:
    assert read_position(text) == HERE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("26.97,112.37", "写反了"),
        ("0,0", "不在中国"),
        ("212.37,26.97", "不在中国"),
        ("112.37", "两个数"),
        ("112.37,26.97,5", "两个数"),
        ("112,370,26,970", "两个数"),
        ("nan,26.97", "两个数"),
        ("1e999,26.97", "两个数"),
        ("街口", "两个数"),
        ("", "两个数"),
    ],
)
def test_what_is_no_place_is_told(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_position(text)


@given(st.text(max_size=40) | st.from_regex(r"[-+0-9.,e° ]{1,30}", fullmatch=True))
def test_any_text_is_a_place_in_china_or_a_sentence(text: str) -> None:
    try:
        place = read_position(text)
    except Unreadable as error:
        assert str(error).endswith("。")
    else:
        assert 73 <= place.longitude <= 136 and 3 <= place.latitude <= 54


def test_a_kilometre_is_a_kilometre_east_and_north() -> None:
    """A degree of the meridian is 111.32 km; of the parallel of 60° half of it."""
    assert metres(Position(110, 30), Position(110, 31)) == pytest.approx(111_320)
    assert metres(Position(110, 60), Position(111, 60)) == pytest.approx(55_660)


def test_the_middle_is_not_moved_by_a_place_far_off() -> None:
    assert middle([HERE, Position(112.38, 26.98), Position(12.0, 50.0)]) == Position(112.37, 26.98)
    assert middle([HERE, HERE]) is None, "nobody could say which of two is wrong"
