"""How many households live in a building: estimated from floor area, scaled to known totals.

Where a register tells the number, that number is used instead and nothing here is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

#: Building floor area per household in flats, m2.
FLAT_M2 = 92.0
#: The same in one-family houses.
HOUSE_M2 = 150.0
#: Share of a footprint times its storeys that belongs to dwellings: the rest is shops on the
#: ground floor, plant, passages, and what an outline drawn round eaves and balconies adds.
EFFICIENCY = 0.85
#: A footprint below this is a shed, a kiosk or a stairhead.
MIN_FOOTPRINT_M2 = 25.0

_HOUSES = {
    *("house", "detached", "semidetached_house", "terrace", "bungalow", "farm", "cabin"),
    *("villa", "static_caravan", "houseboat"),
}
_FLATS = {"apartments", "residential", "tenement"}
#: Share of the floor that is dwellings, for kinds that are neither all nor nothing. About half
#: of what is drawn as plain "building" in town centres is offices, shops and institutions.
_PART_RESIDENTIAL = {"unknown": 0.5, "mixed": 0.3, "mixed_use": 0.5}
#: Plain buildings with a larger footprint are seldom lived in: halls, malls, stations; m2.
_HALL_M2 = 2_000.0
_HALL_SHARE = 0.1
#: A tower on a podium: storeys above the sixth are no larger than a tower's floor, m2.
_PODIUM_STOREYS = 6.0
_TOWER_FLOOR_M2 = 1_500.0
#: Storeys of a plain building by footprint (m2 up to, storeys): huts, town houses, and the
#: six-storey walk-up that is both the commonest tag and, without a lift, the legal limit.
_STOREYS_BY_SIZE = ((60.0, 1), (150.0, 2), (300.0, 4), (np.inf, 6))
_HOUSE_STOREYS = 2
_FLATS_STOREYS = 6


@dataclass(frozen=True)
class Scaled:
    """Households after scaling to known totals.

    Attributes
    ----------
    households
        int64 per building.
    zone
        Positional row of the zone each building belongs to, -1 for none.
    unplaced
        Positional rows of zones with a total but no residential building: nobody was placed.
    """

    households: np.ndarray
    zone: np.ndarray
    unplaced: list[int]


def estimate(buildings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Estimate the households of each building from its floor area and kind.

    households = footprint x storeys x residential share x 0.85 / floor area per household,
    rounded; storeys above the sixth count at most 1,500 m2 each (a tower on its podium), a
    one-family house holds at least one. Kinds that are not lived in (school,
    office, retail, industrial ...) hold none, plain buildings of untold use count half,
    and a tenth above 2,000 m2 of footprint.
    A known number of flats is taken as it is.

    Parameters
    ----------
    buildings
        Polygon in a projected metric CRS; kind (text, words of OpenStreetMap's ``building``
        tag, ``unknown``, ``mixed``), levels (int, may be null), flats (int, may be null).

    Returns
    -------
    pandas.DataFrame
        On the index of `buildings`: households (int64), estimated (bool, False where flats are
        known), dwelling_floor_m2 (float: 0 where nobody can live).

    Notes
    -----
    Source: China Population Census Yearbook 2020 (National Bureau of Statistics): 92.17 m2 of
    building floor area per family household in cities, 111.18 m2 nationwide; close to Japan's
    93.04 m2 per dwelling (Housing and Land Survey 2018). Houses are larger than the mean. The
    storeys assumed where none is tagged, the efficiency and the shares are judgement.
    """
    kind = buildings["kind"].fillna("unknown").astype(str)
    area_m2 = pd.Series(shapely.area(buildings.geometry.values), index=buildings.index)
    storeys = buildings["levels"].astype("Float64").fillna(_default_storeys(kind, area_m2))
    floor_m2 = _floor_m2(area_m2, storeys.astype(float))
    floor_m2 *= EFFICIENCY * _residential_share(kind, area_m2)
    floor_m2[area_m2 < MIN_FOOTPRINT_M2] = 0.0
    house = kind.isin(_HOUSES)
    count = (floor_m2 / np.where(house, HOUSE_M2, FLAT_M2)).round().clip(lower=0)
    count[house & (floor_m2 > 0)] = count[house & (floor_m2 > 0)].clip(lower=1)
    flats = buildings["flats"].astype("Float64")
    known = flats.notna()
    floor_m2[known & (flats > 0) & (floor_m2 == 0)] = FLAT_M2
    return pd.DataFrame(
        {
            "households": flats.fillna(count).astype("int64"),
            "estimated": ~known.astype(bool),
            "dwelling_floor_m2": floor_m2.where(~(known & (flats == 0)), 0.0),
        }
    )


