"""The demo: who and where, the city's reports on the county's streets, what people do, and the month played."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.core.people import roster_checks
from sync.core.people.roster import assemble
from sync.core.sheet import checks
from sync.core.sheet.rows import Row, Table, read
from sync.core.sheet.tabs import Layout, locate
from sync.demo import cast, city
from sync.demo.acts import Entry
from sync.demo.demo import roster, run, summed
from sync.demo.play import play
from sync.demo.script import Script, floor
from sync.intake.files import file_rows, mapping
from sync.outgoing.export import export_file
from sync.service import Service
from sync.settings import Settings
from sync.sheets import set_up
from tests.book import ROOT, ZONE, default_rules, hour, templates

UNTIL = hour("2026-11-24 16:00")
WHOLE = ROOT.parent / "shared" / "data" / "la311-2017.csv"
with_the_whole_file = pytest.mark.skipif(
    not WHOLE.exists(), reason=f"the whole city file is not in the repository ({WHOLE.name})"
)
# The plan's officials, by the digest of each name: no list of them stands here either.
OFFICIALS = {
    "46c2201bd673eb21",
    "53ed1590367924e4",
    "5419e2e8deae2094",
    "767e57b33b8a60dd",
    "bb5b3afce42ea447",
    "e78694095f53452a",
    "4d86e3f170201316",
    "242d0c621cfbd2a0",
    "115a97303a0b1812",
    "3173b97477d636ac",
    "4fe8fcbafd1275bd",
}


def parsed(key: str, rows: list[dict[str, Any]]) -> tuple[Layout, list[Row]]:
    tab = templates()[key]
    header = tuple(column.header for column in tab.columns)
    layout = locate(tab, header)
    assert isinstance(layout, Layout)
    table = Table(key, header, [[row.get(column.key, "") for column in tab.columns] for row in rows])
    return layout, list(read(layout, table, ZONE).rows)


# Who and where ---------------------------------------------------------------------------------------------------


def test_the_roster_is_the_plans() -> None:
    streets, posts = roster()["streets"], roster()["posts"]
    assert len(streets) == len({row["street"] for row in streets}) == len({row["code"] for row in streets}) == 50
    assert {row["district"] for row in streets} == {"城西", "城中", "城东"}
    assert {(row["district"], row["branch"]) for row in streets} == set(
        zip(("城西", "城西", "城中", "城中", "城东", "城东"), cast.BRANCHES, strict=True)
    )
    assert all(count >= 6 for count in Counter(row["type"] for row in streets).values())
    assert {row["unit"] for row in posts if "unit" in row} == set(default_rules().units)
    assert [(row["branch"], row["unit"]) for row in posts if row["role"] == "支部书记"] == list(
        zip(cast.BRANCHES, cast.HEADS, strict=True)
    )


@pytest.mark.parametrize(
    ("street", "branch"),
    [
        ("向阳南路", "第二支部"),
        ("向阳北路", "第二支部"),
        ("保安小区", "第二支部"),
        ("建设南路", "第一支部"),
        ("新正街", "第四支部"),
        ("S336线县城段", "第四支部"),
        ("联胜路", "第六支部"),
    ],
)
def test_streets_that_the_plan_names_are_where_it_says(street: str, branch: str) -> None:
    row = next(row for row in roster()["streets"] if row["street"] == street)
    assert row["branch"] == branch
    assert "片区按方案" in str(row["note"])


def test_other_streets_say_that_their_area_is_to_be_checked() -> None:
    assert all("片区待核" in str(row["note"]) for row in roster()["streets"] if str(row["street"]).startswith("示例"))


def test_nobody_real_is_in_it() -> None:
    """Placeholders for all people, and addresses that can't exist."""
    files = [*(ROOT / "sync" / "demo").glob("*.*")]
    text = "".join(path.read_text("utf-8") for path in files)
    words = {text[i : i + n] for n in (2, 3) for i in range(len(text))}
    assert not OFFICIALS & {hashlib.sha256(word.encode()).hexdigest()[:16] for word in words}
    names = {str(row["name"]).rstrip("0123456789") for row in roster()["posts"]}
    assert names == {"办公室", "标准化办", "指挥长", "支部书记", "街路长"}
    assert all(str(row["mail"]).endswith(".example") for row in roster()["posts"])


def test_the_roster_has_no_fault() -> None:
    _, streets = parsed("streets", roster()["streets"])
    _, posts = parsed("posts", roster()["posts"])
    assert not [row.parsed.problems for row in (*streets, *posts) if row.parsed.problems]
    streets, posts = ([row._replace(rid=str(row.number)) for row in rows] for rows in (streets, posts))
    found = assemble(streets, posts, [])
    day = UNTIL.date()
    assert not [one for one in roster_checks.streets(streets, found, day).values() if one]
    assert not [one for one in roster_checks.posts(posts).values() if one]
    names = {name for street in found.streets for name in (street.name, *street.aliases)}
    assert all(near in names for street in found.streets for near in street.near)


