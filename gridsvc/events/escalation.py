"""What happens when a stage nears its limit and passes it: reminder, overdue, level by level."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.codes import DIGITS
from gridsvc.db import transaction
from gridsvc.events import stage_queries


@dataclass(frozen=True)
class Rung:
    """A step of the ladder.

    Attributes
    ----------
    share
        Of the time allowed: 1 = when it is due, 2 = when as much again has passed.
    level
        Level of the division it concerns.
    """

    name: str
    share: float
    level: str


#: Village → town → county → whoever supervises there (督办).
LADDER = (
    Rung("reminder", 0.8, "community"),
    Rung("overdue", 1.0, "community"),
    Rung("street", 1.5, "street"),
    Rung("county", 2.0, "county"),
    Rung("supervisor", 3.0, "county"),
)
#: A reminder comes no earlier than this before the due time, however long was allowed.
HORIZON_DAYS = 3


async def escalate(engine: AsyncEngine) -> int:
    """Write every rung that a stage has come to, once for each stage and rung; how many.

    In one transaction and by the database's clock: of two workers at once, or one killed and its
    work taken up by another, the table's key lets only one row through.

    Whom to tell stands in the rows (`told_code`); they are what notices are to be sent from.
    """
    async with transaction(engine) as session:
        rows = await stage_queries.escalate(
            session,
            rungs=[rung.name for rung in LADDER],
            shares=[rung.share for rung in LADDER],
            digits=[DIGITS[rung.level] for rung in LADDER],
            horizon_days=HORIZON_DAYS,
        )
    return len(rows)
