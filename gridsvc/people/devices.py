"""What the office does with phones that tell positions: hand out keys, know them, revoke them.

A key opens one thing: telling where its person is, in the datum the phone was declared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.digests import BEGINNING_SHOWN, digest_of, new_secret
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor
from gridsvc.codes import code_range
from gridsvc.db import EVERYWHERE, Scope, enter
from gridsvc.errors import NotFound, Unauthenticated
from gridsvc.geo import Datum
from gridsvc.people import device_queries
from gridsvc.people.service import known_person
from gridsvc.people.track_schemas import DeviceIn, DeviceOut, NewDevice

KEY_BEGINS = "gsd_"


@dataclass(frozen=True)
class Device:
    """A phone that proved itself by its key, for the length of one request."""

    id: int
    person: str
    datum: Datum


async def register(session: AsyncSession, new: DeviceIn) -> NewDevice:
    """Register a phone of a person; its key is shown this once.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, new.person)
    key = KEY_BEGINS + new_secret()
    device_id = await device_queries.add(
        session,
        person["id"],
        digest=digest_of(key),
        beginning=key[:BEGINNING_SHOWN],
        label=new.label,
        datum=new.datum.value,
    )
    device = await _shown(session, device_id)
    facts = {"device": device.id, "datum": device.datum.value}
    await _note(session, Action.DEVICE_REGISTERED, person, after=facts)
    return NewDevice(key=key, device=device)


async def of_person(session: AsyncSession, code: str) -> list[DeviceOut]:
    """Phones of a person, newest first.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    return [DeviceOut(**row) for row in await device_queries.of_person(session, person["id"])]


async def revoke(session: AsyncSession, device_id: int) -> DeviceOut:
    """Let a phone tell nothing any more; once revoked it stays so.

    Raises
    ------
    NotFound
        If there is no such phone.
    """
    device = await _shown(session, device_id)
    if await device_queries.revoke(session, device_id):
        person = await known_person(session, device.person)
        await _note(session, Action.DEVICE_REVOKED, person, before={"device": device_id})
    return await _shown(session, device_id)


async def _shown(session: AsyncSession, device_id: int | None) -> DeviceOut:
    row = await device_queries.shown(session, device_id) if device_id is not None else None
    if row is None:
        raise NotFound(f"there is no device {device_id}")
    return DeviceOut(**row)


async def _note(session: AsyncSession, action: Action, person: Any, **changes: Any) -> None:
    await audit.record(
        session, action, "person", person["code"], division_code=person["division_code"], **changes
    )


async def enter_by_key(session: AsyncSession, key: str, address: str | None) -> Device:
    """The phone of a key; from here on the transaction sees its person's division alone.

    Parameters
    ----------
    address
        Network address it asks from.

    Raises
    ------
    Unauthenticated
        If no phone has this key, or it was revoked.
    """
    await enter(session, EVERYWHERE)
    row = await device_queries.by_digest(session, digest_of(key))
    if row is None:
        raise Unauthenticated("no device has this key; register the phone or check its settings")
    if row["stale"]:
        await device_queries.touch(session, row["id"])
    await enter(session, Scope((code_range(row["division_code"]),)))
    session.info["actor"] = Actor(
        None, f"device {row['id']}", person_code=row["person"], via="device", address=address
    )
    return Device(row["id"], row["person"], Datum(row["datum"]))
