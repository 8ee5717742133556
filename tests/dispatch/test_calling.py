"""Blowing the whistle: who may call whom, to where, and by when they come."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.dispatch import calling, calls
from gridsvc.dispatch.whistle_schemas import WhistleIn
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from tests.dispatch.whistles import blow, caller, units_listed
from tests.flows.test_whistle import a_call
from tests.limits import load_limits
from tests.soundness import rows
from tests.towns import COMMUNITY, COUNTY, middle

__all__ = ["units_listed"]  # fixtures

USUAL_H = 24.0


def due_in(shown):
    return shown.units[0].due_at - shown.called_at


class TestWho:
    @pytest.mark.parametrize(("unit", "called_as"), [("ST", "街道吹哨"), ("EN", "企业吹哨")])
    async def test_streets_and_enterprises_call(self, town, units_listed, unit, called_as):
        shown = await blow(town, a_call("D00", "D01", unit=unit))
        assert shown.called_as == called_as
        assert [(one.unit, one.leads) for one in shown.units] == [("D00", True), ("D01", False)]
        assert [line.note for line in shown.history] == [called_as]

    @pytest.mark.parametrize(
        ("change", "error", "says"),
        [
            ({"unit": "TEAM"}, BadInput, "does not call"),
            ({"unit": "D05", "units": ["D01"]}, Forbidden, "outside your areas"),
            ({"units": ["NO"]}, BadInput, "'NO' is not on the list"),
            ({"lon": 1.0}, BadInput, "outside every published grid"),
            ({"event": 9, "lon": None, "lat": None, "datum": None}, NotFound, "no event 9"),
        ],
    )
    async def test_others_and_the_unknown_are_refused(
        self, town, units_listed, change, error, says
    ):
        with pytest.raises(error, match=says):
            await blow(town, a_call("D00") | change)
        assert await rows(town, "SELECT 1 FROM whistle_call") == []
        assert await rows(town, "SELECT 1 FROM notice") == []


class TestWhere:
    async def test_an_event_gives_place_and_matter(self, town, client, units_listed):
        lon, lat = middle(2, 1)
        event = (
            await client.post(
                "/api/events",
                json={"matter": "E01", "lon": lon, "lat": lat, "datum": "wgs84",
                      "description": "垃圾", "client_key": "e"},
            )
        ).json()  # fmt: skip
        shown = await blow(town, a_call("D00", event=event["id"]))
        assert (shown.event, shown.matter, shown.division_code) == (event["id"], "E01", COMMUNITY)
        assert (shown.lon, shown.lat) == pytest.approx((lon, lat), abs=1e-8)

    async def test_an_event_that_is_over_is_a_conflict(self, town, client, units_listed):
        lon, lat = middle(2, 1)
        told = {"matter": "E01", "lon": lon, "lat": lat, "datum": "wgs84"}
        event = (
            await client.post("/api/events", json=told | {"description": "垃圾", "client_key": "e"})
        ).json()
        rejected = {"to_state": "REJECTED", "reason": "not_ours", "note": "不属实"}
        await client.post(f"/api/events/{event['id']}/moves", json=rejected)
        with pytest.raises(Conflict, match="REJECTED"):
            await blow(town, a_call("D00", event=event["id"]))

    async def test_a_place_is_told_in_any_datum(self, town, units_listed):
        """Half a kilometre off, a township would call for its neighbour."""
        shown = await blow(town, a_call("D00", datum="gcj02", lon=118.7059, lat=31.9984))
        assert abs(shown.lon - 118.7059) > 0.003


class TestByWhen:
    async def test_given_before_limit_before_usual(self, town, units_listed):
        assert due_in(await blow(town, a_call("D00", matter="E01"))) == timedelta(hours=USUAL_H)
        await load_limits(town, ("accept", 1, "", 1.0))
        answered = await blow(town, a_call("D00", matter="E01"))
        assert (due_in(answered), answered.units[0].due_by) == (timedelta(hours=1), "limit")
        await load_limits(town, ("accept", 1, "", 1.0), ("arrive", 1, "", 3.0), area=COUNTY)
        arrived = await blow(town, a_call("D00", matter="E01"))
        assert due_in(arrived) == timedelta(hours=3)
        at = datetime.now(UTC) + timedelta(minutes=5)
        given = await blow(town, a_call("D00", matter="E01", check_in_by=at.isoformat()))
        assert (given.units[0].due_at, given.units[0].due_by) == (at, "given")

    @pytest.mark.parametrize("days", [-0.001, calls.MOST_DAYS + 0.001])
    async def test_past_and_far_off_times_are_refused(self, town, units_listed, days):
        at = datetime.now(UTC) + timedelta(days=days)
        with pytest.raises(BadInput, match="a time to come"):
            await blow(town, a_call("D00", check_in_by=at.isoformat()))


class TestOnce:
    async def test_the_units_are_told_once_and_only_they(self, town, units_listed):
        sent = a_call("D00", "D01")
        first = await blow(town, sent)
        assert await blow(town, sent) == first
        told = await rows(town, "SELECT unit_code, kind FROM notice ORDER BY unit_code")
        assert [tuple(one) for one in told] == [("D00", "whistle"), ("D01", "whistle")]
        with pytest.raises(BadInput, match="another body"):
            await blow(town, sent | {"units": ["D00"]})

    async def test_without_the_commit_nobody_is_told(self, town, units_listed):
        new = WhistleIn(**a_call("D00"))
        async with AsyncSession(town) as session:
            await calling.call(session, new, caller(), usual_h=USUAL_H)
            await session.rollback()
        assert await rows(town, "SELECT 1 FROM whistle_call UNION ALL SELECT 1 FROM notice") == []
