"""Small repairs in buildings that nobody looks after."""

from datetime import datetime

from tests.flows.office import get
from tests.flows.test_report_to_close import assert_problem
from tests.registers.groups import a_group, set_groups
from tests.registers.repairs import (
    YEAR,
    a_building,
    a_pack,
    booked,
    called,
    granted,
    mended,
    settled,
    surveyed,
)
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff


async def row10(town, client):
    """宁海路应急包: called on Thursday, visited on Friday, done on Saturday, paid from the fund."""
    building, lon, lat = await a_building(town)
    care = {"building": building, "care": "unmanaged", "since": "2020-04-01"}
    told = {"division": COMMUNITY, "buildings": [care]}
    assert (await client.put("/api/building-care", json=told)).status_code == 200
    await staff(town, *(a_person(f"m{n}", middle(0, 0)) for n in range(4)))
    members = [{"person": f"m{n}", "begins": "2026-01-01"} for n in range(4)]
    truck = [{"code": "trucks", "label": "工程车", "number": 1}]
    (crew,) = await set_groups(client, a_group("crew", kind="crew", members=members, counts=truck))
    shown = await get(client, f"groups/{crew}")
    assert (shown["members"], shown["counts"][0]["number"]) == (4, 1)
    pack = await a_pack(client)
    await granted(client, 100_000)
    repair = await called(client, pack, lon=lon, lat=lat)
    done = await mended(client, repair, crew)
    assert done["care"] == "unmanaged"
    days = [
        datetime.fromisoformat(done[f"{what}_at"]).weekday()
        for what in ("called", "visited", "done")
    ]
    assert days == [3, 4, 5]
    other = await called(client, pack, item="lamp")
    assert (await surveyed(client, other)).status_code == 200
    assert_problem(await booked(client, other, crew), 409)
    assert (await settled(client, repair, 95_000)).json()["state"] == "SETTLED"
    figures = await get(client, f"repair-packs/{pack}/figures", **YEAR)
    assert figures["fund_used"]["value"] == 0.95
    assert figures["median_h"] < 7 * 24 / 3  # it took a week or more before
    accounts = await get(client, "ledger/accounts", division=COUNTY)
    assert sum(one["balance"] for one in accounts) == 0
