"""What inspectors photograph, drawn into a street: one function a kind of problem, and which category shows which.

A problem stands around ``x`` on the pavement. What stays when it is mended (the bin, the cover, the tree) is drawn by
``MENDED``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sync.demo.street_view import (
    AWNINGS,
    HEIGHT,
    LEAVES,
    STEP,
    WIDTH,
    Point,
    Scene,
    draw_lamp,
    draw_person,
    draw_tree,
)

Draw = Callable[[Scene, float], None]
FRUIT = ("#e2542f", "#f0b429", "#7fae3c", "#c93b4e", "#e98a2b")
TROUSERS = ((0, 0), (90, 0), (84, 190), (50, 190), (45, 70), (40, 190), (6, 190))
SHIRT = ((-22, 46), (12, 0), (78, 0), (112, 46), (84, 62), (84, 160), (6, 160), (6, 62))
HEAP = ((-480, 970), (-300, 800), (-140, 720), (30, 660), (190, 740), (340, 820), (500, 970))
FLAME = ((-1, 0), (-0.5, 0.6), (-0.1, 1), (0.3, 0.55), (0.6, 0.8), (1, 0))  # shares of its width and height
CLOTHES = ("#d9534f", "#4a78b5", "#e7e2d5", "#5aa17f", "#e3b23c", "#7b5aa6")
BAGS = ("#20242a", "#2c3138", "#e8e8e6", "#3f4a7a")


def stall(scene: Scene, x: float) -> None:
    """A barrow with fruit under an umbrella, its keeper behind it."""
    draw_person(scene, x + 190, 890, "#4a5d8a")
    scene.shade(x, 955, 300)
    scene.box(x - 6, 470, x + 6, 800, "#8b8f92")
    _umbrella(scene, x, 470)
    scene.box(x - 250, 800, x + 230, 880, "#3c6ea5")
    scene.box(x - 250, 800, x + 230, 816, "#2b527c")
    for n in range(18):
        color = FRUIT[(n // 4) % len(FRUIT)]
        scene.oval(x - 225 + 26 * n, 792 - 16 * (n % 2), 21, 21, color)
    for wheel in (-170, 150):
        scene.oval(x + wheel, 910, 48, 48, "#26282a")
        scene.oval(x + wheel, 910, 22, 22, "#a9adb0")
    scene.rounded(x - 190, 828, x - 20, 872, "#fdf3d0", 6)
    scene.write(x - 105, 850, "新鲜水果", 32, "#b3261e")


def _umbrella(scene: Scene, x: float, top: float) -> None:
    for n in range(6):
        left, right = x - 300 + n * 100, x - 200 + n * 100
        cloth = AWNINGS[scene.pick("umbrella", len(AWNINGS))] if n % 2 else "#f7f2e6"
        scene.shape(((left, top + 120), (right, top + 120), (x + (n - 2) * 14, top), (x + (n - 3) * 14, top)), cloth)


def market(scene: Scene, x: float) -> None:
    """Vegetables on cloths along the kerb, with their sellers."""
    for n, at in enumerate((x - 330, x, x + 330)):
        draw_person(scene, at - 60, 860, CLOTHES[n])
        scene.shape(((at - 130, 868), (at + 150, 868), (at + 180, 960), (at - 160, 960)), AWNINGS[n])
        for heap in range(9):
            color = (*LEAVES, *FRUIT)[(heap + 3 * n) % 9]
            scene.oval(at - 110 + heap % 5 * 55, 890 + heap // 5 * 40, 28, 20, color)


def racks(scene: Scene, x: float) -> None:
    """Shelves of goods in front of the shop."""
    for n, left in enumerate((x - 330, x - 90, x + 150)):
        scene.shade(left + 100, 905, 130)
        scene.box(left, 620, left + 200, 900, "#6d5a45")
        for shelf in range(3):
            y = 700 + shelf * 92
            scene.box(left + 8, y - 72, left + 192, y, "#2f2a26")
            scene.box(left, y, left + 200, y + 12, "#a58a66")
            for good in range(5):
                color = CLOTHES[(good + shelf + 2 * n) % len(CLOTHES)]
                scene.rounded(left + 14 + good * 36, y - 60 + 7 * (good % 3), left + 44 + good * 36, y, color, 5)


def speaker(scene: Scene, x: float) -> None:
    """A loudspeaker on a stand that calls customers in, beside a board with an offer."""
    racks(scene, x - 160)
    scene.shade(x + 330, 930, 110)
    scene.box(x + 320, 700, x + 338, 930, "#3c3f42")
    scene.rounded(x + 250, 520, x + 410, 730, "#26282b", 12)
    for y, size in ((585, 34), (665, 54)):
        scene.oval(x + 330, y, size, size, "#5c6268")
        scene.oval(x + 330, y, size * 0.5, size * 0.5, "#1b1c1e")
    for ring in (70, 110, 150):
        scene.pen.arc((x + 410 - ring, 620 - ring, x + 410 + ring, 620 + ring), -35, 35, scene.tint("#d8342a"), 10)


def boxes(scene: Scene, x: float) -> None:
    """Cartons piled in front of the door."""
    for n, (left, top, wide, high) in enumerate(
        ((-310, 690, 190, 215), (-120, 740, 170, 165), (50, 650, 210, 260), (-250, 545, 150, 145), (85, 520, 140, 130),
         (-70, 610, 130, 130), (250, 770, 140, 140))
    ):  # fmt: skip
        scene.box(x + left, top, x + left + wide, top + high, "#b98a55", 0.86 + 0.05 * (n % 4))
        scene.box(x + left + wide * 0.42, top, x + left + wide * 0.56, top + high, "#d9bd8c")
        scene.box(x + left, top + high - 6, x + left + wide, top + high, "#7d5a32")


def furniture(scene: Scene, x: float) -> None:
    """An old sofa, a wardrobe and a fridge against the wall."""
    scene.shade(x, 915, 420)
    scene.box(x + 130, 470, x + 330, 900, "#7a4f2f")
    scene.box(x + 142, 486, x + 226, 886, "#8d5e3a")
    scene.box(x + 234, 486, x + 318, 886, "#8d5e3a")
    scene.rounded(x - 60, 560, x + 105, 900, "#e4e6e6", 16)
    scene.box(x - 60, 680, x + 105, 688, "#a9adaf")
    scene.rounded(x - 430, 700, x - 90, 830, "#70506b", 30)
    scene.rounded(x - 450, 790, x - 70, 900, "#86637f", 26)
    scene.stroke(((x - 360, 800), (x - 300, 850), (x - 330, 880)), "#efe6d2", 12)


def bikes(scene: Scene, x: float) -> None:
    """Electric bikes and a cable that take up the pavement."""
    for n in range(4):
        left = x - 400 + n * 205
        color = CLOTHES[(n + scene.pick("bikes", 5)) % len(CLOTHES)]
        scene.shade(left + 85, 945, 110)
        for wheel in (20, 150):
            scene.oval(left + wheel, 905, 44, 44, "#24272a")
            scene.oval(left + wheel, 905, 22, 22, "#b3b7ba")
        scene.shape(((left + 8, 880), (left + 60, 800), (left + 150, 800), (left + 165, 870), (left + 70, 890)), color)
        scene.rounded(left + 62, 778, left + 158, 806, "#23262a", 10)
        scene.stroke(((left + 20, 885), (left - 6, 720), (left + 32, 706)), "#3a3d41", 12)
        scene.rounded(left - 30, 742, left + 18, 800, color, 12)


def bags(scene: Scene, x: float) -> None:
    """Rubbish bags and scraps in a heap."""
    scene.shade(x, 950, 330)
    for n in range(13):
        at, up = x - 260 + (n % 7) * 86, 905 - (n // 7) * 74
        wide = 62 + scene.pick(f"bag{n}", 26)
        scene.oval(at + 43 * (n // 7), up, wide, 58, BAGS[scene.pick(f"black{n}", len(BAGS))])
        scene.oval(at + 43 * (n // 7) - 16, up - 22, wide * 0.3, 14, "#5a6068")
    _scraps(scene, x, 935, 430)


def _scraps(scene: Scene, x: float, y: float, spread: float) -> None:
    """Paper, peel and bottles on the ground."""
    colors = ("#f3efe2", "#d9534f", "#6fa05a", "#e0b84a", "#8fb8d8")
    for n in range(26):
        east, south = x + (scene.pick(f"scrap{n}", 200) / 100 - 1) * spread, y + scene.pick(f"down{n}", 90) - 40
        wide = 10 + scene.pick(f"wide{n}", 20)
        scene.shape(((east, south), (east + wide, south - 8), (east + wide + 8, south + 9), (east + 4, south + 13)),
                    colors[n % 5])  # fmt: skip


def bin_full(scene: Scene, x: float) -> None:
    """Two bins whose lids stand open, bags on and beside them."""
    for left in (x - 200, x + 40):
        _bin(scene, left, is_open=True)
        for n in range(5):
            scene.oval(left + 20 + n * 34, 610 - 24 * (n % 2), 44, 42, BAGS[(n + int(left)) % len(BAGS)])
    for n, at in enumerate((-260, -30, 250, 330)):
        scene.oval(x + at, 915, 64, 52, BAGS[(n + 1) % len(BAGS)])
    _scraps(scene, x, 940, 400)


def bins(scene: Scene, x: float) -> None:
    """The bins emptied and shut, the ground swept."""
    for left in (x - 200, x + 40):
        _bin(scene, left, is_open=False)


def _bin(scene: Scene, left: float, *, is_open: bool) -> None:
    scene.shade(left + 90, 935, 120)
    scene.shape(((left, 640), (left + 180, 640), (left + 164, 925), (left + 16, 925)), "#2f7d4f")
    scene.box(left + 50, 720, left + 130, 800, "#eef4ee")
    scene.oval(left + 90, 760, 26, 26, "#2f7d4f")
    for wheel in (40, 140):
        scene.oval(left + wheel, 928, 18, 18, "#24272a")
    if is_open:
        scene.shape(((left - 6, 640), (left + 186, 640), (left + 210, 470), (left + 18, 470)), "#276a43")
    else:
        scene.rounded(left - 8, 606, left + 188, 646, "#276a43", 12)


def broken_bin(scene: Scene, x: float) -> None:
    """A litter box that lies on its side, its door off."""
    scene.shade(x, 950, 260)
    scene.shape(((x - 220, 800), (x + 130, 730), (x + 170, 890), (x - 190, 945)), "#7b868b")
    scene.shape(((x - 190, 822), (x - 40, 792), (x - 18, 884), (x - 168, 914)), "#1e2224")
    scene.shape(((x + 190, 860), (x + 330, 900), (x + 300, 960), (x + 160, 920)), "#8d999e")
    _scraps(scene, x - 120, 945, 330)


def litter_box(scene: Scene, x: float) -> None:
    """A litter box that stands as it should."""
    scene.shade(x, 945, 160)
    for left in (x - 120, x + 8):
        scene.rounded(left, 640, left + 112, 935, "#7b868b", 10)
        scene.box(left + 14, 690, left + 98, 742, "#1e2224")
        scene.box(left + 14, 790, left + 98, 900, "#4b9560" if left < x else "#4a78b5")
    scene.rounded(x - 136, 606, x + 136, 644, "#5a6469", 12)


def stains(scene: Scene, x: float) -> None:
    """Grease and mud on the slabs, peel and paper on them."""
    for n in range(12):
        east = x + (scene.pick(f"stain{n}", 200) / 100 - 1) * 520
        wide = 90 + scene.pick(f"spread{n}", 130)
        scene.veil(east, 820 + scene.pick(f"low{n}", 150), wide, wide * 0.26, "#2a1a10", 150)
    _scraps(scene, x, 880, 560)
    _scraps(scene, x + 60, 930, 480)


def puddle(scene: Scene, x: float) -> None:
    """Water that does not run off, the sky in it."""
    layers = ((640, 96, "#39454d", 200), (560, 76, "#7d9fb8", 220), (330, 34, "#cfe0ec", 190))
    for wide, high, color, strength in layers:
        scene.veil(x, 910, wide, high, color, strength)
    for n in range(5):
        scene.stroke(((x - 380 + n * 150, 880 + n * 12), (x - 290 + n * 150, 880 + n * 12)), "#eef5fa", 5)


def green_litter(scene: Scene, x: float) -> None:
    """Bags and bottles in the hedge."""
    hedge(scene, x)
    for n in range(9):
        east = x - 430 + n * 105
        scene.oval(east, 860 - 24 * (n % 3), 50, 40, BAGS[(n * 2) % len(BAGS)])
        scene.rounded(east + 34, 820 + 12 * (n % 3), east + 92, 846 + 12 * (n % 3), FRUIT[n % 5], 12)
    _scraps(scene, x, 930, 500)


def hedge(scene: Scene, x: float) -> None:
    """A hedge along the pavement."""
    for n in range(26):
        east = x - 620 + n * 50
        scene.oval(east, 850 - scene.pick(f"hedge{n}", 40), 62, 70, LEAVES[n % len(LEAVES)], 0.9 + 0.04 * (n % 4))
    scene.box(x - 640, 915, x + 660, 940, "#7d7a72")


def posters(scene: Scene, x: float) -> None:
    """Leaflets and writing on the wall."""
    _wall(scene, x)
    for n in range(16):
        left, top = x - 480 + (n % 8) * 122, 470 + (n // 8) * 168 + scene.pick(f"up{n}", 60)
        sheet = ("#f7f2e6", "#ffe27a", "#f4b8b0", "#cfe8f5")[n % 4]
        scene.shape(((left, top), (left + 92, top + 6), (left + 88, top + 130), (left - 4, top + 122)), sheet)
        scene.write(left + 44, top + 34, ("办证", "疏通", "开锁", "贷款")[(n * 3 + n // 4) % 4], 34, "#b3261e")
        for line in (66, 84, 102):
            scene.box(left + 12, top + line, left + 76, top + line + 6, "#7b746a")
    for n in range(3):
        at = x - 380 + n * 300
        points: list[Point] = [(at + step * 34, 640 + (step % 2) * 70 - n * 90) for step in range(7)]
        scene.stroke(points, ("#c02a2a", "#23408e", "#26282b")[n], 16)


def _wall(scene: Scene, x: float) -> None:
    """A blank wall before the shops."""
    scene.box(x - 560, 430, x + 580, STEP + 10, "#d6d0c3")
    scene.box(x - 560, 410, x + 580, 436, "#9d968a")
    for row in range(5):
        scene.stroke(((x - 560, 490 + row * 62), (x + 580, 490 + row * 62)), "#c5beb0", 3)


def bare_wall(scene: Scene, x: float) -> None:
    """The wall painted over."""
    _wall(scene, x)
    scene.box(x - 540, 452, x + 560, STEP - 6, "#e2ddd2")


def laundry(scene: Scene, x: float) -> None:
    """A rope between two trees, with clothes on it."""
    scene.stroke(((x - 520, 560), (x, 610), (x + 520, 560)), "#e9e4d6", 7)
    for n in range(9):
        left, top = x - 470 + n * 108, 572 + 34 * (1 - abs(n - 4) / 4)
        color = CLOTHES[(n + scene.pick("wash", 6)) % len(CLOTHES)]
        if n % 2:
            _cloth(scene, left, top, TROUSERS, color)
        else:
            _cloth(scene, left, top, SHIRT, color)


def _cloth(scene: Scene, left: float, top: float, outline: Sequence[Point], color: str) -> None:
    scene.shape([(left + x, top + y) for x, y in outline], color)


def rubble(scene: Scene, x: float) -> None:
    """A heap of earth and broken bricks at the roadside."""
    scene.shade(x, 965, 480)
    scene.shape([(x + east, y) for east, y in HEAP], "#7d6248")
    scene.shape(((x - 300, 970), (x - 120, 770), (x + 30, 700), (x + 130, 800), (x + 260, 970)), "#94775a")
    for n in range(34):
        east, up = scene.pick(f"brick{n}", 200) / 100 - 1, scene.pick(f"pile{n}", 100) / 100
        at, y = x + east * 400 * (1 - up * 0.7), 950 - up * 230 * (1 - abs(east) * 0.7)
        color = ("#a5533c", "#c9c4ba", "#8d8a84", "#5c4a3a")[n % 4]
        scene.shape(((at, y), (at + 44, y - 14), (at + 56, y + 12), (at + 8, y + 24)), color)


def sacks(scene: Scene, x: float) -> None:
    """Sacks and boards of a renovation."""
    scene.shade(x, 950, 380)
    for n, left in enumerate((-330, -190, -50)):
        at = x + left
        scene.shape(((at, 560), (at + 46, 556), (at + 190, 915), (at + 120, 920)), "#c79f6a", 0.9 + 0.06 * n)
    for n in range(7):
        at, y = x - 120 + (n % 4) * 140, 880 - (n // 4) * 96
        scene.rounded(at, y - 60, at + 136, y + 44, ("#e6e3da", "#cfd6d2")[n % 2], 26)
        scene.stroke(((at + 20, y - 56), (at + 60, y - 36), (at + 116, y - 54)), "#a8a49a", 7)


def spill(scene: Scene, x: float) -> None:
    """Earth lost along the lane."""
    for n in range(46):
        east, south = scene.pick(f"lost{n}", WIDTH), 1060 + scene.pick(f"lane{n}", 110)
        wide = 26 + scene.pick(f"lump{n}", 70)
        scene.oval(east, south, wide, wide * 0.34, ("#8a6a48", "#6e5236", "#9c7c58")[n % 3])
    rubble(scene, x + 200)


def open_hole(scene: Scene, x: float) -> None:
    """A manhole without its cover, the cover beside it."""
    scene.oval(x, 900, 190, 62, "#8d8880")
    scene.oval(x, 902, 160, 50, "#0f1112")
    scene.shape(((x - 130, 884), (x - 40, 862), (x + 20, 900), (x - 60, 930)), "#55595b")
    scene.shape(((x + 230, 930), (x + 330, 820), (x + 410, 850), (x + 330, 955)), "#4d5153")
    _cone(scene, x - 330)


def _cone(scene: Scene, x: float) -> None:
    scene.shape(((x - 60, 940), (x + 60, 940), (x + 14, 740), (x - 14, 740)), "#e2622a")
    scene.shape(((x - 38, 860), (x + 38, 860), (x + 27, 810), (x - 27, 810)), "#f6f3ea")
    scene.rounded(x - 80, 932, x + 80, 956, "#c9521f", 6)


def cover(scene: Scene, x: float) -> None:
    """A new cover that lies flush."""
    scene.oval(x, 900, 190, 62, "#a39d92")
    scene.oval(x, 900, 168, 52, "#565b5d")
    for n in range(-3, 4):
        scene.stroke(((x + n * 44 - 22, 930 - abs(n) * 5), (x + n * 44 + 22, 870 + abs(n) * 5)), "#7b8082", 7)


def broken_slabs(scene: Scene, x: float) -> None:
    """Slabs that are gone or in pieces, sand showing."""
    for n in range(5):
        left = x - 420 + n * 170
        scene.shape(((left + 30, 826), (left + 150, 826), (left + 178, 940), (left + 4, 940)), "#6d5842")
        for bit in range(4):
            at, y = left + 24 + bit * 34, 850 + (bit % 3) * 30
            scene.shape(((at, y), (at + 52, y - 16), (at + 62, y + 18), (at + 14, y + 30)), "#b8b1a6", 0.8 + 0.06 * bit)
    _cone(scene, x + 470)


def new_slabs(scene: Scene, x: float) -> None:
    """The slabs laid anew, lighter than the old ones."""
    for n in range(5):
        left = x - 420 + n * 170
        scene.shape(((left + 30, 826), (left + 186, 826), (left + 214, 940), (left + 4, 940)), "#cdc6b8")
        scene.stroke(((left + 30, 826), (left + 4, 940)), "#a39d93", 4)
    scene.stroke(((x - 430, 882), (x + 470, 882)), "#a39d93", 4)


def dark_lamp(scene: Scene, x: float) -> None:
    """A lamp that stays dark; the pavement is in the dark with it."""
    scene.pen.rectangle((0, 0, WIDTH, HEIGHT), (8, 12, 34, 120))
    draw_lamp(scene, x)


def lit_lamp(scene: Scene, x: float) -> None:
    """The lamp lit."""
    scene.pen.rectangle((0, 0, WIDTH, HEIGHT), (8, 12, 34, 70))
    draw_lamp(scene, x, is_lit=True)


def dead_tree(scene: Scene, x: float) -> None:
    draw_tree(scene, x, alive=False)


def live_tree(scene: Scene, x: float) -> None:
    draw_tree(scene, x)


def cooking_smoke(scene: Scene, x: float) -> None:
    """Smoke from a kitchen's pipe over the pavement."""
    pipe(scene, x)
    for n in range(16):
        scene.veil(x + 90 + n * 26, 560 - n * 26, 70 + n * 11, 50 + n * 8, ("#6b6b68", "#8f8f8a")[n % 2], 96)


