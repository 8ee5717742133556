"""What is done on phones in several chapters."""

from __future__ import annotations

import io
import uuid

import shapely
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.bench.handbook.camera import PHONE, Camera

#: A manhole without its cover.
MANHOLE = "P0102"


def a_photo(*, covered: bool = False) -> dict:
    """A manhole without its cover, or with it, as far as one can be drawn."""
    picture = Image.new("RGB", (960, 720), (126, 130, 128))
    draw = ImageDraw.Draw(picture)
    for k in range(0, 960, 120):
        draw.line([(k, 0), (k - 160, 720)], fill=(112, 116, 114), width=4)
    draw.ellipse([300, 240, 680, 500], fill=(88, 90, 92), outline=(60, 60, 62), width=18)
    draw.ellipse([340, 272, 640, 470], fill=(104, 100, 92) if covered else (18, 20, 24))
    written = io.BytesIO()
    picture.save(written, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


def fill_in_report(page: Page, words: str) -> None:
    """A manhole without its cover, where the phone is."""
    page.set_input_files("#photo", a_photo())
    page.get_by_role("button", name="用手机定位").click()
    page.get_by_text("手机定位（WGS-84）").wait_for()
    page.locator("#report [name=description]").fill(words)
    page.select_option("#report [name=matter]", MANHOLE)


def place_in_a_cell(camera: Camera) -> tuple[float, float]:
    """Where the demonstration's worker answers for what happens."""
    page = camera.signed_in("grid-worker", PHONE)
    cell = page.request.get("/api/field").json()["cells"][0]
    page.context.close()
    middle = shapely.geometry.shape(cell["outline"]).representative_point()
    return middle.x, middle.y


def tell(page: Page, place: tuple[float, float], words: str) -> None:
    """What somebody without an account reports, without the page."""
    told = {"kind": "problem", "matter": MANHOLE, "description": words, "datum": "wgs84"}
    told |= {"lon": place[0], "lat": place[1], "client_key": str(uuid.uuid4())}
    answer = page.request.post("/api/public/reports", data=told)
    assert answer.ok, answer.text()
