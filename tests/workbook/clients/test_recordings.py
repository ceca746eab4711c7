"""The recorded conversations with the real API, held again.

Every answer must agree in all that is no id, time or address.
"""

from pathlib import Path

import pytest

from .replay import Replay, conversations

CALLS = 1065  # in all recordings


@pytest.mark.parametrize("recording", conversations(), ids=lambda path: path.stem)
def test_the_conversation_goes_as_it_went_with_google(recording: Path, tmp_path: Path):
    replay = Replay(recording, tmp_path)
    unlike = [
        f"{call['method']} {call['uri']}\n    {difference}"
        for call, difference in zip(replay.calls, replay.differences(), strict=True)
        if difference is not None
    ]
    assert not unlike, "\n".join(unlike)


def test_no_recording_is_left_out():
    assert sum(len(path.read_text().splitlines()) for path in conversations()) == CALLS
