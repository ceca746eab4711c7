"""rules.toml: what the delivered file says, and what is said of a file that can't be used."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.core.calendar.worktime import Limit
from sync.core.rules.rules import Problem, Rules, RulesError, load
from sync.core.rules.text import Document
from tests.book import default_rules

ROOT = Path(__file__).parents[3]
BAD = ROOT / "tests" / "bad_rules"
TEXT = (ROOT / "rules.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load(TEXT)


# The delivered file


def test_the_bureau_is_the_plans(rules: Rules) -> None:
    assert rules.bureau.name == "衡阳县城市管理和综合执法局"
    assert rules.bureau.zone.key == "Asia/Shanghai"
    assert "、".join(rules.units) == "环卫所、城管执法大队、园林所、市政处、渣土办、高铁站广场服务所、市容股"
    assert rules.hash == hashlib.sha256(TEXT.encode()).hexdigest()
    assert rules.text == TEXT


# Task and its unit; category, unit, 一般, 严重, 轻微: domain.md 1.3 and DESIGN 7, read by hand.
TABLE = """
占道秩序 15 城管执法大队  占道经营 2wh 1wh  店外经营 2wh 2wh  门店堆物 4wh 2wh  马路市场 1wd 4wh
清扫保洁 20 环卫所        路面脏污 2wh 1wh  路面积水 4wh 2wh
园林绿化 10 园林所        绿地垃圾 4wh 2wh  缺株死树 5wd 4h
背街小巷 10 城管执法大队  乱张贴乱涂画 1wd 4wh  乱晾晒 4wh 4wh  背街堆物 1wd 4h
垃圾清运 15 环卫所        暴露垃圾 4wh 2wh  垃圾满溢 4wh 2wh  环卫设施破损 3wd 1wd
渣土运输 10 渣土办        渣土遗撒 4h 2h  渣土乱倒 2wd 1wd  建筑垃圾 4wh 4wh
公用设施 10 市政处        井盖缺损 6h 2h  路面破损 5wd 1wd  路灯故障 2wd 1wd  设施占用 1wd 4wh
油烟噪音 5 城管执法大队   油烟超标 3wd 1wd  噪音扰民 2wh 2wh  焚烧燃放 1h 1h
其他 5 市容股             其他 2wd 4wh
""".strip().splitlines()


@pytest.mark.parametrize("line", TABLE)
def test_a_task_has_its_unit_and_its_categories(rules: Rules, line: str) -> None:
    name, weight, unit, *rest = line.split()
    task = rules.tasks[name]
    assert (task.unit, task.weight) == (unit, int(weight) * 100)
    expected = {rest[i]: (rest[i + 1], rest[i + 2]) for i in range(0, len(rest), 3)}
    mine = [category for category in rules.categories.values() if category.task == name]
    assert {c.name: (str(c.limit("一般")), str(c.limit("严重"))) for c in mine} == expected
    assert all(c.limit("轻微") == c.limit("一般") and c.unit == unit and c.close for c in mine)


def test_nine_tasks_and_twenty_five_categories(rules: Rules) -> None:
    assert (len(rules.tasks), len(rules.categories)) == (9, 25)
    assert {name: c.name for name, c in rules.categories.items()} == {n: n for n in rules.categories}
    assert {c.std_code for c in rules.categories.values()} == {""}  # none was checked against the standard


def test_a_severity_that_does_not_exist_has_no_limit(rules: Rules) -> None:
    with pytest.raises(KeyError):
        rules.categories["占道经营"].limit("特急")


def test_a_category_may_have_a_unit_of_its_own() -> None:
    own = load(TEXT.replace('name = "店外经营"', 'name = "店外经营"\nunit = "市容股"'))
    assert own.categories["店外经营"].unit == "市容股"
    assert own.categories["占道经营"].unit == "城管执法大队"


def test_clock_and_repeat(rules: Rules) -> None:
    assert (rules.clock.receipt_grace, rules.clock.warn_at) == (Limit(2, "h"), 0.75)
    assert rules.clock.rework == Limit(1, "wh")
    assert (rules.repeat.window, rules.repeat.notable) == (Limit(7, "d"), 3)
    assert rules.repeat.same == ("street", "place", "category")
    assert rules.limits.gone_after == 2


def test_the_levels_go_up_as_the_design_says(rules: Rules) -> None:
    assert [(step.level, step.to, step.when.zh) for step in rules.escalation] == [
        (1, "secretary", "已超期"),
        (2, "commander", "超期满1个工作日"),
        (2, "commander", "严重程度为严重，且已超期"),
        (3, "office", "超期满3个工作日"),
        (2, "commander", "重复次数为≥3"),
        (3, "office", "重复次数为≥3"),
    ]


def test_notices_go_to_those_who_act(rules: Rules) -> None:
    assert rules.notices.hours == ((time(8), time(20)),)
    assert rules.notices.send_at == (time(8, 30), time(11, 30), time(14, 30), time(17))
    assert rules.notices.workdays_only is False
    assert rules.notices.urgent is not None
    assert rules.notices.urgent.holds({"severity": "严重"})
    assert [(n.event, *n.to, n.when.zh if n.when else "") for n in rules.notices.send] == [
        ("assigned", "chief", "unit", ""),
        ("warned", "chief", ""),
        ("overdue", "chief", "unit", ""),
        ("escalated", "secretary", "升级级别为1"),
        ("escalated", "commander", "升级级别为2"),
        ("escalated", "office", "standards_office", "升级级别为3"),
        ("reported_up", "secretary", ""),
        ("duty", "chief", "standards_office", "secretary", "commander", ""),
        ("weekly", "standards_office", "office", ""),
        ("unverified", "standards_office", ""),
        ("rework", "chief", "unit", ""),
    ]


def of_before(line: str) -> str:
    """The delivered file as 0.1 wrote it: ``line`` instead of the sending hours."""
    start, end = TEXT.index("send_at = ["), TEXT.index("urgent.severity = ")
    return TEXT[:start] + line + "\n" + TEXT[end:]


def test_digest_of_before_means_the_default_hours_or_at_once(rules: Rules) -> None:
    assert load(of_before("digest = true")).notices.send_at == rules.notices.send_at
    assert load(of_before("digest = false")).notices.send_at == ()
    assert load(of_before("send_at = []")).notices.send_at == ()
    said = [note for note in load(of_before("digest = true")).notes if "send_at" in note]
    assert said == ["规则文件没有写 notices.send_at（一般通知合成一封的时刻），按 08:30、11:30、14:30、17:00。"]
    assert not [note for note in load(of_before("digest = false")).notes if "send_at" in note]


def test_an_old_file_that_mails_closed_issues_goes_on(rules: Rules) -> None:
    assert not [notice for notice in rules.notices.send if notice.event == "closed"]
    told = load(TEXT + '\n[[notices.send]]\nevent = "销号"\nto = ["街路长"]\n').notices.send[-1]
    assert (told.event, told.to) == ("closed", ("chief",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('digest = false\nsend_at = ["08:30"]', "只能写一个"),
        ('send_at = ["08:30", "20:00"]', "20:00 不在 hours 写的时段里"),
        ('send_at = ["11:30", "08:30"]', "08:30 应当晚于前一个 11:30"),
        ('send_at = ["8点半"]', "「8点半」应当是“时:分”"),
    ],
)
def test_sending_hours_that_can_not_be_are_said(line: str, said: str) -> None:
    with pytest.raises(RulesError, match=said):
        load(of_before(line))


def test_a_file_of_before_that_says_nothing_of_letters_means_what_the_delivered_one_says(rules: Rules) -> None:
    start, end = TEXT.index("\n[letters]"), TEXT.index("# ─── 十、通知")
    assert load(TEXT[:start] + TEXT[end:]).letters == rules.letters
    assert [(one.name, one.when.zh) for one in rules.letters.when] == [
        ("严重问题超期", "严重程度为严重，且已超期"),
        ("屡次重复又超期", "重复次数为≥3，且已超期"),
        ("督查重复看到又超期", "督查重复看到的天数为≥3，且已超期"),
        ("超期三个工作日", "超期满3个工作日"),
        ("上级交办超期", "来源为上级交办，且已超期"),
    ]


def test_points_are_whole_hundredths(rules: Rules) -> None:
    score = rules.score
    assert score.base == sum(task.weight for task in rules.tasks.values()) == 10000
    for severity, points in {"轻微": (10, 30, 60), "一般": (20, 60, 120), "严重": (50, 150, 300)}.items():
        tiers = score.case[severity]
        assert (tiers.discovery, tiers.overdue, tiers.repeat) == points
    assert (score.no_feedback, score.rework.first_two, score.rework.from_third) == (20, 20, 50)
    assert (score.self_found.bonus, score.self_found.cap, score.bonus_cap) == (10, 200, 500)
    assert (score.superior_multiplier, score.superior_sources) == (2, ("上级交办",))
    assert (score.share.chief, score.share.unit) == (20, None)
    assert (score.good.top, score.good.min_score) == (3, 9000)
    assert (score.last.last, score.last.below) == (1, 9000)
    assert score.groups == ("主次干道", "背街小巷", "重点区域")
    assert (score.min_group, score.min_inspections) == (6, 4)
    assert [(r.name, r.running, r.in_12_months) for r in score.ladder] == [
        ("通报、末位表态", 1, 1), ("约谈、书面检查", 2, 3), ("通报批评、诫勉", 3, 4), ("组织调整", 4, 5),
    ]  # fmt: skip
    assert (score.fund.enabled, score.fund.bands) == (False, ())


def test_the_calendar_is_known_until_2026_and_2027_is_provisional(rules: Rules) -> None:
    start = datetime(2026, 12, 31, 17, tzinfo=rules.bureau.zone)
    due = rules.calendar.add(start, Limit(4, "wh"))
    assert (f"{due.at:%Y-%m-%d %H:%M}", due.provisional) == ("2027-01-04 11:30", True)
    assert rules.calendar.known_until == 2026


def test_a_published_year_is_six_lines_of_a_clerk() -> None:
    text = TEXT.replace("published = false", "published = true")
    text = text.replace('"01-01 元旦"', '"01-01~01-03 元旦"')
    text = text.replace("on = []", 'on = ["2026-12-27", "02-13"]')
    calendar = load(text).calendar
    assert calendar.known_until == 2027
    assert calendar.note(datetime(2026, 12, 27).date()) == "调休上班"  # noqa: DTZ001
    assert not calendar.is_workday(datetime(2027, 1, 3).date())  # noqa: DTZ001


def test_rules_can_not_be_changed_once_loaded(rules: Rules) -> None:
    for target, name in ((rules, "hash"), (rules.score, "base"), (rules.escalation[0], "level")):
        with pytest.raises((AttributeError, ValueError)):
            setattr(target, name, 1)


def test_every_clause_that_is_cited_stands_in_the_plan(rules: Rules) -> None:
    allowed = {*rules.plan.clauses, "方案", "有来源", "本局默认"}
    assert {basis.basis for basis in rules.clauses()} <= allowed
    words = {basis.where: basis for basis in rules.clauses()}
    assert words["类别「占道经营」"].basis == "本局默认"
    assert words["类别「路面积水」"].basis == "有来源"
    assert words["通知「将到期」"] == ("通知", "将到期", "本局默认", "街路长")
    assert words["任务「油烟噪音」"].text == "城管执法大队负责，最多扣 5 分"
    assert words["升级「报指挥长」"] == ("升级", "报指挥长", "五·3", "超期满1个工作日：指挥长")


def test_clauses_that_no_rule_cites_are_uncovered(rules: Rules) -> None:
    assert rules.uncovered() == []
    silent = TEXT[: TEXT.index("\n[[plan.sentence]]")] + TEXT[TEXT.index("\n# ─── 三、") :]
    assert dict(load(silent).uncovered())["六·3"] == "走访群众，提升队伍形象"
    assert "五·3" not in dict(load(silent).uncovered())
    without = load(silent.replace('plan = "二·8"\n', ""))
    assert dict(without.uncovered())["二·8"] == "油烟噪音监管"


FIGURE = re.compile(
    r"^(limit|base|no_feedback|bonus\w*|cap|top|min_\w+|last|below|notable|window|rework|warn_at"
    r"|receipt_grace|gone_after|first_two|from_third|superior_multiplier) = .*[0-9]"
)


def test_every_figure_says_what_it_rests_on() -> None:
    """No number of the bureau's may look like a rule of the state."""
    figures = [line for line in TEXT.splitlines() if FIGURE.match(line)]
    assert len(figures) > 40
    assert [line for line in figures if not re.search(r"【(方案|有来源|默认)", line)] == []
    assert "国标" not in TEXT


