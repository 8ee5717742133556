"""SQL of homes, service points and earlier cells, for the themes that compare places."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.geo import WGS84

_HOMES = """
WITH home AS (
    SELECT households, ST_PointOnSurface(geom) AS place FROM building
    WHERE households > 0 AND division_code >= :low AND division_code < :high
)
SELECT m.code AS cell, h.households, ST_X(h.place) AS lon, ST_Y(h.place) AS lat
FROM home h
JOIN micro_grid m ON m.valid @> now() AND ST_Covers(m.geom, h.place)
WHERE m.division_code >= :low AND m.division_code < :high
ORDER BY m.code, lon, lat
"""
# Whoever lives at the border may have the next community's service point at the door.
_SERVICE_POINTS = """
WITH area AS (
    SELECT ST_SetSRID(CAST(ST_Extent(geom) AS geometry), 4326) AS box FROM micro_grid
    WHERE valid @> now() AND division_code >= :low AND division_code < :high
)
SELECT s.name, s.kind, ST_AsBinary(s.geom) AS wkb
FROM service_point s, area
WHERE ST_DWithin(CAST(s.geom AS geography), CAST(area.box AS geography), :radius_m)
ORDER BY s.code
"""
_DEVICES = """
SELECT d.code, d.name, d.kind, d.video_url, ST_AsBinary(d.geom) AS wkb,
       (SELECT count(*) FROM alarm WHERE device_id = d.id
        AND received_at >= now() - make_interval(days => :days)) AS alarms
FROM place_device d
WHERE d.revoked_at IS NULL AND d.division_code >= :low AND d.division_code < :high ORDER BY d.code
"""
# Of each community the plan that was in force right before the one that is.
_BEFORE = """
    SELECT DISTINCT ON (q.division_code) q.id
    FROM plan p JOIN plan q ON q.division_code = p.division_code AND q.state = 'superseded'
    WHERE p.state = 'published' AND p.division_code >= :low AND p.division_code < :high
    ORDER BY q.division_code, q.superseded_at DESC, q.id DESC
"""
_OLD_CELLS = f"""
SELECT code, ST_AsBinary(geom) AS wkb FROM micro_grid WHERE plan_id IN ({_BEFORE}) ORDER BY code
"""  # noqa: S608 - no outside text enters
_MOVED_HOMES = f"""
WITH home AS (
    SELECT households, ST_PointOnSurface(geom) AS place FROM building
    WHERE households > 0 AND division_code >= :low AND division_code < :high
), earlier AS (
    SELECT code, geom FROM micro_grid WHERE plan_id IN ({_BEFORE})
)
SELECT m.code AS cell, o.code AS old_cell, h.households, ST_X(h.place) AS lon,
       ST_Y(h.place) AS lat
FROM home h
JOIN micro_grid m ON m.valid @> now() AND ST_Covers(m.geom, h.place)
LEFT JOIN LATERAL (
    SELECT code FROM earlier WHERE ST_Covers(earlier.geom, h.place) ORDER BY code LIMIT 1
) o ON true
WHERE m.division_code >= :low AND m.division_code < :high
ORDER BY m.code, lon, lat
"""  # noqa: S608


async def homes(session: AsyncSession, division_code: str) -> pd.DataFrame:
    """Buildings with households: cell (code of the micro-grid), households, lon, lat (WGS-84)."""
    return await _rows(session, _HOMES, division_code)


async def service_points(
    session: AsyncSession, division_code: str, radius_m: int
) -> gpd.GeoDataFrame:
    """Service points within so many metres of a division's cells: name, kind, Point, EPSG:4326."""
    return _frame(await _rows(session, _SERVICE_POINTS, division_code, radius_m=radius_m))


async def devices(session: AsyncSession, division_code: str, days: int) -> gpd.GeoDataFrame:
    """Devices in use: code, name, kind, alarms of so many days, video_url, Point, EPSG:4326."""
    return _frame(await _rows(session, _DEVICES, division_code, days=days))


async def old_cells(session: AsyncSession, division_code: str) -> gpd.GeoDataFrame:
    """Micro-grids of the plans right before those in force: code, Polygon, EPSG:4326."""
    return _frame(await _rows(session, _OLD_CELLS, division_code))


async def moved_homes(session: AsyncSession, division_code: str) -> pd.DataFrame:
    """The same as `homes`, and old_cell: code of the micro-grid before, or none."""
    return await _rows(session, _MOVED_HOMES, division_code)


def _frame(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    geometry: Any = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)


async def _rows(
    session: AsyncSession, statement: str, division_code: str, **asked: Any
) -> pd.DataFrame:
    low, high = code_range(division_code)
    result = await session.execute(text(statement), {"low": low, "high": high, **asked})
    return pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
