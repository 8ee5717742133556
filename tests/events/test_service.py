"""Moves with what they must bring, sent again by flaky phones, guarded by the database too."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.accounts.roles import Role
from gridsvc.audit.actor import Actor, acting
from gridsvc.db import transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.events.schemas import MoveIn
from gridsvc.mandates import service as mandates
from tests.events.test_photos import a_photo, exif
from tests.flows.test_event_walks import let_pass, table
from tests.flows.test_photos_of_events import send
from tests.flows.test_report_to_close import assert_problem, body
from tests.limits import HOURS, load_limits
from tests.towns import a_person, an_officer, middle, staff
from tests.who import bearer, open_account


@pytest.fixture
async def staffed(town, client):
    await staff(
        town,
        *(a_person(f"w{n}", middle(n, n)) for n in range(2)),
        an_officer("o1", middle(1, 1)),
        an_officer("o2", middle(3, 3)),
    )
    return client


@pytest.fixture
async def event(staffed):
    return (await staffed.post("/api/events", json=body())).json()


async def move(client, event, state, headers=None, **told):
    path = f"/api/events/{event['id']}/moves"
    return await client.post(path, json={"to_state": state} | told, headers=headers)


async def account_of(town, code, *roles):
    async with transaction(town) as session:
        person = await session.scalar(text("SELECT id FROM person WHERE code = :c"), {"c": code})
        return bearer(await open_account(session, f"a-{code}", roles, person_id=person))


class TestSentAgain:
    async def test_the_same_move_is_made_once(self, staffed, event, town):
        told = {"client_key": "k1", "note": "收到", "captured_at": "2026-11-26T08:00:00+08:00"}
        first, again = [await move(staffed, event, "ACCEPTED", **told) for _ in range(2)]
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        line = first.json()["history"][-1]
        assert line["captured_at"] == "2026-11-26T00:00:00Z"
        assert line["at"] != line["captured_at"]
        assert len(await table(town, "SELECT 1 FROM event_history WHERE client_key = 'k1'")) == 1

    async def test_also_when_the_event_went_on_meanwhile(self, staffed, event):
        await move(staffed, event, "ACCEPTED", client_key="k1")
        await move(staffed, event, "HANDLED", client_key="k2")
        again = await move(staffed, event, "ACCEPTED", client_key="k1")
        assert (again.status_code, again.json()["state"]) == (200, "HANDLED")

    async def test_what_was_given_back_is_not_given_back_twice(self, staffed):
        """The first went through and its answer was lost; the event is somebody else's by now."""
        event = (await staffed.post("/api/events", json=body(matter="E02"))).json()
        told = {"client_key": "k", "reason": "no_means", "note": "无车"}
        answers = [await move(staffed, event, "RETURNED", **told) for _ in range(3)]
        codes = {answer.json()["handler"]["code"] for answer in answers}
        assert len(codes) == 1
        assert codes != {event["handler"]["code"]}

    @pytest.mark.parametrize(
        "change", [{"note": "别的"}, {"state": "HANDLED"}, {"captured_at": "2026-01-01T00:00:00Z"}]
    )
    async def test_another_move_with_the_same_key_is_refused(self, staffed, event, change):
        await move(staffed, event, "ACCEPTED", client_key="k")
        state = change.pop("state", "ACCEPTED")
        answer = await move(staffed, event, state, client_key="k", **change)
        assert "another move" in assert_problem(answer, 422)["detail"]

    async def test_a_key_is_its_clients_and_its_events(self, staffed, event, town):
        other = (await staffed.post("/api/events", json=body())).json()
        headers = await account_of(town, event["handler"]["code"], Role.GRID_WORKER)
        assert (await move(staffed, event, "ACCEPTED", client_key="k")).status_code == 200
        assert (await move(staffed, other, "ACCEPTED", client_key="k")).status_code == 200
        answer = await move(staffed, event, "HANDLED", headers, client_key="k")
        assert answer.status_code == 200

    async def test_many_at_once_are_one(self, staffed, event):
        answers = await asyncio.gather(
            *(move(staffed, event, "ACCEPTED", client_key="k") for _ in range(8))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1

    async def test_a_move_that_was_refused_leaves_its_key_free(self, staffed, event):
        assert_problem(await move(staffed, event, "CLOSED", client_key="k"), 409)
        assert (await move(staffed, event, "ACCEPTED", client_key="k")).status_code == 200


class TestReasons:
    @pytest.mark.parametrize("told", [{}, {"reason": "no_power"}, {"note": "非本人职责"},
                                      {"reason": "weather", "note": "雨"}])  # fmt: skip
    async def test_what_is_given_back_says_why(self, staffed, event, told):
        assert_problem(await move(staffed, event, "RETURNED", **told), 422)
        assert (await staffed.get(f"/api/events/{event['id']}")).json()["state"] == "DISPATCHED"

    async def test_the_reason_stands_in_the_history(self, staffed, event):
        await move(staffed, event, "HANDLED")
        told = await move(staffed, event, "RETURNED", reason="not_done", note="仍有残余")
        (line,) = [one for one in told.json()["history"] if one["to_state"] == "RETURNED"]
        assert (line["reason"], line["note"]) == ("not_done", "仍有残余")

    async def test_the_database_takes_none_without(self, event, town):
        async def attempt():
            async with transaction(town) as session:
                await session.execute(
                    text(
                        "INSERT INTO event_history (event_id, division_code, from_state, to_state,"
                        " actor, note) SELECT id, division_code, state, 'RETURNED', 'x', ''"
                        " FROM event WHERE id = :id"
                    ),
                    {"id": event["id"]},
                )

        with pytest.raises(DBAPIError, match="without a reason"):
            await attempt()


class TestFourEyes:
    async def test_nobody_verifies_their_own_work(self, staffed, event, town):
        """Not even whoever sits at the desk too; another one there does."""
        own = await account_of(town, event["handler"]["code"], Role.GRID_WORKER, Role.DISPATCHER)
        assert (await move(staffed, event, "HANDLED", own)).status_code == 200
        assert_problem(await move(staffed, event, "VERIFIED", own), 403)
        assert (await move(staffed, event, "VERIFIED")).status_code == 200

    async def test_nor_past_the_service(self, staffed, event, town):
        await move(staffed, event, "HANDLED")
        handler = event["handler"]["code"]

        async def attempt():
            async with transaction(town) as session:
                with acting(session, Actor(None, "x", person_code=handler)):
                    await dispatch.move(session, event["id"], MoveIn(to_state="VERIFIED"))

        with pytest.raises(DBAPIError, match="verified by whoever handled it"):
            await attempt()


class TestPhotosAfter:
    @pytest.fixture
    async def asking(self, town, event):
        async with transaction(town) as session:
            listed = {"code": "E01", "name": "暴露垃圾", "parent_code": "E", "kind": "grid"}
            await mandates.load_matters(
                session, [listed | {"power_code": None, "photo_after": True}]
            )
        return event

    async def test_where_the_matter_asks_work_is_shown(self, staffed, asking):
        told = assert_problem(await move(staffed, asking, "HANDLED"), 409)
        assert "purpose=after" in told["detail"]
        await send(staffed, asking["id"], a_photo(), purpose="before")
        assert_problem(await move(staffed, asking, "HANDLED"), 409)
        await send(staffed, asking["id"], a_photo(colour=(0, 200, 0)), purpose="after")
        assert (await move(staffed, asking, "HANDLED")).status_code == 200

    async def test_done_again_it_is_shown_again(self, staffed, asking, town):
        await send(staffed, asking["id"], a_photo(), purpose="after")
        await move(staffed, asking, "HANDLED")
        await move(staffed, asking, "RETURNED", reason="not_done", note="仍有残余")
        assert_problem(await move(staffed, asking, "HANDLED"), 409)
        await send(staffed, asking["id"], a_photo(colour=(0, 0, 9)), purpose="after")
        assert (await move(staffed, asking, "HANDLED")).status_code == 200

    async def test_a_photo_taken_elsewhere_is_flagged_and_its_place_is_not_told(
        self, staffed, event, town
    ):
        """The camera stood some 10 km from the event."""
        answer = await send(staffed, event["id"], a_photo(exif=exif()))
        (told,) = answer.json()
        assert told["far_away"]
        assert 9_000 < told["away_m"] < 11_000
        assert not {"lon", "lat", "geom"} & told.keys()
        (stored,) = await table(
            town, "SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM event_media"
        )
        assert (stored["lon"], stored["lat"]) == pytest.approx((118.78, 32.06))

    async def test_one_without_a_place_is_not(self, staffed, event):
        (told,) = (await send(staffed, event["id"], a_photo())).json()
        assert (told["away_m"], told["far_away"]) == (None, False)


class TestFirstReceiver:
    async def test_stays_through_every_hand_and_to_the_end(self, staffed):
        event = (await staffed.post("/api/events", json=body(matter="E02"))).json()
        first = event["handler"]["code"]
        told = await move(staffed, event, "RETURNED", reason="no_means", note="无车")
        assert told.json()["handler"]["code"] != first
        for state in ("HANDLED", "VERIFIED", "CLOSED", "REOPENED"):
            told = await move(staffed, event, state)
            assert told.json()["owner"] == first

    async def test_is_whoever_of_the_field_reports_it(self, staffed, town):
        """Somebody told a worker in the street: the worker stays with it, whoever handles it."""
        headers = await account_of(town, "w0", Role.GRID_WORKER)
        event = await staffed.post("/api/events", json=body(matter="E02"), headers=headers)
        assert event.json()["owner"] == "w0"
        assert event.json()["handler"]["code"] == "o1"

    async def test_is_not_replaced_by_any_program(self, event, town):
        async def attempt():
            async with transaction(town) as session:
                await session.execute(
                    text("UPDATE event SET owner_id = (SELECT max(id) FROM person)")
                )

        with pytest.raises(DBAPIError, match="first receiver"):
            await attempt()


class TestSteps:
    @pytest.fixture
    async def built(self, town, staffed):
        await load_limits(town, *HOURS)
        return (await staffed.post("/api/events", json=body())).json()

    async def life(self, client, event):
        stages = (await client.get(f"/api/events/{event['id']}/life")).json()["stages"]
        return [
            (one["name"], one["outcome"], one["overdue"])
            for one in stages
            if one["stage"] == "handle"
        ]

    async def test_each_has_its_own_limit_from_the_end_of_the_one_before(
        self, staffed, built, town
    ):
        path = f"/api/events/{built['id']}/steps"
        await let_pass(town, 5)
        assert await self.life(staffed, built) == [("停工", None, True)]
        assert (await staffed.post(path)).status_code == 200
        assert await self.life(staffed, built) == [("停工", "done", True), ("拆除", None, False)]
        assert "last step" in assert_problem(await staffed.post(path), 409)["detail"]
        await let_pass(town, 19)
        await move(staffed, built, "HANDLED")
        assert await self.life(staffed, built) == [
            ("停工", "done", True), ("拆除", "done", False),
        ]  # fmt: skip
        assert_problem(await staffed.post(path), 409)

    async def test_work_done_at_once_ends_with_the_first(self, staffed, built):
        await move(staffed, built, "HANDLED")
        assert await self.life(staffed, built) == [("停工", "done", False)]

    async def test_somebody_elses_are_not_ended(self, staffed, built, town):
        other = next(code for code in ("w0", "w1") if code != built["handler"]["code"])
        headers = await account_of(town, other, Role.GRID_WORKER)
        answer = await staffed.post(f"/api/events/{built['id']}/steps", headers=headers)
        assert_problem(answer, 403)
