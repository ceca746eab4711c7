"""A file whose columns a person matches with those of a tab by clicks: what stands in it, and what his answers mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sync.core.sheet.matching import numbered, suggested
from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import plain
from sync.core.sheet.tabs import Tab
from sync.core.sheet.values.texts import narrow
from sync.intake.files import files
from sync.intake.files.files import Sheet
from sync.intake.files.held_files import HeldFile
from sync.intake.files.imports import as_file
from sync.intake.files.mapping import ColumnMap

BY_CLICKS = "对列"  # how messages call a matching
SAMPLES = 3  # filled cells shown of a column
MOST_SHEETS = 8  # among which the right one is looked for
MOST_WORDS = 40  # different words of a column that are asked about


@dataclass(frozen=True)
class Matching:
    """A person's answers. ``keys``: for each column of the file the key of the tab's, empty where it stays behind;
    ``constants``: by key, what every row is to have that the file lacks; ``words``: by key, the tab's word for one of
    the file's; ``codes``: streets get codes by their order."""

    keys: tuple[str, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    codes: bool = False


@dataclass(frozen=True)
class LookedAt:
    """A file as it was read. ``titles``: its sheets, none of a csv; ``title``: the one that ``sheet`` is."""

    titles: tuple[str, ...]
    title: str
    sheet: Sheet

    def known(self, tab: Tab) -> int:
        """How many of its headers say which column of the tab they are."""
        return sum(map(bool, suggested(tab, self.sheet.header)))

    def samples(self, column: int) -> list[str]:
        """The first different filled cells of a column."""
        cells = (plain(cells[column]) for _, cells in self.sheet.rows if column < len(cells))
        return list(dict.fromkeys(cell for cell in cells if cell))[:SAMPLES]

    def words(self, column: int) -> list[str]:
        """All different filled cells of a column."""
        cells = (plain(cells[column]) for _, cells in self.sheet.rows if column < len(cells))
        return list(dict.fromkeys(cell for cell in cells if cell))


def look(file: HeldFile, tab: Tab, title: str = "", head: int = 0) -> LookedAt:
    """The file's table: its sheet ``title``, else the one called like the tab, else the one with most headers that are
    known; its header in row ``head``, else where those are. Raises ``FileProblem``."""
    with as_file(file.name, file.content) as path:
        titles = tuple(files.titles(path))
        alike = [name for name in titles if narrow(name) == narrow(tab.title)]
        candidates = [title] if title in titles else alike[:1] or list(titles[:MOST_SHEETS]) or [""]
        return max(_tables(path, tab, titles, candidates, head), key=lambda looked: looked.known(tab))


def _tables(path: Path, tab: Tab, titles: tuple[str, ...], candidates: Sequence[str], head: int) -> list[LookedAt]:
    """The sheets that hold a table. Raises the first's ``FileProblem`` where none does."""
    tables, problems = list[LookedAt](), list[FileProblem]()
    for name in candidates:
        try:
            sheet = files.read_table(path, tab, ColumnMap(BY_CLICKS, {}, sheet=name, header_row=head))
            tables.append(LookedAt(titles, name, sheet))
        except FileProblem as problem:
            problems.append(problem)
    if not tables:
        raise problems[0]
    return tables


def first_guess(looked: LookedAt, tab: Tab) -> Matching:
    """What the headers say of themselves."""
    return Matching(tuple(suggested(tab, looked.sheet.header)), codes=tab.key == "streets")


def strange_words(
    looked: LookedAt, matching: Matching, tab: Tab, options: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """By key, words of a matched column that are none of its choices. ``options``: the choices, by key."""
    words = {
        key: [word for word in looked.words(column) if word not in options[key]][:MOST_WORDS]
        for column, key in enumerate(matching.keys)
        if options.get(key)
    }
    return {key: listed for key, listed in words.items() if listed}


def column_map(looked: LookedAt, matching: Matching, tab: Tab, standing: Mapping[str, str]) -> ColumnMap:
    """The answers as a mapping. ``standing``: codes of streets that are there, by name. Raises ``FileProblem`` for what
    is still to be said."""
    header, by_key = looked.sheet.header, tab.by_key
    columns = {by_key[key].header: header[at] for at, key in enumerate(matching.keys) if key in by_key and header[at]}
    constants: dict[str, object] = {by_key[key].header: word for key, word in matching.constants.items() if word}
    if matching.codes and "street" in matching.keys:
        at = matching.keys.index("street")
        names = [cells[at] if at < len(cells) else "" for _, cells in looked.sheet.rows]
        constants.setdefault(by_key["code"].header, numbered(names, standing))
    lacking = [c.header for c in tab.staff if c.required and c.header not in columns and c.header not in constants]
    if doubled := sorted({by_key[key].header for key in matching.keys if key and matching.keys.count(key) > 1}):
        raise FileProblem([f"「{name}」选了不止一列，请只留一列。" for name in doubled])
    if lacking:
        raise FileProblem([f"「{name}」必填：请选是文件的哪一列，或者在下面选全部写什么。" for name in lacking])
    words = {by_key[key].header: dict(table) for key, table in matching.words.items() if key in matching.keys and table}
    constants = {name: word for name, word in constants.items() if name not in columns}
    return ColumnMap(
        BY_CLICKS, columns, constants, values=words, sheet=looked.title, header_row=looked.sheet.head
    )  # fmt: skip


def checked(keys: Sequence[str], looked: LookedAt, tab: Tab) -> tuple[str, ...]:
    """The keys that were sent, as many as the file has columns; one that is no column of people's becomes empty."""
    known = {column.key for column in tab.staff}
    given = [key if key in known else "" for key in keys[: len(looked.sheet.header)]]
    return (*given, *[""] * (len(looked.sheet.header) - len(given)))
