"""The month of real load, played twice: is every row valid or explained, is every score the sum of its lines, and is
the second workbook the first one, byte for byte?

    python bench/month.py FILE [hour]        FILE: the whole city file; the month ends at the hour (ISO)
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from python_calamine import CalamineWorkbook

UNTIL = "2026-11-24T17:00"


def play(folder: Path, file: Path, until: str) -> Path:
    """Play the month in a process of its own; the exported workbook."""
    env = {**os.environ, "JIELU_DATA": str(folder / "data")}
    command = [sys.executable, "-m", "sync.cli.main"]
    subprocess.run([*command, "demo", "--all", str(file), "--until", until], env=env, check=True)
    out = folder / "month.xlsx"
    subprocess.run([*command, "export", str(out)], env=env, check=True)
    return out


def rows(book: CalamineWorkbook, title: str) -> list[dict[str, object]]:
    head, *body = book.get_sheet_by_name(title).to_python()
    return [dict(zip(map(str, head), row, strict=True)) for row in body]


def judge(path: Path) -> None:
    """Print what the workbook shows; raises where it contradicts itself."""
    book = CalamineWorkbook.from_path(str(path))
    issues = rows(book, "问题台账")
    silent = [one for one in issues if not one["状态"] and not one["校验"]]
    sums: dict[tuple[object, object], int] = defaultdict(int)
    for line in rows(book, "扣分明细"):
        sums[line["月份"], line["对象"]] += round(float(str(line["分值"])) * 100)
    scores = [one for one in rows(book, "月度考核") if one["类别"] in ("街路", "单位")]
    wrong = [one for one in scores if round(float(str(one["得分"])) * 100) != sums[one["月份"], one["对象"]]]
    print(f"{len(issues)} issues, {sum(bool(one['校验']) for one in issues)} explained in 校验, {len(silent)} neither; "
          f"{len(scores)} scores, {len(wrong)} not the sum of their lines")  # fmt: skip
    if silent or wrong:
        raise SystemExit(1)


def main() -> None:
    file, until = Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else UNTIL
    digests = []
    with tempfile.TemporaryDirectory() as name:
        for run in ("first", "second"):
            folder = Path(name) / run
            folder.mkdir()
            out = play(folder, file, until)
            judge(out)
            digests.append(hashlib.sha256(out.read_bytes()).hexdigest())
            print(run, digests[-1], f"{out.stat().st_size} bytes")
    print("the same" if digests[0] == digests[1] else "NOT THE SAME")
    raise SystemExit(digests[0] != digests[1])


if __name__ == "__main__":
    main()
