"""SQL of cell plans: drafts in, publication, succession."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.geo import WGS84


async def add_plan(
    session: AsyncSession, *, wish: dict[str, Any], report: dict[str, Any], **columns: Any
) -> int:
    """Add a draft plan (division_code, target, grid_target, seed, made_from); its id."""
    plan_id = await session.scalar(
        text("""
        INSERT INTO plan (division_code, target, grid_target, seed, wish, made_from, report)
        VALUES (:division_code, :target, :grid_target, :seed, CAST(:wish AS jsonb), :made_from,
                CAST(:report AS jsonb))
        RETURNING id
        """),
        columns | {"wish": json.dumps(wish), "report": json.dumps(report, ensure_ascii=False)},
    )
    return int(plan_id)


async def add_grids(
    session: AsyncSession, plan_id: int, division_code: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Add a draft's grids; each row has code, kind, households and wkb (Polygon, EPSG:4326)."""
    await session.execute(
        text("""
        INSERT INTO grid (plan_id, division_code, code, scheme, kind, households, geom)
        SELECT :plan_id, :division_code, code, 'community+3', kind, households,
               ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:households AS int[]),
                    CAST(:wkbs AS bytea[])) AS row (code, kind, households, wkb)
        """),
        {"plan_id": plan_id, "division_code": division_code} | _cells(rows),
    )


