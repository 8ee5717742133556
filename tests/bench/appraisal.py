"""A city's year of events counted by day: ``python -m tests.bench.appraisal [EVENTS]``.

Simulated ways are copied over days and communities; counted as a whole, then again after a working
day's share of events moved, and compared. Then sham work made up and looked for.
"""

import asyncio
import resource
import shutil
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from sqlalchemy import text

from gridsvc import migrations
from gridsvc.appraisal import counting, counting_queries, spot_queries, spotting
from gridsvc.db import make_engine, transaction
from gridsvc.postgis import start
from tests.appraisal import shams
from tests.appraisal.histories import cases, write
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, settle, staff

ZONE = "Asia/Shanghai"
WAYS, COMMUNITIES = 1000, 400
COPIED = {
    "event_history": ("from_state, to_state, actor, note, reason", ("at",)),
    "event_stage": ("stage, outcome, paused", ("started_at", "due_at", "done_at", "paused_at")),
    "assignment": (
        "person_id, person_code, person_name, person_role, reason, released_as, released_by",
        ("accept_by", "assigned_at", "released_at"),
    ),
}


async def copy(session, copies, least):
    """Every way again, so many times, on other days of a year and in other communities."""
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    moved = f"n * 1000000, 'CC' || lpad((n % {COMMUNITIES})::text, 10, '0')"
    days = "make_interval(days => CAST((n * 7919 + event_id * 31) % 320 AS integer))"
    await session.execute(
        text(
            "INSERT INTO event (id, division_code, grid_id, micro_grid_id, matter_code, geom,"
            " datum, description, client_key, body_sha256, state, captured_at, handler_id)"
            " OVERRIDING SYSTEM VALUE"
            f" SELECT id + {moved}, grid_id, micro_grid_id, matter_code, geom, datum, 'x',"
            " gen_random_uuid()::text, '', state, captured_at, handler_id"
            " FROM event, generate_series(1, :copies) n"
            " WHERE id > :least AND id < 1000000"
        ),
        {"copies": copies, "least": least},
    )
    for table, (plain, times) in COPIED.items():
        shifted = ", ".join(f"{time} + {days}" for time in times)
        await session.execute(
            text(
                f"INSERT INTO {table} (event_id, division_code, {plain}, {', '.join(times)})"
                f" SELECT event_id + {moved}, {plain}, {shifted}"
                f" FROM {table}, generate_series(1, :copies) n"
                " WHERE event_id > :least AND event_id < 1000000"
            ),
            {"copies": copies, "least": least},
        )


async def move_some(session, events):
    """So many events get another line of history."""
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    await session.execute(
        text(
            "INSERT INTO event_history (event_id, division_code, from_state, to_state, actor,"
            " note) SELECT id, division_code, 'FILED', 'DISPATCHED', 'x', '' FROM event"
            " ORDER BY id % 9973, id LIMIT :events"
        ),
        {"events": events},
    )


async def rows_of(engine):
    async with engine.connect() as connection:
        return await connection.scalar(
            text(
                "SELECT md5(string_agg(t::text, ',' ORDER BY division_code, day, stage, role,"
                " unit_code)) FROM (SELECT division_code, day, stage, role, unit_code, begun, done,"
                " sent_back, wrong, put_off, due, on_time, late,"
                " round(overdue_hours::numeric, 4) FROM daily_count) t"
            )
        )


async def timed(engine, **told):
    began = perf_counter()
    counted = await counting.refresh(engine, ZONE, **told)
    return perf_counter() - began, counted


async def count(engine, events):
    async with transaction(engine) as session:
        least = await session.scalar(text("SELECT max(id) FROM event"))
        for case in cases(11, WAYS, days=40):
            await write(session, case)
    async with transaction(engine) as session:
        await copy(session, events // WAYS - 1, least)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
        for table in ("event", *COPIED):
            number = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
            print(f"{number:>12,} rows of {table}")
    seconds, counted = await timed(engine)
    print(f"everything: {seconds:.1f} s for {counted.number:,} rows of counts")
    for share in (20, events // 365, events // 52):
        async with transaction(engine) as session:
            await move_some(session, share)
        seconds, counted = await timed(engine)
        print(f"{share:,} events moved: {seconds:.2f} s for {counted.number:,} days of communities")
    before = await rows_of(engine)
    seconds, _ = await timed(engine, anew=True)
    same = "the same" if await rows_of(engine) == before else "DIFFERENT"
    print(f"everything anew: {seconds:.1f} s, {same}")
    async with transaction(engine) as session:
        began = perf_counter()
        await counting_queries.read(
            session, "area", low="0", high=":", since=shams.BEGIN.date() - timedelta(days=365),
            until=shams.BEGIN.date() + timedelta(days=365), digits=12,
        )  # fmt: skip
        print(f"a year of {COMMUNITIES} communities read: {perf_counter() - began:.2f} s")


async def look(engine, honest, cheating):
    told = shams.works(uuid4().int, honest, cheating)
    async with transaction(engine) as session:
        events = await shams.write(session, told)
    began = perf_counter()
    async with transaction(engine) as session:
        while await spotting.look_at_photos(session, "0", ":"):
            pass
        await spot_queries.find(
            session,
            {
                "low": "0", "high": ":", "since": shams.BEGIN - timedelta(days=1),
                "until": shams.BEGIN + timedelta(days=999), "within_m": 200.0, "instant_s": 60.0,
                "share_of_way": 0.25, "alike_bits": 8,
            },
        )  # fmt: skip
        rows = await session.execute(text("SELECT event_id, kind FROM spot_check"))
        found = {(row.event_id, row.kind) for row in rows}
    print(f"{len(told)} works and {2 * len(told)} photos looked at: {perf_counter() - began:.1f} s")
    cheats = dict(zip(events, (work.cheat for work in told), strict=True))
    caught = Counter(kind for event, kind in found if cheats[event] == kind)
    made_up = Counter(cheat for cheat in cheats.values() if cheat)
    for kind in shams.CHEATS:
        print(f"  {kind}: caught {caught[kind]} of {made_up[kind]}")
    alarms = {event for event, _ in found if cheats[event] is None}
    print(f"  false alarms: {len(alarms)} of {honest} honest works")


async def run(url, events):
    engine = make_engine(url)
    await migrations.upgrade(engine)
    async with transaction(engine) as session:
        await settle(session)
    await staff(engine, a_person("w", middle(0, 0)), an_officer("o", middle(1, 1)))
    print(f"{COUNTY} {COMMUNITY}")
    await look(engine, 500, 60)
    await count(engine, events)
    await engine.dispose()
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main():
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    cluster = start(folder / "data", settings={"fsync": "off"})
    try:
        asyncio.run(run(cluster.url, events))
    finally:
        cluster.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
