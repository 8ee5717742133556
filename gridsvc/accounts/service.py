"""What the office does with accounts: open them, change and close them, hand out keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import passwords, queries, sign_in_queries
from gridsvc.accounts.digests import BEGINNING_SHOWN, digest_of, new_key
from gridsvc.accounts.identity import Identity, merged
from gridsvc.accounts.roles import FIELD, Role, permissions_of
from gridsvc.accounts.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    AccountPage,
    KeyIn,
    KeyOut,
    NewAccount,
    NewKey,
)
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import WHOLE, code_range
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.keyring import Keyring
from gridsvc.masking import masked

FIRST_LOGIN, FIRST_NAME = "admin", "系统管理员"


async def page(session: AsyncSession, *, limit: int, offset: int) -> AccountPage:
    """Accounts of the administrator's areas, by login."""
    rows = await queries.accounts(session, limit=limit, offset=offset)
    total = await queries.count_accounts(session)
    return AccountPage(accounts=[shown(row) for row in rows], total=total)


def shown(row: Any) -> AccountOut:
    """An account's row as it is shown."""
    return AccountOut(**{name: row[name] for name in AccountOut.model_fields})


async def known(session: AsyncSession, login: str, *, lock: bool = False) -> Any:
    """Row of an account by login.

    Raises
    ------
    NotFound
        If there is none in the areas that are seen.
    """
    row = await queries.account(session, login, lock=lock)
    if row is None:
        raise NotFound(f"there is no account {login!r} in your area")
    return row


async def open_account(
    session: AsyncSession, new: AccountIn, keyring: Keyring, by: Identity
) -> NewAccount:
    """Open an account with a password for its first sign-in.

    Raises
    ------
    BadInput
        If a matter or the person is unknown, or roles and the rest do not go together.
    Forbidden
        If it is to see more than whoever opens it.
    Conflict
        If the login is taken.
    """
    _check_areas([new.division, *new.areas], by)
    person_id = await _person_id(session, new)
    await _check_matters(session, new.roles, new.matters)
    await _check_unit(session, new.unit, new.areas)
    password = None if new.openid_only else passwords.one_time()
    account_id = await queries.add_account(
        session,
        login=new.login,
        name_sealed=keyring.seal(new.name),
        name_masked=masked(new.name),
        roles=sorted(set(new.roles)),
        division_code=new.division,
        person_id=person_id,
        password_hash=await passwords.hashed(password) if password else None,
        must_change_password=password is not None,
        demonstration=False,
    )
    if account_id is None:
        raise Conflict(f"the login {new.login} is taken; choose another")
    await queries.set_areas(session, account_id, sorted(set(new.areas)))
    await queries.set_matters(session, account_id, sorted(set(new.matters)))
    await queries.set_unit(session, account_id, new.unit)
    account = shown(await known(session, new.login))
    await _note(session, Action.ACCOUNT_OPENED, account, after=_rights(account))
    return NewAccount(account=account, one_time_password=password)


def _check_areas(codes: Sequence[str], by: Identity) -> None:
    own = merged(by.areas)
    for code in codes:
        low, high = code_range(code)
        if not any(first <= low and high <= last for first, last in own):
            raise Forbidden(f"{code} lies outside your own areas; give a division within them")


async def _person_id(session: AsyncSession, new: AccountIn) -> int | None:
    field = not FIELD.isdisjoint(new.roles)
    if new.person is None:
        if field:
            raise BadInput(
                "grid workers, liaisons and officers need the code of the person they are"
            )
        return None
    if not field:
        raise BadInput("only grid workers, liaisons and officers stand for a person; leave it out")
    person_id = await queries.person_id_of(session, new.person)
    if person_id is None:
        raise BadInput(f"nobody in your area has the code {new.person!r}; load the person first")
    return person_id


async def _check_matters(
    session: AsyncSession, roles: Sequence[Role], matters: Sequence[str]
) -> None:
    if Role.DEPARTMENT in roles and not matters:
        raise BadInput("a department needs the matters it answers for")
    if Role.DEPARTMENT not in roles and matters:
        raise BadInput("only departments are limited to matters; leave them out")
    if unknown := await queries.unknown_matters(session, matters):
        raise BadInput(f"unknown matter {unknown[0]!r}; use codes of the loaded list of matters")


async def _check_unit(session: AsyncSession, code: str | None, areas: Sequence[str]) -> None:
    """An account sees all of the division of the unit it acts for, or it could do nothing."""
    if code is None:
        return
    division = await queries.division_of_unit(session, code)
    if division is None:
        raise BadInput(f"unit {code!r} is not on the list today, or not in your areas")
    low, high = code_range(division)
    if not any(first <= low and high <= last for first, last in merged(tuple(areas))):
        raise BadInput(f"unit {code} is of {division}; give the account that division as an area")