# The city's reports ----------------------------------------------------------------------------------------------


def reports(path: Path = city.SAMPLE, until: datetime = UNTIL) -> list[city.Report]:
    return city.read(path, templates(), until, 50)


def test_the_sample_is_what_it_says_it_is() -> None:
    """Every 14th row of the file by time, without addresses; the note says where it is from."""
    with city.SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 715
    assert not {"Address", "Latitude", "Longitude"} & set(rows[0])
    note = (city.HERE / "issues.toml").read_text("utf-8")
    assert "data.lacity.org" in note
    assert "没有核对过" in note


@with_the_whole_file
def test_the_sample_follows_from_the_whole_file() -> None:
    with WHOLE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: (datetime.strptime(row["CreatedDate"], "%m/%d/%Y %I:%M:%S %p"), row["SRNumber"]))  # noqa: DTZ007
    with city.SAMPLE.open(encoding="utf-8", newline="") as file:
        sample = list(csv.DictReader(file))
    assert sample == [{key: row[key] for key in sample[0]} for row in rows[::14]]


def check_reports(found: list[city.Report], total: int) -> None:
    """Every report is kept, and each has a category of the rules, a street, an hour of the month."""
    assert len(found) == total == len({one.ref for one in found})
    assert {one.category for one in found} <= set(default_rules().categories)
    assert {default_rules().categories[one.category].task for one in found} == set(default_rules().tasks)
    first = UNTIL.date() - timedelta(days=30)
    assert all(first <= one.at.date() and one.at <= UNTIL for one in found)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert {one.street for one in found} <= set(range(50))
    sources = Counter(one.source for one in found)
    assert sources["督查"] > total / 2 > sources["街路长自查"] > sources["群众反映"] > sources["上级交办"] > 0


def test_the_sample_as_reports() -> None:
    check_reports(reports(), 715)


@with_the_whole_file
def test_all_rows_of_the_whole_file_as_reports() -> None:
    check_reports(reports(WHOLE), 9999)


@with_the_whole_file
def test_all_rows_of_the_whole_file_are_valid_or_explained() -> None:
    """Typed rows without a fault, but for those that the script gets wrong as people do; each of these says what."""
    entries = Script(default_rules(), UNTIL).write(reports(WHOLE))
    typed = [entry for entry in entries if entry.tab == "issues" and not entry.into]
    assert len(typed) == 9999
    layout, rows = parsed("issues", [dict(entry.cells) for entry in typed])
    names = {name for row in roster()["streets"] for name in (row["street"], *str(row.get("aliases", "")).split("、"))}
    lists = {"streets": names, "categories": set(default_rules().categories), "units": set(default_rules().units)}
    told = [[*row.parsed.problems, *checks.known_lists(layout.tab, row.cells, lists)] for row in rows]
    wrong = [problems for problems in told if problems]
    assert 60 <= len(wrong) <= 200
    assert {problem.column for problems in wrong for problem in problems} == {
        "reported_at",
        "street",
        "category",
        "severity",
    }


@pytest.mark.parametrize("until", ["2026-11-24 16:00", "2026-03-01 00:00", "2026-05-04 07:10", "2024-02-29 23:59"])
def test_any_hour_may_end_the_month(until: str) -> None:
    end = hour(until)
    found = reports(until=end)
    assert len(found) == 715
    assert all(one.at <= end for one in found)
    assert found[-1].at > end - timedelta(days=3)


def test_weekends_are_quieter_and_nights_are_quiet() -> None:
    days = Counter(one.at.date() for one in reports())
    assert days[hour("2026-11-21 00:00").date()] < days[hour("2026-11-20 00:00").date()] / 2
    assert all(7 <= one.at.hour <= 20 for one in reports())


# The script ------------------------------------------------------------------------------------------------------


def script(until: datetime = UNTIL) -> list[Entry]:
    return Script(default_rules(), until).write(reports(until=until))


def test_the_same_file_and_hour_give_the_same_script() -> None:
    assert script() == script()
    assert city.part("1-869656908", "street", 50) == 25  # in another process too: hashes of Python change, these do not


def test_everything_that_people_do_occurs() -> None:
    entries = script()
    typed = {
        (entry.tab, key, str(cell))
        for entry in entries
        for key, cell in entry.cells.items()
        if key in ("kind", "outcome", "verified", "accepted", "answer", "source")
    }
    for wanted in (
        ("requests", "kind", "延期"),
        ("requests", "kind", "挂账"),
        ("requests", "kind", "移交"),
        ("requests", "answer", "同意"),
        ("requests", "answer", "不同意"),
        ("feedback", "outcome", "上报"),
        ("issues", "verified", "返工"),
        ("issues", "accepted", "受理"),
        ("issues", "accepted", "作废"),
        ("duties", "kind", "督查"),
        ("duties", "kind", "支部例会"),
        ("duties", "kind", "现场调度"),
    ):
        assert wanted in typed
    assert all(entry.at <= UNTIL for entry in entries)


