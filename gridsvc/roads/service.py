"""What the office does with roads: load a graph, travel on it, close roads and open them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import DIGITS, checked, code_range, level_of
from gridsvc.db import NOWHERE, Scope, widened
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.geo import to_wgs84
from gridsvc.grids.queries import division_name
from gridsvc.progress import Progress, silent
from gridsvc.roads import engines, queries
from gridsvc.roads.conditions import Condition
from gridsvc.roads.graph import RoadGraph, build_graph
from gridsvc.roads.households import LEAST_KEPT, NEAR_M, Homes, near, touches
from gridsvc.roads.modes import MODES, Mode, checked_class
from gridsvc.roads.net import RoadNet
from gridsvc.roads.packing import Packed, digest, pack
from gridsvc.roads.schemas import ConditionIn, ConditionOut, ShapeIn
from gridsvc.roads.shelf import SHELF, Key
from gridsvc.roads.travel import ByLine, Travel
from gridsvc.roads.ways import Ways

#: A graph of more bytes than this is not of one county; PostgreSQL's own limit is 1 GB.
MOST_BYTES = 512 * 2**20


def county_of(division_code: str) -> str:
    """County a division lies in; roads are kept for a county as a whole."""
    return checked(division_code)[: DIGITS["county"]].ljust(12, "0")


async def travel(
    session: AsyncSession, division_code: str, *, mode: Mode, at: datetime | None = None
) -> Travel:
    """Travelling in a county, with what is closed and slow there.

    The first call after a graph was loaded takes a tenth of a second, the first after a condition
    began or ended milliseconds, every other one a single statement.

    Parameters
    ----------
    division_code
        Any division of the county.
    mode
        How somebody travels.
    at
        Moment whose conditions hold; none = now, by the database's clock.

    Returns
    -------
    Travel
        By road; by the straight line where the county has no graph. It stays as it is, whatever
        is loaded or closed later.
    """
    county = county_of(division_code)
    low, high = code_range(county)
    async with _seeing(session, low, high):
        state = await queries.state(session, low=low, high=high, mode=mode, at=at)
        if state is None:
            return ByLine(mode)
        key = Key(state["digest"], mode, tuple(state["conditions"]))
        found = SHELF.travel(key)
        if found is not None:
            return found
        net = await _net(session, state["id"], state["digest"])
        if net is None:
            return await travel(session, division_code, mode=mode, at=at)
        conditions = await queries.conditions(session, key.conditions)
    return await asyncio.to_thread(SHELF.make_travel, key, net, conditions)


@asynccontextmanager
async def _seeing(session: AsyncSession, low: str, high: str) -> AsyncIterator[None]:
    """See a whole county, if one does not already: its roads are no secret to any part of it."""
    scope: Scope = session.info.get("scope", NOWHERE)
    if any(begin <= low and high <= end for begin, end in scope.ranges):
        yield
        return
    async with widened(session, Scope(((low, high),))):
        yield


async def _net(session: AsyncSession, graph_id: int, graph_digest: str) -> RoadNet | None:
    """The graph in memory; none when it was replaced and removed this very moment."""
    found = SHELF.net(graph_digest)
    if found is not None:
        return found
    content = await queries.content(session, graph_id)
    if content is None:
        return None
    return await asyncio.to_thread(SHELF.make_net, graph_digest, content)


async def load(
    session: AsyncSession,
    division_code: str,
    ways: Ways,
    *,
    source: str,
    anyway: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Build the graph of a county and put it in force; the same roads again change nothing.

    Processes at work go on with the graph they have and take the new one with their next
    question.

    Parameters
    ----------
    source
        Name of what the ways come from.
    anyway
        Put it in force even if it reaches far fewer households than the one there is.

    Returns
    -------
    dict
        nodes, edges, km (by mode), households (near: within within_m metres of a road; of: all
        the county has), left_out (counts), hierarchy, new (whether it was put in force), source.

    Raises
    ------
    BadInput
        If the division is no county, no roads hang together, or they are another county's.
    Conflict
        If they reach far fewer households than those in force.
    NotFound
        If there is no such division.
    """
    if level_of(checked(division_code)) != "county":
        raise BadInput(f"{division_code} is no county; roads are kept by county, give its code")
    if not await queries.lock_county(session, division_code):
        raise NotFound(f"there is no division {division_code}; load the divisions first")
    progress("build the graph", 0.0)
    graph = await asyncio.to_thread(build_graph, ways)
    told = digest(graph)
    known = await queries.in_force(session, division_code)
    if known is not None and known["digest"] == told:
        return dict(known["summary"]) | {"new": False}
    homes = await _homes(session, division_code)
    reached = await asyncio.to_thread(_reached, graph, homes, division_code, source)
    if known is not None and not anyway:
        await _check_kept(session, known, homes, reached)
    progress("order the junctions", 0.3)
    packed = await asyncio.to_thread(_packed, graph)
    if len(packed) > MOST_BYTES:
        raise BadInput(f"{source} is far more than a county; cut it to {division_code}")
    progress("write the graph", 0.9)
    summary = _summary(graph, source, {"near": reached, "of": homes.count, "within_m": NEAR_M})
    await queries.replace(
        session, division_code, digest=told, source=source, summary=summary, packed=packed
    )
    progress("write the graph", 1.0)
    return summary | {"new": True}


