"""Whatever is sent: a problem document with a reason, nothing stored, no traceback."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import SETTLED, copy_of
from tests.flows.test_report_to_close import assert_problem, body, query
from tests.towns import a_person, middle, staff

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
async def town_url(cluster):
    """One town for all that is refused: nothing of it may be stored."""
    async with copy_of(cluster, SETTLED) as url:
        yield url


async def stored(client):
    return (await client.get("/api/events")).json()["total"]


def raw(**columns):
    """A report as text, with values JSON libraries would not write."""
    told = body() | {"lon": "LON", "description": "DESCRIPTION"} | columns
    return json.dumps(told)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"matter": "E99"}, "unknown matter"),
        ({"matter": "E"}, "is a class"),
        ({"matter": ""}, "matter"),
        ({"matter": "\x00"}, "NUL"),
        ({"matter": None}, "matter"),
        ({"lon": 0.0}, "outside every published grid"),
        ({"datum": "bd09"}, "outside every published grid"),
        ({"lon": 181}, "lon"),
        ({"lat": -91}, "lat"),
        ({"lon": "118.7x"}, "lon"),
        ({"lon": True, "lat": None}, "lat"),
        ({"lon": 10**400}, "lon"),
        ({"datum": None}, "datum"),
        ({"datum": "WGS84"}, "datum"),
        ({"description": ""}, "description"),
        ({"description": "长" * 4001}, "description"),
        ({"description": "a\x00b"}, "NUL"),
        ({"client_key": ""}, "client_key"),
        ({"client_key": "k" * 101}, "client_key"),
        ({"client_key": "\x00"}, "NUL"),
        ({"captured_at": "2026-01-01T00:00:00"}, "captured_at"),
        ({"captured_at": "9999-12-31T23:59:59-14:00"}, "clock"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "clock"),
        ({"captured_at": 1e300}, "captured_at"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_report_that_cannot_be_used_is_refused_with_the_reason(client, change, says):
    before = await stored(client)
    answer = await client.post("/api/events", content=json.dumps(body() | change), headers=JSON)
    assert says in assert_problem(answer, 422)["detail"]
    assert await stored(client) == before


@pytest.mark.parametrize("missing", ["matter", "lon", "lat", "datum", "description", "client_key"])
async def test_nothing_may_be_left_out(client, missing):
    told = body()
    del told[missing]
    assert missing in assert_problem(await client.post("/api/events", json=told), 422)["detail"]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ('"LON"', "NaN"),
        ('"LON"', "Infinity"),
        ('"LON"', "-Infinity"),
        ('"LON"', "1e400"),
        ('"LON"', '"nan"'),
        ('"LON"', '"1e400"'),
        ('"DESCRIPTION"', '"\\ud800"'),
        ('"DESCRIPTION"', '"\\udfff\\ud800"'),
    ],
)
async def test_what_json_should_not_say_is_refused(client, what, value):
    content = raw(lon="LON") if what == '"LON"' else raw(lon=middle(0, 0)[0])
    before = await stored(client)
    answer = await client.post("/api/events", content=content.replace(what, value), headers=JSON)
    assert_problem(answer, 422)
    assert await stored(client) == before


@pytest.mark.parametrize("event_id", ["0", "-1", "x", str(2**63), "9" * 400, "1.5", "%00"])
async def test_ids_that_are_none(client, event_id):
    for answer in (
        await client.get(f"/api/events/{event_id}"),
        await client.post(f"/api/events/{event_id}/moves", json={"to_state": "CLOSED"}),
    ):
        assert_problem(answer, 422)


async def test_an_id_nobody_has(client):
    assert "no event 4711" in assert_problem(await client.get("/api/events/4711"), 404)["detail"]
    largest = 2**63 - 1
    assert_problem(await client.get(f"/api/events/{largest}"), 404)


@pytest.mark.parametrize(
    "change",
    [
        {"to_state": "GONE"},
        {"to_state": "CLOSED", "note": "\x00"},
        {"to_state": "CLOSED", "note": "n" * 1001},
        {"to_state": "CLOSED", "actor": "somebody-else"},
        [],
    ],
)
async def test_moves_that_are_none(client, change):
    event = (await client.post("/api/events", json=body())).json()
    assert_problem(await client.post(f"/api/events/{event['id']}/moves", json=change), 422)


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/api/micro-grids/at", {"lon": 1}, 422),
        ("/api/micro-grids/at", query() | {"datum": ""}, 422),
        ("/api/micro-grids/at", {"lon": 118.7, "lat": 32}, 422),
        ("/api/micro-grids/at", query(lon="nan"), 422),
        ("/api/micro-grids/at", query(lon="1e400"), 422),
        ("/api/micro-grids/at", query(lon="118,7"), 422),
        ("/api/micro-grids/at", query(lon=0, lat=0), 404),
        ("/api/micro-grids/at", query(datum="bd09") | {"lon": -180, "lat": -90}, 422),
        ("/api/nearest", query(matter="E99"), 422),
        ("/api/nearest", query(matter="\x00"), 422),
        ("/api/nearest", query(matter="E01", k=0), 422),
        ("/api/nearest", query(matter="E01", k=51), 422),
        ("/api/nearest", query(matter="E01", k="x"), 422),
        ("/api/nearest", query(matter="E01") | {"lon": 0}, 404),
        ("/api/events", {"division": "123"}, 422),
        ("/api/events", {"division": "\x00"}, 422),
        ("/api/events", {"state": "closed"}, 422),
        ("/api/events", {"limit": 1001}, 422),
        ("/api/grids", {"bbox": "1,2,3"}, 422),
        ("/api/grids", {"bbox": "1,2,3,x"}, 422),
        ("/api/grids", {"bbox": "3,2,1,4"}, 422),
        ("/api/grids", {"bbox": "nan,nan,nan,nan"}, 422),
        ("/api/grids", {"bbox": "-inf,-inf,inf,inf"}, 422),
        ("/api/grids", {"bbox": "1,2,3,4" * 100}, 422),
        ("/api/grids", {"limit": 5001}, 422),
        ("/api/grids", {"limit": -1}, 422),
        ("/api/micro-grids", {"division": "99010100100１"}, 422),
        ("/maps/coverage", {"division": "x"}, 422),
        ("/maps/coverage", {"layers": "roads"}, 422),
        ("/maps/coverage", {"layers": "reach", "mode": "boat"}, 422),
        ("/maps/coverage", {"layers": "pace", "days": 0}, 422),
        ("/maps/coverage", {"division": "110101001001"}, 404),
    ],
)
async def test_questions_that_have_no_answer(client, path, params, status):
    assert_problem(await client.get(path, params=params), status)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"person": "nobody"}, 404),
        ({"person": "\x00"}, 422),
        ({"person": ""}, 422),
        ({"lon": 181}, 422),
        ({"datum": None}, 422),
        ({"datum": "bd09", "lon": -180, "lat": -90}, 422),
        ({"captured_at": "2999-01-01T00:00:00Z"}, 422),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"captured_at": "noon"}, 422),
    ],
)
async def test_positions_that_are_none(town, client, change, status):
    await staff(town, a_person("a"))
    told = {"person": "a"} | query()
    assert (await client.post("/api/positions", json=told)).status_code == 200
    assert_problem(await client.post("/api/positions", json=told | change), status)


@pytest.mark.parametrize(
    ("code", "change", "status"),
    [
        ("nobody", {"on_duty": True}, 404),
        ("%00", {"on_duty": True}, 422),
        ("x" * 65, {"on_duty": True}, 422),
        ("a", {}, 422),
        ("a", {"on_duty": None}, 422),
        ("a", {"on_duty": 2}, 422),
    ],
)
async def test_duty_that_is_none(client, code, change, status):
    assert_problem(await client.post(f"/api/people/{code}/duty", json=change), status)


@pytest.mark.parametrize(
    "path", ["/api/events", "/api/grids", "/api/micro-grids/at", "/maps/coverage", "/health/live"]
)
async def test_methods_that_are_not_there(client, path):
    assert_problem(await client.delete(path), 405)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_no_body_at_all_breaks_the_service(client, data):
    told = body()
    for name in data.draw(st.sets(st.sampled_from(sorted(told)), min_size=1, max_size=3)):
        told[name] = data.draw(ANYTHING)
    answer = await client.post("/api/events", content=json.dumps(told), headers=JSON)
    assert answer.status_code in {201, 422}, answer.text
    if answer.status_code == 422:
        assert_problem(answer, 422)
