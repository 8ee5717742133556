"""SQL of events and their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.events.states import State

_ADD = text("""
INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum, description,
                   contact_name_sealed, contact_phone_sealed, reported_by, client_key,
                   body_sha256, state, captured_at)
VALUES (:division_code, :grid_id, :micro_grid_id, :matter_code,
        ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :datum, :description, :contact_name_sealed,
        :contact_phone_sealed, :reported_by, :client_key, :body_sha256, 'REPORTED',
        coalesce(CAST(:captured_at AS timestamptz), now()))
ON CONFLICT (reported_by, client_key) DO NOTHING
RETURNING id
""")

_EVENT = """
SELECT e.id, e.state, e.matter_code AS matter, m.name AS matter_name, m.kind AS matter_kind,
       m.power_code, e.description, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, e.division_code,
       e.grid_id, g.code AS grid_code, mg.code AS micro_grid_code, e.waiting_reason,
       e.captured_at, e.received_at, e.handler_id, a.person_code AS handler_code,
       a.person_name AS handler_name, a.person_role AS handler_role, a.distance_m, a.reason,
       e.contact_phone_sealed IS NOT NULL OR e.contact_name_sealed IS NOT NULL AS has_contact
FROM event e
JOIN matter m ON m.code = e.matter_code
JOIN grid g ON g.id = e.grid_id
JOIN micro_grid mg ON mg.id = e.micro_grid_id
LEFT JOIN LATERAL (SELECT person_code, person_name, person_role, distance_m, reason
                   FROM assignment WHERE event_id = e.id ORDER BY id DESC LIMIT 1) a ON true
"""
_BY_ID = text(f"{_EVENT} WHERE e.id = :id")
_PAGE = text(f"""{_EVENT}
WHERE e.division_code >= :low AND e.division_code < :high
  AND (CAST(:state AS text) IS NULL OR e.state = :state)
ORDER BY e.received_at DESC, e.id DESC LIMIT :limit
""")


# A grid holds some 300 households: its inner point says nothing of any one of them.
_CLOSED = text("""
SELECT m.name AS matter, g.code AS grid_code,
       round(ST_X(ST_PointOnSurface(g.geom))::numeric, 4)::float8 AS lon,
       round(ST_Y(ST_PointOnSurface(g.geom))::numeric, 4)::float8 AS lat,
       CAST(e.received_at AS date) AS reported_on, CAST(h.at AS date) AS closed_on
FROM event e
JOIN matter m ON m.code = e.matter_code
JOIN grid g ON g.id = e.grid_id
JOIN LATERAL (SELECT max(at) AS at FROM event_history
              WHERE event_id = e.id AND to_state = 'CLOSED') h ON true
WHERE e.state = 'CLOSED' AND e.division_code >= :low AND e.division_code < :high
  AND h.at > now() - make_interval(days => :days)
ORDER BY h.at DESC, e.id DESC LIMIT :limit
""")


async def closed(
    session: AsyncSession, *, low: str, high: str, days: int, limit: int
) -> list[RowMapping]:
    """Events closed within so many days, newest first, each at the inner point of its grid."""
    asked = {"low": low, "high": high, "days": days, "limit": limit}
    return list((await session.execute(_CLOSED, asked)).mappings())


async def add(session: AsyncSession, **columns: Any) -> int | None:
    """Add a reported event; its id, or none when the client key is already taken."""
    event_id: int | None = await session.scalar(_ADD, columns)
    return event_id


async def by_client_key(
    session: AsyncSession, client_key: str, *, reported_by: int | None
) -> tuple[int, bytes] | None:
    """Id and body hash of the event an account sent with a key; none when the key is new."""
    row = (
        await session.execute(
            text(
                "SELECT id, body_sha256 FROM event WHERE client_key = :key"
                " AND reported_by IS NOT DISTINCT FROM CAST(:reported_by AS bigint)"
            ),
            {"key": client_key, "reported_by": reported_by},
        )
    ).first()
    return (row.id, row.body_sha256) if row else None


async def event(session: AsyncSession, event_id: int) -> RowMapping | None:
    """An event with its matter, cells and handler, or none."""
    return (await session.execute(_BY_ID, {"id": event_id})).mappings().first()


async def sealed_contact(session: AsyncSession, event_id: int) -> RowMapping | None:
    """Where an event is and its sealed contact, or none when there is no such event."""
    found = await session.execute(
        text(
            "SELECT division_code, contact_name_sealed AS name, contact_phone_sealed AS phone"
            " FROM event WHERE id = :id"
        ),
        {"id": event_id},
    )
    return found.mappings().first()


_PHOTO = """
SELECT id, purpose, width_px, height_px, length(content) AS size_bytes, captured_at, received_at
FROM event_media
"""


async def photos(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Photos of an event without their pictures, oldest first."""
    found = await session.execute(
        text(f"{_PHOTO} WHERE event_id = :id ORDER BY id"), {"id": event_id}
    )
    return list(found.mappings())


