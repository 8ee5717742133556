"""SQL that counts the events' history day by day, and reads what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

#: What a move counts as: state it leads to, states it comes from and reasons it may have (none =
#: any), stage and counter.
_STEPS = (
    ("FILED", None, None, "file", "done"),
    ("REJECTED", None, None, "file", "sent_back"),
    ("DISPATCHED", None, None, "dispatch", "done"),
    ("RETURNED", None, "wrong_person out_of_area no_power", "dispatch", "wrong"),
    ("ACCEPTED", None, None, "accept", "done"),
    ("ON_SITE", None, None, "arrive", "done"),
    ("HANDLED", None, None, "handle", "done"),
    ("RETURNED", "DISPATCHED ACCEPTED ON_SITE", None, "handle", "sent_back"),
    ("VERIFIED", None, None, "verify", "done"),
    ("RETURNED", "HANDLED", None, "verify", "sent_back"),
    ("CLOSED", None, None, "close", "done"),
    ("CLOSED", None, None, "case", "done"),
    ("REOPENED", "CLOSED", None, "close", "sent_back"),
    ("SUSPENDED", None, None, "case", "put_off"),
)


def _words(words: str | None) -> str:
    return "NULL" if words is None else f"'{{{words.replace(' ', ',')}}}'"


_STEP = ", ".join(
    f"('{then}', CAST({_words(before)} AS text[]), CAST({_words(reasons)} AS text[]),"
    f" '{stage}', '{counter}')"
    for then, before, reasons, stage, counter in _STEPS
)
#: Stages of whoever has the event; the others are the desk's.
_AT_HAND = "('accept', 'arrive', 'handle')"
_MOVE_COUNTERS = ("done", "sent_back", "wrong", "put_off")
_LIMIT_COUNTERS = ("due", "on_time", "late", "overdue_hours", "overdue_multiple")
_COLUMNS = ("begun", *_MOVE_COUNTERS, *_LIMIT_COUNTERS)
# A limit that stands still has no day for the time being; what was broken off in time never had.
_DUE = (
    "s.due_at IS NOT NULL AND s.paused_at IS NULL"
    " AND NOT coalesce(s.outcome = 'void' AND s.done_at <= s.due_at, false)"
)
_OVER_S = "extract(epoch FROM s.done_at - s.due_at)"
_LATE = "coalesce(s.outcome = 'done' AND s.done_at > s.due_at, false)"
_ZEROS = dict.fromkeys(_COLUMNS, "0")
_LIMITS = {
    "due": "1",
    "on_time": "coalesce(s.outcome = 'done' AND s.done_at <= s.due_at, false)::int",
    "late": f"{_LATE}::int",
    "overdue_hours": f"CASE WHEN {_LATE} THEN {_OVER_S} / 3600 ELSE 0 END",
    "overdue_multiple": f"CASE WHEN {_LATE} THEN coalesce({_OVER_S}"
    " / nullif(extract(epoch FROM s.due_at - s.started_at - s.paused), 0), 0) ELSE 0 END",
}


def _list(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in (_ZEROS | columns).items())


def _within(table: str, column: str, *, some: bool) -> str:
    """The rows of a table whose time lies on the days asked for, or all of them."""
    if not some:
        return f"{table}"
    alias = table.rsplit(maxsplit=1)[-1]
    return (
        f"bucket b JOIN {table} ON {alias}.division_code = b.division_code"
        f" AND {alias}.{column} >= CAST(b.day AS timestamp) AT TIME ZONE :zone"
        f" AND {alias}.{column} < CAST(b.day + 1 AS timestamp) AT TIME ZONE :zone"
    )


def _on(column: str) -> str:
    return f"CAST({column} AT TIME ZONE :zone AS date) AS day"


def _counted(*, some: bool) -> str:
    """A statement that counts: only the days of `bucket`, or everything."""
    moves = {name: f"(step.counter = '{name}')::int" for name in _MOVE_COUNTERS}
    buckets = (
        "bucket AS (SELECT * FROM unnest(CAST(:divisions AS text[]), CAST(:days AS date[]))"
        " AS b (division_code, day)), "
        if some
        else ""
    )
    return f"""
    WITH {buckets}step (to_state, from_states, reasons, stage, counter) AS (VALUES {_STEP}),
    fact AS (
        SELECT h.event_id, h.division_code, {_on("h.at")}, step.stage, h.at AS told_at,
               {_list(moves)}
        FROM {_within("event_history h", "at", some=some)}
        JOIN step ON step.to_state = h.to_state
        WHERE (step.from_states IS NULL OR h.from_state = ANY (step.from_states))
          AND (step.reasons IS NULL OR h.reason = ANY (step.reasons))
        UNION ALL
        SELECT s.event_id, s.division_code, {_on("s.started_at")}, s.stage, s.done_at,
               {_list({"begun": "1"})}
        FROM {_within("event_stage s", "started_at", some=some)}
        UNION ALL
        SELECT s.event_id, s.division_code, {_on("s.due_at")}, s.stage, s.done_at,
               {_list(_LIMITS)}
        FROM {_within("event_stage s", "due_at", some=some)}
        WHERE {_DUE}
    ), told AS (
        SELECT f.*, CASE WHEN f.stage IN {_AT_HAND} THEN coalesce(a.person_role, '')
                         ELSE 'dispatcher' END AS role,
               coalesce(p.commanding_unit, '') AS unit_code
        FROM fact f
        LEFT JOIN LATERAL (
            SELECT person_role, person_id FROM assignment
            WHERE f.stage IN {_AT_HAND} AND event_id = f.event_id
              AND assigned_at <= coalesce(f.told_at, 'infinity')
            ORDER BY assigned_at DESC, id DESC LIMIT 1) a ON true
        LEFT JOIN posting p ON p.person_id = a.person_id AND p.during @> f.day
    )
    SELECT division_code, day, stage, role, unit_code,
           {", ".join(f"sum({name}) AS {name}" for name in _COLUMNS)}
    FROM told GROUP BY division_code, day, stage, role, unit_code
    """  # noqa: S608 - parts of this module


_INTO = f"""
INSERT INTO daily_count (division_code, day, stage, role, unit_code, {", ".join(_COLUMNS)})
"""
_COUNT_SOME = text(_INTO + _counted(some=True))
_COUNT_ALL = text(_INTO + _counted(some=False))
_FORGET_SOME = text("""
DELETE FROM daily_count d
USING unnest(CAST(:divisions AS text[]), CAST(:days AS date[])) AS b (division_code, day)
WHERE d.division_code = b.division_code AND d.day = b.day
""")
# Events of which something was written since the mark, with every day they were or are counted on.
_CHANGED = """
changed AS (
    SELECT event_id FROM event_history WHERE xid >= :since_xid
    UNION SELECT event_id FROM event_stage WHERE xid >= :since_xid
)
"""
_BUCKETS = text(f"""
WITH {_CHANGED}
SELECT division_code, {_on("at")} FROM event_history JOIN changed USING (event_id)
UNION SELECT division_code, {_on("started_at")} FROM event_stage JOIN changed USING (event_id)
UNION SELECT division_code, {_on("due_at")} FROM event_stage JOIN changed USING (event_id)
      WHERE due_at IS NOT NULL
