"""Formulas worked out at the end of a request: the grammar, references, and the order of working out.

    formula    = "=" comparison
    comparison = joined (("=" | "<>" | "<=" | ">=" | "<" | ">") joined)*
    joined     = sum ("&" sum)*
    sum        = product (("+" | "-") product)*
    product    = power (("*" | "/") power)*
    power      = signed ("^" signed)*
    signed     = ("+" | "-")* atom "%"*
    atom       = number | text | reference | name "(" arguments ")" | TRUE | FALSE | "(" comparison ")" | array

What this server does not know is `#NAME?`, as Google answers an unknown function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from .a1 import Bounds, Box, parse_area
from .errors import Json
from .functions import FUNCTIONS, LAZY, Area, Fault, number, scalar, text
from .model import Book, Sheet

Place = tuple[int, int, int]  # sheet key, row, column
Node = Callable[["Sight"], Any]
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w:])
    |(?P<text>"(?:[^"]|"")*")
    |(?P<ref>(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
        (?:\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}(?:\$?\d+)?)?|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?\d+:\$?\d+)(?![\w(]))
    |(?P<error>\#REF!|\#N/A|\#DIV/0!|\#VALUE!|\#NAME\?|\#NUM!)
    |(?P<name>[^\W\d][\w.]*)
    |(?P<sign><>|<=|>=|[-+*/^&=<>(),;%{}]))""",
    re.VERBOSE,
)


