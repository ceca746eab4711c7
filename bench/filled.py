"""A data folder with so many issues of the last three weeks, nine in ten of them closed, for `bench/rush.py`.

python -m bench.filled FOLDER ROWS
"""

from __future__ import annotations

import argparse
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.tick import ZONE, Bench, nine_in_ten
from sync.core.sheet.values import serials
from sync.operations import jobs
from sync.service import Service
from sync.settings import Settings


class Filled(Bench):
    """The bureau of a data folder, with ``rows`` issues up to ``now``."""

    def __init__(self, service: Service, rows: int, now: datetime) -> None:
        self.tabs, self.rules, self.client = service.templates, service.rules(), service.client
        self.id, self.gateway, self.ledger, self.now = service.workbook, service.gateway, service.ledger, now
        self.fill(rows)

    def issue(self, n: int, rows: int) -> dict[str, Any]:
        at = self.now - timedelta(days=21) * (1 - n / rows)
        return {**super().issue(n, rows), "reported_at": serials.from_datetime(at, ZONE)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("rows", type=int)
    given, now = options.parse_args(), datetime.now(ZONE)
    with closing(Service(Settings.read({"JIELU_DATA": str(given.folder)}))) as service:
        jobs.ensure_tabs(service)
        bench = Filled(service, given.rows, now)
        service.ticks(now, idle=False)
        bench.verify(nine_in_ten(given.rows), now)
        print(service.ticks(now, idle=False))


if __name__ == "__main__":
    main()
