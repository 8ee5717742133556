"""Who gets in: by password and code, with a browser or a token, and who does not."""

import re
import time

import httpx
import pyotp
import pytest
from sqlalchemy import text

from gridsvc.accounts import passwords, second_factor
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from tests.flows.test_report_to_close import assert_problem
from tests.who import KEYRING, open_account

PASSWORD = "Correct-Horse-7"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
async def people(town):
    """A grid worker's kind of account, one of staff, one with a second factor."""
    hashed = await passwords.hashed(PASSWORD)
    async with transaction(town) as session:
        await open_account(session, "citizen", [Role.CITIZEN], password_hash=hashed)
        await open_account(session, "staff", [Role.DISPATCHER], password_hash=hashed)
        factored = await open_account(session, "factored", [Role.DISPATCHER], password_hash=hashed)
        await session.execute(
            text("UPDATE account SET second_factor_sealed = :sealed WHERE id = :id"),
            {"sealed": KEYRING.seal(SECRET), "id": factored},
        )


@pytest.fixture
async def stranger(people, town_url, client_of):
    """A client that has not proved anything yet, on a service as it is installed."""
    async with client_of(town_url, headers=None, second_factor="required") as client:
        yield client


def code_now(offset_s=0):
    return pyotp.TOTP(SECRET).at(time.time() + offset_s)


async def ask_token(client, login="citizen", password=PASSWORD, **more):
    return await client.post("/api/token", json={"login": login, "password": password} | more)


async def trail(engine, action):
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT login, via, address FROM audit_entry WHERE action = :action ORDER BY at"),
            {"action": action},
        )
        return rows.all()


