"""The quiet background of a map: roads, water and buildings, simplified and bounded in size."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc.geo import WGS84, metric_crs


@dataclass(frozen=True)
class Ground:
    """How one kind of ground is drawn: colour, width at street level (0 = filled), first zoom."""

    colour: str
    width_px: float
    from_zoom: float


#: Kinds of ground, the most telling first; what does not fit into a page is left out from the end.
KINDS = {
    "river": Ground("#2b7bba80", 5.0, 0),
    "rail": Ground("#3b444d80", 1.6, 10),
    "trunk": Ground("#3b444d59", 3.4, 0),
    "primary": Ground("#3b444d59", 2.8, 11),
    "secondary": Ground("#3b444d4d", 2.2, 12),
    "tertiary": Ground("#3b444d47", 1.8, 13),
    "street": Ground("#3b444d40", 1.2, 14),
    "stream": Ground("#2b7bba66", 1.4, 14),
    "lane": Ground("#3b444d33", 0.8, 15.5),
    "water": Ground("#2b7bba40", 0.0, 0),
    "building": Ground("#3b444d2e", 0.0, 15),
}
ORDER = list(KINDS)
#: Kind of ground of each class of barrier; walls and what is not among them are not drawn.
OF_CLASS = {
    "river": "river",
    "canal": "river",
    "stream": "stream",
    "ditch": "stream",
    "drain": "stream",
    "rail": "rail",
    "motorway": "trunk",
    "trunk": "trunk",
    "primary": "primary",
    "secondary": "secondary",
    "tertiary": "tertiary",
    "unclassified": "street",
    "residential": "street",
    "living_street": "street",
    "pedestrian": "street",
    "service": "lane",
    "track": "lane",
}
#: Metres by which a line may move; a pixel at street level.
TOLERANCE_M = 1.2
#: Corners a page may hold for its background: under half a megabyte packed.
MOST_CORNERS = 150_000


def background(shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What of roads, water and buildings a page can hold.

    Parameters
    ----------
    shapes
        LineString or Polygon, EPSG:4326; kind, a class of barrier or ``building``.

    Returns
    -------
    geopandas.GeoDataFrame
        LineString, those of areas closed, EPSG:4326; kind, number in `ORDER`, in that order.
    """
    named = shapes["kind"].map(lambda kind: OF_CLASS.get(kind, kind))
    kept = shapes[named.isin(KINDS)]
    if kept.empty:
        return gpd.GeoDataFrame({"kind": pd.Series(dtype=int)}, geometry=[], crs=WGS84)
    kind = named[kept.index].map(ORDER.index).to_numpy(int)
    crs = metric_crs(kept)
    flat = shapely.simplify(np.asarray(kept.geometry.to_crs(crs)), TOLERANCE_M)
    outer = shapely.get_type_id(flat) == shapely.GeometryType.POLYGON
    lines = np.where(outer, shapely.get_exterior_ring(flat), flat)
    order = np.argsort(kind, kind="stable")
    order = order[~shapely.is_empty(lines[order]) & (shapely.get_type_id(lines[order]) != 3)]
    order = order[np.cumsum(shapely.get_num_coordinates(lines[order])) <= MOST_CORNERS]
    plain = shapely.linestrings
    rings = [plain(shapely.get_coordinates(line)) for line in lines[order]]
    frame = gpd.GeoDataFrame({"kind": kind[order]}, geometry=rings, crs=crs)
    return frame.to_crs(WGS84)
