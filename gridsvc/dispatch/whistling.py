"""What the office does with whistle calls once made: sign, check in, judge, score, close."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.dispatch import calls, whistle_queries
from gridsvc.dispatch.calls import CallKind, CallState
from gridsvc.dispatch.whistle_queries import Deed
from gridsvc.dispatch.whistle_schemas import (
    CalledUnit,
    CheckInIn,
    ClosingIn,
    JudgementIn,
    SignatureIn,
    WhistleDeed,
    WhistleEscalationOut,
    WhistleNoteIn,
    WhistleOut,
    WhistlePage,
    WhistleWithHistory,
)
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.mandates.calendar import time_shown


async def sign(
    session: AsyncSession, call_id: int, signature: SignatureIn, caller: Identity
) -> WhistleWithHistory:
    """Sign a tackling call for the calling unit or the one that leads (双报到).

    Raises
    ------
    NotFound
        If there is no such call.
    Conflict
        If it is none to sign, or not any more, or that was signed already.
    BadInput
        If the unit is neither.
    Forbidden
        If the caller may not sign for it, or signed for the other side.
    """
    found, units = await _locked(session, call_id)
    leads = next(one for one in units if one["leads"])
    calls.check(_kind(found), _state(found), CallState.SIGNED_OFF)
    if signature.unit == found["unit"]:
        _check_may(caller, Permission.SIGN_CALLS, "sign for the calling unit")
        check_own(caller, signature.unit, found["unit_division"])
        signed, other = found["signed_at"], leads["signed_at"]
    elif signature.unit == leads["unit"]:
        _check_may(caller, Permission.ANSWER_CALLS, "sign for the called unit")
        check_own(caller, signature.unit, leads["division_code"])
        signed, other = leads["signed_at"], found["signed_at"]
    else:
        raise BadInput(
            f"call {call_id} is signed for {found['unit']}, which calls, and {leads['unit']}, "
            f"which leads; not for {signature.unit}"
        )
    if signed is not None:
        raise Conflict(f"call {call_id} was signed for {signature.unit} already")
    actor = actor_of(session).shown
    past = await whistle_queries.history(session, call_id)
    if any(one["deed"] == "sign" and one["actor"] == actor for one in past):
        raise Forbidden("you signed for the other side; the two leaders are two people")
    then = CallState.SIGNED_OFF if other is not None else CallState.CALLED
    deed = _deed(session, "sign", signature.unit, signature.note)
    return await _done(session, found, then, deed)


async def check_in(
    session: AsyncSession, call_id: int, arrival: CheckInIn, caller: Identity
) -> WhistleWithHistory:
    """Check a called unit in; the same again with the same client key changes nothing.

    Raises
    ------
    NotFound
        If there is no such call.
    BadInput
        If the unit was not called, or the client key was used with another body.
    Forbidden
        If the unit lies outside the caller's areas.
    Conflict
        If the call's state does not allow it, or the unit is there already.
    """
    found, units = await _locked(session, call_id)
    digest = client_keys.digest_of(arrival)
    known = await whistle_queries.done_by(
        session, call_id, arrival.client_key, account_id=actor_of(session).account_id
    )
    if known is not None:
        client_keys.check_same(arrival.client_key, known, digest, used="with another body")
        return await show(session, call_id)
    unit = _called(found, units, arrival.unit)
    check_own(caller, arrival.unit, unit["division_code"])
    calls.check(_kind(found), _state(found), CallState.CHECKED_IN)
    if unit["checked_in_at"] is not None:
        raise Conflict(
            f"{arrival.unit} checked in for call {call_id} at "
            f"{time_shown(unit['checked_in_at'])} already"
        )
    deed = _deed(
        session, "check_in", arrival.unit, arrival.note, key=arrival.client_key, digest=digest
    )
    return await _done(session, found, CallState.CHECKED_IN, deed)


async def note(
    session: AsyncSession, call_id: int, line: WhistleNoteIn, caller: Identity
) -> WhistleWithHistory:
    """Write down what a unit does in the joint handling.

    Raises
    ------
    NotFound
        If there is no such call.
    Conflict
        If nobody works on it now, or the unit is not there.
    BadInput
        If the unit has no part in the call.
    Forbidden
        If the caller may not write for the unit.
    """
    found, units = await _locked(session, call_id)
    if _state(found) not in calls.HANDLED:
        listed = " or ".join(sorted(calls.HANDLED))
        raise Conflict(f"call {call_id} is {found['state']}; notes are taken while it is {listed}")
    if line.unit == found["unit"]:
        _check_may(caller, Permission.CALL_UNITS, "write for the calling unit")
        check_own(caller, line.unit, found["unit_division"])
    else:
        unit = _called(found, units, line.unit)
        _check_may(caller, Permission.ANSWER_CALLS, "write for a called unit")
        check_own(caller, line.unit, unit["division_code"])
        if unit["checked_in_at"] is None:
            raise Conflict(f"{line.unit} has not checked in for call {call_id}; check in first")
    return await _done(session, found, _state(found), _deed(session, "note", line.unit, line.note))


async def judge(
    session: AsyncSession, call_id: int, word: JudgementIn, caller: Identity
) -> WhistleWithHistory:
    """Say whether a call is resolved: the calling unit's word, nobody else's.

    Raises
    ------
    NotFound
        If there is no such call.
    Forbidden
        If the calling unit lies outside the caller's areas.
    Conflict
        If its state does not allow it; where nobody came nothing was resolved.
    """
    then = CallState.RESOLVED if word.resolved else CallState.UNRESOLVED
    return await _by_the_caller(session, call_id, then, caller, "judge", word.note)


async def close(
    session: AsyncSession, call_id: int, closing: ClosingIn, caller: Identity
) -> WhistleWithHistory:
    """Close a call that was judged, with a score for each unit that was called.

    Raises
    ------
    NotFound, Forbidden, Conflict
        As `judge`.
    BadInput
        If the scores are not one for each of the units.
    """
    found, units = await _locked(session, call_id)
    check_own(caller, found["unit"], found["unit_division"])
    calls.check(_kind(found), _state(found), CallState.CLOSED)
    called = sorted(one["unit"] for one in units)
    if sorted(one.unit for one in closing.scores) != called:
        raise BadInput(f"score each unit that was called once: {', '.join(called)}")
    await whistle_queries.score(session, call_id, [one.model_dump() for one in closing.scores])
    return await _done(
        session, found, CallState.CLOSED, _deed(session, "close", found["unit"], closing.note)
    )


async def withdraw(
    session: AsyncSession, call_id: int, why: str, caller: Identity
) -> WhistleWithHistory:
    """Take a call back before anybody came.

    Raises
    ------
    NotFound, Forbidden, Conflict
        As `judge`.
    """
    return await _by_the_caller(session, call_id, CallState.WITHDRAWN, caller, "withdraw", why)


async def show(session: AsyncSession, call_id: int) -> WhistleWithHistory:
    """A call with its units and all that was done.

    Raises
    ------
    NotFound
        If there is no such call in the caller's areas.
    """
    row = await whistle_queries.call(session, call_id)
    if row is None:
        raise NotFound(f"there is no call {call_id} in your areas")
    units = await whistle_queries.called_units(session, [call_id])
    history = await whistle_queries.history(session, call_id)
    told = await whistle_queries.escalations(session, call_id)
    return WhistleWithHistory(
        **_shown(row, units),
        history=[WhistleDeed(**one) for one in history],
        escalations=[WhistleEscalationOut(**one) for one in told],
    )


async def page(session: AsyncSession, **asked: Any) -> WhistlePage:
    """Calls of the caller's areas, newest first; asked as `whistle_queries.page`."""
    rows, total = await whistle_queries.page(session, **asked)
    units = await whistle_queries.called_units(session, [row["id"] for row in rows])
    return WhistlePage(
        whistles=[
            WhistleOut(**_shown(row, [one for one in units if one["call_id"] == row["id"]]))
            for row in rows
        ],
        total=total,
    )


