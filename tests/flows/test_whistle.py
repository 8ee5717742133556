"""吹哨报到 over HTTP: streets call departments, a township its county, an enterprise the police."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.dispatch.unanswered import escalate
from gridsvc.mandates import service as mandates
from tests.flows.test_report_to_close import body as an_event
from tests.limits import load_limits
from tests.towns import COMMUNITY, COUNTY, middle
from tests.who import bearer, open_account

ALWAYS = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
DEPARTMENTS = [f"D{n:02}" for n in range(54)]
LON, LAT = middle(0, 0)


def a_unit(code, kind="department", level="county", division=COUNTY, parent=None):
    named = {"code": code, "name": f"{code}单位", "kind": kind, "level": level}
    valid = {"valid_from": date(2020, 1, 1), "valid_to": None}
    return named | valid | {"division_code": division, "parent_code": parent}


async def opened(town):
    """Headers of a street's desk, its leader, the departments, and of a stranger's department."""
    async with transaction(town) as session:
        await mandates.load_units(
            session,
            [
                a_unit("GOV"),
                *(a_unit(code, parent="GOV") for code in DEPARTMENTS),
                a_unit("ST", "street", "street", COMMUNITY),
                a_unit("EN", "enterprise", "community", COMMUNITY),
                a_unit("TEAM", "team", "street", COMMUNITY),
            ],
        )
        accounts = {
            "desk": await open_account(session, "desk", [Role.DISPATCHER], [COMMUNITY]),
            "leader": await open_account(session, "leader", [Role.SUPERVISOR], [COMMUNITY]),
            "department": await open_account(
                session, "department", [Role.DEPARTMENT], [COUNTY], matters=["E01"]
            ),
            "street": await open_account(
                session, "street", [Role.DEPARTMENT], [COMMUNITY], matters=["E01"]
            ),
        }
    return {name: bearer(account) for name, account in accounts.items()}


def sender(http, who):
    """Send something about whistles as somebody; the answer."""

    async def post(name, path, sent, status=200):
        answer = await http.post(f"/api/whistles{path}", json=sent, headers=who[name])
        assert answer.status_code == status, answer.text
        return answer.json()

    return post


@pytest.fixture
async def who(town):
    return await opened(town)


@pytest.fixture
async def http(client_of, town_url):
    async with client_of(town_url, headers=None, requests_per_minute=100_000) as client:
        yield client


@pytest.fixture
def post(http, who):
    return sender(http, who)


def a_call(*units, **columns):
    place = {"lon": LON, "lat": LAT, "datum": "wgs84"}
    if "event" in columns:
        place = {}
    return (
        {"unit": "ST", "units": list(units), "description": "夜市占道", "client_key": uuid4().hex}
        | place
        | columns
    )


def there(unit, **columns):
    return {"unit": unit, "client_key": uuid4().hex} | columns


def scores(*units, score=5):
    return {"scores": [{"unit": unit, "score": score, "comment": "到位"} for unit in units]}


async def let_pass(engine, hours):
    """Let time pass for every call."""
    async with engine.begin() as connection:
        for table, columns in {
            "whistle_call": ["called_at"],
            "whistle_unit": ["due_at", "checked_in_at"],
            "whistle_history": ["at"],
        }.items():
            moved = ", ".join(f"{c} = {c} - :h * interval '1 hour'" for c in columns)
            await connection.execute(text(f"UPDATE {table} SET {moved}"), {"h": hours})


async def test_a_township_calls_the_county(http, who, post, town):
    """Row 18: call, respond-by time, arrival, outcome; the loop is closed."""
    called = await post("desk", "", a_call("D00", "D01"), 201)
    number = called["id"]
    assert called["called_as"] == "街道吹哨"
    assert [(one["unit"], one["leads"], one["due_by"]) for one in called["units"]] == [
        ("D00", True, "usual"), ("D01", False, "usual"),
    ]  # fmt: skip
    await post("department", f"/{number}/check-ins", there("D00"))
    await post("department", f"/{number}/notes", {"unit": "D00", "note": "已清理"})
    await post("department", f"/{number}/notes", {"unit": "D01", "note": "未到"}, 409)
    await post("desk", f"/{number}/notes", {"unit": "ST", "note": "街道配合"})
    await post("department", f"/{number}/check-ins", there("D01"))
    # Nobody but the caller says that it is resolved, and none closes before.
    await post("department", f"/{number}/judgement", {"resolved": True, "note": "好"}, 403)
    refused = await post("desk", f"/{number}/closing", scores("D00", "D01"), 409)
    assert refused["detail"].endswith("it may go to: CHECKED_IN, RESOLVED, UNRESOLVED")
    await post("desk", f"/{number}/judgement", {"resolved": True, "note": "已解决"})
    await post("desk", f"/{number}/closing", scores("D00"), 422)
    closed = await post("desk", f"/{number}/closing", scores("D00", "D01", score=4))
    assert closed["state"] == "CLOSED"
    assert closed["resolved"] is True
    assert [one["score"] for one in closed["units"]] == [4, 4]
    assert [(one["deed"], one["to_state"]) for one in closed["history"]] == [
        ("call", "CALLED"), ("check_in", "CHECKED_IN"), ("note", "CHECKED_IN"),
        ("note", "CHECKED_IN"), ("check_in", "CHECKED_IN"), ("judge", "RESOLVED"),
        ("close", "CLOSED"),
    ]  # fmt: skip
    await post("department", f"/{number}/check-ins", there("D01"), 409)
    listed = await http.get("/api/whistles", params={"unit": "D01"}, headers=who["department"])
    assert [one["id"] for one in listed.json()["whistles"]] == [number]


async def test_a_tackling_call_is_signed_by_both_leaders(post):
    """Row 38: 攻坚哨, double report; nobody signs for both and nobody comes before."""
    number = (await post("desk", "", a_call("D00", "D01", kind="tackling"), 201))["id"]
    refused = await post("department", f"/{number}/check-ins", there("D00"), 409)
    assert "SIGNED_OFF" in refused["detail"]
    await post("department", f"/{number}/signatures", {"unit": "ST"}, 403)
    await post("leader", f"/{number}/signatures", {"unit": "D00"}, 403)
    await post("department", f"/{number}/signatures", {"unit": "D01"}, 422)
    half = await post("leader", f"/{number}/signatures", {"unit": "ST"})
    assert half["state"] == "CALLED"
    await post("leader", f"/{number}/signatures", {"unit": "ST"}, 409)
    signed = await post("department", f"/{number}/signatures", {"unit": "D00"})
    assert signed["state"] == "SIGNED_OFF"
    for unit in ("D01", "D00"):
        await post("department", f"/{number}/check-ins", there(unit))
    ordinary = (await post("desk", "", a_call("D00"), 201))["id"]
    await post("leader", f"/{ordinary}/signatures", {"unit": "ST"}, 409)


async def test_by_when_to_check_in(http, who, post, town):
    await load_limits(town, ("accept", 1, "", 1.0), ("arrive", 1, "", 3.0))
    reported = await http.post("/api/events", json=an_event(), headers=who["desk"])
    event = reported.json()["id"]
    called = await post("desk", "", a_call("D00", event=event), 201)
    assert (called["event"], called["matter"]) == (event, "E01")
    due = datetime.fromisoformat(called["units"][0]["due_at"])
    assert due - datetime.fromisoformat(called["called_at"]) == timedelta(hours=3)
    assert called["units"][0]["due_by"] == "limit"
    in_two_days = datetime.now(UTC) + timedelta(days=2)
    given = await post("desk", "", a_call("D00", check_in_by=in_two_days.isoformat()), 201)
    assert datetime.fromisoformat(given["units"][0]["due_at"]) == in_two_days
    # Working hours without a calendar: no call is lost, the usual time holds.
    await load_limits(town, ("arrive", 1, "", 3.0), time_unit="working_hours", area=COUNTY)
    assert (await post("desk", "", a_call("D00", matter="E01"), 201))["units"][0]["due_by"] == (
        "usual"
    )


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"units": ["NO"]}, 422, "'NO' is not on the list"),
        ({"units": []}, 422, ""),
        ({"units": ["D00", "D00"]}, 422, ""),
        ({"units": ["ST"]}, 422, ""),
        ({"unit": "TEAM"}, 422, "does not call"),
        ({"unit": "D00", "units": ["D01"]}, 403, "outside your areas"),
        ({"datum": None}, 422, ""),
        ({"lon": 1.0}, 422, "outside every published grid"),
        ({"matter": "NO"}, 422, "unknown matter"),
        ({"check_in_by": "2020-01-01T00:00:00Z"}, 422, "a time to come"),
        ({"check_in_by": "2020-01-01T00:00:00"}, 422, ""),
        ({"event": 999_999, "lon": None, "lat": None, "datum": None}, 404, "no event"),
        ({"event": 1}, 422, ""),
        ({"description": "\x00"}, 422, ""),
        ({"description": "长" * 4001}, 422, ""),
    ],
)
async def test_bad_calls_are_refused(post, town, change, status, says):
    refused = await post("desk", "", a_call("D00") | change, status)
    assert says in str(refused)
    async with town.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM whistle_call")) == 0


async def test_the_same_key_is_the_same_deed(post, town):
    sent = a_call("D00")
    both = await asyncio.gather(*(post("desk", "", sent, 201) for _ in range(2)))
    assert both[0] == both[1]
    await post("desk", "", sent | {"description": "另一件"}, 422)
    number = both[0]["id"]
    arrival = there("D00")
    first = await post("department", f"/{number}/check-ins", arrival)
    assert await post("department", f"/{number}/check-ins", arrival) == first
    await post("department", f"/{number}/check-ins", arrival | {"note": "另"}, 422)
    await post("department", f"/{number}/check-ins", there("D00"), 409)
    await post("department", f"/{number}/check-ins", there("D01"), 422)


async def test_units_outside_the_areas_are_refused(post):
    number = (await post("desk", "", a_call("D00"), 201))["id"]
    refused = await post("street", f"/{number}/check-ins", there("D00"), 403)
    assert "outside your areas" in refused["detail"]


async def test_two_check_in_at_once_and_of_one_unit_only_one(http, who, post):
    number = (await post("desk", "", a_call("D00", "D01"), 201))["id"]
    tries = [there(unit) for unit in ("D00", "D01", "D00", "D01")]
    answers = await asyncio.gather(
        *(
            http.post(f"/api/whistles/{number}/check-ins", json=one, headers=who["department"])
            for one in tries
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 200, 409, 409]


async def test_the_caller_ends_it_while_a_unit_checks_in(http, who, post):
    """Whichever is first, history and state agree, and the other is told."""
    for _ in range(5):
        number = (await post("desk", "", a_call("D00"), 201))["id"]
        came, ended = await asyncio.gather(
            http.post(
                f"/api/whistles/{number}/check-ins", json=there("D00"), headers=who["department"]
            ),
            http.post(
                f"/api/whistles/{number}/withdrawal", json={"note": "撤"}, headers=who["desk"]
            ),
        )
        assert sorted((came.status_code, ended.status_code)) == [200, 409]
        shown = (await http.get(f"/api/whistles/{number}", headers=who["desk"])).json()
        last = "CHECKED_IN" if came.is_success else "WITHDRAWN"
        assert shown["state"] == shown["history"][-1]["to_state"] == last
        assert (shown["units"][0]["checked_in_at"] is not None) == came.is_success


async def test_who_does_not_come_is_told_of_above_once_each(http, who, post, town):
    number = (await post("desk", "", a_call("D00", "D01", "GOV"), 201))["id"]
    await post("department", f"/{number}/check-ins", there("D01"))
    await let_pass(town, 23)
    assert await escalate(town) == 0
    await let_pass(town, 2)
    assert sum(await asyncio.gather(escalate(town), escalate(town))) == 2
    await let_pass(town, 24)
    assert await escalate(town) == 2
    shown = (await http.get(f"/api/whistles/{number}", headers=who["desk"])).json()
    assert sorted((one["unit"], one["rung"], one["told_unit"]) for one in shown["escalations"]) == [
        ("D00", "still_unanswered", "GOV"), ("D00", "unanswered", "GOV"),
        ("GOV", "still_unanswered", None), ("GOV", "unanswered", None),
    ]  # fmt: skip
    assert [one["unanswered"] for one in shown["units"]] == [True, False, True]
    async with town.connect() as connection:
        told = await connection.execute(
            text("SELECT kind, unit_code, count(*) FROM notice GROUP BY 1, 2")
        )
        counts = {(kind, unit): number for kind, unit, number in told}
    assert counts["whistle", "D00"] == 1
    # Of itself twice, and as the superior of D00 twice.
    assert counts["whistle_unanswered", "GOV"] == 4
    # Who supervises the area is told of those above whom nobody is.
    assert counts["whistle_unanswered", None] >= 2
    await post("desk", f"/{number}/judgement", {"resolved": False, "note": "两家未到"})
    await let_pass(town, 1000)
    assert await escalate(town) == 0


async def test_what_nobody_came_for_is_not_resolved(post):
    number = (await post("desk", "", a_call("D00"), 201))["id"]
    refused = await post("desk", f"/{number}/judgement", {"resolved": True, "note": "好"}, 409)
    assert "CHECKED_IN, UNRESOLVED, WITHDRAWN" in refused["detail"]
    await post("desk", f"/{number}/judgement", {"resolved": False, "note": "无人到场"})
    await post("desk", f"/{number}/closing", scores("D00", score=1))