class Pending(Exception):
    """Another formula must be worked out first."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class Sight(NamedTuple):
    """What a formula sees: the document from the sheet on which it stands, and the hour."""

    work: Work
    sheet: Sheet
    now: datetime


# Parsing


class _Parser:
    def __init__(self, formula: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, body = 0, formula.strip()[1:]
        while body[at:].strip():
            match = _TOKEN.match(body, at)
            if match is None or match.lastgroup is None:
                raise Fault("ERROR", "Formula parse error.")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self.at = 0

    def take(self, *signs: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, sign: str) -> None:
        if self.take(sign) is None:
            raise Fault("ERROR", "Formula parse error.")

    def whole(self) -> Node:
        node = self.binary(0)
        if self.at != len(self.tokens):
            raise Fault("ERROR", "Formula parse error.")
        return node

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self.signed()
        node = self.binary(level + 1)
        while (sign := self.take(*_LEVELS[level])) is not None:
            node = _applied(_OPERATORS[sign], node, self.binary(level + 1))
        return node

    def signed(self) -> Node:
        if (sign := self.take("+", "-")) is not None:
            inner = self.signed()
            return inner if sign == "+" else lambda sight: -number(scalar(inner(sight)))
        node = self.atom()
        while self.take("%"):
            node = _percent(node)
        return node

    def atom(self) -> Node:
        if self.take("("):
            node = self.binary(0)
            self.expect(")")
            return node
        if self.take("{"):
            return self.array()
        if self.at >= len(self.tokens):
            raise Fault("ERROR", "Formula parse error.")
        kind, word = self.tokens[self.at]
        self.at += 1
        return self.word(kind, word)

    def word(self, kind: str, word: str) -> Node:
        if kind == "number":
            value = float(word) if any(c in word for c in ".eE") else int(word)
            return lambda sight: value
        if kind == "text":
            content = word[1:-1].replace('""', '"')
            return lambda sight: content
        if kind == "ref":
            return lambda sight: sight.work.reference(sight.sheet, word)
        if kind == "name" and self.take("("):
            return self.call(word.upper())
        if kind == "name" and word.upper() in ("TRUE", "FALSE"):
            return lambda sight: word.upper() == "TRUE"
        if kind == "name":
            return lambda sight: sight.work.named(word)
        if kind == "error":
            return _failing(Fault.shown(word))
        raise Fault("ERROR", "Formula parse error.")

    def call(self, name: str) -> Node:
        arguments: list[Node] = []
        if not self.take(")"):
            arguments.append(self.argument())
            while self.take(",", ";"):
                arguments.append(self.argument())
            self.expect(")")
        if name in LAZY:
            return lambda sight: LAZY[name]([_bound(node, sight) for node in arguments])
        function = FUNCTIONS.get(name)
        if function is None:
            return _failing(Fault("NAME", f"Unknown function: '{name}'."))
        return lambda sight: function([node(sight) for node in arguments], sight.now)

    def argument(self) -> Node:
        if self.at < len(self.tokens) and self.tokens[self.at] in (("sign", ","), ("sign", ")")):
            return lambda sight: ""
        return self.binary(0)

    def array(self) -> Node:
        rows: list[list[Node]] = [[self.binary(0)]]
        while (sign := self.take(",", ";")) is not None:
            if sign == ";":
                rows.append([])
            rows[-1].append(self.binary(0))
        self.expect("}")
        return lambda sight: Area([[scalar(node(sight)) for node in row] for row in rows])


def _bound(node: Node, sight: Sight) -> Callable[[], Any]:
    return lambda: node(sight)


def _failing(fault: Fault) -> Node:
    def fail(_sight: Sight) -> Any:
        raise fault

    return fail


def _percent(node: Node) -> Node:
    return lambda sight: number(scalar(node(sight))) / 100


def _applied(operator: Callable[[Any, Any], Any], left: Node, right: Node) -> Node:
    return lambda sight: operator(scalar(left(sight)), scalar(right(sight)))


def _divided(a: Any, b: Any) -> Any:
    if number(b) == 0:
        raise Fault("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
    return number(a) / number(b)


def _raised(a: Any, b: Any) -> Any:
    try:
        result = number(a) ** number(b)
    except (OverflowError, ZeroDivisionError):
        raise Fault("NUM", "Function POWER: the result is no number.") from None
    if isinstance(result, complex):
        raise Fault("NUM", "Function POWER: the result is no real number.")
    return result


def _ordered(value: Any, other: Any) -> tuple[int, Any]:
    if value == "" and not isinstance(other, str):
        value = False if isinstance(other, bool) else 0
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: test(_ordered(a, b), _ordered(b, a))


_LEVELS = [("=", "<>", "<=", ">=", "<", ">"), ("&",), ("+", "-"), ("*", "/"), ("^",)]
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": _compared(lambda a, b: a == b),
    "<>": _compared(lambda a, b: a != b),
    "<=": _compared(lambda a, b: a <= b),
    ">=": _compared(lambda a, b: a >= b),
    "<": _compared(lambda a, b: a < b),
    ">": _compared(lambda a, b: a > b),
    "&": lambda a, b: text(a) + text(b),
    "+": lambda a, b: number(a) + number(b),
    "-": lambda a, b: number(a) - number(b),
    "*": lambda a, b: number(a) * number(b),
    "/": _divided,
    "^": _raised,
}


@lru_cache(4096)
def parsed(formula: str) -> Node:
    """The formula as a function; one that cannot be read fails when it is called."""
    try:
        return _Parser(formula).whole()
    except Fault as fault:
        return _failing(fault)


# Working out


class Work:
    """All formulas of a document, each worked out once, what it needs first."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sheets = {sheet.key: sheet for sheet in book.sheets}
        self.waiting: dict[Place, str] = {}
        self._areas: dict[tuple[int, Box], Area] = {}
        for sheet in book.sheets:
            self._collect(sheet)

    def _collect(self, sheet: Sheet) -> None:
        for index in sheet.grid.formula_rows():
            row = sheet.grid.peek(index)
            for column, cell in row.cells.items() if row else ():
                if "formula" in cell:
                    self.waiting[sheet.key, index, column] = cell["formula"]

    def run(self) -> None:
        """Works out everything."""
        for place in list(self.waiting):
            stack = [place]
            while stack:
                self._step(stack)

    def _step(self, stack: list[Place]) -> None:
        place = stack[-1]
        formula = self.waiting.get(place)
        if formula is None:
            stack.pop()
            return
        sheet = self.sheets[place[0]]
        try:
            result = scalar(parsed(formula)(Sight(self, sheet, self.book.now)))
            error = None
        except Pending as pending:
            if pending.place not in stack:
                stack.append(pending.place)
                return
            error = Fault("REF", "Circular dependency detected.").value()
        except Fault as fault:
            error = fault.value()
        except (OverflowError, RecursionError, ValueError):
            error = Fault("NUM", "The result is no number.").value()
        self._store(sheet, place, error["shown"] if error else result, error)
        stack.pop()

    def _store(self, sheet: Sheet, place: Place, value: Any, error: Json | None) -> None:
        _, index, column = place
        del self.waiting[place]
        row = sheet.grid.peek(index)
        assert row is not None
        told = {"type": error["type"], "message": error["message"]} if error else None
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if row.value(column) == value and type(row.value(column)) is type(value) and row.cells[column].get("error") == told:
            return
        row = sheet.grid.edit(index)
        row.put(column, value)
        row.cells[column].pop("error", None)
        if told:
            row.cells[column]["error"] = told

    # What formulas refer to

    def reference(self, home: Sheet, word: str) -> Any:
        """The value of a cell, or the Area of a range."""
        title, _, rest = word.rpartition("!")
        sheet = self.book.titled(title.strip("'").replace("''", "'")) if title else home
        bounds = parse_area(rest.replace("$", ""))
        if sheet is None or bounds is None:
            raise Fault("REF", "Unresolved sheet name or reference.")
        return self._cell_or_area(sheet, bounds)

    def named(self, name: str) -> Any:
        """The value of a named range."""
        found = next((n for n in self.book.named_ranges if n["name"].casefold() == name.casefold()), None)
        if found is None:
            raise Fault("NAME", f"Unknown range name: '{name}'.")
        sheet = self.book.sheet(found["range"].get("sheetId", 0))
        return self._cell_or_area(sheet, Bounds(*sheet.box(found["range"])))

    def _cell_or_area(self, sheet: Sheet, bounds: Bounds) -> Any:
        top, left = bounds.top or 0, bounds.left or 0
        bottom = min(sheet.rows if bounds.bottom is None else bounds.bottom, max(len(sheet.grid.order), top))
        right = sheet.columns if bounds.right is None else bounds.right
        if bounds.bottom == top + 1 and bounds.right == left + 1:
            return self.cell(sheet, top, left)
        box = Box(top, bottom, left, right)
        for place in self.waiting:
            if place[0] == sheet.key and box.holds(place[1], place[2]):
                raise Pending(place)
        return self._area(sheet, box, (bounds.bottom or bottom) - top)

    def _area(self, sheet: Sheet, box: Box, height: int) -> Area:
        known = self._areas.get((sheet.key, box))
        if known is None:
            width = box.right - box.left
            rows = [row.values[box.left : box.right] if row else [] for row in sheet.grid.rows(box.top, box.bottom)]
            full = [values + [""] * (width - len(values)) for values in rows]
            known = self._areas[sheet.key, box] = Area(full, height=max(height, len(full)), width=width)
        return known

    def cell(self, sheet: Sheet, index: int, column: int) -> Any:
        """The value of one cell; raises what is wrong with it."""
        if (sheet.key, index, column) in self.waiting:
            raise Pending((sheet.key, index, column))
        row = sheet.grid.peek(index)
        if row is None:
            return ""
        if "error" in row.cells.get(column, ()):
            raise Fault.shown(str(row.value(column)))
        return row.value(column)


def recalculate(book: Book) -> None:
    """Works out the document's formulas; what came out is kept beside each."""
    work = Work(book)
    if work.waiting:
        work.run()


