"""Leaders hear a village on the 6th, push on the 16th and look back on the 26th."""

from gridsvc.db import transaction
from gridsvc.grids import service as grids
from tests.outreach.receptions import A_RESOLUTION, ATTENDEES, begun_cycle, begun_month, held
from tests.outreach.windows import opened, registered, solved, units
from tests.towns import COMMUNITY, a_person, middle, staff

STATIONS = 13


async def _stations(town):
    """Thirteen villages of a town, the paper community among them."""
    async with transaction(town) as session:
        await grids.load_divisions(
            session,
            [grids.DivisionRow(f"990101001{200 + n}", f"东联村{n}") for n in range(1, STATIONS)],
        )


async def row49(town, client):
    """跑办代访中心: an issue with its photos, plan, budget, leading department and votes."""
    await staff(town, a_person("w0", middle(0, 0)))
    await units(town)
    event = await registered(client, await opened(client), "jiu-xin", description="村道缺护栏")
    cycle = await begun_cycle(client, name="跑办代访")
    month = (await begun_month(client, cycle, "2026-05-02")).json()
    assert (await held(client, month["id"], "2026-05-06", "2026-05-05")).status_code == 200
    path = f"/api/receptions/{month['id']}/items/{event}/decision"
    told = (await client.put(path, json=A_RESOLUTION | {"lead_unit": "ROADS"})).json()
    (item,) = told["items"]
    assert item | {"description": "村道缺护栏", "photos": 0, "votes_for": 21} == item
    assert (item["adopted"], item["lead_unit"], item["budget_yuan"]) == (True, "ROADS", "86500.00")


async def row50(town, client):
    """主题村遴选: thirteen stations' lists, ranked by urgency; one theme village a month."""
    await staff(town, a_person("w0", middle(0, 0)))
    await _stations(town)
    await registered(client, await opened(client), "ji-nan")
    cycle = await begun_cycle(client)
    told = (await client.get(f"/api/reception-cycles/{cycle}/agenda")).json()
    assert len(told["villages"]) == STATIONS
    assert told["villages"][0]["village"] == COMMUNITY
    month = (await begun_month(client, cycle)).json()
    assert month["theme"] == COMMUNITY
    chosen = (await begun_month(client, cycle, "2026-06-01", theme="990101001205")).json()
    assert chosen["theme_name"] == "东联村5"


async def row51(town, client):
    """逢6必访: three days of every month, each with who must come; the first was on the 5th."""
    await staff(town, a_person("w0", middle(0, 0)))
    event = await registered(client, await opened(client))
    month = (await begun_month(client, await begun_cycle(client, name="东联逢6必访"))).json()
    assert [one["planned_on"][-2:] for one in month["milestones"]] == ["06", "16", "26"]
    assert [one["expected"] for one in month["milestones"]] == list(ATTENDEES.values())
    first = (await held(client, month["id"], "2026-05-06", "2026-05-05")).json()
    assert (
        first["milestones"][0] | {"held_on": "2026-05-05", "absent": []} == first["milestones"][0]
    )
    path = f"/api/receptions/{month['id']}/items/{event}"
    await client.put(f"{path}/decision", json=A_RESOLUTION)
    await held(client, month["id"], "2026-05-16")
    await held(client, month["id"], "2026-05-26")
    await client.put(f"{path}/inspection", json={"passed": True, "note": "质量合格"})
    told = (await client.put(f"{path}/satisfaction", json={"score": 5})).json()
    assert all(one["held_on"] for one in told["milestones"])
    assert (told["items"][0]["passed"], told["items"][0]["satisfaction"]) == (True, 5)


async def row53(town, client):
    """办结清单: what is closed, by class and village; each has its number."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))
    window = await opened(client)
    made = [await registered(client, window, one) for one in ("qi-pan", "qi-pan", "fan-xin")]
    for event in made[:2]:
        await solved(client, event)
    path = f"/api/windows/{window}/registrations"
    closed = (await client.get(path, params={"state": "CLOSED"})).json()
    assert closed["total"] == 2
    assert {one["class_code"] for one in closed["registrations"]} == {"qi-pan"}
    assert {one["division_code"] for one in closed["registrations"]} == {COMMUNITY}
    assert len({one["cancel_number"] for one in closed["registrations"]} - {None}) == 2
