"""The help pages: open to everybody, made of their own files alone, and led to from every desk."""

import re

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from gridsvc.accounts.access import visitor
from gridsvc.web import help_pages, pages
from gridsvc.web.chapters import CHAPTERS, chapter
from tests.web.site import DISPATCHER

PAGES = ("/help", *(f"/help/{name}" for name in CHAPTERS))


def make_site(who=None) -> FastAPI:
    site = FastAPI()
    site.dependency_overrides[visitor] = lambda: who
    site.include_router(help_pages.router)
    pages.mount_static(site)
    return site


@pytest.fixture
async def reader():
    transport = ASGITransport(make_site())
    async with AsyncClient(transport=transport, base_url="http://site") as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_made_of_files_of_this_service_that_exist(reader, path):
    page = await reader.get(path)
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert all(re.match(r"/(?!/)|#", link) for link in links)
    own = [link.partition("#")[0] for link in links if link.startswith(("/static/", "/help"))]
    assert len(own) > len(CHAPTERS)
    for link in set(own):
        assert (await reader.get(link)).status_code == 200, link
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\son\w+=|\sstyle=", page.text)


@pytest.mark.parametrize("name", CHAPTERS)
async def test_the_contents_lead_to_every_task(reader, name):
    page = (await reader.get(f"/help/{name}")).text
    assert re.findall(r'href="#([^"]+)"', page) == list(chapter(name).tasks)
    assert set(re.findall(r'<h2 id="([^"]+)"', page)) == set(chapter(name).tasks)


async def test_pictures_tell_their_size_so_that_nothing_jumps(reader):
    page = (await reader.get("/help/planner")).text
    pictures = re.findall(r"<img [^>]*/help/pictures[^>]*>", page)
    assert pictures
    assert all(re.search(r'width="\d+" height="\d+"', one) for one in pictures)


@pytest.mark.parametrize("path", ["/help/nothing", "/help/../app", "/help/README"])
async def test_what_is_no_chapter_is_refused(reader, path):
    assert (await reader.get(path)).status_code in {404, 422}


async def test_a_reader_of_english_is_told_that_the_handbook_is_chinese(reader):
    reader.cookies.set("language", "en")
    page = (await reader.get("/help/planner")).text
    assert "in Chinese only" in page
    assert '<article lang="zh-CN">' in page


async def test_who_is_signed_in_keeps_the_masthead():
    transport = ASGITransport(make_site(DISPATCHER))
    async with AsyncClient(transport=transport, base_url="http://site") as client:
        page = (await client.get("/help/dispatcher")).text
    assert 'href="/dispatch"' in page
