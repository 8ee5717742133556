"""The only module that names a coordinate reference system or a datum.

Stored geometry is WGS-84 (EPSG:4326, longitude first). Lengths and areas are computed in a
local metric projection chosen from the place. Every coordinate enters with its datum named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from enum import StrEnum

import coordTransform
import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

from gridsvc.errors import BadInput

WGS84 = CRS.from_epsg(4326)
SRID = 4326

_CGCS2000 = Transformer.from_crs(CRS.from_epsg(4490), WGS84, always_xy=True)
_ELLIPSOID = Geod(ellps="WGS84")
#: Longitudes and latitudes to metres.
Projection = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
#: A straight border longer than this gets corners on the way where it must stay where it is on
#: another map, m; and how far these are apart. A parallel in China bends by 0.05 m in 2 km and by
#: 4 m in 20 km. Corners are so close together that what is left of it, and of the bend of a
#: geodesic, is less than the square metre by which a published cell may leave its community.
_LONG_M, _CORNERS_M = 300.0, 15.0
#: Fixed-point steps that bring the inverse GCJ-02 shift below a millimetre.
_INVERSE_STEPS = 4


class Datum(StrEnum):
    """Datum in which a longitude and latitude are given.

    Phones and maps in China speak GCJ-02 (Amap, Tencent) or BD-09 (Baidu), about 500 m away
    from WGS-84: more than a micro-grid. A coordinate without a datum is therefore refused.
    """

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"
    CGCS2000 = "cgcs2000"


_FORWARD: dict[Datum, Callable[[float, float], list[float]]] = {
    Datum.GCJ02: coordTransform.wgs84_to_gcj02,
    Datum.BD09: coordTransform.wgs84_to_bd09,
}
_INVERSE: dict[Datum, Callable[[float, float], list[float]]] = {
    Datum.GCJ02: coordTransform.gcj02_to_wgs84,
    Datum.BD09: coordTransform.bd09_to_wgs84,
}


def to_wgs84(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    """Longitude and latitude in WGS-84 of a point given in another datum.

    The published inverse of the GCJ-02 shift is off by 0.7 to 2.1 m; a few fixed-point steps
    over the forward shift remove that.

    Parameters
    ----------
    lon, lat
        Degrees in `datum`.
    datum
        Datum of the input. CGCS2000 means EPSG:4490, identical to WGS-84 within decimetres.

    Returns
    -------
    tuple of float
        Longitude and latitude in degrees, EPSG:4326.

    Raises
    ------
    BadInput
        If a value is not finite or lies outside the globe.
    """
    _check_on_globe(lon, lat)
    if datum is Datum.WGS84:
        return lon, lat
    if datum is Datum.CGCS2000:
        x, y = _CGCS2000.transform(lon, lat)
        return float(x), float(y)
    x, y = _INVERSE[datum](lon, lat)
    for _ in range(_INVERSE_STEPS):
        there_x, there_y = _FORWARD[datum](x, y)
        x, y = x + lon - there_x, y + lat - there_y
    # BD-09 is shifted everywhere, at the edge of the world off it.
    _check_on_globe(x, y)
    return x, y


def _check_on_globe(lon: float, lat: float) -> None:
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise BadInput(
            f"lon {lon} and lat {lat} are no place on Earth; give degrees with "
            "-180 <= lon <= 180 and -90 <= lat <= 90"
        )


def from_wgs84(lon: float, lat: float, datum: Datum) -> tuple[float, float]:
    """Longitude and latitude in `datum` of a WGS-84 point, in degrees."""
    if datum is Datum.WGS84:
        return lon, lat
    if datum is Datum.CGCS2000:
        x, y = _CGCS2000.transform(lon, lat, direction="INVERSE")
        return float(x), float(y)
    x, y = _FORWARD[datum](lon, lat)
    return x, y


class Reference(StrEnum):
    """What coordinates of a file are in, for files that cannot say it, or are to be written."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    CGCS2000_METRIC = "cgcs2000_metric"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def reference_crs(reference: Reference, lon: float) -> CRS:
    """CRS of a file at a longitude.

    Parameters
    ----------
    reference
        `CGCS2000_METRIC` is the 3-degree Gauss-Krüger zone (EPSG:4534 to 4554, false easting
        without the zone's number). GCJ-02 and BD-09 have no CRS; their degrees go by `from_datum`.

    Raises
    ------
    BadInput
        If the place has no such zone: they reach from 73.5 to 136.5 degrees east.
    """
    if reference is not Reference.CGCS2000_METRIC:
        return CRS.from_epsg(4490) if reference is Reference.CGCS2000 else WGS84
    zone = round(lon / 3)
    if not 25 <= zone <= 45:
        raise BadInput(f"longitude {lon:.1f} lies in no metric zone of CGCS2000; choose degrees")
    return CRS.from_epsg(4534 + zone - 25)


