"""Some events that went through everything a figure counts, over two days."""

from tests.flows.test_event_walks import let_pass
from tests.flows.test_report_to_close import body
from tests.limits import HOURS, load_limits
from tests.towns import a_person, middle, staff

#: Of each event, the moves it makes, and the hours that pass after each.
WAYS = (
    ("ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED"),
    ("ACCEPTED", "HANDLED", "RETURNED"),
    ("RETURNED",),
    ("ACCEPTED", 9, "HANDLED"),
    (30,),
    ("HANDLED", "VERIFIED", "CLOSED", "REOPENED"),
    (),
)
_REASONS = {"DISPATCHED": "no_means", "HANDLED": "not_done"}


async def lived(town, client):
    """Report and move the events of `WAYS` by an account that may do all of it."""
    await load_limits(town, *HOURS)
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=20) for n in range(2)))
    for number, way in enumerate(WAYS):
        answer = await client.post("/api/events", json=body(number % 4, number // 4))
        assert answer.status_code == 201, answer.text
        event = answer.json()
        for step in way:
            if isinstance(step, int):
                await let_pass(town, step)
                continue
            told = {"to_state": step, "note": "已处置"}
            if step == "RETURNED":
                told["reason"] = _REASONS.get(event["state"], "no_means")
            answer = await client.post(f"/api/events/{event['id']}/moves", json=told)
            assert answer.status_code == 200, answer.text
            event = answer.json()
