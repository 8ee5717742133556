"""Proofs that are forged, confused, stale or beyond what they were given for."""

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text

from gridsvc.accounts import tokens
from gridsvc.accounts.access import declared
from gridsvc.accounts.roles import PERMISSIONS, Permission, Role
from gridsvc.app import DOORS, create_app
from gridsvc.config import Settings
from gridsvc.db import Login, transaction
from gridsvc.keyring import new_keyring
from tests.flows.test_report_to_close import assert_problem
from tests.who import ALL_ROUND, ALL_ROUND_ID, KEYRING, bearer, open_account

OWN_KEY = OctKey.import_key(bytes.fromhex(KEYRING.signing))
GOOD = {"iss": "gridsvc", "aud": "gridsvc", "sub": str(ALL_ROUND_ID)}


def claims(**changes):
    now = int(time.time())
    told = GOOD | {"iat": now, "exp": now + 600} | changes
    return {name: value for name, value in told.items() if value is not None}


def signed(told, key=OWN_KEY, algorithm="HS256"):
    return jwt.encode({"alg": algorithm}, told, key, algorithms=[algorithm])


def unsigned(told):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(told)}."


FORGERIES = {
    "without exp": lambda: signed(claims(exp=None)),
    "without aud": lambda: signed(claims(aud=None)),
    "without iss": lambda: signed(claims(iss=None)),
    "without sub": lambda: signed(claims(sub=None)),
    "without iat": lambda: signed(claims(iat=None)),
    "run out": lambda: signed(claims(exp=int(time.time()) - 1)),
    "of another issuer": lambda: signed(claims(iss="evil")),
    "for another audience": lambda: signed(claims(aud="other")),
    "for a list of audiences": lambda: signed(claims(aud=["other"])),
    "algorithm none": lambda: unsigned(claims()),
    "another algorithm, same key": lambda: signed(claims(), algorithm="HS512"),
    "an RSA key of somebody's": lambda: signed(claims(), RSAKey.generate_key(2048), "RS256"),
    "another secret": lambda: signed(
        claims(), OctKey.import_key(bytes.fromhex(new_keyring().signing))
    ),
    "sub is no number": lambda: signed(claims(sub="1 OR 1=1")),
    "sub is huge": lambda: signed(claims(sub="9" * 30)),
    "sub is nobody": lambda: signed(claims(sub="424242")),
    "cut": lambda: signed(claims())[:-3],
    "empty": lambda: "",
    "not a token": lambda: "a.b.c",
    "a bomb of dots": lambda: "." * 10_000,
    "nested": lambda: signed({"sub": signed(claims())}),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_opens_nothing(client, forge):
    answer = await client.get("/api/me", headers={"Authorization": f"Bearer {forge()}"})
    assert_problem(answer, 401)


async def test_a_true_one_does(client):
    answer = await client.get("/api/me", headers={"Authorization": f"Bearer {signed(claims())}"})
    assert answer.json()["login"] == "all-round"


async def test_tokens_of_another_installation_are_none_of_ours(client):
    foreign = tokens.issue(new_keyring(), ALL_ROUND_ID, lives_s=600)
    answer = await client.get("/api/me", headers={"Authorization": f"Bearer {foreign}"})
    assert_problem(answer, 401)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Basic YTpi"},
        {"X-API-Key": "gsk_" + "x" * 43},
        {"X-API-Key": "\N{SNOWMAN}".encode()},
        {"X-API-Key": "' OR 1=1 --"},
        {"Cookie": "gridsvc=" + "x" * 43},
        {"Cookie": "gridsvc="},
    ],
)
async def test_other_proofs_that_are_none(town_url, client_of, headers):
    async with client_of(town_url, headers=None) as client:
        assert_problem(await client.get("/api/me", headers=headers), 401)


async def test_two_proofs_at_once_are_refused(client):
    answer = await client.get("/api/me", headers={"X-API-Key": "gsk_x"})
    assert "two proofs" in assert_problem(answer, 401)["detail"]


