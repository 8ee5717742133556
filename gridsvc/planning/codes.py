"""Reading order of cells, from which their sequence numbers are given."""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.planning.arrays import Geometries, Ints


def reading_order(geometries: Geometries) -> Ints:
    """Positions of areas in reading order: west to east, and north to south.

    Codes number the grids of a community "from west to east, from north to south"
    (CJ/T 213-2005, basic management grids). Areas are read like lines of text: the northernmost
    one not yet read opens a line; the areas whose centres lie less than 0.6 of a typical side below
    follow from west to east; then comes the next line. Equal centres keep their given
    order, so the result is deterministic.

    Parameters
    ----------
    geometries
        Polygons in one projected CRS; the y axis points north.

    Returns
    -------
    array of int
        Positions into `geometries`: the first read, the second, and so on.
    """
    n = len(geometries)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    centre = shapely.get_coordinates(shapely.centroid(geometries))
    height = 0.6 * float(np.sqrt(np.median(shapely.area(geometries))))
    line = np.zeros(n, dtype=np.int64)
    top, current = np.inf, -1
    for at in np.argsort(-centre[:, 1], kind="stable"):
        if top - centre[at, 1] > height:
            top, current = centre[at, 1], current + 1
        line[at] = current
    return np.lexsort((centre[:, 0], line)).astype(np.int64)
