"""Reports of one thing: suggested by place, time, matter and words; linked, never taken away."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.db import make_engine, transaction
from gridsvc.events.duplicate_queries import _LIKE
from tests.conftest import service_of
from tests.events.test_closing import WAY, an_event, public
from tests.flows.test_event_walks import let_pass, table
from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import SIDE, a_person, middle, staff


@pytest.fixture
async def staffed(town, client):
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=20) for n in range(2)))
    return client


async def report(client, **columns):
    answer = await client.post("/api/events", json=body() | columns)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def suggested(client, event):
    answer = await client.get(f"/api/events/{event}/duplicates")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def link(client, event, of, **kwargs):
    told = {"of": of, "note": "同一处垃圾"}
    return await client.post(f"/api/events/{event}/duplicate", json=told, **kwargs)


async def test_the_likest_comes_first_with_what_speaks_for_it(staffed):
    lon, _ = middle(0, 0)
    words = "小区东门垃圾桶满溢，影响通行"
    event = await report(staffed, description=words)
    same = await report(staffed, description="小区东门垃圾桶满溢了", lon=lon + SIDE / 10)
    other_words = await report(staffed, description="路灯不亮", lon=lon + SIDE / 10)
    sibling = await report(staffed, description=words, matter="E02", lon=lon + SIDE / 10)
    await report(staffed, description=words, lon=lon + 3 * SIDE)  # some 280 m away
    told = await suggested(staffed, event)
    assert {one["id"] for one in told} == {same, other_words, sibling}
    assert told[0]["id"] == same
    by_id = {one["id"]: one for one in told}
    assert by_id[same]["similarity"] > 0.3 > by_id[other_words]["similarity"]
    assert 8 < by_id[same]["distance_m"] < 11
    assert [by_id[n]["same_matter"] for n in (same, other_words, sibling)] == [True, True, False]
    assert all(0 <= one["score"] <= 1 for one in told)
    assert [one["score"] for one in told] == sorted((o["score"] for o in told), reverse=True)


async def test_what_is_long_past_or_linked_already_is_not_suggested(staffed, town):
    await report(staffed)
    await let_pass(town, 80)
    first, second, third = [await report(staffed) for _ in range(3)]
    assert {one["id"] for one in await suggested(staffed, first)} == {second, third}
    await link(staffed, third, first)
    assert {one["id"] for one in await suggested(staffed, first)} == {second}


async def test_place_and_time_come_from_the_index_for_the_service_too(town, town_url, staffed):
    """Ten thousand of other days and places: a plan that reads them all fits a small town only."""
    event = await report(staffed)
    async with town.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            text(
                "INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom,"
                " datum, description, client_key, body_sha256, state, captured_at, received_at)"
                " SELECT division_code, grid_id, micro_grid_id, matter_code,"
                " ST_SetSRID(ST_MakePoint(ST_X(geom) + n % 100 / 500.0, ST_Y(geom)), 4326),"
                " datum, 'x', 'k' || n, '', 'REPORTED', now(), now() - n * interval '10 minutes'"
                " FROM event, generate_series(1, 10000) n"
            )
        )
    async with town.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("ANALYZE event"))
    at_work = make_engine(service_of(town_url).url)
    async with transaction(at_work) as session:
        asked = {"id": event, "radius_m": 200.0, "hours": 72, "limit": 5, "nearest": 200}
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {_LIKE.text}"), asked))
    await at_work.dispose()
    assert "Index Scan using ix_event_place_time on event o" in plan


async def test_linked_both_stay_and_the_public_sees_the_one_that_counts(staffed, town):
    first, second = await an_event(staffed, *WAY), await an_event(staffed, *WAY)
    assert len(await public(staffed)) == 2
    told = (await link(staffed, second, first)).json()
    assert told["links"][0]["duplicate_of"] == first
    assert (await staffed.get(f"/api/events/{second}")).json()["duplicate_of"] == first
    assert len(await public(staffed)) == 1
    assert_problem(await staffed.post(f"/api/events/{second}/publication"), 409)
    told = (await staffed.post(f"/api/events/{second}/duplicate/removal")).json()
    assert told["links"][0]["unlinked_by"] == "all-round"
    assert len(await public(staffed)) == 2
    assert_problem(await staffed.post(f"/api/events/{second}/duplicate/removal"), 409)
    deeds = await table(town, "SELECT action FROM audit_entry WHERE action LIKE 'duplicate%'")
    assert sorted(row["action"] for row in deeds) == ["duplicate_linked", "duplicate_unlinked"]
    # Linked again the past stays written.
    await link(staffed, second, first)
    assert len(await table(town, "SELECT 1 FROM duplicate_link")) == 2


async def test_a_duplicate_that_is_closed_later_is_not_published(staffed):
    first, second = await an_event(staffed), await an_event(staffed)
    await link(staffed, second, first)
    for state in WAY:
        await staffed.post(f"/api/events/{second}/moves", json={"to_state": state})
    assert await public(staffed) == []
    assert (await staffed.get(f"/api/events/{second}")).json()["cancel_number"]


async def test_links_form_no_chain_and_no_circle(staffed):
    a, b, c = [await an_event(staffed) for _ in range(3)]
    assert_problem(await link(staffed, a, a), 422)
    assert_problem(await link(staffed, a, 4711), 404)
    assert_problem(await link(staffed, 4711, a), 404)
    assert (await link(staffed, b, a)).status_code == 201
    assert f"event {a}" in assert_problem(await link(staffed, b, c), 409)["detail"]
    assert f"event {a}" in assert_problem(await link(staffed, c, b), 409)["detail"]
    assert "of its own" in assert_problem(await link(staffed, a, c), 409)["detail"]


async def test_linked_to_each_other_at_once_one_wins(staffed, town):
    a, b = [await an_event(staffed) for _ in range(2)]
    answers = await asyncio.gather(link(staffed, a, b), link(staffed, b, a))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_the_database_links_nothing_to_itself(staffed, town):
    event = await an_event(staffed)

    async def attempt():
        async with transaction(town) as session:
            await session.execute(
                text(
                    "INSERT INTO duplicate_link (event_id, division_code, duplicate_of, linked_by)"
                    " SELECT id, division_code, id, 'x' FROM event WHERE id = :id"
                ),
                {"id": event},
            )

    with pytest.raises(DBAPIError, match="of_another"):
        await attempt()


async def test_time_counts_like_place(staffed, town):
    """Of two equal ones the one reported closer in time is likelier."""
    early = await report(staffed)
    await let_pass(town, 30)
    late = await report(staffed)
    await let_pass(town, 10)
    told = await suggested(staffed, await report(staffed))
    assert [one["id"] for one in told] == [late, early]
    assert timedelta(hours=told[1]["hours_apart"]) > timedelta(hours=39)
