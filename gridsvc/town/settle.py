"""Brings a demonstration town to life: loads it, plans it, posts its people, reports its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.audit.actor import SYSTEM, Actor, acting
from gridsvc.db import transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.errors import Unavailable
from gridsvc.events import queries as event_queries
from gridsvc.events.schemas import MoveIn
from gridsvc.events.states import State
from gridsvc.exchange import load as loading
from gridsvc.exchange import tables
from gridsvc.exchange.roads import read_roads
from gridsvc.grids import service as grids
from gridsvc.grids.plan_queries import any_published
from gridsvc.grids.queries import communities
from gridsvc.keyring import Keyring
from gridsvc.people import queries as people_queries
from gridsvc.people import service as people
from gridsvc.progress import Progress
from gridsvc.roads import service as roads
from gridsvc.town.accounts import open_accounts
from gridsvc.town.calling import ZONE, Hand, go_out
from gridsvc.town.codes import FOLDER
from gridsvc.town.contesting import contest
from gridsvc.town.equipping import equip
from gridsvc.town.judging import judge
from gridsvc.town.past import bring_along
from gridsvc.town.registering import register

#: The small town that comes with the source tree.
SMALL_TOWN = Path(__file__).resolve().parents[2] / "geodata" / "town"
#: What real places measure and ask; it holds in every town of the demonstration.
_PRACTICES = ("indicators.csv", "surveys.csv", "stars.csv")

#: How long after a report the demonstration's people are done with it.
HANDLED_AFTER = timedelta(hours=2)
#: More than the people of a small town can have in hand at once.
MOST_IN_HAND = 1000

_FILES = (
    "divisions.gpkg",
    "prepared.gpkg",
    "households.csv",
    "services.csv",
    "powers.csv",
    "matters.csv",
    *("units.csv", "delegations.csv", "limits.csv", "policies.csv", "duties.csv", "calendars.csv"),
    *("proofs.csv", "items.csv", "windows.csv", "offers.csv", "forms.csv", "people.csv"),
)


async def settled(engine: AsyncEngine) -> bool:
    """Whether any plan is published already."""
    async with transaction(engine) as session:
        return await any_published(session)


async def settle(
    engine: AsyncEngine, folder: Path, keyring: Keyring, progress: Progress
) -> dict[str, Any]:
    """Load a town folder, plan and publish its communities, live its day of events.

    Each role gets an account of the demonstration.

    One transaction: the town is there as a whole, or not at all.

    Raises
    ------
    Unavailable
        If the folder is not a town.
    """
    files = [folder / name for name in _FILES]
    files += [SMALL_TOWN.parent / "practices" / name for name in _PRACTICES]
    events = folder / "events.csv"
    if missing := [path.name for path in (*files, events) if not path.is_file()]:
        raise Unavailable(
            f"{folder} is not a town, it lacks {', '.join(missing)}; make one with gridsvc demo"
        )
    async with transaction(engine) as session:
        counts: dict[str, Any] = dict(
            await loading.load(session, loading.jobs(files), keyring=keyring, progress=progress)
        )
        codes = await communities(session)
        micro_grids = 0
        for number, code in enumerate(codes):
            progress(f"plan {code}", number / len(codes))
            draft = await grids.draft_plan(session, code)
            await grids.publish_plan(session, draft.plan_id)
            await people.post_to_cells(session, code)
            micro_grids += draft.micro_grids
        counts["plans"] = {"communities": len(codes), "micro_grids": micro_grids}
        counts |= await _load_practices(session, codes, keyring)
        counts["roads"] = await _load_roads(session, folder / "prepared.gpkg", codes, progress)
        rows = sorted(tables.read_table(events, tables.EventRow), key=_seen_at)
        reports = [loading.event_of(row) for row in rows]
        past = await bring_along(session, reports, ZONE)
        day = await _live_the_day(session, rows, keyring, progress)
        counts["events"] = day | {"before": past}
        counts["accounts"] = len(await open_accounts(session, keyring))
        hand = Hand(session, keyring, roads.county_of(codes[0]))
        counts["outreach"] = await go_out(hand)
        counts["registers"] = await register(hand)
        counts["devices"] = await equip(hand)
        counts["appraisal"] = await judge(hand) | {"scores": await contest(hand)}
        return counts


async def _load_practices(
    session: AsyncSession, communities: list[str], keyring: Keyring
) -> dict[str, Any]:
    """How real places go to people, by their names, as the ways of the town's counties."""
    work = loading.jobs([FOLDER / "practices.json"], "practices")
    loaded: dict[str, Any] = {}
    for county in sorted({roads.county_of(code) for code in communities}):
        loaded = await loading.load(session, work, keyring=keyring, division=county)
    return loaded


async def _load_roads(
    session: AsyncSession, area: Path, communities: list[str], progress: Progress
) -> dict[str, Any]:
    """Make the town's road graph of its own streets; a town lies in one county."""
    (county,) = {roads.county_of(code) for code in communities}
    ways = read_roads(area)
    return await roads.load(session, county, ways, source=area.name, progress=progress)


async def _live_the_day(
    session: AsyncSession, rows: Sequence[tables.EventRow], keyring: Keyring, progress: Progress
) -> dict[str, int]:
    """Report the day's events in their order; whoever has one is done with it after a while.

    What is left open at the end is what a dispatcher would see on the desk in the evening.
    """
    _, before = await event_queries.page(session, within=None, state=State.CLOSED, limit=1)
    for number, row in enumerate(rows):
        progress("report events", number / len(rows))
        await _close_older_than(session, _seen_at(row) - HANDLED_AFTER)
        await dispatch.report(session, loading.event_of(row), keyring)
    _, closed = await event_queries.page(session, within=None, state=State.CLOSED, limit=1)
    closed -= before
    return {"reported": len(rows), "closed": closed, "open": len(rows) - closed}


async def _close_older_than(session: AsyncSession, moment: datetime) -> None:
    in_hand, _ = await event_queries.page(
        session, within=None, state=State.DISPATCHED, limit=MOST_IN_HAND
    )
    for event in in_hand:
        if event["captured_at"] < moment:
            await _close(session, event["id"], event["handler_code"])
    # The day passes within one transaction, for which the database's clock stands still.
    await people_queries.end_rests(session)


def _seen_at(row: tables.EventRow) -> datetime:
    return row.captured_at or datetime.max.replace(tzinfo=UTC)


async def _close(session: AsyncSession, event_id: int, handler: str) -> None:
    worker = Actor(None, handler, person_code=handler)
    steps = {
        State.ACCEPTED: (worker, "已接单"),
        State.ON_SITE: (worker, "已到达现场"),
        State.HANDLED: (worker, "已处置完毕"),
        State.VERIFIED: (SYSTEM, "现场照片核查通过"),
        State.CLOSED: (SYSTEM, "结案"),
    }
    for state, (actor, note) in steps.items():
        with acting(session, actor):
            await dispatch.move(session, event_id, MoveIn(to_state=state, note=note))
