"""The commands ``gridsvc devices …`` as a user calls them."""

import asyncio
import json

import pytest

from gridsvc.db import make_engine
from tests.test_cli import failing, gridsvc, on_town  # noqa: F401 - fixtures
from tests.towns import a_person, middle, staff


@pytest.fixture
def told(town_url, on_town, gridsvc):  # noqa: F811
    """Run a command on a town with one worker; its JSON."""

    async def settle():
        engine = make_engine(town_url)
        await staff(engine, a_person("w", middle(0, 0)))
        await engine.dispose()

    asyncio.run(settle())

    def run(*arguments):
        code, out, err = gridsvc("devices", *arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return run


def test_a_phone_is_registered_listed_and_revoked(told):
    new = told("register", "w", "--datum", "gcj02", "--label", "华为 Mate 60")
    assert new["key"].startswith("gsd_")
    (device,) = told("list", "w")["devices"]
    assert (device["label"], device["datum"]) == ("华为 Mate 60", "gcj02")
    assert new["key"] not in json.dumps(device)
    assert told("revoke", device["id"])["revoked_at"] is not None
    assert told("list", "w")["devices"][0]["revoked_at"] is not None


def test_what_cannot_be_is_said_in_one_line(told, failing):  # noqa: F811
    assert "nobody has the code 'x'" in failing("devices", "register", "x", "--datum", "wgs84")
    assert "label" in failing("devices", "register", "w", "--datum", "wgs84", "--label", "")
    assert "no device 99" in failing("devices", "revoke", "99")
