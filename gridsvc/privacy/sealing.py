"""Keys and their rotation: every sealed value is sealed anew with the newest key."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor, acting
from gridsvc.db import transaction
from gridsvc.keyring import Keyring
from gridsvc.privacy import queries
from gridsvc.progress import Progress, silent

_BATCH = 500


async def reseal(
    engine: AsyncEngine, keyring: Keyring, by: Actor, progress: Progress = silent
) -> int:
    """Seal with the newest key whatever is sealed with an older one, or not yet; how many.

    Batch by batch, each its own transaction: a run that is cut short is taken up by the next.
    """
    total = sum((await in_use(engine)).values()) or 1
    done = 0
    for table, columns in queries.SEALED.items():
        for column in columns:
            while batch := await _reseal_batch(engine, keyring, table, column):
                done += batch
                progress(f"seal {table}", min(done / total, 1.0))
    if done:
        async with transaction(engine) as session:
            with acting(session, by):
                facts = {"key": keyring.newest, "values": done}
                await audit.record(session, Action.KEYS_ROTATED, "keyring", "", after=facts)
    return done


async def _reseal_batch(engine: AsyncEngine, keyring: Keyring, table: str, column: str) -> int:
    async with transaction(engine) as session:
        rows = await queries.sealed_otherwise(
            session, table, column, newest=keyring.newest, limit=_BATCH
        )
        if rows:
            fresh = [(key, keyring.reseal(value)) for key, value in rows]
            await queries.set_sealed(session, table, column, fresh)
    return len(rows)


async def in_use(engine: AsyncEngine) -> dict[str, int]:
    """How many values are sealed with each key."""
    async with transaction(engine) as session:
        return await queries.count_by_key(session)
