"""The states an event can be in and the moves between them.

After GB/T 30428.8 (立案 派遣 处置 核查 结案) with acceptance and arrival between dispatch and
handling. The database holds the same table of moves and refuses any other.
"""

from __future__ import annotations

from enum import StrEnum

from gridsvc.errors import BadInput, Conflict


class State(StrEnum):
    """State of an event."""

    REPORTED = "REPORTED"
    FILED = "FILED"
    DISPATCHED = "DISPATCHED"
    ACCEPTED = "ACCEPTED"
    ON_SITE = "ON_SITE"
    HANDLED = "HANDLED"
    VERIFIED = "VERIFIED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"
    SUSPENDED = "SUSPENDED"
    REOPENED = "REOPENED"


#: From each state, where an event may go.
MOVES: dict[State, frozenset[State]] = {
    State.REPORTED: frozenset({State.FILED, State.REJECTED}),
    State.FILED: frozenset({State.DISPATCHED, State.SUSPENDED, State.REJECTED}),
    State.DISPATCHED: frozenset(
        {State.ACCEPTED, State.ON_SITE, State.HANDLED, State.RETURNED, State.SUSPENDED}
    ),
    State.ACCEPTED: frozenset({State.ON_SITE, State.HANDLED, State.RETURNED, State.SUSPENDED}),
    State.ON_SITE: frozenset({State.HANDLED, State.RETURNED, State.SUSPENDED}),
    State.HANDLED: frozenset({State.VERIFIED, State.RETURNED}),
    State.VERIFIED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.REOPENED}),
    State.REJECTED: frozenset({State.REOPENED}),
    State.RETURNED: frozenset({State.DISPATCHED, State.SUSPENDED}),
    State.SUSPENDED: frozenset({State.REOPENED}),
    State.REOPENED: frozenset({State.DISPATCHED, State.SUSPENDED}),
}

#: States in which an event waits for somebody to take it.
WAITING = frozenset({State.FILED, State.RETURNED, State.REOPENED})
#: States in which an event counts against its handler's capacity.
IN_HAND = frozenset({State.DISPATCHED, State.ACCEPTED, State.ON_SITE})


def check(now: State, then: State) -> None:
    """Refuse a move that the table does not allow.

    Raises
    ------
    Conflict
        If an event in state `now` may not go to `then`; the message names where it may go.
    """
    if then not in MOVES[now]:
        allowed = ", ".join(sorted(MOVES[now])) or "nowhere"
        raise Conflict(f"an event that is {now} cannot become {then}; it may go to: {allowed}")


#: Why a report is not filed.
REJECTING = {
    "not_ours": "不属于受理范围",
    "too_vague": "信息不足，无法核实",
    "untrue": "情况不属实",
    "too_slight": "未达立案标准",
    "repeated": "重复上报",
}
#: Why whoever has an event gives it back.
GIVING_BACK = {
    "no_power": "无处置权限",
    "wrong_person": "派遣错误",
    "out_of_area": "不在责任区",
    "no_means": "无处置条件",
}
#: Why the service takes an event out of somebody's hands; nobody gives these reasons themselves.
TAKING_BACK = {"no_answer": "超时未接单", "overridden": "人工改派"}
#: Why work is sent back by whoever verified it.
SENDING_BACK = {
    "not_done": "处置不到位",
    "came_back": "问题反弹",
    "not_shown": "照片不能证明",
}
#: Why the service puts an event off; nobody gives this reason themselves.
BOOKED = {"booked": "预约上门"}
#: Why an event is put off (挂账).
PUTTING_OFF = {
    "weather": "天气原因",
    "materials": "等待材料",
    "funds": "等待资金",
    "dispute": "权属争议",
    "other_works": "等待其他工程",
}


def reasons(now: State, then: State) -> dict[str, str]:
    """The list a move's reason is taken from, code and Chinese name; empty where none is asked."""
    if then is State.REJECTED:
        return REJECTING
    if then is State.RETURNED:
        return SENDING_BACK if now is State.HANDLED else GIVING_BACK
    return PUTTING_OFF if then is State.SUSPENDED else {}


def check_reason(
    now: State, then: State, reason: str | None, note: str, *, by_service: bool = False
) -> None:
    """Refuse a move that does not say why where it must, or that gives a reason of another one.

    Raises
    ------
    BadInput
        If the reason is none of the move's list, or comes without words of its own; the message
        names the list.
    """
    known = reasons(now, then)
    if by_service and then is State.RETURNED:
        known = known | TAKING_BACK
    if by_service and then is State.SUSPENDED:
        known = known | BOOKED
    if not known and reason is None:
        return
    if not known:
        raise BadInput(f"a move from {now} to {then} takes no reason; leave it out")
    if reason not in known:
        listed = ", ".join(f"{code} ({name})" for code, name in known.items())
        raise BadInput(f"a move from {now} to {then} needs a reason, one of: {listed}")
    if not note.strip():
        raise BadInput(f"a move from {now} to {then} needs a note that says what was found")
