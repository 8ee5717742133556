"""How the service logs in: as a role that owns nothing, whatever login the owner has."""

import pytest
from sqlalchemy import text

from gridsvc.config import Settings
from gridsvc.connect import keyring_for, service_login
from gridsvc.db import SERVICE_ROLE, make_engine, transaction
from gridsvc.errors import Unavailable
from gridsvc.jobs.queue import queue_on
from tests.who import open_all_round


async def who_works(login):
    engine = make_engine(login.url, role=login.role)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT session_user, current_user"))
        row = tuple(found.one())
        await connection.execute(text("RESET ROLE"))
        after = await connection.scalar(text("SELECT current_user"))
    await engine.dispose()
    return row, after


async def test_on_the_private_cluster_it_logs_in_as_its_own_role(database_url):
    login = service_login(Settings(), database_url)
    assert await who_works(login) == ((SERVICE_ROLE, SERVICE_ROLE), SERVICE_ROLE)


async def test_on_a_database_of_ones_own_it_works_in_that_role(database_url):
    login = service_login(Settings(database_url=database_url), database_url)
    assert await who_works(login) == (("gridsvc", SERVICE_ROLE), SERVICE_ROLE)
    queue = queue_on(login, [])
    async with queue.open_async():
        row = await queue.connector.execute_query_one_async("SELECT current_user AS me")
    assert row["me"] == SERVICE_ROLE


async def test_or_by_a_login_of_its_own(database_url):
    settings = Settings(database_url=database_url, service_database_url="postgresql://own@h/d")
    login = service_login(settings, database_url)
    assert (login.url, login.role) == ("postgresql://own@h/d", None)


async def test_keys_are_made_with_the_first_data_and_never_in_place_of_lost_ones(engine, tmp_path):
    settings = Settings(key_file=tmp_path / "keys.json")
    made = await keyring_for(settings, engine)
    assert await keyring_for(settings, engine) == made
    async with transaction(engine) as session:
        await open_all_round(session)
    (tmp_path / "keys.json").unlink()
    with pytest.raises(Unavailable, match="put it back"):
        await keyring_for(settings, engine)
    assert not (tmp_path / "keys.json").exists()
