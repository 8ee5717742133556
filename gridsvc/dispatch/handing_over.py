"""Handing over a shift of the desk (交接班): what is open, notes, and who took over by name."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.dispatch import desk_queries, handover_queries
from gridsvc.dispatch.desk import URGENT_S
from gridsvc.dispatch.desk_queries import Wanted
from gridsvc.dispatch.desk_schemas import HandoverIn, HandoverOut
from gridsvc.dispatch.handover_queries import NewHandover
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.grids.queries import division_name

#: Urgent events that a handover names; with more the list itself is the better place to look.
MOST_URGENT = 100
_LOOKED_AT = 500


async def hand_over(session: AsyncSession, new: HandoverIn, caller: Identity) -> HandoverOut:
    """Write down a shift that ends, with what is open at this moment.

    Raises
    ------
    BadInput
        If there is no such division, or the client key was used with another body.
    Forbidden
        If the division lies outside the caller's areas.
    """
    actor, digest = actor_of(session), client_keys.digest_of(new)
    known = await handover_queries.by_client_key(session, actor.login, new.client_key)
    if known is not None:
        client_keys.check_same(new.client_key, known[1], digest, used="with another body")
        return await _shown(session, known[0])
    if not caller.answers_for(new.division):
        raise Forbidden(f"{new.division} lies outside your areas; hand over what you answer for")
    if await division_name(session, new.division) is None:
        raise BadInput(f"there is no division {new.division}; use a code of your areas")
    added = await handover_queries.add(
        session,
        NewHandover(
            division_code=new.division,
            written_by=actor.login,
            name=new.name,
            notes=new.notes,
            client_key=new.client_key,
            body_sha256=digest,
            **await _open(session, *code_range(new.division)),
        ),
    )
    if added is None:  # the same request, at the same moment
        return await hand_over(session, new, caller)
    await audit.record(
        session, Action.SHIFT_HANDED_OVER, "handover", added, division_code=new.division
    )
    return await _shown(session, added)


async def _open(session: AsyncSession, low: str, high: str) -> dict[str, Any]:
    counts = await desk_queries.counts(session, Wanted(low, high))
    rows = await desk_queries.events(
        session, Wanted(low, high), by_due=True, limit=_LOOKED_AT, urgent_s=URGENT_S
    )
    return {
        "open_events": counts["total"],
        "waiting_events": counts["waiting"],
        "overdue_events": counts["overdue"],
        "urgent_events": [row["id"] for row in rows if row["urgent"]][:MOST_URGENT],
    }


async def take_over(session: AsyncSession, handover_id: int, name: str) -> HandoverOut:
    """Take a shift over by name.

    Raises
    ------
    NotFound
        If there is no such handover in the caller's areas.
    Conflict
        If somebody took it over already, or it is taken by who wrote it.
    """
    row = await handover_queries.handover(session, handover_id)
    if row is None:
        raise NotFound(f"there is no handover {handover_id} in your areas")
    actor = actor_of(session)
    if row["name"].strip() == name.strip():
        raise Conflict(f"{name} handed this shift over; somebody else takes it")
    if not await handover_queries.take(session, handover_id, taken_by=actor.login, name=name):
        now = await _shown(session, handover_id)
        raise Conflict(f"{now.taken_name} took this shift over already; look again")
    await audit.record(
        session,
        Action.SHIFT_TAKEN_OVER,
        "handover",
        handover_id,
        division_code=row["division_code"],
    )
    return await _shown(session, handover_id)


async def listed(session: AsyncSession, low: str, high: str, *, limit: int) -> list[HandoverOut]:
    """Handovers of a range of division codes, newest first."""
    rows = await handover_queries.newest(session, low, high, limit=limit)
    return [HandoverOut(**row) for row in rows]


async def _shown(session: AsyncSession, handover_id: int) -> HandoverOut:
    row = await handover_queries.handover(session, handover_id)
    if row is None:
        raise NotFound(f"there is no handover {handover_id} in your areas")
    return HandoverOut(**row)
