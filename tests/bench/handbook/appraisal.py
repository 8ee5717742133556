"""Indicators, quoted figures, surveys, stars, rounds and trends."""

from __future__ import annotations

from tests.bench.handbook.camera import DESK, Camera


def appraisal(camera: Camera) -> None:
    page = camera.signed_in("appraiser", DESK)
    for view in ("indicators", "declared", "surveys", "stars", "rounds", "trends"):
        page.goto(f"/appraisal?view={view}")
        camera.take(page, f"appraisal-{view}")
    page.context.close()
