"""Events and who takes them, whistles, and the places that see everything."""

from uuid import uuid4

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.flows.office import get, load, post
from tests.flows.test_report_to_close import body
from tests.flows.test_whistle import ALWAYS
from tests.limits import load_limits
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, staff
from tests.who import bearer, open_account

LON, LAT = middle(0, 0)
PLACE = {"lon": LON, "lat": LAT, "datum": "wgs84"}
#: 上: 数据采集、事件上报、处理反馈; 下: 指令交办、核查落实、考核评价.
SIX_STEPS = ("REPORTED", "DISPATCHED", "HANDLED", "VERIFIED", "CLOSED")


async def _units(town, *rows):
    """Units: code, name, kind, level, division; since 2020 for ever, or as their columns say."""
    common = {"parent": "", "valid_from": "2020-01-01", "valid_to": ""}
    names = ("code", "name", "kind", "level", "division_code")
    told = [common | dict(zip(names, row[:5], strict=True)) | dict(*row[5:]) for row in rows]
    await load(town, "units", told)


async def _move(client, event, *states):
    for state in states:
        moved = await post(client, f"events/{event['id']}/moves", to_state=state, note="办")
    return moved


async def _give_to(client, event, person, reason):
    now = event["handler"]["code"]
    way = f"events/{event['id']}/assignment"
    return await post(client, way, person=person, reason=reason, instead_of=now)


async def _times(client, event):
    told = await get(client, f"events/{event['id']}")
    return {line["to_state"]: line["at"] for line in told["history"]}


async def row01(town, client):
    """扁平化: 13 offices became 3 centres on a day; a report goes straight to its grid's worker."""
    until, since = {"valid_to": "2023-01-01"}, {"valid_from": "2023-01-01"}
    centres = ("综合协调中心", "网格服务中心", "快速处置中心")
    await _units(
        town,
        *((f"N{n}", f"内设机构{n}", "team", "street", COMMUNITY, until) for n in range(13)),
        *((f"C{n}", name, "centre", "street", COMMUNITY, since) for n, name in enumerate(centres)),
    )
    for day, number in (("2022-12-31", 13), ("2023-01-01", 3)):
        assert len(await get(client, "units", division=COMMUNITY, at=day)) == number
    await staff(town, *(a_person(f"w{n}", middle(n, n)) for n in range(4)))
    event = await post(client, "events", 201, **body())
    assert event["handler"]["role"] == "grid_worker"
    cell = await get(client, "micro-grids/at", **PLACE)
    assert event["grid_code"] == cell["grid_code"]


async def row07(town, client):
    """A photographed clue goes to the nearest officer's phone; times of each step are kept."""
    await staff(
        town,
        a_person("w0", middle(0, 0)),
        an_officer("near", middle(1, 0)),
        an_officer("far", middle(3, 3)),
    )
    clue = body(0, 0, matter="E02", description="违规户外广告")
    event = await post(client, "events", 201, **clue)
    assert event["handler"]["code"] == "near"
    await _move(client, event, "ACCEPTED", "ON_SITE")
    at = await _times(client, event)
    assert at["REPORTED"] <= at["DISPATCHED"] <= at["ACCEPTED"] <= at["ON_SITE"]


async def row12(town, client):
    """数字平安: unlit lamps are reported, passed on to who mends them, and every step is told."""
    await staff(town, a_person("w0", middle(0, 0)), a_person("w1", middle(3, 3)))
    event = await post(client, "events", 201, **body(description="三盏路灯不亮"))
    other = {"w0": "w1", "w1": "w0"}[event["handler"]["code"]]
    told = await _give_to(client, event, other, "转路灯管理所")
    assert told["handler"]["code"] == other
    await _move(client, event, "ACCEPTED", "ON_SITE", "HANDLED")
    history = (await get(client, f"events/{event['id']}"))["history"]
    assert history[-1]["to_state"] == "HANDLED"
    assert any("转路灯管理所" in line["note"] for line in history)


async def row18(town, client):
    """乡呼县应: a township calls a county department; by when, arrival and outcome are kept."""
    await _units(
        town,
        ("SLJ", "水利局", "department", "county", COUNTY),
        ("ST", "通挽镇", "street", "street", COMMUNITY),
    )
    async with transaction(town) as session:
        opened = await open_account(session, "slj", [Role.DEPARTMENT], [COUNTY], matters=["E01"])
    call = {"unit": "ST", "units": ["SLJ"], "description": "渠道垮塌", "client_key": uuid4().hex}
    called = await post(client, "whistles", 201, **call, **PLACE)
    assert called["units"][0]["due_at"]
    way = f"whistles/{called['id']}"
    arrived = await client.post(
        f"/api/{way}/check-ins",
        json={"unit": "SLJ", "client_key": uuid4().hex},
        headers=bearer(opened),
    )
    assert arrived.status_code == 200
    await post(client, f"{way}/judgement", resolved=True, note="已修复")
    told = await get(client, way)
    assert told["units"][0]["checked_in_at"]
    assert told["state"] == "RESOLVED"


async def row52(town, client):
    """首问负责: who received it first stays the owner when another handles it, to the end."""
    await staff(town, a_person("w0", middle(0, 0)), a_person("w1", middle(3, 3)))
    event = await post(client, "events", 201, **body())
    other = {"w0": "w1", "w1": "w0"}[event["handler"]["code"]]
    await _give_to(client, event, other, "跨区")
    ended = await _move(client, event, "ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED")
    assert (ended["state"], ended["owner"]) == ("CLOSED", event["owner"])
    assert ended["owner"] is not None


async def row58(town, client):
    """六步闭环: collected, reported, fed back; handed over by competence, checked, judged."""
    await staff(town, a_person("w0", middle(0, 0)), an_officer("o0", middle(3, 3)))
    await load_limits(town, ("handle", 1, "", 48.0), area=COUNTY)
    event = await post(client, "events", 201, **body(matter="E02"))
    assert event["handler"]["code"] == "o0"  # by competence, though the grid's worker is nearer
    await _move(client, event, "ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED")
    at = await _times(client, event)
    assert [at[step] for step in SIX_STEPS] == sorted(at[step] for step in SIX_STEPS)
    figures = await get(client, "events/figures", division=COMMUNITY, **ALWAYS)
    handling = next(one for one in figures["stages"] if one["stage"] == "handle")
    assert (handling["begun"], handling["finished"], handling["late"]) == (1, 1, 0)
