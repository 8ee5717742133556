"""The audit trail: nobody changes it, and whatever was done to it shows."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.audit import service
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor, acting
from gridsvc.db import Scope, make_engine, transaction
from gridsvc.errors import BadInput
from tests.conftest import service_of

SOMEBODY = Actor(7, "wang.fang", ("dispatcher",), None, "session", "10.1.2.3", "ab" * 16)
DISTRICT, OTHER = "320106000000", "320104000000"


async def record(engine, *, times=1, **columns):
    given = {"action": Action.UNMASKED, "kind": "person", "object_id": "WG1"} | columns
    async with transaction(engine) as session:
        with acting(session, SOMEBODY):
            for _ in range(times):
                await service.record(session, **given)


async def entries(engine, **filters):
    async with transaction(engine) as session:
        return (await service.search(session, **filters)).entries


async def verify(engine, earlier=None):
    async with transaction(engine) as session:
        return await service.verify(session, earlier)


@pytest.fixture
async def at_work(database_url):
    """Engine on which the service works: not the owner's."""
    engine = make_engine(service_of(database_url).url)
    yield engine
    await engine.dispose()


async def test_an_entry_says_who_what_when_where_and_what_for(engine):
    before = datetime.now(UTC)
    await record(
        engine,
        division_code=DISTRICT,
        purpose="核实投诉",
        before={"state": "FILED", "same": 1},
        after={"state": "CLOSED", "same": 1},
    )
    (entry,) = await entries(engine)
    assert (entry.login, entry.roles, entry.via) == ("wang.fang", ["dispatcher"], "session")
    assert (entry.address, entry.request_id) == ("10.1.2.3", "ab" * 16)
    assert (entry.action, entry.kind, entry.object_id) == ("unmasked", "person", "WG1")
    assert entry.purpose == "核实投诉"
    assert before <= entry.at <= datetime.now(UTC)
    # What did not change is left out.
    assert (entry.before, entry.after) == ({"state": "FILED"}, {"state": "CLOSED"})


async def test_what_is_rolled_back_was_not_done(engine):
    async def break_off():
        async with transaction(engine) as session:
            await service.record(session, Action.UNMASKED, "person", "WG1")
            raise BadInput("stop")

    with pytest.raises(BadInput):
        await break_off()
    assert await entries(engine) == []
    assert await verify(engine) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET login = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "INSERT INTO audit_head SELECT 99, 0, '', 0, ''",
        "UPDATE audit_head SET sequence = 0",
        "SELECT audit_prune(400)",
        "SET SESSION gridsvc.pruning = on; DELETE FROM audit_entry",
    ],
)
async def test_the_service_may_append_and_read_and_nothing_else(engine, at_work, statement):
    await record(at_work)
    for part in statement.split(";")[:-1]:
        assert part.startswith("SET")

    async def attempt():
        async with at_work.begin() as connection:
            for part in statement.split(";"):
                await connection.execute(text(part))

    with pytest.raises(DBAPIError, match="permission denied"):
        await attempt()
    assert len(await entries(engine)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET login = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
    ],
)
async def test_not_even_the_owner_changes_it_by_accident(engine, statement):
    await record(engine)

    async def attempt():
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    with pytest.raises(DBAPIError, match="append-only"):
        await attempt()


#: What somebody with the owner's rights could do to the middle one of five entries.
TAMPERING = {
    "missing": "DELETE FROM audit_entry WHERE sequence = 3",
    "changed": "UPDATE audit_entry SET login = 'somebody else' WHERE sequence = 3",
    "unlinked": "UPDATE audit_entry SET previous_digest = ''::bytea WHERE sequence = 3",
    "cut": "DELETE FROM audit_entry WHERE sequence >= 3",
}


@pytest.mark.parametrize(("fault", "statement"), TAMPERING.items())
async def test_tampering_shows_where_it_was_done(engine, fault, statement):
    await record(engine, times=5)
    assert await verify(engine) == []
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(statement))
    found = await verify(engine)
    assert found
    # A changed link does not digest to what it says either.
    assert {one.fault for one in found} <= {fault, "changed", "unlinked"}
    assert found[0].sequence in {3, 4}


async def test_a_whole_chain_written_anew_shows_against_heads_kept_elsewhere(engine):
    await record(engine, times=3)
    async with transaction(engine) as session:
        kept = await service.heads(session)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM audit_entry"))
        await connection.execute(text("UPDATE audit_head SET sequence = 0, digest = ''"))
    await record(engine, times=3, object_id="something harmless")
    assert await verify(engine) == []
    (broken,) = await verify(engine, kept)
    assert (broken.fault, broken.sequence) == ("rewritten", 3)


