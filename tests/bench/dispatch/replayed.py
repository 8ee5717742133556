"""What a replay of real history came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Replayed:
    """One replay; minutes are by the road, from being sent to being there.

    Attributes
    ----------
    asked, lost_s
        Reports for which two or more were free; where another of them is nearest by line, the
        seconds that would have cost.
    by_road_s, by_line_s
        Seconds by road of the nearest by road, and of the nearest by line, of all those reports.
    eta_s, whole_s
        Seconds on the way, and from the report to being there, of every event.
    not_first
        Reports given to somebody else than the first of the nearest asked for just before.
    """

    name: str
    roads: str
    crews: int
    events: int
    acknowledged: dict[int, int] = field(default_factory=dict)
    waited: int = 0
    asked: int = 0
    not_first: int = 0
    lost_s: list[float] = field(default_factory=list)
    by_road_s: list[float] = field(default_factory=list)
    by_line_s: list[float] = field(default_factory=list)
    eta_s: list[float] = field(default_factory=list)
    whole_s: list[float] = field(default_factory=list)
    over_assigned: int = 0
    lost: int = 0

    def row(self) -> dict[str, Any]:
        """The figures of the README's table."""
        p50, p90, p99 = np.quantile(np.array(self.eta_s) / 60, (0.5, 0.9, 0.99)).round(2)
        lost_min = np.array(self.lost_s or [0.0]) / 60
        return {
            "events": self.name, "roads": self.roads, "crews": self.crews, "n": self.events,
            "waited": self.waited, "asked": self.asked, "not_first": self.not_first,
            "differ_pct": round(100 * len(self.lost_s) / max(self.asked, 1), 1),
            "lost_min_mean": round(float(lost_min.mean()), 2),
            "lost_min_p90": round(float(np.quantile(lost_min, 0.9)), 2),
            "minutes_p50": float(p50), "minutes_p90": float(p90), "minutes_p99": float(p99),
            "with_waiting_p90": round(float(np.quantile(self.whole_s, 0.9)) / 60, 2),
            "over_assigned": self.over_assigned, "lost": self.lost,
        }  # fmt: skip
