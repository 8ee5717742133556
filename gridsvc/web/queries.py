"""SQL of the figures on the landing page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class TownFigures:
    """What the landing page says of the place: counts of what is in force at `made_at`.

    `lon` and `lat` (WGS-84) are a place inside a micro-grid for a first try of the form, and
    `matters` the codes and names it offers.
    """

    town: str
    made_at: datetime
    communities: int
    households: int
    grids: int
    micro_grids: int
    workers: int
    workers_on_duty: int
    officers: int
    officers_on_duty: int
    open_events: int
    waiting_events: int
    lon: float
    lat: float
    matters: list[tuple[str, str]]


_FIGURES = text("""
WITH cell AS MATERIALIZED (SELECT * FROM micro_grid WHERE valid @> now()),
     place AS (SELECT ST_PointOnSurface(geom) AS point FROM cell
               WHERE kind = 'ordinary' ORDER BY code LIMIT 1)
SELECT (SELECT count(DISTINCT division_code) FROM cell) AS communities,
       (SELECT sum(households) FROM cell) AS households,
       (SELECT count(*) FROM grid WHERE valid @> now()) AS grids,
       (SELECT count(*) FROM cell) AS micro_grids,
       (SELECT count(*) FROM person WHERE role = 'grid_worker') AS workers,
       (SELECT count(*) FROM person WHERE role = 'grid_worker' AND on_duty) AS workers_on_duty,
       (SELECT count(*) FROM person WHERE role = 'officer') AS officers,
       (SELECT count(*) FROM person WHERE role = 'officer' AND on_duty) AS officers_on_duty,
       (SELECT count(*) FROM event WHERE state NOT IN ('CLOSED', 'REJECTED')) AS open_events,
       (SELECT count(*) FROM event WHERE state IN ('FILED', 'RETURNED', 'REOPENED'))
           AS waiting_events,
       round(ST_X(place.point)::numeric, 5)::float8 AS lon,
       round(ST_Y(place.point)::numeric, 5)::float8 AS lat
FROM place
""")


_MATTERS = text("""
SELECT code, name FROM matter m
WHERE NOT EXISTS (SELECT 1 FROM matter c WHERE c.parent_code = m.code) ORDER BY code
""")


async def town_figures(
    session: AsyncSession, *, town: str, made_at: datetime
) -> TownFigures | None:
    """Figures of everything published; none before the first plan is in force."""
    row = (await session.execute(_FIGURES)).mappings().first()
    if row is None:
        return None
    matters = [(m.code, m.name) for m in await session.execute(_MATTERS)]
    return TownFigures(town=town, made_at=made_at, matters=matters, **row)
