"""A mapping file: how the columns of somebody else's file become the columns of a tab.

    [columns]                      # 本表的表头 = 文件里的列名
    "填报时间" = "CreatedDate"

    [constants]                    # 文件里没有、每一行都一样的
    "来源" = "督查"

    [dates]                        # 文件里的时间是怎么写的（Python 的写法）
    "填报时间" = "%m/%d/%Y %I:%M:%S %p"

    [numbers]                      # 文件里的数字是怎么写的
    "分值" = { thousands = ".", decimal = "," }

    [values."类别"]                # 文件里的值 = 本表的值；"*" 管其余所有的
    "Illegal Dumping Pickup" = "渣土乱倒"
    "*" = "其他"

``sheet`` and ``header_row`` at the top say where the table stands in an xlsx. Columns of the file that no line
names are left out.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync.core.sheet.problems import FileProblem
from sync.core.sheet.rows import nearest, plain
from sync.core.sheet.tabs import Tab
from sync.core.sheet.values import serials

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

TABLES = ("columns", "constants", "dates", "numbers", "values")
KEYS = ("sheet", "header_row", *TABLES)
OTHERS = "*"
Bad = tuple[int, str, str]  # what could not be turned: row of the file, the tab's header, a sentence


@dataclass(frozen=True)
class ColumnMap:
    """What a mapping file says, all by the tab's headers."""

    name: str
    columns: Mapping[str, str]
    constants: Mapping[str, Any] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sheet: str = ""
    header_row: int = 1


def read_mapping(path: Path) -> ColumnMap:
    """Read a mapping file. Raises ``FileProblem`` with a sentence for staff."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileProblem([f"对照文件 {path} 打不开：{error.strerror}。请检查文件名。"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileProblem([f"对照文件 {path.name} 不是有效的 TOML（UTF-8）：{error}"]) from error
    if problems := [f"对照文件 {path.name}：{problem}" for problem in _shape(raw)]:
        raise FileProblem(problems)
    return ColumnMap(path.name, **raw)


def _shape(raw: Mapping[str, Any]) -> list[str]:
    """What is wrong with the file's own keys."""
    problems = [f"不认识「{key}」。{nearest(key, KEYS)}只能写 {'、'.join(KEYS)}。" for key in raw if key not in KEYS]
    problems += [f"{key} 应当是一张表，用 [{key}] 开头。" for key in TABLES if not isinstance(raw.get(key, {}), dict)]
    problems += [
        f'[{outer}."{key}"] 应当是一张表。'
        for outer in ("values", "numbers")
        for key, inner in _pairs(raw.get(outer))
        if not isinstance(inner, dict)
    ]
    problems += [
        f"{outer} 的「{key}」应当是文字，放进英文引号。"
        for outer in ("columns", "dates")
        for key, inner in _pairs(raw.get(outer))
        if not isinstance(inner, str)
    ]
    if not isinstance(raw.get("header_row", 1), int) or raw.get("header_row", 1) < 1:
        problems.append("header_row 应当是 1 以上的整数。")
    if not problems and not raw.get("columns"):
        problems.append('缺少 [columns]，每行写 "本表的表头" = "文件里的列名"。')
    return problems


def _pairs(table: Any) -> list[tuple[str, Any]]:
    return list(table.items()) if isinstance(table, dict) else []


def misfits(rules: ColumnMap, tab: Tab, header: Iterable[str], where: str) -> list[str]:
    """What the mapping names and neither the tab nor the file has."""
    known, there = [column.header for column in tab.columns], list(header)
    named = [header for table in TABLES for header in getattr(rules, table)]
    problems = [
        f"对照文件 {rules.name}：「{tab.title}」没有「{header}」这一列。{nearest(header, known)}"
        for header in dict.fromkeys(named)
        if header not in known
    ]
    return problems + [
        f"{where}：没有「{source}」这一列（对照文件 {rules.name} 里对应「{target}」）。{nearest(source, there)}"
        for target, source in rules.columns.items()
        if source not in there
    ]


def apply(rules: ColumnMap, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Bad]]:
    """The file's table under the tab's headers, and what could not be turned.

    ``frame`` has the file's columns as objects, "" for an empty cell; its index is kept.
    """
    try:
        return _applied(rules, frame)
    except Exception as error:  # forms of dates and numbers are people's own, and can fail in any way
        log.info("mapping %s: %r", rules.name, error)
        raise FileProblem([f"对照文件 {rules.name} 用不了：{error}。请检查 [dates]、[numbers] 的写法。"]) from error


def _applied(rules: ColumnMap, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Bad]]:
    import pandas as pd

    taken = {target: frame[source] for target, source in rules.columns.items()}
    made = pd.DataFrame(taken, index=frame.index, dtype=object)
    problems: list[Bad] = []
    for header in rules.columns:
        if header in rules.dates:
            made[header] = _dates(made[header], rules.dates[header], header, problems)
        if header in rules.numbers:
            made[header] = _numbers(made[header], rules.numbers[header])
        if header in rules.values:
            made[header] = _values(made[header], rules.values[header])
    for header, value in rules.constants.items():
        made[header] = value
    return made, problems


def _dates(cells: pd.Series[Any], form: str, header: str, problems: list[Bad]) -> pd.Series[Any]:
    """Texts in ``form`` as serials; what is a number already (a real date of an xlsx) stays."""
    import pandas as pd

    texts = cells[cells.map(lambda cell: isinstance(cell, str) and cell != "")]
    moments = pd.to_datetime(texts, format=form, errors="coerce")
    bad = moments.isna()
    problems += [(int(index), header, f"填的是「{texts[index]}」，不是 {form} 的写法。") for index in texts.index[bad]]
    seconds = (moments[~bad] - pd.Timestamp(serials.EPOCH)).dt.total_seconds()
    turned = cells.copy()
    turned[seconds.index] = (seconds / serials.DAY).astype(object)
    turned[texts.index[bad]] = ""
    return turned


def _numbers(cells: pd.Series[Any], form: Mapping[str, str]) -> pd.Series[Any]:
    """Numbers written with other marks: thousands and the words of ``remove`` taken out, the decimal mark a point."""

    def turned(cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        text = cell.strip()
        for part in (form.get("thousands", ""), form.get("remove", "")):
            text = text.replace(part, "") if part else text
        return text.replace(form.get("decimal", "."), ".").strip()

    return cells.map(turned)


def _values(cells: pd.Series[Any], table: Mapping[str, Any]) -> pd.Series[Any]:
    """Values by the table; one that it does not name stays as it is, or becomes what ``*`` says."""
    others = table.get(OTHERS)

    def turned(cell: Any) -> Any:
        return table.get(plain(cell), cell if others is None or cell == "" else others)

    return cells.map(turned).astype(object)
