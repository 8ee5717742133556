"""SQL of groups, whom they serve and who is in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.registers.subject_queries import SUBJECTS

_ROWS = """
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
    division text, code text, kind text, name text, level text, parent jsonb, counts jsonb,
    begins date, ends date, areas text[], members jsonb)
"""
_END = text(f"""
UPDATE community_group g SET ends = told.begins {_ROWS}
WHERE g.division_code = told.division AND g.code = told.code AND g.ends IS NULL
  AND g.begins < told.begins
""")  # noqa: S608 - fixed parts
_OVERLAPPING = text(f"""
SELECT g.code, g.begins {_ROWS} JOIN community_group g
    ON g.division_code = told.division AND g.code = told.code AND g.begins <> told.begins
   AND daterange(g.begins, g.ends) && daterange(told.begins, told.ends)
ORDER BY 1, 2 LIMIT 1
""")
_SET = text(f"""
INSERT INTO community_group (division_code, code, kind, name, level, parent_division, parent_code,
                             counts, begins, ends)
SELECT division, code, kind, name, level, parent->>'division', parent->>'code', counts, begins, ends
{_ROWS}
ON CONFLICT (division_code, code, begins) DO UPDATE SET
    kind = excluded.kind, name = excluded.name, level = excluded.level, counts = excluded.counts,
    parent_division = excluded.parent_division, parent_code = excluded.parent_code,
    ends = excluded.ends
RETURNING id, division_code, code
""")
_OF_TOLD = f"{_ROWS} JOIN community_group g ON g.division_code = told.division" + (
    " AND g.code = told.code AND g.begins = told.begins"
)
_AREAS = text(f"""
INSERT INTO group_area (group_id, division_code, area_code)
SELECT DISTINCT g.id, g.division_code, area.code {_OF_TOLD}
CROSS JOIN LATERAL unnest(told.areas) AS area (code)
""")
_MEMBERS = text(f"""
INSERT INTO group_member (group_id, division_code, person_id, duty, begins, ends)
SELECT g.id, g.division_code, p.id, m.duty, m.begins, m.ends {_OF_TOLD}
CROSS JOIN LATERAL jsonb_to_recordset(told.members)
    AS m (person text, duty text, begins date, ends date)
JOIN person p ON p.code = m.person
""")
_ORPHANS = text(f"""
SELECT told.code, told.parent->>'code' AS parent {_ROWS}
WHERE told.parent <> 'null' AND NOT EXISTS (
    SELECT FROM community_group g WHERE g.division_code = told.parent->>'division'
    AND g.code = told.parent->>'code' AND daterange(g.begins, g.ends) @> told.begins)
ORDER BY 1 LIMIT 1
""")  # noqa: S608 - fixed parts
_SHOWN = """
SELECT g.id, g.division_code AS division, g.code, g.kind, g.name, g.level, g.counts, g.begins,
       g.ends, CASE WHEN g.parent_code IS NOT NULL THEN
           jsonb_build_object('division', g.parent_division, 'code', g.parent_code) END AS parent,
       ARRAY(SELECT area_code FROM group_area a WHERE a.group_id = g.id ORDER BY 1) AS areas,
       (SELECT count(DISTINCT person_id) FROM group_member m WHERE m.group_id = g.id
        AND m.begins <= :on AND (m.ends IS NULL OR m.ends > :on)) AS members
FROM community_group g
"""
_ASKED = """
WHERE g.division_code >= :low AND g.division_code < :high
  AND g.begins <= :on AND (g.ends IS NULL OR g.ends > :on)
  AND (CAST(:kind AS text) IS NULL OR g.kind = :kind)
"""
_PAGE = text(f"{_SHOWN}{_ASKED} ORDER BY g.division_code, g.code LIMIT :limit OFFSET :offset")
_BY_LEVEL = text(
    f"SELECT g.level, count(*) AS n FROM community_group g {_ASKED}"  # noqa: S608 - fixed parts
    " GROUP BY 1 ORDER BY 1"
)
_PEOPLE = text("""
SELECT p.code AS person, m.duty, m.begins, m.ends,
       (SELECT t.home_unit FROM posting t WHERE t.person_id = m.person_id
        AND t.during @> CAST(:on AS date)) AS home_unit
