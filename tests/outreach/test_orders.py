import pytest

from gridsvc.errors import Conflict
from gridsvc.events import states
from gridsvc.events.states import State
from gridsvc.outreach.orders import MOVES, OrderState, check, way_to_closing


@pytest.mark.parametrize("now", OrderState)
@pytest.mark.parametrize("then", OrderState)
def test_only_what_the_table_allows(now, then):
    if then in MOVES[now]:
        check(now, then)
    else:
        with pytest.raises(Conflict):
            check(now, then)


@pytest.mark.parametrize("now", State)
def test_the_way_to_closing_is_one_an_event_may_go(now):
    try:
        way = way_to_closing(now)
    except Conflict:
        return
    for before, then in zip([now, *way], way, strict=False):
        states.check(before, then)
    assert ([now, *way])[-1] is State.CLOSED
