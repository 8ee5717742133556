"""The map on a page: cells, ground, borders, labels, scale bar and north arrow; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gridsvc.briefing.placing import Label, Placer
from gridsvc.briefing.scene import Box, Item, Shape, Style, Words, rectangle
from gridsvc.briefing.sheet import Sheet
from gridsvc.geo import metric_crs

INK, QUIET, RIM = "#1d2b36", "#5c6670", "#ffffff"
_NUMBER = "#3b4650"
_LAND = Style(fill="#e9edf0")
_FRAME = Style(line="#24323d", width=0.35)
_BUILDING = Style(fill="#3c3c46", opacity=0.16)
_CASING = Style(line="#ffffff", width=1.0, opacity=0.85)
_PLACE = Style(line="#24323d", width=0.55)
_PLATE = Style(fill="#ffffff", opacity=0.86)
_WATER, _ROAD, _RAIL = "#7fb2cf", "#ffffff", "#8a8f94"

#: Lines of the ground by their class: colour and width in mm; the others are not drawn.
LINES = {
    **dict.fromkeys(("river", "canal"), (_WATER, 0.9)),
    **dict.fromkeys(("stream", "water"), (_WATER, 0.45)),
    **dict.fromkeys(("motorway", "trunk"), (_ROAD, 1.3)),
    "primary": (_ROAD, 1.1),
    "secondary": (_ROAD, 0.9),
    **dict.fromkeys(("tertiary", "unclassified", "road"), (_ROAD, 0.65)),
    **dict.fromkeys(("residential", "living_street", "pedestrian"), (_ROAD, 0.4)),
    **dict.fromkeys(("rail", "light_rail", "city_wall"), (_RAIL, 0.3)),
}
#: Borders may move by this much on the page, mm.
_TOLERANCE = 0.05
#: Outlines from different sources may gape by this much, mm.
_SEAM = 1.5
#: Widest bar of the scale as a share of the map.
_BAR_SHARE = 0.24
#: Cells narrower than this get thinner borders, mm.
_ROOMY_CELL = 6.0


@dataclass(frozen=True)
class View:
    """From EPSG:4326 to the page.

    Attributes
    ----------
    crs
        Local metric projection.
    west, north
        What lies at the left upper corner of `frame`, m.
    scale
        Millimetres of the page per metre.
    frame
        The map's frame on the page.
    """

    crs: Any
    west: float
    north: float
    scale: float
    frame: Box

    def shapes(self, rows: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
        """Geometry of rows on the page."""
        metric = rows.to_crs(self.crs).geometry.to_numpy(dtype=object)
        corner = np.array([self.west, self.north])
        flip = np.array([self.scale, -self.scale])
        place = np.array([self.frame.x, self.frame.y])
        return np.asarray(
            shapely.transform(metric, lambda xy: (xy - corner) * flip + place), dtype=object
        )

    def clipped(self, rows: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
        """Geometry of rows on the page, within the frame."""
        box = self.frame
        shapes = shapely.make_valid(self.shapes(rows))
        return np.asarray(
            shapely.clip_by_rect(shapes, box.x, box.y, box.right, box.bottom), dtype=object
        )

    @property
    def bar_m(self) -> int:
        """Length the scale bar stands for: 1, 2 or 5 times a power of ten, in metres."""
        widest = max(_BAR_SHARE * self.frame.width / self.scale, 1.0)
        power = 10 ** math.floor(math.log10(widest))
        return int(power * max(step for step in (1, 2, 5) if step * power <= widest))

    @property
    def ratio(self) -> int:
        """What 1 : n the page is, to two figures."""
        exact = 1000 / self.scale
        step = 10 ** max(math.floor(math.log10(exact)) - 1, 0)
        return int(round(exact / step) * step)


def view_of(cells: gpd.GeoDataFrame, frame: Box, margin: float) -> View:
    """The view that shows all cells, with a margin in mm."""
    crs = metric_crs(cells)
    west, south, east, north = (float(value) for value in cells.to_crs(crs).total_bounds)
    inner = frame.inset(margin)
    scale = min(inner.width / max(east - west, 1.0), inner.height / max(north - south, 1.0))
    return View(
        crs=crs,
        west=(west + east) / 2 - frame.width / 2 / scale,
        north=(south + north) / 2 + frame.height / 2 / scale,
        scale=scale,
        frame=frame,
    )


def map_part(sheet: Sheet, frame: Box, text: float) -> list[Item]:
    """The map in its frame.

    Parameters
    ----------
    text
        Size of ordinary text, mm.
    """
    if sheet.empty:
        said = Words(
            frame.x + frame.width / 2, frame.y + frame.height / 2, "本区域暂无已发布的微网格",
            1.6 * text, QUIET, True, "middle", key="empty",
        )  # fmt: skip
        return [rectangle(frame, _LAND), said, rectangle(frame, _FRAME, "frame")]
    view = view_of(sheet.cells, frame, 1.6 * text)
    shapes = view.shapes(sheet.cells)
    drawn = shapely.coverage_simplify(shapely.make_valid(shapes), _TOLERANCE)
    plates, furniture = _furniture(view, shapely.union_all(shapely.envelope(shapes)), text)
    return [
        rectangle(frame, _LAND),
        *_neighbours(sheet, view),
        *_cells(sheet, drawn),
        *_ground(sheet, view, _land(sheet, view, drawn)),
        *_borders(sheet, view, drawn),
        *_labels(sheet, view, drawn, Placer(frame.inset(0.5), plates), text),
        *furniture,
        rectangle(frame, _FRAME, "frame"),
    ]


def _neighbours(sheet: Sheet, view: View) -> list[Item]:
    style = Style(fill="#dde2e6", line="#f7f9fa", width=0.35)
    return [Shape(shape, style) for shape in view.clipped(sheet.around) if not shape.is_empty]


def _cells(sheet: Sheet, drawn: npt.NDArray[np.object_]) -> list[Item]:
    """Fills alone: borders come above the ground, or every street would hide them."""
    fills = sheet.theme.fills
    nothing = Style(fill="#ffffff")
    styles = [Style(fill=fill.colour, hatch=fill.hatch) for fill in fills]
    return [
        Shape(shape, styles[level] if level >= 0 else nothing, f"cell:{code}")
        for shape, level, code in zip(drawn, sheet.levels, sheet.cells["code"], strict=True)
    ]


def _land(sheet: Sheet, view: View, drawn: npt.NDArray[np.object_]) -> shapely.Geometry:
    """What is known about, as one area: outlines of neighbours do not meet exactly."""
    known = [*drawn, *view.clipped(sheet.around)]
    return shapely.union_all(shapely.buffer(known, _SEAM)).buffer(-_SEAM)


def _ground(sheet: Sheet, view: View, land: shapely.Geometry) -> list[Item]:
    """Buildings and lines on the land that is shown: beyond it only stubs of them are known."""
    items: list[Item] = []
    if len(sheet.ground.buildings):
        houses = shapely.intersection(shapely.union_all(view.clipped(sheet.ground.buildings)), land)
        items.append(Shape(houses, _BUILDING, "buildings"))
    lines = sheet.ground.lines
    known = lines[lines["kind"].isin(LINES)]
    shapes, kinds = view.clipped(known), known["kind"].to_numpy()
    # Widest last: a lane ends at the street it meets.
    for kind in sorted(set(kinds), key=lambda kind: LINES[kind][1]):
        colour, width = LINES[kind]
        line = shapely.line_merge(shapely.MultiLineString(_lines(shapes[kinds == kind])))
        opacity = 0.65 if colour == _ROAD else 0.9
        line = shapely.intersection(line, land)
        items.append(Shape(line, Style(line=colour, width=width, opacity=opacity), f"line:{kind}"))
    return items


def _lines(shapes: npt.NDArray[np.object_]) -> list[shapely.LineString]:
    parts = shapely.get_parts(shapes[~shapely.is_empty(shapes)])
    return [part for part in shapely.get_parts(parts) if part.geom_type == "LineString"]


def _borders(sheet: Sheet, view: View, drawn: npt.NDArray[np.object_]) -> list[Item]:
    """Borders of micro-grids, thin; of grids, over a pale casing; of places, darkest."""
    across = float(np.median(np.sqrt(np.maximum(shapely.area(drawn), 0.0))))
    thin = float(np.clip(0.2 * across / _ROOMY_CELL, 0.05, 0.2))
    cells = shapely.line_merge(shapely.union_all(shapely.boundary(drawn)))
    items: list[Item] = [Shape(cells, Style(line="#6f7880", width=thin), "micro-grids")]
    grids = shapely.coverage_simplify(shapely.make_valid(view.shapes(sheet.grids)), _TOLERANCE)
    width = float(np.clip(0.5 * across / _ROOMY_CELL, 0.1, 0.5))
    if len(grids):
        border = shapely.line_merge(shapely.union_all(shapely.boundary(grids)))
        items.append(Shape(border, Style(line=RIM, width=2.2 * width, opacity=0.8)))
        items.append(Shape(border, Style(line="#24323d", width=width), "grids"))
    if not sheet.by_grid:
        places = shapely.boundary(shapely.make_valid(view.shapes(sheet.places)))
        border = shapely.union_all(places)
        items.append(Shape(border, _CASING))
        items.append(Shape(border, _PLACE, "places"))
    return items


def _labels(
    sheet: Sheet, view: View, drawn: npt.NDArray[np.object_], placer: Placer, text: float
) -> list[Item]:
    """Names of places first, then numbers where they fit into what they number.

    Those of micro-grids on a page of one community, where the grids have theirs; else of grids.
    """
    shapes = view.shapes(sheet.places)
    # Numbers of many small grids are smaller, or they would hide them.
    across = float(np.median(np.sqrt(np.maximum(shapely.area(shapes), 0.0))))
    share = float(np.clip(0.16 * across / text, 0.74, 1.15)) if sheet.by_grid else 1.15
    places = [
        Label(f"place:{code}", label, shape, 11 * text, short=label.partition(" ")[0])
        for code, label, shape in zip(
            sheet.places["code"], sheet.places["label"], shapes, strict=True
        )
    ]
    named = Words(0, 0, "", share * text, INK, True, halo=RIM)
    if sheet.by_grid:
        rows = zip(sheet.cells["code"], sheet.cells["grid_code"], drawn, strict=True)
        within = [(code, code.removeprefix(grid).lstrip("-"), shape) for code, grid, shape in rows]
    else:
        outlines = view.shapes(sheet.grids)
        within = [
            (code, code[-3:], shape)
            for code, shape in zip(sheet.grids["code"], outlines, strict=True)
        ]
    numbers = [Label(f"number:{code}", told, shape, 8 * text, True) for code, told, shape in within]
    numbered = Words(0, 0, "", min(0.72, 0.8 * share) * text, _NUMBER, halo=RIM)
    return [*placer.place(places, named), *placer.place(numbers, numbered)]


# ---- scale bar and north arrow ------------------------------------------------------------


def _furniture(view: View, land: shapely.Geometry, text: float) -> tuple[list[Box], list[Item]]:
    """Scale bar and north arrow in the two corners where least land is; the room they take."""
    bar = view.bar_m * view.scale
    wide = max(bar + 4.2 * text, 7.5 * text)
    scale_at = _corner(view.frame, wide, 3.4 * text, land, [])
    arrow_at = _corner(view.frame, 3 * text, 4.6 * text, land, [scale_at])
    return [scale_at, arrow_at], [
        *_scale_bar(view, scale_at, text),
        *_north_arrow(arrow_at, text),
    ]


def _corner(
    frame: Box, width: float, height: float, land: shapely.Geometry, taken: list[Box]
) -> Box:
    inner = frame.inset(1.2)
    lefts, tops = (inner.x, inner.right - width), (inner.bottom - height, inner.y)
    free = [
        box
        for box in (Box(x, y, width, height) for y in tops for x in lefts)
        if not any(box.shape.intersects(other.shape) for other in taken)
    ]
    return min(free, key=lambda box: box.shape.intersection(land).area)


def _length(metres: int) -> str:
    return f"{metres} 米" if metres < 1000 else f"{metres // 1000} 公里"


def _scale_bar(view: View, box: Box, text: float) -> list[Item]:
    bar, thick = view.bar_m * view.scale, 0.34 * text
    x, y = box.x + 1.2 * text, box.y + 1.75 * text
    items: list[Item] = [rectangle(box, _PLATE)]
    edge = Style(fill="#ffffff", line=INK, width=0.18)
    items.append(rectangle(Box(x, y, bar, thick), edge, "scale-bar"))
    items += [rectangle(Box(x + bar * i / 4, y, bar / 4, thick), Style(fill=INK)) for i in (0, 2)]
    size = 0.86 * text
    items.append(Words(x, y - 0.35 * text, "0", size, INK, anchor="middle"))
    end = _length(view.bar_m)
    items.append(Words(x + bar, y - 0.35 * text, end, size, INK, anchor="middle"))
    ratio = f"约 1 : {view.ratio:,}"
    items.append(Words(x, y + thick + 0.98 * size, ratio, size, QUIET, key="ratio"))
    return items


def _north_arrow(box: Box, text: float) -> list[Item]:
    x, top, foot = box.x + box.width / 2, box.y + 1.5 * text, box.bottom - 0.5 * text
    half, waist = 0.8 * text, foot - 0.7 * text
    dark = shapely.Polygon([(x, top), (x, waist), (x - half, foot)])
    pale = shapely.Polygon([(x, top), (x + half, foot), (x, waist)])
    letter = Words(x, box.y + 1.25 * text, "北", 1.05 * text, INK, True, "middle", key="north")
    return [
        rectangle(box, _PLATE),
        Shape(dark, Style(fill=INK, line=INK, width=0.15), "north-arrow"),
        Shape(pale, Style(fill="#ffffff", line=INK, width=0.15)),
        letter,
    ]
