"""SQL of the layers of a coverage map, one query per layer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.geo import WGS84

_MICRO_GRIDS = """
SELECT m.code, g.code AS grid_code, d.name || ' ' || right(m.code, 5) AS name, m.kind,
       m.households, ST_AsBinary(m.geom) AS wkb,
       (SELECT count(*) FROM grid_post p WHERE p.grid_id = m.grid_id) AS workers,
       (SELECT count(*) FROM micro_grid_post p WHERE p.micro_grid_id = m.id) AS liaisons
FROM micro_grid m
JOIN grid g ON g.id = m.grid_id
JOIN division d ON d.code = m.division_code
WHERE m.valid @> now() AND m.division_code >= :low AND m.division_code < :high
ORDER BY m.code
"""
_GRIDS = """
SELECT g.code, d.name || ' ' || right(g.code, 3) AS name, g.kind, g.households,
       ST_AsBinary(g.geom) AS wkb,
       (SELECT count(*) FROM grid_post p WHERE p.grid_id = g.id) AS workers
FROM grid g
JOIN division d ON d.code = g.division_code
WHERE g.valid @> now() AND g.division_code >= :low AND g.division_code < :high
ORDER BY g.code
"""
# Officers belong to a street and work in its communities: whoever stands in the division counts.
# A map is made to be passed on: people are shown in the micro-grid they are in, not where.
# Those in one micro-grid stand in a row, so that each can be seen.
_PEOPLE = """
SELECT p.code, p.name_masked AS label, p.role, p.on_duty, ST_AsBinary(ST_Translate(
           ST_PointOnSurface(m.geom),
           0.0001 * (row_number() OVER (PARTITION BY m.id ORDER BY p.code) - 1), 0)) AS wkb
FROM person p
JOIN position s ON s.person_id = p.id
JOIN micro_grid m ON m.valid @> now() AND m.geom && CAST(s.geog AS geometry)
    AND ST_Covers(m.geom, CAST(s.geog AS geometry))
WHERE (p.division_code >= :low AND p.division_code < :high)
   OR (m.division_code >= :low AND m.division_code < :high)
ORDER BY p.code
"""
_EVENTS = """
SELECT e.id AS event_id, m.name AS matter, e.description, e.state,
       ST_AsBinary(e.geom) AS wkb,
       CASE WHEN e.handler_id IS NOT NULL THEN (
           SELECT a.person_name FROM assignment a
           WHERE a.event_id = e.id ORDER BY a.id DESC LIMIT 1) END AS handler
FROM event e
JOIN matter m ON m.code = e.matter_code
WHERE e.state NOT IN ('CLOSED', 'REJECTED')
  AND e.division_code >= :low AND e.division_code < :high
ORDER BY e.id
"""
_LAYERS = {"micro_grids": _MICRO_GRIDS, "grids": _GRIDS, "people": _PEOPLE, "events": _EVENTS}


async def layer(session: AsyncSession, name: str, division_code: str) -> gpd.GeoDataFrame:
    """One layer of the coverage map of a division, EPSG:4326; names are masked.

    Parameters
    ----------
    name
        micro_grids, grids, people or events.
    """
    low, high = code_range(division_code)
    result = await session.execute(text(_LAYERS[name]), {"low": low, "high": high})
    rows: Any = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    geometry = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)


async def targets(session: AsyncSession, division_code: str) -> list[int]:
    """Households per micro-grid that the published plans of a division aim at."""
    low, high = code_range(division_code)
    rows = await session.scalars(
        text(
            "SELECT DISTINCT target FROM plan WHERE state = 'published'"
            " AND division_code >= :low AND division_code < :high ORDER BY target"
        ),
        {"low": low, "high": high},
    )
    return list(rows)


async def widest_division(session: AsyncSession) -> str | None:
    """Code of the smallest division that holds every published plan; none without plans."""
    row = (
        await session.execute(
            text(
                "SELECT min(division_code) AS low, max(division_code) AS high"
                " FROM plan WHERE state = 'published'"
            )
        )
    ).one()
    if row.low is None:
        return None
    code: str | None = await session.scalar(
        text("""
        WITH RECURSIVE up AS (
            SELECT code, parent_code FROM division WHERE code = :low
            UNION ALL
            SELECT d.code, d.parent_code FROM division d JOIN up ON d.code = up.parent_code
        )
        SELECT code FROM up
        WHERE code = :high OR left(code, length(rtrim(code, '0'))) =
              left(:high, length(rtrim(code, '0')))
        ORDER BY code DESC LIMIT 1
        """),
        {"low": row.low, "high": row.high},
    )
    return code


async def plan_told(session: AsyncSession, plan_id: int) -> RowMapping | None:
    """A plan's report, when it was made, its community, and the plan before it."""
    found = await session.execute(
        text("""
        SELECT p.report, p.created_at, p.division_code, d.name,
               (SELECT q.id FROM plan q
                WHERE q.division_code = p.division_code AND q.published_at < p.created_at
                ORDER BY q.published_at DESC LIMIT 1) AS before
        FROM plan p JOIN division d ON d.code = p.division_code WHERE p.id = :id
        """),
        {"id": plan_id},
    )
    return found.mappings().first()


async def plan_cells(session: AsyncSession, plan_id: int) -> gpd.GeoDataFrame:
    """Micro-grids of a plan whatever its state: code, kind, households, Polygon in EPSG:4326."""
    result = await session.execute(
        text("""
        SELECT code, kind, households, ST_AsBinary(geom) AS wkb FROM micro_grid
        WHERE plan_id = :id ORDER BY code
        """),
        {"id": plan_id},
    )
    rows: Any = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    geometry = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)


async def who_has(session: AsyncSession, plan_id: int, codes: list[str]) -> dict[str, str]:
    """Masked names of those posted to some micro-grids of a plan, by the micro-grid's code."""
    rows = await session.execute(
        text("""
        SELECT m.code, string_agg(p.name_masked, '、' ORDER BY p.code) AS names
        FROM micro_grid m
        JOIN micro_grid_post s ON s.micro_grid_id = m.id
        JOIN person p ON p.id = s.person_id
        WHERE m.plan_id = :id AND m.code = ANY(CAST(:codes AS text[]))
        GROUP BY m.code
        """),
        {"id": plan_id, "codes": codes},
    )
    return {row.code: row.names for row in rows}