class TestKeys:
    @pytest.fixture
    async def device(self, client):
        """Make a key of an account and give headers that carry it."""

        async def make(permissions, login="all-round", **more):
            told = {"label": "test", "permissions": permissions} | more
            answer = await client.post(f"/api/accounts/{login}/keys", json=told)
            assert answer.status_code == 201, answer.text
            return answer.json()

        return make

    @pytest.fixture
    async def partner(self, town):
        async with transaction(town) as session:
            await open_account(session, "partner", [Role.PARTNER])

    async def ask(self, client, key, path="/api/me"):
        del client.headers["authorization"]
        try:
            return await client.get(path, headers={"X-API-Key": key})
        finally:
            client.headers.update(ALL_ROUND)

    async def test_a_key_does_what_it_was_given_for_and_no_more(self, client, partner, device):
        made = await device(["view_cells"], "partner")
        assert made["key"].startswith(made["shown"]["beginning"])
        me = (await self.ask(client, made["key"])).json()
        assert (me["login"], me["permissions"]) == ("partner", ["view_cells"])
        assert (await self.ask(client, made["key"], "/api/grids")).status_code == 200
        assert_problem(await self.ask(client, made["key"], "/api/events"), 403)

    async def test_it_is_stored_as_its_digest_only(self, client, town, partner, device):
        made = await device(["view_cells"], "partner")
        async with town.connect() as connection:
            stored = await connection.scalar(text("SELECT k::text FROM api_key k"))
        assert made["key"] not in stored
        assert made["key"][10:] not in stored
        listed = (await client.get("/api/accounts/partner/keys")).json()
        assert made["key"] not in str(listed)

    async def test_it_never_exceeds_its_account(self, client, partner):
        told = {"label": "x", "permissions": ["manage_accounts"]}
        answer = await client.post("/api/accounts/partner/keys", json=told)
        assert "may not manage_accounts" in assert_problem(answer, 422)["detail"]

    async def test_revoked_or_run_out_it_opens_nothing(self, client, town, partner, device):
        made = await device(["view_cells"], "partner")
        path = f"/api/accounts/partner/keys/{made['shown']['id']}"
        assert (await client.delete(path)).status_code == 204
        assert_problem(await self.ask(client, made["key"]), 401)
        assert_problem(await client.delete("/api/accounts/partner/keys/999"), 404)
        later = await device(["view_cells"], "partner", expires_at="2099-01-01T00:00:00Z")
        assert (await self.ask(client, later["key"])).status_code == 200
        async with town.begin() as connection:
            await connection.execute(text("UPDATE api_key SET expires_at = now()"))
        assert_problem(await self.ask(client, later["key"]), 401)

    async def test_every_key_has_a_limit_of_its_own(self, town, town_url, client_of):
        async with transaction(town) as session:
            one = await open_account(session, "one", [Role.PARTNER])
            two = await open_account(session, "two", [Role.PARTNER])
        async with client_of(town_url, headers=None, requests_per_minute=3) as client:
            answers = [await client.get("/api/me", headers=bearer(one)) for _ in range(5)]
            other = await client.get("/api/me", headers=bearer(two))
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert other.status_code == 200


class TestRoutes:
    @pytest.fixture
    def routes(self):
        return [route for door in DOORS for route in door.router.routes]

    def test_every_route_says_who_may_call_it(self, routes):
        assert [route.path for route in routes if declared(route) is None] == []
        assert len(routes) > 30
        # Beside the doors there are only static files and the document that tells of the others.
        app = create_app(Settings(), Login("postgresql://nowhere"), KEYRING)
        others = [route.path for route in app.routes if route not in routes]
        assert sorted(others) == ["/help/pictures", "/openapi.json", "/static"]

    def test_every_permission_is_somebodys_and_some_routes(self, routes):
        given = {permission for permissions in PERMISSIONS.values() for permission in permissions}
        assert given == set(Permission)
        asked = {
            permission
            for route in routes
            for permission in getattr(declared(route), "permissions", ())
            if route.path != "/api/me"
        }
        assert asked == set(Permission)

    def test_the_document_tells_the_roles(self):
        app = create_app(Settings(), Login("postgresql://nowhere"), KEYRING)
        paths = app.openapi()["paths"]
        assert paths["/api/audit"]["get"]["x-roles"] == ["auditor"]
        assert "x-roles" not in paths["/api/token"]["post"]


async def test_who_keeps_accounts_sees_no_events_and_who_audits_neither(town, town_url, client_of):
    async with transaction(town) as session:
        ids = {
            role: await open_account(session, role.value.replace("_", "-"), [role])
            for role in (Role.ADMINISTRATOR, Role.AUDITOR)
        }
    async with client_of(town_url, headers=None) as client:
        for role, account in ids.items():
            for path in ("/api/events", "/api/people", "/maps/coverage"):
                assert_problem(await client.get(path, headers=bearer(account)), 403)
            audit = await client.get("/api/audit", headers=bearer(account))
            assert audit.status_code == (200 if role is Role.AUDITOR else 403)
