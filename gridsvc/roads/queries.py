"""SQL of road graphs, closures and slow hours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.roads.conditions import Condition
from gridsvc.roads.households import Homes
from gridsvc.roads.modes import Mode

#: Graphs of a county that are kept when a new one comes, beside the one in force.
KEPT_BEFORE = 2

# Hours of the week are those of the clock on the wall, which is one for all of China.
_IN_FORCE = """
    c.valid_from <= {moment} AND (c.valid_to IS NULL OR {moment} < c.valid_to)
    AND (c.lifted_at IS NULL OR {moment} < c.lifted_at)
    AND (c.days IS NULL
         OR extract(isodow FROM {moment} AT TIME ZONE 'Asia/Shanghai') = ANY (c.days))
    AND (c.hours_from IS NULL
         OR (CAST({moment} AT TIME ZONE 'Asia/Shanghai' AS time) >= c.hours_from
             AND CAST({moment} AT TIME ZONE 'Asia/Shanghai' AS time) < c.hours_to))
"""
_AT = "coalesce(CAST(:at AS timestamptz), now())"

# One statement for what every question begins with: the graph, and the conditions by name only.
_STATE_UNDER = """
SELECT g.id, g.digest, ARRAY(
    SELECT c.id FROM road_condition c
    WHERE c.division_code >= :low AND c.division_code < :high AND :mode = ANY (c.modes)
      AND {in_force} ORDER BY c.id) AS conditions
FROM road_graph g WHERE g.division_code = :low AND g.replaced_at IS NULL
"""
_STATE = text(_STATE_UNDER.format(in_force=_IN_FORCE.format(moment=_AT)))

_SHOWN = """
SELECT c.id, c.division_code, ST_AsGeoJSON(c.geom, 7) AS geometry, c.way, c.road_class, c.modes,
       c.factor, c.days, c.hours_from, c.hours_to, c.valid_from, c.valid_to, c.reason, c.edges,
       c.lifted_at, {in_force} AS in_force
FROM road_condition c
""".format(in_force=_IN_FORCE.format(moment="now()"))
_PAGE = text(
    _SHOWN
    + """
WHERE c.division_code >= :low AND c.division_code < :high
  AND (NOT :open OR (c.lifted_at IS NULL AND (c.valid_to IS NULL OR c.valid_to > now())))
ORDER BY c.valid_from DESC, c.id LIMIT :limit OFFSET :offset
"""
)
_ONE = text(_SHOWN + "WHERE c.id = :id")

_ADD = text("""
INSERT INTO road_condition (division_code, geom, way, road_class, modes, factor, days, hours_from,
                            hours_to, valid_from, valid_to, reason, edges, added_by, client_key,
                            body_sha256)
VALUES (:division_code, ST_GeomFromWKB(CAST(:wkb AS bytea), 4326), :way, :road_class, :modes,
        :factor, :days, :hours_from, :hours_to, :valid_from, :valid_to, :reason, :edges, :added_by,
        :client_key, :body_sha256)
ON CONFLICT (added_by, client_key) DO NOTHING
RETURNING id
""")


async def state(
    session: AsyncSession, *, low: str, high: str, mode: Mode, at: datetime | None
) -> RowMapping | None:
    """Graph in force in a county (id, digest) and the ids of its conditions; none without one.

    Parameters
    ----------
    low, high
        Range of the county's codes; `low` is the county's own.
    at
        Moment; none = now, by the database's clock.
    """
    found = await session.execute(_STATE, {"low": low, "high": high, "mode": mode.value, "at": at})
    return found.mappings().first()


async def now(session: AsyncSession) -> datetime:
    """The moment by the database's clock."""
    moment: datetime = await session.scalar(text("SELECT now()"))
    return moment


async def content(session: AsyncSession, graph_id: int) -> bytes | None:
    """A graph as it is packed; none when it was removed meanwhile."""
    found: bytes | None = await session.scalar(
        text("SELECT content FROM road_graph WHERE id = :id"), {"id": graph_id}
    )
    return found


async def conditions(session: AsyncSession, ids: Sequence[UUID]) -> list[Condition]:
    """Conditions by their ids."""
    rows = await session.execute(
        text("""
        SELECT id, ST_AsBinary(geom) AS wkb, way, road_class, modes, factor
        FROM road_condition WHERE id = ANY (CAST(:ids AS uuid[])) ORDER BY id
        """),
        {"ids": list(ids)},
    )
    return [
        Condition(
            key=row.id,
            shape=shapely.from_wkb(row.wkb),
            way=row.way,
            road_class=row.road_class,
            modes=tuple(map(Mode, row.modes)),
            factor=row.factor,
        )
        for row in rows
    ]


async def lock_county(session: AsyncSession, division_code: str) -> bool:
    """Let nobody else load a county's roads until the end; whether there is such a division."""
    found = await session.scalar(
        text("SELECT code FROM division WHERE code = :code FOR NO KEY UPDATE"),
        {"code": division_code},
    )
    return found is not None


async def in_force(session: AsyncSession, division_code: str) -> RowMapping | None:
    """The graph of a county (id, digest, source, summary, made_at); none without one."""
    found = await session.execute(
        text("""
        SELECT id, digest, source, summary, made_at FROM road_graph
        WHERE division_code = :code AND replaced_at IS NULL
        """),
        {"code": division_code},
    )
    return found.mappings().first()


