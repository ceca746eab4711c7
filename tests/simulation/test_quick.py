"""The simulation's quick form: each profile for some seeds, and four bugs put in by hand that it must catch.

``python -m tests.simulation --profile columns --seeds 0-4999 --out FILE`` is the long one.
"""

from __future__ import annotations

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.plan import PROFILES, planned
from tests.simulation.run import run

RUNS = {"rows": 45, "columns": 45, "faults": 40, "lost": 20, "years": 24}  # a run of the last takes twice as long
AT_ONCE = 12
SHORT = 20  # edits a run: a long one has 35
MOST_SEEDS = 300  # within which a bug must be caught
KNOWN: dict[str, set[int]] = {  # seeds of faults that are being mended
    "rows": set(), "columns": set(), "faults": set(), "lost": set(), "years": set(),
}  # fmt: skip


@pytest.mark.parametrize(
    "profile, first", [(profile, first) for profile in PROFILES for first in range(0, RUNS[profile], AT_ONCE)]
)
def test_no_promise_is_broken(profile: str, first: int) -> None:
    for seed in range(first, min(first + AT_ONCE, RUNS[profile])):
        if seed in KNOWN[profile]:
            continue
        result = run(planned(seed, profile, SHORT))
        told = "\n".join([*result.story, *(f"✗ {kind}：{words}" for kind, words in result.broken)])
        how = f"python -m tests.simulation --profile {profile} --seeds {seed} --length {SHORT}"
        assert not result.broken, f"{how}\n{told}"


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_put_in_by_hand_is_caught(bug: str) -> None:
    profile, first, put_in = BUGS[bug]
    assert any(_tells_apart(seed, profile, put_in) for seed in range(first, first + MOST_SEEDS))


def _tells_apart(seed: int, profile: str, put_in) -> bool:  # type: ignore[no-untyped-def]
    """Whether a run breaks a promise with the bug and none without it."""
    actions = planned(seed, profile, SHORT)
    with put_in():
        broken = run(actions).broken
    return bool(broken) and not run(actions).broken


def test_runs_are_the_same_every_time() -> None:
    first, second = (run(planned(7, "faults", SHORT)) for _ in range(2))
    assert first.story == second.story and first.broken == second.broken
