"""The installation's own background over HTTP: what is in its file, or a plain refusal."""

import shapely

from tests.maps.test_basemap import a_file, around


def bbox(half):
    return ",".join(map(str, around(half)))


async def test_the_background_of_a_box_is_told_as_lines(tmp_path, town_url, client_of):
    path = a_file(tmp_path / "a.pmtiles")
    async with client_of(town_url, basemap=path) as client:
        answer = await client.get("/api/maps/basemap", params={"bbox": bbox(0.001)})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        kinds = {one["properties"]["kind"] for one in told["features"]}
        assert kinds == {"primary", "building"}
        for one in told["features"]:
            assert isinstance(shapely.geometry.shape(one["geometry"]), shapely.LineString)
        far = await client.get("/api/maps/basemap", params={"bbox": "100,20,101,21"})
        assert far.status_code == 422


async def test_without_a_file_there_is_none(client):
    answer = await client.get("/api/maps/basemap", params={"bbox": bbox(0.001)})
    assert answer.status_code == 404
    assert "GRIDSVC_BASEMAP" in answer.json()["detail"]
