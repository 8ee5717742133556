"""HTTP doors of accounts: tokens, who am I, accounts and their keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from gridsvc.accounts import service, sign_in, tokens
from gridsvc.accounts.access import Caller, RawSession, Session, address_of, may, public, stranger
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    AccountPage,
    KeyIn,
    KeyOut,
    Me,
    NewAccount,
    NewKey,
    OneTimePassword,
    TokenIn,
    TokenOut,
)
from gridsvc.accounts.steps import Step
from gridsvc.audit.actions import Action
from gridsvc.errors import Forbidden, Unauthenticated
from gridsvc.problems import refusal

router = APIRouter(prefix="/api", tags=["accounts"])

LoginPath = Annotated[str, Path(pattern=r"^[a-z0-9._@-]{3,64}$")]
KeyId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_MANAGE = may(Permission.MANAGE_ACCOUNTS)


@router.post("/token", dependencies=[public("whoever signs in is not signed in yet")])
async def token(request: Request, session: RawSession, proof: TokenIn) -> TokenOut:
    """Get a token for a quarter of an hour by password and, for staff, code."""
    state = request.app.state
    await state.rates.count_sign_in(address_of(request))
    session.info["actor"] = stranger(request, proof.login)
    signed_in = await sign_in.prove(session, state.settings, state.keyring, **proof.model_dump())
    if isinstance(signed_in, Unauthenticated):
        return refusal(request, signed_in)  # type: ignore[return-value]
    if signed_in.step is Step.CODE:
        raise Unauthenticated("this account has a second factor; send its code too")
    if signed_in.step is not Step.DONE:
        raise Forbidden("this account has something to do first; sign in with a browser once")
    await sign_in.note(session, Action.TOKEN_ISSUED, signed_in.login)
    lives_s = state.settings.token_s
    made = tokens.issue(state.keyring, signed_in.account_id, lives_s=lives_s)
    return TokenOut(access_token=made, expires_in=lives_s)


@router.get("/me", dependencies=[may(*Permission)])
async def me(caller: Caller) -> Me:
    """Who asks, what they may do, and where."""
    return Me(
        login=caller.login,
        roles=list(caller.roles),
        permissions=sorted(caller.permissions),
        areas=list(caller.areas),
        matters=None if caller.matters is None else list(caller.matters),
        person=caller.person_code,
        unit=caller.unit,
    )


@router.get("/accounts", dependencies=[_MANAGE])
async def accounts(
    session: Session,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> AccountPage:
    """Accounts kept in the administrator's areas, by login; names are masked."""
    return await service.page(session, limit=limit, offset=offset)


@router.post("/accounts", status_code=201, dependencies=[_MANAGE])
async def open_account(
    request: Request, session: Session, caller: Caller, new: AccountIn
) -> NewAccount:
    """Open an account; its one-time password is told this once."""
    return await service.open_account(session, new, request.app.state.keyring, caller)


@router.get("/accounts/{login}", dependencies=[_MANAGE])
async def account(session: Session, login: LoginPath) -> AccountOut:
    """An account; its name is masked."""
    return service.shown(await service.known(session, login))


@router.patch("/accounts/{login}", dependencies=[_MANAGE])
async def change_account(
    session: Session, caller: Caller, login: LoginPath, change: AccountChange
) -> AccountOut:
    """Change roles, areas or matters of an account, or close it; it is signed out."""
    return await service.change_account(session, login, change, caller)


@router.post("/accounts/{login}/reset", dependencies=[_MANAGE])
async def reset(session: Session, caller: Caller, login: LoginPath) -> OneTimePassword:
    """Take away password and second factor of somebody who lost them."""
    return OneTimePassword(one_time_password=await service.reset(session, login, caller))


@router.get("/accounts/{login}/keys", dependencies=[_MANAGE])
async def keys(session: Session, login: LoginPath) -> list[KeyOut]:
    """API keys of an account, by their beginnings."""
    return await service.keys(session, login)


@router.post("/accounts/{login}/keys", status_code=201, dependencies=[_MANAGE])
async def issue_key(session: Session, caller: Caller, login: LoginPath, new: KeyIn) -> NewKey:
    """Make an API key for a device or a partner's system; it is told this once."""
    return await service.issue_key(session, login, new, caller)


@router.delete("/accounts/{login}/keys/{key_id}", status_code=204, dependencies=[_MANAGE])
async def revoke_key(session: Session, login: LoginPath, key_id: KeyId) -> Response:
    """Let a key open nothing any more."""
    await service.revoke_key(session, login, key_id)
    return Response(status_code=204)
