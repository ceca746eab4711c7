"""One workday of the demo at the real tick of 20 s against a real mail server: mails and lines a person gets.

    python bench/mails.py [day ...] [--late]        default: 2026-11-19; the demo's month ends at the last day's end

The month before the first day is played as the demo plays it, two hours a look, with the mail server there from the
start. On the days themselves people type at their own minute and the service looks every 20 s; a look at which nothing
was typed and nothing fell due is passed over, since it would send the same mails (tests/demo/test_demo.py holds that
of the workbook). ``--late``: the mail server is there from the first day on only, after weeks without one.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import date, datetime, timedelta
from pathlib import Path

from sync.demo import album, city
from sync.demo.acts import Entry
from sync.demo.album import Album
from sync.demo.cast import roster
from sync.demo.play import HOUR, People, Ticker
from sync.demo.script import Script, floor
from sync.demo.signing import Leaders
from sync.intake.files import file_rows
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up

sys.path.append(str(Path(__file__).parent.parent))
from tests.mail_server import MailServer, mail_server, words

DAY = "2026-11-19"
TICK = timedelta(seconds=20)
LINE = re.compile(r"([0-9]+\. )?【")  # how an item of a mail begins, on this commit and before


Mail = tuple[datetime, str, str]  # when, to whom, what it says


class Played:
    """The demo's people and service, moved on stretch by stretch."""

    def __init__(self, service: Service, photos: Album, entries: Sequence[Entry], server: MailServer) -> None:
        self.server, self.mails, self.looked = server, list[Mail](), 0
        self.people, self.ticker = People(service, photos), Ticker(service)
        self.leaders = Leaders(service, entries[-1].at + timedelta(days=1))
        self.coming = sorted(entries, key=lambda entry: entry.at, reverse=True)
        self.waiting: list[Entry] = []

    def go_on(self, start: datetime, until: datetime, every: timedelta) -> None:
        for now in (start + n * every for n in range(1, (until - start) // every + 1)):
            came, looked = False, self.ticker.played.looks
            while self.coming and self.coming[-1].at <= now:
                self.waiting.append(self.coming.pop())
                came = True
            due = self.waiting
            if due and (came or looked != self.looked):  # who waits for a number gets it by a look alone
                self.waiting = self.people.do(due)
            self.looked = looked
            signed = (every >= HOUR or (now.minute % 30 == 0 and now.second == 0)) and self.leaders.work(now)
            self.ticker.look_if_due(now, typed=signed or len(self.waiting) < len(due))
            self.mails += [(now, str(mail["To"]), words(mail)) for mail in self.server.received]
            self.server.received.clear()


def play(folder: Path, days: Sequence[date], url: str, mails: MailServer, late: bool) -> dict[date, list[Mail]]:
    """The mails of each day."""
    settings = {**os.environ, "JIELU_WORKBOOK": "", "JIELU_DATA": str(folder), "JIELU_RULES": ""}
    with_mail = {**settings, "JIELU_SMTP": url, "JIELU_MAIL_FROM": "jielu@xidu.example"}
    by_day: dict[date, list[Mail]] = {}
    with ExitStack() as stack:
        service = stack.enter_context(closing(Service(Settings.read(settings if late else with_mail))))
        zone = service.rules().bureau.zone
        set_up.build(service.gateway, service.rules())
        until = datetime(days[-1].year, days[-1].month, days[-1].day, tzinfo=zone) + timedelta(days=1)
        people = roster()
        reports = city.read(city.SAMPLE, service.templates, until, len(people["streets"]))
        entries = Script(service.rules(), until, people["streets"], HOUR).write(reports)
        for key, rows in people.items():
            file_rows.append(service.client, service.workbook, service.templates[key], rows)
        photos = stack.enter_context(album.opened(service, entries))
        played, at = Played(service, photos, entries, mails), floor(entries[0].at, HOUR)
        played.ticker.look_if_due(at, typed=True)
        for day in days:
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            if midnight > at:
                played.go_on(at, midnight, 2 * HOUR)
            service.settings = Settings.read(with_mail)
            before, at = len(played.mails), midnight + timedelta(days=1)
            played.go_on(midnight, at, TICK)
            by_day[day] = played.mails[before:]
        print(f"{played.ticker.played.looks} looks, {played.ticker.played.notices} notices made")
    return by_day


def table(day: date, mails: Sequence[Mail], people: int) -> None:
    """Mails and lines of a day: each role's mean and maximum, and who has the most."""
    letters, lines = Counter[str](), Counter[str]()
    for _, to, text in mails:
        letters[to] += 1
        lines[to] += sum(bool(LINE.match(line)) for line in text.splitlines())
    print(f"{day}: {letters.total()} mails, {lines.total()} lines, {len(letters)} of {people} people got any")
    print("  role       people  mails mean/max   lines mean/max   most mails")
    for role, names in ROLES.items():
        got, read = [letters[name] for name in names], [lines[name] for name in names]
        most = max(names, key=lambda name: (letters[name], lines[name]))
        print(
            f"  {role:<10} {len(names):>6}  {statistics.mean(got):>7.2f} / {max(got):<5}"
            f"  {statistics.mean(read):>7.2f} / {max(read):<6} {most.split('@')[0]} {letters[most]} ({lines[most]})"
        )


ROLES: dict[str, list[str]] = {}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("days", nargs="*", default=[DAY], type=str)
    options.add_argument("--late", action="store_true")
    options.add_argument("--show", default="", help="the mails of this address too")
    given = options.parse_args()
    days = [date.fromisoformat(day) for day in given.days]
    posts = roster()["posts"]
    for post in posts:
        ROLES.setdefault(
            {
                "领导小组办公室": "office",
                "标准化办": "standards",
                "指挥长": "commanders",
                "支部书记": "heads",
                "街路长": "chiefs",
            }[str(post["role"])],
            [],
        ).append(str(post["mail"]))
    ROLES["all"] = [name for names in list(ROLES.values()) for name in names]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, mail_server() as (mails, url):
        for day, received in play(Path(folder), days, url, mails, given.late).items():
            table(day, received, len(ROLES["all"]))
            for at, to, text in received:
                if given.show and to.startswith(given.show):
                    print(
                        f"{at:%H:%M:%S}", *(line[:100] for line in text.splitlines() if LINE.match(line)), sep="\n    "
                    )
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