def test_a_file_of_before_the_forms_loads_and_keeps_its_digest() -> None:
    before = TEXT[: TEXT.index("# ─── 十二、手机填报")]
    old = load(before)
    assert (old.hash, old.forms) == (hashlib.sha256(before.encode()).hexdigest(), load(TEXT).forms)
    assert old.forms.public is False and old.forms.photo_place is False


# Files that can't be used: file → place, what stands there, what is said

MISTAKES = {
    "bare_chinese_key": ("4:7", "严重 =", '键用英文；一定要用中文的（如条款号）要放进英文引号："严重"'),
    "chinese_key_inline": ("3:27", "严重 =", "键用英文"),
    "chinese_quotes": ("2:8", "“衡阳县", '「“」是中文符号，这里要用英文的 "'),
    "chinese_equals": ("2:8", "＝", "「＝」是中文符号，这里要用英文的 ="),
    "no_quotes": ("2:11", "wh", "「wh」多余；文字要整个放进英文引号"),
    "word_without_quotes": ("2:8", "环卫所", "「环卫所」看不懂；文字要放进英文引号"),
    "open_quote": ("2:10", '"4wh', "引号没有闭合"),
    "open_quote_at_end": ("2:10", "'4wh", "引号没有闭合"),
    "open_bracket": ("3:1", "zone", "方括号 [ 没有闭合"),
    "duplicate_key": ("5:1", "warn_at", "「warn_at」写了两次，只能留一个"),
    "duplicate_list": ("5:1", "holidays", "「holidays」写了两次"),
    "duplicate_table": ("5:2", "clock]", "表「clock」写了两次，请合并"),
    "key_as_table_and_value": ("4:2", "clock.rework", "「clock.rework」写了两次"),
    "unknown_table": ("1:2", "clok]", "没有「clok」这个表，是不是「clock」？"),
    "unknown_key": ("4:1", "rewrok", "不认识的键「rewrok」，是不是「rework」？"),
    "unknown_key_deep": ("18:27", '"严重"', "不认识的键「严重」，可以写：minor、normal、serious"),
    "missing_key": ("5:2", "clock]", "缺少「warn_at」"),
    "missing_key_in_row": ("7:3", "escalation]]", "缺少「name」"),
    "wrong_type": ("3:17", '"否"', "「否」应当是 true 或 false"),
    "table_for_list": ("1:2", "escalation]", "双方括号"),
    "list_for_table": ("1:3", "clock]]", "单方括号"),
    "unknown_unit": ("10:8", '"环卫站"', "没有「环卫站」这个责任单位，是不是「环卫所」？"),
    "unknown_task": ("10:8", '"垃圾清运管理"', "没有「垃圾清运管理」这个工作任务，是不是「垃圾清运」？"),
    "unknown_fact": ("5:6", "overdeu", "条件里没有「overdeu」这一项，是不是「overdue」？"),
    "unknown_value": ("5:44", '"严种"', "没有「严种」，是不是「严重」？"),
    "unknown_role": ("4:6", '"书记"', "没有「书记」这个上级，是不是「支部书记」？"),
    "unknown_event": ("7:9", '"到期"', "没有「到期」这个通知事项，是不是「将到期」？"),
    "unknown_clause": ("10:8", '"五.3"', "没有「五.3」这个方案条款，是不是「五·3」？"),
    "unknown_street_type": ("7:11", '"主干道"', "没有「主干道」这个街路类型，是不是「主次干道」？"),
    "unknown_zone": ("3:8", '"Asia/Beijing"', "没有时区「Asia/Beijing」"),
    "bad_limit": ("4:10", '"4个工作时"', "时限「4个工作时」看不懂"),
    "limit_without_unit": ("2:17", "2", "时限「2」应当是带单位的文字"),
    "bad_duration": ("5:16", '">= 1周"', "时限「1周」看不懂"),
    "share_over_100": ("3:11", '"175%"', "「175%」应当是 1% 到 99% 之间的份额"),
    "out_of_range": ("2:14", "1", "「1」不能小于 2"),
    "points_too_fine": ("3:15", "0.125", "分数「0.125」最多两位小数"),
    "weights_not_100": ("11:10", "39.5", "合起来是 99.5 分，应当是 100 分"),
    "shares_not_100": ("12:9", "{ chief = 30", "合起来是 110，应当是 100"),
    "tiers_reversed": ("20:35", "0.1", "超期扣 0.1 分，不应当少于发现扣的 0.2 分"),
    "ladder_out_of_order": ("17:5", "{ name", "「约谈」的次数不应当少于前一级「通报」"),
    "empty_name": ("2:8", '""', "「」应当有字，前后不能有空格"),
    "hours_of_no_length": ("4:10", '"08:00-08:00"', "「08:00-08:00」的结束应当晚于开始"),
    "ladder_reversed": ("15:102", "1 }", "12 个月内 1 次，不应当少于连续 2 次"),
    "fund_without_bands": ("16:34", "[]", "启用以前要先填 bands"),
    "hours_reversed": ("4:25", '"17:30-14:30"', "「17:30-14:30」的结束应当晚于开始"),
    "hours_overlap": ("4:9", "[", "11:30 开始的一段与前一段重叠"),
    "season_gap": ("1:12", "season]]", "9月30日的办公时间没有写"),
    "season_overlap": ("6:3", "calendar.season]]", "10月1日的办公时间写了两次"),
    "no_such_day": ("11:5", '"02-28~02-30', "没有「02-30」这一天"),
    "day_of_another_year": ("9:8", '"2026-11-27', "「2026-11-27」不在 2027 年"),
    "day_without_year": ("2:13", '"11-27', "「11-27」要写上年份"),
    "day_twice": ("10:7", '"01-03"', "2027-01-03 写了两次"),
    "make_up_day_unpublished": ("6:3", "calendar.year]]", "published 应当是 true"),
    "duplicate_category": ("18:8", '"暴露垃圾"', "「暴露垃圾」重复，第 1 个已经用了"),
    "level_skipped": ("8:9", "3", "有第 3 级，却没有第 2 级"),
    "level_to_two": ("10:6", '"指挥长"', "第 1 级已经报给支部书记，同一级只能报一处"),
    "condition_out_of_reach": ("5:15", '"< 1"', "「< 1」永远不成立，最小是 1"),
    "condition_never_holds": ("39:1", "when.category", "没有一个类别能同时符合这些条件"),
    "condition_beyond_top_level": ("30:14", "2", "升级级别最高是 1，这个条件永远不成立"),
    "seal_on_the_31st": ("17:8", '"31日 09:00"', "日子应当在 1 到 28 之间，每个月都有这一天"),
    "seal_without_day": ("17:8", '"月底"', "应当是次月的“几日 时:分”"),
    "appeal_bad_limit": ("17:10", '"3个工作日"', "看不懂，应当是数字加单位"),
    "forms_photo_too_large": ("3:14", "16000", "「16000」不能大于 4096"),
    "forms_unknown_key": ("3:1", "photo_sise", "不认识的键「photo_sise」，是不是「photo_side」？"),
    "forms_public_no_word": ("3:10", '"是"', "「是」应当是 true 或 false"),
    "map_tiles_without_row": ("2:10", '"https://', "里面有 {z}（级）、{x}（列）、{y}（行）"),
    "map_host_in_braces": ("2:10", '"https://', "域名里不能有花括号"),
    "map_key_not_named": ("1:2", "map]", "要用 key 写环境变量的名字"),
    "map_unknown_datum": ("2:11", '"GCJ02"', "没有「GCJ02」这个坐标系，是不是「GCJ-02」？"),
    "map_many_layers": ("2:9", "[", "最多三层"),
    "hook_bad_path": ("9:8", '"field_5..longitude"', "应当是字段的名字，里层的用点隔开"),
    "hook_column_twice": ("1:3", "hook]]", "「街路」在 columns 和 constants 里各写了一次"),
    "hook_host_with_path": ("7:16", '"https://', "应当是网站的域名，不带 https:// 和路径"),
    "hook_name_in_chinese": ("2:8", '"问题上报"', "只能用小写字母、数字和连字符"),
    "hook_of_another_tool": ("3:8", '"金数剧"', "没有「金数剧」这个表单工具，是不是「金数据」？"),
    "hook_twice": ("9:8", '"wenti"', "「wenti」重复，第 1 个已经用了"),
    "hook_with_its_secret": ("5:7", '"s3cr3t', "这里写环境变量的名字"),
    "bot_hears_nothing": ("5:10", "[]", "至少要写一项"),
    "bot_of_another_house": ("3:8", '"微信"', "没有「微信」这个群机器人，是不是「企业微信」？"),
    "bot_of_unknown_unit": ("12:10", '"环卫站"', "没有「环卫站」这个责任单位，是不是「环卫所」？"),
    "bot_signature_not_there": ("1:3", "bot]]", "企业微信的群机器人没有签名"),
    "bot_unknown_key": ("4:1", "adress", "不认识的键「adress」，是不是「address」？"),
    "bot_with_its_address": ("4:11", '"https://', "这里写环境变量的名字"),
    "bot_with_our_own_secret": ("5:10", '"JIELU_SECRET"', "JIELU_SECRET 另有用处"),
    "letters_unknown_title": ("3:9", '"督查函"', "没有「督查函」这个函的名称，是不是「督办函」？"),
    "letters_unknown_signer": ("3:12", '"指挥官"', "没有「指挥官」这个角色，是不是「指挥长」？"),
    "letters_serious_slower": ("4:17", '"3wd"', "有严重问题的应当更快回复"),
    "letters_bad_condition": ("5:16", '">= 200%"', "应当在 1% 到 100% 之间"),
    "letters_name_twice": ("6:8", '"超期"', "「超期」重复，第 1 个已经用了"),
    "empty_condition": ("5:8", "{}", "条件应当是至少有一项的表"),
}


