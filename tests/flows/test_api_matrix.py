"""Every role × every route × own area, foreign area, somebody else's object: nothing leaks.

The routes are read from the OpenAPI document, so that a new one is covered by itself; one with a
parameter or body unknown here fails until it is told what to send.
"""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import FIELD, OWN_REPORTS_ONLY, Role
from gridsvc.db import make_engine
from tests.conftest import SETTLED, copy_of
from tests.events.test_photos import a_photo
from tests.flows.test_scope_matrix import AREA_OF
from tests.neighbours import MARKS, make_neighbours
from tests.who import bearer

#: Whose object is asked for.
WHOSE = ("own", "foreign", "other's")
PURPOSE = {"purpose": "核查权限矩阵"}


@pytest.fixture(scope="module")
async def neighbours(cluster, client_factory):
    async with copy_of(cluster, SETTLED) as url:
        engine = make_engine(url)
        own, foreign = await make_neighbours(engine)
        async with client_factory(
            url, headers=None, requests_per_minute=100_000, public_per_minute=100_000,
            sign_ins_per_minute=100_000,
        ) as client:  # fmt: skip
            yield client, engine, own, foreign
        await engine.dispose()


def parameters(side, whose):
    """What to send for every parameter there is, by its name."""
    others = whose == "other's"
    lon, lat = side.place
    return {
        "event_id": side.others_event if others else side.event,
        "code": side.other_person if others else side.person,
        "login": side.login,
        "key_id": side.key,
        "media_id": 1,
        "plan_id": side.plan,
        "version_id": side.list_version,
        "before": side.list_version,
        "condition_id": side.condition,
        "channel_id": side.channel,
        "notice_id": side.notice,
        "whistle_id": side.whistle,
        "delivery_id": side.delivery,
        "lon": lon,
        "lat": lat,
        "datum": "wgs84",
        "matter": "E01",
        "division": side.community,
        "since": "2026-01-01T00:00:00Z",
        "until": "2100-01-01T00:00:00Z",
        "device_id": side.device,
        "shift_id": side.shift,
        "day": "2026-11-01",
        "for_s": 0,  # a live stream ends after what there is to tell
    }


def a_shift():
    """An hour at a time of its own, somewhere within the next years."""
    begins = datetime.now(UTC) + timedelta(hours=2 * (uuid4().int % 20_000))
    return {"begins": begins.isoformat(), "ends": (begins + timedelta(hours=1)).isoformat()}


def a_posting():
    """A day of its own, before anybody's posting."""
    day = date(2020, 1, 2) + timedelta(days=uuid4().int % 2000)
    return {
        "home_unit": "own-unit",
        "commanding_unit": "own-unit",
        "begins": day.isoformat(),
        "ends": (day + timedelta(days=1)).isoformat(),
    }


def bodies(side, whose):
    """What to send as every body there is, by the name of its schema."""
    told, others = parameters(side, whose), whose == "other's"
    place = {name: told[name] for name in ("lon", "lat", "datum")}
    return {
        "EventIn": place | {"matter": "E01", "description": "矩阵", "client_key": uuid4().hex},
        "MoveIn": {"to_state": "ACCEPTED"},
        "PositionIn": place | {"person": told["code"]},
        "PositionBatchIn": {
            "client_key": uuid4().hex,
            "pings": [place | {"person": told["code"], "captured_at": "2026-11-01T08:00:00Z"}],
        },
        "TrackAsked": PURPOSE | {"begins": "2026-11-01T00:00:00Z", "ends": "2026-11-02T00:00:00Z"},
        "DeviceIn": {"person": told["code"], "label": "x", "datum": "wgs84"},
        "ShiftIn": a_shift(),
        "PostingIn": a_posting(),
        "DutyIn": {"on_duty": True},
        "PurposeIn": PURPOSE,
        "TokenIn": {"login": "nobody-here", "password": "x"},
        "AccountIn": {
            "login": f"new-{uuid4().hex[:8]}",
            "name": "新人",
            "roles": ["appraiser"],
            "division": side.community,
            "areas": [side.community],
        },
        "AccountChange": {"roles": ["appraiser"]},
        "OverrideIn": {"person": told["code"], "reason": "矩阵"},
        "ConditionIn": {
            "division": side.county,
            "way": 2,
            "reason": "矩阵",
            "client_key": uuid4().hex,
        },
        "LiftIn": {"note": "矩阵"},
        # An address that needs no look-up.
        "ChannelIn": {"url": "jsons://1.1.1.1/", "unit": "u", "division": side.community},
        "SubscriptionsIn": {
            "subscriptions": [{"kind": "overdue", "division": side.community}],
        },
        "KeyIn": {"label": "x", "permissions": ["view_cells"]},
        "SuspensionIn": {
            "until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            "reason": "weather",
            "note": "矩阵",
        },
        "DecisionIn": {"approve": False},
        "WhistleIn": place
        | {
            "unit": side.street,
            "units": [side.department],
            "description": "矩阵",
            "client_key": uuid4().hex,
        },
        "SignatureIn": {"unit": side.department},
        "CheckInIn": {"unit": side.department, "client_key": uuid4().hex},
        "WhistleNoteIn": {"unit": side.department, "note": "矩阵"},
        "JudgementIn": {"resolved": False, "note": "矩阵"},
        "ClosingIn": {"scores": [{"unit": side.department, "score": 3}]},
        "WhistleWithdrawalIn": {"note": "矩阵"},
        "WithdrawalIn": {"reason": "wrong", "note": "矩阵"},
        "DuplicateIn": {"of": side.event if others else side.others_event, "note": "矩阵"},
    }


