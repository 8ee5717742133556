"""Windows in the villages, what is passed up from them, and how it ends."""

from datetime import UTC, datetime, timedelta

from gridsvc.db import transaction
from gridsvc.grids import service as grids
from tests.flows.seeds.judging import windows_quoted
from tests.flows.seeds.lists import officer_posted
from tests.flows.test_report_to_close import body
from tests.outreach.windows import (
    A_PLAN,
    CLASSES,
    an_order,
    items,
    opened,
    registered,
    solved,
    units,
)
from tests.towns import COMMUNITY, a_person, middle, staff

YEAR = {"since": "2026-01-01T00:00:00+08:00", "until": "2100-01-01T00:00:00+08:00"}


async def row05(town, client):
    """白沙行政服务中心: serves neighbouring towns, comes to the door; staff are seconded."""
    neighbour = "990101002000"
    async with transaction(town) as session:
        await grids.load_divisions(session, [grids.DivisionRow(neighbour, "白沙镇")])
    await staff(town, a_person("w0", middle(0, 0), capacity=9))
    await items(town, ["SP-01"])
    told = {"division": neighbour, "code": "bai-sha", "name": "白沙行政服务中心"}
    window = await opened(client, **told, serves=[COMMUNITY])
    soon = datetime.now(UTC) + timedelta(hours=1)
    door = {"item": "SP-01", "at_door": soon.isoformat()}
    asked = {"class_code": "qi-pan", "event": body(description="行动不便，请上门办证")} | door
    path = f"/api/windows/{window}/registrations"
    booked = (await client.post(path, json=asked)).json()
    assert booked["event"]["division_code"] == COMMUNITY
    await solved(client, booked["event"]["id"])
    done = (await client.get(path, params={"at_door": True, "state": "CLOSED"})).json()
    assert [one["item"] for one in done["registrations"]] == ["SP-01"]
    await officer_posted(town, client, home="SPJ", commanded_by="BSZ")


async def row19(town, client):
    """通挽镇五事窗口: five classes, registered and solved; 95.27 % was cut off."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))
    window = await opened(client, code="tong-wan", name="通挽五事窗口")
    events = [await registered(client, window, one) for one in CLASSES]
    for event in events[:4]:
        await solved(client, event)
    told = (await client.get(f"/api/windows/{window}/figures", params=YEAR)).json()
    assert (told["rate"]["numerator"], told["rate"]["denominator"]) == (4, 5)
    assert {one["name"] for one in told["classes"]} == set(CLASSES.values())
    await windows_quoted(client)


async def row23(town, client):
    """五事交办单: what a village cannot solve goes to a department with measures, day, person."""
    await staff(town, a_person("w0", middle(0, 0)))
    departments = await units(town)
    event = await registered(client, await opened(client), "ji-nan")
    order = (await client.post("/api/work-orders", json=an_order(event))).json()
    path = f"/api/work-orders/{order['id']}/plan"
    planned = (await client.put(path, json=A_PLAN, headers=departments["WATER"])).json()
    assert planned["measures"] == A_PLAN["measures"]
    assert planned["responsible"] == "李**"
    assert planned["due_at"]
    assert (await client.get("/api/work-orders", params={"unit": "WATER"})).json()["total"] == 1


async def row24(town, client):
    """逐一核验、销号、公示: each is verified, gets a number that ends it, and is public."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))
    departments = await units(town)
    window = await opened(client)
    for _ in range(2):
        event = await registered(client, window)
        order = (await client.post("/api/work-orders", json=an_order(event))).json()
        path = f"/api/work-orders/{order['id']}"
        await client.put(f"{path}/plan", json=A_PLAN, headers=departments["WATER"])
        await client.post(f"{path}/completion", json={"note": "已办"}, headers=departments["WATER"])
        word = {"passed": True, "note": "逐一核验"}
        assert (await client.post(f"{path}/verification", json=word)).status_code == 200
    page = (await client.get(f"/api/windows/{window}/registrations")).json()
    numbers = {one["cancel_number"] for one in page["registrations"]}
    assert len(numbers) == 2
    assert None not in numbers
    assert len((await client.get("/api/public/events")).json()["events"]) == 2
