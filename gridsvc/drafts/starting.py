"""How a draft begins: from the plan in force, an earlier plan, another draft, or one cell."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit.actor import actor_of
from gridsvc.codes import checked, level_of
from gridsvc.drafts import ground, queries, schemas, service
from gridsvc.drafts.ground import Ground
from gridsvc.errors import BadInput, NotFound
from gridsvc.planning.arrays import Geometries
from gridsvc.planning.cells import with_matched_edges

#: Households of a micro-grid and of a grid where no plan says otherwise.
DEFAULT_TARGET, DEFAULT_GRID_TARGET = 100, 300


async def start(session: AsyncSession, asked: schemas.DraftIn, kept: service.Kept) -> int:
    """Begin a draft; its id.

    Raises
    ------
    BadInput
        If it is no community, or the origin is of another one.
    NotFound
        If the community or the origin is unknown, or no plan is in force.
    """
    code = checked(asked.division)
    if level_of(code) != "community":
        raise BadInput(f"{code} is a {level_of(code)}; drafts are drawn of communities")
    land = await ground.of(session, code, kept)
    rows, targets = await _origin(session, code, asked)
    if rows:
        cells = shapely.from_wkb(np.array([row["wkb"] for row in rows], dtype=object))
        cells = await asyncio.to_thread(_sound, cells, land)
    else:
        cells = shapely.get_parts(land.area.boundary.geometry.iloc[0])
        rows = [{"kind": "ordinary"}] * len(cells)
    told = [
        {
            "number": row.get("number", place),
            "kind": row["kind"],
            "locked": row.get("locked", False),
            "geometry": cell,
        }
        for place, (row, cell) in enumerate(zip(rows, cells, strict=True), start=1)
    ]
    plans = await queries.plans(session, code, limit=service.MOST_LISTED)
    draft_id = await queries.add(
        session,
        division_code=code,
        name=asked.name,
        target=asked.target or targets[0],
        grid_target=asked.grid_target or targets[1],
        in_force=next((one["id"] for one in plans if one["state"] == "published"), None),
        last_cell=max(cell["number"] for cell in told),
        actor=actor_of(session).login,
    )
    await queries.add_cells(session, draft_id, code, told)
    return draft_id


async def _origin(
    session: AsyncSession, code: str, asked: schemas.DraftIn
) -> tuple[Sequence[Mapping[str, Any]], tuple[int, int]]:
    """Cells a draft begins with, and the targets of where they come from."""
    usual = (DEFAULT_TARGET, DEFAULT_GRID_TARGET)
    if asked.origin == "blank":
        return [], usual
    if asked.origin == "draft":
        other = await service.required(session, asked.origin_id)
        service.refuse_elsewhere(other["division_code"], code)
        cells = await queries.cells(session, other["id"])
        return cells, (other["target"], other["grid_target"])
    if asked.origin == "in_force":
        plans = await queries.plans(session, code, limit=service.MOST_LISTED)
        plan = next((one for one in plans if one["state"] == "published"), None)
        if plan is None:
            raise NotFound(f"no plan of {code} is in force; begin with one cell or another plan")
        return await queries.plan_cells(session, plan["id"]), (plan["target"], plan["grid_target"])
    plan = await queries.plan(session, asked.origin_id or 0)
    if plan is None:
        raise NotFound(f"there is no plan {asked.origin_id}")
    service.refuse_elsewhere(plan["division_code"], code)
    return await queries.plan_cells(session, plan["id"]), (plan["target"], plan["grid_target"])


def _sound(cells: Geometries, land: Ground) -> Geometries:
    """Cells that share every vertex of their borders; as they are where they do already."""
    metres = land.projected(cells)
    if shapely.coverage_is_valid(metres):
        return cells
    return land.unprojected(with_matched_edges(metres))
