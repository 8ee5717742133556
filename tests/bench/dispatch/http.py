"""Reports over HTTP until they are committed, beside the bare transaction and a naive ORM app.

24,000 people, 600 positions a second arriving in batches all the while. Each phase runs so many
seconds on the same cluster; requests come over raw asyncio connections that stay open, since any
client library costs more than the service under test.
"""

import asyncio
import json
import multiprocessing
import random
import shutil
import socket
import subprocess
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from sqlalchemy import make_url, text

from gridsvc.connect import engine_on
from gridsvc.db import transaction
from gridsvc.postgis import start
from gridsvc.postgis.binaries import find_binaries
from gridsvc.roads import service as roads
from tests.bench.dispatch.naive import naive_app
from tests.bench.scope import prepare
from tests.flows.test_report_to_close import body
from tests.live import Killable
from tests.towns import BLOCKS, COUNTY, paper_roads
from tests.who import ALL_ROUND, open_all_round

CLIENTS, PINGS = 8, 60
_BEFORE = (
    "DELETE FROM person WHERE id > :people",
    "UPDATE workload SET capacity = 1000 WHERE :people > 0",
    # 420 km² around the paper town, where the reports come from: 57 people to the km².
    "UPDATE position SET geog = CAST(ST_SetSRID(ST_MakePoint(118.6 + (person_id * 7919 % 6007)"
    " / 30035.0, 31.9 + (person_id * 104729 % 6011) / 30055.0), 4326) AS geography),"
    " captured_at = now() - interval '1 hour' WHERE :people > 0",
)
_BARE = """
\\set x random(0, 3999)
\\set y random(0, 3999)
WITH near AS MATERIALIZED (
    SELECT p.id, s.geog <-> CAST(ST_SetSRID(ST_MakePoint(118.7 + :x / 1000000.0,
        32 + :y / 1000000.0), 4326) AS geography) AS d
    FROM position s JOIN person p ON p.id = s.person_id
    JOIN workload w ON w.person_id = p.id
    WHERE p.on_duty AND p.role = 'grid_worker' AND w.open_count < w.capacity
    ORDER BY s.geog <-> CAST(ST_SetSRID(ST_MakePoint(118.7 + :x / 1000000.0, 32 + :y / 1000000.0),
        4326) AS geography) LIMIT 32
), taken AS MATERIALIZED (
    SELECT w.person_id FROM near JOIN workload w ON w.person_id = near.id
    WHERE w.open_count < w.capacity
    ORDER BY near.d LIMIT 1 FOR UPDATE OF w SKIP LOCKED
), counted AS (
    UPDATE workload w SET open_count = open_count + 1 FROM taken
    WHERE w.person_id = taken.person_id RETURNING w.person_id
)
INSERT INTO bare_assignment (person_id) SELECT person_id FROM counted;
"""


class Caller:
    """One connection that stays open."""

    def __init__(self, address):
        self._to = urlsplit(address)

    async def post(self, path, told):
        """Status and answer of a request."""
        if not hasattr(self, "_reader"):
            self._reader, self._writer = await asyncio.open_connection(
                self._to.hostname, self._to.port
            )
        content = json.dumps(told).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: {ALL_ROUND['Authorization']}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self._writer.write(head.encode() + content)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        size = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
        return int(answer.split(b" ")[1]), await self._reader.readexactly(size)


async def reporting(address, seconds, *, per_s=None):
    """Ids and milliseconds of the reports acknowledged, as fast as may be or at a rate."""
    ids, waits, began = [], [], perf_counter()

    async def one(seed):
        rng, caller = random.Random(seed), Caller(address)  # noqa: S311
        turn = seed / CLIENTS
        while (now := perf_counter() - began) < seconds:
            due = turn * CLIENTS / per_s if per_s else now
            turn += 1
            await asyncio.sleep(max(0.0, due - now))
            told = body(rng.randrange(BLOCKS), rng.randrange(BLOCKS))
            # From when it was due: a report that waits for the one before it waits, too.
            asked = min(perf_counter(), began + due) if per_s else perf_counter()
            status, answer = await caller.post("/api/events", told)
            assert status == 201, answer
            waits.append((perf_counter() - asked) * 1000)
            ids.append(json.loads(answer)["id"])

    await asyncio.gather(*(one(seed) for seed in range(CLIENTS)))
    return ids, sorted(waits), len(ids) / (perf_counter() - began)


