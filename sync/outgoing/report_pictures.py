"""The three charts of 本月通报 as PNG, in a Chinese font of this machine. Only this module imports matplotlib.

It is imported when a report is drawn, not before: it costs a second and a hundred megabytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from sync.core.scores.lines import UNIT
from sync.core.views.periods.report import Report
from sync.outgoing.bulletin_picture import font_file

GREEN, AMBER, RED = "#0b6b5b", "#b57a00", "#a3261b"
WIDTH, HEIGHT, DPI = 7.2, 3.2, 150  # inches
SPANS, UNITS, CATEGORIES = "交办、销号、到期未整改", "各单位按期率", "问题最多的类别"
CHARTS = (SPANS, UNITS, CATEGORIES)
CROWDED = 12  # more names than stand beside each other


def pictures(report: Report) -> dict[str, bytes]:
    """By name, in the order of ``CHARTS``; a chart without a number is left out, all of them without a Chinese font."""
    drawn = {name: picture(report, name) for name in CHARTS}
    return {name: content for name, content in drawn.items() if content}


def picture(report: Report, name: str) -> bytes:
    """One of ``CHARTS``; empty without a number to draw, or without a Chinese font."""
    draw: Mapping[str, Callable[[Any, Report], bool]] = {SPANS: _spans, UNITS: _units, CATEGORIES: _categories}
    font = font_file()
    return _drawn(name, draw[name], report, str(font)) if font else b""


def _title(report: Report, name: str) -> str:
    return f"{'每月' if report.period.is_year else '每周'}{name}" if name == SPANS else name


def _drawn(name: str, draw: Callable[[Any, Report], bool], report: Report, font: str) -> bytes:
    """One chart; empty where there is nothing to draw. Equal reports give equal bytes."""
    from matplotlib import font_manager
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    font_manager.fontManager.addfont(font)
    family = font_manager.FontProperties(fname=font).get_name()
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    if not draw(axes, report):
        return b""
    axes.set_title(_title(report, name))
    axes.spines[["top", "right"]].set_visible(False)
    for text in figure.findobj(Text):
        text.set_fontfamily(family)
    out = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def _spans(axes: Any, report: Report) -> bool:
    names = [name for name, *_ in report.spans]
    for at, (label, color) in enumerate((("交办", GREEN), ("销号", AMBER), ("到期未整改", RED)), start=1):
        places = [place + (at - 2) * 0.27 for place in range(len(names))]
        axes.bar(places, [span[at] for span in report.spans], width=0.27, color=color, label=label)
    crowded = len(names) > CROWDED
    axes.set_xticks(range(len(names)), names, rotation=45 if crowded else 0)
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2 if crowded else -0.1))
    return bool(report.spans)


def _units(axes: Any, report: Report) -> bool:
    units = [row for (kind, _), group in report.groups.items() if kind == UNIT for row in group]
    shown = [(row.target, 100 * row.on_time) for row in units if row.on_time is not None]
    if not shown:
        return False
    names, shares = zip(*reversed(shown), strict=True)
    bars = axes.barh(names, shares, color=GREEN)
    axes.bar_label(bars, [f"{share:.0f}%" for share in shares], padding=3)
    axes.set_xlim(0, 110)
    return True


def _categories(axes: Any, report: Report) -> bool:
    if not report.categories:
        return False
    names, counts, _ = zip(*reversed(report.categories), strict=True)
    axes.bar_label(axes.barh(names, counts, color=GREEN), padding=3)
    return True
