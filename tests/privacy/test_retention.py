"""What is too old goes, what is young stays, and nothing else changes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.config import Settings
from gridsvc.db import make_engine, transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.events.schemas import MoveIn
from gridsvc.geo import Datum
from gridsvc.people import tracking
from gridsvc.people.pings import USUAL, Ping, Source
from gridsvc.people.tracking import Told
from gridsvc.privacy import retention
from tests.conftest import service_of
from tests.dispatch.test_service import a_report
from tests.registers.sittings import SETTLED, opened, studios
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


@pytest.fixture
async def tracked(town, at_work):
    """Pings of a worker: half a year ago, the day before yesterday, and now."""
    told = [Told("w0", Ping(*middle(0, 0)), Datum.WGS84)]
    for days in (180, 2, 0):
        async with transaction(at_work) as session:
            await tracking.record(session, told, source=Source.API, limits=USUAL)
        async with town.begin() as connection:
            # A month that is long past has no partition of its own: it lies in `other`.
            await connection.execute(
                text(
                    f"UPDATE track SET at = at - interval '{days} days'"
                    " WHERE at > now() - interval '1 hour'"
                )
            )
    return at_work


async def tracks(town):
    async with town.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM track"))


async def test_tracks_go_after_their_days(town, tracked):
    assert await tracks(town) == 3
    assert (await apply(tracked))["tracks"] == 1
    assert (await apply(tracked))["tracks"] == 0
    assert (await apply(tracked, keep_positions_days=1))["tracks"] == 1
    assert await tracks(town) == 1


async def test_a_month_that_is_wholly_past_goes_as_a_whole(town, tracked):
    async with town.begin() as connection:
        await connection.execute(
            text(
                "CREATE TABLE tracks.y2025m01 PARTITION OF track"
                " FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')"
            )
        )
        await connection.execute(
            text("UPDATE track SET at = '2025-01-15' WHERE at < now() - interval '9 days'")
        )
    months = text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'track'::regclass")
    async with town.connect() as connection:
        before = await connection.scalar(months)
    assert (await apply(tracked))["tracks"] == 1
    async with town.connect() as connection:
        assert await connection.scalar(months) == before - 1
    assert await tracks(town) == 2


async def test_keys_of_batches_are_forgotten_after_a_week(town, at_work):
    async with town.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO position_batch (account_id, client_key, body_sha256, received_at)"
                " SELECT 1, 'k' || d, '', now() - make_interval(days => d)"
                " FROM generate_series(6, 8) d"
            )
        )
    assert (await apply(at_work))["batches"] == 2


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


async def test_what_offices_wrote_of_a_case_goes_with_it(town, at_work):
    old, young = [await a_case(at_work, *states) for states in (CLOSING, ())]
    wrote = {
        "work_order": "measures, level, unit_code, state, due_at, responsible_sealed,"
        " responsible_masked) SELECT id, division_code, '李雷家', 'county', 'U', 'PLANNED', now(),"
        " 's', 'm'",
        "reception_item": "decision, reception_id, place, score, votes_for, votes_against)"
        " SELECT id, division_code, '李雷家', 1, 1, 1, 1, 0",
        "reception_history": "note, reception_id, deed, actor)"
        " SELECT id, division_code, '李雷家', 1, 'decide', 'a'",
    }
    async with town.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, columns in wrote.items():
            await connection.execute(
                text(f"INSERT INTO {table} (event_id, division_code, {columns} FROM event")
            )
        await connection.execute(
            text(
                "INSERT INTO order_history (order_id, division_code, to_state, actor, note)"
                " SELECT id, division_code, 'ISSUED', 'a', '李雷家' FROM work_order"
            )
        )
    await let_pass(town, 1096)
    assert (await apply(at_work))["cases"] == 1
    told = {table: f"SELECT event_id, {c.split(',')[0]} FROM {table}" for table, c in wrote.items()}
    told["order_history"] = (
        "SELECT event_id, note FROM order_history h JOIN work_order o ON o.id = h.order_id"
    )
    async with town.connect() as connection:
        for table, asked in told.items():
            rows = dict((await connection.execute(text(asked))).all())
            assert rows == {old: "", young: "李雷家"}, table
        named = "SELECT event_id, responsible_sealed, responsible_masked FROM work_order"
        rows = {event: rest for event, *rest in await connection.execute(text(named))}
        assert rows == {old: [None, None], young: ["s", "m"]}


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


async def test_disputes_that_ended_go_with_what_was_done_and_open_ones_stay(town, at_work, client):
    village, *_ = await studios(town, client)
    ended, still_open = [await opened(client, village) for _ in range(2)]
    await client.post(f"/api/mediations/{ended}/result", json=SETTLED)
    async with town.begin() as connection:
        await connection.execute(
            text(
                "UPDATE mediation SET opened_at = opened_at - interval '3650 days',"
                " closed_at = closed_at - interval '3650 days'"
            )
        )
    assert (await apply(at_work))["mediations"] == 1
    async with town.connect() as connection:
        for table, column in (
            ("mediation", "id"),
            ("mediation_party", "mediation_id"),
            ("register_history WHERE subject = 'mediation'", "subject_id"),
        ):
            left = await connection.scalars(text(f"SELECT DISTINCT {column} FROM {table}"))
            assert list(left) == [still_open], table


async def test_texts_of_repairs_and_motions_go_and_figures_stay(town, at_work):
    """Of four repairs one is long settled; of two meetings one is long past."""
    async with town.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in (
            "INSERT INTO repair (pack_id, division_code, geom, datum, item, description, state,"
            " called_at, visited_at, answers, done_at, cost_fen, transaction_id, client_key,"
            " body_sha256) SELECT 1, '990101001001',"
            " ST_SetSRID(ST_MakePoint(118.123456, 32.1), 4326),"
            " 'wgs84', 'pipe', '李雷家', state, now(), now(), CAST('{\"a\": \"李雷家\"}' AS jsonb),"
            " CASE WHEN state = 'SETTLED' THEN now() END, CASE WHEN state = 'SETTLED' THEN 700 END,"
            " CASE WHEN state = 'SETTLED' THEN 1 END, state || days, 'x'"
            " FROM (VALUES ('SETTLED', 1096), ('SETTLED', 1), ('CANCELLED', 1), ('BOOKED', 1096))"
            " r (state, days)",
            "INSERT INTO register_history (division_code, subject, subject_id, deed, actor, note,"
            " at) SELECT division_code, 'repair', id, 'settle', 'a', '李雷家', now()"
            " - make_interval(days => CAST(substring(client_key FROM '[0-9]+$') AS integer))"
            " FROM repair",
            "INSERT INTO deliberation (division_code, group_id, title, held_on, invited, attended,"
            " client_key, body_sha256) SELECT '990101001001', 1, '李雷家', current_date - days, 5,"
            " 3, CAST(days AS text), '' FROM (VALUES (1096), (1094)) r (days)",
            "INSERT INTO motion (deliberation_id, number, division_code, proposal, votes_for,"
            " votes_against, abstained) SELECT id, 1, division_code, '李雷家', 2, 1, 0"
            " FROM deliberation",
            "INSERT INTO register_history (division_code, subject, subject_id, deed, actor, note)"
            " SELECT division_code, 'deliberation', id, 'hold', 'a', '李雷家' FROM deliberation",
        ):
            await connection.execute(text(statement))
    counts = await apply(at_work)
    assert (counts["repairs"], counts["deliberations"]) == (1, 1)
    kept = {
        "SELECT description || answers, cost_fen FROM repair WHERE state = 'SETTLED'": 700,
        "SELECT title || proposal, votes_for FROM deliberation d"
        " JOIN motion m ON m.deliberation_id = d.id": 2,
    }
    async with town.connect() as connection:
        for asked, figure in kept.items():
            rows = (await connection.execute(text(asked))).all()
            assert sorted("李雷家" in row[0] for row in rows) == [False, True]
            assert {row[1] for row in rows} == {figure}
        notes = await connection.execute(
            text("SELECT subject, count(*) FROM register_history WHERE note <> '' GROUP BY 1")
        )
        assert dict(notes.all()) == {"repair": 3, "deliberation": 1}
        coarse = await connection.scalar(
            text("SELECT ST_X(geom) FROM repair WHERE description = '（已匿名）'")
        )
        assert coarse == pytest.approx(118.12)
    assert (await apply(at_work))["repairs"] == 0
