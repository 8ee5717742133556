"""The commands ``gridsvc audit …`` as a user calls them."""

import asyncio
import json

import pytest
from sqlalchemy import text

from gridsvc.db import make_engine
from tests.audit.trail import record
from tests.test_cli import failing, gridsvc, on_empty  # noqa: F401 - fixtures


@pytest.fixture
def told(database_url, on_empty, gridsvc):  # noqa: F811
    """Run a command on a trail of three entries; its exit code and JSON."""

    async def write():
        engine = make_engine(database_url)
        await record(engine, times=3)
        await engine.dispose()

    asyncio.run(write())

    def run(*arguments):
        code, out, _ = gridsvc(*arguments, "--json")
        return code, json.loads(out)

    return run


def test_search_verify_and_heads(told, tmp_path):
    _, found = told("audit", "search", "--action", "unmasked")
    assert [entry["object_id"] for entry in found["entries"]] == ["WG1"] * 3
    assert told("audit", "verify") == (0, {"whole": True, "breaks": []})
    heads = tmp_path / "heads.json"
    heads.write_text(json.dumps(told("audit", "heads")[1]), "utf-8")
    assert told("audit", "verify", "--earlier", heads) == (0, {"whole": True, "breaks": []})
    assert told("audit", "prune") == (0, {"removed": 0})


def test_a_broken_chain_ends_with_code_1(told, database_url):
    async def tamper():
        engine = make_engine(database_url)
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(text("DELETE FROM audit_entry WHERE sequence = 2"))
        await engine.dispose()

    asyncio.run(tamper())
    code, result = told("audit", "verify")
    assert code == 1
    assert [one["fault"] for one in result["breaks"]] == ["missing"]


def test_fewer_days_than_the_law_asks_for_are_refused(on_empty, failing):  # noqa: F811
    assert "184" in failing("audit", "prune", "--keep-days", "30")


def test_heads_that_are_none_are_said(on_empty, failing, tmp_path):  # noqa: F811
    assert "gridsvc audit heads" in failing("audit", "verify", "--earlier", tmp_path / "none")
