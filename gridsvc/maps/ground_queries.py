"""SQL of the ground that everybody may see: streets, waters, and the borders of grids."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.grids.queries import Bbox

# A street on the border of two communities is kept for both, and drawn once.
_GROUND = text("""
WITH frame AS (SELECT ST_MakeEnvelope(:west, :south, :east, :north, 4326) AS box),
line AS (
    SELECT DISTINCT ON (ST_AsBinary(b.geom)) b.class AS kind, b.geom
    FROM barrier b, frame WHERE b.geom && frame.box LIMIT :limit
), border AS (
    SELECT 'grid' AS kind, ST_Simplify(g.geom, 0.00001) AS geom
    FROM grid g, frame WHERE g.valid @> now() AND g.geom && frame.box LIMIT :limit
)
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
    json_build_object('type', 'Feature', 'properties', json_build_object('kind', kind),
                      'geometry', CAST(ST_AsGeoJSON(geom, 6) AS json))), '[]'))
FROM (SELECT * FROM border UNION ALL SELECT * FROM line) AS ground
""")


async def ground(session: AsyncSession, bbox: Bbox, *, limit: int) -> dict[str, Any]:
    """Streets, waters and borders of grids in a box, GeoJSON (lines and polygons, WGS-84)."""
    west, south, east, north = bbox
    asked = {"west": west, "south": south, "east": east, "north": north, "limit": limit}
    found: dict[str, Any] = await session.scalar(_GROUND, asked)
    return found