async def photo_content(session: AsyncSession, event_id: int, photo_id: int) -> bytes | None:
    """The picture of a photo (JPEG), or none when the event has no such photo."""
    content: bytes | None = await session.scalar(
        text("SELECT content FROM event_media WHERE event_id = :event_id AND id = :photo_id"),
        {"event_id": event_id, "photo_id": photo_id},
    )
    return content


async def add_photo(session: AsyncSession, **columns: Any) -> int | None:
    """Add a photo; its id, or none when the event has it already.

    Columns: event_id, division_code, purpose, width_px, height_px, sha256, content, added_by,
    captured_at.
    """
    photo_id: int | None = await session.scalar(
        text("""
        INSERT INTO event_media (event_id, division_code, purpose, media_type, width_px, height_px,
                                 sha256, content, added_by, captured_at)
        VALUES (:event_id, :division_code, :purpose, 'image/jpeg', :width_px, :height_px, :sha256,
                :content, :added_by, CAST(:captured_at AS timestamptz))
        ON CONFLICT (event_id, sha256) DO NOTHING RETURNING id
        """),
        columns,
    )
    return photo_id


async def page(
    session: AsyncSession, *, within: str | None, state: State | None, limit: int
) -> tuple[list[RowMapping], int]:
    """Newest events of a division and state, and how many there are in all."""
    low, high = code_range(within) if within else ("", ":")
    parameters = {"low": low, "high": high, "state": state.value if state else None}
    rows = (await session.execute(_PAGE, parameters | {"limit": limit})).mappings().all()
    total = await session.scalar(
        text("""
        SELECT count(*) FROM event WHERE division_code >= :low AND division_code < :high
          AND (CAST(:state AS text) IS NULL OR state = :state)
        """),
        parameters,
    )
    return list(rows), int(total or 0)


