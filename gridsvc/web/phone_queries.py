"""SQL of the pages for phones: what can be reported, and where their maps begin."""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_MATTERS = text("""
SELECT coalesce(p.name, m.name) AS among, m.code, m.name
FROM matter m LEFT JOIN matter p ON p.code = m.parent_code
WHERE NOT EXISTS (SELECT FROM matter c WHERE c.parent_code = m.code)
ORDER BY coalesce(p.code, m.code), m.code
""")

_MIDDLE = text("""
SELECT round(ST_X(middle)::numeric, 5)::float8, round(ST_Y(middle)::numeric, 5)::float8
FROM (SELECT ST_Centroid(CAST(ST_Extent(geom) AS geometry)) AS middle
      FROM grid WHERE valid @> now()) AS extent
WHERE middle IS NOT NULL
""")


async def matter_groups(session: AsyncSession) -> list[tuple[str, list[tuple[str, str]]]]:
    """Matters that can be reported, as code and name, under the name of what they are among."""
    rows = (await session.execute(_MATTERS)).all()
    return [
        (among, [(row.code, row.name) for row in rows_of])
        for among, rows_of in groupby(rows, key=lambda row: row.among)
    ]


async def middle(session: AsyncSession) -> tuple[float, float] | None:
    """Longitude and latitude (WGS-84) of the middle of all grids in force, or none."""
    row = (await session.execute(_MIDDLE)).first()
    return (row[0], row[1]) if row else None
