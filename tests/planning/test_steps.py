"""The steps of the method one by one, on drawings small enough to check by eye."""

import numpy as np
import pytest
import shapely

from gridsvc.planning.atoms import build_atoms
from gridsvc.planning.blocks import barrier_network, faces_of
from gridsvc.planning.cells import union_faces
from gridsvc.planning.clusters import fuse
from gridsvc.planning.counts import Holding, allot, cell_count, effective
from gridsvc.planning.enclosures import enclosures
from gridsvc.planning.energy import Aim, cell_energy
from gridsvc.planning.graph import Terrain, dual_graph
from gridsvc.planning.refine import refine
from gridsvc.planning.seed import fragments, seed_partition
from gridsvc.planning.segments import face_borders
from gridsvc.planning.smooth import smooth_borders
from gridsvc.planning.wish import Goal
from tests.planning.towns import box, line

LAND = box(0, 0, 200, 100)
NO_BUILDINGS = np.array([], dtype=object)


def blocks_of(*lines, footprints=NO_BUILDINGS):
    tree = shapely.STRtree(np.array(footprints, dtype=object))
    return faces_of(barrier_network(LAND, np.array(lines, dtype=object), tree)[0], LAND)


def rows_of_houses(nx, ny, pitch=20.0):
    return np.array(
        [box(5 + pitch * i, 5 + pitch * j, 9, 7) for i in range(nx) for j in range(ny)],
        dtype=object,
    )


def graph_of(footprints, households, *streets, weights=()):
    lines = np.array(streets, dtype=object)
    network, _ = barrier_network(LAND, lines, shapely.STRtree(footprints))
    atoms = build_atoms(LAND, network, footprints)
    counts = np.array(households, dtype=np.int64)
    terrain = Terrain(
        households=counts,
        load=counts.astype(float),
        barriers=lines,
        weights=np.array(weights, dtype=float),
        never=np.zeros(len(lines), dtype=bool),
        seeds=NO_BUILDINGS,
        earlier=NO_BUILDINGS,
        earlier_row=np.zeros(0, dtype=np.int64),
    )
    return atoms, dual_graph(atoms, terrain)


@pytest.mark.parametrize("gap", [0.0, 0.0004, 0.3, 8.0])
def test_streets_that_almost_meet_part_the_blocks(gap):
    halves = line((0, 50), (100, 50)), line((100 + gap, 50), (200, 50))
    assert len(blocks_of(*halves)) == 2


def test_dead_end_is_led_on_to_the_next_street():
    assert len(blocks_of(line((100, 0), (100, 60)))) == 2


def test_dead_end_before_a_building_stays_a_dead_end():
    assert len(blocks_of(line((100, 0), (100, 60)), footprints=[box(40, 65, 120, 10)])) == 1


def test_street_drawn_twice_a_millimetre_apart_makes_no_lost_land():
    blocks = blocks_of(line((100, 0), (100, 100)), line((100.001, 0), (100.001, 100)))
    assert shapely.area(blocks).sum() == pytest.approx(LAND.area, rel=1e-9)


def test_overlapping_footprints_are_one_cluster_and_shared_walls_are_not():
    shapes = [box(0, 0, 10, 10), box(10, 0, 10, 10), box(15, 0, 10, 10), box(50, 0, 5, 5)]
    cluster, polygons = fuse(np.array(shapes, dtype=object))
    assert cluster[1] == cluster[2]
    assert len({cluster[0], cluster[1], cluster[3]}) == 3
    assert shapely.area(polygons).sum() == pytest.approx(275)


def test_atoms_cover_the_land_and_hold_one_whole_building_each():
    footprints = rows_of_houses(9, 4)
    atoms, _ = graph_of(footprints, [1] * 36, line((0, 45), (200, 52)), weights=[0.5])
    shapes = union_faces(atoms.faces, atoms.atom)
    assert shapely.area(shapes).sum() == pytest.approx(LAND.area, rel=1e-9)
    home = shapes[atoms.atom[atoms.face_of_building]]
    assert shapely.area(shapely.difference(footprints, home)).max() < 1e-6
    assert len(set(atoms.atom[atoms.face_of_building])) == 36


def test_terraces_that_share_walls_are_not_cut():
    footprints = np.array([box(20 + 8 * k, 40, 8, 12) for k in range(15)], dtype=object)
    atoms, _ = graph_of(footprints, [1] * 15)
    home = union_faces(atoms.faces, atoms.atom)[atoms.atom[atoms.face_of_building]]
    assert shapely.area(shapely.difference(footprints, home)).max() < 1e-3


def test_borders_are_found_once_and_add_up():
    squares = np.array([box(0, 0, 10, 10), box(10, 0, 10, 10)], dtype=object)
    borders = face_borders(squares)
    assert borders.length.sum() == pytest.approx(70)
    assert borders.length[borders.b >= 0].sum() == pytest.approx(10)


def test_graph_is_symmetric_and_knows_its_street():
    street = line((0, 38), (200, 38))
    _, graph = graph_of(rows_of_houses(9, 4), [5] * 36, street, weights=[1.2])
    row = np.repeat(np.arange(len(graph.area)), np.diff(graph.first))
    there = dict(zip(zip(row, graph.neighbour, strict=True), graph.length, strict=True))
    assert all(there[(b, a)] == pytest.approx(length) for (a, b), length in there.items())
    assert graph.heavy.sum() / 2 == pytest.approx(200, rel=0.01)
    assert graph.households.sum() == 180
    assert graph.area.sum() == pytest.approx(LAND.area)


