"""Maps of a plan's report as integers for SVG: sheet, paths and marks.

Everything is drawn in a local metric projection on a sheet whose longer side has `SIDE` units.
Neighbours stay neighbours: cells are simplified as a coverage before they are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gridsvc.geo import metric_crs

Geometries = npt.NDArray[np.object_]

#: Units of the longer side of a map; about five to a pixel of the page.
SIDE = 4000
#: Room around the land, and below it for the scale bar.
_MARGIN, _FOOT = 60, 190
#: Borders may move by about this many units.
TOLERANCE = 2.0
#: Size of a number on the map: height of its plate, width per character and of its ends.
_PLATE_HEIGHT, _PER_CHARACTER, _PLATE_ENDS = 112, 40, 44
#: A plate may be this much wider than its cell; where cells are smaller it would hide them.
_OVERHANG = 1.6
#: Widest bar of the scale as a share of the sheet.
_BAR_SHARE = 0.22


@dataclass(frozen=True)
class Mark:
    """A number on the map; where it is not shown a dot stands for it until one looks closer."""

    x: int
    y: int
    text: str
    width: int
    shown: bool


@dataclass(frozen=True)
class Sheet:
    """From metres to the units of one map.

    Attributes
    ----------
    crs
        Local metric projection.
    west, north
        Corner of the land, m.
    scale
        Units per metre.
    width, height
        Units of the sheet, the margin and the scale bar included.
    """

    crs: Any
    west: float
    north: float
    scale: float
    width: int
    height: int

    def units(self, shapes: Geometries) -> Geometries:
        """Geometry on the sheet, y downwards."""
        corner = np.array([self.west, self.north])
        flip = np.array([self.scale, -self.scale])
        return np.asarray(
            shapely.transform(shapes, lambda xy: (xy - corner) * flip + _MARGIN), dtype=object
        )

    @property
    def bar_m(self) -> int:
        """Length the scale bar stands for: 1, 2 or 5 times a power of ten, in metres."""
        widest = max(_BAR_SHARE * self.width / self.scale, 1.0)
        power = 10 ** math.floor(math.log10(widest))
        return int(power * max(step for step in (1, 2, 5) if step * power <= widest))

    @property
    def bar(self) -> int:
        """Units of the scale bar."""
        return round(self.bar_m * self.scale)


def sheet_for(cells: gpd.GeoDataFrame) -> Sheet | None:
    """The sheet that shows all cells, or none when there is nothing to show."""
    cells = cells[~(cells.geometry.isna() | cells.geometry.is_empty)]
    if cells.empty:
        return None
    crs = metric_crs(cells)
    west, south, east, north = (float(value) for value in cells.to_crs(crs).total_bounds)
    longer = max(east - west, north - south, 1.0)
    scale = (SIDE - 2 * _MARGIN) / longer
    return Sheet(
        crs=crs,
        west=west,
        north=north,
        scale=scale,
        width=round((east - west) * scale) + 2 * _MARGIN,
        height=round((north - south) * scale) + 2 * _MARGIN + _FOOT,
    )


def outlines(cells: gpd.GeoDataFrame, sheet: Sheet) -> Geometries:
    """Cells on the sheet, simplified so that shared borders stay shared."""
    shapes = cells.to_crs(sheet.crs).geometry.to_numpy(dtype=object)
    shapes = np.where(shapely.is_missing(shapes), shapely.Polygon(), shapes)
    return np.asarray(shapely.coverage_simplify(sheet.units(shapes), TOLERANCE), dtype=object)


def paths(shapes: Iterable[shapely.Geometry]) -> list[str]:
    """The ``d`` of each polygon or line, in whole units and relative steps."""
    return [_path(shape) for shape in shapes]


def _path(shape: shapely.Geometry) -> str:
    parts: list[str] = []
    for part in shapely.get_parts(shape):
        area = part.geom_type == "Polygon"
        if not area and part.geom_type not in {"LineString", "LinearRing"}:
            continue
        for ring in shapely.get_rings(part) if area else [part]:
            parts.append(_ring(shapely.get_coordinates(ring), area))
    return "".join(parts)


def _ring(xy: npt.NDArray[np.float64], area: bool) -> str:
    whole = np.round(xy).astype(np.int64)
    steps = np.diff(whole, axis=0)
    steps = steps[steps.any(axis=1)]
    if len(steps) < (3 if area else 1):
        return ""
    if area:
        steps = steps[:-1]  # the last step closes the ring
    told = " ".join(f"{x}{y:+d}" if y < 0 else f"{x} {y}" for x, y in steps.tolist())
    return f"M{whole[0][0]} {whole[0][1]}l{told}" + ("z" if area else "")


def district_lines(shapes: Geometries, district: npt.NDArray[Any]) -> str:
    """Outline of each community, drawn over the cells; empty for a single one."""
    names = list(dict.fromkeys(district.tolist()))
    if len(names) < 2:
        return ""
    valid = shapely.make_valid(shapes)
    return "".join(
        _path(shapely.boundary(shapely.union_all(valid[district == name]))) for name in names
    )


# ---- numbers on the map -----------------------------------------------------------------


def marks(shapes: Geometries, texts: list[str], *, beside: list[Mark] | None = None) -> list[Mark]:
    """A number in the widest place of each polygon; some are not shown.

    Not shown is what would lie on another mark or hide the cells around.

    Parameters
    ----------
    shapes
        Polygons on the sheet; an empty one has its mark at the corner.
    texts
        What stands on each plate.
    beside
        Marks that are on the map already.
    """
    taken = [_box(mark) for mark in beside or [] if mark.shown]
    found = []
    for shape, text in zip(shapes, texts, strict=True):
        x, y = _widest_place(shape)
        width = round(_PER_CHARACTER * _columns(text)) + _PLATE_ENDS
        mark = Mark(x, y, text, width, shown=True)
        box = _box(mark)
        near_size = width <= _OVERHANG * math.sqrt(shape.area)
        free = near_size and not any(_collide(box, other) for other in taken)
        if free:
            taken.append(box)
        found.append(Mark(x, y, text, width, free))
    return found


def roomy(shapes: Geometries, texts: list[str]) -> npt.NDArray[np.bool_]:
    """Cells wide enough that their number needs no plate."""
    need = np.array([_PER_CHARACTER * _columns(text) for text in texts], dtype=float)
    large = shapely.area(shapes) > (2 * need) ** 2
    reach = np.zeros(len(shapes))
    reach[large] = shapely.length(shapely.maximum_inscribed_circle(shapes[large], 4.0))
    return np.asarray(reach > 0.7 * need, dtype=bool)


def _columns(text: str) -> float:
    """Width of a text in figures; Chinese takes about two."""
    return sum(1.0 if ord(character) < 0x2E80 else 1.8 for character in text)


def _widest_place(shape: shapely.Geometry) -> tuple[int, int]:
    if shape.is_empty:
        return 0, 0
    parts = shapely.get_parts(shape)
    largest = parts[int(shapely.area(parts).argmax())]
    if largest.area == 0:
        return _rounded(shapely.get_coordinates(largest)[0])
    return _rounded(shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, 4.0))[0])


def _rounded(xy: npt.NDArray[np.float64]) -> tuple[int, int]:
    return round(float(xy[0])), round(float(xy[1]))


def _box(mark: Mark) -> tuple[float, float, float, float]:
    half_x, half_y = mark.width / 2, _PLATE_HEIGHT / 2
    return mark.x - half_x, mark.y - half_y, mark.x + half_x, mark.y + half_y


def _collide(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
