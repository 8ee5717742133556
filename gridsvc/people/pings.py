"""Where a phone says it was, and whether that may be believed; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

#: A phone's clock may be this far ahead of ours before we refuse its time.
CLOCK_AHEAD = timedelta(minutes=5)
#: What a phone could not send for longer than this tells of its clock rather than of its person.
CLOCK_BEHIND = timedelta(days=7)
#: Outside these years a clock was never set.
CLOCKS_BEGIN, CLOCKS_END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
#: Two fixes of a phone at rest may lie so far apart between high buildings.
JITTER_M = 500.0
#: Within this distance the spatial index keeps the place it has: walking pace costs no index.
NEAR_M = 20.0
#: Less than this in both directions is less than `JITTER_M`, anywhere: most pings are.
_WITHIN_JITTER_DEG = 0.003
_EARTH_RADIUS_M = 6_371_008.8


class Unused(StrEnum):
    """Why a position is kept without being used; the first that applies."""

    NO_FIX = "no_fix"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    OUTSIDE = "outside"
    INACCURATE = "inaccurate"
    TOO_FAST = "too_fast"
    OLDER = "older"


class Source(StrEnum):
    """By which door a position came in."""

    API = "api"
    OSMAND = "osmand"
    TRACCAR = "traccar"
    OWNTRACKS = "owntracks"


@dataclass(frozen=True, slots=True)
class Ping:
    """A position as a phone tells it.

    Attributes
    ----------
    lon, lat
        Degrees, in the datum of whoever tells it, or in WGS-84 once it is known.
    captured_at
        By the phone's clock; none = now.
    accuracy_m
        Radius the place is within, as the phone believes; none = not told.
    speed_mps
        Metres per second; none = not told.
    valid
        False where the phone itself says that it has no fix.
    """

    lon: float
    lat: float
    captured_at: datetime | None = None
    accuracy_m: float | None = None
    speed_mps: float | None = None
    valid: bool = True


@dataclass(frozen=True)
class Limits:
    """What a position must keep to in order to be used.

    Attributes
    ----------
    most_speed_mps
        Speed from the last place used, in metres per second, `JITTER_M` left out of account.
    most_inaccuracy_m
        Radius of accuracy.
    within
        West, south, east and north of the area people can be in, degrees, WGS-84.
    """

    most_speed_mps: float = 60.0
    most_inaccuracy_m: float = 200.0
    within: tuple[float, float, float, float] = (73.0, 3.0, 136.0, 54.0)


USUAL = Limits()


class Fix(NamedTuple):
    """A place that was used, degrees WGS-84, and when."""

    lon: float
    lat: float
    captured_at: datetime


class Judged(NamedTuple):
    """A ping with its time and what speaks against using it.

    Attributes
    ----------
    number
        Place of the ping among those that were judged.
    at
        When it counts in the track: when it was captured, or where that cannot be when it came.
    """

    number: int
    ping: Ping
    at: datetime
    captured_at: datetime
    unused: Unused | None


def metres_between(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Distance of two places given in degrees, in metres on the sphere (haversine)."""
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    chord = (
        math.sin((other_phi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(other_phi) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def judge(
    pings: Iterable[tuple[int, Ping]], last: Fix | None, now: datetime, limits: Limits
) -> Iterator[Judged]:
    """What of one person's pings may be used, oldest first.

    Parameters
    ----------
    pings
        With their numbers; degrees in WGS-84.
    last
        Latest place of the person that was used, none where nobody knows.
    now
        Time by the database's clock.

    Yields
    ------
    Judged
        Every ping once. Those without a reason against them are in the order of their times
        and after `last`; a backlog that comes late is compared with itself.
    """
    timed = sorted(
        ((ping.captured_at or now, number, ping) for number, ping in pings), key=itemgetter(0, 1)
    )
    behind: Fix | None = None
    for captured_at, number, ping in timed:
        possible = now - CLOCK_BEHIND <= captured_at <= now + CLOCK_AHEAD
        # Each with an impossible clock gets a place of its own in the track.
        at = captured_at if possible else now + timedelta(microseconds=number)
        unused = _unfit(ping, captured_at, now, limits)
        if unused is None:
            fix = Fix(ping.lon, ping.lat, captured_at)
            late = last is not None and captured_at < last.captured_at
            before = behind if late else last
            if before is not None and _too_fast(before, fix, limits):
                unused = Unused.TOO_FAST
            elif late:
                unused, behind = Unused.OLDER, fix
            else:
                last = fix
        yield Judged(number, ping, at, captured_at, unused)


def _unfit(ping: Ping, captured_at: datetime, now: datetime, limits: Limits) -> Unused | None:
    """What speaks against a ping by itself."""
    west, south, east, north = limits.within
    if not ping.valid:
        return Unused.NO_FIX
    if captured_at > now + CLOCK_AHEAD:
        return Unused.CLOCK_AHEAD
    if captured_at < now - CLOCK_BEHIND:
        return Unused.CLOCK_BEHIND
    if not (west <= ping.lon <= east and south <= ping.lat <= north):
        return Unused.OUTSIDE
    if ping.accuracy_m is not None and ping.accuracy_m > limits.most_inaccuracy_m:
        return Unused.INACCURATE
    return None


def _too_fast(before: Fix, after: Fix, limits: Limits) -> bool:
    if max(abs(after.lon - before.lon), abs(after.lat - before.lat)) < _WITHIN_JITTER_DEG:
        return False
    moved_m = metres_between(before.lon, before.lat, after.lon, after.lat) - JITTER_M
    took_s = (after.captured_at - before.captured_at).total_seconds()
    return moved_m > limits.most_speed_mps * took_s
