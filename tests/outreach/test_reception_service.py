"""Reception cycles over HTTP: ranked, begun, held, decided, looked back at."""

import pytest

from tests.flows.test_report_to_close import assert_problem
from tests.outreach.receptions import A_RESOLUTION, a_cycle, begun_cycle, begun_month, held
from tests.outreach.windows import opened, registered, solved, units
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff


@pytest.fixture
async def events(town, client):
    """An ordinary event, an urgent one, one that is closed."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))
    window = await opened(client)
    made = [await registered(client, window, one) for one in ("cao-xin", "ji-nan", "ji-nan")]
    await solved(client, made[2])
    return made


def a_day(day):
    return {"milestones": [{"day": day, "name": "接访", "attendees": ["书记"]}]}


class TestCycles:
    @pytest.mark.parametrize("day", [0, 29, 30, 31, 32])
    async def test_a_day_that_some_month_lacks_is_refused(self, client, town, day):
        answer = await client.put("/api/reception-cycles", json=a_cycle(**a_day(day)))
        assert_problem(answer, 422)

    async def test_two_milestones_on_a_day_are_refused_and_the_same_code_changes(
        self, client, town
    ):
        twice = a_day(6)["milestones"] * 2
        answer = await client.put("/api/reception-cycles", json=a_cycle(milestones=twice))
        assert_problem(answer, 422)
        assert await begun_cycle(client) == await begun_cycle(client, **a_day(28))
        (only,) = (await client.get("/api/reception-cycles")).json()
        assert [one["day"] for one in only["milestones"]] == [28]


class TestAgenda:
    async def test_the_most_urgent_comes_first_by_the_formula(self, client, events):
        cycle = await begun_cycle(client)
        told = (await client.get(f"/api/reception-cycles/{cycle}/agenda")).json()
        assert [one["event"] for one in told["items"]] == [events[1], events[0]]
        assert told["items"][0]["score"] == pytest.approx(5, abs=0.01)
        (village,) = told["villages"]
        assert (village["village"], village["events"]) == (COMMUNITY, 2)
        await begun_cycle(client, weights={"classes": {"cao-xin": 1}})
        told = (await client.get(f"/api/reception-cycles/{cycle}/agenda")).json()
        assert [one["event"] for one in told["items"]] == events[:2]


class TestMonths:
    async def test_a_month_has_its_days_theme_and_agenda_once(self, client, events):
        cycle = await begun_cycle(client)
        month = (await begun_month(client, cycle, "2026-02-14")).json()
        assert [one["planned_on"] for one in month["milestones"]] == [
            *("2026-02-06", "2026-02-16", "2026-02-26")
        ]
        assert (month["theme"], month["month"]) == (COMMUNITY, "2026-02-01")
        assert [one["event"] for one in month["items"]] == [events[1], events[0]]
        assert_problem(await begun_month(client, cycle, "2026-02-01"), 409)
        assert_problem(await begun_month(client, cycle, "2026-03-01", theme=COUNTY), 422)
        assert len((await client.get("/api/receptions")).json()) == 1

    async def test_who_must_come_is_there_or_it_is_said_why_not(self, client, events):
        month = (await begun_month(client, await begun_cycle(client))).json()["id"]
        one = {"attended": ["党委主要负责人"]}
        problem = assert_problem(await held(client, month, "2026-05-06", **one), 422)
        assert problem["absent"] == ["政府主要负责人"]
        told = (await held(client, month, "2026-05-06", **one, note="镇长外出开会")).json()
        assert told["milestones"][0]["absent"] == ["政府主要负责人"]
        assert_problem(await held(client, month, "2026-05-06"), 409)
        assert_problem(await held(client, month, "2026-05-07"), 404)
        assert_problem(await held(client, month, "2026-05-16", "2099-01-01"), 422)

    async def test_heard_decided_inspected_rated_in_this_order(self, client, town, events):
        await units(town)
        month = (await begun_month(client, await begun_cycle(client))).json()["id"]
        path = f"/api/receptions/{month}/items/{events[1]}"
        look, thought = {"passed": True, "note": "已装"}, {"score": 5}
        assert_problem(await client.put(f"{path}/decision", json=A_RESOLUTION), 409)
        await held(client, month, "2026-05-06")
        assert_problem(await client.put(f"{path}/inspection", json=look), 409)
        nobody = A_RESOLUTION | {"votes_for": 0, "votes_against": 0}
        assert_problem(await client.put(f"{path}/decision", json=nobody), 422)
        unknown = A_RESOLUTION | {"lead_unit": "X"}
        assert_problem(await client.put(f"{path}/decision", json=unknown), 422)
        known = A_RESOLUTION | {"lead_unit": "ROADS"}
        item = (await client.put(f"{path}/decision", json=known)).json()["items"][0]
        assert (item["adopted"], item["budget_yuan"], item["lead_unit"]) == (
            *(True, "86500.00", "ROADS"),
        )
        assert_problem(await client.put(f"{path}/satisfaction", json=thought), 409)
        assert (await client.put(f"{path}/inspection", json=look)).status_code == 200
        assert_problem(await client.put(f"{path}/decision", json=known), 409)
        told = (await client.put(f"{path}/satisfaction", json=thought)).json()
        assert told["items"][0]["satisfaction"] == 5
        assert [one["deed"] for one in told["history"]] == [
            *("open", "hold", "decide", "inspect", "rate")
        ]
        other = f"/api/receptions/{month}/items/{events[2]}/decision"
        assert_problem(await client.put(other, json=A_RESOLUTION), 404)
