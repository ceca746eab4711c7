"""Two people of one name in 组织架构: both rows say so, since they would share links, notices and points."""

from __future__ import annotations

import pytest

from tests.book import Book, bureau

FIRST = {"姓名": "张伟", "角色": "街路长", "区域": "城西", "支部": "第一支部", "单位": "环卫所", "邮箱": "w@x.example"}


def checks(second: dict[str, str], first: dict[str, str] = FIRST) -> tuple[str, str]:
    book: Book = bureau()
    rows = len(book.rows("组织架构", "姓名"))
    book.row("组织架构", first)
    book.row("组织架构", first | second)
    book.settle("2026-11-24 09:00")
    return book.cell("组织架构", rows + 1, "校验"), book.cell("组织架构", rows + 2, "校验")


@pytest.mark.parametrize("second", [
    {"单位": "园林所"},  # with equal addresses
    {"单位": "园林所", "邮箱": ""},
    {"单位": "园林所", "角色": "支部书记"},
])  # fmt: skip
def test_another_unit_is_said_in_both_rows(second: dict[str, str]) -> None:
    for text in checks(second):
        assert "「张伟」出现在 2 个单位（园林所、环卫所）" in text and "「张伟（园林所）」" in text


@pytest.mark.parametrize("second", [{}, {"邮箱": ""}])
def test_two_equal_rows_are_said_in_both(second: dict[str, str]) -> None:
    for text in checks(second):
        assert "「张伟」有 2 行一样的街路长" in text


@pytest.mark.parametrize("second", [
    {"姓名": "张伟（园林所）", "单位": "园林所", "邮箱": "w2@xidu.example"},  # told apart
    {"角色": "支部书记"},  # one person with two posts
    {"单位": "园林所", "启用日期": "2026-11-01"},  # one after the other
])  # fmt: skip
def test_what_is_told_apart_one_person_or_of_other_days_is_not_said(second: dict[str, str]) -> None:
    first = FIRST | ({"停用日期": "2026-10-31"} if "启用日期" in second else {})
    assert checks(second | ({"停用日期": ""} if "启用日期" in second else {}), first) == ("", "")
