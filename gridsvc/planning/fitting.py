"""Cells drawn elsewhere, fitted into the land of a draft: the way in for files.

Programs round coordinates and draw a common border twice. What that leaves is closed; what is
more than that is refused with its place, as nobody can tell what was meant.
"""

from __future__ import annotations

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gridsvc.errors import BadInput
from gridsvc.planning.arrangement import REACH_M, arrange, matched, united
from gridsvc.planning.arrays import Floats, Geometries
from gridsvc.planning.inputs import GRID_M
from gridsvc.planning.keeping import LOST_M2, refuse_misshapen

#: Gaps, overlaps and overhangs thinner than this come of rounding (six decimals: 0.1 m), m.
THIN_M = 0.3
#: How far places may be apart that are meant to be one, m; the least that serves is taken.
REACHES_M = (REACH_M, 0.1, THIN_M)


def fitted(cells: Geometries, planned: Geometries) -> Geometries:
    """Cells that cover the same land as others, made of planned ones.

    Parameters
    ----------
    cells
        Polygons of a coverage in a metric CRS: what is to be replaced.
    planned
        Polygons in the same CRS that cover the same land but for slivers below `THIN_M`.

    Returns
    -------
    numpy.ndarray
        Polygons row by row as in `planned`, a coverage; vertices within a centimetre of one of
        `cells` are that vertex, so that cells that did not change are just the same.

    Raises
    ------
    BadInput
        If a cell is invalid or in several parts, or there is a gap, an overlap or a cell outside;
        member ``place`` is a geometry in the cells' CRS.
    """
    refuse_misshapen(planned, [])
    land = shapely.coverage_union_all(cells)
    _refuse_other_land(planned, land)
    drawn = planned
    for reach_m in REACHES_M:
        drawn = _together(planned, land if reach_m > REACH_M else cells, land, reach_m)
        if _is_proper(drawn, land):
            return drawn
    parts = shapely.get_parts(land)
    lines = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(drawn))))
    made = arrange(parts, np.arange(len(parts)), lines)
    inner = shapely.point_on_surface(made.faces)
    group = shapely.STRtree(drawn).query_nearest(inner, all_matches=False)[1].astype(np.int64)
    new = united(made, group, len(drawn))
    refuse_misshapen(new, [])
    return matched(cells, new)


def _refuse_other_land(planned: Geometries, land: shapely.Geometry) -> None:
    covered = shapely.union_all(planned)
    for rest, reason in (
        (covered.difference(land), "a cell would leave the community"),
        (land.difference(covered), "{area:.1f} m2 would belong to no cell"),
        (_common(planned), "two cells would overlap"),
    ):
        parts = shapely.get_parts(rest)
        wide = parts[~shapely.is_empty(shapely.buffer(parts, -THIN_M / 2))]
        if len(wide):
            told = reason.format(area=shapely.area(wide).sum())
            place = shapely.union_all(wide).envelope
            raise BadInput(f"{told}; nothing was changed", place=place)


def _common(planned: Geometries) -> shapely.Geometry:
    one, other = shapely.STRtree(planned).query(planned, predicate="intersects")
    pairs = one < other
    return shapely.union_all(shapely.intersection(planned[one[pairs]], planned[other[pairs]]))


def _is_proper(cells: Geometries, land: shapely.Geometry) -> bool:
    whole = (shapely.get_type_id(cells) == int(shapely.GeometryType.POLYGON)).all()
    if not whole or shapely.is_empty(cells).any() or not shapely.is_valid(cells).all():
        return False
    if not shapely.coverage_is_valid(cells):
        return False
    return bool(shapely.union_all(cells).symmetric_difference(land).area <= LOST_M2)


def _together(
    planned: Geometries, kept: Geometries | shapely.Geometry, land: shapely.Geometry, reach_m: float
) -> Geometries:
    """Planned cells whose places within reach of one another are one place.

    Vertices go to those of `kept`, else onto the outline of the land, else to one another; sides
    go through the vertices they pass.
    """
    fixed = np.unique(shapely.get_coordinates(kept), axis=0)
    at = shapely.get_coordinates(planned)
    outline = land.boundary
    shapely.prepare(outline)
    close = np.flatnonzero(shapely.dwithin(outline, shapely.points(at), reach_m))
    if len(close):
        at[close] = shapely.get_coordinates(
            shapely.shortest_line(outline, shapely.points(at[close]))
        )[::2]
    apart, nearest = cKDTree(fixed).query(at)
    free = apart > reach_m
    at[~free] = fixed[nearest[~free]]
    at[free] = _gathered(at[free], reach_m)
    told = _without_flat_rings(shapely.set_coordinates(planned.copy(), at))
    told = shapely.remove_repeated_points(told)
    places = shapely.points(np.unique(np.concatenate([fixed, at]), axis=0))
    tree = shapely.STRtree(places)
    for row, cell in enumerate(told):
        near = tree.query(cell.boundary, predicate="dwithin", distance=reach_m)
        told[row] = shapely.snap(cell, shapely.MultiPoint(places[near]), reach_m)
    return np.asarray(told, dtype=object)


def _without_flat_rings(cells: Geometries) -> Geometries:
    """Cells without the holes that fell into a line or a point.

    Raises
    ------
    BadInput
        If that befell a cell as a whole.
    """
    rings, owner = shapely.get_rings(cells, return_index=True)
    flat = shapely.area(shapely.polygons(rings)) < GRID_M**2
    for row in np.unique(owner[flat]):
        own = np.flatnonzero(owner == row)
        if flat[own[0]]:
            place = cells[row].envelope
            raise BadInput("a cell would have no land left; nothing was changed", place=place)
        outline, *holes = rings[own[~flat[own]]]
        cells[row] = shapely.Polygon(outline, holes)
    return cells


def _gathered(places: Floats, reach_m: float) -> Floats:
    """Places with those within reach of an earlier one moved onto it."""
    unique, which = np.unique(places, axis=0, return_inverse=True)
    near = cKDTree(unique).query_ball_point(unique, reach_m) if len(unique) else []
    onto = np.full(len(unique), -1, dtype=np.int64)
    for k, others in enumerate(near):
        if onto[k] < 0:
            waiting = [other for other in others if onto[other] < 0]
            onto[waiting] = k
    return np.asarray(unique[onto[which.reshape(-1)]])
