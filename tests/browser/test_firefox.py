"""Every page in Firefox ESR, at a desk's size and a phone's: no fault, nothing wider than it."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from gridsvc.accounts.access import COOKIE
from gridsvc.accounts.roles import Role
from gridsvc.accounts.sign_in import SignedIn, open_browser
from gridsvc.accounts.steps import Step
from gridsvc.db import transaction
from gridsvc.drafts import starting
from gridsvc.drafts.schemas import DraftIn
from tests.browser.test_dispatch_desk import report
from tests.live import served
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff
from tests.web.test_languages import WEB
from tests.who import open_account

pytestmark = pytest.mark.browser

FIREFOX = "/usr/bin/firefox-esr"
SCRIPT = Path(__file__).with_name("firefox.mjs")
SIZES = [(1366, 768), (390, 844)]
#: All of it, start of the browser included; what takes longer hangs.
MOST_S = 400
#: Who looks at a page, and what is on it once it is drawn.
PAGES = {
    "/": ("desk", "#answer, .who"),
    "/sign-in": ("stranger", "[name=login]"),
    "/help": ("stranger", "h1"),
    "/help/planner": ("stranger", "h2"),
    "/docs": ("desk", ".swagger-ui .opblock"),
    "/report": ("stranger", "main"),
    "/field": ("worker", "main"),
    "/overview": ("desk", "#trend-table tbody tr"),
    "/outreach": ("desk", "#registers .views"),
    "/registers": ("desk", "#registers .views"),
    "/appraisal": ("desk", "#registers .views"),
    "/dispatch": ("desk", "main[data-shown] .row"),
    "/dispatch/wall": ("desk", "main[data-shown]"),
    f"/plan?division={COMMUNITY}": ("desk", "#table"),
    "/plan?draft=1": ("desk", "[data-ready]"),
    "/maps/coverage": ("desk", "#gridsvc-legend:not([hidden])"),
    "/plans/1/report": ("desk", "h1"),
}


async def cookie_of(session, login, roles, **given):
    account_id = await open_account(session, login, roles, [COUNTY], **given)
    secret = await open_browser(session, SignedIn(account_id, login, Step.DONE))
    return {"name": COOKIE, "value": secret}


@pytest.fixture
async def cookies(town):
    """A town with an event, a draft, somebody at the desk and somebody in the field."""
    await staff(town, a_person("w0", middle(0, 0)))
    await report(town)
    async with transaction(town) as session:
        roles = [Role.DISPATCHER, Role.PLANNER, Role.SUPERVISOR]
        desk = await cookie_of(session, "desk", roles)
        await starting.start(session, DraftIn(division=COMMUNITY, name="草案"), {})
        worker = await cookie_of(session, "worker", [Role.GRID_WORKER], person_id=1)
    return {"stranger": None, "desk": desk, "worker": worker}


async def looked_at(address, cookies, pictures=None):
    """What Firefox tells of every page, a line each."""
    asked = {
        "web": str(WEB),
        "firefox": FIREFOX,
        "address": address,
        "cookies": cookies,
        "pages": [{"path": p, "as": who, "until": until} for p, (who, until) in PAGES.items()],
        "sizes": SIZES,
        "pictures": pictures,
    }
    process = await asyncio.create_subprocess_exec(
        "node",
        SCRIPT,
        json.dumps(asked),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(MOST_S):
            out, err = await process.communicate()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)  # the browser is a child of the script
        raise
    assert process.returncode == 0, err.decode()[-2000:]
    return [json.loads(line) for line in out.decode().splitlines()]


async def test_every_page_works_in_firefox_at_both_sizes(town_url, cookies):
    with served(town_url) as address:
        told = await looked_at(address, cookies, os.environ.get("PICTURES"))
    assert len(told) == len(PAGES) * len(SIZES)
    faults = [
        f"{one['path']} at {one['width']}: {one['complaints'] or one['wide']}"
        for one in told
        if one["complaints"] or one["wide"] > 0 or one["shown"] < 20
    ]
    assert not faults, "\n".join(faults)
