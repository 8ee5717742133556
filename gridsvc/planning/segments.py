"""Which polygons of a coverage share which straight stretches of border.

Works on the exact equality of coordinates on the precision grid, so it needs a coverage whose
borders are noded: both sides of a border have the same vertices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.planning.arrays import Floats, Geometries, Ints
from gridsvc.planning.inputs import GRID_M


@dataclass(frozen=True)
class FaceBorders:
    """Every stretch of border once.

    Attributes
    ----------
    a, b
        Polygons on its two sides; `b` is -1 on the outer border.
    start, end
        Coordinates, shape (n, 2).
    """

    a: Ints
    b: Ints
    start: Floats
    end: Floats

    @property
    def length(self) -> Floats:
        """Length of each stretch in metres."""
        return np.asarray(np.hypot(*(self.end - self.start).T))


def face_borders(faces: Geometries) -> FaceBorders:
    """Match the straight stretches of the polygons of a noded coverage.

    Parameters
    ----------
    faces
        Polygons, coordinates on the precision grid.

    Returns
    -------
    FaceBorders
    """
    rings, face = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    along = ring[1:] == ring[:-1]
    start, end = points[:-1][along], points[1:][along]
    owner = face[ring[:-1][along]].astype(np.int64)
    key = stretch_keys(start, end)
    order = np.lexsort((owner, key))
    key, owner = key[order], owner[order]
    first = np.r_[True, key[1:] != key[:-1]]
    paired = np.r_[~first[1:], False] & first
    second = np.where(paired, np.r_[owner[1:], -1], -1)
    return FaceBorders(owner[first], second[first], start[order][first], end[order][first])


def stretch_keys(start: Floats, end: Floats) -> Ints:
    """A number per straight stretch, equal for both directions and for equal stretches."""
    at = np.round(np.concatenate([start, end]) / GRID_M).astype(np.int64)
    at -= at.min(axis=0)
    width = int(at[:, 1].max()) + 1
    _, point = np.unique(at[:, 0] * width + at[:, 1], return_inverse=True)
    p, q = point[: len(start)], point[len(start) :]
    return np.asarray(np.minimum(p, q) * len(point) + np.maximum(p, q))
