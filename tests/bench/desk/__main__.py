"""The desks' pages at work: ``python -m tests.bench.desk [desk|wall|both|plan] [--json FILE]``.

`desk`: 20 events a second arrive, live two minutes and are closed; 6,000 people move, all of them
told every second; meanwhile somebody walks through the list and moves the map.
`wall`: a day of 5,000 events and 300 people, with the clock 240 times faster.
`plan`: a community of 3,025 buildings in some 500 cells is opened, and a corner dragged in sight of
all of them.
"""

import argparse
import asyncio
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.async_api import async_playwright

from gridsvc import migrations
from gridsvc.accounts.access import COOKIE
from gridsvc.accounts.roles import Role
from gridsvc.accounts.sign_in import SignedIn, open_browser
from gridsvc.accounts.steps import Step
from gridsvc.app import create_app
from gridsvc.config import Settings
from gridsvc.db import make_engine, transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.postgis import start
from tests.bench.desk import planner, watch
from tests.bench.desk.storm import Storm
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.conftest import service_of
from tests.dispatch.test_service import a_report
from tests.live import NO_LIMITS, served
from tests.towns import COUNTY, settle
from tests.who import KEYRING, open_account

DESK = {"events_per_s": 20, "life_s": 120, "people": 6000}
DAY = {"events_per_s": 5000 / 86400, "life_s": 4 * 3600, "people": 300, "positions_every_s": 60}
SPEED = 240


@contextmanager
def stormy(url, **storm):
    """Address of the real service with a storm around it."""
    app = Storm(create_app(Settings(**NO_LIMITS), service_of(url), KEYRING), **storm)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            thread.join(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        app.over = server.should_exit = True
        thread.join(60)


async def cookie_of(url, address):
    """Cookie of somebody at both desks who is signed in."""
    engine = make_engine(url)
    async with transaction(engine) as session:
        account = await open_account(
            session, f"desk-{address[-5:]}", [Role.DISPATCHER, Role.PLANNER], [COUNTY]
        )
        secret = await open_browser(session, SignedIn(account, "desk", Step.DONE))
    await engine.dispose()
    return {"name": COOKIE, "value": secret, "url": address}


async def opened(browser, url, address, path, size, script=None):
    context = await browser.new_context(viewport=dict(zip(("width", "height"), size, strict=True)))
    await context.add_cookies([await cookie_of(url, address)])
    page = await context.new_page()
    if script:
        await page.add_init_script(script)
    await page.goto(address + path)
    await page.wait_for_selector("main[data-shown]", timeout=60_000)
    return page


async def walk_about(page):
    """Somebody at work: the next event, the list scrolled, the map moved."""
    await page.keyboard.press("j")
    await page.mouse.move(170, 400)
    await page.mouse.wheel(0, 600)
    await page.mouse.move(600, 400)
    await page.mouse.down()
    await page.mouse.move(640, 430, steps=8)
    await page.mouse.up()


async def at_the_desk(browser, url, seconds, picture=None):
    with stormy(url, **DESK) as address:
        page = await opened(browser, url, address, "/dispatch", (1366, 768))
        for _ in range(4):  # until everybody is in sight
            await page.click(".ol-zoom-out")
            await page.wait_for_timeout(400)
        told = await watch.over(page, seconds, every_s=10, meanwhile=walk_about)
        told["listed"] = int(await page.get_attribute("main", "data-shown"))
        if picture:
            await page.screenshot(path=picture)
        await page.context.close()
    return told


async def on_the_wall(browser, url, hours):
    with stormy(url, **DAY, speed=SPEED) as address:
        faster = watch.FASTER % SPEED
        page = await opened(browser, url, address, "/dispatch/wall", (1920, 1080), faster)
        seconds = hours * 3600 / SPEED
        told = await watch.over(page, seconds, every_s=seconds / 12)
        told["listed"] = int(await page.get_attribute("main", "data-shown"))
        await page.context.close()
    return told


async def planning(browser, url, picture=None):
    draft = await planner.prepared(url)
    with served(url) as address:
        context = await browser.new_context(viewport={"width": 1366, "height": 768})
        await context.add_cookies([await cookie_of(url, address)])
        page = await context.new_page()
        told = await planner.at_work(page, address, draft)
        if picture:
            await page.screenshot(path=picture)
        await context.close()
    return told


async def main(which, seconds, hours, picture):
    """Figures by page."""
    told = {}
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-desk-"))
    folder.chmod(0o755)
    cluster = start(folder / "data", settings={"fsync": "off"})
    try:
        engine = make_engine(cluster.url)
        await migrations.upgrade(engine)
        async with transaction(engine) as session:
            await settle(session)
            await dispatch.report(session, a_report(1, 1), KEYRING)
        await engine.dispose()
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            if which in {"desk", "both"}:
                told["desk"] = await at_the_desk(browser, cluster.url, seconds, picture)
            if which in {"wall", "both"}:
                told["wall"] = await on_the_wall(browser, cluster.url, hours)
            if which == "plan":
                told["plan"] = await planning(browser, cluster.url, picture)
            await browser.close()
    finally:
        cluster.stop()
        shutil.rmtree(folder)
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "which", nargs="?", default="both", choices=["desk", "wall", "both", "plan"]
    )
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--json", type=Path, help="file for the figures, beside the screen")
    parser.add_argument("--picture", help="file for a picture of the desk at the end")
    asked = parser.parse_args()
    figures = asyncio.run(main(asked.which, asked.seconds, asked.hours, asked.picture))
    print(watch.shown(figures))
    if asked.json:
        asked.json.write_text(watch.shown(figures), encoding="utf-8")
