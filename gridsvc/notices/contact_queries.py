"""SQL of the phones on which households agreed to be told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

#: Names the locks of this module; any number that no other uses.
_LOCK = 7_246_039
_CONTACT = """
SELECT c.id, c.division_code, h.address_code AS address, c.shown AS phone, c.consent,
       c.created_at AS agreed_at
FROM channel c JOIN household h ON h.id = c.household_id
"""


async def household(session: AsyncSession, division: str, address: str) -> int | None:
    """The household of an address in a division, locked: its phones are counted; or none."""
    found: int | None = await session.scalar(
        text(
            "SELECT id FROM household WHERE division_code = :division AND address_code = :address"
        ),
        {"division": division, "address": address},
    )
    if found is not None:
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:key, CAST(:id % 2147483647 AS integer))"),
            {"key": _LOCK, "id": found},
        )
    return found


async def sealed(session: AsyncSession, household_id: int) -> list[RowMapping]:
    """Id and sealed number of every phone of a household."""
    found = await session.execute(
        text("SELECT id, url_sealed FROM channel WHERE household_id = :id ORDER BY id"),
        {"id": household_id},
    )
    return list(found.mappings())


async def add(session: AsyncSession, columns: dict[str, Any]) -> int:
    """Keep a phone of a household; its id. Told: household, division, sealed, shown, consent."""
    added = await session.scalar(
        text("""
        INSERT INTO channel (division_code, household_id, service, url_sealed, shown, consent,
                             kinds, language)
        VALUES (:division, :household, 'phone', :sealed, :shown, :consent, '{broadcast}', 'zh')
        RETURNING id
        """),
        columns,
    )
    return int(added)


async def agree(session: AsyncSession, contact_id: int, consent: str) -> None:
    """Write that somebody agreed anew, now."""
    await session.execute(
        text("UPDATE channel SET consent = :consent, created_at = now() WHERE id = :id"),
        {"id": contact_id, "consent": consent},
    )


async def contact(session: AsyncSession, contact_id: int) -> RowMapping | None:
    """A phone as it is shown, and its sealed number; or none."""
    found = await session.execute(
        text(_CONTACT.replace("SELECT", "SELECT c.url_sealed,", 1) + " WHERE c.id = :id"),
        {"id": contact_id},
    )
    return found.mappings().first()


async def contacts(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> tuple[list[RowMapping], int]:
    """Phones of a range of division codes by address, as they are shown, and how many."""
    span = {"low": low, "high": high}
    within = "WHERE c.division_code >= :low AND c.division_code < :high"
    found = await session.execute(
        text(f"{_CONTACT} {within} ORDER BY c.division_code, h.address_code, c.id LIMIT :limit"),
        span | {"limit": limit},
    )
    total = await session.scalar(
        text(f"SELECT count(*) FROM channel c {within} AND c.household_id IS NOT NULL"),  # noqa: S608
        span,
    )
    return list(found.mappings()), int(total or 0)


async def remove(session: AsyncSession, contact_id: int) -> None:
    """Forget a phone, and what waits to be sent to it."""
    await session.execute(text("DELETE FROM channel WHERE id = :id"), {"id": contact_id})
