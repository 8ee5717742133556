"""What happens when a stage nears its limit and passes it: reminder, overdue, level by level."""

from __future__ import annotations

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.events import stage_queries
from gridsvc.events.ladder import HORIZON_DAYS, LADDER, RUNGS, steps
from gridsvc.events.stages import Stage
from gridsvc.mandates.calendar import time_shown
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients

#: What is told at a rung, if not that it went up.
_KINDS = {"reminder": Kind.REMINDER, "overdue": Kind.OVERDUE}


async def escalate(engine: AsyncEngine) -> int:
    """Write every rung that a stage has come to, once for each stage and rung; how many.

    In one transaction and by the database's clock: of two workers at once, or one killed and its
    work taken up by another, the table's key lets only one row through.

    Whoever is concerned is told in the same transaction.
    """
    async with transaction(engine) as session:
        rows = await stage_queries.escalate(session, **steps(LADDER), horizon_days=HORIZON_DAYS)
        for row in rows:
            await _tell(session, row)
    return len(rows)


async def _tell(session: AsyncSession, row: RowMapping) -> None:
    """Tell of a rung whom it concerns; of the case as a whole its stages tell already."""
    if row["stage"] == Stage.CASE:
        return
    rung = RUNGS[row["rung"]]
    handler = [] if row["handler_id"] is None else [row["handler_id"]]
    if rung.role is None and handler:
        recipients = Recipients(people=handler)
    else:
        recipients = Recipients(roles=[rung.role or Role.DISPATCHER], area=row["told_code"])
    await notices.tell(
        session,
        kind=_KINDS.get(rung.name, Kind.ESCALATED),
        subject_type="event",
        subject_id=row["event_id"],
        occasion=str(row["id"]),
        recipients=recipients,
        division_code=row["division_code"],
        facts={
            "matter": row["matter_name"],
            "cell": row["micro_grid_code"],
            "due": time_shown(row["due_at"]),
            "level": rung.called,
        },
    )
