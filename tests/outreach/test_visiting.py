"""Visits over HTTP: programmes, links, what is due, what is refused and what waits."""

import asyncio

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.config import Settings
from gridsvc.db import make_engine, transaction
from gridsvc.geo import Datum, from_wgs84
from gridsvc.privacy import retention
from tests.conftest import service_of
from tests.flows.test_report_to_close import assert_problem
from tests.outreach.visits import a_programme, a_visit, a_worker, begun, settle_homes
from tests.towns import COUNTY, SIDE, a_person, middle, staff
from tests.who import bearer, open_account


@pytest.fixture
async def homes(town):
    return await settle_homes(town)


@pytest.fixture
async def worker(town, homes):
    return await a_worker(town)


async def due_of(client, programme, **asked):
    answer = await client.get(f"/api/visit-programmes/{programme}/due", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestProgrammes:
    async def test_the_same_code_changes_it_and_others_are_others(self, client, town):
        first = (await client.put("/api/visit-programmes", json=a_programme())).json()
        again = (await client.put("/api/visit-programmes", json=a_programme(name="月访"))).json()
        assert first["id"] == again["id"]
        (only,) = (await client.get("/api/visit-programmes")).json()
        assert only["name"] == "月访"
        other = await client.put("/api/visit-programmes", json=a_programme(whom="linked"))
        assert_problem(other, 409)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"results": []},
            {"results": [{"code": "a", "name": "a"}, {"code": "a", "name": "b"}]},
            {"results": [{"code": "a", "name": "a", "matter": "NONE"}]},
            {"visitor": "officer"},
            {"least_each": 5},
            {"every_days": 0},
            {"ends": "2025-01-01"},
            {"whom": "linked", "least_each": 9, "most_each": 3},
            {"division": "990101009999"},
        ],
    )
    async def test_what_cannot_be_is_refused(self, client, town, wrong):
        answer = await client.put("/api/visit-programmes", json=a_programme(**wrong))
        assert_problem(answer, 422)
        assert (await client.get("/api/visit-programmes")).json() == []


class TestLinks:
    async def test_as_many_as_the_programme_asks_for_and_one_person_each(
        self, client, town, homes, worker
    ):
        await staff(town, a_person("w1", middle(1, 1)))
        rule = {"whom": "linked", "least_each": 5, "most_each": 10, "every_days": 30}
        programme = await begun(client, **rule)
        path = f"/api/visit-programmes/{programme}/links"
        addresses = [home.address for home in homes]

        async def link(code, households):
            return await client.put(f"{path}/{code}", json={"households": households})

        assert_problem(await link("w0", addresses[:4]), 422)
        assert_problem(await link("w0", addresses[:11]), 422)
        assert (await link("w0", addresses[:6])).json()["households"] == 6
        assert_problem(await link("w1", addresses[5:10]), 409)
        assert (await link("w1", addresses[6:11])).json()["households"] == 5
        unknown = assert_problem(await link("w0", [*addresses[:5], "nowhere"]), 422)
        assert unknown["unknown"] == ["nowhere"]
        assert (await due_of(client, programme))["total"] == 11
        assert (await due_of(client, programme, worker="w1"))["total"] == 5

    async def test_why_is_sealed(self, client, town, homes, worker):
        programme = await begun(client, whom="key_people")
        told = {"households": [homes[0].address], "reason": "独居老人"}
        answer = await client.put(f"/api/visit-programmes/{programme}/links/w0", json=told)
        assert answer.status_code == 200
        async with transaction(town) as session:
            sealed = await session.scalar(text("SELECT reason_sealed FROM visit_link"))
        assert sealed.startswith("test:")
        assert "独居" not in sealed
        path = f"/api/visit-programmes/{programme}/households/{homes[0].id}/reason"
        asked = {"json": {"purpose": "上门走访"}}
        assert (await client.post(path, headers=worker, **asked)).json()["reason"] == "独居老人"
        other = await a_worker(town, "w9")
        assert_problem(await client.post(path, headers=other, **asked), 404)
        async with transaction(town) as session:
            read = await session.scalar(
                text(
                    "SELECT count(*) FROM audit_entry WHERE kind = 'visit_links' AND purpose <> ''"
                )
            )
        assert read == 1