@pytest.mark.parametrize(
    ("households", "cells"),
    [([], 1), ([0, 0], 1), ([40], 1), ([100] * 7, 7), ([140], 1), ([70, 70], 2), ([1900, 50], 2)],
)
def test_number_of_cells_is_the_one_nearest_the_target(households, cells):
    load = np.array(households, dtype=float)
    held = Holding(float(effective(load, 100).sum()), max(int((load > 0).sum()), 1))
    assert cell_count(held, Goal(100)) == cells


def test_wanted_number_of_cells_is_shared_out_and_means_stay_close():
    holdings = [Holding(950.0, 40), Holding(310.0, 3), Holding(95.0, 9)]
    assert allot(holdings, Goal(100), 13) == [9, 3, 1]
    assert allot(holdings, Goal(100), 20) == [15, 3, 2]
    assert allot(holdings, Goal(100), 1) == [1, 1, 1]
    assert sum(allot(holdings, Goal(100), 99)) == 40 + 3 + 9


@pytest.mark.parametrize("seed", range(4))
def test_seed_and_refined_cells_are_connected_and_inhabited(seed):
    rng = np.random.default_rng(seed)
    households = rng.integers(0, 40, 36)
    _, graph = graph_of(rows_of_houses(9, 4), households, line((0, 50), (200, 50)), weights=[0.6])
    wanted = cell_count(Holding(float(households.sum()), 30), Goal(60))
    part = seed_partition(graph, wanted, 60, seed)
    refined = refine(graph, part, Goal(60), seed)
    for cells in (part, refined):
        assert int(fragments(graph, cells).max()) == int(cells.max())
        assert (np.bincount(cells, graph.households) > 0).all()
    assert refined.max() == part.max()

    def off(cells):
        return np.abs(np.bincount(cells, graph.households) - 60).sum()

    assert off(refined) <= off(part)


def test_energy_grows_with_deviation_and_with_raggedness():
    aim = Aim(
        target=100.0,
        tolerance=0.1,
        least=80.0,
        most=130.0,
        beyond=2.0,
        far_beyond=1.0,
        deviation=3.0,
        squared=4.0,
        ragged=0.4,
        very_ragged=0.5,
        limits=20.0,
        seats=20.0,
    )

    def energy(load, perimeter=200.0, seats=0.0):
        return cell_energy(load, 2500.0, perimeter, seats, aim)

    assert energy(100.0) < energy(105.0) < energy(112.0) < energy(125.0) < energy(135.0)
    assert energy(79.0) - energy(80.0) > energy(81.0) - energy(82.0)
    assert energy(100.0) < energy(100.0, perimeter=260.0)
    assert energy(100.0, seats=1.0) == energy(100.0) < energy(100.0, seats=2.0)


def test_enclosed_cell_is_found():
    ring = box(0, 0, 30, 30).difference(box(10, 10, 10, 10))
    assert enclosures(np.array([box(10, 10, 10, 10), ring], dtype=object)) == [(1, 0)]
    assert enclosures(np.array([box(30, 0, 10, 10), ring], dtype=object)) == []


def zigzag(swing):
    x = np.arange(0, 201, 10.0)
    return [(at, 50 + swing * (-1) ** k * (0 < at < 200)) for k, at in enumerate(x)]


def test_jagged_border_is_straightened_and_the_coverage_kept():
    cut = line(*zigzag(1.5))
    cells = shapely.get_parts(shapely.ops.split(LAND, cut))
    cells = shapely.set_precision(cells, 1e-4)
    smooth = smooth_borders(cells, NO_BUILDINGS, NO_BUILDINGS)
    assert shapely.length(smooth).sum() < shapely.length(cells).sum() - 1
    assert shapely.area(shapely.intersection(*smooth)) == 0
    assert shapely.area(smooth).sum() == pytest.approx(LAND.area, rel=1e-12)


def test_border_is_not_straightened_past_a_building():
    """The border goes round a house; the straight way would leave it on the other side."""
    house = box(95, 53, 10, 8)
    cut = line((0, 50), (90, 50), (90, 65), (110, 65), (110, 50), (200, 50))
    cells = shapely.set_precision(shapely.get_parts(shapely.ops.split(LAND, cut)), 1e-4)
    smooth = smooth_borders(cells, np.array([house]), NO_BUILDINGS)
    held = [shapely.area(shapely.intersection(these, house)) for these in (cells, smooth)]
    assert held[1] == pytest.approx(held[0])


def test_border_is_not_straightened_through_a_building():
    """The border dodges a house; the straight way would cut it in two."""
    house = box(95, 45, 10, 8)
    cut = line((0, 50), (94, 50), (94, 44), (106, 44), (106, 50), (200, 50))
    cells = shapely.set_precision(shapely.get_parts(shapely.ops.split(LAND, cut)), 1e-4)
    smooth = smooth_borders(cells, np.array([house]), NO_BUILDINGS)
    assert sorted(shapely.area(shapely.intersection(smooth, house))) == pytest.approx([0, 80])
