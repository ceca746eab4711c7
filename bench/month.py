"""The month of real load, played twice: is every row valid or explained, is every score the sum of its lines, and is
the second workbook the first one, byte for byte?

    python bench/month.py FILE [hour]        FILE: the whole city file; the month ends at the hour (ISO, the bureau's)

Each month is played in a process of its own, since another process orders sets otherwise. For one month alone, kept in
a folder:

    python bench/month.py FILE [hour] --into FOLDER
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import tempfile
from collections import defaultdict
from contextlib import closing
from datetime import datetime
from pathlib import Path

from python_calamine import CalamineWorkbook

from sync import archive_moves
from sync.core.look.rebuilding import archive
from sync.demo import demo
from sync.outgoing.export import export_file
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up

UNTIL = "2026-11-24T17:00"


def play(folder: Path, file: Path, until: str) -> Path:
    """Play the month into the data folder ``folder/data``, and export its workbook to the path returned."""
    settings = Settings.read({**os.environ, "JIELU_WORKBOOK": "", "JIELU_DATA": str(folder / "data")})
    out = folder / "month.xlsx"
    with closing(Service(settings)) as service:
        rules = service.rules()
        set_up.build(service.gateway, rules)
        hour = datetime.fromisoformat(until).replace(tzinfo=rules.bureau.zone)
        print(demo.run(service, hour, file).text())
        tables, templates = archive.sheets(archive_moves.tables(service.gateway))
        export_file(tables, templates, out, rules, rules.bureau.zone, service.ledger.memory().seals.values())
    return out


def play_apart(folder: Path, file: Path, until: str) -> Path:
    """``play`` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(play, (folder, file, until))


def rows(book: CalamineWorkbook, title: str) -> list[dict[str, object]]:
    head, *body = book.get_sheet_by_name(title).to_python()
    return [dict(zip(map(str, head), row, strict=True)) for row in body]


def judge(path: Path) -> None:
    """Print what the workbook shows; raises where it contradicts itself."""
    book = CalamineWorkbook.from_path(str(path))
    issues = rows(book, "问题台账")
    silent = [issue for issue in issues if not issue["状态"] and not issue["校验"]]
    sums: dict[tuple[object, object], int] = defaultdict(int)
    for line in rows(book, "扣分明细"):
        sums[line["月份"], line["对象"]] += round(float(str(line["分值"])) * 100)
    scores = [score for score in rows(book, "月度考核") if score["类别"] in ("街路", "单位")]
    wrong = [row for row in scores if round(float(str(row["得分"])) * 100) != sums[row["月份"], row["对象"]]]
    explained = sum(bool(issue["校验"]) for issue in issues)
    print(f"{len(issues)} issues, {explained} explained in 校验, {len(silent)} neither; ", end="")
    print(f"{len(scores)} scores, {len(wrong)} not the sum of their lines")
    if silent or wrong:
        raise SystemExit(1)


def compare(file: Path, until: str) -> None:
    """Play the month twice, and say whether both workbooks are the same."""
    digests = []
    with tempfile.TemporaryDirectory() as name:
        for run in ("first", "second"):
            folder = Path(name) / run
            folder.mkdir()
            out = play_apart(folder, file, until)
            judge(out)
            digests.append(hashlib.sha256(out.read_bytes()).hexdigest())
            print(run, digests[-1], f"{out.stat().st_size} bytes")
    print("the same" if digests[0] == digests[1] else "NOT THE SAME")
    raise SystemExit(digests[0] != digests[1])


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("file", type=Path)
    options.add_argument("hour", nargs="?", default=UNTIL)
    options.add_argument("--into", type=Path)
    given = options.parse_args()
    if given.into is None:
        compare(given.file.resolve(), given.hour)
    given.into.mkdir(parents=True, exist_ok=True)
    judge(play(given.into, given.file.resolve(), given.hour))


if __name__ == "__main__":
    main()
