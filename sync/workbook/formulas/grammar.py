"""The grammar of formulas: a text becomes a function of what the formula sees.

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
from typing import Any, NamedTuple, Protocol

from sync.workbook.cells.model import Sheet
from sync.workbook.formulas.functions import FUNCTIONS, LAZY
from sync.workbook.formulas.operands import Area, Fault, number, scalar, text

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


class References(Protocol):
    """What looks references up."""

    def reference(self, home: Sheet, word: str) -> Any:
        """The value of `A1` or the Area of `A1:B2`, seen from a sheet."""

    def named(self, name: str) -> Any:
        """The value or Area of a named range."""


class Sight(NamedTuple):
    """What a formula sees: the document from the sheet on which it stands, and the hour."""

    work: References
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
        if kind == "name":
            return self.name(word)
        if kind == "error":
            return _failing(Fault.shown(word))
        raise Fault("ERROR", "Formula parse error.")

    def name(self, word: str) -> Node:
        if self.take("("):
            return self.call(word.upper())
        if word.upper() in ("TRUE", "FALSE"):
            return lambda sight: word.upper() == "TRUE"
        return lambda sight: sight.work.named(word)

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
