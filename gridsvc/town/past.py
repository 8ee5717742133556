"""Two months of events before today, all over, so that a demonstration's figures have a past.

They go the way `events.states` and `events.stages` allow, with the limits of the town's lists;
only their times are not the database's, which no door of the service lets anybody tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit.actor import SYSTEM
from gridsvc.events import timing
from gridsvc.events.schemas import EventIn
from gridsvc.events.stage_queries import Moment
from gridsvc.events.stages import Stage, changes
from gridsvc.events.states import State
from gridsvc.geo import to_wgs84
from gridsvc.mandates import queries as mandates
from gridsvc.town import past_queries
from gridsvc.town.events import HOURS

DAYS = 62
#: Events of a working day, and of a day of the weekend.
WORKING, WEEKEND = 60.0, 35.0
#: How many are handled late, from the best of the people to the worst, and how many sent back.
LATE, SENT_BACK = (0.02, 0.28), 0.04
_SEED = 28
#: What handling takes where no limit is set.
_USUALLY = timedelta(hours=4)
_BEFORE_HANDLED = (
    (State.ACCEPTED, "已接单", 7.0),
    (State.ON_SITE, "已到达现场", 18.0),
)
_AFTER_HANDLED = ((State.VERIFIED, "现场照片核查通过", 90.0), (State.CLOSED, "结案", 40.0))


@dataclass
class Way:
    """What became of a report: its lines of history, its stages and who had it, as rows."""

    matter: str
    division: str
    judged_at: datetime
    at: datetime
    state: State | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)

    async def go(
        self, session: AsyncSession, then: State, actor: str, note: str, reason: str | None = None
    ) -> None:
        """Move now, and do to the stages what the move does."""
        told = changes(self.state, then)
        for stage in self._open():
            if stage["stage"] in told.done | told.void:
                stage["done_at"] = self.at
                stage["outcome"] = "done" if stage["stage"] in told.done else "void"
        going_on = {stage["stage"] for stage in self._open()}
        moment = Moment(self.at, self.judged_at, self.matter, self.division)
        begun = [stage for stage in told.begun if stage not in going_on]
        for start in await timing.starts(session, moment, begun):
            row = start._asdict() | {"started_at": self.at, "done_at": None, "outcome": None}
            self.stages.append(row)
        self.lines.append(
            {"place": len(self.lines), "from_state": self.state, "to_state": then, "at": self.at}
            | {"actor": actor, "note": note, "reason": reason}
        )
        self.state = then

    def due(self, stage: Stage, otherwise: timedelta) -> datetime:
        """When an open stage is due, or would be without a limit of its own."""
        found = (one["due_at"] for one in self._open() if one["stage"] is stage)
        return next(found, None) or self.at + otherwise

    def _open(self) -> list[dict[str, Any]]:
        return [one for one in self.stages if one["done_at"] is None]


async def bring_along(session: AsyncSession, reports: Sequence[EventIn], zone: ZoneInfo) -> int:
    """Fill the two months before today with reports like these, handled by those who answer there.

    Parameters
    ----------
    reports
        Of a day of the town; each may come again and again.
    zone
        By which the days are counted.

    Returns
    -------
    int
        How many events there are now.
    """
    rng = np.random.default_rng(_SEED)
    now = await mandates.now(session)
    places = await _places(session, reports)
    staff = await past_queries.people(session)
    usual = {one["id"]: rng.uniform(*LATE) for one in staff}
    rows: list[dict[str, Any]] = []
    ways: list[Way] = []
    for at in _times(now, zone, rng):
        number = int(rng.choice(list(places)))
        report, place = reports[number], places[number]
        handler = _handler(staff, place, rng)
        way = Way(report.matter, place["division_code"], now, at)
        await _live(session, way, handler, rng, late=usual[handler["id"]])
        if way.at < now:
            rows.append(_event(report, place, way, handler, len(rows) + 1))
            ways.append(way)
    ids = await past_queries.put_events(session, rows)
    keyed = [(ids[row["client_key"]], way) for row, way in zip(rows, ways, strict=True)]
    kinds = ("lines", "stages", "assignments")
    await past_queries.put_ways(
        session,
        **{
            kind: [
                one | {"event_id": event_id, "division_code": way.division}
                for event_id, way in keyed
                for one in getattr(way, kind)
            ]
            for kind in kinds
        },
    )
    return len(rows)


async def _places(session: AsyncSession, reports: Sequence[EventIn]) -> dict[int, RowMapping]:
    """Where each report lies, by its number; those outside every cell are left out."""
    rows = []
    for number, one in enumerate(reports):
        lon, lat = to_wgs84(one.lon, one.lat, one.datum)
        rows.append({"number": number, "matter_code": one.matter, "lon": lon, "lat": lat})
    return {one["number"]: one for one in await past_queries.places(session, rows)}


def _times(now: datetime, zone: ZoneInfo, rng: np.random.Generator) -> list[datetime]:
    """When something was reported on the days before today, in order."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    share = np.array(HOURS) / sum(HOURS)
    times = []
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        many = rng.poisson(WEEKEND if day.weekday() >= 5 else WORKING)
        seconds = rng.choice(24, many, p=share) * 3600 + rng.integers(0, 3600, many)
        times += [day + timedelta(seconds=int(s)) for s in np.sort(seconds)]
    return times


