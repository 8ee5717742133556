"""SQL of what is new: moves between two snapshots, positions of the last moments."""

from __future__ import annotations

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.feed.cursor import Cursor, Snapshot

#: Longest a transaction may write before it commits and still be heard live, in hours. It also
#: keeps rows of a restored database silent, whose numbers of transactions are another server's.
LONGEST_H = 24

_NOW = text(
    "SELECT CAST(pg_current_snapshot() AS text) AS snapshot,"
    " CAST(extract(epoch FROM clock_timestamp()) AS bigint) AS at"
)
# The bounds are plain numbers, for the index; inside them the snapshots decide. What the caller
# may not see the policies leave out, as of every other query.
_CHANGES = text("""
SELECT h.id AS row, h.xid AS transaction, h.event_id, h.from_state, h.to_state,
       e.matter_code AS matter, h.division_code, g.code AS grid_code, m.code AS micro_grid_code,
       ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, a.person_code AS handler,
       a.person_name AS handler_name, h.at
FROM event_history h
JOIN event e ON e.id = h.event_id
JOIN grid g ON g.id = e.grid_id
JOIN micro_grid m ON m.id = e.micro_grid_id
LEFT JOIN LATERAL (
    SELECT person_code, person_name FROM assignment
    WHERE event_id = h.event_id AND assigned_at <= h.at ORDER BY id DESC LIMIT 1
) a ON h.to_state = 'DISPATCHED'
WHERE h.xid >= :low AND h.xid < :high
  AND NOT pg_visible_in_snapshot(h.xid::text::xid8, CAST(CAST(:seen AS text) AS pg_snapshot))
  AND pg_visible_in_snapshot(h.xid::text::xid8, CAST(CAST(:now AS text) AS pg_snapshot))
  AND h.at > to_timestamp(:since) - make_interval(hours => :longest_h)
ORDER BY h.id LIMIT :limit
""")
# What was written by a transaction that took some seconds is looked for again, so that no last
# position of somebody is passed over; whoever reads knows which ones they had.
_POSITIONS = text("""
SELECT p.code AS person, p.name_masked AS name, p.role, p.division_code,
       m.code AS micro_grid_code, ST_X(CAST(coalesce(s.exact, s.geog) AS geometry)) AS lon,
       ST_Y(CAST(coalesce(s.exact, s.geog) AS geometry)) AS lat, s.captured_at
FROM position s
JOIN person p ON p.id = s.person_id AND p.on_duty
LEFT JOIN LATERAL (
    SELECT code FROM micro_grid c
    WHERE c.valid @> now() AND c.geom && CAST(s.geog AS geometry)
      AND ST_Covers(c.geom, CAST(s.geog AS geometry)) ORDER BY code LIMIT 1
) m ON true
WHERE s.received_at > now() - make_interval(secs => :within_s)
ORDER BY p.code
""")
_BELOW = text("""
WITH RECURSIVE below AS (
    SELECT code FROM matter WHERE code = :code
    UNION SELECT c.code FROM matter c JOIN below b ON c.parent_code = b.code)
SELECT code FROM below
""")


async def now(session: AsyncSession) -> Cursor:
    """Everything that is committed at this moment, as read."""
    row = (await session.execute(_NOW)).one()
    return Cursor(row.at, Snapshot.read(row.snapshot))


async def changes(
    session: AsyncSession, since: Cursor, until: Snapshot, *, most: int
) -> list[RowMapping] | None:
    """Moves of events that `until` shows and `since` has not read, in the order of their rows.

    None when there are more than `most`.
    """
    found = await session.execute(
        _CHANGES,
        {
            "low": since.seen.low,
            "high": until.high,
            "seen": str(since.seen),
            "now": str(until),
            "since": since.at,
            "longest_h": LONGEST_H,
            "limit": most + 1,
        },
    )
    rows = found.mappings().all()
    if len(rows) > most:
        return None
    return [row for row in rows if not since.has_read(row["transaction"], row["row"])]


async def positions(session: AsyncSession, *, within_s: float) -> list[RowMapping]:
    """Where people on duty are whose position came within so many seconds."""
    return list((await session.execute(_POSITIONS, {"within_s": within_s})).mappings())


async def matter_and_below(session: AsyncSession, code: str) -> frozenset[str]:
    """A matter and all its sub-matters; nothing if there is no such matter."""
    return frozenset(await session.scalars(_BELOW, {"code": code}))
