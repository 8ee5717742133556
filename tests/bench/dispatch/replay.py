"""Real dispatch history over HTTP, against simulated crews: by road beside by line.

    python -m tests.bench.dispatch --replay [--events 3560] [--picture FILE]

Everything goes through the real service: a report, whoever the service sends accepts, arrives,
tells where they are, handles; the desk verifies and closes. Only the clock is simulated: crews
drive for as long as the service says, and stay as long as the history says. What somebody does
before the next report comes goes out at once with what others do. Before each report the service
is asked who is near: the first by road beside the nearest by straight line. What happened is read
from the tables afterwards, apart from how it was made.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import re
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import migrations
from gridsvc.accounts.roles import Role
from gridsvc.connect import engine_on
from gridsvc.db import transaction
from gridsvc.exchange.roads import read_roads
from gridsvc.geo import WGS84
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.mandates import service as mandates
from gridsvc.people import service as people
from gridsvc.postgis import start
from gridsvc.roads import service as roads
from gridsvc.roads.graph import build_graph
from gridsvc.roads.ways import Ways
from tests.bench.dispatch.chart import draw
from tests.bench.dispatch.histories import EXTRACT, baltimore_day, box_of, lattice, sf_fire
from tests.bench.dispatch.histories import transplanted as moved_to
from tests.bench.dispatch.replayed import Replayed
from tests.live import Killable
from tests.soundness import assert_sound
from tests.towns import COMMUNITY, COUNTY, an_officer, load_lists
from tests.who import KEYRING, bearer, open_account

#: Blocks of the replayed town in each direction, each a micro-grid.
BLOCKS = 8
#: People answer so many seconds after they are asked.
ANSWER_S = 30.0
#: Crews jump from place to place in no time, and not in China.
SETTINGS = {"most_speed_mps": 1e9, "positions_within": (-180, -90, 180, 90)}
POLICY = {
    "matter_code": "E", "first": "nearest", "reach": "county", "max_radius_m": None,
    "max_position_age_s": None, "accept_within_s": 86_400.0, "travel_mode": "car", "rest_s": 0.0,
}  # fmt: skip
WAY = ("ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED")
_MINUTES = re.compile(r"约 ([\d.]+) 分钟")


def town_of(box: tuple[float, float, float, float]) -> AreaFrames:
    """A community that fills a box (degrees): blocks of 100 households, streets between them."""
    west, south, east, north = box
    lon, lat = np.linspace(west, east, BLOCKS + 1), np.linspace(south, north, BLOCKS + 1)
    places = [(i, j) for j in range(BLOCKS) for i in range(BLOCKS)]
    inset_x, inset_y = (lon[1] - lon[0]) / 5, (lat[1] - lat[0]) / 5
    houses = [
        shapely.box(lon[i] + inset_x, lat[j] + inset_y, lon[i + 1] - inset_x, lat[j + 1] - inset_y)
        for i, j in places
    ]
    streets = [shapely.LineString([(x, south), (x, north)]) for x in lon[1:-1]]
    streets += [shapely.LineString([(west, y), (east, y)]) for y in lat[1:-1]]

    # A straight border of ten kilometres is not straight on another map: corners on the way.
    outline = shapely.segmentize(shapely.box(*box), 0.001)

    def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(geometry=geometry, crs=WGS84).assign(**columns)

    return AreaFrames(
        boundary=frame([outline], code=[COMMUNITY], name=["重放社区"]),
        buildings=frame(
            houses, building_id=[f"b{i}-{j}" for i, j in places], households=100, levels=6,
            kind="residential", estimated=True,
        ),
        barriers=frame(streets, **{"class": "residential", "w": 0.5}),
        special=frame([], kind=None, name=None),
    )  # fmt: skip


async def settled(
    engine: AsyncEngine, events: pd.DataFrame, ways: Ways, crews: int
) -> dict[str, dict[str, str]]:
    """A town around the events with its roads and crews; headers by crew, and of the desk."""
    area = town_of(box_of(events))
    async with transaction(engine) as session:
        rows = [
            grids.DivisionRow(COUNTY, "重放区"),
            grids.DivisionRow(COMMUNITY, "重放社区", area.boundary.geometry.iloc[0]),
        ]
        await grids.load_divisions(session, rows)
        await grids.load_area(session, area)
        await load_lists(session)
        await mandates.load_list(session, "policies", [POLICY])
        plan = await grids.draft_plan(session, COMMUNITY)
        await grids.publish_plan(session, plan.plan_id)
        await roads.load(session, COUNTY, ways, source="replay")
        spots = events[["lon", "lat"]].to_numpy()
        where = np.random.default_rng(4).integers(0, len(spots), crews)
        told = [
            an_officer(f"crew{n:02}", (float(spots[at][0]), float(spots[at][1])), capacity=1)
            for n, at in enumerate(where)
        ]
        await people.load_people(session, told, KEYRING)
        ids = await session.execute(text("SELECT code, id FROM person"))
        proofs = {
            code: bearer(await open_account(session, code, [Role.OFFICER], [COUNTY], person_id=one))
            for code, one in ids.all()
        }
        desk = await open_account(session, "desk", [Role.DISPATCHER], [COUNTY])
    return proofs | {"desk": bearer(desk)}


class Desk:
    """Reports and crews over HTTP; a clock that goes from one to the next."""

    def __init__(
        self, client: httpx.AsyncClient, proofs: dict[str, dict[str, str]], events: pd.DataFrame
    ) -> None:
        self.client, self.proofs, self.events = client, proofs, events
        #: What is to be done: when, a number that keeps the order, event, crew, next of `WAY`.
        self.due: list[tuple[float, int, int, str, int]] = []
        self.numbers, self.waiting = count(), list[int]()
        self.sent: dict[int, float] = {}

    async def ask(self, who: str, method: str, path: str, **told: Any) -> Any:
        answer = await self.client.request(method, path, headers=self.proofs[who], **told)
        assert answer.is_success, answer.text
        return answer.json()

    async def run(self, found: Replayed) -> None:
        """Every event in its order, and then what is left to do."""
        for event in self.events.itertuples():
            await self.work_until(event.s, found)
            await self.report(event, found)
        await self.work_until(float("inf"), found)

    async def report(self, event: Any, found: Replayed) -> None:
        place = {"lon": event.lon, "lat": event.lat, "datum": "wgs84"}
        near = await self.ask("desk", "GET", "/api/nearest", params=place | _ALL)
        told = {"matter": "E02", "description": "重放", "client_key": f"replay-{event.Index}"}
        shown = await self.ask("desk", "POST", "/api/events", json=told | place)
        found.acknowledged[shown["id"]] = event.Index
        if shown["handler"] is None:
            self.waiting.append(shown["id"])
            found.waited += 1
        else:
            self.given(shown, event.s)
            _compare(near["candidates"], shown["handler"]["code"], found)

    def given(self, shown: dict[str, Any], now: float) -> None:
        self.sent[shown["id"]] = now
        self.then(now + ANSWER_S, shown["id"], shown["handler"]["code"], 0)

    def then(self, at: float, event_id: int, crew: str, place: int) -> None:
        heapq.heappush(self.due, (at, next(self.numbers), event_id, crew, place))

    async def work_until(self, moment: float, found: Replayed) -> None:
        """Do what is due, up to a minute's worth at once; who becomes free is sent again."""
        while self.due and self.due[0][0] <= moment:
            until, turn = min(moment, self.due[0][0] + 60), []
            while self.due and self.due[0][0] <= until:
                turn.append(heapq.heappop(self.due))
            await asyncio.gather(*(self.do(found, *one) for one in turn))
            if any(place == WAY.index("HANDLED") for *_, place in turn):
                await self.see_who_was_sent(until if np.isfinite(until) else turn[-1][0])

    async def do(
        self, found: Replayed, now: float, _: int, event_id: int, crew: str, place: int
    ) -> None:
        event = self.events.loc[found.acknowledged[event_id]]
        who = crew if place < WAY.index("VERIFIED") else "desk"
        if WAY[place] == "ON_SITE":
            here = {"person": crew, "lon": event.lon, "lat": event.lat, "datum": "wgs84"}
            assert (await self.ask(crew, "POST", "/api/positions", json=here))["stored"]
        told = {"to_state": WAY[place], "note": "重放", "client_key": f"{event_id}-{WAY[place]}"}
        shown = await self.ask(who, "POST", f"/api/events/{event_id}/moves", json=told)
        assert shown["state"] == WAY[place]
        if place + 1 < len(WAY):
            takes = {
                "ACCEPTED": max(_minutes(shown) * 60 - ANSWER_S, 0), "ON_SITE": float(event.stay_s)
            }  # fmt: skip
            self.then(now + takes.get(WAY[place], 60.0), event_id, crew, place + 1)

    async def see_who_was_sent(self, now: float) -> None:
        """Waiting events, in their order: whom the service sent meanwhile."""
        for event_id in list(self.waiting):
            shown = await self.ask("desk", "GET", f"/api/events/{event_id}")
            if shown["handler"] is not None:
                self.waiting.remove(event_id)
                self.given(shown, now)