class TestVisits:
    async def test_what_is_visited_is_due_again_after_the_period(self, client, homes, worker):
        programme = await begun(client)
        before = await due_of(client, programme)
        assert before["total"] == before["overdue"] == len(homes)
        assert {one["people"][0] for one in before["households"]} == {"w0"}
        told = a_visit(programme, homes[0])
        made = await client.post("/api/visits", json=told, headers=worker)
        assert made.status_code == 201, made.text
        assert made.json()["state"] == "counted"
        again = await client.post("/api/visits", json=told, headers=worker)
        assert again.json() == made.json()
        assert_problem(
            await client.post("/api/visits", json=told | {"note": "x"}, headers=worker), 422
        )
        assert (await due_of(client, programme))["total"] == len(homes) - 1
        assert (await due_of(client, programme, ahead_days=90))["total"] == len(homes)
        cover = (await client.get(f"/api/visit-programmes/{programme}/coverage")).json()
        assert (cover["visited"], cover["households"]) == (1, len(homes))
        assert sum(cell["visited"] for cell in cover["cells"]) == 1
        assert cover["since"] < cover["until"]

    async def test_what_is_over_is_due_no_more(self, client, homes, worker):
        programme = await begun(client)
        assert (await due_of(client, programme))["total"] == len(homes)
        assert await begun(client, ends="2026-02-01") == programme
        assert (await due_of(client, programme))["total"] == 0
        told = a_visit(programme, homes[0])
        assert_problem(await client.post("/api/visits", json=told, headers=worker), 404)

    async def test_the_same_sent_twice_at_once_is_one_visit(self, client, homes, worker):
        told = a_visit(await begun(client), homes[0])
        answers = await asyncio.gather(
            *(client.post("/api/visits", json=told, headers=worker) for _ in range(4))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1

    async def test_an_event_follows_where_the_result_says_so(self, client, homes, worker):
        programme = await begun(client)
        told = a_visit(programme, homes[3], result="danger", note="楼道堆物")
        made = (await client.post("/api/visits", json=told, headers=worker)).json()
        event = (await client.get(f"/api/events/{made['event']}")).json()
        assert event["description"] == "楼道堆物"
        assert event["micro_grid_code"] == made["micro_grid_code"]

    async def test_from_outside_the_cell_is_refused_and_nothing_is_lost(
        self, client, town, homes, worker
    ):
        programme = await begun(client)
        lon, lat = from_wgs84(*homes[0].place, Datum.GCJ02)
        shifted = a_visit(programme, homes[0], lon=lon, lat=lat, result="danger")
        problem = assert_problem(
            await client.post("/api/visits", json=shifted, headers=worker), 422
        )
        assert problem["doubts"] == ["outside_cell"]
        assert (await client.get("/api/events")).json()["total"] == 0
        right = await client.post("/api/visits", json=shifted | {"datum": "gcj02"}, headers=worker)
        assert right.json()["state"] == "counted"

    async def test_explained_it_waits_for_somebody_elses_judgement(
        self, client, town, homes, worker
    ):
        programme = await begun(client)
        far = {"lon": homes[0].place[0] + 30 * SIDE, "explained": "住户在医院，到医院走访"}
        made = await client.post(
            "/api/visits", json=a_visit(programme, homes[0], **far), headers=worker
        )
        visit = made.json()
        assert (visit["state"], visit["doubts"]) == ("doubted", ["outside_cell"])
        assert (await due_of(client, programme))["total"] == len(homes)
        word = {"accept": True, "note": "已电话核实"}
        path = f"/api/visits/{visit['id']}/judgement"
        assert_problem(await client.post(path, json=word, headers=worker), 403)
        judged = (await client.post(path, json=word)).json()
        assert judged["state"] == "accepted"
        assert_problem(await client.post(path, json=word), 409)
        assert (await due_of(client, programme))["total"] == len(homes) - 1

    async def test_nobody_is_at_two_doors_at_once(self, client, homes, worker, town):
        programme = await begun(client)
        first, last = homes[0], homes[-1]
        assert first.place != last.place
        made = await client.post("/api/visits", json=a_visit(programme, first, 100), headers=worker)
        assert made.status_code == 201
        quick = a_visit(programme, last, 99)
        problem = assert_problem(await client.post("/api/visits", json=quick, headers=worker), 422)
        assert problem["doubts"] == ["too_fast"]
        slow = a_visit(programme, last, 3600)  # told late, made long before
        assert (await client.post("/api/visits", json=slow, headers=worker)).status_code == 201

    async def test_only_whose_household_it_is(self, client, town, homes, worker):
        programme = await begun(client, whom="linked")
        told = a_visit(programme, homes[0])
        assert_problem(await client.post("/api/visits", json=told, headers=worker), 404)
        other = await a_worker(town, "w9")
        told = {"households": [homes[0].address]}
        await client.put(f"/api/visit-programmes/{programme}/links/w9", json=told)
        told = a_visit(programme, homes[0])
        assert_problem(await client.post("/api/visits", json=told, headers=worker), 403)
        assert (await client.post("/api/visits", json=told, headers=other)).status_code == 201
        mine = await client.get("/api/visits", headers=worker)
        assert mine.json()["total"] == 0
        assert_problem(await client.get("/api/visits?worker=w9", headers=worker), 403)
        async with transaction(town) as session:
            clerk = await open_account(session, "clerk", [Role.DISPATCHER], [COUNTY])
        assert_problem(await client.post("/api/visits", json=told, headers=bearer(clerk)), 403)

    async def test_a_result_of_the_programme_or_the_list_of_them(self, client, homes, worker):
        told = a_visit(await begun(client), homes[0], result="other")
        problem = assert_problem(await client.post("/api/visits", json=told, headers=worker), 422)
        assert "well (一切正常)" in problem["detail"]

    async def test_what_is_old_loses_its_words_and_its_exact_place(
        self, client, town, town_url, homes, worker
    ):
        told = a_visit(await begun(client), homes[0], note="老人独居", lon=homes[0].place[0] + 1e-5)
        await client.post("/api/visits", json=told, headers=worker)
        engine = make_engine(service_of(town_url).url)
        for days, note in ((0, "老人独居"), (4000, "")):
            async with town.begin() as connection:
                await connection.execute(
                    text("UPDATE visit SET captured_at = captured_at - make_interval(days => :n)"),
                    {"n": days},
                )
            async with transaction(engine) as session:
                await retention.apply(session, Settings())
            (visit,) = (await client.get("/api/visits")).json()["visits"]
            assert visit["note"] == note
        async with transaction(town) as session:
            at_home = await session.scalar(
                text(
                    "SELECT bool_and(v.geom = ST_PointOnSurface(b.geom)) FROM visit v"
                    " JOIN household h ON h.id = v.household_id JOIN building b"
                    " ON b.id = h.building_id"
                )
            )
        assert at_home
        await engine.dispose()