async def test_many_at_once_lose_nothing_and_wait_for_nobody_in_a_circle(at_work, engine):
    await asyncio.gather(*(record(at_work, times=10) for _ in range(24)))
    assert len(await entries(engine, limit=1000)) == 240
    assert await verify(engine) == []


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    purpose=st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text("aé长\"\\'{}[],:"),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=4,
    ),
)
async def test_whatever_is_written_digests_the_same_when_read(engine, purpose, value):
    await record(engine, purpose=purpose, after={"value": value})
    assert await verify(engine) == []


class TestSearch:
    async def test_it_finds_by_everything(self, engine):
        await record(engine, division_code=DISTRICT, purpose="投诉核实")
        await record(engine, division_code=OTHER, action=Action.EXPORTED, object_id="WG2")
        for filters, expected in [
            ({}, 2),
            ({"action": "exported"}, 1),
            ({"object_id": "WG1", "kind": "person"}, 1),
            ({"login": "wang.fang"}, 2),
            ({"login": "nobody"}, 0),
            ({"purpose": "核"}, 1),
            ({"division_code": DISTRICT}, 1),
            ({"since": datetime.now(UTC) + timedelta(hours=1)}, 0),
            ({"until": datetime.now(UTC) + timedelta(hours=1)}, 2),
        ]:
            assert len(await entries(engine, **filters)) == expected, filters

    async def test_page_by_page_everything_comes_once_newest_first(self, engine):
        for number in range(7):
            await record(engine, object_id=number)
        seen, cursor = [], None
        while True:
            async with transaction(engine) as session:
                page = await service.search(session, cursor=cursor, limit=3)
            seen += [entry.object_id for entry in page.entries]
            if (cursor := page.next) is None:
                break
        assert seen == [str(number) for number in reversed(range(7))]

    @pytest.mark.parametrize("cursor", ["x", "1,2", "2026-01-01T00:00:00+00:00,99999999,1", ",,"])
    async def test_a_cursor_that_is_none_is_refused(self, engine, cursor):
        with pytest.raises(BadInput, match="cursor"):
            await entries(engine, cursor=cursor)

    async def test_only_the_area_is_seen(self, at_work):
        await record(at_work, division_code=DISTRICT)
        await record(at_work, division_code=OTHER)
        async with transaction(at_work, Scope(((DISTRICT, "320107000000"),))) as session:
            found = (await service.search(session)).entries
        assert {entry.division_code for entry in found} == {DISTRICT}


class TestPruning:
    async def age(self, engine, days, where="true"):
        """Let entries be older; only possible around every guard."""
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(
                text(
                    f"UPDATE audit_entry SET at = at - make_interval(days => {days}) WHERE {where}"
                )
            )
            await connection.execute(
                text(
                    "DO $$ DECLARE r audit_entry; last bytea := ''::bytea; BEGIN"
                    " FOR r IN SELECT * FROM audit_entry ORDER BY lane, sequence LOOP"
                    "  IF r.sequence = 1 THEN last := ''::bytea; END IF;"
                    "  r.previous_digest := last; r.digest := ''::bytea;"
                    "  r.digest := audit_digest(r); last := r.digest;"
                    "  UPDATE audit_entry e SET previous_digest = r.previous_digest,"
                    "   digest = r.digest WHERE e.lane = r.lane AND e.sequence = r.sequence;"
                    "  UPDATE audit_head h SET digest = r.digest WHERE h.lane = r.lane;"
                    " END LOOP; END $$"
                )
            )

    async def test_half_a_year_is_kept_whatever_is_asked(self, engine):
        await record(engine)
        async with transaction(engine) as session:
            with pytest.raises(BadInput, match="184"):
                await service.prune(session, keep_days=183)
        await self.age(engine, 183)
        async with transaction(engine) as session:
            assert await service.prune(session, keep_days=184) == 0

    async def test_what_is_left_stays_provable(self, engine):
        await record(engine, times=6)
        await self.age(engine, 400, "sequence <= 4")
        assert await verify(engine) == []
        async with transaction(engine) as session:
            assert await service.prune(session, keep_days=365) == 4
        assert await verify(engine) == []
        assert next(entry.action for entry in await entries(engine)) == "audit_pruned"
        await record(engine)
        assert await verify(engine) == []