async def add_micro_grids(
    session: AsyncSession, plan_id: int, division_code: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Add a draft's micro-grids; rows as for grids, with the grid_code each belongs to."""
    await session.execute(
        text("""
        INSERT INTO micro_grid
            (plan_id, grid_id, division_code, code, scheme, kind, households, geom)
        SELECT :plan_id, g.id, :division_code, row.code, 'grid+2', row.kind, row.households,
               ST_GeomFromWKB(wkb, 4326)
        FROM unnest(CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:households AS int[]),
                    CAST(:wkbs AS bytea[]), CAST(:grid_codes AS text[]))
            AS row (code, kind, households, wkb, grid_code)
        JOIN grid g ON g.plan_id = :plan_id AND g.code = row.grid_code
        """),
        {"plan_id": plan_id, "division_code": division_code}
        | _cells(rows)
        | {"grid_codes": [row["grid_code"] for row in rows]},
    )


def _cells(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        "codes": [row["code"] for row in rows],
        "kinds": [row["kind"] for row in rows],
        "households": [row["households"] for row in rows],
        "wkbs": [row["wkb"] for row in rows],
    }


async def published_cells(session: AsyncSession, table: str, code: str) -> gpd.GeoDataFrame:
    """Cells of a community's published plan: code and Polygon in EPSG:4326."""
    sql = {
        "grid": "SELECT code, ST_AsBinary(geom) AS wkb FROM grid"
        " WHERE division_code = :code AND valid @> now() ORDER BY code",
        "micro_grid": "SELECT code, ST_AsBinary(geom) AS wkb FROM micro_grid"
        " WHERE division_code = :code AND valid @> now() ORDER BY code",
    }[table]
    result = await session.execute(text(sql), {"code": code})
    rows = pd.DataFrame(result.mappings().all(), columns=["code", "wkb"])
    return gpd.GeoDataFrame(
        rows[["code"]], geometry=shapely.from_wkb(rows["wkb"].to_numpy()), crs=WGS84
    )


async def cells_to_mend(session: AsyncSession, code: str, wish: dict[str, Any]) -> gpd.GeoDataFrame:
    """Micro-grids of a community's published plan if it was asked to be just this.

    Code, grid_code, kind, households and Polygon in EPSG:4326; no row where there is no such plan.
    """
    result = await session.execute(
        text("""
        SELECT m.code, g.code AS grid_code, m.kind, m.households, ST_AsBinary(m.geom) AS wkb
        FROM micro_grid m JOIN grid g ON g.id = m.grid_id JOIN plan p ON p.id = m.plan_id
        WHERE p.division_code = :code AND p.state = 'published'
          AND p.wish = CAST(:wish AS jsonb)
        ORDER BY m.code
        """),
        {"code": code, "wish": json.dumps(wish)},
    )
    rows = pd.DataFrame(result.mappings().all(), columns=list(result.keys()))
    geometry = shapely.from_wkb(rows.pop("wkb").to_numpy())
    return gpd.GeoDataFrame(rows, geometry=geometry, crs=WGS84)


async def codes_ever_used(session: AsyncSession, code: str) -> set[str]:
    """Codes of every grid and micro-grid a community has or had in force."""
    rows = await session.scalars(
        text("""
        SELECT code FROM grid WHERE division_code = :code AND valid IS NOT NULL
        UNION SELECT code FROM micro_grid WHERE division_code = :code AND valid IS NOT NULL
        """),
        {"code": code},
    )
    return set(rows)


async def lock_community(session: AsyncSession, code: str) -> None:
    """Let nobody else number or publish cells of a community until the transaction ends."""
    await session.execute(text("SELECT community_locked(:code)"), {"code": code})


async def lock_plan(session: AsyncSession, plan_id: int) -> RowMapping | None:
    """The plan's row, locked with its community until the transaction ends."""
    code = await session.scalar(
        text("SELECT division_code FROM plan WHERE id = :id"), {"id": plan_id}
    )
    if code is None:
        return None
    await lock_community(session, code)
    found = await session.execute(
        text(
            "SELECT id, division_code, state, created_at, report FROM plan WHERE id = :id"
            " FOR NO KEY UPDATE"
        ),
        {"id": plan_id},
    )
    return found.mappings().first()


async def published_plan(session: AsyncSession, code: str) -> tuple[int, datetime] | None:
    """Id of a community's published plan and when it was published."""
    row = (
        await session.execute(
            text(
                "SELECT id, published_at FROM plan"
                " WHERE division_code = :code AND state = 'published'"
            ),
            {"code": code},
        )
    ).first()
    return (row.id, row.published_at) if row else None


async def any_published(session: AsyncSession) -> bool:
    """Whether any plan is or was in force."""
    found = await session.scalar(text("SELECT EXISTS (SELECT FROM plan WHERE state <> 'draft')"))
    return bool(found)


# A draft is of no use once another plan was published after it: its codes would be wrong.
_USABLE = """
FROM plan p
WHERE p.division_code = :code AND p.id > :after
  AND (p.state = 'published' OR p.state = 'draft' AND NOT EXISTS (
      SELECT FROM plan q WHERE q.division_code = p.division_code AND q.state = 'published'
                           AND q.published_at > p.created_at))
"""


async def any_usable(session: AsyncSession, code: str, after: int) -> bool:
    """Whether a community has a plan numbered above another that is in force or could be."""
    return bool(
        await session.scalar(
            text(f"SELECT EXISTS (SELECT {_USABLE})"),
            {"code": code, "after": after},
        )
    )


async def usable_plan(
    session: AsyncSession, code: str, made_from: str, *, after: int, but: int | None = None
) -> RowMapping | None:
    """A community's plan made from just this, in force rather than draft; none = there is none.

    Parameters
    ----------
    after
        Only plans numbered above this.
    but
        A plan that does not count.
    """
    found = await session.execute(
        text(f"""
        SELECT p.id, p.state, p.report,
               (SELECT count(*) FROM grid g WHERE g.plan_id = p.id) AS grids,
               (SELECT count(*) FROM micro_grid m WHERE m.plan_id = p.id) AS micro_grids
        {_USABLE} AND p.made_from = :made_from AND p.id IS DISTINCT FROM CAST(:but AS bigint)
        ORDER BY p.state DESC, p.id DESC LIMIT 1
        """),  # noqa: S608 - a fixed text
        {"code": code, "made_from": made_from, "after": after, "but": but},
    )
    return found.mappings().first()


async def last_plan(session: AsyncSession) -> int:
    """Number of the newest plan of all; 0 where there is none."""
    return int(await session.scalar(text("SELECT coalesce(max(id), 0) FROM plan")) or 0)


async def supersede(session: AsyncSession, plan_id: int) -> None:
    """End a published plan and its cells now."""
    for table in ("grid", "micro_grid"):
        await session.execute(
            text(
                f"UPDATE {table} SET valid = tstzrange(lower(valid), now())"  # noqa: S608
                " WHERE plan_id = :id AND upper_inf(valid)"
            ),
            {"id": plan_id},
        )
    await session.execute(
        text("UPDATE plan SET state = 'superseded', superseded_at = now() WHERE id = :id"),
        {"id": plan_id},
    )


async def put_in_force(session: AsyncSession, plan_id: int) -> None:
    """Publish a draft and let its cells be valid from now on.

    The time of publication is that of the clock, not of the transaction's begin: a plan that was
    drafted while this one waited for its lock is older.
    """
    await session.execute(
        text(
            "UPDATE plan SET state = 'published', published_at = clock_timestamp() WHERE id = :id"
        ),
        {"id": plan_id},
    )
    for table in ("grid", "micro_grid"):
        await session.execute(
            text(
                f"UPDATE {table} SET valid = tstzrange(now(), NULL)"  # noqa: S608
                " WHERE plan_id = :id"
            ),
            {"id": plan_id},
        )


async def record_succession(
    session: AsyncSession, *, old: int, new: int, homes: gpd.GeoDataFrame
) -> None:
    """Write which old cells' households each new cell took over.

    Parameters
    ----------
    homes
        Point, EPSG:4326, inside every building or part of one; column households.
    """
    rows = {
        "households": [int(count) for count in homes["households"]],
        "wkbs": list(shapely.to_wkb(homes.geometry.to_numpy(dtype=object))),
        "old": old,
        "new": new,
    }
    for cell in ("grid", "micro_grid"):
        await session.execute(
            text(f"""
            INSERT INTO {cell}_predecessor ({cell}_id, predecessor_id, households)
            SELECT n.id, o.id, sum(h.households)
            FROM (SELECT households, ST_GeomFromWKB(wkb, 4326) AS point
                  FROM unnest(CAST(:households AS int[]), CAST(:wkbs AS bytea[]))
                      AS row (households, wkb)) h
            JOIN {cell} n ON n.plan_id = :new AND ST_Covers(n.geom, h.point)
            JOIN {cell} o ON o.plan_id = :old AND ST_Covers(o.geom, h.point)
            GROUP BY n.id, o.id
            """),  # noqa: S608 - the names are fixed
            rows,
        )