def pipe(scene: Scene, x: float) -> None:
    """A kitchen's pipe on the wall."""
    scene.rounded(x - 60, 520, x + 90, 600, "#a7adaf", 8)
    scene.box(x - 40, 590, x + 6, STEP, "#8f9698")
    for n in range(4):
        scene.box(x - 48, 536 + n * 16, x + 80, 542 + n * 16, "#6f777a")


def fire(scene: Scene, x: float) -> None:
    """Leaves and rubbish that burn at the kerb."""
    for n in range(14):
        scene.veil(x + 40 + n * 24, 700 - n * 42, 90 + n * 13, 70 + n * 9, ("#55534f", "#7d7b76")[n % 2], 110)
    _scraps(scene, x, 945, 260)
    scene.oval(x, 945, 230, 40, "#2b211b")
    for wide, high, color in ((150, 250, "#e2531f"), (104, 190, "#f59a23"), (56, 116, "#ffe27a")):
        scene.shape([(x + east * wide, 945 - up * high) for east, up in FLAME], color, 1.5)


def ash(scene: Scene, x: float) -> None:
    """Where it burned, swept, still a little dark."""
    scene.veil(x, 945, 230, 34, "#3a332d", 70)


def banner(scene: Scene, x: float) -> None:
    """A banner that hangs torn across the pavement."""
    scene.shape(((x - 520, 520), (x + 380, 610), (x + 300, 730), (x - 500, 620)), "#b3261e")
    scene.shape(((x + 300, 730), (x + 380, 610), (x + 500, 900), (x + 440, 930)), "#98201a")
    scene.write(x - 120, 615, "开 业 大 酬 宾", 72, "#ffe9a8")