class TestTokens:
    async def test_a_password_gets_a_token_that_works(self, stranger, town):
        told = (await ask_token(stranger)).json()
        assert told["token_type"] == "Bearer"
        assert told["expires_in"] == 900
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        me = (await stranger.get("/api/me", headers=headers)).json()
        assert (me["login"], me["roles"]) == ("citizen", ["citizen"])
        assert [row.login for row in await trail(town, "token_issued")] == ["citizen"]

    @pytest.mark.parametrize(
        ("login", "password"),
        [("citizen", "wrong"), ("nobody", PASSWORD), ("CITIZEN ", "wrong"), ("all-round", "x")],
    )
    async def test_a_wrong_one_does_not_and_says_nothing_more(self, stranger, login, password):
        answer = await ask_token(stranger, login, password)
        told = assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "wrong" in told["detail"]
        unknown = assert_problem(await ask_token(stranger, "unknown", "x"), 401)
        assert unknown["detail"] == told["detail"]

    async def test_five_wrong_tries_lock_it_for_the_right_one_too(self, stranger, town):
        for _ in range(5):
            await ask_token(stranger, password="wrong")
        assert (await ask_token(stranger)).status_code == 401
        assert len(await trail(town, "sign_in_failed")) == 5
        async with town.begin() as connection:
            await connection.execute(
                text("UPDATE account SET locked_until = now() WHERE login = 'citizen'")
            )
        assert (await ask_token(stranger)).status_code == 200

    async def test_staff_without_a_second_factor_must_set_it_up_first(self, stranger):
        told = assert_problem(await ask_token(stranger, "staff"), 403)
        assert "browser" in told["detail"]

    async def test_a_second_factor_is_asked_for_and_taken_once(self, stranger):
        assert "code" in assert_problem(await ask_token(stranger, "factored"), 401)["detail"]
        assert (await ask_token(stranger, "factored", code="000000")).status_code == 401
        code = code_now()
        assert (await ask_token(stranger, "factored", code=code)).status_code == 200
        assert (await ask_token(stranger, "factored", code=code)).status_code == 401
        assert (await ask_token(stranger, "factored", code=code_now(30))).status_code == 200
        # An older one, though never used, is not taken after a younger one.
        assert (await ask_token(stranger, "factored", code=code_now(-30))).status_code == 401

    async def test_too_many_tries_from_one_address_wait(self, people, town_url, client_of):
        async with client_of(town_url, headers=None, sign_ins_per_minute=3) as client:
            answers = [await ask_token(client, f"guess{n}", "x") for n in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60

    async def test_an_account_that_was_closed_is_out_at_once(self, stranger, town):
        token = (await ask_token(stranger)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert (await stranger.get("/api/me", headers=headers)).status_code == 200
        async with town.begin() as connection:
            await connection.execute(text("UPDATE account SET disabled_at = now()"))
        assert_problem(await stranger.get("/api/me", headers=headers), 401)
        assert (await ask_token(stranger)).status_code == 401

    @pytest.mark.parametrize("body", [{}, {"login": "a"}, {"login": "\0", "password": "x"},
                                      {"login": "a" * 9999, "password": "x"}, [], "x"])  # fmt: skip
    async def test_proofs_that_are_none(self, stranger, body):
        assert_problem(await stranger.post("/api/token", json=body), 422)


def form_of(page: httpx.Response) -> dict[str, str]:
    """Hidden fields of the page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


async def sign_in(client, login="citizen", password=PASSWORD, **more):
    given = {"login": login, "password": password} | more
    return await client.post("/sign-in", data=given)


async def csrf_of(client):
    page = await client.get("/")
    return re.search(r'<meta name="csrf" content="([^"]+)"', page.text)[1]


class TestBrowsers:
    async def test_a_password_lets_a_browser_in_and_out(self, stranger, town):
        before = await stranger.get("/maps/coverage", headers={"accept": "text/html"})
        assert before.headers["location"] == "/sign-in?next=/maps/coverage"
        answer = await sign_in(stranger, goal="/docs")
        assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        page = await stranger.get("/")
        assert "citizen" in page.text
        out = await stranger.post("/sign-out", data=form_of(page))
        assert out.status_code == 303
        stranger.cookies.set("gridsvc", answer.cookies["gridsvc"])
        assert_problem(await stranger.get("/api/me"), 401)
        assert [len(await trail(town, a)) for a in ("signed_in", "signed_out")] == [1, 1]

    async def test_behind_tls_the_cookie_insists_on_it(self, people, town_url, client_of):
        public = "https://grid.example.cn"
        async with client_of(town_url, headers=None, public_url=public) as client:
            assert "secure" in (await sign_in(client)).headers["set-cookie"].lower()

    async def test_a_wrong_password_shows_the_form_again(self, stranger):
        answer = await sign_in(stranger, password="wrong")
        assert answer.status_code == 401
        assert 'role="alert"' in answer.text
        assert "gridsvc" not in answer.cookies

    @pytest.mark.parametrize(
        "goal", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/\n/x"]
    )
    async def test_nobody_is_led_to_another_site(self, stranger, goal):
        answer = await sign_in(stranger, goal=goal)
        assert answer.headers["location"] == "/"
        assert (await stranger.get("/sign-in", params={"next": goal})).headers["location"] == "/"

    async def test_another_sites_form_is_refused(self, stranger):
        answer = await stranger.post(
            "/sign-in",
            data={"login": "citizen", "password": PASSWORD},
            headers={"sec-fetch-site": "cross-site"},
        )
        assert_problem(answer, 403)

    async def test_what_changes_something_repeats_the_pages_token(self, stranger):
        await sign_in(stranger)
        body = {"matter": "E01"}
        assert (
            "X-CSRF-Token"
            in assert_problem(await stranger.post("/api/events", json=body), 403)["detail"]
        )
        assert_problem(
            await stranger.post("/api/events", json=body, headers={"X-CSRF-Token": "x"}), 403
        )
        token = await csrf_of(stranger)
        answer = await stranger.post("/api/events", json=body, headers={"X-CSRF-Token": token})
        assert_problem(answer, 422)  # let in: only the report itself is wrong

    async def test_a_session_ends_by_idleness_and_by_age(self, stranger, town):
        await sign_in(stranger)
        for column, hours in (("seen_at", 0.6), ("created_at", 13)):
            async with town.begin() as connection:
                await connection.execute(
                    text("UPDATE login_session SET seen_at = now(), created_at = now()")
                )
            assert (await stranger.get("/api/me")).status_code == 200
            async with town.begin() as connection:
                await connection.execute(
                    text(f"UPDATE login_session SET {column} = now() - interval '{hours} hours'")
                )
            assert_problem(await stranger.get("/api/me"), 401)

    async def test_a_second_factor_comes_between_password_and_entry(self, stranger):
        await sign_in(stranger, "factored")
        assert "not finished" in assert_problem(await stranger.get("/api/me"), 401)["detail"]
        page = await stranger.get("/sign-in")
        assert "验证码" in page.text
        wrong = await stranger.post("/sign-in/code", data=form_of(page) | {"code": "000000"})
        assert wrong.status_code == 401
        right = await stranger.post("/sign-in/code", data=form_of(page) | {"code": code_now()})
        assert right.headers["location"] == "/"
        assert (await stranger.get("/api/me")).json()["login"] == "factored"

    async def test_without_the_pages_token_a_step_is_refused(self, stranger):
        await sign_in(stranger, "factored")
        assert_problem(await stranger.post("/sign-in/code", data={"code": code_now()}), 403)

    async def test_a_step_cannot_be_left_out(self, stranger):
        await sign_in(stranger, "factored")
        page = form_of(await stranger.get("/sign-in"))
        for step, fields in (
            ("password", {"old": PASSWORD, "new": "Another-Horse-8"}),
            ("enrol", {"secret": SECRET, "code": code_now()}),
        ):
            answer = await stranger.post(f"/sign-in/{step}", data=page | fields)
            assert_problem(answer, 401)

    async def test_the_first_time_password_and_second_factor_are_set(self, stranger, town):
        async with town.begin() as connection:
            await connection.execute(
                text("UPDATE account SET must_change_password = true WHERE login = 'staff'")
            )
        first = await sign_in(stranger, "staff")
        page = await stranger.get("/sign-in")
        plain = {"old": PASSWORD, "new": "too plain"}
        assert (
            await stranger.post("/sign-in/password", data=form_of(page) | plain)
        ).status_code == 422
        wanted = {"old": PASSWORD, "new": "Another-Horse-8"}
        await stranger.post("/sign-in/password", data=form_of(page) | wanted)
        # Every step has a cookie of its own: what was seen before opens nothing.
        assert stranger.cookies["gridsvc"] != first.cookies["gridsvc"]
        page = await stranger.get("/sign-in")
        assert "data:image/svg+xml" in page.text
        fields = form_of(page)
        code = pyotp.TOTP(fields["secret"]).now()
        await stranger.post("/sign-in/enrol", data=fields | {"code": code})
        assert (await stranger.get("/api/me")).json()["login"] == "staff"
        stranger.cookies.clear()
        assert (await sign_in(stranger, "staff")).status_code == 401
        assert (await sign_in(stranger, "staff", "Another-Horse-8")).status_code == 303


class TestDemonstration:
    async def test_its_accounts_open_nothing_elsewhere(self, town, town_url, client_of):
        hashed = await passwords.hashed(PASSWORD)
        async with transaction(town) as session:
            await open_account(session, "demo", [Role.DISPATCHER], password_hash=hashed)
            await session.execute(text("UPDATE account SET demonstration = login = 'demo'"))
        demo = {"demonstration": True, "second_factor": "required"}
        async with client_of(town_url, headers=None, **demo) as client:
            token = (await ask_token(client, "demo")).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            assert (await client.get("/api/me", headers=headers)).status_code == 200
            await sign_in(client, "demo")
            cookies = dict(client.cookies)
        async with client_of(town_url, headers=None) as client:
            assert (await ask_token(client, "demo")).status_code == 401
            assert_problem(await client.get("/api/me", headers=headers), 403)
            client.cookies.update(cookies)
            assert_problem(await client.get("/api/me"), 403)


class TestPasswords:
    @pytest.mark.parametrize(
        "password", ["Short-1", "x" * 129, "onlysmallletters", "12345678901234", "My-wang.fang-1"]
    )
    def test_what_is_easy_to_guess_is_refused(self, password):
        with pytest.raises(BadInput):
            passwords.check(password, "wang.fang")

    @pytest.mark.parametrize(
        "password",
        [PASSWORD, "正确的马-Battery", passwords.one_time()],
        ids=["set", "mixed", "made"],
    )
    def test_what_is_hard_to_guess_is_taken(self, password):
        passwords.check(password, "wang.fang")

    def test_one_time_passwords_differ(self):
        assert len({passwords.one_time() for _ in range(100)}) == 100


class TestSecondFactor:
    def test_only_the_neighbouring_half_minutes_count(self):
        secret, now_s = second_factor.new_secret(), 1_800_000_000.0
        totp = pyotp.TOTP(secret)
        for steps in range(-3, 4):
            found = second_factor.step_of(
                secret, totp.at(now_s + 30 * steps), now_s=now_s, last_step=None
            )
            assert (found is not None) == (abs(steps) <= 1), steps
