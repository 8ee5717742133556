"""Special sites (专属网格): areas that become cells of their own, made fit for that.

A site is one polygon without holes, inside one community, overlapping no other site and
cutting no building; what cannot be that is left out and counted.
"""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.exchange.footprints import largest_part
from gridsvc.planning.households import largest_share

#: Below this a site is a building or a pocket garden, no area of work of its own; m2.
MIN_SITE_M2 = 3_000.0
#: Above this, or above half its community, an area is a district and not one site; m2.
MAX_SITE_M2 = 1_000_000.0
_MAX_SHARE = 0.5
#: A site narrower than this is a strip along a street or a digitising sliver; m.
_MIN_WIDTH_M = 10.0
#: A site with this share inside a larger one is part of it.
_INSIDE_SHARE = 0.5


def settle_sites(
    sites: gpd.GeoDataFrame, *, buildings: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Counter[str]]:
    """Turn areas into special sites that planning can keep as cells of their own.

    Parameters
    ----------
    sites
        Polygon or MultiPolygon; kind, name.
    buildings
        Polygon, not overlapping, each inside one community.
    boundary
        Polygon or MultiPolygon, one row per community; all in one metric CRS.

    Returns
    -------
    tuple
        Frame with kind, name and Polygon; counts of what was left out.
    """
    dropped: Counter[str] = Counter()
    pieces = _by_community(sites, boundary)
    pieces = _sized(pieces, boundary, dropped)
    pieces = _apart(pieces, dropped)
    pieces = _around_buildings(pieces, buildings)
    pieces = _sized(pieces, boundary, dropped)
    return pieces[["kind", "name", "geometry"]].reset_index(drop=True), dropped


def _by_community(sites: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut each site at the communities' borders, parts apart and holes filled."""
    solid = sites.explode(ignore_index=True)
    solid = solid.set_geometry(_filled(solid.geometry.values), crs=sites.crs)
    areas = boundary.geometry.values
    site, community = shapely.STRtree(areas).query(solid.geometry.values, predicate="intersects")
    shapes = shapely.intersection(solid.geometry.values[site], areas[community])
    pieces = solid.iloc[site].assign(community=community)
    pieces = pieces.set_geometry(shapes, crs=sites.crs).explode(ignore_index=True)
    pieces = pieces[pieces.geom_type == "Polygon"]
    return pieces.set_geometry(_filled(pieces.geometry.values), crs=sites.crs).reset_index(
        drop=True
    )


def _sized(
    pieces: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, dropped: Counter[str]
) -> gpd.GeoDataFrame:
    """Keep sites of a size and width to be somebody's area of work."""
    area_m2 = pieces.geometry.area.to_numpy()
    community_m2 = boundary.geometry.area.to_numpy()[pieces["community"].to_numpy(int)]
    # Exact for a long strip, half the side for a square.
    width_m = 2 * area_m2 / np.maximum(pieces.geometry.length.to_numpy(), 1e-9)
    small = area_m2 < MIN_SITE_M2
    giant = (area_m2 > MAX_SITE_M2) | (area_m2 > _MAX_SHARE * community_m2)
    strip = ~small & ~giant & (width_m < _MIN_WIDTH_M)
    dropped["sites under 3,000 m2"] += int(small.sum())
    dropped["areas too large for one site"] += int(giant.sum())
    dropped["sites narrower than 10 m"] += int(strip.sum())
    return pieces[~(small | giant | strip)].reset_index(drop=True)


def _apart(pieces: gpd.GeoDataFrame, dropped: Counter[str]) -> gpd.GeoDataFrame:
    """Part overlapping sites: what lies in a larger one joins it, else the smaller is cut."""
    order = np.argsort(-pieces.geometry.area.to_numpy(), kind="stable")
    ranked = pieces.iloc[order].reset_index(drop=True)
    shapes = ranked.geometry.values.copy()
    tree = shapely.STRtree(shapes)
    for row in range(len(shapes)):
        larger = [other for other in tree.query(shapes[row]) if other < row]
        taken = shapely.union_all(shapes[larger])
        rest = shapely.difference(shapes[row], taken)
        if rest.area < (1 - _INSIDE_SHARE) * shapes[row].area:
            dropped["sites inside another site"] += 1
            shapes[row] = shapely.Polygon()
        elif rest.area < shapes[row].area:
            shapes[row] = largest_part(rest)
    return ranked.set_geometry(shapes, crs=pieces.crs)[~shapely.is_empty(shapes)].reset_index(
        drop=True
    )


def _around_buildings(pieces: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lead each site's edge round the buildings it would cut: in by larger share, or out."""
    shapes = pieces.geometry.values.copy()
    if len(shapes) == 0:
        return pieces
    houses = buildings.geometry.values
    owner, share = largest_share(houses, shapes)
    owner[share < 0.5] = -1
    house, site = shapely.STRtree(shapes).query(houses, predicate="intersects")
    cut = ~shapely.covered_by(houses[house], shapes[site])
    for row in np.unique(site[cut]):
        touched = house[cut & (site == row)]
        own = houses[touched[owner[touched] == row]]
        others = houses[touched[owner[touched] != row]]
        grown = shapely.union_all([shapes[row], *own])
        shapes[row] = largest_part(shapely.difference(grown, shapely.union_all(others)))
    return pieces.set_geometry(_filled(shapes), crs=pieces.crs)


def _filled(shapes: np.ndarray) -> np.ndarray:
    """Polygons without their holes: a cell has none."""
    return np.asarray(shapely.polygons(shapely.get_exterior_ring(shapes)))
