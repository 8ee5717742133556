"""What makes a cell plan proper: one small function per rule, each naming the cells that break it.

The same functions guard the planner's own result, publication in the database, and the tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints
from gridsvc.planning.inputs import clean_areas, disjoint, whole_footprints
from gridsvc.planning.land import SITE_IOU, SPILL_SHARE

#: Largest gap, overlap and overhang, as a share of the boundary's area.
COVERAGE_TOLERANCE = 1e-5
#: Largest share of a building that may lie in other cells than its own.
CUT_TOLERANCE = 0.02
#: A part or hole of a cell below this area is rounding.
NOISE_M2 = 1.0
#: A dedicated cell matches its site from this overlap (intersection over union) on.
SITE_OVERLAP = 0.95


@dataclass(frozen=True)
class Problem:
    """A rule broken.

    Attributes
    ----------
    check
        Name of the rule, a key of `CHECKS`.
    cells
        Rows of the cells concerned; empty when no single cell is.
    detail
        One sentence.
    """

    check: str
    cells: list[int]
    detail: str


@dataclass(frozen=True)
class Layers:
    """Geometry arrays of a plan and of what it was made from, in one metric CRS."""

    cells: Geometries
    dedicated: Bools
    households: Ints
    buildings: Geometries
    building_households: Ints
    communities: Geometries
    sites: Geometries


def problems(
    cells: gpd.GeoDataFrame,
    *,
    buildings: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    special: gpd.GeoDataFrame | None = None,
) -> list[Problem]:
    """Every rule a cell plan breaks.

    Parameters
    ----------
    cells
        Polygon; columns ``households``, ``kind`` ('ordinary' or 'dedicated').
    buildings
        Polygon; column ``households``.
    boundary
        Polygon or MultiPolygon, one row per community.
    special
        Polygon, one row per site that must be a dedicated cell.

    Returns
    -------
    list of Problem
        Empty for a proper plan. All layers must be in one metric CRS.
    """
    ignored: Counter[str] = Counter()
    layers = Layers(
        cells=cells.geometry.to_numpy(dtype=object),
        dedicated=(cells["kind"] == "dedicated").to_numpy(dtype=bool),
        households=cells["households"].to_numpy(dtype=np.int64),
        buildings=whole_footprints(buildings, ignored),
        building_households=buildings["households"].to_numpy(dtype=np.int64),
        communities=disjoint(clean_areas(boundary, "boundary", ignored), "communities", ignored),
        sites=np.array([], dtype=object)
        if special is None
        else clean_areas(special, "special sites", ignored),
    )
    return [problem for check in CHECKS.values() for problem in check(layers)]


def covers_boundary(layers: Layers) -> list[Problem]:
    """The cells cover the boundary and nothing else."""
    land = shapely.union_all(layers.communities)
    covered = shapely.union_all(layers.cells)
    found = []
    for name, rest in (("gap", land.difference(covered)), ("outside", covered.difference(land))):
        share = rest.area / land.area
        if share > COVERAGE_TOLERANCE:
            near = np.flatnonzero(shapely.intersects(layers.cells, rest))
            detail = f"{rest.area:.2f} m2 ({share:.1e} of the boundary) {name}"
            found.append(Problem("covers_boundary", near.tolist(), detail))
    return found


def no_overlap(layers: Layers) -> list[Problem]:
    """No two cells share land."""
    a, b, common = _common(layers.cells, layers.cells)
    a, b, common = a[a < b], b[a < b], common[a < b]
    area = float(common.sum())
    if area <= COVERAGE_TOLERANCE * float(shapely.area(layers.communities).sum()):
        return []
    rows = np.unique(np.r_[a[common > 0], b[common > 0]]).tolist()
    return [Problem("no_overlap", rows, f"cells overlap by {area:.2f} m2")]


def one_polygon_each(layers: Layers) -> list[Problem]:
    """Every cell is one valid polygon."""
    polygon = shapely.get_type_id(layers.cells) == int(shapely.GeometryType.POLYGON)
    parts, row = shapely.get_parts(layers.cells, return_index=True)
    count = np.bincount(row, shapely.area(parts) > NOISE_M2, len(layers.cells))
    bad = np.flatnonzero((~polygon & (count != 1)) | ~shapely.is_valid(layers.cells))
    return _each("one_polygon_each", bad, "is not one valid polygon")


def no_enclosed_cell(layers: Layers) -> list[Problem]:
    """No hole of an ordinary cell is filled by an ordinary cell of the same community."""
    rings, row = shapely.get_rings(layers.cells, return_index=True)
    exterior = np.r_[True, row[1:] != row[:-1]][: len(row)]
    holes, row = shapely.polygons(rings[~exterior]), row[~exterior]
    inner = shapely.point_on_surface(layers.cells)
    hole, inside = shapely.STRtree(inner).query(holes, predicate="contains")
    around = row[hole]
    home = _community(layers)
    bad = ~layers.dedicated[inside] & ~layers.dedicated[around] & (home[inside] == home[around])
    bad &= shapely.area(holes)[hole] > NOISE_M2
    touch = shapely.relate_pattern(layers.cells[inside], layers.cells[around], "****1****")
    return _each("no_enclosed_cell", np.unique(around[bad & touch]), "encloses another cell")


def inside_one_community(layers: Layers) -> list[Problem]:
    """No cell crosses from one community into another."""
    cell, _, common = _common(layers.cells, layers.communities)
    area, largest = shapely.area(layers.cells), np.zeros(len(layers.cells))
    np.maximum.at(largest, cell, common)
    total = np.bincount(cell, common, len(area))
    strays = np.minimum(total, area) - largest > np.maximum(NOISE_M2, 1e-4 * area)
    return _each("inside_one_community", np.flatnonzero(strays), "crosses a community's border")


def no_building_cut(layers: Layers) -> list[Problem]:
    """No building on the ordinary land of one community lies in two of its cells.

    A building that the border of a community or site divides is cut whatever the cells are.
    """
    cell, building, common = _common(layers.cells, layers.buildings)
    share = common / np.maximum(shapely.area(layers.buildings)[building], 1e-9)
    free = ~layers.dedicated[cell]
    cell, building, share = cell[free], building[free], share[free]
    home = _community(layers)[cell]
    key = building * (len(layers.communities) + 1) + home + 1
    _, group = np.unique(key, return_inverse=True)
    total, largest = np.bincount(group, share), np.zeros(len(share) and int(group.max()) + 1)
    np.maximum.at(largest, group, share)
    cut = (total - largest > CUT_TOLERANCE) & (total > 1 - SPILL_SHARE)
    bad = cut[group] & (share > CUT_TOLERANCE / 2)
    return _each("no_building_cut", np.unique(cell[bad]), "cuts a building")


def sites_are_cells(layers: Layers) -> list[Problem]:
    """Every special site that one community and the sites before it leave whole is a cell."""
    return [
        Problem("sites_are_cells", [], f"special site in row {row + 1} is no cell of its own")
        for row in lost_sites(layers)
    ]


def lost_sites(layers: Layers) -> list[int]:
    """Rows of the special sites that should be cells of their own and are not."""
    sites = layers.sites
    cell, site, common = _common(layers.cells, sites)
    area = shapely.area(layers.cells)[cell] + shapely.area(sites)[site] - common
    overlap = np.zeros(len(sites))
    np.maximum.at(overlap, site, np.where(layers.dedicated[cell], common / area, 0))
    free = shapely.area(_available(layers)) >= SITE_IOU * shapely.area(sites)
    lost = np.flatnonzero((overlap < SITE_OVERLAP) & free & (shapely.area(sites) > NOISE_M2))
    return [int(row) for row in lost]


def _available(layers: Layers) -> Geometries:
    """The largest polygon each site has in one community once earlier sites took theirs."""
    parts = shapely.get_parts(layers.communities)
    tree, rest = shapely.STRtree(parts), np.full(len(layers.sites), shapely.Polygon())
    for row, site in enumerate(layers.sites):
        taken = shapely.union_all(rest[:row][shapely.intersects(rest[:row], site)])
        inside = shapely.intersection(parts[tree.query(site)], shapely.difference(site, taken))
        pieces = shapely.get_parts(shapely.get_parts(inside))
        if len(pieces):
            rest[row] = pieces[int(shapely.area(pieces).argmax())]
    return rest


def households_conserved(layers: Layers) -> list[Problem]:
    """The cells hold the households of the buildings inside the boundary, each once."""
    _, building, common = _common(layers.cells, layers.buildings)
    total = np.bincount(building, common, len(layers.buildings))
    inside = total >= 0.5 * np.maximum(shapely.area(layers.buildings), 1e-9)
    expected = int(layers.building_households[inside].sum())
    held = int(layers.households.sum())
    if held == expected:
        return []
    detail = f"the cells hold {held} households, the buildings inside them {expected}"
    return [Problem("households_conserved", [], detail)]


def _common(left: Geometries, right: Geometries) -> tuple[Ints, Ints, Floats]:
    """Rows of `left` and `right` that intersect and the area they share."""
    b, a = shapely.STRtree(left).query(right, predicate="intersects")
    common = shapely.area(right)[b]
    partly = ~shapely.covers(left[a], right[b])
    common[partly] = shapely.area(shapely.intersection(left[a[partly]], right[b[partly]]))
    return a, b, common


def _community(layers: Layers) -> Ints:
    """Row of the community each cell lies mostly in, -1 for none."""
    cell, row, common = _common(layers.cells, layers.communities)
    order = np.lexsort((-row, common, cell))
    home = np.full(len(layers.cells), -1, dtype=np.int64)
    home[cell[order]] = row[order]
    return home


def _each(check: str, rows: Ints, what: str) -> list[Problem]:
    if len(rows) == 0:
        return []
    some = ", ".join(str(row) for row in rows[:10])
    detail = f"{len(rows)} cells, each of which {what}: rows {some}"
    return [Problem(check, rows.tolist(), detail)]


#: All rules by name, in the order they are reported.
CHECKS: dict[str, Callable[[Layers], list[Problem]]] = {
    "covers_boundary": covers_boundary,
    "no_overlap": no_overlap,
    "one_polygon_each": one_polygon_each,
    "no_enclosed_cell": no_enclosed_cell,
    "inside_one_community": inside_one_community,
    "no_building_cut": no_building_cut,
    "sites_are_cells": sites_are_cells,
    "households_conserved": households_conserved,
}
