"""Who does not answer loses the event to the next, and nobody is asked twice."""

from gridsvc.dispatch import assigning
from gridsvc.events.states import State
from tests.dispatch.test_choosing import set_policy
from tests.dispatch.test_service import move, report
from tests.soundness import assert_sound, rows
from tests.towns import an_officer, middle, staff


async def let_time_pass(engine):
    """The time to answer in is over for everybody."""
    await rows(
        engine,
        "UPDATE assignment SET accept_by = now() - interval '1 s'"
        " WHERE released_at IS NULL RETURNING 1",
    )


async def handler(engine, event_id):
    (row,) = await rows(
        engine,
        "SELECT e.state, p.code FROM event e LEFT JOIN person p ON p.id = e.handler_id"
        " WHERE e.id = :id",
        id=event_id,
    )
    return row.state, row.code


async def test_without_an_answer_it_goes_to_the_next_and_to_nobody_twice(town):
    await staff(town, *(an_officer(f"o{n}", middle(n, 0)) for n in range(3)))
    shown = await report(town, 0, 0, "E02")
    asked = []
    for _ in range(3):
        asked.append((await handler(town, shown.id))[1])
        await let_time_pass(town)
        assert await assigning.ask_the_next(town) == 1
    assert asked == ["o0", "o1", "o2"]
    assert await handler(town, shown.id) == (State.RETURNED, None)
    assert await assigning.ask_the_next(town) == 0
    assert await assigning.sweep(town) == 0
    causes = await rows(town, "SELECT released_by FROM assignment ORDER BY id")
    assert [row.released_by for row in causes] == ["timed_out"] * 3
    await assert_sound(town)


async def test_who_has_accepted_is_left_alone(town):
    await staff(town, an_officer("o0", middle(0, 0)), an_officer("o1", middle(1, 0)))
    shown = await report(town, 0, 0, "E02")
    await move(town, shown.id, "ACCEPTED")
    await let_time_pass(town)
    assert await assigning.ask_the_next(town) == 0
    assert await handler(town, shown.id) == (State.ACCEPTED, "o0")


async def test_the_policy_says_how_long_one_may_take_to_answer(town):
    await staff(town, an_officer("o0", middle(0, 0)))
    await set_policy(town, accept_within_s=120.0)
    await report(town, 0, 0, "E02")
    (row,) = await rows(
        town, "SELECT extract(epoch FROM accept_by - assigned_at) AS s FROM assignment"
    )
    assert abs(float(row.s) - 120.0) < 1.0


async def test_who_sent_it_back_is_not_asked_after_somebody_else_timed_out(town):
    await staff(town, an_officer("o0", middle(0, 0)), an_officer("o1", middle(1, 0)))
    shown = await report(town, 0, 0, "E02")
    await move(town, shown.id, "RETURNED")
    assert await handler(town, shown.id) == (State.DISPATCHED, "o1")
    await let_time_pass(town)
    await assigning.ask_the_next(town)
    assert await handler(town, shown.id) == (State.RETURNED, None)
    await assert_sound(town)
