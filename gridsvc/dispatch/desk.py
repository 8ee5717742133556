"""The dispatcher's desk: what is open and by when, who is about, and the figures of the day."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import range_within
from gridsvc.dispatch import desk_queries
from gridsvc.dispatch.desk_queries import Wanted
from gridsvc.dispatch.desk_schemas import (
    AreaFigures,
    DeskEvent,
    DeskFigures,
    DeskPage,
    HourFigures,
    OnDuty,
)
from gridsvc.errors import Forbidden
from gridsvc.events.states import IN_HAND, WAITING
from gridsvc.feed import queries as feed_queries
from gridsvc.feed.schemas import Seen

#: Seconds before its time from which on something is urgent.
URGENT_S = 600.0
#: Positions older than this say nothing of where somebody is.
OLDEST_S = 12 * 3600.0
MOST_AREAS = 12


async def page(session: AsyncSession, wanted: Wanted, *, by_due: bool, limit: int) -> DeskPage:
    """What a desk lists: events with what is due next, and the counts of all of them."""
    rows = await desk_queries.events(session, wanted, by_due=by_due, limit=limit, urgent_s=URGENT_S)
    told = await desk_queries.counts(session, wanted)
    return DeskPage(events=[DeskEvent(**row) for row in rows], **told)


async def people(
    session: AsyncSession, caller: Identity, *, division: str | None, purpose: str | None
) -> list[Seen]:
    """Where people on duty were seen last: by micro-grid, or by place for a recorded purpose.

    Raises
    ------
    Forbidden
        If a purpose is given by somebody who may not see places.
    """
    if purpose is not None:
        if not caller.may(Permission.UNMASK):
            raise Forbidden(
                "you may not see where people stand; leave the purpose out to see their micro-grids"
            )
        for area in (division,) if division is not None else caller.areas:
            await audit.record(
                session,
                Action.WHEREABOUTS_READ,
                "live",
                "positions",
                division_code=area,
                purpose=purpose,
            )
    low, high = range_within(division)
    rows = await feed_queries.positions(session, within_s=OLDEST_S)
    seen = [Seen(**row) for row in rows if low <= row["division_code"] < high]
    return seen if purpose is not None else [one.coarse() for one in seen]


async def figures(session: AsyncSession, *, division: str | None, zone: ZoneInfo) -> DeskFigures:
    """What is open now and what was done since midnight of a zone."""
    low, high = range_within(division)
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    states = await desk_queries.by_state(session, low, high)
    counts = await desk_queries.counts(session, Wanted(low, high))
    told = await desk_queries.today(session, low, high, midnight)
    rows = await desk_queries.by_area(session, low, high, limit=MOST_AREAS)
    return DeskFigures(
        since=midnight,
        at=told["at"],
        open=sum(states.values()),
        waiting=sum(states.get(one, 0) for one in WAITING),
        in_hand=sum(states.get(one, 0) for one in IN_HAND),
        overdue=counts["overdue"],
        states=states,
        **{n: told[n] for n in ("reported", "closed", "handled", "handled_in_time")},
        people=[OnDuty(**row) for row in await desk_queries.on_duty(session, low, high)],
        hours=[HourFigures(**row) for row in await desk_queries.by_hour(session, low, high)],
        areas=[AreaFigures(**row) for row in rows],
    )
