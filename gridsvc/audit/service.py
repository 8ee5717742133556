"""What the office does with the audit trail: write it, search it, prove it whole, prune it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import queries
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.audit.schemas import AuditEntryOut, AuditPage, BreakOut
from gridsvc.codes import WHOLE, code_range
from gridsvc.errors import BadInput

#: Six months, as the Cybersecurity Law (Art. 21) and MLPS ask for.
FEWEST_DAYS = 184


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
        purpose=purpose,
        before=was,
        after=now,
    )


def _differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if before is None or after is None:
        return (dict(before) if before else None, dict(after) if after else None)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return (
        {name: before[name] for name in before if name in changed},
        {name: after[name] for name in after if name in changed},
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
    """
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
    last = entries[-1] if len(entries) == limit else None
    further = f"{last.at.isoformat()},{last.lane},{last.sequence}" if last else None
    return AuditPage(entries=entries, next=further)


def _place(cursor: str | None) -> tuple[datetime | None, int | None, int | None]:
    if cursor is None:
        return None, None, None
    try:
        at, lane, sequence = cursor.split(",")
        moment = datetime.fromisoformat(at)
        place = moment.astimezone(UTC), int(lane), int(sequence)
        known = 0 <= place[1] < 2**15 and 0 <= place[2] < 2**63
    except (ValueError, OverflowError):
        known = False
    if not known:
        raise BadInput("cursor is none of ours; take it from `next` of the page before")
    return place


async def verify(session: AsyncSession, earlier: Mapping[int, Any] | None = None) -> list[BreakOut]:
    """Where the chains do not hold; nothing when every entry is there as it was written.

    Parameters
    ----------
    earlier
        Heads written down before, elsewhere: sequence and digest by lane. They show even what
        somebody did who could rewrite a whole chain.
    """
    found = [BreakOut(**row) for row in await queries.breaks(session)]
    if earlier:
        lanes = sorted(earlier)
        told = {lane: (int(earlier[lane][0]), str(earlier[lane][1])) for lane in lanes}
        now = await queries.digests_at(session, lanes, [told[lane][0] for lane in lanes])
        found += [
            BreakOut(lane=lane, sequence=told[lane][0], fault="rewritten")
            for lane in lanes
            if told[lane][0] > 0 and lane in now and now[lane] != told[lane][1]
        ]
    return found


async def heads(session: AsyncSession) -> dict[int, tuple[int, str]]:
    """Sequence and digest at the end of every chain, to be written down elsewhere."""
    return {row["lane"]: (row["sequence"], row["digest"]) for row in await queries.heads(session)}


async def prune(session: AsyncSession, *, keep_days: int) -> int:
    """Remove entries older than so many days, where a chain begins with them; how many.

    Raises
    ------
    BadInput
        If fewer days would be left than must be kept.
    """
    if keep_days < FEWEST_DAYS:
        raise BadInput(f"entries are kept for {FEWEST_DAYS} days at least; keep more days")
    removed = await queries.prune(session, keep_days=keep_days)
    facts = {"keep_days": keep_days, "removed": removed}
    await record(session, Action.AUDIT_PRUNED, "audit_entry", "", after=facts)
    return removed
