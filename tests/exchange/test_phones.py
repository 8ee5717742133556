"""What positioning apps send, read: units and times as their decoders have them, never a crash."""

import json
import math
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.exchange.phones import (
    Message,
    Unreadable,
    from_osmand,
    from_owntracks,
    from_traccar_server,
    key_of_basic,
)
from gridsvc.people.pings import CLOCKS_BEGIN, CLOCKS_END, Ping

EIGHT = datetime(2026, 11, 26, 8, tzinfo=UTC)
EPOCH_S = int(EIGHT.timestamp())
PLACE = {"lat": "32.041", "lon": "118.78"}

#: What a clients' own software sends, as it was recorded or is documented.
TRACCAR_CLIENT_9 = {
    "location": {
        "timestamp": "2026-11-26T08:00:00.000Z",
        "coords": {
            "latitude": 32.041,
            "longitude": 118.78,
            "accuracy": 8.5,
            "speed": 1.5,
            "heading": 90.0,
            "altitude": 12.1,
        },
        "is_moving": True,
        "odometer": 1203.4,
        "event": "motionchange",
        "battery": {"level": 0.87, "is_charging": False},
        "activity": {"type": "walking"},
        "extras": {},
    },
    "device_id": "gsd_key",
}
TRACCAR_SERVER = {
    "position": {
        "id": 7,
        "deviceId": 3,
        "protocol": "osmand",
        "serverTime": "2026-11-26T08:00:01.000+00:00",
        "deviceTime": "2026-11-26T08:00:00.000+00:00",
        "fixTime": "2026-11-26T08:00:00.000+00:00",
        "outdated": False,
        "valid": True,
        "latitude": 32.041,
        "longitude": 118.78,
        "altitude": 12.0,
        "speed": 10.0,
        "course": 90.0,
        "address": None,
        "accuracy": 8.5,
        "attributes": {"batteryLevel": 87.0, "motion": True},
    },
    "device": {"id": 3, "name": "巡查 3", "uniqueId": "gsd_key", "status": "online"},
}
OWNTRACKS = {
    "_type": "location",
    "BSSID": "c0:ff:ee:00:00:01",
    "acc": 8,
    "alt": 12,
    "batt": 87,
    "bs": 1,
    "conn": "w",
    "created_at": EPOCH_S,
    "lat": 32.041,
    "lon": 118.78,
    "m": 1,
    "t": "u",
    "tid": "w1",
    "topic": "owntracks/w1/phone",
    "tst": EPOCH_S,
    "vac": 3,
    "vel": 36,
}


def osmand(**fields):
    return from_osmand(urlencode({"id": "k"} | PLACE | fields), b"").ping


def encoded(value):
    return json.dumps(value).encode()


def server(**position):
    told = TRACCAR_SERVER | {"position": TRACCAR_SERVER["position"] | position}
    return from_traccar_server(encoded(told)).ping


