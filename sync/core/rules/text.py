"""TOML with places: every key and value of a file knows its line and column.

spanned-toml reads the places, tomllib is asked for a second opinion; where the two differ the file is
refused. Lines and columns count characters from 1. What is wrong with a file is a `Problem`, and all of
them travel together in one `RulesError`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import spanned_toml

Path = tuple[str | int, ...]

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_NAME = r"""((?:[\w.-]|"[^"\n]*"|'[^'\n]*')+)"""
_STATEMENT = re.compile(rf"^[ \t]*(?:\[\[?[ \t]*)?{_NAME}[ \t]*[=\]]", re.MULTILINE)
_WORD = re.compile(r"[^\s=.,\]}\"']+")
_FULL_WIDTH = {"“": '"', "”": '"', "‘": "'", "’": "'", "＝": "=", "，": ",", "【": "[", "】": "]", "＃": "#"}
_CHINESE_KEY = '键用英文；一定要用中文的（如条款号）要放进英文引号："{word}"'
# The head of the parser's message → what to tell a clerk, and where to point: `here` (where the parser
# stopped), at the `statement` that it was reading, or at the `quote` that opened last. {word} is the text
# there.
_SYNTAX = (
    ("Cannot overwrite a value", "「{word}」写了两次，只能留一个", "statement"),
    ("Duplicate inline table key", "「{word}」的花括号里有一个键写了两次", "statement"),
    ("Cannot declare", "表「{word}」写了两次，请合并", "statement"),
    ("Cannot", "「{word}」已经用别的写法写过，请合并", "statement"),
    ("Illegal character '\\n'", "引号没有闭合", "quote"),
    ("Unterminated string", "引号没有闭合", "quote"),
    ('Expected "\'"', "引号没有闭合", "quote"),
    ("Expected newline", "一行只能写一项，「{word}」多余；文字要整个放进英文引号", "here"),
    ("Expected '='", "键的后面应当是等号 =", "here"),
    ("Invalid statement", "这一行应当以键或者表头 [ 开头", "here"),
    ("Invalid initial", "这里应当是键，键用英文字母、数字和 _", "here"),
    ("Unescaped", "反斜杠 \\ 在双引号里有特别的意思，请改用单引号", "here"),
    ("Illegal character", "这里有一个看不见的字符，请删去重打", "here"),
    ("Found invalid character", "这里有一个看不见的字符，请删去重打", "here"),
    ("Invalid value", '等号后面的「{word}」看不懂；文字要放进英文引号，例如 "2wh"', "here"),
    ("Unclosed array", "方括号 [ 没有闭合，或者两项之间少了逗号", "here"),
    ("Unclosed inline table", "花括号 { 没有闭合，或者两项之间少了逗号", "here"),
    ("Expected ']", "表头的方括号 ] 没有闭合", "here"),
    ("Invalid date", "没有「{word}」这一天", "here"),
)


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """A mistake in a rules file. `line` and `column` are the first character of what is wrong."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RulesError(ValueError):
    """A rules file that can't be used, with every problem found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Document:
    """A TOML file as plain values (`data`: decimals as Decimal, lists as tuples) and their places."""

    def __init__(self, text: str, name: str) -> None:
        """Raises RulesError with one problem if the text is not TOML."""
        self.name = name
        # What the parser itself makes of line ends; a BOM is how Windows' Notepad marks UTF-8.
        self._text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self._starts: dict[Path, tuple[int, int]] = {}  # path → place of the key, place of the value
        self._ends: dict[Path, int] = {}  # path → end of the value; none for a table that a header makes
        try:
            spanned = spanned_toml.loads(self._text, parse_float=Decimal)
            plain = tomllib.loads(self._text, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            raise RulesError([self._syntax(error)]) from None
        self._read((), spanned, 0)
        if repr(plain) != repr(spanned.unspan()):
            raise RulesError([Problem(name, 1, 1, "这个文件有两种读法，请改用更简单的写法")])
        self.data: dict[str, Any] = {key: _tuples(value) for key, value in plain.items()}

    @property
    def text(self) -> str:
        """What `span` counts in: the text with plain line ends and without its BOM."""
        return self._text

    def span(self, path: Path) -> tuple[int, int] | None:
        """Where the value of `path` begins and ends; None where it is absent, or a table that a header makes."""
        return (self._starts[path][1], self._ends[path]) if path in self._ends else None

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of the value of `path`, or of the nearest table above it."""
        problem = self.problem(path, "")
        return problem.line, problem.column

    def header(self, path: Path) -> int | None:
        """Where the name begins in the header of the table `path`; None where no header makes it."""
        return self._starts[path][0] if path and path in self._starts and path not in self._ends else None

    def problem(self, path: Path, message: str, *, key: bool = False) -> Problem:
        """A problem at the value of `path`, or at its key; at the nearest table above if it is absent."""
        while path and path not in self._starts:
            path, key = path[:-1], True
        offset = self._starts[path][0 if key else 1] if path else 0
        return Problem(self.name, *self._line_column(offset), message)

    def _line_column(self, offset: int) -> tuple[int, int]:
        return self._text.count("\n", 0, offset) + 1, offset - self._text.rfind("\n", 0, offset)

    def _read(self, path: Path, node: Any, key: int) -> None:
        """Notes the places below `node`, whose key starts at `key`."""
        value, span = node.inner(), node.span()
        # Tables made by headers have no span of their own: their key stands for them.
        self._starts[path] = (key, span.start if span.stop else key)
        if span.stop:
            self._ends[path] = span.stop
        if isinstance(value, dict):
            for name, child in value.items():
                self._read((*path, name.inner()), child, name.span().start)
        elif isinstance(value, list):
            for index, child in enumerate(value):
                inline = child.span().stop
                self._read((*path, index), child, child.span().start if inline else self._header(child, key))

    def _header(self, table: Any, key: int) -> int:
        """Where the `[[name]]` stands that opens this table of a list."""
        names = [name.span().start for name in table.inner()]
        return self._text.rfind("[[", 0, min(names)) + 2 if names else key

    def _syntax(self, error: Exception) -> Problem:
        """What the parser says, in words and at a place that help."""
        if isinstance(error, RecursionError):
            return Problem(self.name, 1, 1, "括号套得太深")
        text = str(error)
        offset = self._offset(text)
        here = self._text[offset : offset + 1]
        if here in _FULL_WIDTH:
            message = f"「{here}」是中文符号，这里要用英文的 {_FULL_WIDTH[here]}"
        elif here > "\x7f" and text.startswith(("Invalid statement", "Invalid initial", "Expected '='")):
            message = _CHINESE_KEY
        else:
            unknown = ("", f"写法不合 TOML：{text}", "here")
            _, message, anchor = next((row for row in _SYNTAX if text.startswith(row[0])), unknown)
            if anchor == "quote":
                offset = max(self._text.rfind('"', 0, offset), self._text.rfind("'", 0, offset), 0)
            elif anchor == "statement":
                return self._at_statement(message, offset)
        word = _WORD.match(self._text, offset)
        message = message.replace("{word}", word[0] if word else here.strip())
        return Problem(self.name, *self._line_column(offset), message)

    def _at_statement(self, message: str, offset: int) -> Problem:
        """The parser stops behind a statement; the clerk looks for its name."""
        name = ""
        for match in _STATEMENT.finditer(self._text, 0, offset + 1):
            offset, name = match.start(1), match[1]
        return Problem(self.name, *self._line_column(offset), message.replace("{word}", name))

    def _offset(self, message: str) -> int:
        """The parser says its place in words only."""
        match = _PLACE.search(message)
        if not match or not match[1]:
            return len(self._text.rstrip())
        lines = self._text.split("\n")
        return sum(len(line) + 1 for line in lines[: int(match[1]) - 1]) + int(match[2]) - 1


def suggestion(word: str, known: Iterable[str]) -> str:
    """`，是不是「环卫所」？`, or all that is allowed if nothing is near and the list is short."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if near:
        return f"，是不是「{near[0]}」？"
    return f"，可以写：{'、'.join(names)}" if 0 < len(names) <= 12 else ""


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(child) for key, child in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
