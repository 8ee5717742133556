"""Land: sites and settled cells cut out, and the pieces left for ordinary cells to be made of.

A container is a piece of land, a site's cell, or a cell that stays as it is. Every building
belongs to the container that holds the largest share of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Floats, Geometries, Ints
from gridsvc.planning.inputs import GRID_M, NOISE_M2, Inputs, polygon_parts
from gridsvc.planning.settled import SLIVER_M, Settled, settle
from gridsvc.planning.wish import Goal

#: A site keeps at least this overlap (intersection over union) when its border gives way.
SITE_IOU = 0.955
#: A building spilling over by less than this share is not cut but badly digitised.
SPILL_SHARE = 0.01
#: A building with less of its area inside the boundary is outside.
INSIDE_SHARE = 0.5


@dataclass(frozen=True)
class Land:
    """Containers, and where each building belongs.

    Attributes
    ----------
    pieces, piece_community
        Polygons of ordinary land and the boundary row of each.
    site_cells, site_row, site_community
        Polygons of dedicated cells, their rows in the special layer and in the boundary.
    settled, settled_community
        Cells that stay as they are, and the boundary row of each.
    container
        Container of each building: a piece, ``len(pieces)`` + a site cell, that many + a settled
        cell, or -1 outside.
    """

    pieces: Geometries
    piece_community: Ints
    site_cells: Geometries
    site_row: Ints
    site_community: Ints
    settled: Settled
    settled_community: Ints
    container: Ints

    def load(self, inputs: Inputs) -> float:
        """Load on the pieces of ordinary land together."""
        free = (self.container >= 0) & (self.container < len(self.pieces))
        return float(inputs.load[free].sum())


def divide_land(inputs: Inputs, goal: Goal) -> Land:
    """Cut sites and settled cells out of the communities and share out the buildings.

    Raises
    ------
    BadInput
        If most households lie outside every community, or a locked cell is no part of one.
    """
    inputs = replace(inputs, zones=_round_buildings(inputs))
    parts, part_row = shapely.get_parts(inputs.communities, return_index=True)
    real = shapely.area(parts) > NOISE_M2
    inputs.notes["parts of communities too small to be land"] += int((~real).sum())
    parts, part_row = parts[real], part_row[real].astype(np.int64)
    cells, site_row, site_part = _site_cells(inputs, parts)
    settled = settle(inputs, parts, cells, goal)
    taken = np.concatenate([cells, settled.cells])
    pieces, piece_part = _pieces(parts, taken, np.r_[site_part, settled.part])
    pieces, piece_part = _zoned(pieces, piece_part, inputs.zones)
    occupied = _occupied(inputs, pieces)
    pieces, piece_part, cells = _absorb(pieces, piece_part, cells, occupied, inputs.sites[site_row])
    container = _containers(inputs, np.concatenate([pieces, cells, settled.cells]))
    return Land(
        pieces,
        part_row[piece_part],
        cells,
        site_row,
        part_row[site_part],
        settled,
        part_row[settled.part],
        container,
    )


def _site_cells(inputs: Inputs, parts: Geometries) -> tuple[Geometries, Ints, Ints]:
    """Dedicated cell, special row and community part of every site that has land."""
    tree, footprints = shapely.STRtree(parts), shapely.STRtree(inputs.footprints)
    cells: list[shapely.Polygon] = []
    rows: list[int] = []
    at: list[int] = []
    for row, site in enumerate(inputs.sites):
        near = np.sort(tree.query(site, predicate="intersects"))
        shares = shapely.intersection(parts[near], site, grid_size=GRID_M)
        if len(near) == 0 or shapely.area(shares).max() <= NOISE_M2:
            inputs.notes["special sites outside the boundary"] += 1
            continue
        best = int(shapely.area(shares).argmax())
        taken = [cells[k] for k in range(len(cells)) if at[k] == near[best]]
        taken += list(inputs.locked[shapely.intersects(inputs.locked, site)])
        cell = _without(shares[best], taken)
        if cell is None or cell.area <= NOISE_M2:
            inputs.notes["special sites covered by earlier ones"] += 1
            continue
        goal = site if _iou(cell, site) >= SITE_IOU else cell
        cell = _yield_to_buildings(cell, goal, parts[near[best]], taken, inputs, footprints)
        inputs.notes["special sites clipped"] += int(_iou(cell, site) < 1 - 1e-6)
        inputs.notes["special sites below 95 % overlap with their cell"] += int(
            _iou(cell, site) < 0.95
        )
        cells.append(cell)
        rows.append(row)
        at.append(int(near[best]))
    return np.array(cells, dtype=object), np.array(rows, np.int64), np.array(at, np.int64)


def _largest(geometry: shapely.Geometry) -> shapely.Polygon | None:
    parts = polygon_parts(geometry)
    return parts[int(shapely.area(parts).argmax())] if len(parts) else None


def _without(area: shapely.Geometry, taken: list[shapely.Polygon]) -> shapely.Polygon | None:
    """Largest polygon of an area after earlier cells took theirs."""
    # A border in common adds lines to an intersection, and GEOS subtracts nothing from those.
    area = shapely.multipolygons(polygon_parts(area))
    touching = [other for other in taken if shapely.intersects(other, area)]
    if touching:
        area = shapely.difference(area, shapely.union_all(touching), grid_size=GRID_M)
    return _largest(area)


def _iou(a: shapely.Geometry, b: shapely.Geometry) -> float:
    common = shapely.area(shapely.intersection(a, b))
    return float(common / (a.area + b.area - common))


def _yield_to_buildings(
    cell: shapely.Polygon,
    goal: shapely.Geometry,
    part: shapely.Polygon,
    taken: list[shapely.Polygon],
    inputs: Inputs,
    tree: shapely.STRtree,
) -> shapely.Polygon:
    """Move a site's border round the buildings it would cut, as far as it stays that site."""
    near = inputs.footprints[np.sort(tree.query(cell, predicate="intersects"))]
    share = shapely.area(shapely.intersection(near, cell)) / shapely.area(near)
    kept, left = (share >= 0.5) & (share < 1), (share > 0) & (share < 0.5)
    if not (kept.any() or left.any()):
        return cell
    grown = shapely.union_all([cell, *near[kept]], grid_size=GRID_M)
    shrunk = shapely.difference(grown, shapely.union_all(near[left]), grid_size=GRID_M)
    moved = _without(shapely.intersection(shrunk, part, grid_size=GRID_M), taken)
    cut = (share > SPILL_SHARE) & (share < 1 - SPILL_SHARE)
    if moved is not None and _iou(moved, goal) >= SITE_IOU:
        inputs.notes["buildings a site's border was moved round"] += int(cut.sum())
        return moved
    inputs.notes["buildings cut by a site's border"] += int(cut.sum())
    return cell


