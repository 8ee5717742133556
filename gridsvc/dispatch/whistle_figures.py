"""Figures of whistle calls as they are shown: every rate with what it is a share of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import range_within
from gridsvc.dispatch import whistle_queries
from gridsvc.dispatch.calls import MOST_DAYS
from gridsvc.dispatch.whistle_schemas import UnitFigures, WhistleFigures
from gridsvc.errors import BadInput
from gridsvc.events.figures import rate
from gridsvc.events.life_schemas import Rate, Window

#: Name, what it is called, and the counts it is made of.
_SHARES = (
    ("checked_in", "报到率", "checked_in", "due"),
    ("in_time", "按时报到率", "in_time", "due"),
    ("judged", "评定率", "judged", "calls"),
    ("resolved", "解决率", "resolved", "calls"),
    ("resolved_of_judged", "评定解决率", "resolved", "judged"),
)


def rates(counts: Mapping[str, int]) -> list[Rate]:
    """Every rate there is; check-ins are shares of what was due: units whose time ran out.

    Raises
    ------
    Conflict
        If the counts do not belong together.
    """
    return [rate(name, label, counts[part], counts[of]) for name, label, part, of in _SHARES]


async def figures(
    session: AsyncSession, *, division: str | None, since: datetime, until: datetime
) -> WhistleFigures:
    """Counts of a division's whistle calls within a window, as they stood at its end.

    Calls count where they were made, units where their time to check in runs out. What was
    withdrawn counts for nothing but itself, unless a unit's time had run out by then.

    Raises
    ------
    BadInput
        If the window ends before it begins, or the division's code is none.
    """
    if until <= since:
        raise BadInput("the window ends before it begins; give since before until")
    low, high = range_within(division)
    row = await whistle_queries.figures(
        session, low=low, high=high, since=since, until=until, most_days=MOST_DAYS
    )
    return WhistleFigures(
        window=Window(since=since, until=row["until"]),
        counts=row["counts"],
        channels=row["channels"],
        rates=rates(row["counts"]),
        units=[UnitFigures(**one) for one in row["units"]],
    )
