"""What people do at their tables. Each act takes the bureau as it stands and says in Chinese what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.simulation.model.clerk import serial
from tests.simulation.model.paper import SERVICE, STAFF, Row, Value, same
from tests.simulation.sheet import Sheet

if TYPE_CHECKING:
    from tests.simulation.plan import Action
    from tests.simulation.world import World

Act = Callable[["World", "Action"], str]
STREETS = ("新正街", "联胜路", "建设南路", "高铁站广场")
CATEGORIES = ("暴露垃圾", "路面脏污", "占道经营", "缺株死树", "渣土遗撒")
LIMITS: tuple[Value, ...] = ("2小时", "4工作时", "1工作日", "", "", "")
REPORTERS = ("督查01", "督查02", "标准化办01")
NONSENSE = ("新正接", "=1+1", "随便", "-", "昨天")
TYPED = ("位置", "类别", "严重程度", "问题描述", "照片", "经度", "指定时限", "复核意见", "街路", "执法依据")
NOTHING = "（没有可做的）"
WORDS = ("问题描述", "整改说明", "理由", "内容")  # by which a clerk calls a row


def pick(sheet: Sheet, number: int) -> int:
    """The index of some filled row; -1 where there is none."""
    filled = [index for index, _ in sheet.paper.filled()]
    return filled[number % len(filled)] if filled else -1


def name(world: World, sheet: Sheet, index: int) -> str:
    """A row as a clerk calls it."""
    row = sheet.paper.at(index)
    words = next(filter(None, (row.get(header) for header in WORDS)), "空行")
    return f"第{sheet.top + index + 1}行（{words}）"


def in_tab(sheet: Sheet, text: str) -> str:
    return text if sheet.paper.title == "问题台账" else f"{sheet.paper.title}：{text}"


# Filling
def fill(world: World, action: Action) -> str:
    number = world.next_token()
    cells: dict[str, Value] = {
        "填报时间": serial(world.now - timedelta(minutes=action.a % 4)),
        "填报人": REPORTERS[action.a % len(REPORTERS)],
        "来源": "督查" if action.b % 5 else "群众反映",
        "街路": STREETS[action.b % len(STREETS)],
        "位置": f"{number}号门前",
        "类别": CATEGORIES[action.c % len(CATEGORIES)],
        "严重程度": ("一般", "严重", "轻微")[action.c % 3],
        "问题描述": f"问题{number}",
        "指定时限": LIMITS[action.a % len(LIMITS)],
        "照片": f"照片{number}.jpg" if action.c % 2 else "",
    }
    if action.a % 3 == 0:
        cells |= {"经度": 112 + number / 1000, "自加": ""}
    return _append(world, world.issues, cells)


def _append(world: World, sheet: Sheet, cells: dict[str, Value]) -> str:
    """Into the first row below all that stands there."""
    index = world.first_free(sheet)
    placed = {sheet.paper.column(header): value for header, value in cells.items() if value != ""}
    placed.pop(-1, None)
    if not placed:
        return NOTHING
    sheet.type(index, placed)
    sheet.paper.at(index).is_new = len(placed) == sum(value != "" for value in cells.values())
    words = next(filter(None, map(cells.get, WORDS)), "")
    return in_tab(sheet, f"填第{sheet.top + index + 1}行：{words}，" + "、".join(
        f"{header} {value if not header.endswith('时间') else '此刻'}" for header, value in cells.items() if value != ""
        and header not in WORDS))  # fmt: skip


def feedback(world: World, action: Action) -> str:
    index = pick(world.issues, action.a)
    rid = world.number_seen(index) if index >= 0 else ""
    if not rid:
        return NOTHING
    number = world.next_token()
    cells: dict[str, Value] = {
        "填报时间": serial(world.now), "填报人": "街路长01", "编号": rid,
        "处理情况": ("已整改", "已整改", "已整改", "上报", "非本单位")[action.b % 5],
        "整改说明": f"说明{number}", "整改后照片": f"整改{number}.jpg" if action.c % 3 else "",
    }  # fmt: skip
    return _append(world, world.feedback, cells)


def request(world: World, action: Action) -> str:
    index = pick(world.issues, action.a)
    rid = world.number_seen(index) if index >= 0 else ""
    if not rid:
        return NOTHING
    number, kind = world.next_token(), ("延期", "挂账", "移交")[action.b % 3]
    cells: dict[str, Value] = {
        "申请时间": serial(world.now), "申请人": "街路长01", "类型": kind, "编号": rid, "理由": f"理由{number}",
        "移交单位": "市政处" if kind == "移交" else "",
        "期望时间": serial(world.now + timedelta(hours=30)) if kind != "移交" else "",
    }  # fmt: skip
    return _append(world, world.requests, cells)


def duty(world: World, action: Action) -> str:
    number, kind = world.next_token(), ("巡查", "督查", "走访", "支部例会")[action.b % 4]
    cells: dict[str, Value] = {
        "填报时间": serial(world.now) if action.a % 4 else "", "填报人": ("街路长01", "标准化办01")[action.b % 2],
        "类型": kind, "街路": STREETS[action.c % len(STREETS)] if kind != "支部例会" else "",
        "内容": f"内容{number}", "照片": f"履职{number}.jpg" if action.c % 3 else "",
    }  # fmt: skip
    return _append(world, world.duties, cells)


# Typing
def type_cell(world: World, action: Action) -> str:
    return _type(world, world.issues, action, _value(world, TYPED[action.b % len(TYPED)], action))


def _value(world: World, header: str, action: Action) -> Value:
    number = world.next_token()
    values: dict[str, Value] = {
        "类别": CATEGORIES[action.c % len(CATEGORIES)], "严重程度": ("一般", "严重", "轻微")[action.c % 3],
        "街路": STREETS[action.c % len(STREETS)], "指定时限": LIMITS[action.c % len(LIMITS)],
        "经度": 112 + number / 1000,
    }  # fmt: skip
    return values.get(header, f"{header}改{number}")


def _type(world: World, sheet: Sheet, action: Action, value: Value, header: str = "") -> str:
    index, header = pick(sheet, action.a), header or TYPED[action.b % len(TYPED)]
    place = sheet.paper.column(header)
    if index < 0 or place < 0:
        return NOTHING
    _retype(world, sheet, index, place, value)
    return in_tab(sheet, f"在{name(world, sheet, index)}的「{header}」填「{value}」" if value != ""
                  else f"清空{name(world, sheet, index)}的「{header}」")  # fmt: skip


def _retype(world: World, sheet: Sheet, index: int, place: int, value: Value) -> None:
    row, column = sheet.paper.at(index), sheet.paper.columns[place]
    seen = world.seen(sheet, index, place)
    truth, also = row.get(column.name), list(row.also.get(column.name, ()))
    sheet.type(index, {place: value})

    def undo() -> str:
        at, there = world.index_of(sheet, row), sheet.paper.column(column.name)
        if at < 0 or there < 0:
            return NOTHING
        literal = column.owner == SERVICE
        sheet.type(at, {there: seen})
        if not literal:
            row.put(column.name, truth)
            row.also[column.name] = also  # what was covered before anybody read it is no better known now
            sheet.paper.literal(at, there, seen)
        return f"撤销：{name(world, sheet, at)}的「{column.name}」又是「{seen}」"

    world.undoable.append(undo)


def type_nonsense(world: World, action: Action) -> str:
    header = ("街路", "指定时限", "填报时间", "类别")[action.b % 4]
    return _type(world, world.issues, action, NONSENSE[action.c % len(NONSENSE)], header)


def clear_cell(world: World, action: Action) -> str:
    return _type(world, world.issues, action, "", ("指定时限", "照片", "经度", "位置", "严重程度")[action.b % 5])


def retell(world: World, action: Action) -> str:
    return _type(world, world.issues, action, f"问题{world.next_token()}", "问题描述")


def verify(world: World, action: Action) -> str:
    index, paper = pick(world.issues, action.a), world.issues.paper
    cells: dict[str, Value] = {
        "复核结果": ("通过", "通过", "返工", "未整改")[action.b % 4], "复核人": "标准化办01",
        "复核时间": serial(world.now), "复核意见": f"看过{world.next_token()}", "执法依据": "案号1",
    }  # fmt: skip
    placed = {paper.column(header): value for header, value in cells.items() if paper.column(header) >= 0}
    if index < 0 or not placed:
        return NOTHING
    world.issues.type(index, placed)
    return f"在{name(world, world.issues, index)}填复核结果「{cells['复核结果']}」和复核人、时间、意见、执法依据"


def answer_request(world: World, action: Action) -> str:
    index, paper = pick(world.requests, action.a), world.requests.paper
    cells: dict[str, Value] = {
        "批复": ("同意", "不同意")[action.b % 2], "批复人": ("标准化办01", "指挥长02", "指挥长03")[action.c % 3],
        "批复时间": serial(world.now) if action.c % 2 else "",
    }  # fmt: skip
    placed = {paper.column(header): value for header, value in cells.items() if paper.column(header) >= 0}
    if index < 0 or not placed:
        return NOTHING
    world.requests.type(index, placed)
    return in_tab(world.requests, f"在{name(world, world.requests, index)}填批复「{cells['批复']}」，"
                  f"批复人 {cells['批复人']}，批复时间{'此刻' if cells['批复时间'] else '不填'}")  # fmt: skip


def type_duty(world: World, action: Action) -> str:
    header = ("内容", "照片", "街路", "填报时间")[action.b % 4]
    value = STREETS[action.c % len(STREETS)] if header == "街路" else f"补{world.next_token()}"
    return _type(world, world.duties, action, "" if header == "填报时间" else value, header)


def type_feedback(world: World, action: Action) -> str:
    return _type(world, world.feedback, action, f"补{world.next_token()}.jpg", "整改后照片")


def type_service(world: World, action: Action) -> str:
    paper = world.issues.paper
    names = [c.name for c in paper.columns if c.owner == SERVICE and c.name != "编号"]
    if not names:
        return NOTHING
    return _type(world, world.issues, action, ("乱", "", 7, "已销号")[action.c % 4], names[action.b % len(names)])


def type_own(world: World, action: Action) -> str:
    paper = world.issues.paper
    own = [column.name for column in paper.columns if column.name.startswith("自加列")]
    if not own:
        return NOTHING
    return _type(world, world.issues, action, f"自填{world.next_token()}", own[action.b % len(own)])


# Numbers
def paste_ids(world: World, action: Action) -> str:
    """Numbers of other rows, or anything, over some ids from the top."""
    sheet, place = world.issues, world.issues.paper.column("编号")
    if place < 0:
        return NOTHING
    count, source = 1 + action.a % 3, pick(sheet, action.b)
    value: Value = world.seen(sheet, source, place) if source >= 0 and action.c % 2 else f"贴{action.c % 9}"
    for index, row in list(sheet.paper.filled())[:count]:
        _retype(world, sheet, index, place, value)
        assert row is sheet.paper.at(index)
    return f"把「{value}」贴到前{count}行的编号上"


def clear_ids(world: World, action: Action) -> str:
    return _type(world, world.issues, action, "", "编号")


def swap_ids(world: World, action: Action) -> str:
    sheet, place = world.issues, world.issues.paper.column("编号")
    first, second = pick(sheet, action.a), pick(sheet, action.b)
    if place < 0 or first < 0 or first == second:
        return NOTHING
    mine, other = world.seen(sheet, first, place), world.seen(sheet, second, place)
    _retype(world, sheet, first, place, other)
    _retype(world, sheet, second, place, mine)
    return f"对调{name(world, sheet, first)}和{name(world, sheet, second)}的编号"


# Rows
def sort(world: World, action: Action) -> str:
    return _sort(world.issues, action, ("问题描述", "填报时间", "街路", "指定时限", "状态", "截止时间", "编号", "照片"))


def sort_feedback(world: World, action: Action) -> str:
    return _sort(world.feedback, action, ("整改说明", "编号", "填报时间"))


def sort_duties(world: World, action: Action) -> str:
    return _sort(world.duties, action, ("内容", "街路", "填报时间", "类型"))


def _sort(sheet: Sheet, action: Action, headers: tuple[str, ...], first: int = 0, last: int | None = None) -> str:
    header, down = headers[action.a % len(headers)], bool(action.b % 2)
    place = sheet.paper.column(header)
    if place < 0:
        return NOTHING
    sheet.sort(place, down=down, first=first, last=last)
    rows = "" if last is None else f"第{sheet.top + first + 1}到{sheet.top + last}行"
    return in_tab(sheet, f"{rows}按「{header}」{'降序' if down else '升序'}排序")


def sort_part(world: World, action: Action) -> str:
    most = world.first_free(world.issues)
    if most < 2:
        return NOTHING
    first = action.b % (most - 1)
    return _sort(world.issues, action, ("问题描述", "街路", "指定时限", "截止时间"), first, first + 2 + action.c % 3)


def filter_sort(world: World, action: Action) -> str:
    header = ("街路", "问题描述", "类别")[action.a % 3]
    place = world.issues.paper.column(header)
    if place < 0:
        return NOTHING
    world.issues.filter_sort(place, down=bool(action.b % 2))
    return f"用筛选按「{header}」{'降序' if action.b % 2 else '升序'}排序"


def insert_row(world: World, action: Action) -> str:
    index = action.a % (world.first_free(world.issues) + 1) if action.b % 2 else 0
    world.issues.insert_row(index)
    words = f"在第{world.issues.top + index + 1}行插入一行"
    if action.c % 3:
        return f"{words}空行"
    number = world.next_token()
    cells: dict[str, Value] = {
        "填报人": "督查01", "来源": "督查", "街路": STREETS[action.c % 4], "位置": f"{number}号门前",
        "类别": "暴露垃圾", "问题描述": f"问题{number}",
    }  # fmt: skip
    placed = {world.issues.paper.column(header): value for header, value in cells.items()}
    placed.pop(-1, None)
    world.issues.type(index, placed)
    return f"{words}并填上问题{number}"


def delete_row(world: World, action: Action) -> str:
    return _delete(world, world.issues, action)


def copy_back(world: World, action: Action) -> str:
    """A row of 整改反馈, 申请审批 or 履职记录 is copied from the tab of its year to the end of its own."""
    archives = [archive for archive in world.archives.values() if archive.paper is not world.issues.paper]
    rows = [(archive, at, row) for archive in archives for at, row in enumerate(archive.rows) if not row.is_blank]
    if not rows:
        return NOTHING
    archive, at, row = rows[action.a % len(rows)]
    sheet = next(sheet for sheet in world.sheets if sheet.paper is archive.paper)
    header, stands = (world.book.values(archive.title)[number] for number in (0, at + 1))
    names = set(sheet.paper.staff(row))
    cells = {str(name): value for name, value in zip(header, stands, strict=False) if name in names}
    index = world.first_free(sheet)
    sheet.type(index, {sheet.paper.column(name): value for name, value in cells.items()})
    return in_tab(
        sheet, f"从「{archive.title}」把{cells.get('编号') or cells.get('内容')}的一行复制回第{sheet.top + index + 1}行"
    )


def delete_feedback(world: World, action: Action) -> str:
    return _delete(world, world.feedback, action)


def delete_duty(world: World, action: Action) -> str:
    return _delete(world, world.duties, action)


def _delete(world: World, sheet: Sheet, action: Action) -> str:
    index = pick(sheet, action.a)
    if index < 0:
        return NOTHING
    words, seen, columns = name(world, sheet, index), world.seen_row(sheet, index), list(sheet.paper.columns)
    row = sheet.delete_row(index)
    world.deleted(sheet, row, seen)

    def undo() -> str:
        if world.index_of(sheet, row) >= 0:
            return NOTHING
        at = min(index, world.first_free(sheet))
        sheet.insert_row(at)
        sheet.put(at, seen, row, columns)
        world.back(row)
        return f"撤销删除：{name(world, sheet, at)}回来了"

    world.undoable.append(undo)
    return in_tab(sheet, f"删除{words}")


def cut(world: World, action: Action) -> str:
    """A whole row, to be pasted later; the rows below move up."""
    sheet, index = world.issues, pick(world.issues, action.a)
    if index < 0:
        return NOTHING
    words, seen, columns = name(world, sheet, index), world.seen_row(sheet, index), list(sheet.paper.columns)
    row = sheet.delete_row(index)
    world.clipboard.append((seen, row, columns))
    return f"剪切{words}，行删掉"


def cut_in_place(world: World, action: Action) -> str:
    """The cells of a row; an empty row stays."""
    sheet, index = world.issues, pick(world.issues, action.a)
    if index < 0:
        return NOTHING
    words, seen, columns = name(world, sheet, index), world.seen_row(sheet, index), list(sheet.paper.columns)
    row = sheet.paper.at(index)
    sheet.put(index, [], Row(), columns)
    world.clipboard.append((seen, row, columns))
    return f"剪切{words}的内容，留下空行"


def paste(world: World, action: Action) -> str:
    """What was cut, into a row of its own."""
    if not world.clipboard:
        return NOTHING
    seen, row, columns = world.clipboard.pop(action.a % len(world.clipboard))
    sheet = world.issues
    if action.b % 2:
        index = action.c % (world.first_free(sheet) + 1)
        sheet.insert_row(index)
    else:
        index = world.first_free(sheet)
    sheet.put(index, seen, row, columns)
    return f"把剪切的行贴到第{sheet.top + index + 1}行（{row.get('问题描述')}）"


def copy_row(world: World, action: Action) -> str:
    sheet, index = world.issues, pick(world.issues, action.a)
    if index < 0:
        return NOTHING
    seen, row = world.seen_row(sheet, index), sheet.paper.at(index)
    twin = row.twin()
    target = world.first_free(sheet) if action.b % 2 else index + 1
    if target == index + 1:
        sheet.insert_row(target)
    sheet.put(target, seen, twin, list(sheet.paper.columns))
    return f"把{name(world, sheet, index)}整行复制到第{sheet.top + target + 1}行"


def undo(world: World, action: Action) -> str:
    if not world.undoable:
        return NOTHING
    return world.undoable.pop()()


# Columns
def _tab(world: World, action: Action) -> Sheet:
    return (world.issues, world.issues, world.issues, world.feedback, world.duties)[action.b % 5]


def rename_header(world: World, action: Action) -> str:
    sheet = _tab(world, action)
    place = action.a % len(sheet.paper.columns)
    old = sheet.paper.columns[place].header
    if not old:
        return NOTHING
    header = f"{old}（新）" if action.c % 2 else "备忘"
    sheet.rename(place, header)
    return in_tab(sheet, f"把表头「{old}」改成「{header}」")


def headers_right(world: World, action: Action) -> str:
    """All headers as they should be, and nothing above them."""
    parts = []
    for sheet in world.sheets:
        while sheet.paper.lines_above:
            sheet.no_line_above()
            parts.append(f"{sheet.paper.title}表头上面的行删掉")
        names = {column.name for column in sheet.paper.columns if column.owner in (STAFF, SERVICE)}
        for place, column in enumerate(sheet.paper.columns):
            own = column.owner not in (STAFF, SERVICE)
            right = (f"{column.name}" if column.header in names else column.header) if own else column.name
            if column.header != right:
                parts.append(f"{sheet.paper.title}「{column.header}」改回「{right}」")
                sheet.rename(place, right)
    return "表头改回原样：" + "，".join(parts) if parts else NOTHING


def insert_column(world: World, action: Action) -> str:
    sheet = _tab(world, action)
    place = action.a % (len(sheet.paper.columns) + 1)
    header = f"自加{world.next_token()}" if action.c % 2 else ""
    sheet.insert_column(place, header)
    return in_tab(sheet, f"在第{place + 1}列插入{'列「' + header + '」' if header else '空列'}{_before(sheet, place)}")


def _before(sheet: Sheet, place: int) -> str:
    beside = sheet.paper.columns[place + 1 : place + 2]
    return f"（在「{beside[0].header}」前面）" if beside else ""


def insert_full_column(world: World, action: Action) -> str:
    """A column of the bureau's own, with something in each row."""
    sheet = world.issues
    place = action.a % (len(sheet.paper.columns) + 1)
    sheet.insert_column(place, f"自加{world.next_token()}")
    for index, _ in list(sheet.paper.filled()):
        sheet.type(index, {place: f"自填{world.next_token()}"})
    return f"在第{place + 1}列插入一列自己的内容，每行都填{_before(sheet, place)}"


