"""SQL of the briefing room: names and outlines of divisions, and the ground about a map."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.briefing.map_part import LINES
from gridsvc.briefing.sheet import Ground, no_shapes
from gridsvc.codes import ancestors, code_range
from gridsvc.geo import WGS84

#: More lines or buildings than this are a grey mass on any paper.
MOST_LINES, MOST_BUILDINGS, MOST_OUTLINES = 6000, 6000, 2000

# A street on the border of two communities is kept for both, and drawn once.
_LINES = """
SELECT kind, ST_AsBinary(geom) AS wkb FROM (
    SELECT DISTINCT ON (b.geom) b.class AS kind, b.weight, b.geom FROM barrier b
    WHERE b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
      AND b.class = ANY(CAST(:kinds AS text[]))) AS line
ORDER BY weight DESC, kind LIMIT :limit
"""
_BUILDINGS = """
SELECT ST_AsBinary(b.geom) AS wkb FROM building b
WHERE b.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) LIMIT :limit
"""
# Outlines in the inset are as large as a thumb.
_OUTLINES = """
SELECT code, name, level, ST_AsBinary(ST_SimplifyPreserveTopology(geom, 0.0002)) AS wkb
FROM division
WHERE geom IS NOT NULL AND code >= :low AND code < :high AND code <> :code
ORDER BY code LIMIT :limit
"""
_LEVELS = ("province", "city", "county", "street", "community")


async def ground(session: AsyncSession, bounds: tuple[float, float, float, float]) -> Ground:
    """Streets, waters and buildings within bounds (west, south, east, north, degrees).

    Where there are more buildings than a page can show there are none.
    """
    west, south, east, north = bounds
    box = {"west": west, "south": south, "east": east, "north": north}
    known = {"kinds": list(LINES), "limit": MOST_LINES}
    lines = await _frame(session, _LINES, box | known)
    buildings = await _frame(session, _BUILDINGS, box | {"limit": MOST_BUILDINGS + 1})
    return Ground(lines, buildings if len(buildings) <= MOST_BUILDINGS else buildings[:0])


async def around(session: AsyncSession, code: str) -> gpd.GeoDataFrame:
    """Divisions of one level among which a division lies: of the nearest level that has several.

    Returns
    -------
    GeoDataFrame
        Polygon or MultiPolygon, EPSG:4326; code, name. Empty where nothing about is known.
    """
    found = None
    for above in reversed(ancestors(code)):
        low, high = code_range(above)
        asked = {"low": low, "high": high, "code": above, "limit": MOST_OUTLINES}
        found = await _frame(session, _OUTLINES, asked)
        for level in _LEVELS:
            same = found[found["level"] == level]
            if len(same) > 1:
                return same[["code", "name", "geometry"]]
    return no_shapes(code="str", name="str") if found is None else found[:0]


async def names(session: AsyncSession, division_code: str) -> dict[str, str]:
    """Names of a division and everything in it, by code."""
    low, high = code_range(division_code)
    rows = await session.execute(
        text("SELECT code, name FROM division WHERE code >= :low AND code < :high"),
        {"low": low, "high": high},
    )
    return {row.code: row.name for row in rows}


async def _frame(session: AsyncSession, statement: str, asked: dict[str, Any]) -> gpd.GeoDataFrame:
    result = await session.execute(text(statement), asked)
    rows: Any = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    geometry = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)
