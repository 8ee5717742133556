"""Phones tell where people are, by the requests their apps really send; the desk reads it."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.geo import Datum, from_wgs84
from tests.exchange.test_phones import OWNTRACKS, TRACCAR_CLIENT_9, TRACCAR_SERVER
from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import a_person, an_officer, middle, staff
from tests.who import bearer, open_account

PURPOSE = {"purpose": "核实第 12 号事件"}
LON, LAT = middle(1, 1)


@pytest.fixture
async def staffed(town, client):
    await staff(town, a_person("w", middle(0, 0)), an_officer("o", middle(0, 0), position=None))
    async with town.begin() as connection:  # before any phone told something
        await connection.execute(
            text("UPDATE position SET captured_at = captured_at - interval '1 hour'")
        )
    return client


async def key_of(client, person="w", datum="wgs84"):
    told = {"person": person, "label": "华为 Mate 60", "datum": datum}
    answer = await client.post("/api/devices", json=told)
    assert answer.status_code == 201
    return answer.json()["key"]


async def where(client, person="w"):
    answer = await client.post(f"/api/people/{person}/whereabouts", json=PURPOSE)
    return (answer.json()["lon"], answer.json()["lat"])


async def rows(town, statement):
    async with town.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(statement))).mappings()]


async def track(town):
    return await rows(town, "SELECT source, unused, datum, captured_at FROM track ORDER BY at")


def now_s():
    return int(datetime.now(UTC).timestamp())


def in_json(message, key):
    """A recorded message with a place, a time and a key of ours."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    if message is TRACCAR_CLIENT_9:
        coords = message["location"]["coords"] | {"longitude": LON, "latitude": LAT}
        location = message["location"] | {"coords": coords, "timestamp": at}
        return message | {"device_id": key, "location": location}
    if message is TRACCAR_SERVER:
        position = message["position"] | {"longitude": LON, "latitude": LAT, "fixTime": at}
        return {"position": position, "device": message["device"] | {"uniqueId": key}}
    return message | {"lon": LON, "lat": LAT, "tst": now_s()}


def basic(key):
    return {"Authorization": "Basic " + b64encode(f"w:{key}".encode()).decode()}


async def send(client, app, key):
    """What an app sends, with its own headers and no others."""
    client = httpx.AsyncClient(transport=client._transport, base_url="http://gridsvc")
    fields = {"id": key, "timestamp": now_s(), "lat": LAT, "lon": LON, "speed": 2.9,
              "bearing": 90, "altitude": 12, "accuracy": 8, "batt": 87}  # fmt: skip
    if app == "osmand":
        return await client.get("/api/phones/osmand", params=fields)
    if app == "traccar client 8":
        return await client.post(f"/api/phones/osmand?{urlencode(fields)}")
    if app == "form":
        return await client.post("/api/phones/osmand", data=fields)
    if app == "traccar client 9":
        return await client.post("/api/phones/osmand", json=in_json(TRACCAR_CLIENT_9, key))
    if app == "traccar server":
        return await client.post("/api/phones/traccar", json=in_json(TRACCAR_SERVER, key))
    headers = basic(key) | {"X-Limit-U": "w", "X-Limit-D": "phone"}
    return await client.post("/api/phones/owntracks", json=in_json(OWNTRACKS, key), headers=headers)


APPS = {
    "osmand": ("osmand", b"", 400),
    "traccar client 8": ("osmand", b"", 400),
    "form": ("osmand", b"", 400),
    "traccar client 9": ("osmand", b"", 400),
    "traccar server": ("traccar", b"", 400),
    "owntracks": ("owntracks", b"[]", 401),
}


@pytest.mark.parametrize("app", APPS)
async def test_an_app_tells_where_somebody_is(staffed, town, app):
    source, says, _ = APPS[app]
    answer = await send(staffed, app, await key_of(staffed))
    assert (answer.status_code, answer.content) == (200, says)
    assert await where(staffed) == pytest.approx((LON, LAT))
    (kept,) = await track(town)
    assert (kept["source"], kept["unused"], kept["datum"]) == (source, None, "wgs84")


@pytest.mark.parametrize("app", APPS)
async def test_an_unknown_or_revoked_phone_tells_nothing(staffed, town, app):
    *_, status = APPS[app]
    key = await key_of(staffed)
    (device,) = (await staffed.get("/api/people/w/devices")).json()
    for wrong in (key[:-1] + "!", "", "gsd_", device["beginning"], "键"):
        answer = await send(staffed, app, wrong)
        assert_problem(answer, status)
    revoked = await staffed.post(f"/api/devices/{device['id']}/revocation")
    assert revoked.json()["revoked_at"] is not None
    assert_problem(await send(staffed, app, key), status)
    assert await track(town) == []
    assert await where(staffed) == pytest.approx(middle(0, 0))