def problems(text: str, name: str = "rules.toml") -> list[Problem]:
    """What is wrong, but for the tables that a short example leaves out."""
    with pytest.raises(RulesError) as caught:
        load(text, name)
    return [problem for problem in caught.value.problems if "缺少 [" not in problem.message]


@pytest.mark.parametrize("file", sorted(MISTAKES))
def test_a_mistake_is_named_at_its_place(file: str) -> None:
    place, there, words = MISTAKES[file]
    text = (BAD / f"{file}.toml").read_text(encoding="utf-8")
    (problem,) = problems(text, f"{file}.toml")
    assert str(problem).startswith(f"{file}.toml:{place}: ")
    assert text.splitlines()[problem.line - 1][problem.column - 1 :].startswith(there)
    assert words in problem.message


def test_a_secret_that_was_written_into_the_rules_is_not_said_again() -> None:
    for file in ("hook_with_its_secret", "bot_with_its_address"):
        (problem,) = problems((BAD / f"{file}.toml").read_text(encoding="utf-8"))
        assert "s3cr3t" not in str(problem) and "0f1e" not in str(problem)


def test_every_bad_file_is_in_the_table() -> None:
    assert {path.stem for path in BAD.glob("*.toml")} == set(MISTAKES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("no_feedback = 0.2", "no_feedback = 0"),
        ("bonus_cap = 5 ", "bonus_cap = 1000 "),
        ("overdue = 0.3, repeat = 0.6", "overdue = 0.1, repeat = 0.1"),
        ("running = 2\nin_12_months = 3", "running = 1\nin_12_months = 1"),
        ('hours = ["08:00-20:00"]', 'hours = ["08:00-12:00", "12:00-20:00"]'),
        ('"09-15 中秋"', '"09-15"'),
        ('"09-15 中秋"', '"08-15~09-15 暂停办公"'),
        ('urgent.severity = "严重"', 'urgent.kind = "执法类"\nurgent.task = ["占道秩序", "清扫保洁"]'),
        ('warn_at = "75%"', 'warn_at = "99%"'),
        ("gone_after = 2", "gone_after = 100"),
        ("when.level = 2", "when.level = 3"),
    ],
)
def test_what_is_just_within_bounds_is_taken(old: str, new: str) -> None:
    assert old in TEXT
    assert load(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bonus_cap = 5 ", "bonus_cap = 1000.01 "),
        ("no_feedback = 0.2", "no_feedback = -0.01"),
        ('"09-15 中秋"', '"08-14~09-15 暂停办公"'),
        ('warn_at = "75%"', 'warn_at = "0%"'),
        ("gone_after = 2", "gone_after = 101"),
    ],
)
def test_what_is_just_beyond_them_is_not(old: str, new: str) -> None:
    assert len(problems(TEXT.replace(old, new, 1))) == 1


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = TEXT.replace('rework = "1wh"', 'rework = "4x"').replace('to = "指挥长"', 'to = "局长"', 1)
    text = text.replace("weight = 20", "weight = 21").replace("gone_after = 2", "gone_after = 0")
    found = problems(text)
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    for problem, words in zip(found, ("「4x」", "101 分", "「局长」", "「0」"), strict=True):
        assert words in problem.message


