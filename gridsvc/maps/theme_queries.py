"""SQL of the coverage map's themes, one query per theme; row-level security applies to each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import ancestors, code_range
from gridsvc.maps.event_queries import OF_MATTER

_IN_AREA = "m.valid @> now() AND m.division_code >= :low AND m.division_code < :high"

_STAFFING = f"""
SELECT m.code, g.code AS grid_code, g.households AS grid_households, w.posted, w.posted_on_duty
FROM micro_grid m
JOIN grid g ON g.id = m.grid_id
CROSS JOIN LATERAL (
    SELECT count(*) AS posted, count(*) FILTER (WHERE p.on_duty) AS posted_on_duty
    FROM grid_post s JOIN person p ON p.id = s.person_id WHERE s.grid_id = g.id) w
WHERE {_IN_AREA} ORDER BY m.code
"""  # noqa: S608 - no outside text enters
# Events keep the micro-grid they were located in; a plan made since has others. So: by place.
_COUNT = """
SELECT m.code, count(e.id) AS number
FROM micro_grid m
LEFT JOIN event e ON ST_Covers(m.geom, e.geom) AND {which} AND {of_matter}
WHERE {in_area} GROUP BY m.code ORDER BY m.code
"""
_OPEN_STATE = "e.state NOT IN ('CLOSED', 'REJECTED')"
_WHICH = {
    "open": _OPEN_STATE,
    "overdue": f"""{_OPEN_STATE} AND EXISTS (
        SELECT FROM event_stage s WHERE s.event_id = e.id AND s.done_at IS NULL
          AND s.due_at < coalesce(s.paused_at, now()))""",
    "received": "e.received_at >= now() - make_interval(days => :days)",
}
_PACE = f"""
WITH took AS (
    SELECT e.geom, e.id, s.stage,
           extract(epoch FROM s.done_at - s.started_at - s.paused) / 60 AS minutes
    FROM event_stage s JOIN event e ON e.id = s.event_id
    WHERE s.outcome = 'done' AND s.stage IN ('accept', 'arrive', 'case') AND {OF_MATTER}
      AND s.done_at >= now() - make_interval(days => :days)
)
SELECT m.code, count(DISTINCT t.id) FILTER (WHERE t.stage = 'case') AS closed,
       count(DISTINCT t.id) FILTER (WHERE t.stage = 'accept') AS accepted,
       count(DISTINCT t.id) FILTER (WHERE t.stage = 'arrive') AS arrived,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.minutes)
           FILTER (WHERE t.stage = 'accept') AS accept,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.minutes)
           FILTER (WHERE t.stage = 'arrive') AS arrive,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY t.minutes)
           FILTER (WHERE t.stage = 'case') AS "case"
FROM micro_grid m
LEFT JOIN took t ON ST_Covers(m.geom, t.geom)
WHERE {_IN_AREA} GROUP BY m.code ORDER BY m.code
"""  # noqa: S608
_ON_DUTY = """
SELECT ST_X(CAST(coalesce(s.exact, s.geog) AS geometry)) AS lon,
       ST_Y(CAST(coalesce(s.exact, s.geog) AS geometry)) AS lat
FROM person p JOIN position s ON s.person_id = p.id
WHERE p.on_duty AND p.role = 'grid_worker'
  AND p.division_code >= :low AND p.division_code < :high
ORDER BY p.code
"""
_STARS = f"""
SELECT m.code, g.code AS grid_code, r.stars, r.points, r.since, r.until
FROM micro_grid m JOIN grid g ON g.id = m.grid_id
LEFT JOIN LATERAL (
    SELECT s.stars, s.points, s.since, s.until FROM star_rating s
    WHERE s.grid_id = g.id ORDER BY s.until DESC, s.rated_at DESC LIMIT 1) r ON true
WHERE {_IN_AREA} ORDER BY m.code
"""  # noqa: S608
_DEVICES = f"""
SELECT m.code, count(d.id) AS devices, coalesce(sum(a.number), 0) AS alarms
FROM micro_grid m
LEFT JOIN place_device d ON ST_Covers(m.geom, d.geom) AND d.revoked_at IS NULL
LEFT JOIN LATERAL (
    SELECT count(*) AS number FROM alarm
    WHERE device_id = d.id AND received_at >= now() - make_interval(days => :days)) a ON true
WHERE {_IN_AREA} GROUP BY m.code ORDER BY m.code
"""  # noqa: S608
# Of several programmes for every household that of the innermost division, then the oldest.
_PROGRAMME = text("""
SELECT id, division_code, name, every_days FROM visit_programme
WHERE whom = 'households' AND starts <= current_date
  AND (division_code = ANY(CAST(:above AS text[]))
       OR division_code >= :low AND division_code < :high)
ORDER BY division_code > :low, division_code DESC, starts, id LIMIT 1
""")


async def stars(session: AsyncSession, division_code: str) -> pd.DataFrame:
    """By micro-grid code: grid_code, and stars, points, since and until of its last rating."""
    return await _by_code(session, _STARS, division_code)


async def programme(session: AsyncSession, division_code: str) -> RowMapping | None:
    """The programme of visits to every household that the map of a division tells of, or none."""
    low, high = code_range(division_code)
    asked = {"low": low, "high": high, "above": [*ancestors(division_code), division_code]}
    return (await session.execute(_PROGRAMME, asked)).mappings().first()


async def devices(session: AsyncSession, division_code: str, days: int) -> pd.DataFrame:
    """By micro-grid code: devices in use, and alarms of so many days raised by those in it."""
    return await _by_code(session, _DEVICES, division_code, days=days)


async def staffing(session: AsyncSession, division_code: str) -> pd.DataFrame:
    """By micro-grid code: grid_code, grid_households, posted and posted_on_duty grid workers."""
    return await _by_code(session, _STAFFING, division_code)


async def counted(
    session: AsyncSession, name: str, division_code: str, days: int = 0, matter: str | None = None
) -> pd.DataFrame:
    """By micro-grid code: number of events that are open, overdue, or received within days.

    Parameters
    ----------
    matter
        Only of this matter and those below it; none = of all.
    """
    statement = _COUNT.format(which=_WHICH[name], in_area=_IN_AREA, of_matter=OF_MATTER)
    further = {"days": days} if name == "received" else {}
    return await _by_code(session, statement, division_code, matter=matter, **further)


async def pace(
    session: AsyncSession, division_code: str, days: int, matter: str | None = None
) -> pd.DataFrame:
    """By micro-grid code: closed, accepted and arrived (events), and their median minutes.

    The minutes are in case, accept and arrive; none where nothing was done.
    """
    return await _by_code(session, _PACE, division_code, days=days, matter=matter)


async def on_duty(session: AsyncSession, division_code: str) -> npt.NDArray[np.float64]:
    """Longitude and latitude of grid workers on duty; for computing with, never to be drawn."""
    low, high = code_range(division_code)
    rows = await session.execute(text(_ON_DUTY), {"low": low, "high": high})
    return np.array([(row.lon, row.lat) for row in rows], dtype=float).reshape(-1, 2)


async def _by_code(
    session: AsyncSession, statement: str, division_code: str, **further: Any
) -> pd.DataFrame:
    low, high = code_range(division_code)
    result = await session.execute(text(statement), {"low": low, "high": high, **further})
    rows = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    return rows.set_index("code")
