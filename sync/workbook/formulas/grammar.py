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
from functools import lru_cache, partial
from typing import Any, NamedTuple, Protocol

from sync.workbook.cells.model import Sheet
from sync.workbook.formulas.functions import FUNCTIONS, LAZY, VOLATILE, Scope, power
from sync.workbook.formulas.operands import Area, Budget, Fault, checked, number, scalar, text

MAX_DEPTH = 60  # of brackets and calls within each other
Node = Callable[["Sight"], Any]
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?>\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)(?![\w:])
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

    def reference(self, sight: Sight, word: str) -> Any:
        """The value of `A1` or the Area of `A1:B2`, seen from a sheet."""

    def named(self, sight: Sight, name: str) -> Any:
        """The value or Area of a named range."""


class Sight(NamedTuple):
    """What a formula sees: the document from the sheet on which it stands, the hour and locale, its budget."""

    work: References
    sheet: Sheet
    scope: Scope

    @property
    def budget(self) -> Budget:
        """What the evaluation may still take."""
        return self.scope.budget


class Formula(NamedTuple):
    """A formula that was read: what works it out, the references and names in it, whether it asks for the hour."""

    node: Node
    references: tuple[str, ...]
    names: tuple[str, ...]
    volatile: bool


# Parsing


def _tokens(body: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(body.rstrip())
    while at < end:
        match = _TOKEN.match(body, at)
        if match is None or match.lastgroup is None:
            raise Fault("ERROR", "Formula parse error.")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, formula: str) -> None:
        self.tokens = _tokens(formula.strip()[1:])
        self.at = self.depth = 0
        self.references: set[str] = set()
        self.names: set[str] = set()
        self.volatile = False

    def take(self, *signs: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, sign: str) -> None:
        if self.take(sign) is None:
            raise Fault("ERROR", "Formula parse error.")

    def whole(self) -> Node:
        node = self.nested()
        if self.at != len(self.tokens):
            raise Fault("ERROR", "Formula parse error.")
        return node

    def nested(self) -> Node:
        """What stands in brackets or between the commas of a call."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Fault("ERROR", f"The formula is nested more than {MAX_DEPTH} deep.")
        node = self.binary(0, self.signed())
        self.depth -= 1
        return node

    def binary(self, least: int, first: Node) -> Node:
        """The first operand with what follows it by signs that bind at least so tightly, left to right."""
        while (level := self.level()) >= least:
            rest: list[tuple[Operator, Node]] = []
            while self.level() == level:
                operator = _OPERATORS[self.tokens[self.at][1]]
                self.at += 1
                rest.append((operator, self.binary(level + 1, self.signed())))
            first = _chain(first, rest)
        return first

    def level(self) -> int:
        """How tightly the sign at this place binds; -1 where none stands."""
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        return _LEVELS.get(word, -1) if kind == "sign" else -1

    def signed(self) -> Node:
        negative = 0
        while (sign := self.take("+", "-")) is not None:
            negative += sign == "-"
        node, percents = self.atom(), 0
        while self.take("%"):
            percents += 1
        return _scaled(node, (-1) ** negative, percents) if negative or percents else node

    def atom(self) -> Node:
        if self.take("("):
            node = self.nested()
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
            value = checked(float(word))
            return lambda sight: value
        if kind == "text":
            content = word[1:-1].replace('""', '"')
            return lambda sight: content
        if kind == "ref":
            self.references.add(word)
            return lambda sight: sight.work.reference(sight, word)
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
        self.names.add(word)
        return lambda sight: sight.work.named(sight, word)

    def call(self, name: str) -> Node:
        arguments: list[Node] = []
        if not self.take(")"):
            arguments.append(self.argument())
            while self.take(",", ";"):
                arguments.append(self.argument())
            self.expect(")")
        self.volatile = self.volatile or name in VOLATILE
        known = LAZY.get(name) or FUNCTIONS.get(name)
        if known is None:
            return _failing(Fault("NAME", f"Unknown function: '{name}'."))
        if not known[1] <= len(arguments) <= (known[2] if known[2] is not None else len(arguments)):
            return _failing(_wrong_count(name, known[1], known[2], len(arguments)))
        return _lazy_call(name, arguments) if name in LAZY else _call(name, arguments)

    def argument(self) -> Node:
        if self.at < len(self.tokens) and self.tokens[self.at] in (("sign", ","), ("sign", ";"), ("sign", ")")):
            return lambda sight: ""
        return self.nested()

    def array(self) -> Node:
        rows: list[list[Node]] = [[self.nested()]]
        while (sign := self.take(",", ";")) is not None:
            if sign == ";":
                rows.append([])
            rows[-1].append(self.nested())
        self.expect("}")
        if any(len(row) != len(rows[0]) for row in rows):
            return _failing(Fault("VALUE", "An array literal was missing values for one or more rows."))
        return lambda sight: Area([[scalar(node(sight)) for node in row] for row in rows])


def _failing(fault: Fault) -> Node:
    def fail(_sight: Sight) -> Any:
        # A new one each time: an exception that is raised again holds every frame of before.
        raise Fault(fault.kind, fault.message)

    return fail


def _wrong_count(name: str, least: int, most: int | None, given: int) -> Fault:
    wanted = f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
    text = f"Wrong number of arguments to {name}. Expected {wanted} arguments, but got {given} arguments."
    return Fault("N_A", text)


def _call(name: str, arguments: list[Node]) -> Node:
    function = FUNCTIONS[name][0]

    def call(sight: Sight) -> Any:
        values = [node(sight) for node in arguments]
        sight.budget.spend()
        return _worked_out(lambda: function(values, sight.scope))

    return call


def _lazy_call(name: str, arguments: list[Node]) -> Node:
    function = LAZY[name][0]

    def call(sight: Sight) -> Any:
        sight.budget.spend()
        return function([partial(node, sight) for node in arguments])

    return call


def _worked_out(work: Callable[[], Any]) -> Any:
    """A result that a cell can hold; Fault where there is none."""
    try:
        return checked(work())
    except (OverflowError, ZeroDivisionError, ValueError):
        raise Fault("NUM", "The result is no number.") from None


def _scaled(node: Node, sign: int, percents: int) -> Node:
    def scaled(sight: Sight) -> Any:
        value = number(scalar(node(sight)))
        return sign * (value / 100.0**percents if percents else value) if percents < 100 else 0

    return scaled


Operator = Callable[[Any, Any], Any]


def _chain(first: Node, rest: list[tuple[Operator, Node]]) -> Node:
    def chain(sight: Sight) -> Any:
        value = scalar(first(sight))
        for operator, operand in rest:
            sight.budget.spend()
            left, right = value, scalar(operand(sight))
            value = _worked_out(partial(operator, left, right))
        return value

    return chain


def _divided(a: Any, b: Any) -> Any:
    if number(b) == 0:
        raise Fault("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
    return number(a) / number(b)


def _ordered(value: Any, other: Any) -> tuple[int, Any]:
    if value == "" and not isinstance(other, str):
        value = False if isinstance(other, bool) else 0
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: test(_ordered(a, b), _ordered(b, a))


_LEVELS = {
    sign: level
    for level, signs in enumerate((("=", "<>", "<=", ">=", "<", ">"), ("&",), ("+", "-"), ("*", "/"), ("^",)))
    for sign in signs
}
_OPERATORS: dict[str, Operator] = {
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
    "^": power,
}


@lru_cache(4096)
def parsed(formula: str) -> Formula:
    """The formula read; one that cannot be read fails when it is worked out."""
    try:
        parser = _Parser(formula)
        node = parser.whole()
        return Formula(node, tuple(sorted(parser.references)), tuple(sorted(parser.names)), parser.volatile)
    except Fault as fault:
        return Formula(_failing(fault), (), (), False)
