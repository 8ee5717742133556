"""Divisions from province to community: codes of twelve digits, names and polygons.

Province 39 is assigned to nobody by GB/T 2260 (East China ends at 37, the next block begins
at 41), so none of the codes can be mistaken for a real place.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridsvc.town.layout import Community, Layout
from gridsvc.town.names import PlaceNames

PROVINCE = ("39", "淮江省")
CITY = ("3901", "临澜市")
#: Code and name of the counties; most towns need only the first.
FIRST_COUNTY = 21
COUNTIES = ("望溪县", "禾洲县", "枫渡县", "澄塘县", "榆川县", "碧泽县", "棠浦县", "岚桥县")


@dataclass(frozen=True)
class Codes:
    """Codes and names of a layout's divisions; every member has one entry per division."""

    county: list[tuple[str, str]]
    street: list[tuple[str, str]]
    community: list[tuple[str, str]]


def number(layout: Layout, names: PlaceNames) -> Codes:
    """Codes as the statistics office numbers: streets from 001, towns from 100.

    Within a street neighbourhoods (居委会) count from 001 and villages (村委会) from 200, north
    to south and west to east.
    """
    counties = [
        (f"{CITY[0]}{FIRST_COUNTY + i}", COUNTIES[i % len(COUNTIES)])
        for i in range(max(layout.counties) + 1)
    ]
    streets: list[tuple[str, str]] = []
    for i, (county, rural) in enumerate(zip(layout.counties, layout.rural, strict=True)):
        before = sum(
            c == county and r == rural
            for c, r in zip(layout.counties[:i], layout.rural[:i], strict=True)
        )
        code = f"{counties[county][0]}{100 + before if rural else 1 + before:03d}"
        streets.append((code, names.take() + ("镇" if rural else "街道")))
    communities = [("", "")] * len(layout.communities)
    order = sorted(range(len(communities)), key=lambda i: _reading(layout.communities[i]))
    taken = dict.fromkeys(range(len(streets)), 0)
    for i in order:
        community = layout.communities[i]
        rural = community.kind == "village"
        last = (200 if rural else 1) + taken[community.street]
        taken[community.street] += 1
        name = names.take() + ("村" if rural else "社区")
        communities[i] = (f"{streets[community.street][0]}{last:03d}", name)
    return Codes(counties, streets, communities)


def _reading(community: Community) -> tuple[float, float]:
    u0, _, _, v1 = community.rect.bounds
    return -v1, u0


def community_polygons(layout: Layout) -> NDArray[np.object_]:
    """Polygons of the communities, ground metres; neighbours share every vertex."""
    return np.array([shapely.Polygon(layout.network.ring(c.rect)) for c in layout.communities])


def divisions_frame(
    layout: Layout, codes: Codes, polygons: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """All divisions; each level is an exact coverage by the level below.

    Returns
    -------
    geopandas.GeoDataFrame
        MultiPolygon, ground metres; code (12 digits), name, level (province, city, county, street,
        community). Province and city show only the land of the town.
    """
    street_of = np.array([c.street for c in layout.communities])
    county_of = np.array(layout.counties)[street_of]
    everything = np.zeros(len(polygons), dtype=int)
    levels = (
        ("province", [PROVINCE], everything),
        ("city", [CITY], everything),
        ("county", codes.county, county_of),
        ("street", codes.street, street_of),
        ("community", codes.community, np.arange(len(polygons))),
    )
    rows = [
        (code.ljust(12, "0"), name, level, _joined(polygons[member == i]))
        for level, divisions, member in levels
        for i, (code, name) in enumerate(divisions)
    ]
    return gpd.GeoDataFrame(rows, columns=["code", "name", "level", "geometry"])


def _joined(polygons: NDArray[np.object_]) -> shapely.MultiPolygon:
    whole = shapely.coverage_union_all(polygons)
    return shapely.MultiPolygon(list(shapely.get_parts(whole)))
