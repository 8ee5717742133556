"""Late work orders: a reminder, then level by level, once for each rung and deadline."""

import asyncio

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import make_engine, transaction
from gridsvc.events.ladder import HORIZON_DAYS, LADDER
from gridsvc.jobs.queue import queue_on, work
from gridsvc.outreach import tasks
from gridsvc.outreach.late_orders import escalate
from tests.conftest import service_of
from tests.flows.test_event_walks import table
from tests.outreach.windows import A_PLAN, an_order, opened, registered, units
from tests.towns import COMMUNITY, COUNTY
from tests.who import open_account

ROWS = "SELECT * FROM order_escalation ORDER BY at, due_at"
STREET = f"{COMMUNITY[:9]}000"


@pytest.fixture
async def departments(town):
    return await units(town)


@pytest.fixture
async def at_work(town_url):
    engine = make_engine(service_of(town_url).url)
    yield engine
    await engine.dispose()


async def passed_up(client, **window):
    event = await registered(client, await opened(client, **window))
    return (await client.post("/api/work-orders", json=an_order(event))).json()


async def planned(client, town, departments, hours):
    """A work order that is due in so many hours from its issue."""
    order = await passed_up(client)
    path = f"/api/work-orders/{order['id']}"
    answer = await client.put(f"{path}/plan", json=A_PLAN, headers=departments["WATER"])
    assert answer.status_code == 200
    async with town.begin() as connection:
        await connection.execute(
            text("UPDATE work_order SET due_at = issued_at + make_interval(hours => :hours)"),
            {"hours": hours},
        )
    return path


async def let_pass(town, hours):
    """As if everything had happened so much earlier."""
    async with town.begin() as connection:
        await connection.execute(
            text(
                "UPDATE work_order SET issued_at = issued_at - make_interval(hours => :hours),"
                " due_at = due_at - make_interval(hours => :hours),"
                " plan_by = plan_by - make_interval(hours => :hours)"
            ),
            {"hours": hours},
        )
        await connection.execute(
            text("UPDATE order_escalation SET due_at = due_at - make_interval(hours => :hours)"),
            {"hours": hours},
        )


async def test_hour_by_hour(client, town, departments, at_work):
    path = await planned(client, town, departments, 10)
    expected = {7: [], 9: ["reminder"], 11: ["overdue"], 16: ["street"], 21: ["county"],
                31: ["supervisor"]}  # fmt: skip
    passed = 0
    for hours, rungs in expected.items():
        await let_pass(town, hours - passed)
        passed = hours
        before = len(await table(town, ROWS))
        assert await escalate(at_work) == len(rungs)
        assert [row["rung"] for row in (await table(town, ROWS))[before:]] == rungs
    told = (await client.get(path)).json()
    assert [(one["rung"], one["told_code"]) for one in told["escalations"]] == [
        *(("reminder", COMMUNITY), ("overdue", COMMUNITY), ("street", STREET)),
        *(("county", COUNTY), ("supervisor", COUNTY)),
    ]
    assert told["overdue"]


async def test_each_rung_is_told_to_whom_it_concerns(client, town, departments, at_work):
    accounts = {}
    async with transaction(town) as session:
        for role, area in (
            (Role.DISPATCHER, STREET),
            (Role.SUPERVISOR, COUNTY),
        ):
            accounts[await open_account(session, role.value, [role], [area])] = role
    await planned(client, town, departments, 10)
    await let_pass(town, 31)
    assert await escalate(at_work) == len(LADDER)
    rows = await table(town, "SELECT kind, account_id, unit_code FROM notice WHERE kind ~ '^order'")
    assert {row["kind"] for row in rows if row["unit_code"] == "WATER"} == {
        "order_reminder", "order_overdue", "order_escalated",
    }  # fmt: skip
    went_up = {accounts.get(row["account_id"]) for row in rows if row["account_id"]}
    assert went_up >= {Role.DISPATCHER, Role.SUPERVISOR}
    assert "李小明" not in str(await table(town, "SELECT facts FROM notice"))


async def test_many_workers_after_a_night_write_each_rung_once(client, town, departments, at_work):
    await planned(client, town, departments, 10)
    await let_pass(town, 200)
    counts = await asyncio.gather(*(escalate(at_work) for _ in range(4)))
    assert sum(counts) == len(await table(town, ROWS)) == len(LADDER)


async def test_what_is_done_or_due_in_weeks_is_nobodys_business(client, town, departments, at_work):
    path = await planned(client, town, departments, 24 * 40)
    await let_pass(town, 24 * (39 - HORIZON_DAYS))
    assert await escalate(at_work) == 0
    await client.post(f"{path}/completion", json={"note": "已完成"}, headers=departments["WATER"])
    await let_pass(town, 24 * 400)
    assert await escalate(at_work) == 0
    assert not (await client.get(path)).json()["escalations"]


async def test_a_new_deadline_has_a_ladder_of_its_own(client, town, departments, at_work):
    path = await planned(client, town, departments, 10)
    await let_pass(town, 11)
    assert await escalate(at_work) == 2
    answer = await client.put(f"{path}/plan", json=A_PLAN, headers=departments["WATER"])
    assert not answer.json()["overdue"]
    assert await escalate(at_work) == 0
    async with town.begin() as connection:
        await connection.execute(text("UPDATE work_order SET due_at = now()"))
    assert await escalate(at_work) == 2


@pytest.mark.parametrize(("within_h", "rungs"), [(None, 0), (10, 3)])
async def test_what_nobody_plans_is_late_as_its_window_says(
    client, town, departments, at_work, within_h, rungs
):
    order = await passed_up(client, plan_within_h=within_h)
    assert (order["plan_by"] is None) == (within_h is None)
    await let_pass(town, 16)
    assert await escalate(at_work) == rungs
    (listed,) = (await client.get("/api/work-orders")).json()["orders"]
    assert listed["overdue"] == (rungs > 0)


async def test_by_the_queue_as_the_service(client, town, town_url, departments, at_work):
    await planned(client, town, departments, 10)
    await let_pass(town, 11)
    login = service_of(town_url)
    queue = queue_on(login, [tasks.tasks])
    async with queue.open_async():
        await queue.configure_task("gridsvc:watch_orders").defer_async(timestamp=0)
    worker = asyncio.create_task(work(login, [tasks.tasks], {"engine": at_work}))
    for _ in range(200):
        if await table(town, ROWS):
            break
        await asyncio.sleep(0.05)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert [row["rung"] for row in await table(town, ROWS)] == ["reminder", "overdue"]
