"""What citizens send from their phones."""

from datetime import datetime

from tests.events.test_photos import a_photo
from tests.events.test_voices import A_VOICE
from tests.flows.office import get, post
from tests.flows.test_citizen_reports import JPEG, WEBM, told
from tests.towns import a_person, middle, staff

KINDS = {"problem": "路灯不亮", "suggestion": "增设座椅", "praise": "处置很快"}


async def row63(town, client):
    """随手拍: photo, voice or text in three classes, passed on at once and done the same day."""
    await staff(town, a_person("w0", middle(1, 1), capacity=9))
    numbers = {}
    for kind, words in KINDS.items():
        sent = told(kind=kind, description=words)
        numbers[kind] = (await post(client, "public/reports", 201, **sent))["number"]
    way = f"/api/public/reports/{numbers['problem']}"
    assert (await client.post(f"{way}/photos", content=a_photo(), headers=JPEG)).is_success
    assert (await client.post(f"{way}/voice", content=A_VOICE, headers=WEBM)).is_success
    events = (await get(client, "events"))["events"]
    problem = next(one for one in events if one["description"] == KINDS["problem"])
    assert problem["state"] == "DISPATCHED"
    for state in ("ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED"):
        await post(client, f"events/{problem['id']}/moves", to_state=state, note="已修")
    progress = await get(client, f"public/reports/{numbers['problem']}")
    assert progress["state"] == "CLOSED"
    history = (await get(client, f"events/{problem['id']}"))["history"]
    first, last = (datetime.fromisoformat(history[n]["at"]) for n in (0, -1))
    assert (last - first).days == 0