@pytest.mark.parametrize(
    ("door", "content"),
    [
        ("osmand", rb'{"device_id": "\ud800", "location": {}}'),
        ("osmand", b"id=%ff%00&lat=1&lon=1"),
        ("osmand", b"{"),
        ("osmand", b'{"device_id": 1e999}'),
        ("traccar", rb'{"device": {"uniqueId": "\ud800"}}'),
        ("traccar", b'{"device": []}'),
        ("traccar", b""),
    ],
)
async def test_keys_of_any_kind_are_unknown(staffed, door, content):
    assert_problem(await staffed.post(f"/api/phones/{door}", content=content), 400)


@pytest.mark.parametrize("datum", Datum)
async def test_a_phone_tells_in_the_datum_it_was_declared_with(staffed, town, datum):
    lon, lat = from_wgs84(LON, LAT, datum)
    key = await key_of(staffed, datum=datum.value)
    told = {"id": key, "lat": lat, "lon": lon}
    assert (await staffed.get("/api/phones/osmand", params=told)).status_code == 200
    assert await where(staffed) == pytest.approx((LON, LAT), abs=1e-7)
    assert [row["datum"] for row in await track(town)] == [datum.value]


@pytest.mark.parametrize(
    ("change", "unused"),
    [
        ({"timestamp": lambda: now_s() + 86_400}, "clock_ahead"),
        ({"timestamp": lambda: 0}, "clock_behind"),
        ({"timestamp": lambda: now_s() - 86_400}, "older"),
        ({"lat": lambda: LAT + 5}, "too_fast"),
        ({"lat": lambda: 0, "lon": lambda: 0}, "outside"),
        ({"accuracy": lambda: 900}, "inaccurate"),
        ({"valid": lambda: "false"}, "no_fix"),
    ],
)
async def test_what_cannot_be_is_kept_and_not_used(staffed, town, change, unused):
    key = await key_of(staffed)
    told = {"id": key, "lat": LAT, "lon": LON} | {name: make() for name, make in change.items()}
    answer = await staffed.get("/api/phones/osmand", params=told)
    assert (answer.status_code, answer.content) == (200, b"")
    assert [row["unused"] for row in await track(town)] == [unused]
    assert await where(staffed) == pytest.approx(middle(0, 0))
    # A wrong clock spoils nothing: the next right one counts.
    await send(staffed, "osmand", key)
    assert await where(staffed) == pytest.approx((LON, LAT))


async def test_a_position_that_is_none_is_told_so_and_owntracks_goes_on(staffed, town):
    key = await key_of(staffed)
    for told in ({"lat": "nan"}, {"lat": 91}, {"timestamp": "x"}):
        answer = await staffed.get(
            "/api/phones/osmand", params={"id": key, "lat": LAT, "lon": LON} | told
        )
        assert_problem(answer, 400)
    for content in (b"", b"{}", b"[]", b"\xff", b'{"_type":"location"}', b'{"_type":"lwt"}',
                    b'{"_type":"location","lat":NaN,"lon":1,"tst":1}', b"[" * 100_000):  # fmt: skip
        answer = await staffed.post("/api/phones/owntracks", content=content, headers=basic(key))
        assert (answer.status_code, answer.json()) == (200, [])
    assert await track(town) == []


async def test_a_ping_sent_twice_is_one(staffed, town):
    key, at = await key_of(staffed), now_s()
    for _ in range(3):
        told = {"id": key, "lat": LAT, "lon": LON, "timestamp": at}
        assert (await staffed.get("/api/phones/osmand", params=told)).status_code == 200
    assert len(await track(town)) == 1


async def test_a_phone_brings_what_waits(staffed):
    event = (await staffed.post("/api/events", json=body(matter="E02"))).json()
    assert event["state"] == "FILED"
    await send(staffed, "traccar client 9", await key_of(staffed, "o"))
    shown = (await staffed.get(f"/api/events/{event['id']}")).json()
    assert (shown["state"], shown["handler"]["code"]) == ("DISPATCHED", "o")


async def test_a_phones_key_opens_nothing_else(staffed):
    key = await key_of(staffed)
    for proof in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, basic(key)):
        client = httpx.AsyncClient(transport=staffed._transport, base_url="http://gridsvc")
        assert (await client.get("/api/people", headers=proof)).status_code == 401