def _handler(
    staff: Sequence[RowMapping], place: RowMapping, rng: np.random.Generator
) -> RowMapping:
    """An officer for what is to be enforced, else the grid's worker, else any of the role."""
    role = "officer" if place["matter_kind"] == "enforcement" else "grid_worker"
    able = [one for one in staff if one["role"] == role]
    own = [one for one in able if place["grid_id"] in one["grids"]]
    return (own or able)[int(rng.integers(len(own or able)))]


async def _live(
    session: AsyncSession, way: Way, handler: RowMapping, rng: np.random.Generator, *, late: float
) -> None:
    """From the report to the closing, sent back once or not at all."""
    await way.go(session, State.REPORTED, SYSTEM.shown, "上报")
    await way.go(session, State.FILED, SYSTEM.shown, "自动立案")
    await _handle(session, way, handler, rng, late=late)
    if rng.random() < SENT_BACK:
        way.at += _soon(rng, 60.0)
        await way.go(session, State.RETURNED, SYSTEM.shown, "处置不到位，退回重办", "not_done")
        await _handle(session, way, handler, rng, late=late)
    for state, note, minutes in _AFTER_HANDLED:
        way.at += _soon(rng, minutes)
        await way.go(session, state, SYSTEM.shown, note)


async def _handle(
    session: AsyncSession, way: Way, handler: RowMapping, rng: np.random.Generator, *, late: float
) -> None:
    way.at += _soon(rng, 1.0)
    assigned_at = way.at
    note = f"派遣给 {handler['code']}"
    await way.go(session, State.DISPATCHED, SYSTEM.shown, note)
    for state, words, minutes in _BEFORE_HANDLED:
        way.at += _soon(rng, minutes)
        await way.go(session, state, handler["code"], words)
    due = way.due(Stage.HANDLE, _USUALLY)
    if rng.random() < late:
        way.at = max(way.at, due) + _soon(rng, 300.0)
    else:
        way.at += max(due - way.at, timedelta()) * float(rng.uniform(0.03, 0.9))
    await way.go(session, State.HANDLED, handler["code"], "已处置完毕")
    way.assignments.append(
        {"person_id": handler["id"], "person_code": handler["code"], "reason": note}
        | {"person_name": handler["name"], "person_role": handler["role"]}
        | {"assigned_at": assigned_at, "released_at": way.at}
    )


def _soon(rng: np.random.Generator, minutes: float) -> timedelta:
    """Around so many minutes; now and then far more."""
    return timedelta(minutes=float(minutes * rng.lognormal(0.0, 0.5)))


def _event(
    report: EventIn, place: RowMapping, way: Way, handler: RowMapping, number: int
) -> dict[str, Any]:
    lon, lat = to_wgs84(report.lon, report.lat, report.datum)
    return {
        "division_code": place["division_code"],
        "grid_id": place["grid_id"],
        "micro_grid_id": place["micro_grid_id"],
        "matter_code": report.matter,
        "lon": lon,
        "lat": lat,
        "datum": report.datum.value,
        "description": report.description,
        "client_key": f"demo-past-{number:05d}",
        "state": way.state,
        "received_at": way.lines[0]["at"],
        "person_id": handler["id"],
    }
