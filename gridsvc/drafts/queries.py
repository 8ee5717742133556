"""SQL of drafts: their cells, revisions, comments, and what to know of the community."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.planning.arrays import Geometries

# What a draft is drawn on changes with the buildings and what else was loaded.
_GROUND_VERSION = text("""
SELECT md5(concat_ws('|',
    (SELECT string_agg(id || ':' || households, ',' ORDER BY id) FROM building
     WHERE division_code = :code),
    (SELECT string_agg(id::text, ',' ORDER BY id) FROM barrier WHERE division_code = :code),
    (SELECT string_agg(id::text, ',' ORDER BY id) FROM site WHERE division_code = :code),
    (SELECT md5(ST_AsBinary(geom)) FROM division WHERE code = :code)))
""")
_DRAFT = """
SELECT t.id, t.division_code, d.name AS division_name, t.name, t.state, t.target, t.grid_target,
       t.in_force, t.version, t.head, t.last_cell, t.actor, t.created_at, t.changed_at,
       t.asked_by, t.decided_by, t.decision_note, t.effective_on, t.plan_id,
       t.head > 0 AS can_undo,
       EXISTS (SELECT FROM draft_revision r WHERE r.draft_id = t.id AND r.parent = t.head
               AND r.action NOT IN ('undo', 'redo')) AS can_redo,
       (SELECT p.id FROM plan p WHERE p.division_code = t.division_code
        AND p.state = 'published') AS now_in_force
FROM plan_draft t JOIN division d ON d.code = t.division_code
"""
_LISTED = """
SELECT q.*, (SELECT count(*) FROM draft_cell c WHERE c.draft_id = q.id AND c.alive) AS cells
FROM ({draft} WHERE t.division_code >= :low AND t.division_code < :high
      AND t.state <> 'discarded') q
ORDER BY q.changed_at DESC, q.id DESC LIMIT :limit
"""


async def ground_version(session: AsyncSession, code: str) -> str:
    """Digest of what stands in a community."""
    return str(await session.scalar(_GROUND_VERSION, {"code": code}))


async def add(session: AsyncSession, **columns: Any) -> int:
    """Add a draft (division_code, name, target, grid_target, in_force, last_cell, actor); id."""
    return int(
        await session.scalar(
            text("""
            INSERT INTO plan_draft
                (division_code, name, target, grid_target, in_force, last_cell, actor)
            VALUES (:division_code, :name, :target, :grid_target, :in_force, :last_cell, :actor)
            RETURNING id
            """),
            columns,
        )
    )


async def one(session: AsyncSession, draft_id: int, *, lock: bool = False) -> RowMapping | None:
    """A draft and its community's name; none where there is none to be seen."""
    sql = _DRAFT + " WHERE t.id = :id" + (" FOR UPDATE OF t" if lock else "")
    return (await session.execute(text(sql), {"id": draft_id})).mappings().first()


async def listed(session: AsyncSession, low: str, high: str, *, limit: int) -> list[RowMapping]:
    """Drafts of an area, those changed last first, with the number of their cells."""
    rows = await session.execute(
        text(f"""
        SELECT q.*, (SELECT count(*) FROM draft_cell c WHERE c.draft_id = q.id AND c.alive) AS cells
        FROM ({_DRAFT} WHERE t.division_code >= :low AND t.division_code < :high
              AND t.state <> 'discarded') q
        ORDER BY q.changed_at DESC, q.id DESC LIMIT :limit
        """),  # noqa: S608 - a fixed text
        {"low": low, "high": high, "limit": limit},
    )
    return list(rows.mappings())


async def set_columns(session: AsyncSession, draft_id: int, **columns: Any) -> None:
    """Change columns of a draft; the names come from the service itself."""
    told = ", ".join(f"{name} = :{name}" for name in columns)
    await session.execute(
        text(f"UPDATE plan_draft SET {told}, changed_at = now() WHERE id = :id"),  # noqa: S608
        columns | {"id": draft_id},
    )


async def cells(session: AsyncSession, draft_id: int) -> list[dict[str, Any]]:
    """Present cells of a draft by number: id, number, kind, locked, wkb (Polygon, EPSG:4326)."""
    rows = await session.execute(
        text(
            "SELECT id, number, kind, locked, ST_AsBinary(geom) AS wkb FROM draft_cell"
            " WHERE draft_id = :id AND alive ORDER BY number"
        ),
        {"id": draft_id},
    )
    return [dict(row) for row in rows.mappings()]


