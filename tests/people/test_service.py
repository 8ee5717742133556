"""The personnel office: lists, posts that outlive a plan, positions and their clocks."""

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids import service as grids
from gridsvc.masking import masked
from gridsvc.people import service
from tests.towns import COMMUNITY, a_person, an_officer, middle, settings, staff
from tests.who import KEYRING


async def people(session):
    rows = await session.execute(
        text(
            "SELECT p.*, w.capacity, w.open_count,"
            " ARRAY(SELECT power_code FROM person_power WHERE person_id = p.id) AS powers,"
            " (SELECT ST_X(geog::geometry) FROM position WHERE person_id = p.id) AS lon"
            " FROM person p JOIN workload w ON w.person_id = p.id"
        )
    )
    return {row.code: row for row in rows}


class TestLoading:
    async def test_people_are_added_and_changed(self, town_session):
        await service.load_people(
            town_session, [an_officer("a", middle(0, 0)), a_person("b")], KEYRING
        )
        await service.load_people(
            town_session, [a_person("a", middle(1, 0), name="李四", capacity=9, powers=[])], KEYRING
        )
        known = await people(town_session)
        assert (known["a"].name_masked, known["a"].role, known["a"].capacity) == (
            "李*",
            "grid_worker",
            9,
        )
        assert KEYRING.open(known["a"].name_sealed) == "李四"
        assert known["a"].powers == []
        assert known["a"].lon == pytest.approx(middle(1, 0)[0])
        assert known["b"].lon is None

    async def test_a_position_is_kept_when_none_is_given(self, town_session):
        await service.load_people(town_session, [a_person("a", middle(2, 0))], KEYRING)
        await service.load_people(town_session, [a_person("a")], KEYRING)
        assert (await people(town_session))["a"].lon == pytest.approx(middle(2, 0)[0])

    async def test_a_lower_capacity_never_drops_below_what_is_in_hand(self, town_session):
        await service.load_people(town_session, [a_person("a", capacity=5)], KEYRING)
        await town_session.execute(text("UPDATE workload SET open_count = 4"))
        await service.load_people(town_session, [a_person("a", capacity=1)], KEYRING)
        assert (await people(town_session))["a"].capacity == 4

    @pytest.mark.parametrize(
        ("rows", "says"),
        [
            ([a_person("a", powers=["XX"])], "XX"),
            ([a_person("a", division_code="110101001001")], "110101001001"),
            ([a_person("a"), a_person("b"), a_person("a")], "a comes twice"),
        ],
    )
    async def test_rows_that_do_not_fit_are_refused_by_name(self, town_session, rows, says):
        with pytest.raises(BadInput, match=says):
            await service.load_people(town_session, rows, KEYRING)
        assert await people(town_session) == {}


async def posts(session, level="grid"):
    rows = await session.execute(
        text(
            f"SELECT c.code AS cell, p.code AS person FROM {level}_post o"
            f" JOIN {level} c ON c.id = o.{level}_id AND c.valid @> now()"
            " JOIN person p ON p.id = o.person_id"
        )
    )
    return {(row.cell, row.person) for row in rows}


class TestPosts:
    async def test_each_cell_gets_one_person_and_each_person_one_cell(self, town_session):
        crowd = [a_person(f"w{n}", middle(n % 4, n // 4)) for n in range(12)]
        crowd += [a_person(f"l{n}", role="liaison") for n in range(40)]
        await service.load_people(town_session, crowd, KEYRING)
        counts = await service.post_to_cells(town_session, COMMUNITY)
        for level in ("grid", "micro_grid"):
            pairs = await posts(town_session, level)
            assert len(pairs) == counts[f"{level}_posts"]
            assert counts[f"{level}_vacant"] == 0
            assert len({cell for cell, _ in pairs}) == len({who for _, who in pairs}) == len(pairs)

    async def test_workers_get_the_grid_they_stand_in(self, town_session):
        """With one person in the midst of each grid the sum of distances is least that way."""
        midsts = (
            await town_session.execute(
                text(
                    "SELECT code, ST_X(p) AS lon, ST_Y(p) AS lat"
                    " FROM (SELECT code, ST_PointOnSurface(geom) AS p FROM grid) g ORDER BY code"
                )
            )
        ).all()
        # Given names in the other order, so that the order of codes cannot decide.
        names = [f"w{n}" for n in range(len(midsts), 0, -1)]
        await service.load_people(
            town_session,
            [a_person(who, (at.lon, at.lat)) for who, at in zip(names, midsts, strict=True)],
            KEYRING,
        )
        await service.post_to_cells(town_session, COMMUNITY)
        expected = {(at.code, who) for who, at in zip(names, midsts, strict=True)}
        assert await posts(town_session) == expected

    async def test_too_few_people_leave_cells_vacant_and_say_so(self, town_session):
        await service.load_people(town_session, [a_person("only")], KEYRING)
        counts = await service.post_to_cells(town_session, COMMUNITY)
        grids_there = await town_session.scalar(text("SELECT count(*) FROM grid"))
        assert counts["grid_posts"] == 1
        assert counts["grid_vacant"] == grids_there - 1

    async def test_nobody_is_moved_by_posting_again(self, town_session):
        await service.load_people(town_session, [a_person(f"w{n}") for n in range(9)], KEYRING)
        await service.post_to_cells(town_session, COMMUNITY)
        before = await posts(town_session)
        counts = await service.post_to_cells(town_session, COMMUNITY)
        assert counts["grid_posts"] == 0
        assert await posts(town_session) == before

    async def test_officers_and_strangers_are_not_posted(self, town_session):
        await grids.load_divisions(town_session, [grids.DivisionRow("990101001002", "东邻社区")])
        await service.load_people(
            town_session,
            [an_officer("o", middle(0, 0)), a_person("s", division_code="990101001002")],
            KEYRING,
        )
        await service.post_to_cells(town_session, COMMUNITY)
        assert await posts(town_session) == set()

    async def test_posts_are_carried_over_to_the_next_plan(self, town):
        await staff(town, *(a_person(f"w{n}", middle(n, n)) for n in range(4)))
        async with transaction(town) as session:
            before = await posts(session)
        async with transaction(town) as session:
            draft = await grids.draft_plan(session, COMMUNITY)
            await grids.publish_plan(session, draft.plan_id)
            # Before anybody is posted, nobody answers for the new cells.
            assert await posts(session) == set()
            await service.post_to_cells(session, COMMUNITY)
        async with transaction(town) as session:
            assert await posts(session) == before

    async def test_after_another_division_everybody_still_has_one_cell(self, town):
        await staff(town, *(a_person(f"w{n}", middle(n % 4, n // 4)) for n in range(6)))
        async with transaction(town) as session:
            before = await posts(session)
            draft = await grids.draft_plan(session, COMMUNITY, settings(target=60, grid_target=120))
            await grids.publish_plan(session, draft.plan_id)
            await service.post_to_cells(session, COMMUNITY)
        async with transaction(town) as session:
            after = await posts(session)
        workers = [who for _, who in after]
        assert len(set(workers)) == len(workers)
        assert {who for _, who in before} <= set(workers)


async def test_an_unknown_person_has_no_duty(town_session):
    with pytest.raises(NotFound, match="'b'"):
        await service.set_duty(town_session, "b", on_duty=True)


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), ("李四", "李*"), ("丁", "丁*"), ("欧阳修远", "欧***")]
)
def test_names_are_masked_but_for_the_first_character(name, shown):
    assert masked(name) == shown
