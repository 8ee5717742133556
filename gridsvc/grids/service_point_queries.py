"""SQL of service points: where people are served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession


async def communities_at(
    session: AsyncSession, places: Sequence[tuple[float, float]]
) -> list[str | None]:
    """Community each place lies in (longitude, latitude, WGS-84), None where in none."""
    rows = await session.execute(
        text("""
        SELECT (SELECT d.code FROM division d
                WHERE d.level = 'community'
                  AND ST_Covers(d.geom, ST_SetSRID(ST_MakePoint(row.lon, row.lat), 4326))
                ORDER BY d.code LIMIT 1) AS code
        FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[]))
            WITH ORDINALITY AS row (lon, lat, number)
        ORDER BY row.number
        """),
        {"lons": [lon for lon, _ in places], "lats": [lat for _, lat in places]},
    )
    return [row.code for row in rows]


async def replace(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Put service points in place of all those of the same communities.

    Each row has code, division_code, kind, name, lon and lat (WGS-84).
    """
    names = ("code", "division_code", "kind", "name", "lon", "lat")
    columns = {name: [row[name] for row in rows] for name in names}
    await session.execute(
        text("""
        DELETE FROM service_point
        WHERE division_code = ANY(CAST(:divisions AS text[])) OR code = ANY(CAST(:codes AS text[]))
        """),
        {"divisions": sorted(set(columns["division_code"])), "codes": columns["code"]},
    )
    await session.execute(
        text("""
        INSERT INTO service_point (code, division_code, kind, name, geom)
        SELECT code, division_code, kind, name, ST_SetSRID(ST_MakePoint(lon, lat), 4326)
        FROM unnest(CAST(:code AS text[]), CAST(:division_code AS text[]), CAST(:kind AS text[]),
                    CAST(:name AS text[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]))
            AS row (code, division_code, kind, name, lon, lat)
        """),
        columns,
    )


async def known(session: AsyncSession, codes: Sequence[str]) -> set[str]:
    """Which of the codes are service points'."""
    found = await session.scalars(
        text("SELECT code FROM service_point WHERE code = ANY (CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return set(found)


async def households_within(
    session: AsyncSession, low: str, high: str, *, points: Sequence[str], radius_m: float
) -> list[RowMapping]:
    """Households of each community, and how many live so near one of the points; by code.

    A building is where a point inside it lies; metres in a straight line on the ellipsoid.
    """
    rows = await session.execute(
        text("""
        WITH point AS MATERIALIZED (
            SELECT CAST(geom AS geography) AS geog FROM service_point
            WHERE code = ANY (CAST(:points AS text[]))
        ), home AS (
            SELECT division_code, households,
                   CAST(ST_PointOnSurface(geom) AS geography) AS geog FROM building
            WHERE households > 0 AND division_code >= :low AND division_code < :high
        )
        SELECT d.code, d.name, sum(h.households) AS households,
               coalesce(sum(h.households) FILTER (WHERE EXISTS (
                   SELECT FROM point p WHERE ST_DWithin(p.geog, h.geog, :radius_m))), 0) AS within
        FROM home h JOIN division d ON d.code = h.division_code
        GROUP BY d.code, d.name ORDER BY d.code
        """),
        {"low": low, "high": high, "points": list(points), "radius_m": radius_m},
    )
    return list(rows.mappings())
