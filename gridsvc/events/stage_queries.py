"""SQL of an event's moves together with the stages they begin and end, and of escalations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.events.stages import Changes, Stage
from gridsvc.events.states import WAITING, State


class Moment(NamedTuple):
    """An event at the moment it is moved.

    Attributes
    ----------
    at
        The database's time, read after the event was locked: never before its last move.
    judged_at
        When it was filed: limits of that time hold to its end. In the transaction that files
        it, when that began, so that one look at the lists is enough.
    """

    at: datetime
    judged_at: datetime
    matter_code: str
    division_code: str


class Held(NamedTuple):
    """An event that nobody else moves until the transaction ends, and the moment it is moved at."""

    state: State
    handler_id: int | None
    division_code: str
    reported_by: int | None
    moment: Moment

    def later(self, at: datetime) -> Held:
        """The same, to be moved at a later moment of the same transaction."""
        return self._replace(moment=self.moment._replace(at=at))


class Start(NamedTuple):
    """A stage that begins: when it is due, or why that is not known."""

    stage: Stage
    name: str = ""
    sequence: int = 1
    due_at: datetime | None = None
    undated_because: str | None = None


@dataclass(frozen=True)
class Line:
    """What a move writes into the history beside the states.

    Attributes
    ----------
    captured_at
        When it was done, by the clock of whoever did it.
    account_id, client_key, body_sha256
        Whose key the move was sent with, and a digest of what was sent; none without a key.
    """

    actor: str
    note: str = ""
    reason: str | None = None
    captured_at: datetime | None = None
    account_id: int | None = None
    client_key: str | None = None
    body_sha256: bytes | None = None


# Locked first: the clock is read when whoever moved the event before is done.
_HOLD = text("""
WITH held AS MATERIALIZED (
    SELECT id, state, handler_id, division_code, reported_by, matter_code FROM event
    WHERE id = :id FOR UPDATE
)
SELECT state, handler_id, division_code, reported_by, clock_timestamp() AS at,
       least(now(), (SELECT min(h.at) FROM event_history h
                     WHERE h.event_id = held.id AND h.to_state = 'FILED')) AS judged_at,
       matter_code
FROM held
""")

_LINE = """
    INSERT INTO event_history (event_id, division_code, from_state, to_state, at, actor, note,
                               reason, captured_at, account_id, client_key, body_sha256)
    SELECT id, division_code, CAST(:now AS text), :then, :at, :actor, :note, :reason,
           CAST(:captured_at AS timestamptz), :account_id, :client_key, :body_sha256
    FROM event WHERE id = :id
"""
_BEGUN = """
    INSERT INTO event_stage (event_id, division_code, stage, name, sequence, started_at, due_at,
                             undated_because)
    SELECT e.id, e.division_code, b.*
    FROM event e, unnest(CAST(:stages AS text[]), CAST(:names AS text[]),
                         CAST(:sequences AS integer[]), CAST(:starts AS timestamptz[]),
                         CAST(:dues AS timestamptz[]), CAST(:whys AS text[])) b
    WHERE e.id = :id
    ON CONFLICT (event_id, stage) WHERE done_at IS NULL DO NOTHING
