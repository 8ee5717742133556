"""SQL that files a report: the event, its first lines of history and its first stages, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.events.stage_queries import Line, Start
from gridsvc.events.stages import Stage
from gridsvc.events.states import State

# One statement, so that a report costs one journey. Nobody else knows of the event before it is
# committed, so nothing needs to be locked; the triggers see each line after the one before it.
_FILE = text("""
WITH filed AS (
    INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum,
                       description, contact_name_sealed, contact_phone_sealed, reported_by,
                       client_key, body_sha256, state, captured_at, owner_id)
    VALUES (:division_code, :grid_id, :micro_grid_id, :matter_code,
            ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :datum, :description,
            :contact_name_sealed, :contact_phone_sealed, :reported_by, :client_key, :body_sha256,
            :state, coalesce(CAST(:captured_at AS timestamptz), now()),
            (SELECT person_id FROM account WHERE id = :reported_by))
    ON CONFLICT (reported_by, client_key) DO NOTHING
    RETURNING id, division_code
), line AS (
    INSERT INTO event_history (event_id, division_code, from_state, to_state, at, actor, note)
    SELECT f.id, f.division_code, l.from_state, l.to_state, :at, l.actor, l.note
    FROM filed f, unnest(CAST(:from_states AS text[]), CAST(:to_states AS text[]),
                         CAST(:actors AS text[]), CAST(:notes AS text[]))
                  WITH ORDINALITY AS l (from_state, to_state, actor, note, place)
    ORDER BY l.place
), stage AS (
    INSERT INTO event_stage (event_id, division_code, stage, name, sequence, started_at, due_at,
                             undated_because, done_at, outcome)
    SELECT f.id, f.division_code, s.stage, s.name, s.sequence, :at, s.due_at, s.why,
           CASE WHEN s.done THEN CAST(:at AS timestamptz) END, CASE WHEN s.done THEN 'done' END
    FROM filed f, unnest(CAST(:stages AS text[]), CAST(:names AS text[]),
                         CAST(:sequences AS integer[]), CAST(:dues AS timestamptz[]),
                         CAST(:whys AS text[]), CAST(:done AS boolean[]))
                  AS s (stage, name, sequence, due_at, why, done)
)
SELECT id FROM filed
""")


_ARRIVED = text("""
SELECT clock_timestamp(), now(), e.id, e.body_sha256
FROM (SELECT) this LEFT JOIN event e
ON e.client_key = :key AND e.reported_by IS NOT DISTINCT FROM CAST(:reported_by AS bigint)
""")


class Arrived(NamedTuple):
    """A report that arrives, by the database's clock; the event of its key, and of what body."""

    at: datetime
    judged_at: datetime
    event_id: int | None
    body_sha256: bytes | None


@dataclass(frozen=True)
class Filing:
    """All that is written of a report.

    Attributes
    ----------
    columns
        Of the event: division_code, grid_id, micro_grid_id, matter_code, lon and lat (degrees,
        WGS-84), datum (as it was told), description, contact_name_sealed, contact_phone_sealed,
        reported_by, client_key, body_sha256, captured_at.
    lines
        Of the history, first to last: what it became, and the words.
    starts
        Stages that begin with it.
    done
        Those of them that are over already.
    at
        Moment it is filed at.
    """

    columns: dict[str, Any]
    lines: Sequence[tuple[State, Line]]
    starts: Sequence[Start]
    done: frozenset[Stage]
    at: datetime


async def arrived(session: AsyncSession, *, client_key: str, reported_by: int | None) -> Arrived:
    """The moment a report is looked at, and the event of its key if it was taken in before."""
    asked = {"key": client_key, "reported_by": reported_by}
    return Arrived(*(await session.execute(_ARRIVED, asked)).one())


async def file(session: AsyncSession, filing: Filing) -> int | None:
    """Write a report; the event's id, or none when its client key is already taken."""
    states = [state.value for state, _ in filing.lines]
    told = {
        "state": states[-1],
        "at": filing.at,
        "from_states": [None, *states[:-1]],
        "to_states": states,
        "actors": [line.actor for _, line in filing.lines],
        "notes": [line.note for _, line in filing.lines],
        "stages": [start.stage.value for start in filing.starts],
        "names": [start.name for start in filing.starts],
        "sequences": [start.sequence for start in filing.starts],
        "dues": [start.due_at for start in filing.starts],
        "whys": [start.undated_because for start in filing.starts],
        "done": [start.stage in filing.done for start in filing.starts],
    }
    event_id: int | None = await session.scalar(_FILE, filing.columns | told)
    return event_id
