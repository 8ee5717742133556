"""Signing in by the installation's OpenID provider (authorization code with PKCE, by Authlib)."""

from __future__ import annotations

import warnings
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.deprecate import AuthlibDeprecationWarning
from fastapi import Request
from fastapi.responses import RedirectResponse
from httpx import HTTPError
from joserfc.errors import JoseError
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts import sign_in_queries
from gridsvc.accounts.sign_in import SignedIn
from gridsvc.accounts.steps import next_step
from gridsvc.config import Settings
from gridsvc.db import EVERYWHERE, enter
from gridsvc.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from gridsvc.outbound import Outbound

with warnings.catch_warnings():
    # It would say on every command line that it prefers a fork of httpx.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth

_TIMEOUT_S = 10


class Provider:
    """The provider that is set; what is none when none is."""

    def __init__(self, settings: Settings) -> None:
        self._claim = settings.openid_login_claim
        self._client: Any = OAuth().register(
            name="openid",
            server_metadata_url=f"{settings.openid_issuer}/.well-known/openid-configuration",
            client_id=settings.openid_client_id,
            client_secret=settings.openid_client_secret,
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "transport": Outbound(settings.outbound_networks),
                "timeout": _TIMEOUT_S,
                "trust_env": False,
            },
        )

    async def send_to(self, request: Request, back: str) -> RedirectResponse:
        """Send a browser to the provider.

        Raises
        ------
        Unavailable
            If the provider does not answer.
        """
        try:
            answer: RedirectResponse = await self._client.authorize_redirect(request, back)
        except (HTTPError, AuthlibBaseError, ValueError) as failure:
            raise _away() from failure
        return answer

    async def finish(self, request: Request, session: AsyncSession) -> SignedIn:
        """The account of somebody who comes back from the provider.

        An account without a password that has the login of the provider's claim is bound to that
        person at the first time; from then on only the provider's own subject counts.

        Raises
        ------
        Unauthenticated
            If what they bring is not, or no longer, true.
        Forbidden
            If they have no account here.
        Unavailable
            If the provider does not answer.
        """
        try:
            token = await self._client.authorize_access_token(request)
        except (AuthlibBaseError, JoseError, KeyError, ValueError) as failure:
            raise Unauthenticated(
                "what the provider sent cannot be trusted or took too long; sign in again"
            ) from failure
        except HTTPError as failure:
            raise _away() from failure
        claims = token.get("userinfo")
        if claims is None:
            raise Unauthenticated("the provider did not say who signed in; sign in again")
        return await self._account(session, claims)

    async def _account(self, session: AsyncSession, claims: Any) -> SignedIn:
        await enter(session, EVERYWHERE)
        issuer, subject = str(claims["iss"]), str(claims["sub"])
        account_id = await sign_in_queries.oidc_account(session, issuer, subject)
        if account_id is None:
            login = str(claims.get(self._claim, "")).lower()
            account_id = await sign_in_queries.bind_oidc(
                session, login, issuer=issuer, subject=subject
            )
        row = await sign_in_queries.by_id(session, account_id) if account_id else None
        if row is None:
            raise Forbidden("you have no account here; ask an administrator to open one")
        return SignedIn(row["id"], row["login"], next_step(row, "optional"))


def provider_of(request: Request) -> Provider:
    """The provider of this installation.

    Raises
    ------
    NotFound
        If none is set.
    """
    provider: Provider | None = request.app.state.openid
    if provider is None:
        raise NotFound("no OpenID provider is set here; sign in with name and password")
    return provider


def _away() -> Unavailable:
    return Unavailable("the OpenID provider does not answer; try again, or use a password")
