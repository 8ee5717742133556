"""What stands on a plot: rows of slab blocks, towers, lanes of old houses, hamlets, sites.

Each maker takes a plot's width and height in metres and a random generator and returns a
`Stand`: houses and inner lines in metres from the plot's south-west corner. Rows run along
the plot, so that they follow the bend of the streets; homes face south as in China.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

#: Ends of inner lines beyond the plot are drawn to the street in the middle of the barrier.
TO_STREET = 1e6


@dataclass(frozen=True)
class House:
    """One building: a rectangle along the plot with what it holds."""

    p: float  # centre, metres east of the plot's corner
    q: float  # centre, metres north
    length_m: float  # along p
    depth_m: float  # along q
    kind: str  # value of the OSM key building
    levels: int
    units: int = 1  # stairwell units (单元) side by side along the length
    rooms: int = 0  # homes per floor and unit
    home_floors: int = 0  # floors with homes
    lowest: int = 1  # lowest floor with homes; shops are below
    corner: bool = False  # L-shaped around a yard


@dataclass(frozen=True)
class InnerLine:
    """A lane, path or wall inside a plot, in metres from its corner."""

    kind: str
    points: tuple[tuple[float, float], ...]
    noded: bool = True  # whether the surveyors gave the street a vertex where it ends


@dataclass
class Stand:
    """Everything that stands on one plot."""

    houses: list[House] = field(default_factory=list)
    lines: list[InnerLine] = field(default_factory=list)


Rng = np.random.Generator
Maker = Callable[[float, float, Rng], Stand]


def _count(length: float, size: float, gap: float) -> int:
    return max(0, int((length + gap) // (size + gap)))


def _spread(length: float, size: float, count: int) -> list[float]:
    """Centres of `count` things of one size spread evenly over a length."""
    if count == 1:
        return [length / 2]
    return [float(c) for c in np.linspace(size / 2, length - size / 2, count)]


def _ring(width: float, height: float, south: float = 0.0) -> tuple[tuple[float, float], ...]:
    return ((0, south), (width, south), (width, height), (0, height), (0, south))


def _wall(stand: Stand, width: float, height: float, south: float, rng: Rng) -> None:
    """Wall a plot in; the wall is closed as mappers draw it, now and then left open at the gate."""
    ring = _ring(width, height, south)
    if rng.random() < 0.15 and width > 40:
        gate = width * 0.5
        ring = ((gate + 4, south), *ring[1:-1], (0, south), (gate - 4, south))
    stand.lines.append(InnerLine("wall", ring))


def _shop_row(stand: Stand, width: float, rng: Rng) -> float:
    """Shops along the street south of an estate's wall; returns how much depth they take."""
    if rng.random() < 0.55 or width < 60:
        return 0.0
    length = 26.0
    for p in _spread(width - 8, length, _count(width - 8, length, 6.0)):
        if rng.random() < 0.8:
            stand.houses.append(House(p + 4, 5.0, length - 1, 9.0, "retail", 2))
    return 12.0


