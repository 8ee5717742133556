"""What a caller sets reaches the server as it was written."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridsvc.postgis import private_cluster
from gridsvc.postgis.configure import SETTINGS_FILE, configure
from gridsvc.postgis.home import Home

from .conftest import postgres_in, server_of, sql


def test_settings_of_the_caller_win_until_the_next_start(data_dir):
    with private_cluster(data_dir, settings={"work_mem": "7MB"}) as url:
        assert sql(url, "SHOW work_mem") == "7MB"
    with private_cluster(data_dir) as url:
        assert sql(url, "SHOW work_mem") != "7MB"


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(prefix=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_any_text_is_quoted(data_dir, prefix):
    """PostgreSQL itself reads the file back; nothing is started for that."""
    server = server_of(data_dir)
    configure(Home(data_dir), server.account, {"log_line_prefix": prefix})
    shown = server.account.run(
        server.binaries.folder / "postgres", "-C", "log_line_prefix", "-D", data_dir / "pgdata"
    )
    assert shown.stdout == f"{prefix}\n"
    assert not postgres_in(data_dir)


@pytest.mark.parametrize("name", [SETTINGS_FILE, "pg_hba.conf", "pg_ident.conf"])
def test_what_it_writes_is_for_the_servers_user_alone(data_dir, account, name):
    configure(Home(data_dir), account, {})
    found = (data_dir / "pgdata" / name).stat()
    assert (found.st_uid, found.st_mode & 0o777) == (account.uid, 0o600)