async def cells_by_id(session: AsyncSession, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Cells of any time, by number; columns as `cells`."""
    rows = await session.execute(
        text(
            "SELECT id, number, kind, locked, ST_AsBinary(geom) AS wkb FROM draft_cell"
            " WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY number"
        ),
        {"ids": list(ids)},
    )
    return [dict(row) for row in rows.mappings()]


async def add_cells(
    session: AsyncSession, draft_id: int, code: str, rows: Sequence[dict[str, Any]]
) -> list[int]:
    """Add present cells (number, kind, locked, geometry in EPSG:4326); their ids in order."""
    shapes: Geometries = np.array([row["geometry"] for row in rows], dtype=object)
    found = await session.scalars(
        text("""
        INSERT INTO draft_cell (draft_id, division_code, number, kind, locked, alive, geom)
        SELECT :draft, :code, number, kind, locked, true, ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:numbers AS int[]), CAST(:kinds AS text[]), CAST(:locked AS bool[]),
                    CAST(:wkbs AS bytea[])) WITH ORDINALITY
            AS row (number, kind, locked, wkb, place)
        ORDER BY place RETURNING id
        """),
        {
            "draft": draft_id,
            "code": code,
            "numbers": [row["number"] for row in rows],
            "kinds": [row["kind"] for row in rows],
            "locked": [row["locked"] for row in rows],
            "wkbs": list(shapely.to_wkb(shapes)),
        },
    )
    return list(found)


async def bring(session: AsyncSession, *, back: Sequence[int], away: Sequence[int]) -> None:
    """Make some cells present and others past."""
    await session.execute(
        text(
            "UPDATE draft_cell SET alive = id = ANY(CAST(:back AS bigint[]))"
            " WHERE id = ANY(CAST(:back AS bigint[]) || CAST(:away AS bigint[]))"
        ),
        {"back": list(back), "away": list(away)},
    )


async def add_revision(session: AsyncSession, *, asked: dict[str, Any], **columns: Any) -> None:
    """Write a change down (draft_id, division_code, version, parent, action, taken, given, …)."""
    await session.execute(
        text("""
        INSERT INTO draft_revision (draft_id, division_code, version, parent, action, asked,
                                    taken, given, actor, client_key)
        VALUES (:draft_id, :division_code, :version, :parent, :action, CAST(:asked AS jsonb),
                CAST(:taken AS bigint[]), CAST(:given AS bigint[]), :actor, :client_key)
        """),
        columns | {"asked": json.dumps(asked, ensure_ascii=False)},
    )


async def revision(session: AsyncSession, draft_id: int, version: int) -> RowMapping | None:
    """A revision of a draft by its version."""
    found = await session.execute(
        text("SELECT * FROM draft_revision WHERE draft_id = :id AND version = :version"),
        {"id": draft_id, "version": version},
    )
    return found.mappings().first()


async def revision_by_key(session: AsyncSession, draft_id: int, key: str) -> RowMapping | None:
    """The revision a client made under a key."""
    found = await session.execute(
        text("SELECT * FROM draft_revision WHERE draft_id = :id AND client_key = :key"),
        {"id": draft_id, "key": key},
    )
    return found.mappings().first()


async def to_redo(session: AsyncSession, draft_id: int, head: int) -> RowMapping | None:
    """The last revision that was undone from a head."""
    found = await session.execute(
        text(
            "SELECT * FROM draft_revision WHERE draft_id = :id AND parent = :head"
            " AND action NOT IN ('undo', 'redo') ORDER BY version DESC LIMIT 1"
        ),
        {"id": draft_id, "head": head},
    )
    return found.mappings().first()


async def revisions(session: AsyncSession, draft_id: int, *, limit: int) -> list[RowMapping]:
    """Changes of a draft, newest first: version, parent, action, actor, at, cells changed."""
    rows = await session.execute(
        text("""
        SELECT r.version, r.parent, r.action, r.actor, r.at,
               ARRAY(SELECT DISTINCT c.number FROM draft_cell c
                     WHERE c.id = ANY (r.taken || r.given) ORDER BY 1 LIMIT 20) AS cells
        FROM draft_revision r WHERE r.draft_id = :id ORDER BY r.version DESC LIMIT :limit
        """),
        {"id": draft_id, "limit": limit},
    )
    return list(rows.mappings())


async def add_comment(session: AsyncSession, **columns: Any) -> None:
    """Add a comment (draft_id, division_code, note, cell, actor)."""
    await session.execute(
        text(
            "INSERT INTO draft_comment (draft_id, division_code, note, cell, actor)"
            " VALUES (:draft_id, :division_code, :note, :cell, :actor)"
        ),
        columns,
    )


async def comments(session: AsyncSession, draft_id: int, *, limit: int) -> list[RowMapping]:
    """Comments on a draft, newest first."""
    rows = await session.execute(
        text(
            "SELECT id, note, cell, actor, at FROM draft_comment WHERE draft_id = :id"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"id": draft_id, "limit": limit},
    )
    return list(rows.mappings())


async def plans(session: AsyncSession, code: str, *, limit: int) -> list[RowMapping]:
    """Plans of a community that are or were in force, newest first, with their cells' number."""
    rows = await session.execute(
        text("""
        SELECT p.id, p.state, p.target, p.grid_target, p.published_at, p.superseded_at,
               (SELECT count(*) FROM micro_grid m WHERE m.plan_id = p.id) AS micro_grids,
               (SELECT count(*) FROM grid g WHERE g.plan_id = p.id) AS grids,
               t.name AS draft_name, t.asked_by, t.decided_by
        FROM plan p LEFT JOIN plan_draft t ON t.plan_id = p.id
        WHERE p.division_code = :code ORDER BY p.id DESC LIMIT :limit
        """),
        {"code": code, "limit": limit},
    )
    return list(rows.mappings())


