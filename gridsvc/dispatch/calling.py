"""Blowing the whistle (吹哨): which units are called, to which place and by when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.dispatch import calls, whistle_queries, whistling
from gridsvc.dispatch.whistle_schemas import WhistleIn, WhistleWithHistory
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events import queries as event_queries
from gridsvc.events.states import State
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.queries import cell_at
from gridsvc.mandates import queries as mandates
from gridsvc.mandates.calendar import TimeUnit, WorkingCalendar, due_at, time_shown
from gridsvc.mandates.service import reportable_matter
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients

#: Stages whose limit says by when a unit checks in, best first: to be there, else to answer.
_STAGES = ("arrive", "accept")


async def call(
    session: AsyncSession, new: WhistleIn, caller: Identity, *, usual_h: float
) -> WhistleWithHistory:
    """Call units about an event or a place.

    Parameters
    ----------
    usual_h
        Hours within which they check in, where neither the call nor a time limit says.

    Raises
    ------
    Forbidden
        If the calling unit lies outside the caller's areas.
    BadInput
        If a unit is unknown or does not call, the place lies outside every grid or the unit's
        division, the time is past, or the client key was used with another body.
    Conflict
        If the event is over.
    NotFound
        If there is no such event.
    """
    actor, digest = actor_of(session), client_keys.digest_of(new)
    known = await whistle_queries.by_client_key(
        session, new.client_key, account_id=actor.account_id
    )
    if known is not None:
        client_keys.check_same(new.client_key, known[1], digest, used="with another body")
        return await whistling.show(session, known[0])
    now = await mandates.now(session)
    units = await _known_units(session, [new.unit, *new.units], now)
    own = units[new.unit]
    whistling.check_own(caller, new.unit, own["division_code"])
    calls.check_caller(own["kind"])
    where = await _where(session, new, own)
    due, due_by = await _due(session, new, where, now, usual_h)
    call_id = await whistle_queries.add(
        session,
        units=new.units,
        unit_code=new.unit,
        kind=new.kind.value,
        channel=new.channel.value,
        event_id=new.event,
        description=new.description,
        account_id=actor.account_id,
        client_key=new.client_key,
        body_sha256=digest,
        called_at=now,
        actor=actor.shown,
        note=calls.CALLERS[own["kind"]],
        due_at=due,
        due_by=due_by,
        **where,
    )
    if call_id is None:
        return await call(session, new, caller, usual_h=usual_h)
    shown = await whistling.show(session, call_id)
    await _tell(session, new, own["name"], shown, due)
    await audit.record(
        session,
        Action.WHISTLE_CALLED,
        "whistle",
        call_id,
        division_code=shown.division_code,
        after={"unit": new.unit, "units": new.units, "kind": new.kind.value},
    )
    return shown


async def _tell(
    session: AsyncSession, new: WhistleIn, caller: str, shown: WhistleWithHistory, due: datetime
) -> None:
    facts = {"caller": caller, "due": time_shown(due)}
    await notices.tell(
        session,
        kind=Kind.WHISTLE,
        subject_type="whistle",
        subject_id=shown.id,
        recipients=Recipients(units=new.units),
        division_code=shown.division_code,
        facts=facts | ({"matter": shown.matter_name} if shown.matter_name else {}),
    )


async def _known_units(
    session: AsyncSession, codes: list[str], now: datetime
) -> dict[str, RowMapping]:
    known = {one["code"]: one for one in await whistle_queries.units_now(session, codes, at=now)}
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise BadInput(
            f"unit {unknown[0]!r} is not on the list today, or not in your areas; see /api/units"
        )
    return known


async def _where(session: AsyncSession, new: WhistleIn, own: RowMapping) -> dict[str, Any]:
    """Place, division and matter of a call; within the division of the unit that calls."""
    if new.event is not None:
        event = await event_queries.event(session, new.event)
        if event is None:
            raise NotFound(f"there is no event {new.event}")
        if event["state"] in {State.CLOSED, State.REJECTED}:
            raise Conflict(f"event {new.event} is {event['state']}; reopen it, or call for a place")
        lon, lat, datum = event["lon"], event["lat"], Datum.WGS84
        division, matter = event["division_code"], event["matter"]
    else:
        if new.lon is None or new.lat is None or new.datum is None:
            raise BadInput("give lon, lat and datum of the place")
        lon, lat = to_wgs84(new.lon, new.lat, new.datum)
        located = await cell_at(session, lon=lon, lat=lat)
        if located is None:
            raise BadInput(
                f"{new.lon}, {new.lat} ({new.datum}) lies outside every published grid of your "
                "area; check the datum, or publish a plan for that community"
            )
        datum, division, matter = new.datum, located.division_code, None
        if new.matter is not None:
            matter = (await reportable_matter(session, new.matter)).code
    low, high = code_range(own["division_code"])
    if not low <= division < high and own["kind"] != "enterprise":
        raise BadInput(f"{division} is not of {own['name']} ({own['division_code']})")
    where = {"lon": lon, "lat": lat, "datum": datum.value}
    return where | {"division_code": division, "matter_code": matter}


async def _due(
    session: AsyncSession, new: WhistleIn, where: dict[str, Any], now: datetime, usual_h: float
) -> tuple[datetime, str]:
    """By when the units check in, and what that goes by: given, limit or usual."""
    if new.check_in_by is not None:
        if not now < new.check_in_by <= now + timedelta(days=calls.MOST_DAYS):
            raise BadInput(
                f"units check in by a time to come, within {calls.MOST_DAYS} days; "
                f"{new.check_in_by.isoformat()} is none"
            )
        return new.check_in_by, "given"
    usual = now + timedelta(hours=usual_h), "usual"
    if where["matter_code"] is None:
        return usual
    limits = await mandates.limits_of(session, where["matter_code"], where["division_code"], now)
    limit = next((one for stage in _STAGES for one in limits if one.stage == stage), None)
    if limit is None:
        return usual
    calendar = WorkingCalendar()
    if limit.time_unit is not TimeUnit.HOURS:
        calendar = await mandates.calendar_of(session, where["division_code"])
    try:
        return due_at(now, limit.amount, limit.time_unit, calendar), "limit"
    except BadInput:  # no office has entered the year's holidays: nobody's call is lost for it
        return usual