def _packed(graph: RoadGraph) -> bytes:
    maker = engines.maker()
    files = engines.topology_files(engines.build_topology(graph)) if maker else {}
    return pack(Packed(graph, files, maker))


async def _homes(session: AsyncSession, division_code: str) -> Homes:
    low, high = code_range(division_code)
    async with _seeing(session, low, high):
        return await queries.homes(session, low=low, high=high)


def _reached(graph: RoadGraph, homes: Homes, division_code: str, source: str) -> int:
    """Households the roads of a county reach; roads that are another county's are refused."""
    if not touches(graph, homes):
        raise BadInput(
            f"no road of {source} runs through a community of {division_code}; "
            "give the roads of that county, or the code of theirs"
        )
    return near(graph, homes)


async def _check_kept(session: AsyncSession, known: Any, homes: Homes, reached: int) -> None:
    """Refuse roads that reach far less of what the ones in force reach, counted anew."""
    net = await _net(session, known["id"], known["digest"])
    if net is None:
        return
    before = await asyncio.to_thread(near, net.graph, homes)
    if reached < LEAST_KEPT * before:
        raise Conflict(
            f"these roads pass within {NEAR_M:.0f} m of {reached:,} households, those in force of "
            f"{before:,} of the county's {homes.count:,}; give a complete extract, or load them "
            "with --anyway"
        )


def _summary(graph: RoadGraph, source: str, households: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": source,
        "households": households,
        "nodes": graph.nodes,
        "edges": graph.edges,
        "km": {mode.value: round(graph.km(mode), 1) for mode in MODES},
        "hierarchy": engines.maker() is not None,
        "left_out": graph.left_out,
    }


async def add_condition(session: AsyncSession, new: ConditionIn) -> ConditionOut:
    """Close roads, or slow them, with the line of history; the same key gives the same one.

    Raises
    ------
    BadInput
        If no road of the county's graph is hit, the times are in the wrong order, the division is
        above a county, or the client's key was used with another body.
    Forbidden
        If the division lies outside the caller's areas.
    NotFound
        If there is no such division.
    Conflict
        If the county has no road graph.
    """
    by = actor_of(session)
    body_sha256 = client_keys.digest_of(new)
    known = await queries.by_client_key(session, new.client_key, by.account_id)
    if known is not None:
        client_keys.check_same(
            new.client_key, known["body_sha256"], body_sha256, used="with another body"
        )
        return await show_condition(session, known["id"])
    await _check_division(session, new.division)
    moment = await queries.now(session)
    valid_from = new.valid_from or moment
    if new.valid_to is not None and new.valid_to <= max(valid_from, moment):
        raise BadInput("valid_to is before valid_from, or over already; give a later time")
    condition = _condition_of(new)
    edges = await _edges_hit(session, county_of(new.division), condition)
    wkb = shapely.to_wkb(condition.shape) if condition.shape is not None else None
    added = await queries.add_condition(
        session,
        {
            "division_code": new.division,
            "wkb": wkb,
            "way": new.way,
            "road_class": new.road_class,
            "modes": [mode.value for mode in condition.modes],
            "factor": new.factor,
            "days": sorted(set(new.days)) if new.days else None,
            "hours_from": new.hours_from,
            "hours_to": new.hours_to,
            "valid_from": valid_from,
            "valid_to": new.valid_to,
            "reason": new.reason,
            "edges": edges,
            "added_by": by.account_id,
            "client_key": new.client_key,
            "body_sha256": body_sha256,
        },
    )
    if added is None:  # the same client was quicker by another way
        return await add_condition(session, new)
    await _note(session, added, "added", new.reason)
    await audit.record(
        session,
        Action.ROADS_CHANGED,
        "road_condition",
        added,
        division_code=new.division,
        after={"factor": new.factor, "modes": [mode.value for mode in condition.modes]},
    )
    return await show_condition(session, added)


