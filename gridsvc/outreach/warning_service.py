"""What the office does with warnings: scenes, who may see one, checks on the spot, being late."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission, Role
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.events.ladder import Rung, steps
from gridsvc.geo import to_wgs84
from gridsvc.grids.own_areas import check_own_area
from gridsvc.keyring import Keyring
from gridsvc.mandates.calendar import time_shown
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.outreach import warning_intake, warning_queries
from gridsvc.outreach.doubts import NEAR_M
from gridsvc.outreach.warning_schemas import (
    ConclusionIn,
    RoutingIn,
    SceneIn,
    SceneOut,
    WarningCheckIn,
    WarningDeed,
    WarningInFull,
    WarningOut,
    WarningPage,
)

LADDER = (
    Rung("street", 1.0, "street", "街道", Role.SUPERVISOR),
    Rung("county", 2.0, "county", "区县", Role.SUPERVISOR),
)


async def set_scene(
    session: AsyncSession, told: SceneIn, caller: Identity | None = None
) -> SceneOut:
    """Begin a scene, or change the one of that code in that division.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, told.division, caller)
    found = await warning_queries.set_scene(session, told.model_dump())
    await audit.record(
        session, Action.OUTREACH_SET, "warning_scene", found, division_code=told.division
    )
    shown = told.model_dump(exclude={"division"})
    return SceneOut(id=found, division_code=told.division, **shown)


async def scenes(session: AsyncSession, low: str, high: str) -> list[SceneOut]:
    """Scenes of a range of division codes."""
    return [SceneOut(**row) for row in await warning_queries.scenes_within(session, low, high)]


def _answers(caller: Identity) -> int | None:
    """Person whose cells' warnings alone may be seen; none = who supervises sees the area's."""
    if caller.may(Permission.DIRECT_WARNINGS):
        return None
    if caller.person_id is None:
        raise Forbidden("warnings are for whoever answers for a cell, and who supervises")
    return caller.person_id


async def page(
    session: AsyncSession,
    caller: Identity,
    *,
    low: str,
    high: str,
    state: str | None = None,
    limit: int,
) -> WarningPage:
    """Warnings the caller must see, first due first; the reading is recorded.

    Of a range of division codes, in a state, none = in any.
    """
    rows, counts = await warning_queries.page(
        session, low=low, high=high, state=state, person_id=_answers(caller), limit=limit
    )
    await audit.record(
        session,
        Action.WARNING_READ,
        "warnings",
        "",
        division_code=caller.areas[0],
        after={"ids": [row["id"] for row in rows]},
    )
    fields = WarningOut.model_fields
    shown = [WarningOut(**{name: row[name] for name in fields}) for row in rows]
    return WarningPage(warnings=shown, **counts)


async def read(
    session: AsyncSession, warning_id: int, caller: Identity, keyring: Keyring, *, purpose: str
) -> WarningInFull:
    """A warning with what is sealed, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If there is none that the caller must see.
    """
    row = await _found(session, warning_id, caller)
    await audit.record(
        session,
        Action.WARNING_READ,
        "warning",
        warning_id,
        division_code=row["division_code"],
        purpose=purpose,
    )
    return await _in_full(session, row, keyring)


async def _found(
    session: AsyncSession, warning_id: int, caller: Identity, *, lock: bool = False
) -> RowMapping:
    row = await warning_queries.warning(session, warning_id, _answers(caller), lock=lock)
    if row is None:
        raise NotFound(f"there is no warning {warning_id} that is yours to see")
    return row


async def _in_full(session: AsyncSession, row: RowMapping, keyring: Keyring) -> WarningInFull:
    told = {name: row[name] for name in (*WarningOut.model_fields, "outcomes")}
    for name in ("address", "subject", "detail"):
        sealed = row[f"{name}_sealed"]
        told[name] = sealed and keyring.open(sealed)
    deeds = [
        WarningDeed(**line, note=line["note_sealed"] and keyring.open(line["note_sealed"]))
        for line in await warning_queries.history(session, row["id"])
    ]
    return WarningInFull(**told, history=deeds)


