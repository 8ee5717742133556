"""The street network: rectangles of the flat plan cut again and again by streets.

Each cut is one `Line`; a later line ends on earlier ones (a T-junction) and leaves a stop
there. `Network.freeze` gives every line its vertices, stops included, so that all polygons
drawn along the lines share their vertices exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gridsvc.town.warp import Array, Warp

Axis = Literal["u", "v"]

#: Distance in metres between vertices that only bend a line.
STEP = 18.0
#: A bending vertex closer than this to a junction is left out, metres.
CLEARANCE = 4.0


@dataclass
class Line:
    """A line of constant u (south to north) or constant v (west to east) of the plan, metres."""

    axis: Axis
    at: float
    low: float
    high: float
    road: str  # class of the barrier, "" where nothing stands in the way
    name: str = ""
    stops: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Rect:
    """A rectangle of the plan between four lines, given by their numbers."""

    west: int
    east: int
    south: int
    north: int
    bounds: tuple[float, float, float, float]  # u0, v0, u1, v1 in metres

    @property
    def width(self) -> float:
        """Extent along u, metres."""
        return self.bounds[2] - self.bounds[0]

    @property
    def height(self) -> float:
        """Extent along v, metres."""
        return self.bounds[3] - self.bounds[1]

    @property
    def area(self) -> float:
        """Area in the plan, square metres."""
        return self.width * self.height


class Network:
    """All lines of a town and the rectangles between them."""

    def __init__(self, width: float, height: float) -> None:
        self.lines = [
            Line("u", 0.0, 0.0, height, ""),
            Line("u", width, 0.0, height, ""),
            Line("v", 0.0, 0.0, width, ""),
            Line("v", height, 0.0, width, ""),
        ]
        self.root = Rect(0, 1, 2, 3, (0.0, 0.0, width, height))
        self._vertices: list[tuple[Array, Array]] = []

    def split(self, rect: Rect, axis: Axis, at: float, road: str) -> tuple[Rect, Rect]:
        """Cut a rectangle; returns the west and east (or south and north) parts."""
        u0, v0, u1, v1 = rect.bounds
        number = len(self.lines)
        ends = (rect.south, rect.north) if axis == "u" else (rect.west, rect.east)
        for end in ends:
            self.lines[end].stops.append(at)
        if axis == "u":
            self.lines.append(Line("u", at, v0, v1, road))
            return (
                Rect(rect.west, number, rect.south, rect.north, (u0, v0, at, v1)),
                Rect(number, rect.east, rect.south, rect.north, (at, v0, u1, v1)),
            )
        self.lines.append(Line("v", at, u0, u1, road))
        return (
            Rect(rect.west, rect.east, rect.south, number, (u0, v0, u1, at)),
            Rect(rect.west, rect.east, number, rect.north, (u0, at, u1, v1)),
        )

    def aligned(self, rect: Rect, axis: Axis, at: float, reach: float) -> float:
        """Position of a junction within `reach` metres of `at`, else `at`.

        Streets prefer to meet opposite each other; this turns near misses into crossings.
        """
        low, high = (0, 2) if axis == "u" else (1, 3)
        ends = (rect.south, rect.north) if axis == "u" else (rect.west, rect.east)
        near = [
            stop
            for end in ends
            for stop in self.lines[end].stops
            if abs(stop - at) <= reach and rect.bounds[low] + 40 < stop < rect.bounds[high] - 40
        ]
        return min(near, key=lambda stop: (abs(stop - at), stop), default=at)

    def freeze(self, warp: Warp) -> None:
        """Give every line its vertices on the ground; no line may be added afterwards."""
        positions = [_positions(line) for line in self.lines]
        plan = np.concatenate(
            [
                np.column_stack([np.full(len(t), line.at), t])
                if line.axis == "u"
                else np.column_stack([t, np.full(len(t), line.at)])
                for line, t in zip(self.lines, positions, strict=True)
            ]
        )
        ends = np.cumsum([len(t) for t in positions])[:-1]
        ground = np.split(warp(plan), ends)
        self._vertices = list(zip(positions, ground, strict=True))

    def path(self, line: int, low: float, high: float) -> Array:
        """Ground vertices of a line between two of its stops, metres, shape (n, 2)."""
        positions, ground = self._vertices[line]
        first, last = np.searchsorted(positions, (low, high))
        return ground[first : last + 1]

    def ring(self, rect: Rect) -> Array:
        """Ground vertices around a rectangle, counter-clockwise, last vertex left open."""
        u0, v0, u1, v1 = rect.bounds
        return np.concatenate(
            [
                self.path(rect.south, u0, u1)[:-1],
                self.path(rect.east, v0, v1)[:-1],
                self.path(rect.north, u0, u1)[:0:-1],
                self.path(rect.west, v0, v1)[:0:-1],
            ]
        )


def _positions(line: Line) -> Array:
    fixed = np.unique(np.array([line.low, line.high, *line.stops]))
    count = int((line.high - line.low) / STEP) + 1
    bends = np.linspace(line.low, line.high, count + 1)
    after = np.searchsorted(fixed, bends).clip(1, len(fixed) - 1)
    gap = np.minimum(np.abs(bends - fixed[after - 1]), np.abs(fixed[after] - bends))
    positions: Array = np.unique(np.concatenate([fixed, bends[gap > CLEARANCE]]))
    return positions
