"""What is done with a call once made: each deed by whose it is, in its turn, once."""

import random
from dataclasses import replace

import pytest

from gridsvc.db import transaction
from gridsvc.dispatch import whistling
from gridsvc.dispatch.calls import MOVES, CallKind, CallState
from gridsvc.dispatch.whistle_schemas import CheckInIn
from gridsvc.errors import BadInput, Conflict, Forbidden, GridsvcError, NotFound
from tests.dispatch.whistles import (
    blow,
    caller,
    close,
    come,
    judge,
    sign,
    units_listed,
    withdraw,
    write,
)
from tests.flows.test_whistle import a_call, scores, there
from tests.soundness import rows

__all__ = ["units_listed"]  # fixtures


@pytest.fixture
def ready(units_listed):
    return units_listed


class TestTackling:
    """攻坚哨: the leader of whoever calls and of whoever leads sign, two people."""

    async def test_both_leaders_sign_before_anybody_comes(self, town, ready):
        number = (await blow(town, a_call("D00", "D01", kind="tackling"))).id
        with pytest.raises(Conflict, match="SIGNED_OFF"):
            await come(town, number, "D00")
        half = await sign(town, number, "D00", "department")
        assert (half.state, half.signed_at) == (CallState.CALLED, None)
        whole = await sign(town, number, "ST", "leader")
        assert whole.state is CallState.SIGNED_OFF
        assert whole.signed_at is not None
        assert [one.signed_at is None for one in whole.units] == [False, True]
        assert (await come(town, number, "D01")).state is CallState.CHECKED_IN

    @pytest.mark.parametrize(
        ("unit", "login", "error"),
        [
            ("ST", "desk", Forbidden),  # a desk calls, its leader signs
            ("ST", "department", Forbidden),
            ("D00", "leader", Forbidden),
            ("D00", "stranger", Forbidden),
            ("D01", "department", BadInput),  # called, and does not lead
        ],
    )
    async def test_nobody_else_signs(self, town, ready, unit, login, error):
        number = (await blow(town, a_call("D00", "D01", kind="tackling"))).id
        with pytest.raises(error):
            await sign(town, number, unit, login)
        assert await rows(town, "SELECT 1 FROM whistle_history WHERE deed = 'sign'") == []

    async def test_an_ordinary_call_is_not_signed(self, town, ready):
        number = (await blow(town, a_call("D00"))).id
        with pytest.raises(Conflict):
            await sign(town, number, "ST", "leader")


class TestCheckIn:
    async def test_each_unit_once_by_its_own_people(self, town, ready):
        number = (await blow(town, a_call("D00", "D01"))).id
        with pytest.raises(Forbidden):
            await come(town, number, "D00", "stranger")
        with pytest.raises(BadInput, match="it called: D00, D01"):
            await come(town, number, "D02")
        arrived = await come(town, number, "D01")
        assert [one.checked_in_at is None for one in arrived.units] == [True, False]
        with pytest.raises(Conflict, match="already"):
            await come(town, number, "D01")

    async def test_the_same_key_is_the_same_check_in(self, town, ready):
        number = (await blow(town, a_call("D00"))).id
        key = {"client_key": "one"}
        first = await come(town, number, "D00", **key)
        assert await come(town, number, "D00", **key) == first
        with pytest.raises(BadInput, match="another body"):
            await come(town, number, "D00", note="另", **key)
        assert len(await rows(town, "SELECT 1 FROM whistle_history WHERE deed = 'check_in'")) == 1


async def test_an_account_of_a_unit_acts_for_no_other(town, ready):
    """Two departments of one county, each with its own account."""
    number = (await blow(town, a_call("D00", "D01"))).id
    own = replace(caller("department"), unit="D01")
    for unit in ("D00", "D01"):
        arrival = CheckInIn(**there(unit))
        async with transaction(town) as session:
            if unit == "D00":
                with pytest.raises(Forbidden, match="D01's"):
                    await whistling.check_in(session, number, arrival, own)
            else:
                await whistling.check_in(session, number, arrival, own)
    arrived = {one.unit for one in (await shown(town, number)).units if one.checked_in_at}
    assert arrived == {"D01"}


