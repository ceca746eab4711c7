"""``POST /hooks/nudge``: rings only with a good, fresh, unused signature, and believes nothing of the content."""

from __future__ import annotations

from dataclasses import dataclass, field

import flask
import pytest
from flask.testing import FlaskClient

from webhook import hooks
from webhook.hooks import NudgeCheck, sign

KEY = "一把钥匙"
NOW = 1_795_000_000.0


@dataclass
class NudgeClient:
    client: FlaskClient
    passed: list[int] = field(default_factory=list)

    def send(self, body: bytes = b"{}", at: float = NOW, key: str = KEY, **headers: str) -> int:
        timestamp = str(int(at))
        sent = {"X-Jielu-Timestamp": timestamp, "X-Jielu-Signature": sign(key, timestamp, body), **headers}
        return self.client.post("/hooks/nudge", data=body, headers=sent).status_code


@pytest.fixture
def nudges(monkeypatch: pytest.MonkeyPatch) -> NudgeClient:
    monkeypatch.setattr(hooks.time, "time", lambda: NOW)
    app = flask.Flask(__name__)
    found = NudgeClient(app.test_client())
    app.register_blueprint(hooks.nudge_hook((KEY, ""), lambda: found.passed.append(1)))
    return found


def test_a_good_ring_is_heard_whatever_it_says(nudges: NudgeClient) -> None:
    assert nudges.send(b'{"sheet": "=1+1", "rows": [1, 2]}') == 202
    assert nudges.send(b"not even json", at=NOW + 1) == 202
    assert len(nudges.passed) == 2


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("another key", {"key": "别的钥匙"}),
        ("an old stamp", {"at": NOW - 301}),
        ("a stamp from the future", {"at": NOW + 301}),
        ("no signature", {"X-Jielu-Signature": ""}),
        ("a strange signature", {"X-Jielu-Signature": "é" * 64}),
        ("a stamp that is no number", {"X-Jielu-Timestamp": "昨天"}),
        ("a stamp of many digits", {"X-Jielu-Timestamp": "9" * 400}),
    ],
)
def test_a_bad_ring_is_refused(nudges: NudgeClient, what: str, options: dict[str, object]) -> None:
    assert nudges.send(**options) == 403, what  # type: ignore[arg-type]
    assert nudges.passed == []


@pytest.mark.parametrize("at", [NOW - 300, NOW + 300])
def test_the_window_s_edges_are_inside(nudges: NudgeClient, at: float) -> None:
    assert nudges.send(at=at) == 202


def test_a_body_that_was_changed_is_refused(nudges: NudgeClient) -> None:
    stamp = str(int(NOW))
    headers = {"X-Jielu-Timestamp": stamp, "X-Jielu-Signature": sign(KEY, stamp, b"one")}
    assert nudges.client.post("/hooks/nudge", data=b"other", headers=headers).status_code == 403


def test_a_ring_played_back_is_refused(nudges: NudgeClient) -> None:
    assert [nudges.send(), nudges.send()] == [202, 403]


def test_a_huge_body_is_refused(nudges: NudgeClient) -> None:
    assert nudges.send(b"x" * (hooks.MOST_NUDGE_BYTES + 1)) == 413


def test_a_used_signature_is_forgotten_after_the_window() -> None:
    now = [NOW]
    check = NudgeCheck((KEY,), clock=lambda: now[0])
    for second in range(1000):
        now[0] = NOW + second
        stamp = str(int(now[0]))
        assert check.fault(stamp, sign(KEY, stamp, b""), b"") == ""
    assert len(check.used) <= 2 * hooks.WINDOW_SECONDS + 1
