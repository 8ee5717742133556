"""What is recorded is told as it was, and found by whoever may look for it."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridsvc.audit import service
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import acting
from gridsvc.audit.schemas import MOST_ENTRIES
from gridsvc.db import Scope, transaction
from gridsvc.errors import BadInput
from tests.audit.trail import SOMEBODY, entries, record, verify

DISTRICT, OTHER = "320106000000", "320104000000"


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
    assert (entry.division_code, entry.purpose) == (DISTRICT, "核实投诉")
    assert before <= entry.at <= datetime.now(UTC)
    # What did not change is left out.
    assert (entry.before, entry.after) == ({"state": "FILED"}, {"state": "CLOSED"})


async def test_without_anybody_it_was_the_system(engine):
    async with transaction(engine) as session:
        await service.record(session, Action.LOADED, "files", "divisions.csv")
    (entry,) = await entries(engine)
    assert (entry.login, entry.via, entry.address) == ("system", "system", None)


@pytest.mark.parametrize(("told", "kept"), [(None, "巡查"), ("核实投诉", "核实投诉")])
async def test_what_a_deed_is_for_is_told_with_it_or_by_the_actor(engine, told, kept):
    async with transaction(engine) as session:
        with acting(session, replace(SOMEBODY, purpose="巡查")):
            await service.record(session, Action.UNMASKED, "person", "WG1", purpose=told)
    (entry,) = await entries(engine)
    assert entry.purpose == kept


async def test_what_is_rolled_back_was_not_done(engine):
    async def break_off():
        async with transaction(engine) as session:
            await service.record(session, Action.UNMASKED, "person", "WG1")
            raise BadInput("stop")

    with pytest.raises(BadInput):
        await break_off()
    assert await entries(engine) == []
    assert await verify(engine) == []


MEMBERS = st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 2))


@given(before=MEMBERS, after=MEMBERS)
def test_of_a_change_just_what_differs_is_kept(before, after):
    was, now = service._differences(before, after)
    rest = before.items() - was.items()
    assert dict(rest | was.items()) == before
    assert dict(rest | now.items()) == after
    assert not was.items() & now.items()


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
            # As a browser would write it into an address, without quoting anything.
            assert parse_qs(f"cursor={cursor}")["cursor"] == [cursor]
        assert seen == [str(number) for number in reversed(range(7))]

    @settings(
        max_examples=50,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        cursor=st.text(st.characters(exclude_categories=["Cs"]))
        | st.from_regex(r"[0-9]{1,20}-[0-9]{1,4}-[0-9]{1,20}", fullmatch=True)
    )
    async def test_no_cursor_breaks_anything(self, engine, cursor):
        with suppress(BadInput):
            assert await entries(engine, cursor=cursor) == []

    @pytest.mark.parametrize(
        "cursor", ["", "x", "1-2", "-1-2-3", "1-100-3", "2026-01-01T00:00:00+00:00,9,1", "１-2-3"]
    )
    async def test_a_cursor_that_is_none_is_refused(self, engine, cursor):
        with pytest.raises(BadInput, match="cursor"):
            await entries(engine, cursor=cursor)

    @pytest.mark.parametrize("limit", [0, -1, MOST_ENTRIES + 1])
    async def test_a_page_has_its_bounds(self, engine, limit):
        with pytest.raises(BadInput, match="a page has"):
            await entries(engine, limit=limit)

    async def test_only_the_area_is_seen(self, at_work):
        await record(at_work, division_code=DISTRICT)
        await record(at_work, division_code=OTHER)
        async with transaction(at_work, Scope(((DISTRICT, "320107000000"),))) as session:
            found = (await service.search(session)).entries
        assert {entry.division_code for entry in found} == {DISTRICT}
