"""SQL of people: who is eligible and near, who takes an event, where everybody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.db import planned_anew
from gridsvc.people.candidates import Candidate, Need, PassedOver

# The inner part walks the spatial index outwards and is cut at :k before anything is locked;
# geography makes the order that of metres on the sphere. A worker of the grid itself counts even
# without a known position. Who holds the power is a join of its own statement, not a condition
# with OR, so that for a rare power PostgreSQL may begin with its few holders instead. The radius
# cuts what was found: as a condition of the walk it would have it go on to the last person.
_POINT = "CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography)"
_FREE = "w.open_count < w.capacity AND (w.resting_until IS NULL OR w.resting_until <= now())"
_FRESH = """
    (CAST(:max_age_s AS float8) IS NULL
     OR s.captured_at >= now() - CAST(:max_age_s AS float8) * interval '1 second')
"""
_ELIGIBLE = f"""
    FROM person p
    JOIN workload w ON w.person_id = p.id
    {{position}}
    {{power}}
    WHERE p.on_duty AND p.role = :role AND {_FREE}
      AND p.division_code >= :low AND p.division_code < :high
"""
_HOLDS_POWER = """
    JOIN person_power h ON h.person_id = p.id AND h.power_code = :power
    JOIN power r ON r.code = h.power_code AND r.valid_from <= current_date
        AND (r.valid_to IS NULL OR r.valid_to > current_date)
"""
_COLUMNS = f"""
    p.id AS person_id, p.code, p.name_masked AS name, p.role, w.open_count, w.capacity,
    s.geog <-> {_POINT} AS distance_m, coalesce(s.exact, s.geog) AS seen
"""
_CANDIDATES = f"""
WITH near AS MATERIALIZED (
    SELECT {{columns}}
    {{near}} AND {_FRESH}
    ORDER BY s.geog <-> {_POINT}
    LIMIT :k
), own AS MATERIALIZED (
    SELECT {{columns}}
    {{own}}
      AND p.id IN (SELECT person_id FROM grid_post WHERE grid_id = :grid_id)
), found AS (
    SELECT own.*, true AS own_grid FROM own
    UNION ALL
    SELECT near.*, false FROM near WHERE near.person_id NOT IN (SELECT person_id FROM own)
)
SELECT person_id, code, name, role, distance_m, ST_X(CAST(seen AS geometry)) AS lon,
       ST_Y(CAST(seen AS geometry)) AS lat, own_grid, open_count, capacity
FROM found
"""  # noqa: S608 - fixed parts


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
    WHERE p.on_duty AND {free}
    ORDER BY wanted.place LIMIT 1
    FOR UPDATE OF w {wait}
)
UPDATE workload SET open_count = open_count + 1
FROM taken WHERE workload.person_id = taken.person_id
RETURNING workload.person_id
"""
# Whom a dispatcher names may be off duty or resting; nobody is given more than they may have.
_TAKE_NAMED = text("""
UPDATE workload SET open_count = open_count + 1
WHERE person_id = :id AND open_count < capacity RETURNING person_id
""")
_TAKE_FIRST_FREE = text(_TAKE.format(free=_FREE, wait="SKIP LOCKED"))
_TAKE_WAITING = text(_TAKE.format(free=_FREE, wait=""))

_COMPETENT = """
    (CAST(:power AS text) IS NULL OR EXISTS (
        SELECT 1 FROM person_power h JOIN power r ON r.code = h.power_code
        WHERE h.person_id = p.id AND h.power_code = :power
          AND r.valid_from <= current_date
          AND (r.valid_to IS NULL OR r.valid_to > current_date)))
"""

