"""Tiles over HTTP: validators, errors, and whose cells they hold."""

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import make_engine, transaction
from tests.towns import COUNTY, SOUTH, WEST, tile_at
from tests.who import bearer, open_account

PLACE = "/api/tiles/12/{}/{}".format(*tile_at(WEST, SOUTH, 12))


async def test_a_tile_is_told_once_and_then_named(client):
    first = await client.get(PLACE)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert b"micro_grids" in first.content
    for known in (
        first.headers["etag"],
        f'"other", {first.headers["etag"]}',
        first.headers["etag"].removeprefix("W/"),
        "*",
    ):
        again = await client.get(PLACE, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(PLACE, headers={"If-None-Match": '"other"'})).status_code == 200
    assert b"micro_grids" not in (await client.get("/api/tiles/0/0/0")).content


async def test_what_is_kept_for_one_area_is_not_shown_to_another(client, town_url):
    engine = make_engine(town_url)
    async with transaction(engine) as session:
        ours = await open_account(session, "ours", [Role.PLANNER], [COUNTY])
        foreign = await open_account(session, "foreign", [Role.PLANNER], ["990201000000"])
    await engine.dispose()
    tag = None
    for _ in range(2):  # made, then kept
        seen = await client.get(PLACE, headers=bearer(ours))
        assert b"9901010010" in seen.content
        tag = seen.headers["etag"]
        hidden = await client.get(PLACE, headers=bearer(foreign) | {"If-None-Match": tag})
        assert (hidden.status_code, hidden.content) == (200, b"")


async def test_a_kept_tile_ends_with_its_plan(client, town_url):
    before = await client.get(PLACE)
    engine = make_engine(town_url)
    async with transaction(engine) as session:
        for table in ("grid", "micro_grid"):
            await session.execute(
                text(f"UPDATE {table} SET valid = tstzrange(lower(valid), now())")
            )
    await engine.dispose()
    after = await client.get(PLACE, headers={"If-None-Match": before.headers["etag"]})
    assert (after.status_code, after.content) == (200, b"")


@pytest.mark.parametrize("place", ["14/0/0", "3/8/0", "3/0/-1", "-1/0/0", "a/0/0", "1/0/1.5"])
async def test_wrong_places_are_told_what_is_right(client, place):
    answer = await client.get(f"/api/tiles/{place}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    if place == "14/0/0":
        assert "/api/micro-grids?bbox" in answer.json()["detail"]
