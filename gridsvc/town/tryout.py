"""Invented people, service points and a day of events for a real area, to try it all there.

Who really works somewhere is personal data and not ours to publish; a prepared area of a real
city gets workers, liaisons and officers in the usual numbers, and events at its real places.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gridsvc.codes import DIGITS
from gridsvc.errors import BadInput
from gridsvc.geo import WGS84, metric_crs
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.town.codes import read_codes
from gridsvc.town.events import day_of_events
from gridsvc.town.people import Places, staff
from gridsvc.town.services import service_points
from gridsvc.town.write import write_tables

#: Kinds of special sites that the wording of events knows, and what they are there.
PLACE_OF_SITE = {
    "school": "school",
    "university": "school",
    "hospital": "hospital",
    "park": "park",
    "enterprise": "enterprise",
    "government": "enterprise",
    "market": "shop",
}
#: Building kinds without households where shop events happen.
SHOPS = {"commercial", "retail", "market", "mixed", "hotel"}


@dataclass(frozen=True)
class Cast:
    """Tables as `gridsvc.town.generate.Town` has them.

    Of the lists only those that name no unit: who sits in a real place is not ours to say.
    """

    services: pd.DataFrame
    powers: pd.DataFrame
    matters: pd.DataFrame
    people: pd.DataFrame
    events: pd.DataFrame
    lists: dict[str, pd.DataFrame]


def cast_area(area: AreaFrames, *, events: int = 200, seed: int = 0) -> Cast:
    """People and events for a prepared area.

    Parameters
    ----------
    area
        EPSG:4326; every boundary row with its community code.
    events
        How many to invent.
    seed
        The same area and seed give the same cast.

    Raises
    ------
    BadInput
        If nobody lives in the area.
    """
    codes = read_codes()
    rng = np.random.default_rng([seed, 7])
    spots = _spots(area)
    places = _places(area)
    return Cast(
        services=service_points(places, list(area.boundary["name"]), rng.spawn(1)[0]),
        powers=codes.powers,
        matters=codes.matters,
        people=staff(places, codes.powers, rng),
        events=day_of_events(spots, codes.descriptions, events, rng),
        lists={name: getattr(codes, name) for name in ("limits", "policies", "calendars")},
    )


def write_cast(cast: Cast, folder: Path) -> None:
    """Write the tables as CSV files into a folder, made if missing."""
    names = ("services", "powers", "matters", "people", "events")
    write_tables({name: getattr(cast, name) for name in names} | cast.lists, folder)


def _places(area: AreaFrames) -> Places:
    homes = area.buildings[area.buildings["households"] > 0]
    if homes.empty:
        raise BadInput("no building of the area has households; nobody could be posted there")
    centres = gpd.GeoDataFrame(homes[["households"]], geometry=_centres(homes), crs=WGS84)
    at = centres.sjoin(area.boundary[["geometry"]], predicate="within")
    at = at[~at.index.duplicated()]
    community_codes = list(area.boundary["code"])
    street_codes = sorted({_street(code) for code in community_codes})
    return Places(
        lonlat=np.column_stack([at.geometry.x, at.geometry.y]),
        community=at["index_right"].to_numpy(dtype=np.intp),
        street=np.array([street_codes.index(_street(code)) for code in community_codes]),
        community_code=community_codes,
        street_code=street_codes,
        households=np.bincount(
            at["index_right"], weights=at["households"], minlength=len(community_codes)
        ).astype(np.int64),
    )


def _street(community_code: str) -> str:
    return community_code[: DIGITS["street"]].ljust(12, "0")


def _centres(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return frame.to_crs(metric_crs(frame)).representative_point().to_crs(WGS84)


def _spots(area: AreaFrames) -> pd.DataFrame:
    """Named places inside the area: place (kind), name, lon, lat in degrees, WGS-84."""
    inside = area.boundary.union_all().buffer(0)
    roads = area.barriers.clip(inside).explode(ignore_index=True)
    roads = roads[roads.geom_type == "LineString"]
    in_metres = roads.geometry.to_crs(metric_crs(area.boundary))
    middles = roads.set_geometry(in_metres.interpolate(0.5, normalized=True).to_crs(WGS84))
    homes = area.buildings[area.buildings["households"] > 0]
    shops = area.buildings[area.buildings["kind"].isin(SHOPS)]
    sites = area.special[area.special["kind"].isin(PLACE_OF_SITE)]
    groups = [
        _named(middles, "road", _texts(middles, "name", "路边")),
        _named(_at_centres(homes), "homes", "居民楼"),
        _named(_at_centres(shops), "shop", "沿街商铺"),
        _named(
            _at_centres(sites), sites["kind"].map(PLACE_OF_SITE), _texts(sites, "name", "单位门口")
        ),
    ]
    return pd.concat(groups, ignore_index=True)


def _texts(frame: gpd.GeoDataFrame, column: str, otherwise: str) -> pd.Series | str:
    return frame[column].fillna(otherwise) if column in frame else otherwise


def _at_centres(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame if frame.empty else frame.set_geometry(_centres(frame))


def _named(points: gpd.GeoDataFrame, place: pd.Series | str, name: pd.Series | str) -> pd.DataFrame:
    return pd.DataFrame({"lon": points.geometry.x, "lat": points.geometry.y}).assign(
        place=place, name=name
    )