_ALL = {"matter": "E02", "k": 50}


def _minutes(shown: dict[str, Any]) -> float:
    told = _MINUTES.search(shown["handler"]["reason"])
    assert told is not None, shown["handler"]["reason"]
    return float(told[1])


def _compare(candidates: list[dict[str, Any]], sent: str, found: Replayed) -> None:
    found.not_first += candidates[0]["code"] != sent
    if len(candidates) < 2:
        return
    found.asked += 1
    by_line = min(candidates, key=lambda one: (one["distance_m"], one["code"]))
    found.by_road_s.append(candidates[0]["eta_s"])
    found.by_line_s.append(by_line["eta_s"])
    lost_s = by_line["eta_s"] - candidates[0]["eta_s"]
    if by_line["code"] != candidates[0]["code"] and lost_s > 1e-4:
        found.lost_s.append(lost_s)


_OVER = """
SELECT count(*) FROM assignment a JOIN assignment b ON a.id < b.id
    AND (a.person_id = b.person_id OR a.event_id = b.event_id)
    AND tstzrange(a.assigned_at, a.released_at) && tstzrange(b.assigned_at, b.released_at)
"""


async def judge(engine: AsyncEngine, found: Replayed, desk: Desk) -> None:
    """What the tables say: each event closed once, by one person who had nothing else."""
    await assert_sound(engine)
    async with transaction(engine) as session:
        found.over_assigned = await session.scalar(text(_OVER)) or 0
        closed = await session.scalars(text("SELECT id FROM event WHERE state = 'CLOSED'"))
        kept = set(closed)
        found.lost = found.events - len(kept & set(found.acknowledged))
        ways = await session.execute(
            text("SELECT event_id, eta_s FROM assignment WHERE released_as = 'HANDLED'")
        )
    for event_id, eta_s in ways.all():
        received_s = float(desk.events.at[found.acknowledged[event_id], "s"])
        found.eta_s.append(eta_s)
        found.whole_s.append(desk.sent[event_id] - received_s + eta_s)


