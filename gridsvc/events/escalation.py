"""What happens when a stage nears its limit and passes it: reminder, overdue, level by level."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.roles import Role
from gridsvc.codes import DIGITS
from gridsvc.db import transaction
from gridsvc.events import stage_queries
from gridsvc.events.stages import Stage
from gridsvc.mandates.calendar import time_shown
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients


@dataclass(frozen=True)
class Rung:
    """A step of the ladder.

    Attributes
    ----------
    share
        Of the time allowed: 1 = when it is due, 2 = when as much again has passed.
    level
        Level of the division it concerns.
    called
        What that is called in a notice.
    kind, role
        What is told, and to whom there; none = whoever has the event, or the desk if nobody has.
    """

    name: str
    share: float
    level: str
    called: str
    kind: Kind
    role: Role | None = None


#: Village → town → county → whoever supervises there (督办).
LADDER = (
    Rung("reminder", 0.8, "community", "社区", Kind.REMINDER),
    Rung("overdue", 1.0, "community", "社区", Kind.OVERDUE),
    Rung("street", 1.5, "street", "街道", Kind.ESCALATED, Role.DISPATCHER),
    Rung("county", 2.0, "county", "区县", Kind.ESCALATED, Role.DISPATCHER),
    Rung("supervisor", 3.0, "county", "区县督办", Kind.ESCALATED, Role.SUPERVISOR),
)
RUNGS = {rung.name: rung for rung in LADDER}
#: A reminder comes no earlier than this before the due time, however long was allowed.
HORIZON_DAYS = 3


async def escalate(engine: AsyncEngine) -> int:
    """Write every rung that a stage has come to, once for each stage and rung; how many.

    In one transaction and by the database's clock: of two workers at once, or one killed and its
    work taken up by another, the table's key lets only one row through.

    Whoever is concerned is told in the same transaction.
    """
    async with transaction(engine) as session:
        rows = await stage_queries.escalate(
            session,
            rungs=[rung.name for rung in LADDER],
            shares=[rung.share for rung in LADDER],
            digits=[DIGITS[rung.level] for rung in LADDER],
            horizon_days=HORIZON_DAYS,
        )
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
        kind=rung.kind,
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
