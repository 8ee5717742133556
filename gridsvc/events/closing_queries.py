"""SQL of cancel numbers and of what is published of closed events."""

from __future__ import annotations

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# The counter stays locked until the commit: two that close in one county take turns, and a number
# is neither left out nor given twice. Years are those of the office, not of UTC.
_NUMBER = text("""
WITH place AS (
    SELECT id, division_code, left(division_code, 6) AS county,
           CAST(extract(year FROM clock_timestamp() AT TIME ZONE 'Asia/Shanghai') AS integer)
               AS year
    FROM event WHERE id = :id
), counted AS (
    INSERT INTO cancel_counter AS c (county_code, year, last)
    SELECT rpad(county, 12, '0'), year, 1 FROM place
    ON CONFLICT (county_code, year) DO UPDATE SET last = c.last + 1
    RETURNING last
)
INSERT INTO cancel_number (event_id, division_code, number)
SELECT id, division_code,
       county || '-' || year || '-' || lpad(last::text, greatest(6, length(last::text)), '0')
FROM place, counted
RETURNING number
""")


async def give_number(session: AsyncSession, event_id: int) -> str:
    """The next cancel number (销号) of an event's county and year, given to the event."""
    number: str = (await session.execute(_NUMBER, {"id": event_id})).scalar_one()
    return number


async def publish(session: AsyncSession, event_id: int, *, actor: str) -> bool:
    """Publish an event unless it is published or the duplicate of another; whether it was."""
    done = await session.scalar(
        text("""
        INSERT INTO publication (event_id, division_code, published_by)
        SELECT id, division_code, :actor FROM event e
        WHERE id = :id AND NOT EXISTS (
            SELECT FROM duplicate_link d WHERE d.event_id = e.id AND d.unlinked_at IS NULL)
        ON CONFLICT (event_id) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id
        """),
        {"id": event_id, "actor": actor},
    )
    return done is not None


async def withdraw(
    session: AsyncSession, event_id: int, *, actor: str, reason: str, note: str
) -> bool:
    """Take an event out of what is published, and keep why; whether it was in it."""
    done = await session.scalar(
        text("""
        UPDATE publication SET withdrawn_at = clock_timestamp(), withdrawn_by = :actor,
            reason = :reason, note = :note
        WHERE event_id = :id AND withdrawn_at IS NULL RETURNING id
        """),
        {"id": event_id, "actor": actor, "reason": reason, "note": note},
    )
    return done is not None


async def publications(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Every time an event was published, and withdrawn with the reason."""
    found = await session.execute(
        text("""
        SELECT published_at, published_by, withdrawn_at, withdrawn_by, reason, note
        FROM publication WHERE event_id = :id ORDER BY id
        """),
        {"id": event_id},
    )
    return list(found.mappings())


# A grid holds some 300 households: its inner point says nothing of any one of them. What was
# linked as a duplicate after it was published is shown no more.
_PUBLISHED = text("""
SELECT m.name AS matter, g.code AS grid_code,
       round(ST_X(ST_PointOnSurface(g.geom))::numeric, 4)::float8 AS lon,
       round(ST_Y(ST_PointOnSurface(g.geom))::numeric, 4)::float8 AS lat,
       CAST(e.received_at AS date) AS reported_on, CAST(h.verified_at AS date) AS verified_on,
       CASE WHEN e.state = 'CLOSED' THEN CAST(h.closed_at AS date) END AS closed_on
FROM publication p
JOIN event e ON e.id = p.event_id AND e.state IN ('VERIFIED', 'CLOSED')
JOIN matter m ON m.code = e.matter_code
JOIN grid g ON g.id = e.grid_id
JOIN LATERAL (SELECT max(at) FILTER (WHERE to_state = 'VERIFIED') AS verified_at,
                     max(at) FILTER (WHERE to_state = 'CLOSED') AS closed_at
              FROM event_history WHERE event_id = e.id) h ON true
WHERE p.withdrawn_at IS NULL AND p.published_at > now() - make_interval(days => :days)
  AND e.division_code >= :low AND e.division_code < :high
  AND NOT EXISTS (SELECT FROM duplicate_link d WHERE d.event_id = e.id AND d.unlinked_at IS NULL)
ORDER BY p.published_at DESC, e.id DESC LIMIT :limit
""")


async def published(
    session: AsyncSession, *, low: str, high: str, days: int, limit: int
) -> list[RowMapping]:
    """What was published within so many days, newest first, each at its grid's inner point."""
    asked = {"low": low, "high": high, "days": days, "limit": limit}
    return list((await session.execute(_PUBLISHED, asked)).mappings())
