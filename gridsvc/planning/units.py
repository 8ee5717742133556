"""Stairwell units (单元): the parts of a big building that a cell border may run between.

Homes of one stairwell belong together; those of the next one may well have another grid worker.
A building that holds a good part of a cell's households is therefore divided across its long axis,
again and again, into parts with about the same number of households.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from scipy.optimize import brentq

from gridsvc.planning.arrays import Ints
from gridsvc.planning.inputs import polygon_parts, whole_households

#: Most households of one part, a fifth of a micro-grid, so that parts add up to whole ones.
MOST_HOUSEHOLDS = 20
#: Buildings are not divided into parts smaller than this, m2: they stand for a point.
LEAST_M2 = 1.0


def by_unit(buildings: gpd.GeoDataFrame, *, shared: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """Buildings given by stairwell unit where they hold many households.

    Parameters
    ----------
    buildings
        Polygon in a projected metric CRS; column ``households``, whole numbers >= 0.
    shared
        Further columns of whole numbers >= 0 that the units of a building share, as residents.

    Returns
    -------
    GeoDataFrame
        One row per unit, in the order of the buildings and, inside one, along it; the columns of
        `buildings` (a ``building_id`` gets the unit's number appended) and building (positional
        row of `buildings`), unit (number from 1, 0 where the building was left whole).
        Households of a building are shared evenly and add up to what it had; footprints of its
        units have equal areas and cover it without overlap.

    Raises
    ------
    BadInput
        If `households` cannot be used.
    """
    households = whole_households(buildings)
    shapes = buildings.geometry.to_numpy(dtype=object)
    polygon = shapely.get_type_id(shapes) == int(shapely.GeometryType.POLYGON)
    parts = np.maximum(-(-households // MOST_HOUSEHOLDS), 1)
    divisible = polygon & shapely.is_valid(shapes) & (shapely.area(shapes) >= LEAST_M2 * parts)
    count = np.where(divisible, parts, 1).astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    unit = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    cut = shapes[row]
    for building in np.flatnonzero(count > 1):
        cut[row == building] = divide_across(shapes[building], int(count[building]))
    whole = count[row] == 1
    units = buildings.iloc[row].reset_index(drop=True)
    units["households"] = _shared(households[row], count[row], unit)
    for column in shared:
        units[column] = _shared(units[column].to_numpy(dtype=np.int64), count[row], unit)
    units["building"] = row
    units["unit"] = np.where(whole, 0, unit + 1)
    if "building_id" in units.columns:
        numbered = units["building_id"].astype(str) + "-" + units["unit"].astype(str)
        units["building_id"] = units["building_id"].where(whole, numbered)
    return units.set_geometry(gpd.GeoSeries(cut, crs=buildings.crs))


def divide_across(footprint: shapely.Polygon, count: int) -> list[shapely.Polygon]:
    """A polygon in `count` connected parts of about equal area, cut across its long axis."""
    if count == 1:
        return [footprint]
    half = count // 2
    first, second = _cut(footprint, half / count)
    return [*divide_across(first, half), *divide_across(second, count - half)]


def _cut(footprint: shapely.Polygon, share: float) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Both sides of one cut across the long axis with `share` of the area before it."""
    start, along, across, length, reach = _axes(footprint)

    def before(at: float) -> shapely.Polygon:
        """The strip of ground up to `at` metres along the axis."""
        near, far = start - reach * along, start + at * along
        side = reach * across
        return shapely.Polygon([near - side, near + side, far + side, far - side])

    def missing(at: float) -> float:
        # At the ends the strip's edge lies on the footprint's, where an overlay may say anything.
        if not 0.0 < at < length:
            return (whole if at > 0.0 else 0.0) - wanted
        return float(shapely.area(shapely.intersection(footprint, before(at)))) - wanted

    whole = float(footprint.area)
    wanted = share * whole
    strip = before(brentq(missing, 0.0, length, xtol=1e-3))
    first = polygon_parts(shapely.intersection(footprint, strip))
    second = polygon_parts(shapely.difference(footprint, strip))
    return _two_sides(list(first), list(second))


def _axes(
    footprint: shapely.Polygon,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Start, directions along and across, length and a safe reach of the long axis."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(footprint))[:4]
    sides = corners[[1, 2]] - corners[[0, 1]]
    lengths = np.hypot(*sides.T)
    long = int(lengths.argmax())
    along = sides[long] / lengths[long]
    # The same axis whichever corner the rectangle is said to begin with.
    if tuple(along) < (0.0, 0.0):
        along = -along
    at = (shapely.get_coordinates(footprint.exterior) - corners[0]) @ along
    start = corners[0] + at.min() * along
    across = np.array([-along[1], along[0]])
    return start, along, across, float(np.ptp(at)), 2.0 * float(lengths.sum())


def _two_sides(
    first: list[shapely.Polygon], second: list[shapely.Polygon]
) -> tuple[shapely.Polygon, shapely.Polygon]:
    """One polygon per side: scraps a cut leaves of an angled building join the other side."""
    first.sort(key=shapely.area)
    second.sort(key=shapely.area)
    one, other = first.pop(), second.pop()
    for scrap in first:
        other = _joined(other, scrap)
    for scrap in second:
        one = _joined(one, scrap)
    return one, other


def _joined(side: shapely.Polygon, scrap: shapely.Polygon) -> shapely.Polygon:
    both = shapely.union(side, scrap)
    return both if both.geom_type == "Polygon" else side


def _shared(number: Ints, count: Ints, unit: Ints) -> Ints:
    """Share of each unit: even ones, the first of them one more where they do not divide."""
    share = number // count + (unit < number % count)
    return np.asarray(share, dtype=np.int64)
