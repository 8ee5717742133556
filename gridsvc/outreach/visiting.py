"""What the office does with visits: programmes, links, what is due, visits made and judged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.dispatch import service as dispatch
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.events.schemas import EventIn
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.own_areas import check_own_area
from gridsvc.keyring import Keyring
from gridsvc.mandates import queries as mandates_queries
from gridsvc.mandates.service import reportable_matter
from gridsvc.outreach import visit_queries
from gridsvc.outreach.doubts import Doubt, Fix, doubts
from gridsvc.outreach.schemas import (
    CellCoverage,
    Coverage,
    DueHousehold,
    DuePage,
    ProgrammeIn,
    ProgrammeOut,
    VisitIn,
    VisitJudgementIn,
    VisitOut,
    VisitPage,
)
from gridsvc.people import queries as people_queries


async def set_programme(
    session: AsyncSession, told: ProgrammeIn, caller: Identity | None = None
) -> ProgrammeOut:
    """Begin a programme, or change the one of that code in that division.

    Raises
    ------
    Forbidden
        If the division lies outside the caller's areas.
    BadInput
        If there is no such division, or no such matter to follow a result.
    Conflict
        If the one of that code is about others, or began on another day.
    """
    await check_own_area(session, told.division, caller)
    for matter in sorted({one.matter for one in told.results if one.matter}):
        await reportable_matter(session, matter)
    found = await visit_queries.set_programme(session, told.model_dump())
    if found is None:
        raise Conflict(
            f"the programme {told.code} of {told.division} is about others, or began on another "
            "day; end it and begin one with a code of its own"
        )
    await audit.record(
        session, Action.OUTREACH_SET, "visit_programme", found, division_code=told.division
    )
    return ProgrammeOut(**await programme(session, found))


async def programme(session: AsyncSession, programme_id: int) -> RowMapping:
    """A programme of the caller's areas.

    Raises
    ------
    NotFound
        If there is none.
    """
    found = await visit_queries.programme(session, programme_id)
    if found is None:
        raise NotFound(f"there is no visit programme {programme_id} in your areas")
    return found


async def programmes(session: AsyncSession, low: str, high: str) -> list[ProgrammeOut]:
    """Programmes of a range of division codes."""
    return [ProgrammeOut(**row) for row in await visit_queries.programmes(session, low, high)]


async def asked_of(
    session: AsyncSession, programme_id: int, zone: ZoneInfo
) -> tuple[RowMapping, visit_queries.Range]:
    """A programme, and what the statements about its households ask by."""
    found = await programme(session, programme_id)
    low, high = code_range(found["division_code"])
    return found, visit_queries.Range(programme=programme_id, low=low, high=high, zone=zone.key)


async def person_id_for(session: AsyncSession, caller: Identity, code: str | None) -> int | None:
    """Id of the person whose visits are asked for: the own, unless the caller directs visits.

    Raises
    ------
    Forbidden
        If somebody asks for another's.
    NotFound
        If there is no such person.
    """
    if not caller.may(Permission.DIRECT_VISITS):
        if caller.person_id is None or code not in {None, caller.person_code}:
            raise Forbidden("you see your own visits only; leave the code away")
        return caller.person_id
    if code is None:
        return None
    who = await people_queries.person(session, code)
    if who is None:
        raise NotFound(f"there is no person {code} in your areas")
    return int(who["id"])


async def due(
    session: AsyncSession,
    programme_id: int,
    *,
    zone: ZoneInfo,
    person_id: int | None = None,
    ahead_days: int = 0,
    limit: int,
    offset: int = 0,
) -> DuePage:
    """What is due within so many days, first due first; of a person, none = of all."""
    _, asked = await asked_of(session, programme_id, zone)
    counts = await visit_queries.count_due(
        session, asked, person_id=person_id, ahead_days=ahead_days
    )
    rows = await visit_queries.due(
        session, asked, person_id=person_id, ahead_days=ahead_days, limit=limit, offset=offset
    )
    return DuePage(households=[DueHousehold(**row) for row in rows], **counts)


async def coverage(session: AsyncSession, programme_id: int, zone: ZoneInfo) -> Coverage:
    """How many households of each cell were visited within the last period."""
    found, told = await asked_of(session, programme_id, zone)
    until = await mandates_queries.now(session)
    since = until - timedelta(days=found["every_days"])
    cells = await visit_queries.coverage(session, told, since=since)
    return Coverage(
        programme=programme_id,
        since=since,
        until=until,
        **{
            name: sum(cell[name] for cell in cells) for name in ("visited", "households", "overdue")
        },
        cells=[CellCoverage(**cell) for cell in cells],
    )


async def visit(
    session: AsyncSession, told: VisitIn, caller: Identity, keyring: Keyring, zone: ZoneInfo
) -> VisitOut:
    """Take in a visit, and report the event that follows its result, in one transaction.

    Raises
    ------
    NotFound
        If there is no such programme, or it does not mean this household.
    Forbidden
        If the caller is nobody who visits it.
    BadInput
        If the result is none of the programme's, the client key was used with another body, or
        something speaks against the visit and the caller does not explain it.
    """
    if caller.person_id is None:
        raise Forbidden("only somebody who works in the grids makes visits; this account does not")
    await visit_queries.lock_person(session, caller.person_id)
    digest = client_keys.digest_of(told)
    known = await visit_queries.by_client_key(session, caller.account_id, told.client_key)
    if known is not None:
        client_keys.check_same(told.client_key, known[1], digest, used="with another body")
        return await show(session, known[0])
    found, asked = await asked_of(session, told.programme, zone)
    lon, lat = to_wgs84(told.lon, told.lat, told.datum)
    home = await visit_queries.target(session, asked, household=told.household, lon=lon, lat=lat)
    if home is None:
        raise NotFound(f"{found['name']} means no household {told.household} of your areas")
    if caller.person_id not in home["person_ids"]:
        raise Forbidden(f"household {told.household} is somebody else's to visit")
    choice = _choice(found, told.result)
    against = await _against(session, told, Fix(lon, lat, told.captured_at), home, caller)
    event_id = None
    if choice["matter"]:
        event_id = await _follow(session, told, home, choice, keyring)
    added = await visit_queries.add(
        session,
        {
            "programme_id": told.programme,
            "household_id": told.household,
            "division_code": home["division_code"],
            "micro_grid_code": home["micro_grid_code"],
            "person_id": caller.person_id,
            **{"lon": lon, "lat": lat, "datum": told.datum.value},
            **{name: getattr(told, name) for name in ("captured_at", "result", "note")},
            "doubts": [one.value for one in against],
            "explained": told.explained if against else None,
            "state": "doubted" if against else "counted",
            "event_id": event_id,
            "account_id": caller.account_id,
            "client_key": told.client_key,
            "body_sha256": digest,
        },
    )
    await audit.record(
        session,
        Action.VISIT_MADE,
        "visit",
        added,
        division_code=home["division_code"],
        after={"doubts": [one.value for one in against]},
    )
    return await show(session, added)


def _choice(found: RowMapping, code: str) -> dict[str, Any]:
    choice: dict[str, Any] | None = next((r for r in found["results"] if r["code"] == code), None)
    if choice is None:
        listed = ", ".join(f"{one['code']} ({one['name']})" for one in found["results"])
        raise BadInput(f"{code} is no result of {found['name']}; choose one of {listed}")
    return choice


async def _against(
    session: AsyncSession, told: VisitIn, here: Fix, home: RowMapping, caller: Identity
) -> dict[Doubt, str]:
    """What speaks against a visit, unless it is refused because nobody explained it."""
    near = await visit_queries.neighbours(session, caller.person_id or 0, told.captured_at)
    against = doubts(here, away_m=home["away_m"], others=[Fix(**row) for row in near])
    if against and told.explained is None:
        raise BadInput(
            f"this visit cannot count: {'; '.join(against.values())}. Send it again with what "
            "explains it (explained) and it waits for a judgement",
            doubts=[one.value for one in against],
        )
    return against


async def _follow(
    session: AsyncSession,
    told: VisitIn,
    home: RowMapping,
    choice: dict[str, Any],
    keyring: Keyring,
) -> int:
    """Report what a visit found, at the household's building."""
    event = EventIn(
        matter=choice["matter"],
        lon=home["lon"],
        lat=home["lat"],
        datum=Datum.WGS84,
        description=told.note or choice["name"],
        client_key=f"visit {told.client_key}"[:100],
        captured_at=told.captured_at,
    )
    return (await dispatch.report(session, event, keyring)).id


