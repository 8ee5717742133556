"""SQL of reports without an account: whose number, how it goes, what is near by, what was said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession


async def add(
    session: AsyncSession, event_id: int, *, number_sha256: bytes, kind: str, follows: bool
) -> None:
    """Keep that somebody with a tracking number reported or follows an event; once."""
    await session.execute(
        text("""
        INSERT INTO citizen_report (event_id, division_code, number_sha256, kind, follows)
        SELECT id, division_code, :number, :kind, :follows FROM event WHERE id = :id
        ON CONFLICT (number_sha256) DO NOTHING
        """),
        {"id": event_id, "number": number_sha256, "kind": kind, "follows": follows},
    )


_BY_NUMBER = text("""
SELECT c.id, c.event_id, c.kind, c.follows, c.score, e.state, e.division_code,
       m.name AS matter,
       e.state = 'CLOSED' AND NOT c.follows AND e.anonymised_at IS NULL
           AND (SELECT max(at) FROM event_history h WHERE h.event_id = e.id)
               > now() - make_interval(days => :reopen_days) AS may_reopen,
       (SELECT count(*) FROM event_media p
        WHERE p.event_id = e.id AND p.purpose = 'report') AS photos,
       (SELECT count(*) FROM event_voice v WHERE v.event_id = e.id) AS voices
FROM citizen_report c
JOIN event e ON e.id = c.event_id
JOIN matter m ON m.code = e.matter_code
WHERE c.number_sha256 = :number
""")


async def by_number(
    session: AsyncSession, number_sha256: bytes, *, reopen_days: int
) -> RowMapping | None:
    """The report of a tracking number with its event's state, or none."""
    told = {"number": number_sha256, "reopen_days": reopen_days}
    return (await session.execute(_BY_NUMBER, told)).mappings().first()


async def steps(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """States an event came to, first to last, and when."""
    found = await session.execute(
        text("SELECT to_state AS state, at FROM event_history WHERE event_id = :id ORDER BY id"),
        {"id": event_id},
    )
    return list(found.mappings())


async def rate(session: AsyncSession, report_id: int, *, score: int, comment: str) -> None:
    """Write how content somebody is; what they say later counts."""
    await session.execute(
        text("""
        UPDATE citizen_report SET score = :score, comment = :comment, rated_at = clock_timestamp()
        WHERE id = :id
        """),
        {"id": report_id, "score": score, "comment": comment},
    )


# Walked outwards from the place by the index that duplicates are found by; judged on those few.
_NEARBY = text("""
SELECT c.id AS event, m.name AS matter, round(c.distance_m / 10) * 10 AS distance_m,
       CAST(c.received_at AS date) AS reported_on,
       (SELECT count(*) FROM citizen_report r WHERE r.event_id = c.id AND r.follows) AS followers
FROM (
    SELECT o.id, o.matter_code, o.state, o.received_at,
           ST_Distance(CAST(o.geom AS geography), CAST(p.here AS geography)) AS distance_m
    FROM event o, (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS here) p
    WHERE o.received_at > now() - make_interval(days => :days)
    ORDER BY CAST(o.geom AS geography) <-> CAST(p.here AS geography) LIMIT 200
) c
JOIN matter m ON m.code = c.matter_code
WHERE c.distance_m <= :radius_m AND c.state NOT IN ('CLOSED', 'REJECTED')
  AND (CAST(:event AS bigint) IS NULL OR c.id = :event)
  AND NOT EXISTS (SELECT FROM duplicate_link d WHERE d.event_id = c.id AND d.unlinked_at IS NULL)
ORDER BY c.distance_m, c.id LIMIT :limit
""")


async def nearby(session: AsyncSession, *, event: int | None = None, **asked: Any) -> list[Any]:
    """Open events near a place, nearest first.

    Parameters
    ----------
    event
        That one alone, if it is among them.
    **asked
        lon, lat (degrees, WGS-84), radius_m, days since the report, limit.
    """
    return list((await session.execute(_NEARBY, asked | {"event": event})).mappings())


async def count_voices(session: AsyncSession, event_id: int) -> int:
    """How many voice notes an event has."""
    found: int = await session.scalar(
        text("SELECT count(*) FROM event_voice WHERE event_id = :id"), {"id": event_id}
    )
    return found


async def add_voice(session: AsyncSession, **columns: Any) -> int | None:
    """Add a sealed voice note; its id, or none when the event has it already.

    Columns: event_id, media_type, sha256, content_sealed.
    """
    voice_id: int | None = await session.scalar(
        text("""
        INSERT INTO event_voice (event_id, division_code, media_type, sha256, content_sealed)
        SELECT id, division_code, :media_type, :sha256, :content_sealed
        FROM event WHERE id = :event_id
        ON CONFLICT (event_id, sha256) DO NOTHING RETURNING id
        """),
        columns,
    )
    return voice_id


async def voice(session: AsyncSession, event_id: int) -> RowMapping | None:
    """The newest voice note of an event, sealed: division_code, media_type, content; or none."""
    found = await session.execute(
        text(
            "SELECT division_code, media_type, content_sealed AS content FROM event_voice"
            " WHERE event_id = :id ORDER BY id DESC LIMIT 1"
        ),
        {"id": event_id},
    )
    return found.mappings().first()
