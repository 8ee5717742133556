"""SQL of devices at places, alarms, video links and broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_DEVICE = """
SELECT id, code, name, kind, division_code, ST_X(geom) AS lon, ST_Y(geom) AS lat,
       matter_code AS matter, video_url, revoked_at, used_at
FROM place_device
"""
_SET = text("""
INSERT INTO place_device (division_code, code, name, kind, geom, matter_code, video_url, digest)
VALUES (:division, :code, :name, :kind, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :matter,
        :video_url, :digest)
ON CONFLICT (code) DO UPDATE SET division_code = excluded.division_code, name = excluded.name,
    kind = excluded.kind, geom = excluded.geom, matter_code = excluded.matter_code,
    video_url = excluded.video_url, revoked_at = NULL, digest = excluded.digest
RETURNING id
""")
_BY_DIGEST = text("""
SELECT id, code, name, division_code, matter_code AS matter, ST_X(geom) AS lon, ST_Y(geom) AS lat
FROM place_device WHERE digest = :digest AND revoked_at IS NULL
""")
_OPEN = text("""
SELECT e.id FROM alarm a JOIN event e ON e.id = a.event_id
WHERE a.device_id = :device AND a.received_at > now() - make_interval(secs => :within_s)
  AND e.state NOT IN ('CLOSED', 'REJECTED')
ORDER BY a.id DESC LIMIT 1
""")
# Whatever shows something and stands in the cell of the place, or near it.
_LINKS = text("""
WITH here AS (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geom
), cell AS (
    SELECT m.geom FROM micro_grid m, here
    WHERE m.valid @> now() AND ST_Intersects(m.geom, here.geom) LIMIT 1
)
SELECT d.code, d.name, d.kind, d.video_url,
       coalesce(ST_Intersects(cell.geom, d.geom), false) AS same_cell,
       ST_Distance(CAST(d.geom AS geography), CAST(here.geom AS geography)) AS distance_m
FROM here CROSS JOIN place_device d LEFT JOIN cell ON true
WHERE d.video_url IS NOT NULL AND d.revoked_at IS NULL
  AND (ST_Intersects(cell.geom, d.geom)
       OR ST_DWithin(CAST(d.geom AS geography), CAST(here.geom AS geography), :radius_m))
ORDER BY distance_m, d.code LIMIT :limit
""")
# Whoever answers for the grids, for micro-grids in them, or for the grids these lie in; and the
# households in them that agreed to be told.
_REACHED = text("""
WITH asked (code) AS (SELECT unnest(CAST(:cells AS text[]))
), cell AS (
    SELECT DISTINCT m.id, m.code, m.grid_id, m.geom, m.households, m.division_code
    FROM micro_grid m JOIN grid g ON g.id = m.grid_id
    WHERE m.valid @> now() AND (m.code IN (SELECT code FROM asked)
                                OR g.code IN (SELECT code FROM asked))
)
SELECT ARRAY(SELECT code FROM asked WHERE code NOT IN (
           SELECT code FROM cell
           UNION SELECT g.code FROM grid g JOIN cell ON cell.grid_id = g.id)
       ORDER BY code) AS unknown,
       ARRAY(SELECT person_id FROM micro_grid_post p JOIN cell ON cell.id = p.micro_grid_id
             UNION SELECT person_id FROM grid_post p JOIN cell ON cell.grid_id = p.grid_id
       ) AS people,
       ARRAY(SELECT DISTINCT d.code
             FROM place_device d JOIN cell ON ST_Intersects(cell.geom, d.geom)
             WHERE d.kind = 'loudspeaker' AND d.revoked_at IS NULL ORDER BY 1) AS loudspeakers,
       ARRAY(SELECT DISTINCT h.id
             FROM channel c JOIN household h ON h.id = c.household_id
             JOIN building b ON b.id = h.building_id
             JOIN cell ON ST_Covers(cell.geom, ST_PointOnSurface(b.geom)) ORDER BY 1
       ) AS phones,
       (SELECT coalesce(sum(households), 0) FROM cell) AS households,
       ARRAY(SELECT DISTINCT division_code FROM cell ORDER BY 1) AS divisions
""")
_BROADCAST = """
SELECT id, division_code, message, cells, people, loudspeakers, households, phones, told, actor,
       sent_at, body_sha256
FROM broadcast
"""
_DELIVERED = text("""
SELECT n.subject_id, count(*) FILTER (WHERE d.state = 'sent') AS delivered,
       count(*) FILTER (WHERE d.state IN ('dead', 'unsure')) AS failed
FROM notice n JOIN delivery d ON d.notice_id = n.id
WHERE n.kind = 'broadcast' AND n.subject_id = ANY (CAST(:ids AS text[])) GROUP BY n.subject_id
""")
_ADD_BROADCAST = text("""
INSERT INTO broadcast (division_code, message, cells, people, loudspeakers, households, phones,
                       told, actor, account_id, client_key, body_sha256)
VALUES (:division, :message, CAST(:cells AS text[]), :people, :loudspeakers, :households, :phones,
        0, :actor, :account, :client_key, :digest)
