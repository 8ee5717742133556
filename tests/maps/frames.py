"""Coverage frames made in code: a town of irregular cells with shared borders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.cluster.vq import kmeans2

from gridsvc.maps.coverage import CoverageFrames

CHINA = timezone(timedelta(hours=8))
WEST, SOUTH = 118.7, 32.0
CELL_DEGREES = 0.002
ROLES = ("grid_worker", "liaison", "officer")


def make_cells(count: int, rng: np.random.Generator, wobble: float = 0) -> np.ndarray:
    """Voronoi cells of relaxed random points in a square; `wobble` bends the borders."""
    side = CELL_DEGREES * count**0.5
    window = shapely.box(WEST, SOUTH, WEST + side, SOUTH + side)
    centres = rng.uniform((WEST, SOUTH), (WEST + side, SOUTH + side), (count, 2))
    for _ in range(4):
        cells = _voronoi(centres, window)
        centres = shapely.get_coordinates(shapely.centroid(cells))
    if wobble:
        cells = shapely.transform(
            shapely.segmentize(cells, CELL_DEGREES / wobble), _bend(CELL_DEGREES / 12)
        )
    return shapely.normalize(cells)


def _voronoi(centres: np.ndarray, window: shapely.Polygon) -> np.ndarray:
    cells = shapely.voronoi_polygons(shapely.multipoints(centres), extend_to=window, ordered=True)
    return shapely.intersection(shapely.get_parts(cells), window)


def _bend(amount: float):
    def bent(xy: np.ndarray) -> np.ndarray:
        phase = 1.7 * np.pi / CELL_DEGREES
        shift = np.column_stack([np.sin(phase * xy[:, 1]), np.sin(phase * xy[:, 0])])
        return np.round(xy + amount * shift, 7)

    return bent


def make_frames(
    count: int = 120, *, seed: int = 0, events: int = 24, wobble: int = 0, **changes
) -> CoverageFrames:
    """A whole sheet; `changes` replaces attributes."""
    rng = np.random.default_rng(seed)
    cells = make_cells(count, rng, wobble)
    micro_grids, grids = _micro_grids_and_grids(cells, rng)
    made = {
        "title": "青云街道网格覆盖图",
        "source": "资料来源：青云街道示范数据（自动生成）",
        "made_at": datetime(2026, 11, 22, 2, 18, tzinfo=UTC).astimezone(CHINA),
        "target": 100,
        "micro_grids": micro_grids,
        "grids": grids,
        "people": _people(cells, rng),
        "events": _events(cells, rng, events),
    }
    return CoverageFrames(**(made | changes))


def _micro_grids_and_grids(cells, rng):
    count = len(cells)
    centres = shapely.get_coordinates(shapely.centroid(cells))
    _, group = kmeans2(centres, max(1, count // 3), minit="points", rng=rng)
    _, group = np.unique(group, return_inverse=True)
    grid_code = np.array([f"320102001001{n + 1:03d}" for n in group])
    place = pd.Series(group).groupby(group).cumcount() + 1
    dedicated = rng.random(count) < 0.06
    micro_grids = gpd.GeoDataFrame(
        {
            "code": [f"{code}{n:02d}" for code, n in zip(grid_code, place, strict=True)],
            "name": [f"第{g + 1}网格第{n}微网格" for g, n in zip(group, place, strict=True)],
            "kind": np.where(dedicated, "dedicated", "ordinary"),
            "households": np.where(dedicated, 0, rng.normal(100, 11, count).round()).astype(int),
            "grid_code": grid_code,
            "workers": (rng.random(count) > 0.04).astype(int),
            "liaisons": (rng.random(count) > 0.1).astype(int),
        },
        geometry=cells,
        crs="EPSG:4326",
    )
    grids = micro_grids.dissolve("grid_code", aggfunc={"households": "sum", "workers": "max"})
    grids = grids.reset_index().rename(columns={"grid_code": "code"}).explode(ignore_index=True)
    grids["name"] = [f"第{int(code[-3:])}网格" for code in grids["code"]]
    grids["kind"] = "ordinary"
    return micro_grids, grids.drop_duplicates("code")


def _somewhere(cells, rng, count):
    inside = shapely.point_on_surface(cells[rng.integers(0, len(cells), count)])
    return shapely.transform(inside, lambda xy: xy + rng.normal(0, CELL_DEGREES / 6, xy.shape))


def _people(cells, rng):
    count = max(3, len(cells) // 3)
    return gpd.GeoDataFrame(
        {
            "code": [f"W{n:04d}" for n in range(count)],
            "label": rng.choice(["王*", "李*明", "张*", "陈*华", "赵*"], count),
            "role": rng.choice(ROLES, count),
            "on_duty": rng.random(count) < 0.7,
        },
        geometry=_somewhere(cells, rng, count),
        crs="EPSG:4326",
    )


def _events(cells, rng, count):
    return gpd.GeoDataFrame(
        {
            "event_id": np.arange(1, count + 1),
            "matter": rng.choice(["井盖缺失", "占道经营", "噪音扰民", "消防通道堵塞"], count),
            "description": ["现场反映，请尽快处理"] * count,
            "state": rng.choice(["FILED", "DISPATCHED", "ON_SITE"], count),
            "handler": np.where(rng.random(count) < 0.7, "王*", None),
        },
        geometry=_somewhere(cells, rng, count),
        crs="EPSG:4326",
    )