def test_rows_can_be_told_apart_by_hour_and_person() -> None:
    """As people find a row again: two with the same hour and name would be one."""
    for key in ("issues", "requests"):
        first, second = templates()[key].identity[:2]
        marks = [(entry.cells[first], entry.cells[second]) for entry in script() if entry.tab == key and not entry.into]
        assert len(marks) == len(set(marks))


# The play --------------------------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    yield from opened(tmp_path / "one")


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[Service]:
    yield from opened(tmp_path / "two")


def opened(folder: Path) -> Iterator[Service]:
    one = Service(Settings.read({"JIELU_DATA": str(folder)}))
    set_up.build(one.gateway, one.rules())
    one.ledger.begin_demo()
    for key, rows in roster().items():
        file_rows.append(one.client, one.workbook, one.templates[key], rows)
    yield one
    one.close()


def shown(service: Service, key: str) -> list[dict[str, Any]]:
    """The rows of a tab by header."""
    table = service.gateway.read()[key]
    return [dict(zip(table.header, row, strict=False)) for row in table.rows]


def few_days(every: timedelta) -> tuple[list[Entry], datetime, datetime]:
    """Three days of the month with a weekend in them, with every fifteenth report and duty."""
    until = hour("2026-11-23 12:00")
    start = hour("2026-11-20 06:00")
    chosen = [one for one in reports(until=until) if one.at >= start][::4]
    entries = [entry for entry in Script(default_rules(), until, every=every).write(chosen) if entry.at >= start]
    duties = [entry for entry in entries if entry.tab == "duties"]
    return [entry for entry in entries if entry.tab != "duties" or entry in duties[::10]], start, until


def tables(service: Service) -> dict[str, list[list[Any]]]:
    return {key: [list(row) for row in table.rows] for key, table in service.gateway.read().items()}


def test_hours_that_are_passed_over_change_nothing(service: Service, twin: Service) -> None:
    """Looking only when something was typed, sent or fell due gives the workbook that a look at every hour gives."""
    entries, start, until = few_days(timedelta(hours=1))
    some = play(service, entries, start, until)
    all_ = play(twin, entries, start, until, idle=False)
    assert some.looks < all_.looks
    assert not some.lost
    assert not all_.lost
    found, wanted = tables(service), tables(twin)
    assert found.keys() == wanted.keys()
    for key in wanted.keys() - {"records"}:  # there each write is noted by a number of its own
        assert found[key] == wanted[key], key
    assert len(found["issues"]) > 10
    assert len(found["notices"]) > 10


def test_the_same_demo_twice_gives_the_same_export(service: Service, twin: Service, tmp_path: Path) -> None:
    entries, start, until = few_days(timedelta(hours=2))
    paths = []
    for one in (service, twin):
        play(one, entries, start, until, timedelta(hours=2))
        paths.append(tmp_path / f"{len(paths)}.xlsx")
        export_file(one.gateway.read(), one.templates, paths[-1], one.rules(), ZONE)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_demo_as_the_command_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows of the city file as the whole file: everything is read off the workbook at the end."""
    monkeypatch.setattr(Script, "duties", lambda self: iter(()))
    lines = city.SAMPLE.read_text("utf-8").splitlines(keepends=True)
    file = tmp_path / "city.csv"
    file.write_text("".join([lines[0], *lines[1::40]]), "utf-8")
    one = Service(Settings.read({"JIELU_DATA": str(tmp_path / "data")}))
    set_up.build(one.gateway, one.rules())
    done = run(one, UNTIL, file, progress=False)
    assert (done.streets, done.issues, done.lost) == (50, 18, 0)
    assert done.closed > 10
    assert "演示数据" in done.text()
    told = [row[templates()["notices"].by_key["state"].header] for row in shown(one, "notices")]
    assert done.notices == sum(state != "不再发送" for state in told) > 20, "each notice once, as 通知记录 shows them"
    assert summed(one.gateway.read(), one.templates)["closed"] == done.closed
    one.close()


def test_a_look_is_counted_from_midnight() -> None:
    assert floor(hour("2026-11-24 15:59"), timedelta(hours=2)) == hour("2026-11-24 14:00")
    assert floor(hour("2026-11-24 16:00"), timedelta(hours=1)) == hour("2026-11-24 16:00")


def test_the_mapping_files_serve_the_import_command_too() -> None:
    found = file_rows.read_file(
        city.SAMPLE, templates()["issues"], mapping.read_mapping(city.HERE / "issues.toml"), ZONE
    )
    assert len(found) == 715
    assert {row["category"] for row in found} <= set(default_rules().categories)
