"""SQL of events and their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.events.states import State

_EVENT = """
SELECT e.id, e.state, e.matter_code AS matter, m.name AS matter_name, m.kind AS matter_kind,
       m.power_code, e.description, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat, e.division_code,
       e.grid_id, g.code AS grid_code, mg.code AS micro_grid_code, e.waiting_reason,
       e.captured_at, e.received_at, e.handler_id, a.person_code AS handler_code,
       a.person_name AS handler_name, a.person_role AS handler_role, a.distance_m, a.reason,
       coalesce((SELECT person_code FROM assignment
                 WHERE event_id = e.id AND person_id = e.owner_id ORDER BY id LIMIT 1),
                (SELECT code FROM person WHERE id = e.owner_id)) AS owner,
       (SELECT number FROM cancel_number
        WHERE event_id = e.id ORDER BY id DESC LIMIT 1) AS cancel_number,
       (SELECT duplicate_of FROM duplicate_link
        WHERE event_id = e.id AND unlinked_at IS NULL) AS duplicate_of,
       e.contact_phone_sealed IS NOT NULL OR e.contact_name_sealed IS NOT NULL AS has_contact
FROM event e
JOIN matter m ON m.code = e.matter_code
JOIN grid g ON g.id = e.grid_id
JOIN micro_grid mg ON mg.id = e.micro_grid_id
LEFT JOIN LATERAL (SELECT person_code, person_name, person_role, distance_m, reason
                   FROM assignment WHERE event_id = e.id ORDER BY id DESC LIMIT 1) a ON true
"""
_BY_ID = text(f"{_EVENT} WHERE e.id = :id")
_WITH_HISTORY = text(f"""
SELECT shown.*, ARRAY(
    SELECT jsonb_build_object('at', at, 'captured_at', captured_at, 'from_state', from_state,
                              'to_state', to_state, 'actor', actor, 'reason', reason, 'note', note)
    FROM event_history WHERE event_id = shown.id ORDER BY id) AS history
FROM ({_EVENT} WHERE e.id = :id) shown
""")  # noqa: S608 - fixed parts
_OF_PAGE = """
WHERE e.division_code >= :low AND e.division_code < :high
  AND (CAST(:state AS text) IS NULL OR e.state = :state)
  AND (NOT :overdue OR EXISTS (
      SELECT FROM event_stage s WHERE s.event_id = e.id AND s.done_at IS NULL
      AND s.paused_at IS NULL AND s.due_at < now()))
"""
_COUNT = text(f"SELECT count(*) FROM event e {_OF_PAGE}")  # noqa: S608 - fixed parts
_PAGE = text(f"""{_EVENT} {_OF_PAGE}
ORDER BY e.received_at DESC, e.id DESC LIMIT :limit
""")


class Brief(NamedTuple):
    """What dispatch needs to know of an event; where it is in degrees, WGS-84."""

    id: int
    matter: str
    matter_name: str
    matter_kind: str
    power_code: str | None
    division_code: str
    grid_id: int
    micro_grid_code: str
    lon: float
    lat: float


def brief_of(row: RowMapping) -> Brief:
    """What dispatch needs to know of an event that was read."""
    return Brief(**{name: row[name] for name in Brief._fields})


async def event(session: AsyncSession, event_id: int) -> RowMapping | None:
    """An event with its matter, cells and handler, or none."""
    return (await session.execute(_BY_ID, {"id": event_id})).mappings().first()


async def with_history(session: AsyncSession, event_id: int) -> RowMapping | None:
    """The same with every move in `history`, first to last, or none."""
    return (await session.execute(_WITH_HISTORY, {"id": event_id})).mappings().first()


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
SELECT id, purpose, width_px, height_px, length(content) AS size_bytes, captured_at, away_m,
       received_at
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
    captured_at, lon, lat (degrees WGS-84, where the camera stood; none = not known).
    """
    photo_id: int | None = await session.scalar(
        text("""
        INSERT INTO event_media (event_id, division_code, purpose, media_type, width_px, height_px,
                                 sha256, content, added_by, captured_at, geom, away_m)
        SELECT e.id, :division_code, :purpose, 'image/jpeg', :width_px, :height_px, :sha256,
               :content, :added_by, CAST(:captured_at AS timestamptz), camera.geom,
               ST_Distance(CAST(e.geom AS geography), CAST(camera.geom AS geography))
        FROM event e, (SELECT ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)),
                                         4326) AS geom) camera
        WHERE e.id = :event_id
        ON CONFLICT (event_id, sha256) DO NOTHING RETURNING id
        """),
        columns,
    )
    return photo_id


async def lacks_photo_after(session: AsyncSession, event_id: int) -> bool:
    """Whether an event's matter asks for a photo of the work, and none came since it was given."""
    lacking: bool = await session.scalar(
        text("""
        SELECT EXISTS (
            SELECT FROM event e JOIN matter m ON m.code = e.matter_code AND m.photo_after
            WHERE e.id = :id AND NOT EXISTS (
                SELECT FROM event_media p WHERE p.event_id = e.id AND p.purpose = 'after'
                AND p.received_at >= (SELECT max(h.at) FROM event_history h
                                      WHERE h.event_id = e.id AND h.to_state = 'DISPATCHED')))
        """),
        {"id": event_id},
    )
    return lacking


async def page(
    session: AsyncSession,
    *,
    within: str | None,
    state: State | None,
    limit: int,
    overdue: bool = False,
) -> tuple[list[RowMapping], int]:
    """Newest events of a division and state, and how many there are in all.

    Parameters
    ----------
    overdue
        Only those of which something is not done that was due.
    """
    low, high = code_range(within) if within else ("", ":")
    parameters = {
        "low": low,
        "high": high,
        "state": state.value if state else None,
        "overdue": overdue,
    }
    rows = (await session.execute(_PAGE, parameters | {"limit": limit})).mappings().all()
    total = await session.scalar(_COUNT, parameters)
    return list(rows), int(total or 0)


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
