"""A payload in every text there is, on every page and map, in a real browser: none of it runs."""

import re

import pytest
from sqlalchemy import text

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.people import service as people
from tests.browser.conftest import Watched
from tests.dispatch.test_service import a_report
from tests.live import served
from tests.towns import COMMUNITY, a_person, an_officer, middle
from tests.who import KEYRING, open_account

pytestmark = pytest.mark.browser

PASSWORD = "Correct-Horse-7"
#: Each sets a mark in the page if it runs: as markup, as an attribute, in a template, in a script.
PAYLOADS = [
    "<img src=x onerror=\"window.ran='img'\">",
    "</script><script>window.ran='script'</script>",
    "\"' onmouseover=\"window.ran='attribute'\" x='",
    "${window.ran='template'}",
    "{{7*7}}{%set x=1%}`;window.ran='backtick'//",
    "javascript:window.ran='link'",
    "<svg/onload=window.ran='svg'>\u2028\u202e]]><!--",
]
#: Columns of text that reach people; everything else is a code, a number or a state.
TEXTS = {
    "division": "name",
    "matter": "name",
    "power": "name",
    "unit": "name",
    "power_entry": "name",
    "matter_entry": "name",
    "unit_entry": "name",
    "delegation": "from_unit",
    "time_limit": "name",
    "duty": "task",
    "calendar_day": "name",
    "person": "name_masked",
    "assignment": "reason",
    "device": "label",
    "duty_change": "actor",
    "event": "description",
    "event_history": "note",
    "event_stage": "name",
    "suspension": "note",
    "publication": "note",
    "duplicate_link": "note",
    "road_condition": "reason",
    "road_condition_history": "note",
    "whistle_call": "description",
    "whistle_history": "note",
    "whistle_unit": "comment",
}


@pytest.fixture
async def poisoned(town, town_url):
    """A service on a town where every text is a payload, with a browser's account."""
    hashed = await passwords.hashed(PASSWORD)
    async with transaction(town) as session:
        await people.load_people(
            session,
            [a_person(f"w{n}", middle(n, n), name=PAYLOADS[n], capacity=9) for n in range(4)]
            + [an_officer("o", middle(1, 2), name=PAYLOADS[4], capacity=9)],
            KEYRING,
        )
        await people.post_to_cells(session, COMMUNITY)
        for number, payload in enumerate(PAYLOADS):
            matter = "E02" if number % 2 else "E01"
            event = a_report(number % 4, number // 4, matter=matter, description=payload)
            await dispatch.report(session, event, KEYRING)
        await open_account(session, "desk", [Role.DISPATCHER, Role.PLANNER], password_hash=hashed)
    async with town.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, column in TEXTS.items():
            await connection.execute(
                text(
                    f"UPDATE {table} SET {column} = left((CAST(:payloads AS text[]))"
                    f"[1 + abs(hashtext({table}::text)) % :n], 90)"
                ),
                {"payloads": PAYLOADS, "n": len(PAYLOADS)},
            )
    with served(town_url) as address:
        yield address


@pytest.fixture
async def seen(browser, poisoned):
    """A page of a browser that reaches the service alone, and all it complained of."""
    context = await browser.new_context(base_url=poisoned)
    context.set_default_timeout(20_000)
    seen = Watched(await context.new_page())
    seen.watch()
    yield seen
    await context.close()


async def signed_in(page):
    await page.goto("/sign-in")
    await page.fill("[name=login]", "desk")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_selector(".who")


async def ran(page):
    return await page.evaluate("window.ran ?? null")


async def test_pages_show_payloads_as_text(seen):
    await signed_in(seen.page)
    await seen.page.get_by_role("button", name="定位").click()
    await seen.page.wait_for_selector("#answer dl")
    assert await ran(seen.page) is None
    for path in ("/", "/docs", "/sign-in?next=/%22%3E%3Cscript%3Ewindow.ran=1%3C/script%3E"):
        await seen.page.goto(f"{path}")
        assert await ran(seen.page) is None
    assert not [c for c in seen.complaints if "dialog" in c]


async def test_the_map_shows_payloads_as_text(seen):
    await signed_in(seen.page)
    await seen.page.goto("/maps/coverage")
    await seen.page.wait_for_function("document.querySelectorAll('canvas').length > 0")
    box = await seen.page.locator(".leaflet-container, #map, .folium-map").first.bounding_box()
    for share in (0.2, 0.35, 0.5, 0.65, 0.8):
        for down in (0.25, 0.5, 0.75):
            x, y = box["x"] + share * box["width"], box["y"] + down * box["height"]
            await seen.page.mouse.move(x, y)
            await seen.page.mouse.click(x, y)
    assert await ran(seen.page) is None
    page = await seen.page.content()
    assert not re.search(r"<img[^>]+onerror", page)
    # They are there to be read.
    assert "window.ran" in await seen.page.inner_text("body")


async def test_a_sign_in_that_failed_echoes_nothing_that_runs(seen):
    for payload in PAYLOADS[:3]:
        await seen.page.goto("/sign-in")
        await seen.page.fill("[name=login]", payload[:60])
        await seen.page.fill("[name=password]", payload)
        await seen.page.get_by_role("button", name="登录").click()
        await seen.page.wait_for_selector(".failure")
        assert await ran(seen.page) is None


async def test_every_text_column_that_people_see_was_poisoned(town):
    """A new one is to be added to `TEXTS`, or to what is no text for people."""
    not_for_people = {
        *("code", "parent_code", "level", "role", "kind", "scheme", "state", "datum", "source_id"),
        *("division_code", "matter_code", "power_code", "address_code", "unit", "room", "class"),
        *("client_key", "waiting_reason", "person_code", "person_role", "person_name", "actor"),
        *("from_state", "to_state", "released_as", "released_by", "eta_by", "login", "purpose"),
        *("media_type", "via"),
        *("name_sealed", "name_masked", "phone_sealed", "id_number_sealed", "contact_name_sealed"),
        *("contact_phone_sealed", "second_factor_sealed", "password_hash", "oidc_issuer"),
        *("oidc_subject", "csrf", "step", "beginning", "label", "address", "request_id", "action"),
        *("unit_kind", "part", "stage", "time_unit", "first", "reach", "travel_mode", "hours"),
        *("unit_code", "source", "digest"),
        *("outcome", "undated_because", "rung", "told_code", "reason", "asked_by", "decided_by"),
        *("decision_note", "county_code", "number", "published_by", "withdrawn_by", "linked_by"),
        "unlinked_by",
        # Codes, our own words, and what is sealed; facts of notices are JSON.
        *("subject_type", "subject_id", "occasion", "unit_code", "service", "url_sealed"),
        *("language", "failure"),
        *("object_id", "version_num", "legal_basis", "pattern", "description", "made_from"),
        *("source", "unused", "cause", "home_unit", "commanding_unit"),
        *("digest", "source", "road_class", "change"),
        *("deed", "channel", "due_by", "told_unit"),
    }
    async with town.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND data_type = 'text'"
                " AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')"
                " AND table_name <> 'spatial_ref_sys'"
            )
        )
    unknown = {
        (table, column)
        for table, column in found
        if TEXTS.get(table) != column and column not in not_for_people
    }
    # Names of sites and cells' scheme names are shown nowhere yet.
    assert unknown <= {("site", "name"), ("code_scheme", "name")}
