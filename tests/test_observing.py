"""What every answer carries and every request leaves behind, whatever was asked."""

import json
import re
from uuid import uuid4

import pytest

from tests.flows.test_report_to_close import body, query
from tests.loglines import caught, lines_of
from tests.towns import a_person, middle, staff

PERSONAL = "13912345678"
UUID = re.compile(r"[0-9a-f]{32}")


async def raise_a_bug():
    raise ValueError(f"row of {PERSONAL}")


@pytest.fixture
def buggy(client):
    """A service with one route that has a bug."""
    client._transport.app.add_api_route("/api/bug/{name}", raise_a_bug)
    return client


#: A question, the status of its answer, and the template its log line names.
QUESTIONS = [
    ("GET", "/", 200, "/"),
    ("GET", "/docs", 200, "/docs"),
    ("GET", "/health/live", 200, "/health/live"),
    ("GET", "/metrics", 200, "/metrics"),
    ("GET", "/api/grids", 200, "/api/grids"),
    ("GET", "/api/events/4711", 404, "/api/events/{event_id}"),
    ("GET", "/api/events/x", 422, "/api/events/{event_id}"),
    ("GET", f"/api/micro-grids/at?lon={PERSONAL}", 422, "/api/micro-grids/at"),
    ("POST", f"/api/people/{PERSONAL}/duty", 422, "/api/people/{code}/duty"),
    ("GET", f"/{PERSONAL}%0a%7b%22level%22:1%7d", 404, "unmatched"),
    ("GET", f"/static/{PERSONAL}", 404, "/static"),
    ("GET", "/static/landing.css", 200, "/static"),
    (PERSONAL, "/api/grids", 405, None),
    ("GET", f"/api/bug/{PERSONAL}", 500, "/api/bug/{name}"),
]


@pytest.mark.parametrize(("method", "path", "status", "route"), QUESTIONS)
async def test_every_answer_is_marked_hardened_and_logged(buggy, method, path, status, route):
    with caught() as log:
        answer = await buggy.request(method, path)
    assert answer.status_code == status
    request_id = answer.headers["x-request-id"]
    assert UUID.fullmatch(request_id)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    cacheable = path.startswith("/static")
    assert (answer.headers.get("cache-control") == "no-store") is not cacheable

    lines = lines_of(log)
    assert {line["request_id"] for line in lines} == {request_id}
    (line,) = [line for line in lines if line["message"] == "request"]
    assert line["status"] == status
    assert line["seconds"] >= 0
    assert line["method"] in {"GET", "POST", "OTHER"}
    assert route is None or line["route"] == route
    assert PERSONAL not in log.getvalue()
    assert (status == 500) == any(line["level"] == "ERROR" for line in lines)


@pytest.mark.parametrize(
    "given", [str(uuid4()), uuid4().hex, "A" * 32], ids=["dashed", "plain", "capitals"]
)
async def test_a_well_formed_request_id_is_kept(client, given):
    with caught() as log:
        answer = await client.get("/health/live", headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]
    assert [line["request_id"] for line in lines_of(log)] == [given]


@pytest.mark.parametrize(
    "given", ["", PERSONAL, "x" * 32, "a" * 33, f"{'a' * 32}\n", '{"level":"ERROR"}', "长" * 32]
)
async def test_any_other_request_id_is_replaced_and_not_logged(client, given):
    headers = {"X-Request-ID": given.encode()}
    with caught() as log:
        answer = await client.get("/health/live", headers=headers)
    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != given
    assert not given or json.dumps(given)[1:-1] not in log.getvalue()


async def test_a_page_keeps_its_own_policy(client):
    policies = (await client.get("/")).headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert "script-src 'self'" in policies[0]


async def test_an_events_way_leaves_no_personal_data_in_the_log(town, client):
    lon, lat = middle(0, 0)
    await staff(town, a_person("worker-zhang", (lon, lat), name="张小明"))
    told = body(description=f"张小明 {PERSONAL} 家门口", client_key=f"key-{PERSONAL}")
    with caught() as log:
        event = (await client.post("/api/events", json=told)).json()
        again = await client.post("/api/events", json=told | {"description": "别的"})
        assert again.status_code == 422, again.text
        moved = {"to_state": "ACCEPTED", "note": PERSONAL}
        assert (await client.post(f"/api/events/{event['id']}/moves", json=moved)).is_success
        assert (await client.get("/api/nearest", params=query(matter="E01"))).is_success
        duty = await client.post("/api/people/worker-zhang/duty", json={"on_duty": False})
        assert duty.is_success
    assert [line["status"] for line in lines_of(log)] == [201, 422, 200, 200, 200]
    for trace in (PERSONAL, "张", "\\u5f20", "worker-zhang", str(lon)[:7], str(lat)[:6]):
        assert trace not in log.getvalue()
