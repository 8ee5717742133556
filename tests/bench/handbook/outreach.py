"""The register of visits, windows and receptions."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.bench.handbook.camera import DESK, Camera

#: The window at which the demonstration has registered something.
WINDOW = "通挽五事窗口"


def outreach(camera: Camera) -> None:
    page = camera.signed_in("supervisor", DESK)
    for view in ("visits", "warnings", "windows", "receptions", "devices"):
        page.goto(f"/outreach?view={view}")
        if view == "windows":
            page.select_option("[name=chosen]", label=WINDOW)
            page.get_by_role("button", name="显示").click()
            page.wait_for_load_state()
        camera.take(page, f"outreach-{view}")
        if view == "visits":
            judge(camera, page)
    page.context.close()


def judge(camera: Camera, page: Page) -> None:
    """A doubted visit with the form that judges it."""
    page.locator("article summary", has_text="判定").first.click()
    panel = page.locator("section.panel", has=page.locator("article"))
    camera.take(panel.first, "outreach-doubted")