async def show(session: AsyncSession, visit_id: int) -> VisitOut:
    """A visit.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await visit_queries.visit(session, visit_id)
    if row is None:
        raise NotFound(f"there is no visit {visit_id} in your areas")
    return VisitOut(**row)


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None = None,
    person_id: int | None = None,
    limit: int,
) -> VisitPage:
    """Visits of a range of division codes, latest first; none = whatever state or person."""
    rows, total = await visit_queries.page(
        session, low=low, high=high, state=state, person_id=person_id, limit=limit
    )
    return VisitPage(visits=[VisitOut(**row) for row in rows], total=total)


async def judge(
    session: AsyncSession, visit_id: int, word: VisitJudgementIn, caller: Identity
) -> VisitOut:
    """Say whether a doubted visit counts.

    Raises
    ------
    NotFound
        If there is no such visit.
    Forbidden
        If it is the caller's own.
    Conflict
        If it is not doubted, or judged already.
    """
    row = await visit_queries.visit(session, visit_id, lock=True)
    if row is None:
        raise NotFound(f"there is no visit {visit_id} in your areas")
    if row["account_id"] == caller.account_id:
        raise Forbidden("this visit is your own; somebody else judges it")
    if row["state"] != "doubted":
        raise Conflict(f"visit {visit_id} is {row['state']}; only what is doubted is judged")
    then = "accepted" if word.accept else "refused"
    by = actor_of(session).shown
    await visit_queries.judge(session, visit_id, state=then, by=by, note=word.note)
    await audit.record(
        session,
        Action.VISIT_JUDGED,
        "visit",
        visit_id,
        division_code=row["division_code"],
        before={"state": row["state"]},
        after={"state": then},
    )
    return await show(session, visit_id)
