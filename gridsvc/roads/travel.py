"""Seconds from people to a place, or from the nearest of many to everywhere.

`ByRoad` and `ByLine` answer the same questions; whoever asks is told which it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree

from gridsvc.geo import geodesic_m, metric_projection
from gridsvc.roads.arrays import Bools, Floats, Ints
from gridsvc.roads.modes import DETOUR, Mode, line_seconds_per_m

Place = tuple[float, float]


@dataclass(frozen=True)
class Reach:
    """How far one place is from each of several, in their order.

    Attributes
    ----------
    eta_s
        Seconds; inf = no open road leads there now.
    by_road
        Whether by the road; else a straight line times what it stands for.
    line_m
        Metres of the straight line.
    """

    eta_s: Floats
    by_road: Bools
    line_m: Floats
    _along: Callable[[int], float]

    @property
    def minutes(self) -> Floats:
        """The same in minutes."""
        return self.eta_s / 60

    def by(self, which: int) -> str:
        """What the time from one of them goes by: ``road`` or ``line``."""
        return "road" if self.by_road[which] else "line"

    def distance_m(self, which: int) -> float:
        """Metres of the fastest way from one of them, from door to door; inf where there is none.

        The way is traced only when somebody asks, 20 µs in a town of 30,000 junctions: those
        who are shown, not all who were looked at.
        """
        return self._along(which)


@dataclass(frozen=True)
class Cover:
    """How far many places are from the nearest of several, place by place.

    Attributes
    ----------
    eta_s
        Seconds; inf = nobody gets there now.
    by_road
        Whether by the road.
    source
        Who is nearest; -1 = nobody.
    """

    eta_s: Floats
    by_road: Bools
    source: Ints


class Travel(Protocol):
    """Travelling in one mode, with what was closed or slow at one moment."""

    @property
    def mode(self) -> Mode:
        """How somebody travels."""
        ...

    def seconds_to(self, target: Place, sources: Floats) -> Reach:
        """How long each of `sources` takes to `target`; one-way roads count that way.

        Parameters
        ----------
        target
            Longitude and latitude, degrees, WGS-84.
        sources
            The same of each, shape (n, 2).
        """
        ...

    def seconds_from_nearest(self, sources: Floats, targets: Floats) -> Cover:
        """How long the nearest of `sources` takes to each of `targets`; shapes (n, 2), degrees."""
        ...


@dataclass(frozen=True)
class ByLine:
    """Straight lines, where no roads are known."""

    mode: Mode

    def seconds_to(self, target: Place, sources: Floats) -> Reach:
        """How long each source takes to a target."""
        lon, lat = np.asarray(sources, dtype=np.float64).reshape(-1, 2).T
        line_m = geodesic_m(
            lon, lat, np.full_like(lon, target[0]), np.full_like(lat, target[1])
        ).reshape(-1)
        return Reach(
            eta_s=line_m * line_seconds_per_m(self.mode),
            by_road=np.zeros(len(line_m), dtype=bool),
            line_m=line_m,
            _along=lambda which: float(line_m[which] * DETOUR[self.mode]),
        )

    def seconds_from_nearest(self, sources: Floats, targets: Floats) -> Cover:
        """How long the nearest source takes to each target."""
        sources, targets = (np.asarray(of, float).reshape(-1, 2) for of in (sources, targets))
        by_road = np.zeros(len(targets), dtype=bool)
        if len(sources) == 0 or len(targets) == 0:
            return nobody(len(targets))
        everywhere = np.concatenate([sources, targets])
        west, south = everywhere.min(axis=0)
        east, north = everywhere.max(axis=0)
        project = metric_projection((west, south, east, north))
        line_m, source = nearest_by_line(project(*sources.T), project(*targets.T))
        return Cover(line_m * line_seconds_per_m(self.mode), by_road, source)


def nobody(n: int) -> Cover:
    """What covers places when there is nobody."""
    return Cover(np.full(n, np.inf), np.zeros(n, dtype=bool), np.full(n, -1, dtype=np.int64))


def nearest_by_line(sources: Floats, targets: Floats) -> tuple[Floats, Ints]:
    """Metres to the nearest source of each target, and which it is; both in metres."""
    metres, source = cKDTree(sources).query(targets)
    return metres, source.astype(np.int64)
