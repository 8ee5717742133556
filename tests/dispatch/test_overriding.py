"""A dispatcher's own choice: with a reason, within the law, and never over somebody else's."""

import asyncio

import pytest

from gridsvc.db import transaction
from gridsvc.dispatch import overriding
from gridsvc.dispatch.schemas import OverrideIn
from gridsvc.errors import Conflict, NotFound
from gridsvc.events.states import State
from tests.dispatch.test_service import move, report
from tests.soundness import assert_sound, rows
from tests.towns import a_person, an_officer, middle, staff


async def override(engine, event_id, person, instead_of=None, reason="熟悉情况"):
    order = OverrideIn(person=person, reason=reason, instead_of=instead_of)
    async with transaction(engine) as session:
        return await overriding.override(session, event_id, order)


async def officers(engine, *codes, **columns):
    await staff(engine, *(an_officer(code, middle(n, 0)) | columns for n, code in enumerate(codes)))


async def test_it_moves_from_one_to_the_other_and_the_history_stays(town):
    await officers(town, "a", "b", "c")
    first = await report(town, 0, 0, "E02")
    shown = await override(town, first.id, "c", instead_of="a")
    assert (shown.handler.code, shown.owner, shown.state) == ("c", "a", State.DISPATCHED)
    assert "熟悉情况" in shown.handler.reason
    assert [line.to_state for line in shown.history][-3:] == [
        "DISPATCHED",
        "RETURNED",
        "DISPATCHED",
    ]
    kept = await rows(town, "SELECT person_code, released_by FROM assignment ORDER BY id")
    assert [tuple(row) for row in kept] == [("a", "overridden"), ("c", None)]
    await assert_sound(town)


async def test_whoever_lost_it_may_be_given_it_again(town):
    """They refused nothing."""
    await officers(town, "a", "b")
    first = await report(town, 0, 0, "E02")
    await override(town, first.id, "b", instead_of="a")
    await move(town, first.id, "RETURNED")
    (row,) = await rows(
        town,
        "SELECT p.code FROM event e JOIN person p ON p.id = e.handler_id WHERE e.id = :id",
        id=first.id,
    )
    assert row.code == "a"


async def test_what_waits_may_go_to_somebody_off_duty_who_never_told_a_position(town):
    await staff(town, an_officer("a", middle(0, 0), on_duty=False, position=None))
    first = await report(town, 0, 0, "E02")
    assert first.handler is None
    shown = await override(town, first.id, "a")
    assert shown.handler.code == "a"
    assert "不在岗" in shown.handler.reason
    await assert_sound(town)


async def test_sent_again_it_changes_nothing(town):
    await officers(town, "a", "b")
    first = await report(town, 0, 0, "E02")
    for _ in range(2):
        shown = await override(town, first.id, "b", instead_of="a")
    assert shown.handler.code == "b"
    assert len(await rows(town, "SELECT 1 FROM assignment")) == 2


async def test_of_two_at_once_the_second_is_told(town):
    await officers(town, "a", "b", "c")
    first = await report(town, 0, 0, "E02")
    told = await asyncio.gather(
        *(override(town, first.id, code, instead_of="a") for code in ("b", "c")),
        return_exceptions=True,
    )
    (refused,) = [one for one in told if isinstance(one, Conflict)]
    assert "look again" in refused.detail
    await assert_sound(town)


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ({"powers": []}, "does not hold power CG01"),
        ({"capacity": 0}, "all the events they may have"),
        ({"role": "grid_worker", "powers": []}, "needs 执法人员"),
    ],
)
async def test_nobody_who_may_not(town, person, says):
    await staff(town, an_officer("a", middle(0, 0)), an_officer("x", middle(1, 0)) | person)
    first = await report(town, 0, 0, "E02")
    with pytest.raises(Conflict, match=says):
        await override(town, first.id, "x", instead_of="a")
    await assert_sound(town)


async def test_an_expired_power_is_no_power(town):
    await officers(town, "a", "b")
    first = await report(town, 0, 0, "E02")
    await rows(town, "UPDATE power SET valid_to = current_date RETURNING 1")
    with pytest.raises(Conflict, match="失效"):
        await override(town, first.id, "b", instead_of="a")


async def test_nothing_that_is_done_and_nobody_unknown(town):
    await staff(town, a_person("w", middle(0, 0)), a_person("v", middle(1, 1)))
    first = await report(town, 0, 0)
    with pytest.raises(NotFound, match="nobody has the code"):
        await override(town, first.id, "nobody", instead_of=first.handler.code)
    await move(town, first.id, "HANDLED")
    with pytest.raises(Conflict, match="is HANDLED"):
        await override(town, first.id, "v", instead_of=first.handler.code)
    with pytest.raises(NotFound, match="no event"):
        await override(town, 999_999, "v")
