"""Who is found: the quickest by road of all there are, as the policy of the matter says."""

from datetime import date

import numpy as np
import pytest

from gridsvc.db import transaction
from gridsvc.dispatch import choosing, service
from gridsvc.geo import Datum
from gridsvc.grids import service as grids
from gridsvc.mandates import service as mandates
from gridsvc.roads import service as roads
from gridsvc.roads.modes import Mode
from tests.dispatch.test_service import duty, move, report
from tests.soundness import rows
from tests.towns import (
    BLOCKS,
    COMMUNITY,
    COUNTY,
    SIDE,
    SOUTH,
    WEST,
    a_person,
    an_officer,
    middle,
    paper_roads,
    staff,
)

POLICY = {
    "matter_code": "E",
    "first": "own_then_nearest",
    "reach": "county",
    "max_radius_m": None,
    "max_position_age_s": None,
    "accept_within_s": 900.0,
    "travel_mode": "ebike",
    "rest_s": 0.0,
}


async def set_policy(engine, **told):
    async with transaction(engine) as session:
        await mandates.load_list(session, "policies", [POLICY | told])


async def delegate(engine, **told):
    """The power delegated to the county, or to whom and when is told."""
    usual = {
        "power_code": "CG01",
        "division_code": COUNTY,
        "from_unit": "县城市管理局",
        "legal_basis": "示例",
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
    }
    other = told.get("division_code")
    async with transaction(engine) as session:
        if other is not None:
            await grids.load_divisions(session, [grids.DivisionRow(other, "邻街")])
        await mandates.load_list(session, "delegations", [usual | told])


async def load_roads(engine):
    async with transaction(engine) as session:
        await roads.load(session, COUNTY, paper_roads(), source="纸上")


async def nearest(engine, place, matter="E02", k=5):
    async with transaction(engine) as session:
        return await service.nearest(
            session, lon=place[0], lat=place[1], datum=Datum.WGS84, matter_code=matter, k=k
        )


def anywhere(seed, count):
    """Places in the town, by chance."""
    chance = np.random.default_rng(seed)
    inside = 0.02 * SIDE, (BLOCKS - 0.02) * SIDE
    return [(WEST + x, SOUTH + y) for x, y in chance.uniform(*inside, (count, 2))]


class TestByRoad:
    @pytest.mark.parametrize("seed", range(3))
    async def test_first_is_the_quickest_of_everybody(self, town, seed, monkeypatch):
        """However few are looked at first: those farther away are looked at while they may win."""
        await load_roads(town)
        places = anywhere(seed, 60)
        await staff(town, *(an_officer(f"o{n:02}", place) for n, place in enumerate(places)))
        monkeypatch.setattr(choosing, "FIRST_LOOK", 4)
        for event in anywhere(seed + 100, 8):
            found = (await nearest(town, event, k=1)).candidates[0]
            async with transaction(town) as session:
                travel = await roads.travel(session, COMMUNITY, mode=Mode.EBIKE)
            eta_s = travel.seconds_to(event, np.array(places)).eta_s
            assert found.by == "road"
            assert found.eta_s == pytest.approx(eta_s.min(), rel=1e-6)
            assert found.road_m >= 0.98 * found.distance_m

    async def test_without_roads_the_answer_says_so(self, town):
        await staff(town, an_officer("o", middle(0, 0)))
        (found,) = (await nearest(town, middle(3, 3))).candidates
        assert (found.by, found.road_m) == ("line", None)
        assert "估算" in found.reason
        assert found.eta_s > 0

    async def test_the_assignment_keeps_minutes_and_metres(self, town):
        await load_roads(town)
        await staff(town, an_officer("o", middle(0, 0)))
        shown = await report(town, 3, 3, "E02")
        (kept,) = await rows(town, "SELECT eta_s, eta_by, road_m, distance_m FROM assignment")
        assert kept.eta_by == "road"
        assert kept.road_m > kept.distance_m > 0
        assert "分钟" in shown.handler.reason


