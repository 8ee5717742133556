"""Called units that do not check in: their superiors are told, step by step, by the clock."""

from __future__ import annotations

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.dispatch import whistle_queries
from gridsvc.dispatch.calls import LADDER, OPEN
from gridsvc.mandates.calendar import time_shown
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients


async def escalate(engine: AsyncEngine) -> int:
    """Write every rung that an awaited unit has come to, and tell of it; how many.

    In one transaction and by the database's clock: of two workers at once, or one killed and its
    work taken up by another, the table's key lets only one row, and one notice, through.
    """
    async with transaction(engine) as session:
        rows = await whistle_queries.escalate(
            session,
            states=sorted(OPEN),
            names=[rung.name for rung in LADDER],
            shares=[rung.share for rung in LADDER],
            ups=[rung.up for rung in LADDER],
        )
        for row in rows:
            await _tell(session, row)
    return len(rows)


async def _tell(session: AsyncSession, row: RowMapping) -> None:
    """Tell the superior, the unit and the caller; without a superior, who supervises there."""
    superior = row["told_unit"]
    facts = {"unit": row["unit_name"], "due": time_shown(row["due_at"])}
    await notices.tell(
        session,
        kind=Kind.WHISTLE_UNANSWERED,
        subject_type="whistle",
        subject_id=row["call_id"],
        recipients=Recipients(
            units=[one for one in (superior, row["unit_code"], row["caller_code"]) if one],
            roles=[] if superior else [Role.SUPERVISOR],
        ),
        division_code=row["division_code"],
        facts=facts | ({"matter": row["matter_name"]} if row["matter_name"] else {}),
        occasion=f"{row['unit_code']}/{row['rung']}",
    )
