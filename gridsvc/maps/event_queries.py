"""SQL of the themes that tell of events by matter, place and period."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.geo import WGS84

_IN_AREA = "m.valid @> now() AND m.division_code >= :low AND m.division_code < :high"
#: A matter and all below it; every event where none is chosen.
OF_MATTER = """(CAST(:matter AS text) IS NULL OR e.matter_code IN (
    WITH RECURSIVE below AS (
        SELECT code FROM matter WHERE code = :matter
        UNION ALL SELECT o.code FROM matter o JOIN below b ON o.parent_code = b.code)
    SELECT code FROM below))"""
# A root and what stands right below one are classes; what is below those belongs to them.
_CLASSES = """
class AS (
    SELECT a.code, a.code AS class FROM matter a LEFT JOIN matter p ON p.code = a.parent_code
    WHERE p.parent_code IS NULL
    UNION ALL
    SELECT a.code, c.class FROM class c JOIN matter a ON a.parent_code = c.code
    JOIN matter p ON p.code = c.code WHERE p.parent_code IS NOT NULL
)"""
_BY_CLASS = f"""
WITH RECURSIVE {_CLASSES}
SELECT m.code, c.class, count(e.id) AS number
FROM micro_grid m
LEFT JOIN event e ON ST_Covers(m.geom, e.geom) AND e.received_at >= :begin
    AND e.received_at < :end AND {OF_MATTER}
LEFT JOIN class c ON c.code = e.matter_code
WHERE {_IN_AREA} GROUP BY m.code, c.class ORDER BY m.code, c.class
"""  # noqa: S608 - no outside text enters
_POINTS = f"""
WITH RECURSIVE {_CLASSES}
SELECT ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, c.class, t.name AS matter, e.state,
       to_char(e.received_at AT TIME ZONE :zone, 'YYYY-MM-DD') AS day, m.code AS cell
FROM event e
JOIN micro_grid m ON ST_Covers(m.geom, e.geom)
JOIN matter t ON t.code = e.matter_code
JOIN class c ON c.code = e.matter_code
WHERE {_IN_AREA} AND e.received_at >= :begin AND e.received_at < :end AND {OF_MATTER}
ORDER BY e.received_at DESC, e.id LIMIT :most
"""  # noqa: S608
_TWO_PERIODS = f"""
SELECT m.code,
       count(e.id) FILTER (WHERE e.received_at < :end_before) AS before,
       count(e.id) FILTER (WHERE e.received_at >= :begin_after) AS after
FROM micro_grid m
LEFT JOIN event e ON ST_Covers(m.geom, e.geom) AND {OF_MATTER}
    AND e.received_at >= :begin_before AND e.received_at < :end_after
WHERE {_IN_AREA} GROUP BY m.code ORDER BY m.code
"""  # noqa: S608

Moments = tuple[datetime, datetime]


async def matter_name(session: AsyncSession, code: str) -> str | None:
    """Name of a matter or class of matters, None if there is none."""
    name: str | None = await session.scalar(
        text("SELECT name FROM matter WHERE code = :code"), {"code": code}
    )
    return name


async def class_names(session: AsyncSession) -> dict[str, str]:
    """Names of matters and classes by code."""
    rows = await session.execute(text("SELECT code, name FROM matter"))
    return {row.code: row.name for row in rows}


async def by_class(
    session: AsyncSession, division_code: str, when: Moments, matter: str | None
) -> pd.DataFrame:
    """By micro-grid code: events received from a moment to another, one column for each class."""
    rows = await _rows(session, _BY_CLASS, division_code, begin=when[0], end=when[1], matter=matter)
    table = rows.pivot_table(
        index="code", columns="class", values="number", aggfunc="sum", dropna=False
    )
    named = table.loc[:, [name for name in table.columns if isinstance(name, str)]]
    return named.reindex(rows["code"].unique()).fillna(0).astype(int)


async def points(
    session: AsyncSession,
    division_code: str,
    when: Moments,
    matter: str | None,
    *,
    zone: str,
    most: int,
) -> gpd.GeoDataFrame:
    """Events received from a moment to another, the newest first: Point, EPSG:4326.

    Columns are class (code), matter (name), state, day (in the zone) and cell (code of the
    micro-grid it lies in); nothing of who reported it or what was written.
    """
    rows = await _rows(
        session,
        _POINTS,
        division_code,
        begin=when[0],
        end=when[1],
        matter=matter,
        zone=zone,
        most=most,
    )
    places = gpd.points_from_xy(rows.pop("lon"), rows.pop("lat"))
    return gpd.GeoDataFrame(rows, geometry=places, crs=WGS84)


async def two_periods(
    session: AsyncSession, division_code: str, before: Moments, after: Moments, matter: str | None
) -> pd.DataFrame:
    """By micro-grid code: events received in each of two periods, before and after."""
    rows = await _rows(
        session,
        _TWO_PERIODS,
        division_code,
        begin_before=before[0],
        end_before=before[1],
        begin_after=after[0],
        end_after=after[1],
        matter=matter,
    )
    return rows.set_index("code")


async def _rows(
    session: AsyncSession, statement: str, division_code: str, **asked: Any
) -> pd.DataFrame:
    low, high = code_range(division_code)
    result = await session.execute(text(statement), {"low": low, "high": high, **asked})
    return pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
