"""File to file: buildings and a boundary in, cells and a report out, no database."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput, ImproperPlan, Infeasible
from gridsvc.exchange.layers import (
    check_out,
    layer_names,
    read_layer,
    temporary_beside,
    write_layers,
)
from gridsvc.exchange.rows import rows_named
from gridsvc.geo import metric_crs, unproject
from gridsvc.maps.plan_report import report_html
from gridsvc.planning.changes import carried_on, earlier_groups, plan_changes
from gridsvc.planning.codes import reading_order
from gridsvc.planning.grouping import dissolve, group_cells
from gridsvc.planning.plan import CellPlan, plan_cells
from gridsvc.planning.wish import Given, Wish
from gridsvc.progress import Progress, silent

#: Radius of the footprint a building given as a point gets, m.
_POINT_RADIUS_M = 0.5
#: A building belongs to the boundary if at least this share of it lies inside.
_INSIDE_SHARE = 0.5
#: Reports by the ending of their file.
_REPORTS = {".json", ".html"}


@dataclass(frozen=True)
class Sources:
    """Layers to plan with, each ``FILE`` or ``FILE:layer``, any vector format and declared CRS.

    Attributes
    ----------
    buildings, boundary
        Polygon or point, column households, without rows where nobody lives; polygon, each row a
        community.
    barriers
        Line; optional columns w (how well it serves as a border) and never (no cell may cross).
    special
        Polygon: sites that must be cells of their own.
    zones
        Polygon: villages' groups or given grids; no cell crosses their borders.
    seeds
        Point: a worker's home, a station; each gets a cell of its own.
    locked
        Polygon: cells that stay as they are.
    previous
        Polygon: the cells of an earlier plan, of which only what broke is mended; a file that
        this module wrote, or columns cell, kind and worker where there are any.
    """

    buildings: str
    boundary: str
    barriers: str | None = None
    special: str | None = None
    zones: str | None = None
    seeds: str | None = None
    locked: str | None = None
    previous: str | None = None


@dataclass(frozen=True)
class _Layers:
    """All layers in one metric CRS, and the CRS the buildings came in."""

    buildings: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame | None
    special: gpd.GeoDataFrame | None
    given: Given
    ended: gpd.GeoDataFrame | None
    crs: Any


def split_files(
    sources: Sources,
    *,
    wish: Wish | None = None,
    grid_target: int | None = None,
    out: str | Path,
    reports: Sequence[str | Path] = (),
    limits: FileLimits = USUAL,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Split communities into cells of about the same load, from files to a file.

    Parameters
    ----------
    sources
        The layers.
    wish
        Size and number of the cells; about 100 households each if None.
    grid_target
        Also build grids of about so many households from whole cells: a layer ``grids``, and a
        column ``grid`` of the cells.
    out
        GeoPackage to write with the layer ``cells`` in the CRS of the buildings: Polygon; cell
        (number in reading order, from 1; cells of an earlier plan keep theirs), households, load
        (where the wish weighs anything else), kind (ordinary or dedicated), community (row of the
        boundary, from 1), name (of the special site). With an earlier plan also a layer
        ``ended``: its cells whose numbers are used no more, now or ever.
    reports
        Files for the report: ``.json`` for programs, ``.html`` for people.
    limits
        How much each file may ask for.
    progress
        Called with each step and its share done.

    Returns
    -------
    dict
        The report: figures, aims, checks, problems and cells outside the tolerance by cell
        number, notes on the data, seconds; with an earlier plan the changes.

    Raises
    ------
    BadInput
        If an input cannot be used; nothing is written then.
    ImproperPlan, Infeasible
        If the cells are no proper coverage, or something wished for cannot be: the nearest plan
        there is and its report are written all the same.
    """
    out = check_out(out, ".gpkg")
    papers = [check_out(paper, _report_kind(paper)) for paper in reports]
    wish = wish or Wish()
    wish.check()
    start = time.perf_counter()
    progress("read", 0.0)
    layers = _read(sources, limits)
    _check_covered(layers.buildings, layers.boundary)
    progress("read", 1.0)
    read_s = time.perf_counter() - start
    plan = plan_cells(
        layers.buildings,
        layers.boundary,
        layers.barriers,
        layers.special,
        wish=wish,
        given=layers.given,
        workers=os.cpu_count() or 1,
        progress=progress,
    )
    cells, number = _numbered(plan, layers, wish)
    report = _report(plan, number)
    written = {"cells": cells}
    if grid_target is not None:
        old = layers.given.previous
        earlier = None
        if old is not None and "grid" in old.columns:
            earlier = earlier_groups(plan, old["grid"])
        written |= _with_grids(cells, plan, number, grid_target, wish.seed, earlier)
    if layers.given.previous is not None:
        report["changes"], written["ended"] = _changes(plan, number, layers.given.previous, layers)
    report["seconds"] = {
        "read": round(read_s, 3),
        "plan": round(time.perf_counter() - start - read_s, 3),
    }
    progress("write", 0.0)
    written = {name: unproject(layer, layers.crs) for name, layer in written.items()}
    texts = [_report_text(paper, report, written["cells"], layers, out.stem) for paper in papers]
    write_layers(out, written)
    for paper, text in zip(papers, texts, strict=True):
        with temporary_beside(paper) as draft:
            draft.write_text(text, encoding="utf-8")
    progress("write", 1.0)
    _refuse_improper(report["problems"], out)
    _say_infeasible(report["limits"], out)
    return report


