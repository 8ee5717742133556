"""A report without an account: sent, asked for, rated, reopened, followed; and what is refused."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.events.citizens import number_of
from tests.events.test_photos import a_photo
from tests.events.test_voices import A_VOICE
from tests.flows.test_report_to_close import assert_problem
from tests.towns import a_person, middle, staff
from tests.who import ALL_ROUND, KEYRING

JPEG, WEBM = {"content-type": "image/jpeg"}, {"content-type": "audio/webm"}
PURPOSE = {"purpose": "电话回访"}


def told(**changes):
    lon, lat = middle(1, 1)
    return {
        "kind": "problem",
        "matter": "E01",
        "lon": lon,
        "lat": lat,
        "datum": "wgs84",
        "description": "路灯不亮",
        "client_key": str(uuid4()),
    } | changes


@pytest.fixture
async def citizen(town_url, client_of):
    """A client without any proof of who it is."""
    async with client_of(town_url, headers=None) as client:
        yield client


async def reported(citizen, **changes):
    answer = await citizen.post("/api/public/reports", json=told(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(answer, status, says):
    assert says in str(assert_problem(answer, status))


async def event_of(citizen):
    page = (await citizen.get("/api/events", headers=ALL_ROUND)).json()
    return page["events"][0]["id"]


async def moved(citizen, *states):
    event = await event_of(citizen)
    for state in states:
        answer = await citizen.post(
            f"/api/events/{event}/moves",
            json={"to_state": state, "note": "处置"},
            headers=ALL_ROUND,
        )
        assert answer.status_code == 200, answer.text


async def test_a_report_comes_with_its_number_and_tells_how_it_goes(citizen, town):
    await staff(town, a_person("w0", middle(1, 1)))
    answer = await reported(citizen)
    assert answer["state"] == "DISPATCHED"
    progress = (await citizen.get(f"/api/public/reports/{answer['number']}")).json()
    assert progress == answer
    assert [step["state"] for step in progress["steps"]] == ["REPORTED", "FILED", "DISPATCHED"]
    loose = answer["number"].replace("-", "").lower()
    assert (await citizen.get(f"/api/public/reports/{loose}")).json()["state"] == "DISPATCHED"


async def test_the_same_report_again_is_the_same(citizen, town):
    report = told()
    first, again = [
        (await citizen.post("/api/public/reports", json=report)).json() for _ in range(2)
    ]
    assert first == again
    assert first["number"] == number_of(report["client_key"])
    assert (await citizen.get("/api/events", headers=ALL_ROUND)).json()["total"] == 1
    other = await citizen.post("/api/public/reports", json=report | {"description": "别的"})
    refused(other, 422, "another body")


async def test_the_phone_is_sealed_and_read_only_for_a_purpose(citizen, town):
    await reported(citizen, phone="13812345678")
    event = await event_of(citizen)
    async with town.connect() as connection:
        kept = await connection.scalar(text("SELECT contact_phone_sealed FROM event"))
    assert "13812345678" not in kept
    assert KEYRING.open(kept) == "13812345678"
    answer = await citizen.post(f"/api/events/{event}/contact", json=PURPOSE, headers=ALL_ROUND)
    assert answer.json()["phone"] == "13812345678"


async def test_photos_and_a_voice_note_are_added_once(citizen, town):
    number = (await reported(citizen))["number"]
    for _ in range(2):
        answer = await citizen.post(
            f"/api/public/reports/{number}/photos", content=a_photo(), headers=JPEG
        )
        assert answer.json()["photos"] == 1
        answer = await citizen.post(
            f"/api/public/reports/{number}/voice", content=A_VOICE, headers=WEBM
        )
        assert answer.json()["voices"] == 1
    async with town.connect() as connection:
        kept = await connection.scalar(text("SELECT content_sealed FROM event_voice"))
    assert "webm" not in kept
    event = await event_of(citizen)
    heard = await citizen.post(f"/api/events/{event}/voice", json=PURPOSE, headers=ALL_ROUND)
    assert (heard.content, heard.headers["content-type"]) == (A_VOICE, "audio/webm")
    unheard = await citizen.post(f"/api/events/{event}/voice", json={}, headers=ALL_ROUND)
    assert_problem(unheard, 422)


@pytest.mark.parametrize(
    ("path", "content", "headers", "says"),
    [
        ("photos", b"no picture", JPEG, "no JPEG"),
        ("photos", A_VOICE, JPEG, "no JPEG"),
        ("voice", a_photo(), WEBM, "no WebM"),
        ("voice", b"", WEBM, "no WebM"),
    ],
)
async def test_what_is_no_photo_and_no_voice_is_refused(
    citizen, town, path, content, headers, says
):
    number = (await reported(citizen))["number"]
    answer = await citizen.post(
        f"/api/public/reports/{number}/{path}", content=content, headers=headers
    )
    refused(answer, 422, says)


async def test_it_is_rated_when_done_and_reopened_when_it_is_not(citizen, town):
    await staff(town, a_person("w0", middle(1, 1)))
    number = (await reported(citizen))["number"]
    at = f"/api/public/reports/{number}"
    rating = {"score": 5, "comment": "很快"}
    refused(await citizen.post(f"{at}/rating", json=rating), 409, "handled")
    assert_problem(await citizen.post(f"{at}/reopening", json={"note": "没修"}), 409)
    await moved(citizen, "ACCEPTED", "HANDLED", "VERIFIED", "CLOSED")
    done = (await citizen.get(at)).json()
    assert (done["may_rate"], done["may_reopen"]) == (True, True)
    assert (await citizen.post(f"{at}/rating", json=rating)).json()["score"] == 5
    assert (await citizen.post(f"{at}/rating", json={"score": 2})).json()["score"] == 2
    again = (await citizen.post(f"{at}/reopening", json={"note": "又坏了"})).json()
    assert "REOPENED" in [step["state"] for step in again["steps"]]
    assert not again["may_reopen"]


async def test_what_is_near_by_is_followed_with_a_number_of_ones_own(citizen, town):
    await reported(citizen)
    lon, lat = middle(1, 1)
    place = {"lon": lon, "lat": lat, "datum": "wgs84"}
    (near,) = (await citizen.get("/api/public/nearby", params=place)).json()["events"]
    assert "description" not in near
    wish = place | {"event": near["event"], "client_key": str(uuid4())}
    first, again = [(await citizen.post("/api/public/follows", json=wish)).json() for _ in range(2)]
    assert first == again
    assert first["follows"]
    (near,) = (await citizen.get("/api/public/nearby", params=place)).json()["events"]
    assert near["followers"] == 1
    photo = await citizen.post(
        f"/api/public/reports/{first['number']}/photos", content=a_photo(), headers=JPEG
    )
    refused(photo, 409, "own")


async def test_what_is_far_away_is_neither_told_nor_followed(citizen, town):
    await reported(citizen)
    lon, lat = middle(3, 3)
    place = {"lon": lon, "lat": lat, "datum": "wgs84"}
    assert (await citizen.get("/api/public/nearby", params=place)).json()["events"] == []
    wish = place | {"event": await event_of(citizen), "client_key": str(uuid4())}
    assert_problem(await citizen.post("/api/public/follows", json=wish), 404)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lon": 0.0}, "outside every published grid"),
        ({"client_key": "1"}, "client_key"),
        ({"kind": "joke"}, "kind"),
        ({"matter": "E99"}, "unknown matter"),
        ({"datum": None}, "datum"),
        ({"phone": "<script>"}, "phone"),
        ({"description": ""}, "description"),
    ],
)
async def test_what_cannot_be_used_says_why(citizen, change, says):
    refused(await citizen.post("/api/public/reports", json=told(**change)), 422, says)


async def test_a_number_nobody_has_tells_nothing(citizen):
    assert_problem(await citizen.get("/api/public/reports/0000-0000-0000"), 404)
    assert_problem(await citizen.get("/api/public/reports/1"), 422)


async def test_reports_from_one_address_have_a_most(town_url, client_of):
    async with client_of(town_url, headers=None, reports_per_hour=2) as citizen:
        answers = [await citizen.post("/api/public/reports", json=told()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["retry-after"]) > 60


async def test_the_ground_shows_borders_and_nobody(citizen):
    lon, lat = middle(1, 1)
    near = {"bbox": f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}"}
    ground = (await citizen.get("/api/public/ground", params=near)).json()
    kinds = {feature["properties"]["kind"] for feature in ground["features"]}
    assert "grid" in kinds
    assert all(set(feature["properties"]) == {"kind"} for feature in ground["features"])
    wide = {"bbox": f"{lon - 1},{lat - 1},{lon + 1},{lat + 1}"}
    refused(await citizen.get("/api/public/ground", params=wide), 422, "closer")