async def check(
    session: AsyncSession,
    warning_id: int,
    found: WarningCheckIn,
    caller: Identity,
    keyring: Keyring,
) -> WarningInFull:
    """Take in what was found on the spot.

    Raises
    ------
    NotFound
        If there is no such warning that the caller must see.
    Conflict
        If it waits for no check.
    BadInput
        If it was not on the spot, the outcome is none of the scene's, or the client key was used
        with another body.
    """
    row = await _found(session, warning_id, caller, lock=True)
    digest = client_keys.digest_of(found)
    known = await warning_queries.done_by(session, warning_id, caller.account_id, found.client_key)
    if known is not None:
        client_keys.check_same(found.client_key, known, digest, used="with another body")
        return await _in_full(session, row, keyring)
    if row["state"] != "OPEN":
        raise Conflict(f"warning {warning_id} is {row['state']}; only what is OPEN is checked")
    outcome = next((one for one in row["outcomes"] if one["code"] == found.outcome), None)
    if outcome is None:
        listed = ", ".join(f"{one['code']} ({one['name']})" for one in row["outcomes"])
        raise BadInput(f"{found.outcome} is no outcome of this scene; choose one of {listed}")
    lon, lat = to_wgs84(found.lon, found.lat, found.datum)
    away_m = await warning_queries.away_m(session, row["micro_grid_code"], lon, lat)
    if away_m is not None and away_m > NEAR_M:
        raise BadInput(
            f"the place lies {away_m:.0f} m outside the warning's micro-grid; it is checked on the "
            "spot, and check the datum"
        )
    then = "ESCALATED" if outcome["escalates"] else "CLOSED"
    await warning_queries.check(session, warning_id, state=then, outcome=found.outcome)
    return await _done(
        session,
        row,
        "check",
        keyring,
        note=found.note,
        captured_at=found.captured_at,
        client_key=found.client_key,
        body_sha256=digest,
        as_account=caller.account_id,
    )


async def close(
    session: AsyncSession, warning_id: int, word: ConclusionIn, caller: Identity, keyring: Keyring
) -> WarningInFull:
    """Close a warning that went up, or one that belongs nowhere.

    Raises
    ------
    NotFound
        If there is no such warning.
    Conflict
        If it waits to be checked, or is closed.
    """
    row = await _found(session, warning_id, caller, lock=True)
    if row["state"] not in {"ESCALATED", "UNROUTED"}:
        raise Conflict(f"warning {warning_id} is {row['state']}; it is not for you to close")
    await warning_queries.close(session, warning_id)
    return await _done(session, row, "close", keyring, note=word.note)


async def route(
    session: AsyncSession, warning_id: int, routing: RoutingIn, caller: Identity, keyring: Keyring
) -> WarningInFull:
    """Say to which household a warning with an unknown address belongs; its time begins.

    Raises
    ------
    NotFound
        If there is no such warning.
    Conflict
        If it has a place already.
    BadInput
        If the address is not that of one household in a cell in force.
    """
    row = await _found(session, warning_id, caller, lock=True)
    if row["state"] != "UNROUTED":
        raise Conflict(f"warning {warning_id} is {row['state']}; it has its place")
    low, high = code_range(row["division_code"])
    homes = await warning_queries.homes(session, low, high, [routing.address])
    if len(homes) != 1 or homes[0]["micro_grid_code"] is None:
        raise BadInput(
            f"{routing.address} is the address of {len(homes)} households in a cell in force of "
            f"{row['division_code']}; give that of one"
        )
    sealed = keyring.seal(routing.address)
    await warning_queries.route(session, warning_id, homes[0], sealed, row["limit_h"])
    shown = await _done(session, row, "route", keyring, note=routing.note)
    await warning_intake.tell(session, warning_id, homes[0], shown.due_at)
    return shown


async def _done(
    session: AsyncSession,
    row: RowMapping,
    deed: str,
    keyring: Keyring,
    *,
    note: str,
    as_account: int | None = None,
    **line: Any,
) -> WarningInFull:
    """Write a deed with its line of history and its entry in the audit trail."""
    actor = actor_of(session)
    await warning_queries.note(
        session,
        row["id"],
        deed=deed,
        from_state=row["state"],
        actor=actor.shown,
        account_id=as_account or actor.account_id,
        note_sealed=keyring.seal(note),
        **line,
    )
    now = await warning_queries.warning(session, row["id"], None)
    if now is None:
        raise NotFound(f"there is no warning {row['id']} that is yours to see")
    await audit.record(
        session,
        Action.WARNING_MOVED,
        "warning",
        row["id"],
        division_code=now["division_code"],
        before={"state": row["state"]},
        after={"state": now["state"], "deed": deed},
    )
    return await _in_full(session, now, keyring)


async def escalate(engine: AsyncEngine) -> int:
    """Tell supervisors of warnings nobody checked in time, once for each rung; how many."""
    async with transaction(engine) as session:
        rows = await warning_queries.escalate(session, **steps(LADDER))
        for row in rows:
            await notices.tell(
                session,
                kind=Kind.WARNING_LATE,
                subject_type="warning",
                subject_id=row["id"],
                occasion=row["name"],
                recipients=Recipients(
                    roles=[Role.SUPERVISOR],
                    area=row["told_code"] if row["name"] == "county" else None,
                ),
                division_code=row["division_code"],
                facts={"cell": row["micro_grid_code"], "due": time_shown(row["due_at"])},
            )
    return len(rows)
