"""Figures of a draft's cells, and what is wrong with them; pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.drafts.ground import Ground
from gridsvc.drafts.schemas import CellOut, ComparisonOut, DraftProblem
from gridsvc.planning import checks
from gridsvc.planning.arrays import Geometries, Ints
from gridsvc.planning.changes import plan_changes
from gridsvc.planning.inputs import clean_areas, polygonal
from gridsvc.planning.sketch import Sketch

#: From this share off the target on a cell is told of; and below this compactness.
TOLERANCE, LEAST_COMPACT = 0.1, 0.2
#: Decimals of degrees sent to a browser: a millimetre.
DECIMALS = 8


def cell_of_homes(cells: Geometries, ground: Ground) -> Ints:
    """Row of the cell that each unit of a building stands in, -1 for none."""
    home, cell = shapely.STRtree(cells).query(ground.homes, predicate="intersects")
    row = np.full(len(ground.homes), -1, dtype=np.int64)
    row[home[::-1]] = cell[::-1]
    return row


def households(cells: Geometries, ground: Ground) -> Ints:
    """Households of every cell, a Polygon in the ground's CRS."""
    row = cell_of_homes(cells, ground)
    held = row >= 0
    count = np.bincount(row[held], ground.site.households[held], len(cells))
    return np.asarray(count, dtype=np.int64)


def cells_out(
    sketch: Sketch,
    ground: Ground,
    target: int,
    workers: Mapping[int, list[str]],
    only: set[int] | None = None,
) -> list[CellOut]:
    """Cells with their figures, as they are sent.

    Parameters
    ----------
    workers
        Masked names by row.
    only
        Numbers of the cells wanted; none = all.
    """
    held = households(sketch.cells, ground)
    area, length = shapely.area(sketch.cells), shapely.length(sketch.cells)
    wanted = [
        row for row, number in enumerate(sketch.number) if only is None or int(number) in only
    ]
    degrees = ground.unprojected(sketch.cells[wanted]) if wanted else np.array([], dtype=object)
    return [
        CellOut(
            number=int(sketch.number[row]),
            kind="dedicated" if sketch.dedicated[row] else "ordinary",
            locked=bool(sketch.locked[row]),
            households=int(held[row]),
            deviation_percent=None
            if sketch.dedicated[row]
            else round(100 * (int(held[row]) - target) / target, 1),
            compactness=round(float(4 * np.pi * area[row] / length[row] ** 2), 3),
            area_m2=round(float(area[row]), 1),
            workers=workers.get(row, []),
            geometry=geojson(shape),
        )
        for row, shape in zip(wanted, degrees, strict=True)
    ]


def geojson(shape: shapely.Geometry) -> dict[str, Any]:
    """GeoJSON of a geometry in degrees, coordinates to the millimetre."""
    rounded = shapely.transform(shape, lambda at: np.round(at, DECIMALS))
    told: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return told


def workers_of(
    sketch: Sketch, ground: Ground, before: Sequence[Mapping[str, Any]], posts: Sequence[Any]
) -> dict[int, list[str]]:
    """Who answers now for most households of each cell, by row.

    Parameters
    ----------
    before
        Micro-grids in force: id, wkb in EPSG:4326.
    posts
        micro_grid_id and name (masked).
    """
    if not before or not posts:
        return {}
    old = ground.projected(shapely.from_wkb(np.array([row["wkb"] for row in before], dtype=object)))
    names: dict[int, list[str]] = {}
    for post in posts:
        names.setdefault(post["micro_grid_id"], []).append(post["name"])
    now, was = cell_of_homes(sketch.cells, ground), cell_of_homes(old, ground)
    both = (now >= 0) & (was >= 0)
    common = np.zeros((len(sketch.cells), len(old)))
    np.add.at(common, (now[both], was[both]), ground.site.households[both])
    told = {}
    for row in np.flatnonzero(common.sum(axis=1) > 0):
        told[int(row)] = names.get(before[int(common[row].argmax())]["id"], [])
    return told


def layers(sketch: Sketch, ground: Ground) -> checks.Layers:
    """A sketch as the checks want it."""
    special = ground.area.special
    sites = np.array([], dtype=object)
    if not special.empty:
        sites = clean_areas(special.to_crs(ground.crs), "special sites", Counter())
    return checks.Layers(
        cells=sketch.cells,
        dedicated=sketch.dedicated,
        households=households(sketch.cells, ground),
        buildings=ground.site.footprints,
        building_households=ground.site.households,
        communities=np.array([polygonal(ground.site.land)], dtype=object),
        sites=sites,
    )