def scale_to_zones(
    buildings: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, totals: np.ndarray
) -> Scaled:
    """Give each zone exactly its known number of households.

    Known buildings keep their number as long as the zone's total allows; the rest is shared
    among its estimated buildings in proportion to dwelling floor area by largest remainders
    (Hamilton's method). Ties fall to the earlier row, so the result is the same every time.

    Parameters
    ----------
    buildings
        Polygon; households, estimated, dwelling_floor_m2 as `estimate` returns them.
    zones
        Polygon or MultiPolygon in the same metric CRS, not overlapping. A building belongs to
        the zone with which it shares most area.
    totals
        Households per zone, whole; negative = unknown: the estimate of its buildings stays.

    Returns
    -------
    Scaled

    Raises
    ------
    ValueError
        If the two frames have different CRSs or `totals` does not match `zones`.
    """
    if buildings.crs != zones.crs or len(totals) != len(zones):
        raise ValueError("buildings and zones need one CRS, and one total per zone")
    zone = largest_share(buildings.geometry.values, zones.geometry.values)[0]
    households = buildings["households"].to_numpy("int64", copy=True)
    floor_m2 = buildings["dwelling_floor_m2"].to_numpy(float)
    known = ~buildings["estimated"].to_numpy(bool)
    unplaced = []
    for row in np.flatnonzero(np.asarray(totals) >= 0):
        inside = np.flatnonzero(zone == row)
        total = int(totals[row])
        if floor_m2[inside].sum() > 0 or total == 0:
            households[inside] = _fill(total, households[inside], floor_m2[inside], known[inside])
        else:
            households[inside] = 0
            unplaced.append(int(row))
    return Scaled(households, zone, unplaced)


def largest_share(shapes: np.ndarray, areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row of the area each polygon shares most ground with (-1: none), and that share.

    Parameters
    ----------
    shapes, areas
        Arrays of valid polygons in one metric CRS. Of equal shares the earlier area wins.

    Returns
    -------
    owner, share
        int64 row of `areas` or -1, and the part of the polygon inside it, 0 to 1.
    """
    owner = np.full(len(shapes), -1, dtype="int64")
    share = np.zeros(len(shapes))
    found, area = shapely.STRtree(areas).query(shapes, predicate="intersects")
    whole = shapely.contains_properly(areas[area], shapes[found])
    common = np.ones(len(found))
    common[~whole] = shapely.area(
        shapely.intersection(shapes[found[~whole]], areas[area[~whole]])
    ) / np.maximum(shapely.area(shapes[found[~whole]]), 1e-9)
    order = np.lexsort((area, -common, found))
    rows, first = np.unique(found[order], return_index=True)
    best = order[first]
    best = best[common[best] > 0]
    rows = found[best]
    owner[rows], share[rows] = area[best], common[best]
    return owner, share


def largest_remainder(total: int, weights: np.ndarray) -> np.ndarray:
    """Whole numbers in proportion to `weights` (sum > 0) that add up to `total` exactly."""
    quota = total * (weights / weights.sum())
    whole: np.ndarray = np.floor(quota).astype("int64")
    left = total - int(whole.sum())
    # Nobody is placed where the weight is nought, however the remainders fall.
    remainder = np.where(weights > 0, quota - whole, -np.inf)
    whole[np.argsort(-remainder, kind="stable")[:left]] += 1
    return whole


def _fill(
    total: int, households: np.ndarray, floor_m2: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """Households of one zone's buildings so that they add up to its total."""
    filled = np.zeros(len(households), dtype="int64")
    if total == 0:
        return filled
    rest = total - int(households[known].sum())
    open_floor_m2 = np.where(known, 0.0, floor_m2)
    if rest >= 0 and (open_floor_m2.sum() > 0 or rest == 0):
        filled[known] = households[known]
        if rest > 0:
            filled += largest_remainder(rest, open_floor_m2)
        return filled
    # The register and the total contradict each other: the total holds, shared by what is known.
    weights = np.where(known & (households > 0), households * FLAT_M2, floor_m2)
    return largest_remainder(total, weights)


def _default_storeys(kind: pd.Series, area_m2: pd.Series) -> pd.Series:
    limits = np.array([limit for limit, _ in _STOREYS_BY_SIZE])
    by_size = np.array([storeys for _, storeys in _STOREYS_BY_SIZE])
    storeys = by_size[np.searchsorted(limits, area_m2.to_numpy())]
    storeys = np.where(kind.isin(_FLATS), _FLATS_STOREYS, storeys)
    return pd.Series(np.where(kind.isin(_HOUSES), _HOUSE_STOREYS, storeys), kind.index)


def _floor_m2(area_m2: pd.Series, storeys: pd.Series) -> pd.Series:
    podium = storeys.clip(upper=_PODIUM_STOREYS)
    return area_m2 * podium + area_m2.clip(upper=_TOWER_FLOOR_M2) * (storeys - podium)


def _residential_share(kind: pd.Series, area_m2: pd.Series) -> pd.Series:
    share = kind.map(_PART_RESIDENTIAL).fillna(0.0).astype(float)
    share = share.where((area_m2 <= _HALL_M2) | (share == 0), _HALL_SHARE)
    return share.where(~kind.isin(_HOUSES | _FLATS), 1.0)
