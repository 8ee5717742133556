"""SQL of a demonstration's past: where reports lie, who answers there, events with times of theirs.

The service's own statements read the database's clock, as they must; here the times are told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_PLACES = text("""
SELECT told.number, m.id AS micro_grid_id, m.code AS micro_grid_code, m.grid_id, m.division_code,
       t.kind AS matter_kind
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
     AS told (number integer, matter_code text, lon float8, lat float8)
JOIN micro_grid m ON m.valid @> now()
     AND ST_Covers(m.geom, ST_SetSRID(ST_MakePoint(told.lon, told.lat), 4326))
JOIN matter t ON t.code = told.matter_code
ORDER BY told.number, m.id
""")
_PEOPLE = text("""
SELECT p.id, p.code, p.name_masked AS name, p.role, p.division_code,
       ARRAY(SELECT grid_id FROM grid_post g WHERE g.person_id = p.id ORDER BY grid_id) AS grids
FROM person p WHERE p.role IN ('grid_worker', 'officer') ORDER BY p.code
""")
_EVENTS = text("""
INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum, description,
                   client_key, body_sha256, state, captured_at, received_at, owner_id, handler_id)
SELECT division_code, grid_id, micro_grid_id, matter_code,
       ST_SetSRID(ST_MakePoint(lon, lat), 4326), datum, description, client_key,
       sha256(convert_to(client_key, 'UTF8')), state, received_at, received_at, person_id, person_id
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
    division_code text, grid_id bigint, micro_grid_id bigint, matter_code text, lon float8,
    lat float8, datum text, description text, client_key text, state text,
    received_at timestamptz, person_id bigint)
ORDER BY received_at, client_key
RETURNING client_key, id
""")
_OF_EVENTS = (
    text("""
    INSERT INTO event_history (event_id, division_code, from_state, to_state, at, actor, note,
                               reason)
    SELECT event_id, division_code, from_state, to_state, at, actor, note, reason
    FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS told (
        event_id bigint, division_code text, place integer, from_state text, to_state text,
        at timestamptz, actor text, note text, reason text)
    ORDER BY event_id, place
    """),
    text("""
    INSERT INTO event_stage (event_id, division_code, stage, name, sequence, started_at, due_at,
                             undated_because, done_at, outcome)
    SELECT event_id, division_code, stage, name, sequence, started_at, due_at, undated_because,
           done_at, outcome
    FROM jsonb_to_recordset(CAST(:stages AS jsonb)) AS told (
        event_id bigint, division_code text, stage text, name text, sequence integer,
        started_at timestamptz, due_at timestamptz, undated_because text, done_at timestamptz,
        outcome text)
    """),
    text("""
    INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name,
                            person_role, reason, assigned_at, accept_by, released_at, released_as,
                            released_by)
    SELECT event_id, division_code, person_id, person_code, person_name, person_role, reason,
           assigned_at, assigned_at + interval '15 minutes', released_at, 'HANDLED', 'moved'
    FROM jsonb_to_recordset(CAST(:assignments AS jsonb)) AS told (
        event_id bigint, division_code text, person_id bigint, person_code text, person_name text,
        person_role text, reason text, assigned_at timestamptz, released_at timestamptz)
    """),
)


async def places(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> list[RowMapping]:
    """Cells in force at points of reports: number, matter_code, lon and lat (degrees, WGS-84)."""
    return list((await session.execute(_PLACES, {"rows": json.dumps(rows)})).mappings())


async def people(session: AsyncSession) -> list[RowMapping]:
    """Everybody who handles events, with the grids they answer for."""
    return list((await session.execute(_PEOPLE)).mappings())


async def put_events(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Write events that are over; their ids by client key."""
    told = await session.execute(_EVENTS, {"rows": _json(rows)})
    return {row.client_key: row.id for row in told}


async def put_ways(session: AsyncSession, **rows: Sequence[dict[str, Any]]) -> None:
    """Write the `lines`, `stages` and `assignments` of events."""
    told = {name: _json(some) for name, some in rows.items()}
    for statement in _OF_EVENTS:
        await session.execute(statement, told)


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return json.dumps(rows, default=lambda moment: moment.isoformat())
