"""People as they are shown: masked, unless somebody says what for; every reading is recorded."""

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.maps import queries as maps
from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import COMMUNITY, a_person, an_officer, middle, staff

PURPOSE = {"purpose": "核实第 12 号事件"}


@pytest.fixture
async def staffed(town, client):
    numbers = {"phone": "13812345678", "id_number": "32010619900101123X"}
    await staff(
        town,
        a_person("w", middle(0, 0), name="王小明", **numbers),
        an_officer("o", middle(1, 1), name="李雷"),
        a_person("lost", name="无位置"),
    )
    return client


async def readings(town):
    async with town.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT action, object_id, login, purpose FROM audit_entry"
                " WHERE action IN ('unmasked', 'whereabouts_read', 'exported') ORDER BY at"
            )
        )
        return [tuple(row) for row in rows]


async def test_lists_show_masked_names_and_no_numbers(staffed):
    told = (await staffed.get("/api/people")).json()
    assert told["total"] == 3
    assert [one["name"] for one in told["people"]] == ["无**", "李*", "王**"]
    assert (await staffed.get("/api/people", params={"role": "officer"})).json()["total"] == 1
    one = await staffed.get("/api/people/w")
    assert one.json()["name"] == "王**"
    for secret in ("小明", "138", "3201"):
        assert secret not in one.text
    assert_problem(await staffed.get("/api/people/nobody"), 404)


async def test_unmasking_takes_a_purpose_and_is_recorded(staffed, town):
    for reason in ({}, {"purpose": "x"}, {"purpose": "x" * 300}, {"purpose": "\x00" * 9}):
        assert_problem(await staffed.post("/api/people/w/unmask", json=reason), 422)
    assert await readings(town) == []
    told = (await staffed.post("/api/people/w/unmask", json=PURPOSE)).json()
    assert (told["name"], told["phone"]) == ("王小明", "13812345678")
    assert told["id_number"] == "320*************3X"
    assert await readings(town) == [("unmasked", "w", "all-round", PURPOSE["purpose"])]


async def test_whereabouts_too(staffed, town):
    told = (await staffed.post("/api/people/w/whereabouts", json=PURPOSE)).json()
    assert (told["lon"], told["lat"]) == pytest.approx(middle(0, 0))
    assert_problem(await staffed.post("/api/people/lost/whereabouts", json=PURPOSE), 404)
    assert [reading[0] for reading in await readings(town)] == ["whereabouts_read"]


async def test_how_to_reach_a_reporter_too(staffed, town):
    contact = {"contact_name": "韩梅梅", "contact_phone": "13900000000"}
    event = (await staffed.post("/api/events", json=body(**contact))).json()
    assert event["has_contact"]
    assert "韩梅梅" not in str(event)
    told = await staffed.post(f"/api/events/{event['id']}/contact", json=PURPOSE)
    assert told.json() == {"name": "韩梅梅", "phone": "13900000000"}
    silent = (await staffed.post("/api/events", json=body())).json()["id"]
    assert_problem(await staffed.post(f"/api/events/{silent}/contact", json=PURPOSE), 404)
    assert len(await readings(town)) == 1


async def test_the_map_shows_nobody_where_they_are(town):
    """Two people in one micro-grid, away from its middle, stand in a row at its inner point."""
    lon, lat = middle(0, 0)
    places = {"a": (lon + 0.0003, lat + 0.0002), "b": (lon - 0.0003, lat - 0.0003)}
    await staff(town, *(a_person(code, place) for code, place in places.items()))
    async with transaction(town) as session:
        shown = await maps.layer(session, "people", COMMUNITY)
        inner = await session.scalar(
            text(
                "SELECT ST_Y(ST_PointOnSurface(geom)) FROM micro_grid WHERE valid @> now()"
                " AND ST_Covers(geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326))"
            ),
            {"lon": lon, "lat": lat},
        )
    assert list(shown["code"]) == ["a", "b"]
    for code, point in zip(shown["code"], shown.geometry, strict=True):
        assert point.y == pytest.approx(inner)
        assert (point.x, point.y) != pytest.approx(places[code], abs=1e-5)


class TestSubjects:
    async def test_everything_of_one_person_is_told(self, staffed, town):
        event = (await staffed.post("/api/events", json=body())).json()
        code = event["handler"]["code"]
        told = (await staffed.post(f"/api/people/{code}/export", json=PURPOSE)).json()
        assert told["person"]["code"] == code
        assert [one["event_id"] for one in told["assignments"]] == [event["id"]]
        assert ("exported", code) in {reading[:2] for reading in await readings(town)}

    async def test_whoever_has_events_in_hand_is_not_erased(self, staffed):
        event = (await staffed.post("/api/events", json=body())).json()
        answer = await staffed.post(f"/api/people/{event['handler']['code']}/erasure", json=PURPOSE)
        assert "in hand" in assert_problem(answer, 409)["detail"]

    async def test_erased_nothing_names_them_any_more(self, staffed, town):
        event = (await staffed.post("/api/events", json=body())).json()
        code = event["handler"]["code"]
        await staffed.post(f"/api/events/{event['id']}/moves", json={"to_state": "HANDLED"})
        assert (await staffed.post(f"/api/people/{code}/erasure", json=PURPOSE)).status_code == 204
        assert (await staffed.get(f"/api/people/{code}")).json()["name"] == "已删除"
        unmasked = (await staffed.post(f"/api/people/{code}/unmask", json=PURPOSE)).json()
        assert (unmasked["name"], unmasked["phone"]) == ("已删除", None)
        told = (await staffed.get(f"/api/events/{event['id']}")).json()
        assert told["handler"]["name"] == "已删除"
        assert_problem(await staffed.post(f"/api/people/{code}/whereabouts", json=PURPOSE), 404)

    async def test_a_citizens_account_takes_its_traces_along(self, staffed, town):
        new = {"login": "citizen", "name": "张三", "roles": ["citizen"],
               "division": "990101000000", "areas": ["990101000000"]}  # fmt: skip
        await staffed.post("/api/accounts", json=new)
        event = (await staffed.post("/api/events", json=body(contact_phone="13811112222"))).json()
        async with town.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE event SET reported_by ="
                    " (SELECT id FROM account WHERE login = 'citizen')"
                )
            )
        told = (await staffed.post("/api/accounts/citizen/export", json=PURPOSE)).json()
        assert told["account"]["name"] == "张三"
        assert [one["id"] for one in told["reports"]] == [event["id"]]
        erased = await staffed.post("/api/accounts/citizen/erasure", json=PURPOSE)
        assert erased.status_code == 204
        assert_problem(await staffed.get("/api/accounts/citizen"), 404)
        assert not (await staffed.get(f"/api/events/{event['id']}")).json()["has_contact"]
        own = await staffed.post("/api/accounts/all-round/erasure", json=PURPOSE)
        assert_problem(own, 403)


async def test_what_is_closed_is_public_at_a_coarse_place(staffed):
    event = (await staffed.post("/api/events", json=body(description="王家门口"))).json()
    for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
        await staffed.post(f"/api/events/{event['id']}/moves", json={"to_state": state})
    await staffed.post("/api/events", json=body(1, 1))
    del staffed.headers["authorization"]
    answer = await staffed.get("/api/public/events")
    (told,) = answer.json()["events"]
    assert told["grid_code"] == event["grid_code"]
    assert (told["lon"], told["lat"]) != (event["lon"], event["lat"])
    assert "王家" not in answer.text
    assert not {"id", "description", "handler"} & told.keys()
