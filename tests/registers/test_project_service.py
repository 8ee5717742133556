"""Projects over HTTP: who answers for them by day, what is owed, what is thought of it."""

import asyncio

import pytest

from tests.flows.office import get
from tests.flows.test_report_to_close import assert_problem
from tests.registers.projects import (
    PAIRING,
    TODAY,
    a_programme,
    a_project,
    an_entry,
    departments,
    held_by,
    set_projects,
)
from tests.towns import COMMUNITY, middle

YEAR = int(TODAY[:4])


@pytest.fixture
async def pairs(client, town):
    """A programme of pairs and a project of it with a department."""
    await departments(town, "WATER", "ROADS")
    programme = await a_programme(client, **PAIRING)
    told = a_project(programme, holders=[held_by("department", unit="WATER")])
    (project,) = await set_projects(client, told)
    return programme, project


async def test_an_entry_counts_once_and_the_quota_is_of_the_year(client, pairs):
    programme, project = pairs
    path = f"/api/projects/{project}/entries"
    told = an_entry("a", quota="items", amount=9)
    answers = await asyncio.gather(*(client.post(path, json=told) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert_problem(await client.post(path, json=told | {"amount": 8}), 422)
    before = (await get(client, f"projects/{project}"))["quotas"][0]
    assert (before["done"], before["least"], before["reached"]) == (9, 10, False)
    await client.post(path, json=an_entry("b", quota="items"))
    figures = await get(client, f"project-programmes/{programme}/figures", year=YEAR)
    parts = {one["name"]: (one["numerator"], one["denominator"]) for one in figures["quotas"]}
    assert parts == {"items": (1, 1), "households": (0, 1)}
    assert (figures["complete"]["numerator"], figures["holders"]) == (1, {"department": 1})
    assert len((await get(client, f"projects/{project}"))["history"]) == 3
    for wrong in ({"quota": "colour"}, {"done_on": "2099-01-01"}, {"done_on": "2025-12-31"}):
        assert_problem(await client.post(path, json=an_entry("c") | wrong), 422)


async def test_who_answers_for_it_is_told_by_day(client, pairs):
    programme, project = pairs
    holders = [
        held_by("department", unit="WATER", ends="2026-06-01"),
        held_by("department", unit="ROADS") | {"begins": "2026-06-01"},
    ]
    assert await set_projects(client, a_project(programme, holders=holders)) == [project]
    for day, unit in (("2026-05-31", "WATER"), ("2026-06-01", "ROADS")):
        told = await get(client, f"projects/{project}", on=day)
        assert [one["unit"] for one in told["holders"]] == [unit]
    await set_projects(client, a_project(programme))
    assert (await get(client, f"projects/{project}"))["complete"] is False


async def test_a_place_judges_the_unit_that_has_a_part_in_it(client, pairs):
    programme, project = pairs
    path = f"/api/projects/{project}/scores"
    for score in (70, 90):  # the latter takes the place of the former
        told = {"unit": "WATER", "year": YEAR, "score": score}
        assert (await client.put(path, json=told)).status_code == 200
    figures = await get(client, f"project-programmes/{programme}/figures", year=YEAR)
    assert figures["scores"] == [{"unit": "WATER", "mean": 90, "scores": 1}]
    told = {"unit": "ROADS", "year": YEAR, "score": 50}
    assert "ROADS" in assert_problem(await client.put(path, json=told), 422)["detail"]


async def test_a_name_is_masked_and_its_reading_is_recorded(client, town):
    programme = await a_programme(client, roles=[{"code": "leader", "name": "包联领导"}])
    told = a_project(programme, holders=[held_by("leader", name="欧阳明")])
    (project,) = await set_projects(client, told)
    answer = await client.get(f"/api/projects/{project}")
    assert "欧阳明" not in answer.text
    assert answer.json()["holders"][0]["name"] == "欧**"
    path = f"/api/projects/{project}/reading"
    assert_problem(await client.post(path, json={}), 422)
    names = (await client.post(path, json={"purpose": "联系包联领导"})).json()["names"]
    assert names == [{"role": "leader", "name": "欧阳明"}]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"division": "990201000000"}, "990201000000"),
        ({"holders": [held_by("colour", unit="WATER")]}, "colour"),
        ({"holders": [held_by("department", unit="NONE")]}, "NONE"),
        ({"holders": [held_by("department", person="nobody")]}, "nobody"),
        ({"holders": [held_by("department", group=10**9)]}, "group"),
        ({"holders": [held_by("department", unit="WATER", name="王")]}, "exactly one"),
        ({"ring": [[118, 32], [119, 33], [119, 32], [118, 33]], "datum": "wgs84"}, "border"),
        ({"ring": [[118, 32], [119, 33], [119, 32]]}, "datum"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(client, pairs, wrong, named):
    programme, _ = pairs
    told = {"projects": [a_project(programme, "good"), a_project(programme, "bad") | wrong]}
    assert named in str(assert_problem(await client.put("/api/projects", json=told), 422))
    assert (await get(client, "projects"))["total"] == 1


async def test_its_ground_is_kept_in_wgs84(client, pairs):
    programme, _ = pairs
    (west, south), (east, north) = middle(0, 0), middle(1, 1)
    ring = [(west, south), (east, south), (east, north), (west, north)]
    await set_projects(client, a_project(programme, "site", ring=ring, datum="gcj02"))
    page = await get(client, "projects", division=COMMUNITY, programme=programme)
    (site,) = [one for one in page["projects"] if one["code"] == "site"]
    lon, lat = site["geometry"]["coordinates"][0][0]
    assert 0.001 < abs(lon - west) + abs(lat - south) < 0.02  # some hundred metres off
