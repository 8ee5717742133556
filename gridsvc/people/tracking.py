"""What the office does with positions: judge them, keep them, tell where somebody was."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import code_range
from gridsvc.config import Settings
from gridsvc.errors import BadInput, NotFound
from gridsvc.geo import Datum, to_wgs84
from gridsvc.people import queries, track_queries
from gridsvc.people.pings import (
    NEAR_M,
    Fix,
    Judged,
    Limits,
    Ping,
    Source,
    Unused,
    judge,
    metres_between,
)
from gridsvc.people.track_schemas import HoursOfPerson, HoursOut, TrackAsked, TrackOut, TrackPoint

#: Hours a day that a grid worker is to be in the grid.
HOURS_A_DAY = 3.0
#: Months for which the track is ready, whatever becomes of the job that makes them.
MONTHS_AHEAD = 3
#: Most points of a track that are told at a time: a phone's half a day, every two seconds.
MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True)
class Told:
    """A ping, whose it is by code, and the datum it is in."""

    person: str
    ping: Ping
    datum: Datum


@dataclass(frozen=True)
class Outcome:
    """What became of a ping.

    Attributes
    ----------
    captured_at
        By the phone's clock, or ours where it told none.
    unused
        Why it does not say where the person is; none = it does, or did for a moment.
    repeated
        Whether the track held one of this time already.
    """

    person: str
    captured_at: datetime
    unused: Unused | None
    repeated: bool


class Moved(NamedTuple):
    """Somebody who has a new position: database id, and the division they belong to."""

    person_id: int
    division_code: str


@dataclass(frozen=True)
class Recorded:
    """What became of each ping, in their order, and who has a new position now."""

    outcomes: list[Outcome]
    moved: list[Moved]


def limits_of(settings: Settings) -> Limits:
    """What a position must keep to in an installation."""
    return Limits(settings.most_speed_mps, settings.most_inaccuracy_m, settings.positions_within)


async def record(
    session: AsyncSession, told: Sequence[Told], *, source: Source, limits: Limits
) -> Recorded:
    """Keep pings in the track, and the latest usable one of each person as their position.

    Parameters
    ----------
    told
        Of any people, in any order.

    Raises
    ------
    NotFound
        If nobody has one of the codes; the problem's member ``unknown`` lists them all.
    BadInput
        If a place lies off the globe.
    """
    if not told:
        return Recorded([], [])
    placed = [(one.person, _in_wgs84(one.ping, one.datum)) for one in told]
    rows = await track_queries.known(session, sorted({person for person, _ in placed}))
    _check_known(placed, rows)
    pings: dict[str, list[tuple[int, Ping]]] = defaultdict(list)
    for number, (person, ping) in enumerate(placed):
        pings[person].append((number, ping))
    kept = [
        (row, judged, judged.number == last)
        for row in rows
        for verdicts in [list(judge(pings[row["code"]], _fix(row), row["now"], limits))]
        for last in [_last_used(verdicts)]
        for judged in verdicts
    ]
    new = await track_queries.keep(session, _columns(kept, told), source=source.value)
    outcomes = {
        one.number: Outcome(
            row["code"], one.captured_at, one.unused, (row["id"], one.at) not in new
        )
        for row, one, _ in kept
    }
    return Recorded(
        [outcomes[number] for number in range(len(told))],
        [Moved(row["id"], row["division_code"]) for row, _, latest in kept if latest],
    )


def _in_wgs84(ping: Ping, datum: Datum) -> Ping:
    lon, lat = to_wgs84(ping.lon, ping.lat, datum)
    return Ping(lon, lat, ping.captured_at, ping.accuracy_m, ping.speed_mps, ping.valid)


def _check_known(placed: Sequence[tuple[str, Ping]], rows: Sequence[RowMapping]) -> None:
    if unknown := sorted({person for person, _ in placed} - {row["code"] for row in rows}):
        raise NotFound(
            f"nobody has the code {unknown[0]!r}; nothing was stored, leave unknown people out",
            unknown=unknown,
        )


def _fix(row: RowMapping) -> Fix | None:
    if row["captured_at"] is None:
        return None
    return Fix(row["lon"], row["lat"], row["captured_at"])


def _last_used(verdicts: Sequence[Judged]) -> int | None:
    return next((one.number for one in reversed(verdicts) if one.unused is None), None)


def _columns(
    kept: Sequence[tuple[RowMapping, Judged, bool]], told: Sequence[Told]
) -> dict[str, list[Any]]:
    """The pings column by column, as the statement that keeps them takes them."""

    def latest(row: RowMapping, is_latest: bool) -> str | None:
        if not is_latest:
            return None
        return "placed" if row["captured_at"] is None else "moved"

    def near(row: RowMapping, ping: Ping) -> bool:
        if row["captured_at"] is None:
            return False
        return metres_between(row["lon"], row["lat"], ping.lon, ping.lat) < NEAR_M

    return {
        "person_id": [row["id"] for row, _, _ in kept],
        "division_code": [row["division_code"] for row, _, _ in kept],
        "at": [one.at for _, one, _ in kept],
        "captured_at": [one.captured_at for _, one, _ in kept],
        "lon": [one.ping.lon for _, one, _ in kept],
        "lat": [one.ping.lat for _, one, _ in kept],
        "datum": [told[one.number].datum.value for _, one, _ in kept],
        "accuracy_m": [one.ping.accuracy_m for _, one, _ in kept],
        "speed_mps": [one.ping.speed_mps for _, one, _ in kept],
        "unused": [one.unused and one.unused.value for _, one, _ in kept],
        "latest": [latest(row, is_latest) for row, _, is_latest in kept],
        "near": [is_latest and near(row, one.ping) for row, one, is_latest in kept],
    }


async def earlier_answer(
    session: AsyncSession, account_id: int, client_key: str, body: str
) -> dict[str, Any] | None:
    """The answer an earlier batch of this key got; none = it is new and to be answered.

    Raises
    ------
    BadInput
        If the earlier batch was another one.
    """
    digest = hashlib.sha256(body.encode()).digest()
    earlier = await track_queries.begin_batch(session, account_id, client_key, digest)
    if earlier is None:
        return None
    if bytes(earlier["body_sha256"]) != digest:
        raise BadInput(
            f"client_key {client_key!r} was used for another batch; give every batch a key of "
            "its own and repeat it only with the same body"
        )
    answer: dict[str, Any] = earlier["answer"]
    return answer


async def note_answer(session: AsyncSession, account_id: int, client_key: str, answer: str) -> None:
    """Keep the answer (JSON) of a batch for when it is sent again."""
    await track_queries.end_batch(session, account_id, client_key, answer)


async def make_months(session: AsyncSession) -> int:
    """Have the coming months of the track ready; how many were made."""
    return await track_queries.make_months(session, MONTHS_AHEAD)


async def track(session: AsyncSession, code: str, asked: TrackAsked) -> TrackOut:
    """Where a person was, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await queries.person(session, code)
    if person is None:
        raise NotFound(f"nobody has the code {code!r}")
    rows = await track_queries.track(
        session, person["id"], begins=asked.begins, ends=asked.ends, limit=MOST_POINTS + 1
    )
    await audit.record(
        session,
        Action.TRACK_READ,
        "person",
        code,
        division_code=person["division_code"],
        after={"begins": asked.begins.isoformat(), "ends": asked.ends.isoformat()},
        purpose=asked.purpose,
    )
    points = [TrackPoint(**row) for row in rows[:MOST_POINTS]]
    return TrackOut(person=code, points=points, more=len(rows) > MOST_POINTS)


def day_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Beginning and end of a day in a time zone."""
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + timedelta(days=1), time(), zone),
    )


async def hours_in_grid(
    session: AsyncSession,
    division_code: str,
    day: date,
    *,
    zone: ZoneInfo,
    gap_s: float,
    code: str | None = None,
) -> HoursOut:
    """How long those who answer for a cell of a division were in their own cells on a day.

    Parameters
    ----------
    day
        By the calendar of `zone`.
    gap_s
        Seconds beyond which the time between two positions is not counted.
    code
        One person only; none = everybody.
    """
    begins, ends = day_of(day, zone)
    low, high = code_range(division_code)
    rows = await track_queries.hours(
        session, low=low, high=high, code=code, begins=begins, ends=ends, gap_s=gap_s
    )
    required_s = HOURS_A_DAY * 3600
    people = [HoursOfPerson(**row, reached=row["in_grid_s"] >= required_s) for row in rows]
    return HoursOut(
        begins=begins,
        ends=ends,
        required_s=required_s,
        gap_s=gap_s,
        reached=sum(one.reached for one in people),
        obliged=len(people),
        people=people,
    )
