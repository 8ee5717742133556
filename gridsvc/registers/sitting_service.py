"""What the office does with disputes and meetings: mediate, pass up, settle; deliberate, vote."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events.figures import rate
from gridsvc.events.life_schemas import Window as Span
from gridsvc.grids.own_areas import check_area, check_own_area
from gridsvc.keyring import Keyring
from gridsvc.masking import masked
from gridsvc.registers import group_queries, history, sitting_queries
from gridsvc.registers.sitting_schemas import (
    DeliberationIn,
    DeliberationOut,
    DeliberationPage,
    LevelFigures,
    MediationFigures,
    MediationIn,
    MediationInFull,
    MediationOut,
    MediationPage,
    MediationResultIn,
    MediationWithHistory,
    MotionOut,
    PartyInFull,
)


async def _group(session: AsyncSession, group_id: int, *, on: date) -> RowMapping:
    row = await group_queries.group(session, group_id, on=on)
    if row is None or row["begins"] > on or (row["ends"] is not None and row["ends"] <= on):
        raise BadInput(f"there is no group {group_id} in your areas on {on}")
    return row


async def open_mediation(
    session: AsyncSession, told: MediationIn, caller: Identity, keyring: Keyring, *, today: date
) -> MediationWithHistory:
    """Take in a dispute; the same key and body are the same one.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas; if the group is none today, or
        the key was used for another dispute.
    """
    await check_own_area(session, told.division, caller)
    await _group(session, told.group, on=today)
    digest = client_keys.digest_of(told)
    parties = [
        {
            "name_sealed": keyring.seal(one.name),
            "name_masked": masked(one.name),
            "phone_sealed": keyring.seal(one.phone) if one.phone else None,
        }
        for one in told.parties
    ]
    columns = told.model_dump(include={"division", "group", "kind", "client_key"})
    sealed = {"subject_sealed": keyring.seal(told.subject), "body_sha256": digest}
    added = await sitting_queries.open_mediation(session, columns | sealed, parties)
    if added is None:
        known = await sitting_queries.mediation_of_key(session, told.division, told.client_key)
        client_keys.check_same(
            told.client_key, known["body_sha256"], digest, used="for another dispute"
        )
        return await show(session, known["id"])
    await history.record(session, "mediation", [(added, told.division)], "open")
    return await show(session, added)


async def _open(session: AsyncSession, mediation_id: int) -> RowMapping:
    row = await sitting_queries.mediation(session, mediation_id, lock=True)
    if row is None:
        raise NotFound(f"there is no mediation {mediation_id} in your areas")
    if row["state"] != "OPEN":
        raise Conflict(f"mediation {mediation_id} is {row['state']}; open another one")
    return row


async def pass_up(session: AsyncSession, mediation_id: int, *, today: date) -> MediationWithHistory:
    """Give a dispute to the parent of the group that has it.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    Conflict
        If it is over, or the group has no parent today.
    """
    row = await _open(session, mediation_id)
    parent = None
    if row["parent_code"] is not None:
        parent = await group_queries.group_of(
            session, row["parent_division"], row["parent_code"], on=today
        )
    if parent is None:
        raise Conflict(f"{row['group_name']} has nobody above it; say how it ended")
    await sitting_queries.raise_to(session, mediation_id, parent["id"])
    note = f"{row['level']} → {parent['level']}"
    await history.record(session, "mediation", [(mediation_id, row["division"])], "pass_up", note)
    return await show(session, mediation_id)


async def close(
    session: AsyncSession, mediation_id: int, told: MediationResultIn, keyring: Keyring
) -> MediationWithHistory:
    """Say how a dispute ended.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    Conflict
        If it is over.
    """
    row = await _open(session, mediation_id)
    state = "SETTLED" if told.settled else "FAILED"
    await sitting_queries.close(session, mediation_id, state, keyring.seal(told.result))
    await history.record(
        session, "mediation", [(mediation_id, row["division"])], state.lower(), row["level"]
    )
    return await show(session, mediation_id)


async def show(session: AsyncSession, mediation_id: int) -> MediationWithHistory:
    """A mediation with all that was done; nobody is named.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await sitting_queries.mediation(session, mediation_id)
    if row is None:
        raise NotFound(f"there is no mediation {mediation_id} in your areas")
    deeds = await history.shown(session, "mediation", mediation_id)
    return MediationWithHistory(**row, history=deeds)


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None = None,
    limit: int,
) -> MediationPage:
    """Mediations of a range of division codes, newest first; none = in any state."""
    rows, total = await sitting_queries.mediations(
        session, low=low, high=high, state=state, limit=limit
    )
    return MediationPage(mediations=[MediationOut(**row) for row in rows], total=total)