def test_a_missing_table_is_named() -> None:
    with pytest.raises(RulesError, match=r"rules.toml:1:1: 缺少 \[limits\]"):
        load(TEXT[: TEXT.index("[limits]")])


def test_a_broken_list_of_units_is_the_only_problem() -> None:
    """Not one problem for every task that names a unit."""
    (problem,) = problems(TEXT.replace('units = ["环卫所",', "units = []\n# "))
    assert problem.message == "bureau.units：至少要写一项"


def test_a_file_saved_by_notepad_is_read(rules: Rules) -> None:
    windows = "\ufeff" + TEXT.replace("\n", "\r\n")
    assert load(windows).categories == rules.categories
    (problem,) = problems(windows.replace('"1wh"', '"1x"', 1))
    assert TEXT.splitlines()[problem.line - 1][problem.column - 1 :].startswith('"1wh"')


def test_an_empty_file_lacks_every_table() -> None:
    with pytest.raises(RulesError) as caught:
        load("")
    assert len(caught.value.problems) == 11


NONSENSE = ["a = " + "[" * 5000, "a = 1" + "0" * 5000, "[" * 9, "a = nan", "=", "\x00", "a.b.c", "[a]\n[[a]]"]


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_a_problem_and_no_crash(text: str) -> None:
    assert problems(text)