def calls(document, side, whose):
    """Every operation with what to send: method, path, query, body, whether it names an object."""
    known, sendable = parameters(side, whose), bodies(side, whose)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            needed = {p["name"]: p for p in operation.get("parameters", [])}
            query = {
                name: known[name]
                for name, p in needed.items()
                if p["in"] == "query" and (p["required"] or name in known)
            }
            named = re.findall(r"{(\w+)}", path)
            unknown = [n for n in named if n not in known]
            assert not unknown, f"{path} has the parameter {unknown}: tell this test what to send"
            body = None
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]
                if "image/jpeg" in content:
                    body = a_photo()
                else:
                    reference = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
                    assert reference in sendable, (
                        f"{method} {path} takes a {reference}: tell this test what to send"
                    )
                    body = sendable[reference]
            place = path.format(**known)
            yield method, path, place, query, body, operation, bool(named or body)


async def ask(client, method, place, query, body, headers):
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    return await client.request(method, place, params=query, headers=headers, **sent)


async def foreign_rows(engine):
    """Everything of the foreign county, as text."""
    found = set()
    async with engine.connect() as connection:
        for table, area in AREA_OF.items():
            found |= set(
                await connection.scalars(
                    text(f"SELECT '{table}' || t::text FROM {table} t WHERE {area} LIKE '9902%'")
                )
            )
    return found


@pytest.mark.parametrize("role", Role)
async def test_nothing_leaks_and_nothing_foreign_changes(neighbours, role):
    client, engine, own, foreign = neighbours
    document = (await client.get("/openapi.json")).json()
    headers = bearer(own.accounts[role])
    before = await foreign_rows(engine)
    leaks, tried, let_in = [], 0, set()
    for whose in WHOSE:
        side = foreign if whose == "foreign" else own
        for method, path, place, query, body, operation, named in calls(document, side, whose):
            if "/erasure" in path or path.endswith("/reset"):
                continue  # takes away what the others ask for; has a test of its own below
            answer = await ask(client, method, place, query, body, headers)
            tried += 1
            what = f"{role} {whose} {method} {place}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code < 500, what
            allowed = operation.get("x-roles")
            if allowed is not None and role not in allowed:
                assert answer.status_code == 403, what
                continue
            if answer.is_success:
                let_in.add((method, path, whose))
            if any(mark in answer.text for mark in MARKS):
                leaks.append(what)
            if whose == "foreign" and named and allowed is not None and answer.is_success:
                leaks.append(what)
            if whose == "other's" and answer.is_success and is_somebody_elses(role, path):
                leaks.append(what)
    assert leaks == []
    assert await foreign_rows(engine) == before
    assert tried > 90
    # A matrix of refusals alone would prove nothing.
    assert {whose for _, _, whose in let_in} >= {"own"}


def is_somebody_elses(role, path):
    """Whether an object on this path, not being the caller's own, is closed to a role."""
    if role in FIELD:
        return path in {
            "/api/events/{event_id}/moves",
            "/api/events/{event_id}/steps",
            "/api/events/{event_id}/suspensions",
            "/api/positions",
            "/api/positions/batch",
            "/api/people/{code}/duty",
        }
    return role in OWN_REPORTS_ONLY and path.startswith("/api/events/{event_id}")


@pytest.mark.parametrize("path", ["/api/people/{code}/erasure", "/api/accounts/{login}/erasure",
                                  "/api/accounts/{login}/reset"])  # fmt: skip
async def test_what_takes_away_is_for_administrators_of_the_area(neighbours, path):
    client, engine, own, foreign = neighbours
    before = await foreign_rows(engine)
    for role in Role:
        answer = await client.post(
            path.format(code=foreign.person, login=foreign.login),
            json=PURPOSE,
            headers=bearer(own.accounts[role]),
        )
        assert answer.status_code == (404 if role is Role.ADMINISTRATOR else 403)
    assert await foreign_rows(engine) == before


@pytest.mark.parametrize("role", Role)
async def test_strangers_and_wrong_proofs_get_nothing(neighbours, role):
    client, _, own, _ = neighbours
    document = (await client.get("/openapi.json")).json()
    for method, _, place, query, body, operation, _ in calls(document, own, "own"):
        if "x-roles" not in operation:
            continue
        answer = await ask(client, method, place, query, body, {})
        assert answer.status_code == 401, f"{method} {place}"
        forged = {"Authorization": bearer(own.accounts[role])["Authorization"][:-4] + "AAAA"}
        answer = await ask(client, method, place, query, body, forged)
        assert answer.status_code == 401, f"{method} {place}"
