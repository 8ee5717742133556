"""Zones whose number of households is known, such as census areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.layers import read_layer
from gridsvc.exchange.rows import rows_named
from gridsvc.planning.households import Scaled

#: Small-area files of Japan's census (e-Stat): the zone's key, and water among the land.
_CENSUS_ID = "KEY_CODE"
_CENSUS_KIND = "HCODE"
_CENSUS_WATER = 8154
#: A zone is enclosed if at most this share of it lies outside: boxes are cut by eye, and a
#: strip along a street at the zone's edge holds no building.
_OUTSIDE_SHARE = 0.01
#: Zones overlapping by more than this share of the smaller are a mistake.
_OVERLAP_SHARE = 0.01


@dataclass(frozen=True)
class Zones:
    """Zones in a metric CRS with their known totals.

    Attributes
    ----------
    frame
        Polygon or MultiPolygon; zone (text).
    totals
        Households per row, int64.
    """

    frame: gpd.GeoDataFrame
    totals: np.ndarray

    def enclosed_by(self, ground: shapely.Geometry) -> np.ndarray:
        """Whether each zone lies wholly on a piece of ground (bool per row)."""
        shapes = self.frame.geometry.values
        outside = shapely.area(shapely.difference(shapes, ground))
        return np.asarray(outside <= _OUTSIDE_SHARE * shapely.area(shapes))

    def report(
        self, buildings: gpd.GeoDataFrame, scaled: Scaled, enclosed: np.ndarray
    ) -> dict[str, Any]:
        """Which zones were scaled and by how much, and which were not and why."""
        estimates = np.zeros(len(self.frame), dtype="int64")
        inside = scaled.zone >= 0
        np.add.at(estimates, scaled.zone[inside], buildings["households"].to_numpy()[inside])
        names = self.frame["zone"].tolist()
        rows = np.flatnonzero(enclosed)
        met = np.zeros(len(self.frame), dtype=bool)
        met[scaled.zone[inside]] = True
        partly = [names[row] for row in np.flatnonzero(~enclosed & met)]
        return {
            "scaled": [
                {
                    "zone": names[row],
                    "households": int(self.totals[row]),
                    "estimated_before": int(estimates[row]),
                }
                for row in rows
                if row not in scaled.unplaced
            ],
            "without_residential_building": [
                {"zone": names[row], "households": int(self.totals[row])} for row in scaled.unplaced
            ],
            "left_estimated_partly_outside": partly,
        }


def read_zones(
    spec: str, households: str, zone_id: str | None, crs: CRS, limits: FileLimits = USUAL
) -> Zones:
    """Read zones and their totals, parts of one zone joined.

    Parameters
    ----------
    spec
        ``FILE`` or ``FILE:layer`` of polygons.
    households
        Column with the known number of households.
    zone_id
        Column whose repeated values are parts of one zone; their numbers are added up.
    crs
        Metric CRS to bring the zones to.
    limits
        How much the file may ask for.

    Raises
    ------
    BadInput
        If the layer cannot be used or its zones overlap.
    """
    wanted = (zone_id,) if zone_id else ()
    frame = read_layer(
        spec, geometry={"polygon"}, columns=wanted, counts=(households,), limits=limits
    )
    if _CENSUS_KIND in frame.columns and _CENSUS_ID in frame.columns:
        frame = frame[frame[_CENSUS_KIND] != _CENSUS_WATER]
    key = zone_id or (_CENSUS_ID if _CENSUS_ID in frame.columns else None)
    frame = frame.reset_index(drop=True)
    frame["zone"] = frame[key].astype(str) if key else (frame.index + 1).astype(str)
    frame = frame[["zone", households, "geometry"]].to_crs(crs)
    joined = frame.dissolve("zone", aggfunc="sum", sort=False, as_index=False)
    _refuse_overlaps(joined, spec)
    return Zones(joined[["zone", "geometry"]], joined[households].to_numpy("int64"))


def _refuse_overlaps(zones: gpd.GeoDataFrame, spec: str) -> None:
    shapes = zones.geometry.values
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    common = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    bad = common > _OVERLAP_SHARE * smaller
    if bad.any():
        first, second = zones["zone"].iloc[left[bad][0]], zones["zone"].iloc[right[bad][0]]
        raise BadInput(
            f"zones {first} and {second} of {spec} overlap ({rows_named(left[bad])}); "
            "each place must lie in one zone"
        )
