"""Formats and validations painted over large ranges: kept once, not in every cell.

A cell that carries its own format or validation goes before the layers; a later layer goes before an earlier one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sync.workbook.schema.a1 import Box
from sync.workbook.schema.errors import Json
from sync.workbook.schema.masks import Paths, assign

Layer = dict[str, Any]  # range: [top, bottom, left, right]; paths and value (a format), or value (a validation rule)

_NOTHING: Json = {}


class Layers:
    """The layers of one sheet, over its stored list."""

    def __init__(self, stored: list[Layer]) -> None:
        self.stored = stored

    def format_at(self, row: int, column: int) -> Json:
        """The format that the layers give to a cell."""
        result: Json = {}
        for layer in self.stored:
            top, bottom, left, right = layer["range"]
            if left <= column < right and top <= row < bottom and layer["kind"] == "format":
                for path in layer["paths"]:
                    assign(result, layer["value"], path)
        return result

    def view(self) -> Callable[[int, int], Json]:
        """`format_at` for many cells while nothing is painted: each combination of layers is folded once."""
        known: dict[tuple[int, ...], Json] = {}
        columns: dict[int, list[tuple[int, int, int]]] = {}

        def at(row: int, column: int) -> Json:
            over = columns.get(column)
            if over is None:
                over = columns[column] = self._over(column)
            if not over:
                return _NOTHING
            key = tuple([n for n, top, bottom in over if top <= row < bottom])
            if key not in known:
                known[key] = self.format_at(row, column)
            return known[key]

        return at

    def _over(self, column: int) -> list[tuple[int, int, int]]:
        ranges = [(n, layer["range"]) for n, layer in enumerate(self.stored) if layer["kind"] == "format"]
        return [(n, r[0], r[1]) for n, r in ranges if r[2] <= column < r[3]]

    def validation_at(self, row: int, column: int) -> Json | None:
        """The validation rule that the layers give to a cell."""
        for layer in reversed(self.stored):
            top, bottom, left, right = layer["range"]
            if left <= column < right and top <= row < bottom and layer["kind"] == "validation":
                rule: Json | None = layer["value"]
                return rule
        return None

    def paint_format(self, box: Box, value: Json, paths: Paths) -> None:
        """Lays the masked part of a format over a range."""
        self._lay({"kind": "format", "range": list(box), "paths": [list(p) for p in paths], "value": value})

    def paint_validation(self, box: Box, rule: Json | None) -> None:
        """Lays a validation rule, or its absence, over a range."""
        self._lay({"kind": "validation", "range": list(box), "value": rule})

    def _lay(self, layer: Layer) -> None:
        box, kind, paths = Box(*layer["range"]), layer["kind"], layer.get("paths", [])
        self.stored[:] = [
            old
            for old in self.stored
            if old["kind"] != kind
            or not box.covers(Box(*old["range"]))
            or any(path not in paths for path in old.get("paths", ()))
        ]
        self.stored.append(layer)

    def columns(self, box: Box, kind: str) -> list[int]:
        """The columns of a rectangle over which a layer of that kind lies."""
        touched: set[int] = set()
        for layer in self.stored:
            where = Box(*layer["range"])
            if layer["kind"] == kind and where.meets(box):
                touched.update(range(max(where.left, box.left), min(where.right, box.right)))
        return sorted(touched)

    def uneven(self, box: Box) -> bool:
        """Whether a layer lies over some rows of the rectangle and not over others."""
        return any(
            Box(*layer["range"]).meets(box) and (layer["range"][0] > box.top or layer["range"][1] < box.bottom)
            for layer in self.stored
        )
