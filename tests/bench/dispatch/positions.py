"""Positions as they come in, beside a bare upsert: ``python -m tests.bench.dispatch.positions``.

24,000 people of a county tell positions in batches: three in five walk, one in five rides, one in
five stands. Ours (judged, tracked, latest position, whoever has something waiting found) and the
bare ``INSERT … SELECT unnest … ON CONFLICT`` of the same pings take turns batch by batch, so that
what else the machine does falls on both. Then the 32 nearest are asked for while pings arrive.
Durability as in service; the service's role and policies for ours, the owner for the bare upsert.
"""

import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from gridsvc.connect import engine_on
from gridsvc.db import SERVICE_ROLE, Scope, transaction
from gridsvc.dispatch import positions
from gridsvc.geo import Datum
from gridsvc.people import queries
from gridsvc.people.pings import Ping, Source
from gridsvc.people.tracking import Told
from gridsvc.postgis import start
from tests.bench.scope import HIGH, LOW, NEEDS, prepare

BATCH, ROUNDS, BATCHES = 1000, 10, 12
#: Metres between two pings ten seconds apart, by how somebody moves.
STEPS_M = (12.0, 12.0, 12.0, 60.0, 0.0)
INTERVAL_S = 10
#: Pings a second that arrive while the nearest are asked for: a city of 6,000 every 10 s.
ARRIVING_PER_S = 600
COUNTY = Scope(((LOW, HIGH),))
BEFORE = [
    "UPDATE position SET captured_at = captured_at - interval '1 day'",
    "CREATE TABLE bare_position (person_id bigint PRIMARY KEY,"
    " geog geography(Point, 4326) NOT NULL, datum text NOT NULL,"
    " captured_at timestamptz NOT NULL, received_at timestamptz NOT NULL DEFAULT now())"
    " WITH (fillfactor = 50)",
    "INSERT INTO bare_position SELECT person_id, geog, datum, captured_at FROM position",
    "CREATE INDEX ON bare_position USING gist (geog)",
]
BARE = text("""
INSERT INTO bare_position (person_id, geog, datum, captured_at)
SELECT person_id, CAST(ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geography), 'wgs84', captured_at
FROM unnest(CAST(:ids AS bigint[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]),
            CAST(:times AS timestamptz[])) AS row (person_id, lon, lat, captured_at)
ON CONFLICT (person_id) DO UPDATE SET geog = excluded.geog, captured_at = excluded.captured_at,
    received_at = now()
""")


@dataclass
class Walker:
    """Somebody on the way."""

    person_id: int
    code: str
    lon: float
    lat: float
    captured_at: datetime


class Crowd:
    """Everybody, and their pings batch by batch."""

    def __init__(self, walkers: list[Walker]) -> None:
        self._walkers = walkers
        self._rng = random.Random(0)  # noqa: S311 - places, not secrets
        self._next = 0

    def batch(self, size: int) -> list[tuple[int, Told]]:
        """The next pings: everybody's turn comes round."""
        told = []
        for _ in range(size):
            walker = self._walkers[self._next]
            self._next = (self._next + 1) % len(self._walkers)
            metres = STEPS_M[walker.person_id % len(STEPS_M)]
            walker.lon += self._rng.choice((-1, 1)) * metres / 95_000
            walker.lat += self._rng.choice((-1, 1)) * metres / 111_000 / 10
            walker.captured_at += timedelta(seconds=INTERVAL_S)
            ping = Ping(walker.lon, walker.lat, walker.captured_at, accuracy_m=8.0, speed_mps=1.2)
            told.append((walker.person_id, Told(walker.code, ping, Datum.WGS84)))
        return told


async def crowd_of(engine):
    """Where everybody is now."""
    async with transaction(engine) as session:
        rows = await session.execute(
            text(
                "SELECT p.id, p.code, ST_X(s.geog::geometry) AS lon, ST_Y(s.geog::geometry) AS lat"
                " FROM person p JOIN position s ON s.person_id = p.id ORDER BY p.id * 7919 % 24001"
            )
        )
        began = datetime.now(UTC) - timedelta(hours=23)
        return Crowd([Walker(row.id, row.code, row.lon, row.lat, began) for row in rows])


