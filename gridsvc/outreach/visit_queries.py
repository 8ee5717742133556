"""SQL of visit programmes, of what is due, and of visits made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_PROGRAMME = """
SELECT id, division_code, code, name, whom, visitor, every_days, results, least_each, most_each,
       starts, ends FROM visit_programme
"""
_SET = text("""
INSERT INTO visit_programme (division_code, code, name, whom, visitor, every_days, results,
                             least_each, most_each, starts, ends)
VALUES (:division, :code, :name, :whom, :visitor, :every_days, CAST(:results AS jsonb),
        :least_each, :most_each, :starts, :ends)
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name,
    every_days = excluded.every_days, results = excluded.results,
    least_each = excluded.least_each, most_each = excluded.most_each, ends = excluded.ends
WHERE visit_programme.whom = excluded.whom AND visit_programme.visitor = excluded.visitor
  AND visit_programme.starts = excluded.starts
RETURNING id
""")

# Every household that a programme means, where it is, in which cell in force, by whom it is to
# be visited, and when it was last. Cells are looked up once for each building, not each household.
_TARGETS = """
WITH programme AS (
    SELECT * FROM visit_programme WHERE id = :programme
), visitor AS (
    SELECT p.micro_grid_id, p.person_id FROM micro_grid_post p, programme
    WHERE programme.visitor = 'liaison'
    UNION ALL
    SELECT m.id, p.person_id FROM grid_post p JOIN micro_grid m ON m.grid_id = p.grid_id, programme
    WHERE programme.visitor = 'grid_worker'
), target AS (
    SELECT h.id, h.address_code, h.building_id, h.division_code, l.person_id
    FROM programme p
    JOIN household h ON h.division_code >= :low AND h.division_code < :high
    LEFT JOIN visit_link l ON l.programme_id = p.id AND l.household_id = h.id
    WHERE (p.whom = 'households' OR l.id IS NOT NULL)
      AND (p.ends IS NULL OR CAST(p.ends AS timestamp) AT TIME ZONE :zone > now())
      {only}
), place AS (
    SELECT b.id, m.id AS micro_grid_id, m.grid_id, m.code, ST_X(b.point) AS lon,
           ST_Y(b.point) AS lat
    FROM (SELECT id, ST_PointOnSurface(geom) AS point FROM building
          WHERE id IN (SELECT building_id FROM target)) b
    CROSS JOIN LATERAL (
        SELECT m.id, m.grid_id, m.code FROM micro_grid m
        WHERE m.valid @> now() AND m.geom && b.point AND ST_Covers(m.geom, b.point)
        ORDER BY m.code LIMIT 1
    ) m
), due AS (
    SELECT t.id AS household, t.address_code AS address, t.building_id, t.division_code,
           place.code AS micro_grid_code, place.lon, place.lat,
           CASE WHEN programme.whom = 'households' THEN ARRAY(
                    SELECT v.person_id FROM visitor v WHERE v.micro_grid_id = place.micro_grid_id)
                ELSE ARRAY[t.person_id] END AS person_ids,
           seen.at AS last_at,
           coalesce(seen.at, CAST(programme.starts AS timestamp) AT TIME ZONE :zone)
               + make_interval(days => programme.every_days) AS due_at
    FROM target t CROSS JOIN programme JOIN place ON place.id = t.building_id
    LEFT JOIN LATERAL (
        SELECT max(v.captured_at) AS at FROM visit v
        WHERE v.programme_id = programme.id AND v.household_id = t.id
          AND v.state IN ('counted', 'accepted')
    ) seen ON true
)
"""
#: Households that somebody may have to visit: of their cells, and no others of a whole city.
_THEIRS = """
AND (l.person_id = :person_id OR p.whom = 'households' AND h.building_id IN (
        SELECT b.id FROM visitor v JOIN micro_grid m ON m.id = v.micro_grid_id
        JOIN building b ON b.geom && m.geom
        WHERE v.person_id = :person_id AND m.valid @> now()))
"""
_OF_ALL = _TARGETS.format(only="")
_OF_ONE = _TARGETS.format(only=_THEIRS)
_SOON = "WHERE due_at <= now() + make_interval(days => :ahead_days)"
_HERS = f"{_SOON} AND :person_id = ANY (person_ids)"
_LIST = """
SELECT household, address, building_id, micro_grid_code, lon, lat, last_at, due_at,
       due_at <= now() AS overdue,
       ARRAY(SELECT p.code FROM person p WHERE p.id = ANY (person_ids) ORDER BY p.code) AS people
FROM due {wanted} ORDER BY due_at, address, household LIMIT :limit OFFSET :offset
"""
_NUMBERS = """
SELECT count(*) AS total, count(*) FILTER (WHERE due_at <= now()) AS overdue FROM due {wanted}
"""
_DUE = text(_OF_ALL + _LIST.format(wanted=_SOON))
_DUE_OF_ONE = text(_OF_ONE + _LIST.format(wanted=_HERS))
_DUE_COUNT = text(_OF_ALL + _NUMBERS.format(wanted=_SOON))
_DUE_COUNT_OF_ONE = text(_OF_ONE + _NUMBERS.format(wanted=_HERS))
_COVERAGE = text(f"""{_OF_ALL}
SELECT micro_grid_code, count(*) AS households,
       count(*) FILTER (WHERE last_at > :since) AS visited,
       count(*) FILTER (WHERE due_at <= now()) AS overdue
