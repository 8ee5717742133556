"""SQL of vector tiles of the cells in force."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Which plans are in force for whoever asks: a plan that takes effect or ends changes it, and so
# does another scope. The settings are those that the policies themselves read.
_VERSION = text("""
SELECT md5(concat_ws(
    '|', current_setting('gridsvc.low', true), current_setting('gridsvc.high', true),
    current_setting('gridsvc.areas', true),
    (SELECT string_agg(plan_id::text, ',' ORDER BY plan_id)
     FROM (SELECT DISTINCT plan_id FROM grid WHERE valid @> now()) AS in_force)))
""")

# The tile's own reference system is asked of its envelope; the margin is what a client may draw
# beyond the tile's edge, so that borders join.
_TILE = """
WITH square AS (SELECT ST_TileEnvelope(:z, :x, :y) AS inner_box,
                       ST_TileEnvelope(:z, :x, :y, margin => 64.0 / 4096) AS outer_box),
cell AS (
    SELECT t.id, t.code, t.kind, t.households, t.division_code,
           ST_AsMVTGeom(ST_Transform(t.geom, ST_SRID(s.inner_box)), s.inner_box, 4096, 64) AS shape
    FROM square s JOIN {table} t ON t.geom && ST_Transform(s.outer_box, 4326)
    WHERE t.valid @> now()
    ORDER BY t.code
)
SELECT ST_AsMVT(cell, :layer, 4096, 'shape', 'id') FROM cell WHERE shape IS NOT NULL
"""
_TILES = {
    "grids": text(_TILE.format(table="grid")),
    "micro_grids": text(_TILE.format(table="micro_grid")),
}


async def version(session: AsyncSession) -> str:
    """Digest of the caller's scope and of the plans in force in it, 32 hexadecimal digits."""
    return str(await session.scalar(_VERSION))


async def tile(session: AsyncSession, layer: str, z: int, x: int, y: int) -> bytes:
    """Mapbox vector tile of the cells in force that the caller may see; empty where none lie.

    Parameters
    ----------
    layer
        ``grids`` or ``micro_grids``, also the layer's name in the tile. Polygons with their id
        and the columns code, kind, households, division_code.
    z, x, y
        Web Mercator tile, rows counted from the north.
    """
    told = {"layer": layer, "z": z, "x": x, "y": y}
    return bytes(await session.scalar(_TILES[layer], told) or b"")