async def ours(engine, told):
    """Keep a batch as the service does."""
    async with transaction(engine, COUNTY) as session:
        recorded, _ = await positions.record(session, [one for _, one in told], source=Source.API)
    assert not any(one.unused or one.repeated for one in recorded.outcomes)


async def bare(engine, told):
    """Keep the latest places of a batch and nothing else."""
    async with engine.begin() as connection:
        await connection.execute(
            BARE,
            {
                "ids": [person_id for person_id, _ in told],
                "lons": [one.ping.lon for _, one in told],
                "lats": [one.ping.lat for _, one in told],
                "times": [one.ping.captured_at for _, one in told],
            },
        )


async def seconds(keep, engine, told):
    """Seconds that keeping a batch takes."""
    began = perf_counter()
    await keep(engine, told)
    return perf_counter() - began


async def ask_nearest(engine, need, waits, until):
    """Ask for the nearest again and again; milliseconds of each."""
    rng = random.Random(1)  # noqa: S311 - places, not secrets
    async with transaction(engine, COUNTY) as session:
        while not until.is_set():
            place = {"lon": 118.5 + rng.random() / 2, "lat": 31.9 + rng.random() * 0.4}
            began = perf_counter()
            assert await queries.nearest_eligible(session, need=need, **place, k=32)
            waits.append((perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)


async def arriving(engine, crowd, *, for_s):
    """Let pings arrive in batches of a tenth of a second."""
    size, ended = ARRIVING_PER_S // 10, perf_counter() + for_s
    while (now := perf_counter()) < ended:
        await ours(engine, crowd.batch(size))
        await asyncio.sleep(max(0.0, 0.1 - (perf_counter() - now)))


async def latency(engine, crowd):
    """Milliseconds of the nearest-eligible query with nothing going on, and while pings arrive."""
    figures = {}
    need = NEEDS["a grid worker"]
    for name, going_on in (
        ("idle", asyncio.sleep(4)),
        ("arriving", arriving(engine, crowd, for_s=8)),
    ):
        waits, ended = [], asyncio.Event()
        asking = asyncio.create_task(ask_nearest(engine, need, waits, ended))
        await going_on
        ended.set()
        await asking
        waits.sort()
        figures[f"nearest_p50_ms_{name}"] = round(statistics.median(waits), 2)
        figures[f"nearest_p99_ms_{name}"] = round(waits[int(len(waits) * 0.99)], 2)
    return figures


async def measured(cluster):
    await prepare(cluster.url)
    async with (
        engine_on(cluster.url) as owner,
        engine_on(cluster.url_for(role=SERVICE_ROLE)) as service,
    ):
        async with transaction(owner) as session:
            for statement in BEFORE:
                await session.execute(text(statement))
        crowd = await crowd_of(owner)
        ratios, rates = [], {"ours": [], "bare": []}
        for round_ in range(ROUNDS):
            bare_s = ours_s = 0.0
            for told in [crowd.batch(BATCH) for _ in range(BATCHES)]:
                bare_s += await seconds(bare, owner, told)
                ours_s += await seconds(ours, service, told)
            if round_:  # the first makes connections and plans
                ratios.append(bare_s / ours_s)
                rates["bare"].append(BATCH * BATCHES / bare_s)
                rates["ours"].append(BATCH * BATCHES / ours_s)
        return {
            "positions_vs_raw": round(statistics.median(ratios), 3),
            "positions_vs_raw_rounds": [round(ratio, 3) for ratio in ratios],
            "pings_per_s": round(statistics.median(rates["ours"])),
            "pings_per_s_raw": round(statistics.median(rates["bare"])),
            **await latency(service, crowd),
        }


def measure():
    """Positions in against a bare upsert, and the nearest meanwhile; figures by name."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    try:
        return asyncio.run(measured(cluster))
    finally:
        cluster.stop()
        shutil.rmtree(folder)


def main():
    figures = measure()
    if "--json" not in sys.argv:
        for name, figure in figures.items():
            print(f"{name}: {figure}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
