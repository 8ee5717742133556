"""Codes of new cells: unchanged cells keep theirs, new ones get numbers never used before.

Default scheme (after GB/T 30428.1 and DB6101/T 3185-2024): community 12 digits + 3-digit grid
number + 2-digit micro-grid number, counted west to east and north to south.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.codes import reading_order

GRID_DIGITS = 3
MICRO_DIGITS = 2
#: Two cells are the same when this share of their union is common ground.
SAME_CELL = 0.99


@dataclass(frozen=True)
class Numbering:
    """Gives out codes within one community.

    Attributes
    ----------
    community
        12-digit code.
    ever_used
        Every grid and micro-grid code that is or was in force there; none is used again.
    old_grids, old_micro_grids
        Cells in force: code, Polygon in the metric CRS of the new cells.
    """

    community: str
    ever_used: set[str]
    old_grids: gpd.GeoDataFrame
    old_micro_grids: gpd.GeoDataFrame

    def grids(self, grids: gpd.GeoDataFrame) -> list[str]:
        """Code of each new grid."""
        return self._codes(grids, self.community, GRID_DIGITS, self.old_grids)

    def micro_grids(self, cells: gpd.GeoDataFrame, grid_codes: Sequence[str]) -> list[str]:
        """Code of each new micro-grid, given the code of the grid it lies in."""
        of_grid = np.asarray(grid_codes)
        codes = np.empty(len(cells), dtype=object)
        for grid_code in np.unique(of_grid):
            inside = np.flatnonzero(of_grid == grid_code)
            old = self.old_micro_grids[self.old_micro_grids["code"].str.startswith(grid_code)]
            codes[inside] = self._codes(cells.iloc[inside], str(grid_code), MICRO_DIGITS, old)
        return list(codes)

    def _codes(
        self, cells: gpd.GeoDataFrame, prefix: str, digits: int, old: gpd.GeoDataFrame
    ) -> list[str]:
        codes = _kept(cells, old)
        length = len(prefix) + digits
        used = [
            int(code[len(prefix) :])
            for code in self.ever_used
            if code.startswith(prefix) and len(code) == length
        ]
        number = max(used, default=0)
        for position in reading_order(np.asarray(cells.geometry)):
            if codes[position] is None:
                number += 1
                codes[position] = f"{prefix}{number:0{digits}d}"
        if number >= 10**digits:
            raise BadInput(
                f"{prefix} would need number {number}, more than {digits} digits hold; "
                "raise the target or divide the community"
            )
        return [str(code) for code in codes]


def _kept(cells: gpd.GeoDataFrame, old: gpd.GeoDataFrame) -> list[str | None]:
    """Code of the old cell each cell is the same as, or none."""
    new_geometry, old_geometry = np.asarray(cells.geometry), np.asarray(old.geometry)
    codes: list[str | None] = [None] * len(cells)
    new, before = shapely.STRtree(old_geometry).query(new_geometry, predicate="intersects")
    common = shapely.area(shapely.intersection(new_geometry[new], old_geometry[before]))
    both = shapely.area(new_geometry[new]) + shapely.area(old_geometry[before]) - common
    for n, o in zip(new[common > SAME_CELL * both], before[common > SAME_CELL * both], strict=True):
        codes[n] = old["code"].iloc[o]
    return codes
