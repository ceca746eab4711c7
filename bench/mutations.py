"""Faults put into the code one after the other: which of them does no test notice?

    python -m bench.mutations sync/core/issues sync/core/scores --count 150 --seed 1 --results /tmp/mutations.jsonl

Draws ``--count`` mutants of the files by ``--seed``, and for each runs the tests of ``--tests`` that call the mutated
function, the quickest first, until one fails. Results are appended to ``--results``, a line of JSON a mutant; a run
that was ended goes on there. At the end the survivors are printed as file:line: before -> after.

All of it happens in a temporary copy of the repository, with one process of tests at a time.

Why no kept tool: mutmut 3 leaves out decorated functions (here every property) and what stands outside functions (the
tables of states), and draws nothing by seed; cosmic-ray runs one command for every mutant, here a hundred seconds of
tests each, where the tests that call the function take three.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("pandas", "pydantic", "hypothesis", "chinese_calendar", "sqlalchemy")  # imported once, before forking
KILLED, SURVIVED, ENDLESS = "killed", "survived", "endless"
COMPARED = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
REACHED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
WORD = 6  # a longer string is a sentence
Hits = Mapping[str, tuple[float, frozenset[str]]]  # by test: its seconds, and the functions that it calls


@dataclass(frozen=True)
class Mutant:
    """A piece of a file's text and what stands there instead. ``function``: where it is, as a test's calls name it;
    empty: outside of any."""

    file: str
    line: int
    start: int
    end: int
    before: str
    after: str
    function: str

    def apply(self, text: bytes) -> bytes:
        return text[: self.start] + f"({self.after})".encode() + text[self.end :]

    def key(self, text: bytes) -> str:
        digest = hashlib.sha256(text).hexdigest()[:12]
        return f"{self.file}@{digest}:{self.start}-{self.end}:{self.after}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before} -> {self.after}"


def mutants(file: str, text: bytes) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its text."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, function in walk(ast.parse(text), ""):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        name = f"{file}:{function}" if function else ""
        for other in replacements(node):
            yield Mutant(file, node.lineno, start, end, ast.unparse(node), ast.unparse(other), name)


def walk(node: ast.AST, function: str) -> Iterator[tuple[ast.expr, str]]:
    """Expressions that are run, each with the first line of its function; a cached one counts as outside, since the
    first test alone calls it."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "keywords") and not isinstance(
            node, ast.Call
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_text(child) or isinstance(child, ast.JoinedStr):
                continue
            inner = function
            if isinstance(child, ast.FunctionDef):
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                cached = any("cache" in ast.unparse(each).split("(")[0].split("_") for each in child.decorator_list)
                inner = "" if cached else str(first)
            if isinstance(child, ast.expr):
                yield child, inner
            yield from walk(child, inner)


def _is_text(node: ast.AST) -> bool:
    """A docstring, or another string that stands alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def replacements(node: ast.expr) -> Iterator[ast.expr]:
    """What may stand instead of an expression: the neighbour of a boundary, the opposite, a part left out."""
    match node:
        case ast.Compare(ops=[op]):
            yield from (_with(node, ops=[other()]) for other in COMPARED[type(op)])
        case ast.BoolOp(op=op, values=values):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
            yield from (_without(node, values, at) for at in range(len(values)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(op=op) if type(op) in REACHED and not _is_words(node):
            yield _with(node, op=REACHED[type(op)]())
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield _with(node, func=ast.Name(NAMES[name]))
        case ast.Call(func=ast.Name(id="sorted" | "reversed"), args=[argument, *_]):
            yield ast.Call(ast.Name("list"), [argument], [])
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
            yield from _unfiltered(node)
        case ast.Constant(value=value):
            yield from _constants(value)


def _with(node: ast.expr, **fields: Any) -> ast.expr:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _without(node: ast.BoolOp, values: Sequence[ast.expr], at: int) -> ast.expr:
    rest = [value for number, value in enumerate(values) if number != at]
    return rest[0] if len(rest) == 1 else _with(node, values=rest)


def _is_words(node: ast.BinOp) -> bool:
    """Sentences are put together by +."""
    return any(isinstance(part, ast.JoinedStr | ast.Constant) and not _is_number(part) for part in ast.walk(node))


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _unfiltered(node: Any) -> Iterator[ast.expr]:
    for at, loop in enumerate(node.generators):
        for number in range(len(loop.ifs)):
            other = copy.copy(loop)
            other.ifs = [each for place, each in enumerate(loop.ifs) if place != number]
            yield _with(node, generators=[*node.generators[:at], other, *node.generators[at + 1 :]])


def _constants(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and 0 < len(value) <= WORD and value.isalnum():
        yield ast.Constant(value + "X")


class Listing:
    """A plugin that notes of each test how long it took and which functions under ``root`` it called."""

    def __init__(self, root: Path) -> None:
        self.root = f"{root}/"
        self.hits: dict[str, tuple[float, list[str]]] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        codes, began = set(), time.monotonic()
        sys.setprofile(lambda frame, event, _: codes.add(frame.f_code) if event == "call" else None)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            names = {f"{code.co_filename}:{code.co_firstlineno}" for code in codes}
            ours = sorted(name.removeprefix(self.root) for name in names if name.startswith(f"{self.root}sync/"))
            self.hits[item.nodeid] = time.monotonic() - began, ours

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)


class Selection:
    """A plugin that runs these tests alone, in this order."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self.order = {test: place for place, test in enumerate(wanted)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.order), key=lambda i: self.order[i.nodeid])


