"""What planners say of a community beforehand: zones no cell crosses, seeds with a cell each."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.codes import WHOLE
from gridsvc.errors import BadInput
from gridsvc.grids import area_queries
from gridsvc.planning.arrays import Geometries, Ints

TABLES = {"zones": "zone", "seeds": "seed_point"}
#: A zone is of a community if at least this share of the smaller of the two is common to both;
#: less is a border that two people drew.
COMMON_SHARE = 0.01


async def load(
    session: AsyncSession, kind: str, frame: gpd.GeoDataFrame, within: str = WHOLE
) -> int:
    """Replace the zones or seeds of communities; how many were loaded.

    Parameters
    ----------
    kind
        ``zones`` or ``seeds``.
    frame
        MultiPolygon or Point in EPSG:4326; column name. A zone belongs to every community it
        lies in, a seed to one.
    within
        Division whose communities have theirs replaced; if it is everything, only those of the
        communities that something of the frame lies in.

    Raises
    ------
    BadInput
        If something lies in no community that has a boundary, or nothing is given for everywhere.
    """
    if frame.empty and within == WHOLE:
        raise BadInput(f"no {kind} are given; name the division to be without with --division")
    table = TABLES[kind]
    if within != WHOLE:
        await area_queries.clear_givens(session, table, within)
    if frame.empty:
        return 0
    near = await area_queries.communities_near(session, frame.total_bounds, within)
    row, community = _homes(kind, frame, near)
    if len(lost := np.setdiff1d(np.arange(len(frame)), row)):
        raise BadInput(
            f"{len(lost)} {kind} lie in no community with a boundary"
            + ("" if within == WHOLE else f" in {within}")
            + f", the first in row {lost[0] + 1}; load the boundaries first or leave them out"
        )
    for position in np.unique(community):
        code = str(near["code"].iloc[position])
        await area_queries.clear_givens(session, table, code)
        mine = frame.iloc[np.sort(row[community == position])]
        await area_queries.add_givens(session, table, code, mine)
    return len(frame)


def _homes(kind: str, frame: gpd.GeoDataFrame, near: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    """Pairs of a row of the frame and a community it lies in."""
    if near.empty:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    crs = geo.metric_crs(near)
    things: Geometries = frame.to_crs(crs).geometry.to_numpy(dtype=object)
    areas: Geometries = near.to_crs(crs).geometry.to_numpy(dtype=object)
    row, community = shapely.STRtree(areas).query(things, predicate="intersects")
    if kind == "seeds":
        order = np.lexsort((community, row))
        first = order[np.unique(row[order], return_index=True)[1]]
        return row[first], community[first]
    common = shapely.area(shapely.intersection(things[row], areas[community]))
    smaller = np.minimum(shapely.area(things)[row], shapely.area(areas)[community])
    within = common >= COMMON_SHARE * smaller
    return row[within], community[within]
