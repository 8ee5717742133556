"""Putting off: one asks, another decides, the clock ends it, and that time does not count."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.dispatch import assigning
from gridsvc.events.suspensions import resume_past
from tests.flows.test_event_walks import let_pass, table
from tests.flows.test_report_to_close import assert_problem, body
from tests.limits import HOURS, load_limits
from tests.towns import a_person, middle, staff
from tests.who import bearer, open_account


@pytest.fixture
async def event(town, client):
    await staff(town, *(a_person(f"w{n}", middle(n, n)) for n in range(2)))
    await load_limits(town, *HOURS)
    return (await client.post("/api/events", json=body())).json()


@pytest.fixture
async def approver(town):
    async with transaction(town) as session:
        return bearer(await open_account(session, "approver", [Role.SUPERVISOR]))


def wish(hours=5, **columns):
    until = datetime.now(UTC) + timedelta(hours=hours)
    return {"until": until.isoformat(), "reason": "materials", "note": "等护栏到货"} | columns


async def ask(client, event, **kwargs):
    return await client.post(f"/api/events/{event['id']}/suspensions", json=wish(**kwargs))


async def decide(client, event, headers, approve=True):
    return await client.post(
        f"/api/events/{event['id']}/suspensions/decision",
        json={"approve": approve, "note": "知道了"},
        headers=headers,
    )


async def test_approved_by_another_it_leaves_the_hands_it_was_in(client, town, event, approver):
    assert (await ask(client, event)).status_code == 201
    told = (await decide(client, event, approver)).json()
    assert told["state"] == "SUSPENDED"
    assert (told["history"][-1]["reason"], told["history"][-1]["note"]) == (
        "materials", "等护栏到货",
    )  # fmt: skip
    assert await table(town, "SELECT 1 FROM assignment WHERE released_at IS NULL") == []
    (told,) = (await client.get(f"/api/events/{event['id']}/life")).json()["suspensions"]
    assert (told["asked_by"], told["decided_by"], told["approved"]) == (
        "all-round", "approver", True,
    )  # fmt: skip


async def test_what_waited_for_somebody_waits_no_longer(client, event, approver):
    """Nobody may take E02: it has a reason to wait, which is not why it is suspended."""
    waiting = (await client.post("/api/events", json=body(matter="E02"))).json()
    assert waiting["waiting_reason"]
    await ask(client, waiting)
    told = (await decide(client, waiting, approver)).json()
    assert (told["state"], told["waiting_reason"]) == ("SUSPENDED", None)


async def test_refused_it_goes_on_and_may_be_asked_again(client, event, approver):
    await ask(client, event)
    told = (await decide(client, event, approver, approve=False)).json()
    assert told["state"] == event["state"]
    assert (await ask(client, event)).status_code == 201


async def test_nobody_decides_on_their_own_wish(client, town, event):
    await ask(client, event)
    told = assert_problem(await decide(client, event, client.headers), 403)
    assert "somebody else" in told["detail"]


@pytest.mark.parametrize(
    ("change", "says"),
    [({"hours": -1}, "to come"), ({"hours": 24 * 400}, "366 days"),
     ({"reason": "no_power"}, "等待材料"), ({"note": " "}, "note"), ({"note": ""}, "note"),
     ({"until": "2099-01-01T00:00:00"}, "until"), ({"until": "soon"}, "until")],
)  # fmt: skip
async def test_wishes_that_cannot_be(client, event, change, says):
    assert says in assert_problem(await ask(client, event, **change), 422)["detail"]


async def test_what_is_out_of_turn_is_a_conflict(client, town, event, approver):
    assert_problem(await decide(client, event, approver), 404)
    await ask(client, event)
    assert_problem(await ask(client, event), 409)
    await let_pass(town, 6)
    assert "past" in assert_problem(await decide(client, event, approver), 409)["detail"]
    path = f"/api/events/{event['id']}/moves"
    await client.post(path, json={"to_state": "HANDLED"})
    assert_problem(await decide(client, event, approver), 404)  # nothing is left to put off
    assert "HANDLED" in assert_problem(await ask(client, event), 409)["detail"]


async def test_only_whoever_has_it_or_the_desk_asks(client, town, event):
    other = next(code for code in ("w0", "w1") if code != event["handler"]["code"])
    async with transaction(town) as session:
        ids = {
            code: await session.scalar(text("SELECT id FROM person WHERE code = :c"), {"c": code})
            for code in ("w0", "w1")
        }
        accounts = {
            code: bearer(
                await open_account(session, f"a-{code}", [Role.GRID_WORKER], person_id=ids[code])
            )
            for code in ids
        }
    path = f"/api/events/{event['id']}/suspensions"
    assert_problem(await client.post(path, json=wish(), headers=accounts[other]), 403)
    own = await client.post(path, json=wish(), headers=accounts[event["handler"]["code"]])
    assert own.status_code == 201


async def test_the_clock_brings_it_back_and_its_limits_moved_by_as_long(
    client, town, event, approver
):
    stages = "SELECT stage, due_at, paused FROM event_stage WHERE done_at IS NULL ORDER BY stage"
    before = {row["stage"]: row["due_at"] for row in await table(town, stages)}
    await ask(client, event, hours=5)
    await decide(client, event, approver)
    assert await resume_past(town) == 0
    await let_pass(town, 6)
    assert await resume_past(town) == 1
    assert await resume_past(town) == 0
    told = (await client.get(f"/api/events/{event['id']}")).json()
    assert (told["state"], told["handler"]) == ("REOPENED", None)
    assert "挂账期满" in told["waiting_reason"]
    after = {row["stage"]: row for row in await table(town, stages)}
    assert set(after) == {"dispatch", "handle", "case"}
    for stage in ("handle", "case"):
        stood = after[stage]["paused"]
        assert timedelta(hours=6) <= stood < timedelta(hours=6, minutes=1)
        # Everything was shifted back by six hours; what stood still moved forward by as long.
        assert after[stage]["due_at"] == before[stage] - timedelta(hours=6) + stood
    assert await assigning.sweep(town) == 1
    told = (await client.get(f"/api/events/{event['id']}")).json()
    assert told["state"] == "DISPATCHED"
    assert told["owner"] == event["owner"]


async def test_the_database_refuses_it_without_approval(client, town, event):
    await ask(client, event)

    async def attempt():
        async with transaction(town) as session:
            await session.execute(
                text(
                    "INSERT INTO event_history (event_id, division_code, from_state, to_state,"
                    " actor, note, reason) SELECT id, division_code, state, 'SUSPENDED', 'x', '',"
                    " 'weather' FROM event WHERE id = :id"
                ),
                {"id": event["id"]},
            )

    with pytest.raises(DBAPIError, match="without approval"):
        await attempt()
    with pytest.raises(DBAPIError, match="four_eyes"):
        async with transaction(town) as session:
            await session.execute(
                text("UPDATE suspension SET approved = true, decided_by = asked_by,"
                     " decided_at = now()")
            )  # fmt: skip
