"""What is printed: rows of figures and tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tests.bench.planning.processes import Outcome

#: Heading, figure and digits of each column.
COLUMNS = (
    ("cells", "cells", 0),
    ("within ±10 %", "within10", 1),
    ("±20 %", "within20", 1),
    ("MAPE %", "mape", 1),
    ("in several parts", "in_parts", 1),
    ("PP median", "pp_median", 2),
    ("PP p10", "pp_p10", 2),
    ("on streets %", "streets", 1),
)


@dataclass(frozen=True)
class Row:
    """Mean figures of one method over the towns; None where it failed on one of them."""

    name: str
    figures: dict[str, float] | None
    seconds: float
    peak_mb: float

    @classmethod
    def mean_of(
        cls,
        name: str,
        figures: Sequence[dict[str, Any] | None],
        outcomes: Sequence[Outcome],
        seconds: Sequence[float],
    ) -> Row:
        """The mean of figures and seconds, and the most memory."""
        found = [one for one in figures if one is not None]
        keys = found[0] if found else ()
        mean = {key: round(fmean(one[key] for one in found), 3) for key in keys}
        return cls(
            name=name,
            figures=mean if len(found) == len(figures) else None,
            seconds=round(fmean(seconds), 2),
            peak_mb=round(max(one.peak_mb for one in outcomes), 1),
        )

    def figure(self, name: str) -> float | None:
        """One figure, None if the method failed."""
        return None if self.figures is None else self.figures[name]


@dataclass(frozen=True)
class Growth:
    """What one town cost from file to file."""

    households: int
    seconds: float
    peak_mb: float
    done: bool


def methods_table(rows: Sequence[Row]) -> str:
    """Markdown table of the methods."""
    heads = ["method", *(head for head, _, _ in COLUMNS), "s", "MB"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for row in rows:
        shown = [_shown(row.figure(name), digits) for _, name, digits in COLUMNS]
        lines.append(_line([row.name, *shown, f"{row.seconds:.1f}", f"{row.peak_mb:.0f}"]))
    return "\n".join(lines)


def growth_table(growth: Sequence[Growth]) -> str:
    """Markdown table of seconds and memory by size."""
    heads = ["households", "seconds", "peak MB"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for one in growth:
        seconds = f"{one.seconds:.1f}" if one.done else "failed"
        lines.append(_line([f"{one.households:,}", seconds, f"{one.peak_mb:.0f}"]))
    return "\n".join(lines)


def _shown(value: float | None, digits: int) -> str:
    return "failed" if value is None else f"{value:.{digits}f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
