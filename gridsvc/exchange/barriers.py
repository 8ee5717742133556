"""Barriers of a prepared area: the lines in and near it that divide the ground.

Streets, rails, waterways and walls come as they are mapped; shores of standing water are added,
and, where no street runs beside them, footpaths and the edges of compounds (小区, 园区): a border
between two grids had better run along these than between the houses of one compound.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridsvc.exchange.osm import OsmArea
from gridsvc.exchange.tags import BARRIER_WEIGHT, PATHS

#: Barriers are kept this far beyond the boundary: one may run along just outside it, m.
MARGIN_M = 50.0
#: Standing water below this divides nothing, m2.
MIN_WATER_M2 = 5_000.0
#: A path or an edge this near a street is its pavement or its frontage, m.
BESIDE_STREET_M = 12.0
#: What is left of a path or an edge divides nothing if it is shorter, m.
SHORTEST_M = 20.0


def barrier_lines(area: OsmArea, boundary: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Barriers in and just outside a boundary.

    Parameters
    ----------
    area
        Extract, EPSG:4326.
    boundary
        Polygons in `crs`.
    crs
        Metric CRS.

    Returns
    -------
    GeoDataFrame
        LineString in `crs`; class, w (weight), name.
    """
    near = boundary.union_all().buffer(MARGIN_M)
    mapped = area.barriers.to_crs(crs)
    path = mapped["class"].isin(PATHS).to_numpy()
    strong = _clipped(pd.concat([mapped[~path], _shores(area, mapped, crs)]), near)
    quiet = _clipped(pd.concat([mapped[path], _compound_edges(area, crs)]), near)
    return pd.concat([strong, _off_the_streets(quiet, strong)], ignore_index=True)


def _clipped(lines: gpd.GeoDataFrame, near: shapely.Geometry) -> gpd.GeoDataFrame:
    inside = shapely.intersection(lines.geometry.values, near)
    return _single(lines.set_geometry(inside, crs=lines.crs))


def _single(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    parts = lines.explode(ignore_index=True)
    return parts[(parts.geom_type == "LineString") & (parts.length > 0)].reset_index(drop=True)


def _shores(area: OsmArea, lines: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Outer shores of waters that no waterway line runs through."""
    waters = area.waters.to_crs(crs).explode(ignore_index=True)
    waters = waters[waters.area >= MIN_WATER_M2]
    streams = lines[lines["class"].isin(["river", "canal", "stream"])]
    through, _ = shapely.STRtree(streams.geometry.values).query(
        np.asarray(waters.geometry), predicate="intersects"
    )
    return _outlines(waters.drop(waters.index[np.unique(through)]), "water")


def _compound_edges(area: OsmArea, crs: CRS) -> gpd.GeoDataFrame:
    return _outlines(area.grounds.to_crs(crs).explode(ignore_index=True), "compound")


def _outlines(areas: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    rings = shapely.get_exterior_ring(np.asarray(areas.geometry))
    told = areas.assign(**{"class": kind, "w": BARRIER_WEIGHT[kind]}).set_geometry(
        gpd.GeoSeries(rings, areas.index, crs=areas.crs)
    )
    return told[["class", "w", "name", "geometry"]]


def _off_the_streets(quiet: gpd.GeoDataFrame, strong: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What of paths and edges does not run beside a street, nor twice along each other."""
    if quiet.empty:
        return quiet
    beside = shapely.union_all(shapely.buffer(strong.geometry.values, BESIDE_STREET_M, quad_segs=2))
    rest = np.asarray(shapely.difference(quiet.geometry.values, beside))
    # Neighbouring compounds share an edge that is seldom drawn quite the same.
    taken = shapely.GeometryCollection()
    for row in np.argsort(-shapely.length(rest), kind="stable"):
        rest[row] = shapely.difference(rest[row], taken)
        taken = shapely.union(taken, shapely.buffer(rest[row], BESIDE_STREET_M / 2, quad_segs=2))
    left = _single(quiet.set_geometry(gpd.GeoSeries(rest, quiet.index, crs=quiet.crs)))
    return left[left.length >= SHORTEST_M]
