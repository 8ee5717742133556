"""What the planning office does: keep divisions and areas, draft plans, publish them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import checked, level_of
from gridsvc.errors import BadInput, Conflict, ImproperPlan, NotFound
from gridsvc.grids import area_queries, numbering, plan_queries, provenance, queries
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.grids.plan_settings import PlanSettings
from gridsvc.planning.arrays import Ints
from gridsvc.planning.changes import changes_in_place, earlier_groups
from gridsvc.planning.grouping import dissolve, group_cells
from gridsvc.planning.plan import CellPlan, plan_cells
from gridsvc.planning.units import by_unit
from gridsvc.planning.wish import Given
from gridsvc.progress import Progress, silent

LONGEST_NAME = 200


@dataclass(frozen=True)
class DivisionRow:
    """A division as it is loaded; `geometry` is Polygon or MultiPolygon in EPSG:4326.

    Without a name a known division keeps its own, a new one is called by its code.
    """

    code: str
    name: str | None
    geometry: shapely.Geometry | None = None


@dataclass(frozen=True)
class Draft:
    """A draft plan just made: its id, its community, the planner's report, what it is made from."""

    plan_id: int
    division_code: str
    grids: int
    micro_grids: int
    report: dict[str, Any]
    made_from: str


async def load_divisions(session: AsyncSession, rows: Sequence[DivisionRow]) -> int:
    """Add or rename divisions; each belongs to the nearest higher one that is known.

    Raises
    ------
    BadInput
        If a code is not twelve digits or comes twice, or a name is empty or too long.
    """
    for row in rows:
        if row.name is not None and not 1 <= len(row.name) <= LONGEST_NAME:
            raise BadInput(f"the name of {row.code} has {len(row.name)} characters; give 1 to 200")
    codes = [checked(row.code) for row in rows]
    if len(set(codes)) < len(codes):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        raise BadInput(f"division codes come twice: {', '.join(twice[:5])}; keep one row each")
    await queries.upsert_divisions(
        session,
        [{"code": row.code, "name": row.name, "wkb": _multipolygon(row.geometry)} for row in rows],
    )
    await queries.set_parents(session)
    return len(rows)


def _multipolygon(geometry: shapely.Geometry | None) -> bytes | None:
    if geometry is None or geometry.is_empty:
        return None
    parts = shapely.get_parts(shapely.force_2d(geometry))
    return bytes(shapely.to_wkb(shapely.multipolygons(parts)))


async def load_area(session: AsyncSession, area: AreaFrames) -> dict[str, int]:
    """Replace what stands in the communities of a prepared area; counts of what was loaded.

    Parameters
    ----------
    area
        Frames in EPSG:4326; each boundary row is a community with its code. Buildings belong
        to the community with the larger share of them, barriers to every one they touch.

    Raises
    ------
    BadInput
        If a boundary's code is not a community, or a building lies in none of them.
    """
    for code in area.boundary["code"]:
        if level_of(checked(code)) != "community":
            raise BadInput(f"{code} is a {level_of(code)}; buildings belong to communities")
    home = _largest_share(area.buildings, area.boundary)
    if (home < 0).any():
        lost = area.buildings["building_id"].to_numpy()[home < 0]
        raise BadInput(
            f"{len(lost)} buildings lie outside every community, the first {lost[0]}; "
            "widen the boundary or leave them out"
        )
    sites_home = _largest_share(area.special, area.boundary)
    for position, code in enumerate(area.boundary["code"]):
        await area_queries.clear(session, code)
        outline = area.boundary.geometry.iloc[position]
        touching = area.barriers[area.barriers.intersects(outline)]
        await area_queries.add_buildings(session, code, area.buildings[home == position])
        await area_queries.add_barriers(session, code, touching)
        await area_queries.add_sites(session, code, area.special[sites_home == position])
    return {
        "communities": len(area.boundary),
        "buildings": len(area.buildings),
        "households": int(area.buildings["households"].sum()),
        "barriers": len(area.barriers),
        "special": int((sites_home >= 0).sum()),
    }