# What each condition leaves over, in the order in which they are asked.
_SHORTFALL = text(f"""
SELECT count(*) AS role,
       count(*) FILTER (WHERE competent) AS competent,
       count(*) FILTER (WHERE competent AND on_duty) AS on_duty,
       count(*) FILTER (WHERE competent AND on_duty AND free) AS free,
       count(*) FILTER (WHERE competent AND on_duty AND free AND known) AS known
FROM (
    SELECT p.on_duty, {_FREE} AS free, {_COMPETENT} AS competent,
           s.person_id IS NOT NULL AND {_FRESH} AND s.geog <-> {_POINT}
               <= coalesce(CAST(:max_radius_m AS float8), 'infinity') AS known
    FROM person p JOIN workload w ON w.person_id = p.id
    LEFT JOIN position s ON s.person_id = p.id
    WHERE p.role = :role AND p.division_code >= :low AND p.division_code < :high
) AS people
""")  # noqa: S608 - fixed parts

# The people of a role who are near, whether they may take the event or not.
_AROUND = text(f"""
WITH near AS MATERIALIZED (
    SELECT p.id AS person_id, p.code, p.name_masked AS name, p.role,
           s.geog <-> {_POINT} AS distance_m,
           p.division_code >= :low AND p.division_code < :high AS in_area,
           {_COMPETENT} AS competent, p.on_duty, w.open_count < w.capacity AS free,
           coalesce(w.resting_until > now(), false) AS resting, {_FRESH} AS fresh
    FROM position s JOIN person p ON p.id = s.person_id JOIN workload w ON w.person_id = p.id
    WHERE p.role = :role
    ORDER BY s.geog <-> {_POINT} LIMIT :k
)
SELECT person_id, code, name, role, distance_m,
       CASE WHEN NOT in_area THEN 'out_of_area' WHEN NOT competent THEN 'no_power'
            WHEN NOT on_duty THEN 'off_duty' WHEN NOT free THEN 'full'
            WHEN resting THEN 'resting' WHEN NOT fresh THEN 'old_position'
            WHEN distance_m > CAST(:max_radius_m AS float8) THEN 'too_far' END AS why
FROM near ORDER BY distance_m, code
""")  # noqa: S608 - fixed parts


def _parameters(need: Need) -> dict[str, Any]:
    return {
        "role": need.role,
        "power": need.power_code,
        "low": need.low,
        "high": need.high,
        "max_radius_m": need.max_radius_m,
        "max_age_s": need.max_position_age_s,
    }


@dataclass(frozen=True)
class Found:
    """Candidates, and how far was looked.

    Attributes
    ----------
    candidates
        In no order.
    looked_m
        Everybody nearer than this in a straight line is among them; inf = everybody at all.
    """

    candidates: list[Candidate]
    looked_m: float


def asked_of(need: Need, *, lon: float, lat: float, k: int) -> tuple[TextClause, dict[str, Any]]:
    """The question for the `k` nearest eligible people, and its parameters."""
    parameters = {"lon": lon, "lat": lat, "k": k, "grid_id": need.grid_id} | _parameters(need)
    del parameters["max_radius_m"]
    if need.power_code is None:
        del parameters["power"]
    return (_CANDIDATES_WITH_POWER if need.power_code else _CANDIDATES_OF_ROLE), parameters


async def nearest_eligible(
    session: AsyncSession, *, need: Need, lon: float, lat: float, k: int
) -> Found:
    """The `k` nearest eligible people and the grid's own eligible workers; nothing is locked.

    Parameters
    ----------
    lon, lat
        Degrees, WGS-84. Distances are metres on the sphere, half a percent off at most.
    """
    statement, parameters = asked_of(need, lon=lon, lat=lat, k=k)
    async with planned_anew(session):
        found = [Candidate(*row) for row in await session.execute(statement, parameters)]
    radius_m = inf if need.max_radius_m is None else need.max_radius_m
    known = [one.distance_m for one in found if one.distance_m is not None and not one.own_grid]
    looked_m = inf if len(found) < k or max(known, default=inf) >= radius_m else max(known)
    within = [one for one in found if one.own_grid or (one.distance_m or 0.0) <= radius_m]
    return Found(within, looked_m)


