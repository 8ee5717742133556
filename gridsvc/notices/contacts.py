"""Phones on which households agreed to be told: kept sealed, shown masked, forgotten when asked."""

from __future__ import annotations

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.keyring import Keyring
from gridsvc.masking import masked_number
from gridsvc.notices import contact_queries
from gridsvc.notices.schemas import (
    HouseholdContactIn,
    HouseholdContactOut,
    HouseholdContactPage,
    HouseholdPhone,
)

#: Of one household.
MOST = 8
_KIND = "household_contact"


async def agree(
    session: AsyncSession, told: HouseholdContactIn, keyring: Keyring
) -> HouseholdContactOut:
    """Keep a phone of a household that agreed to be told; the same phone agrees anew.

    Raises
    ------
    BadInput
        If there is no such household in the caller's areas.
    Conflict
        If the household has as many phones as may be.
    """
    household = await contact_queries.household(session, told.division, told.address)
    if household is None:
        raise BadInput(
            f"there is no household {told.address} in {told.division}; give the address code of "
            "one in your areas"
        )
    phone = told.number
    known = {
        keyring.open(row["url_sealed"]): int(row["id"])
        for row in await contact_queries.sealed(session, household)
    }
    found = known.get(phone)
    if found is not None:
        await contact_queries.agree(session, found, told.consent)
    elif len(known) >= MOST:
        raise Conflict(f"the household has {MOST} phones, which is the most; remove one")
    else:
        columns = {"household": household, "division": told.division, "consent": told.consent}
        columns |= {"sealed": keyring.seal(phone), "shown": masked_number(phone)}
        found = await contact_queries.add(session, columns)
    await audit.record(session, Action.CHANNEL_ADDED, _KIND, found, division_code=told.division)
    return _shown(await _contact(session, found))


async def contacts(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> HouseholdContactPage:
    """Phones of a range of division codes, masked."""
    rows, total = await contact_queries.contacts(session, low, high, limit=limit)
    return HouseholdContactPage(contacts=[_shown(row) for row in rows], total=total)


async def read(
    session: AsyncSession, contact_id: int, keyring: Keyring, *, purpose: str
) -> HouseholdPhone:
    """The number of a phone, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await _contact(session, contact_id)
    await audit.record(
        session,
        Action.UNMASKED,
        _KIND,
        contact_id,
        division_code=row["division_code"],
        purpose=purpose,
    )
    return HouseholdPhone(phone=keyring.open(row["url_sealed"]))


async def withdraw(session: AsyncSession, contact_id: int) -> None:
    """Forget a phone whose household no longer agrees; what waits for it is not sent.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await _contact(session, contact_id)
    await contact_queries.remove(session, contact_id)
    await audit.record(
        session, Action.CHANNEL_REMOVED, _KIND, contact_id, division_code=row["division_code"]
    )


async def _contact(session: AsyncSession, contact_id: int) -> RowMapping:
    row = await contact_queries.contact(session, contact_id)
    if row is None:
        raise NotFound(f"there is no phone {contact_id} of a household in your areas")
    return row


def _shown(row: RowMapping) -> HouseholdContactOut:
    return HouseholdContactOut(**{name: row[name] for name in HouseholdContactOut.model_fields})
