"""The commands `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.backup import archive, service
from gridsvc.backup.archive import Manifest
from gridsvc.connect import with_database
from gridsvc.console import AsJson, bar, show
from gridsvc.progress import Progress


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; must not exist yet.")],
    as_json: AsJson = False,
) -> None:
    """Back up the whole database into one file, while the service goes on working.

    The file appears under its name only once it is complete. It holds personal data and only
    its owner may read it.
    """
    archive.check_new(file)

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        return _told(file, await service.back_up(engine, file, progress))

    show(with_database(work_on, upgrade=False), as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="Backup made by gridsvc backup.")],
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a database without gridsvc's tables, wholly or not at all.

    Every byte is checked before and the rows of every table after. A schema older than this
    gridsvc is upgraded. A backup is a program that the database runs: restore only what was
    kept safe.
    """
    with bar() as progress:
        manifest = archive.check(file, progress)

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        schema = await service.restore(engine, file, manifest, progress)
        return _told(file, manifest) | {"revision": schema.revision}

    show(with_database(work_on, upgrade=False), as_json)


def _told(file: Path, manifest: Manifest) -> dict[str, Any]:
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "created_at": manifest.created_at.isoformat(),
        "gridsvc": manifest.gridsvc,
        "revision": manifest.revision,
        "rows": manifest.rows,
    }
