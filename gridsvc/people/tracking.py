"""What the office does with positions: judge them, keep them, tell where somebody was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import code_range
from gridsvc.config import Settings
from gridsvc.errors import NotFound
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
from gridsvc.people.track_queries import Kept, Known
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


class Outcome(NamedTuple):
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
    people = await track_queries.known(session, sorted({one.person for one in told}))
    _check_known(told, people)
    pings: dict[str, list[tuple[int, Ping]]] = defaultdict(list)
    for number, one in enumerate(told):
        pings[one.person].append((number, _in_wgs84(one.ping, one.datum)))
    kept: list[Kept] = []
    judged: list[tuple[str, Judged]] = []
    moved: list[Moved] = []
    for person in people:
        verdicts = list(judge(pings[person.code], _fix(person), person.now, limits))
        latest = _last_used(verdicts)
        if latest is not None:
            moved.append(Moved(person.person_id, person.division_code))
        for verdict in verdicts:
            datum = told[verdict.number].datum
            kept.append(_row(person, verdict, datum, latest=verdict is latest))
            judged.append((person.code, verdict))
    repeated = await track_queries.keep(session, kept, source=source.value)
    judged.sort(key=lambda pair: pair[1].number)
    outcomes = [
        Outcome(code, verdict.captured_at, verdict.unused, verdict.number in repeated)
        for code, verdict in judged
    ]
    return Recorded(outcomes, moved)


def _in_wgs84(ping: Ping, datum: Datum) -> Ping:
    lon, lat = to_wgs84(ping.lon, ping.lat, datum)
    return ping if datum is Datum.WGS84 else replace(ping, lon=lon, lat=lat)


def _check_known(told: Sequence[Told], people: Sequence[Known]) -> None:
    if unknown := sorted({one.person for one in told} - {person.code for person in people}):
        raise NotFound(
            f"nobody has the code {unknown[0]!r}; nothing was stored, leave unknown people out",
            unknown=unknown,
        )


def _fix(person: Known) -> Fix | None:
    if person.captured_at is None:
        return None
    return Fix(person.lon, person.lat, person.captured_at)


def _last_used(verdicts: Sequence[Judged]) -> Judged | None:
    return next((one for one in reversed(verdicts) if one.unused is None), None)


def _row(person: Known, one: Judged, datum: Datum, *, latest: bool) -> Kept:
    ping = one.ping
    seen = person.captured_at is not None
    near = latest and seen and metres_between(person.lon, person.lat, ping.lon, ping.lat) < NEAR_M
    return Kept(
        one.number,
        person.person_id,
        person.division_code,
        None if one.at is one.captured_at else one.at,
        one.captured_at,
        ping.lon,
        ping.lat,
        datum.value,
        ping.accuracy_m,
        ping.speed_mps,
        one.unused.value if one.unused else None,
        ("moved" if seen else "placed") if latest else None,
        person.captured_at if near else None,
    )


async def earlier_answer(
    session: AsyncSession, account_id: int, client_key: str, digest: bytes
) -> dict[str, Any] | None:
    """The answer an earlier batch of this key got; none = it is new and to be answered.

    Raises
    ------
    BadInput
        If the earlier batch was another one.
    """
    earlier = await track_queries.begin_batch(session, account_id, client_key, digest)
    if earlier is None:
        return None
    client_keys.check_same(client_key, earlier["body_sha256"], digest, used="for another batch")
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