def _pieces(parts: Geometries, taken: Geometries, taken_part: Ints) -> tuple[Geometries, Ints]:
    """Ordinary land: each community part without what is taken, in connected pieces."""
    land = parts.copy()
    for part in np.unique(taken_part):
        gone = shapely.union_all(taken[taken_part == part], grid_size=GRID_M)
        land[part] = shapely.difference(parts[part], gone, grid_size=GRID_M)
    pieces, part = shapely.get_parts(land, return_index=True)
    solid = (shapely.get_type_id(pieces) == int(shapely.GeometryType.POLYGON)) & (
        shapely.area(pieces) > NOISE_M2
    )
    return pieces[solid], part[solid].astype(np.int64)


def _round_buildings(inputs: Inputs) -> Geometries:
    """Zones with their borders moved round the buildings that they would cut.

    A building belongs to the zone with the largest share of it, to none if most is outside all.
    """
    zones, footprints = inputs.zones.copy(), inputs.footprints
    zone, who = shapely.STRtree(footprints).query(zones, predicate="intersects")
    share = shapely.area(shapely.intersection(zones[zone], footprints[who]))
    share /= shapely.area(footprints)[who]
    across = np.zeros(len(footprints), dtype=bool)
    across[who[(share > SPILL_SHARE) & (share < 1 - SPILL_SHARE)]] = True
    inputs.notes["buildings a zone's border was moved round"] += int(across.sum())
    total = np.bincount(who, share, len(footprints))
    home = np.full(len(footprints), -1, dtype=np.int64)
    order = np.lexsort((-zone, share, who))
    home[who[order]] = zone[order]  # the last write, the largest share, stays
    home[total < INSIDE_SHARE] = -1
    for k in np.unique(zone[across[who]]):
        near = np.unique(who[across[who] & (zone == k)])
        mine = shapely.union_all([zones[k], *footprints[near[home[near] == k]]], grid_size=GRID_M)
        others = shapely.union_all(footprints[near[home[near] != k]])
        zones[k] = shapely.difference(mine, others, grid_size=GRID_M)
    return zones


def _zoned(pieces: Geometries, piece_part: Ints, zones: Geometries) -> tuple[Geometries, Ints]:
    """Pieces of land divided by zones; slivers between their borders join the longest neighbour."""
    if len(zones) == 0:
        return pieces, piece_part
    divided: list[shapely.Polygon] = []
    part: list[int] = []
    tree = shapely.STRtree(zones)
    for piece, at in zip(pieces, piece_part, strict=True):
        near = zones[np.sort(tree.query(piece, predicate="intersects"))]
        inside = shapely.intersection(near, piece, grid_size=GRID_M)
        rest = shapely.difference(piece, shapely.union_all(near), grid_size=GRID_M)
        whole = _without_slivers(polygon_parts([*inside, rest]))
        divided += list(whole)
        part += [int(at)] * len(whole)
    return np.array(divided, dtype=object), np.array(part, dtype=np.int64)


