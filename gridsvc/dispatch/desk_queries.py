"""SQL of the dispatcher's desk: what is open and by when, the day's figures, shifts handed over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession


class Wanted(NamedTuple):
    """Which events a desk looks at.

    Attributes
    ----------
    low, high
        Half-open range of division codes.
    matter
        Code of a matter, with all below it; none = every one.
    states
        Codes of states; none = whatever is not closed or rejected.
    overdue
        Only what has something undone that was due.
    ids
        Only these; none = all.
    """

    low: str
    high: str
    matter: str | None = None
    states: Sequence[str] | None = None
    overdue: bool = False
    ids: Sequence[int] | None = None


#: What is to be done next about an event: of all that runs, what is due first.
_NEXT = """
LEFT JOIN LATERAL (
    SELECT stage, due_at FROM event_stage
    WHERE event_id = e.id AND done_at IS NULL AND paused_at IS NULL AND due_at IS NOT NULL
    ORDER BY due_at LIMIT 1
) due ON true
"""
_OF_DESK = """
WHERE e.division_code >= :low AND e.division_code < :high AND {states}
  AND (CAST(:matter AS text) IS NULL OR e.matter_code IN (
      WITH RECURSIVE below AS (
          SELECT code FROM matter WHERE code = :matter
          UNION SELECT c.code FROM matter c JOIN below b ON c.parent_code = b.code)
      SELECT code FROM below))
  AND (CAST(:ids AS bigint[]) IS NULL OR e.id = ANY(CAST(:ids AS bigint[])))
  AND (NOT :overdue OR due.due_at < now())
"""
_EVENTS = """
SELECT e.id, e.state, e.matter_code AS matter, m.name AS matter_name,
       left(e.description, 160) AS description, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
       e.division_code, d.name AS division_name, c.code AS micro_grid_code,
       h.person_code AS handler, h.person_name AS handler_name, e.waiting_reason, e.received_at,
       due.stage AS due_stage, due.due_at, coalesce(due.due_at < now(), false) AS overdue,
       e.state NOT IN ('CLOSED', 'REJECTED', 'SUSPENDED') AND (
           e.waiting_reason IS NOT NULL
           OR coalesce(due.due_at < now() + make_interval(secs => :urgent_s), false)) AS urgent
FROM event e
JOIN matter m ON m.code = e.matter_code
JOIN division d ON d.code = e.division_code
JOIN micro_grid c ON c.id = e.micro_grid_id
LEFT JOIN assignment h ON h.event_id = e.id AND h.released_at IS NULL
"""
_COUNTED = """
SELECT count(*) AS total,
       count(*) FILTER (WHERE e.state IN ('FILED', 'RETURNED', 'REOPENED')) AS waiting,
       count(*) FILTER (WHERE due.due_at < now()) AS overdue, now() AS at
FROM event e
"""
_BY_TIME = "ORDER BY e.received_at DESC, e.id DESC LIMIT :limit"
_BY_DUE = "ORDER BY due.due_at NULLS LAST, e.received_at, e.id LIMIT :limit"
#: What is open is written out, for the index of open events; other states are given.
_OPEN = "e.state NOT IN ('CLOSED', 'REJECTED')"
_GIVEN = "e.state = ANY(CAST(:states AS text[]))"


def _both(begin: str, end: str = "") -> dict[bool, TextClause]:
    """The statement for what is open, and for given states."""
    return {
        given: text(begin + _NEXT + _OF_DESK.format(states=_GIVEN if given else _OPEN) + end)
        for given in (False, True)
    }


_EVENTS_BY_TIME = _both(_EVENTS, _BY_TIME)
_EVENTS_BY_DUE = _both(_EVENTS, _BY_DUE)
_COUNTS = _both(_COUNTED)


async def events(
    session: AsyncSession, wanted: Wanted, *, by_due: bool, limit: int, urgent_s: float
) -> list[RowMapping]:
    """Events of a desk, newest or first due first, with what is due next; points in WGS-84.

    Parameters
    ----------
    urgent_s
        Seconds before its time from which on something is urgent.
    """
    told = _told(wanted) | {"limit": limit, "urgent_s": urgent_s}
    statements = _EVENTS_BY_DUE if by_due else _EVENTS_BY_TIME
    found = await session.execute(statements[wanted.states is not None], told)
    return list(found.mappings())


async def counts(session: AsyncSession, wanted: Wanted) -> RowMapping:
    """How many events a desk looks at, wait for somebody, are overdue; and the database's time."""
    statement = _COUNTS[wanted.states is not None]
    return (await session.execute(statement, _told(wanted))).mappings().one()


def _told(wanted: Wanted) -> dict[str, Any]:
    told = wanted._asdict() | {"ids": None if wanted.ids is None else list(wanted.ids)}
    states = told.pop("states")
    return told if states is None else told | {"states": list(states)}