def from_datum(shapes: NDArray[np.object_], datum: Datum) -> NDArray[np.object_]:
    """Geometries in degrees of a datum brought to WGS-84, EPSG:4326; see `to_wgs84`."""

    def there(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([to_wgs84(float(x), float(y), datum) for x, y in points]).reshape(-1, 2)

    return np.asarray(shapely.transform(shapes, there), dtype=object)


def metric_crs(frame: gpd.GeoDataFrame) -> CRS:
    """Local equal-area projection in metres for the place a frame covers.

    A Lambert azimuthal equal-area projection on the centre of the frame's bounds: areas are
    true, and lengths within a city are true to better than one part in ten thousand.

    Parameters
    ----------
    frame
        Any geometry, any declared CRS, at least one geometry that is not empty.

    Returns
    -------
    pyproj.CRS
        Projected CRS, unit metre.

    Raises
    ------
    BadInput
        If the frame is empty or its coordinates cannot be brought to WGS-84.
    """
    west, south, east, north = wgs84_bounds(frame)
    lon, lat = (west + east) / 2, (south + north) / 2
    return CRS.from_proj4(
        f"+proj=laea +lat_0={lat:.5f} +lon_0={lon:.5f} +datum=WGS84 +units=m +no_defs"
    )


def metric_projection(bounds: tuple[float, float, float, float]) -> Projection:
    """Projection of WGS-84 points to metres, for the place some bounds in degrees cover.

    Parameters
    ----------
    bounds
        West, south, east and north, degrees.

    Returns
    -------
    callable
        Takes longitudes and latitudes, gives an array of shape (n, 2) in metres. The projection
        is that of `metric_crs`.
    """
    crs = metric_crs(gpd.GeoDataFrame(geometry=[shapely.box(*bounds)], crs=WGS84))
    there = Transformer.from_crs(WGS84, crs, always_xy=True)

    def project(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(there.transform(lon, lat))

    return project


def geodesic_m(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    other_lon: NDArray[np.float64],
    other_lat: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Metres on the ellipsoid between points in degrees, WGS-84, pair by pair."""
    metres: NDArray[np.float64] = _ELLIPSOID.inv(lon, lat, other_lon, other_lat)[2]
    return metres


def project(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Bring a frame to the local metric projection, long straight borders with it.

    A border that is straight between two corners far apart in degrees is bent in metres. Corners
    set on the way keep it where it is: cells drawn along it neither leave the border nor fall
    short of it when they are brought back.

    Parameters
    ----------
    frame
        Polygon or MultiPolygon, EPSG:4326.
    crs
        CRS of `metric_crs`.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy in `crs`. Stretches longer than 300 m have corners 15 m apart; all others are
        brought over vertex by vertex. Polygons beside MultiPolygons become such too.
    """
    flat = frame.to_crs(crs)
    if frame.geometry.is_empty.all():
        return flat
    kind, corners, offsets = shapely.to_ragged_array(frame.geometry.to_numpy(dtype=object))
    _, metres, _ = shapely.to_ragged_array(flat.geometry.to_numpy(dtype=object))
    length = np.r_[np.hypot(*np.diff(metres, axis=0).T), 0.0]
    length[offsets[0][1:] - 1] = 0  # from the end of a ring to the next one
    steps = np.where(length > _LONG_M, np.ceil(length / _CORNERS_M), 1).astype(np.int64)
    first = np.r_[0, np.cumsum(steps)]
    share = (np.arange(first[-1]) - np.repeat(first[:-1], steps)) / np.repeat(steps, steps)
    ahead = np.repeat(np.diff(corners, axis=0, append=corners[-1:]), steps, axis=0)
    corners = np.repeat(corners, steps, axis=0) + share[:, np.newaxis] * ahead
    shapes = shapely.from_ragged_array(kind, corners, (first[offsets[0]], *offsets[1:]))
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs)).to_crs(crs)


def unproject(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """Bring a frame from the local metric projection to another CRS, to the micrometre.

    PROJ inverts the equal-area projection by a truncated series, 1.2 mm off in China: enough
    to show as gaps between a small community and its cells. One fixed-point step over the
    exact forward projection removes that. Equal vertices stay equal.

    Parameters
    ----------
    frame
        Any geometry in the CRS of `metric_crs`.
    crs
        CRS wanted.

    Returns
    -------
    geopandas.GeoDataFrame
        A copy in `crs`.
    """
    there = Transformer.from_crs(frame.crs, crs, always_xy=True)

    def exactly(points: NDArray[np.float64]) -> NDArray[np.float64]:
        back = there.transform(*there.transform(*points.T), direction="INVERSE")
        return np.column_stack(there.transform(*(2 * points.T - np.array(back))))

    shapes = shapely.transform(frame.geometry.to_numpy(), exactly)
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=crs))


