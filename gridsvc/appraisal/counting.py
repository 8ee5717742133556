"""Counting day by day: what changed since the last time, or everything anew.

Both give the same. What was written since is known by the number of the transaction that wrote it,
as for the live stream; a day on which anything changed is counted anew as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.appraisal import counting_queries
from gridsvc.db import EVERYWHERE, transaction, widened


@dataclass(frozen=True)
class Counted:
    """What was counted: the days of communities, or with `anew` all rows of counts."""

    anew: bool
    number: int


async def refresh(engine: AsyncEngine, zone: str, *, anew: bool = False) -> Counted:
    """Count what changed since the last time, in a transaction of its own.

    Parameters
    ----------
    zone
        Name of the time zone whose days are counted; in another one than before everything is
        counted anew.
    anew
        Whether to count everything, whatever was counted before.
    """
    async with transaction(engine) as session:
        return await count(session, zone, anew=anew)


async def count(session: AsyncSession, zone: str, *, anew: bool = False) -> Counted:
    """As `refresh`, within the caller's transaction; counts belong to no area alone."""
    async with widened(session, EVERYWHERE):
        mark, ended = await counting_queries.turn(session)
        if anew or mark is None or mark["time_zone"] != zone:
            anew, number = True, await counting_queries.count_all(session, zone)
        else:
            number = await counting_queries.count_changed(session, mark["counted_xid"], zone)
        await counting_queries.set_mark(session, ended, zone)
    return Counted(anew, number)
