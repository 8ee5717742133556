"""From an operation as it was sent to the next sketch; pure, for a thread beside the event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.drafts import schemas
from gridsvc.drafts.figures import cell_of_homes
from gridsvc.drafts.ground import Ground
from gridsvc.errors import BadInput
from gridsvc.geo import Datum, to_wgs84
from gridsvc.planning import sketch as desk
from gridsvc.planning.arrays import Floats, Geometries
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.sketch import Drawn, Sketch
from gridsvc.planning.wish import Wish
from gridsvc.progress import Progress, silent

#: Most households divided while a planner waits; more is for a task.
MOST_AT_ONCE = 3000


def operated(sketch: Sketch, ground: Ground, operation: schemas.Operation, datum: Datum) -> Sketch:
    """The sketch after an operation that is no undo or redo.

    Raises
    ------
    BadInput
        With the reason and, where there is one, ``bbox``: west, south, east, north of the place
        in degrees, EPSG:4326.
    """
    with _placed(ground):
        return _BY_KIND[operation.kind](sketch, ground, operation, datum)


def replaced(sketch: Sketch, ground: Ground, drawn: Drawn) -> Sketch:
    """The sketch with all its cells replaced by drawn ones, Polygon, EPSG:4326.

    Raises
    ------
    BadInput
        As `operated`.
    """
    with _placed(ground):
        metres = replace(drawn, cells=ground.projected(drawn.cells))
        return desk.replaced(sketch, ground.site, metres)


@contextmanager
def _placed(ground: Ground) -> Iterator[None]:
    """Refusals with their places in degrees."""
    try:
        yield
    except BadInput as refusal:
        place = refusal.members.pop("place", None)
        if place is not None and not place.is_empty:
            shape = gpd.GeoSeries([place], crs=ground.crs).to_crs(ground.area.boundary.crs)
            refusal.members["bbox"] = [round(float(value), 7) for value in shape.total_bounds]
        raise


def _metres(ground: Ground, places: Sequence[schemas.Place], datum: Datum) -> Floats:
    """Drawn places in the ground's metres."""
    degrees = [to_wgs84(lon, lat, datum) for lon, lat in places]
    projected = ground.projected(shapely.points(np.array(degrees)))
    return np.asarray(shapely.get_coordinates(projected))


def _split(sketch: Sketch, ground: Ground, asked: schemas.Split, datum: Datum) -> Sketch:
    line = _line(_metres(ground, asked.line, datum))
    return desk.split(sketch, ground.site, asked.cell, line)


def _divide(sketch: Sketch, ground: Ground, asked: schemas.Divide, _: Datum) -> Sketch:
    return divided(sketch, ground, asked.cells, Wish(cells=asked.count))


def _merge(sketch: Sketch, ground: Ground, asked: schemas.Merge, _: Datum) -> Sketch:
    return desk.merged(sketch, ground.site, asked.cells)


def _move(sketch: Sketch, ground: Ground, asked: schemas.Move, datum: Datum) -> Sketch:
    starts = _metres(ground, [one.start for one in asked.corners], datum)
    ends = [_metres(ground, [one.end], datum)[0] if one.end else None for one in asked.corners]
    return desk.moved(sketch, ground.site, list(zip(starts, ends, strict=True)))


def _redraw(sketch: Sketch, ground: Ground, asked: schemas.Redraw, datum: Datum) -> Sketch:
    one, other = asked.cells
    line = _line(_metres(ground, asked.line, datum))
    return desk.redrawn(sketch, ground.site, (one, other), line)


def _hand_over(sketch: Sketch, ground: Ground, asked: schemas.HandOver, datum: Datum) -> Sketch:
    hand = desk.with_building if asked.what == "building" else desk.with_block
    return hand(sketch, ground.site, _metres(ground, [asked.at], datum)[0], asked.to)


def _carve(sketch: Sketch, ground: Ground, asked: schemas.Carve, datum: Datum) -> Sketch:
    area = shapely.Polygon(_metres(ground, asked.ring, datum))
    return desk.carved(sketch, ground.site, area, dedicated=asked.dedicated)


def _dedicate(sketch: Sketch, _: Ground, asked: schemas.Dedicate, __: Datum) -> Sketch:
    return desk.told_dedicated(sketch, asked.cells, asked.dedicated)


def _lock(sketch: Sketch, _: Ground, asked: schemas.Lock, __: Datum) -> Sketch:
    return desk.told_locked(sketch, asked.cells, asked.locked)


_BY_KIND: dict[str, Callable[[Sketch, Ground, Any, Datum], Sketch]] = {
    "split": _split,
    "divide": _divide,
    "merge": _merge,
    "move": _move,
    "redraw": _redraw,
    "hand_over": _hand_over,
    "carve": _carve,
    "dedicate": _dedicate,
    "lock": _lock,
}


def _line(places: Floats) -> shapely.LineString:
    """A line without places that come twice in a row."""
    kept = np.r_[True, (np.diff(places, axis=0) != 0).any(axis=1)]
    if kept.sum() < 2:
        raise BadInput("the line has no length; draw it from border to border")
    return shapely.LineString(places[kept])


def divided(
    sketch: Sketch,
    ground: Ground,
    numbers: Sequence[int],
    wish: Wish,
    *,
    most: int = MOST_AT_ONCE,
    progress: Progress = silent,
) -> Sketch:
    """Cells divided anew by the planner.

    Parameters
    ----------
    wish
        How many cells there shall be, or how large they shall be.
    most
        Most households to divide.

    Raises
    ------
    BadInput
        If a cell is locked, there are too many households, or as many cells cannot be made.
    """
    rows = sketch.rows(numbers)
    if held := [int(sketch.number[row]) for row in rows if sketch.locked[row]]:
        raise BadInput(f"cell {held[0]} is locked; unlock it first, or leave it out", cells=held)
    inside = np.isin(cell_of_homes(sketch.cells, ground), rows)
    units = ground.units[inside].reset_index(drop=True)
    if int(units["households"].sum()) > most:
        raise BadInput(f"more than {most} households are too many at once; divide them as a task")
    land = shapely.get_parts(shapely.coverage_union_all(sketch.cells[rows]))
    planned = plan_cells(
        units,
        gpd.GeoDataFrame(geometry=list(land), crs=ground.crs),
        _barriers(ground, land),
        wish=wish,
        progress=progress,
    )
    cells: Geometries = planned.cells.geometry.to_numpy(dtype=object)
    if wish.cells is not None and len(cells) != wish.cells:
        raise BadInput(
            f"{wish.cells} cells cannot be made of these buildings; {len(cells)} can",
            possible=len(cells),
        )
    return desk.redivided(sketch, ground.site, numbers, cells)


def _barriers(ground: Ground, land: Geometries) -> gpd.GeoDataFrame:
    near = shapely.intersects(ground.site.barriers, shapely.union_all(land))
    return gpd.GeoDataFrame(
        {"w": ground.site.weights[near]}, geometry=ground.site.barriers[near], crs=ground.crs
    )