LINES = TEXT.splitlines(keepends=True)
SLIPS = st.one_of(
    st.just(("drop", 0, "")),
    st.just(("double", 0, "")),
    st.tuples(st.just("type"), st.integers(0, 40), st.sampled_from('"[]{}=.,# 严“x3-\n')),
    st.tuples(st.just("erase"), st.integers(0, 40), st.just("")),
)


def slipped(line: str, slip: tuple[str, int, str]) -> str:
    kind, at, typed = slip
    if kind in ("drop", "double"):
        return "" if kind == "drop" else line * 2
    return line[:at] + typed + line[at + (kind == "erase") :]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(LINES) - 1), SLIPS)
def test_a_slip_of_the_finger_is_harmless_or_named(index: int, slip: tuple[str, int, str]) -> None:
    text = "".join([*LINES[:index], slipped(LINES[index], slip), *LINES[index + 1 :]])
    try:
        load(text)
    except RulesError as error:
        assert error.problems
        for problem in error.problems:
            assert 1 <= problem.line <= text.count("\n") + 1
            assert re.search("[\u4e00-\u9fff]", problem.message)


def values(path: tuple[str | int, ...], value: object) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every single value below, with its path."""
    if isinstance(value, dict | tuple):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from values((*path, key), child)
    else:
        yield path, value


DOCUMENT = Document(TEXT, "rules.toml")
VALUES = list(values((), DOCUMENT.data))


def written(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def test_every_value_of_the_file_is_found_at_its_place() -> None:
    """The place of a value, read again from there, is the value."""
    assert len(VALUES) > 300
    for path, value in VALUES:
        problem = DOCUMENT.problem(path, "")
        there = TEXT.splitlines()[problem.line - 1][problem.column - 1 :]
        assert there.startswith(written(value)), path


OTHERS = ["true", "-1", "1.5", "99999", '"甲"', '""', "[]", "[1]", "{}", "{ x = 1 }", "2026-11-24", "08:00"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(VALUES), st.sampled_from(OTHERS))
def test_a_value_of_another_kind_is_refused_in_chinese(found: tuple[tuple[str | int, ...], object], other: str) -> None:
    place = DOCUMENT.problem(found[0], "")
    lines = TEXT.splitlines()
    line, start = lines[place.line - 1], place.column - 1
    lines[place.line - 1] = line[:start] + other + line[start + len(written(found[1])) :]
    try:
        load("\n".join(lines))
    except RulesError as error:
        for problem in error.problems:
            assert "nput" not in problem.message  # a message of the library's own
            assert problem.line > 1 or "缺少" in problem.message


def test_a_letter_rests_on_the_plan_only_where_the_plan_asks_for_it(rules: Rules) -> None:
    assert [(call.name, call.plan) for call in rules.letters.when] == [
        ("严重问题超期", "五·3"),
        ("屡次重复又超期", "五·3"),
        ("督查重复看到又超期", "五·3"),
        ("超期三个工作日", ""),
        ("上级交办超期", ""),
    ]


def test_a_file_of_before_keeps_its_figures_and_says_what_it_takes_from_the_defaults() -> None:
    text = default_rules().text
    unit = text[text.index("[score.unit]\n") : text.index("[score.unit.good]")]
    good = text[text.index("[score.unit.good]") : text.index("# 街路长到期前上报")]
    old = load(text.replace(unit, "").replace(good, "").replace("per_day = 2 ", "#"))
    assert old.score.unit is None and old.score.self_found.per_day == 2
    keys, scheme = old.notes
    assert keys == "规则文件没有写 score.self_found.per_day，按默认。"
    assert "没有 [score.unit]" in scheme
    assert default_rules().notes == ()
    mine = load(text.replace("min_cases = 10 ", "# ").replace("bonus = 0.1 ", "bonus = 0.3 "))
    assert mine.score.self_found.bonus == 30
    assert mine.score.unit is not None and mine.score.unit.min_cases == 10
    assert mine.notes == ("规则文件没有写 score.unit.min_cases，按默认。",)
    (shared,) = load(text.replace("[score.share]\n", "[score.share]\nunit = 80\n")).notes
    assert shared.startswith("score.share.unit 不再起作用")


@pytest.mark.parametrize(("value", "shown"), [("[2]", "列表"), ("{ a = 2 }", "表"), ("true", "true"), ('"二"', "二")])
def test_what_stands_where_a_number_is_asked_for_is_named_in_words(value: str, shown: str) -> None:
    with pytest.raises(RulesError) as wrong:
        load(TEXT.replace("gone_after = 2 ", f"gone_after = {value} ", 1))
    assert f"limits.gone_after：「{shown}」" in str(wrong.value)