async def history(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Every move of an event, first to last."""
    result = await session.execute(
        text(
            "SELECT at, from_state, to_state, actor, note FROM event_history"
            " WHERE event_id = :id ORDER BY id"
        ),
        {"id": event_id},
    )
    return list(result.mappings())


class Locked(NamedTuple):
    """An event that is locked: its state, who has it, and where it is."""

    state: State
    handler_id: int | None
    division_code: str
    reported_by: int | None


async def lock(session: AsyncSession, event_id: int) -> Locked | None:
    """Lock an event until the transaction ends; none when there is no such event."""
    row = (
        await session.execute(
            text(
                "SELECT state, handler_id, division_code, reported_by FROM event"
                " WHERE id = :id FOR UPDATE"
            ),
            {"id": event_id},
        )
    ).first()
    return Locked(State(row.state), *row[1:]) if row else None


async def lock_waiting(
    session: AsyncSession, *, after: tuple[datetime, int] | None
) -> RowMapping | None:
    """The oldest waiting event nobody else is looking at, locked: id, received_at; or none.

    Parameters
    ----------
    after
        Time of receipt and id of an event; look only at later ones.
    """
    received_at, event_id = after or (None, None)
    result = await session.execute(
        text("""
        SELECT id, received_at FROM event
        WHERE state IN ('FILED', 'RETURNED', 'REOPENED')
          AND (CAST(:received_at AS timestamptz) IS NULL
               OR (received_at, id) > (CAST(:received_at AS timestamptz), CAST(:id AS bigint)))
        ORDER BY received_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
        """),
        {"received_at": received_at, "id": event_id},
    )
    return result.mappings().first()


# What waits for person `p`: events `e` of matters `m` in their county, of their role and powers.
_WAITS_FOR = """
    e.state IN ('FILED', 'RETURNED', 'REOPENED')
    AND left(e.division_code, 6) = left(p.division_code, 6)
    AND p.role = CASE m.kind WHEN 'enforcement' THEN 'officer' ELSE 'grid_worker' END
    AND (m.power_code IS NULL OR EXISTS (
        SELECT 1 FROM person_power h WHERE h.person_id = p.id AND h.power_code = m.power_code))
"""


async def lock_waiting_for(session: AsyncSession, *, person_id: int, limit: int) -> list[int]:
    """Waiting events of a person's county, role and powers, oldest first, locked; ids.

    Nothing is returned for a person who is off duty.
    """
    result = await session.scalars(
        text(f"""
        SELECT e.id FROM event e
        JOIN matter m ON m.code = e.matter_code
        JOIN person p ON p.id = :person_id AND p.on_duty
        WHERE {_WAITS_FOR}
        ORDER BY e.received_at, e.id LIMIT :limit
        FOR UPDATE OF e SKIP LOCKED
        """),  # noqa: S608 - fixed parts
        {"person_id": person_id, "limit": limit},
    )
    return list(result)


async def waited_for(
    session: AsyncSession, person_ids: Sequence[int], *, counties: Sequence[tuple[str, str]]
) -> list[tuple[int, str]]:
    """Those of the people on duty and with room for more for whom an event waits.

    Parameters
    ----------
    counties
        Ranges of division codes that the people belong to. Where nothing waits in any of them,
        which a partial index tells, the people are not looked at.

    Returns
    -------
    list of tuple
        Database id and division, by id.
    """
    rows = await session.execute(
        text(f"""
        SELECT p.id, p.division_code FROM person p JOIN workload w ON w.person_id = p.id
        WHERE p.id = ANY(CAST(:ids AS bigint[])) AND p.on_duty AND w.open_count < w.capacity
          AND EXISTS (SELECT FROM event e
                      JOIN unnest(CAST(:lows AS text[]), CAST(:highs AS text[]))
                          AS county (low, high)
                      ON e.division_code COLLATE "C" >= low AND e.division_code COLLATE "C" < high
                      WHERE e.state IN ('FILED', 'RETURNED', 'REOPENED'))
          AND EXISTS (SELECT FROM event e JOIN matter m ON m.code = e.matter_code
                      WHERE {_WAITS_FOR})
        ORDER BY p.id
        """),  # noqa: S608 - fixed parts
        {
            "ids": list(person_ids),
            "lows": [low for low, _ in counties],
            "highs": [high for _, high in counties],
        },
    )
    return [(row.id, row.division_code) for row in rows]


async def move(
    session: AsyncSession,
    event_id: int,
    *,
    now: State,
    then: State,
    actor: str,
    note: str,
) -> None:
    """Move an event and write the line of history; the caller has checked and locked it."""
    await session.execute(
        text("""
        INSERT INTO event_history (event_id, division_code, from_state, to_state, actor, note)
        SELECT id, division_code, :now, :then, :actor, :note FROM event WHERE id = :id
        """),
        {"id": event_id, "now": now.value, "then": then.value, "actor": actor, "note": note},
    )
    await session.execute(
        text("UPDATE event SET state = :then WHERE id = :id"),
        {"id": event_id, "then": then.value},
    )


async def begin_history(session: AsyncSession, event_id: int, *, actor: str, note: str) -> None:
    """Write the first line of an event's history."""
    await session.execute(
        text("""
        INSERT INTO event_history (event_id, division_code, from_state, to_state, actor, note)
        SELECT id, division_code, NULL, state, :actor, :note FROM event WHERE id = :id
        """),
        {"id": event_id, "actor": actor, "note": note},
    )


async def set_handler(session: AsyncSession, event_id: int, person_id: int | None) -> None:
    """Put an event into somebody's hands (the first becomes its owner), or out of them."""
    await session.execute(
        text("""
        UPDATE event SET handler_id = CAST(:person AS bigint),
            owner_id = coalesce(owner_id, CAST(:person AS bigint)), waiting_reason = NULL
        WHERE id = :id
        """),
        {"id": event_id, "person": person_id},
    )


async def set_waiting(session: AsyncSession, event_id: int, reason: str) -> None:
    """Write why nobody has an event yet."""
    await session.execute(
        text("UPDATE event SET waiting_reason = :reason WHERE id = :id"),
        {"id": event_id, "reason": reason},
    )
