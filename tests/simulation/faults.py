"""Faults and deaths that wait for their moment, and what a server answers then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from sync.workbook.schema import errors
from sync.workbook.server import Response
from sync.workbook.transport import refusal

MOMENTS = ("before read", "after read", "before write", "after write", "before write", "after write",
           "before version", "before other")  # fmt: skip
DEATHS = ("before read", "after read", "after step land earlier", "after step decide", "after step commit",
          "before write", "after write", "after step write", "after step land", "before statement", "before statement",
          "before statement")  # fmt: skip
WORDS = {
    "before read": "服务要读表，", "after read": "服务读表，",
    "before write": "服务要写表，", "after write": "服务写表，",
    "before version": "服务问有没有改动，", "before other": "服务问有哪些表，", "before statement": "服务要写数据库，",
    "after step land earlier": "服务核对上次的写入以后，", "after step decide": "服务算完以后，",
    "after step commit": "服务记下以后、写表以前，", "after step write": "服务写完表以后，",
    "after step land": "服务这一轮做完时，",
}  # fmt: skip
Answer = Callable[[Response | None], Response | None]


class Death(BaseException):
    """The process was killed here."""


def _raises(error: Exception) -> Answer:
    def answer(_: Response | None) -> Response | None:
        raise error

    return answer


def _refused(code: int, status: str) -> Answer:
    return lambda _: refusal(errors.ApiError(code, "Injected.", status))


def _half(response: Response | None) -> Response | None:
    """Cut off in the middle, as a proxy hands it on: its length fits, its content does not."""
    assert response is not None
    return Response(response.status, response.headers, response.body[: len(response.body) // 2])


NOT_DONE: dict[str, Answer] = {
    "答 429": lambda _: refusal(errors.quota_exceeded()),
    "答 500": _refused(500, "INTERNAL"),
    "答 503": _refused(503, "UNAVAILABLE"),
    "答 403": _refused(403, "PERMISSION_DENIED"),
    "连不上": _raises(requests.ConnectionError("refused")),
    "超时": _raises(requests.ReadTimeout("slow")),
}
DONE: dict[str, Answer] = {
    "做了但超时": _raises(requests.ReadTimeout("slow")),
    "做了但断开": _raises(requests.ConnectionError("cut")),
    "做了但答 503": _refused(503, "UNAVAILABLE"),
    "回答断在半路": _raises(requests.exceptions.ChunkedEncodingError("cut")),
    "回答只有半截": _half,
}


@dataclass
class Armed:
    """``times``: how often it comes, one request after the other; ``skip``: moments of its kind that go by before."""

    moment: str
    name: str
    times: int = 1
    skip: int = 0


@dataclass
class Faults:
    """What is to go wrong in the next look. ``tell`` is given each that came."""

    tell: Callable[[str], None]
    answers: list[Armed] = field(default_factory=list)
    deaths: list[Armed] = field(default_factory=list)
    full_from: int = -1  # statements that are still written before the disk is full; -1: it is not
    counted: int = 0

    def answer(self, moment: str, response: Response | None = None) -> Response | None:
        """The answer of a fault that comes now, if any; raises as a connection does."""
        armed = next((armed for armed in self.answers if armed.moment == moment), None)
        if armed is None:
            return None
        armed.times -= 1
        if not armed.times:
            self.answers.remove(armed)
        self.counted += 1
        self.tell(f"{WORDS.get(moment, moment)}{armed.name}")
        answers = DONE if moment.startswith("after") else NOT_DONE
        return answers[armed.name](response)

    def reach(self, moment: str) -> None:
        """Raises ``Death`` where one waits for this moment."""
        for armed in [armed for armed in self.deaths if armed.moment == moment]:
            if armed.skip:
                armed.skip -= 1
                continue
            self.deaths.remove(armed)
            self.tell(f"{WORDS.get(moment, moment)}进程被杀")
            raise Death

    def is_full(self) -> bool:
        """Asked before each statement that writes."""
        if self.full_from < 0:
            return False
        if self.full_from > 0:
            self.full_from -= 1
            return False
        return True

    def clear(self) -> None:
        self.answers.clear()
        self.deaths.clear()
        self.full_from = -1
