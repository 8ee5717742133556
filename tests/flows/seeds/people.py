"""Grid workers on their way: hours in the grid, where they are, and calls to them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from tests.flows.office import get, load, post
from tests.flows.seeds.lists import a_unit, an_item
from tests.flows.test_report_to_close import body
from tests.towns import BLOCKS, COMMUNITY, a_person, middle, staff


async def row34(town, client):
    """网格员管理: three hours a day in the own grid, from the track, with what it is a share of."""
    await staff(town, *(a_person(code, middle(0, 0)) for code in ("a", "b")))
    await _in_force_since(town, days=9)
    event = await post(client, "events", 201, **body())
    worker = event["handler"]["code"]
    lon, lat = middle(0, 0)
    nine = (datetime.now(UTC) - timedelta(days=1)).replace(hour=1, minute=0, second=0)
    pings = [
        {"person": worker, "lon": lon, "lat": lat, "datum": "wgs84",
         "captured_at": (nine + timedelta(minutes=5 * n)).isoformat()}
        for n in range(37)
    ]  # fmt: skip
    await post(client, "positions/batch", client_key=uuid4().hex, pings=pings)
    told = await get(client, "hours-in-grid", division=COMMUNITY, day=str(nine.date()))
    hours = {one["code"]: one["in_grid_s"] / 3600 for one in told["people"]}
    assert hours == {"a": 0, "b": 0} | {worker: 3}
    assert (told["reached"], told["obliged"], told["required_s"]) == (1, 2, 3 * 3600)


async def _in_force_since(town, *, days):
    async with town.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            text("UPDATE grid SET valid = tstzrange(now() - make_interval(days => :days), NULL)"),
            {"days": days},
        )


async def row36(town, client):
    """街道指挥中心: who is where by the latest position, read for a purpose, and their tasks."""
    await staff(town, a_person("w0", middle(0, 0)), a_person("w1", middle(3, 3)))
    lon, lat = middle(2, 1)
    await post(client, "positions", person="w0", lon=lon, lat=lat, datum="wgs84")
    there = await post(client, "people/w0/whereabouts", purpose="调度附近力量")
    assert (round(there["lon"], 6), round(there["lat"], 6)) == (round(lon, 6), round(lat, 6))
    event = await post(client, "events", 201, **body())
    inbox = await get(client, "desk/events", division=COMMUNITY)
    assert [one["id"] for one in inbox["events"]] == [event["id"]]


async def row02(town, client):
    """全能网格员: who in this grid may do pension certification, by course and until when."""
    await staff(town, *(a_person(f"w{n}", middle(0, 0)) for n in range(2)))
    names = {"SB-01": "养老待遇资格认证", "YB-01": "医保参保登记"}
    await load(town, "units", [a_unit("RSJ", "人社局")])
    await load(town, "items", [an_item(code, "RSJ") | {"name": names[code]} for code in names])
    course = {"course": "全能网格员轮训", "trained_on": "2026-03-01", "valid_until": "2099-03-01"}
    for item in names:
        await post(client, "people/w0/trainings", 201, item=item, **course)
    await post(client, "people/w1/trainings", 201, item="YB-01", **course)
    able = {item: set() for item in names}
    for n in range(BLOCKS):  # every grid of the community
        lon, lat = middle(n, n)
        for item, codes in able.items():
            told = await get(client, "trained", lon=lon, lat=lat, datum="wgs84", item=item)
            codes |= {one["code"] for one in told["people"]}
            assert {one["valid_until"] for one in told["people"]} <= {"2099-03-01"}
    assert able == {"SB-01": {"w0"}, "YB-01": {"w0", "w1"}}
