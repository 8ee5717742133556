"""Settled cells: locked ones, and those of an earlier plan that nothing broke.

A cell of the earlier plan is broken if its load left the tolerance since, if a building now lies
across its border, if a site, a locked cell, a zone or a community's new border cuts into it, or if
it holds several seeds. Broken cells are divided anew together with their neighbours; all others
stay to the last vertex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints
from gridsvc.planning.inputs import Inputs
from gridsvc.planning.wish import Goal

#: A cell may lose this share to others, m2 per m2: digitising, not change.
NOISE_SHARE = 1e-3
#: A building lies across a border if at least this share of it is on both sides.
ACROSS_SHARE = 0.02
#: Cells sharing less border than this are no neighbours, m.
CORNER_M = 1.0
#: Land between two borders is a sliver below this ratio of area to outline, m.
SLIVER_M = 0.5


@dataclass(frozen=True)
class Settled:
    """Cells that stay as they are, and the earlier cells whose land is divided anew.

    Attributes
    ----------
    cells, part
        Polygons, and the part of a community each lies in.
    locked_row, previous_row
        Row in the locked or in the earlier cells; -1 where it comes from the other.
    opened
        Rows of the earlier cells that are divided anew, ascending.
    """

    cells: Geometries
    part: Ints
    locked_row: Ints
    previous_row: Ints
    opened: Ints


def settle(inputs: Inputs, parts: Geometries, site_cells: Geometries, goal: Goal) -> Settled:
    """What of the locked and the earlier cells stays.

    Parameters
    ----------
    inputs
        Clean input.
    parts
        Polygons the communities are made of.
    site_cells
        Polygons of dedicated cells.
    goal
        Load a cell should have.

    Raises
    ------
    BadInput
        If a locked cell does not lie inside one community.
    """
    locked_part = _part_inside(inputs.locked, parts)
    astray = np.flatnonzero(locked_part < 0)
    if len(astray):
        raise BadInput(
            f"the locked cell in row {int(astray[0]) + 1} is not one polygon inside one "
            "community; unlock it or mend its border"
        )
    previous_part = _part_inside(inputs.previous, parts)
    there = np.flatnonzero(~shapely.is_empty(inputs.previous))
    taken = np.concatenate([site_cells, inputs.locked])
    broken = (previous_part < 0) | _cut_into(inputs.previous, taken)
    broken |= _out_of_balance(inputs, goal) | _buildings_across(inputs)
    broken |= _across_zones(inputs) | _of_several_seeds(inputs)
    opened = broken | _beside(inputs.previous, broken)
    kept = there[~opened[there]]
    locked = np.arange(len(inputs.locked))
    return Settled(
        cells=np.concatenate([inputs.locked, inputs.previous[kept]]),
        part=np.r_[locked_part, previous_part[kept]],
        locked_row=np.r_[locked, np.full(len(kept), -1)].astype(np.int64),
        previous_row=np.r_[np.full(len(locked), -1), kept].astype(np.int64),
        opened=there[opened[there]].astype(np.int64),
    )


def _part_inside(cells: Geometries, parts: Geometries) -> Ints:
    """Part of a community that holds each cell, -1 for a cell in none or in several."""
    inside = np.full(len(cells), -1, dtype=np.int64)
    cell, part = shapely.STRtree(parts).query(cells, predicate="intersects")
    common = shapely.area(shapely.intersection(cells[cell], parts[part]))
    whole = common >= (1 - NOISE_SHARE) * shapely.area(cells)[cell]
    whole &= shapely.get_type_id(cells)[cell] == int(shapely.GeometryType.POLYGON)
    inside[cell[whole]] = part[whole]
    return inside


def _cut_into(cells: Geometries, taken: Geometries) -> Bools:
    """Cells of which something else takes more than digitising noise."""
    a, b = shapely.STRtree(taken).query(cells, predicate="intersects")
    lost = np.bincount(a, shapely.area(shapely.intersection(cells[a], taken[b])), len(cells))
    return np.asarray(lost > NOISE_SHARE * shapely.area(cells), dtype=bool)


def _out_of_balance(inputs: Inputs, goal: Goal) -> Bools:
    """Cells beyond the tolerance that were not so already."""
    inner = shapely.point_on_surface(inputs.footprints)
    building, cell = shapely.STRtree(inputs.previous).query(inner, predicate="intersects")
    first = np.unique(building, return_index=True)[1]
    load = np.bincount(cell[first], inputs.load[building[first]], len(inputs.previous))
    off = np.abs(load - goal.target) > goal.tolerance * goal.target + 1e-9
    return np.asarray(off & ~(load == inputs.previous_load), dtype=bool)


def _buildings_across(inputs: Inputs) -> Bools:
    """Cells with a building that another earlier cell shares."""
    tree = shapely.STRtree(inputs.previous)
    building, cell = tree.query(inputs.footprints, predicate="intersects")
    partly = ~shapely.covers(inputs.previous[cell], inputs.footprints[building])
    building, cell = building[partly], cell[partly]
    common = shapely.intersection(inputs.footprints[building], inputs.previous[cell])
    share = shapely.area(common) / shapely.area(inputs.footprints)[building]
    across = (share > ACROSS_SHARE) & (share < 1 - ACROSS_SHARE)
    several = np.bincount(building[across], minlength=len(inputs.footprints)) > 1
    broken = np.zeros(len(inputs.previous), dtype=bool)
    broken[cell[across & several[building]]] = True
    return broken


def _across_zones(inputs: Inputs) -> Bools:
    """Cells with more than slivers on both sides of a zone's border."""
    cells, zones = inputs.previous, inputs.zones
    across = np.zeros(len(cells), dtype=bool)
    cell, zone = shapely.STRtree(zones).query(cells, predicate="intersects")
    inside = shapely.intersection(cells[cell], zones[zone])
    outside = shapely.difference(cells[cell], zones[zone])
    across[cell[_is_land(inside) & _is_land(outside)]] = True
    return across


def _is_land(shapes: Geometries) -> Bools:
    return np.asarray(shapely.area(shapes) > SLIVER_M * shapely.length(shapes), dtype=bool)


def _of_several_seeds(inputs: Inputs) -> Bools:
    seed, cell = shapely.STRtree(inputs.previous).query(inputs.seeds, predicate="intersects")
    first = np.unique(seed, return_index=True)[1]
    return np.asarray(np.bincount(cell[first], minlength=len(inputs.previous)) > 1, dtype=bool)


def _beside(cells: Geometries, broken: Bools) -> Bools:
    """Cells that share a border with a broken one."""
    rows = np.flatnonzero(broken & ~shapely.is_empty(cells))
    a, b = shapely.STRtree(cells).query(cells[rows], predicate="intersects")
    a = rows[a]
    shared: Floats = shapely.length(shapely.intersection(cells[a], cells[b]))
    beside = np.zeros(len(cells), dtype=bool)
    beside[b[shared > CORNER_M]] = True
    return beside