async def _check_division(session: AsyncSession, code: str) -> None:
    if level_of(checked(code)) in {"country", "province", "city"}:
        raise BadInput(f"{code} is above a county; give a county, street or community")
    scope: Scope = session.info.get("scope", NOWHERE)
    low, high = code_range(code)
    if not any(begin <= low and high <= end for begin, end in scope.ranges):
        raise Forbidden(f"{code} lies outside your own areas; give a division within them")
    if await division_name(session, code) is None:
        raise NotFound(f"there is no division {code}")


def _condition_of(new: ConditionIn) -> Condition:
    return Condition(
        key=uuid4(),
        shape=_shape(new.shape) if new.shape is not None else None,
        way=new.way,
        road_class=checked_class(new.road_class) if new.road_class is not None else None,
        modes=tuple(mode for mode in MODES if mode in new.modes),
        factor=new.factor,
    )


def _shape(given: ShapeIn) -> shapely.Geometry:
    points = [to_wgs84(lon, lat, given.datum) for lon, lat in given.points]
    if given.kind == "point":
        return shapely.Point(points[0])
    if given.kind == "line":
        return shapely.LineString(points)
    area = shapely.Polygon(points)
    if not area.is_valid or area.area == 0:
        raise BadInput("the area crosses itself or has no inside; draw it around in one round")
    return area


async def _edges_hit(session: AsyncSession, county: str, condition: Condition) -> int:
    low, high = code_range(county)
    async with _seeing(session, low, high):
        graph = await queries.in_force(session, county)
        net = graph and await _net(session, graph["id"], graph["digest"])
    if not net:
        raise Conflict(
            f"county {county} has no road graph to close anything on; run gridsvc load roads first"
        )
    hit = await asyncio.to_thread(net.edges_of, condition)
    if not hit.any():
        raise BadInput(
            f"no road of county {county} lies there; check the datum, put the point on a road, "
            "or draw the line along it"
        )
    return int(hit.sum())


async def _note(session: AsyncSession, condition_id: UUID, change: str, note: str) -> None:
    await queries.add_history(
        session, condition_id, change=change, note=note, actor=actor_of(session).shown
    )


async def lift_condition(session: AsyncSession, condition_id: UUID, note: str) -> ConditionOut:
    """Open roads again, with the line of history.

    Raises
    ------
    NotFound
        If there is no such condition in the areas that are seen.
    Conflict
        If it is lifted already.
    """
    division_code = await queries.lift(session, condition_id)
    if division_code is None:
        shown = await show_condition(session, condition_id)
        raise Conflict(f"the condition was lifted already, at {shown.lifted_at}")
    await _note(session, condition_id, "lifted", note)
    await audit.record(
        session,
        Action.ROADS_CHANGED,
        "road_condition",
        condition_id,
        division_code=division_code,
        before={"lifted": False},
        after={"lifted": True},
    )
    return await show_condition(session, condition_id)


async def show_condition(session: AsyncSession, condition_id: UUID) -> ConditionOut:
    """A condition as the desk sees it.

    Raises
    ------
    NotFound
        If there is none in the areas that are seen.
    """
    row = await queries.condition(session, condition_id)
    if row is None:
        raise NotFound(f"there is no road condition {condition_id}")
    return condition_out(row)


def condition_out(row: Any) -> ConditionOut:
    """A row of the conditions as it goes out."""
    geometry = row["geometry"]
    return ConditionOut(**dict(row) | {"geometry": geometry and json.loads(geometry)})
