"""From plots to the ground: footprints, stairwell units, barriers and sites as geometry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridsvc.town.layout import VERGE, Layout
from gridsvc.town.plots import Plots, outlines
from gridsvc.town.quarters import MAKERS, SITES, House, InnerLine
from gridsvc.town.streets import STEP
from gridsvc.town.warp import Array

#: Weight of each class of barrier; from 1.0 a cell should not cross it unless it must.
WEIGHT = {
    "river": 2.0,
    "rail": 2.0,
    "trunk": 1.5,
    "primary": 1.0,
    "secondary": 0.8,
    "tertiary": 0.6,
    "residential": 0.5,
    "wall": 0.5,
    "living_street": 0.3,
    "service": 0.25,
    "track": 0.3,
    "ditch": 0.2,
}
#: Buildings closer than this to each other or to a line are not built, metres.
APART = 0.6

Geometries = NDArray[np.object_]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Built:
    """Houses of the town, one row each in all three members."""

    houses: pd.DataFrame  # the fields of House, and block
    footprints: Geometries  # Polygon, ground metres
    corners: Array  # (n, 4, 2) rectangle around the footprint, from the south-west, metres


def stand_up(
    layout: Layout, plots: Plots, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[tuple[int, InnerLine]]]:
    """Ask the maker of each block's use what stands on it; the blocks keep their order."""
    houses: list[tuple[int, House]] = []
    lines: list[tuple[int, InnerLine]] = []
    for number, block in enumerate(layout.blocks):
        width, height = plots.size_m[number]
        if min(width, height) < 6:
            continue
        stand = MAKERS[block.use](float(width), float(height), rng)
        houses.extend((number, house) for house in stand.houses)
        lines.extend((number, line) for line in stand.lines)
    frame = pd.DataFrame([vars(house) for _, house in houses])
    frame["block"] = np.array([number for number, _ in houses], dtype=np.intp)
    return frame, lines


def build(houses: pd.DataFrame, plots: Plots, walls: Geometries) -> Built:
    """Footprints on the ground, without those that would touch anything.

    Rows that follow a bend can come too close to the plot's edge, to a wall or to each other;
    such a house is left out, the later of two.
    """
    corners = _corners(houses, plots)
    footprints = _footprints(corners, houses["corner"].to_numpy())
    block = houses["block"].to_numpy()
    inner = outlines(plots, 0.4)
    shapely.prepare(inner)
    keep = shapely.contains_properly(inner[block], footprints)
    tree = shapely.STRtree(footprints)
    _, hit = tree.query(walls, predicate="dwithin", distance=APART)
    keep[hit] = False
    first, second = tree.query(footprints, predicate="dwithin", distance=APART)
    clash = (first < second) & keep[first] & keep[second]
    keep[second[clash]] = False
    return Built(houses[keep].reset_index(drop=True), footprints[keep], corners[keep])


def _corners(houses: pd.DataFrame, plots: Plots) -> Array:
    block = houses["block"].to_numpy()
    middle = houses[["p", "q"]].to_numpy()
    ahead = np.array([2.0, 0.0])
    along = plots.ground(block, middle + ahead) - plots.ground(block, middle - ahead)
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    half = houses[["length_m", "depth_m"]].to_numpy()[:, :, None] / 2
    east, north = along * half[:, 0], across * half[:, 1]
    centre = plots.ground(block, middle)
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.stack([centre + a * east + b * north for a, b in signs], axis=1)


def _footprints(corners: Array, around_yard: NDArray[np.bool_]) -> Geometries:
    """Rectangles, or an L with the north-east quarter left open as a yard."""
    shapes = np.asarray(shapely.polygons(corners)).reshape(-1)
    a, b, c, d = (corners[around_yard, i] for i in range(4))
    deep = 0.45
    yard = [a, b, b + (c - b) * deep, a + (c - a) * deep, d + (c - d) * deep, d]
    shapes[around_yard] = shapely.polygons(np.stack(yard, axis=1))
    return shapes


def unit_footprints(built: Built, units: NDArray[np.int64]) -> tuple[Index, Geometries]:
    """Footprints cut across the long axis into stairwell units; row of the house for each."""
    house = np.repeat(np.arange(len(units)), units)
    order = np.arange(len(house)) - np.repeat(np.cumsum(units) - units, units)
    share = (order / units[house])[:, None], ((order + 1) / units[house])[:, None]
    a, b, c, d = (built.corners[house, i] for i in range(4))
    cuts = [a + (b - a) * share[0], a + (b - a) * share[1]]
    cuts += [d + (c - d) * share[1], d + (c - d) * share[0]]
    shapes = np.asarray(shapely.polygons(np.stack(cuts, axis=1))).reshape(-1)
    whole = units[house] == 1
    shapes[whole] = built.footprints[house[whole]]
    return house, shapes


