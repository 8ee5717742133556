"""Spot checks (督查): what looks like sham work is found by rules, and judged by somebody.

A rule finds what is odd: nobody's phone was at the place, it was done sooner than anybody gets
there, its photo was seen before. Whether it is sham somebody says who looked.
"""

from __future__ import annotations

import asyncio
import io
from collections import Counter

import imagehash
from PIL import Image
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.appraisal import spot_queries
from gridsvc.appraisal.star_schemas import FoundOut, SearchIn, SpotCheckOut, VerdictIn
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import code_range
from gridsvc.errors import Conflict, NotFound
from gridsvc.grids.own_areas import check_own_area

#: Photos that are looked at in one go; the others wait for the next.
MOST_PHOTOS = 500
_SIGN = 2**63


def hash_of(content: bytes) -> int:
    """Perceptual hash of a picture (pHash, 64 bits), as a signed number for PostgreSQL."""
    with Image.open(io.BytesIO(content)) as picture:
        bits = int(str(imagehash.phash(picture)), 16)
    return bits - 2 * _SIGN if bits >= _SIGN else bits


async def search(session: AsyncSession, wish: SearchIn, caller: Identity) -> FoundOut:
    """Look for sham work; what was found before is not found again.

    Raises
    ------
    BadInput, Forbidden
        If there is no such division, or it lies outside the caller's areas.
    """
    await check_own_area(session, wish.division, caller, or_whole=True)
    low, high = code_range(wish.division)
    photos = await look_at_photos(session, low, high)
    asked = wish.model_dump(exclude={"division"}) | {"low": low, "high": high}
    found = Counter(await spot_queries.find(session, asked))
    await audit.record(
        session,
        Action.SPOT_CHECKED,
        "division",
        wish.division,
        division_code=wish.division,
        after=dict(found),
    )
    return FoundOut(found=dict(found), photos=photos)


async def look_at_photos(session: AsyncSession, low: str, high: str) -> int:
    """Hash photos that were not looked at yet; how many, `MOST_PHOTOS` at most."""
    rows = await spot_queries.photos_without_hash(session, low, high, limit=MOST_PHOTOS)
    if not rows:
        return 0
    hashes = await asyncio.to_thread(lambda: [hash_of(row["content"]) for row in rows])
    await spot_queries.add_hashes(
        session,
        [
            (row["id"], row["event_id"], row["division_code"], one)
            for row, one in zip(rows, hashes, strict=True)
        ],
    )
    return len(rows)


async def judge(session: AsyncSession, check_id: int, told: VerdictIn) -> SpotCheckOut:
    """Say what was found on looking; once.

    Raises
    ------
    NotFound
        If there is no such check in the caller's areas.
    Conflict
        If somebody judged it.
    """
    row = await _row(session, check_id)
    if row["verdict"] is not None:
        raise Conflict(f"{row['judged_by']} found this {row['verdict']} already")
    await spot_queries.judge(
        session, check_id, **told.model_dump(), judged_by=actor_of(session).login
    )
    await audit.record(
        session,
        Action.SPOT_CHECKED,
        "spot_check",
        check_id,
        division_code=row["division"],
        after={"verdict": told.verdict},
    )
    return SpotCheckOut(**await _row(session, check_id))


async def _row(session: AsyncSession, check_id: int) -> RowMapping:
    row = await spot_queries.check(session, check_id)
    if row is None:
        raise NotFound(f"there is no spot check {check_id} in your areas")
    return row
