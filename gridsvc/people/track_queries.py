"""SQL of positions: the latest of each person, their tracks, hours in the grid, batches taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_KNOWN = text("""
SELECT p.code, p.id, p.division_code, s.captured_at, ST_X(CAST(s.geog AS geometry)) AS lon,
       ST_Y(CAST(s.geog AS geometry)) AS lat, now() AS now
FROM unnest(CAST(:codes AS text[])) AS told (code)
JOIN person p ON p.code = told.code LEFT JOIN position s ON s.person_id = p.id
ORDER BY p.id
""")

# One statement for everything a batch brings. `latest` marks the one ping of a person that
# becomes their position; `known_at` that it is so near the place in the index, as that was at that
# time, that the index need not be touched: the update is then a heap-only one. Whoever has
# no position yet gets a row; another transaction may be giving them one this very moment. Nothing
# is locked before: `told` comes in the order of ids, so that two batches with the same people
# wait for each other in line and not in a circle, and a newer position is left alone.
_KEEP = text("""
WITH told AS MATERIALIZED (
    SELECT number, person_id, division_code, coalesce(at, captured_at) AS at, captured_at, datum,
           accuracy_m, speed_mps, unused, latest, known_at,
           CAST(ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geography) AS geog
    FROM unnest(CAST(:person_id AS bigint[]), CAST(:division_code AS text[]),
                CAST(:at AS timestamptz[]), CAST(:captured_at AS timestamptz[]),
                CAST(:lon AS float8[]), CAST(:lat AS float8[]), CAST(:datum AS text[]),
                CAST(:accuracy_m AS real[]), CAST(:speed_mps AS real[]), CAST(:unused AS text[]),
                CAST(:latest AS text[]), CAST(:known_at AS timestamptz[])) WITH ORDINALITY
        AS row (person_id, division_code, at, captured_at, lon, lat, datum, accuracy_m,
                speed_mps, unused, latest, known_at, number)
), moved AS (
    UPDATE position s
    SET geog = CASE WHEN s.captured_at = told.known_at THEN s.geog ELSE told.geog END,
        exact = CASE WHEN s.captured_at = told.known_at THEN told.geog END,
        datum = told.datum, captured_at = told.captured_at, received_at = now()
    FROM told WHERE told.latest = 'moved' AND s.person_id = told.person_id
      AND s.captured_at <= told.captured_at
), placed AS (
    INSERT INTO position (person_id, division_code, geog, datum, captured_at)
    SELECT person_id, division_code, geog, datum, captured_at FROM told
    WHERE latest = 'placed' ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET geog = excluded.geog, exact = NULL,
        datum = excluded.datum, captured_at = excluded.captured_at, received_at = now()
    WHERE position.captured_at <= excluded.captured_at
), kept AS (
    INSERT INTO track (person_id, at, division_code, captured_at, geog, datum, accuracy_m,
                       speed_mps, source, unused)
    SELECT person_id, at, division_code, captured_at, geog, datum, accuracy_m, speed_mps,
           CAST(:source AS text), unused FROM told
    ON CONFLICT DO NOTHING
    RETURNING person_id, at
)
SELECT number FROM told
WHERE (SELECT count(*) FROM kept) < (SELECT count(*) FROM told)
  AND number NOT IN (
    SELECT min(number) FROM told JOIN kept USING (person_id, at) GROUP BY person_id, at)
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


class Known(NamedTuple):
    """Somebody who tells positions, and where the index has them (degrees, WGS-84), if anywhere.

    `now` is the time of the transaction.
    """

    code: str
    person_id: int
    division_code: str
    captured_at: datetime | None
    lon: float
    lat: float
    now: datetime


class Kept(NamedTuple):
    """A ping as it is kept, degrees in WGS-84.

    `number` is its place among those told, `at` the time it counts where that is not when it was
    captured. `latest` is ``moved`` or ``placed`` where it becomes the person's position, `known_at`
    the time of the place in the index where that is so near that it may stay.
    """

    number: int
    person_id: int
    division_code: str
    at: datetime | None
    captured_at: datetime
    lon: float
    lat: float
    datum: str
    accuracy_m: float | None
    speed_mps: float | None
    unused: str | None
    latest: str | None
    known_at: datetime | None


async def known(session: AsyncSession, codes: Sequence[str]) -> list[Known]:
    """Those of the codes that are somebody's, in the order of their ids."""
    rows = await session.execute(_KNOWN, {"codes": list(codes)})
    return [Known(*row) for row in rows]


async def keep(session: AsyncSession, pings: Sequence[Kept], *, source: str) -> set[int]:
    """Put pings into the track, and the latest of each person where they are looked for.

    Parameters
    ----------
    pings
        At least one, in the order of the people's ids.

    Returns
    -------
    set
        Numbers of those that the track held already: same person, same time.
    """
    columns = dict(zip(Kept._fields, zip(*pings, strict=True), strict=True))
    numbers = columns.pop("number")
    # What nobody told is not sent: the shorter column ends in nulls.
    asked = {
        name: () if all(one is None for one in told) else told for name, told in columns.items()
    }
    repeated = await session.scalars(_KEEP, {**asked, "source": source})
    return {numbers[place - 1] for place in repeated}


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