async def homes(session: AsyncSession, *, low: str, high: str) -> Homes:
    """Communities and buildings with households of a range of divisions, as far as loaded."""
    asked = {"low": low, "high": high}
    outlines = await session.scalars(
        text("""
        SELECT ST_AsBinary(geom) FROM division
        WHERE code >= :low AND code < :high AND level = 'community' AND geom IS NOT NULL
        """),
        asked,
    )
    places = await session.execute(
        text("""
        SELECT ST_X(place), ST_Y(place), households FROM (
            SELECT ST_Centroid(geom) AS place, households FROM building
            WHERE division_code >= :low AND division_code < :high AND households > 0) home
        """),
        asked,
    )
    table = np.array(places.all(), dtype=np.float64).reshape(-1, 3)
    return Homes(
        outlines=shapely.from_wkb(np.array(outlines.all(), dtype=object)),
        lon=table[:, 0],
        lat=table[:, 1],
        households=table[:, 2].astype(np.int64),
    )


async def graphs(session: AsyncSession, *, low: str, high: str) -> list[RowMapping]:
    """Graphs in force of a range of divisions, by code."""
    found = await session.execute(
        text("""
        SELECT division_code, source, summary, made_at FROM road_graph
        WHERE division_code >= :low AND division_code < :high AND replaced_at IS NULL
        ORDER BY division_code
        """),
        {"low": low, "high": high},
    )
    return list(found.mappings())


async def replace(
    session: AsyncSession,
    division_code: str,
    *,
    digest: str,
    source: str,
    summary: Mapping[str, Any],
    packed: bytes,
) -> int:
    """Put a graph in force in place of the one there is, and remove old ones; its id."""
    asked = {"code": division_code, "kept": KEPT_BEFORE}
    await session.execute(
        text("""
        UPDATE road_graph SET replaced_at = clock_timestamp()
        WHERE division_code = :code AND replaced_at IS NULL
        """),
        asked,
    )
    await session.execute(
        text("""
        DELETE FROM road_graph WHERE id IN (
            SELECT id FROM road_graph WHERE division_code = :code
            ORDER BY made_at DESC, id DESC OFFSET :kept)
        """),
        asked,
    )
    added: int = await session.scalar(
        text("""
        INSERT INTO road_graph (division_code, digest, source, summary, content)
        VALUES (:code, :digest, :source, CAST(:summary AS jsonb), :content) RETURNING id
        """),
        {
            "code": division_code,
            "digest": digest,
            "source": source,
            "summary": json.dumps(summary, ensure_ascii=False),
            "content": packed,
        },
    )
    return added


async def add_condition(session: AsyncSession, row: Mapping[str, Any]) -> UUID | None:
    """Add a condition; its id, none when the client's key is taken."""
    added: UUID | None = await session.scalar(_ADD, dict(row))
    return added


async def by_client_key(
    session: AsyncSession, client_key: str, added_by: int | None
) -> RowMapping | None:
    """A condition (id, body_sha256) by the key its client gave it, or none."""
    found = await session.execute(
        text("""
        SELECT id, body_sha256 FROM road_condition
        WHERE client_key = :key AND added_by IS NOT DISTINCT FROM CAST(:added_by AS bigint)
        """),
        {"key": client_key, "added_by": added_by},
    )
    return found.mappings().first()


async def condition(session: AsyncSession, condition_id: UUID) -> RowMapping | None:
    """A condition as it is shown, or none."""
    found = await session.execute(_ONE, {"id": condition_id})
    return found.mappings().first()


async def page(
    session: AsyncSession, *, low: str, high: str, only_open: bool, limit: int, offset: int
) -> list[RowMapping]:
    """Conditions of a range of divisions, the newest first.

    Parameters
    ----------
    only_open
        Leave out those that are over or lifted; those still to come are shown.
    """
    asked = {"low": low, "high": high, "open": only_open, "limit": limit, "offset": offset}
    found = await session.execute(_PAGE, asked)
    return list(found.mappings())


async def lift(session: AsyncSession, condition_id: UUID) -> str | None:
    """End a condition now; its division, none when it is lifted already or there is none."""
    division_code: str | None = await session.scalar(
        text("""
        UPDATE road_condition SET lifted_at = now()
        WHERE id = :id AND lifted_at IS NULL RETURNING division_code
        """),
        {"id": condition_id},
    )
    return division_code


async def add_history(
    session: AsyncSession, condition_id: UUID, *, change: str, note: str, actor: str
) -> None:
    """Write what was done to a condition."""
    await session.execute(
        text("""
        INSERT INTO road_condition_history (condition_id, division_code, change, note, actor)
        SELECT id, division_code, :change, :note, :actor FROM road_condition WHERE id = :id
        """),
        {"id": condition_id, "change": change, "note": note, "actor": actor},
    )


async def history(session: AsyncSession, condition_id: UUID) -> list[RowMapping]:
    """What was done to a condition, in order."""
    found = await session.execute(
        text("""
        SELECT change, note, actor, at FROM road_condition_history
        WHERE condition_id = :id ORDER BY id
        """),
        {"id": condition_id},
    )
    return list(found.mappings())
