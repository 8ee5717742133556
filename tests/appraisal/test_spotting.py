"""Sham work that was made up is found, honest work is left alone; somebody has the last word."""

import io
import random
from datetime import timedelta

import imagehash
import pytest
from PIL import Image

from gridsvc.appraisal.spotting import hash_of
from gridsvc.db import transaction
from tests.appraisal.shams import BEGIN, CHEATS, a_scene, jpeg, tampered, works, write
from tests.flows.test_report_to_close import assert_problem
from tests.towns import COUNTY, a_person, middle, staff

WINDOW = {
    "division": COUNTY,
    "since": (BEGIN - timedelta(days=1)).isoformat(),
    "until": (BEGIN + timedelta(days=30)).isoformat(),
}


@pytest.fixture
async def worked(town):
    """Event ids and what was done about each."""
    await staff(town, a_person("w", middle(0, 0)))
    told = works(seed=3, honest=60, cheating=8)
    async with transaction(town) as session:
        return dict(zip(await write(session, told), told, strict=True))


async def found(client):
    told = (await client.get("/api/spot-checks", params={"limit": 500})).json()
    return {(one["event_id"], one["kind"]) for one in told}


async def test_what_was_made_up_is_found_and_nothing_else(client, worked):
    answer = await client.post("/api/spot-checks/search", json=WINDOW)
    assert answer.status_code == 200, answer.text
    told = await found(client)
    made_up = {(event, work.cheat) for event, work in worked.items() if work.cheat}
    caught = made_up & told
    assert len(caught) / len(made_up) >= 0.95
    honest = {event for event, work in worked.items() if work.cheat is None}
    alarms = {event for event, _ in told} & honest
    assert len(alarms) / len(honest) <= 0.02
    for kind in CHEATS:
        assert answer.json()["found"][kind] == sum(one == kind for _, one in told)
    again = await client.post("/api/spot-checks/search", json=WINDOW)
    assert again.json() == {"found": {}, "photos": 0}


async def test_somebody_says_once_what_it_is(client, worked):
    await client.post("/api/spot-checks/search", json=WINDOW)
    first = (await client.get("/api/spot-checks")).json()[0]
    path = f"/api/spot-checks/{first['id']}/verdict"
    told = await client.post(path, json={"verdict": "confirmed", "note": "到现场看过，未处置"})
    assert told.json()["verdict"] == "confirmed"
    again = await client.post(path, json={"verdict": "dismissed", "note": "x"})
    assert "already" in assert_problem(again, 409)["detail"]
    judged = (await client.get("/api/spot-checks", params={"judged": True})).json()
    assert [one["id"] for one in judged] == [first["id"]]
    nothing = await client.post("/api/spot-checks/999999/verdict", json=told.json())
    assert nothing.status_code in {404, 422}


async def test_a_window_that_ends_first_is_refused(client):
    wrong = WINDOW | {"until": WINDOW["since"]}
    assert_problem(await client.post("/api/spot-checks/search", json=wrong), 422)


def test_a_hash_fits_the_database_and_is_that_of_the_picture():
    rng = random.Random(1)  # noqa: S311 - no secret
    for _ in range(20):
        picture = a_scene(rng)
        one = hash_of(jpeg(picture))
        assert -(2**63) <= one < 2**63
        assert one % 2**64 == int(str(imagehash.phash(Image.open(io.BytesIO(jpeg(picture))))), 16)
        same = (one ^ hash_of(tampered(picture, rng))) % 2**64
        other = (one ^ hash_of(jpeg(a_scene(rng)))) % 2**64
        assert same.bit_count() < other.bit_count()
