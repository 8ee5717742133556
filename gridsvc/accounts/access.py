"""What every route declares: who may call it. And the session in which its work is done.

A route names its permission with `may`, or says `PUBLIC`; a test fails when one does neither.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Any

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Depends, Request, params
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import sign_in_queries, tokens
from gridsvc.accounts.digests import digest_of
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission, Role, permissions_of, roles_with
from gridsvc.accounts.steps import Step, next_step
from gridsvc.audit.actor import Actor
from gridsvc.db import EVERYWHERE, NOWHERE, enter, request_session
from gridsvc.errors import Forbidden, Unauthenticated

COOKIE = "gridsvc"
CSRF_HEADER, CSRF_FIELD = "X-CSRF-Token", "csrf"
_SAFE = {"GET", "HEAD", "OPTIONS"}

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="from /api/token")
_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="of a device or a partner")
_cookie = APIKeyCookie(
    name=COOKIE,
    auto_error=False,
    description="of a browser that is signed in; unsafe requests repeat X-CSRF-Token",
)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
Key = Annotated[str | None, Depends(_key)]
Cookie = Annotated[str | None, Depends(_cookie)]

#: The request's transaction before anything may be seen in it.
RawSession = Annotated[AsyncSession, Depends(request_session, scope="function")]


async def caller(
    request: Request, session: RawSession, bearer: Bearer, key: Key, cookie: Cookie
) -> Identity:
    """Who is asking; from here on the transaction sees what they may see.

    Raises
    ------
    Unauthenticated
        If they did not say, or it is not, or no longer, true.
    Forbidden
        If a browser's unsafe request does not repeat the session's CSRF token.
    TooMany
        If they ask too often.
    """
    identity = await proven(request, session, bearer, key, cookie)
    await request.app.state.rates.count_request(identity)
    await enter(session, identity.scope)
    session.info["actor"] = actor_for(request, identity)
    return identity


async def proven(
    request: Request,
    session: AsyncSession,
    bearer: HTTPAuthorizationCredentials | None,
    key: str | None,
    cookie: str | None,
    *,
    touch: bool = True,
) -> Identity:
    """Who the proofs of a request stand for now.

    Parameters
    ----------
    touch
        Whether the key or session counts as used by it, so that it does not run out as idle.

    Raises
    ------
    Unauthenticated, Forbidden
        As `caller`.
    """
    if sum(proof is not None for proof in (bearer, key)) > 1:
        raise Unauthenticated("two proofs of who you are were sent; send a token or a key")
    if bearer is not None:
        return await _by_token(request, session, bearer.credentials)
    if key is not None:
        return await _by_key(request, session, key, touch=touch)
    if cookie is not None:
        return await _by_cookie(request, session, cookie, touch=touch)
    raise Unauthenticated("sign in, or send a token or an API key")


def actor_for(request: Request, identity: Identity) -> Actor:
    """The account as the audit trail knows it."""
    return Actor(
        account_id=identity.account_id,
        login=identity.login,
        roles=identity.roles,
        person_code=identity.person_code,
        via=identity.via,
        address=address_of(request),
        request_id=correlation_id.get(),
    )


def stranger(request: Request, login: str) -> Actor:
    """Somebody who says to be an account and has yet to prove it."""
    known_as = login.strip().lower()[:64]
    return Actor(
        None, known_as, via="sign_in", address=address_of(request), request_id=correlation_id.get()
    )


def address_of(request: Request) -> str | None:
    """Network address a request comes from, as the server or its trusted proxy tells it."""
    return request.client.host if request.client else None


async def _by_token(request: Request, session: AsyncSession, token: str) -> Identity:
    account_id = tokens.account_of(request.app.state.keyring, token)
    await enter(session, EVERYWHERE)
    row = await sign_in_queries.by_id(session, account_id)
    return identity_of(request, _known(row), via="token")


async def _by_key(request: Request, session: AsyncSession, key: str, *, touch: bool) -> Identity:
    await enter(session, EVERYWHERE)
    row = _known(await sign_in_queries.by_key(session, digest_of(key)))
    if touch and row["stale"]:
        await sign_in_queries.touch_key(session, row["key_id"])
    identity = identity_of(request, row, via="api_key")
    return identity.limited_to(frozenset(map(Permission, row["permissions"])), key=row["key_id"])


async def _by_cookie(
    request: Request, session: AsyncSession, cookie: str, *, touch: bool
) -> Identity:
    row = _known(await session_of(request, session, cookie, touch=touch))
    if row["step"] != Step.DONE:
        raise Unauthenticated("signing in is not finished; go on at /sign-in")
    if request.method not in _SAFE:
        await check_csrf(request, row["csrf"])
    return identity_of(request, row, via="session", csrf=row["csrf"])


async def session_of(
    request: Request, session: AsyncSession, cookie: str, *, touch: bool = True
) -> RowMapping | None:
    """The browser session of a cookie, finished or not; none when it has run out."""
    await enter(session, EVERYWHERE)
    digest, settings = digest_of(cookie), request.app.state.settings
    row = await sign_in_queries.by_session(
        session, digest, idle_s=settings.session_idle_s, most_s=settings.session_most_s
    )
    if touch and row is not None and row["stale"]:
        await sign_in_queries.touch_session(session, digest)
    return row


async def check_csrf(request: Request, expected: str) -> None:
    """Refuse what another site made a browser send.

    Raises
    ------
    Forbidden
        If neither the header nor the form's hidden field holds the session's token.
    """
    told = request.headers.get(CSRF_HEADER)
    if told is None and request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        told = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((told or "").encode(), expected.encode()):
        raise Forbidden(f"the page is out of date; load it anew (header {CSRF_HEADER} is wrong)")


def _known(row: RowMapping | None) -> RowMapping:
    if row is None:
        raise Unauthenticated("nobody is known by this token, key or session; sign in again")
    return row


def identity_of(
    request: Request, row: RowMapping, *, via: str, csrf: str | None = None
) -> Identity:
    """The account of a row, unless it may do nothing here or has something to do first.

    Raises
    ------
    Forbidden
        If it is of the demonstration and this is none, or must change its password or take a
        second factor before anything else.
    """
    settings = request.app.state.settings
    if row["demonstration"] and not settings.demonstration:
        raise Forbidden("accounts of the demonstration are refused here; ask for one of your own")
    roles = tuple(Role(role) for role in row["roles"])
    if via != "api_key" and next_step(row, settings.second_factor) is not Step.DONE:
        raise Forbidden("this account has something to do first; sign in with a browser once")
    return Identity(
        account_id=row["id"],
        login=row["login"],
        roles=roles,
        permissions=permissions_of(roles),
        areas=tuple(row["areas"]),
        matters=None if row["matters"] is None else tuple(row["matters"]),
        person_id=row["person_id"],
        person_code=row["person_code"],
        via=via,
        csrf=csrf,
        unit=row["unit_code"],
    )


Caller = Annotated[Identity, Depends(caller)]


async def visitor(
    request: Request, session: RawSession, bearer: Bearer, key: Key, cookie: Cookie
) -> Identity | None:
    """Who is asking, if they say so and it is true; none for a stranger."""
    try:
        return await caller(request, session, bearer, key, cookie)
    except Unauthenticated:
        await enter(session, NOWHERE)
        return None


Visitor = Annotated[Identity | None, Depends(visitor)]


async def _scoped(session: RawSession, _: Caller) -> AsyncSession:
    return session


#: The request's transaction, in which the caller's scope is entered.
Session = Annotated[AsyncSession, Depends(_scoped, scope="function")]


@dataclass(frozen=True)
class May:
    """Lets those pass who have one of the permissions; made by `may`."""

    permissions: tuple[Permission, ...]

    async def __call__(self, identity: Caller) -> None:
        """Refuse everybody else.

        Raises
        ------
        Forbidden
            If the caller has none of the permissions.
        """
        if identity.permissions.isdisjoint(self.permissions):
            wanted = " or ".join(self.permissions)
            raise Forbidden(f"this needs the permission {wanted}; ask an administrator for it")


@dataclass(frozen=True)
class Public:
    """Marks a route that anybody may call, with the reason."""

    reason: str

    def __call__(self) -> None:
        """Let everybody pass."""


def may(*permissions: Permission) -> params.Depends:
    """Dependency of a route: the permissions of which its caller needs one."""
    depends: params.Depends = Depends(May(permissions))
    return depends


def public(reason: str) -> params.Depends:
    """Dependency of a route that anybody may call, and why."""
    depends: params.Depends = Depends(Public(reason))
    return depends


def declared(route: Any) -> May | Public | None:
    """What a route declares; none when it declares nothing."""
    for depends in getattr(route, "dependencies", []):
        if isinstance(depends.dependency, May | Public):
            return depends.dependency
    return None


def roles_of(route: Any) -> list[Role] | None:
    """Roles that may call a route; none = anybody."""
    rule = declared(route)
    if not isinstance(rule, May):
        return None
    allowed = {role for permission in rule.permissions for role in roles_with(permission)}
    return [role for role in Role if role in allowed]


def describe_rights(router: APIRouter) -> None:
    """Let the API's documentation tell who may call each operation, for people and for tests."""
    for route in router.routes:
        rule = declared(route)
        if isinstance(route, APIRoute) and isinstance(rule, May):
            route.openapi_extra = (route.openapi_extra or {}) | {
                "x-permissions": list(rule.permissions),
                "x-roles": roles_of(route),
            }
