"""Themes of groups and devices: whom nobody serves is told, what is revoked stands nowhere."""

from datetime import date

import geopandas as gpd
import pandas as pd

from gridsvc.geo import WGS84
from gridsvc.maps.served import DEVICES, KINDS, devices, groups
from gridsvc.outreach.device_schemas import DeviceKind
from gridsvc.web import outreach_words, register_words
from tests.flows.office import get
from tests.outreach.devices import a_camera, a_device, a_loudspeaker, raised, stood
from tests.registers.groups import a_group, set_groups
from tests.towns import COUNTY

DAY = date(2026, 11, 1)


def places(**columns):
    told = {"code": ["c"], "name": ["n"], "kind": ["camera"], "alarms": [0], "video_url": [None]}
    return gpd.GeoDataFrame(told | columns, geometry=gpd.points_from_xy([118], [32]), crs=WGS84)


def test_cells_nobody_serves_are_a_class_of_their_own():
    theme = groups(pd.Series({"a": 3, "b": 0, "c": 1}), "studio", DAY)
    assert [theme.labels[n] for n in theme.level] == ["2 个以上", "没有", "1 个"]
    assert dict(theme.rows) == {"没有覆盖的微网格": "1 / 3"}
    assert "工作室：有组织服务的微网格 2 ÷ 全部 3" in theme.note


def test_a_cell_with_alarms_stands_out_and_one_without_devices_is_blank():
    figures = pd.DataFrame({"devices": [2, 1, 0], "alarms": [1, 0, 0]}, index=["a", "b", "c"])
    theme = devices(figures, places(), 90)
    assert [theme.labels[n] for n in theme.level] == list(theme.labels)
    assert "在用设备 3 台，近 90 天报警 1 次" in theme.note
    (marks,) = theme.overlays
    assert marks.table != theme.name, "their signs on the legend would be one"
    assert marks.counts == [0, 1, 0, 0]


def test_every_word_has_its_english_and_the_pages_say_the_same():
    figures = pd.DataFrame({"devices": [1], "alarms": [0]}, index=["a"])
    for theme in (groups(pd.Series({"a": 1}), None, DAY), devices(figures, places(), 90)):
        words = [*theme.labels, theme.note, *(row for row, _ in theme.rows)]
        words += [field.label for field in theme.fields]
        words += [word for one in theme.overlays for word in (one.name, *one.words)]
        assert not [word for word in words if word not in theme.english]
    assert {code: words[0] for code, words in KINDS.items()} == register_words.KINDS
    assert {kind: words[0] for kind, words in DEVICES.items()} == outreach_words.DEVICES
    assert DEVICES.keys() == set(DeviceKind.__args__)


async def test_the_map_tells_who_is_served_and_what_stands_where(client, town):
    cells = [one["properties"]["code"] for one in (await get(client, "micro-grids"))["features"]]
    await set_groups(
        client,
        a_group("a", kind="studio", areas=cells[:1]),
        a_group("b", kind="crew"),
        a_group("c", kind="crew"),
    )
    key = (await stood(client, a_device()))["key"]
    await stood(client, a_camera(1, 1))
    await raised(client, key)
    gone = (await stood(client, a_loudspeaker(2, 2)))["device"]["id"]
    await client.post(f"/api/place-devices/{gone}/revocation")
    asked = {"division": COUNTY, "layers": "groups,devices"}
    page = (await client.get("/maps/coverage", params=asked)).text
    assert f"维修队：有组织服务的微网格 {len(cells)} ÷ 全部 {len(cells)}" in page
    assert "在用设备 2 台，近 90 天报警 1 次" in page
    page = (await client.get("/maps/coverage", params=asked | {"group": "studio"})).text
    assert f"工作室：有组织服务的微网格 1 ÷ 全部 {len(cells)}" in page


async def test_without_groups_and_devices_the_map_says_so(client, town):
    page = (await client.get("/maps/coverage", params={"layers": "groups,devices"})).text
    assert "没有组织：有组织服务的微网格 0 ÷" in page
    assert "在用设备 0 台" in page