async def change_account(
    session: AsyncSession, login: str, change: AccountChange, by: Identity
) -> AccountOut:
    """Change what an account is for or may see, or close it; its browsers are signed out.

    Raises
    ------
    Forbidden
        If it has, or is to have, more than whoever changes it, or is their own.
    """
    row = await known(session, login, lock=True)
    if row["id"] == by.account_id:
        raise Forbidden("nobody changes their own rights; ask another administrator")
    _check_areas([*row["areas"], *(change.areas or [])], by)
    roles = change.roles or [Role(role) for role in row["roles"]]
    matters = row["matters"] if change.matters is None else change.matters
    await _check_matters(session, roles, matters)
    unit = change.unit if "unit" in change.model_fields_set else row["unit"]
    if {"unit", "areas"} & change.model_fields_set:
        await _check_unit(session, unit, change.areas or row["areas"])
    disabled = change.disabled if change.disabled is not None else row["disabled_at"] is not None
    await queries.change_account(session, row["id"], roles=sorted(set(roles)), disabled=disabled)
    if change.areas is not None:
        await queries.set_areas(session, row["id"], sorted(set(change.areas)))
    await queries.set_matters(session, row["id"], sorted(set(matters)))
    await queries.set_unit(session, row["id"], unit)
    await sign_in_queries.end_sessions(session, row["id"])
    before, after = shown(row), shown(await known(session, login))
    await _note(
        session, Action.ACCOUNT_CHANGED, after, before=_rights(before), after=_rights(after)
    )
    return after


async def _note(session: AsyncSession, action: Action, account: AccountOut, **changes: Any) -> None:
    await audit.record(
        session, action, "account", account.login, division_code=account.division_code, **changes
    )


def _rights(account: AccountOut) -> dict[str, Any]:
    return {
        "roles": account.roles,
        "areas": account.areas,
        "matters": account.matters,
        "unit": account.unit,
        "disabled": account.disabled_at is not None,
    }


async def reset(session: AsyncSession, login: str, by: Identity) -> str:
    """Take password and second factor away, for somebody who lost them; a one-time password."""
    row = await known(session, login, lock=True)
    _check_areas(row["areas"], by)
    password = passwords.one_time()
    await sign_in_queries.set_second_factor(session, row["id"], None, None)
    await sign_in_queries.set_password(
        session, row["id"], await passwords.hashed(password), must_change=True
    )
    await _note(session, Action.ACCOUNT_RESET, shown(row))
    return password


async def issue_key(session: AsyncSession, login: str, new: KeyIn, by: Identity) -> NewKey:
    """Make an API key of an account.

    Raises
    ------
    BadInput
        If it is to do what its account may not, or has run out already.
    """
    row = await known(session, login)
    _check_areas(row["areas"], by)
    allowed = permissions_of(Role(role) for role in row["roles"])
    if beyond := sorted(set(new.permissions) - allowed):
        raise BadInput(f"the account may not {beyond[0]}, so its key may not either")
    if new.expires_at is not None and new.expires_at <= datetime.now(UTC):
        raise BadInput("the key would have run out already; choose a later time")
    key = new_key()
    key_id = await queries.add_key(
        session,
        digest=digest_of(key),
        beginning=key[:BEGINNING_SHOWN],
        account_id=row["id"],
        label=new.label,
        permissions=sorted(set(new.permissions)),
        expires_at=new.expires_at,
    )
    keys = await queries.keys(session, row["id"])
    key_facts = {"key": key_id, "permissions": sorted(set(new.permissions))}
    await _note(session, Action.KEY_ISSUED, shown(row), after=key_facts)
    return NewKey(key=key, shown=next(KeyOut(**one) for one in keys if one["id"] == key_id))


async def keys(session: AsyncSession, login: str) -> list[KeyOut]:
    """Keys of an account, newest first."""
    row = await known(session, login)
    return [KeyOut(**key) for key in await queries.keys(session, row["id"])]


async def revoke_key(session: AsyncSession, login: str, key_id: int) -> None:
    """Let a key open nothing any more.

    Raises
    ------
    NotFound
        If the account has no such key.
    """
    row = await known(session, login)
    if not await queries.revoke_key(session, row["id"], key_id):
        raise NotFound(f"{login} has no key {key_id}")
    await _note(session, Action.KEY_REVOKED, shown(row), before={"key": key_id})


async def ensure_first(session: AsyncSession, keyring: Keyring) -> str | None:
    """Open the first administrator's account if there is none at all; its one-time password."""
    if await queries.any_account(session):
        return None
    password = passwords.one_time()
    account_id = await queries.add_account(
        session,
        login=FIRST_LOGIN,
        name_sealed=keyring.seal(FIRST_NAME),
        name_masked=masked(FIRST_NAME),
        roles=[Role.ADMINISTRATOR],
        division_code=WHOLE,
        person_id=None,
        password_hash=await passwords.hashed(password),
        must_change_password=True,
        demonstration=False,
    )
    if account_id is None:
        return None
    await queries.set_areas(session, account_id, [WHOLE])
    return password
