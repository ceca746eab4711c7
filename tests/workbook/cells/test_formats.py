"""What cells show: conditions in patterns, the words of the document's language, numbers of any size."""

import pytest

from sync.workbook.cells.formats import show

SCORE = '[<60]"不及格";[>=90]"优秀";"合格"'


@pytest.mark.parametrize(
    ("value", "pattern", "locale", "text"),
    [
        (95, SCORE, "zh_CN", "优秀"), (59.9, SCORE, "zh_CN", "不及格"), (60, SCORE, "zh_CN", "合格"),
        (-5, "[>=0]0;[<0]0", "en_US", "-5"), (5, "[>9]0", "en_US", "5"), (12, "[>9]0.0;0", "en_US", "12.0"),
        (0.395833334, "am/pmh:mm", "zh_CN", "上午9:30"), (0.9, "am/pmh:mm", "zh_CN", "下午9:36"),
        (0.395833334, "h:mm am/pm", "en_US", "9:30 AM"),
        (46354, "dddd", "zh_CN", "星期六"), (46354, "ddd", "zh_CN", "周六"), (46354, "mmmm", "zh_CN", "十一月"),
        (46354, "dddd mmmm", "en_US", "Saturday November"), (46354, "mmm", "zh_CN", "11月"),
        (1e20, "0.0000000000000", "en_US", "100000000000000000000.0000000000000"), (1e300, "#,##0.00", "en_US", None),
        (-1e308, "0%", "en_US", "-1E+308"), (1, '"a;b";0', "en_US", "a;b"), (3, "0" * 50_000, "en_US", "3"),
        (1, ";" * 900, "en_US", ""), (1, "[<]0", "en_US", "1"), (1, "[<1.2.3]0", "en_US", "1"),
    ],
)  # fmt: skip
def test_what_a_pattern_shows(value: float, pattern: str, locale: str, text: str | None) -> None:
    shown = show(value, {"type": "NUMBER", "pattern": pattern}, locale)
    assert shown == text if text is not None else len(shown) > 300