def join_streets(
    layout: Layout, plots: Plots, lines: list[tuple[int, InnerLine]]
) -> list[tuple[int, str, Array]]:
    """Inner lines in plan coordinates, and their junctions marked on the streets they reach."""
    bounds = np.array([block.rect.bounds for block in layout.blocks])
    result = []
    for number, line in lines:
        block = np.full(len(line.points), number)
        plan = plots.plan(block, np.array(line.points))
        plan = np.clip(plan, bounds[number, :2], bounds[number, 2:])
        if line.noded and line.kind != "wall":
            _mark(layout, number, plan)
        result.append((number, line.kind, plan))
    return result


def _mark(layout: Layout, number: int, plan: Array) -> None:
    rect, lines = layout.blocks[number].rect, layout.network.lines
    u0, v0, u1, v1 = rect.bounds
    for u, v in (plan[0], plan[-1]):
        for side, at, place in (
            (rect.west, u0, u),
            (rect.east, u1, u),
            (rect.south, v0, v),
            (rect.north, v1, v),
        ):
            if at == place:
                lines[side].stops.append(float(v if lines[side].axis == "u" else u))


def inner_geometries(plan_lines: list[tuple[int, str, Array]], plots: Plots) -> Geometries:
    """Inner lines on the ground, with enough vertices to follow the bend."""
    bent = [_densify(plan) for _, _, plan in plan_lines]
    if not bent:
        return np.empty(0, dtype=object)
    index = np.repeat(np.arange(len(bent)), [len(line) for line in bent])
    ground = plots.warp(np.concatenate(bent))
    return np.asarray(shapely.linestrings(ground, indices=index))


def _densify(plan: Array) -> Array:
    steps = np.hypot(*np.diff(plan, axis=0).T)
    pieces = [
        a + (b - a) * np.linspace(0, 1, int(step / STEP) + 1, endpoint=False)[:, None]
        for a, b, step in zip(plan[:-1], plan[1:], steps, strict=True)
    ]
    return np.concatenate([*pieces, plan[-1:]])


def street_geometries(layout: Layout) -> tuple[Index, Geometries]:
    """Barriers along the network; the number of the line for each."""
    numbers = [i for i, line in enumerate(layout.network.lines) if line.road]
    paths = [
        layout.network.path(i, layout.network.lines[i].low, layout.network.lines[i].high)
        for i in numbers
    ]
    index = np.repeat(np.arange(len(paths)), [len(path) for path in paths])
    return np.array(numbers), np.asarray(shapely.linestrings(np.concatenate(paths), indices=index))


def crossings(layout: Layout, plots: Plots) -> tuple[list[str], list[str], Geometries]:
    """Class, name and line of bridges and level crossings.

    Main roads that end at the river or the railway go on to the road on the other side.
    """
    beyond = [block.rect.bounds for block in layout.blocks if block.use in ("bank", "verge")]
    found = [
        (line, end, far)
        for line in layout.network.lines
        if line.axis == "u" and line.road in ("trunk", "primary", "secondary")
        for end, far in ((line.low, line.low - VERGE), (line.high, line.high + VERGE))
        if end in (layout.river, layout.rail) and _lands(beyond, line.at, min(end, far))
    ]
    if not found:
        return [], [], np.empty(0, dtype=object)
    plan = np.array([[[line.at, end], [line.at, far]] for line, end, far in found])
    shapes = np.asarray(shapely.linestrings(plots.warp(plan.reshape(-1, 2)).reshape(-1, 2, 2)))
    return [line.road for line, *_ in found], [line.name for line, *_ in found], shapes


def _lands(beyond: list[tuple[float, float, float, float]], at: float, low: float) -> bool:
    """Whether a road runs along the other side, and no street meets the crossing there."""
    return any(u0 < at < u1 and abs(v0 - low) < 1e-6 for u0, v0, u1, _ in beyond)


def sites(layout: Layout, plots: Plots) -> tuple[Index, Geometries]:
    """Polygons of schools, hospitals, parks and enterprises; the block of each.

    In town a site's land reaches to the middle of the streets around it, in villages to its
    fence.
    """
    usable = plots.size_m.min(axis=1) >= 6
    chosen = [i for i, block in enumerate(layout.blocks) if block.use in SITES and usable[i]]
    fenced = outlines(plots, 0.0)
    shapes = [
        fenced[i]
        if layout.communities[layout.blocks[i].community].kind == "village"
        else shapely.Polygon(layout.network.ring(layout.blocks[i].rect))
        for i in chosen
    ]
    return np.array(chosen, dtype=np.intp), np.array(shapes, dtype=object)
