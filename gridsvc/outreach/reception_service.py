"""What the office does on reception days: rank what is open, hear, decide, inspect, ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.dispatch import whistle_queries
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.own_areas import check_own_area
from gridsvc.outreach import reception_queries, urgency
from gridsvc.outreach.reception_schemas import (
    Agenda,
    AgendaItem,
    CycleIn,
    CycleOut,
    HoldingIn,
    InspectionIn,
    ItemOut,
    MilestoneOut,
    ReceptionDeed,
    ReceptionIn,
    ReceptionInFull,
    ReceptionOut,
    ResolutionIn,
    SatisfactionIn,
    VillageScore,
)
from gridsvc.outreach.urgency import Parts, Weights

#: Open events that are ranked; the oldest of more.
MOST_RANKED = 20_000


async def set_cycle(
    session: AsyncSession, told: CycleIn, caller: Identity | None = None
) -> CycleOut:
    """Begin a cycle, or change the one of that code in that division.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, told.division, caller)
    found = await reception_queries.set_cycle(session, told.model_dump())
    await audit.record(
        session, Action.OUTREACH_SET, "reception_cycle", found, division_code=told.division
    )
    shown = told.model_dump(exclude={"division"})
    return CycleOut(id=found, division_code=told.division, **shown)


async def cycles(session: AsyncSession, low: str, high: str) -> list[CycleOut]:
    """Cycles of a range of division codes."""
    return [CycleOut(**row) for row in await reception_queries.cycles(session, low, high)]


async def _cycle(session: AsyncSession, cycle_id: int) -> RowMapping:
    found = await reception_queries.cycle(session, cycle_id)
    if found is None:
        raise NotFound(f"there is no reception cycle {cycle_id} in your areas")
    return found


async def agenda(session: AsyncSession, cycle_id: int, *, most: int) -> Agenda:
    """What is open in a cycle's area, most urgent first, and its villages.

    Raises
    ------
    NotFound
        If there is no such cycle.
    """
    ranked, villages = await _ranked(session, await _cycle(session, cycle_id))
    return Agenda(cycle=cycle_id, items=ranked[:most], villages=villages, total=len(ranked))


async def _ranked(
    session: AsyncSession, cycle: RowMapping
) -> tuple[list[AgendaItem], list[VillageScore]]:
    low, high = code_range(cycle["division_code"])
    weights = Weights(**cycle["weights"])
    items = [
        _item(row, weights)
        for row in await reception_queries.open_events(session, low, high, most=MOST_RANKED)
    ]
    items.sort(key=lambda one: (-one.score, one.event))
    found = []
    for village in await reception_queries.villages(session, low, high):
        scores = [one.score for one in items if one.village == village["code"]]
        found.append(
            VillageScore(
                village=village["code"],
                name=village["name"],
                events=len(scores),
                score=round(sum(scores), 3),
            )
        )
    return items, sorted(found, key=lambda one: (-one.score, -one.events, one.village))


def _item(row: RowMapping, weights: Weights) -> AgendaItem:
    parts = Parts(**{part.name: row[part.name] for part in fields(Parts)})
    points = urgency.score(Parts(**{**vars(parts), "days_open": float(parts.days_open)}), weights)
    return AgendaItem(**row, score=round(points, 3))


async def open_month(
    session: AsyncSession, cycle_id: int, told: ReceptionIn, caller: Identity
) -> ReceptionInFull:
    """Begin a month: its days, its theme village, and its agenda as it is now.

    Raises
    ------
    NotFound
        If there is no such cycle.
    BadInput
        If the theme is no village of the cycle's area, or the area has none.
    Conflict
        If the month was begun before.
    """
    cycle = await _cycle(session, cycle_id)
    await check_own_area(session, cycle["division_code"], caller)
    ranked, villages = await _ranked(session, cycle)
    theme = told.theme or next((one.village for one in villages), None)
    if theme not in {one.village for one in villages}:
        raise BadInput(f"{theme} is no village of {cycle['division_code']}; choose one of it")
    month = told.month.replace(day=1)
    division = cycle["division_code"]
    added = await reception_queries.add(
        session, cycle_id, division=division, month=month, theme=theme or ""
    )
    if added is None:
        raise Conflict(f"{month:%Y-%m} of {cycle['name']} was begun already")
    planned = [
        {
            **{"planned_on": month.replace(day=rule["day"]), "name": rule["name"]},
            "expected": rule["attendees"],
        }
        for rule in cycle["milestones"]
    ]
    await reception_queries.plan(session, added, division, planned)
    # The theme village is heard first.
    heard = sorted(ranked, key=lambda one: one.village != theme)[: told.most]
    await reception_queries.put(session, added, division, [(one.event, one.score) for one in heard])
    return await _done(session, added, "open", note=f"{theme}")


