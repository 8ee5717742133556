"""What the office does with postings (派驻): the street commands, the department pays."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, Conflict
from gridsvc.people import posting_queries
from gridsvc.people.schemas import PostingIn, PostingOut
from gridsvc.people.service import known_person


async def post(session: AsyncSession, code: str, new: PostingIn) -> PostingOut:
    """Post somebody to a unit from a day on; the posting without an end before it ends that day.

    Raises
    ------
    NotFound
        If nobody has this code.
    BadInput
        If it ends before it begins, or a unit is not on the list on that day.
    Conflict
        If it overlaps another posting that has an end, or begins later.
    """
    person = await known_person(session, code)
    if new.ends is not None and new.ends <= new.begins:
        raise BadInput("the posting ends before it begins; give ends after begins, or leave it out")
    units = sorted({new.home_unit, new.commanding_unit})
    if unknown := await posting_queries.unknown_units(session, units, on=new.begins):
        raise BadInput(
            f"unit {unknown[0]!r} is not on the list on {new.begins}; load the units first"
        )
    await posting_queries.end_open(session, person["id"], on=new.begins)
    posting_id = await posting_queries.add(session, person["id"], **new.model_dump())
    if posting_id is None:
        raise Conflict(f"{code} is posted elsewhere within that time; choose other days")
    await audit.record(
        session,
        Action.POSTED,
        "person",
        code,
        division_code=person["division_code"],
        after={"posting": posting_id, **new.model_dump(mode="json")},
    )
    return next(one for one in await of_person(session, code) if one.id == posting_id)


async def of_person(session: AsyncSession, code: str) -> list[PostingOut]:
    """Postings of a person, latest first.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    rows = await posting_queries.of_person(session, person["id"])
    return [PostingOut(**row) for row in rows]


async def posting_on(session: AsyncSession, code: str, day: date) -> PostingOut | None:
    """The posting of a person on a day: who commands them and who pays; or none.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    row = await posting_queries.posting_on(session, person["id"], day)
    return None if row is None else PostingOut(**row)
