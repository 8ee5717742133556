"""Straightening of the jagged borders Voronoi cells leave: along streets and through blocks."""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Geometries, Ints
from gridsvc.planning.inputs import GRID_M
from gridsvc.planning.segments import FaceBorders, face_borders, stretch_keys
from gridsvc.planning.tighten import pull_tight

#: Borders on a street keep to it this closely.
ON_STREET_M = 0.5
#: A border may run along a wall but not this deep inside it.
WALL_M = 0.01

OUTER, STREET, BLOCK = 0, 1, 2


def smooth_borders(cells: Geometries, footprints: Geometries, streets: Geometries) -> Geometries:
    """Straighten the borders between cells without cutting a building.

    Parameters
    ----------
    cells
        Polygons, a noded coverage.
    footprints
        Buildings no border may newly enter.
    streets
        LineStrings the borders follow where they can.

    Returns
    -------
    array of Polygon
        A coverage of the same land. Borders on streets are simplified (Douglas and Peucker, 1973)
        where that meets no other border, those through blocks pulled tight; the outer border and
        the junctions on it and on streets stay.
    """
    arcs, kind = _arcs(cells, streets)
    walls = shapely.STRtree(shapely.buffer(footprints, -WALL_M, join_style="mitre"))
    standing = shapely.STRtree(shapely.point_on_surface(footprints))
    straight = arcs.copy()
    along = np.flatnonzero(kind == STREET)
    simpler = shapely.simplify(arcs[along], ON_STREET_M)
    good = _sound(simpler, walls) & ~_passing(arcs[along], simpler, standing)
    straight[along[good]] = simpler[good]
    moved = ~shapely.equals_exact(straight, arcs, 0)
    while True:
        current = np.where(moved, straight, arcs)
        wrong = _colliding(current, moved)
        if not wrong.any():
            break
        moved &= ~wrong
    return _relabelled(pull_tight(current, kind == BLOCK, footprints), cells)


def _sound(lines: Geometries, walls: shapely.STRtree) -> Bools:
    """Lines that neither cross themselves nor enter a building."""
    sound = shapely.is_simple(lines) & ~shapely.is_closed(lines)
    sound[np.unique(walls.query(lines, predicate="intersects")[0])] = False
    return np.asarray(sound, dtype=bool)


def _passing(arcs: Geometries, simpler: Geometries, standing: shapely.STRtree) -> Bools:
    """Arcs whose simplification passes over a whole building, which would change sides."""
    passing = np.zeros(len(arcs), dtype=bool)
    changed = np.flatnonzero(~shapely.equals_exact(simpler, arcs, 0))
    between = shapely.polygonize(shapely.union(arcs[changed], simpler[changed])[:, np.newaxis])
    passing[changed[np.unique(standing.query(between, predicate="intersects")[0])]] = True
    return passing


def _arcs(cells: Geometries, streets: Geometries) -> tuple[Geometries, Ints]:
    """Borders cut at every junction and wherever they join or leave a street, with their kind."""
    borders = face_borders(cells)
    kind = _kinds(borders, streets)
    lines = shapely.linestrings(np.stack([borders.start, borders.end], axis=1))
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    at, chain = shapely.get_coordinates(chains, return_index=True)
    along = chain[1:] == chain[:-1]
    start, end, chain = at[:-1][along], at[1:][along], chain[:-1][along]
    keys = stretch_keys(np.r_[start, borders.start], np.r_[end, borders.end])
    key, known = keys[: len(start)], keys[len(start) :]
    order = np.argsort(known)
    stretch = kind[order[np.searchsorted(known[order], key)]]
    begins = np.r_[True, (chain[1:] != chain[:-1]) | (stretch[1:] != stretch[:-1])]
    arc = np.cumsum(begins) - 1
    last = np.r_[begins[1:], True]
    row = np.r_[arc, arc[last]]
    place = np.argsort(row, kind="stable")
    arcs = shapely.linestrings(np.r_[start, end[last]][place], indices=row[place])
    return arcs, stretch[begins]


def _kinds(borders: FaceBorders, streets: Geometries) -> Ints:
    """Whether each stretch lies on the outer border, on a street, or in a block."""
    kind = np.where(borders.b < 0, OUTER, BLOCK)
    middle = shapely.points((borders.start + borders.end) / 2)
    on = shapely.STRtree(streets).query(middle, predicate="dwithin", distance=100 * GRID_M)[0]
    on = np.unique(on)
    kind[on[kind[on] == BLOCK]] = STREET
    return kind


def _colliding(arcs: Geometries, moved: Bools) -> Bools:
    """Moved arcs that meet another arc anywhere but in an end of both."""
    rows = np.flatnonzero(moved)
    a, b = shapely.STRtree(arcs).query(arcs[rows], predicate="intersects")
    a = rows[a]
    a, b = a[a != b], b[a != b]
    common = shapely.intersection(arcs[a], arcs[b])
    ends = shapely.boundary(arcs)
    proper = shapely.equals(common, shapely.intersection(ends[a], ends[b]))
    wrong = np.zeros(len(arcs), dtype=bool)
    wrong[a[~proper]] = True
    return wrong & moved


def _relabelled(lines: Geometries, cells: Geometries) -> Geometries:
    """Polygons of the lines in the order of the cells they came from; the cells if they differ."""
    faces = shapely.get_parts(shapely.polygonize(lines))
    face, cell = shapely.STRtree(cells).query(faces, predicate="intersects")
    common = shapely.area(shapely.intersection(faces[face], cells[cell]))
    mostly = common > 0.5 * shapely.area(faces)[face]  # the land between the cells is a face too
    face, cell = face[mostly], cell[mostly]
    if (np.bincount(cell, minlength=len(cells)) != 1).any():
        return cells
    smooth = cells.copy()
    smooth[cell] = faces[face]
    total, before = shapely.area(smooth).sum(), shapely.area(cells).sum()
    return smooth if abs(total - before) < 1e-9 * before else cells
