"""What a planner wishes for: how large cells should be, how many, and what else is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import geopandas as gpd

from gridsvc.errors import BadInput

#: Columns that may weigh in the load of a cell, besides households.
HOUSEHOLDS = "households"


@dataclass(frozen=True)
class Wish:
    """Size and number of the cells.

    Attributes
    ----------
    target
        Load a cell should have: households, unless `weigh` says otherwise.
    cells
        Exactly so many ordinary cells; the target is then the load divided by them.
    tolerance
        Share of the target by which a cell may be off.
    least, most
        Load no cell should be below or above.
    weigh
        Columns of the buildings and what one unit of each weighs: residents, key persons or
        events per year beside or in place of households.
    seed
        The same input and seed give the same plan.
    """

    target: float = 100
    cells: int | None = None
    tolerance: float = 0.1
    least: float | None = None
    most: float | None = None
    weigh: dict[str, float] = field(default_factory=lambda: {HOUSEHOLDS: 1.0})
    seed: int = 0

    def check(self) -> None:
        """Refuse what no plan can be made for.

        Raises
        ------
        BadInput
            If a number is out of range or two of them contradict each other.
        """
        if not 1 <= self.target < inf:
            raise BadInput(f"target is {self.target:g}; give at least one household per cell")
        if self.cells is not None and self.cells < 1:
            raise BadInput(f"cells is {self.cells}; ask for at least one")
        if not 0.01 <= self.tolerance <= 0.9:
            raise BadInput(f"tolerance is {self.tolerance:g}; give a share from 0.01 to 0.9")
        least, most = self.least or 0.0, inf if self.most is None else self.most
        if not 0 <= least <= most:
            raise BadInput(f"least {least:g} is above most {most:g}; exchange them")
        if self.cells is None and not least <= self.target <= most:
            raise BadInput(
                f"the target {self.target:g} lies outside {least:g} to {most:g}; move one of them"
            )
        if not self.weigh or any(not 0 <= weight < 1e6 for weight in self.weigh.values()):
            raise BadInput("weights must be numbers from 0 to a million, of one column at least")
        if not any(self.weigh.values()):
            raise BadInput("every weight is zero; at least one column must weigh something")


@dataclass(frozen=True)
class Goal:
    """The load a cell should have, in numbers.

    Attributes
    ----------
    target, tolerance
        Load of a cell and the share of it by which it may be off.
    least, most
        Load no cell should be below or above.
    """

    target: float
    tolerance: float = 0.1
    least: float = 0.0
    most: float = inf

    @classmethod
    def of(cls, wish: Wish, total_load: float) -> Goal:
        """Goal of a wish for land with so much load that is not settled yet."""
        target = wish.target if wish.cells is None else max(total_load / wish.cells, 1e-9)
        most = inf if wish.most is None else wish.most
        return cls(target, wish.tolerance, wish.least or 0.0, most)


@dataclass(frozen=True)
class Given:
    """What is settled before planning begins; every frame in the CRS of the boundary.

    Attributes
    ----------
    zones
        Polygon or MultiPolygon: villages' groups (村民小组), or grids that micro-grids are to lie
        in; no cell crosses their borders. Land in none of them is planned as a rest.
    seeds
        Point: a worker's home, a station; each gets a cell of its own round it.
    locked
        Polygon: cells that stay as they are.
    previous
        Polygon: cells of an earlier plan, of which only what broke is mended; optional columns
        kind ('dedicated' cells are made anew from the special sites) and households.
    """

    zones: gpd.GeoDataFrame | None = None
    seeds: gpd.GeoDataFrame | None = None
    locked: gpd.GeoDataFrame | None = None
    previous: gpd.GeoDataFrame | None = None

    @property
    def layers(self) -> dict[str, gpd.GeoDataFrame | None]:
        """The layers by name."""
        return {
            "zones": self.zones,
            "seeds": self.seeds,
            "locked cells": self.locked,
            "previous cells": self.previous,
        }