"""
# One statement, so that a move costs one journey: its line, its state, and its stages. What was
# paused is due later by as long as it stood.
_MOVE = text(f"""
WITH line AS ({_LINE}), moved AS (
    UPDATE event SET state = :then,
        handler_id = coalesce(CAST(:handler_id AS bigint), handler_id),
        owner_id = coalesce(owner_id, CAST(:handler_id AS bigint)),
        waiting_reason = CASE WHEN CAST(:then AS text) = ANY(CAST(:waiting AS text[]))
                              THEN waiting_reason END
    WHERE id = :id
), touched AS (
    UPDATE event_stage SET
        done_at = CASE WHEN stage = ANY(CAST(:ended AS text[])) THEN CAST(:at AS timestamptz) END,
        outcome = CASE WHEN stage = ANY(CAST(:done AS text[])) THEN 'done'
                       WHEN stage = ANY(CAST(:ended AS text[])) THEN 'void' END,
        paused_at = CASE WHEN stage = ANY(CAST(:paused AS text[]))
                         THEN CAST(:at AS timestamptz) END,
        due_at = due_at + coalesce(CAST(:at AS timestamptz) - paused_at, interval '0'),
        paused = paused + coalesce(CAST(:at AS timestamptz) - paused_at, interval '0')
    WHERE event_id = :id AND done_at IS NULL
      AND (stage = ANY(CAST(:ended AS text[]) || CAST(:paused AS text[]))
           OR paused_at IS NOT NULL AND :resumed)
)
{_BEGUN}
""")  # noqa: S608 - parts of this module


async def hold(session: AsyncSession, event_id: int) -> Held | None:
    """Lock an event until the transaction ends, to be moved; none when there is no such event."""
    row = (await session.execute(_HOLD, {"id": event_id})).first()
    if row is None:
        return None
    moment = Moment(row.at, row.judged_at, row.matter_code, row.division_code)
    return Held(State(row.state), row.handler_id, row.division_code, row.reported_by, moment)


def _of_line(event_id: int, now: State | None, then: State, at: datetime, line: Line) -> Any:
    states = {"now": now and now.value, "then": then.value}
    return {"id": event_id, "at": at} | states | vars(line)


def _of_starts(starts: Sequence[Start], at: datetime) -> dict[str, Any]:
    return {
        "stages": [start.stage.value for start in starts],
        "names": [start.name for start in starts],
        "sequences": [start.sequence for start in starts],
        "starts": [at] * len(starts),
        "dues": [start.due_at for start in starts],
        "whys": [start.undated_because for start in starts],
    }


async def move(
    session: AsyncSession,
    event_id: int,
    states: tuple[State, State],
    line: Line,
    changes: Changes,
    starts: Sequence[Start],
    at: datetime,
    *,
    handler_id: int | None = None,
) -> None:
    """Move an event, write the line of history, end and begin its stages.

    The caller has checked the move and locked the event.

    Parameters
    ----------
    handler_id
        Person whose hands it is put into, the first of whom becomes its owner; none leaves it.
    """
    now, then = states
    told = {
        "ended": sorted(changes.done | changes.void),
        "done": sorted(changes.done),
        "paused": sorted(changes.paused),
        "resumed": changes.resumed,
        "waiting": sorted(WAITING),
        "handler_id": handler_id,
    }
    told |= _of_line(event_id, now, then, at, line) | _of_starts(starts, at)
    await session.execute(_MOVE, told)


async def moved_by(
    session: AsyncSession, event_id: int, *, account_id: int | None, client_key: str
) -> bytes | None:
    """Digest of what an account sent with a key to move an event; none when the key is new."""
    digest: bytes | None = await session.scalar(
        text(
            "SELECT body_sha256 FROM event_history WHERE event_id = :id"
            " AND account_id = :account_id AND client_key = :client_key"
        ),
        {"id": event_id, "account_id": account_id, "client_key": client_key},
    )
    return digest


async def stages(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Every stage of an event, first to last, and whether it is overdue now."""
    found = await session.execute(
        text("""
        SELECT stage, name, started_at, due_at, undated_because, done_at, outcome,
               paused_at IS NOT NULL AS paused,
               coalesce(paused_at IS NULL AND coalesce(done_at, now()) > due_at, false) AS overdue
        FROM event_stage WHERE event_id = :id ORDER BY started_at, id
        """),
        {"id": event_id},
    )
    return list(found.mappings())


async def open_step(session: AsyncSession, event_id: int) -> RowMapping | None:
    """The step of handling that is going on: id, name, sequence; or none."""
    found = await session.execute(
        text(
            "SELECT id, name, sequence FROM event_stage WHERE event_id = :id"
            " AND stage = 'handle' AND done_at IS NULL AND paused_at IS NULL"
        ),
        {"id": event_id},
    )
    return found.mappings().first()