def move_column(world: World, action: Action) -> str:
    sheet = _tab(world, action)
    width = len(sheet.paper.columns)
    place, target = action.a % width, action.c % width
    header = sheet.paper.columns[place].header
    if place == target:
        return NOTHING
    sheet.move_column(place, target)
    return in_tab(sheet, f"把「{header}」列移到第{target + 1}列{_before(sheet, target)}")


def delete_own_column(world: World, action: Action) -> str:
    """A column of the bureau's own, with what it holds."""
    sheet = _tab(world, action)
    own = [place for place, column in enumerate(sheet.paper.columns) if column.name.startswith("自加列")]
    if not own:
        return NOTHING
    place = own[action.a % len(own)]
    column = sheet.delete_column(place)
    for row in sheet.paper.rows:
        row.put(column.name, "")
    return in_tab(sheet, f"删除第{place + 1}列「{column.header}」")


def cut_column(world: World, action: Action) -> str:
    """A column of the template taken out and put in elsewhere, as cut and paste does: deleted, inserted, filled."""
    sheet = world.issues
    place = action.a % len(sheet.paper.columns)
    column = sheet.paper.columns[place]
    if column.owner != STAFF or world.seen_header(sheet, place) != column.header:
        return NOTHING
    seen = [row[place] if place < len(row) else "" for row in sheet.values()]
    sheet.delete_column(place)
    target = action.c % (len(sheet.paper.columns) + 1)
    sheet.insert_column(target, column.header)
    sheet.paper.columns[target] = column
    for index, value in enumerate(seen):
        if value != "":
            sheet.type(index, {target: value}, is_pasted=True)
        if not same(sheet.paper.at(index).get(column.name), value):
            sheet.paper.literal(index, target, value)
    return f"把「{column.header}」整列剪切，贴到第{target + 1}列{_before(sheet, target)}"