def wgs84_bounds(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """West, south, east and north of a frame in degrees, EPSG:4326.

    Raises
    ------
    BadInput
        If the frame has no CRS, is empty, or lies off the globe.
    """
    if frame.crs is None:
        raise BadInput("the layer declares no CRS; assign the one it was made in")
    if frame.empty or frame.geometry.is_empty.all():
        raise BadInput("the layer holds no geometry")
    box = gpd.GeoSeries([shapely.box(*frame.total_bounds)], crs=frame.crs)
    try:
        bounds = box.to_crs(WGS84).total_bounds
    except CRSError as failure:
        raise BadInput(f"the layer's CRS cannot be brought to WGS-84: {failure}") from failure
    west, south, east, north = (float(value) for value in bounds)
    off_globe = not all(map(math.isfinite, (west, south, east, north)))
    if off_globe or west < -180 or east > 180 or south < -90 or north > 90:
        raise BadInput(
            f"the layer's coordinates {tuple(frame.total_bounds)} are no place on Earth in its "
            f"CRS {frame.crs.name}; check the coordinates and the declared CRS"
        )
    return west, south, east, north


def knows_crs(name: str) -> bool:
    """Whether a name such as ``EPSG:4490`` or ``urn:ogc:def:crs:OGC:1.3:CRS84`` is of a CRS."""
    if not re.fullmatch(r"[\w:./-]+", name):  # no definition that refers to files
        return False
    try:
        CRS.from_user_input(name)
    except CRSError:
        return False
    return True


def named_crs(name: str) -> CRS | None:
    """CRS of a name as `knows_crs` knows it; none of any other."""
    return CRS.from_user_input(name) if knows_crs(name) else None


def is_metric(frame: gpd.GeoDataFrame) -> bool:
    """Whether a frame's CRS is projected with the metre as unit."""
    crs = frame.crs
    return crs is not None and crs.is_projected and crs.axis_info[0].unit_name == "metre"
