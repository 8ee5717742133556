"""How urgent an open event is, by a formula that is data; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parts:
    """What is counted of an open event.

    Attributes
    ----------
    days_open
        Days since it came in.
    overdue
        Stages whose limit has passed.
    voices
        Others who reported the same.
    reopened
        Times it was opened again.
    class_code
        Class it was registered in at a window, if it was.
    """

    days_open: float
    overdue: int
    voices: int
    reopened: int
    class_code: str | None = None


@dataclass(frozen=True)
class Weights:
    """Points for each of what is counted, and for each class."""

    days_open: float = 0.0
    overdue: float = 0.0
    voices: float = 0.0
    reopened: float = 0.0
    classes: Mapping[str, float] = field(default_factory=dict)


def score(parts: Parts, weights: Weights) -> float:
    """Points of an event; more is more urgent."""
    return (
        weights.days_open * parts.days_open
        + weights.overdue * parts.overdue
        + weights.voices * parts.voices
        + weights.reopened * parts.reopened
        + weights.classes.get(parts.class_code or "", 0.0)
    )
