"""Registers: groups, standards, projects, sittings, repairs, and what is asked twice."""

from __future__ import annotations

from tests.bench.handbook.camera import DESK, Camera

VIEWS = (
    *("groups&kind=volunteer_team", "standards", "projects", "sittings"),
    *("repairs", "services", "burden"),
)


def registers(camera: Camera) -> None:
    page = camera.signed_in("supervisor", DESK)
    for view in VIEWS:
        page.goto(f"/registers?view={view}")
        camera.take(page, f"registers-{view.partition('&')[0]}")
    page.context.close()
