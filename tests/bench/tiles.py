"""What one window of cells costs as vector tiles and as GeoJSON: ``python -m tests.bench.tiles``.

18,000 micro-grids in 6,000 grids of 300 communities over about 36 by 32 km; a window of 1280 by
800 pixels in their middle. Read through the policies, as a district's planner.
"""

import asyncio
import gzip
import json
import shutil
import tempfile
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from gridsvc import migrations
from gridsvc.db import SERVICE_ROLE, Scope, make_engine, transaction
from gridsvc.grids import queries, tile_queries, tiles
from gridsvc.postgis import start
from tests.towns import settle, tile_at

COUNTY = Scope((("990101000000", "990102000000"),))
MIDDLE = (118.78, 32.04)
WIDE, HIGH, TILE = 1280, 800, 256
#: Cells 120 by 10 grids of three micro-grids each, borders with a corner every 30 m or so; what
#: guards ask of real plans is not asked of these.
CITY = [
    "SET LOCAL session_replication_role = replica",
    "INSERT INTO division (code, name, parent_code) SELECT '990101' || lpad((i + 2000)::text, 6,"
    " '0'), '社区' || i, '990101000000' FROM generate_series(1, 300) i",
    "INSERT INTO plan (division_code, state, target, grid_target, seed, wish, report, published_at)"
    " SELECT code, 'published', 100, 300, 0, '{}', '{}', now() FROM division"
    " WHERE name LIKE '社区%'",
    "INSERT INTO grid (plan_id, division_code, code, scheme, kind, households, valid, geom)"
    " SELECT p.id, p.division_code, p.division_code || lpad(g::text, 3, '0'),"
    " (SELECT scheme FROM grid LIMIT 1), 'ordinary', 300, tstzrange(now(), NULL),"
    " ST_Segmentize(ST_MakeEnvelope(x, y, x + 0.0048, y + 0.0038, 4326), 0.0003)"
    " FROM (SELECT *, row_number() OVER (ORDER BY id) - 1 AS n FROM plan"
    "       WHERE division_code LIKE '99010100%' AND jsonb_typeof(report) = 'object'"
    "       AND report = '{}') p,"
    " generate_series(1, 20) g,"
    " LATERAL (SELECT 118.59 + ((p.n * 20 + g) % 80) * 0.0048 AS x,"
    "                 31.90 + ((p.n * 20 + g) / 80) * 0.0038 AS y) AS corner",
    "INSERT INTO micro_grid (plan_id, grid_id, division_code, code, scheme, kind, households,"
    " valid, geom)"
    " SELECT plan_id, id, division_code, code || lpad(m::text, 2, '0'),"
    " (SELECT scheme FROM micro_grid LIMIT 1), kind, 100, valid, ST_Segmentize(ST_MakeEnvelope("
    " ST_XMin(geom) + (m - 1) * 0.0016, ST_YMin(geom), ST_XMin(geom) + m * 0.0016,"
    " ST_YMax(geom), 4326), 0.0003)"
    " FROM grid, generate_series(1, 3) m"
    " WHERE plan_id IN (SELECT id FROM plan WHERE report = '{}')",
]  # fmt: skip


async def prepare(url):
    engine = make_engine(url)
    await migrations.upgrade(engine)
    async with transaction(engine) as session:
        await settle(session)
    async with transaction(engine) as session:
        for statement in CITY:
            await session.execute(text(statement))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    await engine.dispose()


def window(z):
    """Tiles that a window shows at most, and its box in degrees."""
    x, y = tile_at(*MIDDLE, z)
    columns, rows = WIDE // TILE + 1, HIGH // TILE + 1
    shown = [(x + i - columns // 2, y + j - rows // 2) for i in range(columns) for j in range(rows)]
    half_lon, half_lat = 180 / 2**z * WIDE / TILE, 180 / 2**z * HIGH / TILE * 0.85
    lon, lat = MIDDLE
    return shown, (lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)


async def measure_zoom(session, z):
    """A row of the table: milliseconds and kilobytes, gzipped."""
    shown, box = window(z)
    kept, took, found = tiles.Tiles(), [], []
    if z <= tiles.CLOSEST:
        for _ in range(2):
            began = perf_counter()
            version = await tile_queries.version(session)
            found = [await tiles.made(session, kept, version, z, *place) for place in shown]
            took.append((perf_counter() - began) * 1000)
    began = perf_counter()
    asked = {"within": None, "bbox": box, "limit": 20000}
    whole = (await queries.features(session, "micro_grids", **asked)).encode()
    took_whole = (perf_counter() - began) * 1000
    cells = json.loads(whole)
    packed = sum(len(gzip.compress(tile)) for tile in found if tile) / 1000
    made = f"{took[0]:.0f} | {took[1]:.1f} | {packed:.0f}" if found else "- | - | -"
    size = len(gzip.compress(whole)) / 1000
    print(f"| {z} | {made} | {cells['numberReturned']} | {took_whole:.0f} | {size:.0f} |")


async def measure(cluster):
    await prepare(cluster.url)
    print("| z | tiles made, ms | kept, ms | tiles, kB | cells | GeoJSON, ms | GeoJSON, kB |")
    print("|---|---|---|---|---|---|---|")
    engine = make_engine(cluster.url_for(role=SERVICE_ROLE))
    async with transaction(engine, COUNTY) as session:
        for z in (9, 11, 12, 13, 14, 16):
            await measure_zoom(session, z)
    await engine.dispose()


def main():
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    try:
        asyncio.run(measure(cluster))
    finally:
        cluster.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