async def next_step(
    session: AsyncSession, event_id: int, *, ended: int, start: Start, at: datetime
) -> None:
    """End a step of handling and begin the next one at the same moment."""
    await session.execute(
        text("UPDATE event_stage SET done_at = :at, outcome = 'done' WHERE id = :id"),
        {"id": ended, "at": at},
    )
    await session.execute(text(_BEGUN), {"id": event_id} | _of_starts([start], at))


async def undated(session: AsyncSession) -> list[RowMapping]:
    """Open stages whose due time could not be computed, locked: id, event, stage, when begun."""
    found = await session.execute(
        text("""
        SELECT s.id, s.event_id, s.stage, s.sequence, s.started_at, s.paused, e.matter_code,
               e.division_code, coalesce((
                   SELECT min(h.at) FROM event_history h
                   WHERE h.event_id = e.id AND h.to_state = 'FILED'), s.started_at) AS judged_at
        FROM event_stage s JOIN event e ON e.id = s.event_id
        WHERE s.done_at IS NULL AND s.undated_because IS NOT NULL AND s.paused_at IS NULL
        ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
        """)
    )
    return list(found.mappings())


async def set_due(session: AsyncSession, stage_id: int, due_at: datetime) -> None:
    """Write when a stage is due that had no due time; its time standing still comes on top."""
    await session.execute(
        text(
            "UPDATE event_stage SET due_at = CAST(:due_at AS timestamptz) + paused,"
            " undated_because = NULL"
            " WHERE id = :id"
        ),
        {"id": stage_id, "due_at": due_at},
    )


# Whose clock: the database's. The time allowed is measured without what stood still, so that a
# reminder comes as long before the due time as it would have come.
_ESCALATE = text("""
WITH late AS (
    INSERT INTO escalation (event_id, division_code, stage_id, stage, rung, told_code, due_at)
    SELECT s.event_id, s.division_code, s.id, s.stage, l.rung,
           rpad(left(s.division_code, l.digits), 12, '0'), s.due_at
    FROM event_stage s
    CROSS JOIN unnest(CAST(:rungs AS text[]), CAST(:shares AS float8[]),
                      CAST(:digits AS integer[])) AS l (rung, share, digits)
    WHERE s.done_at IS NULL AND s.paused_at IS NULL
      AND s.due_at <= now() + make_interval(days => :horizon_days)
      AND now() >= s.due_at + (l.share - 1) * (s.due_at - s.started_at - s.paused)
    ORDER BY s.due_at, s.id, l.share
    ON CONFLICT (stage_id, rung) DO NOTHING
    RETURNING id, event_id, division_code, stage, rung, told_code, due_at
)
SELECT late.*, e.handler_id, m.name AS matter_name, g.code AS micro_grid_code
FROM late JOIN event e ON e.id = late.event_id JOIN matter m ON m.code = e.matter_code
JOIN micro_grid g ON g.id = e.micro_grid_id
ORDER BY late.id
""")


async def escalate(
    session: AsyncSession,
    *,
    rungs: Sequence[str],
    shares: Sequence[float],
    digits: Sequence[int],
    horizon_days: int,
) -> list[RowMapping]:
    """Write every rung that open stages have come to and that is not written yet; those rows.

    Parameters
    ----------
    shares
        For each rung, the share of the time allowed after which it is reached: 1 = when due.
    digits
        For each rung, how many digits of the event's division name whom it concerns.
    horizon_days
        No rung is reached longer than this before a stage is due.
    """
    told = {"rungs": rungs, "shares": shares, "digits": digits, "horizon_days": horizon_days}
    return list((await session.execute(_ESCALATE, told)).mappings())


async def escalations(session: AsyncSession, event_id: int) -> list[RowMapping]:
    """Every escalation of an event, first to last."""
    found = await session.execute(
        text(
            "SELECT stage, rung, told_code, due_at, at FROM escalation"
            " WHERE event_id = :id ORDER BY id"
        ),
        {"id": event_id},
    )
    return list(found.mappings())
