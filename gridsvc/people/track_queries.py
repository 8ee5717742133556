"""SQL of positions: the latest of each person, their tracks, hours in the grid, batches taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Locked in the order of ids, so that two batches with the same people wait for each other in
# line and not in a circle. An outer join cannot lock: hence the part of its own.
_KNOWN = text("""
WITH held AS MATERIALIZED (
    SELECT s.person_id, s.geog, s.captured_at FROM position s
    WHERE s.person_id IN (SELECT id FROM person WHERE code = ANY(CAST(:codes AS text[])))
    ORDER BY s.person_id FOR NO KEY UPDATE
)
SELECT p.id, p.code, p.division_code, h.captured_at, ST_X(CAST(h.geog AS geometry)) AS lon,
       ST_Y(CAST(h.geog AS geometry)) AS lat, now() AS now
FROM person p LEFT JOIN held h ON h.person_id = p.id
WHERE p.code = ANY(CAST(:codes AS text[])) ORDER BY p.id
""")

# One statement for everything a batch brings. `latest` marks the one ping of a person that
# becomes their position; `near` that it is so near the place in the index that the index need
# not be touched, which makes the update a heap-only one. Whoever has no position yet gets a row;
# another transaction may be giving them one this very moment.
_KEEP = text("""
WITH told AS MATERIALIZED (
    SELECT person_id, division_code, at, captured_at, datum, accuracy_m, speed_mps, unused, latest,
           near, CAST(ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geography) AS geog
    FROM unnest(CAST(:person_id AS bigint[]), CAST(:division_code AS text[]),
                CAST(:at AS timestamptz[]), CAST(:captured_at AS timestamptz[]),
                CAST(:lon AS float8[]), CAST(:lat AS float8[]), CAST(:datum AS text[]),
                CAST(:accuracy_m AS real[]), CAST(:speed_mps AS real[]), CAST(:unused AS text[]),
                CAST(:latest AS text[]), CAST(:near AS boolean[]))
        AS row (person_id, division_code, at, captured_at, lon, lat, datum, accuracy_m, speed_mps,
                unused, latest, near)
), moved AS (
    UPDATE position s SET geog = CASE WHEN told.near THEN s.geog ELSE told.geog END,
        exact = CASE WHEN told.near THEN told.geog END, datum = told.datum,
        captured_at = told.captured_at, received_at = now()
    FROM told WHERE told.latest = 'moved' AND s.person_id = told.person_id
), placed AS (
    INSERT INTO position (person_id, division_code, geog, datum, captured_at)
    SELECT person_id, division_code, geog, datum, captured_at FROM told
    WHERE latest = 'placed' ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET geog = excluded.geog, exact = NULL,
        datum = excluded.datum, captured_at = excluded.captured_at, received_at = now()
    WHERE position.captured_at <= excluded.captured_at
)
INSERT INTO track (division_code, person_id, at, captured_at, geog, datum, accuracy_m, speed_mps,
                   source, unused)
SELECT division_code, person_id, at, captured_at, geog, datum, accuracy_m, speed_mps,
       CAST(:source AS text), unused FROM told
ON CONFLICT DO NOTHING
RETURNING person_id, at
""")

# Time between two pings counts where both lie in the person's own cells and no more than the gap
# apart. Pings just outside of the window are looked at for the stretch that reaches into it.
_HOURS = text("""
WITH own AS MATERIALIZED (
    SELECT post.person_id, g.geom, g.valid FROM grid_post post JOIN grid g ON g.id = post.grid_id
    WHERE g.valid && tstzrange(:begins, :ends)
    UNION ALL
    SELECT post.person_id, m.geom, m.valid
    FROM micro_grid_post post JOIN micro_grid m ON m.id = post.micro_grid_id
    WHERE m.valid && tstzrange(:begins, :ends)
), obliged AS MATERIALIZED (
    SELECT p.id, p.code, p.name_masked AS name, p.role, p.division_code
    FROM person p
    WHERE p.division_code >= :low AND p.division_code < :high
      AND (CAST(:code AS text) IS NULL OR p.code = :code)
      AND p.id IN (SELECT person_id FROM own)
), seen AS (
    SELECT t.person_id, t.at, EXISTS (
        SELECT FROM own WHERE own.person_id = t.person_id AND own.valid @> t.at
          AND ST_Covers(own.geom, CAST(t.geog AS geometry))) AS inside
    FROM track t JOIN obliged o ON o.id = t.person_id
    WHERE t.at > CAST(:begins AS timestamptz) - make_interval(secs => :gap_s)
      AND t.at < CAST(:ends AS timestamptz) + make_interval(secs => :gap_s)
      AND (t.unused IS NULL OR t.unused = 'older')
), stretch AS (
    SELECT person_id, at, lead(at) OVER line AS until, inside AND lead(inside) OVER line AS inside
    FROM seen WINDOW line AS (PARTITION BY person_id ORDER BY at)
), counted AS (
    SELECT person_id, inside,
           extract(epoch FROM least(until, :ends) - greatest(at, :begins)) AS s
    FROM stretch
    WHERE until - at <= make_interval(secs => :gap_s) AND until > :begins AND at < :ends
)
SELECT o.code, o.name, o.role, o.division_code,
       CAST(coalesce(sum(c.s) FILTER (WHERE c.inside), 0) AS float8) AS in_grid_s,
       CAST(coalesce(sum(c.s), 0) AS float8) AS tracked_s