def _report_kind(paper: str | Path) -> str:
    kind = Path(paper).suffix
    return kind if kind in _REPORTS else ".json"


def _read(sources: Sources, limits: FileLimits) -> _Layers:
    def optional(spec: str | None, kind: str) -> gpd.GeoDataFrame | None:
        if spec is None:
            return None
        return read_layer(spec, geometry={kind}, empty_ok=True, limits=limits).to_crs(metric)

    houses = read_layer(
        sources.buildings,
        geometry={"polygon", "point"},
        counts=("households",),
        empty_ok=True,
        limits=limits,
    )
    area = read_layer(sources.boundary, geometry={"polygon"}, limits=limits)
    metric = metric_crs(area)
    previous, ended = _read_previous(sources.previous, metric, limits)
    given = Given(
        zones=optional(sources.zones, "polygon"),
        seeds=optional(sources.seeds, "point"),
        locked=optional(sources.locked, "polygon"),
        previous=previous,
    )
    return _Layers(
        buildings=_with_footprints(houses.to_crs(metric)),
        boundary=area.to_crs(metric),
        barriers=optional(sources.barriers, "line"),
        special=optional(sources.special, "polygon"),
        given=given,
        ended=ended,
        crs=houses.crs,
    )


def _read_previous(
    spec: str | None, metric: Any, limits: FileLimits
) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Cells of the earlier plan with their numbers, and those that had ended before it."""
    if spec is None:
        return None, None
    path = spec.partition(":")[0]
    names = layer_names(path, limits)
    if ":" not in spec and "cells" in names:
        spec = f"{path}:cells"
    cells = read_layer(spec, geometry={"polygon"}, limits=limits).to_crs(metric)
    if "cell" not in cells.columns:
        cells["cell"] = np.arange(1, len(cells) + 1)
    numbers = pd.to_numeric(cells["cell"], errors="coerce")
    if numbers.isna().any() or numbers.duplicated().any() or (numbers < 1).any():
        raise BadInput("the column cell of the previous cells must hold each number from 1 up once")
    cells["cell"] = numbers.astype("int64")
    if "ended" not in names:
        return cells, None
    ended = read_layer(f"{path}:ended", geometry={"polygon"}, empty_ok=True, limits=limits)
    return cells, ended.to_crs(metric)


def _with_footprints(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Buildings given as points get a small disc, so that one rule holds for all."""
    shapes = buildings.geometry.values
    points = shapely.get_type_id(shapes) == int(shapely.GeometryType.POINT)
    discs = np.where(points, shapely.buffer(shapes, _POINT_RADIUS_M), shapes)
    return buildings.set_geometry(gpd.GeoSeries(discs, buildings.index, crs=buildings.crs))


