"""Hot spots of events, tested against chance: Getis and Ord's Gi* on neighbouring micro-grids."""

from __future__ import annotations

from collections.abc import Sequence

import esda
import geopandas as gpd
import libpysal
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridsvc.maps.compact import Field, Fill
from gridsvc.maps.themes import NO_FIGURE, Floats, Ints, Theme

#: Chance shuffles, the seed that makes them the same each time, and the share of false finds.
SHUFFLES, SEED, FALSE_SHARE = 9999, 20261127, 0.05
#: Fewer micro-grids or events say nothing against chance.
FEWEST_CELLS, FEWEST_EVENTS = 12, 12

HOT, COLD, CHANCE, UNTESTED = range(4)
_FILLS = [Fill("#b2182b"), Fill("#2166ac"), Fill("#f7f7f7"), NO_FIGURE]


def hotspots(
    cells: gpd.GeoDataFrame, figures: pd.DataFrame, days: int, of: tuple[str, str] = ("", "")
) -> Theme:
    """Micro-grids where events crowd, or are lacking, more than shuffling would make them.

    Two-sided pseudo-p by permutation, corrected for testing every micro-grid at once (Benjamini
    and Hochberg 1995). Where too little is known nothing is tested, which the legend says.

    Parameters
    ----------
    cells
        Polygon, EPSG:4326; code.
    figures
        By micro-grid code, in the order of `cells`: number of events received.
    days
        Days of the window, back from now.
    of
        Which events, where not all, in Chinese and English.
    """
    number = figures["number"].to_numpy(float)
    enough = len(cells) >= FEWEST_CELLS and number.sum() >= FEWEST_EVENTS and np.ptp(number) > 0
    level = _tested(cells, number) if enough else np.full(len(cells), UNTESTED)
    said = (
        f"Gi*，{SHUFFLES} 次置换，多重检验校正后 5 %"
        if enough
        else f"数据不足，未检验（至少 {FEWEST_CELLS} 个微网格、{FEWEST_EVENTS} 件）"
    )
    said_english = (
        f"Gi*, {SHUFFLES} shuffles, 5 % false finds after correction"
        if enough
        else f"too little to test (at least {FEWEST_CELLS} micro-grids and {FEWEST_EVENTS} events)"
    )
    total = int(number.sum())
    note = f"近 {days} 天受理 {total} 件{of[0]}，{len(cells)} 个微网格；{said}"
    return Theme(
        "hotspots",
        pd.Series(level, figures.index),
        _FILLS,
        ["热点（显著偏多）", "冷点（显著偏少）", "与随机无异", "未检验"],
        note,
        (),
        pd.DataFrame({"hotspots_number": number.astype(int)}, index=figures.index),
        (Field(f"近 {days} 天事件", "hotspots_number", unit=" 件"),),
        english={
            note: f"{total} events{of[1]} received in {days} days, {len(cells)} micro-grids; "
            + said_english,
            "热点（显著偏多）": "Hot (significantly many)",
            "冷点（显著偏少）": "Cold (significantly few)",
            "与随机无异": "As by chance",
            "未检验": "Not tested",
            f"近 {days} 天事件": f"Events in {days} days",
        },
    )


def _tested(cells: gpd.GeoDataFrame, number: Floats) -> Ints:
    near = libpysal.weights.fuzzy_contiguity(
        cells[["geometry"]], tolerance=1e-9, silence_warnings=True
    )
    # esda's own shuffling is compiled anew in every process, which takes half a minute.
    found = esda.G_Local(number, near, transform="B", star=True, permutations=0)
    p = two_sided_p(number, [near.neighbor_offsets[i] for i in near.id_order])
    significant = p <= esda.fdr(p, FALSE_SHARE)
    level: Ints = np.where(significant, np.where(found.Zs > 0, HOT, COLD), CHANCE)
    return level


def two_sided_p(number: Floats, neighbours: Sequence[Sequence[int]]) -> Floats:
    """Pseudo-p of each cell's sum with its neighbours, if the others' numbers lay anywhere.

    The number of a cell itself stays where it is and those of all others are dealt out
    (Anselin 1995), as `esda.G_Local` does it. One-sided p of the nearer tail, doubled.

    Parameters
    ----------
    number
        Of each cell.
    neighbours
        Positions of the neighbours of each cell, without itself.
    """
    most = max(map(len, neighbours))
    dealt = _dealt(len(number) - 1, most)
    p = np.empty(len(number))
    for cell, around in enumerate(neighbours):
        others = dealt[: len(around)]
        drawn = np.delete(number, cell)[others].sum(axis=0)
        as_large = int(np.count_nonzero(drawn >= number[list(around)].sum()))
        p[cell] = (min(as_large, SHUFFLES - as_large) + 1) / (SHUFFLES + 1)
    doubled: Floats = np.minimum(1.0, 2 * p)
    return doubled


def _dealt(size: int, count: int) -> npt.NDArray[np.int32]:
    """So many of `size` cards for each shuffle, shape (count, SHUFFLES), none dealt twice."""
    rng = np.random.default_rng(SEED)
    dealt = np.empty((count, SHUFFLES), dtype=np.int32)
    for place in range(count):
        card = rng.integers(0, size - place, SHUFFLES, dtype=np.int32)
        # The number of a card among those left becomes its number among all.
        for taken in np.sort(dealt[:place], axis=0):
            card += card >= taken
        dealt[place] = card
    return dealt
