"""Drafts and plans as files for other programs, and a draft's cells from such a file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.drafts import figures, ground, queries, replacing, schemas, service
from gridsvc.drafts.ground import Ground
from gridsvc.drafts.replacing import Replacement
from gridsvc.drafts.service import Kept
from gridsvc.errors import NotFound
from gridsvc.exchange.cell_files import read_cells, written
from gridsvc.geo import Reference


async def draft_file(
    session: AsyncSession, draft_id: int, kind: str, reference: Reference, kept: Kept
) -> bytes:
    """A draft as a file: number, kind, households and locked of every cell; see `written`."""
    row = await service.required(session, draft_id)
    cells = await queries.cells(session, draft_id)
    land = await ground.of(session, row["division_code"], kept)
    return await asyncio.to_thread(_file, cells, "number", land, kind, reference)


async def plan_file(
    session: AsyncSession, plan_id: int, kind: str, reference: Reference, kept: Kept
) -> bytes:
    """A plan as a file: code, kind and households of every micro-grid; see `written`.

    Raises
    ------
    NotFound
        If there is no such plan.
    """
    plan = await queries.plan(session, plan_id)
    if plan is None:
        raise NotFound(f"there is no plan {plan_id}")
    cells = await queries.plan_cells(session, plan_id)
    land = await ground.of(session, plan["division_code"], kept)
    return await asyncio.to_thread(_file, cells, "code", land, kind, reference)


def _file(
    rows: Sequence[dict[str, Any]], name: str, land: Ground, kind: str, reference: Reference
) -> bytes:
    degrees = shapely.from_wkb(np.array([row["wkb"] for row in rows], dtype=object))
    frame = gpd.GeoDataFrame(
        {
            name: [row[name] for row in rows],
            "kind": [row["kind"] for row in rows],
            "households": figures.households(land.projected(degrees), land),
            "locked": [bool(row.get("locked", False)) for row in rows],
        },
        geometry=list(degrees),
        crs=geo.WGS84,
    )
    return written(frame, kind, reference)


async def replace_from_file(
    session: AsyncSession,
    draft_id: int,
    asked: Replacement,
    content: bytes,
    kept: Kept,
) -> schemas.Changed:
    """Replace a draft's cells by those of a file; see `read_cells` and `replacing.replace`.

    The file is read before the draft is locked, so that nobody waits for it.

    Raises
    ------
    BadInput
        If the file cannot be used, with the reason and, where there is one, ``bbox``.
    Conflict
        If somebody else changed the draft meanwhile, or it is not open.
    """
    done = await replacing.done_before(session, draft_id, asked, kept)
    if done is not None:
        return done
    row = await service.required(session, draft_id)
    land = await ground.of(session, row["division_code"], kept)
    west, _, east, _ = land.area.boundary.total_bounds
    kind, datum = asked.told["format"], asked.told["datum"]
    reference = Reference(datum) if datum else None
    drawn = await asyncio.to_thread(read_cells, content, kind, reference, (west + east) / 2)
    return await replacing.replace(session, draft_id, asked, drawn, kept)


def told(content: bytes, kind: str, reference: Reference | None) -> dict[str, Any]:
    """What a revision keeps of a file."""
    return {
        "kind": "replace",
        "format": kind,
        "datum": reference.value if reference else None,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