FROM obliged o LEFT JOIN counted c ON c.person_id = o.id
GROUP BY o.code, o.name, o.role, o.division_code ORDER BY o.code
""")


async def known(session: AsyncSession, codes: Sequence[str]) -> list[RowMapping]:
    """People by their codes and where the index has them, positions locked; and the time.

    Rows have id, code, division_code, lon and lat (degrees, WGS-84) and captured_at, none where
    nobody knows, and now.
    """
    rows = await session.execute(_KNOWN, {"codes": list(codes)})
    return list(rows.mappings())


async def keep(
    session: AsyncSession, columns: dict[str, list[Any]], *, source: str
) -> set[tuple[int, datetime]]:
    """Put pings into the track, and the latest of each person where they are looked for.

    Parameters
    ----------
    columns
        A list for each column: person_id, division_code, at, captured_at, lon and lat (degrees,
        WGS-84), datum, accuracy_m, speed_mps, unused, latest (moved, placed or none), near.

    Returns
    -------
    set
        Person and time of what the track did not hold yet.
    """
    rows = await session.execute(_KEEP, {**columns, "source": source})
    return {(row.person_id, row.at) for row in rows}


async def hours(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    code: str | None,
    begins: datetime,
    ends: datetime,
    gap_s: float,
) -> list[RowMapping]:
    """Seconds in the own cells, and seen at all, of everybody of an area who answers for a cell.

    Parameters
    ----------
    code
        One person only; none = all.
    gap_s
        Seconds beyond which nothing is known of the time between two pings.
    """
    asked = {"low": low, "high": high, "code": code, "gap_s": float(gap_s)}
    rows = await session.execute(_HOURS, asked | {"begins": begins, "ends": ends})
    return list(rows.mappings())


async def track(
    session: AsyncSession, person_id: int, *, begins: datetime, ends: datetime, limit: int
) -> list[RowMapping]:
    """Everything a person's phone told within a time, oldest first; degrees, WGS-84."""
    rows = await session.execute(
        text("""
        SELECT at, captured_at, received_at, ST_X(CAST(geog AS geometry)) AS lon,
               ST_Y(CAST(geog AS geometry)) AS lat, datum, accuracy_m, speed_mps, source, unused
        FROM track WHERE person_id = :person_id AND at >= :begins AND at < :ends
        ORDER BY at LIMIT :limit
        """),
        {"person_id": person_id, "begins": begins, "ends": ends, "limit": limit},
    )
    return list(rows.mappings())


async def begin_batch(
    session: AsyncSession, account_id: int, client_key: str, body_sha256: bytes
) -> RowMapping | None:
    """Note that a batch is being taken; the earlier one of its key, if there was one.

    A batch of the same key in another transaction is waited for.
    """
    key = {"account_id": account_id, "client_key": client_key}
    new = await session.scalar(
        text("""
        INSERT INTO position_batch (account_id, client_key, body_sha256)
        VALUES (:account_id, :client_key, :body_sha256)
        ON CONFLICT DO NOTHING RETURNING account_id
        """),
        key | {"body_sha256": body_sha256},
    )
    if new is not None:
        return None
    earlier = await session.execute(
        text("""
        SELECT body_sha256, answer FROM position_batch
        WHERE account_id = :account_id AND client_key = :client_key
        """),
        key,
    )
    return earlier.mappings().one()


async def end_batch(session: AsyncSession, account_id: int, client_key: str, answer: str) -> None:
    """Keep the answer (JSON) that a batch got."""
    await session.execute(
        text("""
        UPDATE position_batch SET answer = CAST(:answer AS jsonb)
        WHERE account_id = :account_id AND client_key = :client_key
        """),
        {"account_id": account_id, "client_key": client_key, "answer": answer},
    )


async def make_months(session: AsyncSession, months: int) -> int:
    """Have the months of the track ready so far ahead; how many were made."""
    return int(await session.scalar(text("SELECT tracks_ahead(:months)"), {"months": months}) or 0)
