"""Polygons that share borders, stored so that each border is kept once.

The rings of all polygons are snapped to a fine grid and cut where three or more borders meet.
Every piece between two such junctions, an *arc*, is kept once and referred to by each ring that
runs along it, forwards or backwards. Neighbours therefore never drift apart, however an arc is
simplified while drawing. The idea is TopoJSON's (Bostock 2012); here it is vectorised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Ints = npt.NDArray[np.int64]

#: Steps of the grid per degree: coordinates are kept to a millionth of a degree, 0.11 m.
STEPS_PER_DEGREE = 1_000_000


@dataclass(frozen=True)
class Arcs:
    """Borders kept once, and the polygons made of them.

    Attributes
    ----------
    points : (n, 2) int64
        Longitude and latitude in steps of 1 / `STEPS_PER_DEGREE`, arc after arc.
    arc_sizes : (a,) int64
        Number of points of each arc, ends included.
    references : (r,) int64
        Arcs in the order the rings run along them; ``~i`` means arc `i` backwards.
    ring_sizes : (k,) int64
        Number of references of each ring, exterior ring of a polygon first.
    polygon_sizes : (p,) int64
        Number of rings of each polygon; 0 where it is smaller than the grid.
    """

    points: Ints
    arc_sizes: Ints
    references: Ints
    ring_sizes: Ints
    polygon_sizes: Ints


@dataclass(frozen=True)
class _Rings:
    """Closed rings without their repeated last point, one after another."""

    vertices: Ints  # number of the place, not of its occurrence
    sizes: Ints
    polygon: Ints  # polygon each ring belongs to

    @property
    def starts(self) -> Ints:
        return _starts(self.sizes)

    def successors(self) -> Ints:
        """Position of the next point along the ring, for every point."""
        after = np.arange(1, len(self.vertices) + 1)
        after[self.starts + self.sizes - 1] = self.starts
        return after

    def rolled(self, first: Ints) -> _Rings:
        """Start each ring at a given position of the whole."""
        owner = np.repeat(np.arange(len(self.sizes)), self.sizes)
        within = np.arange(len(self.vertices)) - self.starts[owner]
        shift = (first - self.starts)[owner]
        source = self.starts[owner] + (within + shift) % self.sizes[owner]
        return _Rings(self.vertices[source], self.sizes, self.polygon)


def share_borders(polygons: npt.NDArray[np.object_]) -> Arcs:
    """Cut the borders of polygons into arcs that neighbours share.

    Parameters
    ----------
    polygons
        Array of shapely Polygon, EPSG:4326. Borders are shared where neighbours have the same
        vertices, as the cells of a proper coverage do; elsewhere both borders are kept.

    Returns
    -------
    Arcs
        Every border once, and each polygon as a list of rings of arcs, in the order given.
    """
    places, rings = _snapped_rings(polygons)
    if not len(rings.sizes):
        empty = np.empty(0, np.int64)
        none = np.zeros(len(polygons), np.int64)
        return Arcs(places, empty, empty, empty, none)
    junction = _junctions(rings, len(places))
    rings = rings.rolled(_first_points(rings, junction))
    sources, sizes, references, ring_sizes = _cut(rings, junction, places)
    polygon_sizes = np.bincount(rings.polygon, minlength=len(polygons))
    return Arcs(places[sources], sizes, references, ring_sizes, polygon_sizes)


def _starts(sizes: Ints) -> Ints:
    return np.cumsum(sizes) - sizes


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    """Concatenated ``range(start, start + size)``."""
    return np.repeat(starts - _starts(sizes), sizes) + np.arange(int(sizes.sum()))


def _snapped_rings(polygons: npt.NDArray[np.object_]) -> tuple[Ints, _Rings]:
    """Distinct places on the grid, and the rings as numbers of places."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    steps = np.rint(coordinates * STEPS_PER_DEGREE).astype(np.int64)
    packed = (steps[:, 0] << 32) + steps[:, 1]
    _, example, numbers = np.unique(packed, return_index=True, return_inverse=True)

    # A ring ends where it began: dropping each point that repeats the one before it also drops
    # the first, and leaves every place of the closed ring once.
    fresh = np.empty(len(numbers), bool)
    fresh[:1] = False
    fresh[1:] = (ring[1:] == ring[:-1]) & (numbers[1:] != numbers[:-1])
    sizes = np.bincount(ring[fresh], minlength=len(rings))
    enclosing = sizes >= 3
    kept = fresh & enclosing[ring]
    return steps[example], _Rings(numbers[kept], sizes[enclosing], polygon[enclosing])