def double_header(world: World, action: Action) -> str:
    """A new column that bears a name which stands there already."""
    sheet = world.issues
    place = action.a % (len(sheet.paper.columns) + 1)
    header = sheet.paper.columns[action.c % len(sheet.paper.columns)].header
    sheet.insert_column(place, header)
    return f"在第{place + 1}列插入一列，表头也叫「{header}」"


def line_above_header(world: World, action: Action) -> str:
    sheet = _tab(world, action)
    if sheet.paper.lines_above:
        return NOTHING
    sheet.line_above()
    return in_tab(sheet, "在表头上面插入一行")


ACTS: dict[str, Act] = {
    "fill": fill, "feedback": feedback, "request": request, "duty": duty, "type duty": type_duty,
    "sort duties": sort_duties, "delete duty": delete_duty, "type": type_cell, "type nonsense": type_nonsense,
    "clear cell": clear_cell, "retell": retell, "verify": verify, "answer request": answer_request,
    "type feedback": type_feedback, "type service": type_service, "type own": type_own, "paste ids": paste_ids,
    "clear ids": clear_ids, "swap ids": swap_ids, "sort": sort, "sort feedback": sort_feedback,
    "sort part": sort_part, "filter sort": filter_sort, "insert row": insert_row, "delete row": delete_row,
    "delete feedback": delete_feedback, "copy back": copy_back, "cut": cut, "cut in place": cut_in_place,
    "paste": paste, "copy row": copy_row, "undo": undo, "rename header": rename_header, "headers right": headers_right,
    "insert column": insert_column, "insert full column": insert_full_column, "move column": move_column,
    "delete own column": delete_own_column, "cut column": cut_column, "double header": double_header,
    "line above header": line_above_header,
}  # fmt: skip