ON CONFLICT (account_id, client_key) DO NOTHING RETURNING id
""")


async def alarms(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """What devices of a range of divisions raised, the latest first, and what became of it."""
    found = await session.execute(
        text("""
        SELECT a.id, d.code, d.name, a.event_id AS event, e.state, a.received_at,
               EXISTS (SELECT FROM alarm b WHERE b.event_id = a.event_id AND b.id < a.id) AS joined
        FROM alarm a JOIN place_device d ON d.id = a.device_id JOIN event e ON e.id = a.event_id
        WHERE a.division_code >= :low AND a.division_code < :high
        ORDER BY a.received_at DESC, a.id DESC LIMIT :limit
        """),
        {"low": low, "high": high, "limit": limit},
    )
    return list(found.mappings())


async def set_device(session: AsyncSession, columns: dict[str, Any]) -> int:
    """Add a device or change the one of its code; its id."""
    return int((await session.execute(_SET, columns)).scalar_one())


async def known(session: AsyncSession, code: str) -> RowMapping | None:
    """Division and digest of the device of a code that was not revoked, or none; locked."""
    found = await session.execute(
        text(
            "SELECT division_code, digest, revoked_at FROM place_device WHERE code = :code"
            " FOR UPDATE"
        ),
        {"code": code},
    )
    return found.mappings().first()


async def device(session: AsyncSession, device_id: int) -> RowMapping | None:
    """A device without its key, or none."""
    found = await session.execute(text(f"{_DEVICE} WHERE id = :id"), {"id": device_id})
    return found.mappings().first()


async def devices(
    session: AsyncSession, low: str, high: str, *, kind: str | None
) -> list[RowMapping]:
    """Devices of a range of division codes, by code."""
    found = await session.execute(
        text(f"""
        {_DEVICE} WHERE division_code >= :low AND division_code < :high
          AND (CAST(:kind AS text) IS NULL OR kind = :kind) ORDER BY code LIMIT 10000
        """),
        {"low": low, "high": high, "kind": kind},
    )
    return list(found.mappings())


async def revoke(session: AsyncSession, device_id: int) -> None:
    """Let a device do and show nothing any more."""
    await session.execute(
        text("UPDATE place_device SET revoked_at = coalesce(revoked_at, now()) WHERE id = :id"),
        {"id": device_id},
    )


async def by_digest(session: AsyncSession, digest: bytes) -> RowMapping | None:
    """The device of a key that was not revoked, or none."""
    return (await session.execute(_BY_DIGEST, {"digest": digest})).mappings().first()


async def touch(session: AsyncSession, device_id: int) -> None:
    """Write that a device was heard of; what it raises at once comes one after another."""
    await session.execute(
        text("UPDATE place_device SET used_at = now() WHERE id = :id"), {"id": device_id}
    )


async def alarm(session: AsyncSession, device_id: int, client_key: str) -> RowMapping | None:
    """Event and body hash of an alarm that was raised before, or none."""
    found = await session.execute(
        text("""
        SELECT event_id, body_sha256,
               EXISTS (SELECT FROM alarm b WHERE b.event_id = a.event_id AND b.id < a.id) AS joined
        FROM alarm a WHERE device_id = :device AND client_key = :key
        """),
        {"device": device_id, "key": client_key},
    )
    return found.mappings().first()


async def open_event(session: AsyncSession, device_id: int, *, within_s: float) -> int | None:
    """Event of the latest alarm of a device, if it is recent and not over."""
    found: int | None = await session.scalar(_OPEN, {"device": device_id, "within_s": within_s})
    return found


async def add_alarm(session: AsyncSession, columns: dict[str, Any]) -> None:
    """Write that a device raised an alarm."""
    await session.execute(
        text("""
        INSERT INTO alarm (device_id, event_id, division_code, client_key, body_sha256)
        VALUES (:device, :event, :division, :client_key, :digest)
        """),
        columns,
    )


async def event_place(session: AsyncSession, event_id: int) -> tuple[float, float] | None:
    """Longitude and latitude of an event, or none."""
    found = await session.execute(
        text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM event WHERE id = :id"),
        {"id": event_id},
    )
    row = found.first()
    return None if row is None else (row.lon, row.lat)


async def links(
    session: AsyncSession, *, lon: float, lat: float, radius_m: float, limit: int
) -> list[RowMapping]:
    """What shows something near a place (degrees, WGS-84), the nearest first."""
    asked = {"lon": lon, "lat": lat, "radius_m": radius_m, "limit": limit}
    return list((await session.execute(_LINKS, asked)).mappings())


async def reached(session: AsyncSession, cells: Sequence[str]) -> RowMapping:
    """Whom cells in force reach: unknown codes, people, loudspeakers, households, divisions."""
    return (await session.execute(_REACHED, {"cells": list(cells)})).mappings().one()


async def add_broadcast(session: AsyncSession, columns: dict[str, Any]) -> int | None:
    """Write a broadcast; its id, or none where its key was used."""
    found: int | None = await session.scalar(_ADD_BROADCAST, columns)
    return found


async def told(session: AsyncSession, broadcast_id: int, number: int) -> None:
    """Write to how many a broadcast went out."""
    await session.execute(
        text("UPDATE broadcast SET told = :number WHERE id = :id"),
        {"id": broadcast_id, "number": number},
    )


async def broadcast_by_key(
    session: AsyncSession, account_id: int, client_key: str
) -> RowMapping | None:
    """A broadcast by the key its sender gave it, or none."""
    found = await session.execute(
        text(f"{_BROADCAST} WHERE account_id = :account AND client_key = :key"),
        {"account": account_id, "key": client_key},
    )
    return found.mappings().first()


async def broadcasts(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """Broadcasts of a range of division codes, the newest first."""
    found = await session.execute(
        text(
            f"{_BROADCAST} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"low": low, "high": high, "limit": limit},
    )
    return list(found.mappings())


async def delivered(session: AsyncSession, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How often broadcasts went out over channels, and how often that failed."""
    found = await session.execute(_DELIVERED, {"ids": [str(one) for one in ids]})
    return {int(row.subject_id): (row.delivered, row.failed) for row in found}
