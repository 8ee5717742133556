"""What a community is to be planned with: the wish, grids, what is locked, whether to mend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gridsvc.errors import BadInput
from gridsvc.planning.wish import HOUSEHOLDS, Wish

#: More than any cell of a plan holds, and the largest seed the database keeps.
MOST_HOUSEHOLDS, LARGEST_SEED = 1_000_000, 2**63 - 1
#: Columns that may weigh: what the database knows of a building.
WEIGHABLE = (HOUSEHOLDS, "residents")


@dataclass(frozen=True)
class PlanSettings:
    """What is asked of a plan.

    Attributes
    ----------
    wish
        Size and number of the micro-grids.
    grid_target
        Households a grid should have.
    anew
        Plan from scratch. Otherwise, where a plan of the same wish is in force, only what broke
        since is mended.
    locked
        Codes of micro-grids in force that stay as they are; those of other communities are no
        matter.
    zones, seeds
        Whether the zones and seeds loaded for the community are heeded.
    """

    wish: Wish = field(default_factory=Wish)
    grid_target: int = 300
    anew: bool = False
    locked: tuple[str, ...] = ()
    zones: bool = True
    seeds: bool = True

    def check(self) -> None:
        """Refuse what no community can be planned with.

        Raises
        ------
        BadInput
            If a number is out of range, or grids are to be smaller than micro-grids.
        """
        wish, most = self.wish, MOST_HOUSEHOLDS
        wish.check()
        if not (wish.target <= most >= self.grid_target and 0 <= wish.seed <= LARGEST_SEED):
            raise BadInput(
                f"targets lie between 1 and {most} households, seeds between 0 and "
                f"{LARGEST_SEED}; choose others"
            )
        if unknown := sorted(set(wish.weigh) - set(WEIGHABLE)):
            raise BadInput(
                f"{unknown[0]} is not known of buildings here; weigh {' or '.join(WEIGHABLE)}, "
                "or plan from files with gridsvc split"
            )
        by_households = wish.weigh == Wish().weigh and wish.cells is None
        if self.grid_target < (wish.target if by_households else 1):
            raise BadInput(
                f"a grid of {self.grid_target} households cannot hold micro-grids of "
                f"{wish.target:g}; raise the grid target or lower the target"
            )

    @property
    def size(self) -> dict[str, Any]:
        """What cells are to be, without the luck of the seed: plans that agree in it can mend."""
        wish = self.wish
        return {
            "target": _number(wish.target),
            "cells": wish.cells,
            "tolerance": _number(wish.tolerance),
            "least": _number(wish.least),
            "most": _number(wish.most),
            "weigh": {column: _number(weight) for column, weight in wish.weigh.items()},
        }

    @property
    def told(self) -> dict[str, Any]:
        """Everything, in terms of JSON."""
        return self.size | {
            "seed": self.wish.seed,
            "grid_target": self.grid_target,
            "anew": self.anew,
            "locked": list(self.locked),
            "zones": self.zones,
            "seeds": self.seeds,
        }


def _number(value: float | None) -> float | None:
    """The same number told the same way, whether it was given as 100 or 100.0."""
    return None if value is None else float(value)
