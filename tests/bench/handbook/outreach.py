"""The register of visits, windows and receptions."""

from __future__ import annotations

from tests.bench.handbook.camera import DESK, Camera


def outreach(camera: Camera) -> None:
    page = camera.signed_in("supervisor", DESK)
    for view in ("visits", "warnings", "windows", "receptions", "devices"):
        page.goto(f"/outreach?view={view}")
        camera.take(page, f"outreach-{view}")
    page.context.close()