def _check_covered(buildings: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> None:
    """Refuse households that no cell could hold."""
    shapes = buildings.geometry.values
    ground = boundary.union_all()
    shapely.prepare(ground)
    share = np.ones(len(shapes))
    edge = np.flatnonzero(~shapely.covers(ground, shapes))
    inside_m2 = shapely.area(shapely.intersection(shapes[edge], ground))
    share[edge] = inside_m2 / np.maximum(shapely.area(shapes[edge]), 1e-9)
    lost = (share < _INSIDE_SHARE) & (buildings["households"].to_numpy() > 0)
    if lost.any():
        households = int(buildings["households"].to_numpy()[lost].sum())
        raise BadInput(
            f"the boundary does not cover {int(lost.sum())} buildings with {households} "
            f"households ({rows_named(np.flatnonzero(lost))}); widen the boundary or leave "
            "these buildings out"
        )


def _numbered(plan: CellPlan, layers: _Layers, wish: Wish) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Cells in the order of their numbers, and the number of each of the plan's rows."""
    number = _numbers(plan, layers)
    order = np.argsort(number, kind="stable")
    cells = plan.cells.iloc[order].reset_index(drop=True)
    names, special = None, layers.special
    if special is not None and "name" in special.columns:
        names = special["name"].reindex(cells["site"]).to_numpy()
    cells = cells.assign(cell=number[order], community=cells["community"] + 1, name=names)
    load = [] if wish.weigh == Wish().weigh else ["load"]
    return (
        cells[["cell", "households", *load, "kind", "community", "name", "geometry"]],
        number,
    )


def _numbers(plan: CellPlan, layers: _Layers) -> np.ndarray:
    """Number of each of the plan's rows: that of the cell it carries on, else the next free."""
    number = np.zeros(len(plan.cells), dtype=np.int64)
    last = 0
    if layers.given.previous is not None:
        old = layers.given.previous
        carried = carried_on(plan, old)
        number[carried >= 0] = old["cell"].to_numpy()[carried[carried >= 0]]
        ended = 0 if layers.ended is None or layers.ended.empty else layers.ended["cell"].max()
        last = max(int(old["cell"].max()), int(ended))
    for row in reading_order(plan.cells.geometry.to_numpy(dtype=object)):
        if number[row] == 0:
            last += 1
            number[row] = last
    return number


def _with_grids(
    cells: gpd.GeoDataFrame,
    plan: CellPlan,
    number: np.ndarray,
    target: int,
    seed: int,
    earlier: np.ndarray | None,
) -> dict[str, gpd.GeoDataFrame]:
    """Cells with the grid each is in, and the grids, numbered in reading order."""
    groups = group_cells(plan.cells, target=target, seed=seed, earlier=earlier)
    grids = dissolve(plan.cells, groups)
    order = reading_order(grids.geometry.to_numpy(dtype=object))
    grid = np.empty(len(order), dtype=np.int64)
    grid[order] = np.arange(1, len(order) + 1)
    told = grids.iloc[order].assign(grid=np.sort(grid), community=grids["community"] + 1)
    of_cell = dict(zip(number, grid[groups], strict=True))
    return {
        "cells": cells.assign(grid=cells["cell"].map(of_cell)),
        "grids": told[["grid", "households", "kind", "community", "geometry"]].reset_index(
            drop=True
        ),
    }


def _report(plan: CellPlan, number: np.ndarray) -> dict[str, Any]:
    """The plan's report, its problems told by cell number instead of row."""
    problems = [
        {
            "check": problem["check"],
            "cells": sorted(int(number[row]) for row in problem["cells"]),
            "detail": problem["detail"].partition(": rows ")[0],
        }
        for problem in plan.report["problems"]
    ]
    outside = [{**one, "cell": int(number[one["cell"]])} for one in plan.report["outside"]]
    return {**plan.report, "outside": outside, "problems": problems}


def _changes(
    plan: CellPlan, number: np.ndarray, old: gpd.GeoDataFrame, layers: _Layers
) -> tuple[dict[str, Any], gpd.GeoDataFrame]:
    """What the plan changes against the earlier one, and all cells that ended so far."""
    before = old.assign(code=old["cell"].astype(str))
    after = plan.cells.assign(code=[str(n) for n in number])
    told = plan_changes(before, after, layers.buildings, plan.building_cell)
    gone = old[~old["cell"].isin(number)][["cell", "geometry"]]
    ended = gone if layers.ended is None else pd.concat([layers.ended[["cell", "geometry"]], gone])
    return told, ended.reset_index(drop=True)


def _report_text(
    paper: Path, report: dict[str, Any], cells: gpd.GeoDataFrame, layers: _Layers, title: str
) -> str:
    if paper.suffix == ".json":
        return json.dumps(report, ensure_ascii=False, indent=1)
    return report_html(
        report, cells, previous=layers.given.previous, title=title, made_at=datetime.now(UTC)
    )


def _refuse_improper(problems: list[dict[str, Any]], out: Path) -> None:
    if not problems:
        return
    told = "; ".join(
        f"{problem['check']} ({problem['detail']}"
        + (f", cells {', '.join(map(str, problem['cells'][:10]))})" if problem["cells"] else ")")
        for problem in problems
    )
    raise ImproperPlan(
        f"the cells in {out.name} are no proper coverage: {told}; mend the input there or try "
        "another seed",
        problems=problems,
    )


def _say_infeasible(limits: list[dict[str, Any]], out: Path) -> None:
    if not limits:
        return
    told = "; ".join(
        f"{limit['constraint']} {limit['asked']} cannot be met, {limit['possible']} is possible: "
        f"{limit['detail']}"
        for limit in limits
    )
    raise Infeasible(f"{told}; the nearest plan there is was written to {out.name}", limits=limits)
