"""The demonstration's accounts: one for each role, refused outside the demonstration."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import passwords, queries
from gridsvc.accounts.roles import FIELD, NAMES, Role
from gridsvc.codes import DIGITS
from gridsvc.grids.queries import communities
from gridsvc.keyring import Keyring
from gridsvc.masking import masked
from gridsvc.people.queries import first_of_role

#: Known to everybody: the accounts open nothing but an invented town.
PASSWORD = "Shifanzhen-2026"  # noqa: S105 - published in the README
PREFIX = "demo-"
#: The department that answers for the town's looks (市容环境).
DEPARTMENT_MATTERS = ("E01",)


async def open_accounts(session: AsyncSession, keyring: Keyring) -> list[str]:
    """Open the accounts that are not there yet; their logins.

    Field workers see their own community or street, everybody else the whole county.
    """
    places = await communities(session)
    county = places[0][: DIGITS["county"]].ljust(12, "0")
    hashed = await passwords.hashed(PASSWORD)
    return [
        login
        for role in Role
        if (login := await _open(session, role, county, hashed, keyring)) is not None
    ]


async def _open(
    session: AsyncSession, role: Role, county: str, hashed: str, keyring: Keyring
) -> str | None:
    login = PREFIX + role.value.replace("_", "-")
    person = await first_of_role(session, role) if role in FIELD else None
    area = person["division_code"] if person else county
    account_id = await queries.add_account(
        session,
        login=login,
        name_sealed=keyring.seal(NAMES[role]),
        name_masked=masked(NAMES[role]),
        roles=[role],
        division_code=area,
        person_id=person["id"] if person else None,
        password_hash=hashed,
        must_change_password=False,
        demonstration=True,
    )
    if account_id is None:
        return None
    await queries.set_areas(session, account_id, [area])
    if role is Role.DEPARTMENT:
        await queries.set_matters(session, account_id, DEPARTMENT_MATTERS)
    return login
