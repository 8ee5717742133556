"""Who may move an event where; pure."""

from __future__ import annotations

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.errors import Forbidden
from gridsvc.events.states import IN_HAND, State

#: Where whoever has an event in hand may move it.
BY_HANDLER = frozenset({State.ACCEPTED, State.ON_SITE, State.HANDLED, State.RETURNED})


def has(mover: Identity, handler_id: int | None) -> bool:
    """Whether an event that `handler_id` has, or had, is in somebody's own hands."""
    return mover.person_id is not None and mover.person_id == handler_id


def check_hands(mover: Identity, handler_id: int | None) -> None:
    """Refuse what only whoever has an event, or the desk, does about it.

    Raises
    ------
    Forbidden
        If `mover` is neither.
    """
    own = mover.may(Permission.HANDLE_EVENTS) and has(mover, handler_id)
    if not (own or mover.may(Permission.DIRECT_EVENTS)):
        raise Forbidden("this event is in somebody else's hands; ask the desk to give it to you")


def check(mover: Identity, handler_id: int | None, now: State, then: State) -> None:
    """Refuse a move that is somebody else's to make.

    Whoever has an event in hand accepts it, arrives, handles it or gives it back; the desk
    makes every move, but nobody verifies their own work.

    Raises
    ------
    Forbidden
        If `mover` may not move an event that `handler_id` has, or had, from `now` to `then`.
    """
    if then is State.VERIFIED and has(mover, handler_id):
        raise Forbidden("your own work is verified by somebody else; leave it to the desk")
    check_hands(mover, handler_id)
    if mover.may(Permission.DIRECT_EVENTS):
        return
    if then not in BY_HANDLER or now not in IN_HAND:
        raise Forbidden(f"only the desk may move an event from {now} to {then}; ask there")