FROM due GROUP BY micro_grid_code ORDER BY micro_grid_code
""")  # noqa: S608 - fixed parts
_TARGET = text(f"""{_TARGETS.format(only="AND h.id = :household")}
SELECT due.*, ST_Distance(CAST(m.geom AS geography),
    CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography)) AS away_m
FROM due JOIN micro_grid m ON m.code = due.micro_grid_code AND m.valid @> now()
""")  # noqa: S608 - fixed parts
_NEIGHBOURS = text("""
(SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat, captured_at AS at FROM visit
 WHERE person_id = :person_id AND captured_at <= :at ORDER BY captured_at DESC LIMIT 1)
UNION ALL
(SELECT ST_X(geom), ST_Y(geom), captured_at FROM visit
 WHERE person_id = :person_id AND captured_at > :at ORDER BY captured_at LIMIT 1)
""")
_SHOWN = """
SELECT v.id, v.programme_id AS programme, v.household_id AS household, v.micro_grid_code,
       v.division_code, v.account_id, p.code AS person, v.captured_at, v.received_at, v.result,
       v.note, v.doubts, v.explained, v.state, v.judged_at, v.judgement, v.event_id AS event
FROM visit v JOIN person p ON p.id = v.person_id
"""
_OF_RANGE = """
WHERE v.division_code >= :low AND v.division_code < :high
  AND (CAST(:state AS text) IS NULL OR v.state = :state)
  AND (CAST(:person_id AS bigint) IS NULL OR v.person_id = :person_id)
"""
_PAGE = text(f"{_SHOWN} {_OF_RANGE} ORDER BY v.captured_at DESC, v.id DESC LIMIT :limit")
_COUNT = text(f"SELECT count(*) FROM visit v {_OF_RANGE}")  # noqa: S608 - fixed parts
_ADD = text("""
INSERT INTO visit (programme_id, household_id, division_code, micro_grid_code, person_id, geom,
                   datum, captured_at, result, note, doubts, explained, state, event_id,
                   account_id, client_key, body_sha256)
VALUES (:programme_id, :household_id, :division_code, :micro_grid_code, :person_id,
        ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :datum, :captured_at, :result, :note,
        CAST(:doubts AS text[]), :explained, :state, :event_id, :account_id, :client_key,
        :body_sha256)
