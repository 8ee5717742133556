"""SQL of shifts of the desk that are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class NewHandover:
    """A shift that is handed over, as it is stored."""

    division_code: str
    written_by: str
    name: str
    notes: str
    open_events: int
    waiting_events: int
    overdue_events: int
    urgent_events: Sequence[int]
    client_key: str
    body_sha256: bytes


_SHOWN = """
SELECT h.id, h.division_code, d.name AS division_name, h.written_by, h.name, h.notes,
       h.open_events, h.waiting_events, h.overdue_events, h.urgent_events, h.written_at,
       h.taken_by, h.taken_name, h.taken_at
FROM handover h JOIN division d ON d.code = h.division_code
"""
_BY_ID = text(f"{_SHOWN} WHERE h.id = :id")
_NEWEST = text(f"""{_SHOWN}
WHERE h.division_code >= :low AND h.division_code < :high
ORDER BY h.written_at DESC, h.id DESC LIMIT :limit
""")
_ADD = text("""
INSERT INTO handover (division_code, written_by, name, notes, open_events, waiting_events,
                      overdue_events, urgent_events, client_key, body_sha256)
VALUES (:division_code, :written_by, :name, :notes, :open_events, :waiting_events,
        :overdue_events, CAST(:urgent_events AS bigint[]), :client_key, :body_sha256)
ON CONFLICT (written_by, client_key) DO NOTHING RETURNING id
""")


async def add(session: AsyncSession, new: NewHandover) -> int | None:
    """Write a handover; its id, or none when its client key was used before."""
    told = vars(new) | {"urgent_events": list(new.urgent_events)}
    handover_id: int | None = await session.scalar(_ADD, told)
    return handover_id


async def by_client_key(
    session: AsyncSession, written_by: str, client_key: str
) -> tuple[int, bytes] | None:
    """Id of what a key was used for, and the digest of its body."""
    found = await session.execute(
        text(
            "SELECT id, body_sha256 FROM handover"
            " WHERE written_by = :written_by AND client_key = :client_key"
        ),
        {"written_by": written_by, "client_key": client_key},
    )
    row = found.first()
    return (row.id, bytes(row.body_sha256)) if row else None


async def take(session: AsyncSession, handover_id: int, *, taken_by: str, name: str) -> bool:
    """Write who took over, unless somebody did already; whether it was written."""
    taken = await session.scalar(
        text("""
        UPDATE handover SET taken_by = :taken_by, taken_name = :name, taken_at = clock_timestamp()
        WHERE id = :id AND taken_at IS NULL RETURNING id
        """),
        {"id": handover_id, "taken_by": taken_by, "name": name},
    )
    return taken is not None


async def handover(session: AsyncSession, handover_id: int) -> RowMapping | None:
    """A handover, or none."""
    return (await session.execute(_BY_ID, {"id": handover_id})).mappings().first()


async def newest(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """Handovers of a range of division codes, newest first."""
    told = {"low": low, "high": high, "limit": limit}
    return list((await session.execute(_NEWEST, told)).mappings())