async def replay(
    address: str, engine: AsyncEngine, events: pd.DataFrame, ways: Ways, found: Replayed
) -> Replayed:
    """Settle a town around events and replay them against the service at an address."""
    proofs = await settled(engine, events, ways, found.crews)
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        desk = Desk(client, proofs, events)
        await desk.run(found)
    await judge(engine, found, desk)
    return found


async def _apart(name: str, on: str, events: pd.DataFrame, ways: Ways, crews: int) -> Replayed:
    """A replay in a cluster of its own."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    try:
        async with engine_on(cluster.url) as engine:
            await migrations.upgrade(engine)
            with Killable(cluster.url, **SETTINGS) as service:
                found = Replayed(name, on, crews, len(events))
                return await replay(service.address, engine, events, ways, found)
    finally:
        cluster.stop()
        shutil.rmtree(folder)


def measure(most: int) -> tuple[list[Replayed], pd.DataFrame]:
    """Both histories on lattices of their cities, San Francisco's once more on real roads."""
    fire, day, extract = sf_fire()[:most], baltimore_day()[:most], read_roads(EXTRACT)
    there = moved_to(fire, build_graph(extract))
    runs = [
        ("San Francisco fire", "lattice", fire, lattice(box_of(fire)), 40),
        ("San Francisco fire", "Nanjing", there, extract, 12),
        ("Baltimore 311", "lattice", day, lattice(box_of(day)), 25),
    ]
    return [asyncio.run(_apart(*run)) for run in runs], fire


def show(most: int, picture: Path | None) -> None:
    """Replay, print the table and a JSON line, draw the minutes."""
    found, fire = measure(most)
    rows = [one.row() for one in found]
    print(pd.DataFrame(rows).to_string(index=False))
    if picture is not None:
        draw(found, fire["real_s"].dropna().to_numpy(), picture)
    print(json.dumps({"replays": rows, "over_assigned": sum(r["over_assigned"] for r in rows),
                      "lost": sum(r["lost"] for r in rows)}))  # fmt: skip
