"""Whatever was done to the trail shows, and is named; what was not, holds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridsvc.audit import service
from gridsvc.audit.models import LANES
from gridsvc.backup import service as keeping
from gridsvc.db import NOWHERE, make_engine, transaction
from gridsvc.errors import BadInput, Conflict
from tests.audit.trail import (
    CHAINED_ANEW,
    around_guards,
    entries,
    heads,
    let_pass,
    prune,
    record,
    verify,
)
from tests.backup.conftest import empty_database


def faults(found):
    return {(one.fault.value, one.sequence) for one in found}


DIGESTED_ANEW = "UPDATE audit_entry e SET digest = audit_digest(e)"
#: The entry with a number, again with another.
COPY = """
INSERT INTO audit_entry SELECT (jsonb_populate_record(e, '{then}')).*
FROM audit_entry e WHERE sequence = {now}
"""
LINKED = """
UPDATE audit_entry e SET previous_digest = p.digest FROM audit_entry p
WHERE p.sequence = e.sequence - 1 AND e.sequence = {}
"""
MARK = """
UPDATE audit_head h SET pruned_sequence = {}, pruned_digest = e.digest
FROM audit_entry e WHERE e.lane = h.lane AND e.sequence = {}
"""

#: What was done to a lane of five entries, and what shows of it.
TAMPERING = {
    "removed": (["DELETE FROM audit_entry WHERE sequence = 3"], {("missing", 3)}),
    "several removed": (
        ["DELETE FROM audit_entry WHERE sequence IN (1, 2, 4)"],
        {("missing", 1), ("missing", 4)},
    ),
    "changed": (
        ["UPDATE audit_entry SET login = 'somebody else' WHERE sequence = 3"],
        {("changed", 3)},
    ),
    "no value to null": (
        ["UPDATE audit_entry SET after = 'null' WHERE sequence = 3"],
        {("changed", 3)},
    ),
    "changed and digested anew": (
        ["UPDATE audit_entry SET login = 'x' WHERE sequence = 3", DIGESTED_ANEW],
        {("unlinked", 4)},
    ),
    "the newest changed and digested anew": (
        ["UPDATE audit_entry SET login = 'x' WHERE sequence = 5", DIGESTED_ANEW],
        {("head_changed", 5)},
    ),
    "swapped": (
        [
            f"UPDATE audit_entry SET sequence = {then} WHERE sequence = {now}"
            for now, then in [(2, 0), (3, 2), (0, 3)]
        ],
        {("changed", 2), ("changed", 3), ("unlinked", 2), ("unlinked", 3), ("unlinked", 4)},
    ),
    "put in between": (
        [
            "UPDATE audit_entry SET sequence = sequence + 100 WHERE sequence >= 3",
            "UPDATE audit_entry SET sequence = sequence - 99 WHERE sequence > 100",
            COPY.format(now=2, then='{"sequence"\\: 3}'),
            LINKED.format(3),
            f"{DIGESTED_ANEW} WHERE sequence = 3",
            "UPDATE audit_head SET sequence = 6 WHERE sequence = 5",
        ],
        {("changed", 4), ("changed", 5), ("changed", 6), ("unlinked", 4)},
    ),
    "put at the end": (
        [
            COPY.format(now=5, then='{"sequence"\\: 6}'),
            LINKED.format(6),
            f"{DIGESTED_ANEW} WHERE sequence = 6",
        ],
        {("added", 6)},
    ),
    "cut": (["DELETE FROM audit_entry WHERE sequence >= 4"], {("cut", 4)}),
    "emptied": (["DELETE FROM audit_entry"], {("cut", 1)}),
    "head set back": (
        [
            "UPDATE audit_head h SET sequence = 3, digest = e.digest FROM audit_entry e"
            " WHERE e.lane = h.lane AND e.sequence = 3"
        ],
        {("added", 4), ("added", 5)},
    ),
    "head removed": (["DELETE FROM audit_head WHERE sequence > 0"], {("head_missing", 5)}),
    "whole lane removed": (
        ["DELETE FROM audit_head WHERE sequence > 0", "DELETE FROM audit_entry"],
        {("head_missing", 0)},
    ),
    "marked as pruned and left": ([MARK.format(2, 2)], {("added", 1), ("added", 2)}),
    "pruned from another mark": (
        [MARK.format(2, 1), "DELETE FROM audit_entry WHERE sequence <= 2"],
        {("unlinked", 3)},
    ),
    "pruned beyond the head": (
        [MARK.format(9, 5), "DELETE FROM audit_entry"],
        {("head_changed", 5)},
    ),
    "a lane of its own": (
        [
            "ALTER TABLE audit_entry DROP CONSTRAINT ck_audit_entry_lane_known",
            COPY.format(now=1, then=f'{{"lane"\\: {LANES}}}'),
        ],
        {("added", 0)},
    ),
}


@pytest.mark.parametrize(("done", "shows"), TAMPERING.values(), ids=TAMPERING)
async def test_tampering_shows_where_it_was_done(engine, done, shows):
    await record(engine, times=5)
    assert await verify(engine) == []
    await around_guards(engine, *done)
    assert faults(await verify(engine)) == shows


async def test_it_shows_in_its_lane_and_no_other(engine):
    await record(engine, times=3)
    lane = (await entries(engine))[0].lane
    async with engine.begin() as connection:
        usual = await connection.scalar(text(f"SELECT pg_backend_pid() % {LANES}"))
        await connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        await connection.execute(text("DELETE FROM audit_entry WHERE sequence = 2"))
        await connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
    assert usual == lane
    (found,) = await verify(engine)
    assert (found.lane, found.sequence, found.fault) == (lane, 2, "missing")


async def test_a_trail_that_is_worth_nothing_is_told_in_few_words(engine):
    await record(engine, times=service.MOST_BREAKS + 1)
    await around_guards(engine, "UPDATE audit_entry SET login = 'x'")
    assert len(await verify(engine)) == service.MOST_BREAKS


class TestHolds:
    async def test_for_whoever_looks_and_sees_nothing_else(self, engine, at_work):
        await record(at_work, division_code="320106000000", times=3)
        async with transaction(at_work, NOWHERE) as session:
            assert await service.verify(session) == []
            assert (await service.search(session)).entries == []

    @pytest.mark.parametrize(
        "setting",
        [
            *("bytea_output = escape", "timezone = 'Asia/Shanghai'", "datestyle = 'SQL, DMY'"),
            *("intervalstyle = iso_8601", "search_path = pg_catalog, public"),
        ],
    )
    async def test_whatever_a_session_has_set(self, engine, setting):
        await record(engine, times=2)
        async with transaction(engine) as session:
            await session.execute(text(f"SET LOCAL {setting}"))
            assert await service.verify(session) == []

    async def test_when_the_table_gets_another_column(self, engine):
        await record(engine, times=2)
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE audit_entry ADD COLUMN colour text"))
        await record(engine)
        assert await verify(engine) == []

    async def test_after_a_restore(self, engine, cluster, tmp_path):
        await record(engine, times=3)
        manifest = await keeping.back_up(engine, tmp_path / "trail.backup")
        async with empty_database(cluster) as url:
            restored = make_engine(url)
            await keeping.restore(restored, tmp_path / "trail.backup", manifest)
            assert await verify(restored, await heads(engine)) == []
            await record(restored)
            assert await verify(restored, await heads(engine)) == []
            await restored.dispose()

    @settings(
        max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        purpose=st.none()
        | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        value=st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**40), 2**40)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text("aé长\"\\'{}[],:"),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    )
    async def test_whatever_was_written(self, engine, purpose, value):
        await record(engine, purpose=purpose, after={"value": value})
        assert await verify(engine) == []


class TestAgainstHeadsKeptElsewhere:
    """What nobody can see from within: a forgery that is perfect in itself."""

    async def test_a_trail_that_went_on_is_the_same(self, engine):
        await record(engine, times=3)
        kept = await heads(engine)
        await record(engine, times=2)
        assert await verify(engine, kept) == []
        assert len(kept) == LANES
        assert sum(head.sequence for head in kept) == 3

    @pytest.mark.parametrize(
        ("done", "shows"),
        [
            ("UPDATE audit_entry SET login = 'x' WHERE sequence = 2", ("rewritten", 5)),
            ("DELETE FROM audit_entry WHERE sequence >= 4", ("shortened", 5)),
        ],
    )
    async def test_what_was_forged(self, engine, done, shows):
        await record(engine, times=5)
        kept = await heads(engine)
        await around_guards(engine, done, CHAINED_ANEW)
        assert await verify(engine) == []
        assert faults(await verify(engine, kept)) == {shows}

    async def test_what_was_pruned_before_its_time(self, engine):
        await record(engine, times=5)
        kept = await heads(engine)
        await record(engine)
        await around_guards(engine, MARK.format(6, 6), "DELETE FROM audit_entry")
        assert await verify(engine) == []
        assert faults(await verify(engine, kept)) == {("pruned_early", 5)}

    @pytest.mark.parametrize("since", [0, 2])
    async def test_what_was_pruned_in_time_is_in_order(self, engine, since):
        await record(engine, times=5)
        await let_pass(engine, 400)
        kept = await heads(engine)
        if since:
            await record(engine, times=since)
            await let_pass(engine, 300, "sequence > 5")
        assert await prune(engine, 184) == 5 + since
        assert await verify(engine, kept) == []

    async def test_a_head_that_is_gone(self, engine):
        await record(engine)
        kept = await heads(engine)
        await around_guards(engine, "DELETE FROM audit_head WHERE sequence > 0")
        assert faults(await verify(engine, kept)) == {("head_missing", 1)}


class TestPruning:
    async def test_half_a_year_is_kept_whatever_is_asked(self, engine):
        await record(engine)
        with pytest.raises(BadInput, match="184"):
            await prune(engine, 183)
        await let_pass(engine, 183)
        assert await prune(engine, 184) == 0

    async def test_what_is_left_stays_provable(self, engine):
        await record(engine, times=6)
        await let_pass(engine, 400, "sequence <= 4")
        lane = (await entries(engine))[0].lane
        assert await prune(engine, 365) == 4
        assert await verify(engine) == []
        told, *left = await entries(engine)
        assert told.action == "audit_pruned"
        assert told.after == {"keep_days": 365, "removed": 4, "up_to": {str(lane): 4}}
        assert {entry.sequence for entry in left} == {5, 6}
        await record(engine)
        assert await verify(engine) == []
        assert await prune(engine, 365) == 0

    async def test_a_lane_is_not_pruned_beyond_what_is_young(self, engine):
        """Clocks go back sometimes: an old entry behind a young one stays."""
        await record(engine, times=5)
        await let_pass(engine, 400, "sequence <> 3")
        assert await prune(engine, 184) == 2
        assert await verify(engine) == []
        assert {3, 4, 5} <= {entry.sequence for entry in await entries(engine)}

    async def test_a_broken_trail_is_not_pruned(self, engine):
        await record(engine, times=5)
        await let_pass(engine, 400)
        await around_guards(engine, "DELETE FROM audit_entry WHERE sequence = 3")
        with pytest.raises(Conflict, match="breaks: 1"):
            await prune(engine, 184)
        assert len(await entries(engine)) == 4
