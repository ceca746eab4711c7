"""Every story in this folder, run on paper: tabs before, the hour, tabs after.

A story is a text that a clerk can check. Lines beginning with ``#`` are words for the reader; ``==`` begins a step:

    == 以前 表名        rows that people have filled (headers, then a row a line, parted by |)
    == 改 表名 第1行 列名 = 值
    == 删 表名 第1行
    == 照片             photos that were sent in: 照片 is the id in its address, the same 画面 are the same pixels,
                        像 names one that it looks very much like
    == 时间 2026-11-24 16:05
    == 规则             the rules file is another from now on: old text | new text, \\n is a new line
    == 台账丢失         the service remembers nothing of before
    == 以后 表名        what the tab shows under these headers
    == 以后 表名 含     these rows are among those that the tab shows
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.core.memory import Memory
from sync.core.rules.rules import load
from tests.book import Book, bureau

STORIES = sorted(Path(__file__).parent.glob("*.txt"))
EDIT = re.compile(r"改 (\S+) 第(\d+)行 (\S+) = ?(.*)")
DELETE = re.compile(r"删 (\S+) 第(\d+)行")


def steps(text: str) -> list[tuple[str, list[str]]]:
    """(head, lines under it) of each step."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("== "):
            found.append((line[3:].strip(), []))
        elif line.strip() and not line.startswith("#"):
            found[-1][1].append(line)
    return found


def table(lines: list[str]) -> tuple[list[str], list[tuple[str, ...]]]:
    rows = [tuple(part.strip() for part in line.split("|")) for line in lines]
    return list(rows[0]), rows[1:]


def play(book: Book, head: str, lines: list[str]) -> None:
    word, _, rest = head.partition(" ")
    if word == "以前":
        book.add("\n".join([rest, *lines]))
    elif word == "照片":
        book.photograph(*table(lines)[1])
    elif word == "规则":
        text = book.rules.text
        for before, after in table(["", *lines])[1]:
            assert before in text, before
            text = text.replace(before, after.replace("\\n", "\n"))
        book.rules = load(text)
    elif word == "台账丢失":
        book.memory = Memory()
    elif word == "内部记录丢失":
        del book.sheets["内部记录"][1:]
    elif word == "时间":
        book.settle(rest)
    elif word == "改":
        edit = EDIT.fullmatch(head)
        assert edit, head
        book.type(edit[1], int(edit[2]), edit[3], edit[4].strip())
    elif word == "删":
        gone = DELETE.fullmatch(head)
        assert gone, head
        del book.sheets[gone[1]][int(gone[2])]
    elif word == "以后":
        title, _, among = rest.partition(" ")
        headers, wanted = table(lines)
        shown = book.rows(title, *headers)
        if among == "含":
            assert [row for row in wanted if row not in shown] == [], shown
        else:
            assert shown == wanted
    else:
        raise AssertionError(f"no such step: {head}")


@pytest.mark.parametrize("story", STORIES, ids=[path.stem for path in STORIES])
def test_story(story: Path) -> None:
    told = steps(story.read_text("utf-8"))
    assert any(head.startswith("以后") for head, _ in told), "a story that expects nothing"
    book = bureau()
    for head, lines in told:
        play(book, head, lines)
