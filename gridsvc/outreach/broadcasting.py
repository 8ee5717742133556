"""What the office says to the people of cells: on phones and over loudspeakers, once."""

from __future__ import annotations

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import WHOLE, ancestors
from gridsvc.db import EVERYWHERE, widened
from gridsvc.errors import BadInput, Conflict, Forbidden
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.outreach import device_queries
from gridsvc.outreach.device_schemas import BroadcastIn, BroadcastOut


async def send(session: AsyncSession, told: BroadcastIn, caller: Identity) -> BroadcastOut:
    """Say something to who answers for cells, to their loudspeakers and to households in them.

    Phones and loudspeakers are told by the notices' queue once this is committed; the same key
    says it once. A loudspeaker is told over the channels kept under its code, a household on the
    phones on which it agreed to be told.

    Raises
    ------
    BadInput
        If a cell is none in force in the caller's areas, or the key was used with another body.
    Forbidden
        If the cells lie further apart than the caller's areas.
    Conflict
        If the same is being said at this moment.
    """
    digest = client_keys.digest_of(told)
    before = await device_queries.broadcast_by_key(session, caller.account_id, told.client_key)
    if before is not None:
        client_keys.check_same(
            told.client_key, before["body_sha256"], digest, used="with another body"
        )
        return (await _shown(session, [before]))[0]
    reached = await device_queries.reached(session, told.cells)
    if reached["unknown"]:
        raise BadInput(
            f"{reached['unknown'][0]} is no grid or micro-grid in force in your areas; use codes "
            "of the plans in force"
        )
    division = _common(reached["divisions"])
    if not caller.answers_for(division):
        raise Forbidden("the cells lie in several of your areas; broadcast to each by itself")
    added = await device_queries.add_broadcast(
        session,
        {
            **{"division": division, "message": told.message, "cells": sorted(set(told.cells))},
            **{"people": len(reached["people"]), "loudspeakers": len(reached["loudspeakers"])},
            **{"households": reached["households"], "phones": len(reached["phones"])},
            "actor": actor_of(session).shown,
            **{"account": caller.account_id, "client_key": told.client_key, "digest": digest},
        },
    )
    if added is None:
        raise Conflict("the same is being said at this moment; ask for it again")
    number = await notices.tell(
        session,
        kind=Kind.BROADCAST,
        subject_type="broadcast",
        subject_id=added,
        recipients=Recipients(
            people=reached["people"],
            units=reached["loudspeakers"],
            households=reached["phones"],
        ),
        division_code=division,
        facts={"message": told.message},
    )
    await device_queries.told(session, added, number)
    after = {"cells": sorted(set(told.cells)), "told": number}
    await audit.record(
        session, Action.BROADCAST_SENT, "broadcast", added, division_code=division, after=after
    )
    row = await device_queries.broadcast_by_key(session, caller.account_id, told.client_key)
    return (await _shown(session, [row]))[0]  # type: ignore[list-item] # was added a moment ago


def _common(divisions: list[str]) -> str:
    """Code of the innermost division that holds all of these."""
    return max(set.intersection(*({WHOLE, *ancestors(one), one} for one in divisions)))


async def broadcasts(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> list[BroadcastOut]:
    """What was said in a range of division codes, the newest first, and how far it got."""
    return await _shown(session, await device_queries.broadcasts(session, low, high, limit=limit))


async def _shown(session: AsyncSession, rows: list[RowMapping]) -> list[BroadcastOut]:
    async with widened(session, EVERYWHERE):  # notices are kept where their accounts are
        counts = await device_queries.delivered(session, [row["id"] for row in rows])
    told = []
    for row in rows:
        delivered, failed = counts.get(row["id"], (0, 0))
        told.append(BroadcastOut(**row, delivered=delivered, failed=failed))
    return told
