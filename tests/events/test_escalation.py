"""The ladder: reminder, overdue, level by level, by the database's clock, each rung once."""

import asyncio

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.events.escalation import escalate
from gridsvc.events.ladder import HORIZON_DAYS, LADDER
from tests.flows.test_event_walks import let_pass, table
from tests.flows.test_report_to_close import body
from tests.limits import HOURS, load_limits
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff
from tests.who import open_account

ROWS = "SELECT * FROM escalation ORDER BY id"


@pytest.fixture
async def event(town, client):
    await staff(town, a_person("w0", middle(0, 0)))
    await load_limits(town, ("handle", 1, "", 10.0))
    return (await client.post("/api/events", json=body())).json()["id"]


def test_the_ladder_goes_up():
    shares = [rung.share for rung in LADDER]
    assert shares == sorted(set(shares))
    assert shares[0] < 1 == shares[1]
    assert [rung.level for rung in LADDER] == ["community", "community", "street", "county",
                                               "county"]  # fmt: skip


async def test_hour_by_hour(town, client, event):
    """Ten hours allowed for handling, and so for the case."""
    expected = {7: [], 9: ["reminder"], 11: ["overdue"], 16: ["street"], 21: ["county"],
                31: ["supervisor"]}  # fmt: skip
    passed = 0
    for hours, rungs in expected.items():
        await let_pass(town, hours - passed)
        passed = hours
        before = len(await table(town, ROWS))
        assert await escalate(town) == 2 * len(rungs)
        new = (await table(town, ROWS))[before:]
        assert sorted((row["stage"], row["rung"]) for row in new) == sorted(
            (stage, rung) for rung in rungs for stage in ("handle", "case")
        )
    codes = {row["rung"]: row["told_code"] for row in await table(town, ROWS)}
    assert codes == {
        "reminder": COMMUNITY, "overdue": COMMUNITY, "street": f"{COMMUNITY[:9]}000",
        "county": COUNTY, "supervisor": COUNTY,
    }  # fmt: skip
    told = (await client.get(f"/api/events/{event}/life")).json()
    assert [one["rung"] for one in told["escalations"] if one["stage"] == "case"] == [
        rung.name for rung in LADDER
    ]
    assert {one["stage"] for one in told["stages"] if one["overdue"]} == {"handle", "case"}


async def test_the_desk_can_list_what_is_overdue(town, client, event):
    async def overdue():
        told = (await client.get("/api/events", params={"overdue": True})).json()
        return told["total"], [one["id"] for one in told["events"]]

    assert await overdue() == (0, [])
    await let_pass(town, 11)
    assert await overdue() == (1, [event])
    for state in ("HANDLED", "VERIFIED", "CLOSED"):
        await client.post(f"/api/events/{event}/moves", json={"to_state": state})
    assert await overdue() == (0, [])


async def test_after_a_night_without_a_worker_every_rung_is_written_once(town, event):
    await let_pass(town, 200)
    counts = await asyncio.gather(*(escalate(town) for _ in range(6)))
    assert sum(counts) == len(await table(town, ROWS)) == 2 * len(LADDER)


async def test_what_is_done_in_time_is_nobodys_business(town, client, event):
    for state in ("HANDLED", "VERIFIED", "CLOSED"):
        await client.post(f"/api/events/{event}/moves", json={"to_state": state})
    await let_pass(town, 200)
    assert await escalate(town) == 0


async def test_without_a_limit_nothing_is_ever_late(town, client):
    await client.post("/api/events", json=body())
    await let_pass(town, 10_000)
    assert await escalate(town) == 0


async def test_nobody_is_reminded_weeks_before(town, client):
    await staff(town, a_person("w0", middle(0, 0)))
    await load_limits(town, ("handle", 1, "", 24.0 * 40))
    await client.post("/api/events", json=body())
    await let_pass(town, 24 * (39 - HORIZON_DAYS))
    assert await escalate(town) == 0
    await let_pass(town, 24 * 2)
    assert await escalate(town) == 2


async def test_each_stage_has_a_ladder_of_its_own(town, client):
    await staff(town, a_person("w0", middle(0, 0)))
    await load_limits(town, *HOURS)
    await client.post("/api/events", json=body())
    await let_pass(town, 2)
    assert await escalate(town) > 0
    reached = {(row["stage"], row["rung"]) for row in await table(town, ROWS)}
    # One hour to accept and two passed; three to arrive; four to stop the work.
    assert reached == {("accept", rung) for rung in ("reminder", "overdue", "street", "county")}


async def test_each_rung_is_told_to_whom_it_concerns(town, client, event):
    """The handler is reminded, then the street's and the county's desk, then the supervisor."""
    roles = {}
    async with transaction(town) as session:
        worker = await session.scalar(text("SELECT id FROM person WHERE code = 'w0'"))
        for role, area, person in (
            (Role.GRID_WORKER, COMMUNITY, worker),
            (Role.DISPATCHER, f"{COMMUNITY[:9]}000", None),
            (Role.SUPERVISOR, COUNTY, None),
        ):
            account = await open_account(session, role.value, [role], [area], person_id=person)
            roles[account] = role
    await let_pass(town, 31)
    await escalate(town)
    told = await table(town, "SELECT kind, account_id FROM notice ORDER BY id")
    got = {(row["kind"], roles.get(row["account_id"])) for row in told}
    assert {
        ("reminder", Role.GRID_WORKER),
        ("overdue", Role.GRID_WORKER),
        ("escalated", Role.DISPATCHER),
        ("escalated", Role.SUPERVISOR),
    } <= got
    assert await escalate(town) == 0
    assert len(await table(town, "SELECT 1 FROM notice")) == len(told)
