"""Small repairs over HTTP: nobody booked twice, paid from the fund, which always balances."""

import asyncio
from datetime import timedelta

import pytest

from tests.flows.office import get
from tests.flows.test_report_to_close import assert_problem
from tests.registers.groups import a_group, set_groups
from tests.registers.repairs import (
    SATURDAY,
    THURSDAY,
    YEAR,
    a_building,
    a_call,
    a_pack,
    booked,
    called,
    granted,
    mended,
    settled,
    surveyed,
)
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff


@pytest.fixture
async def crews(client, town):
    """Two crews that one person is in, both; and one more with others."""
    await staff(town, *(a_person(f"m{n}", middle(0, 0)) for n in range(3)))
    told = (("a", ["m0", "m1"]), ("b", ["m1", "m2"]), ("c", ["m2"]))
    return await set_groups(
        client,
        *(
            a_group(
                code,
                kind="crew",
                members=[{"person": person, "begins": "2026-01-01"} for person in people],
            )
            for code, people in told
        ),
    )


async def balances(client):
    rows = await get(client, "ledger/accounts", division=COUNTY)
    return {one["code"]: one["balance"] for one in rows}


async def test_nobody_is_booked_twice_at_a_time(client, crews):
    a, b, c = crews
    pack = await a_pack(client)
    first, second = [await called(client, pack) for _ in range(2)]
    for repair in (first, second):
        assert (await surveyed(client, repair)).status_code == 200
    assert (await booked(client, first, a)).status_code == 200
    for crew in (a, b):  # m1 is in both
        answer = await booked(client, second, crew, SATURDAY + timedelta(hours=1))
        assert "booked" in assert_problem(answer, 409)["detail"]
    assert (await booked(client, second, c)).status_code == 200
    assert (await booked(client, second, b, SATURDAY + timedelta(hours=2))).status_code == 200
    await client.post(f"/api/repairs/{first}/cancellation", json={"note": "业主自行修好"})
    assert (await booked(client, second, a)).status_code == 200
    states = [(await get(client, f"repairs/{one}"))["state"] for one in (first, second)]
    assert states == ["CANCELLED", "BOOKED"]


async def test_two_bookings_at_once_leave_one(client, crews):
    pack = await a_pack(client)
    repairs = [await called(client, pack) for _ in range(4)]
    for repair in repairs:
        await surveyed(client, repair)
    answers = await asyncio.gather(*(booked(client, one, crews[0]) for one in repairs))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_it_is_paid_once_and_the_books_balance(client, crews):
    pack = await a_pack(client)
    await granted(client, 1000)
    repair = await called(client, pack)
    assert_problem(await settled(client, repair, 600), 409)
    await mended(client, repair, crews[0])
    answers = await asyncio.gather(*(settled(client, repair, 600) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert await balances(client) == {"budget": -1000, "pack-fund": 400, "pack-spent": 600}
    other = await called(client, pack, item="lamp")
    await mended(client, other, crews[0], SATURDAY + timedelta(hours=5))
    assert "fund" in assert_problem(await settled(client, other, 401), 409)["detail"]
    assert (await get(client, f"repairs/{other}"))["state"] == "DONE"
    figures = await get(client, f"repair-packs/{pack}/figures", **YEAR)
    assert (figures["spent_fen"], figures["fund_had_fen"]) == (600, 1000)
    assert (figures["fund_used"]["numerator"], figures["fund_used"]["denominator"]) == (600, 1000)
    assert (figures["done"]["numerator"], figures["by_item"]) == (2, {"lamp": 1, "pipe": 1})


async def test_what_somebody_manages_is_theirs_to_mend(client, town):
    building, lon, lat = await a_building(town)
    pack = await a_pack(client)
    path = {"division": COMMUNITY}
    kept = {"building": building, "care": "managed", "keeper": "好家物业", "since": "2026-01-01"}
    told = path | {"buildings": [kept]}
    assert (await client.put("/api/building-care", json=told)).status_code == 200
    answer = await client.post("/api/repairs", json=a_call(pack, lon=lon, lat=lat))
    assert "好家物业" in assert_problem(answer, 409)["detail"]
    free = {"building": building, "care": "unmanaged", "since": "2026-01-01"}
    await client.put("/api/building-care", json=path | {"buildings": [free]})
    repair = await called(client, pack, lon=lon, lat=lat)
    shown = await get(client, f"repairs/{repair}")
    assert (shown["building"], shown["care"]) == (building, "unmanaged")
    (layer,) = await get(client, "building-care", care="unmanaged")
    assert (layer["building"], round(layer["lon"], 6)) == (building, round(lon, 6))
    for wrong in ([free | {"building": "none"}], [free, free], [free | {"keeper": "x"}]):
        answer = await client.put("/api/building-care", json=path | {"buildings": wrong})
        assert_problem(answer, 422)


async def test_what_is_wrong_is_named(client, town):
    season = (THURSDAY.month % 12) + 1
    items = [
        {"code": "pipe", "name": "水管"},
        {"code": "flood", "name": "排水", "months": [season]},
    ]
    pack = await a_pack(client, items=items)
    for wrong, named in (
        ({"item": "colour"}, "colour"),
        ({"item": "flood"}, "months"),
        ({"lon": 0, "lat": 0}, "outside"),
        ({"called_at": "2099-01-01T00:00:00Z"}, "future"),
    ):
        answer = await client.post("/api/repairs", json=a_call(pack) | wrong)
        assert named in str(assert_problem(answer, 422))
    assert_problem(await client.post("/api/repairs", json=a_call(10**9)), 404)
    told = a_call(pack)
    answers = [await client.post("/api/repairs", json=told) for _ in range(2)]
    (repair,) = {answer.json()["id"] for answer in answers}
    again = told | {"description": "另一处"}
    assert_problem(await client.post("/api/repairs", json=again), 422)
    path = f"/api/repairs/{repair}"
    early = {"visited_at": (THURSDAY - timedelta(hours=1)).isoformat(), "answers": {"danger": "是"}}
    assert "before the call" in str(
        assert_problem(await client.put(f"{path}/survey", json=early), 422)
    )
    short = {"visited_at": THURSDAY.isoformat(), "answers": {}}
    assert "danger" in str(assert_problem(await client.put(f"{path}/survey", json=short), 422))
    assert_problem(await booked(client, repair, 1), 409)
    await surveyed(client, repair)
    assert_problem(await booked(client, repair, 10**9), 422)
    assert "seven days" in str(assert_problem(await booked(client, repair, 1, count=200), 422))