async def read(
    session: AsyncSession, mediation_id: int, keyring: Keyring, *, purpose: str
) -> MediationInFull:
    """What a dispute is about and between whom, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await show(session, mediation_id)
    await audit.record(
        session,
        Action.UNMASKED,
        "mediation",
        mediation_id,
        division_code=row.division,
        purpose=purpose,
    )
    about, parties = await sitting_queries.sealed(session, mediation_id)
    return MediationInFull(
        subject=keyring.open(about["subject_sealed"]),
        result=about["result_sealed"] and keyring.open(about["result_sealed"]),
        parties=[
            PartyInFull(
                name=keyring.open(one["name_sealed"]),
                phone=one["phone_sealed"] and keyring.open(one["phone_sealed"]),
            )
            for one in parties
        ],
    )


async def figures(
    session: AsyncSession, low: str, high: str, since: datetime, until: datetime
) -> MediationFigures:
    """Disputes taken in within a span: how many are settled, and how many where they began.

    Raises
    ------
    BadInput
        If the span ends before it begins.
    """
    if until <= since:
        raise BadInput("the span ends before it begins; give since before until")
    rows = await sitting_queries.figures(session, low, high, since, until)
    settled = sum(row["n"] for row in rows if row["state"] == "SETTLED")
    at_once = sum(row["n"] for row in rows if row["state"] == "SETTLED" and not row["raised"])

    def count(level: str, *states: str) -> int:
        return sum(row["n"] for row in rows if row["level"] == level and row["state"] in states)

    return MediationFigures(
        span=Span(since=since, until=until),
        settled=rate("settled", "调解成功率", settled, sum(row["n"] for row in rows)),
        not_raised=rate("not_raised", "就地化解率", at_once, settled),
        levels=[
            LevelFigures(
                level=level,
                taken=count(level, "OPEN", "SETTLED", "FAILED"),
                settled=count(level, "SETTLED"),
                failed=count(level, "FAILED"),
            )
            for level in sorted({row["level"] for row in rows})
        ],
    )


async def hold(
    session: AsyncSession, told: DeliberationIn, caller: Identity, *, today: date
) -> DeliberationOut:
    """Write a meeting with its motions and votes; the same key and body are the same one.

    Raises
    ------
    Forbidden
        If the group's division is not among the caller's areas.
    BadInput
        If the day is yet to come, the group was none that day, an event is unknown, or the key was
        used for another meeting.
    """
    if told.held_on > today:
        raise BadInput(f"{told.held_on} is yet to come")
    group = await _group(session, told.group, on=told.held_on)
    check_area(group["division"], caller)
    events = sorted({one.event for one in told.motions if one.event is not None})
    if unknown := await sitting_queries.unknown_events(session, events):
        raise BadInput(f"there is no event {unknown[0]} in your areas")
    digest = client_keys.digest_of(told)
    columns = told.model_dump(exclude={"motions"})
    motions = [one.model_dump() | {"number": n} for n, one in enumerate(told.motions, 1)]
    place = {"division": group["division"], "body_sha256": digest}
    added = await sitting_queries.hold(session, columns | place, motions)
    if added is None:
        known = await sitting_queries.deliberation_of_key(session, told.group, told.client_key)
        client_keys.check_same(
            told.client_key, known["body_sha256"], digest, used="for another meeting"
        )
        return await meeting(session, known["id"])
    await history.record(session, "deliberation", [(added, group["division"])], "hold")
    return await meeting(session, added)


async def meeting(session: AsyncSession, deliberation_id: int) -> DeliberationOut:
    """A meeting with its motions.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await sitting_queries.deliberation(session, deliberation_id)
    if row is None:
        raise NotFound(f"there is no deliberation {deliberation_id} in your areas")
    return _meeting(row)


def _meeting(row: RowMapping) -> DeliberationOut:
    shown = {name: row[name] for name in row if name not in {"motions", "invited", "attended"}}
    return DeliberationOut(
        **shown,
        participation=rate("participation", "参与率", row["attended"], row["invited"]),
        motions=[MotionOut(**one) for one in row["motions"]],
    )


async def meetings(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    group: int | None = None,
    limit: int,
) -> DeliberationPage:
    """Meetings of a range of division codes, latest first; none = of any group."""
    rows, total = await sitting_queries.deliberations(
        session, low=low, high=high, group=group, limit=limit
    )
    return DeliberationPage(deliberations=[_meeting(row) for row in rows], total=total)
