"""SQL of a field worker's own day: what they have in hand, and the cells they answer for."""

from __future__ import annotations

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_TASKS = text("""
SELECT e.id, e.state, m.name AS matter, e.description, ST_X(e.geom) AS lon, ST_Y(e.geom) AS lat,
       c.code AS micro_grid_code, d.name AS division_name, e.captured_at, e.received_at,
       (SELECT min(s.due_at) FROM event_stage s WHERE s.event_id = e.id AND s.done_at IS NULL
        AND s.stage IN ('accept', 'arrive', 'handle')) AS due_at,
       m.photo_after,
       ARRAY(SELECT p.id FROM event_media p WHERE p.event_id = e.id AND p.purpose = 'report'
             ORDER BY p.id) AS photos,
       (SELECT count(*) FROM event_voice v WHERE v.event_id = e.id) AS voices
FROM event e
JOIN matter m ON m.code = e.matter_code
JOIN micro_grid c ON c.id = e.micro_grid_id
JOIN division d ON d.code = e.division_code
WHERE e.handler_id = :person AND e.state IN ('DISPATCHED', 'ACCEPTED', 'ON_SITE')
ORDER BY due_at NULLS LAST, e.id
""")

# A worker answers for the micro-grids of their grids, a liaison for their own.
_CELLS = text("""
SELECT c.code, g.code AS grid_code, d.name AS division_name, c.kind, c.households,
       CAST(ST_AsGeoJSON(c.geom, 6) AS json) AS outline
FROM micro_grid c
JOIN grid g ON g.id = c.grid_id
JOIN division d ON d.code = c.division_code
WHERE c.valid @> now() AND (
    EXISTS (SELECT FROM grid_post p WHERE p.grid_id = g.id AND p.person_id = :person)
    OR EXISTS (SELECT FROM micro_grid_post p
               WHERE p.micro_grid_id = c.id AND p.person_id = :person))
ORDER BY c.code
""")


async def tasks(session: AsyncSession, person_id: int) -> list[RowMapping]:
    """What somebody has in hand, what is due first first."""
    return list((await session.execute(_TASKS, {"person": person_id})).mappings())


async def cells(session: AsyncSession, person_id: int) -> list[RowMapping]:
    """Micro-grids in force that somebody answers for, with outlines (polygons, WGS-84)."""
    return list((await session.execute(_CELLS, {"person": person_id})).mappings())
