"""The leader's page: figures, cases, briefing and coverage map."""

from __future__ import annotations

from tests.bench.handbook.camera import Camera


def overview(camera: Camera) -> None:
    page = camera.signed_in("supervisor", (1366, 900))
    page.goto("/overview")
    page.wait_for_selector("#children tbody tr")
    page.select_option("#rate", "filed")
    camera.take(page, "overview")
    children = page.locator("section.panel", has=page.locator("#children"))
    children.scroll_into_view_if_needed()
    camera.take(children, "overview-children")
    page.locator("[data-tile=reported]").click()
    page.wait_for_selector("#cases tbody tr")
    page.locator("#cases").scroll_into_view_if_needed()
    camera.take(page, "overview-cases")
    page.goto("/overview")
    page.select_option("#briefing [name=kind]", "households")
    page.locator("#briefing button").click()
    page.wait_for_selector("#briefing-state a")
    panel = page.locator("section.panel", has=page.locator("#briefing"))
    panel.scroll_into_view_if_needed()
    camera.take(panel, "briefing")
    page.goto("/maps/coverage")
    page.wait_for_selector("[data-drawn]")
    camera.take(page, "coverage")
    page.context.close()
