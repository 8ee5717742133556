"""What is measured of cells, whoever made them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Ints = NDArray[np.int64]

#: Borders are judged at points not further apart than this, m.
STEP_M = 5.0
#: Neighbours' borders may lie this far apart: cells in a file are rounded.
TOUCH_M = 0.05
#: A border within this distance of a street's centre line is on the street, m.
ON_STREET_M = 10.0
#: Parts of a cell below this area are noise of rounding, m2.
NOISE_M2 = 1.0


@dataclass(frozen=True)
class Figures:
    """How good a set of ordinary cells is.

    Attributes
    ----------
    cells
        How many there are.
    within10, within20, mape
        Percent of the inhabited cells within 10 and 20 % of the target, and their mean absolute
        deviation from it in percent.
    in_parts
        Cells that consist of several parts.
    pp_median, pp_p10
        Median and tenth percentile of Polsby and Popper's compactness.
    streets
        Percent of the border between cells of one community that lies on streets.
    """

    cells: int
    within10: float
    within20: float
    mape: float
    in_parts: int
    pp_median: float
    pp_p10: float
    streets: float


def figures(
    cells: Geometries, households: Ints, community: Ints, streets: Geometries, target: int
) -> Figures:
    """Measure ordinary cells.

    Parameters
    ----------
    cells
        Polygon or MultiPolygon in a metric CRS.
    households, community
        Per cell.
    streets
        LineString or MultiLineString.
    target
        Households a cell should have.
    """
    off = np.abs(households[households > 0] - target) / target
    compact = 4 * np.pi * shapely.area(cells) / shapely.length(cells) ** 2
    return Figures(
        cells=len(cells),
        within10=100 * float((off <= 0.1 + 1e-9).mean()),
        within20=100 * float((off <= 0.2 + 1e-9).mean()),
        mape=100 * float(off.mean()),
        in_parts=int((parts(cells) > 1).sum()),
        pp_median=float(np.median(compact)),
        pp_p10=float(np.percentile(compact, 10)),
        streets=100 * street_share(cells, community, streets),
    )


def parts(cells: Geometries) -> Ints:
    """Number of parts of every cell, noise left out."""
    pieces, owner = shapely.get_parts(cells, return_index=True)
    return np.bincount(owner[shapely.area(pieces) > NOISE_M2], minlength=len(cells))


def street_share(cells: Geometries, community: Ints, streets: Geometries) -> float:
    """Share of the border between cells of one community that lies on streets, from 0 to 1."""
    middle, length, owner = _stretches(cells)
    points = shapely.points(middle)
    at, cell = shapely.STRtree(cells).query(points, predicate="dwithin", distance=TOUCH_M)
    shared = (cell != owner[at]) & (community[cell] == community[owner[at]])
    inner = np.zeros(len(points), dtype=bool)
    inner[at[shared]] = True
    on = np.zeros(len(points), dtype=bool)
    near = shapely.STRtree(streets).query(points, predicate="dwithin", distance=ON_STREET_M)[0]
    on[near] = True
    border = float(length[inner].sum())
    return float(length[inner & on].sum()) / border if border else 0.0


def _stretches(cells: Geometries) -> tuple[NDArray[np.float64], NDArray[np.float64], Ints]:
    """Middle, length and cell of every short straight stretch of the outlines."""
    polygons, polygon_cell = shapely.get_parts(cells, return_index=True)
    rings, ring_polygon = shapely.get_rings(polygons, return_index=True)
    lines = shapely.segmentize(rings, STEP_M)
    xy, ring = shapely.get_coordinates(lines, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    owner = polygon_cell[ring_polygon[ring[:-1][same]]]
    return (start + end) / 2, np.hypot(*(end - start).T), owner


def holder(points: Geometries, cells: Geometries) -> Ints:
    """Cell that holds each point, -1 where none does."""
    found = np.full(len(points), -1, dtype=np.int64)
    at, cell = shapely.STRtree(cells).query(points, predicate="intersects")
    found[at] = cell
    return found


def moved_pct(before: Ints, after: Ints, households: Ints) -> float:
    """Percent of the households whose cell changed.

    Cells are matched one to one, those with the most households in common first; a household has
    stayed if its old cell and its new one are matched.

    Parameters
    ----------
    before, after
        Old and new cell of every building; -1 for none, which is left out.
    households
        Per building.
    """
    held = (before >= 0) & (after >= 0) & (households > 0)
    width = int(after.max()) + 1
    pair, place = np.unique(before[held] * width + after[held], return_inverse=True)
    common = np.bincount(place, households[held])
    stayed, matched_old, matched_new = 0.0, set(), set()
    for one in np.argsort(-common, kind="stable"):
        old, new = divmod(int(pair[one]), width)
        if old not in matched_old and new not in matched_new:
            matched_old.add(old)
            matched_new.add(new)
            stayed += float(common[one])
    return 100 * (1 - stayed / max(float(households[held].sum()), 1.0))
