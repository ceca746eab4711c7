"""The demo's month under two checkouts side by side: scores, ranks, letters, notices, and how scores go with
inspections.

    python bench/definitions.py BEFORE [--until "2026-11-30 18:00"] [--keep FOLDER]

BEFORE: a checkout of another commit. Each side plays ``jielu demo`` in a process of its own with the interpreter that
runs this script, and is read from its ``jielu export``; nothing of one side's code judges the other.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import correlation, mean

from python_calamine import CalamineWorkbook

HERE = Path(__file__).resolve().parents[1]
Rows = Sequence[Mapping[str, object]]
Sheets = Mapping[str, Rows]


def play(checkout: Path, folder: Path, now: str) -> Path:
    """The demo's month played by a checkout, as its export."""
    folder.mkdir(parents=True, exist_ok=True)
    out = folder / "month.xlsx"
    if not out.exists():
        settings = {"JIELU_DATA": str(folder / "data"), "JIELU_WORKBOOK": "", "PYTHONPATH": str(checkout)}
        for command in (["demo", "--until", now], ["export", str(out)]):
            run = [sys.executable, "-m", "sync.cli.main", *command]
            subprocess.run(run, cwd=checkout, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL)
    return out


def read(file: Path) -> Sheets:
    """Each sheet's rows under their headers."""
    book, sheets = CalamineWorkbook.from_path(str(file)), {}
    for title in book.sheet_names:
        head, *body = book.get_sheet_by_name(title).to_python()
        sheets[title] = [dict(zip(map(str, head), row, strict=True)) for row in body]
    return sheets


def number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def figures(sheets: Sheets) -> dict[str, object]:
    """What a side came to, by name."""
    letters, notices = sheets["督办台账"], [row for row in sheets["通知记录"] if row["状态"] != "不再发送"]
    firsts = [row for row in letters if str(row["类型"]) in ("督办函", "督办通知单")]
    return {
        "issues": sum(bool(row["编号"]) for row in sheets["问题台账"]),
        "duplicates": sum("见" in str(row["重复"]) for row in sheets["问题台账"]),
        "late": sum("超期" in str(row["时限提示"]) for row in sheets["问题台账"]),
        "first letters": len(firsts),
        "repeated letters": sum("重复督办" in str(row["类型"]) for row in letters),
        "records": sum(str(row["类型"]) == "问题记录单" for row in letters),
        "notices but those left out": len(notices),
        **{f"notices {kind}": count for kind, count in sorted(Counter(str(row["类型"]) for row in notices).items())},
        "lines": len(sheets["扣分明细"]),
    }


def months(sheets: Sheets) -> list[str]:
    return sorted({str(row["月份"]) for row in sheets["月度考核"]})


def scores(sheets: Sheets, month: str, kind: str) -> dict[str, tuple[float | None, object]]:
    """Score and rank by street or unit."""
    rows = (row for row in sheets["月度考核"] if row["月份"] == month and row["类别"] == kind)
    return {str(row["对象"]): (number(row["得分"]), row["排名"]) for row in rows}


def inspections(sheets: Sheets, month: str) -> float | None:
    """How the scores of ranked streets go with the number of their inspections (Pearson)."""
    rows = [row for row in sheets["月度考核"] if row["月份"] == month and row["类别"] == "街路" and row["排名"]]
    pairs = [(number(row["督查次数"]) or 0, number(row["得分"]) or 0) for row in rows]
    return correlation(*zip(*pairs, strict=True)) if len(pairs) > 2 else None


def table(before: Sheets, after: Sheets) -> None:
    told = {name: (side.get(name, 0) for side in (figures(before), figures(after)))
            for name in {**figures(before), **figures(after)}}  # fmt: skip
    for name, values in told.items():
        print(f"| {name} | {' | '.join(map(str, values))} |")
    for month in months(after):
        ways = [inspections(side, month) for side in (before, after)]
        print(f"| {month} score × inspections | {' | '.join('–' if way is None else f'{way:.3f}' for way in ways)} |")
        for kind in ("街路", "单位"):
            sides = [scores(side, month, kind) for side in (before, after)]
            means = [mean(score for score, _ in side.values() if score is not None) for side in sides if side]
            print(f"| {month} {kind}, mean score | {' | '.join(f'{value:.2f}' for value in means)} |")
            for name in sides[1] if kind == "单位" else ():
                shown = (side.get(name, (None, "")) for side in sides)
                print(f"| {month} {name} | {' | '.join(f'{score} (rank {rank})' for score, rank in shown)} |")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("before", type=Path)
    options.add_argument("--until", default="2026-11-30 18:00")
    options.add_argument("--keep", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        sides = {"before": given.before.resolve(), "after": HERE}
        books = {side: read(play(checkout, folder / side, given.until)) for side, checkout in sides.items()}
    print("| | before | after |\n|---|---|---|")
    table(books["before"], books["after"])


if __name__ == "__main__":
    main()