def problems(sketch: Sketch, ground: Ground, target: int) -> list[DraftProblem]:
    """Everything wrong with a sketch: what bars its publication first."""
    told = layers(sketch, ground)
    found = []
    for name, check in checks.CHECKS.items():
        for problem in check(told):
            if name == "sites_are_cells":
                continue  # told one by one below, each with its place
            found.append(_told(name, True, problem.cells, sketch, ground))
    for row in checks.lost_sites(told):
        bbox = _bbox(np.array([told.sites[row]], dtype=object), ground)
        found.append(DraftProblem(check="sites_are_cells", blocks=True, cells=[], bbox=bbox))
    held, area = told.households, shapely.area(sketch.cells)
    ordinary = ~sketch.dedicated
    off = (held - target) / target
    compact = 4 * np.pi * area / shapely.length(sketch.cells) ** 2
    for name, bad, value in (
        ("empty", ordinary & (held == 0), held),
        ("deviation", ordinary & (held > 0) & (np.abs(off) > TOLERANCE), 100 * off),
        ("shape", ordinary & (compact < LEAST_COMPACT), compact),
    ):
        rows = np.flatnonzero(bad)
        for row in rows[np.argsort(-np.abs(value[rows]), kind="stable")]:
            one = _told(name, False, [int(row)], sketch, ground)
            found.append(one.model_copy(update={"value": round(float(value[row]), 2)}))
    return found


def _told(
    name: str, blocks: bool, rows: Sequence[int], sketch: Sketch, ground: Ground
) -> DraftProblem:
    shapes = sketch.cells[list(rows)] if len(rows) else np.array([ground.site.land], dtype=object)
    numbers = [int(sketch.number[row]) for row in rows]
    return DraftProblem(check=name, blocks=blocks, cells=numbers, bbox=_bbox(shapes, ground))


def _bbox(shapes: Geometries, ground: Ground) -> list[float]:
    bounds = gpd.GeoSeries(list(shapes), crs=ground.crs).to_crs(ground.area.boundary.crs)
    return [round(float(value), 7) for value in bounds.total_bounds]


def ground_out(ground: Ground) -> dict[str, Any]:
    """What a browser draws a draft on."""
    area = ground.area
    centres = ground.unprojected(ground.homes) if len(ground.homes) else ground.homes
    places = np.round(shapely.get_coordinates(centres), 7)
    units: list[list[list[float]]] = [[] for _ in range(len(area.buildings))]
    for building, (lon, lat), count in zip(
        ground.site.building, places, ground.site.households, strict=True
    ):
        units[int(building)].append([float(lon), float(lat), int(count)])
    buildings = area.buildings
    return {
        "version": ground.version,
        "boundary": geojson(area.boundary.geometry.iloc[0]),
        "buildings": [
            _rounded(shape) | {"households": int(count), "units": here}
            for shape, count, here in zip(
                buildings.geometry, buildings["households"], units, strict=True
            )
        ],
        "barriers": [
            _rounded(shape) | {"kind": kind}
            for shape, kind in zip(area.barriers.geometry, area.barriers["class"], strict=True)
        ],
        "sites": [
            _rounded(shape) | {"kind": kind, "name": name}
            for shape, kind, name in zip(
                area.special.geometry, area.special["kind"], area.special["name"], strict=True
            )
        ],
    }


def _rounded(shape: shapely.Geometry) -> dict[str, Any]:
    """Type and coordinates to the centimetre, which is all a picture needs."""
    made = shapely.transform(shape, lambda at: np.round(at, 7))
    return dict(json.loads(shapely.to_geojson(made)))


def comparison(
    sketch: Sketch, ground: Ground, other: tuple[list[str], list[str], Geometries]
) -> ComparisonOut:
    """How a sketch differs from other cells of the same community.

    Parameters
    ----------
    other
        Names, kinds and Polygons in EPSG:4326 of what it is compared with. A cell of the sketch
        goes by the name of the one it shares most households with, a new one by ``+number``.
    """
    names, kinds, degrees = other
    shapes = ground.projected(degrees)
    now, was = cell_of_homes(sketch.cells, ground), cell_of_homes(shapes, ground)
    both = (now >= 0) & (was >= 0)
    common = np.zeros((len(sketch.cells), len(shapes)))
    np.add.at(common, (now[both], was[both]), ground.site.households[both])
    called = [f"+{number}" for number in sketch.number]
    free = np.ones(len(shapes), dtype=bool)
    for place in np.argsort(-common, axis=None, kind="stable"):
        row, old = divmod(int(place), len(shapes))
        if common[row, old] == 0:
            break
        if free[old] and called[row].startswith("+"):
            called[row], free[old] = names[old], False
    told = plan_changes(
        gpd.GeoDataFrame({"code": names, "kind": kinds}, geometry=list(shapes), crs=ground.crs),
        gpd.GeoDataFrame({"code": called}, geometry=list(sketch.cells), crs=ground.crs),
        ground.units,
        now,
    )
    others = [geojson(shape) | {"name": name} for name, shape in zip(names, degrees, strict=True)]
    wanted = {name: told[name] for name in ComparisonOut.model_fields if name in told}
    return ComparisonOut(**wanted, others=others)
