"""File to file: buildings and a boundary in, cells and a report out, no database."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput, ImproperPlan
from gridsvc.exchange.layers import check_out, read_layer, temporary_beside, write_layers
from gridsvc.exchange.rows import rows_named
from gridsvc.geo import metric_crs, unproject
from gridsvc.planning.codes import reading_order
from gridsvc.planning.plan import CellPlan, plan_cells
from gridsvc.progress import Progress, silent

#: Radius of the footprint a building given as a point gets, m.
_POINT_RADIUS_M = 0.5
#: A building belongs to the boundary if at least this share of it lies inside.
_INSIDE_SHARE = 0.5


def split_files(  # noqa: PLR0913 - one argument per option of the command
    *,
    buildings: str,
    boundary: str,
    barriers: str | None = None,
    special: str | None = None,
    target: int = 100,
    seed: int = 0,
    out: str | Path,
    report: str | Path | None = None,
    limits: FileLimits = USUAL,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Split communities into cells of about `target` households, from files to a file.

    Parameters
    ----------
    buildings, boundary, barriers, special
        ``FILE`` or ``FILE:layer`` in any vector format and declared CRS: buildings (polygon or
        point, column households), boundary (polygon, each row a community), barriers (line,
        optional column w) and special sites (polygon).
    target
        Households a cell should hold.
    seed
        The same files, target and seed give the same cells.
    out
        GeoPackage to write with the layer ``cells`` in the CRS of the buildings: Polygon; cell
        (number in reading order, from 1), households, kind (ordinary or dedicated), community
        (row of the boundary, from 1), name (of the special site).
    report
        JSON file for the report, if wanted.
    limits
        How much each file may ask for.
    progress
        Called with each step and its share done.

    Returns
    -------
    dict
        The report: figures, checks, problems by cell number, notes on the data, seconds.

    Raises
    ------
    BadInput
        If an input cannot be used; nothing is written then.
    ImproperPlan
        If the cells are no proper coverage. They and the report are written all the same, and
        the error's member ``problems`` names the failed checks and cells.
    """
    out = check_out(out, ".gpkg")
    paper = check_out(report, ".json") if report is not None else None
    if target < 1:
        raise BadInput(f"the target is {target}; give at least 1 household per cell")
    start = time.perf_counter()
    progress("read", 0.0)
    layers, crs = _read(buildings, boundary, barriers, special, limits)
    _check_covered(layers["buildings"], layers["boundary"])
    progress("read", 1.0)
    read_s = time.perf_counter() - start
    plan = plan_cells(**layers, target=target, seed=seed, progress=progress)
    cells, number = _numbered(plan, layers["special"])
    figures = _report(plan, number)
    figures["seconds"] = {
        "read": round(read_s, 3),
        "plan": round(time.perf_counter() - start - read_s, 3),
    }
    progress("write", 0.0)
    write_layers(out, {"cells": unproject(cells, crs)})
    if paper is not None:
        with temporary_beside(paper) as draft:
            draft.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    progress("write", 1.0)
    _refuse_improper(figures["problems"], out)
    return figures


def _read(
    buildings: str, boundary: str, barriers: str | None, special: str | None, limits: FileLimits
) -> tuple[dict[str, Any], Any]:
    """All layers in one metric CRS, and the CRS the buildings came in."""

    def optional(spec: str | None, kind: str) -> gpd.GeoDataFrame | None:
        return read_layer(spec, geometry={kind}, empty_ok=True, limits=limits) if spec else None

    houses = read_layer(
        buildings, geometry={"polygon", "point"}, counts=("households",), limits=limits
    )
    area = read_layer(boundary, geometry={"polygon"}, limits=limits)
    lines, sites = optional(barriers, "line"), optional(special, "polygon")
    metric = metric_crs(area)
    layers = {"boundary": area, "barriers": lines, "special": sites}
    layers = {name: None if one is None else one.to_crs(metric) for name, one in layers.items()}
    return {"buildings": _with_footprints(houses.to_crs(metric)), **layers}, houses.crs


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


def _numbered(
    plan: CellPlan, special: gpd.GeoDataFrame | None
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """Cells in reading order, and the number of each of the plan's rows."""
    order = reading_order(plan.cells.geometry.to_numpy(dtype=object))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(1, len(order) + 1)
    cells = plan.cells.iloc[order].reset_index(drop=True)
    names = None
    if special is not None and "name" in special.columns:
        names = special["name"].reindex(cells["site"]).to_numpy()
    return (
        cells.assign(cell=np.sort(number), community=cells["community"] + 1, name=names)[
            ["cell", "households", "kind", "community", "name", "geometry"]
        ],
        number,
    )


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
    return {**plan.report, "problems": problems}


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
