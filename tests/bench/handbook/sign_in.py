"""Signing in: the page, somebody's first time, and the other language."""

from __future__ import annotations

import time

from playwright.sync_api import Page

from gridsvc.town.accounts import PASSWORD
from tests.bench.handbook.camera import DESK, Camera, sign_in_here

#: A form and what is said above it.
FORM = (900, 520)


def sign_in(camera: Camera) -> None:
    page = camera.visit(FORM)
    page.goto("/sign-in")
    page.fill("[name=login]", "demo-planner")
    camera.take(page, "sign-in")
    first_time(camera, page)
    page.context.close()
    page = camera.signed_in("supervisor", (DESK[0], 520))
    page.goto("/overview")
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="中文").wait_for()
    page.wait_for_selector("#children tbody tr")
    camera.take(page, "sign-in-english")
    page.context.close()


def first_time(camera: Camera, page: Page) -> None:
    """A planner whose account was opened a moment ago."""
    login = f"zhou-{int(time.time())}"
    given = open_account(page, login)
    page.goto("/sign-in")
    sign_in_here(page, login, given)
    page.get_by_label("当前密码").fill(given)
    page.get_by_label("新密码").fill("Chunji-2027-Huafen")
    camera.take(page, "sign-in-password")
    page.get_by_role("button", name="保存").click()
    page.get_by_alt_text("二维码").wait_for()
    page.set_viewport_size({"width": FORM[0], "height": 800})
    camera.take(page, "sign-in-enrol")


def open_account(page: Page, login: str) -> str:
    """The one-time password that the administrator hands on."""
    proof = {"login": "demo-administrator", "password": PASSWORD}
    token = page.request.post("/api/token", data=proof).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    (kept,) = page.request.get("/api/me", headers=headers).json()["areas"]
    wanted = {"login": login, "name": "周雨", "roles": ["planner"]}
    wanted |= {"division": kept, "areas": [kept]}
    opened = page.request.post("/api/accounts", data=wanted, headers=headers)
    return opened.json()["one_time_password"]