UNION SELECT division_code, unnest(days) FROM counted_event JOIN changed USING (event_id)
""")  # noqa: S608
_REMEMBERED = """
INSERT INTO counted_event (event_id, division_code, days)
SELECT event_id, division_code, array_agg(DISTINCT CAST(due_at AT TIME ZONE :zone AS date))
FROM event_stage {of} WHERE due_at IS NOT NULL GROUP BY event_id, division_code
ON CONFLICT (event_id) DO UPDATE SET days = excluded.days
"""
_REMEMBER_SOME = text(f"WITH {_CHANGED}" + _REMEMBERED.format(of="JOIN changed USING (event_id)"))
_REMEMBER_ALL = text(_REMEMBERED.format(of=""))
#: Any number will do, as long as every gridsvc process takes the same.
_COUNT_LOCK = 7_246_030


async def turn(session: AsyncSession) -> tuple[RowMapping | None, int]:
    """Wait for whoever else counts; the mark, and below which transaction all have ended."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COUNT_LOCK})
    ended = await session.scalar(
        text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
    )
    found = await session.execute(text("SELECT counted_xid, time_zone, counted_at FROM count_mark"))
    return found.mappings().first(), int(ended or 0)


async def mark(session: AsyncSession) -> RowMapping | None:
    """How far was counted, and when; none when nothing ever was."""
    found = await session.execute(text("SELECT counted_xid, time_zone, counted_at FROM count_mark"))
    return found.mappings().first()


