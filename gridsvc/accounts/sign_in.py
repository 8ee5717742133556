"""Signing in step by step: password, then what must follow it, then a browser or a token."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import passwords, second_factor, sign_in_queries
from gridsvc.accounts.digests import digest_of, new_secret
from gridsvc.accounts.steps import Step, next_step
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.config import Settings
from gridsvc.db import EVERYWHERE, enter
from gridsvc.errors import BadInput, GridsvcError, Unauthenticated
from gridsvc.keyring import Keyring


@dataclass(frozen=True)
class SignedIn:
    """An account that proved its password, and what is left to do."""

    account_id: int
    login: str
    step: Step


async def prove(
    session: AsyncSession,
    settings: Settings,
    keyring: Keyring,
    *,
    login: str,
    password: str,
    code: str | None = None,
) -> SignedIn | Unauthenticated:
    """Compare a password, and a code of the second factor if one is given.

    A refusal is returned rather than raised: that a try was wrong must be committed. It does not
    tell whether the account exists, is locked, or what was wrong.
    """
    await enter(session, EVERYWHERE)
    row = await sign_in_queries.credentials(session, login.strip().lower())
    right = await passwords.matches(password, row["password_hash"] if row else None)
    closed = row is not None and row["demonstration"] and not settings.demonstration
    if row is None or row["locked"] or closed:
        return _refusal(settings)
    if not right or not await _code_fits(session, keyring, row, code):
        return await _failed(session, settings, row)
    await sign_in_queries.forget_failures(session, row["id"])
    step = next_step(row, settings.second_factor, code_given=bool(code))
    return SignedIn(row["id"], row["login"], step)


def _refusal(settings: Settings) -> Unauthenticated:
    return Unauthenticated(
        "name, password or code is wrong, or the account is locked for a while after "
        f"{settings.lock_after} wrong tries; try again or ask an administrator"
    )


async def _code_fits(
    session: AsyncSession, keyring: Keyring, row: RowMapping, code: str | None
) -> bool:
    """Whether a code is right, or none was given or is needed."""
    if not code or row["second_factor_sealed"] is None:
        return True
    secret = keyring.open(row["second_factor_sealed"])
    step = second_factor.step_of(
        secret, code, now_s=time.time(), last_step=row["second_factor_step"]
    )
    return step is not None and await sign_in_queries.use_code(session, row["id"], step)


async def open_browser(session: AsyncSession, signed_in: SignedIn) -> str:
    """Remember a browser; the secret of its cookie. A new one at every step: none is fixed."""
    secret = new_secret()
    await sign_in_queries.add_session(
        session,
        signed_in.account_id,
        digest_of(secret),
        new_secret(),
        step=signed_in.step,
    )
    if signed_in.step is Step.DONE:
        await note(session, Action.SIGNED_IN, signed_in.login)
    return secret


async def change_password(
    session: AsyncSession, login: str, *, old: str, new: str
) -> GridsvcError | None:
    """Replace a password by another; the refusal if that cannot be, and none if it could."""
    row = await sign_in_queries.credentials(session, login)
    if row is None or not await passwords.matches(old, row["password_hash"]):
        return Unauthenticated("the present password is wrong; try again")
    try:
        passwords.check(new, login)
        if new == old:
            raise BadInput("the new password is the old one; choose another")
    except BadInput as refusal:
        return refusal
    await sign_in_queries.set_password(
        session, row["id"], await passwords.hashed(new), must_change=False
    )
    await note(session, Action.PASSWORD_CHANGED, login)
    return None


async def enrol(
    session: AsyncSession, keyring: Keyring, login: str, *, secret: str, code: str
) -> BadInput | None:
    """Keep a second factor whose code proves that the phone has it; else the refusal."""
    row = await sign_in_queries.credentials(session, login)
    step = second_factor.step_of(secret, code, now_s=time.time(), last_step=None)
    if row is None or row["second_factor_sealed"] is not None or step is None:
        return BadInput("the code is wrong; scan the picture again and enter the code it shows")
    await sign_in_queries.set_second_factor(session, row["id"], keyring.seal(secret), step)
    await note(session, Action.SECOND_FACTOR_SET, login)
    return None


async def check_code(
    session: AsyncSession, settings: Settings, keyring: Keyring, login: str, code: str
) -> Unauthenticated | None:
    """Compare a code of somebody whose password was right; the refusal, or none."""
    row = await sign_in_queries.credentials(session, login)
    if row is None or row["locked"]:
        return _refusal(settings)
    if not code or not await _code_fits(session, keyring, row, code):
        return await _failed(session, settings, row)
    await sign_in_queries.forget_failures(session, row["id"])
    return None


async def _failed(session: AsyncSession, settings: Settings, row: RowMapping) -> Unauthenticated:
    await sign_in_queries.count_failure(
        session, row["id"], lock_after=settings.lock_after, lock_s=settings.lock_s
    )
    await note(session, Action.SIGN_IN_FAILED, row["login"])
    return _refusal(settings)


async def note(session: AsyncSession, action: Action, login: str) -> None:
    """Write into the audit trail what somebody did who was not, or not yet, signed in."""
    await audit.record(session, action, "account", login)