async def _by_the_caller(
    session: AsyncSession, call_id: int, then: CallState, caller: Identity, deed: str, why: str
) -> WhistleWithHistory:
    found, _ = await _locked(session, call_id)
    check_own(caller, found["unit"], found["unit_division"])
    calls.check(_kind(found), _state(found), then)
    return await _done(session, found, then, _deed(session, deed, found["unit"], why))


async def _done(
    session: AsyncSession, found: RowMapping, then: CallState, deed: Deed
) -> WhistleWithHistory:
    """Write a deed with its line of history and its entry in the audit trail."""
    await whistle_queries.move(session, found["id"], found["state"], then.value, deed)
    await audit.record(
        session,
        Action.WHISTLE_MOVED,
        "whistle",
        found["id"],
        division_code=found["division_code"],
        before={"state": found["state"]},
        after={"state": then.value, "deed": deed.deed, "unit": deed.unit_code},
    )
    return await show(session, found["id"])


async def _locked(session: AsyncSession, call_id: int) -> tuple[RowMapping, list[RowMapping]]:
    found = await whistle_queries.lock(session, call_id)
    if found is None:
        raise NotFound(f"there is no call {call_id} in your areas")
    return found, await whistle_queries.called_units(session, [call_id])


def _shown(row: RowMapping, units: list[RowMapping]) -> dict[str, Any]:
    return dict(row) | {
        "called_as": calls.CALLERS.get(row["unit_kind"], "吹哨"),
        "units": [CalledUnit(**one) for one in units],
    }


def _kind(found: RowMapping) -> CallKind:
    return CallKind(found["kind"])


def _state(found: RowMapping) -> CallState:
    return CallState(found["state"])


def _called(found: RowMapping, units: list[RowMapping], code: str) -> RowMapping:
    unit = next((one for one in units if one["unit"] == code), None)
    if unit is None:
        called = ", ".join(one["unit"] for one in units)
        raise BadInput(f"call {found['id']} did not call {code}; it called: {called}")
    return unit


def _check_may(caller: Identity, permission: Permission, deed: str) -> None:
    if not caller.may(permission):
        raise Forbidden(f"you may not {deed}; that needs the permission {permission}")


def check_own(caller: Identity, code: str, division: str | None) -> None:
    """Who acts for a unit has its whole division among their areas, and is no other unit's."""
    if caller.unit not in {None, code}:
        raise Forbidden(f"your account is unit {caller.unit}'s; it does not act for {code}")
    if division is None or not caller.answers_for(division):
        raise Forbidden(f"unit {code} lies outside your areas; only its own people act for it")


def _deed(
    session: AsyncSession,
    deed: str,
    unit: str,
    words: str,
    *,
    key: str | None = None,
    digest: bytes | None = None,
) -> Deed:
    actor = actor_of(session)
    return Deed(deed, unit, actor.shown, actor.account_id, words, key, digest)
