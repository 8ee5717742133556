"""When the stages that a move begins are due, by the limits in force when the event was filed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.events import stage_queries
from gridsvc.events.stage_queries import Moment, Start
from gridsvc.events.stages import IN_TURN, Stage
from gridsvc.mandates import queries as mandates
from gridsvc.mandates.calendar import TimeUnit, WorkingCalendar, due_at
from gridsvc.mandates.lists import Limit


async def starts(
    session: AsyncSession, moment: Moment, begun: Sequence[Stage], *, after: int = 0
) -> list[Start]:
    """The stages that begin at a moment, each with its due time.

    Without a limit there is no due time. Where the working calendar lacks a year there is none
    either, with the reason: no report is lost because an office has not entered its holidays.

    Parameters
    ----------
    after
        Of staged limits of handling, begin the first whose sequence is larger.
    """
    if not begun:
        return []
    limits, calendar = await _rules(session, moment)
    return [_start(stage, moment.at, limits, calendar, after) for stage in begun]


def following(limits: Sequence[Limit], after: int) -> Limit | None:
    """The staged limit of handling that comes next, or none."""
    return next((one for one in _of(limits, Stage.HANDLE) if one.sequence > after), None)


async def next_step(session: AsyncSession, moment: Moment, after: int) -> Start | None:
    """The step of handling that begins when the one with a sequence ends; none after the last."""
    limits, calendar = await _rules(session, moment)
    if following(limits, after) is None:
        return None
    return _start(Stage.HANDLE, moment.at, limits, calendar, after)


async def date_undated(engine: AsyncEngine) -> int:
    """Compute due times that could not be computed before; how many can be now."""
    dated = 0
    async with transaction(engine) as session:
        for row in await stage_queries.undated(session):
            moment = Moment(
                row["started_at"], row["judged_at"], row["matter_code"], row["division_code"]
            )
            begun = [Stage(row["stage"])]
            (start,) = await starts(session, moment, begun, after=row["sequence"] - 1)
            if start.due_at is not None:
                await stage_queries.set_due(session, row["id"], start.due_at)
                dated += 1
    return dated


async def _rules(session: AsyncSession, moment: Moment) -> tuple[list[Limit], WorkingCalendar]:
    """Limits of an event, and the calendar where they need one; read once in a transaction."""
    known = session.info.setdefault("limits", {})
    asked = (moment.matter_code, moment.division_code, moment.judged_at)
    if asked not in known:
        limits = await mandates.limits_of(session, *asked)
        works = any(limit.time_unit is not TimeUnit.HOURS for limit in limits)
        calendar = (
            await mandates.calendar_of(session, moment.division_code)
            if works
            else WorkingCalendar()
        )
        known[asked] = limits, calendar
    rules: tuple[list[Limit], WorkingCalendar] = known[asked]
    return rules


def _of(limits: Sequence[Limit], stage: Stage) -> list[Limit]:
    return sorted((one for one in limits if one.stage == stage), key=lambda one: one.sequence)


def _start(
    stage: Stage,
    at: datetime,
    limits: Sequence[Limit],
    calendar: WorkingCalendar,
    after: int,
) -> Start:
    if stage is Stage.CASE:
        chain = [limit for one in IN_TURN for limit in _of(limits, one)]
        # Without a limit for the work itself nobody can say when the whole of it is due.
        return _due(stage, at, chain if _of(limits, Stage.HANDLE) else [], calendar)
    if stage is Stage.HANDLE:
        limit = following(limits, after)
        return _due(stage, at, [limit] if limit else [], calendar)
    return _due(stage, at, _of(limits, stage)[:1], calendar)


def _due(stage: Stage, at: datetime, chain: Sequence[Limit], calendar: WorkingCalendar) -> Start:
    """A stage that ends with the last of a chain of limits, each counted from the one before."""
    single = chain[0] if len(chain) == 1 and stage is not Stage.CASE else None
    name, sequence = (single.name, single.sequence) if single else ("", 1)
    if not chain:
        return Start(stage)
    due = at
    try:
        for limit in chain:
            due = due_at(due, limit.amount, limit.time_unit, calendar)
    except BadInput as failure:
        return Start(stage, name, sequence, None, failure.detail)
    return Start(stage, name, sequence, due)