class TestOsmAnd:
    def test_query_and_form_say_the_same(self):
        told = urlencode(
            {"id": "k", "timestamp": EPOCH_S, "accuracy": "8.5", "speed": "10"} | PLACE
        )
        expected = Message(
            "k", Ping(118.78, 32.041, EIGHT, accuracy_m=8.5, speed_mps=pytest.approx(5.14444, 1e-5))
        )
        assert from_osmand(told, b"") == from_osmand("", told.encode()) == expected

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            (str(EPOCH_S), EIGHT),
            (str(EPOCH_S * 1000), EIGHT),
            (str(EPOCH_S * 1000 + 250), EIGHT + timedelta(milliseconds=250)),
            ("2147483646", datetime(2038, 1, 19, 3, 14, 6, tzinfo=UTC)),
            ("946684801000", datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC)),
            ("2026-11-26T08:00:00Z", EIGHT),
            ("2026-11-26T16:00:00+08:00", EIGHT),
            ("2026-11-26T08:00:00.000Z", EIGHT),
            ("2026-11-26 08:00:00", EIGHT),
            ("0", CLOCKS_BEGIN),
            ("-5", CLOCKS_BEGIN),
            ("9999999999999999", CLOCKS_END),
            ("0001-01-01T00:00:00+14:00", CLOCKS_BEGIN),
            ("9999-12-31T23:59:59-14:00", CLOCKS_END),
        ],
    )
    def test_times_in_seconds_milliseconds_and_words(self, told, expected):
        assert osmand(timestamp=told).captured_at == expected

    def test_without_a_time_it_is_now(self):
        assert osmand().captured_at is None

    def test_deviceid_and_location_are_other_names(self):
        told = "deviceid=k&location=32.041,118.78"
        assert from_osmand(told, b"") == Message("k", Ping(118.78, 32.041))

    @pytest.mark.parametrize(
        ("told", "valid"), [("true", True), ("1", True), ("false", False), ("0", False)]
    )
    def test_a_phone_may_say_that_it_has_no_fix(self, told, valid):
        assert osmand(valid=told).valid is valid

    @pytest.mark.parametrize("field", ["batt", "hdop", "altitude", "bearing", "cell", "wifi"])
    def test_what_nothing_needs_is_not_read(self, field):
        assert osmand(**{field: "NaN,x"}) == osmand()

    @pytest.mark.parametrize("told", ["", "nan", "inf", "-1", "x", "1e400", "99999999"])
    def test_a_speed_that_is_none_is_left_out(self, told):
        assert osmand(speed=told).speed_mps is None

    @pytest.mark.parametrize(
        "place",
        [{"lat": "nan"}, {"lat": "1e400"}, {"lon": "181"}, {"lat": "-90.1"}, {"lat": "３２"},
         {"lat": "0x20"}, {"lat": "1_0"}, {"lat": "9" * 400}, {"lat": "3\x002"}],
    )  # fmt: skip
    def test_a_place_that_is_none_is_refused(self, place):
        with pytest.raises(Unreadable, match="degrees"):
            osmand(**place)

    @pytest.mark.parametrize("told", ["yesterday", "2026-13-01T00:00:00Z", "nan", "1e400", "\x00"])
    def test_a_time_that_is_none_is_refused(self, told):
        with pytest.raises(Unreadable, match="time"):
            osmand(timestamp=told)

    def test_sensors_alone_are_no_place(self):
        assert from_osmand("id=k&batt=55", b"") == Message("k", None)

    def test_nothing_is_nobody(self):
        assert from_osmand("", b"") == Message(None, None)

    def test_thousands_of_parameters_are_refused(self):
        with pytest.raises(Unreadable, match="100"):
            from_osmand("&".join(f"a{n}=1" for n in range(200)), b"")


class TestTraccarClient:
    def test_the_documented_message(self):
        assert from_osmand("", encoded(TRACCAR_CLIENT_9)) == Message(
            "gsd_key", Ping(118.78, 32.041, EIGHT, accuracy_m=8.5, speed_mps=1.5)
        )

    def test_an_iphone_without_speed_or_fix(self):
        coords = TRACCAR_CLIENT_9["location"]["coords"] | {"speed": -1, "accuracy": -1}
        told = TRACCAR_CLIENT_9 | {"location": TRACCAR_CLIENT_9["location"] | {"coords": coords}}
        ping = from_osmand("", encoded(told)).ping
        assert (ping.speed_mps, ping.valid) == (None, False)

    def test_without_a_place_there_is_a_key(self):
        assert from_osmand("", b'{"device_id": "k"}') == Message("k", None)


class TestTraccarServer:
    def test_the_documented_message(self):
        ping = Ping(118.78, 32.041, EIGHT, accuracy_m=8.5, speed_mps=pytest.approx(5.14444, 1e-5))
        assert from_traccar_server(encoded(TRACCAR_SERVER)) == Message("gsd_key", ping)

    def test_no_accuracy_is_written_as_nought(self):
        assert server(accuracy=0.0).accuracy_m is None

    def test_a_position_without_fix(self):
        assert not server(valid=False).valid

    def test_times_in_milliseconds(self):
        assert server(fixTime=EPOCH_S * 1000).captured_at == EIGHT


