"""The right programs, led to the right database without a word on the command line."""

import pytest
from sqlalchemy.engine import make_url

from gridsvc.backup import tools
from gridsvc.backup.tools import environment, find_tool
from gridsvc.errors import Unavailable


def led_by(url):
    return {name: value for name, value in environment(make_url(url)).items() if name[:2] == "PG"}


def test_every_part_of_a_url_is_passed_on():
    assert led_by("postgresql+asyncpg://u:p%40ss@h:5433/d?ssl=require") == {
        "PGHOST": "h", "PGPORT": "5433", "PGUSER": "u", "PGPASSWORD": "p@ss",
        "PGDATABASE": "d", "PGSSLMODE": "require", "PGAPPNAME": "gridsvc",
    }  # fmt: skip


def test_a_socket_is_named_in_the_query():
    told = led_by("postgresql+asyncpg://gridsvc@/gridsvc?host=/run/x&port=5432")
    assert (told["PGHOST"], told["PGPORT"]) == ("/run/x", "5432")
    assert "PGPASSWORD" not in told


def test_what_leads_elsewhere_is_left_out(monkeypatch):
    for name in ("PGSERVICE", "PGHOSTADDR", "PGOPTIONS", "GRIDSVC_DATABASE_URL", "PGHOST"):
        monkeypatch.setenv(name, "elsewhere")
    assert "elsewhere" not in environment(make_url("postgresql://u@h/d")).values()


@pytest.mark.parametrize("name", ["pg_dump", "pg_restore"])
def test_tools_are_found_beside_the_server(name):
    tool = find_tool(name, 15)
    assert tool.name == name
    assert tool.is_file()


@pytest.mark.parametrize("name", ["pg_dump", "pg_restore"])
def test_a_missing_tool_is_one_line_with_the_package(name, monkeypatch, tmp_path):
    monkeypatch.setattr(tools, "DEBIAN_ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=rf"{name} of PostgreSQL 15 .*apt-get install"):
        find_tool(name, 15)


def test_an_older_tool_will_not_do():
    with pytest.raises(Unavailable, match="PostgreSQL 99 or newer"):
        find_tool("pg_dump", 99)


def test_the_server_s_own_version_is_preferred(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for version in (14, 15, 16, 17):
        tool = tmp_path / str(version) / "bin" / "pg_dump"
        tool.parent.mkdir(parents=True)
        tool.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.3'\n", encoding="utf-8")
        tool.chmod(0o755)
    monkeypatch.setattr(tools, "DEBIAN_ROOT", tmp_path)
    for server, best in ((15, "15"), (16, "16"), (13, "14")):
        assert find_tool("pg_dump", server).parts[-3] == best
