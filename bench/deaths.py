"""Kill `jielu run` again and again under clients and an unwell mail server, and print what was checked and found.

    .venv/bin/python -m bench.deaths --kills 300 --out deaths.jsonl

A round is a bureau of its own that is killed ``--each`` times at random moments and then left in peace and checked.
Each round is a line of the file; a run that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import tempfile
import time
from pathlib import Path

from tests.deaths.bureau import Bureau, Clients, UnwellMailServer, all_is_quiet, nothing_lost, wait_for
from tests.mail_server import mail_server


def play(seed: int, kills: int) -> dict[str, object]:
    """One round; what was counted, or what was broken."""
    dice, mails = random.Random(seed), UnwellMailServer(seed)
    with tempfile.TemporaryDirectory(prefix="jielu-deaths-") as folder, mail_server(mails=mails) as (_, url):
        bureau = Bureau(Path(folder) / "bureau", url, forked=False)
        clients = Clients(bureau, bureau.prepare())
        try:
            bureau.start()
            clients.work()
            for _ in range(kills):
                time.sleep(dice.uniform(0.05, 4.0))
                bureau.stop(signal.SIGKILL)
                bureau.start()
            mails.well = True
            clients.end()
            wait_for(lambda: all_is_quiet(bureau), 120)
            stopped = bureau.stop(signal.SIGTERM)
            counted = nothing_lost(bureau, clients.count, mails)
            return {
                **counted,
                "longest": max(bureau.lock_outs),
                "stop": stopped,
                "faults": dict(mails.faults),
                "broken": "",
            }
        except AssertionError as error:
            return {"broken": str(error)[:500] or repr(error)}
        finally:
            bureau.end()


def table(lines: list[dict[str, object]]) -> str:
    """What all rounds came to."""
    good = [line for line in lines if not line["broken"]]
    sums = {key: sum(int(str(line[key])) for line in good) for key in ("forms", "notices", "mails", "repeats")}
    worst = {key: max((float(str(line[key])) for line in good), default=0.0) for key in ("longest", "stop")}
    rows = [
        ("rounds", len(lines)),
        ("kills", sum(int(str(line["kills"])) for line in lines)),
        ("forms, each in one row", sums["forms"]),
        ("notices, each sent or explained", sums["notices"]),
        ("mails taken", sums["mails"]),
        ("repeats, all with the same Message-ID", sums["repeats"]),
        ("longest from a start to a look, s", round(worst["longest"], 1)),
        ("longest stop after SIGTERM, s", round(worst["stop"], 1)),
        ("rounds with a broken promise", len(lines) - len(good)),
    ]
    return "\n".join(f"{name:<42}{count}" for name, count in rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=300)
    options.add_argument("--each", type=int, default=10, help="kills a round")
    options.add_argument("--first", type=int, default=0, help="the seed of the first round")
    options.add_argument("--out", type=Path, default=Path("deaths.jsonl"))
    given = options.parse_args()
    lines = [json.loads(line) for line in given.out.read_text("utf-8").splitlines()] if given.out.exists() else []
    while sum(line["kills"] for line in lines) < given.kills:
        seed = given.first + len(lines)
        lines.append({"seed": seed, "kills": given.each, **play(seed, given.each)})
        with given.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(lines[-1], ensure_ascii=False) + "\n")
        print(json.dumps(lines[-1], ensure_ascii=False), flush=True)
    print(table(lines))


if __name__ == "__main__":
    main()