# By category of the rules: what is drawn before the work.
PROBLEMS: Mapping[str, Draw] = {
    "占道经营": stall,
    "马路市场": market,
    "店外经营": racks,
    "噪音扰民": speaker,
    "门店堆物": boxes,
    "背街堆物": furniture,
    "设施占用": bikes,
    "暴露垃圾": bags,
    "垃圾满溢": bin_full,
    "环卫设施破损": broken_bin,
    "路面脏污": stains,
    "路面积水": puddle,
    "绿地垃圾": green_litter,
    "乱张贴乱涂画": posters,
    "乱晾晒": laundry,
    "渣土乱倒": rubble,
    "建筑垃圾": sacks,
    "渣土遗撒": spill,
    "井盖缺损": open_hole,
    "路面破损": broken_slabs,
    "路灯故障": dark_lamp,
    "缺株死树": dead_tree,
    "油烟超标": cooking_smoke,
    "焚烧燃放": fire,
    "其他": banner,
}
# What stands there when it is mended; of the others nothing.
MENDED: Mapping[str, Draw] = {
    "垃圾满溢": bins,
    "环卫设施破损": litter_box,
    "绿地垃圾": hedge,
    "乱张贴乱涂画": bare_wall,
    "井盖缺损": cover,
    "路面破损": new_slabs,
    "路灯故障": lit_lamp,
    "缺株死树": live_tree,
    "油烟超标": pipe,
    "焚烧燃放": ash,
}
