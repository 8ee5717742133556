"""What the audit trail costs a transaction that inserts one row and commits, and its proof.

    python -m tests.bench.audit [--json]

Starts a private cluster in a temporary directory with everything about durability as in service,
and logs in as the service does. Rounds with and without an entry take turns, so that what else
the machine does falls on both; the medians are printed as a table.
"""

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import migrations
from gridsvc.audit import service
from gridsvc.audit.actions import Action
from gridsvc.connect import engine_on
from gridsvc.db import SERVICE_ROLE, asyncpg_url, transaction
from gridsvc.postgis import private_cluster

ROUNDS, TRANSACTIONS = 9, 200
CONNECTIONS = (1, 8)
ADD = text("INSERT INTO bench_deed (note) VALUES ('x')")
TABLE = (
    "CREATE TABLE bench_deed (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)",
    f"GRANT INSERT ON bench_deed TO {SERVICE_ROLE}",
)


@dataclass(frozen=True)
class Cost:
    """Milliseconds from begin to commit, as each connection sees them."""

    connections: int
    bare_ms: float
    audited_ms: float
    ratio: float


async def deed(engine: AsyncEngine, *, audited: bool) -> None:
    async with transaction(engine) as session:
        await session.execute(ADD)
        if audited:
            await service.record(
                session,
                Action.EVENT_MOVED,
                "event",
                1,
                division_code="320106001001",
                before={"state": "HANDLED"},
                after={"state": "VERIFIED"},
            )


async def round_ms(engine: AsyncEngine, connections: int, *, audited: bool) -> float:
    async def work() -> None:
        for _ in range(TRANSACTIONS // connections):
            await deed(engine, audited=audited)

    begin = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return (time.perf_counter() - begin) / (TRANSACTIONS // connections) * 1000


async def cost(engine: AsyncEngine, connections: int) -> Cost:
    await round_ms(engine, connections, audited=True)  # connections are made, plans too
    rounds = [
        [await round_ms(engine, connections, audited=audited) for audited in (False, True)]
        for _ in range(ROUNDS)
    ]
    bare, audited = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Cost(connections, bare, audited, audited / bare)


async def proof(engine: AsyncEngine) -> tuple[int, float]:
    """Entries, and the seconds it takes to prove that none is missing."""
    async with transaction(engine) as session:
        entries = await session.scalar(text("SELECT count(*) FROM audit_entry"))
        begin = time.perf_counter()
        assert await service.verify(session) == []
    return int(entries or 0), time.perf_counter() - begin


async def measured(url: str) -> tuple[list[Cost], int, float]:
    async with engine_on(url) as owner:
        await migrations.upgrade(owner)
        async with transaction(owner) as session:
            for statement in TABLE:
                await session.execute(text(statement))
    own = asyncpg_url(url).set(username=SERVICE_ROLE).render_as_string(hide_password=False)
    async with engine_on(own) as engine:
        costs = [await cost(engine, connections) for connections in CONNECTIONS]
        return costs, *await proof(engine)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    try:
        with private_cluster(folder / "data") as url:
            costs, entries, seconds = asyncio.run(measured(url))
    finally:
        shutil.rmtree(folder)
    if "--json" in sys.argv:
        result = {"costs": [asdict(one) for one in costs], "entries": entries, "verify_s": seconds}
        sys.stdout.write(json.dumps(result))
        return
    lines = ["| connections | bare ms | audited ms | ratio |", "|---|---|---|---|"]
    lines += [
        f"| {c.connections} | {c.bare_ms:.2f} | {c.audited_ms:.2f} | {c.ratio:.2f} |" for c in costs
    ]
    sys.stdout.write("\n".join([*lines, f"{entries} entries proved in {seconds:.2f} s", ""]))


if __name__ == "__main__":
    main()
