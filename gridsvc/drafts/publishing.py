"""How a draft comes into force: checks, a second person, the day it takes effect.

Codes are given when it takes effect, in one transaction with the publication: what was numbered
earlier could be overtaken by another plan.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.roles import Permission, roles_with
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.db import transaction
from gridsvc.drafts import figures, queries, schemas, service
from gridsvc.drafts.ground import Ground
from gridsvc.drafts.service import Kept
from gridsvc.errors import BadInput, Conflict, GridsvcError, ImproperPlan
from gridsvc.grids import service as grids
from gridsvc.grids.plan_settings import PlanSettings
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.people import service as people
from gridsvc.planning.arrays import Ints
from gridsvc.planning.checks import CHECKS
from gridsvc.planning.plan import CellPlan
from gridsvc.planning.sketch import Sketch
from gridsvc.planning.wish import Wish

log = logging.getLogger(__name__)

#: A plan is not approved further ahead than this.
FURTHEST_DAYS = 366


async def submit(
    session: AsyncSession, draft_id: int, asked: schemas.SubmissionIn, kept: Kept, time_zone: str
) -> None:
    """Say that a draft is ready; a second person decides, and those who may are told.

    Raises
    ------
    BadInput
        If the day lies in the past or too far ahead.
    Conflict
        If it was changed meanwhile, or another plan came into force since it was begun.
    ImproperPlan
        If a check fails; ``problems`` names each with its cells and place.
    """
    row = await service.to_change(session, draft_id, asked.version)
    today = await queries.today(session, time_zone)
    if asked.effective_on is not None and not (
        today <= asked.effective_on <= today + timedelta(days=FURTHEST_DAYS)
    ):
        raise BadInput(f"it takes effect between {today} and {FURTHEST_DAYS} days from then")
    _refuse_outdated(row)
    sketch, _, _, land = await service.sketched(session, row, kept)
    await _refuse_improper(sketch, land, row["target"])
    me = actor_of(session).login
    await _move(
        session, row, "submitted", asked_by=me, decided_by=None, decision_note="",
        effective_on=asked.effective_on,
    )  # fmt: skip
    await notices.tell(
        session,
        kind=Kind.DRAFT_SUBMITTED,
        subject_type="draft",
        subject_id=draft_id,
        recipients=Recipients(
            roles=roles_with(Permission.APPROVE_DRAFTS), but=actor_of(session).account_id
        ),
        division_code=row["division_code"],
        facts={"matter": row["division_name"]},
        occasion=str(row["version"]),
    )


async def withdraw(session: AsyncSession, draft_id: int, version: int) -> None:
    """Take a draft back that is submitted or approved, to change it."""
    row = await service.required(session, draft_id, lock=True)
    _refuse_other_version(row, version)
    if row["state"] not in {"submitted", "approved"}:
        raise Conflict(f"the draft is {row['state']}; there is nothing to take back")
    await _move(session, row, "open")


async def decide(
    session: AsyncSession,
    draft_id: int,
    asked: schemas.DraftDecisionIn,
    kept: Kept,
    time_zone: str,
) -> None:
    """Approve a draft or send it back; approved, it takes effect at once or on its day.

    Raises
    ------
    Conflict
        If it is not submitted, was changed meanwhile, or whoever decides submitted it.
    """
    row = await service.required(session, draft_id, lock=True)
    _refuse_other_version(row, asked.version)
    if row["state"] != "submitted":
        raise Conflict(f"the draft is {row['state']}; only a submitted one is decided on")
    me = actor_of(session).login
    if me == row["asked_by"]:
        raise Conflict("a second person decides; whoever submitted it cannot")
    if not asked.approve:
        await _move(session, row, "open", decided_by=me, decision_note=asked.note)
        return
    await _move(session, row, "approved", decided_by=me, decision_note=asked.note)
    if row["effective_on"] is None or row["effective_on"] <= await queries.today(
        session, time_zone
    ):
        await put_in_force(session, draft_id, kept)


def _refuse_other_version(row: RowMapping, version: int) -> None:
    if row["version"] != version:
        raise Conflict(
            f"the draft was changed meanwhile (version {row['version']}, yours {version}); "
            "load it anew, nothing was overwritten",
            version=row["version"],
        )


def _refuse_outdated(row: RowMapping) -> None:
    if row["in_force"] != row["now_in_force"]:
        raise Conflict(
            "another plan came into force since this draft was begun; begin a new draft from "
            "this one and compare it with the plan in force",
            in_force=row["now_in_force"],
        )


async def _refuse_improper(sketch: Sketch, land: Ground, target: int) -> None:
    found = await asyncio.to_thread(figures.problems, sketch, land, target)
    bad = [problem for problem in found if problem.blocks]
    if bad:
        named = ", ".join(sorted({problem.check for problem in bad}))
        raise ImproperPlan(
            f"the draft cannot be published: {named}; mend what the list of problems shows",
            problems=[problem.model_dump() for problem in bad],
        )


async def _move(session: AsyncSession, row: RowMapping, state: str, **columns: Any) -> None:
    """Put a draft into another state, as its next version, with a line in its history."""
    version = row["version"] + 1
    await queries.set_columns(session, row["id"], version=version, state=state, **columns)
    await queries.add_revision(
        session,
        draft_id=row["id"],
        division_code=row["division_code"],
        version=version,
        parent=-1,  # no revision of the cells: nothing to undo
        action=state,
        asked={"kind": state},
        taken=[],
        given=[],
        actor=actor_of(session).login,
        client_key=None,
    )
    await audit.record(
        session,
        Action.DRAFT_MOVED,
        "plan_draft",
        row["id"],
        division_code=row["division_code"],
        before={"state": row["state"]},
        after={"state": state},
    )


async def put_in_force(session: AsyncSession, draft_id: int, kept: Kept) -> int:
    """Number an approved draft's cells and publish them; the plan's id.

    Raises
    ------
    Conflict
        If another plan came into force meanwhile.
    ImproperPlan
        If what stands there changed so that a check fails now.
    """
    row = await service.required(session, draft_id, lock=True)
    _refuse_outdated(row)
    sketch, _, _, land = await service.sketched(session, row, kept)
    await _refuse_improper(sketch, land, row["target"])
    code = row["division_code"]
    before: list[dict[str, Any]] = []
    if row["now_in_force"] is not None:
        before = await queries.plan_cells(session, row["now_in_force"])
    made, earlier = await asyncio.to_thread(_as_plan, sketch, land, row, before)
    settings = PlanSettings(Wish(target=row["target"]), max(row["grid_target"], row["target"]))
    draft = await grids.save_plan(session, code, made, None, earlier, settings)
    await grids.publish_plan(session, draft.plan_id)
    await people.post_to_cells(session, code)
    await _move(
        session, await service.required(session, draft_id), "published", plan_id=draft.plan_id
    )
    return draft.plan_id


def _as_plan(
    sketch: Sketch, land: Ground, row: RowMapping, before: list[dict[str, Any]]
) -> tuple[CellPlan, Ints | None]:
    """A sketch as the planner's own result, and the grid each cell was in before."""
    held = figures.households(sketch.cells, land)
    cells = gpd.GeoDataFrame(
        {
            "households": held,
            "load": held.astype(float),
            "kind": np.where(sketch.dedicated, "dedicated", "ordinary"),
            "community": 0,
            "site": -1,
            "locked": -1,
            "previous": -1,
        },
        geometry=list(sketch.cells),
        crs=land.crs,
    )
    plan = CellPlan(cells, figures.cell_of_homes(sketch.cells, land), _report(cells, row))
    if not before:
        return plan, None
    old = land.projected(shapely.from_wkb(np.array([one["wkb"] for one in before], dtype=object)))
    _, grid = np.unique([one["grid_code"] for one in before], return_inverse=True)
    a, b = shapely.STRtree(old).query(sketch.cells, predicate="intersects")
    common = shapely.area(shapely.intersection(sketch.cells[a], old[b]))
    earlier = np.full(len(sketch.cells), -1, dtype=np.int64)
    order = np.argsort(common, kind="stable")
    earlier[a[order]] = grid[b[order]]
    earlier[sketch.dedicated] = -1
    return plan, earlier


