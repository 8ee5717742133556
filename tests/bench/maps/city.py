"""A generated city: micro-grids that share their borders vertex by vertex, and events."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from tests.maps.frames import CELL_DEGREES, SOUTH, WEST, make_cells

#: Bends of a border per side of a cell: 18,099 cells then have 449 thousand vertices.
WOBBLE = 5.4
EVENTS_PER_CELL = 20_000 / 18_099
LEVELS = 5
COLOURS = ["#8073ac", "#c4bfdd", "#f8f6f1", "#fdc57e", "#e08214"]
MATTERS = ["井盖缺失", "占道经营", "噪音扰民", "消防通道堵塞"]


@dataclass(frozen=True)
class City:
    """Micro-grids (Polygon) and events (Point), EPSG:4326."""

    cells: gpd.GeoDataFrame
    events: gpd.GeoDataFrame

    @property
    def middle(self) -> tuple[float, float]:
        """Latitude and longitude of the middle."""
        half = CELL_DEGREES * len(self.cells) ** 0.5 / 2
        return SOUTH + half, WEST + half

    @property
    def vertices(self) -> int:
        """Vertices of all cells, shared ones counted with every cell."""
        return int(shapely.get_num_coordinates(np.asarray(self.cells.geometry)).sum())


def make_city(count: int, seed: int = 0) -> City:
    """A city of `count` micro-grids; the same for the same seed."""
    rng = np.random.default_rng(seed)
    shapes = make_cells(count, rng, WOBBLE)
    households = rng.normal(100, 11, count).round().astype(int)
    cells = gpd.GeoDataFrame(
        {
            "code": [f"3201{n // 100:08d}{n % 1000:05d}" for n in range(count)],
            "name": [f"第{n // 100 + 1}网格第{n % 100 + 1}微网格" for n in range(count)],
            "households": households,
            "level": np.digitize(households, [80, 90, 110, 120]),
        },
        geometry=shapes,
        crs="EPSG:4326",
    )
    return City(cells, _events(shapes, rng, round(count * EVENTS_PER_CELL)))


def _events(shapes: np.ndarray, rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """Events crowded towards the middle, as a city's are."""
    side = CELL_DEGREES * len(shapes) ** 0.5
    spots = rng.normal(0.5, 0.16, (count, 2)).clip(0, 1) * side + (WEST, SOUTH)
    return gpd.GeoDataFrame(
        {
            "event_id": np.arange(1, count + 1),
            "matter": rng.choice(MATTERS, count),
            "state": (rng.random(count) < 0.2).astype(int),
        },
        geometry=shapely.points(spots),
        crs="EPSG:4326",
    )