async def test_a_phone_that_asks_too_often_is_slowed(town, town_url, client_of):
    await staff(town, a_person("w", middle(0, 0)))
    async with client_of(town_url, requests_per_minute=5, public_per_minute=3) as client:
        key = await key_of(client)
        statuses = [(await send(client, "osmand", key)).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        strangers = [(await send(client, "osmand", "x")).status_code for _ in range(4)]
        assert strangers == [400] * 3 + [429]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=st.dictionaries(
        st.sampled_from(["lat", "lon", "timestamp", "accuracy", "speed", "valid"]),
        st.sampled_from(["NaN", "1e400", "\x00", "9" * 500, "32.001", "118.701", "-1", "", "1e39"]),
    ),
    form=st.booleans(),
)
async def test_no_form_is_an_error_of_ours(phone, fields, form):
    client, key = phone
    told = {"id": key} | fields
    answer = await (
        client.post("/api/phones/osmand", data=told)
        if form
        else client.get("/api/phones/osmand", params=told)
    )
    assert answer.status_code in {200, 400}


@pytest.fixture
async def phone(staffed):
    return staffed, await key_of(staffed)


def ping(person="w", s=0.0, **columns):
    at = datetime.now(UTC) + timedelta(seconds=s)
    place = {"lon": LON, "lat": LAT, "datum": "wgs84"}
    return {"person": person, "captured_at": at.isoformat()} | place | columns


class TestBatches:
    async def test_a_batch_of_many_people(self, staffed, town):
        pings = [ping(s=-20), ping("o", s=-15), ping(s=-10), ping(s=9000), ping(s=-3, lat=LAT + 1)]
        answer = await staffed.post(
            "/api/positions/batch", json={"client_key": "k", "pings": pings}
        )
        assert answer.json() == {
            "client_key": "k",
            "used": 3,
            "repeated": 0,
            "unused": [
                {"number": 3, "person": "w", "reason": "clock_ahead"},
                {"number": 4, "person": "w", "reason": "too_fast"},
            ],
            "taken_up": [],
        }
        assert await where(staffed) == await where(staffed, "o") == pytest.approx((LON, LAT))
        assert len(await track(town)) == 5

    async def test_the_same_batch_again_is_the_same_answer(self, staffed, town):
        event = (await staffed.post("/api/events", json=body(matter="E02"))).json()
        batch = {"client_key": "k", "pings": [ping("o"), ping(s=9000)]}
        answers = [await staffed.post("/api/positions/batch", json=batch) for _ in range(3)]
        assert {answer.text for answer in answers} == {answers[0].text}
        assert answers[0].json()["taken_up"] == [event["id"]]
        assert len(await track(town)) == 2

    async def test_the_same_key_with_another_body_is_refused(self, staffed, town):
        batch = {"client_key": "k", "pings": [ping()]}
        assert (await staffed.post("/api/positions/batch", json=batch)).status_code == 200
        other = {"client_key": "k", "pings": [ping(s=-1)]}
        refused = await staffed.post("/api/positions/batch", json=other)
        assert "another batch" in assert_problem(refused, 422)["detail"]
        assert len(await track(town)) == 1

    async def test_the_same_pings_under_another_key_are_known(self, staffed, town):
        pings = [ping(), ping()]
        pings[1]["captured_at"] = pings[0]["captured_at"]
        first, second = [
            (await staffed.post("/api/positions/batch", json={"client_key": k, "pings": pings}))
            for k in ("a", "b")
        ]
        assert (first.json()["used"], first.json()["repeated"]) == (1, 1)
        assert (second.json()["used"], second.json()["repeated"]) == (0, 2)
        assert len(await track(town)) == 1

    async def test_somebody_unknown_refuses_all_and_a_refused_key_is_free(self, staffed, town):
        batch = {"client_key": "k", "pings": [ping(), ping("x"), ping("y")]}
        refused = await staffed.post("/api/positions/batch", json=batch)
        assert assert_problem(refused, 404)["unknown"] == ["x", "y"]
        assert await track(town) == []
        again = {"client_key": "k", "pings": [ping()]}
        assert (await staffed.post("/api/positions/batch", json=again)).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"client_key": ""},
            {"client_key": "\x00"},
            {"client_key": "k" * 101},
            {"pings": []},
            {"pings": [ping()] * 1001},
            {"pings": [ping(lat=91)]},
            {"pings": [ping(datum=None)]},
            {"pings": [ping(captured_at=None)]},
            {"pings": [ping(captured_at="2026-11-26T08:00:00")]},
            {"pings": [ping(captured_at="9999-12-31T23:59:59-14:00")]},
            {"pings": [ping(accuracy_m=-1)]},
            {"pings": [ping(accuracy_m=10**400)]},
            {"pings": [ping(speed_mps="fast")]},
            {"pings": [ping(person="")]},
            {"pings": [ping(extra=1)]},
        ],
    )
    async def test_what_is_no_batch_is_refused(self, staffed, town, change):
        batch = {"client_key": "k", "pings": [ping()]} | change
        assert_problem(await staffed.post("/api/positions/batch", json=batch), 422)
        assert await track(town) == []


