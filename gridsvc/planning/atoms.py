"""Atoms: the smallest bits of land a cell is put together from, one round each building.

Inside a block every building owns the land nearest to it: the enclosed Voronoi cells of its
outline (Okabe, Boots, Sugihara and Chiu, "Spatial Tessellations", 2000, section 3.6; Arribas-Bel
and Fleischmann, "Spatial Signatures", 2022). The borders between two buildings' cells, the
barriers, and the outline of every building that one of these lines would cut are noded into ONE
planar arrangement. Atoms are unions of its faces, so they leave no gap, do not overlap and cut no
building, whatever the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints, components
from gridsvc.planning.blocks import faces_of, node_lines
from gridsvc.planning.ridges import block_ridges
from gridsvc.planning.segments import FaceBorders, face_borders

#: Distance between sample points on an outline.
STEP_M = 2.5
#: Outlines are drawn in by this much, so that the border of a shared wall runs in the wall.
SHRINK_M = 0.3


@dataclass(frozen=True)
class Atoms:
    """The arrangement of one piece of land.

    Attributes
    ----------
    faces
        Polygons, a coverage of the piece.
    atom
        Atom of every face; atoms are connected.
    face_of_building
        Face every building cluster stands in.
    borders
        Which faces share which stretches of line.
    """

    faces: Geometries
    atom: Ints
    face_of_building: Ints
    borders: FaceBorders


def build_atoms(piece: shapely.Polygon, network: Geometries, footprints: Geometries) -> Atoms:
    """Divide one piece of land into atoms.

    Parameters
    ----------
    piece
        Polygon of land.
    network
        Noded LineStrings: barriers and the border of `piece`.
    footprints
        Polygon of each building cluster, inside `piece`.

    Returns
    -------
    Atoms
    """
    blocks = faces_of(network, piece)
    home = _home_blocks(blocks, footprints)
    samples, owner = _samples(footprints)
    ridges = _ridges(blocks, home, samples, owner)
    kept_whole = _crossed(footprints, np.concatenate([network, ridges]))
    outlines = shapely.boundary(footprints[kept_whole])
    faces = faces_of(node_lines(np.concatenate([network, ridges, outlines])), piece)
    inner = shapely.point_on_surface(faces)
    block = _block_of(blocks, inner)
    label = _nearest(inner, block, samples, owner, home)
    label[label < 0] = -1 - block[label < 0]
    key_block = np.where(label >= 0, block, -1)
    stands = _claim(faces, inner, footprints, kept_whole, label, key_block, home)
    borders = face_borders(faces)
    atom = _components(borders, label, key_block)
    return Atoms(faces, atom, stands, borders)


def _home_blocks(blocks: Geometries, footprints: Geometries) -> Ints:
    """Block that holds the largest share of each footprint."""
    who, where = shapely.STRtree(blocks).query(footprints, predicate="intersects")
    share = np.full(len(who), np.inf)
    partly = ~shapely.covers(blocks[where], footprints[who])
    common = shapely.intersection(blocks[where[partly]], footprints[who[partly]])
    share[partly] = shapely.area(common)
    order = np.lexsort((-where, share, who))
    home = np.zeros(len(footprints), dtype=np.int64)
    home[who[order]] = where[order]
    return home


def _samples(footprints: Geometries) -> tuple[Floats, Ints]:
    """Points along the drawn-in outlines and the footprint each belongs to."""
    drawn_in = shapely.buffer(footprints, -SHRINK_M, join_style="mitre")
    drawn_in = np.where(shapely.is_empty(drawn_in), footprints, drawn_in)
    points, owner = shapely.get_coordinates(shapely.segmentize(drawn_in, STEP_M), return_index=True)
    return points, owner.astype(np.int64)


def _ridges(blocks: Geometries, home: Ints, samples: Floats, owner: Ints) -> Geometries:
    """Borders between the Voronoi cells of different buildings, block by block."""
    order = np.argsort(home[owner], kind="stable")
    starts = np.searchsorted(home[owner][order], np.arange(len(blocks) + 1))
    ridges = [
        block_ridges(blocks[k], samples[mine], owner[mine])
        for k in np.unique(home)
        if len(mine := order[starts[k] : starts[k + 1]])
    ]
    return np.concatenate([np.array([], dtype=object), *ridges])


def _crossed(footprints: Geometries, lines: Geometries) -> Bools:
    """Footprints that some line touches; their outlines become lines too."""
    crossed = np.zeros(len(footprints), dtype=bool)
    crossed[shapely.STRtree(footprints).query(lines, predicate="intersects")[1]] = True
    return crossed


def _block_of(blocks: Geometries, points: Geometries) -> Ints:
    """Block each point lies in; the nearest for points on a border."""
    pairs = shapely.STRtree(blocks).query_nearest(points, all_matches=False)
    block = np.zeros(len(points), dtype=np.int64)
    block[pairs[0]] = pairs[1]
    return block


def _nearest(points: Geometries, block: Ints, samples: Floats, owner: Ints, home: Ints) -> Ints:
    """Building nearest to each point among those of its block, -1 where it has none.

    One search for all blocks: the block is a third coordinate that lies further apart than any
    two points of the land.
    """
    at = shapely.get_coordinates(points)
    if len(samples) == 0:
        return np.full(len(points), -1, dtype=np.int64)
    apart = 4 * max(np.ptp(np.concatenate([at, samples]), axis=0).sum(), 1.0)
    tree = cKDTree(np.column_stack([samples, home[owner] * apart]))
    distance, nearest = tree.query(np.column_stack([at, block * apart]))
    return np.where(distance < apart / 2, owner[nearest], -1)


def _claim(
    faces: Geometries,
    inner: Geometries,
    footprints: Geometries,
    kept_whole: Bools,
    label: Ints,
    key_block: Ints,
    home: Ints,
) -> Ints:
    """Give every building the faces inside its outline; return the face it stands on."""
    rows = np.flatnonzero(kept_whole)
    face, which = shapely.STRtree(footprints[rows]).query(inner, predicate="intersects")
    label[face], key_block[face] = rows[which], home[rows[which]]
    stands = np.zeros(len(footprints), dtype=np.int64)
    building, on = shapely.STRtree(faces).query_nearest(
        shapely.point_on_surface(footprints), all_matches=False
    )
    stands[building] = on
    label[on], key_block[on] = building, home[building]
    return stands


def _components(borders: FaceBorders, label: Ints, key_block: Ints) -> Ints:
    """Atom of every face: connected faces of one building in one block."""
    a, b = borders.a, borders.b
    same = (b >= 0) & (label[a] == label[b]) & (key_block[a] == key_block[b])
    return components(len(label), a[same], b[same])