_CELLS = text("""
SELECT code, ST_X(point) AS lon, ST_Y(point) AS lat
FROM (SELECT code, ST_PointOnSurface(geom) AS point FROM micro_grid
      WHERE valid @> now() AND division_code >= :low AND division_code < :high
      ORDER BY code LIMIT :limit) AS cell
""")
_AREAS = text("""
SELECT code, name FROM division
WHERE code >= :low AND code < :high ORDER BY code LIMIT :limit
""")
_BOX = text("""
SELECT ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, ST_YMax(box) AS north
FROM (SELECT ST_Extent(geom) AS box FROM grid
      WHERE valid @> now() AND division_code >= :low AND division_code < :high) AS extent
WHERE box IS NOT NULL
""")


async def cells(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """A point inside every micro-grid in force, by code; degrees, WGS-84."""
    told = {"low": low, "high": high, "limit": limit}
    return list((await session.execute(_CELLS, told)).mappings())


async def areas(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """Codes and names of the divisions that may be seen, by code."""
    told = {"low": low, "high": high, "limit": limit}
    return list((await session.execute(_AREAS, told)).mappings())


async def box(session: AsyncSession, low: str, high: str) -> RowMapping | None:
    """West, south, east, north of all grids in force, degrees WGS-84; none without any."""
    return (await session.execute(_BOX, {"low": low, "high": high})).mappings().first()


_TODAY = text("""
SELECT now() AS at,
       (SELECT count(*) FROM event WHERE division_code >= :low AND division_code < :high
        AND received_at >= :since) AS reported,
       (SELECT count(DISTINCT event_id) FROM event_history
        WHERE division_code >= :low AND division_code < :high AND at >= :since
        AND to_state = 'CLOSED') AS closed,
       (SELECT count(*) FROM event_stage WHERE division_code >= :low AND division_code < :high
        AND stage = 'handle' AND done_at >= :since AND due_at IS NOT NULL) AS handled,
       (SELECT count(*) FROM event_stage WHERE division_code >= :low AND division_code < :high
        AND stage = 'handle' AND done_at >= :since AND done_at <= due_at) AS handled_in_time
""")
_BY_STATE = text("""
SELECT state, count(*) AS events FROM event
WHERE division_code >= :low AND division_code < :high AND state NOT IN ('CLOSED', 'REJECTED')
GROUP BY state ORDER BY state
""")
_ON_DUTY = text("""
SELECT role, count(*) FILTER (WHERE on_duty) AS on_duty, count(*) AS everybody FROM person
WHERE division_code >= :low AND division_code < :high GROUP BY role ORDER BY role
""")
_BY_HOUR = text("""
WITH hours AS (
    SELECT generate_series(date_trunc('hour', now()) - interval '23 hours',
                           date_trunc('hour', now()), interval '1 hour') AS hour
), came AS (
    SELECT date_trunc('hour', received_at) AS hour, count(*) AS events FROM event
    WHERE division_code >= :low AND division_code < :high
      AND received_at >= date_trunc('hour', now()) - interval '23 hours' GROUP BY 1
), went AS (
    SELECT date_trunc('hour', at) AS hour, count(DISTINCT event_id) AS events FROM event_history
    WHERE division_code >= :low AND division_code < :high AND to_state = 'CLOSED'
      AND at >= date_trunc('hour', now()) - interval '23 hours' GROUP BY 1
)
SELECT hour, coalesce(came.events, 0) AS reported, coalesce(went.events, 0) AS closed
FROM hours LEFT JOIN came USING (hour) LEFT JOIN went USING (hour) ORDER BY hour
""")
_BY_AREA = text(f"""
SELECT d.code, d.name, count(*) AS events, count(*) FILTER (WHERE due.due_at < now()) AS overdue
FROM event e {_NEXT}
JOIN division d ON d.code = e.division_code
WHERE e.division_code >= :low AND e.division_code < :high
  AND e.state NOT IN ('CLOSED', 'REJECTED')
GROUP BY d.code, d.name ORDER BY events DESC, d.code LIMIT :limit
""")  # noqa: S608 - fixed parts


async def today(session: AsyncSession, low: str, high: str, since: datetime) -> RowMapping:
    """Reported, closed, handled and handled in time since a moment; and the database's time."""
    told = {"low": low, "high": high, "since": since}
    return (await session.execute(_TODAY, told)).mappings().one()


async def by_state(session: AsyncSession, low: str, high: str) -> dict[str, int]:
    """How many open events there are in each state."""
    rows = await session.execute(_BY_STATE, {"low": low, "high": high})
    return {row.state: row.events for row in rows}


async def on_duty(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """People by role: on duty, and everybody."""
    return list((await session.execute(_ON_DUTY, {"low": low, "high": high})).mappings())


async def by_hour(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Reported and closed in each of the last 24 hours, the present one last."""
    return list((await session.execute(_BY_HOUR, {"low": low, "high": high})).mappings())


async def by_area(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """Communities with most open events: how many, and how many of them are overdue."""
    told = {"low": low, "high": high, "limit": limit}
    return list((await session.execute(_BY_AREA, told)).mappings())