async def plan(session: AsyncSession, plan_id: int) -> RowMapping | None:
    """Community, targets and state of a plan."""
    found = await session.execute(
        text("SELECT id, division_code, target, grid_target, state FROM plan WHERE id = :id"),
        {"id": plan_id},
    )
    return found.mappings().first()


async def plan_cells(session: AsyncSession, plan_id: int) -> list[dict[str, Any]]:
    """Micro-grids of a plan by code: id, code, kind, grid_code, wkb (Polygon, EPSG:4326)."""
    rows = await session.execute(
        text(
            "SELECT m.id, m.code, m.kind, g.code AS grid_code, ST_AsBinary(m.geom) AS wkb"
            " FROM micro_grid m JOIN grid g ON g.id = m.grid_id"
            " WHERE m.plan_id = :id ORDER BY m.code"
        ),
        {"id": plan_id},
    )
    return [dict(row) for row in rows.mappings()]


async def workers(session: AsyncSession, code: str) -> list[dict[str, Any]]:
    """Who answers for the micro-grids in force: micro_grid_id, code, name (masked), role."""
    rows = await session.execute(
        text("""
        SELECT m.id AS micro_grid_id, p.code, p.name_masked AS name, p.role
        FROM micro_grid m
        JOIN (SELECT micro_grid_id, person_id FROM micro_grid_post
              UNION ALL SELECT c.id, o.person_id FROM grid_post o
              JOIN micro_grid c ON c.grid_id = o.grid_id) post ON post.micro_grid_id = m.id
        JOIN person p ON p.id = post.person_id
        WHERE m.division_code = :code AND m.valid @> now()
        ORDER BY m.id, p.role DESC, p.code
        """),
        {"code": code},
    )
    return [dict(row) for row in rows.mappings()]


async def due(session: AsyncSession, time_zone: str) -> list[int]:
    """Approved drafts whose day has come."""
    rows = await session.scalars(
        text(
            "SELECT id FROM plan_draft WHERE state = 'approved'"
            " AND coalesce(effective_on, '-infinity') <= CAST(now() AT TIME ZONE :zone AS date)"
            " ORDER BY id"
        ),
        {"zone": time_zone},
    )
    return list(rows)


async def today(session: AsyncSession, time_zone: str) -> Any:
    """The day it is by the database's clock."""
    return await session.scalar(
        text("SELECT CAST(now() AT TIME ZONE :zone AS date)"), {"zone": time_zone}
    )
