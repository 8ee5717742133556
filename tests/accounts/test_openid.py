"""Signing in by a real OpenID provider that runs beside the tests."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem
from tests.who import open_account

LOCAL = {"outbound_networks": ["127.0.0.0/8", "::1/128"]}


@pytest.fixture(scope="session")
def provider():
    """Address of a provider that knows one person."""
    wang = User(sub="wang-at-provider", claims={"preferred_username": "Wang.Fang"})
    with run_server_in_thread(user_claims=[wang]) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def settings(provider):
    return {
        "openid_issuer": provider,
        "openid_client_id": "gridsvc",
        "openid_client_secret": "secret",
        "second_factor": "required",
        "requests_per_minute": 1000,
    } | LOCAL


@pytest.fixture
async def stranger(town, town_url, client_of, settings):
    async with transaction(town) as session:
        await open_account(session, "wang.fang", [Role.DISPATCHER])
    async with client_of(town_url, headers=None, **settings) as client:
        yield client


async def consent(location, sub):
    """Sign in at the provider as somebody; where it sends the browser back to."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(location, data={"sub": sub})
    return answer.headers["location"]


async def sign_in(client, sub="wang-at-provider", goal="/docs"):
    began = await client.get("/sign-in/openid", params={"next": goal})
    assert began.status_code in {302, 303}, began.text
    back = urlsplit(await consent(began.headers["location"], sub))
    return await client.get(f"{back.path}?{back.query}")


async def test_whoever_the_provider_knows_is_let_in(stranger, town):
    assert "统一身份认证" in (await stranger.get("/sign-in")).text
    answer = await sign_in(stranger)
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    # The provider looks after second factors.
    assert (await stranger.get("/api/me")).json()["login"] == "wang.fang"
    async with town.connect() as connection:
        bound = await connection.scalar(
            text("SELECT oidc_subject FROM account WHERE login = 'wang.fang'")
        )
        trail = await connection.scalar(
            text("SELECT count(*) FROM audit_entry WHERE action = 'signed_in'")
        )
    assert (bound, trail) == ("wang-at-provider", 1)


async def test_from_then_on_only_the_subject_counts(stranger, town, provider):
    await sign_in(stranger)
    async with httpx.AsyncClient(base_url=provider) as client:
        claims = {"preferred_username": "wang.fang"}
        await client.put("/users/somebody-else", json=claims)
    stranger.cookies.clear()
    assert_problem(await sign_in(stranger, "somebody-else"), 403)


async def test_strangers_and_accounts_with_a_password_are_not_bound(stranger, town, provider):
    async with transaction(town) as session:
        await open_account(session, "local", [Role.DISPATCHER], password_hash="x")
    async with httpx.AsyncClient(base_url=provider) as client:
        for sub, login in (("unknown", "nobody.here"), ("clever", "local"), ("empty", "")):
            await client.put(f"/users/{sub}", json={"preferred_username": login})
    for sub in ("unknown", "clever", "empty"):
        stranger.cookies.clear()
        assert "no account" in assert_problem(await sign_in(stranger, sub), 403)["detail"]


@pytest.mark.parametrize(
    "change",
    [
        lambda q: q | {"state": ["forged"]},
        lambda q: q | {"code": ["forged"]},
        lambda q: {"state": q["state"]},
        lambda q: {"error": ["access_denied"], "state": q["state"]},
        lambda _: {},
    ],
)
async def test_what_was_changed_on_the_way_is_refused(stranger, change):
    began = await stranger.get("/sign-in/openid")
    back = urlsplit(await consent(began.headers["location"], "wang-at-provider"))
    query = httpx.QueryParams(change(parse_qs(back.query)))
    assert_problem(await stranger.get(f"{back.path}?{query}"), 401)


async def test_an_answer_is_taken_once_and_from_its_own_browser(stranger):
    began = await stranger.get("/sign-in/openid")
    back = urlsplit(await consent(began.headers["location"], "wang-at-provider"))
    address = f"{back.path}?{back.query}"
    kept = dict(stranger.cookies)
    stranger.cookies.clear()
    assert_problem(await stranger.get(address), 401)
    stranger.cookies.update(kept)
    assert (await stranger.get(address)).status_code == 303
    stranger.cookies.clear()
    stranger.cookies.update(kept)
    assert_problem(await stranger.get(address), 401)


async def test_the_code_is_asked_with_pkce_and_a_nonce(stranger):
    began = await stranger.get("/sign-in/openid")
    query = parse_qs(urlsplit(began.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["nonce"]
    assert re.fullmatch(r"[\w-]{20,}", query["state"][0])


async def test_a_provider_that_is_away_is_said(town_url, client_of, settings):
    away = settings | {"openid_issuer": "http://localhost:9"}
    async with client_of(town_url, headers=None, **away) as client:
        assert_problem(await client.get("/sign-in/openid"), 503)


async def test_a_provider_in_a_network_that_is_not_allowed_is_not_asked(
    town_url, client_of, settings
):
    inside = settings | {"outbound_networks": []}
    async with client_of(town_url, headers=None, **inside) as client:
        assert "https" in assert_problem(await client.get("/sign-in/openid"), 422)["detail"]


async def test_without_a_provider_the_door_is_not_there(client):
    assert_problem(await client.get("/sign-in/openid"), 404)
    assert "统一身份认证" not in (await client.get("/sign-in")).text
