"""What is too old goes, what is young stays, and nothing else changes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.config import Settings
from gridsvc.db import make_engine, transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.events.schemas import MoveIn
from gridsvc.privacy import retention
from tests.conftest import service_of
from tests.dispatch.test_service import a_report
from tests.towns import a_person, middle, staff
from tests.who import KEYRING

CLOSING = ("ACCEPTED", "ON_SITE", "HANDLED", "VERIFIED", "CLOSED")


@pytest.fixture
async def at_work(town, town_url):
    """Engine on which the service works, on a town with four workers."""
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=9) for n in range(4)))
    engine = make_engine(service_of(town_url).url)
    yield engine
    await engine.dispose()


async def a_case(engine, *states):
    contact = {"contact_name": "李雷", "contact_phone": "13812345678"}
    async with transaction(engine) as session:
        shown = await dispatch.report(session, a_report(0, 0, **contact), KEYRING)
        for state in states:
            await dispatch.move(session, shown.id, MoveIn(to_state=state, note="居民李雷家"))
    return shown.id


async def let_pass(engine, days):
    """Let everything be older; only possible around every guard."""
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, column in [
            ("event_history", "at"), ("event", "received_at"), ("position", "received_at"),
            ("login_session", "seen_at"),
        ]:  # fmt: skip
            await connection.execute(
                text(f"UPDATE {table} SET {column} = {column} - make_interval(days => {days})")
            )


async def apply(engine, **settings):
    async with transaction(engine) as session:
        return await retention.apply(session, Settings(**settings))


async def row_of(engine, event_id):
    async with engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT e.*, ST_Covers(g.geom, e.geom) AS in_grid,"
                " ST_Equals(e.geom, ST_PointOnSurface(g.geom)) AS coarse,"
                " ARRAY(SELECT note FROM event_history WHERE event_id = e.id ORDER BY id) AS notes"
                " FROM event e JOIN grid g ON g.id = e.grid_id WHERE e.id = :id"
            ),
            {"id": event_id},
        )
        return found.one()


async def test_positions_go_after_their_days(town, at_work):
    assert (await apply(at_work))["positions"] == 0
    await let_pass(town, 29)
    assert (await apply(at_work))["positions"] == 0
    await let_pass(town, 2)
    assert (await apply(at_work))["positions"] == 4
    assert (await apply(at_work))["positions"] == 0


async def test_closed_cases_are_anonymised_and_open_ones_are_not(town, at_work):
    closed, still_open = await a_case(at_work, *CLOSING), await a_case(at_work, "ACCEPTED")
    before = await row_of(town, still_open)
    await let_pass(town, 1096)
    assert (await apply(at_work))["cases"] == 1
    case = await row_of(town, closed)
    assert case.contact_name_sealed is case.contact_phone_sealed is case.reported_by is None
    assert case.description == "（已匿名）"
    assert set(case.notes) == {""}
    assert case.in_grid
    assert case.coarse
    assert case.anonymised_at > datetime.now(UTC) - timedelta(minutes=5)
    other = await row_of(town, still_open)
    assert (other.description, other.geom, other.notes) == (
        before.description, before.geom, before.notes,
    )  # fmt: skip
    assert other.contact_phone_sealed == before.contact_phone_sealed
    assert (await apply(at_work))["cases"] == 0


async def test_a_case_just_closed_is_kept_whole(town, at_work):
    closed = await a_case(at_work, *CLOSING)
    await let_pass(town, 1094)
    assert (await apply(at_work))["cases"] == 0
    assert (await row_of(town, closed)).contact_phone_sealed


async def test_days_are_settings(town, at_work):
    await a_case(at_work, *CLOSING)
    await let_pass(town, 8)
    counts = await apply(at_work, keep_cases_days=7, keep_positions_days=7)
    assert (counts["cases"], counts["positions"]) == (1, 4)


async def test_notices_go_with_their_deliveries(town, at_work):
    async with town.begin() as connection:
        for days in (89, 91):
            await connection.execute(
                text(
                    "INSERT INTO notice (division_code, unit_code, kind, subject_type, subject_id,"
                    " occasion, facts, created_at) VALUES ('990101001001', 'U', 'whistle', 'call',"
                    f" '{days}', '', '{{}}', now() - interval '{days} days')"
                )
            )
    assert (await apply(at_work))["notices"] == 1
    async with town.connect() as connection:
        kept = await connection.scalars(
            text("SELECT subject_id FROM notice WHERE kind = 'whistle'")
        )
        assert list(kept) == ["89"]


async def test_it_is_all_in_the_trail(town, at_work):
    await let_pass(town, 31)
    await apply(at_work)
    async with town.connect() as connection:
        after = await connection.scalar(
            text("SELECT after FROM audit_entry WHERE action = 'retention_applied'")
        )
    assert after["positions"] == 4
