"""May this person …? Each role × each question, over plain values."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.people import permissions
from sync.core.people.permissions import SUPERIORS, Area, Person, above, answers, files, person, sees, sees_score
from sync.core.people.roster import Post, Roster, Span, Street
from sync.core.views.waiting.worklist import shows
from tests.book import bureau

DAY = date(2026, 11, 24)
OFFICE = Person("办公室01", frozenset({"office"}))
STANDARDS = Person("标准化办01", frozenset({"standards_office"}))
COMMANDER = Person("指挥长02", frozenset({"commander"}), districts=frozenset({"城中"}))
SECRETARY = Person(
    "支部书记04", frozenset({"secretary", "unit"}), branches=frozenset({"第四支部"}), units=frozenset({"园林所"})
)
CHIEF = Person("街路长01", frozenset({"chief"}), streets=frozenset({"新正街"}))
UNIT = Person("环卫所01", frozenset({"unit"}), units=frozenset({"环卫所"}))
OPERATOR = Person("管理员", frozenset({"office"}), operator=True)
NOBODY = Person("路人", frozenset())
EVERYBODY = (OFFICE, STANDARDS, COMMANDER, SECRETARY, CHIEF, UNIT, NOBODY)

HERE = Area("新正街", "第四支部", "城中", "环卫所", "街路长01")
THERE = Area("联胜路", "第六支部", "城东", "园林所", "街路长02")
BEFORE = Area("联胜路", "第六支部", "城东", "市政处", "街路长01")  # he was its chief on the day of the issue
TAKEN_ON = Area("新正街", "第四支部", "城中", "市政处", "街路长03")  # another was its chief on the day of the issue
UNKNOWN = Area()
SIGNERS = ("commander", "office")
PLACES = ("第四支部", "城中")  # above 新正街

# Question, how it is asked, and what each is told: office, standards office, commander of 城中, secretary of
# 第四支部 (he heads 园林所 too), chief of 新正街, 环卫所, nobody.
QUESTIONS = [
    ("oversees", lambda p: p.oversees, "yes yes no no no no no"),
    ("holds a superior's role", lambda p: permissions.holds(p, SUPERIORS), "yes yes yes yes no no no"),
    ("holds a unit", lambda p: permissions.holds(p, {"unit"}), "no no no yes no yes no"),
    ("makes a chief's link", lambda p: permissions.may_make_link(p, CHIEF), "yes yes no no no no no"),
    ("makes his own link", lambda p: permissions.may_make_link(p, p), "yes yes no no no no no"),
    ("makes the office's link", lambda p: permissions.may_make_link(p, OFFICE), "yes no no no no no no"),
    ("makes the operator's link", lambda p: permissions.may_make_link(p, OPERATOR), "no no no no no no no"),
    ("leads here", lambda p: permissions.leads(p, HERE), "yes yes yes yes no no no"),
    ("leads there", lambda p: permissions.leads(p, THERE), "yes yes no no no no no"),
    ("leads the district", lambda p: permissions.leads(p, Area(district="城中")), "yes yes yes no no no no"),
    ("leads the branch", lambda p: permissions.leads(p, Area(branch="第四支部")), "yes yes no yes no no no"),
    ("leads what is unknown", lambda p: permissions.leads(p, UNKNOWN), "yes yes no no no no no"),
    ("sees here", lambda p: sees(p, HERE), "yes yes yes yes yes yes no"),
    ("sees there", lambda p: sees(p, THERE), "yes yes no yes no no no"),
    ("sees what was his", lambda p: sees(p, BEFORE), "yes yes no no yes no no"),
    ("sees what is unknown", lambda p: sees(p, UNKNOWN), "yes yes no no no no no"),
    ("sees a faulty row of here", lambda p: permissions.sees_row(p, HERE, "某人"), "yes yes yes yes yes yes no"),
    ("sees a faulty row of there", lambda p: permissions.sees_row(p, THERE, "某人"), "yes yes no yes no no no"),
    ("sees a faulty row of nowhere", lambda p: permissions.sees_row(p, UNKNOWN, "某人"), "yes yes no no no no no"),
    ("sees what he reported", lambda p: permissions.sees_row(p, UNKNOWN, p.name), "yes yes yes yes yes yes yes"),
    ("answers here", lambda p: answers(p, HERE), "no no no no yes yes no"),
    ("answers there", lambda p: answers(p, THERE), "no no no yes no no no"),
    ("answers what was his", lambda p: answers(p, BEFORE), "no no no no yes no no"),
    ("answers what another left", lambda p: answers(p, TAKEN_ON), "no no no no yes no no"),
    ("answers what is unknown", lambda p: answers(p, UNKNOWN), "no no no no no no no"),
    ("sends feedback here", lambda p: permissions.may_send_feedback(p, HERE), "yes yes no no yes yes no"),
    ("sends feedback there", lambda p: permissions.may_send_feedback(p, THERE), "yes yes no yes no no no"),
    ("sees a photo that he sent", lambda p: permissions.sees_photo(p, p.name, ()), "yes yes yes yes yes yes yes"),
    ("sees another's photo", lambda p: permissions.sees_photo(p, "某人", ()), "yes yes no no no no no"),
    ("sees a photo of here", lambda p: permissions.sees_photo(p, "某人", (THERE, HERE)), "yes yes yes yes yes yes no"),
    ("sees his notice", lambda p: permissions.sees_notice(p, p.name), "yes yes yes yes yes yes yes"),
    ("sees another's notice", lambda p: permissions.sees_notice(p, "某人"), "yes yes no no no no no"),
    ("verifies here", lambda p: permissions.may_verify(p, HERE, ()), "yes yes no no no no no"),
    ("verifies what his unit mended", lambda p: permissions.may_verify(p, HERE, {"环卫所"}), "no no no no no no no"),
    ("answers as superior here", lambda p: permissions.may_answer(p, SUPERIORS, HERE), "yes yes yes yes no no no"),
    ("answers as superior there", lambda p: permissions.may_answer(p, SUPERIORS, THERE), "yes yes no no no no no"),
    ("answers what lies nowhere", lambda p: permissions.may_answer(p, SUPERIORS, UNKNOWN), "yes yes yes yes no no no"),
    ("answers as secretary", lambda p: permissions.may_answer(p, ("secretary",), HERE), "no no no yes no no no"),
    ("answers as nobody", lambda p: permissions.may_answer(p, (), HERE), "no no no no no no no"),
    ("sees a draft", lambda p: permissions.sees_letter(p, {"城中"}, "", ()), "yes yes yes no no no no"),
    ("sees a draft of there", lambda p: permissions.sees_letter(p, {"城东"}, "", ()), "yes yes no no no no no"),
    ("sees one to a unit", lambda p: permissions.sees_letter(p, {"城东"}, "环卫所", ()), "yes yes no no no yes no"),
    ("sees a letter to a chief", lambda p: permissions.sees_letter(p, (), "", {"街路长01"}), "yes yes no no yes no no"),
    ("signs a letter of here", lambda p: permissions.may_sign(p, SIGNERS, {"城中", "城西"}), "yes no yes no no no no"),
    ("signs a letter of there", lambda p: permissions.may_sign(p, SIGNERS, {"城东"}), "yes no no no no no no"),
    ("signs as any secretary", lambda p: permissions.may_sign(p, ("secretary",), {"城东"}), "no no no yes no no no"),
    ("replies for 环卫所", lambda p: permissions.may_reply(p, "环卫所"), "yes yes no no no yes no"),
    ("makes a letter of here void", lambda p: permissions.may_void(p, SIGNERS, {"城中"}), "yes yes yes no no no no"),
    ("makes a letter of there void", lambda p: permissions.may_void(p, SIGNERS, {"城东"}), "yes yes no no no no no"),
    ("sees a street's score", lambda p: sees_score(p, "街路", "新正街", PLACES), "yes yes yes yes yes no no"),
    ("sees another one", lambda p: sees_score(p, "街路", "联胜路", ("第六支部", "城东")), "yes yes no no no no no"),
    ("sees a score that was his", lambda p: sees_score(p, "街路", "联胜路", (), "街路长01"), "yes yes no no yes no no"),
    ("sees his predecessor's", lambda p: sees_score(p, "街路", "新正街", PLACES, "街路长09", past=True),
     "yes yes yes yes no no no"),
    ("sees his own of before", lambda p: sees_score(p, "街路", "新正街", PLACES, "街路长01", past=True),
     "yes yes yes yes yes no no"),
    ("sees a past one of no chief", lambda p: sees_score(p, "街路", "新正街", PLACES, past=True),
     "yes yes yes yes yes no no"),
    ("sees the branch's score", lambda p: sees_score(p, "支部", "第四支部", ("城中",)), "yes yes yes yes no no no"),
    ("sees the district's score", lambda p: sees_score(p, "区域", "城中", ()), "yes yes yes no no no no"),
    ("sees a unit's score", lambda p: sees_score(p, "单位", "环卫所", ()), "yes yes no no no yes no"),
    ("sees a person's score", lambda p: sees_score(p, "街路长", "街路长01", ()), "yes yes no no no no no"),
    ("files 督查", lambda p: "督查" in files(p, "issues", "source"), "yes yes no no no no no"),
    ("files 街路长自查", lambda p: "街路长自查" in files(p, "issues", "source"), "no no no no yes no no"),
    ("files 现场调度", lambda p: "现场调度" in files(p, "duties", "kind"), "yes no yes yes no no no"),
    ("files 加减分", lambda p: "加减分" in files(p, "requests", "kind"), "yes yes yes no no no no"),
    ("files 申诉", lambda p: "申诉" in files(p, "requests", "kind"), "yes yes no yes yes yes no"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "told"), [row[1:] for row in QUESTIONS], ids=[row[0] for row in QUESTIONS])
def test_each_role_is_told_yes_or_no(ask, told: str) -> None:  # type: ignore[no-untyped-def]
    assert " ".join("yes" if ask(somebody) else "no" for somebody in EVERYBODY) == told


def test_no_question_is_left_out_of_the_table() -> None:
    asked = {name for _, ask, _ in QUESTIONS for name in ask.__code__.co_names}
    questions = {
        name
        for name, value in vars(permissions).items()
        if callable(value) and value.__module__ == permissions.__name__ and not name.startswith("_")
    }
    no_question = {"Person", "above", "person", "people", "remembered", "units_of", "counted_source"}
    assert questions - asked == no_question | {"starting", "newcomers"}


def test_what_lies_above_a_score() -> None:
    assert above(ROSTER, "街路", "新正街", DAY) == {"第四支部", "城中"}
    assert above(ROSTER, "支部", "第六支部", DAY) == {"城东"}
    assert above(ROSTER, "区域", "城中", DAY) == above(ROSTER, "单位", "环卫所", DAY) == set()


ROSTER = Roster(
    (
        Street("新正街", "J01", "主次干道", "城中", "第四支部", "街路长01", "", (), (), Span()),
        Street("联胜路", "J02", "主次干道", "城东", "第六支部", "街路长02", "", (), (), Span()),
    ),
    (
        Post("街路长01", "街路长", "城中", "第四支部", "园林所", "", Span()),
        Post("街路长02", "街路长", "城东", "第六支部", "环卫所", "", Span()),
        Post("支部书记04", "支部书记", "城中", "第四支部", "园林所", "", Span()),
        Post("指挥长02", "指挥长", "城中", "", "", "", Span()),
        Post("环卫所01", "责任单位", "", "", "环卫所", "", Span()),
        Post("标准化办01", "标准化办", "", "", "市容股", "", Span()),
        Post("办公室01", "领导小组办公室", "", "", "", "", Span()),
        Post("街路长03", "街路长", "城西", "第一支部", "", "", Span(until=date(2026, 11, 23))),
    ),
)
# person, sees the issue of 环卫所 on 新正街, answers it, sees the one of 园林所 on 联胜路, answers it
SIGHT = [
    ("街路长01", True, True, False, False),
    ("街路长02", False, False, True, True),
    ("支部书记04", True, False, True, True),  # his branch here; there his unit is the one to mend it
    ("指挥长02", True, False, False, False),
    ("环卫所01", True, True, False, False),
    ("标准化办01", True, False, True, False),
    ("办公室01", True, False, True, False),
]


@pytest.mark.parametrize(("name", "sees_here", "answers_here", "sees_there", "answers_there"), SIGHT)
def test_each_role_sees_and_answers_its_own(
    name: str, sees_here: bool, answers_here: bool, sees_there: bool, answers_there: bool
) -> None:
    one = person(ROSTER, name, DAY)
    assert one is not None
    assert (sees(one, HERE), answers(one, HERE)) == (sees_here, answers_here)
    assert (sees(one, THERE), answers(one, THERE)) == (sees_there, answers_there)


@pytest.mark.parametrize("name", ["管理员", "群众"])
def test_a_name_that_stands_for_no_person_holds_nothing(name: str) -> None:
    named_so = Roster((), (Post(name, "领导小组办公室", "", "", "", "", Span()),))
    assert person(named_so, name, DAY) is None and permissions.people(named_so, DAY) == []


def test_nobody_else_is_anybody() -> None:
    for name in ("街路长03", "路人", ""):
        assert person(ROSTER, name, DAY) is None
    gone = person(ROSTER, "街路长03", date(2026, 11, 23))
    assert gone is not None and not gone.streets, "on his last day he was still in, without a street"


@pytest.mark.parametrize(
    ("photo", "streets"),
    [("before", ["新正街"]), ("after", ["新正街"]), ("patrol", ["联胜路"]), ("nobody", [])],
    ids=["before the work", "after it", "of a patrol", "named nowhere"],
)
def test_a_photo_is_of_the_places_whose_rows_name_it_and_of_no_others(photo: str, streets: list[str]) -> None:
    book = bureau().add("""
        问题台账
        填报时间 | 填报人 | 来源 | 街路 | 位置 | 类别 | 问题描述 | 照片
        2026-11-24 09:00 | 督查01 | 督查 | 新正街 | 1号 | 暴露垃圾 | 垃圾 | https://x.example/photos/before
        2026-11-24 09:00 | 督查01 | 督查 | 联胜路 | 2号 | 暴露垃圾 | 垃圾 | https://x.example/photos/other
        """)
    book.settle("2026-11-24 09:01")
    book.add("""
        整改反馈
        填报时间 | 填报人 | 编号 | 处理情况 | 整改后照片
        2026-11-24 10:00 | 街路长01 | 20261124-001 | 已整改 | https://x.example/photos/after
        2026-11-24 10:00 | 街路长02 | 20261124-002 | 已整改 | https://x.example/photos/another
        """)
    book.add("""
        履职记录
        填报时间 | 填报人 | 类型 | 街路 | 内容 | 照片
        2026-11-24 10:00 | 街路长02 | 巡查 | 联胜路 | 走了 | https://x.example/photos/patrol
        """)
    book.settle("2026-11-24 10:01")
    assert [area.street for area in shows(book.memory, photo)] == streets
