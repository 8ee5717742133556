"""One event's way over HTTP, from the report to the closing, and the ways that branch off."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.geo import Datum, from_wgs84
from tests.towns import COMMUNITY, a_person, an_officer, middle, staff


def body(column=0, row=0, **columns):
    lon, lat = middle(column, row)
    told = {
        "matter": "E01",
        "lon": lon,
        "lat": lat,
        "datum": "wgs84",
        "description": "小区东门垃圾桶满溢",
        "client_key": uuid4().hex,
    }
    return told | columns


def assert_problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["detail"]
    assert "Traceback" not in answer.text
    assert "asyncpg" not in answer.text
    return told


@pytest.fixture
async def staffed(town, client):
    await staff(
        town,
        *(a_person(f"w{n}", middle(n, n)) for n in range(4)),
        an_officer("o1", middle(1, 1)),
        an_officer("o2", middle(3, 3)),
    )
    return client


async def test_from_the_report_to_the_closing(staffed):
    answer = await staffed.post("/api/events", json=body())
    assert answer.status_code == 201
    event = answer.json()
    assert event["state"] == "DISPATCHED"
    assert event["grid_code"] == event["micro_grid_code"][:15]
    assert event["handler"]["name"] == "张**"
    assert event["handler"]["reason"]
    way = ["ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED"]
    for state in way:
        moved = await staffed.post(
            f"/api/events/{event['id']}/moves",
            json={"to_state": state, "note": "好"},
        )
        assert moved.status_code == 200
        assert moved.json()["state"] == state
    told = (await staffed.get(f"/api/events/{event['id']}")).json()
    assert [line["to_state"] for line in told["history"]] == [
        "REPORTED", "FILED", "DISPATCHED", *way,
    ]  # fmt: skip
    froms = [line["from_state"] for line in told["history"]]
    assert froms == [None, *[line["to_state"] for line in told["history"][:-1]]]
    assert told["history"][-1]["actor"] == "all-round"
    times = [line["at"] for line in told["history"]]
    assert times == sorted(times)


async def test_a_move_out_of_turn_is_a_conflict_that_names_the_ways(staffed):
    event = (await staffed.post("/api/events", json=body())).json()
    answer = await staffed.post(f"/api/events/{event['id']}/moves", json={"to_state": "CLOSED"})
    assert "ACCEPTED" in assert_problem(answer, 409)["detail"]


async def test_the_list_shows_the_newest_of_a_division_and_state(staffed):
    made = [(await staffed.post("/api/events", json=body(n))).json()["id"] for n in range(3)]
    page = (await staffed.get("/api/events", params={"limit": 2})).json()
    assert [event["id"] for event in page["events"]] == made[:0:-1]
    assert page["total"] == 3
    for params, total in [
        ({"division": COMMUNITY}, 3),
        ({"division": "990102000000"}, 0),
        ({"state": "DISPATCHED"}, 3),
        ({"state": "CLOSED"}, 0),
    ]:
        assert (await staffed.get("/api/events", params=params)).json()["total"] == total


async def test_a_report_nobody_can_take_waits_until_somebody_goes_on_duty(town, client):
    await staff(town, an_officer("late", middle(1, 1), on_duty=False))
    event = (await client.post("/api/events", json=body(matter="E02"))).json()
    assert event["handler"] is None
    assert "不在岗" in event["waiting_reason"]
    told = (await client.post("/api/people/late/duty", json={"on_duty": True})).json()
    assert told["taken_up"] == [event["id"]]
    assert (await client.get(f"/api/events/{event['id']}")).json()["handler"]["code"] == "late"


async def test_a_position_brings_what_waits(town, client):
    await staff(town, an_officer("o", middle(1, 1), position=None))
    event = (await client.post("/api/events", json=body(matter="E02"))).json()
    lon, lat = middle(2, 2)
    told = await client.post(
        "/api/positions", json={"person": "o", "lon": lon, "lat": lat, "datum": "wgs84"}
    )
    assert told.json()["taken_up"] == [event["id"]]


class TestIdempotency:
    async def test_the_same_report_again_is_the_same_event(self, staffed):
        report = body()
        first = await staffed.post("/api/events", json=report)
        again = await staffed.post("/api/events", json=report)
        assert again.json() == first.json()
        assert (await staffed.get("/api/events")).json()["total"] == 1

    @pytest.mark.parametrize(
        "change",
        [{"description": "另一件事"}, {"lon": middle(1, 0)[0]}, {"datum": "gcj02"},
         {"matter": "E02"}, {"captured_at": "2026-01-01T00:00:00Z"}],
    )  # fmt: skip
    async def test_the_same_key_with_another_body_is_refused(self, staffed, change):
        report = body()
        await staffed.post("/api/events", json=report)
        told = assert_problem(await staffed.post("/api/events", json=report | change), 422)
        assert "another body" in told["detail"]
        assert (await staffed.get("/api/events")).json()["total"] == 1

    async def test_what_was_right_once_stays_so(self, town, staffed):
        """A phone sends again after the matter was struck off and the grids were redrawn."""
        report = body()
        first = await staffed.post("/api/events", json=report)
        async with transaction(town) as session:
            for statement in (
                "INSERT INTO matter (code, name, kind, parent_code)"
                " VALUES ('E011', '细分', 'grid', 'E01')",
                "UPDATE grid SET valid = tstzrange(lower(valid), now())",
                "UPDATE micro_grid SET valid = tstzrange(lower(valid), now())",
            ):
                await session.execute(text(statement))
        again = await staffed.post("/api/events", json=report)
        assert again.status_code == 201
        assert again.json() == first.json()
        assert_problem(await staffed.post("/api/events", json=body()), 422)

    async def test_the_same_key_many_times_at_once_is_one_event(self, staffed):
        report = body(matter="E02")
        answers = await asyncio.gather(
            *(staffed.post("/api/events", json=report) for _ in range(12))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert (await staffed.get("/api/events")).json()["total"] == 1
        near = await staffed.get("/api/nearest", params=query(matter="E02"))
        assert sum("在办 1/3" in one["reason"] for one in near.json()["candidates"]) == 1


def query(column=0, row=0, datum="wgs84", **columns):
    lon, lat = from_wgs84(*middle(column, row), Datum(datum))
    return {"lon": lon, "lat": lat, "datum": datum} | columns


@pytest.mark.parametrize("place", [(0, 0), (2, 1), (3, 3)])
async def test_a_point_lies_in_the_same_cell_in_every_datum(client, place):
    cells = [
        (await client.get("/api/micro-grids/at", params=query(*place, datum=datum))).json()
        for datum in Datum
    ]
    assert all(cell == cells[0] for cell in cells)
    event = (
        await client.post("/api/events", json=body(*place) | query(*place, datum="bd09"))
    ).json()
    assert event["micro_grid_code"] == cells[0]["micro_grid_code"]
    assert (event["lon"], event["lat"]) == pytest.approx(middle(*place), abs=1e-8)


async def test_the_nearest_have_reasons(staffed):
    told = (await staffed.get("/api/nearest", params=query(matter="E02", k=5))).json()
    assert [one["code"] for one in told["candidates"]] == ["o1", "o2"]
    assert [one["rank"] for one in told["candidates"]] == [1, 2]
    distances = [one["distance_m"] for one in told["candidates"]]
    assert distances == sorted(distances)
    assert all(f"{one['distance_m']:.0f} 米" in one["reason"] for one in told["candidates"])