def forked(task: Callable[[], int], seconds: float = 0) -> int | None:
    """What the task returns in a process of its own; None: it was ended after so many seconds of work."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)  # of its own work: others may hold the machine
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 3
        try:
            code = int(task())
        finally:
            os._exit(code)
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:  # this run is ended: so is that one
        os.kill(child, signal.SIGKILL)
        raise
    return os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else None


@dataclass(frozen=True)
class Copy:
    """A copy of the repository in which tests are run."""

    root: Path
    tests: Sequence[str]
    within: float

    def run(self, plugin: object, *arguments: str) -> int:
        os.chdir(self.root)
        sys.path.insert(0, str(self.root))
        return int(pytest.main(["-q", "-p", "no:xdist", "-W", "ignore", *arguments, *self.tests], [plugin]))

    def listed(self, file: Path) -> Hits:
        """Which test calls what; from ``file`` where that is of the same texts."""
        digest = hashlib.sha256()
        for path in sorted(self.root.rglob("*")):
            if path.suffix in (".py", ".txt", ".toml") and path.is_file():
                digest.update(path.read_bytes())
        if not file.exists() or json.loads(file.read_text())["digest"] != digest.hexdigest():
            forked(lambda: self._list(file, digest.hexdigest()))
        return {test: (took, frozenset(calls)) for test, (took, calls) in json.loads(file.read_text())["hits"].items()}

    def _list(self, file: Path, digest: str) -> int:
        listing = Listing(self.root)
        self.run(listing)
        hits = {test: calls for test, calls in listing.hits.items() if test not in listing.failed}
        file.write_text(json.dumps({"digest": digest, "failed": sorted(listing.failed), "hits": hits}))
        return 0

    def verdict(self, mutant: Mutant, hits: Hits) -> str:
        """What became of a mutant."""
        calling = [
            test for test, (took, calls) in hits.items()
            if took <= self.within and (not mutant.function or mutant.function in calls)
        ]  # fmt: skip
        calling.sort(key=lambda test: hits[test][0])
        path = self.root / mutant.file
        text, times = path.read_bytes(), path.stat()
        path.write_bytes(mutant.apply(text))
        try:
            result = forked(lambda: self._noticed(calling), 60 + 3 * sum(hits[test][0] for test in calling))
        finally:
            path.write_bytes(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return ENDLESS if result is None else SURVIVED if result in (0, 5) else KILLED

    def _noticed(self, calling: Sequence[str]) -> int:
        sys.dont_write_bytecode = True
        return self.run(Selection(calling), "-x")


def repository(into: Path) -> None:
    """Every file that git knows or would take, as it is now."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)


def drawn(paths: Sequence[str], root: Path, count: int, seed: int) -> list[Mutant]:
    """So many mutants of the files, by seed; in the order of the draw, so that what was done of it is a draw too."""
    files = [file for path in paths for file in ([path] if path.endswith(".py") else _under(root, path))]
    every = [mutant for file in files for mutant in mutants(file, (root / file).read_bytes())]
    return random.Random(seed).sample(every, min(count, len(every)))


def _under(root: Path, path: str) -> list[str]:
    return sorted(str(file.relative_to(root)) for file in (root / path).rglob("*.py"))


def known(results: Path) -> dict[str, dict[str, Any]]:
    lines = results.read_text("utf-8").splitlines() if results.exists() else []
    return {record["key"]: record for record in map(json.loads, lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", help="files or folders")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--tests", nargs="+", default=["tests/core", "tests/stories"])
    parser.add_argument("--within", type=float, default=600, help="leave out tests that took more seconds when listed")
    parser.add_argument("--again", action="store_true", help="run those that survived before, and no others")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in HEAVY:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        repository(root)
        run(Copy(root, options.tests, options.within), options)


def run(place: Copy, options: argparse.Namespace) -> None:
    hits = place.listed(options.results.with_suffix(".tests.json"))
    chosen, before = drawn(options.paths, place.root, options.count, options.seed), known(options.results)
    for number, mutant in enumerate(chosen, start=1):
        key, began = mutant.key((place.root / mutant.file).read_bytes()), time.monotonic()
        if before.get(key, {}).get("result") != (SURVIVED if options.again else None):
            continue
        result = place.verdict(mutant, hits)
        before[key] = {"key": key, "mutant": str(mutant), "result": result, "took": round(time.monotonic() - began, 1)}
        with options.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(before[key], ensure_ascii=False) + "\n")
        print(f"{number}/{len(chosen)} {result:8} {mutant}", flush=True)
    keys = [key for mutant in chosen if (key := mutant.key((place.root / mutant.file).read_bytes())) in before]
    results = [before[key]["result"] for key in keys]
    print(f"\n{len(results)} mutants: " + ", ".join(f"{results.count(r)} {r}" for r in (KILLED, ENDLESS, SURVIVED)))
    for key, result in zip(keys, results, strict=True):
        if result == SURVIVED:
            print(before[key]["mutant"])


if __name__ == "__main__":
    main()
