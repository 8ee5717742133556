"""Everything comes back, guards and counters included; what is in the way is told in one line."""

import asyncio

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc import migrations
from gridsvc.audit import service as audit
from gridsvc.backup import archive, queries, service, tools
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict, Unavailable
from tests.backup.conftest import empty_database, engine_on, report_events, rows_of
from tests.conftest import service_of

#: Whatever of the schema is written in the database and not in the rows.
GUARDS = {
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "constraints": "SELECT conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "policies": "SELECT p::text FROM pg_policies p",
    "row security": "SELECT relname || relrowsecurity || relforcerowsecurity FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    "functions": "SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace ="
    " 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid"
    " AND d.deptype = 'e')",
    "counters": "SELECT sequencename || ' ' || coalesce(last_value, 0) FROM pg_sequences",
}


async def guards_of(engine):
    async with engine.connect() as connection:
        return {
            kind: sorted(await connection.scalars(text(query))) for kind, query in GUARDS.items()
        }


async def tables_in(engine):
    async with transaction(engine) as session:
        return await queries.tables(session)


async def attempt(engine, statement):
    async with transaction(engine) as session:
        await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await session.execute(text(statement))


@pytest.fixture(scope="module")
async def restored(cluster, kept):
    """The kept town restored into an empty database; tests only read it or roll back."""
    async with empty_database(cluster) as url, engine_on(url) as engine:
        manifest = archive.check(kept.file)
        await service.restore(engine, kept.file, manifest)
        yield engine


class TestRestored:
    async def test_every_row_of_every_table_is_the_same(self, kept, restored):
        async with engine_on(kept.url) as before:
            expected = await rows_of(before, "alembic_version")
        assert sum(map(len, expected.values())) > 100
        assert expected["event"]
        assert await rows_of(restored, "alembic_version") == expected

    async def test_the_manifest_counts_every_table(self, kept):
        async with engine_on(kept.url) as before:
            counted = {f"public.{name}": len(rows) for name, rows in (
                await rows_of(before, "alembic_version")).items()}  # fmt: skip
        queued = {name for name in kept.manifest.rows if name.startswith("jobs.")}
        months = {name for name in kept.manifest.rows if name.startswith("tracks.")}
        assert len(queued) == 4
        assert len(months) >= 5
        del counted["public.track"]  # its rows are those of its months
        others = queued | months
        assert {n: c for n, c in kept.manifest.rows.items() if n not in others} == counted

    async def test_months_of_the_track_are_there_and_more_can_be_made(self, restored):
        async with restored.connect() as connection:  # rolled back
            assert await connection.scalar(text("SELECT tracks_ahead(3)")) == 0
            assert await connection.scalar(text("SELECT tracks_ahead(4)")) == 1

    async def test_every_guard_and_counter_is_the_same(self, kept, restored):
        async with engine_on(kept.url) as before:
            expected = await guards_of(before)
        assert expected["triggers"]
        assert expected["constraints"]
        assert await guards_of(restored) == expected

    @pytest.mark.parametrize(
        ("statement", "says"),
        [
            ("UPDATE event_history SET note = 'x'", "append-only"),
            ("DELETE FROM micro_grid WHERE valid IS NOT NULL", "cannot be changed"),
            ("UPDATE event SET state = 'CLOSED' WHERE state = 'DISPATCHED'", "history"),
            ("UPDATE event SET datum = 'mars'", "ck_event_datum"),
            ("DELETE FROM matter", "foreign key"),
        ],
    )
    async def test_guards_still_refuse(self, restored, statement, says):
        with pytest.raises(DBAPIError, match=says):
            await attempt(restored, statement)


async def test_the_restored_service_goes_on_with_new_ids(kept, empty, empty_url):
    """Beside tables of others, which are not in the way."""
    async with empty.begin() as connection:
        await connection.execute(text("CREATE TABLE others AS SELECT 1 AS one"))
    shares = []
    await service.restore(empty, kept.file, kept.manifest, lambda _, share: shares.append(share))
    assert_progress(shares)
    assert ("public", "others") in await tables_in(empty)
    async with empty.connect() as connection:
        old = set(await connection.scalars(text("SELECT id FROM event")))
    (new,) = await report_events(empty_url, 1)
    assert old
    assert new > max(old)


def test_progress_of_a_backup_goes_forward_table_by_table(kept):
    assert_progress(kept.progress)
    assert len(kept.progress) > len(kept.manifest.rows)


def assert_progress(shares):
    assert shares == sorted(shares)
    assert len(shares) > 1
    assert all(0 <= share <= 1 for share in shares)


async def test_a_backup_is_of_one_moment_while_others_write(kept, empty, tmp_path):
    """Rows written between the count and the dump are in neither."""
    file = tmp_path / "moment.backup"
    add = text(
        "INSERT INTO site (division_code, kind, geom) SELECT division_code, 'park', geom"
        " FROM building LIMIT 1"
    )
    written = 0
    async with engine_on(kept.url) as engine:
        under_way = asyncio.create_task(service.back_up(engine, file))
        while not under_way.done():
            async with transaction(engine) as session:
                await session.execute(add)
            written += 1
        manifest = await under_way
        async with transaction(engine) as session:
            await session.execute(text("DELETE FROM site WHERE kind = 'park'"))
    assert written > 1
    assert manifest.rows["public.site"] < written
    await service.restore(empty, file, manifest)


