"""The chart of the README: within how many minutes events were reached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.dispatch.replayed import Replayed

BY_ROAD, BY_LINE, REAL = "#1b6ca8", "#a06a2c", "#8a949e"


def draw(found: Sequence[Replayed], real_s: np.ndarray, path: Path) -> None:
    """Draw a panel for each replay.

    Parameters
    ----------
    found
        Replays.
    real_s
        Seconds it really took from the call to the first crew on scene, for the first panel.
    path
        Picture to write, in the format of its suffix.
    """
    figure = Figure(figsize=(4.2 * len(found), 3.8), layout="constrained")
    for axes, one in zip(figure.subplots(1, len(found), squeeze=False)[0], found, strict=True):
        _share(axes, np.array(one.by_road_s), BY_ROAD, "-", "on the way, nearest by road")
        _share(axes, np.array(one.by_line_s), BY_LINE, "--", "on the way, nearest by line")
        _share(axes, np.array(one.whole_s), BY_ROAD, ":", "everything, waiting included")
        if one is found[0]:
            _share(axes, real_s, REAL, "-.", "as it was, call to on scene")
        axes.set_title(
            f"{one.name}, {one.crews} crews\nroads: {one.roads}", loc="left", fontsize=10
        )
        axes.set_xlabel("minutes")
        axes.set_xlim(0, max(np.quantile(one.by_line_s or one.eta_s, 0.99) / 60 * 2, 1))
        axes.set_ylim(0, 100)
        axes.grid(visible=True, alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    figure.axes[0].set_ylabel("% of events reached")
    figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _share(axes: Axes, seconds: np.ndarray, colour: str, line: str, label: str) -> None:
    if len(seconds):
        shares = np.linspace(0, 100, 201)
        axes.plot(np.percentile(seconds / 60, shares), shares, line, color=colour, label=label)
