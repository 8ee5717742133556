"""Devices at places of the paper town, and whoever keeps them."""

from uuid import uuid4

from tests.towns import middle


def a_device(column=0, row=0, **columns):
    lon, lat = middle(column, row)
    told = {"code": "PA-01", "name": "平安乡村机顶盒", "kind": "alarm", "matter": "E01"}
    return told | {"lon": lon, "lat": lat, "datum": "wgs84"} | columns


def a_camera(column=0, row=0, **columns):
    link = {"video_url": "https://video.example/live/1", "matter": None}
    return a_device(column, row, **{"code": "CAM-01", "kind": "camera"} | link | columns)


def a_loudspeaker(column=0, row=0, **columns):
    told = {"code": "LS-01", "name": "大喇叭", "kind": "loudspeaker", "matter": None}
    return a_device(column, row, **told | columns)


async def stood(client, told):
    answer = await client.put("/api/place-devices", json=told)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def raised(client, key, **columns):
    told = {"client_key": uuid4().hex, "note": "越界报警"} | columns
    headers = {"X-Device-Key": key} if key else {}
    return await client.post("/api/alarms", json=told, headers=headers)


async def cell_at(client, column=0, row=0):
    lon, lat = middle(column, row)
    asked = {"lon": lon, "lat": lat, "datum": "wgs84"}
    return (await client.get("/api/micro-grids/at", params=asked)).json()


def a_broadcast(*cells, **columns):
    told = {"cells": list(cells), "message": "今晚八点停水，请提前储水"}
    return told | {"client_key": uuid4().hex} | columns
