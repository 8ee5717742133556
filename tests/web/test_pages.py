import re
from html import unescape
from importlib.resources import files

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from gridsvc.errors import Unavailable
from gridsvc.maps import inline
from gridsvc.web import pages
from tests.web.site import figures, make_site


def client(site: FastAPI) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(site), base_url="http://site")


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_only_their_own_files_and_every_one_exists(path):
    async with client(make_site(figures())) as browser:
        page = await browser.get(path)
        assert page.status_code == 200
        wanted = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert wanted
        assert all(link.startswith("/") and not link.startswith("//") for link in wanted)
        for link in (link for link in wanted if link.startswith("/static/")):
            assert (await browser.get(link)).status_code == 200, link


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_policy_allows_no_inline_code_and_the_page_has_none(path):
    async with client(make_site(figures())) as browser:
        page = await browser.get(path)
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    code = r"<script(?![^>]*\bsrc=)(?! type=\"application/json\")"  # which is data
    assert not re.search(code + r"|<style|\son\w+=|\sstyle=", page.text)


async def test_figures_are_shown_with_their_denominators():
    async with client(make_site(figures(workers_on_duty=14, workers=20))) as browser:
        text = re.sub(r"<[^>]*>", "", (await browser.get("/")).text)
    assert "青云镇" in text
    assert "14 / 20" in text
    assert "4 / 31" in text
    assert "5,120" in text


async def test_without_figures_the_page_says_how_to_load_some():
    async with client(make_site(None)) as browser:
        page = await browser.get("/")
    assert page.status_code == 200
    assert "gridsvc load" in page.text


async def test_text_from_outside_stays_text():
    payload = "<img src=x onerror=alert(1)>\"'`${1}"
    told = figures(town=payload, matters=[(payload, payload)])
    async with client(make_site(told)) as browser:
        page = await browser.get("/")
    assert "<img src=x" not in page.text
    assert payload in unescape(page.text)


async def test_pages_stay_out_of_the_api_schema():
    async with client(make_site(None)) as browser:
        paths = (await browser.get("/openapi.json")).json()["paths"]
    assert set(paths) == {"/api/micro-grids/at", "/api/nearest"}


def test_missing_assets_are_said_when_the_application_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(inline, "files", lambda _: tmp_path)
    with pytest.raises(Unavailable, match="make setup"):
        pages.mount_static(FastAPI())


def test_every_script_of_the_pages_is_a_file_of_the_package():
    static = files("gridsvc").joinpath("web", "static")
    for template in files("gridsvc").joinpath("web", "templates").iterdir():
        for name in re.findall(r'/static/([^"]+)', template.read_text(encoding="utf-8")):
            assert static.joinpath(name).is_file(), name


@pytest.mark.parametrize(
    "path",
    [
        "/static/../pages.py",
        "/static/..%2f..%2fconfig.py",
        "/static/%2e%2e/%2e%2e/config.py",
        "/static/..\\..\\config.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/vendor/../../templates/layout.html",
    ],
)
async def test_nothing_but_static_files_is_served(path):
    async with client(make_site(None)) as browser:
        page = await browser.get(path)
    assert page.status_code in {400, 404}
    assert "import" not in page.text
    assert "root:" not in page.text
