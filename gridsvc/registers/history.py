"""Every deed in the registers has its line of history and its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.registers import history_queries
from gridsvc.registers.schemas import RegisterDeed


async def record(
    session: AsyncSession, subject: str, rows: Sequence[tuple[int, str]], deed: str, note: str = ""
) -> None:
    """Write a deed about some things; rows are id and division.

    Many that are set at once are one entry of the trail for each division.
    """
    actor = actor_of(session).shown
    await history_queries.note(session, subject, rows, deed=deed, actor=actor, note=note)
    for division in sorted({division for _, division in rows}):
        ids = [key for key, own in rows if own == division]
        await audit.record(
            session,
            Action.REGISTER_MOVED,
            subject,
            ids[0],
            division_code=division,
            after={"deed": deed, "how_many": len(ids)},
        )


async def shown(session: AsyncSession, subject: str, subject_id: int) -> list[RegisterDeed]:
    """What was done about something, oldest first."""
    return [RegisterDeed(**row) for row in await history_queries.of(session, subject, subject_id)]