def _largest_share(things: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Position of the area that holds most of each thing, -1 for none."""
    tree = shapely.STRtree(np.asarray(areas.geometry))
    geometries = np.asarray(things.geometry)
    thing, area = tree.query(geometries, predicate="intersects")
    share = shapely.area(shapely.intersection(geometries[thing], np.asarray(areas.geometry)[area]))
    ranked = pd.DataFrame({"thing": thing, "area": area, "share": share})
    best = ranked.sort_values(["thing", "share", "area"]).drop_duplicates("thing", keep="last")
    home = np.full(len(things), -1)
    home[best["thing"]] = best["area"]
    return home


async def draft_plan(
    session: AsyncSession,
    code: str,
    settings: PlanSettings | None = None,
    *,
    progress: Progress = silent,
) -> Draft:
    """Plan one community and save the result as a draft.

    Big buildings are planned by stairwell unit. Where a plan of the same wish is in force, only
    what broke since is mended; the draft's report tells the ``changes``.

    Raises
    ------
    BadInput
        If the settings cannot be used, or what stands there cannot be planned.
    NotFound
        If the community is unknown or has no boundary, or a locked micro-grid is not in force.
    ImproperPlan
        If the plan fails its checks; nothing is saved.
    """
    settings = settings or PlanSettings()
    settings.check()
    area = await _area(session, code, settings)
    if area.boundary.empty or area.boundary.geometry.isna().any():
        raise NotFound(
            f"community {code} has no boundary; load it with gridsvc load and an area file"
        )
    crs = geo.metric_crs(area.boundary)
    buildings = by_unit(area.buildings.to_crs(crs), shared=("residents",))
    before = await _to_mend(session, code, settings, crs)
    plan = plan_cells(
        buildings,
        geo.project(area.boundary, crs),
        area.barriers.to_crs(crs),
        area.special.to_crs(crs),
        wish=settings.wish,
        given=Given(
            zones=geo.project(area.zones, crs),
            seeds=area.seeds.to_crs(crs),
            previous=before,
            locked=(await _locked(session, code, settings)).to_crs(crs),
        ),
        progress=progress,
    )
    if plan.report["problems"]:
        failed = sorted(name for name, passed in plan.report["checks"].items() if not passed)
        raise ImproperPlan(
            f"the plan of {code} failed: {', '.join(failed)}", problems=plan.report["problems"]
        )
    earlier = None
    if before is not None:
        plan.report["changes"] = changes_in_place(before, plan, buildings)
        earlier = earlier_groups(plan, before["grid_code"])
    made_from = provenance.made_from(area, **settings.told)
    return await save_plan(session, code, plan, made_from, earlier, settings)


async def _area(session: AsyncSession, code: str, settings: PlanSettings) -> AreaFrames:
    """What stands in a community and what is to be heeded there."""
    area = await area_queries.frames(session, code)
    if not settings.zones:
        area = replace(area, zones=area_queries.no_givens())
    if not settings.seeds:
        area = replace(area, seeds=area_queries.no_givens())
    return area


async def _to_mend(
    session: AsyncSession, code: str, settings: PlanSettings, crs: Any
) -> gpd.GeoDataFrame | None:
    """Cells in force that are to be mended, none where there are none or all begins anew."""
    if settings.anew:
        return None
    before = await plan_queries.cells_to_mend(session, code, settings.size)
    return None if before.empty else before.to_crs(crs)


async def _locked(session: AsyncSession, code: str, settings: PlanSettings) -> gpd.GeoDataFrame:
    wanted = [cell for cell in settings.locked if cell.startswith(code)]
    cells = await plan_queries.published_cells(session, "micro_grid", code)
    if unknown := sorted(set(wanted) - set(cells["code"])):
        raise NotFound(
            f"micro-grid {unknown[0]} is not in force and cannot be locked; see the codes in force"
        )
    return cells[cells["code"].isin(wanted)]


async def plan_at_hand(
    session: AsyncSession, code: str, settings: PlanSettings, *, after: int
) -> RowMapping | None:
    """A plan of the community, in force or fit to be, that `draft_plan` would only make again.

    Parameters
    ----------
    settings
        As `draft_plan` takes them.
    after
        Only plans numbered above this.
    """
    if not await plan_queries.any_usable(session, code, after):
        return None
    made_from = provenance.made_from(await _area(session, code, settings), **settings.told)
    return await plan_queries.usable_plan(session, code, made_from, after=after)


async def save_plan(
    session: AsyncSession,
    code: str,
    plan: CellPlan,
    made_from: str | None,
    earlier: Ints | None,
    settings: PlanSettings,
) -> Draft:
    """Save cells as a draft plan: grouped into grids, numbered after those in force.

    Parameters
    ----------
    plan
        Cells that passed every check, and what is told of them.
    made_from
        Digest of the input; none where a planner drew it.
    earlier
        Grid each cell was in before, numbered from 0, -1 for a new cell; none = all anew.
    settings
        What it was asked to be.
    """
    groups = group_cells(
        plan.cells, target=settings.grid_target, seed=settings.wish.seed, earlier=earlier
    )
    grids = dissolve(plan.cells, groups)
    # From here on nobody else may give out codes of this community.
    await plan_queries.lock_community(session, code)
    numbers = numbering.Numbering(
        community=code,
        ever_used=await plan_queries.codes_ever_used(session, code),
        old_grids=await _metric(session, "grid", code, plan.cells.crs),
        old_micro_grids=await _metric(session, "micro_grid", code, plan.cells.crs),
    )
    grid_codes = numbers.grids(grids)
    micro_codes = numbers.micro_grids(plan.cells, [grid_codes[group] for group in groups])
    report = _by_code(plan.report, micro_codes, numbers.old_micro_grids["code"])
    plan_id = await plan_queries.add_plan(
        session,
        division_code=code,
        target=max(round(report["figures"]["target"]), 1),
        grid_target=settings.grid_target,
        seed=settings.wish.seed,
        wish=settings.size,
        made_from=made_from,
        report=report,
    )
    await plan_queries.add_grids(session, plan_id, code, _rows(grids, grid_codes))
    micro_grids = _rows(plan.cells, micro_codes)
    for row, group in zip(micro_grids, groups, strict=True):
        row["grid_code"] = grid_codes[group]
    await plan_queries.add_micro_grids(session, plan_id, code, micro_grids)
    return Draft(plan_id, code, len(grids), len(micro_grids), report, made_from or "")


def _by_code(report: dict[str, Any], codes: Sequence[str], before: Iterable[str]) -> dict[str, Any]:
    """A report that speaks of cells by their codes, and of the codes that end and begin."""
    told = dict(report)
    told["outside"] = [one | {"cell": codes[one["cell"]]} for one in report["outside"]]
    if "changes" in report:
        ended, new = sorted(set(before) - set(codes)), sorted(set(codes) - set(before))
        kept = len(set(before) & set(codes))
        told["changes"] = report["changes"] | {"ended": ended, "new": new, "kept_codes": kept}
    return told


async def _metric(session: AsyncSession, table: str, code: str, crs: Any) -> gpd.GeoDataFrame:
    cells = await plan_queries.published_cells(session, table, code)
    return cells.to_crs(crs)


def _rows(cells: gpd.GeoDataFrame, codes: Sequence[str]) -> list[dict[str, Any]]:
    wkbs = shapely.to_wkb(np.asarray(geo.unproject(cells, geo.WGS84).geometry))
    return [
        {"code": code, "kind": kind, "households": int(households), "wkb": bytes(wkb)}
        for code, kind, households, wkb in zip(
            codes, cells["kind"], cells["households"], wkbs, strict=True
        )
    ]


async def _homes(session: AsyncSession, code: str) -> gpd.GeoDataFrame:
    """A point in every part of a building that a plan keeps whole, with its households."""
    area = await area_queries.frames(session, code)
    units = by_unit(area.buildings.to_crs(geo.metric_crs(area.boundary)))
    inner = shapely.point_on_surface(units.geometry.to_numpy(dtype=object))
    return units.set_geometry(gpd.GeoSeries(inner, crs=units.crs)).to_crs(geo.WGS84)


async def publish_plan(session: AsyncSession, plan_id: int) -> str:
    """Put a draft in force from now on, in place of the plan before it; its community.

    Raises
    ------
    NotFound
        If there is no such plan.
    Conflict
        If it is not a draft, or another plan of the community was published after it was
        drafted (its codes would no longer be right).
    """
    plan = await plan_queries.lock_plan(session, plan_id)
    if plan is None:
        raise NotFound(f"there is no plan {plan_id}")
    code: str = plan["division_code"]
    if plan["state"] != "draft":
        raise Conflict(f"plan {plan_id} is {plan['state']}; only a draft can be published")
    before = await plan_queries.published_plan(session, code)
    if before and before[1] > plan["created_at"]:
        raise Conflict(
            f"plan {before[0]} of {code} was published after plan {plan_id} was drafted; "
            "draft it anew with gridsvc plan"
        )
    if before:
        homes = await _homes(session, code)
        await plan_queries.record_succession(session, old=before[0], new=plan_id, homes=homes)
        await plan_queries.supersede(session, before[0])
    await plan_queries.put_in_force(session, plan_id)
    await audit.record(
        session,
        Action.PLAN_PUBLISHED,
        "plan",
        plan_id,
        division_code=code,
        before={"plan": before[0]} if before else None,
        after={"plan": plan_id},
    )
    return code
