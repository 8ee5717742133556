import re

import pytest

PAGES = ("/report", "/report/mine", "/report/handled", "/field")


@pytest.fixture
async def stranger(town_url, client_of):
    async with client_of(town_url, headers=None) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_open_to_everybody_and_load_only_what_exists(stranger, path):
    page = await stranger.get(path)
    assert page.status_code == 200
    wanted = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert all(re.match(r"/(?!/)|#", link) for link in wanted)
    for link in (
        link for link in wanted if link.startswith(("/static/", "/report/app", "/field/app"))
    ):
        assert (await stranger.get(link)).status_code == 200, link
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    code = r"<script(?![^>]*\bsrc=)(?! type=\"application/json\")"  # which is data
    assert not re.search(code + r"|<style|\son\w+=|\sstyle=", page.text)


async def test_the_form_offers_matters_under_what_they_are_among(stranger):
    page = (await stranger.get("/report")).text
    group = re.search(r'<optgroup label="事件">(.*?)</optgroup>', page, re.DOTALL)[1]
    assert re.findall(r'value="(\w+)"', group) == ["E01", "E02"]


async def test_a_page_knows_where_its_map_begins_or_does_not(stranger, database_url, client_of):
    assert 'data-lon="118.702" data-lat="32.002"' in (await stranger.get("/report")).text
    async with client_of(database_url, headers=None) as nowhere:
        page = await nowhere.get("/report")
    assert page.status_code == 200
    assert "data-lon" not in page.text


async def test_a_worker_may_rule_its_page_alone(stranger):
    answer = await stranger.get("/report/worker.js")
    assert answer.headers["service-worker-allowed"] == "/report"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert (await stranger.get("/docs/worker.js")).status_code == 422


async def test_the_manifest_speaks_the_readers_language(stranger):
    told = (await stranger.get("/report/app.webmanifest")).json()
    assert (told["short_name"], told["lang"]) == ("随手报", "zh-CN")
    assert {icon.get("purpose") for icon in told["icons"]} == {None, "maskable"}
    stranger.cookies.set("language", "en")
    assert (await stranger.get("/report/app.webmanifest")).json()["short_name"] == "Report"


async def test_pages_are_counted_as_public_data_is(town_url, client_of):
    async with client_of(town_url, headers=None, public_per_minute=2) as client:
        codes = [(await client.get("/report")).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
