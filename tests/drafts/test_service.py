"""Drafts over HTTP: every operation leaves a coverage in the database, or changes nothing."""

import asyncio
from uuid import uuid4

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.towns import BLOCKS, COMMUNITY, SIDE, SOUTH, WEST, middle
from tests.who import bearer, open_account

WHOLE = shapely.box(WEST, SOUTH, WEST + BLOCKS * SIDE, SOUTH + BLOCKS * SIDE)


@pytest.fixture
async def planner(town, client):
    """Headers of a planner and of a second person, and a draft of the plan in force."""
    async with transaction(town) as session:
        ann = await open_account(session, "ann", [Role.PLANNER], [COMMUNITY])
        bob = await open_account(session, "bob", [Role.SUPERVISOR], [COMMUNITY])
    desk = Desk(client, town, bearer(ann), bearer(bob))
    await desk.begin()
    return desk


class Desk:
    """A planner at work."""

    def __init__(self, client, engine, ann, bob):
        self.client, self.engine, self.ann, self.bob = client, engine, ann, bob

    async def begin(self, **asked):
        told = {"division": COMMUNITY, "name": "春季调整"} | asked
        answer = await self.client.post("/api/drafts", json=told, headers=self.ann)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]
        await self.load()

    async def get(self, path, **query):
        answer = await self.client.get(
            f"/api/drafts/{self.id}{path}", params=query, headers=self.ann
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path, body, *, by=None):
        return await self.client.post(
            f"/api/drafts/{self.id}{path}", json=body, headers=by or self.ann
        )

    async def load(self):
        self.draft = await self.get("")
        self.version = self.draft["version"]
        self.cells = {cell["number"]: cell for cell in self.draft["cells"]}

    def shape(self, number):
        return shapely.geometry.shape(self.cells[number]["geometry"])

    async def operate(self, kind, *, expect=200, version=None, key=None, **asked):
        body = {
            "version": self.version if version is None else version,
            "client_key": key or uuid4().hex,
            "datum": "wgs84",
            "operation": {"kind": kind} | asked,
        }
        answer = await self.post("/operations", body)
        assert answer.status_code == expect, answer.text
        told = answer.json()
        if expect == 200:
            self.version = told["version"]
            for cell in told["changed"]:
                self.cells[cell["number"]] = cell
            for number in told["gone"]:
                self.cells.pop(number, None)
            self.turn = told["can_undo"], told["can_redo"]
        await self.assert_coverage()
        return told

    async def stored(self):
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT number, ST_AsBinary(geom) AS wkb FROM draft_cell"
                    " WHERE draft_id = :id AND alive ORDER BY number"
                ),
                {"id": self.id},
            )
            return {row.number: shapely.from_wkb(row.wkb) for row in rows}

    async def assert_coverage(self):
        """The present cells cover the community, share their borders to the last bit."""
        stored = await self.stored()
        shapes = np.array(list(stored.values()), dtype=object)
        assert shapely.coverage_is_valid(shapes)
        assert shapely.is_valid(shapes).all()
        union = shapely.union_all(shapes)
        assert union.symmetric_difference(WHOLE).area < 1e-5 * WHOLE.area
        assert set(stored) == set(self.cells)
        assert sum(cell["households"] for cell in self.cells.values()) == 800

    def neighbours(self):
        """Two cells with a border in common, and a corner that both have inside the town."""
        for one in self.cells:
            for other in self.cells:
                if one >= other:
                    continue
                common = self.shape(one).intersection(self.shape(other))
                if common.length > SIDE / 2:
                    return one, other, common
        raise AssertionError


def across(shape):
    """A line across a cell, from one of its corners, that meets no building."""
    west, south, east, north = shape.bounds
    return [[west, south - 1e-4], [west, south], [east, north], [east + 1e-4, north + 1e-4]]


