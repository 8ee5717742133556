"""What the database itself sees to: entries are appended, chained, and never changed."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.audit import service
from gridsvc.audit.actions import Action
from gridsvc.audit.models import LANES
from gridsvc.db import NOWHERE, transaction
from tests.audit.trail import around_guards, entries, let_pass, record, verify
from tests.conftest import on_server

CHANGES = [
    "UPDATE audit_entry SET login = 'x'",
    "UPDATE audit_entry SET login = 'x' WHERE false",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
]
#: Lies about everything the database writes by itself, for several entries at once.
LIES = """
INSERT INTO audit_entry (lane, sequence, at, previous_digest, digest, login, roles, via, action,
                         kind, object_id, division_code)
SELECT 64 + n, -n, '2000-01-01', 'x', 'x', 'liar', '{}', 'session', 'unmasked', 'person', 'WG1',
       '000000000000'
FROM generate_series(1, 5) n
"""


async def execute(engine, *statements):
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def usual_lane(connection):
    return await connection.scalar(text(f"SELECT pg_backend_pid() % {LANES}"))


class TestService:
    @pytest.mark.parametrize(
        "statement",
        [*CHANGES, "UPDATE audit_head SET sequence = 0", "INSERT INTO audit_head VALUES (63, 0)"],
    )
    async def test_may_append_and_read_and_nothing_else(self, engine, at_work, statement):
        await record(at_work)
        with pytest.raises(DBAPIError, match="permission denied"):
            await execute(at_work, statement)
        assert len(await entries(engine)) == 1

    async def test_cannot_lie_about_what_the_database_writes(self, at_work):
        await execute(at_work, LIES)
        assert await verify(at_work) == []
        found = await entries(at_work)
        assert [entry.login for entry in found] == ["liar"] * 5
        assert {entry.sequence for entry in found} == {1, 2, 3, 4, 5}
        assert min(entry.at.year for entry in found) > 2000

    async def test_does_not_delete_even_where_somebody_let_it(self, engine, at_work):
        await record(at_work)
        await let_pass(engine, 400)
        await execute(
            engine,
            "GRANT DELETE ON audit_entry TO gridsvc_service",
            "UPDATE audit_head SET pruned_sequence = sequence, pruned_digest = digest",
        )
        async with transaction(at_work) as session:
            with pytest.raises(DBAPIError, match="append-only"):
                await session.execute(text("DELETE FROM audit_entry"))

    async def test_appends_where_it_sees_nothing(self, engine, at_work):
        await record(at_work)
        async with transaction(at_work, NOWHERE) as session:
            await service.record(session, Action.UNMASKED, "person", "WG1")
            assert (await service.search(session)).entries == []
        assert len(await entries(engine)) == 2
        assert await verify(engine) == []


class TestOwner:
    @pytest.mark.parametrize("statement", CHANGES)
    async def test_may_not_either(self, engine, statement):
        await record(engine)
        with pytest.raises(DBAPIError, match="append-only"):
            await execute(engine, statement)

    async def test_deletes_nothing_old_but_what_the_heads_say_was_pruned(self, engine):
        await record(engine, times=2)
        await let_pass(engine, 400)
        with pytest.raises(DBAPIError, match="append-only"):
            await execute(engine, "DELETE FROM audit_entry WHERE sequence = 1")

    async def test_deletes_nothing_young_whatever_the_heads_say(self, engine):
        await record(engine)
        await let_pass(engine, 183)
        with pytest.raises(DBAPIError, match="184 days"):
            await execute(
                engine,
                "UPDATE audit_head SET pruned_sequence = sequence, pruned_digest = digest",
                "DELETE FROM audit_entry",
            )


@pytest.fixture
async def plain_owner(cluster, engine):
    """A role that owns the trail and is no superuser, so that policies hold for it too."""
    role = "audit_keeper"
    await on_server(cluster, f"CREATE ROLE {role}")
    owned = ["TABLE audit_entry", "TABLE audit_head", "FUNCTION audit_append()"]
    await execute(
        engine,
        f"GRANT USAGE, CREATE ON SCHEMA public TO {role}",
        *(f"ALTER {thing} OWNER TO {role}" for thing in owned),
    )
    yield role
    await execute(engine, f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}")
    await on_server(cluster, f"DROP ROLE {role}")


async def test_an_owner_who_is_no_superuser_is_enough(engine, at_work, plain_owner):
    async with transaction(at_work, NOWHERE) as session:
        await service.record(session, Action.UNMASKED, "person", "WG1")
        await service.record(session, Action.UNMASKED, "person", "WG2")
    await let_pass(engine, 400)
    for statement in CHANGES:
        with pytest.raises(DBAPIError, match="append-only"):
            await execute(engine, f"SET LOCAL ROLE {plain_owner}", statement)
    async with transaction(engine, NOWHERE) as session:
        await session.execute(text(f"SET LOCAL ROLE {plain_owner}"))
        assert await service.verify(session) == []
        assert await service.prune(session, keep_days=184) == 2
        assert await service.verify(session) == []


class TestLanes:
    async def test_a_lane_in_use_is_passed_over(self, engine, at_work):
        """Who waited for it could have something that the other waits for."""
        async with engine.connect() as other, transaction(at_work) as session:
            lane = await usual_lane(session)
            await other.execute(text(f"SELECT FROM audit_head WHERE lane = {lane} FOR UPDATE"))
            await session.execute(text("SET LOCAL lock_timeout = '5s'"))
            for _ in range(3):
                await service.record(session, Action.UNMASKED, "person", "WG1")
        assert {entry.lane for entry in await entries(engine)} == {0 if lane else 1}
        assert await verify(engine) == []

    async def test_a_transaction_waits_only_when_all_are_in_use(self, engine, at_work):
        async with engine.connect() as other:
            await other.execute(text("SELECT FROM audit_head FOR UPDATE"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                await execute(at_work, "SET LOCAL lock_timeout = '50ms'", LIES)
        await record(at_work)
        assert await verify(engine) == []

    async def test_otherwise_a_connection_stays_on_its_own(self, engine, at_work):
        async with transaction(at_work) as session:
            lane = await usual_lane(session)
            await service.record(session, Action.UNMASKED, "person", "WG1")
        assert [entry.lane for entry in await entries(engine)] == [lane]

    async def test_no_other_lane_is_taken(self, engine):
        with pytest.raises(DBAPIError, match="lane_known"):
            await around_guards(engine, LIES)


class TestManyAtOnce:
    async def test_nothing_is_lost(self, at_work, engine):
        async def work():
            for _ in range(50):
                await record(at_work)

        await asyncio.gather(*(work() for _ in range(8)))
        assert len(await entries(engine, limit=1000)) == 400
        assert await verify(engine) == []

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        connections=st.lists(
            st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["keep", "undo", "abandon"]))),
            max_size=8,
        )
    )
    async def test_whatever_they_do_the_chains_hold(self, at_work, engine, connections):
        before = await count(engine)
        kept = await asyncio.gather(*(run(at_work, work) for work in connections))
        assert await count(engine) == before + sum(kept)
        assert await verify(engine) == []


async def run(engine, work):
    """Transactions of one connection, one after the other; how many entries they leave."""
    kept = 0
    async with engine.connect() as connection:
        for entries_of, fate in work:
            statement = text(LIES.replace("(1, 5)", f"(1, {entries_of})"))
            await connection.execute(statement)
            if fate == "undo":
                async with connection.begin_nested() as savepoint:
                    await connection.execute(statement)
                    await savepoint.rollback()
            await (connection.rollback() if fate == "abandon" else connection.commit())
            kept += 0 if fate == "abandon" else entries_of
    return kept


async def count(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM audit_entry"))
