"""Parts of a cell that can be handed over whole: the land of a building, the block at a place."""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Floats, Geometries, Ints
from gridsvc.planning.atoms import build_atoms
from gridsvc.planning.blocks import barrier_network, faces_of
from gridsvc.planning.clusters import fuse
from gridsvc.planning.inputs import polygon_parts


def land_of(
    cell: shapely.Polygon, barriers: Geometries, footprints: Geometries, chosen: Ints
) -> shapely.Geometry:
    """The land nearest to some buildings of a cell, inside its blocks.

    Parameters
    ----------
    cell
        Polygon in a metric CRS.
    barriers
        LineStrings near it.
    footprints
        Polygons of the buildings in it.
    chosen
        Rows of `footprints`; buildings that overlap one of them come along.

    Returns
    -------
    Polygon or MultiPolygon
    """
    inside = np.array([_largest(shapely.intersection(shape, cell)) for shape in footprints])
    cluster, shapes = fuse(inside)
    network, _ = barrier_network(cell, barriers, shapely.STRtree(shapes))
    atoms = build_atoms(cell, network, shapes)
    wanted = atoms.atom[atoms.face_of_building[np.unique(cluster[chosen])]]
    return shapely.union_all(atoms.faces[np.isin(atoms.atom, wanted)])


def block_at(
    cell: shapely.Polygon, barriers: Geometries, footprints: Geometries, at: Floats
) -> shapely.Polygon:
    """The block of a cell, between its barriers, that a place lies in.

    Raises
    ------
    BadInput
        If the place is not in the cell.
    """
    network, _ = barrier_network(cell, barriers, shapely.STRtree(footprints))
    blocks = faces_of(network, cell)
    holds = np.flatnonzero(shapely.intersects(blocks, shapely.Point(at)))
    if len(holds) == 0:
        raise BadInput("the place lies outside the cell; choose one inside")
    block: shapely.Polygon = blocks[holds[0]]
    return block


def _largest(geometry: shapely.Geometry) -> shapely.Polygon:
    parts = polygon_parts(geometry)
    return parts[int(shapely.area(parts).argmax())] if len(parts) else shapely.Polygon()
