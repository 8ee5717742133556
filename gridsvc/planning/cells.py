"""Cells: unions of the arrangement's faces, with the same vertices on both sides of a border."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely

from gridsvc.planning.arrays import Geometries, Ints

#: Neighbours' vertices closer than this are one vertex, m; two steps of the planning grid.
SNAP_M = 2e-4
#: Gaps between cells narrower than this are closed, m: what rounding leaves beside settled cells.
GAP_M = 0.01


def union_faces(faces: Geometries, group: Ints) -> Geometries:
    """Union of the faces of every group, numbered from 0; faces must be a noded coverage."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(int(group.max()) + 2))
    merged = [shapely.coverage_union_all(faces[order[a:b]]) for a, b in pairwise(starts)]
    return np.array(merged, dtype=object)


def with_matched_edges(cells: Geometries) -> Geometries:
    """Cells whose neighbours have the same vertices along a border in common.

    A vertex that only one of two neighbours has lies on the other's straight edge in this CRS,
    but beside it in every other: reprojecting would open slivers.
    """
    matched: Geometries = shapely.coverage_clean(cells, snapping_distance=SNAP_M, gap_width=GAP_M)
    polygons = shapely.get_type_id(matched) == int(shapely.GeometryType.POLYGON)
    sound = bool(polygons.all() and shapely.is_valid(matched).all())
    return matched if sound else cells