async def hold(
    session: AsyncSession, reception_id: int, planned_on: date, told: HoldingIn
) -> ReceptionInFull:
    """Write that a milestone was held, when, and who came.

    Raises
    ------
    NotFound
        If there is no such month or milestone.
    Conflict
        If it was held already.
    BadInput
        If the day is yet to come, or somebody who must come did not and nothing says why.
    """
    await _locked(session, reception_id)
    days = await reception_queries.milestones(session, reception_id)
    found = next((one for one in days if one["planned_on"] == planned_on), None)
    if found is None:
        raise NotFound(f"reception {reception_id} has no milestone on {planned_on}")
    if found["held_on"] is not None:
        raise Conflict(f"the milestone of {planned_on} was held on {found['held_on']} already")
    if told.held_on > datetime.now(UTC).date():
        raise BadInput(f"{told.held_on} is yet to come")
    absent = _absent(found["expected"], told.attended)
    if absent and not told.note.strip():
        raise BadInput(f"{', '.join(absent)} did not come; say why in the note", absent=absent)
    await reception_queries.hold(
        session,
        reception_id,
        planned_on,
        held_on=told.held_on,
        attended=told.attended,
        note=told.note,
    )
    return await _done(session, reception_id, "hold", note=f"{planned_on} {told.note}".strip())


def _absent(expected: Sequence[str], attended: Sequence[str]) -> list[str]:
    return [one for one in expected if one not in attended]


async def decide(
    session: AsyncSession, reception_id: int, event_id: int, told: ResolutionIn
) -> ReceptionInFull:
    """Write what was decided about an event of the agenda, by how many votes.

    Raises
    ------
    NotFound
        If it is not on the agenda.
    Conflict
        If nothing was held yet, or it was inspected already.
    BadInput
        If the leading unit is unknown.
    """
    item = await _item_of(session, reception_id, event_id)
    days = await reception_queries.milestones(session, reception_id)
    if not any(one["held_on"] for one in days):
        raise Conflict("nobody was heard yet; write first that a milestone was held")
    if item["passed"] is not None:
        raise Conflict(f"event {event_id} was inspected already; its decision stays")
    if told.lead_unit is not None and not await whistle_queries.units_now(
        session, [told.lead_unit], at=datetime.now(UTC)
    ):
        raise BadInput(f"unit {told.lead_unit!r} is not on the list today, or not in your areas")
    await reception_queries.decide(session, reception_id, event_id, told.model_dump())
    return await _done(session, reception_id, "decide", event=event_id, note=told.decision)


async def inspect(
    session: AsyncSession, reception_id: int, event_id: int, told: InspectionIn
) -> ReceptionInFull:
    """Write what was found when somebody looked back at what was decided.

    Raises
    ------
    NotFound
        If it is not on the agenda.
    Conflict
        If nothing was decided.
    """
    item = await _item_of(session, reception_id, event_id)
    if item["decision"] is None:
        raise Conflict(f"nothing was decided about event {event_id} yet")
    await reception_queries.inspect(session, reception_id, event_id, passed=told.passed)
    return await _done(session, reception_id, "inspect", event=event_id, note=told.note)


async def rate(
    session: AsyncSession, reception_id: int, event_id: int, told: SatisfactionIn
) -> ReceptionInFull:
    """Write what the people it is about think of it.

    Raises
    ------
    NotFound
        If it is not on the agenda.
    Conflict
        If nobody inspected it.
    """
    item = await _item_of(session, reception_id, event_id)
    if item["passed"] is None:
        raise Conflict(f"event {event_id} was not inspected yet")
    await reception_queries.rate(session, reception_id, event_id, score=told.score)
    return await _done(session, reception_id, "rate", event=event_id, note=told.note)


async def _item_of(session: AsyncSession, reception_id: int, event_id: int) -> RowMapping:
    await _locked(session, reception_id)
    for item in await reception_queries.items(session, reception_id):
        if item["event"] == event_id:
            return item
    raise NotFound(f"event {event_id} is not on the agenda of reception {reception_id}")


async def _locked(session: AsyncSession, reception_id: int) -> RowMapping:
    found = await reception_queries.reception(session, reception_id, lock=True)
    if found is None:
        raise NotFound(f"there is no reception {reception_id} in your areas")
    return found


async def _done(
    session: AsyncSession, reception_id: int, deed: str, *, note: str, event: int | None = None
) -> ReceptionInFull:
    """Write a deed with its line of history and its entry in the audit trail."""
    actor = actor_of(session).shown
    await reception_queries.note(
        session, reception_id, event=event, deed=deed, actor=actor, note=note
    )
    shown = await show(session, reception_id)
    await audit.record(
        session,
        Action.RECEPTION_MOVED,
        "reception",
        reception_id,
        division_code=shown.division_code,
        after={"deed": deed, "event": event},
    )
    return shown


async def show(session: AsyncSession, reception_id: int) -> ReceptionInFull:
    """A month with its milestones, agenda and all that was done.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await reception_queries.reception(session, reception_id)
    if row is None:
        raise NotFound(f"there is no reception {reception_id} in your areas")
    days: list[dict[str, Any]] = [
        {
            **one,
            "absent": None
            if one["attended"] is None
            else _absent(one["expected"], one["attended"]),
        }
        for one in await reception_queries.milestones(session, reception_id)
    ]
    return ReceptionInFull(
        **row,
        milestones=[MilestoneOut(**day) for day in days],
        items=[ItemOut(**one) for one in await reception_queries.items(session, reception_id)],
        history=[
            ReceptionDeed(**line) for line in await reception_queries.history(session, reception_id)
        ],
    )


async def listed(session: AsyncSession, low: str, high: str, *, limit: int) -> list[ReceptionOut]:
    """Months of the cycles of a range of division codes, latest first."""
    rows = await reception_queries.receptions(session, low, high, limit=limit)
    return [ReceptionOut(**row) for row in rows]
