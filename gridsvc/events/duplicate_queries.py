"""SQL of duplicates: what may be the same event, by place, time, matter and words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Time and place come from one index: the nearest of those days, walked outwards, because no index
# may answer "within so many metres" before a policy has looked (its operator is not leakproof).
# The rest is judged on these few. Four parts, each 0 to 1, say how alike two reports are; they are
# shown, so that whoever links can see why.
_LIKE = text("""
SELECT c.id, c.state, c.matter_code AS matter, n.name AS matter_name, c.description,
       c.received_at, c.distance_m, c.hours_apart, c.matter_code = e.matter_code AS same_matter,
       similarity(e.description, c.description) AS similarity,
       0.35 * (1 - c.distance_m / :radius_m) + 0.2 * (1 - c.hours_apart / :hours)
       + CASE WHEN c.matter_code = e.matter_code THEN 0.25 ELSE 0.1 END
       + 0.2 * similarity(e.description, c.description) AS score
FROM event e
JOIN matter m ON m.code = e.matter_code
CROSS JOIN LATERAL (
    SELECT o.*, ST_Distance(CAST(o.geom AS geography), CAST(e.geom AS geography)) AS distance_m,
           abs(extract(epoch FROM o.received_at - e.received_at)) / 3600 AS hours_apart
    FROM event o
    WHERE o.received_at >= e.received_at - make_interval(hours => :hours)
      AND o.received_at <= e.received_at + make_interval(hours => :hours)
    ORDER BY CAST(o.geom AS geography) <-> CAST(e.geom AS geography) LIMIT :nearest
) c
JOIN matter n ON n.code = c.matter_code
WHERE e.id = :id AND c.id <> e.id AND c.state <> 'REJECTED' AND c.distance_m <= :radius_m
  AND (n.code = m.code OR n.parent_code = m.parent_code)
  AND NOT EXISTS (SELECT FROM duplicate_link d WHERE d.event_id = c.id AND d.unlinked_at IS NULL)
ORDER BY score DESC, c.id LIMIT :limit
""")


#: Most events near by that are compared; in one spot in three days there are fewer.
_NEAREST = 200


async def like(
    session: AsyncSession, event_id: int, *, radius_m: float, hours: int, limit: int
) -> list[RowMapping]:
    """Events that may be the same as an event, likeliest first.

    Parameters
    ----------
    radius_m, hours
        How far away, and how long before or after, another one may have been reported.
    """
    asked = {"id": event_id, "radius_m": radius_m, "hours": hours, "limit": limit}
    asked["nearest"] = _NEAREST
    return list((await session.execute(_LIKE, asked)).mappings())


async def lock_both(session: AsyncSession, ids: Sequence[int]) -> set[int]:
    """Lock events in the order of their ids; those that are there."""
    found = await session.scalars(
        text("SELECT id FROM event WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE"),
        {"ids": list(ids)},
    )
    return set(found)


async def master_of(session: AsyncSession, event_id: int) -> int | None:
    """The event that an event is a duplicate of, or none."""
    master: int | None = await session.scalar(
        text(
            "SELECT duplicate_of FROM duplicate_link WHERE event_id = :id AND unlinked_at IS NULL"
        ),
        {"id": event_id},
    )
    return master


async def has_duplicates(session: AsyncSession, event_id: int) -> bool:
    """Whether another event is linked to an event as its duplicate."""
    found: bool = await session.scalar(
        text(
            "SELECT EXISTS (SELECT FROM duplicate_link"
            " WHERE duplicate_of = :id AND unlinked_at IS NULL)"
        ),
        {"id": event_id},
    )
    return found


async def link(session: AsyncSession, event_id: int, of: int, *, actor: str, note: str) -> None:
    """Link an event to the one it is a duplicate of."""
    await session.execute(
        text("""
        INSERT INTO duplicate_link (event_id, division_code, duplicate_of, linked_by, note)
        SELECT id, division_code, :of, :actor, :note FROM event WHERE id = :id
        """),
        {"id": event_id, "of": of, "actor": actor, "note": note},
    )


async def unlink(session: AsyncSession, event_id: int, *, actor: str) -> None:
    """End the link of an event to the one it was a duplicate of."""
    await session.execute(
        text(
            "UPDATE duplicate_link SET unlinked_at = clock_timestamp(), unlinked_by = :actor"
            " WHERE event_id = :id AND unlinked_at IS NULL"
        ),
        {"id": event_id, "actor": actor},
    )


async def links(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Every link of an event that is or was, as the duplicate or the one it repeats."""
    found = await session.execute(
        text("""
        SELECT event_id, duplicate_of, linked_by, linked_at, unlinked_by, unlinked_at, note
        FROM duplicate_link WHERE event_id = :id OR duplicate_of = :id ORDER BY id
        """),
        {"id": event_id},
    )
    return list(found.mappings())
