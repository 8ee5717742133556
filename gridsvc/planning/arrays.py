"""Kinds of arrays the planning room passes around, and two sums over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

#: Arrays of shapely geometries, whole numbers, reals and truths.
Geometries = NDArray[np.object_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def components(n: int, a: Ints, b: Ints) -> Ints:
    """Connected component of each of n nodes when a[i] and b[i] are linked, numbered from 0."""
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def summed_by(group: Ints, values: Floats, n: int) -> Floats:
    """Sum of the values in each of n groups."""
    return np.asarray(np.bincount(group, values, n), dtype=np.float64)
