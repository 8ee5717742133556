"""What the office does with groups: keep the register, tell who is served and who is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.codes import DIGITS
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events.figures import rate
from gridsvc.grids.own_areas import check_own_area
from gridsvc.registers import group_queries, history
from gridsvc.registers.schemas import (
    Covered,
    GroupCoverage,
    GroupIn,
    GroupInFull,
    GroupOut,
    GroupPage,
    MemberOut,
)


async def put(
    session: AsyncSession, groups: Sequence[GroupIn], caller: Identity | None = None
) -> list[int]:
    """Set groups, all or none; their ids in the same order.

    One with a later first day than the one of its code takes its place from then on, and the past
    stays as it was.

    Raises
    ------
    Forbidden, BadInput
        If a division is none, or not among the caller's areas; if an area, a member or a parent
        is unknown.
    Conflict
        If the time of one overlaps another time of it.
    """
    for division in sorted({one.division for one in groups}):
        await check_own_area(session, division, caller)
    areas = sorted({area for one in groups for area in one.areas})
    if unknown := await group_queries.unknown_areas(session, areas):
        raise BadInput(
            f"{unknown[0]} is no division and no cell in force; use a code of your areas"
        )
    people = sorted({member.person for one in groups for member in one.members})
    if unknown := await group_queries.unknown_people(session, people):
        raise BadInput(f"nobody in your areas has the code {unknown[0]!r}")
    told = [one.model_dump(mode="json") for one in groups]
    await group_queries.end_open(session, told)
    if taken := await group_queries.overlapping(session, told):
        raise Conflict(
            f"{taken['code']} is in the register from {taken['begins']} on; end it first, or give "
            "that day to change it"
        )
    made = await group_queries.put(session, told)
    if orphan := await group_queries.orphan(session, told):
        raise BadInput(f"{orphan['code']}: its parent {orphan['parent']} is no group on that day")
    ids = [made[one.division, one.code] for one in groups]
    await history.record(
        session, "group", list(zip(ids, (one.division for one in groups), strict=True)), "set"
    )
    return ids


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    kind: str | None = None,
    on: date,
    limit: int,
    offset: int = 0,
) -> GroupPage:
    """Groups of a range of division codes on a day; none = of every kind."""
    rows, by_level = await group_queries.groups(
        session, low=low, high=high, kind=kind, on=on, limit=limit, offset=offset
    )
    return GroupPage(
        groups=[GroupOut(**row) for row in rows], total=sum(by_level.values()), by_level=by_level
    )


async def known(session: AsyncSession, group_id: int, *, on: date) -> RowMapping:
    """Row of a group.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await group_queries.group(session, group_id, on=on)
    if row is None:
        raise NotFound(f"there is no group {group_id} in your areas")
    return row


async def show(session: AsyncSession, group_id: int, *, on: date) -> GroupInFull:
    """A group with who was in it on a day, and what was done.

    Raises
    ------
    NotFound
        As `known`.
    """
    row = await known(session, group_id, on=on)
    return GroupInFull(
        **row,
        people=[MemberOut(**one) for one in await group_queries.people(session, group_id, on=on)],
        history=await history.shown(session, "group", group_id),
    )


async def coverage(
    session: AsyncSession, *, kind: str, of: str, low: str, high: str, on: date
) -> GroupCoverage:
    """Which divisions of a level, or cells, groups of a kind serve, and which none does."""
    level = {"of": "division", "kind": of} if of in DIGITS else {"of": of, "kind": None}
    rows = [
        Covered(**row)
        for row in await group_queries.coverage(
            session, group_kind=kind, low=low, high=high, on=on, **level
        )
    ]
    covered = [one for one in rows if one.groups]
    return GroupCoverage(
        kind=kind,
        of=of,
        on=on,
        rate=rate("covered", "覆盖率", len(covered), len(rows)),
        covered=covered,
        uncovered=[one for one in rows if not one.groups],
    )
