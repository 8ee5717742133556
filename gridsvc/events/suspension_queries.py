"""SQL of suspensions (挂账): asked for, decided, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = """
id, until, reason, note, asked_by, asked_at, approved, decided_by, decided_at, decision_note,
ended_at
"""


async def ask(
    session: AsyncSession,
    event_id: int,
    *,
    until: datetime,
    most: timedelta,
    reason: str,
    note: str,
    actor: str,
) -> bool:
    """Ask to put an event off; false when the time is past, or longer away than the most."""
    asked = await session.scalar(
        text("""
        INSERT INTO suspension (event_id, division_code, until, reason, note, asked_by)
        SELECT id, division_code, :until, :reason, :note, :actor
        FROM event WHERE id = :id AND CAST(:until AS timestamptz) > clock_timestamp()
          AND CAST(:until AS timestamptz) <= now() + CAST(:most AS interval)
        RETURNING id
        """),
        {
            "id": event_id,
            "until": until,
            "most": most,
            "reason": reason,
            "note": note,
            "actor": actor,
        },
    )
    return asked is not None


async def open_one(session: AsyncSession, event_id: int) -> RowMapping | None:
    """The request or suspension of an event that has not ended, and whether its time is past."""
    found = await session.execute(
        text(
            f"SELECT {_COLUMNS}, until <= clock_timestamp() AS past FROM suspension"  # noqa: S608
            " WHERE event_id = :id AND ended_at IS NULL"
        ),
        {"id": event_id},
    )
    return found.mappings().first()


async def decide(
    session: AsyncSession, suspension_id: int, *, approved: bool, actor: str, note: str
) -> None:
    """Write what was decided on a request; one that was refused has ended."""
    await session.execute(
        text("""
        UPDATE suspension SET approved = :approved, decided_by = :actor, decision_note = :note,
            decided_at = clock_timestamp(),
            ended_at = CASE WHEN NOT :approved THEN clock_timestamp() END
        WHERE id = :id
        """),
        {"id": suspension_id, "approved": approved, "actor": actor, "note": note},
    )


async def end(session: AsyncSession, event_id: int) -> None:
    """Write that an event's suspension, or its asking for one, has ended."""
    await session.execute(
        text(
            "UPDATE suspension SET ended_at = clock_timestamp()"
            " WHERE event_id = :id AND ended_at IS NULL"
        ),
        {"id": event_id},
    )


async def of_event(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Every suspension of an event that was asked for, first to last."""
    found = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM suspension WHERE event_id = :id ORDER BY id"  # noqa: S608
        ),
        {"id": event_id},
    )
    return list(found.mappings())


async def lock_past(session: AsyncSession) -> int | None:
    """A suspended event whose time has passed and nobody else is looking at, locked; its id."""
    event_id: int | None = await session.scalar(
        text("""
        SELECT e.id FROM event e JOIN suspension s ON s.event_id = e.id
        WHERE e.state = 'SUSPENDED' AND s.approved AND s.ended_at IS NULL AND s.until <= now()
        ORDER BY s.until, e.id LIMIT 1 FOR UPDATE OF e SKIP LOCKED
        """)
    )
    return event_id
