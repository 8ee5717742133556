"""SQL of the background of a map: the streets, waters and buildings a division was loaded with."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.geo import WGS84

# A street on the border of two communities is kept for both, and drawn once.
_GROUND = """
SELECT DISTINCT ON (ST_AsBinary(geom)) "class" AS kind, ST_AsBinary(geom) AS wkb FROM barrier
WHERE division_code >= :low AND division_code < :high
"""
_BUILDINGS = """
SELECT 'building' AS kind, ST_AsBinary(geom) AS wkb FROM building
WHERE division_code >= :low AND division_code < :high
ORDER BY ST_Area(geom) DESC, id LIMIT :most
"""


async def ground(session: AsyncSession, division_code: str, most: int) -> gpd.GeoDataFrame:
    """Barriers and the largest so many buildings: kind, LineString or Polygon, EPSG:4326."""
    low, high = code_range(division_code)
    asked = {"low": low, "high": high}
    found: list[Any] = [*(await session.execute(text(_GROUND), asked)).mappings()]
    found += (await session.execute(text(_BUILDINGS), asked | {"most": most})).mappings()
    rows = pd.DataFrame(found, columns=["kind", "wkb"])
    geometry: Any = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)
