"""Google's quota of a project is one for all processes that ask in its name."""

from __future__ import annotations

import json
import multiprocessing
import time
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from sync.ledger import sharing
from sync.ledger.bureaus.quotas import Quotas
from sync.ledger.upgrade import open_database
from sync.sheets.quota import READ, WRITE, Busy, Rate, SharedQuota
from sync.workbook.accounts import Accounts
from sync.workbook.cells.store import Store
from tests.bureaus.province import Province

RATE = Rate(4, 0.2, inf)
PROCESSES = multiprocessing.get_context("spawn")


def ask(url: str, count: int, sent: object) -> None:
    engine = sharing.lend(url, open_database)
    shared = SharedQuota(RATE, Quotas(engine, "a project"), "looks")
    for _ in range(count):
        shared.take(READ)
        sent.put(time.time())  # type: ignore[attr-defined]
    sharing.give_back(engine)


def test_two_processes_together_ask_no_faster_than_one_may(province: Province) -> None:
    sharing.give_back(sharing.lend(province.database, open_database))
    sent = PROCESSES.Queue()
    both = [PROCESSES.Process(target=ask, args=(province.database, 10, sent)) for _ in range(2)]
    for process in both:
        process.start()
    hours = sorted(sent.get(timeout=60) for _ in range(20))
    for process in both:
        process.join(60)
    for at in hours:
        assert sum(at <= other < at + 2.0 for other in hours) <= RATE.at_once + 2.0 / RATE.seconds + 1


def test_projects_kinds_and_callers_have_buckets_of_their_own(province: Province) -> None:
    engine = sharing.lend(province.database, open_database)
    impatient = Rate(2, 10.0, 0.0)
    for name in ("one", "other"):
        Quotas(engine, name).begin(["looks read", "looks write", "pages read", "pages write"], lambda now: now)

    def taken(project: str, name: str, kind: str) -> int:
        """How many calls go at once."""
        shared, count = SharedQuota(impatient, Quotas(engine, project), name), 0
        with pytest.raises(Busy):
            while True:
                shared.take(kind)
                count += 1
        return count

    assert [taken(*key) for key in (("one", "looks", READ), ("one", "looks", WRITE), ("one", "pages", READ))] == [
        2,
        2,
        2,
    ]
    assert taken("other", "looks", READ) == 2 and taken("one", "looks", READ) == 0
    sharing.give_back(engine)


def test_what_google_refuses_empties_the_bucket_for_all(province: Province) -> None:
    engine = sharing.lend(province.database, open_database)
    quotas, waits = Quotas(engine, "p"), list[float]()
    quotas.begin(["looks read", "looks write"], lambda now: now)
    one, other = (SharedQuota(Rate(5, 1.0, inf), quotas, "looks", waits.append) for _ in range(2))
    one.take(READ)
    assert waits == []
    one.exceeded(READ)
    other.take(READ)
    assert 0.5 < waits[0] <= 1.0
    sharing.give_back(engine)


def test_bureaus_with_one_account_s_project_share_its_quota(province: Province, tmp_path: Path) -> None:
    with closing(Store(tmp_path / "accounts.sqlite3")) as store:
        key = Accounts(store).create("robot", "https://oauth2.googleapis.com/token")
    (tmp_path / "key.json").write_text(json.dumps({**key, "project_id": "a-project"}))
    for code in ("xidu", "beidu"):
        province.add(code)
        text = f"JIELU_WORKBOOK='sheet-of-{code}'\nGOOGLE_APPLICATION_CREDENTIALS='{tmp_path / 'key.json'}'\n"
        (province.folders.folder(code) / ".env").write_text(text)
    with province.service("xidu") as mine, province.service("beidu") as other:
        quotas = [client.quota for client in (mine.client, other.client, mine.page_client)]
        assert all(isinstance(each, SharedQuota) and each.quotas.project == "a-project" for each in quotas)
        assert [each.name for each in quotas if isinstance(each, SharedQuota)] == ["looks", "looks", "pages"]