def slab_estate(width: float, height: float, rng: Rng) -> Stand:
    """Gated rows of five- to seven-storey slab blocks with two homes per landing."""
    stand = Stand()
    south = _shop_row(stand, width, rng)
    levels = int(rng.choice([5, 6, 6, 6, 7]))
    gap = 17.0 + 2.0 * (levels - 5)
    rows = _count(height - south - 10, 12.0, gap)
    columns = max(1, round(width / 68))
    each = (width - 10 - (columns - 1) * 9.0) / columns
    units = int(each // 14.5)
    if rows == 0 or units < 1:
        return stand  # too small a plot for an estate: a yard
    _wall(stand, width, height, south, rng)
    length = units * min(each / units, 17.0)
    across = _spread(width - 10, each, columns)
    up = [south + 5 + q for q in _spread(height - south - 10, 12.0, rows)]
    for row, q in enumerate(up):
        for p in across:
            if rng.random() < 0.04 and rows > 2:
                continue  # a small garden
            shops = row == 0 and south == 0 and rng.random() < 0.3
            floors = levels - 1 if shops else levels
            stand.houses.append(
                House(
                    *(5 + p, q, length - 0.6, 12.0, "apartments", levels),
                    units=units,
                    rooms=2,
                    home_floors=floors,
                    lowest=levels - floors + 1,
                )
            )
    _paths(stand, width, height, south, across, up, rng)
    return stand


def tower_estate(width: float, height: float, rng: Rng) -> Stand:
    """Gated towers of eleven to twenty-six storeys, now and then a single point tower."""
    stand = Stand()
    south = _shop_row(stand, width, rng)
    levels = int(rng.choice([11, 18, 18, 26]))
    # Sunlight rules keep higher towers farther apart.
    rows = _count(height - south - 14, 16.0, {11: 23.0, 18: 29.0, 26: 36.0}[levels])
    columns = _count(width - 12, 35.0, 14.0)
    if rows == 0 or columns == 0:
        return slab_estate(width, height, rng)
    _wall(stand, width, height, south, rng)
    across = _spread(width - 12, 35.0, columns)
    up = [south + 7 + q for q in _spread(height - south - 14, 16.0, rows)]
    for q in up:
        for p in across:
            if rng.random() < 0.08:
                tower = House(6 + p, q, 26.0, 20.0, "apartments", 33, rooms=3, home_floors=33)
            else:
                tower = House(6 + p, q, 35.0, 16.0, "apartments", levels, 2, 2, levels)
            stand.houses.append(tower)
    _paths(stand, width, height, south, across, up, rng)
    return stand


def _paths(
    stand: Stand,
    width: float,
    height: float,
    south: float,
    across: list[float],
    up: list[float],
    rng: Rng,
) -> None:
    """Estate roads: a cross from gate to gate, and paths between every second pair of rows.

    Fire engines must get in from two sides, so an estate has two gates at least; most have four.
    """
    middle = width / 2
    if len(across) >= 2:
        half = len(across) // 2
        middle = 5 + (across[half - 1] + across[half]) / 2
        _drive(stand, (middle, -TO_STREET), (middle, TO_STREET))
    else:
        # Between two towers' ends there is no way through: a short drive at each gate.
        _drive(stand, (middle, -TO_STREET), (middle, south + 3.0))
        _drive(stand, (middle, height - 3.0), (middle, TO_STREET))
    gaps = [(below + above) / 2 for below, above in pairwise(up)]
    cross = len(gaps) // 2
    for q in gaps[cross % 2 :: 2]:
        if q == gaps[cross]:
            east = TO_STREET if rng.random() < 0.7 else width
            _drive(stand, (-TO_STREET, q), (east, q))
            continue
        # Some estate roads stop a little short of the wall, as they do on every map.
        short = float(rng.choice([0.0, 0.0, 1.5]))
        stand.lines.append(InnerLine("service", ((short, q), (width - short, q))))


def _drive(stand: Stand, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A drive through a gate; surveyors give the street no vertex where it ends."""
    stand.lines.append(InnerLine("service", (start, end), noded=False))


def old_lanes(width: float, height: float, rng: Rng) -> Stand:
    """Small courtyard houses back to back on lanes of three and a half metres."""
    stand = Stand()
    # The outermost rows keep off the plot's edge, which bends while houses are straight.
    edge = 1.6
    pairs = _count(height - 2 * edge, 25.0, 1.5)
    if pairs == 0:
        return _one_row(width, height, rng)
    pitch = (height - 2 * edge + 1.5) / pairs
    cross = width * float(rng.uniform(0.4, 0.6)) if width > 70 else -10.0
    for pair in range(pairs):
        base = edge + pair * pitch
        deep = (pitch - 1.5 - 4.0) / 2
        lane = base + deep + 2.0
        for q, depth in ((base + deep / 2, deep), (lane + 2.0 + deep / 2, deep)):
            _terrace(stand, width, q, depth, cross, rng)
        noded = bool(rng.random() < 0.9)
        stand.lines.append(
            InnerLine("living_street", ((-TO_STREET, lane), (TO_STREET, lane)), noded)
        )
    if cross > 0:
        stand.lines.append(
            InnerLine("living_street", ((cross, -TO_STREET), (cross, TO_STREET)), noded=True)
        )
    return stand


def _one_row(width: float, height: float, rng: Rng) -> Stand:
    stand = Stand()
    if height >= 11:
        _terrace(stand, width, height / 2, min(height - 3, 11.0), -10.0, rng)
    return stand


def _terrace(stand: Stand, width: float, q: float, depth: float, cross: float, rng: Rng) -> None:
    """One row of old houses of uneven width, leaving the cross lane free."""
    # Streets that are not square to the row would cut the corners of a house at its very end.
    p = float(rng.uniform(2.0, 4.0))
    while p < width - 10:
        size = min(float(rng.uniform(8.0, 13.5)), width - 2.0 - p)
        centre = p + size / 2
        if abs(centre - cross) > size / 2 + 2.2 and rng.random() < 0.94:
            levels = int(rng.choice([1, 1, 2, 2, 3]))
            less = float(rng.uniform(0.0, 1.6))
            stand.houses.append(
                House(
                    *(centre, q, size, depth - less, "house", levels),
                    rooms=1,
                    home_floors=min(levels, 2),
                    corner=bool(rng.random() < 0.35),
                )
            )
        p += size + float(rng.uniform(1.3, 2.2))


def hamlet(width: float, height: float, rng: Rng) -> Stand:
    """Farmhouses in loose rows north of village lanes."""
    stand = Stand()
    rows = _count(height - 10, 10.0, 15.0)
    for q in _spread(height - 14, 10.0, rows) if rows else []:
        # Ragged ends: a hamlet grows house by house.
        p, last = 2 + width * float(rng.uniform(0, 0.2)), width * float(rng.uniform(0.75, 1.0)) - 12
        while p < last:
            if rng.random() < 0.88:
                shape = (10.0 + float(rng.uniform(0, 3)), 9.0 + float(rng.uniform(-1, 1)))
                at = (p + 6, q + 8 + float(rng.uniform(-1.2, 1.2)))
                stand.houses.append(House(*at, *shape, "farm", 2, rooms=1, home_floors=1))
            p += 13.6 + float(rng.uniform(0.5, 4))
        lane = ((-TO_STREET, q), (width - float(rng.uniform(0, 12)), q))
        stand.lines.append(InnerLine("service", lane))
    return stand


def field_land(width: float, height: float, rng: Rng) -> Stand:
    """Fields with ditches, and a pump house here and there."""
    stand = Stand()
    for q in _spread(height, 60.0, _count(height, 60.0, 30.0))[:-1]:
        stand.lines.append(InnerLine("ditch", ((6.0, q + 30), (width - 6.0, q + 30))))
    if rng.random() < 0.3 and min(width, height) > 30:
        stand.houses.append(House(width - 8, 8.0, 6.0, 5.0, "service", 1))
    return stand


def shops(width: float, height: float, rng: Rng) -> Stand:
    """A market hall or shopping centre, rows of shops, at times one large block of flats."""
    stand = Stand()
    if min(width, height) < 30:
        return stand
    if width > 75 and rng.random() < 0.6 and height > 36:
        # One long building without stairwell units: 20 m deep, homes along corridors over shops.
        at = (width / 2, height - 12, min(width - 12, 72.0), 20.0)
        homes = int(rng.integers(6, 18))
        stand.houses.append(House(*at, "apartments", 16, rooms=homes, home_floors=14, lowest=3))
    hall = (min(width - 16, 80.0), min(height - 46, 60.0))
    if hall[1] > 12:
        stand.houses.append(House(width / 2, 20 + hall[1] / 2, *hall, "retail", 4))
    for p in _spread(width, 16.0, _count(width, 16.0, 3.0)):
        if rng.random() < 0.85:
            stand.houses.append(House(p, 6.0, 16.0, 10.0, "retail", 2))
    return stand


def _halls(
    size: tuple[float, float], gap: float, kind: str, levels: tuple[int, ...], most: int
) -> Maker:
    """A maker of up to `most` equal buildings in rows, for sites without homes."""

    def make(width: float, height: float, rng: Rng) -> Stand:
        length, depth = min(size[0], max(width - 14, 0)), min(size[1], max(height - 14, 0))
        stand = Stand()
        if min(length, depth) < 8:
            return stand
        places = [
            (p + 7.0, q + 7.0)
            for q in _spread(height - 14, depth, _count(height - 14, depth, gap))
            for p in _spread(width - 14, length, _count(width - 14, length, gap))
        ]
        for place in rng.permutation(len(places))[:most]:
            p, q = places[place]
            stand.houses.append(House(p, q, length, depth, kind, int(rng.choice(levels))))
        return stand

    return make


def enterprise(width: float, height: float, rng: Rng) -> Stand:
    """Factory halls, and at times a dormitory with homes."""
    stand = _halls((62.0, 28.0), 12.0, "industrial", (1, 2, 3), 6)(width, height, rng)
    if len(stand.houses) > 2 and rng.random() < 0.4:
        first = stand.houses[0]
        at = (first.p, first.q, min(first.length_m, 44.0), 14.0)
        stand.houses[0] = House(*at, "dormitory", 4, rooms=8, home_floors=3, lowest=2)
    return stand


def empty(width: float, height: float, rng: Rng) -> Stand:  # noqa: ARG001 - a maker like others
    """Nothing: the banks of the river, the verge of the railway."""
    return Stand()


MAKERS: dict[str, Maker] = {
    "slab": slab_estate,
    "tower": tower_estate,
    "lanes": old_lanes,
    "hamlet": hamlet,
    "field": field_land,
    "shops": shops,
    "school": _halls((52.0, 13.0), 22.0, "school", (3, 4, 5), 4),
    "hospital": _halls((58.0, 22.0), 20.0, "hospital", (4, 8, 12), 4),
    "park": _halls((14.0, 11.0), 40.0, "pavilion", (1,), 2),
    "enterprise": enterprise,
    "bank": empty,
    "verge": empty,
}
#: Uses that are sites of their own, with the name of their kind in the layer `special`.
SITES = ("school", "hospital", "park", "enterprise")
