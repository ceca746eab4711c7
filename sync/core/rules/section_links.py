"""Tables of rules.toml that lead outside: [[hook]], whose form fills which tab, [[bot]], which group hears what, and
[map], whose tiles lie beneath the streets.

None holds a secret: ``key``, ``address`` and ``secret`` are names of environment variables. All may be left out.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from sync.core.rules.sections import Table
from sync.core.rules.values import Event, Text, UnitName, When, not_empty, one_of
from sync.core.sheet.values.places import DATUMS, WGS84

JINSHUJU, JIANDAOYUN, WENJUANXING, CAOLIAO, SIGNED = "金数据", "简道云", "问卷星", "草料", "通用"
HOOK_KINDS = (JINSHUJU, JIANDAOYUN, WENJUANXING, CAOLIAO, SIGNED)
WECOM, DINGTALK, FEISHU = "企业微信", "钉钉", "飞书"
BOT_KINDS = (WECOM, DINGTALK, FEISHU)

MOST_LAYERS = 3
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,80}")
_OURS = ("JIELU_SECRET", "JIELU_SMTP", "JIELU_DATABASE")  # these have a use of their own and must not leave the house
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PATH = re.compile(r"[^\s.]+(\.[^\s.]+)*")
_TILES = re.compile(r"https?://[A-Za-z0-9.-]+(:(?P<port>[0-9]{1,5}))?/[!-~]*")
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+")


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        message = "这里写环境变量的名字（大写字母、数字、下划线），密钥和地址本身放在环境变量里"
        raise ValueError(message)  # what stands there may be the secret itself: it must not get into a message
    if value in _OURS:
        raise ValueError(f"{value} 另有用处，请另起一个名字")
    return value


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise ValueError(f"「{value}」会写进网址，只能用小写字母、数字和连字符，最多 40 个")
    return value


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError(f'「{value}」应当是字段的名字，里层的用点隔开，例如 "field_5.latitude"')
    return value


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError(f'「{value}」应当是网站的域名，不带 https:// 和路径，例如 "*.example.cn"')
    return value


def _tile_address(value: str) -> str:
    """An address of tiles: its host stands in it, what changes comes behind."""
    parts = _TILES.fullmatch(value)
    fields = re.findall(r"\{(.*?)\}", value)
    is_address = parts is not None and int(parts["port"] or 443) < 65536 and len(value) <= 500
    sound = is_address and value.count("{") == value.count("}") == len(fields)
    if not sound or sorted(set(fields) - {"key"}) != ["x", "y", "z"]:
        raise ValueError(
            "应当是 https:// 开头的地址，里面有 {z}（级）、{x}（列）、{y}（行），"
            "可以有 {key}（密钥），域名里不能有花括号"
        )
    return value


def _few(layers: tuple[str, ...]) -> tuple[str, ...]:
    if len(layers) > MOST_LAYERS:
        raise ValueError("最多三层")
    return layers


Variable = Annotated[str, AfterValidator(_variable)]
Slug = Annotated[str, AfterValidator(_slug)]
FieldPath = Annotated[str, AfterValidator(_path)]
Host = Annotated[str, AfterValidator(_host)]
TileAddress = Annotated[str, AfterValidator(_tile_address)]
Datum = Annotated[str, one_of("坐标系", DATUMS)]


class Hook(Table):
    """[[hook]] Rows that a form tool pushes. ``columns``: field of the push by header of the tab; ``constants``: what
    is the same in each row; ``values``: by header, the tool's word and ours; ``id``: the field that tells one entry
    from another, where the tool itself does not say."""

    name: Slug
    kind: Annotated[str, one_of("表单工具", HOOK_KINDS)]
    tab: Text
    key: Variable
    columns: dict[str, FieldPath]
    constants: dict[str, Text] = Field(default_factory=dict)
    values: dict[str, dict[str, Text]] = Field(default_factory=dict)
    photo_hosts: tuple[Host, ...] = ()
    id: FieldPath | None = None

    @model_validator(mode="after")
    def _each_column_once(self) -> Hook:
        if not self.columns:
            raise ValueError('columns 至少写一列，例如 columns = { "街路" = "field_1" }')
        if both := [header for header in self.columns if header in self.constants]:
            raise ValueError(f"「{both[0]}」在 columns 和 constants 里各写了一次，只能留一个")
        if strange := [header for header in self.values if header not in self.columns]:
            raise ValueError(f"values 里的「{strange[0]}」不在 columns 里")
        return self


class Map(Table):
    """[map] What the map is drawn from. ``streets``: by what the roster's 起点 and 终点 and the file of streets count;
    ``tiles``: addresses of tiles, the lowest layer first (none: a plain drawing), drawn by ``datum``; ``key``: the
    variable that fills {key}; ``credit``: whose they are; ``highest``: the last zoom that there is."""

    streets: Datum = WGS84
    tiles: Annotated[tuple[TileAddress, ...], AfterValidator(_few)] = ()
    datum: Datum = WGS84
    key: Variable | None = None
    credit: Annotated[str, Field(max_length=100)] = ""
    highest: Annotated[int, Field(ge=12, le=19)] = 18

    @model_validator(mode="after")
    def _the_key_is_named(self) -> Map:
        asked = any("{key}" in address for address in self.tiles)
        if asked and self.key is None:
            raise ValueError('tiles 里有 {key}，要用 key 写环境变量的名字，例如 key = "TIANDITU_KEY"')
        if self.key is not None and not asked:
            raise ValueError("写了 key，但 tiles 里没有 {key}")
        return self


class Bot(Table):
    """[[bot]] A group that hears of events, if ``when`` holds and the issue lies in one of the named districts,
    branches or units (none named: anywhere)."""

    name: Text
    kind: Annotated[str, one_of("群机器人", BOT_KINDS)]
    address: Variable
    secret: Variable | None = None
    events: Annotated[tuple[Event, ...], AfterValidator(not_empty)]
    when: When | None = None
    districts: tuple[Text, ...] = ()
    branches: tuple[Text, ...] = ()
    units: tuple[UnitName, ...] = ()

    @model_validator(mode="after")
    def _what_the_kind_has(self) -> Bot:
        if self.kind == WECOM and self.secret:
            raise ValueError("企业微信的群机器人没有签名，地址本身就是密码，请删去 secret")
        return self

    def hears(self, district: str, branch: str, unit: str) -> bool:
        """Whether it is told of issues that lie there."""
        named = bool(self.districts or self.branches or self.units)
        return not named or district in self.districts or branch in self.branches or unit in self.units
