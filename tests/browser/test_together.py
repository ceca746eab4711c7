"""Two people and the service at one tab for two minutes: nothing typed is lost, and all see the same at the end.

The two minutes are those of people who act every three quarters of a second, with a look of the service every two
seconds beside them: as many acts and looks on each machine, however fast it is.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

from playwright.sync_api import Page

from tests.browser.conftest import Enter
from tests.browser.test_grid import clipboard, go, saved, sheet, until
from tests.web_server import OPERATOR, WebServer

ACTS = 160  # of each
ACT = 0.75  # seconds that a person takes for it
LOOK = 2  # seconds of theirs from one look to the next
COLUMNS = ("填报人", "来源", "街路", "位置", "类别", "严重程度", "问题描述", "照片")
GRID = "document.getElementById('grid').grid"


@dataclass
class Person:
    """One of the two, with what he typed and still expects to find: a word of his own in each cell, row by row."""

    name: str
    page: Page
    choice: random.Random
    rows: list[list[str]] = field(default_factory=list)
    count: int = 0
    acts: dict[str, int] = field(default_factory=dict)
    log: list[object] = field(default_factory=list)

    def words(self, many: int) -> list[str]:
        self.count += 1
        return [f"{self.name}{self.count}.{n}" for n in range(many)]

    def go_below(self) -> None:
        """Stand on a line under everything that was written so far, his own words on their way included. In one step:
        between looking and standing nobody can write there."""
        self.page.evaluate(
            f"(more) => {{ const g = {GRID}; const s = g.sheet; const seeds = [...s.seeds.keys()];"
            " const under = Math.max(s.order.length, ...seeds.map((at) => at + 1));"
            " g.select(under - 1 + more, s.columns.findIndex((one) => one.header === '填报人')); }",
            self.choice.randrange(3),
        )

    def act(self) -> None:
        kind = self.choice.choice(["type"] * 5 + ["paste", "insert", "sort", "remove", "undo"])
        self.acts[kind] = self.acts.get(kind, 0) + 1
        getattr(self, kind)()
        self.log.append((kind, self.count, self.page.locator("#said").inner_text(), time.time()))

    def type(self) -> None:
        words = self.words(self.choice.randrange(1, 8))
        self.go_below()
        for word in words:
            self.page.keyboard.type(word)
            self.page.keyboard.press("Tab")
        self.rows.append(words)

    def paste(self) -> None:
        rows = [self.words(8) for _ in range(20)]
        self.go_below()
        self.put("\n".join("\t".join(row) for row in rows))
        self.rows += rows

    def put(self, text: str) -> None:
        self.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+v")

    def insert(self) -> None:
        """An empty row above one of the rows, and a word in it."""
        used = int(self.page.evaluate(f"{GRID}.sheet.order.length"))
        go(self.page, self.choice.randrange(1, max(2, used)), "填报人")
        self.page.get_by_role("button", name="上面加行").click()
        saved(self.page)
        words = self.words(2)
        for word in words:
            self.page.keyboard.type(word)
            self.page.keyboard.press("Tab")
        self.rows.append(words)

    def sort(self) -> None:
        column = self.choice.choice(COLUMNS)
        go(self.page, 1, column)
        self.page.evaluate(f"{GRID}.commands.run('{self.choice.choice(['up', 'down'])}')")

    def remove(self) -> None:
        """One of his own rows, which he no longer expects to find then."""
        if not self.rows:
            return
        saved(self.page)
        row = self.choice.choice(self.rows)
        found = self.page.evaluate(  # in one step: nobody can move the row between finding it and standing on it
            f"(word) => {{ const g = {GRID}; const s = g.sheet;"
            " const column = s.columns.findIndex((one) => one.header === '填报人');"
            " const at = s.order.findIndex((id) => id && s.rows.has(id) && s.rows.get(id).v[column] === word);"
            " if (at > 0) g.select(s.line(at), column); return at > 0; }",
            row[0],
        )
        if found:
            self.page.get_by_role("button", name="删行").click()
            self.rows.remove(row)

    def undo(self) -> None:
        """Paste one row and take it back."""
        saved(self.page)
        self.go_below()
        self.page.evaluate(f"() => {{ {GRID}.before = {GRID}.edits.history.done.slice(-1)[0]; }}")
        self.put("\t".join(self.words(8)))
        until(self.page, f"{GRID}.edits.history.done.slice(-1)[0] !== {GRID}.before")
        saved(self.page)
        self.page.keyboard.press("Control+z")
        saved(self.page)


def seen(page: Page) -> list[list[object]]:
    """All that a browser holds of the tab, under the header, without empty ends."""
    rows: list[list[object]] = page.evaluate(
        f"""async () => {{ const s = {GRID}.sheet; await s.whole(1, s.order.length - 1);
            return s.order.slice(1).map((id) => id ? s.rows.get(id).v : []); }}"""
    )
    return trimmed(rows)


def trimmed(rows: list[list[object]]) -> list[list[object]]:
    for row in rows:
        while row and row[-1] in ("", None):
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def test_two_people_and_the_service_agree_after_two_minutes(enter: Enter, web: WebServer) -> None:
    people = [
        Person("甲", sheet(enter(OPERATOR), web, "问题台账"), random.Random(1)),
        Person("乙", sheet(enter("标准化办01"), web, "问题台账"), random.Random(2)),
    ]
    for one in people:
        clipboard(one.page, web)
    due, failed = threading.Semaphore(0), list[BaseException]()
    looks = int(ACTS * ACT / LOOK)

    def service() -> None:
        for _ in range(looks):
            due.acquire()
            try:
                web.tick()
            except BaseException as error:  # told by the test below
                failed.append(error)

    thread = threading.Thread(target=service, daemon=True)
    thread.start()
    for number in range(1, ACTS + 1):
        for one in people:
            one.act()
        if int(number * ACT / LOOK) > int((number - 1) * ACT / LOOK):
            due.release()
    thread.join()
    for one in people:
        saved(one.page)
    web.tick()
    web.tick()
    assert not failed
    server = trimmed(web.book.worksheet("问题台账").get_values("A2:ZZ", value_render_option="UNFORMATTED_VALUE"))
    people[0].page.wait_for_timeout(3000)
    for one in people:
        print(one.name, one.acts, len(one.rows))
        assert seen(one.page) == server, one.name
    at = 5
    found = {row[at]: [str(cell) for cell in row[at : at + 8]] for row in server if len(row) > at}
    expected = {words[0] for one in people for words in one.rows}
    lost = [w for one in people for w in one.rows if found.get(w[0], [])[: len(w)] != w]
    strange = {word for word in found if word} - expected
    assert not lost, f"{len(lost)} of {len(expected)}: {[(row, found.get(row[0])) for row in lost]}"
    assert not strange
    assert looks == 60 and [sum(one.acts.values()) for one in people] == [ACTS, ACTS]
