"""Documents that can't go stale: a command, a column, a setting or a rule that nobody explains fails here."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from bench import shots
from sync import settings as config
from sync.cli.main import main
from sync.core.rules.conditions import STATES
from sync.core.sheet import tabs
from sync.core.views.forms.forms import FORMS, ONLY_FOR
from tests.book import templates

ROOT = Path(__file__).parent.parent
HANDBOOK = (ROOT / "docs" / "handbook.zh.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
HEADERS = {
    "streets": "街路编号 街路 别名 类型 区域 支部 街路长 责任单位 邻近街路 启用日期 停用日期 起点 终点 备注 "
    "| 现任街路长 校验",
    "posts": "姓名 角色 区域 支部 单位 职务 负责范围 手机 邮箱 启用日期 停用日期 | 校验",
    "issues": "填报时间 填报人 来源 街路 位置 类别 严重程度 问题描述 照片 经度 纬度 指定时限 核实结果 复核结果 复核人 "
    "复核时间 复核意见 执法依据 核实人 | 编号 校验 状态 街路长 支部 区域 责任单位 截止时间 时限提示 升级 重复 督办函号 "
    "销号时间 依据",
    "feedback": "填报时间 填报人 编号 处理情况 整改说明 整改后照片 | 校验 结果",
    "duties": "填报时间 填报人 类型 街路 支部 区域 编号 内容 照片 经度 纬度 | 校验",
    "changes": "申请时间 申请人 类型 街路 原街路长 新街路长 生效日期 结束日期 理由 支部意见 指挥长意见 | 校验 状态",
    "requests": "申请时间 申请人 类型 编号 明细号 对象 移交单位 期望时间 分值 理由 批复 批复人 批复时间 | 校验 状态",
    "scores": "处理决定 决定日期 | 月份 对象 类别 组 街路长 督查次数 问题数 按期率 返工率 延期率 得分 排名 建议 状态 "
    "封存时间 摘要值",
    "lines": "| 明细号 月份 对象 街路长 编号 规则 条款 分值 说明 日期 任务",
    "quarters": "讲评意见 | 季度 对象 类别 得分 排名 建议",
    "years": "兑现决定 | 年度 对象 类别 得分 排名 建议",
    "letters": "签发人 签发时间 送达 回复情况 回复时间 作废原因 "
    "| 函号 校验 类型 编号清单 主送 抄送 起草时间 状态 期限 文件",
    "notices": "| 通知号 时间 收件人 渠道 类型 编号 内容 状态 原因",
    "status": "| 项目 内容 时间",
    "records": "| 种类 名称 内容",
}


@pytest.mark.parametrize("key", HEADERS)
def test_the_headers_are_the_contract(key: str) -> None:
    """Forms, handbook and outside scripts rely on them."""
    people, _, service = HEADERS[key].partition("|")
    tab = templates()[key]
    assert sorted(column.header for column in tab.staff) == sorted(people.split())
    assert sorted(column.header for column in tab.service) == sorted(service.split())


def test_every_tab_and_column_explains_itself() -> None:
    assert set(templates()) == set(HEADERS) == set(tabs.TAB_ORDER)
    for tab in templates().values():
        assert tab.note, tab.title
        assert all(len(column.help) >= 4 for column in tab.columns), tab.title


def test_a_hint_stands_for_a_kind_that_can_be_chosen() -> None:
    """And each kind that a form asks such a question of has one."""
    for form in FORMS.values():
        tab = templates()[form.tab]
        kinds = tab.by_key[form.kind].values if form.kind in tab.by_key else ()
        for key in form.asks:
            hints, asked = {*tab.by_key[key].hints}, ONLY_FOR.get((form.tab, key)) or kinds
            assert not hints or hints == {*asked}, (form.tab, key)


def test_the_handbook_knows_every_section_of_the_rules() -> None:
    sections = tomllib.loads((ROOT / "rules.toml").read_text("utf-8"))
    assert [name for name in sections if f"[{name}]" not in HANDBOOK] == []


def test_the_handbook_knows_every_way_a_notice_can_stand() -> None:
    assert all(f"| {state} |" in HANDBOOK for state in ("待发送", "已发送", "未发送", "发送失败"))
    told = templates()["issues"].by_key["state"].help
    assert all(state in told for state in STATES)


def test_the_readme_knows_every_command_and_setting() -> None:
    shown = [name for name, command in main.commands.items() if not command.hidden]
    assert [name for name in shown if not re.search(rf"`(jielu )?{name}\b", README)] == []
    used = set(re.findall(r'"((?:JIELU|GOOGLE)_[A-Z_]+)"', Path(config.__file__).read_text("utf-8")))
    assert used and [name for name in used if f"`{name}`" not in README] == []


def test_the_makefile_has_the_readme_s_two_commands() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert {"run", "test"} <= set(targets)
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_every_document_that_is_named_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), (page.name, link)


def test_the_architecture_names_every_package() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    packages = [path.parent.relative_to(ROOT).as_posix() for top in ("sync", "webhook") for path in
                (ROOT / top).rglob("__init__.py")]  # fmt: skip
    assert [package for package in packages if f"`{package}/`" not in page] == []


PLAN = ROOT.parent / "shared" / "plan-2022-26.zh.txt"


def test_every_sentence_of_the_plan_has_its_answer_and_its_test() -> None:
    """docs/plan.zh.md says what the rules say; each story that it names is there, each clause has a sentence."""
    table = [line.strip("| ").split(" | ") for line in (ROOT / "docs" / "plan.zh.md").read_text("utf-8").splitlines()
             if line.startswith("| ")][2:]  # fmt: skip
    rules = tomllib.loads((ROOT / "rules.toml").read_text("utf-8"))["plan"]
    said = [[one["clause"], one["says"], one["answer"] or "由人落实"] for one in rules["sentence"]]
    assert [row[:3] for row in table] == said
    assert set(rules["clauses"]) == {row[0] for row in table}
    stories = {path.name for path in (ROOT / "tests" / "stories").glob("*.txt")}
    assert [row for row in table if (row[2] == "由人落实") != (row[3] == "—")] == []
    assert [row[3] for row in table if row[3] != "—" and row[3] not in stories] == []


@pytest.mark.skipif(not PLAN.exists(), reason="the plan itself is not in the repository")
def test_the_sentences_are_the_plan_s_own_words() -> None:
    plan = PLAN.read_text("utf-8").replace("\n", "")
    sentences = tomllib.loads((ROOT / "rules.toml").read_text("utf-8"))["plan"]["sentence"]
    assert [one["says"] for one in sentences if one["says"] not in plan] == []


def test_the_files_that_the_architecture_names_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:sync|webhook|core|tests|bench)/[\w./]+\.(?:py|js))`", text))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).exists() and not (ROOT / "sync" / name).exists()] == []


def test_the_pictures_are_newer_than_their_pages_and_small() -> None:
    """Where this fails, a page changed since its picture was made: ``make shots``."""
    noted = json.loads((shots.PICTURES / "sources.json").read_text("utf-8"))
    assert noted == {name: shots.sources(name) for name in shots.SHOTS}
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, (_, words, _) in shots.SHOTS.items():
        picture = shots.PICTURES / f"{name}.png"
        assert picture.stat().st_size < 150_000 and f"![{words}](docs/pictures/{name}.png)" in readme, name
