"""What the office does with small repairs: a call, a look, a crew, done, paid from the fund."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import code_range
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events.figures import rate
from gridsvc.events.life_schemas import Window as Span
from gridsvc.geo import to_wgs84
from gridsvc.grids.own_areas import check_own_area
from gridsvc.grids.queries import cell_at
from gridsvc.ledger import queries as ledger_queries
from gridsvc.ledger import service as ledger
from gridsvc.ledger.service import Booking
from gridsvc.registers import group_queries, history, repair_queries, repairs
from gridsvc.registers.repair_schemas import (
    BuildingCareOut,
    BuildingCaresIn,
    PackFigures,
    RepairBookingIn,
    RepairCancelIn,
    RepairCostIn,
    RepairDoneIn,
    RepairIn,
    RepairOut,
    RepairPackIn,
    RepairPackOut,
    RepairPage,
    RepairSurveyIn,
    RepairWithHistory,
)
from gridsvc.registers.repairs import RepairState


async def put_pack(
    session: AsyncSession, told: RepairPackIn, caller: Identity | None = None
) -> RepairPackOut:
    """Open a pack, or change the one of that code in that division.

    Its accounts are opened in the ledger where they are not there.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas; if one of the accounts is there
        as another sort of account.
    """
    await check_own_area(session, told.division, caller)
    sorts = {told.fund: "asset", told.expense: "expense"}
    for code, kind in sorts.items():
        await ledger.ensure(session, told.division, kind, "fen", {code: told.name})
    for code, row in (
        await ledger_queries.accounts_of(session, told.division, list(sorts))
    ).items():
        if (row["kind"], row["unit"]) != (sorts[code], "fen"):
            raise BadInput(f"account {code} is of {row['kind']} in {row['unit']}; choose another")
    found = await repair_queries.put_pack(session, told.model_dump())
    await audit.record(
        session, Action.REGISTER_MOVED, "repair_pack", found, division_code=told.division
    )
    return RepairPackOut(id=found, **told.model_dump())


async def packs(session: AsyncSession, low: str, high: str) -> list[RepairPackOut]:
    """Packs of a range of division codes."""
    return [RepairPackOut(**row) for row in await repair_queries.packs(session, low, high)]


async def put_care(session: AsyncSession, told: BuildingCaresIn, caller: Identity) -> int:
    """Say who looks after buildings of a community, all or none; how many.

    Raises
    ------
    Forbidden, BadInput
        If the community is none, or not among the caller's areas; if there is no such building.
    """
    await check_own_area(session, told.division, caller)
    rows = [one.model_dump(mode="json") for one in told.buildings]
    codes = [one.building for one in told.buildings]
    if len(set(codes)) < len(codes):
        raise BadInput("a building comes twice; tell each once")
    seen = await repair_queries.put_care(session, told.division, rows)
    if missing := sorted(set(codes) - seen):
        raise BadInput(f"{told.division} has no building {missing[0]!r}")
    await audit.record(
        session,
        Action.REGISTER_MOVED,
        "building_care",
        told.division,
        division_code=told.division,
        after={"how_many": len(rows)},
    )
    return len(rows)


async def cares(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    care: str | None = None,
    limit: int,
    offset: int = 0,
) -> list[BuildingCareOut]:
    """Who looks after buildings of a range of division codes; none = however."""
    rows = await repair_queries.cares(
        session, low=low, high=high, care=care, limit=limit, offset=offset
    )
    return [BuildingCareOut(**row) for row in rows]


async def _pack(session: AsyncSession, pack_id: int) -> RowMapping:
    row = await repair_queries.pack(session, pack_id)
    if row is None:
        raise NotFound(f"there is no repair pack {pack_id} in your areas")
    return row


async def call(session: AsyncSession, told: RepairIn, zone: ZoneInfo) -> RepairWithHistory:
    """Take in that something is broken; the same key and body are the same repair.

    Raises
    ------
    NotFound
        If there is no such pack.
    BadInput
        If the item is none of the pack's or not of the month, the place lies in no cell of its
        area, or the key was used for something else.
    Conflict
        If somebody looks after the building whom the pack does not cover.
    """
    pack = await _pack(session, told.pack)
    item = next((one for one in pack["items"] if one["code"] == told.item), None)
    if item is None:
        raise BadInput(f"{told.item} is no item of {pack['name']}")
    month = told.called_at.astimezone(zone).month
    if item["months"] and month not in item["months"]:
        raise BadInput(
            f"{item['name']} is for the months {item['months']}; it was called in {month}"
        )
    lon, lat = to_wgs84(told.lon, told.lat, told.datum)
    cell = await cell_at(session, lon=lon, lat=lat)
    low, high = code_range(pack["division"])
    if cell is None or not low <= cell.division_code < high:
        raise BadInput(f"the place lies outside the area of {pack['name']}; call its own")
    building = await repair_queries.building_at(session, cell.division_code, lon, lat)
    if building and building["care"] and building["care"] not in pack["covers"]:
        kept = f" by {building['keeper']}" if building["keeper"] else ""
        raise Conflict(
            f"building {building['building']} is {building['care']}{kept}, which {pack['name']} "
            "does not cover; call whoever looks after it"
        )
    digest = client_keys.digest_of(told)
    columns = told.model_dump() | {"division": cell.division_code, "lon": lon, "lat": lat}
    place = {"building": building["building"] if building else None, "body_sha256": digest}
    added = await repair_queries.call(session, columns | place)
    if added is None:
        known = await repair_queries.repair_of_key(session, told.pack, told.client_key)
        client_keys.check_same(
            told.client_key, known["body_sha256"], digest, used="for another repair"
        )
        return await show(session, known["id"])
    return await _done(session, added, cell.division_code, RepairState.CALLED)


async def _moving(session: AsyncSession, repair_id: int, then: RepairState) -> RowMapping:
    """A repair, locked, that may become `then`."""
    row = await repair_queries.repair(session, repair_id, lock=True)
    if row is None:
        raise NotFound(f"there is no repair {repair_id} in your areas")
    repairs.check(RepairState(row["state"]), then)
    return row


async def survey(session: AsyncSession, repair_id: int, told: RepairSurveyIn) -> RepairWithHistory:
    """Write what was found on the spot, by the pack's form.

    Raises
    ------
    NotFound, Conflict
        If there is no such repair, or its state does not allow it.
    BadInput
        If the visit was before the call, or not just the form's questions are answered.
    """
    row = await _moving(session, repair_id, RepairState.SURVEYED)
    if told.visited_at < row["called_at"]:
        raise BadInput("the visit was before the call; give the time of the visit")
    asked = {one["code"] for one in (await _pack(session, row["pack"]))["questions"]}
    if wrong := sorted(asked ^ told.answers.keys()):
        raise BadInput(f"answer just the questions of the form; look at {', '.join(wrong)}")
    await repair_queries.survey(session, repair_id, told.visited_at, told.answers)
    return await _done(session, repair_id, row["division"], RepairState.SURVEYED)


async def book(
    session: AsyncSession, repair_id: int, told: RepairBookingIn, zone: ZoneInfo
) -> RepairWithHistory:
    """Book a crew and everybody in it, in place of the one before.

    Raises
    ------
    NotFound, Conflict
        If there is no such repair, or its state does not allow it; if the crew, or somebody in
        it, is booked at that time.
    BadInput
        If the crew is no group that day.
    """
    row = await _moving(session, repair_id, RepairState.BOOKED)
    day = told.begins.astimezone(zone).date()
    crew = await group_queries.group(session, told.crew, on=day)
    if crew is None or not _on(crew, day):
        raise BadInput(f"there is no group {told.crew} in your areas on {day}")
    try:
        async with session.begin_nested():
            await repair_queries.book(session, repair_id, told.model_dump() | {"day": day})
    except IntegrityError as failure:
        if "ex_repair_booking_nobody_twice" not in str(failure.orig):
            raise
        raise Conflict(
            f"{crew['name']}, or somebody in it, is booked at that time; choose another one or time"
        ) from failure
    return await _done(session, repair_id, row["division"], RepairState.BOOKED, crew["name"])


def _on(group: RowMapping, day: date) -> bool:
    return bool(group["begins"] <= day and (group["ends"] is None or group["ends"] > day))


async def finish(session: AsyncSession, repair_id: int, told: RepairDoneIn) -> RepairWithHistory:
    """Write that it is mended.

    Raises
    ------
    NotFound, Conflict
        If there is no such repair, or its state does not allow it.
    BadInput
        If it was done before it was looked at.
    """
    row = await _moving(session, repair_id, RepairState.DONE)
    if told.done_at < row["visited_at"]:
        raise BadInput("it was done before it was looked at; give the time when it was done")
    await repair_queries.finish(session, repair_id, told.done_at)
    return await _done(session, repair_id, row["division"], RepairState.DONE, told.note)


async def settle(session: AsyncSession, repair_id: int, told: RepairCostIn) -> RepairWithHistory:
    """Pay what it cost from the pack's fund.

    Raises
    ------
    NotFound, Conflict
        If there is no such repair, its state does not allow it, or the fund has less.
    """
    row = await _moving(session, repair_id, RepairState.SETTLED)
    pack = await _pack(session, row["pack"])
    paid = await ledger.book(
        session,
        Booking(
            pack["division"],
            f"{pack['name']} {repair_id}",
            [(pack["expense"], told.cost_fen), (pack["fund"], -told.cost_fen)],
            f"repair {repair_id}",
        ),
    )
    await repair_queries.settle(session, repair_id, cost_fen=told.cost_fen, transaction=paid.id)
    return await _done(session, repair_id, row["division"], RepairState.SETTLED)


async def cancel(session: AsyncSession, repair_id: int, told: RepairCancelIn) -> RepairWithHistory:
    """Say why nothing is mended; the crew is free again.

    Raises
    ------
    NotFound, Conflict
        If there is no such repair, or its state does not allow it.
    """
    row = await _moving(session, repair_id, RepairState.CANCELLED)
    await repair_queries.cancel(session, repair_id)
    return await _done(session, repair_id, row["division"], RepairState.CANCELLED, told.note)


async def _done(
    session: AsyncSession, repair_id: int, division: str, deed: RepairState, note: str = ""
) -> RepairWithHistory:
    await history.record(session, "repair", [(repair_id, division)], deed.lower(), note)
    return await show(session, repair_id)


async def show(session: AsyncSession, repair_id: int) -> RepairWithHistory:
    """A repair with all that was done.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await repair_queries.repair(session, repair_id)
    if row is None:
        raise NotFound(f"there is no repair {repair_id} in your areas")
    return RepairWithHistory(**row, history=await history.shown(session, "repair", repair_id))


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    pack: int | None = None,
    state: str | None = None,
    limit: int,
) -> RepairPage:
    """Repairs of a range of division codes, newest first; none = whatever pack or state."""
    rows, total = await repair_queries.repairs(
        session, low=low, high=high, pack=pack, state=state, limit=limit
    )
    return RepairPage(repairs=[RepairOut(**row) for row in rows], total=total)


async def figures(
    session: AsyncSession, pack_id: int, since: datetime, until: datetime
) -> PackFigures:
    """A pack within a span: called, mended, how fast, and how much of its fund was used.

    Raises
    ------
    NotFound
        If there is no such pack.
    BadInput
        If the span ends before it begins.
    """
    if until <= since:
        raise BadInput("the span ends before it begins; give since before until")
    pack = await _pack(session, pack_id)
    rows, median = await repair_queries.figures(session, pack_id, since, until)
    accounts = await ledger_queries.accounts_of(session, pack["division"], [pack["fund"]])
    had = used = 0
    if pack["fund"] in accounts:
        account = accounts[pack["fund"]]["id"]
        had, used = await ledger_queries.flow(
            session, account, since.astimezone(UTC), until.astimezone(UTC)
        )
    called = sum(row["called"] for row in rows)
    return PackFigures(
        pack=pack_id,
        span=Span(since=since, until=until),
        done=rate("done", "完成率", sum(row["done"] for row in rows), called),
        by_item={row["item"]: row["called"] for row in rows},
        median_h=median,
        spent_fen=sum(row["spent"] for row in rows),
        fund_had_fen=had,
        fund_used=rate("fund_used", "资金使用率", used, had),
    )