class TestOwnTracks:
    def test_the_documented_message(self):
        expected = Ping(118.78, 32.041, EIGHT, accuracy_m=8.0, speed_mps=pytest.approx(10.0))
        assert from_owntracks(encoded(OWNTRACKS)) == expected

    @pytest.mark.parametrize(
        "body",
        [b"", b"  \n", *(encoded({"_type": kind, "tst": 1}) for kind in
                         ("lwt", "transition", "waypoint", "status", "card", "encrypted", None))],
    )  # fmt: skip
    def test_what_is_no_position_is_none(self, body):
        assert from_owntracks(body) is None

    @pytest.mark.parametrize(
        ("header", "key"),
        [
            ("Basic " + b64encode(b"w1:gsd_key").decode(), "gsd_key"),
            ("basic " + b64encode(b":gsd_key").decode(), "gsd_key"),
            ("Basic " + b64encode(b"w1:a:b").decode(), "a:b"),
            ("Basic " + b64encode(b"w1:").decode(), None),
            ("Basic " + b64encode(b"w1").decode(), None),
            ("Basic " + b64encode(b"\xff:\xff").decode(), None),
            ("Basic ***", None),
            ("Basic", None),
            ("Bearer x", None),
            ("", None),
            (None, None),
        ],
    )
    def test_the_key_is_the_password(self, header, key):
        assert key_of_basic(header) == key


#: Values no app should send and some will: what JSON, forms and databases stumble over.
ODD = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(10**400), 10**400)
    | st.text(max_size=20)
    | st.sampled_from(
        ["NaN", "1e400", "-0", "\x00", "\ud800", "٣٢", "1" * 5000, 1e308, [], {}, [[]], "T"]
    )
)
READERS = {
    "traccar client": (lambda body: from_osmand("", body), TRACCAR_CLIENT_9),
    "traccar server": (from_traccar_server, TRACCAR_SERVER),
    "owntracks": (lambda body: Message("k", from_owntracks(body)), OWNTRACKS),
}


def spoiled(value, data):
    """The same message with some of its values odd."""
    if isinstance(value, dict):
        return {name: spoiled(inner, data) for name, inner in value.items()}
    return data.draw(ODD) if data.draw(st.integers(0, 3)) == 0 else value


def assert_sound(message):
    ping = message.ping
    assert message.key is None or isinstance(message.key, str)
    if ping is None:
        return
    assert math.isfinite(ping.lon)
    assert math.isfinite(ping.lat)
    assert abs(ping.lon) <= 180
    assert abs(ping.lat) <= 90
    assert ping.captured_at is None or CLOCKS_BEGIN <= ping.captured_at <= CLOCKS_END
    assert ping.accuracy_m is None or 0 <= ping.accuracy_m <= 1e6
    assert ping.speed_mps is None or 0 <= ping.speed_mps <= 1e4


@pytest.mark.parametrize("app", READERS)
@given(data=st.data())
def test_a_spoiled_message_is_sound_or_refused(app, data):
    read, message = READERS[app]
    body = json.dumps(spoiled(message, data)).encode()
    with suppress(Unreadable):
        assert_sound(read(body))


@pytest.mark.parametrize("app", READERS)
@given(
    body=st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"1" * 9999])
)
def test_bytes_of_any_kind_are_sound_or_refused(app, body):
    with suppress(Unreadable):
        assert_sound(READERS[app][0](body))


FIELDS = ("id", "deviceid", "lat", "lon", "location", "timestamp", "speed", "accuracy")


@given(
    fields=st.dictionaries(
        st.sampled_from(FIELDS),
        st.text(max_size=12)
        | st.floats().map(str)
        | st.integers().map(str)
        | st.just("32.0,118.7"),
    )
)
def test_a_form_of_any_kind_is_sound_or_refused(fields):
    told = urlencode(fields, errors="surrogatepass")
    for query, body in ((told, b""), ("", told.encode())):
        with suppress(Unreadable):
            assert_sound(from_osmand(query, body))
