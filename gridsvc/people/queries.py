"""SQL of people: who is eligible and near, who takes an event, where everybody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.geo import Datum
from gridsvc.people.candidates import Candidate, Need

# The inner part walks the spatial index outwards and is cut at :k before anything is locked;
# geography makes the order that of metres on the sphere. A worker of the grid itself counts even
# without a known position. Who holds the power is a join of its own statement, not a condition
# with OR, so that for a rare power PostgreSQL may begin with its few holders instead.
_ELIGIBLE = """
    FROM person p
    JOIN workload w ON w.person_id = p.id
    {position}
    {power}
    WHERE p.on_duty AND p.role = :role AND w.open_count < w.capacity
      AND p.division_code >= :low AND p.division_code < :high
"""
_HOLDS_POWER = """
    JOIN person_power h ON h.person_id = p.id AND h.power_code = :power
    JOIN power r ON r.code = h.power_code AND r.valid_from <= current_date
        AND (r.valid_to IS NULL OR r.valid_to > current_date)
"""
_COLUMNS = (
    "p.id AS person_id, p.code, p.name_masked AS name, p.role, w.open_count, w.capacity,"
    " s.geog <-> CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography) AS distance_m"
)
_CANDIDATES = """
WITH near AS MATERIALIZED (
    SELECT {columns}
    {near}
    ORDER BY s.geog <-> CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography)
    LIMIT :k
), own AS MATERIALIZED (
    SELECT {columns}
    {own}
      AND p.id IN (SELECT person_id FROM grid_post WHERE grid_id = :grid_id)
)
SELECT own.*, true AS own_grid FROM own
UNION ALL
SELECT near.*, false FROM near WHERE near.person_id NOT IN (SELECT person_id FROM own)
"""


def _candidates(power: str) -> TextClause:
    near = _ELIGIBLE.format(position="JOIN position s ON s.person_id = p.id", power=power)
    own = _ELIGIBLE.format(position="LEFT JOIN position s ON s.person_id = p.id", power=power)
    return text(_CANDIDATES.format(columns=_COLUMNS, near=near, own=own))


_CANDIDATES_OF_ROLE = _candidates(power="")
_CANDIDATES_WITH_POWER = _candidates(power=_HOLDS_POWER)

# SKIP LOCKED never waits: somebody locked is being given another event this very moment.
_TAKE = """
WITH taken AS MATERIALIZED (
    SELECT w.person_id
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS wanted (person_id, place)
    JOIN workload w ON w.person_id = wanted.person_id
    JOIN person p ON p.id = w.person_id
    WHERE p.on_duty AND w.open_count < w.capacity
    ORDER BY wanted.place LIMIT 1
    FOR UPDATE OF w {wait}
)
UPDATE workload SET open_count = open_count + 1
FROM taken WHERE workload.person_id = taken.person_id
RETURNING workload.person_id
"""
_TAKE_FIRST_FREE = text(_TAKE.format(wait="SKIP LOCKED"))
_TAKE_WAITING = text(_TAKE.format(wait=""))

# What each condition leaves over, in the order in which they are asked.
_SHORTFALL = text("""
SELECT count(*) AS role,
       count(*) FILTER (WHERE competent) AS competent,
       count(*) FILTER (WHERE competent AND on_duty) AS on_duty,
       count(*) FILTER (WHERE competent AND on_duty AND free) AS free,
       count(*) FILTER (WHERE competent AND on_duty AND free AND known) AS known
FROM (
    SELECT p.on_duty, w.open_count < w.capacity AS free, s.person_id IS NOT NULL AS known,
           CAST(:power AS text) IS NULL OR EXISTS (
               SELECT 1 FROM person_power h JOIN power r ON r.code = h.power_code
               WHERE h.person_id = p.id AND h.power_code = :power
                 AND r.valid_from <= current_date
                 AND (r.valid_to IS NULL OR r.valid_to > current_date)) AS competent
    FROM person p JOIN workload w ON w.person_id = p.id
    LEFT JOIN position s ON s.person_id = p.id
    WHERE p.role = :role AND p.division_code >= :low AND p.division_code < :high
) AS people
""")

_MOVE = text("""
INSERT INTO position (person_id, division_code, geog, datum, captured_at)
SELECT id, division_code, CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography), :datum,
       :captured_at
FROM person WHERE id = :person_id
ON CONFLICT (person_id) DO UPDATE SET geog = excluded.geog, datum = excluded.datum,
    captured_at = excluded.captured_at, received_at = now()