RETURNING id
""")


async def set_programme(session: AsyncSession, told: dict[str, Any]) -> int | None:
    """Add a programme or change it; none if one of that code is about others, or began otherwise.

    Parameters
    ----------
    told
        As `schemas.ProgrammeIn`, results as dictionaries.
    """
    given = told | {"results": json.dumps(told["results"], ensure_ascii=False)}
    found: int | None = await session.scalar(_SET, given)
    return found


async def programme(session: AsyncSession, programme_id: int) -> RowMapping | None:
    """A programme, or none."""
    found = await session.execute(text(f"{_PROGRAMME} WHERE id = :id"), {"id": programme_id})
    return found.mappings().first()


async def programmes(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Programmes of a range of division codes."""
    found = await session.execute(
        text(
            f"{_PROGRAMME} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def households(
    session: AsyncSession, low: str, high: str, codes: Sequence[str]
) -> list[RowMapping]:
    """Households with one of the address codes in a range of divisions: id, code, division."""
    found = await session.execute(
        text(
            "SELECT id, address_code, division_code FROM household WHERE division_code >= :low"
            " AND division_code < :high AND address_code = ANY(CAST(:codes AS text[]))"
        ),
        {"low": low, "high": high, "codes": list(codes)},
    )
    return list(found.mappings())


async def linked_to_others(
    session: AsyncSession, programme_id: int, person_id: int, household_ids: Sequence[int]
) -> list[str]:
    """Address codes of those of the households that somebody else is linked to."""
    found = await session.scalars(
        text(
            "SELECT h.address_code FROM visit_link l JOIN household h ON h.id = l.household_id"
            " WHERE l.programme_id = :programme AND l.person_id <> :person"
            " AND l.household_id = ANY(CAST(:ids AS bigint[])) ORDER BY 1"
        ),
        {"programme": programme_id, "person": person_id, "ids": list(household_ids)},
    )
    return list(found)


async def set_links(
    session: AsyncSession,
    programme_id: int,
    person_id: int,
    household_ids: Sequence[int],
    reason_sealed: str | None,
) -> None:
    """Link somebody to these households of a programme and to no others."""
    told = {"programme": programme_id, "person": person_id}
    await session.execute(
        text("DELETE FROM visit_link WHERE programme_id = :programme AND person_id = :person"), told
    )
    await session.execute(
        text("""
        INSERT INTO visit_link (programme_id, household_id, division_code, person_id,
                                reason_sealed)
        SELECT :programme, id, division_code, :person, :reason
        FROM household WHERE id = ANY(CAST(:ids AS bigint[]))
        """),
        told | {"reason": reason_sealed, "ids": list(household_ids)},
    )


async def link_reason(
    session: AsyncSession, programme_id: int, household_id: int
) -> RowMapping | None:
    """Who is linked to a household of a programme, and why, sealed; or none."""
    found = await session.execute(
        text(
            "SELECT person_id, division_code, reason_sealed FROM visit_link"
            " WHERE programme_id = :programme AND household_id = :household"
        ),
        {"programme": programme_id, "household": household_id},
    )
    return found.mappings().first()


class Range(TypedDict):
    """Which households are asked for.

    Attributes
    ----------
    low, high
        Range of division codes.
    zone
        Where the days of the programme begin, such as ``Asia/Shanghai``.
    """

    programme: int
    low: str
    high: str
    zone: str


async def due(
    session: AsyncSession,
    asked: Range,
    *,
    person_id: int | None,
    ahead_days: int,
    limit: int,
    offset: int = 0,
) -> list[RowMapping]:
    """Households that are due within so many days, first due first; of a person, none = of all."""
    told: dict[str, Any] = asked | {"ahead_days": ahead_days, "limit": limit, "offset": offset}
    if person_id is None:
        return list((await session.execute(_DUE, told)).mappings())
    told["person_id"] = person_id
    return list((await session.execute(_DUE_OF_ONE, told)).mappings())


async def count_due(
    session: AsyncSession, asked: Range, *, person_id: int | None, ahead_days: int
) -> RowMapping:
    """How many are due and overdue; asked as `due`."""
    told: dict[str, Any] = asked | {"ahead_days": ahead_days}
    if person_id is None:
        return (await session.execute(_DUE_COUNT, told)).mappings().one()
    told["person_id"] = person_id
    return (await session.execute(_DUE_COUNT_OF_ONE, told)).mappings().one()


async def coverage(session: AsyncSession, asked: Range, *, since: datetime) -> list[RowMapping]:
    """Households, those visited after a moment, and overdue ones, by micro-grid."""
    return list((await session.execute(_COVERAGE, asked | {"since": since})).mappings())


async def target(
    session: AsyncSession, asked: Range, *, household: int, lon: float, lat: float
) -> RowMapping | None:
    """A household of a programme with its cell, and how far a place is from that cell.

    The place is in degrees (WGS-84); none where the programme does not mean the household.
    """
    told = asked | {"household": household, "lon": lon, "lat": lat}
    return (await session.execute(_TARGET, told)).mappings().first()


async def neighbours(session: AsyncSession, person_id: int, at: datetime) -> list[RowMapping]:
    """Places (degrees, WGS-84) and times of somebody's visits next before and after a moment."""
    found = await session.execute(_NEIGHBOURS, {"person_id": person_id, "at": at})
    return list(found.mappings())


async def by_client_key(
    session: AsyncSession, account_id: int | None, client_key: str
) -> tuple[int, bytes] | None:
    """Id of the visit a key was used for, and the digest of its body."""
    found = await session.execute(
        text(
            "SELECT id, body_sha256 FROM visit"
            " WHERE account_id = :account AND client_key = :client_key"
        ),
        {"account": account_id, "client_key": client_key},
    )
    row = found.first()
    return (row.id, bytes(row.body_sha256)) if row else None


async def add(session: AsyncSession, columns: dict[str, Any]) -> int:
    """Write a visit; its id. Two at once with one key fail, the later one."""
    return int(await session.scalar(_ADD, columns) or 0)


async def lock_person(session: AsyncSession, person_id: int) -> None:
    """Let nobody else write a visit of this person until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('visit', :id))"), {"id": person_id}
    )


async def visit(session: AsyncSession, visit_id: int, *, lock: bool = False) -> RowMapping | None:
    """A visit, or none."""
    ending = " FOR UPDATE OF v" if lock else ""
    found = await session.execute(text(f"{_SHOWN} WHERE v.id = :id{ending}"), {"id": visit_id})
    return found.mappings().first()


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None = None,
    person_id: int | None = None,
    limit: int,
) -> tuple[list[RowMapping], int]:
    """Visits of a range of division codes, latest first, and how many; none = whatever."""
    asked = {"low": low, "high": high, "state": state, "person_id": person_id}
    rows = await session.execute(_PAGE, asked | {"limit": limit})
    return list(rows.mappings()), int(await session.scalar(_COUNT, asked) or 0)


async def judge(session: AsyncSession, visit_id: int, *, state: str, by: str, note: str) -> None:
    """Write the judgement on a doubted visit."""
    await session.execute(
        text(
            "UPDATE visit SET state = :state, judged_by = :by, judgement = :note,"
            " judged_at = clock_timestamp() WHERE id = :id"
        ),
        {"id": visit_id, "state": state, "by": by, "note": note},
    )
