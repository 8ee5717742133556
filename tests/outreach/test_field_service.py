"""What a worker's phone is told: whom to visit, in which order, and what the worker did."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.flows.test_report_to_close import assert_problem
from tests.outreach.visits import a_visit, a_worker, begun, settle_homes
from tests.towns import middle


async def visits_of(client, headers):
    answer = await client.get("/api/field/visits", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["programmes"]


async def test_doors_come_in_the_order_of_the_round_and_go_once_visited(client, town):
    homes = await settle_homes(town)
    worker = await a_worker(town)
    season = await begun(client)
    await begun(client, code="calm", starts="2099-01-01")
    await begun(client, code="others", visitor="liaison")
    (told,) = await visits_of(client, worker)
    walked = (await client.get(f"/api/visit-programmes/{season}/round", headers=worker)).json()
    assert [one["household"] for one in told["households"]] == [
        household for stop in walked["stops"] for household in stop["households"]
    ]
    assert (told["id"], told["total"], told["overdue"]) == (season, len(homes), len(homes))
    assert told["travel_s"] == pytest.approx(walked["travel_s"])
    made = await client.post("/api/visits", json=a_visit(season, homes[0]), headers=worker)
    assert made.status_code == 201, made.text
    (told,) = await visits_of(client, worker)
    assert told["total"] == len(homes) - 1
    assert homes[0].id not in {one["household"] for one in told["households"]}


async def test_what_is_due_within_a_week_belongs_to_the_round(client, town):
    homes = await settle_homes(town, each=1)
    worker = await a_worker(town)
    programme = await begun(client, every_days=30)
    for days in (20, 25):
        home = homes[days - 20]
        told = a_visit(programme, home, 86_400 * days)
        assert (await client.post("/api/visits", json=told, headers=worker)).status_code == 201
    (told,) = await visits_of(client, worker)
    due = {one["household"]: one["overdue"] for one in told["households"]}
    assert due[homes[5].id] is False
    assert homes[0].id not in due


async def test_own_weeks_tell_visits_hours_and_events(client, town):
    homes = await settle_homes(town)
    worker = await a_worker(town)
    season = await begun(client)
    await client.post("/api/visits", json=a_visit(season, homes[0], 3), headers=worker)
    began = datetime.now(UTC) - timedelta(seconds=2)
    async with town.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO track (person_id, division_code, at, captured_at, received_at, geog,"
                " datum, source) SELECT p.id, p.division_code,"
                " CAST(:at AS timestamptz) + n * interval '1 second', now(), now(),"
                " CAST(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS geography), 'wgs84', 'api'"
                " FROM person p, generate_series(0, 1) n"
            ),
            {"at": began, **dict(zip(("lon", "lat"), middle(1, 1), strict=True))},
        )
    told = (await client.get("/api/field/figures", headers=worker)).json()
    assert told["person"] == "w0"
    weeks = told["weeks"]
    assert [one["until"] for one in weeks[:-1]] == [one["since"] for one in weeks[1:]]
    assert (sum(one["visits"] for one in weeks), weeks[0]["visits"]) == (1, 0)
    assert sum(one["in_grid_s"] for one in weeks) == pytest.approx(1)
    assert all(one["on_time"] <= one["limited"] <= one["handled"] for one in weeks)


async def test_an_account_of_nobody_has_no_round(client, town):
    assert_problem(await client.get("/api/field/visits"), 403)
    assert_problem(await client.get("/api/field/figures"), 403)
