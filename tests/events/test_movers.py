"""Who moves an event where: those who have it, the desk, and nobody verifies themselves."""

import pytest

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import PERMISSIONS, Role
from gridsvc.errors import Forbidden
from gridsvc.events.movers import check
from gridsvc.events.states import MOVES, State

MOVING = [(now, then) for now in State for then in sorted(MOVES[now])]
OWN = {
    State.DISPATCHED: {State.ACCEPTED, State.ON_SITE, State.HANDLED, State.RETURNED},
    State.ACCEPTED: {State.ON_SITE, State.HANDLED, State.RETURNED},
    State.ON_SITE: {State.HANDLED, State.RETURNED},
}


def somebody(*roles, person_id=None):
    may = frozenset().union(*(PERMISSIONS[role] for role in roles))
    return Identity(1, "x", roles, may, ("0" * 12,), None, person_id, None, "token")


def may(mover, handler_id, now, then):
    try:
        check(mover, handler_id, now, then)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(("now", "then"), MOVING)
@pytest.mark.parametrize("role", Role)
def test_by_role_and_hands(role, now, then):
    desk = role in {Role.DISPATCHER, Role.SUPERVISOR}
    field = role in {Role.GRID_WORKER, Role.OFFICER, Role.LIAISON}
    assert may(somebody(role, person_id=7), 8, now, then) == desk
    assert may(somebody(role), None, now, then) == desk
    own = may(somebody(role, person_id=7), 7, now, then)
    if desk:
        assert own == (then is not State.VERIFIED)
    else:
        assert own == (field and then in OWN.get(now, set()))


def test_a_worker_who_sits_at_the_desk_does_not_verify_their_own():
    both = somebody(Role.DISPATCHER, Role.OFFICER, person_id=7)
    assert not may(both, 7, State.HANDLED, State.VERIFIED)
    assert may(both, 8, State.HANDLED, State.VERIFIED)
