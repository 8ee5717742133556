"""Devices over HTTP: alarms become events once, links open nothing but video."""

import asyncio

import pytest

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem, body
from tests.outreach.devices import a_camera, a_device, a_loudspeaker, raised, stood
from tests.towns import COMMUNITY, a_person, middle, staff
from tests.who import bearer, open_account


@pytest.fixture
async def staffed(town):
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))


@pytest.mark.usefixtures("staffed")
class TestAlarms:
    async def test_an_alarm_is_an_event_at_its_device_for_whoever_is_there(self, client):
        key = (await stood(client, a_device()))["key"]
        answers = await asyncio.gather(*(raised(client, key, client_key="k") for _ in range(3)))
        assert {answer.status_code for answer in answers} == {201}
        (number,) = {answer.json()["event"] for answer in answers}
        event = (await client.get(f"/api/events/{number}")).json()
        assert (event["description"], event["matter"]) == ("平安乡村机顶盒：越界报警", "E01")
        assert (event["state"], event["division_code"]) == ("DISPATCHED", COMMUNITY)
        assert event["history"][0]["actor"] == "device PA-01"
        assert_problem(await raised(client, key, client_key="k", note="别的"), 422)

    async def test_what_comes_shortly_after_belongs_to_the_event_until_it_is_over(self, client):
        key = (await stood(client, a_device()))["key"]
        first = (await raised(client, key)).json()
        again = (await raised(client, key)).json()
        assert (first["joined"], again) == (False, {"event": first["event"], "joined": True})
        for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
            path = f"/api/events/{first['event']}/moves"
            assert (await client.post(path, json={"to_state": state})).status_code == 200
        later = (await raised(client, key)).json()
        assert not later["joined"]
        assert later["event"] != first["event"]

    async def test_a_key_opens_alarms_alone_and_nothing_once_revoked(self, client):
        made = await stood(client, a_device())
        assert (await stood(client, a_device(name="改名")))["key"] is None  # it keeps its own
        assert_problem(await raised(client, None), 401)
        assert_problem(await raised(client, "gsa_x"), 401)
        listed = (await client.get("/api/place-devices")).text
        assert made["key"] not in listed
        path = f"/api/place-devices/{made['device']['id']}/revocation"
        assert (await client.post(path)).json()["revoked_at"]
        assert_problem(await raised(client, made["key"]), 401)
        new = await stood(client, a_device())
        assert new["key"] not in {None, made["key"]}
        assert (await raised(client, new["key"])).status_code == 201


async def test_whoever_keeps_another_area_takes_no_code(client, town):
    await stood(client, a_camera())
    async with transaction(town) as session:
        account = await open_account(session, "keeper", [Role.ADMINISTRATOR], ["990101002000"])
    answer = await client.put("/api/place-devices", json=a_camera(), headers=bearer(account))
    assert answer.status_code in {403, 422}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://video.example/1",
        "https://",
        "https://user:secret@video.example/1",
        "https://video.example/\"onload='x",
        "data:text/html,x",
        "https://[video",
    ],
)
async def test_a_link_that_is_no_safe_one_is_refused(client, url):
    answer = await client.put("/api/place-devices", json=a_camera(video_url=url))
    assert_problem(answer, 422)
    assert (await client.get("/api/place-devices")).json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        a_device(matter=None),
        a_device(matter="X"),
        a_camera(video_url=None),
        a_loudspeaker(matter="E01"),
        a_device(99, 99),
    ],
)
async def test_devices_that_cannot_be_are_refused(client, wrong):
    assert_problem(await client.put("/api/place-devices", json=wrong), 422)


async def test_links_are_those_of_the_cell_and_near_the_place(client):
    await stood(client, a_camera())
    await stood(client, a_camera(3, 3, code="CAM-02"))
    gone = await stood(client, a_camera(0, 0, code="CAM-03"))
    await client.post(f"/api/place-devices/{gone['device']['id']}/revocation")
    event = (await client.post("/api/events", json=body())).json()
    path = f"/api/events/{event['id']}/video-links"
    (near,) = (await client.get(path, params={"radius_m": 0})).json()
    assert (near["code"], near["same_cell"]) == ("CAM-01", True)
    lon, lat = middle(0, 0)
    place = {"lon": lon, "lat": lat, "datum": "wgs84", "radius_m": 5000}
    both = (await client.get("/api/video-links", params=place)).json()
    assert [one["code"] for one in both] == ["CAM-01", "CAM-02"]
    assert_problem(await client.get("/api/events/999999/video-links"), 404)
