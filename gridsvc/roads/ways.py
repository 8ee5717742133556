"""What a door hands over: roads as lines, who may travel on them which way, how fast; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gridsvc.roads.arrays import Bools, Floats, Ints
from gridsvc.roads.modes import MODES
from gridsvc.roads.turns import Turn

#: Speeds with the line and against it, km/h, for each of `MODES`; 0 = not allowed.
Speeds = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Ways:
    """Lines of roads; two that have a point of the same number meet there, others do not.

    Attributes
    ----------
    source_id
        Number of each way in its source: OpenStreetMap's id, or the row of a layer.
    road_class
        Index into `classes`.
    speed_kmh
        Shape (ways, modes, 2): with the line and against it; 0 = not allowed.
    first
        Where each way's points begin, and the number of all points at the end.
    point
        Number of each point.
    lon, lat
        Degrees, WGS-84.
    gate, passes
        Numbers of points where something stands across the way, and who gets past:
        shape (gates, modes).
    left_out
        What the source holds and the ways do not, with counts.
    turns
        Turns that are not allowed.
    """

    source_id: Ints
    classes: tuple[str, ...]
    road_class: Ints
    speed_kmh: Floats
    first: Ints
    point: Ints
    lon: Floats
    lat: Floats
    gate: Ints
    passes: Bools
    left_out: dict[str, int]
    turns: tuple[Turn, ...] = ()


@dataclass
class Gathering:
    """Ways in the making."""

    source_id: list[int] = field(default_factory=list)
    road_class: list[str] = field(default_factory=list)
    speeds: list[Speeds] = field(default_factory=list)
    first: list[int] = field(default_factory=lambda: [0])
    point: list[int] = field(default_factory=list)
    lonlat: list[tuple[float, float]] = field(default_factory=list)
    gates: dict[int, Sequence[bool]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    turns: list[Turn] = field(default_factory=list)

    def add(
        self,
        source_id: int,
        road_class: str,
        speeds: Speeds,
        points: Sequence[int],
        lonlat: Sequence[tuple[float, float]],
    ) -> None:
        """Add a way with the numbers and places of its points."""
        self.source_id.append(source_id)
        self.road_class.append(road_class)
        self.speeds.append(speeds)
        self.point.extend(points)
        self.lonlat.extend(lonlat)
        self.first.append(len(self.point))

    def ways(self) -> Ways:
        """Everything added."""
        classes = tuple(sorted(set(self.road_class)))
        place = {name: number for number, name in enumerate(classes)}
        lonlat = np.array(self.lonlat, dtype=np.float64).reshape(-1, 2)
        passes = np.array(list(self.gates.values()), dtype=bool).reshape(-1, len(MODES))
        return Ways(
            source_id=np.array(self.source_id, dtype=np.int64),
            classes=classes,
            road_class=np.array([place[name] for name in self.road_class], dtype=np.int64),
            speed_kmh=np.array(self.speeds, dtype=np.float64).reshape(-1, len(MODES), 2),
            first=np.array(self.first, dtype=np.int64),
            point=np.array(self.point, dtype=np.int64),
            lon=lonlat[:, 0],
            lat=lonlat[:, 1],
            gate=np.array(list(self.gates), dtype=np.int64),
            passes=passes,
            left_out={what: count for what, count in sorted(self.left_out.items()) if count},
            turns=tuple(self.turns),
        )
