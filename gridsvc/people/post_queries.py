"""SQL of taking people in and posting them to cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.geo import Datum

#: Role that answers for a level of cells.
ROLE = {"grid": "grid_worker", "micro_grid": "liaison"}
_COLUMNS = (
    *("code", "name_sealed", "name_masked", "phone_sealed", "id_number_sealed"),
    *("role", "division_code", "on_duty"),
)
#: Added to a dedicated cell's distances, so that ordinary cells are served first.
_DEDICATED_LAST_M = 1_000_000.0


async def known_codes(session: AsyncSession, codes: Sequence[str]) -> set[str]:
    """Those of the codes that somebody has."""
    found = await session.scalars(
        text("SELECT code FROM person WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return set(found)


async def upsert_people(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Add people or change them, with capacity, powers and position.

    Names, phones and identity numbers are sealed already.
    """
    codes = {"codes": [row["code"] for row in rows]}
    await session.execute(
        text("""
        INSERT INTO person (code, name_sealed, name_masked, phone_sealed, id_number_sealed, role,
                            division_code, on_duty)
        VALUES (:code, :name_sealed, :name_masked, :phone_sealed, :id_number_sealed, :role,
                :division_code, :on_duty)
        ON CONFLICT (code) DO UPDATE SET name_sealed = excluded.name_sealed,
            name_masked = excluded.name_masked,
            phone_sealed = coalesce(excluded.phone_sealed, person.phone_sealed),
            id_number_sealed = coalesce(excluded.id_number_sealed, person.id_number_sealed),
            role = excluded.role, division_code = excluded.division_code,
            on_duty = excluded.on_duty
        """),
        [{name: row[name] for name in _COLUMNS} for row in rows],
    )
    # A lower capacity never drops below what the person has in hand.
    await session.execute(
        text("""
        INSERT INTO workload (person_id, division_code, capacity)
        SELECT p.id, p.division_code, row.capacity
        FROM unnest(CAST(:codes AS text[]), CAST(:capacities AS int[])) AS row (code, capacity)
        JOIN person p ON p.code = row.code
        ON CONFLICT (person_id) DO UPDATE
            SET capacity = greatest(excluded.capacity, workload.open_count)
        """),
        codes | {"capacities": [row["capacity"] for row in rows]},
    )
    await session.execute(
        text(
            "DELETE FROM person_power h USING person p"
            " WHERE h.person_id = p.id AND p.code = ANY(CAST(:codes AS text[]))"
        ),
        codes,
    )
    held = [(row["code"], power) for row in rows for power in row["powers"]]
    await session.execute(
        text("""
        INSERT INTO person_power (person_id, division_code, power_code)
        SELECT DISTINCT p.id, p.division_code, row.power
        FROM unnest(CAST(:people AS text[]), CAST(:powers AS text[])) AS row (code, power)
        JOIN person p ON p.code = row.code
        """),
        {"people": [code for code, _ in held], "powers": [power for _, power in held]},
    )
    await _upsert_positions(session, [row for row in rows if row["position"] is not None])