def _without_slivers(polygons: Geometries) -> Geometries:
    """Polygons of a coverage, the thin ones given to their neighbours, each what lies beside it."""
    shapes = list(polygons)
    thin = sorted(
        (k for k in range(len(shapes)) if shapes[k].area < SLIVER_M * shapes[k].length),
        key=lambda k: shapes[k].area,
    )
    for k in thin:
        sliver, shapes[k] = shapes[k], None
        for border, other in _longest_borders(sliver, shapes):
            # One that runs along several must not become an arm of the longest.
            beside = shapely.buffer(border, 2 * SLIVER_M, cap_style="flat")
            share = shapely.intersection(sliver, beside, grid_size=GRID_M)
            if _grown(shapes, other, share):
                sliver = shapely.difference(sliver, beside, grid_size=GRID_M)
        for part in polygon_parts(sliver):
            borders = _longest_borders(part, shapes)
            if not borders or not _grown(shapes, borders[0][1], part):
                shapes.append(part)
    return np.array([shape for shape in shapes if shape is not None], dtype=object)


def _longest_borders(
    shape: shapely.Polygon, shapes: list[shapely.Polygon | None]
) -> list[tuple[shapely.Geometry, int]]:
    """Borders with other shapes and which those are, the longest first."""
    shared = [
        (shapely.intersection(shape.boundary, other.boundary), number)
        for number, other in enumerate(shapes)
        if other is not None
    ]
    shared = [(border, number) for border, number in shared if border.length > 0]
    return sorted(shared, key=lambda pair: -pair[0].length)


def _grown(shapes: list[shapely.Polygon | None], number: int, by: shapely.Geometry) -> bool:
    """Whether a shape could take in another and stay one polygon; then it has."""
    # Where two touch along a line and a point, what they share has lines in it, too.
    joined = shapely.union_all([shapes[number], *polygon_parts(by)], grid_size=GRID_M)
    fits = joined.geom_type == "Polygon" and shapely.area(by) > 0
    if fits:
        shapes[number] = joined
    return bool(fits)


def _occupied(inputs: Inputs, pieces: Geometries) -> Floats:
    """Households that lie mostly in each piece."""
    container = _shares(inputs, pieces)[0]
    inside = container >= 0
    households = np.zeros(len(pieces))
    np.add.at(households, container[inside], inputs.households[inside])
    return households


def _absorb(
    pieces: Geometries, piece_part: Ints, cells: Geometries, occupied: Floats, sites: Geometries
) -> tuple[Geometries, Ints, Geometries]:
    """Give slivers of empty land beside a site to that site, as far as it stays that site."""
    keep = np.ones(len(pieces), dtype=bool)
    cells = cells.copy()
    if len(cells) == 0:
        return pieces, piece_part, cells
    small = shapely.area(pieces) < (1 - SITE_IOU) * shapely.area(cells).max()
    for k in np.flatnonzero((occupied == 0) & small):
        border = shapely.length(shapely.intersection(pieces[k].boundary, shapely.boundary(cells)))
        best = int(border.argmax())
        grown = shapely.union_all([cells[best], pieces[k]], grid_size=GRID_M)
        fits = grown.geom_type == "Polygon" and _iou(grown, sites[best]) >= SITE_IOU
        if border[best] > 0 and fits:
            cells[best], keep[k] = grown, False
    return pieces[keep], piece_part[keep], cells


def _shares(inputs: Inputs, containers: Geometries) -> tuple[Ints, Floats, Floats]:
    """Container with the largest share of each building, that share, and all shares together."""
    n = len(inputs.footprints)
    best = np.full(n, -1, dtype=np.int64)
    if len(containers) == 0:
        return best, np.zeros(n), np.zeros(n)
    who, where = shapely.STRtree(containers).query(inputs.footprints, predicate="intersects")
    share = np.ones(len(who))
    partly = ~shapely.covers(containers[where], inputs.footprints[who])
    common = shapely.intersection(containers[where[partly]], inputs.footprints[who[partly]])
    share[partly] = shapely.area(common) / shapely.area(inputs.footprints[who[partly]])
    order = np.lexsort((-where, share, who))
    best[who[order]] = where[order]  # the last write, the largest share, stays
    largest, total = np.zeros(n), np.zeros(n)
    np.maximum.at(largest, who, share)
    np.add.at(total, who, share)
    best[total < INSIDE_SHARE] = -1
    return best, largest, total


def _containers(inputs: Inputs, containers: Geometries) -> Ints:
    """Container of each building, with everything out of the ordinary counted."""
    best, largest, total = _shares(inputs, containers)
    outside = best < 0
    lost = inputs.households[outside].sum()
    if lost * 2 > inputs.households.sum():
        raise BadInput(
            f"boundary not covering the buildings: {int(lost)} of "
            f"{int(inputs.households.sum())} households lie outside it; check that both layers "
            "show the same place in their declared CRS"
        )
    real = ~shapely.is_empty(inputs.footprints)
    inputs.notes["buildings outside every community"] += int((outside & real).sum())
    inputs.notes["households outside every community"] += int(
        inputs.households[outside & real].sum()
    )
    across = ~outside & (total < 1 - SPILL_SHARE)
    inputs.notes["buildings across the outer boundary"] += int(across.sum())
    divided = ~outside & (total - largest > SPILL_SHARE)
    inputs.notes["buildings across a community's or site's border"] += int(divided.sum())
    return best
