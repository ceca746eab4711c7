"""``python -m tests.simulation --profile rows --seeds 0-4999 --out FILE``: runs seeds, a line of JSON each.

Goes on where FILE ends. A seed that breaks a promise is shrunk, and its story printed.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.simulation.plan import EDITS, PROFILES, planned
from tests.simulation.run import Result, run
from tests.simulation.shrink import shrunk

SHRINKING = 20.0  # seconds a seed


def main() -> int:
    asked = _arguments()
    done = _done(asked.out)
    until = time.monotonic() + asked.time if asked.time else float("inf")
    first, last = asked.seeds
    for profile in [asked.profile] if asked.profile else list(PROFILES):
        for seed in range(first, last + 1):
            if time.monotonic() > until:
                break
            if (profile, seed) not in done:
                line = _seed(seed, profile, asked)
                done[profile, seed] = line
                _note(asked.out, line)
    return _summary(list(done.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--profile", choices=list(PROFILES), help="one of the four; without it all")
    parser.add_argument("--seeds", type=_range, default=(0, 99), metavar="FIRST-LAST")
    parser.add_argument("--out", type=Path, help="file to append to, and to go on from")
    parser.add_argument("--time", type=float, default=0.0, metavar="SECONDS", help="stop after so long")
    parser.add_argument("--length", type=int, default=EDITS, metavar="EDITS", help="a run (the quick form has 20)")
    parser.add_argument("--ignore", default="", metavar="KINDS", help="kinds of faults that are known, with commas")
    parser.add_argument("--shrink", type=float, default=SHRINKING, metavar="SECONDS", help="for each broken seed")
    return parser.parse_args()


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _done(out: Path | None) -> dict[tuple[str, int], dict[str, Any]]:
    if out is None or not out.exists():
        return {}
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return {(line["profile"], line["seed"]): line for line in lines}


def _note(out: Path | None, line: dict[str, Any]) -> None:
    if out is not None:
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _seed(seed: int, profile: str, asked: argparse.Namespace) -> dict[str, Any]:
    actions = planned(seed, profile, asked.length)
    result, known = run(actions), set(asked.ignore.split(","))
    result.broken = [fault for fault in result.broken if fault[0] not in known]
    line: dict[str, Any] = {"profile": profile, "seed": seed, "seconds": round(result.seconds, 3), **result.counts}
    if not result.broken:
        return line
    kinds = result.kinds
    short = shrunk(actions, lambda part: bool(run(part).kinds & kinds), asked.shrink) if asked.shrink else actions
    again = run(short)
    _print(seed, profile, again, len(short))
    told = again if again.broken else result
    return {**line, "broken": told.broken, "story": told.story, "actions": [action.as_json() for action in short]}


def _print(seed: int, profile: str, result: Result, length: int) -> None:
    print(f"── {profile} {seed}（{length} 步）")
    print("\n".join(f"   {line}" for line in result.story))
    print("\n".join(f"   ✗ {kind}：{sentence}" for kind, sentence in result.broken[:8]), flush=True)


def _summary(lines: list[dict[str, Any]]) -> int:
    for profile in dict.fromkeys(line["profile"] for line in lines):
        group = [line for line in lines if line["profile"] == profile]
        broken = [line for line in group if line.get("broken")]
        sums = Counter[str]()
        for line in group:
            sums.update({key: value for key, value in line.items() if isinstance(value, int) and key != "seed"})
        seconds = sum(line["seconds"] for line in group)
        kinds = Counter(kind for line in broken for kind in {kind for kind, _ in line["broken"]})
        print(f"{profile}：{len(group)} 次，每次 {seconds / len(group):.3f} 秒，{dict(sums)}，"
              f"破了承诺 {len(broken)} 次 {dict(kinds)}")  # fmt: skip
    return 1 if any(line.get("broken") for line in lines) else 0


if __name__ == "__main__":
    raise SystemExit(main())
