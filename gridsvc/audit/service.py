"""What the office does with the audit trail: write it, search it, prove it whole, prune it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import queries
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.audit.models import LANES
from gridsvc.audit.schemas import (
    MOST_ENTRIES,
    AuditEntryOut,
    AuditPage,
    BreakOut,
    Fault,
    HeadOut,
)
from gridsvc.codes import WHOLE, code_range
from gridsvc.db import EVERYWHERE, widened
from gridsvc.errors import BadInput, Conflict
from gridsvc.progress import Progress, silent

#: Six months, as the Cybersecurity Law (Art. 21) and MLPS ask for; the database refuses less.
FEWEST_DAYS = 184
#: Breaks told of one lane: after so many it is clear that the lane is worth nothing.
MOST_BREAKS = 100

_CURSOR = re.compile(r"([0-9]{1,17})-([0-9]{1,2})-([0-9]{1,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def record(
    session: AsyncSession,
    action: Action,
    kind: str,
    object_id: object,
    *,
    division_code: str = WHOLE,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    purpose: str | None = None,
) -> None:
    """Write who did what, in the same transaction as the deed.

    Parameters
    ----------
    kind, object_id
        What it was done to, such as ``event`` and its number.
    division_code
        Area it belongs to: auditors of that area may read it.
    before, after
        What changed; members that are equal are left out. No names, phones, places or texts:
        callers leave them out, the trail is kept longer than they are.
    purpose
        What for; none = what the actor said it was for.
    """
    actor = actor_of(session)
    was, now = _differences(before, after)
    await queries.add(
        session,
        account_id=actor.account_id,
        login=actor.login,
        roles=list(actor.roles),
        person_code=actor.person_code,
        via=actor.via,
        address=actor.address,
        request_id=actor.request_id,
        action=action.value,
        kind=kind,
        object_id=str(object_id),
        division_code=division_code,
        purpose=actor.purpose if purpose is None else purpose,
        before=was,
        after=now,
    )


def _differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if before is None or after is None:
        return (dict(before) if before else None, dict(after) if after else None)
    same = {name for name in before.keys() & after.keys() if before[name] == after[name]}
    return (
        {name: value for name, value in before.items() if name not in same},
        {name: value for name, value in after.items() if name not in same},
    )


async def search(
    session: AsyncSession,
    *,
    division_code: str = WHOLE,
    cursor: str | None = None,
    limit: int = 100,
    **filters: Any,
) -> AuditPage:
    """Entries that match, newest first, a page at a time.

    Parameters
    ----------
    filters
        since, until (times), login, action, kind, object_id, purpose (a part of it).

    Raises
    ------
    BadInput
        If the cursor is none of ours, or more than `MOST_ENTRIES` are wanted at once.
    """
    if not 1 <= limit <= MOST_ENTRIES:
        raise BadInput(f"a page has 1 to {MOST_ENTRIES} entries; ask for the rest by its cursor")
    low, high = code_range(division_code)
    asked: dict[str, Any] = dict.fromkeys(
        ("since", "until", "login", "action", "kind", "object_id", "purpose")
    )
    at, lane, sequence = _place(cursor)
    rows = await queries.search(
        session,
        **(asked | filters),
        low=low,
        high=high,
        before_at=at,
        before_lane=lane,
        before_sequence=sequence,
        limit=limit,
    )
    entries = [AuditEntryOut(**row) for row in rows]
    further = _cursor(entries[-1]) if len(entries) == limit else None
    return AuditPage(entries=entries, next=further)


def _cursor(entry: AuditEntryOut) -> str:
    """Place of an entry among all; digits only, for times do not survive in an address."""
    return f"{(entry.at - _EPOCH) // _MICROSECOND}-{entry.lane}-{entry.sequence}"


def _place(cursor: str | None) -> tuple[datetime | None, int | None, int | None]:
    if cursor is None:
        return None, None, None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise BadInput("cursor is none of ours; take it from `next` of the page before")
    at_us, lane, sequence = map(int, found.groups())
    return _EPOCH + at_us * _MICROSECOND, lane, sequence


async def verify(
    session: AsyncSession,
    earlier: Sequence[HeadOut] = (),
    *,
    progress: Progress = silent,
) -> list[BreakOut]:
    """Where the chains do not hold; nothing when every entry is there as it was written.

    It looks at all areas, whatever the transaction may see: a hidden entry would look removed.

    Parameters
    ----------
    earlier
        Heads written down before, elsewhere. They show even what somebody did who could
        rewrite a whole chain and its head.
    """
    found: list[BreakOut] = []
    async with widened(session, EVERYWHERE):
        lanes = sorted({*range(LANES), *await queries.lanes(session)})
        for number, lane in enumerate(lanes):
            found += await _breaks(session, lane)
            progress("verify", (number + 1) / len(lanes))
        if earlier:
            rows = await queries.departures(session, earlier, kept_days=FEWEST_DAYS)
            found += [BreakOut(**row) for row in rows]
    return found


async def _breaks(session: AsyncSession, lane: int) -> list[BreakOut]:
    if lane >= LANES or lane < 0:
        return [BreakOut(lane=lane, sequence=0, fault=Fault.ADDED)]
    rows = await queries.breaks(session, lane, most=MOST_BREAKS)
    return [BreakOut(lane=lane, **row) for row in rows]


async def heads(session: AsyncSession) -> list[HeadOut]:
    """Ends of all chains, to be written down elsewhere and given to `verify` later."""
    async with widened(session, EVERYWHERE):
        return [HeadOut(**row) for row in await queries.heads(session)]


async def prune(session: AsyncSession, *, keep_days: int, progress: Progress = silent) -> int:
    """Remove entries older than so many days, where a chain begins with them; how many.

    Only the owner of the database may. Where each chain begins from then on is remembered with
    it, and written into the trail.

    Raises
    ------
    BadInput
        If fewer days would be left than must be kept.
    Conflict
        If the chains do not hold: pruning would remove the proof.
    """
    if keep_days < FEWEST_DAYS:
        raise BadInput(f"entries are kept for {FEWEST_DAYS} days at least; keep more days")
    if found := await verify(session, progress=progress):
        raise Conflict(
            f"the audit trail does not hold (breaks: {len(found)}); see gridsvc audit verify, "
            "and keep a backup before anything else"
        )
    async with widened(session, EVERYWHERE):
        removed, up_to = await queries.prune(session, keep_days=keep_days)
    facts = {"keep_days": keep_days, "removed": removed, "up_to": up_to}
    await record(session, Action.AUDIT_PRUNED, "audit_entry", "", after=facts)
    return removed
