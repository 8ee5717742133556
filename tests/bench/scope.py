"""What the policies cost the nearest-eligible query: ``python -m tests.bench.scope``.

24,000 people in one county; the owner, whom no policy binds, beside the service in scopes of one
range, of three, and of everything.
"""

import asyncio
import random
import shutil
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from gridsvc import migrations
from gridsvc.db import EVERYWHERE, SERVICE_ROLE, Scope, make_engine, transaction
from gridsvc.people import queries
from gridsvc.people.candidates import Need
from gridsvc.postgis import start
from tests.towns import settle

LOW, HIGH = "990101000000", "990102000000"
NEEDS = {
    "a grid worker": Need("grid_worker", None, LOW, HIGH, None),
    "an officer with the power": Need("officer", "CG01", LOW, HIGH, None),
}
SCOPES = {
    "one range": Scope(((LOW, HIGH),)),
    "three ranges": Scope(((LOW, HIGH), ("990103", "990104"), ("990105", "990106"))),
    "everything": EVERYWHERE,
}
PEOPLE = [
    "INSERT INTO person (code, name_sealed, name_masked, role, division_code, on_duty)"
    " SELECT 'P' || n, 'plain:x', 'x*', CASE WHEN n % 14 = 0 THEN 'officer' ELSE 'grid_worker'"
    " END, '990101001001', n % 10 <> 0 FROM generate_series(1, 24000) n",
    "INSERT INTO workload (person_id, division_code, capacity)"
    " SELECT id, division_code, 5 FROM person",
    "INSERT INTO person_power (person_id, division_code, power_code)"
    " SELECT id, division_code, 'CG01' FROM person WHERE role = 'officer'",
    "INSERT INTO position (person_id, division_code, geog, datum, captured_at)"
    " SELECT id, division_code, CAST(ST_SetSRID(ST_MakePoint(118.5 + (id * 7919 % 6007) / 12014.0,"
    " 31.9 + (id * 104729 % 6011) / 15000.0), 4326) AS geography), 'wgs84', now() FROM person",
]


async def prepare(url):
    engine = make_engine(url)
    await migrations.upgrade(engine)
    async with transaction(engine) as session:
        await settle(session)
        for statement in PEOPLE:
            await session.execute(text(statement))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    await engine.dispose()


async def time(url, need, scope):
    """Milliseconds of a hundred questions, warmed up."""
    rng = random.Random(0)  # noqa: S311 - places, not secrets
    engine, waits = make_engine(url), []
    async with transaction(engine, scope) as session:
        for _ in range(120):
            place = {"lon": 118.5 + rng.random() / 2, "lat": 31.9 + rng.random() * 0.4}
            began = perf_counter()
            found = await queries.nearest_eligible(session, need=need, **place, k=32)
            waits.append((perf_counter() - began) * 1000)
            assert len(found) == 32
    await engine.dispose()
    return waits[20:]


async def measure(cluster):
    await prepare(cluster.url)
    print("| the 32 nearest | who | scope | p50, ms |\n|---|---|---|---|")
    for name, need in NEEDS.items():
        own = statistics.median(await time(cluster.url, need, EVERYWHERE))
        print(f"| {name} | owner | no policy | {own:.1f} |")
        for scope_name, scope in SCOPES.items():
            url = cluster.url_for(role=SERVICE_ROLE)
            waits = await time(url, need, scope)
            print(f"| {name} | service | {scope_name} | {statistics.median(waits):.1f} |")


def main():
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    try:
        asyncio.run(measure(cluster))
    finally:
        cluster.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
