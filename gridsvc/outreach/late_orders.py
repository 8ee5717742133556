"""Work orders that near their deadline and pass it: told level by level, as late events are."""

from __future__ import annotations

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.db import transaction
from gridsvc.events.ladder import HORIZON_DAYS, LADDER, RUNGS, steps
from gridsvc.mandates.calendar import time_shown
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.outreach import window_queries

#: What is told at a rung, if not that it went up.
_KINDS = {"reminder": Kind.ORDER_REMINDER, "overdue": Kind.ORDER_OVERDUE}


async def escalate(engine: AsyncEngine) -> int:
    """Write every rung that a work order has come to, once for each deadline; how many.

    In one transaction and by the database's clock: of two workers at once, or one killed and its
    work taken up by another, the table's key lets only one row, and one notice, through.
    """
    async with transaction(engine) as session:
        rows = await window_queries.escalate(session, **steps(LADDER), horizon_days=HORIZON_DAYS)
        for row in rows:
            await _tell(session, row)
    return len(rows)


async def _tell(session: AsyncSession, row: RowMapping) -> None:
    """Tell the unit that has it; of what went up, whoever answers there, too."""
    rung = RUNGS[row["rung"]]
    await notices.tell(
        session,
        kind=_KINDS.get(rung.name, Kind.ORDER_ESCALATED),
        subject_type="work_order",
        subject_id=row["order_id"],
        occasion=f"{rung.name}/{row['due_at'].isoformat()}",
        recipients=Recipients(
            units=[row["unit"]], roles=[rung.role] if rung.role else [], area=row["told_code"]
        ),
        division_code=row["division_code"],
        facts={
            "matter": row["matter_name"],
            "due": time_shown(row["due_at"]),
            "level": rung.called,
        },
    )
