"""A cluster is made whole or not at all."""

import signal
from dataclasses import replace

import pytest

from gridsvc.errors import Unavailable
from gridsvc.postgis import private_cluster
from gridsvc.postgis.binaries import find_binaries
from gridsvc.postgis.home import claim
from gridsvc.postgis.initialise import initialise, made_by

from .conftest import eventually, sql


def test_a_start_killed_in_the_middle_leaves_nothing_in_the_way(room, hold, account):
    data_dir = room / "data"
    killed = hold(data_dir)
    eventually(lambda: list(data_dir.glob("initdb-*/base")))
    killed.signal_group(signal.SIGKILL)
    assert not (data_dir / "pgdata").exists()
    with private_cluster(data_dir) as url:
        assert sql(url, "SELECT count(*) FROM spatial_ref_sys") > 0
    assert made_by(claim(data_dir, account)) == find_binaries().postgresql


@pytest.mark.parametrize("tool", ["initdb", "postgres"])
def test_a_failing_tool_leaves_no_draft_and_is_quoted(room, account, tool):
    home = claim(room / "data", account)
    real, folder = find_binaries(), room / "bin"
    folder.mkdir()
    for name in ("initdb", "postgres"):
        (folder / name).symlink_to(real.folder / name)
    (folder / tool).unlink()
    (folder / tool).write_text("#!/bin/sh\necho 'FATAL:  No space left on device' >&2\nexit 1\n")
    (folder / tool).chmod(0o755)
    with pytest.raises(Unavailable, match="No space left on device") as refused:
        initialise(home, account, replace(real, folder=folder))
    assert "\n" not in refused.value.detail
    assert list(home.root.iterdir()) == []