async def set_mark(session: AsyncSession, xid: int, zone: str) -> None:
    """Write down that everything below a transaction was counted."""
    await session.execute(
        text("""
        INSERT INTO count_mark (counted_xid, time_zone) VALUES (:xid, :zone)
        ON CONFLICT (one) DO UPDATE SET counted_xid = excluded.counted_xid,
            time_zone = excluded.time_zone, counted_at = clock_timestamp()
        """),
        {"xid": xid, "zone": zone},
    )


async def count_all(session: AsyncSession, zone: str) -> int:
    """Count the whole history anew; how many rows of counts there are."""
    await session.execute(text("DELETE FROM counted_event"))
    await session.execute(_REMEMBER_ALL, {"zone": zone})
    await session.execute(text("DELETE FROM daily_count"))
    counted = await session.execute(_COUNT_ALL, {"zone": zone})
    return int(counted.rowcount)  # type: ignore[attr-defined]


async def count_changed(session: AsyncSession, since_xid: int, zone: str) -> int:
    """Count anew the days on which something changed; how many there were.

    Days are remembered before they are counted: what moves in between is written by a transaction
    that has not ended, and comes again with the next count.
    """
    asked: dict[str, Any] = {"since_xid": since_xid, "zone": zone}
    buckets = (await session.execute(_BUCKETS, asked)).all()
    if not buckets:
        return 0
    await session.execute(_REMEMBER_SOME, asked)
    told = {"divisions": [one[0] for one in buckets], "days": [one[1] for one in buckets]}
    await session.execute(_FORGET_SOME, told)
    await session.execute(_COUNT_SOME, told | {"zone": zone})
    return len(buckets)


_BY = {
    "area": "rpad(left(division_code, :digits), 12, '0')",
    "stage": "stage",
    "role": "role",
    "unit": "unit_code",
    "day": "CAST(day AS text)",
    "month": "to_char(day, 'YYYY-MM')",
    "none": "''",
}
_SUMS = ", ".join(f"sum({name}) AS {name}" for name in _COLUMNS)
_READ = {
    by: text(f"""
    SELECT {key} AS key, stage, {_SUMS}, sum(due - on_time - late) AS unfinished
    FROM daily_count
    WHERE division_code >= :low AND division_code < :high AND day >= :since AND day < :until
    GROUP BY 1, stage ORDER BY 1, stage
    """)  # noqa: S608 - parts of this module
    for by, key in _BY.items()
}
GROUPS = tuple(_BY)


async def read(
    session: AsyncSession,
    by: str,
    *,
    low: str,
    high: str,
    since: date,
    until: date,
    digits: int,
) -> Sequence[RowMapping]:
    """Sums of the counters of each stage, by one of `GROUPS`; areas by so many digits."""
    asked: dict[str, Any] = {"low": low, "high": high, "since": since, "until": until}
    if by == "area":
        asked["digits"] = digits
    return (await session.execute(_READ[by], asked)).mappings().all()