async def _upsert_positions(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    places: list[tuple[float, float, Datum]] = [row["position"] for row in rows]
    await session.execute(
        text("""
        INSERT INTO position (person_id, division_code, geog, datum, captured_at)
        SELECT p.id, p.division_code,
               CAST(ST_SetSRID(ST_MakePoint(row.lon, row.lat), 4326) AS geography), row.datum, now()
        FROM unnest(CAST(:codes AS text[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]),
                    CAST(:datums AS text[])) AS row (code, lon, lat, datum)
        JOIN person p ON p.code = row.code
        ON CONFLICT (person_id) DO UPDATE SET geog = excluded.geog, exact = NULL,
            datum = excluded.datum, captured_at = excluded.captured_at, received_at = now()
        """),
        {
            "codes": [row["code"] for row in rows],
            "lons": [lon for lon, _, _ in places],
            "lats": [lat for _, lat, _ in places],
            "datums": [datum.value for _, _, datum in places],
        },
    )


async def carry_over(session: AsyncSession, level: str, low: str, high: str) -> None:
    """Post people of superseded cells to the successor with most of their households."""
    await session.execute(
        text(f"""
        INSERT INTO {level}_post ({level}_id, person_id)
        SELECT DISTINCT ON (post.person_id) now_cell.id, post.person_id
        FROM {level}_post post
        JOIN {level}_predecessor line ON line.predecessor_id = post.{level}_id
        JOIN {level} now_cell ON now_cell.id = line.{level}_id AND now_cell.valid @> now()
        JOIN person p ON p.id = post.person_id AND p.role = :role
        WHERE now_cell.division_code >= :low AND now_cell.division_code < :high
          AND NOT EXISTS (SELECT 1 FROM {level}_post other JOIN {level} c
                          ON c.id = other.{level}_id
                          WHERE other.person_id = post.person_id AND c.valid @> now())
        ORDER BY post.person_id, line.households DESC, now_cell.id
        ON CONFLICT DO NOTHING
        """),  # noqa: S608 - the level is one of two fixed names
        {"role": ROLE[level], "low": low, "high": high},
    )


async def free_by_community(
    session: AsyncSession, level: str, low: str, high: str
) -> list[tuple[list[int], list[int], np.ndarray[Any, Any]]]:
    """Vacant cells and free people of each community, and the metres between them.

    Returns
    -------
    list of tuple
        Per community with a vacant cell: cell ids, person ids, and an array of distances of
        shape (cells, people). A person without a position counts as far away.
    """
    result = await session.execute(
        text(f"""
        SELECT c.division_code, c.id AS cell_id, p.id AS person_id,
               coalesce(ST_Distance(s.geog, CAST(ST_PointOnSurface(c.geom) AS geography)), 1e5)
               + CASE c.kind WHEN 'dedicated' THEN :dedicated ELSE 0 END AS distance_m
        FROM {level} c
        LEFT JOIN person p ON p.division_code = c.division_code AND p.role = :role
            AND NOT EXISTS (SELECT 1 FROM {level}_post o JOIN {level} oc ON oc.id = o.{level}_id
                            WHERE o.person_id = p.id AND oc.valid @> now())
        LEFT JOIN position s ON s.person_id = p.id
        WHERE c.valid @> now() AND c.division_code >= :low AND c.division_code < :high
          AND NOT EXISTS (SELECT 1 FROM {level}_post v WHERE v.{level}_id = c.id)
        ORDER BY c.division_code, c.id, p.id
        """),  # noqa: S608 - the level is one of two fixed names
        {"role": ROLE[level], "low": low, "high": high, "dedicated": _DEDICATED_LAST_M},
    )
    return [_matrix(list(rows)) for _, rows in groupby(result, key=lambda row: row.division_code)]


def _matrix(rows: list[Any]) -> tuple[list[int], list[int], np.ndarray[Any, Any]]:
    cells = list(dict.fromkeys(row.cell_id for row in rows))
    people = list(dict.fromkeys(row.person_id for row in rows if row.person_id is not None))
    distance_m = np.array([row.distance_m for row in rows if row.person_id is not None])
    return cells, people, distance_m.reshape(len(cells), len(people))


async def add_posts(session: AsyncSession, level: str, pairs: Sequence[tuple[int, int]]) -> None:
    """Post people to cells; pairs of cell id and person id."""
    await session.execute(
        text(f"""
        INSERT INTO {level}_post ({level}_id, person_id)
        SELECT * FROM unnest(CAST(:cells AS bigint[]), CAST(:people AS bigint[]))
        """),  # noqa: S608 - the level is one of two fixed names
        {"cells": [cell for cell, _ in pairs], "people": [person for _, person in pairs]},
    )
