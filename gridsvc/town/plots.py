"""Plots: the usable inside of each block, with metres along its own two directions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from gridsvc.town.layout import Layout
from gridsvc.town.warp import Array, Warp

#: Distance in metres from the line in the middle of a barrier to the nearest plot.
SETBACK = {
    "": 9.0,
    "river": 30.0,
    "rail": 24.0,
    "trunk": 24.0,
    "primary": 19.0,
    "secondary": 15.0,
    "tertiary": 11.0,
    "residential": 7.5,
    "track": 6.0,
}


@dataclass(frozen=True)
class Plots:
    """One row per block; plan coordinates u, v and metres p (eastwards), q (northwards)."""

    low: Array  # (n, 2) plan coordinates of the south-west corner
    high: Array  # (n, 2) north-east corner
    size_m: Array  # (n, 2) extent on the ground along u and v
    warp: Warp

    def plan(self, block: NDArray[np.intp], metres: Array) -> Array:
        """Plan coordinates of places given in metres from the plot's south-west corner."""
        scale = (self.high[block] - self.low[block]) / self.size_m[block]
        place: Array = self.low[block] + metres * scale
        return place

    def ground(self, block: NDArray[np.intp], metres: Array) -> Array:
        """Ground coordinates in metres of such places."""
        return self.warp(self.plan(block, metres))


def make_plots(layout: Layout, warp: Warp) -> Plots:
    """Shrink every block by the setback of the street on each side."""
    bounds = np.array([block.rect.bounds for block in layout.blocks])
    lines = layout.network.lines
    back = np.array(
        [
            [SETBACK[lines[i].road] for i in (b.rect.west, b.rect.south, b.rect.east, b.rect.north)]
            for b in layout.blocks
        ]
    )
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    stretch = np.column_stack(
        [
            _length(warp, middle, np.array([10.0, 0.0])) / 20.0,
            _length(warp, middle, np.array([0.0, 10.0])) / 20.0,
        ]
    )
    low = bounds[:, :2] + back[:, :2] / stretch
    # A sliver of a block keeps a plot of no size, on which nothing is built.
    high = np.maximum(bounds[:, 2:] - back[:, 2:] / stretch, low + 1e-3)
    return Plots(low, high, (high - low) * stretch, warp)


def _length(warp: Warp, middle: Array, half: Array) -> Array:
    step = warp(middle + half) - warp(middle - half)
    length: Array = np.hypot(step[:, 0], step[:, 1])
    return length


def outlines(plots: Plots, inset_m: float) -> NDArray[np.object_]:
    """Polygons of the plots drawn in by `inset_m` metres, following the bend of the streets."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    along = np.linspace(0.0, 1.0, 9)[:-1, None]
    shape = np.concatenate([a + (b - a) * along for a, b in pairwise(corners)])
    inner = np.maximum(plots.size_m - 2 * inset_m, 1e-3)
    metres = inset_m + shape[None, :, :] * inner[:, None, :]
    block = np.repeat(np.arange(len(inner)), len(shape))
    ground = plots.ground(block, metres.reshape(-1, 2)).reshape(len(inner), len(shape), 2)
    return np.asarray(shapely.polygons(ground))
