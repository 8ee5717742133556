"""One person's data: told in full, or erased, on request (PIPL Art. 45 and 47)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.db import EVERYWHERE, widened
from gridsvc.errors import Conflict, Forbidden, NotFound
from gridsvc.keyring import Keyring
from gridsvc.privacy import queries

#: What stands in the place of a name that was erased.
ERASED = "已删除"


async def export_person(
    session: AsyncSession, code: str, keyring: Keyring, *, purpose: str
) -> dict[str, Any]:
    """Everything that is kept of a grid worker, liaison or officer; the reading is recorded.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    row = await _person(session, code)
    await _note(session, Action.EXPORTED, "person", code, row, purpose)
    own = {name: row[name] for name in ("code", "role", "division_code", "on_duty", "login")}
    opened = {
        name: row[f"{name}_sealed"] and keyring.open(row[f"{name}_sealed"])
        for name in ("name", "phone", "id_number")
    }
    # Who moved to another division left a track in the one before, which is theirs all the same.
    async with widened(session, EVERYWHERE):
        return {"person": own | opened} | await queries.of_person(session, row["id"])


async def erase_person(session: AsyncSession, code: str, keyring: Keyring, *, purpose: str) -> None:
    """Take from a person, and their account, what names them; their code stays in the past.

    Raises
    ------
    NotFound
        If nobody has this code.
    Conflict
        If they have events in hand.
    """
    row = await _person(session, code)
    if row["open_count"]:
        raise Conflict(f"{code} has {row['open_count']} events in hand; give them to others first")
    async with widened(session, EVERYWHERE):
        await queries.erase_person(session, row["id"], sealed=keyring.seal(ERASED), shown=ERASED)
    if row["login"] is not None:
        account = await _account(session, row["login"])
        await _erase_account(session, account, keyring)
    await _note(session, Action.ERASED, "person", code, row, purpose)


async def export_account(
    session: AsyncSession, login: str, keyring: Keyring, *, purpose: str
) -> dict[str, Any]:
    """Everything that is kept of an account, its reports included; the reading is recorded.

    Raises
    ------
    NotFound
        If there is no such account.
    """
    row = await _account(session, login)
    await _note(session, Action.EXPORTED, "account", login, row, purpose)
    names = ("login", "roles", "division_code", "created_at", "disabled_at")
    own = {name: row[name] for name in names} | {"name": keyring.open(row["name_sealed"])}
    return {"account": own} | await queries.of_account(session, row["id"])


async def erase_account(
    session: AsyncSession, login: str, keyring: Keyring, *, purpose: str, by: int | None = None
) -> None:
    """Close an account and take from it, and its reports, what leads to whoever had it.

    Raises
    ------
    NotFound
        If there is no such account.
    Forbidden
        If it is that of whoever asks.
    """
    row = await _account(session, login)
    if row["id"] == by:
        raise Forbidden("nobody erases the account they work with; ask another administrator")
    await _erase_account(session, row, keyring)
    await _note(session, Action.ERASED, "account", f"erased-{row['id']}", row, purpose)


async def _erase_account(session: AsyncSession, row: RowMapping, keyring: Keyring) -> None:
    await queries.erase_account(session, row["id"], sealed=keyring.seal(ERASED), shown=ERASED)


async def _person(session: AsyncSession, code: str) -> RowMapping:
    row = await queries.sealed_person(session, code)
    if row is None:
        raise NotFound(f"nobody has the code {code!r}")
    return row


async def _account(session: AsyncSession, login: str) -> RowMapping:
    row = await queries.sealed_account(session, login)
    if row is None:
        raise NotFound(f"there is no account {login!r} in your area")
    return row


async def _note(
    session: AsyncSession, action: Action, kind: str, code: str, row: RowMapping, purpose: str
) -> None:
    await audit.record(
        session, action, kind, code, division_code=row["division_code"], purpose=purpose
    )
