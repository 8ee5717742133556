"""What is done in a process of its own, so that its seconds and its memory are its own.

    python -m tests.bench.planning.tasks TASK ARGUMENT...

The last line printed is the answer in JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.exchange.split import Sources, split_files
from gridsvc.planning.wish import Wish
from gridsvc.town.generate import build_town
from gridsvc.town.write import write_town
from tests.bench.planning.measure import figures, holder, moved_pct
from tests.bench.planning.pieces import (
    TARGET,
    Ints,
    Piece,
    atoms_of,
    cells_of,
    layers_of,
    ours,
    problems_of,
)

#: Name of the planner among the methods.
OURS = "gridsvc"
#: Share of the buildings whose households change between two plans, and by how much at most.
CHANGED, CHANGE = 0.05, 0.5


def town(folder: str, households: str, seed: str) -> dict[str, Any]:
    """Write a demonstration town."""
    write_town(build_town(int(households), int(seed)), folder)
    return {}


def atoms(folder: str, method: str, seed: str, seconds: str) -> dict[str, Any]:
    """Divide the atoms of a town by one method and measure the unions of their faces."""
    layers = layers_of(Path(folder))
    pieces = atoms_of(layers)
    divide = _method(method)
    begin = time.perf_counter()
    divided = divide(pieces, int(seed), float(seconds))
    taken = time.perf_counter() - begin
    if divided is None:
        return {"figures": None, "seconds": taken}
    cells = [cells_of(piece, part) for piece, part in zip(pieces, divided, strict=True)]
    households = [
        np.bincount(part, piece.graph.households).astype(np.int64)
        for piece, part in zip(pieces, divided, strict=True)
    ]
    measured = figures(
        np.concatenate(cells),
        np.concatenate(households),
        np.repeat([piece.community for piece in pieces], [len(one) for one in cells]),
        layers["barriers"].geometry.to_numpy(dtype=object),
        TARGET,
    )
    return {"figures": asdict(measured), "seconds": taken}


def _method(name: str) -> Callable[[list[Piece], int, float], list[Ints] | None]:
    """The method of a name; the rivals' libraries are imported for them alone."""
    if name == OURS:
        return lambda pieces, seed, _: ours(pieces, seed)
    rivals = importlib.import_module("tests.bench.planning.rivals").RIVALS
    return partial(divided_by, rivals[name])


def divided_by(
    rival: Callable[..., Ints | None], pieces: list[Piece], seed: int, seconds: float
) -> list[Ints] | None:
    """Cell of every atom of every piece by a rival; None if it fails on one of them.

    A piece may take the part of the seconds left that its atoms are of the atoms left.
    """
    asked = [(row, *one) for row, piece in enumerate(pieces) for one in problems_of(piece, TARGET)]
    left = sum(len(nodes) for _, nodes, problem in asked if problem.k > 1)
    end = time.perf_counter() + seconds
    divided = [np.zeros(len(piece.graph.households), dtype=np.int64) for piece in pieces]
    start = [0] * len(pieces)
    for row, nodes, problem in asked:
        part: Ints | None = np.zeros(len(nodes), dtype=np.int64)
        if problem.k > 1:
            share = max(end - time.perf_counter(), 0.0) * len(nodes) / left
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # theirs to mend
                part = rival(problem, seed, share)
            left -= len(nodes)
        if part is None:
            return None
        number = np.unique(part, return_inverse=True)[1]
        divided[row][nodes] = start[row] + number
        start[row] += int(number.max()) + 1
    return divided


def split(folder: str, layer: str, out: str, seed: str, previous: str = "") -> dict[str, Any]:
    """Split a town from file to file, as ``gridsvc split`` does."""
    names = ("boundary", "barriers", "special")
    sources = Sources(
        buildings=f"{folder}/{layer}",
        previous=previous or None,
        **{name: f"{folder}/prepared.gpkg:{name}" for name in names},
    )
    split_files(sources, wish=Wish(target=TARGET, seed=int(seed)), out=out)
    return {}


def measure(folder: str, out: str) -> dict[str, Any]:
    """Measure the cells of a file; households are counted anew, by where the buildings stand."""
    layers = layers_of(Path(folder))
    units, cells = layers["units"], _cells(out, layers["boundary"])
    held = holder(_spots(units), cells.geometry.to_numpy(dtype=object))
    counts = np.bincount(held[held >= 0], units["households"][held >= 0], len(cells))
    ordinary = (cells["kind"] == "ordinary").to_numpy()
    measured = figures(
        cells.geometry.to_numpy(dtype=object)[ordinary],
        counts[ordinary].astype(np.int64),
        cells["community"].to_numpy()[ordinary],
        layers["barriers"].geometry.to_numpy(dtype=object),
        TARGET,
    )
    return {"figures": asdict(measured)}


def change(folder: str, out: str, seed: str) -> dict[str, Any]:
    """Write the units of a town with the households of some of them changed."""
    units = gpd.read_file(f"{folder}/prepared.gpkg", layer="units")
    units["households"] = changed(units["households"].to_numpy(np.int64), int(seed))
    units.to_file(out, layer="units")
    return {}


def changed(households: Ints, seed: int) -> Ints:
    """Households after some of the buildings grew or shrank by up to half."""
    rng = np.random.default_rng(seed)
    lived_in = np.flatnonzero(households > 0)
    chosen = rng.choice(lived_in, round(CHANGED * len(lived_in)), replace=False)
    factor = np.ones(len(households))
    factor[chosen] += rng.uniform(-CHANGE, CHANGE, len(chosen))
    return np.round(households * factor).astype(np.int64)


def moved(folder: str, units: str, old: str, new: str) -> dict[str, Any]:
    """Percent of the households whose cell changed between two files of cells."""
    boundary = layers_of(Path(folder))["boundary"]
    buildings = gpd.read_file(units, layer="units").to_crs(boundary.crs)
    before, after = (
        holder(_spots(buildings), _cells(cells, boundary).geometry.to_numpy(dtype=object))
        for cells in (old, new)
    )
    households = buildings["households"].to_numpy(np.int64)
    return {"moved_pct": moved_pct(before, after, households)}


def _cells(path: str, boundary: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.read_file(path, layer="cells").to_crs(boundary.crs)


def _spots(buildings: gpd.GeoDataFrame) -> Any:
    return shapely.point_on_surface(buildings.geometry.to_numpy(dtype=object))


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    task.__name__: task for task in (town, atoms, split, measure, change, moved)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
