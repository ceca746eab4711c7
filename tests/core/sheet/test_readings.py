"""One reader of hours and numbers for every way in: sheet, import, push, form, grid."""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from sync.core.sheet import rows
from sync.core.sheet.rows import fingerprint, plain, read_cell
from sync.core.sheet.tabs import Column
from sync.core.sheet.values.readings import number, wall_clock
from sync.core.sheet.values.texts import HIDDEN, KEPT_CONTROLS, clean, narrow, visible
from tests.book import templates

ZONE = ZoneInfo("Asia/Shanghai")
AFTERNOON = datetime(2026, 11, 27, 15, 20)  # noqa: DTZ001 - a wall clock
MOMENTS = {
    "2026-11-27 15:20": AFTERNOON,
    "2026-11-27 15:20:00": AFTERNOON,
    "2026/11/27 15:20": AFTERNOON,
    "2026.11.27 15：20": AFTERNOON,
    "2026/11/27 下午 3:20": AFTERNOON,
    "2026/11/27 下午3:20:00": AFTERNOON,
    "2026/11/27 3:20 PM": AFTERNOON,
    "2026-11-27 3:20pm": AFTERNOON,
    "2026-11-27T15:20:00": AFTERNOON,
    "2026-11-27T07:20:00Z": AFTERNOON,
    "2026-11-27T07:20:00.000Z": AFTERNOON,
    "2026-11-27 09:20+02:00": AFTERNOON,
    "2026年11月27日 15时20分": AFTERNOON,
    "2026年11月27日下午3点20分": AFTERNOON,
    "2026/11/27 星期五 15:20": AFTERNOON,
    "２０２６－１１－２７　１５：２０": AFTERNOON,
    "2026-11-27\u200b 15:20": AFTERNOON,
    "2026-11-27 12:05 AM": datetime(2026, 11, 27, 0, 5),  # noqa: DTZ001
    "2026-11-27 中午12:05": datetime(2026, 11, 27, 12, 5),  # noqa: DTZ001
    "20261127": datetime(2026, 11, 27),  # noqa: DTZ001
    "2026年11月27日": datetime(2026, 11, 27),  # noqa: DTZ001
}
NOT_MOMENTS = ("", "明天", "2026-13-01", "2026-02-30", "2026-11-27 25:00", "2026-11-27 9", "2026-11-2709:30", "11-27",
               "9:30", "2026-11-27 15:20 大概", "2026-11-27 13:00 点", "9" * 400)  # fmt: skip
NEAR = {
    "11-28": (11, 28, 0, 0),
    "11/28 9:30": (11, 28, 9, 30),
    "11月28日 下午3点": (11, 28, 15, 0),
    "9:30": (11, 28, 9, 30),
    "下午3:20": (11, 28, 15, 20),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_an_hour_is_read_however_it_is_written(text: str) -> None:
    assert wall_clock(text, ZONE) == MOMENTS[text]


@pytest.mark.parametrize("text", NOT_MOMENTS)
def test_what_is_no_hour_is_none(text: str) -> None:
    assert wall_clock(text, ZONE) is None


@pytest.mark.parametrize("text", NEAR)
def test_what_is_left_out_is_taken_from_the_day_in_the_grid_alone(text: str) -> None:
    at = wall_clock(text, ZONE, date(2026, 11, 28))
    assert at is not None and (at.year, at.month, at.day, at.hour, at.minute) == (2026, *NEAR[text])
    assert wall_clock(text, ZONE) is None


def test_a_day_without_a_year_is_the_nearest() -> None:
    assert wall_clock("1-2", ZONE, date(2026, 12, 30)) == datetime(2027, 1, 2)  # noqa: DTZ001
    assert wall_clock("12-30", ZONE, date(2027, 1, 2)) == datetime(2026, 12, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234.5", 1234.5), ("１２", 12), ("50%", 0.5), ("-0.5", -0.5), ("+7", 7), ("1e3", 1000), (".5", 0.5),
     ("3E401", None), ("1e309", None), ("-1e999", None), ("1_000", None), ("inf", None), ("nan", None), ("12,34", None),
     ("-", None), ("e5", None), ("5分", None), ("", None), ("1" * 400, None)],
)  # fmt: skip
def test_numbers(text: str, value: float | None) -> None:
    assert number(text) == value


def test_every_sign_of_unicode_stays_or_goes_by_its_category() -> None:
    def stays(sign: str) -> bool:
        return sign in KEPT_CONTROLS or unicodedata.category(sign) not in HIDDEN

    signs = [chr(number) for number in range(sys.maxunicode + 1) if chr(number) != "\r"]  # \r becomes a line break
    wrong = [sign for sign in signs if clean(f"甲{sign}乙") != (f"甲{sign}乙" if stays(sign) else "甲乙")]
    assert wrong == []


@pytest.mark.parametrize("parts", [(), ("",), ("新正街", 'a"b\\c', "\t\n\u2028"), ("😀", "\x7f"), (7.0, True)])
def test_the_print_of_a_row_is_what_the_ledgers_of_before_hold(parts: tuple[str | float, ...]) -> None:
    keys = tuple(f"k{place}" for place in range(len(parts)))
    tab = replace(templates()["issues"], identity=keys or ("absent",), rows=())
    texts = [plain(part) for part in parts] or [""]
    assert (
        fingerprint(tab, dict(zip(keys, parts, strict=True)))
        == (hashlib.sha1(json.dumps(texts).encode(), usedforsecurity=False).hexdigest()[:16])
    )


def test_signs_that_nobody_sees_are_taken_out_and_the_rest_stays() -> None:
    assert clean("\ufeff填报\u200b时间\u202e") == "填报时间"
    assert clean("第一行\r\n第二行\x00\x1b") == "第一行\n第二行"
    assert clean("摊点\ud83d") == "摊点", "half a character"
    assert clean("👨\u200d👩\u200d👧 好") == "👨\u200d👩\u200d👧 好"
    assert narrow("２０２６１１２４—００１") == "20261124-001"
    assert visible("填报\u200b时间") == "填报<U+200B>时间"


def column(kind: str) -> Column:
    return Column("x", "列", kind, "staff", "")


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("date", 20261128, date(2026, 11, 28)),
        ("text", "向阳\u200b南路", "向阳南路"),
        ("mail", "a@b.cn\u200b", "a@b.cn"),
    ],
    ids=["a day typed as a number", "a name with a hidden sign", "an address with a hidden sign"],
)
def test_cells(kind: str, raw: str | int, value: object) -> None:
    assert read_cell(raw, column(kind), ZONE) == (value, "")


def test_a_cell_that_no_reader_foresaw_is_a_problem_of_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unforeseen(Exception):
        pass

    def read(*_: object) -> tuple[None, str]:
        raise Unforeseen

    monkeypatch.setitem(rows.READERS, "text", read)  # type: ignore[arg-type]
    assert read_cell("甲", column("text"), ZONE) == (None, "填的是「甲」，读不了（Unforeseen），请重新填写。")
