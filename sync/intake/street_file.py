"""The bureau's own file of streets, dropped into the data folder as ``map.geojson``: read anew when it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import orjson

from sync.core.people.roster import Roster
from sync.core.views.map.shapes import Shape
from sync.core.views.map.street_file import Feature, Unusable, features, file_shapes

NAME = "map.geojson"
ITEM = "地图文件"  # of 运行状态
MOST_BYTES = 5 * 1024 * 1024
MOST_PROBLEMS = 3  # told one by one


@dataclass(frozen=True)
class Streets:
    """What the file holds. ``problems``: sentences about what can't be drawn."""

    features: tuple[Feature, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass
class StreetFile:
    """The file in this data folder, whether it is there or not."""

    folder: Path
    _last: tuple[tuple[int, int], Streets] | None = field(default=None, init=False)  # as it was last read

    @property
    def is_there(self) -> bool:
        return (self.folder / NAME).exists()

    def shapes(self, roster: Roster, day: date) -> tuple[dict[str, Shape], tuple[str, ...]]:
        """The streets by the roster's names, and sentences about what is not drawn."""
        streets = self._read()
        drawn, strange = file_shapes(streets.features, roster, day)
        return drawn, (*streets.problems, *strange)

    def warning(self, roster: Roster, day: date) -> dict[str, str]:
        """What 运行状态 says of the file: a sentence by item, none where nothing is wrong."""
        _, problems = self.shapes(roster, day)
        if not problems:
            return {}
        more = f"另有 {len(problems) - MOST_PROBLEMS} 处。" if len(problems) > MOST_PROBLEMS else ""
        return {ITEM: f"{NAME}：{''.join(problems[:MOST_PROBLEMS])}{more}其余的照常画。"}

    def _read(self) -> Streets:
        """The file as it is now; nothing where there is none."""
        try:
            noted = (self.folder / NAME).stat()
            stamp = noted.st_mtime_ns, noted.st_size
            if self._last is None or self._last[0] != stamp:
                self._last = stamp, _parsed(self.folder / NAME, noted.st_size)
            return self._last[1]
        except FileNotFoundError:
            return Streets()
        except OSError as error:
            return Streets(problems=(f"读不了：{error.strerror}。",))


def _parsed(path: Path, size: int) -> Streets:
    """Raises ``OSError``."""
    if size > MOST_BYTES:
        return Streets(problems=(f"太大：{size >> 20} MB，最多 {MOST_BYTES >> 20} MB，请先简化。",))
    try:
        return Streets(*features(orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))))
    except orjson.JSONDecodeError as error:
        return Streets(problems=(f"不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 个字符附近写法不对。",))
    except Unusable as error:
        return Streets(problems=(str(error),))
