"""Indicators, surveys and stars."""

from __future__ import annotations

from tests.bench.handbook.camera import DESK, Camera


def appraisal(camera: Camera) -> None:
    page = camera.signed_in("appraiser", DESK)
    for view in ("indicators", "surveys", "stars"):
        page.goto(f"/appraisal?view={view}")
        camera.take(page, f"appraisal-{view}")
    page.context.close()
