"""Mediation, deliberation, and the volunteers who bring opinions together."""

from tests.flows.office import get
from tests.outreach.windows import opened as window_opened
from tests.outreach.windows import registered, solved
from tests.registers.groups import a_group, set_groups
from tests.registers.sittings import SETTLED, YEAR, a_meeting, a_motion, opened, studios
from tests.towns import COMMUNITY, a_person, middle, staff

#: What 邱哥工作室's district has: organisations and stations by name, and at least so many others.
ORGANISATIONS, STATIONS = 152, 52
AT_LEAST = {"volunteers": 80_000, "teams": 200, "opinions_a_year": 100}


async def row03(town, client):
    """邱哥工作室: 152 organisations, 52 stations, at least 200 teams; opinions; who takes part."""
    counts = [
        {"code": code, "label": code, "number": number, "at_least": True}
        for code, number in AT_LEAST.items()
    ]
    studio, *_ = await set_groups(
        client,
        a_group("qiu-ge", kind="studio", name="邱哥工作室", counts=counts),
        *(a_group(f"o{n}", kind="organisation") for n in range(ORGANISATIONS)),
        *(a_group(f"s{n}", kind="station") for n in range(STATIONS)),
    )
    for kind, number in (("organisation", ORGANISATIONS), ("station", STATIONS)):
        assert (await get(client, "groups", kind=kind, limit=1))["total"] == number
    held = (await get(client, f"groups/{studio}"))["counts"]
    assert {one["code"]: (one["number"], one["at_least"]) for one in held} == {
        code: (number, True) for code, number in AT_LEAST.items()
    }
    await staff(town, a_person("w0", middle(0, 0), capacity=9))
    classes = [{"code": "opinion", "name": "意见"}]
    window = await window_opened(client, code="qiu-ge", name="邱哥工作室", classes=classes)
    event = await registered(client, window, "opinion")
    motions = [a_motion(18, 1, event=event)]
    told = await client.post("/api/deliberations", json=a_meeting(studio, motions=motions))
    assert told.json()["participation"]["value"] >= 0.95
    assert (
        told.json()["motions"][0] | {"adopted": True, "event": event} == told.json()["motions"][0]
    )
    await solved(client, event)
    figures = (await get(client, f"windows/{window}/figures", **YEAR))["rate"]
    assert (figures["numerator"], figures["denominator"]) == (1, 1)


async def row41(town, client):
    """苔花调解: 167 studios on three levels; what the lowest settles never leaves the community."""
    village, *_ = await studios(town, client)
    await set_groups(
        client,
        *(a_group(f"m{n}", kind="mediation", level="社区") for n in range(167 - 3)),
    )
    page = await get(client, "groups", kind="mediation", limit=1)
    assert (page["total"], set(page["by_level"])) == (167, {"社区", "街道", "区"})
    here, raised = [await opened(client, village) for _ in range(2)]
    for _ in range(2):
        assert (await client.post(f"/api/mediations/{raised}/passing-up")).status_code == 200
    for mediation in (here, raised):
        path = f"/api/mediations/{mediation}/result"
        assert (await client.post(path, json=SETTLED)).status_code == 200
    figures = await get(client, "mediations/figures", **YEAR)
    assert (figures["not_raised"]["numerator"], figures["not_raised"]["denominator"]) == (1, 2)
    assert {one["level"]: one["settled"] for one in figures["levels"]} == {"区": 1, "社区": 1}


async def row42(town, client):
    """民生工作站与零距离家园理事会: a council that serves the community meets, moves and votes."""
    station, council = await set_groups(
        client,
        a_group("station", kind="station", name="民生工作站"),
        a_group("council", kind="council", name="零距离家园理事会", areas=[COMMUNITY]),
    )
    assert station != council
    motions = [a_motion(11, 4, proposal="加装电梯"), a_motion(6, 9, proposal="收费停车")]
    told = a_meeting(council, invited=16, attended=15, motions=motions)
    assert (await client.post("/api/deliberations", json=told)).status_code == 201
    (meeting,) = (await get(client, "deliberations", division=COMMUNITY))["deliberations"]
    assert (meeting["group_name"], meeting["participation"]["denominator"]) == (
        "零距离家园理事会",
        16,
    )
    assert {one["proposal"]: one["adopted"] for one in meeting["motions"]} == {
        **{"加装电梯": True, "收费停车": False}
    }
