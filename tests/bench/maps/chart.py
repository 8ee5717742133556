"""The chart of the README: six figures by number of cells, ours beside the others'."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.maps.report import Row

LABELS = {
    "build": "build, CPU seconds",
    "html": "HTML, MB",
    "drawn": "until drawn, s",
    "memory": "page's memory, MB",
    "pan": "worst pan, ms",
    "zoom": "worst zoom, ms",
}
STYLES = {
    "gridsvc": ("#1b6ca8", "o-"),
    "folium": ("#a06a2c", "s--"),
    "explore": ("#8a949e", "^--"),
}


def draw(rows: Sequence[Row], growth: Sequence[Row], path: Path) -> None:
    """Draw the figures by size if sizes were measured, else as bars.

    Parameters
    ----------
    rows
        One per contender, the city of the table.
    growth
        One per contender and size; may be empty.
    path
        Picture to write, in the format of its suffix.
    """
    figure = Figure(figsize=(12, 6.4), layout="constrained")
    for axes, (key, label) in zip(figure.subplots(2, 3).flat, LABELS.items(), strict=True):
        if growth:
            _lines(axes, growth, key)
        else:
            _bars(axes, rows, key)
        axes.set_title(label, loc="left", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _lines(axes: Axes, growth: Sequence[Row], key: str) -> None:
    for name, (colour, style) in STYLES.items():
        own = [row for row in growth if row.name == name]
        sizes = [row.cells for row in own]
        axes.loglog(sizes, [row.figures()[key] for row in own], style, color=colour, label=name)
    axes.set_xlabel("micro-grids")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False)


def _bars(axes: Axes, rows: Sequence[Row], key: str) -> None:
    shown = [row for row in rows if row.name in STYLES]
    bars = axes.barh(
        [row.name for row in shown],
        [row.figures()[key] for row in shown],
        color=[STYLES[row.name][0] for row in shown],
    )
    axes.bar_label(bars, fmt="%.3g", padding=3)
    axes.invert_yaxis()