WHERE position.captured_at <= excluded.captured_at
RETURNING person_id
""")


def _parameters(need: Need) -> dict[str, Any]:
    return {"role": need.role, "power": need.power_code, "low": need.low, "high": need.high}


async def nearest_eligible(
    session: AsyncSession, *, need: Need, lon: float, lat: float, k: int
) -> list[Candidate]:
    """The `k` nearest eligible people and the grid's own eligible workers; nothing is locked.

    Parameters
    ----------
    lon, lat
        Degrees, WGS-84. Distances are metres on the sphere, half a percent off at most.
    """
    parameters = _parameters(need) | {"lon": lon, "lat": lat, "k": k, "grid_id": need.grid_id}
    statement = _CANDIDATES_WITH_POWER if need.power_code else _CANDIDATES_OF_ROLE
    result = await session.execute(statement, parameters)
    return [Candidate(**row) for row in result.mappings()]


async def take(session: AsyncSession, person_ids: Sequence[int], *, wait: bool) -> int | None:
    """Count one more event for the first of the people who is still free, and lock them.

    Parameters
    ----------
    person_ids
        Database ids, best first.
    wait
        Whether to wait for a person another transaction holds, or to pass over.

    Returns
    -------
    int or None
        Database id of the person taken; none when nobody was free.
    """
    statement = _TAKE_WAITING if wait else _TAKE_FIRST_FREE
    taken: int | None = await session.scalar(statement, {"ids": list(person_ids)})
    return taken


async def release(session: AsyncSession, person_id: int) -> None:
    """Count one event less for a person."""
    released = await session.execute(
        text(
            "UPDATE workload SET open_count = open_count - 1 WHERE person_id = :id"
            " RETURNING person_id"
        ),
        {"id": person_id},
    )
    released.one()  # a row that is out of scope would leave the person busy for ever


async def shortfall(session: AsyncSession, need: Need) -> dict[str, int]:
    """How many people each condition leaves: role, competent, on_duty, free, known."""
    row = (await session.execute(_SHORTFALL, _parameters(need))).mappings().one()
    return dict(row)


async def person(session: AsyncSession, code: str, *, lock: bool = False) -> Any:
    """Row of a person by code, or none; the name is masked."""
    sql = (
        "SELECT id, code, name_masked AS name, role, division_code, on_duty"
        " FROM person WHERE code = :code"
    )
    if lock:
        sql += " FOR UPDATE"
    return (await session.execute(text(sql), {"code": code})).mappings().first()


_SHOWN = """
SELECT p.code, p.name_masked AS name, p.role, p.division_code, p.on_duty, w.open_count, w.capacity
FROM person p JOIN workload w ON w.person_id = p.id
"""
_OF_ROLE_IN_RANGE = """
WHERE p.division_code >= :low AND p.division_code < :high
  AND (CAST(:role AS text) IS NULL OR p.role = :role)
"""
_PAGE = text(f"{_SHOWN} {_OF_ROLE_IN_RANGE} ORDER BY p.code LIMIT :limit OFFSET :offset")
_COUNT = text("SELECT count(*) FROM person p" + _OF_ROLE_IN_RANGE)  # noqa: S608 - fixed parts


async def page(
    session: AsyncSession, *, low: str, high: str, role: str | None, limit: int, offset: int
) -> tuple[list[RowMapping], int]:
    """People of a range of divisions and a role, by code, and how many there are in all."""
    asked = {"low": low, "high": high, "role": role}
    rows = await session.execute(_PAGE, asked | {"limit": limit, "offset": offset})
    total = await session.scalar(_COUNT, asked)
    return list(rows.mappings()), int(total or 0)


async def shown(session: AsyncSession, code: str) -> RowMapping | None:
    """A person by code as they are shown, or none."""
    found = await session.execute(text(f"{_SHOWN} WHERE p.code = :code"), {"code": code})
    return found.mappings().first()


async def sealed(session: AsyncSession, person_id: int) -> RowMapping:
    """What is sealed of a person: name, phone, identity number."""
    found = await session.execute(
        text("SELECT name_sealed, phone_sealed, id_number_sealed FROM person WHERE id = :id"),
        {"id": person_id},
    )
    return found.mappings().one()


async def latest_position(session: AsyncSession, person_id: int) -> RowMapping | None:
    """Where a person was last seen (lon, lat in degrees, WGS-84; captured_at), or none."""
    found = await session.execute(
        text("""
        SELECT ST_X(CAST(geog AS geometry)) AS lon, ST_Y(CAST(geog AS geometry)) AS lat,
               captured_at
        FROM position WHERE person_id = :id
        """),
        {"id": person_id},
    )
    return found.mappings().first()


async def posted_to(session: AsyncSession, micro_grid_code: str) -> dict[str, int]:
    """Everybody who answers for a micro-grid in force or its grid; database ids by code."""
    rows = await session.execute(
        text("""
        SELECT p.code, p.id FROM micro_grid m
        JOIN LATERAL (
            SELECT person_id FROM micro_grid_post WHERE micro_grid_id = m.id
            UNION SELECT person_id FROM grid_post WHERE grid_id = m.grid_id
        ) post ON true
        JOIN person p ON p.id = post.person_id
        WHERE m.code = :code AND m.valid @> now()
        """),
        {"code": micro_grid_code},
    )
    return {row.code: row.id for row in rows}


async def first_of_role(session: AsyncSession, role: str) -> Any:
    """Row of the person of a role with the smallest code (id, code, division_code), or none."""
    found = await session.execute(
        text("SELECT id, code, division_code FROM person WHERE role = :role ORDER BY code LIMIT 1"),
        {"role": role},
    )
    return found.mappings().first()


async def set_duty(session: AsyncSession, person_id: int, *, on_duty: bool) -> None:
    """Put a person on or off duty."""
    await session.execute(
        text("UPDATE person SET on_duty = :on_duty WHERE id = :id"),
        {"id": person_id, "on_duty": on_duty},
    )


async def move(
    session: AsyncSession,
    person_id: int,
    *,
    lon: float,
    lat: float,
    datum: Datum,
    captured_at: datetime,
) -> bool:
    """Store a position (degrees, WGS-84) unless a newer one is known; whether it was stored."""
    stored = await session.scalar(
        _MOVE,
        {
            "person_id": person_id,
            "lon": lon,
            "lat": lat,
            "datum": datum.value,
            "captured_at": captured_at,
        },
    )
    return stored is not None