FROM group_member m LEFT JOIN person p ON p.id = m.person_id
WHERE m.group_id = :id AND m.begins <= :on AND (m.ends IS NULL OR m.ends > :on)
ORDER BY m.duty, p.code
""")
_COVERAGE = text(f"""{SUBJECTS}
SELECT s.code, s.name, count(DISTINCT g.id) AS groups
FROM subject s CROSS JOIN LATERAL unnest(s.within) AS above (code)
LEFT JOIN (
    SELECT g.id, coalesce(a.area_code, g.division_code) AS area FROM community_group g
    LEFT JOIN group_area a ON a.group_id = g.id
    WHERE g.kind = :group_kind AND g.begins <= :on AND (g.ends IS NULL OR g.ends > :on)
) g ON g.area = above.code
GROUP BY s.code, s.name ORDER BY s.code
""")  # noqa: S608 - fixed parts


async def unknown_areas(session: AsyncSession, codes: Sequence[str]) -> list[str]:
    """Those of the codes that are no division and no cell in force."""
    rows = await session.scalars(
        text("""
        SELECT code FROM unnest(CAST(:codes AS text[])) AS told (code)
        WHERE NOT EXISTS (SELECT FROM division d WHERE d.code = told.code)
          AND NOT EXISTS (SELECT FROM grid g WHERE g.code = told.code AND g.valid @> now())
          AND NOT EXISTS (SELECT FROM micro_grid m WHERE m.code = told.code AND m.valid @> now())
        ORDER BY code
        """),
        {"codes": list(codes)},
    )
    return list(rows)


async def unknown_people(session: AsyncSession, codes: Sequence[str]) -> list[str]:
    """Those of the codes that nobody has whom the scope shows."""
    rows = await session.scalars(
        text("""
        SELECT code FROM unnest(CAST(:codes AS text[])) AS told (code)
        WHERE NOT EXISTS (SELECT FROM person p WHERE p.code = told.code) ORDER BY code
        """),
        {"codes": list(codes)},
    )
    return list(rows)


async def put(session: AsyncSession, told: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Write groups told as `schemas.GroupIn`; their ids by division and code."""
    rows = {"rows": json.dumps(told, ensure_ascii=False)}
    made = {(row.division_code, row.code): row.id for row in await session.execute(_SET, rows)}
    for table in ("group_area", "group_member"):
        await session.execute(
            text(f"DELETE FROM {table} WHERE group_id = ANY (CAST(:ids AS bigint[]))"),  # noqa: S608
            {"ids": list(made.values())},
        )
    await session.execute(_AREAS, rows)
    await session.execute(_MEMBERS, rows)
    return made


async def overlapping(session: AsyncSession, told: Sequence[dict[str, Any]]) -> RowMapping | None:
    """A group that stands, under another first day, within the time of one told; or none."""
    rows = {"rows": json.dumps(told, ensure_ascii=False)}
    return (await session.execute(_OVERLAPPING, rows)).mappings().first()


async def orphan(session: AsyncSession, told: Sequence[dict[str, Any]]) -> RowMapping | None:
    """One of those told whose parent is no group on its first day; or none."""
    rows = {"rows": json.dumps(told, ensure_ascii=False)}
    return (await session.execute(_ORPHANS, rows)).mappings().first()


async def end_open(session: AsyncSession, told: Sequence[dict[str, Any]]) -> None:
    """Let what goes on under a code told end on the new first day."""
    await session.execute(_END, {"rows": json.dumps(told, ensure_ascii=False)})


async def group(session: AsyncSession, group_id: int, *, on: date) -> RowMapping | None:
    """A group, or none."""
    found = await session.execute(text(f"{_SHOWN} WHERE g.id = :id"), {"id": group_id, "on": on})
    return found.mappings().first()


async def group_of(
    session: AsyncSession, division: str, code: str, *, on: date
) -> RowMapping | None:
    """The group of a code on a day, or none."""
    found = await session.execute(
        text(f"""{_SHOWN} WHERE g.division_code = :division AND g.code = :code
        AND g.begins <= :on AND (g.ends IS NULL OR g.ends > :on)"""),
        {"division": division, "code": code, "on": on},
    )
    return found.mappings().first()


async def groups(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    kind: str | None = None,
    on: date,
    limit: int,
    offset: int = 0,
) -> tuple[list[RowMapping], dict[str, int]]:
    """Groups of a range of division codes on a day, and how many on each level."""
    asked = {"low": low, "high": high, "kind": kind, "on": on}
    rows = await session.execute(_PAGE, asked | {"limit": limit, "offset": offset})
    counts = await session.execute(_BY_LEVEL, asked)
    return list(rows.mappings()), {row.level: row.n for row in counts}


async def kinds(session: AsyncSession, low: str, high: str, *, on: date) -> dict[str, int]:
    """Kinds of the groups of a day and how many there are of each, the most first."""
    found = await session.execute(
        text(
            f"SELECT g.kind, count(*) AS n FROM community_group g {_ASKED}"  # noqa: S608 - fixed
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        ),
        {"low": low, "high": high, "on": on, "kind": None},
    )
    return {row.kind: row.n for row in found}


async def people(session: AsyncSession, group_id: int, *, on: date) -> list[RowMapping]:
    """Who is in a group on a day."""
    return list((await session.execute(_PEOPLE, {"id": group_id, "on": on})).mappings())


async def coverage(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    group_kind: str | None,
    of: str,
    kind: str | None,
    on: date,
) -> list[RowMapping]:
    """By how many groups of a kind (none of none) each area of a sort, or kind, is served."""
    asked = {"low": low, "high": high, "group_kind": group_kind, "of": of, "kind": kind, "on": on}
    return list((await session.execute(_COVERAGE, asked)).mappings())
