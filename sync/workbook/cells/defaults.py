"""What a new document is made of, as recorded from Google (sheets-api.md section 8)."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sync.workbook.schema.errors import Json

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
PROJECT = "workbook"
DOMAIN = f"{PROJECT}.iam.gserviceaccount.com"  # of the accounts that this server makes
ROWS, COLUMNS = 1000, 26
FIRST_VERSION = 4  # Drive's count for a new file: an upload right after making it is the fifth (recorded)
ROW_PIXELS, COLUMN_PIXELS = 21, 100
_WHITE = {"red": 1, "green": 1, "blue": 1}
_THEME: list[tuple[str, Json]] = [
    ("TEXT", {}),
    ("BACKGROUND", _WHITE),
    ("ACCENT1", {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275}),
    ("ACCENT2", {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314}),
    ("ACCENT3", {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275}),
    ("ACCENT4", {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902}),
    ("ACCENT5", {"red": 1, "green": 0.42745098, "blue": 0.003921569}),
    ("ACCENT6", {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706}),
    ("LINK", {"red": 0.06666667, "green": 0.33333334, "blue": 0.8}),
]


def file_id() -> str:
    """A new document's id, in Google's shape: 44 characters beginning with 1."""
    return "1" + secrets.token_urlsafe(48)[:43]


def random_id() -> int:
    """A random positive 31-bit number."""
    return secrets.randbelow(2**31 - 1) + 1


def timestamp(moment: datetime) -> str:
    """RFC 3339 with milliseconds and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def cell_format() -> Json:
    """defaultFormat of a spreadsheet."""
    return {
        "backgroundColor": dict(_WHITE),
        "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
        "verticalAlignment": "BOTTOM",
        "wrapStrategy": "OVERFLOW_CELL",
        "textFormat": {
            "foregroundColor": {},
            "fontFamily": "arial,sans,sans-serif",
            "fontSize": 10,
            "bold": False,
            "italic": False,
            "strikethrough": False,
            "underline": False,
            "foregroundColorStyle": {"rgbColor": {}},
        },
        "backgroundColorStyle": {"rgbColor": dict(_WHITE)},
    }


def book_properties(locale: str = "en_US", time_zone: str = "Etc/GMT") -> Json:
    """SpreadsheetProperties without the title, which is the file's name."""
    colors = [{"colorType": name, "color": {"rgbColor": dict(rgb)}} for name, rgb in _THEME]
    return {
        "locale": locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": time_zone,
        "defaultFormat": cell_format(),
        "spreadsheetTheme": {"primaryFontFamily": "Arial", "themeColors": colors},
    }


def sheet_properties(sheet_id: int, title: str, rows: int = ROWS, columns: int = COLUMNS, **more: Any) -> Json:
    """SheetProperties without the index."""
    size = {"rowCount": rows, "columnCount": columns}
    return {"sheetId": sheet_id, "title": title, "sheetType": "GRID", "gridProperties": size, **more}
