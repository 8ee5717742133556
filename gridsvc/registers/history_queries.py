"""SQL of what was done to things in the registers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession


async def note(
    session: AsyncSession,
    subject: str,
    rows: Sequence[tuple[int, str]],
    *,
    deed: str,
    actor: str,
    note: str,
) -> None:
    """Write a deed about some things; rows are id and division."""
    await session.execute(
        text("""
        INSERT INTO register_history (subject, subject_id, division_code, deed, actor, note)
        SELECT :subject, id, division, :deed, :actor, :note
        FROM unnest(CAST(:ids AS bigint[]), CAST(:divisions AS text[])) AS one (id, division)
        """),
        {
            **{"subject": subject, "deed": deed, "actor": actor, "note": note},
            **{"ids": [row[0] for row in rows], "divisions": [row[1] for row in rows]},
        },
    )


async def of(session: AsyncSession, subject: str, subject_id: int) -> list[RowMapping]:
    """What was done about something, oldest first."""
    found = await session.execute(
        text(
            "SELECT deed, actor, note, at FROM register_history"
            " WHERE subject = :subject AND subject_id = :id ORDER BY id"
        ),
        {"subject": subject, "id": subject_id},
    )
    return list(found.mappings())
