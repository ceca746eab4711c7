"""What a later version of a pushed row changes in the sheet: the form's own cells, where people were not faster.

A row is found by what it shares with the cells that the form put there, wherever people sorted it to. A cell that no
longer holds what the form had put is a person's by now, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.core.sheet.identity import is_of_none
from sync.core.sheet.plan import Restore, same
from sync.core.sheet.rows import Raw, Table
from sync.core.sheet.tabs import Layout, Tab

Rows = Sequence[tuple[int, Mapping[str, Raw]]]


def staff_cells(layout: Layout, table: Table) -> list[tuple[int, dict[str, Raw]]]:
    """People's filled cells of each row by column key, with its number in the sheet."""
    columns = [(column.key, layout.at[column.key]) for column in layout.tab.staff if column.key in layout.at]
    return [
        (number, {key: row[at] for key, at in columns if at < len(row) and row[at] not in ("", None)})
        for number, row in enumerate(table.rows, table.first)
    ]


def amendments(
    layout: Layout, rows: Rows, put: Mapping[str, Raw], past: Mapping[str, Sequence[Raw]], wished: Mapping[str, Raw]
) -> tuple[list[Restore], str]:
    """The cells to change to ``wished`` (by column key), and a sentence where that can't be done. ``put``: what the
    row is known to have been given; ``past``: what it was to be given since, which may have come there or not."""
    ours = {key: (put.get(key, ""), *past.get(key, ())) for key in {**put, **past, **wished}}
    changed = [key for key, values in ours.items() if any(not same(value, wished.get(key, "")) for value in values)]
    every = {key: (*values, wished.get(key, "")) for key, values in ours.items()}
    marks = marks_of(layout.tab, every)
    number, row = _most_alike(rows, put, every, marks)
    if not changed or not number:
        return [], "表单里改了，但表里找不到原来那一行，没有改动，请人工核对" if changed else ""
    headers, restores, theirs = {column.key: column.header for column in layout.tab.columns}, [], []
    marks = by_header(layout.tab, {key: (*values, row.get(key, "")) for key, values in marks.items()})
    for key in changed:
        stands, wish = row.get(key, ""), wished.get(key, "")
        if same(stands, wish):
            continue
        if any(same(stands, value) for value in ours[key]):
            was = {headers[other]: value for other, value in row.items() if other not in changed}
            restores.append(Restore(layout.tab.key, number, headers[key], wish, stands, was, marks))
        else:
            theirs.append(headers[key])
    sentence = f"第 {number} 行的{'、'.join(theirs)}表格里已经有人改过，表单后来的改动没有采用" if theirs else ""
    return restores, sentence


def marks_of(tab: Tab, values: Mapping[str, Sequence[Raw]]) -> dict[str, tuple[Raw, ...]]:
    """The hours and the words of these ``values`` of a row, by column key; nothing in a tab whose rows have no hour."""
    if not tab.identity or tab.by_key[tab.identity[0]].type != "datetime":
        return {}
    hour, words = tab.identity[0], tab.identity[-1]
    return {key: tuple(dict.fromkeys(values.get(key, ("",)))) for key in (hour, words)}


def by_header(tab: Tab, marks: Mapping[str, tuple[Raw, ...]]) -> dict[str, tuple[Raw, ...]]:
    """``Restore.marks``."""
    return {tab.by_key[key].header: values for key, values in marks.items()}


def _most_alike(
    rows: Rows, put: Mapping[str, Raw], ours: Mapping[str, Sequence[Raw]], marks: Mapping[str, Sequence[Raw]]
) -> tuple[int, Mapping[str, Raw]]:
    """The row that shares most with what it was or is to be given; row 0 where none shares more than half. One that is
    of none of these ``marks`` is another, however much it shares."""
    candidates = [(number, row) for number, row in rows if not is_of_none(row, marks)]

    def like(row: Mapping[str, Raw]) -> int:
        return sum(1 for key in put if any(same(row.get(key, ""), value) for value in ours[key]))

    number, row = max(candidates, key=lambda pair: like(pair[1]), default=(0, {}))
    return (number, row) if 2 * like(row) > len(put) else (0, {})
