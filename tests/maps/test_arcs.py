from itertools import pairwise

import numpy as np
import pytest
import shapely

from gridsvc.maps.arcs import STEPS_PER_DEGREE, Arcs, share_borders
from tests.maps.frames import make_cells


def arcs_of(arcs: Arcs) -> list[np.ndarray]:
    return np.split(arcs.points, np.cumsum(arcs.arc_sizes))[:-1]


def rebuilt(arcs: Arcs) -> list[shapely.Polygon]:
    """Polygons put together again from their arcs, in steps."""
    pieces = arcs_of(arcs)
    rings = [
        np.concatenate([(pieces[r] if r >= 0 else pieces[~r][::-1])[:-1] for r in references])
        for references in np.split(arcs.references, np.cumsum(arcs.ring_sizes))[:-1]
    ]
    parts = np.split(np.arange(len(rings)), np.cumsum(arcs.polygon_sizes))[:-1]
    return [
        shapely.Polygon(rings[part[0]], [rings[i] for i in part[1:]])
        if len(part)
        else shapely.Polygon()
        for part in parts
    ]


def snapped(polygons: np.ndarray) -> np.ndarray:
    return shapely.transform(polygons, lambda xy: np.rint(xy * STEPS_PER_DEGREE))


def edges_of(points: np.ndarray) -> list[frozenset]:
    places = [tuple(point) for point in points]
    return [frozenset(pair) for pair in pairwise(places)]


def town(seed: int) -> np.ndarray:
    """Cells with shared borders, one of them cut out of another, one alone."""
    rng = np.random.default_rng(seed)
    cells = make_cells(int(rng.integers(1, 60)), rng, wobble=int(rng.integers(0, 5)))
    yard = shapely.buffer(shapely.point_on_surface(cells[0]), 0.0001)
    island = shapely.box(100, 10, 100.1, 10.1)
    return (
        np.append(cells, [yard, island])
        if seed % 2
        else np.append([shapely.difference(cells[0], yard), yard], cells[1:])
    )


@pytest.mark.parametrize("seed", range(12))
def test_polygons_come_back_as_they_were_snapped(seed):
    cells = town(seed)
    assert shapely.equals(rebuilt(share_borders(cells)), snapped(cells)).all()


@pytest.mark.parametrize("seed", range(12))
def test_no_border_is_kept_twice(seed):
    edges = [edge for arc in arcs_of(share_borders(town(seed))) for edge in edges_of(arc)]
    assert len(edges) == len(set(edges))


def test_a_hole_and_the_cell_that_fills_it_share_one_arc():
    yard = shapely.box(0.4, 0.4, 0.6, 0.6)
    around = shapely.difference(shapely.box(0, 0, 1, 1), yard)
    arcs = share_borders(np.array([around, yard], dtype=object))
    assert len(arcs.arc_sizes) == 2
    assert arcs.polygon_sizes.tolist() == [2, 1]


def test_groups_of_cells_add_no_border():
    cells = make_cells(40, np.random.default_rng(3))
    groups = np.array([shapely.union_all(cells[:15]), shapely.union_all(cells[15:])])
    groups = shapely.get_parts(groups)
    alone, together = share_borders(cells), share_borders(np.append(cells, groups))
    assert len(together.points) == len(alone.points)


def test_shared_borders_take_about_half_the_points():
    cells = make_cells(200, np.random.default_rng(1), wobble=8)
    assert len(share_borders(cells).points) < 0.65 * shapely.get_num_coordinates(cells).sum()


def test_a_cell_smaller_than_the_grid_is_empty_and_keeps_its_place():
    speck = shapely.box(5, 5, 5 + 1e-8, 5 + 1e-8)
    arcs = share_borders(np.array([shapely.box(0, 0, 1, 1), speck, shapely.box(1, 0, 2, 1)]))
    assert arcs.polygon_sizes.tolist() == [1, 0, 1]


def test_no_polygons_give_no_arcs():
    arcs = share_borders(np.empty(0, dtype=object))
    assert len(arcs.points) == len(arcs.arc_sizes) == len(arcs.polygon_sizes) == 0