@asynccontextmanager
async def positions_arriving(address, people):
    """600 positions a second by the service's own door, for the length of the block."""

    async def tell():
        caller, turn, rng = Caller(address), 0, random.Random(0)  # noqa: S311
        while True:
            began, now = perf_counter(), datetime.now(UTC).isoformat()
            pings = [
                {"person": f"P{(turn + n) % people + 1}", "datum": "wgs84", "captured_at": now,
                 "lon": 118.6 + rng.random() / 5, "lat": 31.9 + rng.random() / 5}
                for n in range(PINGS)
            ]  # fmt: skip
            turn += PINGS
            told = {"client_key": uuid4().hex, "pings": pings}
            status, answer = await caller.post("/api/positions/batch", told)
            assert status == 200, answer
            await asyncio.sleep(max(0.0, PINGS / 600 - (perf_counter() - began)))

    telling = asyncio.create_task(tell())
    yield
    assert not telling.done(), telling.exception()
    telling.cancel()


async def bare(url, folder, seconds):
    """Transactions a second of the bare assignment by pgbench."""
    script, at = folder / "bare.sql", make_url(url)
    script.write_text(_BARE)
    command = [
        find_binaries().folder / "pgbench", "-n", "-c", str(CLIENTS), "-j", "1", "-T",
        str(seconds), "-f", script, "-h", at.query["host"], "-p", at.query["port"], "-U",
        at.username, at.database,
    ]  # fmt: skip
    ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return float(ran.stdout.split("tps = ")[1].split()[0])


def _serve_naive(listener, url):
    app: FastAPI = naive_app(url)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


@asynccontextmanager
async def naive(url):
    """Address of the ORM app in a process of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=_serve_naive, args=(listener, url), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    process.kill()
    process.join()
    listener.close()


async def judged(engine, ids):
    """How many have more than they may, and how many acknowledged reports are not there."""
    async with transaction(engine) as session:
        over = await session.scalar(text("""
            SELECT count(*) FROM (
                SELECT w.person_id FROM workload w JOIN assignment a ON a.person_id = w.person_id
                WHERE a.released_at IS NULL
                GROUP BY w.person_id HAVING count(*) > w.capacity OR count(*) <> w.open_count
            ) too_many
            """))  # fmt: skip
        kept = await session.scalars(text("SELECT id FROM event"))
        return over, len(set(ids) - set(kept)) + len(ids) - len(set(ids))


async def settled(url, people):
    """A database with the paper town, its roads, and so many people around it, read into memory."""
    await prepare(url)
    async with engine_on(url) as engine:
        async with transaction(engine) as session:
            await open_all_round(session)
            for statement in _BEFORE:
                await session.execute(text(statement), {"people": people})
            await session.execute(text("CREATE TABLE bare_assignment (id bigserial PRIMARY KEY,"
                " person_id bigint NOT NULL, at timestamptz DEFAULT now())"))  # fmt: skip
            await roads.load(session, COUNTY, paper_roads(), source="paper")
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))


async def measured(cluster, folder, seconds, people):
    """Every phase in turn; figures by name."""
    await settled(cluster.url, people)
    async with engine_on(cluster.url) as engine:
        with Killable(cluster.url, pool_size=8) as service:
            await reporting(service.address, 2)
            async with positions_arriving(service.address, people):
                ids, _, per_s = await reporting(service.address, seconds)
                again, waits, _ = await reporting(service.address, seconds, per_s=per_s / 2)
                # Before others count people up that have no assignment here.
                over, lost = await judged(engine, ids + again)
                bare_s = await bare(cluster.url, folder, seconds)
                async with naive(cluster.url) as address:
                    await reporting(address, 2)
                    _, _, naive_s = await reporting(address, seconds)
    return {
        "http_vs_bare_assign": round(per_s / bare_s, 3),
        "http_vs_naive_orm": round(per_s / naive_s, 2),
        "p99_ms_half_load": round(waits[int(len(waits) * 0.99)], 1),
        "over_assigned": over,
        "lost": lost,
        "http_per_s": round(per_s, 1),
        "bare_per_s": round(bare_s, 1),
        "naive_per_s": round(naive_s, 1),
    }


def measure(seconds=10, people=24_000):
    """Reports over HTTP against the bare transaction and the ORM; figures by name."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    try:
        return asyncio.run(measured(cluster, folder, seconds, people))
    finally:
        cluster.stop()
        shutil.rmtree(folder)
