"""What the office does with standards: lay them down, look who keeps them, tell the share."""

from __future__ import annotations

from datetime import date

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.errors import BadInput, NotFound
from gridsvc.events.figures import rate
from gridsvc.grids.own_areas import check_area, check_own_area
from gridsvc.registers import standard_queries
from gridsvc.registers.standard_schemas import (
    FindingsIn,
    ItemResult,
    StandardIn,
    StandardOut,
    StandardResult,
    SubjectResult,
)


async def put(
    session: AsyncSession, told: StandardIn, caller: Identity | None = None
) -> StandardOut:
    """Lay down a standard, or change the one of that code in that division.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, told.division, caller)
    found = await standard_queries.put(session, told.model_dump())
    await audit.record(
        session, Action.REGISTER_MOVED, "standard", found, division_code=told.division
    )
    return StandardOut(id=found, **told.model_dump())


async def standards(session: AsyncSession, low: str, high: str) -> list[StandardOut]:
    """Standards laid down in a range of division codes."""
    return [StandardOut(**row) for row in await standard_queries.standards(session, low, high)]


async def _known(session: AsyncSession, standard_id: int) -> RowMapping:
    row = await standard_queries.standard(session, standard_id)
    if row is None:
        raise NotFound(f"there is no standard {standard_id} in your areas")
    return row


async def add(
    session: AsyncSession, standard_id: int, told: FindingsIn, caller: Identity, *, today: date
) -> int:
    """Write what was found on a day, and how much; what was found before stays for the days before.

    Raises
    ------
    NotFound
        If there is no such standard.
    Forbidden
        If a division or group is not among the caller's areas.
    BadInput
        If the day is yet to come, an item is none of the standard's, or a subject is none of its
        area and the caller's on that day.
    """
    row = await _known(session, standard_id)
    if told.found_on > today:
        raise BadInput(f"{told.found_on} is yet to come")
    items = {one["code"] for one in row["items"]}
    if strange := sorted({one.item for one in told.findings} - items):
        raise BadInput(f"{strange[0]} is no item of {row['name']}")
    if row["subject"] in {"division", "group"}:  # those above are seen, but judged up there
        for division in sorted({one.subject[:12] for one in told.findings}):
            check_area(division, caller)
    low, high = code_range(row["division"])
    rows = [one.model_dump() for one in told.findings]
    seen = await standard_queries.add(
        session,
        row,
        rows,
        on=told.found_on,
        low=low,
        high=high,
        actor=actor_of(session).shown,
    )
    if missing := sorted({one.subject for one in told.findings} - set(seen)):
        raise BadInput(f"{missing[0]} was no {row['subject']} of {row['name']} on {told.found_on}")
    await audit.record(
        session,
        Action.REGISTER_MOVED,
        "finding",
        standard_id,
        division_code=row["division"],
        after={"how_many": len(rows)},
    )
    return len(rows)


async def result(
    session: AsyncSession, standard_id: int, *, low: str, high: str, on: date, limit: int
) -> StandardResult:
    """How many of all the subjects met all of a standard on a day, and each item.

    Raises
    ------
    NotFound
        If there is no such standard.
    """
    row = await _known(session, standard_id)
    first, last = code_range(row["division"])
    subjects = await standard_queries.result(
        session, row, low=max(low, first), high=min(high, last), on=on
    )
    items = {one["code"]: one for one in row["items"]}
    # An item that is asked for no longer does not count.
    met = [items.keys() & set(one["met"] or ()) for one in subjects]
    unmet = [items.keys() & set(one["unmet"] or ()) for one in subjects]
    short = [
        SubjectResult(
            code=one["code"],
            name=one["name"],
            unmet=sorted(bad),
            unseen=sorted(items.keys() - good - bad),
        )
        for one, good, bad in zip(subjects, met, unmet, strict=True)
        if good < items.keys()
    ]
    total = len(subjects)
    return StandardResult(
        standard=StandardOut(**row),
        on=on,
        rate=rate("met", "达标率", total - len(short), total),
        items=[
            ItemResult(
                code=code,
                part=one["part"],
                rate=rate("met", one["name"], sum(code in good for good in met), total),
            )
            for code, one in items.items()
        ],
        short_of_it=short[:limit],
    )
