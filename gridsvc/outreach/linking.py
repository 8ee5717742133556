"""Who is linked to which households of a programme, and why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import code_range
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.keyring import Keyring
from gridsvc.outreach import visit_queries
from gridsvc.outreach.schemas import LinkReason, LinksIn, LinksOut
from gridsvc.outreach.visiting import programme
from gridsvc.people import queries as people_queries


async def link(
    session: AsyncSession, programme_id: int, code: str, links: LinksIn, keyring: Keyring
) -> LinksOut:
    """Link somebody to all the households they visit in a programme, in place of those before.

    Raises
    ------
    NotFound
        If there is no such programme or person.
    BadInput
        If the programme needs no links, the person has another role than it asks for, an
        address is unknown or not the only one, or there are too few or too many.
    Conflict
        If somebody else is linked to one of them.
    """
    found = await programme(session, programme_id)
    who = await people_queries.person(session, code, lock=True)
    if who is None:
        raise NotFound(f"there is no person {code} in your areas")
    if found["whom"] == "households":
        raise BadInput(f"{found['name']} means every household; nobody is linked to any")
    if who["role"] != found["visitor"]:
        raise BadInput(f"{code} is a {who['role']}; {found['name']} asks for a {found['visitor']}")
    ids = await _households(session, found, links.households)
    _check_each(found, code, len(ids))
    taken = await visit_queries.linked_to_others(session, programme_id, who["id"], ids)
    if taken:
        raise Conflict(f"somebody else is linked to {', '.join(taken[:5])}; take them away first")
    reason = None if links.reason is None else keyring.seal(links.reason)
    await visit_queries.set_links(session, programme_id, who["id"], ids, reason)
    await audit.record(
        session,
        Action.OUTREACH_SET,
        "visit_links",
        f"{programme_id}/{code}",
        division_code=found["division_code"],
        after={"households": len(ids)},
    )
    return LinksOut(programme=programme_id, person=code, households=len(ids))


async def _households(
    session: AsyncSession, found: RowMapping, addresses: Sequence[str]
) -> list[int]:
    wanted = sorted(set(addresses))
    low, high = code_range(found["division_code"])
    rows = await visit_queries.households(session, low, high, wanted)
    known = [row["address_code"] for row in rows]
    if unknown := [one for one in wanted if one not in known]:
        raise BadInput(
            f"{found['division_code']} has no household with the address {', '.join(unknown[:5])}",
            unknown=unknown,
        )
    if twice := sorted({one for one in known if known.count(one) > 1}):
        raise BadInput(f"several communities have a household {', '.join(twice[:5])}")
    return [row["id"] for row in rows]


def _check_each(found: RowMapping, code: str, n: int) -> None:
    least, most = found["least_each"], found["most_each"]
    if n and least is not None and n < least:
        raise BadInput(f"{code} would have {n} households; {found['name']} asks for {least} each")
    if most is not None and n > most:
        raise BadInput(f"{code} would have {n} households; {found['name']} allows {most} each")


async def reason(
    session: AsyncSession,
    programme_id: int,
    household_id: int,
    caller: Identity,
    keyring: Keyring,
    *,
    purpose: str,
) -> LinkReason:
    """Why somebody is linked to a household, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If nobody is linked to it, nothing says why, or it is not the caller's to know.
    """
    found = await visit_queries.link_reason(session, programme_id, household_id)
    knows = found is not None and (
        found["person_id"] == caller.person_id or caller.may(Permission.DIRECT_VISITS)
    )
    if found is None or found["reason_sealed"] is None or not knows:
        raise NotFound(f"nothing says why household {household_id} is visited that is yours to see")
    await audit.record(
        session,
        Action.UNMASKED,
        "visit_links",
        f"{programme_id}/{household_id}",
        division_code=found["division_code"],
        purpose=purpose,
    )
    return LinkReason(
        programme=programme_id,
        household=household_id,
        reason=keyring.open(found["reason_sealed"]),
    )
