"""Stars over HTTP: grids rated by a rule, with all they were made of."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem, body
from tests.limits import HOURS, load_limits
from tests.towns import COUNTY, a_person, middle, staff

DAYS = {"since": "2026-01-01", "until": "2035-01-01"}


def a_rule(**columns):
    criteria = [
        {"measure": "rework", "bad": 0.5, "good": 0, "weight": 0.4},
        {"measure": "closed", "bad": 0, "good": 1, "weight": 0.6},
    ]
    told = {"division": COUNTY, "code": "stars", "name": "星级", "criteria": criteria}
    return told | {"least_cases": 2} | columns


async def rated(client, **columns):
    wish = DAYS | {"division": COUNTY, "rule": "stars"} | columns
    answer = await client.post("/api/star-ratings", json=wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def worked(town, client):
    """Three events of one micro-grid, handled; one of them twice."""
    await load_limits(town, *HOURS)
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=50) for n in range(4)))
    events = []
    for _ in range(3):
        told = body(client_key=uuid4().hex)
        event = (await client.post("/api/events", json=told)).json()["id"]
        for state in ("ACCEPTED", "HANDLED"):
            await client.post(f"/api/events/{event}/moves", json={"to_state": state})
        events.append(event)
    why = {"reason": "not_done", "note": "没扫干净"}
    path = f"/api/events/{events[0]}/moves"
    back = await client.post(path, json={"to_state": "RETURNED"} | why)
    assert back.status_code == 200
    return events


async def test_grids_are_rated_and_what_they_were_made_of_is_told(client, worked):
    assert (await client.post("/api/star-rules", json=a_rule())).status_code == 201
    told = await rated(client)
    (one,) = [grid for grid in told if grid["measures"]["cases"]]
    assert one["measures"]["cases"] == 3
    assert one["measures"]["rework"] == pytest.approx(1 / 3)
    assert one["points"] == pytest.approx(100 * (0.5 - 1 / 3) / 0.5)
    assert one["stars"] == 1
    assert {grid["stars"] for grid in told if not grid["measures"]["cases"]} <= {None}
    assert await rated(client) != []
    listed = (await client.get("/api/star-ratings", params={"division": COUNTY})).json()
    assert len(listed) == len(told)


async def test_confirmed_sham_work_takes_stars_away(town, client, worked):
    lenient = a_rule(thresholds=[1, 2, 3, 4])
    await client.post("/api/star-rules", json=lenient)
    assert max(grid["stars"] or 0 for grid in await rated(client)) == 5
    async with transaction(town) as session:
        await session.execute(
            text(
                "INSERT INTO spot_check (event_id, division_code, kind, detail, note, verdict,"
                " judged_by, judged_at) SELECT id, division_code, 'instant', '{}', '',"
                " 'confirmed', 'x', now() FROM event ORDER BY id LIMIT 1"
            )
        )
    assert max(grid["stars"] or 0 for grid in await rated(client)) == 2


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"criteria": [{"measure": "closed", "bad": 0, "good": 1, "weight": 0.9}]}, "sum to 0.9"),
        ({"criteria": [{"measure": "closed", "bad": 1, "good": 1, "weight": 1}]}, "must differ"),
        ({"criteria": [{"measure": "smile", "bad": 0, "good": 1, "weight": 1}]}, "smile|measure"),
        ({"thresholds": [40, 30, 70, 85]}, "must rise"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(client, wrong, why):
    answer = await client.post("/api/star-rules", json=a_rule(**wrong))
    assert any(part in assert_problem(answer, 422)["detail"] for part in why.split("|"))


async def test_a_rule_by_which_grids_were_rated_stays(client):
    assert (await client.post("/api/star-rules", json=a_rule())).status_code == 201
    assert (await client.post("/api/star-rules", json=a_rule())).status_code == 201
    other = await client.post("/api/star-rules", json=a_rule(name="新"))
    assert_problem(other, 409)
    wish = DAYS | {"division": COUNTY, "rule": "none"}
    assert_problem(await client.post("/api/star-ratings", json=wish), 404)
