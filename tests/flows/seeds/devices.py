"""Alarms from villages, words to villages, and video between centres and workers."""

from uuid import uuid4

from tests.flows.office import get, post
from tests.outreach.devices import a_broadcast, a_camera, a_device, a_loudspeaker, raised, stood
from tests.outreach.devices import cell_at as asked_cell
from tests.towns import a_person, middle, staff


async def row26(town, client):
    """武宣平安乡村: set-top boxes alarm, the nearest worker gets it; words to chosen cells."""
    await staff(town, a_person("w0", middle(0, 0), capacity=9))
    key = (await stood(client, a_device(name="机顶盒一键报警")))["key"]
    alarm = (await raised(client, key, note="可疑人员翻墙")).json()
    event = await get(client, f"events/{alarm['event']}")
    assert (event["state"], event["handler"]["code"]) == ("DISPATCHED", "w0")
    await stood(client, a_loudspeaker())
    await stood(client, a_loudspeaker(3, 3, code="LS-02"))
    cell = await asked_cell(client)
    said = await post(client, "broadcasts", 201, **a_broadcast(cell["micro_grid_code"]))
    assert (said["loudspeakers"], said["households"]) == (1, cell["households"])
    assert said["told"] >= 1


async def row59(town, client):
    """视频连线: cameras, and rooms of 西楚云 and city command, linked for a cell and an event."""
    await staff(town, a_person("w0", middle(0, 0), capacity=9))
    rooms = {"CMD-CITY": "市指挥中心", "XICHU": "西楚云视频"}
    for code, name in rooms.items():
        link = {"kind": "conference", "video_url": f"https://meet.example/{code}"}
        await stood(client, a_camera(0, 0, code=code, name=name, **link))
    await stood(client, a_camera(0, 0, code="CAM", name="路口球机"))
    place = dict(zip(("lon", "lat"), middle(0, 0), strict=True)) | {"datum": "wgs84"}
    told = {"matter": "E01", "description": "路口拥堵", "client_key": uuid4().hex}
    event = await post(client, "events", 201, **place, **told)
    links = await get(client, f"events/{event['id']}/video-links")
    assert {one["name"] for one in links} == {*rooms.values(), "路口球机"}
    assert links == await get(client, "video-links", **place)
    assert all(one["video_url"].startswith("https://") for one in links)