def _junctions(rings: _Rings, places: int) -> npt.NDArray[np.bool_]:
    """Which places do not lie between exactly two others, over all borders."""
    here, there = rings.vertices, rings.vertices[rings.successors()]
    edges = _distinct(np.minimum(here, there) * places + np.maximum(here, there))
    ends = np.concatenate([edges // places, edges % places])
    lonely_or_crossing: npt.NDArray[np.bool_] = np.bincount(ends, minlength=places) != 2
    return lonely_or_crossing


def _distinct(numbers: Ints) -> Ints:
    """Distinct numbers; sorting is faster here than the hashing `numpy.unique` may choose."""
    ordered = np.sort(numbers)
    distinct: Ints = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return distinct


def _first_points(rings: _Rings, junction: npt.NDArray[np.bool_]) -> Ints:
    """Where each ring is to start: at a junction, or else at its lowest place.

    A ring without a junction is an island or the hole around it; both then start alike.
    """
    rank = rings.vertices + np.where(junction[rings.vertices], 0, len(junction))
    lowest = np.flatnonzero(rank == np.repeat(np.minimum.reduceat(rank, rings.starts), rings.sizes))
    # A ring that meets itself has its lowest place twice; the first is as good as any.
    first: Ints = lowest[np.searchsorted(lowest, rings.starts)]
    return first


def _cut(
    rings: _Rings, junction: npt.NDArray[np.bool_], places: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Distinct arcs (places, sizes) and the rings as references (references, sizes)."""
    begins = junction[rings.vertices]
    begins[rings.starts] = True
    heads = np.flatnonzero(begins)
    lengths = np.diff(np.append(heads, len(rings.vertices)))
    after = rings.successors()
    last = heads + lengths - 1

    # Between junctions there is no choice of way: the first step tells the whole arc, and its
    # last step, reversed, tells the same arc run backwards.
    forward = rings.vertices[heads] * len(places) + rings.vertices[after[heads]]
    backward = rings.vertices[after[last]] * len(places) + rings.vertices[last]
    _, chosen, number = np.unique(
        np.minimum(forward, backward), return_index=True, return_inverse=True
    )
    order = _in_strips(places[rings.vertices[heads[chosen]]])
    chosen, number = chosen[order], np.argsort(order)[number]
    run_back = (forward > backward) != (forward > backward)[chosen][number]
    references = np.where(run_back, ~number, number)

    positions = _ranges(heads[chosen], lengths[chosen] + 1)
    closing = np.cumsum(lengths[chosen] + 1) - 1
    positions[closing] = after[last[chosen]]
    ring_of_head = np.searchsorted(rings.starts, heads, side="right") - 1
    ring_sizes = np.bincount(ring_of_head, minlength=len(rings.sizes))
    return rings.vertices[positions], lengths[chosen] + 1, references, ring_sizes


def _in_strips(places: Ints) -> Ints:
    """Order that goes to and fro in strips, so that what follows each other lies near."""
    extent = np.ptp(places, axis=0).max()
    strips = max(1, int(np.sqrt(len(places) / 2)))
    strip = places[:, 1] * strips // max(1, int(extent))
    order: Ints = np.lexsort((np.where(strip % 2, -places[:, 0], places[:, 0]), strip))
    return order
