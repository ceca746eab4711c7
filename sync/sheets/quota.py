"""How fast Google's Sheets API is asked: below sixty reads and sixty writes a minute, counted as Google counts them.

Google counts each request by what it does (developers.google.com/workspace/sheets/api/limits): one that retrieves is a
read, one that changes a write, sixty of each a minute for one user (the service account) of one project; a refused or
repeated request counts too. Drive's questions have a quota of their own, far above ours, and are not counted here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from sync.ledger.bureaus.quotas import Quotas

SHEETS = "https://sheets.googleapis.com/"
READ, WRITE = "read", "write"
RETRIEVING = (":getByDataFilter", ":batchGetByDataFilter", ":search")  # ends of addresses that are read by POST


@dataclass(frozen=True)
class Rate:
    """``at_once`` calls, and then one in ``seconds``. A call waits for ``patience`` seconds at most."""

    at_once: int
    seconds: float
    patience: float


# In no minute more than 9 + 20 and 10 + 20 calls, together 59. Each has its share, so that neither starves the other.
LOOKS = Rate(9, 3.0, inf)  # a look waits as long as it has to
PAGES = Rate(
    10, 3.0, 5.0
)  # a person does not, and a waiting page holds a thread: two wait at most, for reads and writes


class Busy(RuntimeError):
    """The call's turn would come too late: it was not sent."""


@dataclass(frozen=True)
class Bucket:
    """A bucket of tokens. ``full_at``: the second at which it is full again; a call that waits has taken its token."""

    rate: Rate
    full_at: float

    def wait(self, now: float) -> float:
        """Seconds until a call may be sent that comes at ``now``."""
        return max(0.0, self.full_at - now - (self.rate.at_once - 1) * self.rate.seconds)

    def taken(self, now: float) -> Bucket:
        """The bucket without the token of a call that comes at ``now``."""
        return replace(self, full_at=max(self.full_at, now) + self.rate.seconds)

    def emptied(self, now: float) -> Bucket:
        """The bucket without any token."""
        return replace(self, full_at=max(self.full_at, now + self.rate.at_once * self.rate.seconds))


class Quota:
    """The buckets of one kind of callers, for all threads of a process. ``clock`` gives monotonic seconds.

    They begin empty: what the process before this one has sent in the same minute counts at Google too.
    """

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate, self.clock, self.sleep = rate, clock, sleep
        self._buckets = {kind: Bucket(rate, 0.0).emptied(clock()) for kind in (READ, WRITE)}
        self._lock = threading.Lock()

    def take(self, kind: str) -> None:
        """Wait for the turn of a call. Raises ``Busy``, at once, where it would come too late."""
        with self._lock:
            now = self.clock()
            wait = self._patient(self._buckets[kind].wait(now))
            self._buckets[kind] = self._buckets[kind].taken(now)
        if wait:
            self.sleep(wait)

    def _patient(self, wait: float) -> float:
        """The seconds to wait. Raises ``Busy`` where they are too many."""
        if wait > self.rate.patience:
            raise Busy(f"这一分钟对 Google 的访问已到上限，{wait:.0f} 秒以后再试")
        return wait

    def exceeded(self, kind: str) -> None:
        """Google refused a call as one too many: somebody else asks with the same account. All tokens are gone."""
        with self._lock:
            self._buckets[kind] = self._buckets[kind].emptied(self.clock())


class SharedQuota(Quota):
    """The same buckets for all processes that ask in the name of one project: they stand in the ledger's database.

    ``quotas``: where they stand; ``name`` tells the buckets of these callers from those of others.
    """

    def __init__(self, rate: Rate, quotas: Quotas, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(rate, sleep=sleep)
        self.quotas, self.name = quotas, name
        quotas.begin([self._key(kind) for kind in (READ, WRITE)], lambda now: Bucket(rate, 0.0).emptied(now).full_at)

    def _key(self, kind: str) -> str:
        return f"{self.name} {kind}"

    def take(self, kind: str) -> None:
        """As ``Quota.take``."""
        waits: list[float] = []

        def taken(full_at: float, now: float) -> float:
            bucket = Bucket(self.rate, full_at)
            waits.append(self._patient(bucket.wait(now)))
            return bucket.taken(now).full_at

        self.quotas.change(self._key(kind), taken)
        if waits[0]:
            self.sleep(waits[0])

    def exceeded(self, kind: str) -> None:
        """As ``Quota.exceeded``."""
        self.quotas.change(self._key(kind), lambda full_at, now: Bucket(self.rate, full_at).emptied(now).full_at)


def kind_of(method: str, address: str) -> str:
    """What a request counts as: ``READ``, ``WRITE``, or nothing (empty)."""
    if not address.startswith(SHEETS):
        return ""
    return READ if method.upper() == "GET" or address.partition("?")[0].endswith(RETRIEVING) else WRITE
