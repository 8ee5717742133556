"""How PostgreSQL answers the two hot questions: ``python -m tests.bench.dispatch --explain``.

In the service's role, 24,000 people on 420 km²: who is near and eligible, planned for the values at
hand as the service has it, and which micro-grid a place lies in.
"""

import asyncio
import re
import shutil
import tempfile
from pathlib import Path

from sqlalchemy import text

from gridsvc.db import SERVICE_ROLE, Scope, make_engine, planned_anew, transaction
from gridsvc.grids import queries as grids
from gridsvc.people import queries as people
from gridsvc.postgis import start
from tests.bench.dispatch.http import settled
from tests.bench.scope import HIGH, LOW, NEEDS

_PLACE = {"lon": 118.7021, "lat": 32.0017}
#: Lines that say which index was walked, how many rows came of it, and how long all of it took.
_TELLING = re.compile(r"(Scan|Limit|Sort|Planning Time|Execution Time|Order By|Index Cond)")


async def explained(session, statement, parameters):
    """Telling lines of a plan, without costs."""
    asked = text(f"EXPLAIN (ANALYZE, BUFFERS, COSTS off) {statement}")
    lines = (await session.scalars(asked, parameters)).all()
    return [line for line in lines if _TELLING.search(line) and "never executed" not in line]


async def plans(cluster, people_count):
    """Both plans by name, with everything in memory."""
    await settled(cluster.url, people_count)
    engine = make_engine(cluster.url_for(role=SERVICE_ROLE))
    nearest = people.asked_of(NEEDS["a grid worker"], **_PLACE, k=32)
    told = {}
    async with transaction(engine, Scope(((LOW, HIGH),))) as session, planned_anew(session):
        for _ in range(2):  # the first reads from disk
            told["nearest 32 eligible"] = await explained(session, *nearest)
            told["micro-grid at a place"] = await explained(session, grids.CELL_AT, _PLACE)
    await engine.dispose()
    return told


def show(people_count=24_000):
    """Print both plans as Markdown."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data")
    try:
        for name, lines in asyncio.run(plans(cluster, people_count)).items():
            print(f"{name}:\n\n```\n" + "\n".join(lines) + "\n```\n")
    finally:
        cluster.stop()
        shutil.rmtree(folder)
