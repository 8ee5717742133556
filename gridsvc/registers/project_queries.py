"""SQL of projects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_PROGRAMME = (
    "SELECT id, division_code AS division, code, name, roles, quotas FROM project_programme"
)
_SET_PROGRAMME = text("""
INSERT INTO project_programme (division_code, code, name, roles, quotas)
VALUES (:division, :code, :name, CAST(:roles AS jsonb), CAST(:quotas AS jsonb))
ON CONFLICT (division_code, code) DO UPDATE SET name = excluded.name, roles = excluded.roles,
    quotas = excluded.quotas
RETURNING id
""")
_ROWS = """
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
    programme bigint, division text, code text, name text, begins date, ends date, outline text,
    holders jsonb)
"""
_SET = text(f"""
INSERT INTO project (programme_id, division_code, code, name, geom, begins, ends)
SELECT programme, division, code, name, ST_GeomFromText(outline, 4326), begins, ends {_ROWS}
ON CONFLICT (programme_id, division_code, code) DO UPDATE SET name = excluded.name,
    geom = excluded.geom, begins = excluded.begins, ends = excluded.ends
RETURNING id, programme_id, division_code, code
""")
_HOLDERS = text(f"""
INSERT INTO project_holder (project_id, division_code, role, person_id, unit_code, group_id,
                            name_sealed, name_masked, begins, ends)
SELECT p.id, p.division_code, h.role, (SELECT id FROM person WHERE code = h.person), h.unit,
       h."group", h.name_sealed, h.name_masked, h.begins, h.ends
{_ROWS} JOIN project p ON p.programme_id = told.programme AND p.division_code = told.division
    AND p.code = told.code
CROSS JOIN LATERAL jsonb_to_recordset(told.holders) AS h (role text, person text, unit text,
    "group" bigint, name_sealed text, name_masked text, begins date, ends date)
""")  # noqa: S608 - fixed parts
_PROJECT = """
SELECT id, programme_id AS programme, division_code AS division, code, name, begins, ends,
       CAST(ST_AsGeoJSON(geom, 7) AS json) AS geometry
FROM project
"""
_ASKED = """
WHERE division_code >= :low AND division_code < :high
  AND (CAST(:programme AS bigint) IS NULL OR programme_id = :programme)
  AND begins <= :on AND (ends IS NULL OR ends > :on)
"""
_PAGE = text(f"{_PROJECT}{_ASKED} ORDER BY division_code, code, id LIMIT :limit OFFSET :offset")
_COUNT = text(f"SELECT count(*) FROM project {_ASKED}")  # noqa: S608 - fixed parts
_HELD = text("""
SELECT h.role, p.code AS person, h.unit_code AS unit, h.group_id AS group, h.name_masked AS name,
       h.name_sealed, h.begins, h.ends
FROM project_holder h LEFT JOIN person p ON p.id = h.person_id
WHERE h.project_id = :id AND h.begins <= :on AND (h.ends IS NULL OR h.ends > :on)
ORDER BY h.role, h.id
""")
# One row for every project of the year, with the roles held at the end of it and what was done.
_FIGURES = text("""
SELECT p.id,
       ARRAY(SELECT DISTINCT h.role FROM project_holder h WHERE h.project_id = p.id
             AND h.begins <= :on AND (h.ends IS NULL OR h.ends > :on)) AS roles,
       (SELECT jsonb_object_agg(quota, done) FROM (
            SELECT e.quota, sum(e.amount) AS done FROM project_entry e
            WHERE e.project_id = p.id AND e.done_on >= :since AND e.done_on < :until
              AND e.quota IS NOT NULL GROUP BY 1) one) AS done
FROM project p
WHERE p.programme_id = :programme AND p.division_code >= :low AND p.division_code < :high
  AND p.begins < :until AND (p.ends IS NULL OR p.ends > :since)
""")
_HOLDER_COUNTS = text("""
SELECT h.role, count(DISTINCT coalesce('p' || h.person_id, 'u' || h.unit_code, 'g' || h.group_id,
                                       'n' || h.id)) AS n
FROM project_holder h JOIN project p ON p.id = h.project_id
WHERE p.programme_id = :programme AND p.division_code >= :low AND p.division_code < :high
  AND h.begins <= :on AND (h.ends IS NULL OR h.ends > :on)
GROUP BY 1 ORDER BY 1
""")
_SCORES = text("""
SELECT s.unit_code AS unit, avg(s.score) AS mean, count(*) AS scores
FROM project_score s JOIN project p ON p.id = s.project_id
WHERE p.programme_id = :programme AND p.division_code >= :low AND p.division_code < :high
  AND s.year = :year