class TestPolicy:
    async def test_nearest_means_nearest_whoever_has_the_grid(self, town):
        await staff(town, *(a_person(f"w{n}", middle(n, n)) for n in range(4)))
        await set_policy(town, first="nearest")
        shown = await report(town, 2, 2)
        assert shown.handler.code == "w2"
        assert "本网格" not in shown.handler.reason

    async def test_own_grid_means_nobody_else(self, town):
        await staff(town, *(a_person(f"w{n}", middle(n, n)) for n in range(4)))
        await set_policy(town, first="own_grid")
        first = await report(town, 0, 0)
        await duty(town, first.handler.code, on_duty=False)
        await move(town, first.id, "HANDLED")
        second = await report(town, 0, 0)
        assert second.handler is None
        assert "本网格网格员" in second.waiting_reason

    async def test_farther_than_the_radius_is_nobody(self, town):
        await staff(town, an_officer("o", middle(0, 0)))
        await set_policy(town, max_radius_m=50.0)
        shown = await report(town, 3, 3, "E02")
        assert shown.handler is None
        assert "最大半径" in shown.waiting_reason
        assert (await report(town, 0, 0, "E02")).handler.code == "o"

    async def test_too_old_a_position_is_none(self, town):
        await staff(town, an_officer("o", middle(0, 0)))
        await rows(town, "UPDATE position SET captured_at = now() - interval '2 h' RETURNING 1")
        await set_policy(town, max_position_age_s=3600.0)
        shown = await report(town, 0, 0, "E02")
        assert shown.handler is None
        assert "位置过时" in shown.waiting_reason

    async def test_people_of_another_street_only_where_the_policy_reaches(self, town):
        other = COUNTY[:6] + "002001"
        await rows(
            town,
            "INSERT INTO division (code, name) VALUES (:code, '邻街社区') RETURNING 1",
            code=other,
        )
        await staff(town, an_officer("o", middle(0, 0), division_code=other))
        await set_policy(town, reach="street")
        shown = await report(town, 0, 0, "E02")
        assert "本街道没有执法人员" in shown.waiting_reason
        assert [one.why for one in (await nearest(town, middle(0, 0))).passed_over] == [
            "out_of_area"
        ]

    async def test_who_handled_something_rests(self, town):
        await staff(town, an_officer("o", middle(0, 0)))
        await set_policy(town, rest_s=600.0)
        first = await report(town, 0, 0, "E02")
        await move(town, first.id, "HANDLED")
        second = await report(town, 0, 0, "E02")
        assert second.handler is None
        assert "休整" in second.waiting_reason


class TestPassedOver:
    @pytest.mark.parametrize(
        ("officer", "why"),
        [
            ({"on_duty": False}, "off_duty"),
            ({"powers": []}, "no_power"),
            ({"capacity": 0}, "full"),
        ],
    )
    async def test_whoever_is_near_and_may_not_is_told_with_the_reason(self, town, officer, why):
        await staff(
            town, an_officer("near", middle(0, 0)) | officer, an_officer("far", middle(3, 3))
        )
        told = await nearest(town, middle(0, 0))
        assert [one.code for one in told.candidates] == ["far"]
        assert [(one.code, one.why) for one in told.passed_over] == [("near", why)]
        assert told.passed_over[0].reason


class TestDelegatedPowers:
    """A street enforces what was given to it, from the day it was given until the day it ends."""

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"division_code": COUNTY[:6] + "009000"}, "未赋予"),
            ({"valid_from": date(2020, 1, 1), "valid_to": date(2021, 1, 1)}, "失效"),
            ({"valid_from": date(2099, 1, 1)}, "才有效"),
        ],
    )
    async def test_without_it_nobody_is_sent_and_the_event_says_why(self, town, given, says):
        await staff(town, an_officer("o", middle(0, 0)))
        await delegate(town, **given)
        shown = await report(town, 0, 0, "E02")
        assert shown.handler is None
        assert says in shown.waiting_reason
        told = await nearest(town, middle(0, 0))
        assert told.candidates == []
        assert says in told.shortfall

    async def test_with_it_the_nearest_officer_is_sent(self, town):
        await staff(town, an_officer("o", middle(0, 0)))
        await delegate(town)
        assert (await report(town, 0, 0, "E02")).handler.code == "o"
