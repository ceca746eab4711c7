"""The own tests of clients made for Google, run against the embedded workbook.

    python -m bench.clients FOLDER [FOLDER ...]

FOLDER: a copy of a client with its tests, which is written to (the tests' configuration); nothing is fetched. Each runs
in a process of its own. Prints a table: how many of all passed, how many requests the workbook was asked meanwhile;
below it why each of the others did not pass. The tests of google-api-python-client want the package parameterized.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench import node_client, python_client
from bench.outcome import Outcome


class Client(NamedTuple):
    """Where its tests are, and a file that only it has. ``talks``: whether they are made to speak with Google."""

    name: str
    mark: str
    tests: tuple[str, ...]
    talks: bool = True


NODE = "google-spreadsheet (npm)"
CLIENTS = (
    Client("gspread", "gspread/http_client.py", ("tests",)),
    Client(
        "gspread-dataframe",
        "gspread_dataframe.py",
        ("tests/gspread_dataframe_test.py", "tests/gspread_dataframe_integration.py"),
    ),
    Client("gspread-formatting", "gspread_formatting/__init__.py", ("test.py",)),
    Client("pygsheets", "pygsheets/worksheet.py", ("tests",)),
    Client("google-api-python-client", "googleapiclient/discovery.py", ("tests",), talks=False),
    Client(NODE, "src/lib/GoogleSpreadsheet.ts", ("src/test",)),
)


def client_in(folder: Path) -> Client:
    """The client whose copy the folder holds; LookupError when it is none of those known."""
    for client in CLIENTS:
        if (folder / client.mark).exists():
            return client
    raise LookupError(f"{folder}: no client with tests that are known here")


def alone(folder: Path) -> Outcome:
    """What came of a client's tests, run in this process."""
    client = client_in(folder)
    return (
        node_client.outcome(folder)
        if client.name == NODE
        else python_client.outcome(folder, client.tests, client.talks)
    )


def apart(folder: Path) -> Outcome:
    """What came of a client's tests, run in a process of their own."""
    with tempfile.NamedTemporaryFile() as written:
        subprocess.run([sys.executable, "-m", "bench.clients", str(folder), "--into", written.name], check=True)
        return Outcome(*json.loads(Path(written.name).read_text("utf-8")))


def told(outcomes: dict[str, Outcome]) -> str:
    """The table, and the reasons below it."""
    lines = ["| client | passed | of | requests |", "| --- | --- | --- | --- |"]
    for name, (passed, others, asked) in outcomes.items():
        lines.append(f"| {name} | {passed} | {passed + len(others)} | {asked} |")
    for name, outcome in outcomes.items():
        lines += ["", name, *(f"- {test}: {' '.join(why.split())}" for test, why in outcome.others.items())]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.into:
        asked.into.write_text(json.dumps(alone(asked.folders[0].resolve())), "utf-8")
        return
    folders = [folder.resolve() for folder in asked.folders]
    print(told({client_in(folder).name: apart(folder) for folder in folders}))


if __name__ == "__main__":
    main()
