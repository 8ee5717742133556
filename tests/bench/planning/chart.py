"""The charts of the README: balance by method, seconds and memory by size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.planning.report import Growth, Row

OURS, OTHERS, GUIDE = "#1b6ca8", "#a9b4bf", "#777777"
OWN_NAME = "gridsvc"


def draw(rows: Sequence[Row], growth: Sequence[Growth], path: Path) -> None:
    """Draw a bar chart of the methods and, if sizes were measured, seconds and memory by size.

    Parameters
    ----------
    rows
        One per method.
    growth
        One per size of town; may be empty.
    path
        Picture to write, in the format of its suffix.
    """
    done = [one for one in growth if one.done]
    panels = 3 if done else 1
    figure = Figure(figsize=(5.2 * panels, 3.8), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _bars(axes[0], rows)
    if done:
        sizes = [one.households for one in done]
        _line(axes[1], sizes, [one.seconds for one in done], "seconds, file to file")
        _line(axes[2], sizes, [one.peak_mb for one in done], "peak memory, MB")
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _bars(axes: Axes, rows: Sequence[Row]) -> None:
    """Cells within 10 % of the target, one bar a method, the first on top."""
    names = [row.name for row in rows]
    values = [row.figure("within10") for row in rows]
    colours = [OURS if name.startswith(OWN_NAME) else OTHERS for name in names]
    bars = axes.barh(names, [value or 0.0 for value in values], color=colours)
    told = ["failed" if value is None else f"{value:.1f}" for value in values]
    axes.bar_label(bars, told, padding=3)
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xlabel("cells within ±10 % of 100 households, %")
    axes.spines[["top", "right"]].set_visible(False)


def _line(axes: Axes, sizes: Sequence[int], values: Sequence[float], label: str) -> None:
    """Values by size on logarithmic axes, with a line of slope 1 through the last one."""
    steepness = values[-1] / sizes[-1]
    axes.loglog(
        sizes, [steepness * size for size in sizes], "--", color=GUIDE, label="in proportion"
    )
    axes.loglog(sizes, values, "o-", color=OURS, label=OWN_NAME)
    axes.set_xlabel("households")
    axes.set_ylabel(label)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
