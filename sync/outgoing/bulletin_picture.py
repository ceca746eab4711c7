"""今日通报 as a picture to forward: drawn here with Pillow, in a Chinese font of this machine, or not at all.

No font comes with the program and none is fetched: a machine without one says so, and the page prints instead.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from sync.core.views.periods.bulletin import OVERDUE, Bulletin

WIDTH, EDGE = 1080, 56  # pixels
INK, QUIET, ACCENT, LATE, PAPER, LINE = "#1d2a2f", "#55646b", "#0b6b5b", "#a3261b", "#ffffff", "#d5dde0"
NO_FONT = "这台服务器没有中文字体，画不了图片。请用上面的文字，或者打印本页。装上中文字体（如 fonts-noto-cjk）就有。"
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts",
           "/System/Library/Fonts", "C:/Windows/Fonts")  # fmt: skip
NAMES = ("NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "SourceHanSansCN-Regular",
         "SourceHanSansSC-Regular", "wqy-microhei", "wqy-zenhei", "msyh", "simhei", "PingFang", "STHeiti Light",
         "DroidSansFallbackFull", "NotoSerifCJK-Regular", "uming", "simsun")  # fmt: skip
PROBE = "街路长督办"

Font = ImageFont.FreeTypeFont


@cache
def font_file() -> Path | None:
    """A Chinese font of this machine, the most readable first; None where there is none."""
    there: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in _fonts(Path(folder).expanduser()):
            there.setdefault(path.stem.lower(), path)
    paths = [there[name.lower()] for name in NAMES if name.lower() in there]
    return next((path for path in paths if _writes_chinese(path)), None)


def _fonts(folder: Path) -> Iterator[Path]:
    for place, _, files in os.walk(folder):
        for name in sorted(files):
            if name.lower().endswith((".ttf", ".otf", ".ttc")):
                yield Path(place, name)


def _writes_chinese(path: Path) -> bool:
    try:
        font = ImageFont.truetype(path, 20)
    except OSError:
        return False
    boxes = {bytes(font.getmask(sign)) for sign in PROBE}
    return len(boxes) == len(PROBE)  # a font without them draws the same box for each


@cache
def _font(path: Path, size: int) -> Font:
    """The face for simplified Chinese, where the file holds several."""
    for index in range(12):
        try:
            font = ImageFont.truetype(path, size, index=index)
        except OSError:
            break
        if str(font.getname()[0]).endswith((" SC", " CN")):
            return font
    return ImageFont.truetype(path, size)


def draw(bulletin: Bulletin, path: Path) -> bytes:
    """The picture as PNG. Equal bulletins and fonts give equal bytes."""
    lines = [part for line in bulletin.lines for part in _wrapped(line, _font(path, 34), WIDTH - 2 * EDGE)]
    rows = -(-len(bulletin.numbers) // 4)
    height = 250 + rows * 150 + len(lines) * 56 + EDGE
    image = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 180), fill=ACCENT)
    pen.text((EDGE, 40), _fit(bulletin.title, _font(path, 52), WIDTH - 2 * EDGE), PAPER, _font(path, 52))
    pen.text((EDGE, 116), f"{bulletin.at:%Y-%m-%d %H:%M}", PAPER, _font(path, 34))
    _cards(pen, bulletin, path)
    top = 220 + rows * 150
    for number, line in enumerate(lines):
        pen.text((EDGE, top + number * 56), line, INK, _font(path, 34))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _cards(pen: ImageDraw.ImageDraw, bulletin: Bulletin, path: Path) -> None:
    wide = (WIDTH - 2 * EDGE) // 4
    for at, (label, count) in enumerate(bulletin.numbers):
        left, top = EDGE + at % 4 * wide, 210 + at // 4 * 150
        color = LATE if label == OVERDUE and count else INK
        pen.text((left, top), str(count), color, _font(path, 64))
        pen.text((left, top + 82), label, QUIET, _font(path, 30))
    pen.line((EDGE, 205, WIDTH - EDGE, 205), LINE, 2)


def _wrapped(line: str, font: Font, wide: int) -> list[str]:
    lines = [""]
    for sign in line:
        if lines[-1] and font.getlength(lines[-1] + sign) > wide:
            lines.append("")
        lines[-1] += sign
    return lines


def _fit(line: str, font: Font, wide: int) -> str:
    return _wrapped(line, font, wide)[0]