async def around(
    session: AsyncSession, *, need: Need, lon: float, lat: float, k: int
) -> list[PassedOver]:
    """Those of the `k` nearest people of the role who may not take an event, with the reason."""
    parameters = _parameters(need) | {"lon": lon, "lat": lat, "k": k}
    async with planned_anew(session):
        rows = await session.execute(_AROUND, parameters)
    return [PassedOver(**row) for row in rows.mappings() if row["why"] is not None]


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


async def end_rests(session: AsyncSession) -> None:
    """Let everybody who rests be done with it."""
    await session.execute(
        text("UPDATE workload SET resting_until = NULL WHERE resting_until IS NOT NULL")
    )


async def take_named(session: AsyncSession, person_id: int) -> bool:
    """Count one more event for a person unless they have all they may have; whether it was."""
    return await session.scalar(_TAKE_NAMED, {"id": person_id}) is not None


async def distance_m(session: AsyncSession, person_id: int, lon: float, lat: float) -> float | None:
    """Metres in a straight line from where a person was last seen; none if never."""
    metres: float | None = await session.scalar(
        text(
            f"SELECT coalesce(s.exact, s.geog) <-> {_POINT} FROM position s"  # noqa: S608
            " WHERE s.person_id = :id"
        ),
        {"id": person_id, "lon": lon, "lat": lat},
    )
    return metres


async def holds_power(session: AsyncSession, person_id: int, power_code: str) -> bool:
    """Whether a person holds a power that is valid today."""
    found = await session.scalar(
        text(f"SELECT EXISTS (SELECT 1 FROM person p {_HOLDS_POWER} WHERE p.id = :id)"),  # noqa: S608
        {"id": person_id, "power": power_code},
    )
    return bool(found)


async def release(session: AsyncSession, person_id: int, *, rest_s: float = 0.0) -> None:
    """Count one event less for a person, who rests so long before the next one."""
    released = await session.execute(
        text("""
        UPDATE workload SET open_count = open_count - 1,
            resting_until = CASE WHEN CAST(:rest_s AS float8) > 0
                THEN now() + CAST(:rest_s AS float8) * interval '1 second'
                ELSE resting_until END
        WHERE person_id = :id RETURNING person_id
        """),
        {"id": person_id, "rest_s": rest_s},
    )
    released.one()  # a row that is out of scope would leave the person busy for ever


async def shortfall(session: AsyncSession, need: Need, *, lon: float, lat: float) -> dict[str, int]:
    """How many people each condition leaves: role, competent, on_duty, free, known."""
    parameters = _parameters(need) | {"lon": lon, "lat": lat}
    row = (await session.execute(_SHORTFALL, parameters)).mappings().one()
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
        SELECT ST_X(CAST(coalesce(exact, geog) AS geometry)) AS lon,
               ST_Y(CAST(coalesce(exact, geog) AS geometry)) AS lat, captured_at
        FROM position WHERE person_id = :id
        """),
        {"id": person_id},
    )
    return found.mappings().first()


async def first_of_role(session: AsyncSession, role: str) -> Any:
    """Row of the person of a role with the smallest code (id, code, division_code), or none."""
    found = await session.execute(
        text("SELECT id, code, division_code FROM person WHERE role = :role ORDER BY code LIMIT 1"),
        {"role": role},
    )
    return found.mappings().first()


async def set_duty(session: AsyncSession, person_id: int, *, on_duty: bool, actor: str) -> None:
    """Put a person on or off duty by hand, with the line of history if it is a change."""
    await session.execute(
        text("""
        WITH changed AS (
            UPDATE person SET on_duty = :on_duty WHERE id = :id AND on_duty <> :on_duty
            RETURNING id, division_code, on_duty
        )
        INSERT INTO duty_change (person_id, division_code, on_duty, cause, actor)
        SELECT id, division_code, on_duty, 'hand', :actor FROM changed
        """),
        {"id": person_id, "on_duty": on_duty, "actor": actor},
    )
