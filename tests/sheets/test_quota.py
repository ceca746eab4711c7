"""Google's 60 reads and 60 writes a minute are kept: looks wait, pages are told to come again, nothing is lost."""

from __future__ import annotations

import math
import random
import threading
import time
from dataclasses import replace

import pytest
import requests
import responses

from sync.sheets import answers, quota
from sync.sheets.gateway import Client, Gateway, Refused, Unreachable
from sync.sheets.quota import LOOKS, PAGES, READ, WRITE, Bucket, Busy, Quota, Rate
from sync.workbook import transport
from tests.book import templates
from tests.live_book import LiveBook

SHEET = "https://sheets.googleapis.com/v4/spreadsheets/x"


@pytest.mark.parametrize("seed", range(20))
def test_no_minute_has_sixty_calls_whenever_they_come(seed: int) -> None:
    """Bursts and pauses of both kinds of callers, a restart in between, each call sent as soon as it may be."""
    chance, sent, now = random.Random(seed), list[float](), 0.0
    for _ in range(3):  # a process after the other, each with full buckets in no one's memory
        buckets = [Bucket(rate, 0.0).emptied(now) for rate in (LOOKS, PAGES)]
        for _ in range(150):
            at = chance.randrange(2)
            sent.append(now + buckets[at].wait(now))
            buckets[at] = buckets[at].taken(now)
            now += chance.choice((0.0, 0.0, 0.1, 1.0, 40.0 * chance.random()))
        now = max(now, *sent)
    sent.sort()
    assert max(sum(at <= other < at + 60 for other in sent) for at in sent) < 60


def test_calls_are_counted_as_google_counts_them() -> None:
    gets = [SHEET, f"{SHEET}/values:batchGet?ranges=A1"]
    assert [quota.kind_of("get", address) for address in gets] == [READ, READ]
    assert quota.kind_of("post", f"{SHEET}:getByDataFilter") == READ
    assert quota.kind_of("post", f"{SHEET}:batchUpdate") == quota.kind_of("put", f"{SHEET}/values/A1") == WRITE
    assert quota.kind_of("get", "https://www.googleapis.com/drive/v3/files/x") == "", "Drive has a quota of its own"


class Clock:
    """Seconds that pass by sleeping alone."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_who_may_wait_waits_and_who_may_not_is_told_at_once() -> None:
    clock = Clock()
    patient = Quota(Rate(2, 3.0, math.inf), lambda: clock.now, clock.sleep)
    for _ in range(4):
        patient.take(READ)
    assert clock.slept == [3.0, 3.0, 3.0, 3.0]
    patient.take(WRITE)
    assert len(clock.slept) == 4, "reads and writes are counted apart"
    hurried, before = Quota(Rate(2, 3.0, 5.0), lambda: clock.now), clock.now
    hurried.sleep = lambda _: None
    hurried.take(READ)
    with pytest.raises(Busy, match="6 秒以后再试"):
        hurried.take(READ)
    assert clock.now == before


@responses.activate
def test_after_a_refusal_as_one_too_many_the_bucket_is_empty() -> None:
    clock = Clock()
    spent = Quota(Rate(3, 3.0, math.inf), lambda: clock.now, clock.sleep)
    clock.now += 60
    refused = {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}
    responses.get(SHEET, json=refused, status=429)
    responses.get(SHEET, json={"sheets": []})
    client = Client(None, requests.Session(), spent)
    client.waits = lambda _: 0.0
    client.request("get", SHEET)
    assert client.calls == 2 and clock.slept == [3.0]


@responses.activate
def test_a_page_is_not_kept_by_googles_own_refusals() -> None:
    """A look tries five times, each wait longer than the last; a page ends where its patience would."""
    refused = {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}
    responses.post(f"{SHEET}:batchUpdate", json=refused, status=429)
    page = Client(None, requests.Session(), Quota(Rate(10, 0.0, 5.0)))
    page.waits = lambda _: 6.0
    began = time.monotonic()
    with pytest.raises(Refused):
        Gateway(page, "x", templates()).send([])
    assert page.calls == 1 and time.monotonic() - began < 1
    look = Client(None, requests.Session(), Quota(Rate(10, 0.0, math.inf)))
    look.waits = lambda _: 0.0
    with pytest.raises(Refused):
        Gateway(look, "x", templates()).send([])
    assert look.calls == look.tries


@responses.activate
def test_drives_own_word_for_too_many_is_understood() -> None:
    address = "https://www.googleapis.com/drive/v3/files/x"
    error = {"domain": "usageLimits", "reason": "userRateLimitExceeded", "message": "User Rate Limit Exceeded"}
    responses.get(address, json={"error": {"code": 403, "message": error["message"], "errors": [error]}}, status=403)
    responses.get(address, json={"version": "7"})
    client = Client(None, requests.Session())
    client.waits = lambda _: 0.0
    assert Gateway(client, "x", templates()).version() == "7"


@pytest.fixture
def live(tmp_path) -> LiveBook:
    return LiveBook(tmp_path)


def used_up(live: LiveBook, rate: Rate) -> Gateway:
    """A gateway whose minute is over before it began."""
    client = Client(None, transport.session(live.api), Quota(rate))
    return Gateway(client, live.book.id, templates())


def test_a_page_without_a_turn_is_told_that_nothing_was_done(live: LiveBook) -> None:
    gateway = used_up(live, replace(PAGES, patience=0.5))
    began = time.monotonic()
    with pytest.raises(Unreachable, match="对 Google 的访问已到上限"):
        gateway.read()
    with pytest.raises(Refused, match="对 Google 的访问已到上限"):
        gateway.send([{"addSheet": {"properties": {"title": "新"}}}])
    verdict = answers.Verdict("20261124-001", {"review": "通过"}, lambda _: "")
    with pytest.raises(Unreachable):
        answers.write(gateway, live.ledger, verdict)
    assert time.monotonic() - began < 0.5 and "新" not in [sheet.title for sheet in live.book.worksheets()]


def test_what_is_over_waits_and_none_of_it_is_lost(live: LiveBook) -> None:
    """Twenty callers at once over a bucket of two: all rows are there in the end, none earlier than its turn."""
    gateway = used_up(live, Rate(2, 0.05, math.inf))
    sheet = live.book.add_worksheet("多", 10, 2)
    began = time.monotonic()

    def add(number: int) -> None:
        cells = [{"userEnteredValue": {"numberValue": number}}]
        request = {"sheetId": sheet.id, "rows": [{"values": cells}], "fields": "userEnteredValue"}
        gateway.send([{"appendCells": request}])

    callers = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    assert sorted(int(row[0]) for row in sheet.get_all_values()) == list(range(20))
    assert time.monotonic() - began >= 19 * 0.05
