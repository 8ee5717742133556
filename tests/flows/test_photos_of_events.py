"""A photo's way: sent by whoever reported or has the event, seen by who may see the event."""

import asyncio

import pytest
from sqlalchemy import text

from tests.events.test_photos import HOSTILE, PAYLOAD, a_photo
from tests.flows.test_report_to_close import assert_problem, body

JPEG = {"content-type": "image/jpeg"}


@pytest.fixture
async def event(client):
    return (await client.post("/api/events", json=body())).json()["id"]


async def send(client, event, content, purpose="report"):
    return await client.post(
        f"/api/events/{event}/photos", content=content, params={"purpose": purpose}, headers=JPEG
    )


async def test_a_photo_is_kept_and_shown(client, event, town):
    answer = await send(client, event, a_photo(comment=PAYLOAD))
    assert answer.status_code == 201
    (told,) = answer.json()
    assert (told["purpose"], told["width_px"], told["height_px"]) == ("report", 640, 480)
    picture = await client.get(f"/api/events/{event}/photos/{told['id']}")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert len(picture.content) == told["size_bytes"]
    assert PAYLOAD[:16] not in picture.content
    assert (await client.get(f"/api/events/{event}/photos")).json() == [told]
    async with town.connect() as connection:
        deeds = await connection.scalar(
            text("SELECT count(*) FROM audit_entry WHERE action = 'photo_added'")
        )
    assert deeds == 1


async def test_the_same_one_again_is_kept_once(client, event):
    for _ in range(2):
        answer = await send(client, event, a_photo())
    assert len(answer.json()) == 1


async def test_there_is_a_most(client, event):
    answers = [await send(client, event, a_photo(colour=(n, n, n))) for n in range(0, 130, 10)]
    assert [answer.status_code for answer in answers] == [201] * 12 + [409]
    assert len((await client.get(f"/api/events/{event}/photos")).json()) == 12
    # The twelfth comes again from a phone that never heard it was taken.
    assert (await send(client, event, a_photo(colour=(110, 110, 110)))).status_code == 201


@pytest.mark.parametrize("content", [c for c, _ in HOSTILE.values()], ids=HOSTILE.keys())
async def test_what_is_no_photo_leaves_nothing(client, event, content):
    answer = await send(client, event, content)
    assert_problem(answer, 413 if len(content) > 12_000_000 else 422)
    assert (await client.get(f"/api/events/{event}/photos")).json() == []


async def test_of_events_that_are_not_there(client, event):
    assert_problem(await send(client, 4711, a_photo()), 404)
    assert_problem(await client.get("/api/events/4711/photos"), 404)
    assert_problem(await client.get(f"/api/events/{event}/photos/1"), 404)
    assert_problem(await send(client, event, a_photo(), purpose="selfie"), 422)


async def test_others_are_served_while_large_ones_are_decoded(client, event):
    """Many are decoded at once; the event loop is free all the while."""
    large = a_photo("PNG", size=(5000, 5000))
    sending = [asyncio.create_task(send(client, event, large)) for _ in range(4)]
    served = 0
    while not all(task.done() for task in sending):
        assert (await client.get("/health/live")).status_code == 200
        served += 1
    assert {task.result().status_code for task in sending} == {201}
    assert served > 20
