"""Clusters: buildings that overlap on the map and therefore cannot be told apart."""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.planning.arrays import Geometries, Ints, components
from gridsvc.planning.inputs import GRID_M

#: Footprints overlapping by more than this share of the smaller one are one cluster.
FUSE_SHARE = 0.01


def fuse(footprints: Geometries) -> tuple[Ints, Geometries]:
    """Cluster of every footprint, and the polygon of every cluster.

    Parameters
    ----------
    footprints
        Polygons, none empty.

    Returns
    -------
    cluster
        Cluster of each footprint, numbered from 0. Footprints share a cluster when they overlap
        by more than `FUSE_SHARE` of the smaller one, or are linked by such overlaps.
    polygons
        Union of each cluster, one polygon each.
    """
    a, b = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    once = a < b
    a, b = a[once], b[once]
    common = shapely.area(shapely.intersection(footprints[a], footprints[b]))
    smaller = np.minimum(shapely.area(footprints[a]), shapely.area(footprints[b]))
    overlap = common > FUSE_SHARE * smaller
    cluster = components(len(footprints), a[overlap], b[overlap])
    sizes = np.bincount(cluster)
    polygons = np.empty(len(sizes), dtype=object)
    polygons[cluster] = footprints
    order = np.argsort(cluster, kind="stable")
    starts = np.searchsorted(cluster[order], np.arange(len(sizes) + 1))
    for many in np.flatnonzero(sizes > 1):
        members = footprints[order[starts[many] : starts[many + 1]]]
        parts = shapely.get_parts(shapely.union_all(members, grid_size=GRID_M))
        polygons[many] = parts[int(shapely.area(parts).argmax())]
    return cluster, polygons