GROUP BY 1 ORDER BY 2 DESC, 1
""")


async def put_programme(session: AsyncSession, told: dict[str, Any]) -> int:
    """Add a programme or change it; told as `project_schemas.ProjectProgrammeIn`."""
    lists = {name: json.dumps(told[name], ensure_ascii=False) for name in ("roles", "quotas")}
    return int((await session.execute(_SET_PROGRAMME, told | lists)).scalar_one())


async def programme(session: AsyncSession, programme_id: int) -> RowMapping | None:
    """A programme, or none."""
    found = await session.execute(text(f"{_PROGRAMME} WHERE id = :id"), {"id": programme_id})
    return found.mappings().first()


async def programmes(session: AsyncSession, low: str, high: str) -> list[RowMapping]:
    """Programmes of a range of divisions."""
    found = await session.execute(
        text(
            f"{_PROGRAMME} WHERE division_code >= :low AND division_code < :high"
            " ORDER BY division_code, code"
        ),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def unknown_groups(session: AsyncSession, ids: Sequence[int]) -> list[int]:
    """Those of the ids that are no group whom the scope shows."""
    rows = await session.scalars(
        text("""
        SELECT id FROM unnest(CAST(:ids AS bigint[])) AS told (id)
        WHERE NOT EXISTS (SELECT FROM community_group g WHERE g.id = told.id) ORDER BY id
        """),
        {"ids": list(ids)},
    )
    return list(rows)


async def put(
    session: AsyncSession, rows: Sequence[dict[str, Any]]
) -> dict[tuple[int, str, str], int]:
    """Write projects with their holders in place of those before; ids by programme, place, code.

    Rows are told as `project_schemas.ProjectIn`, with `outline` as WKT and sealed names.
    """
    told = {"rows": json.dumps(rows, ensure_ascii=False)}
    made = {
        (row.programme_id, row.division_code, row.code): row.id
        for row in await session.execute(_SET, told)
    }
    await session.execute(
        text("DELETE FROM project_holder WHERE project_id = ANY (CAST(:ids AS bigint[]))"),
        {"ids": list(made.values())},
    )
    await session.execute(_HOLDERS, told)
    return made


async def project(session: AsyncSession, project_id: int) -> RowMapping | None:
    """A project, or none."""
    found = await session.execute(text(f"{_PROJECT} WHERE id = :id"), {"id": project_id})
    return found.mappings().first()


async def projects(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    programme: int | None = None,
    on: date,
    limit: int,
    offset: int = 0,
) -> tuple[list[RowMapping], int]:
    """Projects of a range of division codes on a day, and how many; none = of any programme."""
    counted = {"low": low, "high": high, "programme": programme, "on": on}
    found = await session.execute(_PAGE, counted | {"limit": limit, "offset": offset})
    rows = list(found.mappings())
    return rows, int(await session.scalar(_COUNT, counted) or 0)


async def holders(session: AsyncSession, project_id: int, *, on: date) -> list[RowMapping]:
    """Who has a role in a project on a day, with what is sealed."""
    return list((await session.execute(_HELD, {"id": project_id, "on": on})).mappings())


async def digest_of_key(session: AsyncSession, project_id: int, client_key: str) -> bytes:
    """Digest of what was entered under a key."""
    found = await session.execute(
        text(
            "SELECT body_sha256 FROM project_entry"
            " WHERE project_id = :id AND client_key = :client_key"
        ),
        {"id": project_id, "client_key": client_key},
    )
    return bytes(found.scalar_one())


async def enter(session: AsyncSession, columns: dict[str, Any]) -> bool:
    """Write an entry; whether it was not there already."""
    return bool(
        await session.scalar(
            text("""
            INSERT INTO project_entry (project_id, division_code, quota, amount, done_on, note,
                                       file_ref, actor, client_key, body_sha256)
            VALUES (:project, :division, :quota, :amount, :done_on, :note, :file_ref, :actor,
                    :client_key, :body_sha256)
            ON CONFLICT (project_id, client_key) DO NOTHING RETURNING id
            """),
            columns,
        )
    )


async def entries(session: AsyncSession, project_id: int) -> list[RowMapping]:
    """What was done in a project, latest first."""
    found = await session.execute(
        text(
            "SELECT id, quota, amount, done_on, note, file_ref, actor, at FROM project_entry"
            " WHERE project_id = :id ORDER BY done_on DESC, id DESC"
        ),
        {"id": project_id},
    )
    return list(found.mappings())


async def score(session: AsyncSession, columns: dict[str, Any]) -> None:
    """Write what a place thinks of a unit's part in a year, in place of what it thought before."""
    await session.execute(
        text("""
        INSERT INTO project_score (project_id, division_code, unit_code, year, score, note, actor)
        VALUES (:project, :division, :unit, :year, :score, :note, :actor)
        ON CONFLICT (project_id, unit_code, year) DO UPDATE SET score = excluded.score,
            note = excluded.note, actor = excluded.actor
        """),
        columns,
    )


async def figures(session: AsyncSession, **asked: Any) -> list[RowMapping]:
    """Roles held and what was done, project by project.

    Asked by programme, low, high, since, until (not included), and on, the day for the roles.
    """
    return list((await session.execute(_FIGURES, asked)).mappings())


async def holder_counts(session: AsyncSession, **asked: Any) -> dict[str, int]:
    """How many different ones have each role on a day; asked by programme, low, high, on."""
    return {row.role: row.n for row in await session.execute(_HOLDER_COUNTS, asked)}


async def scores(session: AsyncSession, **asked: Any) -> list[RowMapping]:
    """Scores of a year by unit, best first; asked by programme, low, high, year."""
    return list((await session.execute(_SCORES, asked)).mappings())
