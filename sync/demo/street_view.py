"""A street as a phone sees it, drawn with Pillow: sky, houses, a row of shops, pavement and road.

What differs from street to street (colours, signs, trees) follows from a seed by ``city.part``: the same seed gives the
same street in each photo of it. The hour gives the light. Lengths are pixels of ``SIZE``; the photo has half of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageColor, ImageDraw, ImageFont

from sync.demo.city import part

WIDTH, HEIGHT = SIZE = 1600, 1200
EAVES, STEP, KERB = 170, 760, 985  # y of the houses' upper edge, of the pavement's far edge, and of its near edge
SIGNS = ("便民超市", "湘味小吃", "五金建材", "水果鲜蔬", "手机维修", "童装鞋帽", "药房", "早餐米粉", "理发店",
         "文具打印")  # fmt: skip
WALLS = ("#cdbfae", "#d8d2c4", "#b9c3c6", "#d9b99b", "#c9c9bd", "#bfae9f")
BOARDS = ("#a8322a", "#1f5f8b", "#2f7d4f", "#c77f1a", "#6b3f86", "#b5485d", "#2b6777")
AWNINGS = ("#d9534f", "#3b7dbd", "#3f9b63", "#e0a030", "#8a6fb0")
LEAVES = ("#3f7d3a", "#4d8b44", "#356f45", "#5b8f3b")
DAWN, NOON, DUSK = 7.0, 12.5, 18.0

Point = tuple[float, float]


@dataclass
class Scene:
    """A street in the making. ``seed``: which street and house; ``hour``: of the day, in decimals; ``sign_font``: file
    of a Chinese font, None where the machine has none (signs then stay without words)."""

    seed: str
    hour: float
    sign_font: str | None

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", SIZE)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def pick(self, salt: str, parts: int) -> int:
        """A number from 0 to ``parts`` - 1, the same for this street each time."""
        return part(self.seed, salt, parts)

    @cached_property
    def light(self) -> float:
        """From 0.68 (before dawn, after dusk) to 1 (noon)."""
        away = abs(self.hour - NOON) / (DUSK - NOON)
        return max(0.68, 1.0 - 0.28 * away**3)

    def tint(self, color: str, factor: float = 1.0) -> tuple[int, int, int]:
        """The colour in the light of the hour; ``factor``: lighter or darker than that."""
        red, green, blue = ImageColor.getrgb(color)[:3]
        warm = min(1.0, max(0.0, abs(self.hour - NOON) / 6 - 0.5))
        shades = (red * (1 + 0.05 * warm), green, blue * (1 - 0.12 * warm))
        scaled = [min(255, max(0, round(shade * self.light * factor))) for shade in shades]
        return scaled[0], scaled[1], scaled[2]

    # Marks of the pen ------------------------------------------------------------------------------------------
    def box(self, left: float, top: float, right: float, bottom: float, color: str, factor: float = 1.0) -> None:
        self.pen.rectangle((left, top, right, bottom), self.tint(color, factor))

    def rounded(self, left: float, top: float, right: float, bottom: float, color: str, radius: int = 14) -> None:
        self.pen.rounded_rectangle((left, top, right, bottom), radius, self.tint(color))

    def oval(self, x: float, y: float, wide: float, high: float, color: str, factor: float = 1.0) -> None:
        """An oval around its middle."""
        self.pen.ellipse((x - wide, y - high, x + wide, y + high), self.tint(color, factor))

    def shape(self, points: Sequence[Point], color: str, factor: float = 1.0) -> None:
        self.pen.polygon(points, self.tint(color, factor))

    def stroke(self, points: Sequence[Point], color: str, width: int = 6, factor: float = 1.0) -> None:
        self.pen.line(points, self.tint(color, factor), width, "curve")

    def veil(self, x: float, y: float, wide: float, high: float, color: str, strength: int) -> None:
        """A see-through oval: shade, smoke, wet ground. ``strength``: 0 to 255."""
        self.pen.ellipse((x - wide, y - high, x + wide, y + high), (*self.tint(color), strength))

    def shade(self, x: float, y: float, wide: float) -> None:
        """The shadow of a thing that stands there."""
        self.veil(x + (12.5 - self.hour) * 6, y, wide, wide * 0.16 + 6, "#1a1a1a", 90)

    def write(self, x: float, y: float, text: str, size: int, color: str) -> None:
        """A text around its middle; nothing where there is no font."""
        if self.sign_font:
            font = ImageFont.truetype(self.sign_font, size)
            self.pen.text((x, y), text, self.tint(color), font, anchor="mm")


def draw_street(scene: Scene) -> None:
    """Sky, houses, shops, pavement, road, a tree."""
    _sky(scene)
    _far_houses(scene)
    _front(scene)
    _pavement(scene)
    _road(scene)


def _sky(scene: Scene) -> None:
    warm = abs(scene.hour - NOON) > 4.2
    high, low = ("#7d8fb5", "#f0c79a") if warm else ("#6fa8dc", "#dcebf5")
    column = Image.new("RGB", (1, 2))
    column.putpixel((0, 0), scene.tint(high))
    column.putpixel((0, 1), scene.tint(low))
    scene.image.paste(column.resize((WIDTH, EAVES + 160), Image.Resampling.BILINEAR))
    for n in range(3):  # clouds move with the hour
        x = (scene.pick(f"cloud{n}", WIDTH) + scene.hour * 130) % WIDTH
        for puff in range(4):
            scene.veil(x + puff * 55, 70 + 25 * (puff % 2) + 20 * n, 80, 30, "#ffffff", 120)


def _far_houses(scene: Scene) -> None:
    x = -60
    for n in range(9):
        wide, high = 150 + scene.pick(f"far{n}", 90), 40 + scene.pick(f"tall{n}", 130)
        scene.box(x, EAVES - high, x + wide, EAVES + 40, "#9fb0bb", 0.92 + 0.02 * (n % 5))
        for row in range(int(EAVES - high) + 18, EAVES, 34):
            for column in range(x + 16, x + wide - 20, 38):
                scene.box(column, row, column + 18, row + 16, "#7c909c")
        x += wide + 8


def _front(scene: Scene) -> None:
    """The wall above, and three or four shops in it."""
    wall = WALLS[scene.pick("wall", len(WALLS))]
    scene.box(0, EAVES, WIDTH, STEP, wall)
    scene.box(0, EAVES, WIDTH, EAVES + 16, wall, 0.78)
    count = 3 + scene.pick("shops", 2)
    wide = WIDTH / count
    for n in range(count):
        _storey(scene, n * wide, wide, n)
        _shop(scene, n * wide, wide, n)


def _storey(scene: Scene, left: float, wide: float, n: int) -> None:
    """The windows above a shop, with their air conditioners."""
    for at in (0.2, 0.6):
        x = left + wide * at
        scene.box(x, EAVES + 40, x + wide * 0.22, EAVES + 150, "#f2f2ee")
        scene.box(x + 8, EAVES + 48, x + wide * 0.22 - 8, EAVES + 142, "#5d7f92")
        scene.box(x + 8, EAVES + 48, x + wide * 0.11, EAVES + 142, "#6d91a5")
    if scene.pick(f"cool{n}", 2):
        x = left + wide * 0.46
        scene.rounded(x, EAVES + 96, x + 70, EAVES + 146, "#e3e3df", 6)
        scene.oval(x + 44, EAVES + 121, 19, 19, "#9a9d9d")


def _shop(scene: Scene, left: float, wide: float, n: int) -> None:
    board = BOARDS[(scene.pick("board", len(BOARDS)) + 3 * n) % len(BOARDS)]
    sign = SIGNS[(scene.pick("sign", len(SIGNS)) + 3 * n) % len(SIGNS)]
    top = EAVES + 190
    scene.box(left + 14, top, left + wide - 14, top + 92, board)
    scene.box(left + 14, top + 86, left + wide - 14, top + 92, board, 0.7)
    scene.write(left + wide / 2, top + 44, sign, 58, "#fff6dc")
    if scene.pick(f"shut{n}", 4) == 0:
        _shutter(scene, left + 34, top + 110, left + wide - 34)
    else:
        _glass(scene, left + 34, top + 110, left + wide - 34, n)
    if scene.pick(f"awning{n}", 3) == 0:
        _awning(scene, left + 20, top + 96, left + wide - 20, AWNINGS[scene.pick(f"cloth{n}", len(AWNINGS))])


def _shutter(scene: Scene, left: float, top: float, right: float) -> None:
    scene.box(left, top, right, STEP - 8, "#b9bcbd")
    for y in range(int(top), STEP - 8, 16):
        scene.box(left, y, right, y + 4, "#9ea2a4")


def _glass(scene: Scene, left: float, top: float, right: float, n: int) -> None:
    """Doors, with goods that show through the glass."""
    scene.box(left, top, right, STEP - 8, "#39434a")
    for shelf in range(3):
        y = top + 70 + shelf * 80
        for at in range(int(left) + 18, int(right) - 40, 46):
            color = AWNINGS[scene.pick(f"goods{n}{shelf}{at}", len(AWNINGS))]
            scene.box(at, y - scene.pick(f"size{n}{shelf}{at}", 26) - 18, at + 34, y, color, 0.62)
    for x in (left, (left + right) / 2 - 5, right - 10):
        scene.box(x, top, x + 10, STEP - 8, "#d5d8d8")
    scene.shape(((left + 30, STEP - 10), (left + 90, top), (left + 130, top), (left + 70, STEP - 10)), "#4c5a63")


def _awning(scene: Scene, left: float, top: float, right: float, color: str) -> None:
    steps = 8
    for n in range(steps):
        a, b = left + (right - left) * n / steps, left + (right - left) * (n + 1) / steps
        cloth = color if n % 2 else "#f4f1ea"
        scene.shape(((a + 8, top), (b - 8, top), (b, top + 62), (a, top + 62)), cloth)


def _pavement(scene: Scene) -> None:
    """Slabs that grow towards the camera, and the kerb."""
    scene.box(0, STEP, WIDTH, KERB, "#b8b1a6")
    scene.box(0, STEP - 8, WIDTH, STEP, "#8d8880")
    for n, y in enumerate((STEP, 796, 840, 894, KERB)):
        scene.stroke(((0, y), (WIDTH, y)), "#a09a90", 3)
        if n:
            before = (STEP, 796, 840, 894)[n - 1]
            for slab in range(-14, 31):
                top, bottom = 800 + (slab * 110 - 800) * before / 900, 800 + (slab * 110 - 800) * y / 900
                scene.stroke(((top, before), (bottom, y)), "#a39d93", 2)
    scene.box(0, 858, WIDTH, 878, "#c9a23c", 0.92)  # the strip for blind people
    scene.box(0, KERB, WIDTH, KERB + 22, "#9b9a97")
    scene.box(0, KERB + 22, WIDTH, KERB + 30, "#6f6f6e")


def _road(scene: Scene) -> None:
    scene.box(0, KERB + 30, WIDTH, HEIGHT, "#5c6064")
    start = scene.pick("dash", 200)
    for x in range(-start, WIDTH, 330):
        scene.shape(((x, 1150), (x + 170, 1150), (x + 160, 1166), (x - 14, 1166)), "#d9d9d2")


def draw_tree(scene: Scene, x: float, *, alive: bool = True) -> None:
    """A tree in its square of earth at the kerb."""
    scene.shape(((x - 80, KERB - 6), (x + 80, KERB - 6), (x + 66, KERB - 48), (x - 66, KERB - 48)), "#6b5138")
    scene.shape(((x - 16, KERB - 24), (x + 16, KERB - 24), (x + 9, 520), (x - 9, 520)), "#6a4f3a")
    for lean in (-150, -90, -40, 60, 110, 160):
        scene.stroke(((x, 640 - abs(lean)), (x + lean, 420 - abs(lean) / 3)), "#6a4f3a", 9)
    if alive:
        for n in range(16):
            east, north = scene.pick(f"leaf{n}", 360) - 180, scene.pick(f"bough{n}", 250)
            scene.oval(x + east, 300 + north, 96, 74, LEAVES[n % len(LEAVES)], 0.88 + 0.03 * (n % 5))


def draw_lamp(scene: Scene, x: float, *, is_lit: bool = False) -> None:
    """A street lamp at the kerb; lit, it shows at dusk."""
    scene.box(x - 8, 190, x + 8, KERB - 4, "#5c666b")
    scene.stroke(((x, 196), (x + 120, 168)), "#5c666b", 12)
    scene.rounded(x + 96, 158, x + 190, 182, "#454d52", 8)
    if is_lit:
        for wide, strength in ((330, 26), (220, 40), (120, 70)):
            scene.veil(x + 142, 182 + wide, wide, wide, "#fff2b8", strength)
        scene.oval(x + 142, 186, 46, 12, "#fffbe0", 1.8)


def draw_person(scene: Scene, x: float, y: float, coat: str, *, broom: bool = False) -> None:
    """Somebody who stands or walks there; with a broom, a street cleaner in his vest."""
    scene.shade(x, y, 56)
    for side in (-18, 18):
        scene.stroke(((x + side * 0.5, y - 120), (x + side, y)), "#2d3440", 22)
    scene.rounded(x - 40, y - 250, x + 40, y - 105, coat, 22)
    scene.oval(x, y - 285, 30, 36, "#d8a981")
    scene.pen.pieslice((x - 34, y - 326, x + 34, y - 252), 180, 360, scene.tint("#2a2522"))
    if broom:
        scene.box(x - 40, y - 190, x + 40, y - 176, "#f4f0c0", 1.3)
        scene.stroke(((x + 34, y - 220), (x + 96, y - 10)), "#9a7a4a", 9)
        scene.shape(((x + 84, y - 36), (x + 112, y - 30), (x + 140, y + 8), (x + 84, y + 8)), "#b9a04c")
