"""A batch at work: every community by itself, each plan once."""

import asyncio
import dataclasses

import pytest

from gridsvc.batches.work import Door, Failed, Planned, plan_batch, plan_communities
from gridsvc.errors import BadInput, Conflict
from gridsvc.grids import plan_queries
from tests.batches.conftest import order


async def test_what_cannot_be_planned_leaves_the_others_alone(small):
    bad = small.codes[1]
    await small.spoil(bad)
    outcomes = await plan_communities(small.door, order(), small.codes)
    assert [one.division for one in outcomes] == list(small.codes)
    (failed,) = [one for one in outcomes if isinstance(one, Failed)]
    assert (failed.division, failed.error) == (bad, "BadInput")
    assert failed.reason.startswith("boundary not covering the buildings")
    assert await small.plans() == [(code, "draft") for code in small.codes if code != bad]


async def test_published_in_the_name_of_whoever_gave_the_order(small):
    (told,) = await plan_communities(small.door, order(publish=True), small.codes[:1])
    assert (told.state, told.kept) == ("published", False)
    entries = await small._rows("SELECT login, via, object_id FROM audit_entry")
    assert entries == [("planner", "command_line", str(told.plan))]


async def test_what_is_made_from_the_same_is_kept(small):
    first = await plan_communities(small.door, order(), small.codes[:2])
    again = await plan_communities(small.door, order(), small.codes[:2])
    assert [one.kept for one in first + again] == [False, False, True, True]
    assert [dataclasses.replace(one, kept=True) for one in first] == again


@pytest.mark.parametrize("change", [{"seed": 1}, {"grid_target": 250}, {"after": 1_000_000}])
async def test_what_is_made_from_something_else_is_made_anew(small, change):
    for given in ({}, change):
        (told,) = await plan_communities(small.door, order(**given), small.codes[:1])
        assert not told.kept


async def test_what_cannot_be_as_wished_for_is_drafted_and_not_put_in_force(small):
    code = small.codes[:1]
    (told,) = await plan_communities(small.door, order(publish=True, cells=5000), code)
    assert told.state == "draft"
    assert told.limits[0]["constraint"] == "cells"
    (again,) = await plan_communities(small.door, order(publish=True, cells=5000), code)
    assert (again.kept, again.state) == (True, "draft")


async def test_a_draft_at_hand_is_published_and_not_made_anew(small):
    (drafted,) = await plan_communities(small.door, order(), small.codes[:1])
    (told,) = await plan_communities(small.door, order(publish=True), small.codes[:1])
    assert (told.plan, told.state, told.kept) == (drafted.plan, "published", True)


async def test_a_draft_that_came_too_late_is_not_kept(small):
    """Another plan was published after it: its codes would be wrong."""
    code = small.codes[:1]
    await plan_communities(small.door, order(), code)
    await plan_communities(small.door, order(publish=True, seed=1), code)
    (told,) = await plan_communities(small.door, order(publish=True), code)
    assert (told.state, told.kept) == ("published", False)


async def test_the_same_batch_twice_at_once_makes_each_plan_once(small, monkeypatch):
    """As when a cluster takes a worker for dead that is not: both draft, the second finds out."""
    both = asyncio.Barrier(2)
    arrived = set()
    lock_community = plan_queries.lock_community

    async def lock_when_both_are_there(session, code):
        if session not in arrived:  # publishing locks once more, while the other waits for the lock
            arrived.add(session)
            await both.wait()
        await lock_community(session, code)

    monkeypatch.setattr(plan_queries, "lock_community", lock_when_both_are_there)
    told = await asyncio.gather(
        *(plan_communities(small.door, order(publish=True), small.codes[:1]) for _ in range(2))
    )
    assert sorted(one.kept for (one,) in told) == [False, True]
    assert len({one.plan for (one,) in told}) == 1
    assert await small.plans() == [(small.codes[0], "published")]


async def test_told_to_stop_it_ends_after_the_community_it_is_at(small):
    asked = iter([False, True])
    outcomes = await plan_communities(small.door, order(), small.codes, stopped=lambda: next(asked))
    assert [one.division for one in outcomes] == list(small.codes[:1])
    assert all(isinstance(one, Planned) for one in outcomes)


def test_another_version_of_the_planner_is_refused():
    with pytest.raises(Conflict, match="install the same everywhere"):
        plan_batch(Door("none"), order(method="other"), ["a"], lambda: False)


def test_nobody_sees_the_password_in_the_way_to_the_database():
    door = Door("postgresql://gridsvc:s3cret@db/grids")
    assert "s3cret" not in f"{door} {door!r} {dataclasses.replace(door)}"


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (BadInput("mend it"), Failed("a", "BadInput", "mend it")),
        (ValueError("one\ntwo"), Failed("a", "ValueError", "one")),
        (ZeroDivisionError(), Failed("a", "ZeroDivisionError", "nothing more is known")),
    ],
)
def test_a_failure_is_one_sentence(failure, says):
    assert Failed.by("a", failure) == says
