import pytest

from gridsvc.db import transaction
from gridsvc.roads import service
from tests.towns import COUNTY, SIDE, SOUTH, WEST, paper_roads

CLOSURE = {
    "division": COUNTY,
    "shape": {"kind": "point", "points": [[WEST + 0.5 * SIDE, SOUTH]], "datum": "wgs84"},
    "reason": "抢修",
    "client_key": "k1",
}


@pytest.fixture
async def desk(town, client):
    async with transaction(town) as session:
        await service.load(session, COUNTY, paper_roads(), source="paper.osm.pbf")
    return client


async def test_a_road_is_closed_shown_and_opened(desk):
    answer = await desk.post("/api/roads/conditions", json=CLOSURE)
    assert answer.status_code == 201
    added = answer.json()
    assert added["geometry"]["type"] == "Point"
    assert added["factor"] is None
    assert (added["edges"], added["in_force"]) == (1, True)
    listed = (await desk.get("/api/roads/conditions", params={"division": COUNTY})).json()
    assert [one["id"] for one in listed["conditions"]] == [added["id"]]
    place = f"/api/roads/conditions/{added['id']}"
    lifted = await desk.post(f"{place}/lift", json={"note": "修好"})
    assert lifted.json()["in_force"] is False
    assert (await desk.post(f"{place}/lift", json={})).status_code == 409
    assert (await desk.get("/api/roads/conditions")).json()["conditions"] == []
    over = await desk.get("/api/roads/conditions", params={"only_open": False})
    assert len(over.json()["conditions"]) == 1
    changes = (await desk.get(f"{place}/history")).json()["changes"]
    assert [(one["change"], one["actor"]) for one in changes] == [
        ("added", "all-round"),
        ("lifted", "all-round"),
    ]


async def test_the_graphs_tell_what_they_are_made_of(desk):
    (graph,) = (await desk.get("/api/roads/graphs")).json()["graphs"]
    assert graph["division_code"] == COUNTY
    assert graph["source"] == "paper.osm.pbf"
    assert graph["summary"]["km"]["car"] > 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"shape": None}, "say which roads"),
        ({"modes": []}, "modes"),
        ({"modes": ["horse"]}, "modes"),
        ({"factor": 1.0}, "factor"),
        ({"factor": 11}, "factor"),
        ({"days": [0]}, "days"),
        ({"hours_from": "07:00"}, "hours_to"),
        ({"hours_from": "09:00", "hours_to": "07:00"}, "hours end after they begin"),
        ({"hours_from": "07:00+08:00", "hours_to": "09:00+08:00"}, "leave the offset out"),
        ({"valid_to": "2026-01-01T00:00:00"}, "timezone"),
        ({"reason": ""}, "reason"),
        ({"reason": "a\u0000b"}, "NUL"),
        ({"way": -1}, "way"),
        ({"division": "99"}, "division"),
        ({"shape": {"kind": "line", "points": [[118, 32]], "datum": "wgs84"}}, "different points"),
        ({"shape": {"kind": "area", "points": [[1, 2]] * 4, "datum": "wgs84"}}, "different points"),
        ({"shape": {"kind": "point", "points": [[118, 32]]}}, "datum"),
        ({"shape": {"kind": "point", "points": [[500, 32]], "datum": "wgs84"}}, "180"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_bad_bodies_are_told_what_is_wrong(desk, change, told):
    answer = await desk.post("/api/roads/conditions", json=CLOSURE | change)
    assert answer.status_code == 422
    assert told in answer.text


async def test_unknown_conditions_are_not_found(desk):
    nobody = "/api/roads/conditions/00000000-0000-0000-0000-000000000000"
    assert (await desk.post(f"{nobody}/lift", json={})).status_code == 404
    assert (await desk.get(f"{nobody}/history")).status_code == 404
    assert (await desk.get("/api/roads/conditions/xyz/history")).status_code == 422