class TestTracks:
    async def test_a_track_is_read_for_a_purpose_and_recorded(self, staffed, town):
        pings = [ping(s=-20), ping(s=-10, lat=LAT + 1), ping(s=0)]
        await staffed.post("/api/positions/batch", json={"client_key": "k", "pings": pings})
        begins = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        ends = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        asked = {"begins": begins, "ends": ends}
        assert_problem(await staffed.post("/api/people/w/track", json=asked), 422)
        told = (await staffed.post("/api/people/w/track", json=asked | PURPOSE)).json()
        assert [point["unused"] for point in told["points"]] == [None, "too_fast", None]
        assert told["points"][0]["lon"] == pytest.approx(LON)
        assert not told["more"]
        (entry,) = await rows(
            town, "SELECT object_id, purpose, after FROM audit_entry WHERE action = 'track_read'"
        )
        assert (entry["object_id"], entry["purpose"]) == ("w", PURPOSE["purpose"])
        assert str(LON) not in str(entry)

    @pytest.mark.parametrize(
        ("begins", "ends"),
        [
            ("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("2026-10-01T00:00:00Z", "2026-11-02T00:00:00Z"),
            ("2026-11-01T00:00:00", "2026-11-02T00:00:00"),
            ("0001-01-01T00:00:00+14:00", "2026-11-02T00:00:00Z"),
        ],
    )
    async def test_a_time_that_is_none_is_refused(self, staffed, begins, ends):
        asked = PURPOSE | {"begins": begins, "ends": ends}
        assert_problem(await staffed.post("/api/people/w/track", json=asked), 422)

    async def test_hours_of_a_day(self, staffed):
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
        asked = {"division": "990101000000", "day": today}
        told = (await staffed.get("/api/hours-in-grid", params=asked)).json()
        assert (told["reached"], told["obliged"], told["required_s"]) == (0, 1, 10_800)
        assert told["begins"].endswith("+08:00")
        for change in ({"day": "2026-02-30"}, {"day": "1999-01-01"}, {"division": "99"}):
            assert_problem(await staffed.get("/api/hours-in-grid", params=asked | change), 422)


async def test_erased_nobody_leaves_a_track(staffed, town):
    """Also not where they belonged before, beyond the area of whoever erases."""
    key = await key_of(staffed)
    await send(staffed, "osmand", key)
    async with town.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO track (division_code, person_id, at, captured_at, geog, datum, source)"
                " SELECT '320102003001', person_id, at - interval '1 day', captured_at, geog,"
                " datum, source FROM track"
            )
        )
        keeper = await open_account(connection, "keeper", [Role.ADMINISTRATOR], ["990101000000"])
    told = await staffed.post("/api/people/w/export", json=PURPOSE, headers=bearer(keeper))
    assert (len(told.json()["track"]), len(told.json()["devices"])) == (2, 1)
    erased = await staffed.post("/api/people/w/erasure", json=PURPOSE, headers=bearer(keeper))
    assert erased.status_code == 204
    for table in ("track", "device", "shift", "position"):
        kept = f"SELECT 1 FROM {table} t JOIN person p ON p.id = t.person_id WHERE p.code = 'w'"
        assert await rows(town, kept) == []
    assert_problem(await send(staffed, "osmand", key), 400)


class TestDevices:
    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"person": "nobody"}, 404),
            ({"datum": None}, 422),
            ({"datum": "epsg:4326"}, 422),
            ({"label": ""}, 422),
            ({"label": "a\x00"}, 422),
            ({"key": "own"}, 422),
        ],
    )
    async def test_a_phone_that_cannot_be_registered(self, staffed, change, status):
        told = {"person": "w", "label": "x", "datum": "wgs84"} | change
        assert_problem(await staffed.post("/api/devices", json=told), status)

    async def test_the_key_is_shown_once_and_kept_as_its_digest(self, staffed, town):
        key = await key_of(staffed)
        (device,) = (await staffed.get("/api/people/w/devices")).json()
        assert device["beginning"] == key[:10]
        assert key not in str(await rows(town, "SELECT d::text FROM device d"))
        assert key not in str(await rows(town, "SELECT e::text FROM audit_entry e"))
        assert device["used_at"] is None
        await send(staffed, "osmand", key)
        (device,) = (await staffed.get("/api/people/w/devices")).json()
        assert device["used_at"] is not None

    async def test_registering_and_revoking_are_recorded_once(self, staffed, town):
        await key_of(staffed)
        (device,) = (await staffed.get("/api/people/w/devices")).json()
        for _ in range(2):
            await staffed.post(f"/api/devices/{device['id']}/revocation")
        actions = await rows(
            town, "SELECT action FROM audit_entry WHERE action LIKE 'device%' ORDER BY at"
        )
        assert [row["action"] for row in actions] == ["device_registered", "device_revoked"]
        assert_problem(await staffed.post("/api/devices/999999/revocation"), 404)
