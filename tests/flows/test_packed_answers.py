"""Cells and tiles go out packed to whoever takes it, and name the same content unpacked."""

import pytest

from tests.towns import middle, tile_at

PLAIN = {"accept-encoding": "identity"}
TILE = "/api/tiles/{}/{}/{}".format(13, *tile_at(*middle(0, 0), 13))


@pytest.mark.parametrize("path", ["/api/micro-grids", "/api/grids", TILE])
async def test_the_same_comes_packed_and_plain(client, path):
    packed = await client.get(path, headers={"accept-encoding": "gzip"})
    plain = await client.get(path, headers=PLAIN)
    assert packed.status_code == plain.status_code == 200
    assert packed.content == plain.content
    if len(plain.content) > 1000:
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
        assert "accept-encoding" in packed.headers["vary"].lower()
    assert "content-encoding" not in plain.headers


async def test_a_tile_is_known_again_however_it_came(client):
    packed = await client.get(TILE, headers={"accept-encoding": "gzip"})
    again = await client.get(TILE, headers=PLAIN | {"if-none-match": packed.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_what_may_hold_a_secret_is_not_packed(client):
    for path in ("/api/events", "/docs", "/openapi.json"):
        answer = await client.get(path, headers={"accept-encoding": "gzip"})
        assert "content-encoding" not in answer.headers, path