async def test_an_older_schema_is_upgraded_after_restoring(empty, database_url, tmp_path):
    async with engine_on(database_url) as newest:
        expected = await guards_of(newest)
    async with empty.begin() as connection:
        await connection.run_sync(
            lambda sync: command.upgrade(migrations.alembic_config(sync), "0001")
        )
    manifest = await service.back_up(empty, tmp_path / "old.backup")
    assert manifest.revision == "0001"
    async with empty.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
    schema = await service.restore(empty, tmp_path / "old.backup", manifest)
    assert schema.current
    assert await guards_of(empty) == expected


async def test_a_newer_schema_is_refused(town, empty, tmp_path):
    async with transaction(town) as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    manifest = await service.back_up(town, tmp_path / "new.backup")
    with pytest.raises(BadInput, match=r"schema 9999.*upgrade gridsvc"):
        await service.restore(empty, tmp_path / "new.backup", manifest)
    assert await tables_in(empty) == []


async def test_a_database_in_use_is_left_alone(kept, town):
    before = await rows_of(town)
    with pytest.raises(Conflict, match="already holds"):
        await service.restore(town, kept.file, kept.manifest)
    assert await rows_of(town) == before


async def test_a_database_without_gridsvc_is_not_backed_up(empty, tmp_path):
    with pytest.raises(BadInput, match="nothing"):
        await service.back_up(empty, tmp_path / "none.backup")
    assert list(tmp_path.iterdir()) == []


async def test_a_restore_that_breaks_off_leaves_nothing(kept, empty):
    """At any place: in the table of contents, in the rows, before the last index."""
    dumped = b"".join(archive.chunks(kept.file, archive.DATABASE))
    for share in (0.0, 0.1, 0.5, 0.9, 0.999):
        cut = dumped[: int(len(dumped) * share)]
        with pytest.raises(Unavailable, match="pg_restore failed"):
            await tools.restore(empty.url, server=15, dumped=[cut])
        assert await tables_in(empty) == []


async def test_a_name_that_is_taken_undoes_the_restore(kept, empty):
    async with empty.begin() as connection:
        await connection.execute(text("CREATE VIEW event_history AS SELECT 1 AS one"))
    with pytest.raises(Unavailable, match=r"event_history.*already exists"):
        await service.restore(empty, kept.file, kept.manifest)
    assert await tables_in(empty) == []


async def test_other_rows_than_were_backed_up_are_told(kept, empty):
    wrong = kept.manifest.model_copy(update={"rows": kept.manifest.rows | {"public.event": 99}})
    with pytest.raises(Unavailable, match=r"public\.event 13 instead of 99"):
        await service.restore(empty, kept.file, wrong)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ('"$REAL" "$@" | head -c 9000; exit 1', "status 1"),
        ('"$REAL" "$@" | head -c 9000; kill -9 $$', "killed by signal 9"),
        ('echo "pg_dump: error: no luck" >&2; exit 3', "no luck"),
    ],
)
async def test_a_pg_dump_that_dies_leaves_no_file(
    kept, stand_in, monkeypatch, tmp_path, script, says
):
    monkeypatch.setattr(tools, "DEBIAN_ROOT", stand_in("pg_dump", script))
    (tmp_path / "out").mkdir()
    async with engine_on(kept.url) as engine:
        with pytest.raises(Unavailable, match=says):
            await service.back_up(engine, tmp_path / "out" / "town.backup")
    assert list((tmp_path / "out").iterdir()) == []


async def test_a_row_that_came_out_otherwise_is_noticed(kept, empty, monkeypatch):
    """As many rows as before, one of them another: counting alone would not see it."""
    manifest = archive.check(kept.file)
    counted = queries.row_counts

    async def with_a_changed_row(session):
        await session.execute(text("UPDATE matter SET name = 'x' WHERE code = 'E01'"))
        return await counted(session)

    monkeypatch.setattr(queries, "row_counts", with_a_changed_row)
    with pytest.raises(Unavailable, match=r"public\.matter"):
        await service.restore(empty, kept.file, manifest)


async def test_photos_come_with_it(cluster, town, town_url, tmp_path):
    async with town.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO audit_entry (login, roles, via, action, kind, object_id,"
                " division_code) VALUES ('x', '{}', 'system', 'loaded', 'x', 'x', '000000000000')"
            )
        )
    [event] = await report_events(town_url, 1)
    async with town.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO event_media (event_id, division_code, purpose, media_type, width_px,"
                " height_px, sha256, content) SELECT id, division_code, 'report', 'image/jpeg', 1,"
                " 1, '', :content FROM event WHERE id = :id"
            ),
            {"id": event, "content": bytes(range(256)) * 100},
        )
    file = tmp_path / "town.backup"
    await service.back_up(town, file)
    async with empty_database(cluster) as url, engine_on(url) as restored:
        await service.restore(restored, file, archive.check(file))
        async with restored.connect() as connection:
            content = await connection.scalar(text("SELECT content FROM event_media"))
        assert content == bytes(range(256)) * 100
        # The chain of the audit trail holds there too.
        async with transaction(restored) as session:
            assert await audit.verify(session) == []


async def test_a_login_from_whom_policies_hide_rows_cannot_back_up(town_url, tmp_path):
    async with engine_on(service_of(town_url).url) as engine:
        with pytest.raises(Unavailable, match="BYPASSRLS"):
            await service.back_up(engine, tmp_path / "town.backup")
    assert list(tmp_path.iterdir()) == []
