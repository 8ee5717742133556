"""Courses: who in a grid may do something today."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.flows.test_report_to_close import assert_problem
from tests.towns import a_person, middle, staff

A_COURSE = {"matter": "E01", "course": "垃圾分类督导培训", "trained_on": "2026-01-05"}


@pytest.fixture
async def workers(town):
    await staff(town, *(a_person(f"w{n}", middle(0, 0)) for n in range(4)))


async def learned(client, code, **columns):
    return await client.post(f"/api/people/{code}/trainings", json=A_COURSE | columns)


async def trained(client, place=(0, 0), **asked):
    lon, lat = middle(*place)
    place = {"lon": lon, "lat": lat, "datum": "wgs84"}
    return await client.get("/api/trained", params=place | (asked or {"matter": "E01"}))


@pytest.mark.usefixtures("workers")
async def test_whoever_answers_for_the_grid_and_holds_a_course_is_told(client):
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    for code, more in (
        ("w0", {}),
        ("w1", {"valid_until": tomorrow}),
        ("w2", {"valid_until": "2026-02-01"}),
        ("w3", {"trained_on": tomorrow}),
    ):
        assert (await learned(client, code, **more)).status_code == 201
    found = set()
    for n in range(4):
        told = (await trained(client, (n, n))).json()
        assert all(one["name"] == "张**" for one in told["people"])
        found |= {one["code"] for one in told["people"]}
    assert found == {"w0", "w1"}
    kept = (await client.get("/api/people/w2/trainings")).json()
    assert [(one["course"], one["holds"]) for one in kept] == [(A_COURSE["course"], False)]


@pytest.mark.usefixtures("workers")
async def test_a_course_again_renews_it_and_the_same_is_refused(client):
    await learned(client, "w0", valid_until="2026-02-01")
    assert_problem(await learned(client, "w0"), 409)
    assert (await learned(client, "w0", trained_on="2026-03-01")).status_code == 201
    kept = (await client.get("/api/people/w0/trainings")).json()
    assert [one["holds"] for one in kept] == [True, False]


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(
    "wrong",
    [
        {"matter": "X"},
        {"item": "SB-01"},
        {"matter": None},
        {"matter": None, "item": "SB-01"},
        {"valid_until": "2026-01-05"},
    ],
)
async def test_what_no_list_has_is_refused(client, wrong):
    assert_problem(await learned(client, "w0", **wrong), 422)
    assert (await client.get("/api/people/w0/trainings")).json() == []


async def test_nobody_learns_nothing(client):
    assert_problem(await learned(client, "nobody"), 404)


async def test_it_is_asked_for_one_thing_at_a_place(client):
    assert_problem(await trained(client, matter="E01", item="SB-01"), 422)
    assert_problem(await trained(client, (99, 99)), 404)
