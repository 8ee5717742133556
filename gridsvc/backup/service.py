"""Backup and restore of a whole database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import __version__, migrations
from gridsvc.backup import archive, queries, tools
from gridsvc.backup.archive import Manifest
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict, Unavailable
from gridsvc.progress import Progress, silent


async def back_up(engine: AsyncEngine, path: Path, progress: Progress = silent) -> Manifest:
    """Write a backup of one moment of a database, while the service goes on working.

    The rows in the manifest are counted in the very snapshot that is dumped.

    Parameters
    ----------
    engine
        Database to back up, whatever its schema's revision.
    path
        File to write; it must not exist, and it does only once the backup is complete.

    Raises
    ------
    BadInput
        If the file cannot be written or the database holds nothing of gridsvc.
    Unavailable
        If pg_dump is missing or fails.
    """
    schema = await migrations.status(engine)
    if schema.revision is None:
        raise BadInput("the database holds nothing of gridsvc; there is nothing to back up")
    progress("count", 0.0)
    frozen = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    async with transaction(frozen) as session:
        if not await queries.sees_everything(session):
            raise Unavailable(
                "policies would hide rows from this backup; have an administrator run: "
                f'ALTER ROLE "{engine.url.username}" BYPASSRLS'
            )
        snapshot = await queries.freeze(session)
        server = await queries.server_version(session)
        rows = await queries.row_counts(session)
        digests = await queries.row_digests(session)
        not_ours = await queries.tables(session, of_extensions=True)
        with archive.new_backup(path) as draft:
            with draft.part(archive.DATABASE) as write:
                await tools.dump(
                    engine.url,
                    server=server,
                    snapshot=snapshot,
                    without_rows_of=not_ours,
                    write=write,
                    on_table=_share_of(rows, progress),
                )
            return draft.seal(
                gridsvc=__version__,
                revision=schema.revision,
                postgresql=server,
                created_at=datetime.now(UTC),
                rows=rows,
                digests=digests,
            )


async def restore(
    engine: AsyncEngine, path: Path, manifest: Manifest, progress: Progress = silent
) -> migrations.SchemaStatus:
    """Restore a backup into a database without gridsvc's tables, wholly or not at all.

    Parameters
    ----------
    engine
        Database to fill.
    path, manifest
        A backup and what `archive.check` found in it.

    Returns
    -------
    SchemaStatus
        The newest revision: an older schema is upgraded after restoring.

    Raises
    ------
    BadInput
        If the backup's schema is newer than the newest known here.
    Conflict
        If the database has such tables already.
    Unavailable
        If pg_restore is missing or fails, or other rows came out than were backed up.
    """
    _check_known(manifest)
    async with transaction(engine) as session:
        server = await queries.server_version(session)
        present = {".".join(names) for names in await queries.tables(session)}
    if present & manifest.rows.keys():
        raise Conflict(
            "the database already holds gridsvc's tables; restore into an empty one, named by "
            "GRIDSVC_DATABASE_URL or made by a fresh GRIDSVC_DATA_DIR"
        )
    await migrations.make_service_role(engine)
    dumped = _told(path, manifest, progress)
    await tools.restore(engine.url, server=server, dumped=dumped)
    progress("count", 1.0)
    async with transaction(engine) as session:
        await queries.analyze(session)
        found = await queries.row_counts(session)
        digests = await queries.row_digests(session)
    _check_counts(manifest.rows, found)
    _check_digests(manifest.digests, digests)
    return await migrations.upgrade(engine)


def _check_known(manifest: Manifest) -> None:
    scripts = ScriptDirectory.from_config(migrations.alembic_config())
    if manifest.revision not in {script.revision for script in scripts.walk_revisions()}:
        raise BadInput(
            f"the backup was made by gridsvc {manifest.gridsvc} with schema {manifest.revision}, "
            f"newer than {scripts.get_current_head()} known here; upgrade gridsvc, then restore"
        )


def _check_counts(expected: dict[str, int], found: dict[str, int]) -> None:
    """Compare what is there with what was backed up; other tables are not our business."""
    wrong = [
        f"{name} {found.get(name, 0)} instead of {count}"
        for name, count in expected.items()
        if found.get(name) != count
    ]
    _refuse(wrong)


def _check_digests(expected: dict[str, str], found: dict[str, str]) -> None:
    """Compare every row, once there are as many as there were."""
    _refuse([name for name, digest in expected.items() if found.get(name) != digest])


def _refuse(wrong: list[str]) -> None:
    if wrong:
        raise Unavailable(
            f"other rows were restored than were backed up ({', '.join(wrong)}); "
            "do not use this database, drop it and restore again"
        )


def _share_of(rows: dict[str, int], progress: Progress) -> Callable[[str], None]:
    """Progress by rows, told the tables as they begin."""
    total = sum(rows.values()) or 1
    behind = 0

    def on_table(name: str) -> None:
        nonlocal behind
        progress(f"dump {name}", min(behind / total, 1.0))
        behind += rows.get(name, 0)

    return on_table


def _told(path: Path, manifest: Manifest, progress: Progress) -> Iterator[bytes]:
    """The dump's bytes, with progress."""
    total = manifest.parts[archive.DATABASE].size_bytes or 1
    sent = 0
    for chunk in archive.chunks(path, archive.DATABASE):
        progress("restore", min(sent / total, 1.0))
        yield chunk
        sent += len(chunk)