async def test_a_draft_begins_as_the_plan_in_force(planner):
    assert planner.version == 0
    assert len(planner.cells) == 8
    assert {cell["households"] for cell in planner.cells.values()} == {100}
    assert {cell["deviation_percent"] for cell in planner.cells.values()} == {0}
    await planner.assert_coverage()


async def test_what_it_is_drawn_on_has_every_household(planner):
    ground = await planner.get("/ground")
    assert sum(building["households"] for building in ground["buildings"]) == 800
    assert sum(unit[2] for b in ground["buildings"] for unit in b["units"]) == 800
    assert len(ground["barriers"]) == 6


async def test_split_merge_undo_redo(planner):
    number = next(iter(planner.cells))
    shape = planner.shape(number)
    west, south, east, north = shape.bounds
    x, y = (west + east) / 2, (south + north) / 2
    wide = east - west > north - south
    line = [[x, south], [x, north]] if wide else [[west, y], [east, y]]
    told = await planner.operate("split", cell=number, line=line)
    # A neighbour may have won a vertex where the line ends.
    assert {cell["number"] for cell in told["changed"]} >= {number, 9}
    assert [planner.cells[n]["households"] for n in (number, 9)] == [50, 50]
    await planner.operate("merge", cells=[number, 9])
    assert planner.cells[number]["households"] == 100
    assert planner.turn == (True, False)
    await planner.operate("undo")
    assert 9 in planner.cells
    assert planner.turn == (True, True)
    await planner.operate("undo")
    assert 9 not in planner.cells
    assert shapely.equals(planner.shape(number), shape)
    await planner.operate("undo", expect=409)
    await planner.operate("redo")
    await planner.operate("redo")
    await planner.operate("redo", expect=409)
    await planner.load()
    await planner.assert_coverage()
    actions = [one["action"] for one in await planner.get("/history")]
    assert actions == ["redo", "redo", "undo", "undo", "merge", "split"]


async def test_what_is_done_after_an_undo_begins_a_branch(planner):
    one, other, _ = planner.neighbours()
    await planner.operate("merge", cells=[one, other])
    await planner.operate("undo")
    await planner.operate("lock", cells=[one], locked=True)
    assert planner.turn == (True, False)
    await planner.operate("undo")
    assert planner.turn == (False, True)
    await planner.operate("redo")
    assert planner.cells[one]["locked"]


async def test_a_split_line_goes_round_a_building(planner):
    number = next(iter(planner.cells))
    west, south, east, _ = planner.shape(number).bounds
    y = south + SIDE * 0.35  # through every building, or one stairwell of each
    await planner.operate("split", cell=number, line=[[west, y], [east, y]])
    ground = await planner.get("/ground")
    homes = [unit for building in ground["buildings"] for unit in building["units"]]
    for part in (number, 9):
        shape = planner.shape(part)
        held = sum(count for lon, lat, count in homes if shape.contains(shapely.Point(lon, lat)))
        assert held == planner.cells[part]["households"]
    drawn = shapely.LineString([(west, y), (east, y)])
    border = planner.shape(number).intersection(planner.shape(9))
    assert border.length > drawn.length * 1.05


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ([(0.5, -0.5), (0.5, 0.5)], "ends inside"),
        ([(-0.5, -0.5), (-0.5, 1.5)], "misses"),
        ([(0.1, -0.5), (0.9, 1.5), (0.9, -0.5), (0.1, 1.5)], "crosses itself"),
        ([(0.3, -0.5), (0.3, 1.5), (0.7, 1.5), (0.7, -0.5)], "more than once"),
    ],
)
async def test_lines_that_do_not_cut_are_refused(planner, line, reason):
    number = next(iter(planner.cells))
    west, south, east, north = planner.shape(number).bounds
    drawn = [[west + x * (east - west), south + y * (north - south)] for x, y in line]
    told = await planner.operate("split", cell=number, line=drawn, expect=422)
    assert reason in told["detail"]