class TestJointHandling:
    async def test_those_who_are_there_and_the_caller_write(self, town, ready):
        number = (await blow(town, a_call("D00", "D01"))).id
        with pytest.raises(Conflict, match="CHECKED_IN"):
            await write(town, number, "ST", "desk")
        await come(town, number, "D00")
        with pytest.raises(Conflict, match="check in first"):
            await write(town, number, "D01", "department")
        with pytest.raises(Forbidden):
            await write(town, number, "ST", "department")
        with pytest.raises(Forbidden):
            await write(town, number, "D00", "desk")
        await write(town, number, "D00", "department")
        shown = await write(town, number, "ST", "desk")
        notes = [(line.unit, line.actor) for line in shown.history if line.deed == "note"]
        assert notes == [("D00", "department"), ("ST", "desk")]
        assert shown.state is CallState.CHECKED_IN


class TestTheCallersWord:
    @pytest.mark.parametrize("login", ["colleague", "stranger"])
    async def test_only_whoever_called_judges_scores_and_takes_back(self, town, ready, login):
        """Whatever a route lets through: a desk of elsewhere is refused as well."""
        number = (await blow(town, a_call("D00"))).id
        with pytest.raises(Forbidden):
            await withdraw(town, number, login)
        await come(town, number, "D00")
        with pytest.raises(Forbidden):
            await judge(town, number, True, login)
        await judge(town, number, True)
        with pytest.raises(Forbidden):
            await close(town, number, scores("D00"), login)
        (kept,) = await rows(town, "SELECT score FROM whistle_unit")
        assert kept.score is None

    async def test_unresolved_may_become_resolved_and_not_the_other_way(self, town, ready):
        number = (await blow(town, a_call("D00"))).id
        with pytest.raises(Conflict):
            await judge(town, number, True)
        await come(town, number, "D00")
        assert (await judge(town, number, False)).resolved is False
        assert (await judge(town, number, True)).resolved is True
        with pytest.raises(Conflict):
            await judge(town, number, False)

    @pytest.mark.parametrize("scored", [("D00",), ("D00", "D00"), ("D00", "D01", "D02")])
    async def test_every_unit_is_scored_once(self, town, ready, scored):
        number = (await blow(town, a_call("D00", "D01"))).id
        await come(town, number, "D00")
        await judge(town, number, False)
        with pytest.raises(BadInput, match="D00, D01"):
            await close(town, number, scores(*scored))
        assert (await whistles_state(town)) == {"UNRESOLVED"}
        closed = await close(town, number, scores("D01", "D00", score=2))
        assert [(one.unit, one.score) for one in closed.units] == [("D00", 2), ("D01", 2)]


async def whistles_state(town):
    return {row.state for row in await rows(town, "SELECT state FROM whistle_call")}


async def test_there_is_no_such_call(town, ready):
    for deed in (withdraw(town, 999), come(town, 999, "D00"), judge(town, 999, True)):
        with pytest.raises(NotFound):
            await deed


def deeds(town, number, n):
    """Everything there is to do."""
    return {
        "come": lambda: come(town, number, f"D{n:02}"),
        "sign own": lambda: sign(town, number, "ST", "leader"),
        "sign theirs": lambda: sign(town, number, "D00", "department"),
        "judge": lambda: judge(town, number, n > 0),
        "close": lambda: close(town, number, scores("D00", "D01", score=n + 1)),
        "withdraw": lambda: withdraw(town, number),
        "note": lambda: write(town, number, f"D{n:02}", "department"),
    }


@pytest.mark.parametrize("kind", CallKind)
@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_tried_history_and_state_agree(town, ready, kind, seed):
    """Deeds in any order: each is done whole, or refused and nothing of it stays."""
    rng = random.Random(seed)  # noqa: S311
    number = (await blow(town, a_call("D00", "D01", kind=kind.value))).id
    for _ in range(14):
        deed = rng.choice(list(deeds(town, number, rng.randint(0, 1)).values()))
        before = await shown(town, number)
        try:
            await deed()
        except GridsvcError:
            assert await shown(town, number) == before
        else:
            assert len((await shown(town, number)).history) == len(before.history) + 1
    found = await shown(town, number)
    states = [line.to_state for line in found.history]
    assert states[-1] == found.state
    for line, then in zip(found.history, found.history[1:], strict=False):
        assert then.from_state == line.to_state
        if then.to_state != line.to_state:
            assert CallState(then.to_state) in MOVES[kind][CallState(line.to_state)]
    came = {line.unit for line in found.history if line.deed == "check_in"}
    assert came == {one.unit for one in found.units if one.checked_in_at is not None}
    scored = {one.unit for one in found.units if one.score is not None}
    assert scored == ({"D00", "D01"} if found.state is CallState.CLOSED else set())
    assert (found.resolved is None) == (not any(line.deed == "judge" for line in found.history))


async def shown(town, number):
    async with transaction(town) as session:
        return await whistling.show(session, number)
