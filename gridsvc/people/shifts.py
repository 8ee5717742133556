"""What the office does with shifts: plan them, cancel them, let duty follow them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.people import shift_queries
from gridsvc.people.schemas import DutyChangeOut, ShiftIn, ShiftOut
from gridsvc.people.service import known_person

#: Longest shift, and days of shifts that are listed at a time.
MOST = timedelta(days=1)
LISTED = timedelta(days=62)
MOST_CHANGES = 200


async def plan(session: AsyncSession, code: str, new: ShiftIn) -> ShiftOut:
    """Plan a shift of a person; where it has begun already, they are on duty at once.

    Raises
    ------
    NotFound
        If nobody has this code.
    BadInput
        If it is over already, ends before it begins or takes longer than a day.
    Conflict
        If it overlaps another shift of theirs.
    """
    person = await known_person(session, code)
    _check(new)
    shift_id = await shift_queries.add(session, person["id"], begins=new.begins, ends=new.ends)
    if shift_id is None:
        others = await shift_queries.overlapping(
            session, person["id"], begins=new.begins, ends=new.ends
        )
        named = ", ".join(
            f"shift {one['id']} ({one['begins'].isoformat()} to {one['ends'].isoformat()})"
            for one in others
        )
        raise Conflict(f"{code} has {named} in that time; cancel it or choose another time")
    await _note(session, Action.SHIFT_PLANNED, person, after=_facts(shift_id, new))
    await shift_queries.follow(session)
    return await _shown(session, shift_id)


def _check(new: ShiftIn) -> None:
    if not new.begins < new.ends:
        raise BadInput("the shift ends before it begins; give begins before ends")
    if new.ends - new.begins > MOST:
        raise BadInput("the shift takes longer than a day; plan one for each day")
    if new.ends <= datetime.now(UTC):
        raise BadInput("the shift is over already; plan one that is to come")


def _facts(shift_id: int, new: ShiftIn) -> dict[str, Any]:
    return {
        "shift": shift_id,
        "begins": new.begins.isoformat(),
        "ends": new.ends.isoformat(),
    }


async def cancel(session: AsyncSession, shift_id: int) -> None:
    """Take away a shift that has not begun.

    Raises
    ------
    NotFound
        If there is no such shift.
    Conflict
        If it has begun: it is part of the past.
    """
    row = await shift_queries.shift(session, shift_id, lock=True)
    if row is None:
        raise NotFound(f"there is no shift {shift_id}")
    if row["begun_at"] is not None or row["ended_at"] is not None:
        raise Conflict(f"shift {shift_id} has begun; set the duty of {row['person']} by hand")
    person = await known_person(session, row["person"])
    await shift_queries.remove(session, shift_id)
    await _note(session, Action.SHIFT_CANCELLED, person, before={"shift": shift_id})


async def of_person(session: AsyncSession, code: str, begins: datetime) -> list[ShiftOut]:
    """Shifts of a person within two months of a time, earliest first.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    rows = await shift_queries.overlapping(
        session, person["id"], begins=begins, ends=begins + LISTED
    )
    return [ShiftOut(**row) for row in rows]


async def duty_changes(session: AsyncSession, code: str) -> list[DutyChangeOut]:
    """When and by what a person went on and off duty, newest first.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    rows = await shift_queries.duty_changes(session, person["id"], limit=MOST_CHANGES)
    return [DutyChangeOut(**row) for row in rows]


async def follow(session: AsyncSession) -> int:
    """Let duty follow the shifts whose time has come; how many people went on or off duty.

    Whoever set duty by hand in between is right until the next shift begins or ends.
    """
    return await shift_queries.follow(session)


async def _shown(session: AsyncSession, shift_id: int) -> ShiftOut:
    row = await shift_queries.shift(session, shift_id)
    if row is None:
        raise NotFound(f"there is no shift {shift_id}")
    return ShiftOut(**row)


async def _note(session: AsyncSession, action: Action, person: Any, **changes: Any) -> None:
    await audit.record(
        session, action, "person", person["code"], division_code=person["division_code"], **changes
    )
