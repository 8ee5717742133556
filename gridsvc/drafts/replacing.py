"""A draft's cells replaced by those of a file, as one revision."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.drafts import queries, schemas, service
from gridsvc.drafts.operating import replaced
from gridsvc.drafts.service import Kept
from gridsvc.planning.sketch import Drawn


@dataclass(frozen=True)
class Replacement:
    """A file that is to replace a draft's cells.

    Attributes
    ----------
    version
        Of the draft it is meant for.
    client_key
        Sent again, it is done once.
    told
        What the revision keeps of it: ``kind`` 'replace', its format, what its coordinates are in,
        and its SHA-256.
    """

    version: int
    client_key: str
    told: dict[str, Any]


async def done_before(
    session: AsyncSession, draft_id: int, asked: Replacement, kept: Kept
) -> schemas.Changed | None:
    """What a replacement changed that came before under the same key; none where none did.

    Raises
    ------
    BadInput
        If the key was used for another operation.
    """
    done = await queries.revision_by_key(session, draft_id, asked.client_key)
    if done is None:
        return None
    client_keys.check_same(
        asked.client_key,
        *(json.dumps(one, sort_keys=True).encode() for one in (done["asked"], asked.told)),
        used="with another operation",
    )
    return await service.told_changed(session, draft_id, done, kept)


async def replace(
    session: AsyncSession, draft_id: int, asked: Replacement, drawn: Drawn, kept: Kept
) -> schemas.Changed:
    """Replace all cells of a draft and tell what changed.

    Parameters
    ----------
    drawn
        Polygon, EPSG:4326.

    Raises
    ------
    BadInput
        If the cells are no proper coverage of the community, cut a building, or change a locked
        cell; ``bbox`` tells where.
    Conflict
        If somebody else changed the draft meanwhile, or it is not open.
    """
    row = await service.to_change(session, draft_id, asked.version)
    before, ids, known, land = await service.sketched(session, row, kept)
    after = await asyncio.to_thread(replaced, before, land, drawn)
    was = (before, ids, known)
    await service.write(session, row, was, after, land, asked.told, asked.client_key)
    made = await queries.revision(session, draft_id, row["version"] + 1)
    return await service.told_changed(session, draft_id, made, kept)