async def test_cells_that_do_not_touch_are_not_merged(planner):
    apart = next(
        (one, other)
        for one in planner.cells
        for other in planner.cells
        if planner.shape(one).disjoint(planner.shape(other))
    )
    told = await planner.operate("merge", cells=list(apart), expect=422)
    assert "do not touch" in told["detail"]


async def test_a_moved_corner_moves_for_all_cells(planner):
    one, other, common = planner.neighbours()
    at = list(common.interpolate(0.5, normalized=True).coords[0])
    to = [at[0] + SIDE * 0.05, at[1] + SIDE * 0.05]
    told = await planner.operate("move", corners=[{"start": at, "end": to}])
    assert {cell["number"] for cell in told["changed"]} >= {one, other}
    for number in (one, other):
        assert planner.shape(number).boundary.distance(shapely.Point(to)) < 1e-8
    await planner.operate("move", corners=[{"start": to, "end": None}])
    assert planner.shape(one).boundary.distance(shapely.Point(to)) > 1e-5


async def test_the_communitys_own_border_stays(planner):
    told = await planner.operate(
        "move",
        corners=[{"start": [WEST, SOUTH], "end": [WEST - SIDE, SOUTH]}],
        expect=422,
    )
    assert "leave the community" in told["detail"]
    west = told["bbox"][0]
    assert west == pytest.approx(WEST - SIDE, abs=1e-5)


async def test_a_border_may_not_cut_a_building(planner):
    one, _, common = planner.neighbours()
    at = list(common.interpolate(0.5, normalized=True).coords[0])
    x, y = planner.shape(one).centroid.coords[0]
    to = [at[0] + 0.8 * (x - at[0]), at[1] + 0.8 * (y - at[1])]
    told = await planner.operate("move", corners=[{"start": at, "end": to}], expect=422)
    assert "building" in told["detail"] or "itself" in told["detail"]


async def test_a_building_and_a_block_go_to_the_neighbour(planner):
    moved = 0
    for number in list(planner.cells):
        other = next(
            (n for n in planner.cells
             if n != number and planner.shape(n).intersection(planner.shape(number)).length
             > SIDE / 2),
            None,
        )  # fmt: skip
        for column in range(BLOCKS):
            for row in range(BLOCKS):
                at = list(middle(column, row))
                if moved >= 2 or other is None:
                    continue
                if not planner.shape(number).contains(shapely.Point(at)):
                    continue
                body = {
                    "version": planner.version,
                    "client_key": uuid4().hex,
                    "datum": "wgs84",
                    "operation": {
                        "kind": "hand_over",
                        "what": ("building", "block")[moved % 2],
                        "at": at,
                        "to": other,
                    },
                }
                held = planner.cells[other]["households"]
                answer = await planner.post("/operations", body)
                if answer.status_code == 200:
                    moved += 1
                    await planner.load()
                    await planner.assert_coverage()
                    assert planner.cells[other]["households"] == held + 50
                else:
                    assert answer.status_code == 422
    assert moved == 2


async def test_a_dedicated_cell_is_carved_out_and_locked_cells_stay(planner):
    x, y = middle(1, 1)
    reach = 0.35 * SIDE
    ring = [[x - reach, y - reach], [x + reach, y - reach], [x + reach, y + reach],
            [x - reach, y + reach]]  # fmt: skip
    told = await planner.operate("carve", ring=ring, dedicated=True)
    new = next(cell for cell in told["changed"] if cell["kind"] == "dedicated")
    assert new["households"] == 50
    assert new["deviation_percent"] is None
    await planner.operate("lock", cells=[new["number"]], locked=True)
    told = await planner.operate("carve", ring=ring, dedicated=False, expect=422)
    assert "locked" in told["detail"]
    await planner.operate("dedicate", cells=[new["number"]], dedicated=False, expect=422)
    await planner.operate("lock", cells=[new["number"]], locked=False)
    await planner.operate("dedicate", cells=[new["number"]], dedicated=False)
    assert planner.cells[new["number"]]["deviation_percent"] == -50


