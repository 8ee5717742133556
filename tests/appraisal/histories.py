"""Histories of events for tests and benchmarks: legal ways, limits kept and missed, by chance."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from gridsvc.events.stages import Stage, changes
from gridsvc.events.states import MOVES, State, reasons
from tests.towns import COMMUNITY

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
#: Hours allowed for each stage; none has no limit.
HOURS = {Stage.FILE: 2, Stage.DISPATCH: 1, Stage.ACCEPT: None, Stage.ARRIVE: 3, Stage.HANDLE: 24,
         Stage.VERIFY: 8, Stage.CLOSE: 4, Stage.CASE: 72}  # fmt: skip
ROLES = ("grid_worker", "officer")


@dataclass
class Case:
    """One event: its lines of history, its stages and who had it, as rows without an id."""

    lines: list[dict] = field(default_factory=list)
    stages: list[dict] = field(default_factory=list)
    assignments: list[dict] = field(default_factory=list)
    state: State = State.REPORTED
    at: datetime = BEGIN

    def go(self, then, reason=None):
        """Move, and do to the stages what `events.stages` says."""
        now = self.state if self.lines else None
        self.lines.append({"from_state": now, "to_state": then, "at": self.at, "reason": reason})
        told = changes(now, then)
        for stage in [one for one in self.stages if one["done_at"] is None]:
            if told.resumed and stage["paused_at"] is not None:
                stood = self.at - stage["paused_at"]
                stage["paused"] += stood
                stage["due_at"] = stage["due_at"] and stage["due_at"] + stood
                stage["paused_at"] = None
            if stage["stage"] in told.done | told.void:
                stage["done_at"], stage["paused_at"] = self.at, None
                stage["outcome"] = "done" if stage["stage"] in told.done else "void"
            elif stage["stage"] in told.paused:
                stage["paused_at"] = self.at
        going_on = {one["stage"] for one in self.stages if one["done_at"] is None}
        for stage in told.begun:
            if stage not in going_on:
                hours = HOURS[stage]
                self.stages.append(
                    {
                        "stage": stage, "started_at": self.at, "paused": timedelta(),
                        "due_at": self.at + timedelta(hours=hours) if hours else None,
                        "done_at": None, "outcome": None, "paused_at": None,
                    }
                )  # fmt: skip
        self.state = then


def walk(case, rng, steps):
    """Some more legal moves, each some hours after the last."""
    for _ in range(steps):
        ways = sorted(MOVES[case.state])
        then = rng.choice(ways)
        if then is State.REJECTED and rng.random() < 0.7:
            then = ways[0]
        case.at += timedelta(hours=rng.expovariate(1 / 6))
        if then is State.DISPATCHED:
            case.assignments.append({"role": rng.choice(ROLES), "assigned_at": case.at})
            case.at += timedelta(microseconds=1)
        listed = sorted(reasons(case.state, then))
        case.go(then, rng.choice(listed) if listed else None)
    return case


def a_case(rng, days=40):
    """An event reported on one of so many days, and some of its way."""
    case = Case(at=BEGIN + timedelta(days=rng.random() * days))
    case.go(State.REPORTED)
    return walk(case, rng, rng.randrange(1, 14))


def cases(seed, count, **told):
    """So many events, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    return [a_case(rng, **told) for _ in range(count)]


_EVENT = text("""
INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum, description,
                   client_key, body_sha256, state, captured_at, received_at, handler_id)
SELECT m.division_code, m.grid_id, m.id, 'E01', ST_PointOnSurface(m.geom), 'wgs84', 'x',
       gen_random_uuid()::text, '', :state, CAST(:at AS timestamptz), CAST(:at AS timestamptz),
       (SELECT min(id) FROM person)
FROM micro_grid m WHERE m.valid IS NOT NULL ORDER BY m.id LIMIT 1 RETURNING id
""")
_LINE = text("""
INSERT INTO event_history (event_id, division_code, from_state, to_state, actor, note, at, reason)
VALUES (:event, :division, :from_state, :to_state, 'x', '', :at, :reason)
""")
_STAGE = text("""
INSERT INTO event_stage (event_id, division_code, stage, started_at, due_at, done_at, outcome,
                         paused, paused_at)
VALUES (:event, :division, :stage, :started_at, :due_at, :done_at, :outcome, :paused, :paused_at)
""")
_ASSIGNED = text("""
INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name, person_role,
                        reason, accept_by, assigned_at, released_at, released_as,
                        released_by)
SELECT :event, :division, id, code, name_masked, :role, '', :assigned_at, :assigned_at,
       :assigned_at, 'HANDLED', 'moved'
FROM person WHERE role = :role ORDER BY id LIMIT 1
""")


async def write(session, case, event=None):
    """Put a case into the database, or write anew what it is by now; its event's id.

    Around the guards, which know only what happens now; the columns that counters go by keep
    their defaults.
    """
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    if event is None:
        told = {"state": case.state, "at": case.lines[0]["at"]}
        event = await session.scalar(_EVENT, told)
    else:
        for table in ("event_history", "event_stage", "assignment"):
            await session.execute(
                text(f"DELETE FROM {table} WHERE event_id = :event"), {"event": event}
            )
    common = {"event": event, "division": COMMUNITY}
    for statement, rows in (
        (_LINE, case.lines), (_STAGE, case.stages), (_ASSIGNED, case.assignments),
    ):  # fmt: skip
        for row in rows:
            await session.execute(statement, common | row)
    await session.execute(text("SET LOCAL session_replication_role = origin"))
    return event
