"""SQL of the phones that tell positions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_SHOWN = """
SELECT d.id, p.code AS person, d.label, d.datum, d.beginning, d.created_at, d.revoked_at, d.used_at
FROM device d JOIN person p ON p.id = d.person_id
"""


async def add(session: AsyncSession, person_id: int, **columns: Any) -> int | None:
    """Add a phone of a person (digest, beginning, label, datum); its id."""
    device_id: int | None = await session.scalar(
        text("""
        INSERT INTO device (person_id, division_code, digest, beginning, label, datum)
        SELECT id, division_code, :digest, :beginning, :label, :datum FROM person WHERE id = :id
        RETURNING id
        """),
        {"id": person_id, **columns},
    )
    return device_id


async def shown(session: AsyncSession, device_id: int) -> RowMapping | None:
    """A phone as it is shown, without its key; or none."""
    found = await session.execute(text(f"{_SHOWN} WHERE d.id = :id"), {"id": device_id})
    return found.mappings().first()


async def of_person(session: AsyncSession, person_id: int) -> list[RowMapping]:
    """Phones of a person, newest first."""
    rows = await session.execute(
        text(f"{_SHOWN} WHERE d.person_id = :id ORDER BY d.id DESC"), {"id": person_id}
    )
    return list(rows.mappings())


async def by_digest(session: AsyncSession, digest: bytes) -> RowMapping | None:
    """The phone of a key that was not revoked: id, person, division_code, datum, stale; or none."""
    found = await session.execute(
        text("""
        SELECT d.id, p.code AS person, d.division_code, d.datum,
               d.used_at IS NULL OR d.used_at < now() - interval '1 minute' AS stale
        FROM device d JOIN person p ON p.id = d.person_id
        WHERE d.digest = :digest AND d.revoked_at IS NULL
        """),
        {"digest": digest},
    )
    return found.mappings().first()


async def touch(session: AsyncSession, device_id: int) -> None:
    """Write that a phone was heard of."""
    await session.execute(
        text("UPDATE device SET used_at = now() WHERE id = :id"), {"id": device_id}
    )


async def revoke(session: AsyncSession, device_id: int) -> bool:
    """Let a phone tell nothing any more; whether it could until now."""
    found = await session.scalar(
        text(
            "UPDATE device SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL"
            " RETURNING id"
        ),
        {"id": device_id},
    )
    return found is not None
