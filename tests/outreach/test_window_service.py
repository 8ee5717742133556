"""Village windows over HTTP: registered, passed up, planned, done, verified, cancelled, public."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.dispatch.assigning import sweep
from gridsvc.events import suspensions
from gridsvc.grids import service as grids
from tests.flows.test_report_to_close import assert_problem, body
from tests.outreach.windows import A_PLAN, an_order, items, opened, registered, solved, units
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff

ELSEWHERE = "990101002000"
ALWAYS = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}


@pytest.fixture
async def staffed(town, client):
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))


class TestRegistrations:
    async def test_one_is_an_event_in_its_class_and_sent_again_the_same(self, client, staffed):
        window = await opened(client)
        told = {"class_code": "jiu-xin", "event": body(contact_name="王小明")}
        path = f"/api/windows/{window}/registrations"
        answers = await asyncio.gather(*(client.post(path, json=told) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["event"]["id"] for answer in answers}) == 1
        assert_problem(await client.post(path, json=told | {"class_code": "cao-xin"}), 422)
        assert_problem(await client.post(path, json=told | {"class_code": "other"}), 422)
        page = (await client.get(path)).json()
        assert (page["total"], page["registrations"][0]["class_code"]) == (1, "jiu-xin")
        assert page["registrations"][0]["state"] == "DISPATCHED"

    async def test_figures_have_their_parts_and_count_what_stood_at_the_end(self, client, staffed):
        window = await opened(client)
        events = [await registered(client, window, one) for one in ("cao-xin", "cao-xin", "qi-pan")]
        path = f"/api/windows/{window}/figures"
        none = (await client.get(path, params=ALWAYS)).json()["rate"]
        assert (none["numerator"], none["denominator"], none["value"]) == (0, 3, 0)
        await solved(client, events[0])
        told = (await client.get(path, params=ALWAYS)).json()
        assert (told["rate"]["numerator"], told["rate"]["denominator"]) == (1, 3)
        parts = {
            one["class_code"]: (one["rate"]["numerator"], one["rate"]["denominator"])
            for one in told["classes"]
        }
        assert parts["cao-xin"] == (1, 2)
        assert parts["ji-nan"] == (0, 0)
        past = ALWAYS | {"until": "2021-01-01T00:00:00Z"}
        assert (await client.get(path, params=past)).json()["rate"]["value"] is None
        assert_problem(await client.get(path, params=ALWAYS | {"since": ALWAYS["until"]}), 422)


class TestBeyond:
    """Windows that serve neighbours, and what is brought to the door."""

    async def test_a_place_it_serves_is_taken_though_it_lies_beyond(self, client, town, staffed):
        async with transaction(town) as session:
            row = grids.DivisionRow(ELSEWHERE, "邻镇")
            await grids.load_divisions(session, [row])
        window = await opened(client, division=ELSEWHERE)
        told = {"class_code": "cao-xin", "event": body()}
        path = f"/api/windows/{window}/registrations"
        assert "serves" in assert_problem(await client.post(path, json=told), 422)["detail"]
        assert await opened(client, division=ELSEWHERE, serves=[COMMUNITY]) == window
        assert (await client.post(path, json=told)).status_code == 201
        nowhere = {"division": COUNTY, "code": "x", "name": "x", "serves": ["110000000000"]}
        told = nowhere | {"classes": [{"code": "a", "name": "a"}]}
        assert_problem(await client.put("/api/windows", json=told), 422)

    async def test_what_is_done_at_the_door_is_an_item_and_still_to_come(
        self, client, town, staffed
    ):
        await items(town)
        window = await opened(client)
        path = f"/api/windows/{window}/registrations"
        soon = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
        told = {"class_code": "cao-xin", "event": body(), "item": "SB-01"}
        for wrong in ({"at_door": "2026-01-01T00:00:00Z"}, {"item": "X"}):
            assert_problem(await client.post(path, json=told | wrong), 422)
        bare = {name: told[name] for name in ("class_code", "event")}
        assert_problem(await client.post(path, json=bare | {"at_door": soon.isoformat()}), 422)
        booked = told | {"at_door": soon.isoformat()}
        for _ in range(2):
            assert (await client.post(path, json=booked)).status_code == 201
        assert_problem(await client.post(path, json=told), 422)
        await registered(client, window, lon=middle(1, 1)[0], lat=middle(1, 1)[1])
        for at_door, number in ((True, 1), (False, 1), (None, 2)):
            asked = {} if at_door is None else {"at_door": at_door}
            page = (await client.get(path, params=asked)).json()
            assert page["total"] == len(page["registrations"]) == number
        (one,) = (await client.get(path, params={"at_door": True})).json()["registrations"]
        assert (one["item"], datetime.fromisoformat(one["at_door"])) == ("SB-01", soon)

    async def test_nobody_is_sent_to_a_door_long_before_its_time(self, client, town, staffed):
        await items(town)
        window = await opened(client, door_lead_h=24)
        path = f"/api/windows/{window}/registrations"
        now = datetime.now(UTC)
        states = {}
        for hours in (23, 25, 24 * 367):
            event = body(client_key=f"door-{hours}")
            told = {"class_code": "cao-xin", "item": "SB-01", "event": event}
            told |= {"at_door": (now + timedelta(hours=hours)).isoformat()}
            for _ in range(2):
                answer = await client.post(path, json=told)
                states[hours] = answer.json().get("event", answer.json())
        assert "366 days" in states[24 * 367]["detail"]
        assert (states[23]["state"], states[25]["state"]) == ("DISPATCHED", "SUSPENDED")
        assert states[25]["handler"] is None
        assert [line["to_state"] for line in states[25]["history"]][-2:] == ["FILED", "SUSPENDED"]
        event = states[25]["id"]
        life = (await client.get(f"/api/events/{event}/life")).json()
        (put_off,) = life["suspensions"]
        until = now + timedelta(hours=1)
        assert abs(datetime.fromisoformat(put_off["until"]) - until) < timedelta(minutes=1)
        assert (put_off["reason"], put_off["approved"]) == ("booked", True)
        # An hour later, by the database's clock.
        assert await suspensions.resume_past(town) == 0
        await sweep(town)
        assert (await client.get(f"/api/events/{event}")).json()["state"] == "SUSPENDED"
        async with town.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE suspension SET until = until - interval '61 minutes',"
                    " asked_at = asked_at - interval '61 minutes'"
                )
            )
        assert await suspensions.resume_past(town) == 1
        await sweep(town)
        told = (await client.get(f"/api/events/{event}")).json()
        assert (told["state"], bool(told["handler"])) == ("DISPATCHED", True)


class TestOrders:
    async def test_from_the_village_to_the_department_and_back(self, client, town, staffed):
        departments = await units(town)
        event = await registered(client, await opened(client))
        assert_problem(await client.post("/api/work-orders", json=an_order(event, unit="X")), 422)
        order = (await client.post("/api/work-orders", json=an_order(event))).json()
        assert_problem(await client.post("/api/work-orders", json=an_order(event)), 409)
        path, water = f"/api/work-orders/{order['id']}", {"headers": departments["WATER"]}
        done = {"note": "已完成"}
        assert_problem(await client.post(f"{path}/completion", json=done, **water), 409)
        late = A_PLAN | {"due_at": "2020-01-01T00:00:00Z"}
        assert_problem(await client.put(f"{path}/plan", json=late, **water), 422)
        planned = (await client.put(f"{path}/plan", json=A_PLAN, **water)).json()
        assert (planned["state"], planned["responsible"]) == ("PLANNED", "李**")
        assert "李小明" not in (await client.get(path)).text
        assert (await client.post(f"{path}/completion", json=done, **water)).status_code == 200
        word = {"passed": False, "note": "水压仍不足"}
        assert_problem(await client.post(f"{path}/verification", json=word, **water), 403)
        back = (await client.post(f"{path}/verification", json=word)).json()
        assert (back["state"], back["done_at"]) == ("PLANNED", None)
        await client.post(f"{path}/completion", json=done, **water)
        good = {"passed": True, "note": "逐户核验通过"}
        shut = (await client.post(f"{path}/verification", json=good)).json()
        assert [line["to_state"] for line in shut["history"]] == [
            *("ISSUED", "PLANNED", "DONE", "PLANNED", "DONE", "VERIFIED")
        ]
        told = (await client.get(f"/api/events/{event}")).json()
        assert (told["state"], bool(told["cancel_number"])) == ("CLOSED", True)
        assert len((await client.get("/api/public/events")).json()["events"]) == 1
        assert_problem(await client.post("/api/work-orders", json=an_order(event)), 409)

    async def test_its_event_must_be_able_to_close(self, client, town):
        departments = await units(town)
        event = await registered(client, await opened(client))  # nobody to take it
        order = (await client.post("/api/work-orders", json=an_order(event))).json()
        path, water = f"/api/work-orders/{order['id']}", {"headers": departments["WATER"]}
        await client.put(f"{path}/plan", json=A_PLAN, **water)
        await client.post(f"{path}/completion", json={"note": "已完成"}, **water)
        good = {"passed": True, "note": "核验通过"}
        assert (
            "FILED"
            in assert_problem(await client.post(f"{path}/verification", json=good), 409)["detail"]
        )
        assert (await client.get(path)).json()["state"] == "DONE"
