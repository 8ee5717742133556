"""What positioning apps send, read into one `Ping`; pure.

Sources: the OsmAnd protocol of https://www.traccar.org/osmand (OsmAnd, Traccar Client before 9 by
query or form, from 9 in JSON), the JSON a Traccar server forwards, and the HTTP mode of
https://owntracks.org/booklet/tech/http. Battery, activity, altitude, radio cells and whatever else
apps tell of a phone is not read: nothing here needs it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from gridsvc.errors import BadInput
from gridsvc.people.pings import CLOCKS_BEGIN, CLOCKS_END, Ping

MPS_PER_KNOT = 1852 / 3600
MPS_PER_KMH = 1 / 3.6
#: A whole number below is seconds since 1970, from here on milliseconds, as Traccar has it.
_MILLISECONDS_FROM = 2**31 - 1
#: More accuracy or speed than this tells nothing; single precision holds it.
_MOST_INACCURACY_M, _MOST_SPEED_MPS = 1e6, 1e4
_MOST_FIELDS = 100
_NUMBER = re.compile(r"\s*[+-]?(\d{1,20}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?\s*", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Message:
    """Key of the device that sends, and where it is, if it tells either."""

    key: str | None
    ping: Ping | None


class Unreadable(BadInput):
    """What an app sent is no position; apps expect 400."""

    status = 400


def from_osmand(query: str, body: bytes) -> Message:
    """A position by the OsmAnd protocol, from the query, or else from the body.

    Speed is in knots in a query or form, in metres per second in JSON. Without a place there is
    a key and no ping: apps also send what their sensors say.

    Raises
    ------
    Unreadable
        If it holds something that is no number, time or JSON.
    """
    if body.lstrip().startswith(b"{") and not query:
        return _from_traccar_client(_object(body))
    told = _fields(query or body.decode("utf-8", "replace"))
    key = told.get("id") or told.get("deviceid")
    lat, _, lon = told.get("location", "").partition(",")
    lat, lon = told.get("lat", lat), told.get("lon", lon)
    if not (lat and lon):
        return Message(key, None)
    valid = told.get("valid", "true").lower() in {"true", "1"}
    return Message(
        key,
        _ping(
            (lon, lat),
            time=told.get("timestamp"),
            accuracy=told.get("accuracy"),
            speed=(told.get("speed"), MPS_PER_KNOT),
            valid=valid,
        ),
    )


def _from_traccar_client(told: Mapping[str, Any]) -> Message:
    """The JSON of Traccar Client from version 9 on."""
    key = _text(told.get("device_id"))
    location = told.get("location")
    coords = location.get("coords") if isinstance(location, dict) else None
    if not isinstance(coords, dict) or not isinstance(location, dict):
        return Message(key, None)
    return Message(
        key,
        _ping(
            (coords.get("longitude"), coords.get("latitude")),
            time=location.get("timestamp"),
            accuracy=coords.get("accuracy"),
            speed=(coords.get("speed"), 1.0),
        ),
    )


def from_traccar_server(body: bytes) -> Message:
    """A position that a Traccar server forwards; the key is the device's unique id there.

    Raises
    ------
    Unreadable
        If it is no JSON, or holds something that is no number or time.
    """
    told = _object(body)
    device, position = told.get("device"), told.get("position")
    key = _text(device.get("uniqueId")) if isinstance(device, dict) else None
    if not isinstance(position, dict):
        return Message(key, None)
    return Message(
        key,
        _ping(
            (position.get("longitude"), position.get("latitude")),
            time=position.get("fixTime"),
            # Traccar writes 0 where a device tells none.
            accuracy=position.get("accuracy") or None,
            speed=(position.get("speed"), MPS_PER_KNOT),
            valid=position.get("valid", True) is not False,
        ),
    )


def from_owntracks(body: bytes) -> Ping | None:
    """A position of OwnTracks; none where it sends something else, or nothing.

    Raises
    ------
    Unreadable
        If it is no JSON, or a location that holds something that is no number or time.
    """
    if not body.strip():
        return None
    told = _object(body)
    if told.get("_type") != "location":
        return None
    return _ping(
        (told.get("lon"), told.get("lat")),
        time=told.get("tst"),
        accuracy=told.get("acc"),
        speed=(told.get("vel"), MPS_PER_KMH),
    )


def key_of_basic(authorization: str | None) -> str | None:
    """The password of HTTP Basic authentication, which is where OwnTracks has the key; or none."""
    scheme, _, told = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(told.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return decoded.partition(":")[2] or None


def _ping(
    place: tuple[Any, Any],
    *,
    time: Any,
    accuracy: Any,
    speed: tuple[Any, float],
    valid: bool = True,
) -> Ping:
    """A ping of what an app told; what is not told well beside place and time is left out."""
    lon, lat = (_number(value) for value in place)
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        raise Unreadable("lat and lon must be degrees: -90 to 90, and -180 to 180")
    accuracy_m, told_speed = _number(accuracy), _number(speed[0])
    speed_mps = None if told_speed is None else told_speed * speed[1]
    return Ping(
        lon,
        lat,
        captured_at=_time(time),
        accuracy_m=None if accuracy_m is None else min(abs(accuracy_m), _MOST_INACCURACY_M),
        # Phones tell a negative speed where they know none.
        speed_mps=speed_mps
        if speed_mps is not None and 0 <= speed_mps <= _MOST_SPEED_MPS
        else None,
        # A negative accuracy is how a phone says that it has no fix.
        valid=valid and (accuracy_m is None or accuracy_m >= 0),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as failure:
        raise Unreadable("the body is no JSON") from failure
    if not isinstance(told, dict):
        raise Unreadable("the body is no JSON object")
    return told


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, max_num_fields=_MOST_FIELDS))
    except ValueError as failure:
        raise Unreadable(f"there are more than {_MOST_FIELDS} parameters") from failure


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    """A finite number, or none: no NaN, no infinity, no truth value, no text in other digits."""
    if isinstance(value, str):
        value = value if _NUMBER.fullmatch(value) else None
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        return None
    return number if math.isfinite(number) else None


def _time(value: Any) -> datetime | None:
    """A time in seconds or milliseconds since 1970 or as text; none where none is told.

    What lies outside the years a clock can tell is put at their edge, and is judged there.
    """
    if value is None or value == "":
        return None
    number = _number(value)
    if number is not None:
        seconds = number if number < _MILLISECONDS_FROM else number / 1000
        span_s = (CLOCKS_END - _EPOCH).total_seconds()
        moment = _EPOCH + timedelta(seconds=max(0.0, min(seconds, span_s)))
    else:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError as failure:
            raise Unreadable(
                "the time is neither seconds since 1970 nor written as 2026-11-26T08:00:00Z"
            ) from failure
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
    return max(CLOCKS_BEGIN, min(moment, CLOCKS_END))