async def test_the_planner_divides_cells_into_so_many(planner):
    one, other, _ = planner.neighbours()
    await planner.operate("merge", cells=[one, other])
    told = await planner.operate("divide", cells=[one], count=4)
    assert sorted(cell["households"] for cell in planner.cells.values())[:4] == [50] * 4
    assert {cell["number"] for cell in told["changed"]} >= {one, 9, 10, 11}
    told = await planner.operate("divide", cells=[one], count=40, expect=422)
    assert "cannot be made" in told["detail"]


async def test_two_planners_collide_and_nothing_is_overwritten(planner):
    one, other, _ = planner.neighbours()
    await planner.operate("lock", cells=[one], locked=True)
    before = await planner.stored()
    told = await planner.operate("merge", cells=[one, other], version=0, expect=409)
    assert told["version"] == 1
    assert told["changed_by"] == "ann"
    assert await planner.stored() == before


async def test_of_two_changes_at_once_one_is_told(planner):
    one, other, _ = planner.neighbours()
    bodies = [
        {
            "version": 0,
            "client_key": uuid4().hex,
            "datum": "wgs84",
            "operation": {"kind": "lock", "cells": [number], "locked": True},
        }
        for number in (one, other)
    ]
    answers = await asyncio.gather(*(planner.post("/operations", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_is_sent_again_is_done_once(planner):
    one, other, _ = planner.neighbours()
    first = await planner.operate("merge", cells=[one, other], key="again")
    again = await planner.operate("merge", cells=[one, other], key="again", version=0)
    assert again == first
    assert planner.version == 1
    await planner.operate("lock", expect=422, cells=[one], locked=True, key="again")
    await planner.operate("undo", expect=422, key="again")


async def test_problems_name_cells_and_places(planner):
    one, other, _ = planner.neighbours()
    assert (await planner.get("/problems"))["problems"] == []
    await planner.operate("merge", cells=[one, other])
    told = await planner.get("/problems")
    assert told["version"] == 1
    (problem,) = told["problems"]
    assert (problem["check"], problem["cells"], problem["value"]) == ("deviation", [one], 100)
    west, south, east, north = problem["bbox"]
    assert shapely.box(west, south, east, north).buffer(1e-6).contains(planner.shape(one))


async def test_comments_name_and_comparison(planner):
    one, other, _ = planner.neighbours()
    answer = await planner.post("/comments", {"note": "河边要改", "cell": one})
    assert answer.json()[0]["note"] == "河边要改"
    assert (await planner.post("/name", {"name": "第二稿"})).json()["name"] == "第二稿"
    origin = planner.id
    await planner.begin(origin="draft", origin_id=origin, name="副本")
    await planner.operate("merge", cells=[one, other])
    told = await planner.get("/comparison", against="draft", other=origin)
    assert told["households"] == 800
    assert told["households_moved"] == 100
    assert len(told["ended"]) == 1
    assert len(told["others"]) == 8
    plans = (
        await planner.client.get(
            "/api/drafts/plans", params={"division": COMMUNITY}, headers=planner.ann
        )
    ).json()
    told = await planner.get("/comparison", against="plan", other=plans[0]["id"])
    assert told["households_moved"] == 100


async def test_another_communitys_people_see_no_draft(planner):
    async with transaction(planner.engine) as session:
        eve = await open_account(session, "eve", [Role.PLANNER], ["990101001002"])
    answer = await planner.client.get(f"/api/drafts/{planner.id}", headers=bearer(eve))
    assert answer.status_code == 404


async def test_who_may_only_look_changes_nothing(planner):
    assert (
        await planner.client.get(f"/api/drafts/{planner.id}", headers=planner.bob)
    ).status_code == 200
    body = {"version": 0, "client_key": "x", "datum": "wgs84", "operation": {"kind": "undo"}}
    assert (await planner.post("/operations", body, by=planner.bob)).status_code == 403
