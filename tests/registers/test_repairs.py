import pytest

from gridsvc.errors import Conflict
from gridsvc.registers.repairs import MOVES, RepairState, check


def test_every_state_is_reached_and_what_ended_stays():
    reached = set().union(*MOVES.values())
    assert set(RepairState) - reached == {RepairState.CALLED}
    assert [state for state, then in MOVES.items() if not then] == [
        RepairState.SETTLED,
        RepairState.CANCELLED,
    ]


def test_nothing_is_paid_before_it_is_done():
    for state in set(RepairState) - {RepairState.DONE}:
        with pytest.raises(Conflict, match=state):
            check(state, RepairState.SETTLED)
    check(RepairState.DONE, RepairState.SETTLED)
