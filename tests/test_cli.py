"""The command line: exit codes, one line for each failure, JSON for programs, help that teaches."""

import json
import socket
import sys
from pathlib import Path

import pytest

from gridsvc import cli
from gridsvc.exchange.layers import write_layers
from tests.towns import COMMUNITY, paper_area

TOWN = Path(__file__).resolve().parents[1] / "geodata" / "town"
COMMANDS = [
    *("run", "prepare", "split", "load", "plan", "map", "demo", "backup", "restore"),
    *("db upgrade", "db status"),
]


@pytest.fixture
def gridsvc(monkeypatch, capsys, tmp_path):
    """Run a command in this process; its exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gridsvc", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        told = capsys.readouterr()
        assert "Traceback" not in told.err + told.out
        return code, told.out, told.err

    return run


@pytest.fixture
def failing(gridsvc):
    """Run a command that must fail with one line on standard error; that line."""

    def run(*arguments, code=2):
        ended, out, err = gridsvc(*arguments)
        assert ended == code, err
        assert out == ""
        assert err.count("\n") == 1, err
        assert err.startswith("gridsvc: ")
        return err

    return run


@pytest.fixture
def on_town(town_url, monkeypatch):
    monkeypatch.setenv("GRIDSVC_DATABASE_URL", town_url)


@pytest.fixture
def on_empty(database_url, monkeypatch):
    monkeypatch.setenv("GRIDSVC_DATABASE_URL", database_url)


@pytest.fixture
def area(tmp_path):
    """The paper town as a prepared area."""
    frames = paper_area()
    path = tmp_path / "prepared.gpkg"
    write_layers(
        path,
        {"boundary": frames.boundary, "buildings": frames.buildings, "barriers": frames.barriers},
    )
    return path


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_command_and_option_is_explained(self, gridsvc, command):
        code, out, _ = gridsvc(*command.split(), "--help")
        assert code == 0
        assert len(out) > 200
        assert "Usage:" in out
        assert "Options" in out

    def test_the_first_page_names_every_command(self, gridsvc):
        _, out, _ = gridsvc("--help")
        assert all(command.split()[0] in out for command in COMMANDS)
        assert "GRIDSVC_" in out

    @pytest.mark.parametrize(
        "arguments", [("plam",), ("plan",), ("plan", "--target", "x"), ("split", "--seed", "-1")]
    )
    def test_a_wrong_call_is_exit_code_2(self, gridsvc, arguments):
        code, _, err = gridsvc(*arguments)
        assert code == 2
        assert err


class TestWork:
    @pytest.mark.parametrize(
        "command",
        [
            ("split", "--buildings", "prepared.gpkg:buildings", "--boundary", "prepared.gpkg"),
            ("load", "prepared.gpkg"),
            ("demo", "--area", "prepared.gpkg"),
            ("prepare", "prepared.gpkg"),
        ],
    )
    def test_every_command_keeps_to_the_limits_set(self, failing, area, monkeypatch, command):
        monkeypatch.setenv("GRIDSVC_MAX_FILE_BYTES", "10000")
        assert "prepared.gpkg has over 0.00953674 MB; divide it" in failing(*command)

    def test_from_files_to_the_map(self, gridsvc, on_empty, area, tmp_path):
        code, out, _ = gridsvc("load", area, "--json")
        assert code == 0
        assert json.loads(out)["area"]["households"] == 800
        code, out, _ = gridsvc("plan", "--division", COMMUNITY, "--publish", "--json")
        assert code == 0
        (plan,) = json.loads(out)["plans"]
        assert (plan["division"], plan["state"]) == (COMMUNITY, "published")
        code, out, _ = gridsvc("map", "--division", COMMUNITY, "--out", "map.html", "--json")
        assert code == 0
        page = (tmp_path / "map.html").read_text(encoding="utf-8")
        assert json.loads(out)["bytes"] == len(page.encode())
        assert "纸上社区" in page

    def test_the_schema_is_shown_and_upgraded(self, gridsvc, on_empty):
        for command in ("upgrade", "status"):
            code, out, _ = gridsvc("db", command, "--json")
            assert code == 0
            told = json.loads(out)
            assert told["revision"] == told["newest"]

    def test_splitting_needs_no_database(self, gridsvc, area, tmp_path):
        code, out, _ = gridsvc(
            "split", "--buildings", f"{area}:buildings", "--boundary", f"{area}:boundary",
            "--barriers", f"{area}:barriers", "--report", "report.json", "--json",
        )  # fmt: skip
        assert code == 0
        assert json.loads(out)
        assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert (tmp_path / "cells.gpkg").is_file()

    def test_results_are_readable_without_json(self, gridsvc, on_empty):
        code, out, err = gridsvc("db", "status")
        assert code == 0
        assert "revision" in out
        assert err == ""

    def test_a_plan_may_be_a_draft_first(self, gridsvc, on_town):
        code, out, _ = gridsvc("plan", "--division", COMMUNITY, "--target", "60", "--json")
        assert code == 0
        assert json.loads(out)["plans"][0]["state"] == "draft"


class TestFailures:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("load", "none.csv"), "no file none.csv"),
            (("load", "none.gpkg"), "no file none.gpkg"),
            (("load", ".", "--as", "people"), "file"),
            (("load", "x.csv", "--as", "trees"), "--as trees"),
            (("plan", "--division", "12"), "12 digits"),
            (("plan", "--division", "110101001001"), "load its area first"),
            (("plan", "--division", COMMUNITY, "--grid-target", "50"), "cannot hold"),
            (("plan", "--division", COMMUNITY, "--target", "3000000000"), "targets lie between"),
            (("plan", "--division", COMMUNITY, "--seed", str(2**70)), "seeds between"),
            (("map", "--division", "12"), "12 digits"),
            (("map", "--division", "110101001001"), "no division"),
            (("map", "--division", COMMUNITY, "--out", "map.txt"), ".html"),
            (("map", "--division", COMMUNITY, "--out", "none/map.html"), "folder"),
        ],
    )
    def test_bad_input_is_one_line_and_exit_code_2(self, failing, on_town, arguments, says):
        line = failing(*arguments)
        assert says in line
        assert "asyncpg" not in line

    @pytest.mark.parametrize(
        "arguments",
        [
            ("prepare", "none.osm.pbf"),
            ("split", "--buildings", "none.gpkg", "--boundary", "none.gpkg"),
            ("demo", "--households", "1"),
        ],
    )
    def test_work_without_a_database_fails_the_same_way(self, failing, arguments):
        failing(*arguments)

    def test_a_table_with_bad_rows_names_them(self, failing, on_town, tmp_path):
        (tmp_path / "d.csv").write_text("code,name\n12x,甲\n", encoding="utf-8")
        assert "line 2: code" in failing("load", "d.csv")

    def test_a_map_that_failed_leaves_the_old_one(self, failing, on_empty, tmp_path):
        (tmp_path / "map.html").write_text("old", encoding="utf-8")
        failing("map", "--division", COMMUNITY)
        assert (tmp_path / "map.html").read_text(encoding="utf-8") == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["map.html"]

    @pytest.mark.parametrize(
        ("url", "says"),
        [
            ("nonsense", "not a database URL"),
            ("mysql://a@b/c", "PostgreSQL"),
            ("postgresql://u@127.0.0.1:x/d", ""),
            ("postgresql://u@127.0.0.1:1/d", "database"),
            ("postgresql://u@no-such-host.invalid/d", "database"),
        ],
    )
    def test_a_database_that_is_not_there(self, failing, monkeypatch, url, says):
        monkeypatch.setenv("GRIDSVC_DATABASE_URL", url)
        assert says in failing("db", "status")

    @pytest.mark.parametrize("part", ["database", "user"])
    def test_a_database_that_lets_nobody_in(self, failing, monkeypatch, cluster, part):
        url = {
            "database": cluster.url_for(database="nowhere"),
            "user": cluster.url_for(role="nobody_knows"),
        }[part]
        monkeypatch.setenv("GRIDSVC_DATABASE_URL", url)
        assert "database" in failing("db", "status")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GRIDSVC_PORT", "x"),
            ("GRIDSVC_PORT", "70000"),
            ("GRIDSVC_POOL_SIZE", "0"),
            ("GRIDSVC_TIME_ZONE", "Mars/Olympus"),
        ],
    )
    def test_a_setting_that_cannot_be_used_is_named(
        self, failing, on_town, monkeypatch, name, value
    ):
        monkeypatch.setenv(name, value)
        assert name in failing("db", "status")

    def test_a_host_open_to_the_network_is_refused(self, failing, on_town):
        assert "GRIDSVC_PUBLIC_URL" in failing("run", "--host", "0.0.0.0")  # noqa: S104
        assert "--demo" in failing("run", "--demo", "--host", "0.0.0.0")  # noqa: S104

    def test_a_port_that_is_taken_is_named(self, failing, on_town):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert f"port {port}" in failing("run", "--port", port)