def _report(cells: gpd.GeoDataFrame, row: RowMapping) -> dict[str, Any]:
    """What is told of a plan that a planner drew, in the terms of the planner's reports."""
    ordinary = cells[cells["kind"] == "ordinary"]
    load, target = ordinary["load"].to_numpy(float), float(row["target"])
    off = np.abs(load[load > 0] - target) / target
    shapes = ordinary.geometry.to_numpy(dtype=object)
    compact = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2

    def percent(share: float) -> float:
        return round(100 * float(share), 2)

    told = {
        "target": row["target"],
        "tolerance_pct": 10.0,
        "cells": len(cells),
        "ordinary_cells": len(ordinary),
        "dedicated_cells": len(cells) - len(ordinary),
        "populated_ordinary_cells": len(off),
        "households": int(cells["households"].sum()),
        "mean_deviation_pct": percent(off.mean()) if len(off) else None,
        "within_tolerance_pct": percent((off <= 0.1).mean()) if len(off) else None,
        "within_twice_tolerance_pct": percent((off <= 0.2).mean()) if len(off) else None,
        "within10_pct": percent((off <= 0.1).mean()) if len(off) else None,
        "within20_pct": percent((off <= 0.2).mean()) if len(off) else None,
        "compactness_median": round(float(np.median(compact)), 4) if len(compact) else None,
        "compactness_p10": round(float(np.percentile(compact, 10)), 4) if len(compact) else None,
    }
    return {
        "figures": told,
        "outside": [],
        "limits": [],
        "checks": dict.fromkeys(CHECKS, True),
        "problems": [],
        "draft": row["id"],
    }


async def put_due_in_force(engine: AsyncEngine, kept: Kept, time_zone: str) -> tuple[int, int]:
    """Put every approved draft in force whose day has come; how many, and how many could not be.

    One that cannot be goes back to its planners with the reason.
    """
    async with transaction(engine) as session:
        waiting = await queries.due(session, time_zone)
    done = failed = 0
    for draft_id in waiting:
        try:
            async with transaction(engine) as session:
                await put_in_force(session, draft_id, kept)
            done += 1
        except GridsvcError as refusal:
            async with transaction(engine) as session:
                row = await service.required(session, draft_id, lock=True)
                await _move(session, row, "open", decision_note=refusal.detail[:1000])
            log.warning("a draft could not take effect", extra={"draft": draft_id})
            failed += 1
    return done, failed
